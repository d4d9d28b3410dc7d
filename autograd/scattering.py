"""PyTorch's functions that gather several numbers in one place: ``scatter_reduce``, ``index_reduce``, ``addbmm`` …"""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .composed import scaled
from .ops.arithmetic import add
from .ops.elementwise import where
from .ops.indexing import assign, getitem
from .ops.linalg import matmul, outer
from .ops.reduction import amax, amin, norm, prod, sum
from .ops.shaping import concatenate, ravel, reshape
from .tensors import raw

__all__ = ["addbmm", "addr", "index_reduce", "renorm", "scatter_reduce"]

_REDUCTIONS = {"sum": sum, "mean": sum, "prod": prod, "amax": amax, "amin": amin}


def _nothing(reduce: str, dtype: Any) -> Any:
    """The number that changes nothing in a reduction."""
    if reduce == "amax":
        return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min
    if reduce == "amin":
        return np.inf if dtype.kind == "f" else np.iinfo(dtype).max
    return 1 if reduce == "prod" else 0


def scatter_reduce(x: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
    """x with what of ``src`` meets at a position ``index`` of the axis ``dim`` reduced to one number.

    src : an array at least as large as the index
    reduce : "sum", "prod", "mean", "amax" or "amin"; the gradient of a product is right where entries are 0, and the
        largest or smallest share theirs evenly
    include_self : whether what x has there takes part

    >>> import autograd as ag
    >>> ag.scatter_reduce(ag.zeros(2), 0, ag.tensor([0, 1, 1]), ag.tensor([3.0, 4.0, 5.0]), "amax")
    Tensor([3., 5.])
    """
    if reduce not in _REDUCTIONS:
        raise ValueError(f"scatter_reduce: reduce is one of {', '.join(_REDUCTIONS)}\n  reduce: {reduce!r}")
    shape = np.shape(raw(x))
    places = np.asarray(raw(index))
    if not shape:
        x, src, places = reshape(x, 1), reshape(src, 1), places.reshape(1)
    elif places.ndim != len(shape) or np.ndim(raw(src)) != len(shape):
        raise ValueError(
            "scatter_reduce: x, index and src must have equally many axes\n"
            f"  x: {shape}\n  index: {places.shape}\n  src: {np.shape(raw(src))}"
        )
    if places.dtype.kind not in "iu" and places.size:
        raise TypeError(f"scatter_reduce: the index must be whole numbers\n  index: {places.dtype}\n  use .long()")
    along, own = normalize_axis_index(dim, places.ndim), np.shape(raw(x))
    if places.size and not (places.min() >= 0 and places.max() < own[along]):
        raise IndexError(f"scatter_reduce: the index is out of range\n  x: {own}\n  dim: {dim}\n  index: {places}")
    grid = list(np.broadcast_arrays(*np.ogrid[tuple([slice(n) for n in places.shape])]))
    grid[along] = places.astype(np.intp)
    flat = np.ravel_multi_index(grid, own).ravel() if places.size else np.zeros(0, np.intp)
    values = ravel(getitem(src, tuple([slice(n) for n in places.shape])))
    return reshape(_reduced(ravel(x), flat, values, reduce, include_self), shape)


def _reduced(x: Any, flat: Any, values: Any, reduce: str, include_self: bool) -> Any:
    """A table with a row for each entry of x: the entry itself and what comes to it, which is then reduced."""
    size = np.size(raw(x))
    counts = np.bincount(flat, minlength=size)
    order = np.argsort(flat, kind="stable")
    rank = np.empty(flat.size, np.intp)  # the how manyth each is of those that meet
    rank[order] = np.arange(flat.size) - np.repeat(np.cumsum(counts) - counts, counts)
    dtype = np.asarray(raw(x)).dtype
    nothing = _nothing(reduce, dtype)
    itself = x if include_self else where(counts > 0, np.asarray(nothing, dtype), x)
    empty = np.full((size, int(counts.max(initial=0))), nothing, dtype)
    table = concatenate([reshape(itself, (-1, 1)), assign(empty, values, (flat, rank))], 1)
    y = _REDUCTIONS[reduce](table, 1)
    if reduce != "mean":
        return y
    number = np.maximum(counts + include_self, 1)
    return y / number.astype(dtype) if dtype.kind == "f" else y // number


def index_reduce(x: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """x with the slices of ``source`` that meet at a position ``index`` of the axis ``dim`` reduced to one.

    reduce, include_self : as of ``scatter_reduce``
    """
    places, shape = np.asarray(raw(index)), np.shape(raw(source))
    if not np.ndim(raw(x)):
        return scatter_reduce(x, dim, places, source, reduce, include_self=include_self)
    along = normalize_axis_index(dim, len(shape))
    each = np.broadcast_to(places.reshape([-1 if i == along else 1 for i in range(len(shape))]), shape)
    return scatter_reduce(x, dim, each, source, reduce, include_self=include_self)


def renorm(x: Any, p: float, dim: int, maxnorm: float) -> Any:
    """x with the slices of the axis ``dim`` whose p-norm is above ``maxnorm`` made as small as that."""
    axes = np.ndim(raw(x))
    along = normalize_axis_index(dim, axes)
    if axes < 2:
        raise ValueError(f"renorm: two axes or more are needed\n  x: {np.shape(raw(x))}")
    sizes = norm(x, p=p, dim=tuple([i for i in range(axes) if i != along]), keepdim=True)
    large = raw(sizes) > maxnorm
    factors = where(large, maxnorm / (where(large, sizes, 1.0) + 1e-7), 1.0)  # what PyTorch adds lest it divide by 0
    return x * factors


def addbmm(x: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta · x + alpha · the sum of the products of the matrices of two stacks."""
    return add(scaled(x, beta), scaled(sum(matmul(batch1, batch2), 0), alpha))


def addr(x: Any, vec1: Any, vec2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta · x + alpha · the outer product of two rows."""
    return add(scaled(x, beta), scaled(outer(vec1, vec2), alpha))
