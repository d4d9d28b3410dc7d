"""Decompositions: Cholesky, QR, eigenvalues of symmetric matrices, singular values, the rank."""

from typing import Any, NamedTuple

import numpy as np

from ..ops.decompositions import cholesky as _cholesky
from ..ops.decompositions import eigh as _eigh
from ..ops.decompositions import qr as _qr
from ..ops.decompositions import svd as _svd
from ..tensors import Tensor, raw, wrap
from .common import mirrored, need_matrix, recorded, shape_of, transposed

__all__ = [
    "EighResult", "QRResult", "SVDResult", "cholesky", "eigh", "eigvalsh", "matrix_rank", "qr", "svd", "svdvals",
]  # fmt: skip


class EighResult(NamedTuple):
    """What ``eigh`` gives."""

    eigenvalues: Any
    eigenvectors: Any


class QRResult(NamedTuple):
    """What ``qr`` gives."""

    Q: Any
    R: Any


class SVDResult(NamedTuple):
    """What ``svd`` gives."""

    U: Any
    S: Any
    Vh: Any


def cholesky(x: Any, *, upper: bool = False) -> Any:
    """The lower triangular L with L Lᵀ = x, as NumPy's ``linalg.cholesky``.

    Parameters
    ----------
    x : shape (…, n, n), symmetric and positive definite, else a LinAlgError
    upper : give the upper triangular U = Lᵀ

    Of a matrix that is not symmetric the lower triangle is read (with ``upper`` the upper one), and it alone gets a
    gradient.

    >>> import autograd as ag
    >>> ag.linalg.cholesky([[4.0, 2.0], [2.0, 5.0]]).tolist()
    [[2.0, 0.0], [1.0, 2.0]]
    """
    lower = _cholesky(mirrored("cholesky", x, "U" if upper else "L"))
    return transposed(lower) if upper else lower


def qr(x: Any, mode: str = "reduced") -> Any:
    """Q with orthonormal columns and the upper triangular R with Q R = x, as NumPy's ``linalg.qr``: (Q, R).

    Parameters
    ----------
    x : shape (…, m, n)
    mode : "reduced" for Q of shape (…, m, k) and R of (…, k, n), k the smaller of m and n; "complete" for all m columns
        of Q, which have no gradient where m > n; "r" for R alone

    Where one of the first k columns depends on those before it there is no gradient: a LinAlgError.

    >>> import autograd as ag
    >>> Q, R = ag.linalg.qr([[0.0, 2.0], [1.0, 1.0]])
    >>> (Q @ R).round(9).tolist()
    [[0.0, 2.0], [1.0, 1.0]]
    """
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f'qr: mode is "reduced", "complete" or "r"\n  given: {mode!r}')
    need_matrix("qr", x)
    m, n = shape_of(x)[-2:]
    if mode == "complete" and m > n:
        if recorded(x):
            raise ValueError(
                "qr: the columns of Q beyond those of x have no gradient\n"
                f'  x: shape {shape_of(x)}\n  use mode="reduced"'
            )
        both = np.linalg.qr(np.asarray(raw(x)), "complete")
        return QRResult(*[wrap(one) for one in both] if isinstance(x, Tensor) else both)
    y = _qr(x)
    R = transposed(y[..., m:, :])
    return R if mode == "r" else QRResult(y[..., :m, :], R)


def eigh(x: Any, UPLO: str = "L") -> EighResult:
    """The eigenvalues of symmetric matrices, rising, and eigenvectors in columns: (eigenvalues, eigenvectors).

    Parameters
    ----------
    x : shape (…, n, n), symmetric
    UPLO : the triangle that is read of a matrix that is not symmetric, and that alone gets a gradient: "L" or "U"

    A vector is as right as its negative, and NumPy's choice is kept. Where eigenvalues are equal, and a gradient
    reaches their vectors, there is none: a LinAlgError. A gradient that reaches the values alone is right there for
    functions in which equal eigenvalues are exchangeable, such as their sum; of others, such as the largest, it is
    one of many.

    Source: Giles, An extended collection of matrix derivative results for forward and reverse mode algorithmic
    differentiation (2008), section 3.1.

    >>> import autograd as ag
    >>> x = ag.Tensor([[2.0, 1.0], [1.0, 2.0]], requires_grad=True)
    >>> values, vectors = ag.linalg.eigh(x)
    >>> values[1].backward()
    >>> values.data.round(9).tolist(), x.grad.round(9).tolist()
    ([1.0, 3.0], [[0.5, 0.5], [0.5, 0.5]])
    """
    y = _eigh(mirrored("eigh", x, UPLO))
    return EighResult(y[..., 0, :], y[..., 1:, :])


def eigvalsh(x: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of symmetric matrices, rising: the first part of what ``eigh`` gives."""
    return eigh(x, UPLO).eigenvalues


def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """U, the singular values S, falling, and Vh with U diag(S) Vh = x, as NumPy's ``linalg.svd``: (U, S, Vh).

    Parameters
    ----------
    x : shape (…, m, n)
    full_matrices : U of shape (…, m, m) and Vh of (…, n, n), of which the vectors beyond the first k, the smaller of m
        and n, have no derivative: a gradient that reaches them is a LinAlgError; False for (…, m, k) and (…, k, n)
    compute_uv : False for the singular values alone
    hermitian : x is symmetric; its lower triangle is read

    A pair of vectors is as right as its negative, and NumPy's choice is kept. Where singular values are equal, or 0 in
    a matrix that is not square, and a gradient reaches their vectors, there is none: a LinAlgError.

    Source: Townsend, Differentiating the singular value decomposition (2016).

    >>> import autograd as ag
    >>> x = ag.Tensor([[3.0, 0.0], [0.0, 4.0], [0.0, 0.0]], requires_grad=True)
    >>> U, S, Vh = ag.linalg.svd(x, full_matrices=False)
    >>> S[0].backward()
    >>> S.tolist(), x.grad.tolist()
    ([4.0, 3.0], [[0.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    """
    need_matrix("svd", x)
    if hermitian:
        x = mirrored("svd", x, "L")
    m, n = shape_of(x)[-2:]
    k = min(m, n)
    y = _svd(x, compute_uv and full_matrices)
    S = y[..., m, :k]
    if not compute_uv:
        return S
    return SVDResult(
        y[..., :m, : m if full_matrices else k], S, transposed(y[..., m + 1 :, : n if full_matrices else k])
    )


def svdvals(x: Any) -> Any:
    """The singular values, falling: the second part of what ``svd`` gives."""
    return svd(x, compute_uv=False)


def matrix_rank(x: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None, atol: Any = None) -> Any:
    """How many singular values are above ``tol``, as NumPy's ``linalg.matrix_rank``; without gradient.

    tol, atol : the bound; by default rtol times the largest singular value
    rtol : by default the dtype's precision times the larger of the numbers of rows and columns
    hermitian : x is symmetric: faster
    """
    values = np.asarray(raw(x))
    tol = tol if atol is None else atol
    if tol is not None and rtol is not None:
        largest = np.linalg.svd(values, compute_uv=False).max(-1, initial=0)
        tol, rtol = np.maximum(raw(tol), raw(rtol) * largest), None
    given = {} if rtol is None else {"rtol": raw(rtol)}
    y = np.linalg.matrix_rank(values, raw(tol), hermitian, **given)
    return wrap(np.asarray(y)[()]) if isinstance(x, Tensor) else y
