"""Norms of vectors and matrices of every order, and the condition number."""

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..ops.elementwise import abs as _abs
from ..ops.inverses import inv as _inv
from ..ops.norms import vector_norm as _vector_norm
from ..ops.reduction import amax as _amax
from ..ops.reduction import amin as _amin
from ..ops.reduction import norm as _norm
from ..ops.reduction import sum as _sum
from ..ops.shaping import expand_dims as _expand_dims
from ..ops.shaping import moveaxis as _moveaxis
from ..ops.shaping import reshape as _reshape
from .common import in_torch_words, need_matrix, shape_of
from .factors import svdvals as _svdvals

__all__ = ["cond", "matrix_norm", "norm", "vector_norm"]


def vector_norm(x: Any, ord: Any = 2, axis: Any = None, keepdims: bool = False, **words: Any) -> Any:
    """The norm of all entries, or of vectors along axes: any order, as NumPy's ``linalg.vector_norm``.

    Parameters
    ----------
    x : array or Tensor
    ord : (Σ|x|ᵖ)^(1/p) for a number p; ``inf`` and ``−inf`` for the largest and the smallest |x|, 0 for how many are
        not 0, which has gradient 0
    axis : None for all axes, an int, or a tuple of ints; PyTorch's ``dim=``
    keepdims : keep the reduced axes, with length 1; PyTorch's ``keepdim=``

    >>> import autograd as ag
    >>> float(ag.linalg.vector_norm([[3.0, 0.0], [0.0, 4.0]]))
    5.0
    """
    axis, keepdims = in_torch_words("vector_norm", axis, keepdims, words)
    if not shape_of(x) and axis in (0, -1, (0,), (-1,)):
        axis = None  # a number counts as a vector of one
    return _vector_norm("vector_norm", x, ord, axis, keepdims)


def matrix_norm(x: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdims: bool = False, *, keepdim: bool = False) -> Any:
    """The norm of the matrices in the last two axes, or in two others, as NumPy's ``linalg.matrix_norm``.

    Parameters
    ----------
    x : shape (…, m, n)
    ord : "fro" for √Σx², "nuc" for the sum of the singular values, 2 and −2 for the largest and the smallest of them,
        1 and −1 for the largest and the smallest column sum of |x|, ``inf`` and ``−inf`` for those of the rows
    dim : the axes of rows and columns
    keepdims : keep the two axes, with length 1; PyTorch's ``keepdim=``

    >>> import autograd as ag
    >>> float(ag.linalg.matrix_norm([[1.0, -2.0], [3.0, 4.0]], ord=1))
    6.0
    """
    return _matrix_norm("matrix_norm", x, ord, dim, keepdims or keepdim)


def _matrix_norm(name: str, x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    ndim = len(shape_of(x))
    if ndim < 2:
        raise ValueError(f"{name}: a matrix is needed, or a stack of them\n  x: shape {shape_of(x)}")
    rows, columns = normalize_axis_tuple(axis, ndim)
    if ord is None or ord == "fro":
        return _norm(x, None, (rows, columns), keepdims)
    if (isinstance(ord, str) and ord != "nuc") or ord not in ("nuc", 1, -1, 2, -2, math.inf, -math.inf):
        raise ValueError(
            f'{name}: the orders of a matrix norm are "fro", "nuc", 1, -1, 2, -2, inf and -inf\n  ord: {ord!r}'
        )
    if ord in ("nuc", 2, -2):
        values = _svdvals(_moveaxis(x, (rows, columns), (-2, -1)))
        y = _sum(values, -1) if ord == "nuc" else _amax(values, -1) if ord == 2 else _amin(values, -1)
        return _expand_dims(_expand_dims(y, min(rows, columns)), max(rows, columns)) if keepdims else y
    summed, picked = (rows, columns) if ord in (1, -1) else (columns, rows)
    sums = _sum(_abs(x), summed, True)
    y = _amax(sums, picked, True) if ord > 0 else _amin(sums, picked, True)
    if keepdims:
        return y
    return _reshape(y, [n for i, n in enumerate(shape_of(y)) if i not in (rows, columns)])


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, **words: Any) -> Any:
    """The norm of a vector or of a matrix, or of those along axes, of every order that NumPy's ``linalg.norm`` has.

    Parameters
    ----------
    x : array or Tensor; without an axis and with an order of one or two axes
    ord : None for √Σx² of all entries; else an order of ``vector_norm`` or ``matrix_norm``
    axis : an int for vectors along this axis, two ints for the matrices in these axes, None for the whole
    keepdims : keep the reduced axes, with length 1

    PyTorch's ``dim=`` and ``keepdim=`` are taken too. Of equal entries or singular values of which one is picked, the
    norms 1, −1, ``inf`` and ``−inf`` share the gradient evenly.

    >>> import autograd as ag
    >>> x = ag.Tensor([[3.0, 0.0], [0.0, 4.0]], requires_grad=True)
    >>> ag.linalg.norm(x, "nuc").backward()
    >>> x.grad.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    axis, keepdims = in_torch_words("norm", axis, keepdims, words)
    ndim = len(shape_of(x))
    if axis is None and ord is None:
        return _norm(x, None, None, keepdims)
    if axis is None and ndim not in (1, 2):
        raise ValueError(
            f"norm: an order is of vectors or matrices; name one axis or two\n  x: shape {shape_of(x)}\n  ord: {ord!r}"
        )
    axes = tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)
    if len(axes) == 1:
        return _vector_norm("norm", x, ord, axes[0], keepdims)
    if len(axes) == 2:
        return _matrix_norm("norm", x, ord, axes, keepdims)
    raise ValueError(f"norm: one axis is that of vectors, two those of matrices\n  axis: {axis}")


def cond(x: Any, p: Any = None) -> Any:
    """How much errors may grow in solving with x: ‖x‖ ‖x⁻¹‖, as NumPy's ``linalg.cond``.

    Parameters
    ----------
    x : shape (…, m, n)
    p : None or 2 for the largest over the smallest singular value, −2 for the inverse of that; else an order of
        ``matrix_norm``, for square matrices

    >>> import autograd as ag
    >>> float(ag.linalg.cond([[2.0, 0.0], [0.0, 0.5]]))
    4.0
    """
    need_matrix("cond", x)
    if p in (None, 2, -2):
        values = _svdvals(x)
        with np.errstate(divide="ignore", invalid="ignore"):
            return values[..., -1] / values[..., 0] if p == -2 else values[..., 0] / values[..., -1]
    return _matrix_norm("cond", x, p, (-2, -1), False) * _matrix_norm("cond", _inv(x), p, (-2, -1), False)
