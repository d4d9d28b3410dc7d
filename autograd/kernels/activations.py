"""Fast, accurate kernels of the activations: arrays in, arrays out.

Each works for float16, float32, float64 and integers, keeps the dtype of floats and the memory
layout of its input, and stays finite and free of warnings for any finite entry.
"""

import math

import numpy as np

from ..native import native
from .real import need_real

_NUMPYS = (np.ndarray, np.generic)
_BLOCK = 32768  # entries that the error function works on at a time: its thirty passes then stay in cache


def floating(x):
    """The numbers of x as floats: x itself if it holds floats, else float64; a NumPy scalar where there are no axes."""
    x = x if isinstance(x, _NUMPYS) else np.asarray(x)
    if x.dtype.kind != "f":
        need_real(x)
        x = x.astype(np.float64)
    return x if type(x) is np.ndarray and x.ndim else x[()]


def sigmoid(x):
    """1 / (1 + e⁻ˣ), right to a few units in the last place everywhere.

    As (1 + tanh(x/2)) / 2 it would not be: for negative x all digits cancel, sigmoid(−20) would be 0 in float32, its
    logarithm −inf and its derivative 0.
    """
    y = native.sigmoid(x) if native else None
    return sigmoid_in_numpy(x) if y is None else y


def sigmoid_in_numpy(x):
    """The same; where e⁻ˣ overflows the result is 0, as it should be."""
    if type(x) is np.float64:  # one number: by sign, so that nothing overflows, and Python's exp is ten times faster
        x = float(x)
        e = math.exp(-abs(x))
        return np.float64(1 / (1 + e) if x >= 0 else e / (1 + e))
    x = floating(x)
    if type(x) is not np.ndarray:
        e = np.exp(-abs(x))
        return 1 / (1 + e) if x >= 0 else e / (1 + e)
    y = np.negative(x)
    with np.errstate(over="ignore"):
        np.exp(y, out=y)
    y += 1
    return np.reciprocal(y, out=y)


def tanh(x):
    """(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)."""
    y = native.tanh(x) if native else None
    return np.tanh(x) if y is None else y


def relu(x):
    """max(x, 0), NaN for NaN."""
    y = native.relu(x) if native else None
    return relu_in_numpy(x) if y is None else y


def relu_in_numpy(x):
    """The same."""
    if type(x) is not np.ndarray or not x.ndim:
        return np.maximum(x, 0) if type(x) is not np.float64 else x if x > 0 or x != x else np.float64(0.0)
    y = np.zeros_like(x)  # against an array of zeros NumPy compares twice as fast as against a number
    return np.maximum(x, y, out=y)


# Gradients by the result y, in one pass: g · y · (1 − y), g · (1 − y²), and g where y is not 0. None where nothing is
# compiled: the rules say the same.
sigmoid_gradient = native.sigmoid_gradient if native else None
tanh_gradient = native.tanh_gradient if native else None
relu_gradient = native.relu_gradient if native else None


def leaky_relu(x, negative_slope):
    """x where x > 0, else negative_slope · x: whichever of the two lines is higher (lower, for a slope above 1)."""
    x, slope = floating(x), float(negative_slope)
    return np.maximum(x, slope * x) if slope <= 1 else np.minimum(x, slope * x)


def elu(x, alpha):
    """x where x > 0, else alpha · (eˣ − 1)."""
    x = floating(x)
    y = np.expm1(np.minimum(x, 0))
    y = y * float(alpha)
    return y + np.maximum(x, 0)


def elu_gradient(g, x, alpha):
    """g where x > 0, else g · alpha · eˣ."""
    slope = np.exp(np.minimum(x, 0))  # 1 where x > 0
    if alpha != 1:
        slope = np.where(x > 0, slope, float(alpha) * slope)
    return g * slope


def softplus(x, beta=1.0, threshold=None):
    """log(1 + e^(beta x)) / beta as max(x, 0) + log1p(e^−|beta x|) / beta; x itself where beta x > threshold.

    It never overflows, and is twelve times as fast as ``np.logaddexp``.
    """
    x, beta = floating(x), float(beta)
    if not beta > 0:
        raise ValueError(f"beta must be greater than 0\n  given: {beta!r}")
    if beta == 1:
        y = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    else:
        y = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(beta * x))) / beta
    return y if threshold is None else np.where(beta * x > float(threshold), x, y)


# The rational approximations of W. J. Cody, "Rational Chebyshev approximations for the error function",
# Mathematics of Computation 23 (1969): erf(x) = x P(x²) / Q(x²) up to 0.46875, and
# erfc(x) = exp(−x²) P(x) / Q(x) from there to 4. Highest power first.
_NEAR = 0.46875
_NEAR_P = (0.185777706184603153, 3.16112374387056560, 113.864154151050156, 377.485237685302021, 3209.37758913846947)
_NEAR_Q = (1.0, 23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062)
_FAR_P = (
    2.15311535474403846e-8, 0.564188496988670089, 8.88314979438837594, 66.1191906371416295, 298.635138197400131,
    881.952221241769090, 1712.04761263407058, 2051.07837782607147, 1230.33935479799725,
)  # fmt: skip
_FAR_Q = (
    1.0, 15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019, 3290.79923573345963,
    4362.61909014324716, 3439.36767414372164, 1230.33935480374942,
)  # fmt: skip
_ONE = 6.0  # from here on erf(x) is 1 in float64


def erf(x):
    """The error function, to about 1e-16 in float64 and 1e-7 in float32."""
    x = floating(x)
    if type(x) is not np.ndarray:
        return type(x)(math.erf(x))
    if x.dtype == np.float16:  # its largest numbers are smaller than those below
        return erf(x.astype(np.float32)).astype(np.float16)
    y = np.empty_like(x)
    order = sorted(range(x.ndim), key=lambda axis: -y.strides[axis])  # y's memory order: a view that flattens
    flat_x, flat_y = x.transpose(order).reshape(-1), y.transpose(order).reshape(-1)
    for start in range(0, x.size, _BLOCK):
        flat_y[start : start + _BLOCK] = _erf_block(flat_x[start : start + _BLOCK])
    return y


def _erf_block(x):
    """Both formulas for every entry, and 1 · the right one + 0 · the other: faster than to part the entries."""
    size = np.minimum(np.abs(x), _ONE)
    near = size <= _NEAR
    square = size * size
    y = np.exp(-square)
    y *= _polynomial(_FAR_P, size)
    y /= _polynomial(_FAR_Q, size)
    np.subtract(1, y, out=y)
    y *= ~near
    close = _polynomial(_NEAR_P, square)
    close /= _polynomial(_NEAR_Q, square)
    close *= size
    close *= near
    y += close
    return np.copysign(y, x, out=y)


def _polynomial(coefficients, x):
    """Horner's rule, in place."""
    first, second, *rest = coefficients
    y = x * first
    y += second
    for c in rest:
        y *= x
        y += c
    return y
