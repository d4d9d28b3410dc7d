"""Adagrad, and Adadelta, which needs no step size."""

from typing import Any, Unpack

import numpy as np

import autograd as ag

from .optimizer import Optimizer, Params, WithoutEffect, downhill, number


def adagrad(w, g, s, *, rate, eps, weight_decay, maximize):  # type: ignore[no-untyped-def]
    """The new w and s."""
    g = downhill(w, g, weight_decay, maximize)
    s = s + g * g
    return w - g / (np.sqrt(s) + eps) * rate, s


def adadelta(w, g, v, d, *, lr, rho, new, eps, weight_decay, maximize):  # type: ignore[no-untyped-def]
    """The new w, v and d."""
    g = downhill(w, g, weight_decay, maximize)
    v = v * rho + g * g * new
    move = np.sqrt((d + eps) / (v + eps)) * g
    return w - move * lr, v, d * rho + move * move * new


class Adagrad(Optimizer):
    r"""w ← w − lr / (1 + (t − 1) · lr_decay) · g / (√s + eps), with the sum s of all g² so far.

    Parameters
    ----------
    params : an iterable of Tensors, or of dicts with "params" and options of their own
    lr : the step size
    lr_decay : how fast it falls
    weight_decay : the factor of an L2 penalty, as a gradient of it
    initial_accumulator_value : what s begins with
    eps : keeps the division tame
    maximize : go up instead of down

    Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization"
    (2011); as ``torch.optim.Adagrad``.

    >>> import autograd as ag, nn
    >>> w = ag.Tensor([1.0, -2.0], requires_grad=True)
    >>> w.grad = [3.0, -4.0]
    >>> nn.optim.Adagrad([w], lr=0.5).step()
    >>> w.data.round(6)
    array([ 0.5, -1.5])
    """

    remembers = ("step", "sum")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
        **without_effect: Unpack[WithoutEffect],
    ) -> None:
        options = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "maximize": maximize,
        }
        super().__init__(params, options, without_effect)

    def prepare(self, group: dict[str, Any], step: ag.internal.Step) -> None:
        def options(counts: dict[str, int], first: bool) -> dict[str, Any]:
            counts["step"] += 1
            return {
                "rate": float(group["lr"]) / (1 + (counts["step"] - 1) * float(group["lr_decay"])),
                "eps": float(group["eps"]),
                "weight_decay": number(group["weight_decay"]),
                "maximize": bool(group["maximize"]),
            }

        arrays = {"sum": float(group["initial_accumulator_value"])}
        step.move(group["params"], self.state, adagrad, options, arrays, {"step": 0})


class Adadelta(Optimizer):
    r"""w ← w − lr · Δ, where Δ = √(d + eps) / √(v + eps) · g, with the running means v of g² and d of Δ².

    Parameters
    ----------
    params : an iterable of Tensors, or of dicts with "params" and options of their own
    lr : what Δ is multiplied by
    rho : how much of v and of d stays at each step
    eps : lets the first steps be more than 0
    weight_decay : the factor of an L2 penalty, as a gradient of it
    maximize : go up instead of down

    Source: Zeiler, "ADADELTA: An Adaptive Learning Rate Method" (2012); as ``torch.optim.Adadelta``.

    >>> import autograd as ag, nn
    >>> w = ag.Tensor([1.0, -2.0], requires_grad=True)
    >>> w.grad = [3.0, -4.0]
    >>> nn.optim.Adadelta([w]).step()
    >>> w.data.round(6)
    array([ 0.996838, -1.996838])
    """

    remembers = ("step", "square_avg", "acc_delta")

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        **without_effect: Unpack[WithoutEffect],
    ) -> None:
        super().__init__(
            params,
            {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize},
            without_effect,
        )

    def prepare(self, group: dict[str, Any], step: ag.internal.Step) -> None:
        def options(counts: dict[str, int], first: bool) -> dict[str, Any]:
            counts["step"] += 1
            return {
                "lr": float(group["lr"]),
                "rho": float(group["rho"]),
                "new": 1 - float(group["rho"]),
                "eps": float(group["eps"]),
                "weight_decay": number(group["weight_decay"]),
                "maximize": bool(group["maximize"]),
            }

        step.move(group["params"], self.state, adadelta, options, {"square_avg": 0.0, "acc_delta": 0.0}, {"step": 0})
