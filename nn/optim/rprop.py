"""Rprop: steps by the gradient's sign alone."""

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

import autograd as ag

from .optimizer import Optimizer, Params, WithoutEffect, downhill


def rprop(w, g, before, size, *, shrink, grow, least, most, maximize):  # type: ignore[no-untyped-def]
    """The new w, the gradient that it went by, and the new sizes of its steps."""
    g = downhill(w, g, None, maximize)
    agree = g * before
    turned = agree < 0
    size = np.where(agree > 0, size * grow, np.where(turned, size * shrink, size))
    size = np.minimum(np.maximum(size, least), most)
    g = np.where(turned, 0.0, g)
    return w - np.sign(g) * size, g, size


class Rprop(Optimizer):
    r"""w ← w − sgn(g) · s: each entry has a step size s of its own, and the gradient only says the direction.

    Parameters
    ----------
    params : an iterable of Tensors, or of dicts with "params" and options of their own
    lr : the step size to begin with
    etas : what s is multiplied by where g has changed its sign (that step is left out), and where it has kept it
    step_sizes : the least and the largest step size
    maximize : go up instead of down

    For gradients of all the data: the sign that noise gives is of no use. Source: Riedmiller and Braun, "A direct
    adaptive method for faster backpropagation learning: the RPROP algorithm" (1993); as ``torch.optim.Rprop``.

    >>> import autograd as ag, nn
    >>> w = ag.Tensor([1.0, -2.0], requires_grad=True)
    >>> w.grad = [3.0, -4.0]
    >>> nn.optim.Rprop([w], lr=0.5).step()
    >>> w.data
    array([ 0.5, -1.5])
    """

    remembers = ("step", "prev", "step_size")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
        **without_effect: Unpack[WithoutEffect],
    ) -> None:
        super().__init__(
            params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize}, without_effect
        )

    def check_options(self, group: Mapping[str, Any]) -> None:
        super().check_options(group)
        self.check_pair(group, "etas", lambda one, other: 0 < one < 1 < other < np.inf, "one below 1 and one above 1")
        self.check_pair(
            group, "step_sizes", lambda one, other: 0 <= one <= other < np.inf, "the least and the largest step size"
        )

    def prepare(self, group: dict[str, Any], step: ag.internal.Step) -> None:
        shrink, grow = map(float, group["etas"])
        least, most = map(float, group["step_sizes"])

        def options(counts: dict[str, int], first: bool) -> dict[str, Any]:
            counts["step"] += 1
            sizes = {"shrink": shrink, "grow": grow, "least": least, "most": most}
            return {**sizes, "maximize": bool(group["maximize"])}

        arrays = {"prev": 0.0, "step_size": float(group["lr"])}
        step.move(group["params"], self.state, rprop, options, arrays, {"step": 0})
