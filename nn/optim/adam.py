"""Adam, and AdamW, which takes the weight decay out of the gradient."""

import math
from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

import autograd as ag

from .optimizer import Optimizer, Params, WithoutEffect, downhill, number


def with_means(w, g, m, v, *, new1, beta2, new2, weight_decay, left, maximize):  # type: ignore[no-untyped-def]
    """w after decoupled weight decay, the gradient to go against, and the new means m of it and v of its square.

    new1, new2 : 1 − β₁, 1 − β₂
    left : what decoupled weight decay leaves of w
    """
    g = downhill(w, g, weight_decay, maximize)
    if left is not None:
        w = w * left
    return w, g, m + (g - m) * new1, v * beta2 + g * g * new2


def options_of_means(group: Mapping[str, Any]) -> dict[str, Any]:
    """What ``with_means`` takes, of the options of a group."""
    (beta1, beta2), weight_decay = map(float, group["betas"]), number(group["weight_decay"])
    decoupled = group["decoupled_weight_decay"]
    return {
        "new1": 1 - beta1,
        "beta2": beta2,
        "new2": 1 - beta2,
        "weight_decay": None if decoupled else weight_decay,
        "left": 1 - float(group["lr"]) * weight_decay if weight_decay and decoupled else None,
        "maximize": bool(group["maximize"]),
    }


def adam(w, g, m, v, top=None, *, rate, root, eps, **means):  # type: ignore[no-untyped-def]
    """The new w, m, v and, with AMSGrad, the largest v so far.

    rate : lr / (1 − β₁ᵗ)
    root : √(1 − β₂ᵗ)
    """
    w, _, m, v = with_means(w, g, m, v, **means)
    most = v if top is None else np.maximum(top, v)
    w = w - m / (np.sqrt(most) / root + eps) * rate
    return (w, m, v) if top is None else (w, m, v, most)


class Adam(Optimizer):
    r"""w ← w − lr · m̂ / (√v̂ + eps), with running means m of the gradient and v of its square.

    Parameters
    ----------
    params : an iterable of Tensors, or of dicts with "params" and options of their own
    lr : the step size
    betas : how much of m and of v stays at each step
    eps : keeps the division tame
    weight_decay : the factor of an L2 penalty, as a gradient of it
    amsgrad : divide by the largest v so far
    maximize : go up instead of down
    decoupled_weight_decay : shrink the weights instead, as ``AdamW`` does

    m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) undo the start from zero. Steps of float16 parameters are computed, and
    their m and v kept, in float32. Formulas: Kingma and Ba, "Adam: A
    Method for Stochastic Optimization" (2015); Reddi et al., "On the Convergence of Adam and Beyond" (2018).

    >>> import autograd as ag, nn
    >>> w = ag.Tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = nn.optim.Adam([w], lr=0.5)
    >>> (w * w).backward(gradient=[1.0, 1.0])
    >>> optimizer.step()
    >>> w.data.round(6)
    array([ 0.5, -1.5])
    """

    remembers = ("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")
    optional = ("max_exp_avg_sq",)

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
        **without_effect: Unpack[WithoutEffect],
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, options, without_effect)

    def prepare(self, group: dict[str, Any], step: ag.internal.Step) -> None:
        lr, (beta1, beta2) = float(group["lr"]), map(float, group["betas"])

        def options(counts: dict[str, int], first: bool) -> dict[str, Any]:
            counts["step"] += 1
            return {
                "rate": lr / (1 - beta1 ** counts["step"]),
                "root": math.sqrt(1 - beta2 ** counts["step"]),
                "eps": float(group["eps"]),
                **options_of_means(group),
            }

        names = ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"][: 3 if group["amsgrad"] else 2]
        step.move(group["params"], self.state, adam, options, dict.fromkeys(names, 0.0), {"step": 0})


class AdamW(Adam):
    """Adam with decoupled weight decay: w ← (1 − lr · weight_decay) · w before each step of Adam.

    The parameters are those of ``Adam``; ``weight_decay`` is 0.01 by default. Source: Loshchilov and
    Hutter, "Decoupled Weight Decay Regularization" (2019).
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        **without_effect: Unpack[WithoutEffect],
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
            **without_effect,
        )

    def check_options(self, group: Mapping[str, Any]) -> None:
        super().check_options(group)
        if not group["decoupled_weight_decay"]:
            self._refuse_option(group, "decoupled_weight_decay", "True: without it there is Adam")
