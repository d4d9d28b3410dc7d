"""Special functions of each entry."""

import math

import numpy as np

from ...kernels.activations import _FAR_P, _FAR_Q, _NEAR_P, _NEAR_Q, _polynomial


def erf(x):
    """The error function, by W. J. Cody's rational approximations (1969)."""
    size = np.minimum(np.abs(x), 6.0)  # from there on it is 1 in float64
    near = size * _polynomial(_NEAR_P, size * size) / _polynomial(_NEAR_Q, size * size)
    far = 1 - np.exp(-size * size) * _polynomial(_FAR_P, size) / _polynomial(_FAR_Q, size)
    return np.copysign(np.where(size <= 0.46875, near, far), x)


def _lgamma(x):
    """log |Γ(x)| of one number, infinite at 0 and the negative integers."""
    return abs(x) if not math.isfinite(x) else np.inf if x <= 0 and x == int(x) else math.lgamma(x)


def gammaln(x):
    """log |Γ(x)|, entry by entry."""
    return np.asarray(np.frompyfunc(_lgamma, 1, 1)(x), float)


def gammainc(a, x):
    """The lower incomplete Γ over Γ(a): SciPy's."""
    from scipy import special

    return special.gammainc(a, x)


def gammaincc(a, x):
    """1 - gammainc(a, x): SciPy's."""
    from scipy import special

    return special.gammaincc(a, x)


def i0(x):
    """The modified Bessel function of order 0: SciPy's."""
    from scipy import special

    return special.i0(x)


def i0e(x):
    """exp(-|x|) times that of order 0: SciPy's."""
    from scipy import special

    return special.i0e(x)


def i1(x):
    """The modified Bessel function of order 1: SciPy's."""
    from scipy import special

    return special.i1(x)


def i1e(x):
    """exp(-|x|) times that of order 1: SciPy's."""
    from scipy import special

    return special.i1e(x)
