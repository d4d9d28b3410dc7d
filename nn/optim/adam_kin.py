"""Relatives of Adam: Adamax, NAdam, RAdam."""

import math
from typing import Any, Unpack

import numpy as np

import autograd as ag

from .adam import options_of_means, with_means
from .optimizer import Optimizer, Params, WithoutEffect, downhill, number


def adamax(w, g, m, u, *, rate, new1, beta2, eps, weight_decay, maximize):  # type: ignore[no-untyped-def]
    """The new w, m and u."""
    g = downhill(w, g, weight_decay, maximize)
    m = m + (g - m) * new1
    u = np.maximum(u * beta2, abs(g) + eps)
    return w - m / u * rate, m, u


def nadam(w, g, m, v, *, by_gradient, by_mean, root, eps, **means):  # type: ignore[no-untyped-def]
    """The new w, m and v; ``by_gradient`` and ``by_mean`` are the rates of the two."""
    w, g, m, v = with_means(w, g, m, v, **means)
    size = np.sqrt(v) / root + eps
    return w - (g * by_gradient + m * by_mean) / size, m, v


def radam(w, g, m, v, *, rate, root, eps, **means):  # type: ignore[no-untyped-def]
    """The new w, m and v; ``root`` is √(1 − β₂ᵗ), or None while the variance of the step is not known."""
    w, _, m, v = with_means(w, g, m, v, **means)
    if root is None:
        return w - m * rate, m, v
    return w - m / ((np.sqrt(v) + eps) / root) * rate, m, v


class Adamax(Optimizer):
    r"""w ← w − lr / (1 − β₁ᵗ) · m / u, with the running mean m of the gradient and u ← max(β₂ · u, \|g\| + eps).

    Parameters
    ----------
    params : an iterable of Tensors, or of dicts with "params" and options of their own
    lr : the step size
    betas : how much of m and of u stays at each step
    eps : keeps the division tame
    weight_decay : the factor of an L2 penalty, as a gradient of it
    maximize : go up instead of down

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), section 7.1; as ``torch.optim.Adamax``.

    >>> import autograd as ag, nn
    >>> w = ag.Tensor([1.0, -2.0], requires_grad=True)
    >>> w.grad = [3.0, -4.0]
    >>> nn.optim.Adamax([w], lr=0.5).step()
    >>> w.data.round(6)
    array([ 0.5, -1.5])
    """

    remembers = ("step", "exp_avg", "exp_inf")

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        **without_effect: Unpack[WithoutEffect],
    ) -> None:
        super().__init__(
            params,
            {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize},
            without_effect,
        )

    def prepare(self, group: dict[str, Any], step: ag.internal.Step) -> None:
        beta1, beta2 = map(float, group["betas"])

        def options(counts: dict[str, int], first: bool) -> dict[str, Any]:
            counts["step"] += 1
            return {
                "rate": float(group["lr"]) / (1 - beta1 ** counts["step"]),
                "new1": 1 - beta1,
                "beta2": beta2,
                "eps": float(group["eps"]),
                "weight_decay": number(group["weight_decay"]),
                "maximize": bool(group["maximize"]),
            }

        step.move(group["params"], self.state, adamax, options, {"exp_avg": 0.0, "exp_inf": 0.0}, {"step": 0})


class NAdam(Optimizer):
    r"""Adam that looks one step of the mean ahead, as Nesterov's momentum does.

    Parameters
    ----------
    params, betas, eps, weight_decay, maximize : as of ``Adam``
    lr : the step size
    momentum_decay : how fast μₜ = β₁ · (1 − 0.96^(t · momentum_decay) / 2) comes near β₁
    decoupled_weight_decay : shrink the weights instead, as ``AdamW`` does

    w ← w − lr / (√v̂ + eps) · ((1 − μₜ) / (1 − Πμ) · g + μₜ₊₁ / (1 − Πμ · μₜ₊₁) · m), where Πμ is the product of all μ
    up to μₜ. Source: Dozat, "Incorporating Nesterov Momentum into Adam" (2016); as ``torch.optim.NAdam``.

    >>> import autograd as ag, nn
    >>> w = ag.Tensor([1.0, -2.0], requires_grad=True)
    >>> w.grad = [3.0, -4.0]
    >>> nn.optim.NAdam([w], lr=0.5).step()
    >>> w.data.round(4)
    array([ 0.4718, -1.4718])
    """

    remembers = ("step", "mu_product", "exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **without_effect: Unpack[WithoutEffect],
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, options, without_effect)

    def prepare(self, group: dict[str, Any], step: ag.internal.Step) -> None:
        lr, (beta1, beta2) = float(group["lr"]), map(float, group["betas"])

        def options(counts: dict[str, float], first: bool) -> dict[str, Any]:
            counts["step"] += 1
            t = counts["step"]
            mu, next_mu = (beta1 * (1 - 0.5 * 0.96 ** (k * float(group["momentum_decay"]))) for k in (t, t + 1))
            # in float32, as PyTorch keeps it for parameters of any dtype: its trajectory is to be ours
            counts["mu_product"] = float(np.float32(counts["mu_product"]) * np.float32(mu))
            return {
                "by_gradient": lr * (1 - mu) / (1 - counts["mu_product"]),
                "by_mean": lr * next_mu / (1 - counts["mu_product"] * next_mu),
                "root": math.sqrt(1 - beta2**t),
                "eps": float(group["eps"]),
                **options_of_means(group),
            }

        arrays = {"exp_avg": 0.0, "exp_avg_sq": 0.0}
        step.move(group["params"], self.state, nadam, options, arrays, {"step": 0, "mu_product": 1.0})


class RAdam(Optimizer):
    r"""Adam whose step is damped while the mean of g² rests on few steps.

    Parameters
    ----------
    params, betas, eps, weight_decay, maximize : as of ``Adam``
    lr : the step size
    decoupled_weight_decay : shrink the weights instead, as ``AdamW`` does

    With ρ∞ = 2 / (1 − β₂) − 1 and ρₜ = ρ∞ − 2t · β₂ᵗ / (1 − β₂ᵗ): w ← w − lr · r · m̂ · √(1 − β₂ᵗ) / (√v + eps) where
    ρₜ > 5, r² = (ρₜ − 4)(ρₜ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρₜ), and w ← w − lr · m̂ before. Source: Liu et al., "On the
    Variance of the Adaptive Learning Rate and Beyond" (2020); as ``torch.optim.RAdam``.

    >>> import autograd as ag, nn
    >>> w = ag.Tensor([1.0, -2.0], requires_grad=True)
    >>> w.grad = [3.0, -4.0]
    >>> nn.optim.RAdam([w], lr=0.5).step()
    >>> w.data.round(6)
    array([-0.5,  0. ])
    """

    remembers = ("step", "exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **without_effect: Unpack[WithoutEffect],
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, options, without_effect)

    def prepare(self, group: dict[str, Any], step: ag.internal.Step) -> None:
        beta1, beta2 = map(float, group["betas"])

        def options(counts: dict[str, int], first: bool) -> dict[str, Any]:
            counts["step"] += 1
            t = counts["step"]
            most = 2 / (1 - beta2) - 1
            now = most - 2 * t * beta2**t / (1 - beta2**t)
            known = now > 5
            r = math.sqrt((now - 4) * (now - 2) * most / ((most - 4) * (most - 2) * now)) if known else 1.0
            return {
                "rate": float(group["lr"]) * r / (1 - beta1**t),
                "root": math.sqrt(1 - beta2**t) if known else None,
                "eps": float(group["eps"]),
                **options_of_means(group),
            }

        step.move(group["params"], self.state, radam, options, {"exp_avg": 0.0, "exp_avg_sq": 0.0}, {"step": 0})
