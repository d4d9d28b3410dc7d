"""Inverses, determinants and decompositions of stacks of matrices, by NumPy's LAPACK.

A decomposition has several factors, and a kernel here gives them as one array, below each other, so that an operation
has one result: ``eigh`` the eigenvalues as a row above the eigenvectors, ``svd`` U above the singular values above V,
``qr`` Q above Rᵀ.

A matrix that holds NaN or infinity gives NaN, alone in its stack. float16 is reckoned in float32.
"""

from functools import wraps

import numpy as np

from .real import need_real

NotPossible = np.linalg.LinAlgError


def _in_lapack(kernel):
    """The kernel with float arrays of two or more axes in place of its array arguments, not of float16."""

    @wraps(kernel)
    def run(x, *others, **options):
        need_real(x, *others)
        x = np.asarray(x)
        arrays = [x, *[np.asarray(one) for one in others if isinstance(one, np.ndarray | np.generic | list | tuple)]]
        dtype = np.result_type(*arrays, *([np.float64] if all(one.dtype.kind != "f" for one in arrays) else []))
        if x.ndim < 2:
            raise NotPossible("a matrix is needed, or a stack of them: an array of at least two axes")
        if dtype != np.float16:
            return kernel(x, *others, **options)
        arrays = [one.astype(np.float32) for one in arrays]
        y = kernel(*arrays, *others[len(arrays) - 1 :], **options)
        return tuple([one.astype(dtype)[()] for one in y]) if isinstance(y, tuple) else y.astype(dtype)[()]

    return run


def _need_square(x):
    if x.shape[-1] != x.shape[-2]:
        raise NotPossible(f"a square matrix is needed\n  rows: {x.shape[-2]}\n  columns: {x.shape[-1]}")


def _first(x, fails):
    """Where the first matrix stands for which NumPy's function fails, " at [2] of the stack"; "" of a single one."""
    for at in np.ndindex(x.shape[:-2]):
        try:
            fails(x[at])
        except NotPossible:
            return f", that at [{', '.join(map(str, at))}] of the stack" if at else ""
    return ""


def _of_finite(decompose, x):
    """decompose(x), and NaN for the matrices that hold NaN or infinity, which LAPACK may refuse for the whole stack."""
    finite = np.isfinite(x).all((-2, -1))
    if finite.all():
        return decompose(x)
    y = decompose(np.where(finite[..., None, None], x, np.eye(*x.shape[-2:], dtype=x.dtype)))
    return np.where(finite[..., None, None], y, np.asarray(np.nan, y.dtype))


def _symmetric_part(x):
    _need_square(x)
    return (x + x.swapaxes(-1, -2)) / 2


# -- inverses and determinants -----------------------------------------------------------------


@_in_lapack
def inv(x):
    _need_square(x)
    try:
        return np.linalg.inv(x)
    except NotPossible:
        raise NotPossible(
            f"the matrix is singular{_first(x, np.linalg.inv)}: it has no inverse\n"
            "  linalg.pinv gives the pseudoinverse, which every matrix has"
        ) from None


@_in_lapack
def solve(a, b):
    _need_square(a)
    b = np.asarray(b)
    rows = b.shape[0 if b.ndim == 1 else -2] if b.ndim else None
    if rows != a.shape[-1]:
        raise ValueError(
            "b must have a row for each row of a; of one axis it is a vector, of more it holds matrices\n"
            "  a vector for each matrix of a stack: solve(a, b[..., None])[..., 0]\n"
            f"  rows of a: {a.shape[-1]}\n  rows of b: {'none' if rows is None else rows}"
        )
    try:
        return np.linalg.solve(a, b)
    except NotPossible:
        raise NotPossible(
            f"the matrix a is singular{_first(a, np.linalg.inv)}: there is no solution, or more than one\n"
            "  linalg.lstsq gives the shortest of those that come closest"
        ) from None


@_in_lapack
def det(x):
    _need_square(x)
    return np.linalg.det(x)


@_in_lapack
def slogdet(x):
    """(log |det x|, the sign of det x)."""
    _need_square(x)
    sign, logarithm = np.linalg.slogdet(x)
    return logarithm, sign


@_in_lapack
def cofactors(x):
    """det(x) x⁻ᵀ, which is what the determinant's derivative is; of singular matrices too."""
    _need_square(x)
    try:
        return np.asarray(np.linalg.det(x))[..., None, None] * np.linalg.inv(x).swapaxes(-1, -2)
    except NotPossible:
        return _of_finite(_cofactors_by_svd, x)


def _cofactors_by_svd(x):
    """With x = U diag(s) Vᵀ they are det(U) det(V) U diag(the product of the other s, for each) Vᵀ."""
    u, s, vt = np.linalg.svd(x)
    n = s.shape[-1]
    others = np.where(np.eye(n, dtype=bool), 1, s[..., None, :]).prod(-1)
    turned = np.asarray(np.linalg.det(u) * np.linalg.det(vt))[..., None, None]
    return turned * ((u * others[..., None, :]) @ vt)


@_in_lapack
def pinv(x, rcond=None, hermitian=False):
    given = {} if rcond is None else {"rcond": rcond}
    return _of_finite(lambda x: np.linalg.pinv(x, hermitian=bool(hermitian), **given), x)


# -- decompositions ----------------------------------------------------------------------------


@_in_lapack
def cholesky(x):
    def lower(x):
        try:
            return np.linalg.cholesky(x)
        except NotPossible:
            raise NotPossible(
                f"the matrix is not positive definite{_first(x, np.linalg.cholesky)}\n"
                "  it needs eigenvalues above 0: linalg.eigvalsh gives them; rounding is made up for by adding a small "
                "multiple of the identity"
            ) from None

    return _of_finite(lower, _symmetric_part(x))


@_in_lapack
def qr(x):
    q, r = np.linalg.qr(x)
    return np.concatenate([q, r.swapaxes(-1, -2)], -2)


@_in_lapack
def eigh(x):
    def decompose(x):
        values, vectors = np.linalg.eigh(x)
        return np.concatenate([values[..., None, :], vectors], -2)

    return _of_finite(decompose, _symmetric_part(x))


@_in_lapack
def svd(x, full_matrices=False):
    """With ``full_matrices`` U and V have more columns than there are singular values; what is missing are zeros."""
    m, n = x.shape[-2:]

    def decompose(x):
        u, s, vt = np.linalg.svd(x, full_matrices=bool(full_matrices))
        y = np.zeros((*x.shape[:-2], m + 1 + n, max(u.shape[-1], vt.shape[-2])), u.dtype)
        y[..., :m, : u.shape[-1]] = u
        y[..., m, : s.shape[-1]] = s
        y[..., m + 1 :, : vt.shape[-2]] = vt.swapaxes(-1, -2)
        return y

    return _of_finite(decompose, x)
