"""Functions that join, cut, turn and fill arrays: ``dstack``, ``hsplit``, ``insert``, ``rot90``, ``block_diag`` …

Each is a few operations, so that gradients flow. The names are NumPy's and PyTorch's.
"""

import itertools
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .composed import atleast_3d, broadcast_tensors, tensor_split, vstack
from .ops.broadcasting import broadcast_to, sum_to
from .ops.indexing import assign, getitem, scatter, take
from .ops.shaping import astype, concatenate, flip, moveaxis, pad, ravel, reshape, split, swapaxes, transpose
from .selecting import at, diag, unbind
from .tensors import raw

__all__ = [
    "append", "array_split", "block", "block_diag", "broadcast_arrays", "column_stack", "combinations", "compress",
    "constant_pad_nd", "delete", "diag_embed", "diagflat", "diagonal_scatter", "dsplit", "dstack", "extract", "fill",
    "hsplit", "index_put", "insert", "matrix_transpose", "rollaxis", "rot90", "row_stack", "select_scatter",
    "slice_scatter", "split_with_sizes", "sum_to_size", "unstack", "vsplit",
]  # fmt: skip


def _length(x: Any, axis: int) -> int:
    return int(np.shape(raw(x))[axis])


def _axes(x: Any) -> int:
    return np.ndim(raw(x))


# -- joining -----------------------------------------------------------------------------------

row_stack, broadcast_arrays = vstack, broadcast_tensors


def dstack(arrays: Any) -> Any:
    """Arrays joined along the third axis, which rows and matrices get, as NumPy's ``dstack``."""
    return concatenate([atleast_3d(one) for one in arrays], 2)


def column_stack(arrays: Any) -> Any:
    """Rows as columns beside each other, and matrices as they are."""
    return concatenate([one if _axes(one) > 1 else reshape(one, (-1, 1)) for one in arrays], 1)


def append(x: Any, values: Any, axis: int | None = None) -> Any:
    """``values`` after x along an axis; None flattens both first."""
    if axis is None:
        return concatenate([ravel(x), ravel(values)], 0)
    return concatenate([x, values], axis)


def insert(x: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """``values`` before the positions ``obj`` of an axis, which are those in x; None flattens x first.

    obj : an int, whole numbers, a slice or a mask
    values : what broadcasts to the slices that are new; it gets the dtype of x
    """
    if axis is None:
        x, axis = ravel(x), 0
    axis, length = normalize_axis_index(axis, _axes(x)), _length(x, axis)
    places = np.arange(length)[obj] if isinstance(obj, slice) else np.asarray(raw(obj))
    places = np.flatnonzero(places) if places.dtype == bool else places
    values = reshape(values, (1,) * (_axes(x) - _axes(values)) + np.shape(raw(values)))
    if places.ndim == 0:
        values = moveaxis(values, 0, axis)
    count = _length(values, axis) if places.size == 1 else places.size
    shape = np.shape(raw(x))
    new = astype(broadcast_to(values, (*shape[:axis], count, *shape[axis + 1 :])), raw(x).dtype)
    order = np.insert(np.arange(length), places.item() if places.size == 1 else places, length + np.arange(count))
    return take(concatenate([x, new], axis), order, axis)


def delete(x: Any, obj: Any, axis: int | None = None) -> Any:
    """x without the slices at the positions ``obj`` of an axis: an int, whole numbers, a slice or a mask."""
    if axis is None:
        x, axis = ravel(x), 0
    return take(x, np.delete(np.arange(_length(x, axis)), obj if isinstance(obj, slice) else raw(obj)), axis)


def block(arrays: Any) -> Any:
    """An array put together from nested lists: the innermost along the last axis, the next along the one before."""

    def levels(given: Any) -> int:
        if type(given) is list and not given:
            raise ValueError("block: a list is empty")
        return 1 + max(levels(one) for one in given) if isinstance(given, list) else 0

    def most_axes(given: Any) -> int:
        return max(most_axes(one) for one in given) if isinstance(given, list) else _axes(given)

    depth = levels(arrays)
    axes = max(depth, most_axes(arrays))

    def joined(given: Any, level: int) -> Any:
        if isinstance(given, list):
            return concatenate([joined(one, level + 1) for one in given], level - depth)
        if level != depth:
            raise ValueError(f"block: lists are nested to different depths\n  depths: {level} and {depth}")
        return reshape(given, (1,) * (axes - _axes(given)) + np.shape(raw(given)))

    return joined(arrays, 0)


def block_diag(*arrays: Any) -> Any:
    """Matrices along the diagonal of one that is 0 elsewhere; a row is a matrix of one row, a number of one entry."""
    given = [reshape(one, (1, -1)) if _axes(one) < 2 else one for one in arrays]
    if any(_axes(one) > 2 for one in given):
        raise ValueError(f"block_diag: matrices are needed\n  given: {[np.shape(raw(one)) for one in arrays]}")
    ends = np.cumsum([_length(one, 1) for one in given]).tolist()
    rows = [pad(one, ((0, 0), (end - _length(one, 1), ends[-1] - end))) for one, end in zip(given, ends, strict=True)]
    return concatenate(rows, 0)


def combinations(x: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """The combinations of r entries of a row, one in a row of the result, in the order of ``itertools``."""
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    places = list(choose(range(_length(x, 0)), r)) if r else []
    return take(x, np.array(places, int).reshape((len(places), r) if r else 0), 0)


# -- cutting -----------------------------------------------------------------------------------


def _cut(who: str, x: Any, indices_or_sections: Any, axis: int, least: int) -> Any:
    if _axes(x) < least:
        raise ValueError(f"{who}: x needs {least} axes or more\n  x: {np.shape(raw(x))}")
    given = raw(indices_or_sections)
    return split(x, [int(i) for i in given] if np.ndim(given) else int(given), axis)


def hsplit(x: Any, indices_or_sections: Any) -> Any:
    """x cut into parts beside each other: along the second axis, of a row along its one."""
    return _cut("hsplit", x, indices_or_sections, min(1, _axes(x) - 1), 1)


def vsplit(x: Any, indices_or_sections: Any) -> Any:
    """x cut into parts on top of each other: along the first axis."""
    return _cut("vsplit", x, indices_or_sections, 0, 2)


def dsplit(x: Any, indices_or_sections: Any) -> Any:
    """x cut along the third axis."""
    return _cut("dsplit", x, indices_or_sections, 2, 3)


def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> tuple[Any, ...]:
    """x cut at positions, or into a number of parts of which the first may be longer by one."""
    return tensor_split(x, indices_or_sections, axis)


def split_with_sizes(x: Any, split_sizes: Any, dim: int = 0) -> Any:
    """x cut along ``dim`` into parts of these lengths."""
    return split(x, split_size_or_sections=[int(n) for n in split_sizes], dim=dim)


def unstack(x: Any, axis: int = 0) -> tuple[Any, ...]:
    """The slices of an axis, one by one."""
    return unbind(x, axis)


def compress(condition: Any, x: Any, axis: int | None = None) -> Any:
    """The slices of an axis where a row of bools is True; None flattens x first."""
    if np.ndim(raw(condition)) != 1:
        raise ValueError(f"compress: the condition must be a row\n  condition: {np.shape(raw(condition))}")
    return take(x, np.flatnonzero(raw(condition)), axis)


def extract(condition: Any, x: Any) -> Any:
    """The entries of the flattened x where the flattened condition is True."""
    return take(ravel(x), np.flatnonzero(raw(condition)), 0)


# -- turning -----------------------------------------------------------------------------------


def rot90(x: Any, k: int = 1, axes: Any = (0, 1), *, dims: Any = None) -> Any:
    """x turned by k · 90° in the plane of two axes, from the first towards the second; ``dims=`` is PyTorch's word."""
    plane = tuple(axes if dims is None else dims)
    first, second = [normalize_axis_index(one, _axes(x)) for one in plane] if len(plane) == 2 else (0, 0)
    if first == second:
        raise ValueError(f"rot90: two different axes are needed\n  given: {plane}")
    if k % 4 == 0:
        return getitem(x, ...)
    if k % 4 == 2:
        return flip(x, (first, second))
    order = list(range(_axes(x)))
    order[first], order[second] = second, first
    return transpose(flip(x, second), order) if k % 4 == 1 else flip(transpose(x, order), second)


def rollaxis(x: Any, axis: int, start: int = 0) -> Any:
    """An axis moved in front of the axis ``start``, as NumPy's ``rollaxis``; ``moveaxis`` says it more plainly."""
    axis = normalize_axis_index(axis, _axes(x))
    start = start + _axes(x) if start < 0 else start
    if not 0 <= start <= _axes(x):
        raise ValueError(f"rollaxis: there is no axis {start}\n  x: {np.shape(raw(x))}")
    return moveaxis(x, axis, start - (axis < start))


def matrix_transpose(x: Any) -> Any:
    """The last two axes exchanged."""
    if _axes(x) < 2:
        raise ValueError(f"matrix_transpose: two axes or more are needed\n  x: {np.shape(raw(x))}")
    return swapaxes(x, -1, -2)


# -- filling and putting -----------------------------------------------------------------------


def fill(x: Any, value: Any) -> Any:
    """``value`` in the shape and dtype of x."""
    return assign(x, value, ...)


def index_put(x: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """x with ``values`` at the places that a tuple of indices names; with ``accumulate`` they are added.

    indices : arrays of whole numbers or masks, as in ``x[indices]``
    """
    places = tuple([raw(one) for one in indices])
    if not accumulate:
        return assign(x, values, places)
    return x + scatter(broadcast_to(values, np.asarray(raw(x))[places].shape), places, np.shape(raw(x)))


def select_scatter(x: Any, src: Any, dim: int, index: int) -> Any:
    """x with ``src`` in place of the slice ``index`` of the axis ``dim``."""
    return assign(x, src, at(x, dim, int(index)))


def slice_scatter(
    x: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """x with ``src`` in place of the slices ``start:end:step`` of the axis ``dim``."""
    return assign(x, src, at(x, dim, slice(start, end, step)))


def _diagonal_places(rows: int, columns: int, offset: int) -> tuple[Any, Any]:
    """The rows and columns of the entries of a diagonal."""
    below, right = max(-offset, 0), max(offset, 0)
    along = np.arange(max(min(rows - below, columns - right), 0))
    return along + below, along + right


def diagonal_scatter(x: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """x with ``src`` in place of a diagonal of the axes dim1 and dim2: what ``diagonal`` gives of x."""
    matrices = moveaxis(x, (dim1, dim2), (-2, -1))
    rows, columns = np.shape(raw(matrices))[-2:]
    places = _diagonal_places(rows, columns, offset)
    return moveaxis(assign(matrices, src, (..., *places)), (-2, -1), (dim1, dim2))


def diag_embed(x: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Matrices with the rows of x on a diagonal, 0 elsewhere; their axes are dim1 and dim2 of the result."""
    size = _length(x, -1) + abs(offset)
    places = _diagonal_places(size, size, offset)
    return moveaxis(scatter(x, (..., *places), (*np.shape(raw(x))[:-1], size, size)), (-2, -1), (dim1, dim2))


def diagflat(x: Any, k: int = 0, *, offset: int | None = None) -> Any:
    """The matrix with all entries of x on a diagonal; ``offset=`` is PyTorch's word for which."""
    return diag(ravel(x), k if offset is None else offset)


def constant_pad_nd(x: Any, pad_width: Any, value: float = 0) -> Any:
    """A border of ``value`` around x, whose widths are pairs from the last axis on; below 0 it is cut off."""
    widths = [int(n) for n in pad_width]
    if len(widths) % 2 or len(widths) > 2 * _axes(x):
        raise ValueError(f"constant_pad_nd: a pair for each axis is needed\n  x: {np.shape(raw(x))}\n  given: {widths}")
    pairs = [(0, 0)] * (_axes(x) - len(widths) // 2) + list(zip(widths[-2::-2], widths[::-2], strict=True))
    inner = []
    for n, (before, after) in zip(np.shape(raw(x)), pairs, strict=True):
        if n + before + after < 0:
            raise ValueError(
                f"constant_pad_nd: more is cut off than there is\n  x: {np.shape(raw(x))}\n  given: {widths}"
            )
        inner.append(slice(max(-before, 0), n - max(-after, 0)))
    around = tuple([(max(before, 0), max(after, 0)) for before, after in pairs])
    return pad(getitem(x, tuple(inner)), around, constant_values=value)


def sum_to_size(x: Any, *size: Any) -> Any:
    """x summed over the axes along which an array of a smaller shape was repeated to its shape."""
    shape = tuple([int(n) for n in (size[0] if len(size) == 1 and np.ndim(raw(size[0])) else size)])
    own = np.shape(raw(x))
    aligned = own[len(own) - len(shape) :]
    if len(shape) > len(own) or any(n not in (1, m) for n, m in zip(shape, aligned, strict=True)):
        raise ValueError(f"sum_to_size: an array of this shape does not broadcast to x\n  x: {own}\n  size: {shape}")
    return sum_to(x, shape)
