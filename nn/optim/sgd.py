"""Stochastic gradient descent, with momentum, Nesterov's too, and weight decay."""

from collections.abc import Mapping
from typing import Any, Unpack

import autograd as ag

from .optimizer import Optimizer, Params, WithoutEffect, downhill


def sgd(w, g, v=None, *, lr, momentum, fresh, weight_decay, nesterov, maximize):  # type: ignore[no-untyped-def]
    """The new w and v; ``fresh`` is the new gradient's weight in v."""
    g = downhill(w, g, weight_decay, maximize)
    if v is None:
        return (w - g * lr,)
    v = v * momentum + (g * fresh if fresh else g)
    return w - (g + v * momentum if nesterov else v) * lr, v


class SGD(Optimizer):
    r"""w ← w − lr · v, where v ← momentum · v + (1 − dampening) · g and g has weight_decay · w added.

    Parameters
    ----------
    params : an iterable of Tensors, or of dicts with "params" and options of their own
    lr : the step size
    momentum : how much of the last direction stays; the first step takes v = g
    dampening : what is taken off the new gradient's weight in v
    weight_decay : the factor of an L2 penalty, as a gradient of it
    nesterov : step along g + momentum · v, as if the gradient were taken one step ahead
    maximize : go up instead of down

    The formulas, and the order of their terms, are PyTorch's (documentation of ``torch.optim.SGD``;
    Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013).

    >>> import autograd as ag, nn
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = nn.optim.SGD([w], lr=0.25)
    >>> (w * w).backward(gradient=[1.0, 1.0])
    >>> optimizer.step()
    >>> w.data
    array([0.5, 1. ])
    """

    remembers = ("momentum_buffer",)

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        **without_effect: Unpack[WithoutEffect],
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, options, without_effect)

    def check_options(self, group: Mapping[str, Any]) -> None:
        super().check_options(group)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError(
                "SGD: nesterov needs a momentum and no dampening\n"
                f"  momentum: {group['momentum']!r}\n  dampening: {group['dampening']!r}"
            )

    def prepare(self, group: dict[str, Any], step: ag.internal.Step) -> None:
        momentum = float(group["momentum"])
        chosen = {
            "lr": float(group["lr"]),
            "momentum": momentum or None,
            "fresh": 1 - float(group["dampening"]) if group["dampening"] else None,
            "weight_decay": float(group["weight_decay"]) or None,
            "nesterov": bool(group["nesterov"]),
            "maximize": bool(group["maximize"]),
        }
        arrays = {"momentum_buffer": 0.0} if momentum else None
        step.move(
            group["params"],
            self.state,
            sgd,
            lambda counts, first: {**chosen, "fresh": None} if first else chosen,
            arrays,
        )
