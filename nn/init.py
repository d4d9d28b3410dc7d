"""Initial values for weights: ``nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")``.

Each function overwrites a Tensor's values (hence the trailing underscore) and returns the Tensor.
The random ones draw from the generator of ``nn.manual_seed``, or from ``rng`` (a Generator or an int
seed). Numbers are drawn in float64 and then cast: a float32 and a float64 net of one seed agree.

Sources: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks"
(2010); He et al., "Delving Deep into Rectifiers" (2015); names and defaults are PyTorch's.
"""

import math
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor

from .seeding import Rng, generator_of

T = TypeVar("T", bound=Tensor)

__all__ = [
    "calculate_gain", "constant_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_", "uniform_",
    "xavier_normal_", "xavier_uniform_", "zeros_",
]  # fmt: skip


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps the variance of what goes through a nonlinearity.

    nonlinearity : "linear", "conv1d" (2d, 3d), "conv_transpose1d" (2d, 3d), "sigmoid", "tanh", "relu", "leaky_relu" or
        "selu"
    param : the negative slope of "leaky_relu" (0.01 by default)

    >>> import nn
    >>> round(nn.init.calculate_gain("relu"), 4)
    1.4142
    """
    linear = ["linear", *(f"{conv}{rank}d" for conv in ("conv", "conv_transpose") for rank in (1, 2, 3))]
    gains = {**dict.fromkeys(linear, 1.0), "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in gains:
        raise ValueError(
            f"calculate_gain: an unknown nonlinearity\n  nonlinearity: {nonlinearity!r}\n"
            f"  known: {', '.join(sorted([*gains, 'leaky_relu']))}"
        )
    return gains[nonlinearity]


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, rng: Rng = None) -> T:
    """Drawn evenly from [a, b)."""
    _check_float("uniform_", tensor)
    return _write(tensor, generator_of(rng).uniform(a, b, tensor.shape))


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, rng: Rng = None) -> T:
    """Drawn from the normal distribution of that mean and standard deviation."""
    _check_float("normal_", tensor)
    return _write(tensor, generator_of(rng).normal(mean, std, tensor.shape))


def constant_(tensor: T, val: float) -> T:
    """All ``val``."""
    return _write(tensor, np.full(tensor.shape, val))


def zeros_(tensor: T) -> T:
    """All 0."""
    return constant_(tensor, 0.0)


def ones_(tensor: T) -> T:
    """All 1."""
    return constant_(tensor, 1.0)


def xavier_uniform_(tensor: T, gain: float = 1.0, rng: Rng = None) -> T:
    """Even in ±gain·√(6 / (fan_in + fan_out)): keeps variance both ways through tanh-like layers."""
    bound = gain * math.sqrt(_divided(6, sum(fans(tensor))))
    return uniform_(tensor, -bound, bound, rng)


def xavier_normal_(tensor: T, gain: float = 1.0, rng: Rng = None) -> T:
    """Normal of standard deviation gain·√(2 / (fan_in + fan_out))."""
    return normal_(tensor, 0.0, gain * math.sqrt(_divided(2, sum(fans(tensor)))), rng)


def kaiming_uniform_(
    tensor: T, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", rng: Rng = None
) -> T:
    """Even in ±gain·√(3 / fan): keeps variance through layers of rectifiers.

    a : the negative slope, where the nonlinearity is "leaky_relu"
    mode : "fan_in" keeps the variance forward, "fan_out" backward
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, rng)


def kaiming_normal_(
    tensor: T, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", rng: Rng = None
) -> T:
    """Normal of standard deviation gain / √fan; the arguments are those of ``kaiming_uniform_``."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), rng)


def fans(tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight (out, in) or (out, in / groups, kernel height, kernel width)."""
    if tensor.ndim < 2:
        raise ValueError(
            f"init: only a weight of two or more axes has a fan\n  shape: {tensor.shape}\n"
            "  for biases use zeros_, uniform_ or constant_"
        )
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"init: mode must be 'fan_in' or 'fan_out'\n  mode: {mode!r}")
    fan_in, fan_out = fans(tensor)
    return _divided(calculate_gain(nonlinearity, a), math.sqrt(fan_in if mode == "fan_in" else fan_out))


def _divided(a: float, b: float) -> float:
    """a / b, or 0 where there is no fan: a weight without entries has nothing to draw."""
    return a / b if b else 0.0


def _check_float(what: str, tensor: Tensor) -> None:
    if tensor.dtype.kind != "f":
        raise TypeError(
            f"init.{what}: numbers drawn for whole numbers would lose their fractions\n  dtype: {tensor.dtype}"
        )


def _write(tensor: T, values: NDArray[Any]) -> T:
    tensor.data = np.asarray(values).astype(tensor.dtype)
    return tensor
