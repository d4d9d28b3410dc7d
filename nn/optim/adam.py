"""Adam, and AdamW, which takes the weight decay out of the gradient."""

from collections.abc import Mapping
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor

from .optimizer import Optimizer, Params


class Adam(Optimizer):
    r"""w ← w − lr · m̂ / (√v̂ + eps), with running means m of the gradient and v of its square.

    Parameters
    ----------
    params : an iterable of Tensors, or of dicts with "params" and options of their own
    lr : the step size
    betas : how much of m and of v stays at each step
    eps : keeps the division tame
    weight_decay : the factor of an L2 penalty, as a gradient of it (``AdamW`` decays the weights instead)
    amsgrad : divide by the largest v so far

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
    decoupled = False

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad}
        )

    def prepare(self, group: dict[str, Any], step: ag.internal.Step) -> None:
        step.adam(
            group["params"],
            self.state,
            group["lr"],
            group["betas"],
            group["eps"],
            group["weight_decay"],
            group["amsgrad"],
            self.decoupled,
        )

    def _check_state(self, p: Tensor, known: Mapping[str, Any]) -> None:
        super()._check_state(p, known)
        missing = [name for name in self.remembers[:3] if name not in known]
        if known and missing:
            self._refuse(f"the state is not whole\n  parameter: {p.name or p.shape}\n  missing: {', '.join(missing)}")
        if known and not (isinstance(known["step"], int | np.integer) and known["step"] >= 1):
            self._refuse(
                f"step must be a whole number from 1\n  parameter: {p.name or p.shape}\n  step: {known['step']!r}"
            )


class AdamW(Adam):
    """Adam with decoupled weight decay: w ← (1 − lr · weight_decay) · w before each step of Adam.

    The parameters are those of ``Adam``; ``weight_decay`` is 0.01 by default. Source: Loshchilov and
    Hutter, "Decoupled Weight Decay Regularization" (2019).
    """

    decoupled = True

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad)
