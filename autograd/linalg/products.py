"""Products of matrices and vectors, and parts of matrices."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..composed import cross as _cross
from ..ops.inverses import inv as _inv
from ..ops.linalg import diagonal as _diagonal
from ..ops.linalg import matmul, tensordot
from ..ops.linalg import outer as _outer
from ..ops.linalg import trace as _trace
from ..ops.reduction import sum as _sum
from ..ops.shaping import moveaxis as _moveaxis
from ..tensors import Tensor, raw, wrap
from .common import LinAlgError, in_torch_words, need_matrix, shape_of, transposed

__all__ = [
    "cross", "diagonal", "matmul", "matrix_power", "matrix_transpose", "multi_dot", "outer", "tensordot", "trace",
    "vecdot",
]  # fmt: skip


def matrix_power(x: Any, n: int) -> Any:
    """x @ x @ … with n factors; of a negative n with those of the inverse; the identity for 0.

    >>> import autograd as ag
    >>> ag.linalg.matrix_power([[1, 1], [0, 1]], 5).tolist()
    [[1, 5], [0, 1]]
    """
    need_matrix("matrix_power", x)
    if not isinstance(n, int | np.integer):
        raise TypeError(f"matrix_power: n is an int\n  n: {n!r}")
    shape = shape_of(x)
    if shape[-1] != shape[-2]:
        raise LinAlgError(f"matrix_power: a square matrix is needed\n  x: shape {shape}")
    if n == 0:
        identity = np.broadcast_to(np.eye(shape[-1], dtype=np.asarray(raw(x)).dtype), shape).copy()
        return wrap(identity) if isinstance(x, Tensor) else identity
    factor = _inv(x) if n < 0 else x if isinstance(x, Tensor) else np.asarray(x)
    y = factor
    for digit in f"{-n if n < 0 else n:b}"[1:]:
        y = matmul(y, y)
        if digit == "1":
            y = matmul(y, factor)
    return y


def multi_dot(arrays: Sequence[Any]) -> Any:
    """The product of several matrices, multiplied in the order that takes the fewest steps.

    Parameters
    ----------
    arrays : two or more matrices; the first may be a row, the last a column: vectors

    Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, chapter 14: matrix-chain multiplication.

    >>> import autograd as ag
    >>> ag.linalg.multi_dot([[[1.0, 2.0]], [[3.0], [4.0]], [[2.0]]]).tolist()
    [[22.0]]
    """
    arrays = list(arrays)
    if len(arrays) < 2:
        raise ValueError(f"multi_dot: at least two matrices are needed\n  given: {len(arrays)}")
    shapes = [shape_of(one) for one in arrays]
    inner = [len(shape) for shape in shapes[1:-1]]
    if any(n != 2 for n in inner) or not {len(shapes[0]), len(shapes[-1])} <= {1, 2}:
        raise LinAlgError(f"multi_dot: matrices are needed; first and last may be vectors\n  shapes: {shapes}")
    lengths = [1 if len(shapes[0]) == 1 else shapes[0][0], *[shape[0] for shape in shapes[1:]]]
    lengths += [1 if len(shapes[-1]) == 1 else shapes[-1][1]]
    best: dict[tuple[int, int], tuple[int, int]] = {(i, i): (0, i) for i in range(len(arrays))}
    for span in range(1, len(arrays)):
        for i in range(len(arrays) - span):
            j = i + span
            best[i, j] = min(
                (best[i, k][0] + best[k + 1, j][0] + lengths[i] * lengths[k + 1] * lengths[j + 1], k)
                for k in range(i, j)
            )

    def product(i: int, j: int) -> Any:
        k = best[i, j][1]
        return arrays[i] if i == j else matmul(product(i, k), product(k + 1, j))

    return product(0, len(arrays) - 1)


def vecdot(x1: Any, x2: Any, axis: int = -1, **words: Any) -> Any:
    """The inner products of vectors along an axis; other axes broadcast. PyTorch's ``dim=`` is taken too."""
    axis, _ = in_torch_words("vecdot", axis, False, words)
    a, b = shape_of(x1), shape_of(x2)
    if not a or not b or a[normalize_axis_index(axis, len(a))] != b[normalize_axis_index(axis, len(b))]:
        raise ValueError(f"vecdot: the vectors must be of one length\n  x1: shape {a}\n  x2: shape {b}\n  axis: {axis}")
    return _sum(_moveaxis(x1, axis, -1) * _moveaxis(x2, axis, -1), -1)


def outer(x1: Any, x2: Any) -> Any:
    """Each entry of a vector times each of another: a matrix. Of other shapes than vectors there is ``ag.outer``."""
    if len(shape_of(x1)) != 1 or len(shape_of(x2)) != 1:
        raise ValueError(
            f"outer: two vectors are needed; ag.outer flattens what it is given\n  x1: shape {shape_of(x1)}\n"
            f"  x2: shape {shape_of(x2)}"
        )
    return _outer(x1, x2)


def cross(x1: Any, x2: Any, axis: int = -1, **words: Any) -> Any:
    """The vector products of vectors of three numbers along an axis; other axes broadcast."""
    axis, _ = in_torch_words("cross", axis, False, words)
    return _cross(x1, x2, axis)


def diagonal(x: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The diagonals of the matrices in the last two axes, ``offset`` above the main one."""
    return _diagonal(x, offset, dim1, dim2)


def trace(x: Any, offset: int = 0) -> Any:
    """The sums along the diagonals of the matrices in the last two axes, ``offset`` above the main one."""
    return _trace(x, offset, -2, -1)


def matrix_transpose(x: Any) -> Any:
    """The last two axes exchanged."""
    need_matrix("matrix_transpose", x)
    return transposed(x)
