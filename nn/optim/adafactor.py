"""Adafactor: adaptive steps that remember a row and a column of each matrix, not the whole."""

import math
from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from autograd import Tensor

from .optimizer import Optimizer, Params, WithoutEffect


class Adafactor(Optimizer):
    r"""w ← w − α · u / max(1, rms(u) / d), with u = g / √v, where v is of the means of g² of each row and each column.

    Parameters
    ----------
    params : an iterable of Tensors, or of dicts with "params" and options of their own
    lr : the largest relative step size: at step t it is ρ = min(lr, 1/√t), and α = max(eps₂, rms(w)) · ρ
    beta2_decay : how fast the means of g² forget: a mean's newest part is t^beta2_decay
    eps : (the least √v, by default the dtype's precision; the least rms of w that steps are measured by)
    d : the rms of u from which on it is shortened
    weight_decay : how much of lr · w is taken off w itself
    maximize : go up instead of down

    Source: Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost" (2018); as
    ``torch.optim.Adafactor``.

    >>> import autograd as ag, nn
    >>> w = ag.Tensor([[3.0, -4.0]], requires_grad=True)
    >>> optimizer = nn.optim.Adafactor([w], lr=0.1)
    >>> w.grad = [[1.0, -1.0]]
    >>> optimizer.step()
    >>> w.data.round(6)
    array([[ 2.646447, -3.646447]])
    """

    remembers = ("step", "row_var", "col_var", "variance")
    optional = ("row_var", "col_var", "variance")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **without_effect: Unpack[WithoutEffect],
    ) -> None:
        options = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, options, without_effect)

    def check_options(self, group: Mapping[str, Any]) -> None:
        super().check_options({**group, "eps": 0.0})  # which is two numbers here
        if not -math.inf < self._number(group, "beta2_decay") <= 0:
            self._refuse_option(group, "beta2_decay", "0 or less, and finite")
        if not 1 <= self._number(group, "d") < math.inf:
            self._refuse_option(group, "d", "1 or more, and finite")
        self.check_pair(
            group,
            "eps",
            lambda one, other: (one is None or 0 <= one < math.inf) and 0 <= other < math.inf,
            "None or a number, and a number, of 0 or more",
        )

    def update(self, w: np.ndarray, g: np.ndarray, group: dict[str, Any], state: dict[str, Any]) -> None:
        dtype = np.promote_types(w.dtype, np.float32)
        lr, (least, least_size) = float(group["lr"]), group["eps"]
        least = float(np.finfo(w.dtype).eps if least is None else least)
        x, g = w.astype(dtype), g.astype(dtype)
        g = -g if group["maximize"] else g
        t = state["step"] = state.get("step", 0) + 1
        new = t ** float(group["beta2_decay"])
        rate = max(float(least_size), _size(x)) * min(lr, 1 / math.sqrt(t))
        if group["weight_decay"]:
            x = x * (1 - lr * float(group["weight_decay"]))
        if w.ndim > 1:
            rows = _mixed(state, "row_var", np.mean(g * g, axis=-1, keepdims=True), new)
            columns = _mixed(state, "col_var", np.mean(g * g, axis=-2, keepdims=True), new)
            v = rows * columns / np.maximum(np.mean(rows, axis=-2, keepdims=True), least)
        else:
            v = _mixed(state, "variance", g * g, new)
        u = g / np.sqrt(np.maximum(v, least * least))
        w[...] = x - u * (rate / max(1.0, _size(u) / float(group["d"])))

    def _check_state(self, p: Tensor, known: Mapping[str, Any]) -> None:
        shapes = {"row_var": (*p.shape[:-1], 1), "col_var": (*p.shape[:-2], 1, *p.shape[-1:])}
        super()._check_state(p, {name: value for name, value in known.items() if name not in shapes})
        for name, shape in shapes.items():
            if name in known and np.shape(known[name]) != shape:
                self._refuse(
                    f"{name} does not fit its parameter\n  parameter: {p.name or ''} {p.shape}\n"
                    f"  {name}: {np.shape(known[name])}"
                )


def _size(x: np.ndarray) -> float:
    """The root of the mean square."""
    return float(np.linalg.norm(x)) / math.sqrt(max(1, x.size))


def _mixed(state: dict[str, Any], name: str, value: np.ndarray, new: float) -> np.ndarray:
    """The running mean with its newest part."""
    mean = state.get(name)
    mean = np.zeros_like(value) if mean is None else mean.astype(value.dtype, copy=False)
    state[name] = mean + (value - mean) * new
    return np.asarray(state[name])
