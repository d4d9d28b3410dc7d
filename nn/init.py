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
    "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_",
    "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
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


def trunc_normal_(
    tensor: T, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, rng: Rng = None
) -> T:
    """Drawn from the normal distribution of that mean and standard deviation, but between a and b alone."""
    _check_float("trunc_normal_", tensor)
    if not a < b:
        raise ValueError(f"init.trunc_normal_: there is nothing between a and b\n  a: {a}\n  b: {b}")
    generator, values = generator_of(rng), np.full(tensor.shape, np.nan)
    outside = np.isnan(values)
    for _ in range(1000):
        values[outside] = generator.normal(mean, std, int(outside.sum()))
        outside = ~((values >= a) & (values <= b))
        if not outside.any():
            return _write(tensor, values)
    raise ValueError(f"init.trunc_normal_: hardly anything is drawn between a and b\n  a: {a}\n  b: {b}\n  std: {std}")


def orthogonal_(tensor: T, gain: float = 1, rng: Rng = None) -> T:
    """gain times a matrix whose rows, or columns if there are fewer, are orthogonal and of length 1.

    A weight of more than two axes is one row for each of its first. Source: Saxe, McClelland and Ganguli, "Exact
    solutions to the nonlinear dynamics of learning in deep linear neural networks" (2013).
    """
    _check_float("orthogonal_", tensor)
    fans(tensor)  # two axes at least
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    drawn = generator_of(rng).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)  # so that all such matrices are equally likely
    return _write(tensor, gain * (q.T if rows < columns else q).reshape(tensor.shape))


def eye_(tensor: T) -> T:
    """1 on the main diagonal of a matrix, 0 elsewhere."""
    if tensor.ndim != 2:
        raise ValueError(f"init.eye_: a matrix is needed\n  shape: {tensor.shape}")
    return _write(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def dirac_(tensor: T, groups: int = 1) -> T:
    """The weight of a convolution that passes its channels on: 1 in the middle of the kernel from channel i to i."""
    if tensor.ndim not in (3, 4, 5) or tensor.shape[0] % groups:
        raise ValueError(
            "init.dirac_: the weight of a convolution is needed, whose channels the groups divide\n"
            f"  shape: {tensor.shape}\n  groups: {groups}"
        )
    values, out = np.zeros(tensor.shape), tensor.shape[0] // groups
    middle = tuple([n // 2 for n in tensor.shape[2:]])
    for group in range(groups):
        for i in range(min(out, tensor.shape[1])):
            values[(group * out + i, i, *middle)] = 1
    return _write(tensor, values)


def sparse_(tensor: T, sparsity: float, std: float = 0.01, rng: Rng = None) -> T:
    """Normal of that standard deviation, but in each column the fraction ``sparsity`` of the entries, at random, is 0.

    Source: Martens, "Deep learning via Hessian-free optimization" (2010).
    """
    _check_float("sparse_", tensor)
    if tensor.ndim != 2:
        raise ValueError(f"init.sparse_: a matrix is needed\n  shape: {tensor.shape}")
    generator = generator_of(rng)
    values = generator.normal(0.0, std, tensor.shape)
    for column in values.T:
        column[generator.permutation(len(column))[: math.ceil(sparsity * len(column))]] = 0
    return _write(tensor, values)


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
