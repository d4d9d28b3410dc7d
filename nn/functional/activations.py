"""Activations that are a few operations each; ``relu``, ``elu`` and the like are operations of their own.

Each takes any shape and gives the same, entry by entry, where it does not say otherwise. At a kink the gradient is
PyTorch's: where a line meets a constant, that of the constant, 0.
"""

from typing import Any

import numpy as np

import autograd as ag

from ..seeding import Rng, generator_of
from ..values import values_of

__all__ = [
    "celu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "logsigmoid", "mish", "prelu", "relu6",
    "rrelu", "selu", "softmin", "softshrink", "softsign", "tanhshrink", "threshold",
]  # fmt: skip

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def relu6(x: Any) -> Any:
    """min(max(x, 0), 6)."""
    return _between(x, 0, 6)


def hardtanh(x: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """x between min_val and max_val, and these beyond."""
    if not min_val <= max_val:
        raise ValueError(f"hardtanh: min_val must not be above max_val\n  min_val: {min_val!r}\n  max_val: {max_val!r}")
    return _between(x, min_val, max_val)


def _between(x: Any, low: float, high: float) -> Any:
    """x, and the bounds beyond them; on them, unlike that of ``ag.clip``, the gradient is 0."""
    plain = _plain(x)
    return ag.where((plain <= low) | (plain >= high), ag.clip(plain, low, high), x)


def _plain(x: Any) -> Any:
    """x without a gradient: what is asked of it is an operation that a program can have."""
    return x.detach() if isinstance(x, ag.Tensor) else np.asarray(x)


def hardsigmoid(x: Any) -> Any:
    """x / 6 + 1 / 2 between 0 and 1, and these beyond. Source: Howard et al., "Searching for MobileNetV3" (2019)."""
    plain = _plain(x)
    return ag.where(plain <= -3, 0.0, ag.where(plain >= 3, 1.0, x / 6 + 0.5))


def hardswish(x: Any) -> Any:
    """x · hardsigmoid(x). Source: Howard et al., "Searching for MobileNetV3" (2019)."""
    plain = _plain(x)
    return ag.where(plain <= -3, 0.0, ag.where(plain >= 3, x, x * (x / 6 + 0.5)))


def celu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, else alpha · (e^(x / alpha) − 1). Source: Barron, "Continuously Differentiable ELU" (2017)."""
    if alpha == 0:
        raise ValueError("celu: alpha must not be 0")
    above = _plain(x) > 0
    return ag.where(above, x, alpha * ag.expm1(ag.where(above, 0.0, x) / alpha))


def selu(x: Any) -> Any:
    """1.0507 · x where x > 0, else 1.0507 · 1.6733 · (eˣ − 1), which keeps mean 0 and variance 1 from layer to layer.

    Source: Klambauer et al., "Self-Normalizing Neural Networks" (2017).
    """
    return _SELU_SCALE * ag.elu(x, _SELU_ALPHA)


def mish(x: Any) -> Any:
    """x · tanh(log(1 + eˣ)). Source: Misra, "Mish: A Self Regularized Non-Monotonic Activation Function" (2019)."""
    return x * ag.tanh(ag.softplus(x))


def softsign(x: Any) -> Any:
    """x / (1 + |x|)."""
    return x / (1 + abs(x))


def tanhshrink(x: Any) -> Any:
    """x − tanh x."""
    return x - ag.tanh(x)


def logsigmoid(x: Any) -> Any:
    """log(1 / (1 + e⁻ˣ)), without overflow."""
    return -ag.softplus(-x)


def hardshrink(x: Any, lambd: float = 0.5) -> Any:
    """x where |x| > lambd, else 0."""
    return ag.where(abs(_plain(x)) > lambd, x, 0.0)


def softshrink(x: Any, lambd: float = 0.5) -> Any:
    """x − lambd where x > lambd, x + lambd where x < −lambd, else 0."""
    if lambd < 0:
        raise ValueError(f"softshrink: lambd must be 0 or more\n  lambd: {lambd!r}")
    return x - ag.clip(x, -lambd, lambd)


def threshold(x: Any, threshold: float, value: float) -> Any:
    """x where x > threshold, else value."""
    return ag.where(_plain(x) > threshold, x, float(value))


def prelu(x: Any, weight: Any) -> Any:
    """x where x > 0, else weight · x, with one weight for all or one for each channel, the second axis of x.

    Source: He et al., "Delving Deep into Rectifiers" (2015).
    """
    count, shape = np.size(weight), np.shape(x)
    if count != 1:
        channels = shape[1] if len(shape) > 1 else None
        if count != channels:
            raise ValueError(
                f"prelu: there must be one weight, or one for each channel\n  weight: {np.shape(weight)}\n  x: {shape}"
            )
        weight = ag.reshape(weight, (count, *[1] * (len(shape) - 2)))
    elif not shape:
        weight = ag.reshape(weight, ())
    return ag.where(_plain(x) > 0, x, weight * x)


def rrelu(x: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, *, rng: Rng = None) -> Any:
    """x where x > 0, else a · x; a is drawn for each entry between lower and upper, and (lower + upper) / 2 unless
    training.

    rng : a Generator or an int seed; by default the generator of ``nn.manual_seed``

    Source: Xu et al., "Empirical Evaluation of Rectified Activations in Convolutional Network" (2015).
    """
    if not lower <= upper:
        raise ValueError(f"rrelu: lower must be at most upper\n  lower: {lower!r}\n  upper: {upper!r}")
    if not training:
        return ag.leaky_relu(x, (lower + upper) / 2)
    data = values_of(x)
    slope = generator_of(rng).uniform(lower, upper, data.shape).astype(data.dtype)
    return x * np.where(data > 0, data.dtype.type(1), slope)


def glu(x: Any, dim: int = -1) -> Any:
    """a · σ(b), where a and b are the first and the second half of x along the axis ``dim``, of even length.

    Source: Dauphin et al., "Language Modeling with Gated Convolutional Networks" (2017).
    """
    length = np.shape(x)[dim]
    if length % 2:
        raise ValueError(f"glu: the axis must be of even length\n  x: {np.shape(x)}\n  dim: {dim}")
    first, second = ag.split(x, 2, dim)
    return first * ag.sigmoid(second)


def softmin(x: Any, dim: int = -1, *, dtype: Any = None) -> Any:
    """e⁻ˣ / Σ e⁻ˣ along the axis ``dim``, in ``dtype`` if one is given."""
    return ag.softmax(-x, dim) if dtype is None else ag.softmax(-x, dim, dtype=dtype)
