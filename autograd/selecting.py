"""PyTorch's functions that pick entries, put entries and sort: ``gather``, ``scatter``, ``topk``, ``masked_fill`` …

Each is written in operations, so that gradients flow and pictures show what happens. Their arguments are PyTorch's;
``sort`` and ``median``, which NumPy has too, take ``axis=`` in its meaning and ``dim=`` in PyTorch's.
"""

import functools
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .of_values import order_of
from .ops import elementwise, indexing, linalg, reduction, shaping
from .tensors import Tensor, raw, wrap
from .words import Picked

__all__ = [
    "chunk", "diag", "expand", "flatten", "gather", "index_add", "index_copy", "index_fill", "index_select",
    "kthvalue", "masked_fill", "masked_scatter", "masked_select", "median", "meshgrid", "narrow", "repeat_interleave",
    "scatter", "scatter_add", "select", "sort", "t", "take_along_dim", "topk", "unbind", "unflatten",
]  # fmt: skip

whole = slice(None)


def _of_numbers_too(function: Any) -> Any:
    """The function, which takes one number (a Tensor without axes) for a row of one, as PyTorch's does."""

    @functools.wraps(function)
    def of_numbers_too(x: Any, *args: Any, **words: Any) -> Any:
        if np.ndim(raw(x)):
            return function(x, *args, **words)
        row = shaping.reshape(x, 1)
        y = function(row, *map(_row, args), **{word: _row(value) for word, value in words.items()})
        if isinstance(y, Picked):
            return Picked(shaping.reshape(y.values, ()), _like(x, np.reshape(raw(y.indices), ())))
        return shaping.reshape(y, ())

    return of_numbers_too


def _row(value: Any) -> Any:
    return shaping.reshape(value, 1) if isinstance(value, Tensor | np.ndarray) and not value.ndim else value


def at(x: Any, dim: int, index: Any) -> tuple[Any, ...]:
    """The index that has ``index`` for the axis ``dim``."""
    return (*(whole,) * normalize_axis_index(dim, np.ndim(raw(x))), index)


def _positions(who: str, index: Any) -> Any:
    array = np.asarray(raw(index))
    if array.dtype.kind not in "iu":
        raise TypeError(f"{who}: the index must be whole numbers\n  index: {array.dtype}\n  use .long()")
    return array


# -- picking -----------------------------------------------------------------------------------


def _each(who: str, x: Any, dim: int, index: Any) -> tuple[Any, ...]:
    """The index of the entries that ``index`` names along ``dim``; elsewhere it may be shorter than x."""
    positions, dim = _positions(who, index), normalize_axis_index(dim, np.ndim(raw(x)))
    if positions.ndim != np.ndim(raw(x)):
        raise ValueError(
            f"{who}: x and index must have equally many axes\n  x: {np.shape(raw(x))}\n  index: {positions.shape}"
        )
    grid = list(np.ogrid[tuple([slice(n) for n in positions.shape])])
    grid[dim] = positions
    return tuple(grid)


def gather(x: Any, dim: int, index: Any) -> Any:
    """The entries at the positions ``index`` of the axis ``dim``: y[i, j] = x[i, index[i, j]] for dim 1.

    index : whole numbers with as many axes as x; along the others it may be shorter

    >>> import autograd as ag
    >>> ag.gather(ag.Tensor([[1.0, 2.0], [3.0, 4.0]]), 1, ag.Tensor([[1], [0]]))
    Tensor([[2.],
            [3.]])
    """
    if np.ndim(raw(x)) == 0:
        places = np.zeros(np.shape(raw(index)), np.intp) if 0 <= dim + 1 <= 1 else _each("gather", x, dim, index)
        if np.any(_positions("gather", index)):
            raise IndexError(f"gather: of one number there is only entry 0\n  index: {raw(index)}")
        return indexing.take(shaping.reshape(x, 1), places, 0)
    return indexing.getitem(x, _each("gather", x, dim, index))


def take_along_dim(x: Any, indices: Any, dim: int | None = None, *, axis: int | None = None) -> Any:
    """The entries at ``indices`` along an axis, which has as many axes as x; without one those of the flat array.

    NumPy's ``take_along_axis`` is this with the last axis by default.
    """
    along = dim if axis is None else axis
    if along is None:
        return indexing.take(shaping.ravel(x), np.ravel(_positions("take_along_dim", indices)), 0)
    return indexing.take_along_axis(x, indices, along)


def repeat_interleave(
    x: Any, repeats: Any, dim: int | None = None, *, axis: int | None = None, output_size: int | None = None
) -> Any:
    """Each entry, or each slice of an axis, several times: NumPy's ``repeat``.

    repeats : how many times, an int or one for each
    output_size : the length that comes out, if it is known: another one is a ValueError
    """
    along = dim if axis is None else axis
    y = shaping.repeat(x, repeats, along)
    length = np.shape(raw(y))[0 if along is None else along]
    if output_size not in (None, length):
        raise ValueError(f"repeat_interleave: the length is another\n  length: {length}\n  output_size: {output_size}")
    return y


@_of_numbers_too
def index_select(x: Any, dim: int, index: Any) -> Any:
    """The slices of the axis ``dim`` at the positions ``index``, a row of whole numbers."""
    return indexing.take(x, _positions("index_select", index), dim)


def masked_select(x: Any, mask: Any) -> Any:
    """The entries where ``mask`` is True, in a row; mask and x broadcast."""
    shape = np.broadcast_shapes(np.shape(raw(x)), np.shape(raw(mask)))
    return indexing.getitem(shaping.broadcast_to(x, shape), np.broadcast_to(raw(mask), shape))


def narrow(x: Any, dim: int, start: int, length: int) -> Any:
    """``length`` slices of the axis ``dim``, from ``start`` on."""
    return indexing.getitem(x, at(x, dim, slice(int(start), int(start) + length)))


def select(x: Any, dim: Any, index: Any = 0) -> Any:
    """One slice of the axis ``dim``, which goes away.

    With lists it is NumPy's ``select(condlist, choicelist, default)``: at each place the entry of the first choice
    whose condition holds, and the default where none does.
    """
    if type(dim) in (list, tuple):
        return _select_by_conditions(x, dim, index)
    return indexing.getitem(x, at(x, dim, int(index)))


def _select_by_conditions(conditions: Any, choices: Any, default: Any) -> Any:
    if len(conditions) != len(choices) or not choices:
        raise ValueError(
            "select: as many choices as conditions are needed, and one at least\n"
            f"  conditions: {len(conditions)}\n  choices: {len(choices)}"
        )
    y = default
    for condition, choice in reversed(list(zip(conditions, choices, strict=True))):
        y = elementwise.where(condition, choice, y)
    return y


def unbind(x: Any, dim: int = 0) -> tuple[Any, ...]:
    """The slices of the axis ``dim``, one by one."""
    return tuple([select(x, dim, i) for i in range(np.shape(raw(x))[dim])])


def chunk(x: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """x cut along ``dim`` into at most ``chunks`` parts of one length, the last perhaps shorter."""
    length = np.shape(raw(x))[dim]
    parts: tuple[Any, ...] = shaping.split(x, split_size_or_sections=max(1, -(-length // chunks)), dim=dim)
    return parts


# -- putting -----------------------------------------------------------------------------------


def masked_fill(x: Any, mask: Any, value: Any) -> Any:
    """``value`` where ``mask`` is True, and x elsewhere."""
    return elementwise.where(mask, value, x)


def masked_scatter(x: Any, mask: Any, source: Any) -> Any:
    """The entries of ``source``, one after the other, where ``mask`` is True, and x elsewhere."""
    shape = np.broadcast_shapes(np.shape(raw(x)), np.shape(raw(mask)))
    x, mask = shaping.broadcast_to(x, shape), np.broadcast_to(raw(mask), shape)
    count = int(np.count_nonzero(mask))
    return indexing.assign(x, indexing.getitem(shaping.ravel(source), slice(count)), mask)


def _as_large(value: Any, index: Any) -> Any:
    """What is put: a number as it is, of a Tensor the part that the index covers."""
    if np.ndim(raw(value)) == 0:
        return value
    return indexing.getitem(value, tuple([slice(n) for n in np.shape(raw(index))]))


@_of_numbers_too
def scatter(x: Any, dim: int, index: Any, src: Any = None, *, value: Any = None) -> Any:
    """x with entries of ``src`` put at the positions ``index`` of the axis ``dim``: y[i, index[i, j]] = src[i, j].

    src : an array or Tensor at least as large as the index, or a number (``value=``)
    """
    given = value if src is None else src
    return indexing.assign(x, _as_large(given, index), _each("scatter", x, dim, index))


@_of_numbers_too
def scatter_add(x: Any, dim: int, index: Any, src: Any) -> Any:
    """x with entries of ``src`` added at the positions ``index`` of the axis ``dim``; those that meet are summed."""
    return x + indexing.scatter(_as_large(src, index), _each("scatter_add", x, dim, index), np.shape(raw(x)))


@_of_numbers_too
def index_add(x: Any, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Any:
    """x with the slices of ``source``, times alpha, added to those at the positions ``index`` of the axis ``dim``."""
    added = indexing.scatter(source, at(x, dim, _positions("index_add", index)), np.shape(raw(x)))
    return x + (added if alpha == 1 else alpha * added)


@_of_numbers_too
def index_copy(x: Any, dim: int, index: Any, source: Any) -> Any:
    """x with the slices of ``source`` at the positions ``index`` of the axis ``dim``."""
    return indexing.assign(x, source, at(x, dim, _positions("index_copy", index)))


@_of_numbers_too
def index_fill(x: Any, dim: int, index: Any, value: Any) -> Any:
    """x with ``value`` in the slices at the positions ``index`` of the axis ``dim``."""
    return indexing.assign(x, value, at(x, dim, _positions("index_fill", index)))


# -- sorting -----------------------------------------------------------------------------------


def _order(x: Any, axis: int, descending: bool, stable: bool = True) -> Any:
    return order_of(np.asarray(raw(x)), axis, stable=stable, descending=descending)


def _picked(x: Any, order: Any, axis: int, keepdims: bool = True) -> Picked:
    if not np.ndim(raw(x)):
        return Picked(x, _like(x, np.zeros((), np.intp)))
    values = indexing.take_along_axis(x, order, axis)
    if not keepdims:
        values, order = shaping.squeeze(values, axis), np.squeeze(order, axis)
    return Picked(values, _like(x, order))


def _like(x: Any, indices: Any) -> Any:
    return wrap(indices[()]) if isinstance(x, Tensor) else indices


def sort(
    x: Any, axis: int | None = -1, *, dim: int | None = None, descending: bool | None = None, stable: bool | None = None
) -> Any:
    """The entries in order along an axis.

    axis : along which, by default the last; None sorts the flattened array
    dim, descending, stable : PyTorch's words; with one of them the result is the pair (values, indices)

    >>> import autograd as ag
    >>> ag.sort(ag.Tensor([3.0, 1.0, 2.0]), descending=True)
    Picked(values=Tensor([3., 2., 1.]), indices=Tensor([0, 2, 1]))
    """
    if axis is None:
        x, axis = shaping.ravel(x), -1
    along = axis if dim is None else dim
    picked = _picked(x, _order(x, along, bool(descending), stable is not False), along)
    return picked.values if dim is descending is stable is None else picked


@_of_numbers_too
def topk(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Picked:
    """The k largest entries along ``dim``, or the smallest, in order, and their positions.

    >>> import autograd as ag
    >>> ag.topk(ag.Tensor([3.0, 1.0, 2.0]), 2)
    Picked(values=Tensor([3., 2.]), indices=Tensor([0, 2]))
    """
    length = np.shape(raw(x))[dim]
    if not 0 <= k <= length:
        raise ValueError(f"topk: there are no {k} entries along the axis\n  x: {np.shape(raw(x))}\n  dim: {dim}")
    return _picked(x, np.take(_order(x, dim, largest), np.arange(k), dim), dim)


@_of_numbers_too
def kthvalue(x: Any, k: int, dim: int = -1, keepdim: bool = False) -> Picked:
    """The k-th smallest entry along ``dim``, counted from 1, and its position."""
    length = np.shape(raw(x))[dim]
    if not 1 <= k <= length:
        raise ValueError(f"kthvalue: there is no entry {k} along the axis\n  x: {np.shape(raw(x))}\n  dim: {dim}")
    return _picked(x, np.take(_order(x, dim, False), [k - 1], dim), dim, keepdim)


def median(
    x: Any, axis: int | None = None, keepdims: bool = False, *, dim: int | None = None, keepdim: bool | None = None
) -> Any:
    """The middle entry along an axis, of an even number the mean of the middle two, as in NumPy; NaN of nothing.

    dim, keepdim : PyTorch's words; with one of them the result is the pair (values, indices) of the lower middle entry
    """
    if dim is not None or keepdim is not None:
        along = -1 if dim is None and axis is None else axis if dim is None else dim
        length = np.shape(raw(x))[along] if np.ndim(raw(x)) else 1
        return kthvalue(x, (length + 1) // 2, along, bool(keepdim))
    shape = np.shape(raw(x))
    flat, along = (shaping.ravel(x), 0) if axis is None else (x, axis)
    length = flat.shape[along]
    middle = np.take(_order(flat, along, False), np.array(sorted_middle(length), int), along)
    y = reduction.mean(indexing.take_along_axis(flat, middle, along), along, keepdims)
    return shaping.reshape(y, (1,) * len(shape)) if axis is None and keepdims else y


def sorted_middle(length: int) -> list[int]:
    """The positions of the middle entry, or the middle two, of so many in order; none of nothing."""
    if not length:
        return []
    return [length // 2] if length % 2 else [length // 2 - 1, length // 2]


# -- shapes ------------------------------------------------------------------------------------


def flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The axes from start_dim to end_dim, both included, become one.

    >>> import autograd as ag
    >>> ag.flatten(ag.zeros(2, 3, 4), 1).shape
    (2, 12)
    """
    shape = np.shape(raw(x))
    if not shape:
        return shaping.reshape(x, 1)
    start, end = (normalize_axis_index(axis, len(shape)) for axis in (start_dim, end_dim))
    if start > end:
        raise ValueError(f"flatten: start_dim comes after end_dim\n  x: {shape}\n  given: {start_dim}, {end_dim}")
    joined = int(np.prod(shape[start : end + 1]))
    return shaping.reshape(x, (*shape[:start], joined, *shape[end + 1 :]))


def unflatten(x: Any, dim: int, sizes: Any) -> Any:
    """The axis ``dim`` becomes several, of these lengths; one may be −1."""
    shape = np.shape(raw(x))
    dim = normalize_axis_index(dim, len(shape))
    lengths = [int(n) for n in sizes]
    if -1 in lengths:
        lengths[lengths.index(-1)] = shape[dim] // -int(np.prod(lengths))
    return shaping.reshape(x, (*shape[:dim], *lengths, *shape[dim + 1 :]))


def expand(x: Any, *size: Any) -> Any:
    """x repeated along axes of length 1 to a larger shape; −1 keeps a length: ``x.expand(3, -1)``."""
    lengths = [int(n) for n in (size[0] if len(size) == 1 and np.ndim(raw(size[0])) else size)]
    shape = np.shape(raw(x))
    own = (-1,) * (len(lengths) - len(shape)) + shape
    return shaping.broadcast_to(x, tuple([a if n == -1 else n for n, a in zip(lengths, own, strict=True)]))


def t(x: Any) -> Any:
    """The transpose of a matrix; a row stays as it is."""
    if np.ndim(raw(x)) > 2:
        raise ValueError(f"t: a matrix is needed\n  x: {np.shape(raw(x))}\n  use .mT, or .transpose(i, j)")
    return shaping.transpose(x)


def diag(x: Any, diagonal: int = 0) -> Any:
    """The matrix with the row x on a diagonal; of a matrix its diagonal.

    diagonal : which one, above the main one if positive
    """
    if np.ndim(raw(x)) == 1:
        n = np.shape(raw(x))[0] + abs(diagonal)
        return linalg.from_diagonal(x, (n, n), diagonal)
    return linalg.diagonal(x, diagonal)


def meshgrid(*arrays: Any, indexing: str | None = None) -> tuple[Any, ...]:
    """Rows of coordinates as arrays over the grid that they span.

    indexing : "ij" as in PyTorch, or "xy", NumPy's default; it has to be given
    """
    if indexing not in ("ij", "xy"):
        raise TypeError(
            'meshgrid: the defaults of NumPy ("xy") and PyTorch ("ij") differ\n  give indexing="ij" or "xy"'
        )
    if len(arrays) == 1 and isinstance(arrays[0], list | tuple):
        arrays = tuple(arrays[0])
    shape = [np.size(raw(one)) for one in arrays]
    grids = [
        shaping.broadcast_to(shaping.reshape(one, [-1 if k == i else 1 for k in range(len(arrays))]), tuple(shape))
        for i, one in enumerate(arrays)
    ]
    return tuple([shaping.swapaxes(one, 0, 1) if indexing == "xy" and len(arrays) > 1 else one for one in grids])
