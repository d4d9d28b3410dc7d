"""``ag.linalg``: NumPy's values, gradients against finite differences, and what is singular, equal or bad.

That each operation obeys the laws is tested with the registry; here stands what is put together or particular.
"""

import itertools
import math

import numpy as np
import pytest

import autograd as ag
from autograd import linalg

rng = np.random.default_rng(14)
A = rng.normal(size=(2, 4, 3))
S = np.diag([1.0, 2.0, 3.5]) + 0.1 * rng.normal(size=(2, 3, 3))  # square, well-conditioned
P = (S + S.swapaxes(-1, -2)) / 2  # symmetric, positive definite
V = rng.normal(size=(2, 3))


def gradient(f, x):
    x = ag.Tensor(x, requires_grad=True)
    f(x).backward()
    return x.grad


def same_as_numpy(got, expected):
    many = isinstance(expected, tuple)
    for a, b in zip(got if many else [got], expected if many else [expected], strict=True):
        a = a.data if isinstance(a, ag.Tensor) else a
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


# -- norms -------------------------------------------------------------------------------------

VECTOR = [None, 0, 1, 2, 3, 0.5, -1, -2, math.inf, -math.inf]
MATRIX = [None, "fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf]


@pytest.mark.parametrize("keepdims", [False, True])
def test_every_norm_is_numpys(keepdims):
    for ord, axis in itertools.product(VECTOR, (0, -1)):
        same_as_numpy(linalg.norm(A, ord, axis, keepdims), np.linalg.norm(A, ord, axis, keepdims))
        same_as_numpy(linalg.norm(ag.Tensor(V[0]), ord, None, keepdims), np.linalg.norm(V[0], ord, None, keepdims))
        given = {"ord": 2 if ord is None else ord, "keepdims": keepdims}
        for axes in (None, (0, 2)):
            same_as_numpy(linalg.vector_norm(A, axis=axes, **given), np.linalg.vector_norm(A, axis=axes, **given))
    for ord, axis in itertools.product(MATRIX, ((0, 1), (2, 0), (-1, -2))):
        same_as_numpy(linalg.norm(A, ord, axis, keepdims), np.linalg.norm(A, ord, axis, keepdims))
        same_as_numpy(linalg.norm(A[0], ord, None, keepdims), np.linalg.norm(A[0], ord, None, keepdims))
        same_as_numpy(
            linalg.matrix_norm(A, ord, (-2, -1), keepdims), np.linalg.matrix_norm(A, ord=ord, keepdims=keepdims)
        )
    same_as_numpy(linalg.norm(A, keepdims=keepdims), np.linalg.norm(A, keepdims=keepdims))
    same_as_numpy(linalg.norm(A, 3, dim=1, keepdim=keepdims), np.linalg.norm(A, 3, 1, keepdims))


def test_every_norm_has_its_gradient():
    for ord in VECTOR:
        ag.gradcheck(lambda x, ord=ord: linalg.norm(x, ord, 1), [A[0]], order=2 if ord != 0 else 1)
    for ord in MATRIX:
        ag.gradcheck(lambda x, ord=ord: linalg.norm(x, ord, (2, 1), True), [A], order=2)


def test_at_zero_a_norm_has_gradient_zero():
    for ord in (None, 0, 1, 2, 3, 1.5):
        assert not gradient(lambda x, ord=ord: linalg.norm(x, ord), np.zeros(3)).any()


def test_a_norm_of_large_and_of_small_numbers_does_not_overflow():
    for scale, ord in itertools.product((1e200, 1e-200), (3, 7.5, -3)):
        np.testing.assert_allclose(linalg.norm(scale * V[0], ord) / scale, np.linalg.norm(V[0], ord), rtol=1e-13)


def test_an_order_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match='the orders of a matrix norm are "fro", "nuc", 1, -1'):
        linalg.norm(A[0], 3)
    with pytest.raises(ValueError, match="the order of a vector's norm is a number"):
        linalg.norm(V[0], "nuc")
    with pytest.raises(ValueError, match="name one axis or two"):
        linalg.norm(A, 2)
    with pytest.raises(TypeError, match="norm: it takes no dims"):
        linalg.norm(A, dims=1)


# -- what is put together ----------------------------------------------------------------------

TOGETHER = {
    "cond": lambda x: linalg.cond(x),
    "cond by columns": lambda x: linalg.cond(x, 1),
    "matrix_power": lambda x: linalg.matrix_power(x, 5),
    "of the inverse": lambda x: linalg.matrix_power(x, -2),
    "slogdet": lambda x: linalg.slogdet(x).logabsdet,
    "eigenvalues": lambda x: linalg.eigvalsh(x + x.mT),
    "an eigenvector": lambda x: linalg.eigh(x + x.mT).eigenvectors[..., 0] ** 2,
    "upper": lambda x: linalg.cholesky(x @ x.mT, upper=True),
    "singular vectors": lambda x: (u := linalg.svd(x)).U[..., 1] * u.Vh[..., 1, :],
    "all vectors": lambda x: (u := linalg.svd(x[:, :2])).U @ u.Vh[:, :2] * u.S[..., None],
    "what Q and R make": lambda x: (qr := linalg.qr(x[..., :2])).Q @ qr.R,
    "multi_dot": lambda x: linalg.multi_dot([x[0, 0], x[1], x[0], x[1, :, 0]]),
    "lstsq": lambda x: linalg.lstsq(x[0, :, :2], x[1]).solution,
    "its residuals": lambda x: linalg.lstsq(x[0, :, :2], x[1]).residuals,
    "tensorinv": lambda x: linalg.tensorinv(x[0, None], 2),
    "tensorsolve": lambda x: linalg.tensorsolve(x[:, None, :2, :2].swapaxes(0, 1)[0, 0], x[0, 0, :2]),
    "matrix_exp": lambda x: linalg.matrix_exp(x) + linalg.matrix_exp(0.1 * x),
    "solve_triangular": lambda x: linalg.solve_triangular(x, x.mT, upper=True, left=False),
    "with ones": lambda x: linalg.solve_triangular(x, x[0, :, :1], upper=False, unitriangular=True),
    "triangular_solve": lambda x: linalg.triangular_solve(x, x[0], transpose=True)[0],
    "cholesky_solve": lambda x: linalg.cholesky_solve(x, x[0], upper=True),
    "cholesky_inverse": lambda x: linalg.cholesky_inverse(x),
    "vander": lambda x: linalg.vander(x, 4),
    "lstsq of stacks": lambda x: linalg.lstsq(x[..., :2], x).residuals,
    "vecdot": lambda x: linalg.vecdot(x, x * x, axis=1),
    "cross": lambda x: linalg.cross(x, x * x, axis=1),
    "trace": lambda x: linalg.trace(x, offset=1) + linalg.trace(x),
    "diagonal": lambda x: linalg.diagonal(x, offset=-1),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_gradients_of_what_is_put_together(name):
    ag.gradcheck(lambda x: TOGETHER[name](x), [S], order=2)


def test_values_are_numpys():
    same_as_numpy(linalg.slogdet(-S), tuple(np.linalg.slogdet(-S)))
    same_as_numpy(linalg.multi_dot([V, S[0], A[0].T, A[1]]), np.linalg.multi_dot([V, S[0], A[0].T, A[1]]))
    for n in (0, 1, 2, 7, -3):
        same_as_numpy(linalg.matrix_power(S, n), np.linalg.matrix_power(S, n))
    for p in (None, 2, -2, "fro", "nuc", 1, -1, math.inf, -math.inf):
        same_as_numpy(linalg.cond(S, p), np.linalg.cond(S, p))
    for b in (A[1], A[1, :, 0]):
        same_as_numpy(linalg.lstsq(A[0], b), np.linalg.lstsq(A[0], b))
    for driver, shapes in (("gels", [(4,), (0,), (0,)]), ("gelsy", [(0,), (), (0,)]), ("gelsd", [(4,), (), (3,)])):
        given = linalg.lstsq(A[0], np.eye(4), driver=driver)
        assert [np.shape(one) for one in given[1:]] == shapes
    same_as_numpy(linalg.lstsq(A[0].T, V[0]), np.linalg.lstsq(A[0].T, V[0]))
    assert linalg.matrix_rank(A).tolist() == [3, 3] and int(linalg.matrix_rank(ag.Tensor(np.ones((3, 3))))) == 1
    a = rng.normal(size=(4, 6, 8, 3))
    same_as_numpy(linalg.tensorinv(a), np.linalg.tensorinv(a))
    same_as_numpy(linalg.tensorsolve(a, a[..., 0, 0]), np.linalg.tensorsolve(a, a[..., 0, 0]))
    b = np.moveaxis(a, -1, 0)
    same_as_numpy(linalg.tensorsolve(b, a[..., 0, 0], (0,)), np.linalg.tensorsolve(b, a[..., 0, 0], (0,)))
    for mode in ("reduced", "complete", "r"):
        expected = np.linalg.qr(A[0], mode)
        same_as_numpy(linalg.qr(A[0], mode), expected if mode == "r" else tuple(expected))
    same_as_numpy(linalg.svd(ag.Tensor(A)), tuple(np.linalg.svd(A)))
    same_as_numpy(linalg.vander(V[0], 4), np.vander(V[0], 4, increasing=True))


def test_what_numpy_has_not():
    values, vectors = np.linalg.eigh(P)
    for scale in (1e-3, 1.0, 4.0, 30.0):
        expected = (vectors * np.exp(scale * values)[:, None, :]) @ vectors.swapaxes(-1, -2)
        np.testing.assert_allclose(linalg.matrix_exp(scale * P), expected, rtol=1e-11)
    lower = np.linalg.cholesky(P)
    for upper, factor in ((False, lower), (True, lower.swapaxes(-1, -2))):
        np.testing.assert_allclose(linalg.cholesky_solve(S, factor, upper), np.linalg.solve(P, S), rtol=1e-12)
        np.testing.assert_allclose(linalg.cholesky_inverse(factor, upper), np.linalg.inv(P), rtol=1e-12)
        got = linalg.triangular_solve(S, factor, upper)
        np.testing.assert_allclose(got[0], np.linalg.solve(factor, S), rtol=1e-12)
        got = linalg.triangular_solve(S, factor, upper, transpose=True)
        np.testing.assert_allclose(got[0], np.linalg.solve(factor.swapaxes(-1, -2), S), rtol=1e-12)
    x = np.diag([4.0, 1.0, 1e-3])
    assert int(linalg.matrix_rank(x, atol=0.5)) == int(linalg.matrix_rank(x, rtol=0.1)) == 2
    assert int(linalg.matrix_rank(x, atol=0.5, rtol=0.5)) == 1
    assert np.diag(linalg.pinv(x, atol=0.5)).tolist() == [0.25, 1.0, 0.0]
    np.testing.assert_allclose(linalg.pinv(P, atol=1e-9), np.linalg.inv(P), rtol=1e-12)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (0, 2, 2), (2, 0, 0)])
def test_empty_matrices(shape):
    x = np.zeros(shape)
    names = ["qr", "svdvals", "pinv", "matrix_transpose", "diagonal", "trace"]
    names += ["inv", "det", "cholesky", "eigvalsh", "slogdet"] if shape[-1] == shape[-2] else []
    for name in names:
        expected = getattr(np.linalg, name)(x)
        same_as_numpy(getattr(linalg, name)(x), tuple(expected) if isinstance(expected, tuple) else expected)


# -- symmetric matrices ------------------------------------------------------------------------


def test_the_gradient_of_a_symmetric_matrix_is_symmetric():
    for f in (lambda x: linalg.cholesky(x)[1, 0], lambda x: linalg.eigvalsh(x)[0], lambda x: linalg.eigh(x)[1][0, 0]):
        g = gradient(f, P[0])
        np.testing.assert_allclose(g, g.T, rtol=1e-13)


@pytest.mark.parametrize(
    ("read", "f", "theirs"),
    [
        (np.tril, lambda x: linalg.cholesky(x), np.linalg.cholesky),
        (np.triu, lambda x: linalg.cholesky(x, upper=True), lambda x: np.linalg.cholesky(x, upper=True)),
        (np.tril, lambda x: linalg.eigvalsh(x), np.linalg.eigvalsh),
        (np.triu, lambda x: linalg.eigvalsh(x, "U"), lambda x: np.linalg.eigvalsh(x, "U")),
    ],
    ids=["L", "U", "eigenvalues of L", "of U"],
)
def test_of_another_matrix_one_triangle_is_read(read, f, theirs):
    half = read(P)
    same_as_numpy(f(half), theirs(half))
    ag.gradcheck(f, [half + 0.1 * (P - half)])
    g = gradient(lambda x: f(x).sum(), half)
    assert not (g - read(g)).any() and g.any()


def test_a_matrix_that_is_symmetric_but_for_rounding_counts_as_symmetric():
    rounded = P[0].copy()
    rounded[0, 1] = np.nextafter(rounded[0, 1], 9.0)
    g = gradient(lambda x: linalg.eigvalsh(x)[0], rounded)
    assert g[0, 1] == g[1, 0] != 0


# -- equal eigenvalues, singular matrices ------------------------------------------------------


def test_equal_eigenvalues_have_gradients_and_their_vectors_have_none():
    eye = np.eye(3)
    np.testing.assert_allclose(gradient(lambda x: (linalg.eigvalsh(x) ** 2).sum(), 2 * eye), 4 * eye, atol=1e-14)
    np.testing.assert_allclose(gradient(lambda x: linalg.svdvals(x).sum(), 2 * eye), eye, atol=1e-14)
    with pytest.raises(
        np.linalg.LinAlgError, match="eigh: a gradient reaches eigenvectors whose eigenvalues are equal"
    ):
        gradient(lambda x: linalg.eigh(x).eigenvectors[0, 0], eye)
    with pytest.raises(
        np.linalg.LinAlgError, match="svd: a gradient reaches singular vectors whose singular values are"
    ):
        gradient(lambda x: linalg.svd(x).U[0, 0], eye)


def test_the_vector_of_another_eigenvalue_has_its_gradient_beside_equal_ones():
    """By finite differences of the projection on it, which does not depend on the vector's sign."""
    x = np.diag([1.0, 1.0, 3.0])

    def projection(x):
        v = linalg.eigh((x + x.swapaxes(0, 1)) / 2).eigenvectors[:, 2:]
        return v @ v.swapaxes(0, 1)

    ag.gradcheck(projection, [x])
    ag.gradcheck(lambda x: (u := linalg.svd(x)).U[:, :1] @ u.Vh[:1], [np.diag([3.0, 1.0, 1.0])])


def test_singular_vectors_of_zero_in_a_matrix_that_is_not_square():
    x = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    assert gradient(lambda x: linalg.svdvals(x)[0], x).tolist() == [[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    with pytest.raises(np.linalg.LinAlgError, match="whose singular value is 0"):
        gradient(lambda x: linalg.svd(x, full_matrices=False).U.sum(), x)


def test_a_singular_matrix_has_cofactors():
    for x in ([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]], np.zeros((3, 3)), np.diag([1.0, 0.0, 0.0])):
        ag.gradcheck(linalg.det, [np.array(x)])
    x = ag.Tensor(np.diag([1.0, 2.0, 0.0]), requires_grad=True)
    g = ag.gradients(linalg.det(x), x, create_graph=True)
    with pytest.raises(np.linalg.LinAlgError, match="det: of a singular matrix there are first derivatives only"):
        g.sum().backward()


def test_where_columns_depend_on_each_other_qr_has_no_gradient():
    with pytest.raises(np.linalg.LinAlgError, match="qr: there is no gradient where columns depend on each other"):
        gradient(lambda x: linalg.qr(x).R.sum(), np.array([[0.0, 1.0], [0.0, 1.0]]))


# -- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: linalg.inv(np.stack([S[0], np.zeros((3, 3))])), r"inv: the matrix is singular, that at \[1\]"),
        (lambda: linalg.inv(ag.Tensor(A[0])), r"inv: a square matrix is needed\n  rows: 4\n  columns: 3"),
        (lambda: linalg.solve(np.zeros((2, 2)), [1.0, 2.0]), r"solve: the matrix a is singular: (.|\n)*linalg\.lstsq"),
        (lambda: linalg.solve(S[0], [1.0, 2.0]), r"solve: b must have a row for each row(.|\n)*rows of b: 2"),
        (lambda: linalg.cholesky(-P), r"cholesky: the matrix is not positive definite, that at \[0\] of the stack"),
        (lambda: linalg.eigh(V[0]), "eigh: a matrix is needed, or a stack of them"),
        (lambda: linalg.svd(V[0]), "svd: a matrix is needed, or a stack of them"),
        (lambda: linalg.slogdet(ag.Tensor(np.zeros((2, 2)), requires_grad=True)).logabsdet.backward(), "singular"),
        (lambda: linalg.eigh(P, "X"), 'eigh: the triangle is "L" or "U"'),
        (lambda: linalg.qr(P, "raw"), 'qr: mode is "reduced", "complete" or "r"'),
        (lambda: gradient(lambda x: linalg.svd(x).U.sum(), A[0]), "beyond those(.|\n)*use full_matrices=False"),
        (lambda: gradient(lambda x: linalg.svd(x).Vh.sum(), A[0].T), "beyond those(.|\n)*use full_matrices=False"),
        (lambda: linalg.qr(ag.Tensor(A, requires_grad=True), "complete"), 'use mode="reduced"'),
        (lambda: linalg.matrix_power(A, 2), "matrix_power: a square matrix is needed"),
        (lambda: linalg.multi_dot([A[0]]), "multi_dot: at least two matrices are needed"),
        (
            lambda: linalg.lstsq(A, V),
            "lstsq: b must have a row for each row of a, and of a stack be a stack of matrices",
        ),
        (lambda: linalg.vecdot(V, A[0]), "vecdot: the vectors must be of one length|broadcast"),
        (lambda: linalg.outer(A, V), r"outer: two vectors are needed; ag\.outer flattens"),
        (lambda: linalg.tensorinv(A), "tensorinv: the first ind axes must have as many entries as the others"),
    ],
)
def test_bad_input_is_said_clearly(call, message):
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=message):
        call()


def test_errors_of_matrices_are_numpys():
    for call in (lambda: linalg.inv(np.zeros((2, 2))), lambda: linalg.cholesky(-np.eye(2)), lambda: linalg.det(A)):
        with pytest.raises(linalg.LinAlgError) as found:
            call()
        assert type(found.value) is np.linalg.LinAlgError


@pytest.mark.parametrize("name", ["inv", "det", "eigvalsh", "svdvals", "cholesky", "pinv", "qr"])
def test_complex_matrices_are_refused(name):
    with pytest.raises(TypeError, match=r"complex|real"):
        getattr(linalg, name)(P * 1j)


def test_what_is_not_here_says_why():
    with pytest.raises(AttributeError, match="eigenvalues of matrices that are not symmetric"):
        linalg.eig(S)
    with pytest.raises(AttributeError, match=r"has no 'lu'\n  it has: .*cholesky"):
        linalg.lu(S)


def test_nan_stays_in_its_own_matrix():
    x = P.copy()
    x[0, 1, 1] = np.nan
    for name in ("cholesky", "eigvalsh", "svdvals", "pinv", "inv"):
        y, expected = getattr(linalg, name)(x), getattr(linalg, name)(P)
        assert np.isnan(y[0]).any()
        np.testing.assert_allclose(y[1], expected[1], rtol=1e-13)


def test_dtypes_stay():
    for dtype in (np.float16, np.float32):
        for name in ("cholesky", "eigvalsh", "svdvals", "pinv", "inv", "det", "cond"):
            x = ag.Tensor(P, dtype=dtype, requires_grad=True)
            y = getattr(linalg, name)(x)
            y.sum().backward()
            assert y.dtype == x.grad.dtype == dtype
    assert linalg.inv([[2, 0], [0, 4]]).dtype == np.float64


# -- PyTorch's names ---------------------------------------------------------------------------


def test_pytorchs_names_at_the_top_and_as_methods():
    x = ag.Tensor(P, requires_grad=True)
    inverse, rooted = np.linalg.inv(P), np.linalg.cholesky(P)
    for name, given, expected in [
        ("inverse", (), inverse),
        ("pinverse", (), inverse),
        ("det", (), np.linalg.det(P)),
        ("logdet", (), np.log(np.linalg.det(P))),
        ("cholesky", (), rooted),
        ("cholesky", (True,), rooted.swapaxes(-1, -2)),
        ("matrix_power", (3,), P @ P @ P),
        ("lgamma", (), [[[math.lgamma(one) for one in row] for row in matrix] for matrix in P.tolist()]),
    ]:
        for y in (getattr(ag, name)(x, *given), getattr(x, name)(*given)):
            assert y.requires_grad
            np.testing.assert_allclose(y.data, expected, rtol=1e-11)
    U, values, W = ag.Tensor(A).svd()
    np.testing.assert_allclose((U * values[:, None, :] @ W.mT).data, A, atol=1e-13)
    assert np.isnan(ag.logdet(-P)).all()
    assert x.polygamma(1).shape == x.xlogy(2.0).shape == P.shape
    np.testing.assert_allclose(ag.logit([0.0, 1.0], 0.25), [-math.log(3), math.log(3)], rtol=1e-14)
