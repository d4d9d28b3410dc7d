"""Special functions under SciPy's names, with gradients to any order: error functions, Γ and its kin, entropies …

Tensors give Tensors, arrays give arrays. SciPy is needed for the Bessel functions (``i0``, ``i0e``, ``i1``, ``i1e``)
and the incomplete Γ (``gammainc``, ``gammaincc``) alone: ``pip install 'chalkgrad[special]'``.

>>> import autograd as ag
>>> x = ag.Tensor([0.5, 5.0], requires_grad=True)
>>> ag.special.gammaln(x).sum().backward()
>>> x.grad.round(6).tolist()  # digamma
[-1.96351, 1.506118]
"""

import math
from typing import Any

import numpy as np

from .composed import exp2
from .ops.activation import sigmoid as expit
from .ops.elementwise import clip, erf, exp, expm1, log, log1p, where
from .ops.reduction import log_softmax as _log_softmax
from .ops.reduction import logsumexp as _logsumexp
from .ops.reduction import softmax as _softmax
from .ops.shaping import reshape
from .ops.special import (
    betaln,
    digamma,
    entr,
    erfc,
    erfcx,
    erfinv,
    gammainc,
    gammaincc,
    gammaln,
    i0,
    i0e,
    i1,
    i1e,
    kl_div,
    log_expit,
    log_ndtr,
    ndtr,
    ndtri,
    polygamma,
    rel_entr,
    sinc,
    xlog1py,
    xlogy,
    zeta,
)
from .ops.special import (
    logit as _logit,
)
from .tensors import raw

__all__ = [
    "beta", "betaln", "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "expit", "expm1", "gammainc",
    "gammaincc", "gammaln", "i0", "i0e", "i1", "i1e", "kl_div", "log1p", "log_expit", "log_ndtr", "log_softmax",
    "logit", "logsumexp", "multigammaln", "ndtr", "ndtri", "polygamma", "psi", "rel_entr", "sinc", "softmax",
    "xlog1py", "xlogy", "zeta",
]  # fmt: skip

psi = digamma


def logit(x: Any, eps: float | None = None) -> Any:
    """log(x / (1 − x)), entry by entry; ±∞ at 1 and 0, NaN outside. With ``eps`` x is limited to [eps, 1 − eps] before.

    >>> import autograd as ag
    >>> float(ag.special.logit(0.5))
    0.0
    """
    return _logit(x if eps is None else clip(x, eps, 1 - eps))


def beta(a: Any, b: Any) -> Any:
    """B(a, b) = Γ(a) Γ(b) / Γ(a + b) of positive a and b, entry by entry; NaN of others.

    >>> import autograd as ag
    >>> round(float(ag.special.beta(2.0, 3.0)), 12) == round(1 / 12, 12)
    True
    """
    y = exp(betaln(a, b))
    outside = (np.asarray(raw(a)) <= 0) | (np.asarray(raw(b)) <= 0)
    return where(outside, np.asarray(np.nan, np.asarray(raw(y)).dtype), y) if outside.any() else y


def multigammaln(a: Any, d: int) -> Any:
    """log Γ_d(a) of the multivariate Γ: d(d − 1)/4 · log π + Σ log Γ(a − k/2) over k = 0 … d − 1; a > (d − 1)/2."""
    if (np.asarray(raw(a)) <= (d - 1) / 2).any():
        raise ValueError(f"multigammaln: a must be above (d - 1) / 2\n  d: {d}\n  (d - 1) / 2: {(d - 1) / 2}")
    y = gammaln(a)
    for k in range(1, d):
        y = y + gammaln(a - k / 2)
    return y + d * (d - 1) / 4 * math.log(math.pi)


def logsumexp(x: Any, axis: Any = None, b: Any = None, keepdims: bool = False, **words: Any) -> Any:
    """log Σ b eˣ along axes, without overflow, as SciPy's.

    Parameters
    ----------
    x : array or Tensor
    axis : None for all axes, an int, or a tuple of ints; PyTorch's ``dim=``
    b : None for 1, or numbers of at least 0 that broadcast with x
    keepdims : keep the reduced axes, with length 1; PyTorch's ``keepdim=``

    >>> import autograd as ag
    >>> float(ag.special.logsumexp([1000.0, 1000.0], b=[0.5, 0.5]))
    1000.0
    """
    if b is not None:
        values = np.asarray(raw(b))
        if (values < 0).any():
            raise ValueError("logsumexp: b must not be negative: the logarithm would be that of a negative number")
        x = where(values > 0, x + log(where(values > 0, b, 1.0)), -math.inf)
    return _logsumexp(x, words.pop("dim", axis), words.pop("keepdim", keepdims), **words)


def softmax(x: Any, axis: Any = None, **words: Any) -> Any:
    """Positive numbers that add up to 1 along an axis (PyTorch's ``dim=``): SciPy's, which by default takes all axes.

    >>> import autograd as ag
    >>> ag.special.softmax([[0.0, 0.0], [0.0, 0.0]]).tolist()
    [[0.25, 0.25], [0.25, 0.25]]
    """
    return _along(_softmax, x, axis, words)


def log_softmax(x: Any, axis: Any = None, **words: Any) -> Any:
    """The logarithms of ``softmax``, without overflow, along an axis (PyTorch's ``dim=``) or, by default, of all."""
    return _along(_log_softmax, x, axis, words)


def _along(function: Any, x: Any, axis: Any, words: dict[str, Any]) -> Any:
    if axis is None and not words:
        return reshape(function(reshape(x, -1)), np.shape(raw(x)))
    return function(x, **words) if axis is None else function(x, axis, **words)


def __getattr__(name: str) -> Any:
    raise AttributeError(f"autograd.special has no {name!r}\n  it has: {', '.join(__all__)}")
