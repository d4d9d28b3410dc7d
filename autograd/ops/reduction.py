"""Operations that reduce along axes: sums, means, products, extrema, norms; running sums and softmax.

``axis`` is None for all axes, one int, or a tuple of them; with ``keepdims`` the reduced axes stay,
of length 1. The gradient of a reduction is its incoming gradient, expanded over what was reduced.

Long because a declaration says all there is to an operation: formula, rules, samples, documentation.
"""

import math

import numpy as np

from ..declaration import CodeBy, operation, rule
from ..kernels import reductions as kernels
from ..of_values import of_value
from ..program import helpers
from ..samples import distinct, nonzero, reals, sample
from ..tensors import Tensor, raw, wrap
from ..traits import Factor
from ..words import DTYPE, Picked
from . import in_onnx
from .broadcasting import sum_to
from .elementwise import by_sign, exp, log, maximum, minimum, where
from .precision import in_single
from .shaping import astype, concatenate, flip, reshape, transpose

__all__ = [
    "amax", "amin", "cumsum", "log_softmax", "logsumexp", "max", "mean", "min", "norm", "prod", "softmax", "std", "sum",
    "sum_to", "var",
]  # fmt: skip


_AXES = """Parameters
    ----------
    x : array or Tensor
    axis : None for all axes, an int, or a tuple of ints
    keepdims : keep the reduced axes, with length 1"""


def _variants(draw):
    """One array along all axes, one axis, several; kept and not; without axes; empty."""
    return [
        sample(draw(3, 4)),
        sample(draw(2, 3), keepdims=True),
        sample(draw(3, 4), axis=0),
        sample(draw(2, 3, 2), axis=-2, keepdims=True),
        sample(draw(2, 3, 2), axis=(0, 2)),
        sample(draw(2, 3, 2), axis=(-1, 0), keepdims=True),
        sample(draw()),
        sample(draw(0, 3), axis=1),
    ]


_EMPTY = [sample(reals(0, 3)), sample(reals(2, 0), axis=1), sample(reals(2, 0), axis=0, keepdims=True)]


# -- sums --------------------------------------------------------------------------------------


expand_reduced = operation(
    "expand_reduced",
    lambda x, shape, axis=None, keepdims=False: kernels.expanded(x, shape, axis, keepdims),
    symbol="expand",
    kind="shape",
    traits=["companion"],
    formula=r"y_{i \ldots j} = x_j",
    code="np.broadcast_to(x if keepdims or axis is None else np.expand_dims(x, axis), shape)",
    rules=[rule(lambda g, axis, keepdims: sum(g, axis, keepdims), local="1")],
    samples=[
        sample(reals(), (2, 3)),
        sample(reals(3), (2, 3), axis=0),
        sample(reals(2), (2, 3, 2), axis=(1, -1)),
        sample(reals(2, 1), (2, 3), axis=1, keepdims=True),
        sample(reals(0), (0, 3), axis=1),
    ],
    doc="The transpose of ``sum`` with this axis and keepdims: each entry repeated over what was summed in shape.",
)


sum = operation(
    "sum",
    kernels.total,
    symbol="Σ",
    kind="reduction",
    onnx=in_onnx.reduction("ReduceSum"),
    traits=["sums"],
    formula=r"y = \sum_i x_i",
    code="np.sum(x, axis=axis, keepdims=keepdims)",
    rules=[rule(lambda g, x_shape, axis, keepdims: expand_reduced(g, x_shape, axis, keepdims), local="1")],
    samples=[*_variants(reals), *_EMPTY],
    words=DTYPE,
    doc=f"""The sum along axes, as NumPy's ``sum``; 0 of nothing.

    {_AXES}

    >>> import autograd as ag
    >>> x = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> ag.sum(x, axis=0).backward(gradient=[1.0, 10.0])
    >>> x.grad
    array([[ 1., 10.],
           [ 1., 10.]])""",
)


def _count(x, y, ddof=0):
    """How many entries of x each of y comes from, less ``ddof``."""
    return np.size(x) // (np.size(y) or 1) - ddof


def _factors_of_mean(x, y):
    n = _count(x, y)
    return [Factor(1 / n, "the 1/N of the mean in {at}", f" (N = {n})")] if n else []


@in_single
def _over(g, count):
    return g / count


mean = operation(
    "mean",
    kernels.mean,
    symbol="mean",
    kind="reduction",
    onnx=in_onnx.reduction("ReduceMean"),
    traits=["averages"],
    factors=_factors_of_mean,
    formula=r"y = \frac{1}{n} \sum_i x_i",
    code="np.mean(x, axis=axis, keepdims=keepdims)",
    rules=[
        rule(
            lambda g, x_shape, axis, keepdims: expand_reduced(
                _over(g, kernels.count(x_shape, axis)), x_shape, axis, keepdims
            ),
            local=r"\frac{1}{n}",
        )
    ],
    samples=_variants(reals),
    words=DTYPE,
    doc=f"""The mean along axes, as NumPy's ``mean``; NaN of nothing.

    {_AXES}

    >>> import autograd as ag
    >>> x = ag.Tensor([1.0, 2.0, 6.0, 7.0], requires_grad=True)
    >>> y = ag.mean(x)
    >>> y.backward()
    >>> float(y), x.grad
    (4.0, array([0.25, 0.25, 0.25, 0.25]))""",
)


@in_single
def _var_by_x(g, x, axis, ddof, keepdims):
    n = kernels.count(x.shape, axis)
    return expand_reduced(2 * g / (n - ddof), x.shape, axis, keepdims) * (x - mean(x, axis, True))


_SPREAD_WORDS = {"unbiased": "unbiased", "correction": "correction"}


def _spread_in_torch(spread, x, axis=None, unbiased=None, keepdims=False, *, correction=None):
    """Divided by n − 1 unless told otherwise."""
    if unbiased is not None and correction is not None:
        raise TypeError(f"{spread.__name__}: give unbiased= or correction=, not both")
    given = correction if unbiased is None else int(unbiased)
    return spread(x, axis, 1 if given is None else given, keepdims)


_ddofs = [sample(reals(3, 4), ddof=1), sample(reals(3, 4), axis=0, ddof=2), sample(reals(2, 3), 1, 1, True)]


def _factors_of_std(x, y, ddof):
    n = _count(x, y, ddof)
    return [Factor(1 / n, "the 1/N of {at}", f" (N = {n})")] if n else []


var = operation(
    "var",
    kernels.var,
    kind="reduction",
    factors=lambda x, y, ddof: [*_factors_of_std(x, y, ddof), Factor(2, "the 2 of the square in {at}")],
    formula=r"y = \frac{1}{n - d} \sum_i (x_i - \overline{x})^2",
    code="np.var(x, axis=axis, ddof=ddof, keepdims=keepdims)",
    rules=[rule(_var_by_x, local=r"\frac{2}{n - d} (x_i - \overline{x})")],
    samples=[*_variants(reals), *_ddofs],
    words=_SPREAD_WORDS,
    in_torch_words=lambda *args, **kwargs: _spread_in_torch(var, *args, **kwargs),
    doc="""The variance along axes, as NumPy's ``var``: the mean square distance from the mean.

    Parameters
    ----------
    x : array or Tensor
    axis : None for all axes, an int, or a tuple of ints
    ddof : what is subtracted from the number of entries before dividing (d in the formula): 0 for the
        variance of the entries themselves, 1 for the unbiased estimate, which is PyTorch's default
    keepdims : keep the reduced axes, with length 1
    dim, keepdim, unbiased, correction : PyTorch's words, with which it divides by n − 1 unless told otherwise

    >>> import autograd as ag
    >>> float(ag.var([1.0, 2.0, 3.0])), float(ag.var([1.0, 2.0, 3.0], ddof=1))
    (0.6666666666666666, 1.0)""",
)


def _along(x, g, y, axis, keepdims):
    """x · g / y, and 0 where the length y is: there is no derivative.

    The product is chosen, not its divisor: to second order it is then NaN, as it should be, and not what is left
    of the product rule where one of its terms is missing.
    """
    y_is_0 = raw(y) == 0
    if not np.any(y_is_0):
        return expand_reduced(g / y, x.shape, axis, keepdims) * x
    off = kernels.expanded(y_is_0, x.shape, axis, keepdims)
    return where(off, 0.0, expand_reduced(g / y, x.shape, axis, keepdims) * x)


@in_single
def _std_by_x(g, x, y, axis, ddof, keepdims):
    n = kernels.count(x.shape, axis)
    return _along(x - mean(x, axis, True), g / (n - ddof), y, axis, keepdims)


_spread = [one for one in _variants(distinct) if one.args[0].shape]  # of one number it has no derivative

std = operation(
    "std",
    kernels.std,
    kind="reduction",
    factors=_factors_of_std,
    formula=r"y = \sqrt{\frac{1}{n - d} \sum_i (x_i - \overline{x})^2}",
    code="np.std(x, axis=axis, ddof=ddof, keepdims=keepdims)",
    rules=[rule(_std_by_x, local=r"\frac{x_i - \overline{x}}{(n - d) \, y}")],
    samples=[*_spread, *_ddofs],
    words=_SPREAD_WORDS,
    in_torch_words=lambda *args, **kwargs: _spread_in_torch(std, *args, **kwargs),
    doc="""The standard deviation along axes, as NumPy's ``std``: the square root of ``var``.

    Parameters
    ----------
    x : array or Tensor
    axis : None for all axes, an int, or a tuple of ints
    ddof : as for ``var`` (d in the formula)
    keepdims : keep the reduced axes, with length 1
    dim, keepdim, unbiased, correction : as for ``var``

    Where all entries are equal the gradient is 0, as in PyTorch.

    >>> import autograd as ag
    >>> float(ag.std([2.0, 4.0]))
    1.0""",
)


# -- products and running sums -----------------------------------------------------------------


def _products_of_others(x, axis):
    """For each entry the product of all others along the axes: no division, so zeros need no care.

    On Tensors by the products of pairs, of pairs of pairs, …: what the others of a pair make, times the other of it.
    """
    n = kernels.count(x.shape, axis)
    if not isinstance(x, Tensor):
        return kernels.products_of_others(raw(x), axis)
    axes = kernels.axes_of(axis, x.ndim)
    order = [*[i for i in range(x.ndim) if i not in axes], *axes]
    rows = transpose(x, order)
    others = _others_in_rows(reshape(rows, (-1, n)))
    return transpose(reshape(others, rows.shape), list(np.argsort(order)))


def _others_in_rows(rows):
    """The others of two or more entries in each row."""
    n = rows.shape[-1]
    half = n // 2
    if n == 2:
        return flip(rows, 1)
    left, right, rest = rows[:, :half], rows[:, half : 2 * half], rows[:, 2 * half :]
    if n == 3:
        return concatenate([right * rest, left * rest, left * right], axis=1)
    others = _others_in_rows(concatenate([left * right, rest], axis=1))
    of_pairs = others[:, :half]
    return concatenate([of_pairs * right, of_pairs * left, others[:, half:]], axis=1)


@in_single
def _prod_by_x(g, x, axis, keepdims):
    """0 where another entry is 0, whatever comes in; to second order that is NaN where what comes in is not finite."""
    g = expand_reduced(g, x.shape, axis, keepdims)
    if kernels.count(x.shape, axis) < 2:
        return g
    others = _products_of_others(x, axis)
    if np.isfinite(raw(g)).all():
        return g * others
    return where(raw(others) == 0, 0.0, g * others)


prod = operation(
    "prod",
    in_single(lambda x, axis=None, keepdims=False: np.multiply.reduce(x, axis=axis, keepdims=keepdims)),
    symbol="Π",
    kind="reduction",
    onnx=in_onnx.reduction("ReduceProd"),
    traits=["multiplies"],
    formula=r"y = \prod_i x_i",
    code="np.prod(x, axis=axis, keepdims=keepdims)",
    rules=[rule(_prod_by_x, local=r"\prod_{j \neq i} x_j", at="i")],
    samples=[
        *_variants(nonzero),
        *_EMPTY,
        sample(np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 4.0]]), axis=1),
        sample(np.array([0.0, 2.0, -3.0])),
    ],
    words=DTYPE,
    doc=f"""The product along axes, as NumPy's ``prod``; 1 of nothing.

    {_AXES}

    The gradient of an entry is the product of the others, right for entries of 0 too, to any order.

    >>> import autograd as ag
    >>> x = ag.Tensor([2.0, 0.0, 5.0], requires_grad=True)
    >>> ag.prod(x).backward()
    >>> x.grad
    array([ 0., 10.,  0.])""",
)


def _cumsum_reversed_of_batch(op, names, values):
    x, shape, axis = values["x"], values["shape"], values["axis"]
    if axis is not None:
        return cumsum_reversed(x, None, axis % (x.ndim - 1) + 1) if shape is None and x.ndim > 1 else None
    y = cumsum_reversed(reshape(x, (len(x), math.prod(x.shape[1:]))), None, 1)
    return y if shape is None else reshape(y, (len(x), *shape))


cumsum_reversed = operation(
    "cumsum_reversed",
    kernels.cumsum_reversed,
    batch=_cumsum_reversed_of_batch,
    symbol="Σ←",
    kind="cumulative",
    traits=["sums", "companion"],
    formula=r"y_i = \sum_{j \geq i} x_j",
    code=helpers.cumsum_reversed,
    rules=[rule(lambda g, axis: cumsum(g, axis), local=r"[j \geq i]", at="j")],
    samples=[sample(reals(6), (2, 3)), sample(reals(3, 4), axis=1), sample(reals(3, 2), None, 0)],
    doc="The transpose of ``cumsum`` along axis: running sums from the last entry on, reshaped to shape if given.",
)


def _cumsum_in_torch(x, axis=None):
    """Of one number the number, whose axis may be named 0 or −1."""
    y = cumsum(x, axis)
    return y if np.ndim(raw(x)) else reshape(y, ())


cumsum = operation(
    "cumsum",
    kernels.cumsum,
    symbol="Σ→",
    kind="cumulative",
    traits=["sums"],
    formula=r"y_i = \sum_{j \leq i} x_j",
    code="np.cumsum(x, axis=axis)",
    rules=[
        rule(
            lambda g, x_shape, axis: cumsum_reversed(g, x_shape if axis is None else None, axis),
            local=r"[j \leq i]",
            at="j",
        )
    ],
    samples=[
        sample(reals(5)),
        sample(reals(2, 3)),
        sample(reals(3, 4), axis=0),
        sample(reals(2, 3, 2), axis=-2),
        sample(reals()),
        sample(reals(0, 3), axis=0),
        sample(reals(0, 3)),
    ],
    words=DTYPE,
    in_torch_words=lambda *args, **kwargs: _cumsum_in_torch(*args, **kwargs),
    doc="""Running sums along an axis, as NumPy's ``cumsum``.

    Parameters
    ----------
    x : array or Tensor
    axis : an int; None flattens first

    >>> import autograd as ag
    >>> x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> ag.cumsum(x).backward(gradient=[1.0, 1.0, 1.0])
    >>> x.grad
    array([3., 2., 1.])""",
)


# -- extrema -----------------------------------------------------------------------------------


def _tie_count(tied, axis, keepdims):
    """How many entries are tied."""
    return np.asarray(np.count_nonzero(tied, axis=axis, keepdims=keepdims))


_ties = of_value("tie_count", _tie_count, "How many entries along axes are tied.")
_first = of_value("first", kernels.first, "The mask of the entries at an index along one axis.")


def _share_out(g, tied, x_shape, axis, keepdims):
    """To each of the tied entries an equal part of the gradient."""
    part = astype(g / _ties(tied, axis, keepdims), g.dtype)
    return where(tied, expand_reduced(part, x_shape, axis, keepdims), 0.0)


def _count_of_ties(tied, axis):
    """The letter n: how many entries share the gradient."""
    n = np.count_nonzero(tied, axis=axis)
    return {"n": int(n.flat[0]) if np.size(n) and np.ptp(n) == 0 else n} if np.ndim(n) else {"n": n}


def _to_first_or_all(g, at, x_shape, axis, keepdims):
    if not isinstance(axis, int | np.integer):
        return _share_out(g, at, x_shape, axis, keepdims)
    if x_shape and not isinstance(g, Tensor):
        return kernels.put_along(g, at, x_shape, axis)
    return where(_first(at, tuple(x_shape), int(axis)), expand_reduced(g, x_shape, axis, keepdims), 0.0)


def _extremum_in_torch(extremum, place, of_two, x, axis=None, keepdims=False, other=None):
    """Along one axis the indices too; of two arrays that of each pair of entries."""
    if other is not None or np.ndim(raw(axis)) or isinstance(axis, Tensor):
        return of_two(x, axis if other is None else other)
    y = extremum(x, axis, keepdims)
    if axis is None:
        return y
    indices = place(raw(x), axis, keepdims=keepdims)
    return Picked(y, wrap(indices) if isinstance(y, Tensor) else indices)


def _extremum_in_numpy(name):
    """Along one axis the place of the first, else where all of them are."""

    def written(axis):
        if isinstance(axis, int | np.integer):
            return f"np.{name}(x, axis=axis, keepdims=keepdims)", f"np.arg{name}(x, axis=axis, keepdims=True)"
        return _shared_in_numpy(name).function()

    return CodeBy(written)


def _shared_in_numpy(name):
    y = f"np.{name}(x, axis=axis, keepdims=keepdims)"
    return CodeBy(lambda: (y, f"x == np.{name}(x, axis=axis, keepdims=True)"))


max = operation(
    "max",
    kernels.extremum("max"),
    kind="reduction",
    onnx=in_onnx.reduction("ReduceMax"),
    traits=["largest"],
    formula=r"y = \max_i x_i",
    code=_extremum_in_numpy("max"),
    rules=[rule(_to_first_or_all, local=r"1 \;\mathrm{at\;the\;largest\;entry,\;else}\; 0")],
    auxiliaries=["at"],
    samples=_variants(distinct),
    words={"other": "other"},
    in_torch_words=lambda *args, **kwargs: _extremum_in_torch(max, np.argmax, maximum, *args, **kwargs),
    doc=f"""The largest entry along axes, as NumPy's ``max``; NaN where there is one. Of nothing it is a ValueError.

    {_AXES}

    Along one axis the gradient goes to the first largest entry, as in PyTorch; along none or several axes all
    the largest share it evenly, as they always do with ``amax``. With PyTorch's ``dim=`` or ``keepdim=`` the result
    is the pair (values, indices), and an array in place of the axis is the other of two arrays.

    >>> import autograd as ag
    >>> x = ag.Tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]], requires_grad=True)
    >>> ag.max(x, axis=1).backward(gradient=[6.0, 12.0])
    >>> x.grad
    array([[ 0.,  6.,  0.],
           [12.,  0.,  0.]])""",
)

min = operation(
    "min",
    kernels.extremum("min"),
    kind="reduction",
    onnx=in_onnx.reduction("ReduceMin"),
    traits=["smallest"],
    formula=r"y = \min_i x_i",
    code=_extremum_in_numpy("min"),
    rules=[rule(_to_first_or_all, local=r"1 \;\mathrm{at\;the\;smallest\;entry,\;else}\; 0")],
    auxiliaries=["at"],
    samples=_variants(distinct),
    words={"other": "other"},
    in_torch_words=lambda *args, **kwargs: _extremum_in_torch(min, np.argmin, minimum, *args, **kwargs),
    doc=f"""The smallest entry along axes, as NumPy's ``min``; NaN where there is one. Of nothing it is a ValueError.

    {_AXES}

    Along one axis the gradient goes to the first smallest entry, as in PyTorch; along none or several axes all
    the smallest share it evenly, as they always do with ``amin``. With PyTorch's ``dim=`` or ``keepdim=`` the result
    is the pair (values, indices), and an array in place of the axis is the other of two arrays.

    >>> import autograd as ag
    >>> x = ag.Tensor([3.0, 1.0, 1.0], requires_grad=True)
    >>> ag.min(x, axis=0).backward()
    >>> x.grad
    array([0., 1., 0.])""",
)

amax = operation(
    "amax",
    kernels.extremum_shared("max"),
    kind="reduction",
    onnx=in_onnx.reduction("ReduceMax"),
    traits=["largest"],
    formula=r"y = \max_i x_i",
    code=_shared_in_numpy("max"),
    rules=[rule(_share_out, local=r"\frac{1}{n} [x_i = y]")],
    letters=_count_of_ties,
    auxiliaries=["tied"],
    samples=_variants(distinct),
    doc=f"""The largest entry along axes; all the largest share the gradient, where ``max`` may choose the first.

    {_AXES}

    >>> import autograd as ag
    >>> x = ag.Tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]], requires_grad=True)
    >>> ag.amax(x, axis=1).backward(gradient=[6.0, 12.0])
    >>> x.grad
    array([[0., 3., 3.],
           [4., 4., 4.]])""",
)

amin = operation(
    "amin",
    kernels.extremum_shared("min"),
    kind="reduction",
    onnx=in_onnx.reduction("ReduceMin"),
    traits=["smallest"],
    formula=r"y = \min_i x_i",
    code=_shared_in_numpy("min"),
    rules=[rule(_share_out, local=r"\frac{1}{n} [x_i = y]")],
    letters=_count_of_ties,
    auxiliaries=["tied"],
    samples=_variants(distinct),
    doc=f"""The smallest entry along axes; all the smallest share the gradient, where ``min`` may choose the first.

    {_AXES}

    >>> import autograd as ag
    >>> x = ag.Tensor([3.0, 1.0, 1.0], requires_grad=True)
    >>> ag.amin(x, axis=0).backward()
    >>> x.grad
    array([0. , 0.5, 0.5])""",
)


# -- with exponentials -------------------------------------------------------------------------


@in_single
def _logsumexp_by_x(g, x, y, axis, keepdims):
    """Not by e^(x − y): the rounding of a large y would be in the exponent. 0 where x is −inf, whatever comes in."""
    along, nothing = expand_reduced(g, x.shape, axis, keepdims), raw(y) == -math.inf
    if not np.any(nothing) and np.isfinite(raw(g)).all():
        return along * softmax(x, axis)
    nothing = kernels.expanded(nothing, x.shape, axis, keepdims)
    return where(raw(x) == -math.inf, 0.0, along * softmax(where(nothing, 0.0, x), axis))


logsumexp = operation(
    "logsumexp",
    kernels.logsumexp,
    symbol="log Σ exp",
    kind="reduction",
    onnx=in_onnx.reduction("ReduceLogSumExp"),
    formula=r"y = \log \sum_i e^{x_i}",
    code=helpers.logsumexp,
    rules=[
        rule(_logsumexp_by_x, local=r"e^{x_i - y}"),
    ],
    samples=_variants(reals),
    doc=f"""log Σ eˣ along axes, without overflow; −inf of nothing.

    {_AXES}

    >>> import autograd as ag
    >>> float(ag.logsumexp([1000.0, 1000.0])) == 1000.0 + float(ag.log(2.0))
    True""",
)

_softmax_samples = [
    sample(reals(3, 4)),
    sample(reals(3, 4), axis=0),
    sample(reals(2, 3, 2), 1),
    sample(reals(5)),
    sample(reals(0, 3)),
    sample(reals(3, 0)),
]


@in_single
def _softmax_by_x(g, y, axis):
    common = sum(g * y, axis, True)
    if np.isfinite(raw(common)).all():
        return y * (g - common)
    off = (raw(y) == 0) | _unasked(g, axis)  # what is masked out, by −inf, has no part in it
    return where(off, 0.0, y * (g - sum(where(off, 0.0, g * y), axis, True)))


def _compiled(kernel, rule):
    """The kernel, and the rule where it makes nothing."""

    def gradient(g, y, axis):
        made = kernel(g, y, axis)
        return rule(g, y, axis) if made is None else made

    return gradient


def _unasked(g, axis):
    """Where g is 0 all along the axis: it comes from rows that were masked out whole, whose values are NaN."""
    return ~np.any(raw(g), axis=axis, keepdims=True)


softmax = operation(
    "softmax",
    kernels.softmax,
    kind="softmax",
    onnx=in_onnx.softmax,
    formula=r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}",
    code=helpers.softmax,
    rules=[
        rule(
            _softmax_by_x,
            local=r"y_i ([i = j] - y_j)",
            at="j",
            gradient=r"y \odot (\delta - \sum (\delta \odot y))",
            kernel=_compiled(kernels.softmax_gradient, _softmax_by_x),
        ),
    ],
    samples=_softmax_samples,
    words=DTYPE,
    doc="""Positive numbers that add up to 1 along ``axis`` (by default the last), without overflow.

    Parameters
    ----------
    x : array or Tensor
    axis : an int; a tuple of ints or None takes several or all axes together

    >>> import autograd as ag
    >>> ag.softmax([1000.0, 1000.0])
    array([0.5, 0.5])""",
)


@in_single
def _log_softmax_by_x(g, y, axis):
    total = sum(g, axis, True)
    if np.isfinite(raw(total)).all() and not np.isnan(np.min(raw(y), initial=0.0)):
        return g - exp(y) * total
    off = _unasked(g, axis)
    passed = g - exp(where(off, 0.0, y)) * total
    return where(off, 0.0, where(raw(y) == -math.inf, g, passed))  # what is masked out has no part in the others


log_softmax = operation(
    "log_softmax",
    kernels.log_softmax,
    symbol="log softmax",
    kind="softmax",
    onnx=in_onnx.log_softmax,
    traits=["logarithms"],
    made_of=[softmax, log],
    parts=lambda x, axis: log(softmax(x, axis)),
    formula=r"y_i = x_i - \log \sum_j e^{x_j}",
    code=helpers.log_softmax,
    rules=[
        rule(
            _log_softmax_by_x,
            local=r"[i = j] - e^{y_j}",
            at="j",
            gradient=r"\delta - e^y \odot \sum \delta",
            kernel=_compiled(kernels.log_softmax_gradient, _log_softmax_by_x),
        )
    ],
    samples=_softmax_samples,
    words=DTYPE,
    doc="""The logarithm of ``softmax`` along ``axis`` (by default the last), right where softmax itself is 0.

    Parameters
    ----------
    x : array or Tensor
    axis : an int; a tuple of ints or None takes several or all axes together

    >>> import autograd as ag
    >>> ag.log_softmax([0.0, -1000.0])
    array([    0., -1000.])""",
)


# -- norms -------------------------------------------------------------------------------------


@in_single
def _norm_by_x(g, x, y, ord, axis, keepdims):
    if ord == 1:
        return by_sign(expand_reduced(g, x.shape, axis, keepdims), x)
    if ord == math.inf:
        tied = abs(x) == (y if keepdims or axis is None else reshape(y, kernels.kept_shape(x.shape, axis)))
        return by_sign(_share_out(g, tied, x.shape, axis, keepdims), x)
    return _along(x, g, y, axis, keepdims)


def _norm_in_torch(x, ord=None, axis=None, keepdims=False):
    """Of every order; without an axis that of all entries in a row."""
    if ord is None or ord == 2 or ord == "fro":
        return norm(x, None, axis, keepdims)
    from .norms import vector_norm  # made of this operation among others

    return vector_norm("norm", x, ord, axis, keepdims)


def _norm_in_numpy(ord):
    if ord == 1:
        return "np.sum(np.abs(x), axis=axis, keepdims=keepdims)"
    if ord == np.inf:
        return "np.max(np.abs(x), axis=axis, keepdims=keepdims, initial=0.0)"
    return "np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))"


norm = operation(
    "norm",
    kernels.norm,
    symbol="‖·‖",
    kind="reduction",
    formula=r"y = \sqrt{\sum_i x_i^2}",
    code=CodeBy(_norm_in_numpy),
    rules=[rule(_norm_by_x, local=r"\frac{x_i}{y}")],
    samples=[
        *_variants(nonzero),
        sample(nonzero(4), 1),
        sample(nonzero(3, 4), 1, axis=0),
        sample(nonzero(3, 4), 2, 1, True),
        sample(distinct(4), math.inf),
        sample(distinct(3, 4), math.inf, axis=1, keepdims=True),
    ],
    words={"p": "ord"},
    in_torch_words=_norm_in_torch,
    doc="""The length of vectors: the norm of all entries, or along axes, as NumPy's ``linalg.norm``.

    Parameters
    ----------
    x : array or Tensor
    ord : None or 2 for the Euclidean norm √Σx², 1 for Σ|x|, ``inf`` for the largest |x|. With an order,
        exactly one axis must be reduced: in NumPy an order and two axes mean a matrix norm, which ``linalg.norm`` is.
        PyTorch's ``p=`` takes any order, of all entries or along any axes
    axis : None for all axes, an int, or with ``ord=None`` a tuple of ints
    keepdims : keep the reduced axes, with length 1

    At 0 the gradient is 0, as in PyTorch; the gradient of the inf-norm is shared evenly by all the largest.

    >>> import autograd as ag
    >>> x = ag.Tensor([3.0, 4.0], requires_grad=True)
    >>> ag.norm(x).backward()
    >>> x.grad
    array([0.6, 0.8])""",
)
