"""Products of matrices and tensors, and what picks from a matrix: trace, diagonal, triangles.

``matmul`` (the operator ``@``), ``dot``, ``outer``, ``tensordot`` and ``einsum`` take every shape that
NumPy's functions of these names take.
"""

import math

import numpy as np

from ..declaration import operation, reals, rule, sample
from .shaping import expand_dims, ravel, reshape, swapaxes

__all__ = ["matmul"]


def _matrix_transpose(x):
    # On arrays NumPy's own method, which costs a fiftieth of a call of our operation
    return x.swapaxes(-1, -2) if type(x) is np.ndarray else swapaxes(x, -1, -2)


def _matmul_left(g, b):
    n = np.ndim(b)
    if n == 2:
        return g @ _matrix_transpose(b)
    if n == 1:
        return expand_dims(g, -1) * b
    if g.ndim < n:  # the left factor was a vector
        return (expand_dims(g, -2) @ _matrix_transpose(b))[..., 0, :]
    return g @ _matrix_transpose(b)


def _matmul_right(g, a, b):
    n = np.ndim(a)
    if n == 2:
        return _matrix_transpose(a) @ g
    if n == 1:
        return expand_dims(a, -1) * expand_dims(g, -2) if g.ndim else g * a
    if np.ndim(b) > 2:
        return _matrix_transpose(a) @ g
    # One matrix or vector for the whole batch: one product sums over all of it
    *batch, k = np.shape(a)
    n = math.prod(batch)
    return _matrix_transpose(reshape(a, (n, k))) @ reshape(g, (n, *g.shape[len(batch) :]))


matmul = operation(
    "matmul",
    np.matmul,
    inputs=["a", "b"],
    symbol="@",
    kind="linalg",
    formula=r"y_{ij} = \sum_k a_{ik} \, b_{kj}",
    rules=[rule(_matmul_left, local=r"g \, b^T"), rule(_matmul_right, local=r"a^T g")],
    samples=[
        sample(reals(2, 3), reals(3, 4)),
        sample(reals(3), reals(3)),
        sample(reals(3), reals(3, 2)),
        sample(reals(2, 3), reals(3)),
        sample(reals(2, 2, 3), reals(3, 2)),
        sample(reals(2, 2, 3), reals(3)),
        sample(reals(2, 3), reals(2, 3, 2)),
        sample(reals(3), reals(2, 3, 2)),
        sample(reals(2, 1, 2, 3), reals(2, 3, 2)),
        sample(reals(2, 2, 3), reals(2, 3, 1)),
        sample(reals(0, 3), reals(3, 2)),
        sample(reals(2, 0), reals(0, 2)),
        sample(reals(2, 2, 0), reals(0, 2)),
        sample(reals(0), reals(0)),
    ],
    doc="""The matrix product ``a @ b``.

    Two vectors give their inner product, a vector on one side counts as a row or a column, and axes
    before the last two broadcast as batches. Scalars are a ValueError.

    Parameters
    ----------
    a : shape (…, n, k) or (k,)
    b : shape (…, k, m) or (k,)

    >>> import autograd as ag
    >>> a, b = ag.Tensor([[1.0, 2.0]], requires_grad=True), ag.Tensor([[3.0], [4.0]])
    >>> y = a @ b
    >>> y.backward()
    >>> a.grad
    array([[3., 4.]])
    """,
)
