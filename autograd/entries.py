"""Functions of each entry that are a few operations: ``logaddexp2``, ``copysign``, ``heaviside``, ``frexp`` …

The names are NumPy's and PyTorch's, the results theirs, and gradients flow.
"""

import math
from typing import Any

import numpy as np

from .composed import scaled
from .ops.activation import logaddexp
from .ops.arithmetic import floor_divide, multiply, power, remainder, subtract
from .ops.elementwise import absolute, round, sign, trunc, where
from .ops.indexing import getitem, take_along_axis
from .ops.shaping import broadcast_to, expand_dims, squeeze, stack
from .tensors import Tensor, raw, wrap
from .words import in_dtype

__all__ = [
    "choose", "copysign", "deg2rad", "degrees", "divmod", "fabs", "fix", "float_power", "fmax", "fmin", "frexp",
    "heaviside", "ldexp", "logaddexp2", "mod", "modf", "nextafter", "polyval", "positive", "rad2deg", "radians", "rint",
    "rsub", "sgn", "vander",
]  # fmt: skip

sgn, fix, mod = sign, trunc, remainder


def positive(x: Any) -> Any:
    """x itself, of numbers; as ``+x``."""
    return multiply(x, 1)


def fabs(x: Any) -> Any:
    """|x|, of integers as floats."""
    return absolute(x) if np.asarray(raw(x)).dtype.kind == "f" else absolute(in_dtype(x, np.float64))


def rint(x: Any) -> Any:
    """x rounded to a whole number, halves to the even one."""
    return round(x)


def rsub(x: Any, other: Any, *, alpha: float = 1) -> Any:
    """other − alpha · x."""
    return subtract(other, scaled(x, alpha))


def divmod(x: Any, y: Any) -> tuple[Any, Any]:
    """The pair ``floor_divide(x, y)`` and ``remainder(x, y)``."""
    return floor_divide(x, y), remainder(x, y)


def float_power(x: Any, exponent: Any) -> Any:
    """x to a power, worked out in float64."""
    return power(in_dtype(x, np.float64), in_dtype(exponent, np.float64))


def radians(x: Any) -> Any:
    """Degrees as radians: x · π / 180."""
    return multiply(x, math.pi / 180)


def degrees(x: Any) -> Any:
    """Radians as degrees: x · 180 / π."""
    return multiply(x, 180 / math.pi)


deg2rad, rad2deg = radians, degrees


def logaddexp2(x: Any, y: Any) -> Any:
    """log₂(2ˣ + 2ʸ), which does not overflow."""
    return logaddexp(multiply(x, math.log(2)), multiply(y, math.log(2))) / math.log(2)


# -- choices -----------------------------------------------------------------------------------


def fmax(x: Any, y: Any) -> Any:
    """The larger of two entries each, and where one is NaN the other. Of equal ones x has the gradient."""
    a, b = raw(x), raw(y)
    return where(np.greater_equal(a, b) | np.isnan(b), x, y)


def fmin(x: Any, y: Any) -> Any:
    """The smaller of two entries each, and where one is NaN the other. Of equal ones x has the gradient."""
    a, b = raw(x), raw(y)
    return where(np.less_equal(a, b) | np.isnan(b), x, y)


def copysign(x: Any, y: Any) -> Any:
    """|x| with the sign of y; no gradient passes where x is 0."""
    signed = np.copysign(raw(x), raw(y))
    return absolute(x) * np.copysign(np.ones((), signed.dtype), raw(y))


def heaviside(x: Any, values: Any) -> Any:
    """0 where x < 0, 1 where x > 0, and ``values`` where x is 0; x has a gradient of 0."""
    return where(np.equal(raw(x), 0), values, 0.5 * (sign(x) + 1))


def choose(x: Any, choices: Any) -> Any:
    """At each place the entry of one of the arrays: that of ``choices[x]``, as NumPy's ``choose``.

    x : whole numbers from 0 to len(choices) − 1, which broadcasts with all of them; others are a ValueError
    """
    index = np.asarray(raw(x))
    if index.size and not (index.min() >= 0 and index.max() < len(choices)):
        raise ValueError(f"choose: an entry of x is no number of a choice\n  x: {index}\n  choices: {len(choices)}")
    shape = np.broadcast_shapes(index.shape, *[np.shape(raw(one)) for one in choices])
    rows = stack([broadcast_to(one, shape) for one in choices])
    if not shape:
        return getitem(rows, int(index))
    return squeeze(take_along_axis(rows, np.broadcast_to(index, shape)[None], 0), 0)


# -- mantissas and exponents -------------------------------------------------------------------


def _exponents(x: Any) -> Any:
    array = np.asarray(raw(x))
    return array if array.dtype.kind in "iu" else None


def ldexp(x: Any, other: Any) -> Any:
    """x · 2 to the power of ``other``: whole numbers, or as PyTorch has it any, which have a gradient too."""
    powers = _exponents(other)
    if powers is None:
        return multiply(x, power(2.0, other))
    one = np.ones((), np.ldexp(raw(x), 0).dtype)
    half = powers // 2  # in two steps, for 2 to the power may be too large where the product is not
    return multiply(multiply(x, np.ldexp(one, half)), np.ldexp(one, powers - half))


def frexp(x: Any) -> tuple[Any, Any]:
    """Mantissas from ½ to 1 and whole exponents: x = mantissa · 2 to the power of the exponent."""
    _, powers = np.frexp(raw(x))
    return ldexp(x, -powers), wrap(powers) if isinstance(x, Tensor) else powers


def modf(x: Any) -> tuple[Any, Any]:
    """What stands after the point and what stands before it, both with the sign of x."""
    finite = where(np.isinf(raw(x)), 0.0, x)
    return finite - trunc(finite), trunc(x)


def nextafter(x: Any, y: Any) -> Any:
    """The next float after x in the direction of y; x has the gradient; y says the direction alone."""
    found = np.nextafter(raw(x), raw(y))
    near = np.isfinite(raw(x)) & np.isfinite(found)
    with np.errstate(invalid="ignore"):
        step = np.where(near, found - raw(x), 0).astype(found.dtype)
    return where(near, x + step, found)  # the difference of neighbours is exact, and so is their sum


# -- polynomials -------------------------------------------------------------------------------


def polyval(p: Any, x: Any) -> Any:
    """The polynomial with the coefficients p, that of the highest power first, at each x."""
    y: Any = multiply(x, 0)
    for i in range(len(raw(p))):
        y = y * x + getitem(p, i)
    return y


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The powers of each entry of a row, a row each: from the highest, N − 1, to the power 0, or the other way."""
    if np.ndim(raw(x)) != 1:
        raise ValueError(f"vander: x must be a row\n  x: {np.shape(raw(x))}")
    powers = np.arange(np.size(raw(x)) if N is None else N)
    return power(expand_dims(x, 1), powers if increasing else powers[::-1])
