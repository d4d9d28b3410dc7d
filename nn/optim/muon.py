"""Muon: momentum whose matrix is made orthogonal before the step."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .optimizer import Optimizer, Params

_ADJUSTMENTS = ("original", "match_rms_adamw")


class Muon(Optimizer):
    r"""w ← (1 − lr · weight_decay) · w − lr · a · O, where O is the momentum's matrix with all singular values near 1.

    Parameters
    ----------
    params : matrices alone, in an iterable, or in dicts with "params" and options of their own; train biases,
        embeddings and the like with another optimizer
    lr : the step size
    weight_decay : how much of the weights goes at each step, times lr
    momentum : how much of b stays: b ← momentum · b + (1 − momentum) · g
    nesterov : take the mean of g and b with the same weights in place of b
    ns_coefficients : a, b, c of X ← a X + (b A + c A²) X with A = X Xᵀ, which drives the singular values towards 1
    eps : the least norm to divide by at its beginning
    ns_steps : how often that is done
    adjust_lr_fn : "original", the factor √max(1, rows / columns), or "match_rms_adamw", 0.2 · √max(rows, columns), with
        which the step is as large as AdamW's; None is "original"

    Computed in the dtype of the parameter, float16 in float32 (PyTorch computes in bfloat16, and comes near). Sources:
    Jordan, "Muon: An optimizer for hidden layers in neural networks" (2024); Liu et al., "Muon is Scalable for LLM
    Training" (2025); names as of ``torch.optim.Muon``.

    >>> import numpy as np, autograd as ag, nn
    >>> w = ag.Tensor(np.zeros((2, 2)), requires_grad=True)
    >>> w.grad = [[3.0, 0.0], [0.0, 4.0]]
    >>> nn.optim.Muon([w], lr=0.1).step()
    >>> bool(np.allclose(w.data, -0.1 * np.eye(2), atol=0.03))
    True
    """

    remembers = ("momentum_buffer",)

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        options = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, options)

    def check_options(self, group: Mapping[str, Any]) -> None:
        super().check_options(group)
        for p in group.get("params", ()):
            if p.ndim != 2:
                raise ValueError(f"Muon: only matrices can be trained\n  parameter: {p.name or ''} {p.shape}")
        steps = group["ns_steps"]
        if not isinstance(steps, int | np.integer) or not 0 <= steps < 100:
            self._refuse_option(group, "ns_steps", "a whole number from 0 to 99")
        try:
            fine = len(group["ns_coefficients"]) == 3 and all(math.isfinite(c) for c in group["ns_coefficients"])
        except TypeError:
            fine = False
        if not fine:
            self._refuse_option(group, "ns_coefficients", "three numbers")
        if group["adjust_lr_fn"] not in (None, *_ADJUSTMENTS):
            self._refuse_option(group, "adjust_lr_fn", 'None, "original" or "match_rms_adamw"')

    def update(self, w: np.ndarray, g: np.ndarray, group: dict[str, Any], state: dict[str, Any]) -> None:
        dtype = np.promote_types(w.dtype, np.float32)
        lr, momentum = float(group["lr"]), float(group["momentum"])
        g = g.astype(dtype)
        b = state.get("momentum_buffer")
        b = np.zeros_like(g) if b is None else b.astype(dtype, copy=False)
        b = b + (g - b) * (1 - momentum)
        state["momentum_buffer"] = b
        direction = g + (b - g) * momentum if group["nesterov"] else b
        step = orthogonalized(direction, group["ns_coefficients"], group["ns_steps"], float(group["eps"]))
        rows, columns = w.shape
        if group["adjust_lr_fn"] == "match_rms_adamw":
            rate = lr * 0.2 * math.sqrt(max(rows, columns))
        else:
            rate = lr * math.sqrt(max(1, rows / max(1, columns)))
        w[...] = w.astype(dtype) * (1 - lr * float(group["weight_decay"])) - step * rate


def orthogonalized(matrix: np.ndarray, coefficients: tuple[float, float, float], steps: int, eps: float) -> np.ndarray:
    """The matrix with its singular values near 1, by the iteration of Newton and Schulz; no others are computed."""
    a, b, c = map(float, coefficients)
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / max(float(np.linalg.norm(x)), eps)
    for _ in range(steps):
        gram = x @ x.T
        x = x * a + (gram * b + gram @ gram * c) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x
