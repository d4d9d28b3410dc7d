"""Special functions of each entry: arrays in, arrays out, in float64 inside, and in the dtype that came in at the end.

The error functions are W. J. Cody's (see ``activations``), their inverses Newton's method on them; log Γ is the C
library's; digamma and zeta are asymptotic series after steps of their recurrence. The Bessel functions are SciPy's,
which is asked for when they are used.
"""

import math
from functools import wraps

import numpy as np

from .activations import _FAR_P, _FAR_Q, _NEAR, _polynomial, erf, floating

_ROOT_2, _ROOT_PI = math.sqrt(2), math.sqrt(math.pi)


def _in_float64(kernel):
    """The kernel of float64 arrays of at least one axis, for numbers and arrays of every dtype of floats."""

    @wraps(kernel)
    def run(*given):
        floats = [one if type(one) is float else floating(one) for one in given]  # Python's take the others' dtype
        dtype = np.result_type(*floats)
        arrays = np.broadcast_arrays(*[np.asarray(one, np.float64) for one in floats])
        with np.errstate(all="ignore"):
            y = kernel(*[np.atleast_1d(one) for one in arrays])
            return y.reshape(arrays[0].shape).astype(dtype)[()]

    return run


# -- error functions ---------------------------------------------------------------------------

# Cody's third range, from 4 on: erfcx(x) = (1/√π − R(1/x²) / x²) / x
_TAIL_P = (
    1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
    1.60837851487422766e-2, 6.58749161529837803e-4,
)  # fmt: skip
_TAIL_Q = (
    1.0, 2.56852019228982242, 1.87295284992346047, 5.27905102951428412e-1, 6.05183413124413191e-2,
    2.33520497626869185e-3,
)  # fmt: skip


def _scaled_tail(x):
    """exp(x²) erfc(x) for x ≥ 0.46875."""
    middle = np.minimum(x, 4.0)
    square = 1 / (np.maximum(x, 4.0) ** 2)
    tail = (1 / _ROOT_PI - square * _polynomial(_TAIL_P, square) / _polynomial(_TAIL_Q, square)) / x
    return np.where(x > 4, tail, _polynomial(_FAR_P, middle) / _polynomial(_FAR_Q, middle))


def _gauss(x):
    """exp(−x²): x² in two parts, of which one is exact, for its rounding would be multiplied by x²."""
    rough = np.trunc(np.clip(x, -1e150, 1e150) * 16) / 16
    return np.exp(-rough * rough) * np.exp(-(x - rough) * (x + rough))


def _erfc(x):
    size = np.maximum(np.abs(x), _NEAR)
    far = np.where(size > 27, 0.0, _gauss(np.minimum(size, 30.0)) * _scaled_tail(size))
    return np.where(np.isnan(x), x, np.where(np.abs(x) <= _NEAR, 1 - erf(x), np.where(x > 0, far, 2 - far)))


erfc = _in_float64(_erfc)


def _erfcx(x):
    far = _scaled_tail(np.maximum(np.abs(x), _NEAR))
    near = np.exp(np.minimum(x * x, 1.0)) * (1 - erf(x))
    y = np.where(np.abs(x) <= _NEAR, near, np.where(x > 0, far, 2 / _gauss(np.maximum(x, -30.0)) - far))
    return np.where(np.isnan(x), x, y)


erfcx = _in_float64(_erfcx)


def _log_ndtr(x):
    left = np.minimum(x, -1.0)
    tail = np.log(_erfcx(-left / _ROOT_2) / 2) - left * left / 2
    return np.where(x < -1, np.where(np.isneginf(x), x, tail), np.log1p(-_erfc(x / _ROOT_2) / 2))


log_ndtr = _in_float64(_log_ndtr)
ndtr = _in_float64(lambda x: _erfc(-x / _ROOT_2) / 2)


def _central_erfinv(t):
    """For |t| ≤ 0.5. erf is concave right of 0, so that Newton's steps from t √π / 2 come up to the root from below."""
    t = np.clip(t, -0.5, 0.5)
    x = t * _ROOT_PI / 2
    for _ in range(4):
        x = x - (erf(x) - t) * (_ROOT_PI / 2) * np.exp(x * x)
    return x


def _tail_ndtri(p):
    """For 0 < p ≤ 0.25. log Φ is concave, so that Newton's steps from below the root come up to it."""
    p = np.clip(p, 1e-320, 0.25)
    target = np.log(2 * p)
    z = np.sqrt(-target)  # of x = −√2 z, where Φ(x) is erfc(z) / 2
    for _ in range(5):
        scaled = _scaled_tail(z)
        z = z + (np.log(scaled) - z * z - target) * (_ROOT_PI / 2) * scaled
    return -_ROOT_2 * z


def _ndtri(x):
    tail = np.minimum(x, 1 - x)
    size = np.where(tail > 0.25, np.abs(_ROOT_2 * _central_erfinv(2 * x - 1)), -_tail_ndtri(tail))
    y = np.where(x < 0.5, -size, size)
    y = np.where(x == 0, -np.inf, np.where(x == 1, np.inf, y))
    return np.where((x >= 0) & (x <= 1), y, np.nan)


ndtri = _in_float64(_ndtri)


def _erfinv(x):
    size = np.abs(x)
    y = np.where(size <= 0.5, _central_erfinv(x), np.copysign(-_tail_ndtri((1 - size) / 2) / _ROOT_2, x))
    y = np.where(size == 1, np.copysign(np.inf, x), y)
    return np.where(size <= 1, y, np.nan)


erfinv = _in_float64(_erfinv)


# -- Γ and its kin -----------------------------------------------------------------------------


def _lgamma(x):
    if not math.isfinite(x):
        return abs(x)
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):  # a pole, 0 or a negative integer; or too large
        return math.inf


_lgammas = np.frompyfunc(_lgamma, 1, 1)
gammaln = _in_float64(lambda x: _lgammas(x).astype(np.float64))

# ψ(x) = log x − 1/(2x) − Σ B₂ₖ / (2k x²ᵏ), with the Bernoulli numbers; highest power of 1/x² first
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798)
_PSI = (*[b / (2 * k) for k, b in reversed(list(enumerate(_BERNOULLI[:8], 1)))], 0.0)


def _digamma(x):
    left = x <= 0
    z = np.where(left, 1 - x, x)
    y = np.zeros_like(z)
    for _ in range(10):  # ψ(z) = ψ(z + 1) − 1/z
        small = z < 10
        y = y - np.where(small, 1 / z, 0.0)
        z = np.where(small, z + 1, z)
    y = y + np.log(z) - 0.5 / z - _polynomial(_PSI, 1 / (z * z))
    turn = x - np.round(x)  # tan has the period 1 in x
    y = np.where(left, y - math.pi / np.tan(math.pi * turn), y)
    y = np.where(left & (turn == 0), np.nan, y)
    return np.where(x == 0, -np.copysign(np.inf, x), np.where(np.isposinf(x), np.inf, y))


digamma = _in_float64(_digamma)

_STEPS = 12


def _zeta(x, q):
    """Σ (q + k)^−x by Euler and Maclaurin: the first terms, an integral for the rest, and its corrections."""
    y, z = np.zeros_like(q), q.copy()
    far = max(0, math.ceil(-np.min(z, initial=0.0, where=np.isfinite(z))))
    for k in range(_STEPS + min(far, 100_000)):
        taken = (z < _STEPS) if k >= _STEPS or far else np.ones(z.shape, bool)
        y = y + np.where(taken, z**-x, 0.0)
        z = np.where(taken, z + 1, z)
    y = y + z ** (1 - x) / (x - 1) + z**-x / 2
    factor = x * z ** (-x - 1)
    for k, bernoulli in enumerate(_BERNOULLI, 1):
        y = y + bernoulli / math.factorial(2 * k) * factor
        factor = factor * (x + 2 * k - 1) * (x + 2 * k) / (z * z)
    pole = (q <= 0) & (q == np.floor(q))
    y = np.where(pole, np.inf, np.where((q < 0) & ((x != np.floor(x)) | (q < -100_000)), np.nan, y))
    return np.where(np.isposinf(q), 0.0, np.where(x == 1, np.inf, np.where(x < 1, np.nan, y)))


zeta = _in_float64(_zeta)


def polygamma(n, x):
    n = _order(n)
    return digamma(x) if n == 0 else (-1.0) ** (n + 1) * math.factorial(n) * zeta(np.asarray(x).dtype.type(n + 1), x)


def _order(n):
    if not isinstance(n, int | float | np.number) or n < 0 or n != int(n):
        raise ValueError(f"n is an int of at least 0\n  given: {n!r}")
    return int(n)


def _correction(x):
    """log Γ(x) − ((x − ½) log x − x + ½ log 2π), for x ≥ 10."""
    series = [b / (2 * k * (2 * k - 1)) for k, b in enumerate(_BERNOULLI[:7], 1)]
    return _polynomial(tuple(reversed(series)), 1 / (x * x)) / x


def _betaln(a, b):
    a, b = np.minimum(a, b), np.maximum(a, b)
    plain = gammaln(a) + gammaln(b) - gammaln(a + b)
    large = np.maximum(b, 10.0)  # Γ(b) / Γ(a + b) by Stirling's formula, in which what is large cancels beforehand
    ratio = -(large - 0.5) * np.log1p(a / large) - a * np.log(a + large) + a + _correction(large)
    return np.where((b >= 10) & (a > 0), gammaln(a) + ratio - _correction(np.maximum(a + large, 10.0)), plain)


betaln = _in_float64(_betaln)


# -- logarithms and entropies ------------------------------------------------------------------


def _logit(x):
    near = 2 * (x - 0.5)  # exact around ½, where the quotient of x and 1 − x would lose the digits of its logarithm
    return np.where((x > 0.3) & (x < 0.65), np.log1p(near) - np.log1p(-near), np.log(x) - np.log1p(-x))


logit = _in_float64(_logit)
log_expit = _in_float64(lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))))
xlogy = _in_float64(lambda a, b: np.where((a == 0) & ~np.isnan(b), 0.0, a * np.log(b)))
xlog1py = _in_float64(lambda a, b: np.where((a == 0) & ~np.isnan(b), 0.0, a * np.log1p(b)))
entr = _in_float64(lambda x: np.where(x > 0, -x * np.log(x), np.where(x < 0, -np.inf, 0 * x)))


def _rel_entr(a, b):
    inside = (a > 0) & (b > 0)
    y = np.where(inside, a * (np.log(a) - np.log(b)), np.where((a == 0) & (b >= 0), 0.0, np.inf))
    return np.where(np.isnan(a) | np.isnan(b), np.nan, y)


rel_entr = _in_float64(_rel_entr)


def _kl_div(a, b):
    inside = (a > 0) & (b > 0)
    y = np.where(inside, a * (np.log(a) - np.log(b)) - a + b, np.where((a == 0) & (b >= 0), b, np.inf))
    return np.where(np.isnan(a) | np.isnan(b), np.nan, y)


kl_div = _in_float64(_kl_div)


# -- sin(πx) / (πx) ----------------------------------------------------------------------------

sinc = _in_float64(np.sinc)


# -- SciPy's -----------------------------------------------------------------------------------


def _of_scipy(name, *arrays):
    """SciPy's function of this name, which keeps float32 and float64."""
    try:
        from scipy import special
    except ImportError:
        raise ImportError(
            f"special.{name} is SciPy's, which is not installed\n  install it: pip install 'chalkgrad[special]'"
        ) from None
    *others, x = arrays
    x = floating(x)
    y = getattr(special, name)(*others, x.astype(np.float32) if x.dtype == np.float16 else x)
    return y.astype(x.dtype)


@_in_float64
def gammainc(a, x):
    return _of_scipy("gammainc", a, x)


@_in_float64
def gammaincc(a, x):
    return _of_scipy("gammaincc", a, x)


def i0(x):
    return _of_scipy("i0", x)


def i0e(x):
    return _of_scipy("i0e", x)


def i1(x):
    return _of_scipy("i1", x)


def i1e(x):
    return _of_scipy("i1e", x)
