"""What equations of matrices have for a solution: inverses, determinants, pseudoinverses; for stacks of matrices too.

``autograd.linalg`` has these under NumPy's names.
"""

import numpy as np

from ..declaration import CodeBy, operation, rule
from ..kernels import matrices as kernels
from ..program import helpers
from ..samples import reals, sample, separated
from ..tensors import raw
from .linalg import _matrix_transpose as _transposed
from .precision import in_single
from .shaping import expand_dims

__all__ = ["cofactors", "det", "inv", "pinv", "slogdet", "solve"]


_MATRIX = """Parameters
    ----------
    x : shape (…, n, n)"""


@in_single
def _inv_by_x(g, y):
    return -(_transposed(y) @ g @ _transposed(y))


inv = operation(
    "inv",
    kernels.inv,
    symbol="x⁻¹",
    kind="linalg",
    formula=r"y_{ij} = \left( x^{-1} \right)_{ij}",
    code="np.linalg.inv(x)",
    rules=[rule(_inv_by_x, local=r"-y_{i k} \, y_{l j}", at="k l", gradient=r"-y^T \delta y^T")],
    samples=[
        sample(separated(3, 3)),
        sample(separated(1, 1)),
        sample(separated(2, 2, 2)),
        sample(reals(0, 0)),
        sample(reals(0, 2, 2)),
    ],
    doc=f"""The inverse of a matrix, or of each in a stack, as NumPy's ``linalg.inv``.

    {_MATRIX}

    A singular matrix is a ``numpy.linalg.LinAlgError``, which is a ValueError. To solve equations, ``solve`` is
    faster and more exact.

    Source: Petersen and Pedersen, The Matrix Cookbook (2012), equation 59.

    >>> import autograd as ag
    >>> x = ag.Tensor([[2.0, 0.0], [0.0, 4.0]], requires_grad=True)
    >>> y = ag.linalg.inv(x)
    >>> y[1, 1].backward()
    >>> y.tolist(), x.grad.tolist()
    ([[0.5, 0.0], [0.0, 0.25]], [[-0.0, -0.0], [-0.0, -0.0625]])
    """,
)


def _is_vector(b_shape):
    return len(b_shape) == 1


@in_single
def _solve_by_a(g, a, y, b_shape):
    by_b = _solve_by_b(g, a, b_shape)
    if _is_vector(b_shape):
        return -(expand_dims(by_b, -1) * expand_dims(y, -2))
    return -(by_b @ _transposed(y))


@in_single
def _solve_by_b(g, a, b_shape):
    if _is_vector(b_shape) and np.ndim(g) > 1:  # a stack of matrices solved for one vector
        return solve(_transposed(a), expand_dims(g, -1))[..., 0]
    return solve(_transposed(a), g)


solve = operation(
    "solve",
    kernels.solve,
    symbol="a⁻¹b",
    kind="linalg",
    traits=["implicit"],
    formula=r"y = a^{-1} b",
    code="np.linalg.solve(a, b)",
    rules=[
        rule(_solve_by_a, local=r"-a^{-1} \otimes y", words="minus what b gets, times yᵀ"),
        rule(_solve_by_b, local=r"a^{-1}", words="the gradient, solved for with aᵀ"),
    ],
    samples=[
        sample(separated(3, 3), reals(3)),
        sample(separated(3, 3), reals(3, 2)),
        sample(separated(2, 3, 3), reals(3)),
        sample(separated(2, 2, 2), reals(2, 1)),
        sample(separated(2, 2), reals(3, 2, 1)),
        sample(separated(1, 2, 2), reals(2, 2, 3)),
        sample(reals(0, 0), reals(0)),
        sample(separated(2, 2), reals(2, 0)),
    ],
    words={"A": "a", "B": "b"},
    doc="""The y with a y = b, as NumPy's ``linalg.solve``: a⁻¹ b without the inverse.

    Parameters
    ----------
    a : shape (…, n, n)
    b : shape (n,), a vector, or (…, n, m), matrices; stacks of both broadcast

    A singular matrix is a ``numpy.linalg.LinAlgError``, which is a ValueError.

    Source: Giles, An extended collection of matrix derivative results for forward and reverse mode algorithmic
    differentiation (2008), section 2.3.1.

    >>> import autograd as ag
    >>> b = ag.Tensor([2.0, 8.0], requires_grad=True)
    >>> y = ag.linalg.solve([[2.0, 0.0], [0.0, 4.0]], b)
    >>> y.sum().backward()
    >>> y.tolist(), b.grad.tolist()
    ([1.0, 2.0], [0.5, 0.25])
    """,
)


# -- determinants ------------------------------------------------------------------------------


def _each(g):
    """A number for each matrix, which broadcasts along it."""
    return expand_dims(expand_dims(g, -1), -1)


def _total(x):
    return x.sum((-2, -1))


@in_single
def _cofactors_by_x(g, x, y):
    size = np.shape(y)[-1]
    if size < 2:  # they are all 1
        return 0 * g
    if size == 2:  # the cofactors of a matrix of four numbers are these numbers, at other places
        return cofactors(g)
    determinant = det(x)
    if not np.all(raw(determinant)):
        raise np.linalg.LinAlgError("det: of a singular matrix there are first derivatives only\n  x is singular")
    return (_each(_total(g * y)) * y - y @ _transposed(g) @ y) / _each(determinant)


cofactors = operation(
    "cofactors",
    kernels.cofactors,
    symbol="cof",
    kind="linalg",
    traits=["companion", "implicit"],
    formula=r"y = \det(x) \, x^{-T}",
    code=helpers.cofactors,
    rules=[rule(_cofactors_by_x, local=r"\left( y \otimes y - y \cdot y \right) / \det x", words="another cofactor")],
    samples=[
        sample(separated(3, 3)),
        sample(separated(2, 2)),
        sample(separated(1, 1)),
        sample(separated(2, 3, 3)),
        sample(reals(0, 0)),
    ],
    doc="""The cofactors of a matrix: the derivative of ``det`` by each entry, of singular matrices too.

    Of those with more than two rows only the derivative of the cofactors needs an invertible matrix.
    """,
)

det = operation(
    "det",
    kernels.det,
    kind="linalg",
    traits=["implicit"],
    formula=r"y = \det x",
    code="np.linalg.det(x)",
    rules=[
        rule(
            in_single(lambda g, x: _each(g) * cofactors(x)),
            local=r"y \, x^{-T}",
            words="the cofactors, times the gradient",
        )
    ],
    samples=[
        sample(separated(3, 3)),
        sample(reals(2, 2)),
        sample(separated(1, 1)),
        sample(separated(2, 3, 3)),
        sample(np.array([[1.0, 2.0], [2.0, 4.0]])),
        sample(reals(0, 0)),
        sample(reals(0, 2, 2)),
    ],
    doc=f"""The determinant of a matrix, or of each in a stack, as NumPy's ``linalg.det``; 1 of an empty matrix.

    {_MATRIX}

    Its gradient are the cofactors, which singular matrices have too; gradients of gradients need an invertible matrix
    where there are more than two rows. Of large matrices the determinant overflows: ``slogdet`` does not.

    Source: Jacobi's formula.

    >>> import autograd as ag
    >>> x = ag.Tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)
    >>> ag.linalg.det(x).backward()
    >>> x.grad.round(9).tolist()
    [[4.0, -2.0], [-2.0, 1.0]]
    """,
)

slogdet = operation(
    "slogdet",
    kernels.slogdet,
    auxiliaries=["sign"],
    symbol="log|det|",
    kind="linalg",
    traits=["implicit"],
    formula=r"y = \log \left| \det x \right|",
    code=("np.linalg.slogdet(x)[1]", "np.linalg.slogdet(x)[0]"),
    rules=[
        rule(
            in_single(lambda g, x: _each(g) * _transposed(inv(x))),
            local=r"x^{-T}",
            words="the transposed inverse, times the gradient",
        )
    ],
    samples=[
        sample(separated(3, 3)),
        sample(reals(2, 2)),
        sample(separated(2, 3, 3)),
        sample(reals(0, 0)),
    ],
    doc=f"""log |det x| of a matrix, or of each in a stack, without overflow; ``linalg.slogdet`` gives the sign too.

    {_MATRIX}

    A singular matrix has −∞, and no gradient: that is a ``numpy.linalg.LinAlgError``.
    """,
)


# -- the pseudoinverse -------------------------------------------------------------------------


@in_single
def _pinv_by_x(g, x, y):
    gt, yt = _transposed(g), _transposed(y)
    direct = -(yt @ g @ yt)
    rows = gt @ y @ yt  # what x makes nothing of, on either side
    columns = yt @ y @ gt
    return direct + rows - x @ (y @ rows) + columns - (columns @ y) @ x


def _pinv_in_numpy(rcond, hermitian):
    more = ("" if rcond is None else ", rcond=rcond") + (", hermitian=True" if hermitian else "")
    return f"np.linalg.pinv(x{more})"


pinv = operation(
    "pinv",
    kernels.pinv,
    inputs=["x"],
    symbol="x⁺",
    kind="linalg",
    traits=["implicit"],
    formula=r"y = x^{+}",
    code=CodeBy(_pinv_in_numpy),
    rules=[
        rule(
            _pinv_by_x,
            local=r"-y \otimes y + \left( y y^T \right) \otimes \left( 1 - x y \right) "
            r"+ \left( 1 - y x \right) \otimes \left( y^T y \right)",
            words="that of the inverse, and what lies outside the rows and columns of x",
        )
    ],
    samples=[
        sample(separated(3, 3)),
        sample(separated(4, 2)),
        sample(separated(2, 3)),
        sample(separated(2, 3, 2)),
        sample(separated(3, 2), 1e-10),
        sample(reals(0, 2)),
        sample(reals(2, 0)),
    ],
    doc="""The Moore–Penrose pseudoinverse of a matrix, or of each in a stack, as NumPy's ``linalg.pinv``.

    Parameters
    ----------
    x : shape (…, m, n); the result has (…, n, m)
    rcond : singular values below rcond times the largest count as 0; by default as in NumPy (1e-15)
    hermitian : x is symmetric, and its lower triangle is read: faster

    The gradient takes it that the rank stays as it is: where it changes, the pseudoinverse jumps.

    Source: Golub and Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems whose
    variables separate, SIAM Journal on Numerical Analysis 10 (1973), equation 4.12.

    >>> import autograd as ag
    >>> x = ag.Tensor([[3.0], [4.0]], requires_grad=True)
    >>> y = ag.linalg.pinv(x)
    >>> y[0, 0].backward()
    >>> y.data.round(6).tolist(), x.grad.round(6).tolist()
    ([[0.12, 0.16]], [[0.0112], [-0.0384]])
    """,
)
