"""Functions whose results have no gradient: comparisons, tests, positions, counts. They run on the value.

Of arrays they give arrays; where an argument is a Tensor, Tensors without history. ``dim=`` and ``keepdim=`` are taken
beside ``axis=`` and ``keepdims=``.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .modes import current
from .tensors import Tensor, raw, wrap
from .words import COMMON, translated

__all__ = [
    "all", "allclose", "any", "argmax", "argmin", "argpartition", "argsort", "argwhere", "array_equal", "array_equiv",
    "bincount", "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or",
    "bitwise_right_shift", "bitwise_xor", "bucketize", "count_nonzero", "digitize", "eq", "flatnonzero", "gcd", "ge",
    "gt", "histc", "intersect1d", "invert", "isclose", "isfinite", "isin", "isinf", "isnan", "isneginf", "isposinf",
    "lcm", "le", "left_shift", "lexsort", "logical_and", "logical_not", "logical_or", "logical_xor", "lt",
    "nanargmax", "nanargmin", "ne", "nonzero", "numel", "ravel_multi_index", "right_shift",
    "searchsorted", "setdiff1d", "setxor1d", "signbit", "spacing", "union1d", "unique", "unique_consecutive",
    "unravel_index",
]  # fmt: skip


def _plain(value: Any) -> Any:
    return type(value)([_plain(one) for one in value]) if type(value) in (list, tuple) else raw(value)


def _wrapped(y: Any) -> Any:
    if type(y) is tuple:
        return tuple([_wrapped(one) for one in y])
    return wrap(np.asarray(y)[()]) if isinstance(y, np.ndarray | np.generic) else y


def of_value(name: str, function: Callable[..., Any], doc: str) -> Callable[..., Any]:
    """``function`` on the values of Tensors, with PyTorch's keywords."""
    words = {**COMMON, "input": "x", "other": "y"}

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        mode = current()
        if mode is not None and mode.batching is not None:
            mapped = mode.batching.by_entries(name, call, (x, *args), kwargs)
            if mapped is not None:
                return mapped
        y = function(raw(x), *map(_plain, args), **{k: _plain(v) for k, v in translated(name, words, kwargs).items()})
        return _wrapped(y) if isinstance(x, Tensor) or any_tensor(args) else y

    call.function = function
    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"{doc}\n\nOf Tensors a Tensor without history."
    return call


def any_tensor(args: Any) -> bool:
    """Whether one of the arguments is a Tensor."""
    return True in [isinstance(one, Tensor) for one in args]


eq = of_value("eq", np.equal, "Where the entries of x and y are equal; as ``x == y``.")
ne = of_value("ne", np.not_equal, "Where the entries of x and y differ; as ``x != y``.")
lt = of_value("lt", np.less, "Where x < y.")
le = of_value("le", np.less_equal, "Where x ≤ y.")
gt = of_value("gt", np.greater, "Where x > y.")
ge = of_value("ge", np.greater_equal, "Where x ≥ y.")
logical_and = of_value("logical_and", np.logical_and, "Where both x and y are true.")
logical_or = of_value("logical_or", np.logical_or, "Where x or y is true.")
logical_xor = of_value("logical_xor", np.logical_xor, "Where one of x and y is true, not both.")
logical_not = of_value("logical_not", np.logical_not, "Where x is false.")
isnan = of_value("isnan", np.isnan, "Where x is NaN.")
isinf = of_value("isinf", np.isinf, "Where x is infinite.")
isfinite = of_value("isfinite", np.isfinite, "Where x is neither NaN nor infinite.")
isclose = of_value("isclose", np.isclose, "Where x and y differ by no more than atol + rtol · |y|.")
isin = of_value("isin", np.isin, "Where x is one of the given numbers.")
array_equal = of_value("array_equal", np.array_equal, "Whether x and y have one shape and equal entries: a bool.")
allclose = of_value(
    "allclose", np.allclose, "Whether all entries of x and y differ by no more than atol + rtol · |y|: a bool."
)
all = of_value("all", np.all, "Whether all entries along an axis (by default all there are) are true.")
any = of_value("any", np.any, "Whether an entry along an axis (by default of all there are) is true.")
argmax = of_value("argmax", np.argmax, "The position of the first largest entry along an axis.")
argmin = of_value("argmin", np.argmin, "The position of the first smallest entry along an axis.")
count_nonzero = of_value("count_nonzero", np.count_nonzero, "How many entries along an axis are not 0.")
argwhere = of_value("argwhere", np.argwhere, "The indices of the entries that are not 0, one in a row.")


def _searchsorted(x, v, side=None, sorter=None, *, right=None, out_int32=False):
    if side is not None and right is not None and (side == "right") != bool(right):
        raise ValueError(f"searchsorted: side= and right= contradict each other\n  side: {side!r}\n  right: {right}")
    side = side or ("right" if right else "left")
    if np.ndim(x) < 2:
        found = np.searchsorted(x, v, side, sorter)
    else:  # each row its own numbers
        x, v = np.asarray(x), np.asarray(v)
        if x.shape[:-1] != v.shape[:-1]:
            raise ValueError(
                f"searchsorted: rows of numbers for each sorted row are needed\n  x: {x.shape}\n  v: {v.shape}"
            )
        found = np.zeros(v.shape, np.intp)
        for row in np.ndindex(x.shape[:-1]):
            found[row] = np.searchsorted(x[row], v[row], side, None if sorter is None else np.asarray(sorter)[row])
    return found.astype(np.int32) if out_int32 else found


unique = of_value("unique", np.unique, "The different entries in order; arguments as of NumPy's ``unique``.")
bincount = of_value("bincount", np.bincount, "How often each whole number from 0 on occurs in x.")
searchsorted = of_value(
    "searchsorted",
    _searchsorted,
    "Where each of the given numbers would go in the sorted x, or in each of its rows, of which each has its own.\n\n"
    'side : "right" puts it after equal numbers, as PyTorch\'s ``right=True`` does',
)


def order_of(x, axis=-1, kind=None, order=None, *, stable=None, descending=False):
    """The positions that sort an array."""
    if not descending:
        return np.argsort(x, axis, kind, order) if stable is None else np.argsort(x, axis, stable=stable)
    backward = np.flip(np.argsort(np.flip(x, axis), axis, stable=True), axis)  # equal entries keep their order
    return np.shape(x)[axis] - 1 - backward


argsort = of_value(
    "argsort", order_of, "The positions that sort x along an axis; ``descending=True`` from the largest."
)


def _bucketize(x, boundaries, *, right=False, out_int32=False):
    return _searchsorted(boundaries, x, right=right, out_int32=out_int32)


bucketize = of_value("bucketize", _bucketize, "The number of the interval between sorted boundaries that holds each x.")


def _histc(x, bins=100, min=0, max=0):
    low, high = (min, max) if min != max or not np.size(x) else (np.min(x), np.max(x))
    return np.histogram(x, bins, (low, high))[0].astype(np.asarray(x).dtype)


histc = of_value("histc", _histc, "How many entries fall into each of ``bins`` equal intervals from min to max.")


bitwise_and = of_value("bitwise_and", np.bitwise_and, "The bits that are in both x and y; as ``x & y``.")
bitwise_or = of_value("bitwise_or", np.bitwise_or, "The bits that are in x or y; as ``x | y``.")
bitwise_xor = of_value("bitwise_xor", np.bitwise_xor, "The bits that are in one of x and y; as ``x ^ y``.")
bitwise_not = bitwise_invert = invert = of_value("bitwise_not", np.bitwise_not, "The bits not in x; as ``~x``.")
left_shift = bitwise_left_shift = of_value(
    "bitwise_left_shift", np.left_shift, "The bits of x moved up by y places; as ``x << y``."
)
right_shift = bitwise_right_shift = of_value(
    "bitwise_right_shift", np.right_shift, "The bits of x moved down by y places; as ``x >> y``."
)
gcd = of_value("gcd", np.gcd, "The greatest common divisor of whole numbers.")
lcm = of_value("lcm", np.lcm, "The least common multiple of whole numbers.")
spacing = of_value("spacing", np.spacing, "How far the next float is from x.")
signbit = of_value("signbit", np.signbit, "Where x has a minus sign, also of −0.")
isposinf = of_value("isposinf", np.isposinf, "Where x is ∞.")
isneginf = of_value("isneginf", np.isneginf, "Where x is −∞.")
array_equiv = of_value("array_equiv", np.array_equiv, "Whether x and y broadcast to equal entries: a bool.")
argpartition = of_value("argpartition", np.argpartition, "Positions that put the kth entry where sorting would.")
digitize = of_value("digitize", np.digitize, "The number of the bin that holds each x, as NumPy's ``digitize``.")
flatnonzero = of_value("flatnonzero", np.flatnonzero, "The positions in the flattened x of what is not 0.")
intersect1d = of_value("intersect1d", np.intersect1d, "The different numbers that are in both x and y, in order.")
lexsort = of_value("lexsort", np.lexsort, "The positions that sort by several keys, the last one first.")
nanargmax = of_value("nanargmax", np.nanargmax, "The position of the first largest entry that is not NaN.")
nanargmin = of_value("nanargmin", np.nanargmin, "The position of the first smallest entry that is not NaN.")
ravel_multi_index = of_value(
    "ravel_multi_index", np.ravel_multi_index, "Indices, an array for each axis, as positions in the flattened array."
)
unravel_index = of_value(
    "unravel_index", np.unravel_index, "Positions in a flattened array as indices, an array for each axis."
)
setdiff1d = of_value("setdiff1d", np.setdiff1d, "The different numbers of x that are not in y, in order.")
setxor1d = of_value("setxor1d", np.setxor1d, "The different numbers that are in one of x and y, in order.")
union1d = of_value("union1d", np.union1d, "The different numbers that are in x or y, in order.")


def _unique_consecutive(x, return_inverse=False, return_counts=False, axis=None):
    x = np.asarray(x)
    rows = x.reshape(-1, 1)
    if axis is not None:
        rows = np.moveaxis(x, axis, 0)
        rows = rows.reshape(len(rows), int(np.prod(rows.shape[1:])))
    begins = np.ones(len(rows), np.bool)
    begins[1:] = np.any(rows[1:] != rows[:-1], axis=1)
    starts = np.flatnonzero(begins)
    found = [x.ravel()[starts] if axis is None else np.take(x, starts, axis)]
    if return_inverse:
        inverse = np.cumsum(begins) - 1
        found.append(inverse.reshape(x.shape) if axis is None else inverse)
    if return_counts:
        found.append(np.diff(np.append(starts, len(rows))))
    return tuple(found) if len(found) > 1 else found[0]


unique_consecutive = of_value(
    "unique_consecutive",
    _unique_consecutive,
    "One of each run of equal entries; of slices along an axis if one is named.\n\n"
    "return_inverse, return_counts : whether to give too in which run each entry is, and how long the runs are",
)


def nonzero(x: Any, *, as_tuple: bool | None = None) -> Any:
    """The indices of the entries that are not 0: an array for each axis (``as_tuple=True``), or one of rows.

    NumPy has the first and PyTorch the second by default; so ``as_tuple`` has to be given.
    """
    if as_tuple is None:
        raise TypeError(
            "nonzero: NumPy gives an array for each axis, PyTorch one with a row for each entry\n"
            "  the first: x.nonzero(as_tuple=True)\n  the second: x.nonzero(as_tuple=False), or ag.argwhere(x)"
        )
    found = np.nonzero(np.atleast_1d(raw(x))) if as_tuple else np.argwhere(raw(x))
    return _wrapped(found) if isinstance(x, Tensor) else found


def numel(x: Any) -> int:
    """The number of entries."""
    return int(np.size(raw(x)))
