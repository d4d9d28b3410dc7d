"""Decompositions of matrices, and of stacks of them: Cholesky, QR, eigenvalues of symmetric ones, singular values.

The factors of one decomposition are one result here, below each other in one array; ``autograd.linalg`` takes them
apart, and gives them NumPy's names. Where a matrix should be symmetric its symmetric part is taken, so that the
gradient is symmetric too.

Eigenvectors and singular vectors turn freely where their values are equal, and have no derivative there: a gradient
that reaches them is an error. The values themselves, and vectors of other values, keep theirs.
"""

import numpy as np

from ..declaration import operation, rule
from ..kernels import matrices as kernels
from ..program import helpers
from ..samples import reals, sample, separated
from ..tensors import raw
from .elementwise import where
from .inverses import solve
from .linalg import _matrix_transpose as _transposed
from .linalg import from_diagonal, tril, triu
from .precision import in_single
from .shaping import concatenate

__all__ = ["cholesky", "eigh", "qr", "svd"]


def _half_transposed(x):
    """The symmetric part of a gradient."""
    return (x + _transposed(x)) / 2


def _right_solve(x, a):
    """x a⁻¹."""
    return _transposed(solve(_transposed(a), _transposed(x)))


def _diagonal(x):
    n = x.shape[-1]
    return from_diagonal(x, (*x.shape, n), 0, -2, -1)


# -- triangular factors ------------------------------------------------------------------------


@in_single
def _cholesky_by_x(g, y):
    turned = _transposed(y) @ g
    inner = (tril(turned) + tril(turned, -1)) / 2
    return _half_transposed(solve(_transposed(y), _right_solve(inner, y)))


cholesky = operation(
    "cholesky",
    kernels.cholesky,
    symbol="chol",
    kind="linalg",
    traits=["implicit"],
    formula=r"y y^T = x",
    code="np.linalg.cholesky((x + np.swapaxes(x, -1, -2)) / 2)",
    rules=[
        rule(
            _cholesky_by_x,
            local=r"y \otimes y^{-1}",
            words="yᵀ times the gradient, its lower triangle, solved for with yᵀ from both sides",
        )
    ],
    samples=[
        sample(separated(3, 3)),
        sample(separated(1, 1)),
        sample(separated(2, 3, 3)),
        sample(reals(0, 0)),
    ],
    doc="""The lower triangular y with y yᵀ = x, of the symmetric part of x: what ``linalg.cholesky`` calls.

    Parameters
    ----------
    x : shape (…, n, n), positive definite

    Source: Murray, Differentiation of the Cholesky decomposition (2016), arXiv:1602.07527, equation 10.
    """,
)


def _qr_square(gq, gr, q, r):
    """The gradient of what has at least as many rows as columns: Q (m, n) and R (n, n)."""
    inner = r @ _transposed(triu(gr)) - _transposed(gq) @ q
    mirrored = tril(inner) + _transposed(tril(inner, -1))
    return _right_solve(gq + q @ mirrored, _transposed(r))


@in_single
def _qr_by_x(g, y, x_shape):
    m, n = x_shape[-2:]
    k = min(m, n)
    q, r = y[..., :m, :], _transposed(y[..., m:, :])
    gq, gr = g[..., :m, :], _transposed(g[..., m:, :])
    values = raw(r)
    if not np.all(np.diagonal(values[..., :k], axis1=-2, axis2=-1)):
        raise np.linalg.LinAlgError(
            "qr: there is no gradient where columns depend on each other (of the first as many as there are rows)\n"
            f"  x: {tuple(x_shape)}"
        )
    if m >= n:
        return _qr_square(gq, gr, q, r)
    right, gright = r[..., m:], gr[..., m:]
    left = _qr_square(gq + q @ (right @ _transposed(gright)), gr[..., :m], q, r[..., :m])
    return concatenate([left, q @ gright], -1)


qr = operation(
    "qr",
    kernels.qr,
    symbol="QR",
    kind="linalg",
    traits=["implicit"],
    formula=r"Q R = x, \quad y = \left( Q, R^T \right)",
    code=helpers.qr,
    rules=[
        rule(
            _qr_by_x,
            local=r"Q \otimes R^{-1}",
            words="that of Q and what Q makes of R's and Q's in one triangle, solved for with Rᵀ",
        )
    ],
    samples=[
        sample(separated(3, 3)),
        sample(separated(4, 2)),
        sample(separated(2, 4)),
        sample(separated(2, 3, 2)),
        sample(reals(0, 2)),
        sample(reals(2, 0)),
    ],
    doc="""Q with orthonormal columns, and below it the transpose of the upper triangular R: what ``linalg.qr`` calls.

    Parameters
    ----------
    x : shape (…, m, n); the result has (…, m + n, min(m, n))

    Source: Walter and Lehmann, Algorithmic differentiation of linear algebra functions with application in optimum
    experimental design (2010), arXiv:1001.1654; Roberts and Roberts, QR and LQ decomposition matrix backpropagation
    algorithms for square, wide, and deep matrices (2020), arXiv:2009.10071, for more columns than rows.
    """,
)


# -- eigenvalues and singular values -----------------------------------------------------------


def _reached(g):
    """Whether any gradient reaches a vector, for each vector (a column)."""
    return (raw(g) != 0).any(-2)


def _refuse_equal(name, what, vectors, free):
    """Raise where a gradient reaches vectors that turn freely."""
    if free.any():
        raise np.linalg.LinAlgError(
            f"{name}: a gradient reaches {vectors} whose {what} are equal: they turn freely and have no derivative\n"
            f"  the {what} alone have one, and so have {vectors} of others"
        )


def _over_differences(x, differences, equal):
    """x / differences, and 0 where these are of equal values: nothing reaches the vectors there."""
    return where(equal, 0.0, x / where(equal, 1.0, differences))


@in_single
def _eigh_by_x(g, y):
    values, vectors = y[..., 0, :], y[..., 1:, :]
    turning = _transposed(vectors) @ g[..., 1:, :]
    differences = values[..., None, :] - values[..., :, None]
    equal = differences == 0
    same = raw(equal)
    reached = _reached(g[..., 1:, :])
    free = same & ~np.eye(same.shape[-1], dtype=bool) & (reached[..., None, :] | reached[..., :, None])
    _refuse_equal("eigh", "eigenvalues", "eigenvectors", free)
    inner = _over_differences(turning, differences, equal) + _diagonal(g[..., 0, :])
    return _half_transposed(vectors @ inner @ _transposed(vectors))


eigh = operation(
    "eigh",
    kernels.eigh,
    symbol="λ, V",
    kind="linalg",
    traits=["implicit"],
    formula=r"x V = V \mathrm{diag}(\lambda), \quad y = (\lambda, V)",
    code=helpers.eigh,
    rules=[
        rule(
            _eigh_by_x,
            local=r"V \left( \mathrm{diag} + \frac{1}{\lambda_j - \lambda_i} \right) V^T",
            words="that of the eigenvalues on the diagonal, that of the eigenvectors over differences of eigenvalues, "
            "turned by the eigenvectors",
        )
    ],
    samples=[
        sample(separated(3, 3)),
        sample(separated(1, 1)),
        sample(separated(2, 2, 2)),
        sample(reals(0, 0)),
    ],
    doc="""The eigenvalues of the symmetric part of x, rising, above the eigenvectors: what ``linalg.eigh`` calls.

    Parameters
    ----------
    x : shape (…, n, n); the result has (…, 1 + n, n)

    Source: Giles, An extended collection of matrix derivative results for forward and reverse mode algorithmic
    differentiation (2008), section 3.1.
    """,
)


@in_single
def _svd_by_x(g, y, x_shape):
    m, n = x_shape[-2:]
    k = min(m, n)
    if k and ((raw(g)[..., :m, k:m] != 0).any() or (raw(g)[..., m + 1 :, k:n] != 0).any()):
        raise np.linalg.LinAlgError(
            "svd: a gradient reaches singular vectors beyond those of the singular values, which have no derivative\n"
            f"  x: {tuple(x_shape)}\n  use full_matrices=False"
        )
    u, s, v = y[..., :m, :k], y[..., m, :k], y[..., m + 1 :, :k]
    gu, gs, gv = g[..., :m, :k], g[..., m, :k], g[..., m + 1 :, :k]
    along, across = s[..., None, :], s[..., :, None]
    differences = (along - across) * (along + across)
    values = raw(s)
    equal = along == across
    reached = _reached(gu) | _reached(gv)
    free = raw(equal) & ~np.eye(k, dtype=bool) & (reached[..., None, :] | reached[..., :, None])
    zero = (values == 0) & ((_reached(gu) & (m > k)) | (_reached(gv) & (n > k)))
    _refuse_equal("svd", "singular values", "singular vectors", free)
    if zero.any():
        raise np.linalg.LinAlgError(
            "svd: a gradient reaches singular vectors whose singular value is 0, where they have no derivative\n"
            f"  x: {tuple(x_shape)}"
        )
    left, right = _transposed(u) @ gu, _transposed(v) @ gv
    inner = _diagonal(gs) + _over_differences(left - _transposed(left), differences, equal) * along
    inner = inner + across * _over_differences(right - _transposed(right), differences, equal)
    result = u @ inner @ _transposed(v)
    inverse = 1 / where(s == 0, 1.0, s)[..., None, :]
    if m > k:
        result = result + ((gu - u @ left) * inverse) @ _transposed(v)
    if n > k:
        result = result + u @ _transposed((gv - v @ right) * inverse)
    return result


svd = operation(
    "svd",
    kernels.svd,
    inputs=["x"],
    symbol="U, s, V",
    kind="linalg",
    traits=["implicit"],
    formula=r"U \mathrm{diag}(s) V^T = x, \quad y = (U, s, V)",
    code=helpers.svd,
    rules=[
        rule(
            _svd_by_x,
            local=r"U \left( \mathrm{diag} + \frac{1}{s_j^2 - s_i^2} \right) V^T",
            words="that of the singular values on the diagonal, those of the vectors over differences of the squared "
            "singular values, turned by U and V",
        )
    ],
    samples=[
        sample(separated(3, 3)),
        sample(separated(3, 2)),
        sample(separated(2, 4)),
        sample(separated(2, 2, 2)),
        sample(separated(2, 3), full_matrices=True, differentiable=False),
        sample(separated(3, 3), True),
        sample(reals(0, 2)),
        sample(reals(2, 0)),
    ],
    doc="""U, below it the singular values, falling, and below these V, with U diag(s) Vᵀ = x: what ``linalg.svd``
    calls.

    Parameters
    ----------
    x : shape (…, m, n); the result has (…, m + 1 + n, min(m, n))
    full_matrices : all m columns of U and all n of V, beside zeros; to those beyond min(m, n) no gradient may come

    Source: Townsend, Differentiating the singular value decomposition (2016), and PyTorch's form of it.
    """,
)
