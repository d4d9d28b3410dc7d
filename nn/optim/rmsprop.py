"""RMSprop, plain, centered, and with momentum."""

from typing import Any, Unpack

import numpy as np

import autograd as ag

from .optimizer import Optimizer, Params, WithoutEffect, downhill, number


def rmsprop(w, g, v, *rest, lr, alpha, new, eps, momentum, centered, weight_decay, maximize):  # type: ignore[no-untyped-def]
    """The new w and v, with the new mean of g where it is centered, and the new b with momentum."""
    g = downhill(w, g, weight_decay, maximize)
    v = v * alpha + g * g * new
    remembered = [v]
    if centered:
        m = rest[0] + (g - rest[0]) * new
        remembered.append(m)
        size = np.sqrt(v - m * m) + eps
    else:
        size = np.sqrt(v) + eps
    if momentum is None:
        return (w - g / size * lr, *remembered)
    b = rest[-1] * momentum + g / size
    return (w - b * lr, *remembered, b)


class RMSprop(Optimizer):
    r"""w ← w − lr · g / (√v + eps), with the running mean v of g².

    Parameters
    ----------
    params : an iterable of Tensors, or of dicts with "params" and options of their own
    lr : the step size
    alpha : how much of v stays at each step
    eps : keeps the division tame
    weight_decay : the factor of an L2 penalty, as a gradient of it
    momentum : step along b ← momentum · b + g / (√v + eps)
    centered : take off v the square of the running mean of g: an estimate of the variance
    maximize : go up instead of down

    Sources: Tieleman and Hinton, "Lecture 6.5: rmsprop" (2012); Graves, "Generating Sequences With Recurrent Neural
    Networks" (2013) for the centered form; as ``torch.optim.RMSprop``.

    >>> import autograd as ag, nn
    >>> w = ag.Tensor([1.0, -2.0], requires_grad=True)
    >>> w.grad = [3.0, -4.0]
    >>> nn.optim.RMSprop([w], lr=0.05).step()
    >>> w.data.round(6)
    array([ 0.5, -1.5])
    """

    remembers = ("step", "square_avg", "grad_avg", "momentum_buffer")
    optional = ("grad_avg", "momentum_buffer")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
        **without_effect: Unpack[WithoutEffect],
    ) -> None:
        options = {
            "lr": lr,
            "alpha": alpha,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "centered": centered,
            "maximize": maximize,
        }
        super().__init__(params, options, without_effect)

    def prepare(self, group: dict[str, Any], step: ag.internal.Step) -> None:
        momentum = number(group["momentum"])

        def options(counts: dict[str, int], first: bool) -> dict[str, Any]:
            counts["step"] += 1
            return {
                "lr": float(group["lr"]),
                "alpha": float(group["alpha"]),
                "new": 1 - float(group["alpha"]),
                "eps": float(group["eps"]),
                "momentum": momentum,
                "centered": bool(group["centered"]),
                "weight_decay": number(group["weight_decay"]),
                "maximize": bool(group["maximize"]),
            }

        names = ["square_avg", *["grad_avg"] * bool(group["centered"]), *["momentum_buffer"] * bool(momentum)]
        step.move(group["params"], self.state, rmsprop, options, dict.fromkeys(names, 0.0), {"step": 0})
