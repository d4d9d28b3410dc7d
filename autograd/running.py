"""Functions along an axis that are a few operations: ``trapezoid``, ``gradient``, ``interp``, ``cummax`` …

Positional arguments and ``axis=`` mean what they mean in NumPy, ``dim=`` and ``keepdim=`` what they mean in PyTorch.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from .composed import cumprod, diff
from .ops.activation import logaddexp
from .ops.elementwise import where
from .ops.indexing import getitem, take, take_along_axis
from .ops.reduction import amax, amin, cumsum, max, min, sum
from .ops.shaping import concatenate, ravel, reshape, squeeze
from .selecting import at, sort
from .tensors import Tensor, raw, wrap
from .words import Picked, in_dtype

__all__ = [
    "aminmax", "cummax", "cummin", "cumulative_prod", "cumulative_sum", "cumulative_trapezoid", "ediff1d", "gradient",
    "interp", "logcumsumexp", "mode", "msort", "ptp", "trapezoid", "trapz",
]  # fmt: skip


def _axis(x: Any, axis: int, dim: int | None) -> int:
    return normalize_axis_index(axis if dim is None else dim, np.ndim(raw(x)))


class MinMax(NamedTuple):
    """What ``aminmax`` gives."""

    min: Any
    max: Any


# -- extrema -----------------------------------------------------------------------------------


def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest entry along an axis less the smallest; the gradients are those of ``max`` and ``min``."""
    return max(x, axis, keepdims) - min(x, axis, keepdims)


def aminmax(x: Any, *, dim: int | None = None, keepdim: bool = False) -> MinMax:
    """The pair (min, max) along an axis; all entries that are the smallest or largest share the gradient."""
    if np.ndim(raw(x)) == 0:
        dim = None
    return MinMax(amin(x, dim, keepdim), amax(x, dim, keepdim))


def _running(x: Any, dim: int, accumulate: Any) -> Picked:
    values = np.asarray(raw(x))
    if not values.ndim:
        where_found = np.zeros((), np.intp)
        return Picked(x, wrap(where_found) if isinstance(x, Tensor) else where_found)
    axis = normalize_axis_index(dim, values.ndim)
    found = accumulate(values, axis)
    own = (values == found) | ((values != values) & (found != found))  # NaN stays from where it is first met
    steps = np.arange(values.shape[axis]).reshape([-1 if i == axis else 1 for i in range(values.ndim)])
    places = np.maximum.accumulate(np.where(own, steps, 0), axis)
    picked = take_along_axis(x, places, axis)
    return Picked(picked, wrap(places) if isinstance(x, Tensor) else places)


def cummax(x: Any, dim: int) -> Picked:
    """The largest entry so far along an axis, and where it stands: of equal ones the last, which has the gradient."""
    return _running(x, dim, np.maximum.accumulate)


def cummin(x: Any, dim: int) -> Picked:
    """The smallest entry so far along an axis, and where it stands: of equal ones the last, which has the gradient."""
    return _running(x, dim, np.minimum.accumulate)


def msort(x: Any) -> Any:
    """The entries in order along the first axis."""
    return sort(x, 0) if np.ndim(raw(x)) else x


def mode(x: Any, dim: int = -1, keepdim: bool = False) -> Picked:
    """The entry that is there most often along an axis, of several the smallest, and where it stands last."""
    values = np.asarray(raw(x))
    if not values.ndim:
        return _running(x, dim, np.maximum.accumulate)
    axis = normalize_axis_index(dim, values.ndim)
    if not values.shape[axis]:
        raise ValueError(f"mode: there is no entry along the axis\n  x: {values.shape}\n  dim: {dim}")
    rows = np.moveaxis(values, axis, -1)
    counts = np.count_nonzero(rows[..., :, None] == rows[..., None, :], axis=-1)
    most = np.where(counts == counts.max(-1, keepdims=True, initial=0), rows, rows.max(-1, keepdims=True))
    least = most.min(-1, keepdims=True)
    length = rows.shape[-1]
    last = length - 1 - np.argmax((rows == least)[..., ::-1], axis=-1, keepdims=True)
    places = np.moveaxis(last, -1, axis)
    picked = take_along_axis(x, places, axis)
    if not keepdim:
        picked, places = squeeze(picked, axis), np.squeeze(places, axis)
    return Picked(picked, wrap(places[()]) if isinstance(x, Tensor) else places)


# -- running sums and products -----------------------------------------------------------------


def logcumsumexp(x: Any, dim: int) -> Any:
    """log of the running sums of eˣ along an axis, which does not overflow."""
    if np.ndim(raw(x)) == 0:
        return x
    axis, width = _axis(x, dim, None), 1
    while width < np.shape(raw(x))[axis]:  # after each round an entry has what stands in twice as many
        first, before, after = slice(None, width), slice(None, -width), slice(width, None)
        met = logaddexp(getitem(x, at(x, axis, before)), getitem(x, at(x, axis, after)))
        x = concatenate([getitem(x, at(x, axis, first)), met], axis)
        width *= 2
    return x


def _after(number: Any, y: Any, axis: int) -> Any:
    """y with a number before everything along an axis."""
    shape = np.shape(raw(y))
    return concatenate([np.full((*shape[:axis], 1, *shape[axis + 1 :]), number, raw(y).dtype), y], axis)


def _accumulated(who: str, function: Any, x: Any, axis: int | None, dtype: Any, start: Any) -> Any:
    if axis is None and np.ndim(raw(x)) != 1:
        raise ValueError(f"{who}: of an array with several axes one has to be named\n  x: {np.shape(raw(x))}")
    x = x if dtype is None else in_dtype(x, dtype)
    along = _axis(x, axis or 0, None)
    y = function(x, along)
    return y if start is None else _after(start, y, along)


def cumulative_sum(x: Any, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """Running sums along an axis, which only of a row need not be named; with ``include_initial`` 0 before them."""
    return _accumulated("cumulative_sum", cumsum, x, axis, dtype, 0 if include_initial else None)


def cumulative_prod(x: Any, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """Running products along an axis, which only of a row need not be named; with ``include_initial`` 1 before them."""
    return _accumulated("cumulative_prod", cumprod, x, axis, dtype, 1 if include_initial else None)


# -- integrals and slopes ----------------------------------------------------------------------


def _areas(y: Any, x: Any, dx: Any, axis: int) -> Any:
    """What the trapezoids between neighbours cover."""
    width = dx
    if x is not None:
        width = diff(x, axis=-1 if np.ndim(raw(x)) == 1 else axis)
        if np.ndim(raw(x)) == 1:
            width = reshape(width, [-1 if i == axis else 1 for i in range(np.ndim(raw(y)))])
    return width * (getitem(y, at(y, axis, slice(1, None))) + getitem(y, at(y, axis, slice(None, -1)))) / 2.0


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, *, dim: int | None = None) -> Any:
    """The integral along an axis of what goes straight from each entry of y to the next.

    x : where the entries stand, a row or an array like y; by default ``dx`` apart
    """
    along = _axis(y, axis, dim)
    return sum(_areas(y, x, dx, along), along)


trapz = trapezoid


def cumulative_trapezoid(
    y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: float | None = None, *, dim: int | None = None
) -> Any:
    """The integrals along an axis up to each entry but the first; with ``initial`` that number for the first."""
    along = _axis(y, axis, dim)
    sums = cumsum(_areas(y, x, dx, along), along)
    return sums if initial is None else _after(initial, sums, along)


def _slope(x: Any, spacing: Any, axis: int, edge_order: int) -> Any:
    """Slopes along an axis: by both neighbours inside, by one or two at the ends."""
    if np.shape(raw(x))[axis] < edge_order + 1:
        raise ValueError(
            f"gradient: {edge_order + 1} entries or more are needed along each axis\n"
            f"  x: {np.shape(raw(x))}\n  axis: {axis}"
        )

    def part(start: int, stop: int | None) -> Any:
        return getitem(x, at(x, axis, slice(start, stop)))

    def like(numbers: Any) -> Any:
        return reshape(numbers, [-1 if i == axis else 1 for i in range(np.ndim(raw(x)))])

    if np.ndim(raw(spacing)) == 0:
        before = after = first = second = last = last_but_one = spacing
    else:
        if np.shape(raw(spacing)) != (np.shape(raw(x))[axis],):
            raise ValueError(
                "gradient: where the entries stand is a row as long as the axis\n"
                f"  x: {np.shape(raw(x))}\n  axis: {axis}\n  given: {np.shape(raw(spacing))}"
            )
        steps = diff(spacing)
        before, after = like(getitem(steps, slice(None, -1))), like(getitem(steps, slice(1, None)))
        first, last = getitem(steps, 0), getitem(steps, -1)
        second, last_but_one = (getitem(steps, 1), getitem(steps, -2)) if edge_order == 2 else (first, last)
    inner = (
        -after / (before * (before + after)) * part(0, -2)
        + (after - before) / (before * after) * part(1, -1)
        + before / (after * (before + after)) * part(2, None)
    )
    if edge_order == 1:
        left, right = (part(1, 2) - part(0, 1)) / first, (part(-1, None) - part(-2, -1)) / last
    else:
        left = (
            -(2.0 * first + second) / (first * (first + second)) * part(0, 1)
            + (first + second) / (first * second) * part(1, 2)
            - first / (second * (first + second)) * part(2, 3)
        )
        right = (
            last / (last_but_one * (last_but_one + last)) * part(-3, -2)
            - (last + last_but_one) / (last * last_but_one) * part(-2, -1)
            + (2.0 * last + last_but_one) / (last * (last + last_but_one)) * part(-1, None)
        )
    return concatenate([left, inner, right], axis)


def gradient(x: Any, *varargs: Any, axis: Any = None, edge_order: int = 1, spacing: Any = None, dim: Any = None) -> Any:
    """Slopes along axes by central differences, as NumPy's ``gradient``: an array for each axis, of one the array.

    varargs : how far entries are apart, a number for all axes or one for each, or where they stand: a row for each
    axis : along which, an int or several; by default along all
    edge_order : 1 or 2, of the differences at the ends
    spacing, dim : PyTorch's words; with one of them the result is always a tuple
    """
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order is 1 or 2\n  edge_order: {edge_order}")
    theirs = spacing is not None or dim is not None
    axes_of = axis if dim is None else dim
    axes = range(np.ndim(raw(x))) if axes_of is None else normalize_axis_tuple(axes_of, np.ndim(raw(x)))
    if spacing is not None:
        varargs = tuple(spacing) if isinstance(spacing, list | tuple) else (spacing,)
    given = varargs or (1.0,)
    if len(given) == 1 and (np.ndim(raw(given[0])) == 0 or len(axes) == 1):
        given = (given[0],) * len(axes)
    if len(given) != len(axes):
        raise TypeError(f"gradient: a spacing is needed for each axis\n  axes: {tuple(axes)}\n  given: {len(given)}")
    x = x if np.asarray(raw(x)).dtype.kind == "f" else in_dtype(x, np.float64)
    slopes = tuple([_slope(x, one, along, edge_order) for one, along in zip(given, axes, strict=True)])
    return slopes[0] if len(slopes) == 1 and not theirs else slopes


def ediff1d(x: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """The differences of neighbours in the flattened x, with numbers before and after them."""
    parts = [to_begin, diff(ravel(x)), to_end]
    return concatenate([ravel(one) for one in parts if one is not None], 0)


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    """What goes straight from each point (xp, fp) to the next, at each x, in float64; gradients by all three.

    xp : a row of increasing numbers
    left, right : what it is below the first of xp and above the last, by default the first and last of fp
    """
    x, xp, fp = (in_dtype(one, np.float64) for one in (x, xp, fp))
    count = np.size(raw(xp))
    if np.ndim(raw(xp)) != 1 or np.shape(raw(xp)) != np.shape(raw(fp)) or not count:
        raise ValueError(
            f"interp: the points are two rows of one length, not empty\n"
            f"  xp: {np.shape(raw(xp))}\n  fp: {np.shape(raw(fp))}"
        )
    first, last = getitem(fp, 0), getitem(fp, -1)
    below, above = raw(x) < raw(xp)[0], raw(x) > raw(xp)[-1]
    within = where(below | above, raw(xp)[0], x)
    if count == 1:
        y: Any = first + 0.0 * within
    else:
        i = np.clip(np.searchsorted(raw(xp), raw(within), "right") - 1, 0, count - 2)
        start, end = take(fp, i), take(fp, i + 1)
        y = start + (end - start) / (take(xp, i + 1) - take(xp, i)) * (within - take(xp, i))
    y = where(below, first if left is None else left, y)
    return where(above, last if right is None else right, y)
