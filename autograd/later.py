"""PyTorch's names for functions of ``linalg`` and ``special``, which are loaded when one of them is first used."""

import math
from typing import Any, NamedTuple

from .linalg import cholesky as _cholesky
from .linalg import (
    cholesky_inverse,
    cholesky_solve,
    det,
    inv,
    matrix_exp,
    matrix_power,
    pinv,
    qr,
    slogdet,
    triangular_solve,
)
from .linalg import svd as _svd
from .ops.elementwise import where
from .ops.shaping import swapaxes
from .special import (
    digamma,
    erfc,
    erfinv,
    gammainc,
    gammaincc,
    gammaln,
    i0,
    logit,
    multigammaln,
    polygamma,
    sinc,
    xlogy,
)
from .tensors import raw

__all__ = [
    "cholesky", "cholesky_inverse", "cholesky_solve", "det", "digamma", "erfc", "erfinv", "i0", "igamma", "igammac",
    "inverse", "lgamma", "logdet", "logit", "matrix_exp", "matrix_power", "mvlgamma", "pinverse", "polygamma", "qr",
    "sinc", "slogdet", "svd", "triangular_solve", "xlogy",
]  # fmt: skip

inverse, pinverse = inv, pinv
lgamma, mvlgamma = gammaln, multigammaln
igamma, igammac = gammainc, gammaincc


class SVD(NamedTuple):
    """What ``svd`` gives: V, where ``linalg.svd`` has its transpose."""

    U: Any
    S: Any
    V: Any


def cholesky(x: Any, upper: bool = False) -> Any:
    """The lower triangular L with L Lᵀ = x, or with ``upper`` its transpose: ``linalg.cholesky``."""
    return _cholesky(x, upper=upper)


def svd(x: Any, some: bool = True, compute_uv: bool = True) -> SVD:
    """U, S and V with U diag(S) Vᵀ = x: PyTorch's older form of ``linalg.svd``; ``some=False`` for all vectors."""
    if not compute_uv:
        raise ValueError("svd: compute_uv=False is not here\n  the singular values alone: ag.linalg.svdvals(x)")
    U, S, Vh = _svd(x, full_matrices=not some)
    return SVD(U, S, swapaxes(Vh, -1, -2))


def logdet(x: Any) -> Any:
    """log det x: NaN where the determinant is negative, −∞ where it is 0."""
    sign, logarithm = slogdet(x)
    return where(raw(sign) < 0, math.nan, logarithm)
