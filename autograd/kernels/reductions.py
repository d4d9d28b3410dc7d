"""Kernels of the reductions: arrays in, arrays out.

``total`` sums along axes, through the BLAS where that is faster; ``extremum`` and ``extremum_shared`` say
where a maximum came from too; ``softmax`` and its kin subtract the maximum first.
"""

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..native import native
from .activations import floating

# NumPy adds up the rows of a tall matrix one by one, at some 15 ns a row, and each short row with a call of its
# own. A product with a vector of ones is 1.5 to 20 times as fast from about 100 rows on (32768 × 16 in float32:
# 28 against 510 µs). Since it sums in several lanes it is more accurate too: the largest error over Σ|x|, for that
# size in float32, is 1.9e-8 against 6.1e-8.
_ROWS = 128
# Compiled, a sum down columns takes no longer than NumPy's from fewer rows on, and is the same number.
_ROWS_COMPILED = 16
# Along rows NumPy sums in pairs, which for long ones is more accurate than the lanes.
_SHORT = 128
# A smaller array is summed by NumPy before it is known whether a product would do.
_LARGE = 4096


def total(x, axis=None, keepdims=False):
    """The sum along axes: NumPy's, or a product with ones where that is faster and as accurate.

    float16 is summed in float32, and float32 in float64 where NumPy would add very many numbers one by one: from
    2²⁴ on, one more changes nothing.
    """
    # A bias's gradient, the commonest sum of a small array: without a look at its axes and their order in memory.
    if axis == (0,) and type(x) is np.ndarray and x.ndim == 2 and x.size >= _ROWS and not keepdims:
        y = native.column_sums(x) if native and len(x) >= _ROWS_COMPILED and x.flags.c_contiguous else None
        if y is not None:
            return y
    if type(x) is np.ndarray and x.size >= _LARGE and x.dtype.char in "fd":
        axes = axes_of(axis, x.ndim)
        y = _large_total(x, axes)
        if y is not None:
            return y.reshape(kept_shape(x.shape, axes)) if keepdims else y
    wider = _WIDER.get(x.dtype.char) if isinstance(x, _NUMPYS) else None
    if wider is None or (wider is np.float64 and (x.size < _MANY or not _one_by_one(x, axis))):
        return np.add.reduce(x, axis=axis, keepdims=keepdims)
    return np.add.reduce(x, axis=axis, keepdims=keepdims, dtype=wider).astype(x.dtype)[()]


_NUMPYS = (np.ndarray, np.generic)
_WIDER = {"e": np.float32, "f": np.float64}
_MANY = 1 << 20


def _one_by_one(x, axis):
    """Whether NumPy adds up so many numbers in a row: along the innermost axis in memory it sums in pairs."""
    axes = axes_of(axis, x.ndim)
    innermost = min(range(x.ndim), key=lambda i: abs(x.strides[i]) if x.shape[i] > 1 else math.inf)
    if x.flags.c_contiguous and axis is None:
        return False
    pairwise = x.shape[innermost] if innermost in axes else 1
    return count(x.shape, axis) >= _MANY * max(1, pairwise)


def _large_total(x, axes):
    """The sum by the faster ways; None where there is none."""
    repeated = [axis for axis in axes if not x.strides[axis] and x.shape[axis] > 1]
    if repeated:  # the same n times, as in what a sum's gradient is
        n = math.prod([x.shape[axis] for axis in repeated])
        return n * total(x[tuple([slice(1) if axis in repeated else slice(None) for axis in range(x.ndim)])], axes)
    if len(axes) == x.ndim:
        return native.total(x) if native else None
    return _by_product(x, axes)


def _by_product(x, axes):
    """The sum as ones @ matrix or matrix @ ones; None where x, in memory, is no such matrix.

    That covers a channels-last array summed to its channels: what counts is the order in memory.
    """
    order = list(range(x.ndim))
    in_memory = x
    if not x.flags.c_contiguous:
        order.sort(key=lambda axis: -x.strides[axis])
        in_memory = x.transpose(order)
        if not in_memory.flags.c_contiguous:
            return None
    number = len(axes)
    rows = math.prod([x.shape[axis] for axis in axes])
    if (_ROWS_COMPILED if native else _ROWS) <= rows < x.size and set(order[:number]) == set(axes):
        kept = order[number:]
        matrix = in_memory.reshape(rows, -1)
        # compiled it is not faster, but leaves no BLAS threads spinning in the way of ours
        y = native.column_sums(matrix) if native else np.ones(rows, x.dtype) @ matrix
    elif rows <= _SHORT and x.size >= rows * _ROWS and set(order[-number:]) == set(axes):
        kept = order[:-number]
        y = in_memory.reshape(-1, rows) @ np.ones(rows, x.dtype)
    else:
        return None
    return y if len(kept) == 1 else y.reshape([x.shape[axis] for axis in kept]).transpose(np.argsort(kept))


def axes_of(axis, ndim):
    """The reduced axes as a tuple. A number has none, though NumPy lets it be reduced along axis 0."""
    return tuple(range(ndim)) if axis is None or ndim == 0 else normalize_axis_tuple(axis, ndim)


def kept_shape(shape, axis):
    """The shape of a reduction with ``keepdims``."""
    axes = axes_of(axis, len(shape))
    return tuple([1 if i in axes else n for i, n in enumerate(shape)])


def reduced_shape(shape, axis):
    """The shape of a reduction without ``keepdims``."""
    axes = axes_of(axis, len(shape))
    return tuple([n for i, n in enumerate(shape) if i not in axes])


def count(shape, axis):
    """How many entries are reduced to one."""
    return math.prod([shape[i] for i in axes_of(axis, len(shape))])


def expanded(y, shape, axis=None, keepdims=False):
    """The result of a reduction, or its gradient, repeated over the shape that was reduced.

    A large one is a read-only view, which no operand's memory layout has to yield to.
    """
    if not keepdims and axis is not None:
        y = np.reshape(y, kept_shape(shape, axis))
    if math.prod(shape) > 4096:
        return np.broadcast_to(y, shape)
    z = np.empty(shape, np.asarray(y).dtype)
    z[...] = y
    return z


def mean(x, axis=None, keepdims=False):
    """Σ / n; NaN of nothing, with NumPy's warning."""
    if getattr(x, "dtype", None) == np.float16:  # whose sum may overflow where the mean does not
        return mean(x.astype(np.float32), axis, keepdims).astype(np.float16)
    return total(x, axis, keepdims) / count(np.shape(x), axis)


def var(x, axis=None, ddof=0, keepdims=False):
    """The mean square of what is left without the mean; without a degree of freedom NumPy's inf or NaN."""
    return _spread(x, axis, ddof, keepdims, root=False)


def std(x, axis=None, ddof=0, keepdims=False):
    """The square root of ``var``, right where that would overflow or underflow too."""
    return _spread(x, axis, ddof, keepdims, root=True)


def _spread(x, axis, ddof, keepdims, root):
    x = floating(x)
    if x.dtype == np.float16:
        return _spread(x.astype(np.float32), axis, ddof, keepdims, root).astype(np.float16)
    freedom = count(x.shape, axis) - ddof
    if not x.ndim or freedom <= 0:
        return (np.std if root else np.var)(x, axis=axis, ddof=ddof, keepdims=keepdims)
    d = x - mean(x, axis, keepdims=True)
    if root:
        return _length(d, axis, keepdims) / math.sqrt(freedom)
    d *= d
    return total(d, axis, keepdims) / freedom


# Squares below lose digits, and what is left of them is no longer right.
_LEAST = {c: float(np.finfo(c).tiny / np.finfo(c).eps) for c in "fdg"}


def _length(x, axis, keepdims):
    """√Σx². Where that over- or underflows, x is scaled first."""
    with np.errstate(over="ignore", under="ignore"):
        squares = total(x * x, axis, keepdims)
    least = _LEAST[x.dtype.char]
    if squares.ndim and squares.size:
        usual = squares.min() >= least and squares.max() < math.inf
    else:
        usual = not squares.size or least <= squares < math.inf
    return (
        np.sqrt(squares) if usual else _scaled_length(x, axis, keepdims, np.reshape(squares, kept_shape(x.shape, axis)))
    )


def _scaled_length(x, axis, keepdims, squares):
    scale = np.max(np.abs(x), axis=axis, keepdims=True, initial=0.0)
    extreme = ~((squares >= _LEAST[x.dtype.char]) & (squares < math.inf))
    scale = np.where(extreme & (scale > 0) & (scale < math.inf), scale, scale.dtype.type(1))
    scaled = x / scale
    y = np.sqrt(total(scaled * scaled, axis, keepdims=True)) * scale
    return y if keepdims else np.reshape(y, reduced_shape(x.shape, axis))[()]


def products_of_others(x, axis=None):
    """For each entry the product of all others that it is multiplied with: right with zeros too.

    The products of all entries before it and of all entries after it, multiplied.
    """
    axes = axes_of(axis, x.ndim)
    kept = [i for i in range(x.ndim) if i not in axes]
    order = [*kept, *axes]
    rows = x.transpose(order)
    shape = rows.shape
    rows = rows.reshape([x.shape[i] for i in kept] + [count(x.shape, axis)])
    others = np.ones(rows.shape, x.dtype)
    np.cumprod(rows[..., :-1], axis=-1, out=others[..., 1:])
    after = np.ones_like(others)
    np.cumprod(rows[..., :0:-1], axis=-1, out=after[..., -2::-1])
    others *= after
    return others.reshape(shape).transpose(np.argsort(order))


def cumsum(x, axis=None):
    """Running sums: those of float16 and of float32 in the next wider dtype, since they are added up one by one."""
    wider = _WIDER.get(getattr(x, "dtype", np.dtype(object)).char)
    return np.cumsum(x, axis=axis) if wider is None else np.cumsum(x, axis=axis, dtype=wider).astype(x.dtype)


def cumsum_reversed(x, shape=None, axis=None):
    """Running sums from the last entry to the first, reshaped to ``shape``."""
    axis = 0 if axis is None else axis
    y = np.flip(cumsum(np.flip(x, axis), axis), axis)
    return y if shape is None else y.reshape(shape)


# -- extrema -----------------------------------------------------------------------------------


def extremum(name):
    """(values, positions) of ``max`` or ``min``.

    Along one axis the positions are the index of the first extremum, as a kept axis; along none or
    several they are the mask of all tied entries.
    """
    reduce, search = getattr(np, name), getattr(np, "arg" + name)

    def along(x, axis=None, keepdims=False):
        if not isinstance(axis, int | np.integer):
            y = reduce(x, axis=axis, keepdims=keepdims)
            return y, tied(x, y, axis, keepdims)
        found = native.extrema(x, int(axis), name == "min") if native else None
        if found is None:
            at = search(x, axis=axis, keepdims=True)
            if np.size(x) < _LARGE:
                return reduce(x, axis=axis, keepdims=keepdims), at
            found = np.take_along_axis(x, at, axis), at  # a second search would take as long as the first
        y, at = found
        return y if keepdims else y.squeeze(axis)[()], at

    return along


def put_along(y, at, shape, axis):
    """Zeros of this shape, but for y, which has the shape of ``at``, at these places along one axis."""
    y = np.reshape(y, at.shape)
    x = native.put_extrema(y, at, shape[axis], int(axis)) if native else None
    if x is None:
        x = np.zeros(shape, y.dtype)
        np.put_along_axis(x, at, y, axis)
    return x


def extremum_shared(name):
    """(values, mask of all tied entries) of ``amax`` or ``amin``."""
    reduce = getattr(np, name)

    def along(x, axis=None, keepdims=False):
        y = reduce(x, axis=axis, keepdims=keepdims)
        return y, tied(x, y, axis, keepdims)

    return along


def tied(x, y, axis=None, keepdims=False):
    """Where x equals the reduced y, or is NaN."""
    y = y if keepdims or axis is None else np.reshape(y, kept_shape(np.shape(x), axis))
    mask = np.equal(x, y)
    if np.asarray(x).dtype.kind == "f" and np.isnan(y).any():
        mask = mask | np.isnan(x)
    return mask


def first(at, shape, axis):
    """The mask of the entries at the index ``at`` along one axis."""
    if not shape:
        return np.True_
    axis = axis % len(shape)
    return at == np.arange(shape[axis]).reshape([-1 if i == axis else 1 for i in range(len(shape))])


# -- with exponentials -------------------------------------------------------------------------


def _peak(x, axis):
    """The maximum along axes as kept axes, −inf of nothing."""
    return np.max(x, axis=axis, keepdims=True, initial=-np.inf)


def _by_rows(x, axis, name):
    """The compiled softmax, or its logarithm, along the last axis or all of them; None where there is none."""
    if native is None or not x.ndim:
        return None
    if axis is None and x.flags.c_contiguous:
        y = getattr(native, name)(x.reshape(1, -1))
        return None if y is None else y.reshape(x.shape)
    return getattr(native, name)(x) if axis in (-1, x.ndim - 1) else None


def softmax(x, axis=-1):
    """e^x / Σ e^x, after the maximum is subtracted: nothing overflows."""
    x = floating(x)
    if x.dtype == np.float16:
        return softmax(x.astype(np.float32), axis).astype(np.float16)
    y = _by_rows(x, axis, "softmax")
    if y is not None:
        return y
    y = np.exp(x - _peak(x, axis))
    return y / total(y, axis, keepdims=True)


def log_softmax(x, axis=-1):
    """x − log Σ e^x, after the maximum is subtracted."""
    x = floating(x)
    if x.dtype == np.float16:
        return log_softmax(x.astype(np.float32), axis).astype(np.float16)
    y = _by_rows(x, axis, "log_softmax")
    if y is not None:
        return y
    y = x - _peak(x, axis)
    with np.errstate(divide="ignore"):  # the sum is 0 only where there is no entry
        return y - np.log(total(np.exp(y), axis, keepdims=True))


def softmax_gradient(g, y, axis):
    """y · (g − Σ g · y) for the softmax y; None where that is not compiled, or where it takes more care."""
    return native.softmax_gradient(g, y) if native and _is_last(axis, y) else None


def log_softmax_gradient(g, y, axis):
    """g − e^y · Σ g for the logarithm y of a softmax; None likewise."""
    return native.log_softmax_gradient(g, y) if native and _is_last(axis, y) else None


def _is_last(axis, x):
    return axis in (-1, np.ndim(x) - 1)


def logsumexp(x, axis=None, keepdims=False):
    """log Σ e^x, the maximum taken out; −inf of nothing and of −inf alone, inf where an entry is."""
    x = floating(x)
    if x.dtype == np.float16:
        return logsumexp(x.astype(np.float32), axis, keepdims).astype(np.float16)
    peak = _peak(x, axis)
    peak = np.where(np.isfinite(peak), peak, peak.dtype.type(0))
    with np.errstate(divide="ignore"):
        y = np.log(total(np.exp(x - peak), axis, keepdims=True)) + peak
    return y if keepdims else np.reshape(y, reduced_shape(x.shape, axis))[()]


def norm(x, ord=None, axis=None, keepdims=False):
    """The vector norm along axes: Euclidean for None and 2, Σ|x| for 1, the largest |x| for inf."""
    x = floating(x)
    if x.dtype == np.float16:
        return norm(x.astype(np.float32), ord, axis, keepdims).astype(np.float16)
    axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    if ord not in (None, 1, 2, np.inf):
        raise ValueError(
            "no such norm here; the orders are None (or 2), 1 and inf\n  others: linalg.norm, or p=, PyTorch's word"
        )
    if ord is not None and len(axes) != 1:
        raise ValueError(
            "an order and other than one axis asks for a matrix norm, which is linalg.norm\n"
            "  use ord=None for the Euclidean norm of all entries, name one axis, or flatten with reshape(-1)"
        )
    if ord == 1:
        return total(np.abs(x), axis, keepdims)
    if ord == np.inf:
        return np.max(np.abs(x), axis=axis, keepdims=keepdims, initial=0.0)
    return _length(x, axis, keepdims)
