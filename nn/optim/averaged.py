"""ASGD: gradient descent that averages its weights."""

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

import autograd as ag

from .optimizer import Optimizer, Params, WithoutEffect, downhill, number


def asgd(w, g, average, *, eta, kept, mu, averages, weight_decay, maximize):  # type: ignore[no-untyped-def]
    """The new w, and the new average of all w from some step on."""
    g = downhill(w, g, weight_decay, maximize)
    w = w * kept - g * eta
    return w, average + (w - average) * mu if averages else w


class ASGD(Optimizer):
    r"""w ← (1 − lambd · η) w − η g, with η = lr / (1 + lambd · lr · t)^alpha after t steps.

    Parameters
    ----------
    params : an iterable of Tensors, or of dicts with "params" and options of their own
    lr : the step size to begin with
    lambd : how fast it falls, and w with it
    alpha : the power of that fall
    t0 : after how many steps averaging begins
    weight_decay : the factor of an L2 penalty, as a gradient of it
    maximize : go up instead of down

    The average of the weights is what it is for: ``optimizer.state[w]["ax"]``, an array.

    Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992); as
    ``torch.optim.ASGD``, which has η in float32.

    >>> import autograd as ag, nn
    >>> w = ag.Tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = nn.optim.ASGD([w], lr=0.5, lambd=0, t0=0)
    >>> for _ in range(2):
    ...     w.grad = [1.0, -1.0]
    ...     optimizer.step()
    >>> w.data, optimizer.state[w]["ax"]
    (array([ 0., -1.]), array([ 0., -1.]))
    """

    remembers = ("step", "eta", "mu", "ax")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        **without_effect: Unpack[WithoutEffect],
    ) -> None:
        options = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, options, without_effect)

    def check_options(self, group: Mapping[str, Any]) -> None:
        super().check_options(group)
        for name in ("lambd", "t0"):
            if not 0 <= self._number(group, name) < np.inf:
                self._refuse_option(group, name, "0 or more, and finite")

    def prepare(self, group: dict[str, Any], step: ag.internal.Step) -> None:
        lr, lambd = float(group["lr"]), float(group["lambd"])

        def options(counts: dict[str, Any], first: bool) -> dict[str, Any]:
            eta, mu = counts["eta"], counts["mu"]
            counts["step"] += 1
            counts["eta"] = lr / (1 + lambd * lr * counts["step"]) ** float(group["alpha"])
            counts["mu"] = 1 / max(1.0, counts["step"] - float(group["t0"]))
            return {
                "eta": eta,
                "mu": mu,
                "kept": 1 - lambd * eta,
                "averages": mu != 1,
                "weight_decay": number(group["weight_decay"]),
                "maximize": bool(group["maximize"]),
            }

        step.move(group["params"], self.state, asgd, options, {"ax": 0.0}, {"step": 0, "eta": lr, "mu": 1.0})
