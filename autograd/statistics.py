"""Statistics under NumPy's names: quantiles, weighted means, covariances, and sums of what is not NaN.

Each is a few operations, so that gradients flow to any order and pictures show what happens. The gradient of a quantile
goes to the one or two entries between which it lies, as that of ``max`` goes to the largest; of equal entries to those
that come there in stable order. Positional arguments and ``axis=`` mean what they mean in NumPy, ``dim=``, ``keepdim=``
and ``correction=`` what they mean in PyTorch.

>>> import autograd as ag
>>> x = ag.Tensor([4.0, 1.0, 3.0, 2.0], requires_grad=True)
>>> ag.quantile(x, 0.75).backward()
>>> x.grad
array([0.25, 0.  , 0.75, 0.  ])
"""

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from .composed import cumprod, without_nan
from .errors import refuse_static_gradient
from .of_values import order_of
from .ops.arithmetic import multiply
from .ops.elementwise import clip, sqrt, where
from .ops.indexing import take_along_axis
from .ops.linalg import diagonal, matmul
from .ops.reduction import cumsum, max, mean, min, prod, sum
from .ops.shaping import broadcast_to, concatenate, expand_dims, moveaxis, ravel, reshape, transpose
from .tensors import Tensor, raw, wrap
from .words import Picked, in_dtype

__all__ = [
    "average", "corrcoef", "cov", "histogram", "nancumprod", "nancumsum", "nanmax", "nanmedian", "nanmin",
    "nanpercentile", "nanprod", "nanquantile", "nanstd", "nanvar", "percentile", "quantile",
]  # fmt: skip

METHODS = {
    "linear": lambda place: (np.floor(place), place % 1),
    "lower": lambda place: (np.floor(place), 0 * place),
    "higher": lambda place: (np.ceil(place), 0 * place),
    "nearest": lambda place: (np.rint(place), 0 * place),
    "midpoint": lambda place: (np.floor(place), 0.5 * (place % 1 > 0)),
}
"""{how to read between two entries: the position of the lower one, and the share of the upper one}."""


# -- quantiles ---------------------------------------------------------------------------------


def quantile(
    x: Any,
    q: Any,
    axis: Any = None,
    method: str = "linear",
    keepdims: bool = False,
    *,
    dim: int | None = None,
    keepdim: bool = False,
    interpolation: str | None = None,
) -> Any:
    """The numbers below which the parts ``q`` of the entries lie.

    Parameters
    ----------
    x : array or Tensor of numbers. NaN along the axis gives NaN.
    q : a number from 0 to 1, or an array of such, whose axes come first in the result. It has no gradient.
    axis, dim : an axis or several; by default all.
    method, interpolation : between two entries "linear" (by default), "lower", "higher", "nearest", "midpoint".

    A quantile that lies at an entry is that entry; where it or the next one is infinite, NumPy gives NaN.

    The entries in order are x₀ ≤ x₁ ≤ …; with p = q (n − 1) the result is x_⌊p⌋ + (p − ⌊p⌋) (x_⌊p⌋₊₁ − x_⌊p⌋).

    Source: NumPy's documentation of ``quantile``.

    >>> import autograd as ag
    >>> ag.quantile(ag.Tensor([[1.0, 2.0], [5.0, 4.0]]), [0.0, 0.25], axis=0)
    Tensor([[1. , 2. ],
            [2. , 2.5]])
    """
    return _quantile("quantile", x, q, axis if dim is None else dim, interpolation or method, keepdims or keepdim)


def nanquantile(
    x: Any,
    q: Any,
    axis: Any = None,
    method: str = "linear",
    keepdims: bool = False,
    *,
    dim: int | None = None,
    keepdim: bool = False,
    interpolation: str | None = None,
) -> Any:
    """``quantile`` of the entries that are not NaN; where all are, NaN."""
    along = axis if dim is None else dim
    return _quantile("nanquantile", x, q, along, interpolation or method, keepdims or keepdim, of_nan=False)


def percentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """``quantile`` with ``q`` from 0 to 100."""
    return _quantile("percentile", x, q, axis, method, keepdims, whole=100)


def nanpercentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """``percentile`` of the entries that are not NaN; where all are, NaN."""
    return _quantile("nanpercentile", x, q, axis, method, keepdims, of_nan=False, whole=100)


def nanmedian(
    x: Any, axis: Any = None, keepdims: bool = False, *, dim: int | None = None, keepdim: bool | None = None
) -> Any:
    """The middle of the entries that are not NaN, of an even number the mean of the middle two, as in NumPy.

    dim, keepdim : PyTorch's words; with one of them the result is the pair (values, indices) of the lower middle entry
    """
    if dim is None and keepdim is None:
        return _quantile("nanmedian", x, 0.5, axis, "linear", keepdims, of_nan=False)
    along = -1 if dim is None and axis is None else axis if dim is None else dim
    if not np.ndim(raw(x)):
        return nanmedian(reshape(x, 1), dim=along)
    order = order_of(raw(x), along, stable=True)
    middle = (np.sum(~np.isnan(raw(x)), along, keepdims=True) - 1) // 2
    if not np.shape(raw(x))[along]:
        raise ValueError(_no_entries("nanmedian", x))
    places = np.take_along_axis(order, np.maximum(middle, 0), along)
    values = take_along_axis(x, places, along)
    if keepdim:
        return Picked(values, places)
    return Picked(reshape(values, np.squeeze(places, along).shape), np.squeeze(places, along))


def _no_entries(who, x):
    return f"{who}: there are no entries\n  x: {np.shape(raw(x))}\n  at least one is needed along the axis"


def _quantile(who, x, q, axis, method, keepdims, *, of_nan=True, whole=1):
    if method not in METHODS:
        raise ValueError(f"{who}: the method is one of {', '.join(METHODS)}\n  method: {method!r}")
    parts = np.asarray(_constant(who, "q", q), np.float64) / whole
    if not np.all((parts >= 0) & (parts <= 1)):
        raise ValueError(f"{who}: q lies between 0 and {whole}\n  q: {raw(q)}")
    rows, shape = _rows(x, axis)
    values = np.asarray(raw(rows))
    length = values.shape[-1]
    if not length:
        raise ValueError(_no_entries(who, x))
    missing = np.isnan(values)
    count = length if of_nan else np.maximum(length - np.sum(missing, -1, keepdims=True), 1)
    low, share = METHODS[method](np.ravel(parts) * (count - 1) * np.ones((*values.shape[:-1], 1)))
    low = low.astype(np.intp)
    order = np.argsort(values, -1, stable=True)
    places = (np.take_along_axis(order, at, -1) for at in (low, np.minimum(low + 1, length - 1)))
    below, above = (take_along_axis(rows, at, -1) for at in places)
    share = share.astype(values.dtype if values.dtype.kind == "f" else np.float64)
    y, between = below, share > 0
    if between.any():  # an entry itself is read as it is, even if it or the next one is infinite
        low_end, high_end = where(between, below, 0.0), where(between, above, 0.0)
        nearer, step = where(share < 0.5, low_end, high_end), where(share < 0.5, share, share - 1)
        y = where(between, nearer + (high_end - low_end) * step, below)
    if of_nan and missing.any():
        y = where(missing.any(-1, keepdims=True), math.nan, y)
    kept = tuple([1 if axis is None or i in _axes(x, axis) else n for i, n in enumerate(np.shape(raw(x)))])
    return reshape(moveaxis(y, -1, 0), (*parts.shape, *(kept if keepdims else shape)))


def _constant(who, name, value):
    """The values of an argument by which there is no gradient; one that requires it would silently get none."""
    if isinstance(value, Tensor) and value.requires_grad:
        raise refuse_static_gradient(who, name, value)
    return raw(value)


def _axes(x, axis):
    return normalize_axis_tuple(axis, np.ndim(raw(x)))


def _rows(x, axis):
    """x with the axes that go away joined into a last one, and the shape of the others."""
    shape = np.shape(raw(x))
    if axis is None:
        return ravel(x), ()
    gone = _axes(x, axis)
    others = [i for i in range(len(shape)) if i not in gone]
    left = tuple([shape[i] for i in others])
    joined = math.prod([shape[i] for i in gone])
    return reshape(transpose(x, (*others, *gone)), (*left, joined)), left


# -- of what is not NaN ------------------------------------------------------------------------


def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The product of what is not NaN."""
    return prod(without_nan(x, 1.0), axis, keepdims)


def nancumsum(x: Any, axis: int | None = None) -> Any:
    """Running sums along an axis, of which NaN is no part; None flattens first."""
    return cumsum(without_nan(x, 0.0), axis)


def nancumprod(x: Any, axis: int | None = None) -> Any:
    """Running products along an axis, of which NaN is no part; None flattens first."""
    return cumprod(without_nan(x, 1.0), axis)


def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest entry that is not NaN; where all are, NaN. The gradient goes where that of ``max`` goes."""
    return _extremum(max, -math.inf, x, axis, keepdims)


def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest entry that is not NaN; where all are, NaN. The gradient goes where that of ``min`` goes."""
    return _extremum(min, math.inf, x, axis, keepdims)


def _extremum(extremum, least, x, axis, keepdims):
    y = extremum(without_nan(x, least), axis, keepdims)
    missing = np.isnan(raw(x)).all(axis, keepdims=keepdims)
    return where(missing, math.nan, y) if np.any(missing) else y


def nanvar(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The mean square of the distances from the mean, of what is not NaN; divided by the count less ``ddof``."""
    present = ~np.isnan(raw(x))
    count = np.sum(present, axis, keepdims=True)
    dtype = np.result_type(np.asarray(raw(x)).dtype, np.float16)

    def divided(total, by):  # an axis without entries has no mean
        return in_dtype(total * np.divide(1.0, by, out=np.full(np.shape(by), math.nan), where=by > 0), dtype)

    middle = divided(sum(without_nan(x, 0.0), axis, True), count)
    distance = where(present, x - middle, 0.0)
    return divided(sum(distance * distance, axis, keepdims), np.sum(present, axis, keepdims=keepdims) - ddof)


def nanstd(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The square root of ``nanvar``; its gradient is infinite or NaN where all entries are equal."""
    return sqrt(nanvar(x, axis, ddof, keepdims))


# -- weighted means and covariances ------------------------------------------------------------


def average(x: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    """The mean, where each entry counts by its weight: Σ w x / Σ w.

    Parameters
    ----------
    x : array or Tensor.
    axis : an axis or several; by default all.
    weights : as many as x has entries, or a row along the one axis; by default all equal. They have gradients too.
    returned : the pair (mean, sum of the weights).

    Source: NumPy's documentation of ``average``.

    >>> import autograd as ag
    >>> ag.average(ag.Tensor([1.0, 2.0, 6.0]), weights=[1.0, 1.0, 2.0])
    Tensor(3.75)
    """
    shape = np.shape(raw(x))
    if weights is None:
        y = mean(x, axis, keepdims)
        total = np.full(np.shape(raw(y)), np.size(raw(x)) / np.maximum(np.size(raw(y)), 1))
        return (y, total) if returned else y
    if np.shape(raw(weights)) != shape:
        if axis is None or np.shape(raw(weights)) != tuple([shape[i] for i in _axes(x, axis)]):
            raise ValueError(
                "average: weights are as many as x has entries, or as are along the axis\n"
                f"  x: {shape}\n  weights: {np.shape(raw(weights))}\n  axis: {axis}"
            )
        gone = _axes(x, axis)
        weights = transpose(weights, np.argsort(gone).tolist())
        weights = reshape(weights, [shape[i] if i in gone else 1 for i in range(len(shape))])
    total = sum(broadcast_to(weights, shape), axis, keepdims)
    if np.any(np.asarray(raw(total)) == 0):
        raise ZeroDivisionError(f"average: the weights sum up to 0\n  weights: {np.shape(raw(weights))}")
    y = sum(multiply(x, weights), axis, keepdims) / total
    return (y, total) if returned else y


def cov(
    x: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    correction: int | None = None,
) -> Any:
    """The covariances of variables, of which each row is one: c_ij = Σ (x_i − x̄_i) (x_j − x̄_j) / (n − 1).

    Parameters
    ----------
    x, y : rows of observations; y has more variables of as many observations. float32 stays so, as in PyTorch.
    rowvar : False where each column is a variable.
    bias, ddof, correction : what is taken from the number of observations: by default 1, with ``bias`` 0.
    fweights, aweights : how often each observation was made, and how much it counts. They have no gradient.

    Source: NumPy's documentation of ``cov``.

    >>> import autograd as ag
    >>> ag.cov(ag.Tensor([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]]))
    Tensor([[ 1. , -0.5],
            [-0.5,  1. ]])
    """
    rows = _variables("cov", x, rowvar)
    if y is not None:
        rows = concatenate([rows, _variables("cov", y, rowvar)], 0)
    count = rows.shape[1]
    ddof = next((one for one in (correction, ddof) if one is not None), 0 if bias else 1)
    weights = np.ones(count)
    for name, given in (("fweights", fweights), ("aweights", aweights)):
        if given is not None:
            weights = weights * _weights(name, given, count)
    total = np.sum(weights)
    if aweights is None or not ddof:
        divisor = total - ddof
    else:
        divisor = total - ddof * np.sum(weights * np.asarray(raw(aweights))) / total
    dtype = np.result_type(np.asarray(raw(rows)).dtype, np.float16)
    share = (weights / total).astype(dtype) if total else np.full(count, math.nan)
    distance = rows - sum(rows * share, 1, True)
    product = matmul(distance * weights.astype(dtype), transpose(distance))
    c = product * (1 / float(divisor) if divisor > 0 else math.nan if not total else math.inf)
    return reshape(c, ()) if c.shape == (1, 1) else c


def _variables(who, x, rowvar):
    axes = np.ndim(raw(x))
    if axes > 2:
        raise ValueError(f"{who}: a row, or a matrix of which each row is a variable\n  x: {np.shape(raw(x))}")
    return reshape(x, (1, -1)) if axes < 2 else x if rowvar or len(raw(x)) == 1 else transpose(x)


def _weights(name, given, count):
    given = np.asarray(_constant("cov", name, given))
    if given.shape != (count,) or np.any(given < 0) or (name == "fweights" and np.any(given != np.rint(given))):
        kind = "a whole number" if name == "fweights" else "a number"
        raise ValueError(
            f"cov: {name} needs {kind} from 0 on for each observation\n  {name}: {given.shape}\n  observations: {count}"
        )
    return given


def corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    """The correlations of variables, of which each row is one: c_ij / √(c_ii c_jj) with the covariances c.

    A variable whose observations are all equal has none: NaN, and so are the gradients.

    >>> import autograd as ag
    >>> ag.corrcoef(ag.Tensor([1.0, 2.0, 3.0]), [3.0, 1.0, 2.0])
    Tensor([[ 1. , -0.5],
            [-0.5,  1. ]])
    """
    c = cov(x, y, rowvar)
    if not np.ndim(raw(c)):
        return c / c
    spread = sqrt(diagonal(c))
    return clip(c / expand_dims(spread, 1) / expand_dims(spread, 0), -1, 1)


# -- counts ------------------------------------------------------------------------------------


def histogram(x: Any, bins: Any = 10, range: Any = None, density: bool = False, weights: Any = None) -> tuple[Any, Any]:
    """How many entries fall between each two neighbouring edges, and the edges; arguments as of NumPy's ``histogram``.

    It has no gradient: of Tensors it gives Tensors without history.

    >>> import autograd as ag
    >>> ag.histogram(ag.Tensor([1.0, 2.0, 1.5, 4.0]), 3)
    (Tensor([2, 1, 1]), Tensor([1., 2., 3., 4.]))
    """
    bins = bins if isinstance(bins, str) else raw(bins)
    counts, edges = np.histogram(raw(x), bins, range, density, raw(weights))
    return (wrap(counts), wrap(edges)) if isinstance(x, Tensor) else (counts, edges)
