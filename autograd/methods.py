"""The methods of Tensors, in NumPy's words and in PyTorch's: ``x.sum(axis=1)``, ``x.view(2, -1)``, ``x.add_(1)``.

Most are functions under their own name or another, a line each in the tables below. Positional arguments and ``axis=``
mean what they mean in NumPy; where PyTorch means something else by the same call, and the result would differ without
a word, the call is an error with both spellings (``x.transpose(0, 1)`` of two axes, ``x.repeat(2, 1)``).

A name that ends in an underscore gives the Tensor object a new value, as ``t += v`` does; nothing is written in place.
"""

import numpy as np

from . import (
    composed,
    creation,
    engine,
    entries,
    joining,
    of_values,
    random,
    running,
    scattering,
    selecting,
    statistics,
    synonyms,
)
from .declaration import alias
from .devices import CPU, check_device, is_device, only_cpu
from .hooks import register_hook
from .operators import give
from .ops import activation, arithmetic, elementwise, indexing, linalg, reduction, shaping
from .tensors import Tensor, is_leaf, raw, wrap

OPERATIONS = (
    *(activation.relu, activation.sigmoid, activation.logaddexp),
    *(arithmetic.add, arithmetic.subtract, arithmetic.multiply, arithmetic.divide, arithmetic.floor_divide),
    *(arithmetic.negative, arithmetic.power, arithmetic.remainder),
    *(elementwise.absolute, elementwise.arccos, elementwise.arccosh, elementwise.arcsin, elementwise.arcsinh),
    *(elementwise.arctan, elementwise.arctan2, elementwise.arctanh, elementwise.ceil, elementwise.clip),
    *(elementwise.cos, elementwise.cosh, elementwise.erf, elementwise.exp, elementwise.expm1, elementwise.floor),
    *(elementwise.hypot, elementwise.log, elementwise.log10, elementwise.log1p, elementwise.log2),
    *(elementwise.maximum, elementwise.minimum, elementwise.reciprocal, elementwise.round, elementwise.sign),
    *(elementwise.sin, elementwise.sinh, elementwise.sqrt, elementwise.square, elementwise.tan, elementwise.tanh),
    elementwise.trunc,
    *(indexing.take, linalg.diagonal, linalg.dot, linalg.matmul, linalg.outer, linalg.trace, linalg.tril, linalg.triu),
    *(reduction.amax, reduction.amin, reduction.cumsum, reduction.log_softmax, reduction.logsumexp, reduction.max),
    *(reduction.mean, reduction.min, reduction.norm, reduction.prod, reduction.softmax, reduction.std, reduction.sum),
    reduction.var,
    *(shaping.astype, shaping.moveaxis, shaping.ravel, shaping.squeeze, shaping.swapaxes),
)
"""Operations that are methods under their own names."""

FUNCTIONS = (
    *(statistics.corrcoef, statistics.cov, statistics.histogram, statistics.nanmedian, statistics.nanquantile),
    statistics.quantile,
    *(of_values.all, of_values.allclose, of_values.any, of_values.argmax, of_values.argmin, of_values.argsort),
    *(of_values.argwhere, of_values.bincount, of_values.count_nonzero, of_values.eq, of_values.ge, of_values.gt),
    *(of_values.histc, of_values.isclose, of_values.isfinite, of_values.isin, of_values.isinf, of_values.isnan),
    *(of_values.le, of_values.logical_and, of_values.logical_not, of_values.logical_or, of_values.logical_xor),
    *(of_values.lt, of_values.ne, of_values.nonzero, of_values.numel, of_values.unique),
    *(random.bernoulli, random.multinomial),
    *(selecting.chunk, selecting.diag, selecting.expand, selecting.flatten, selecting.gather, selecting.index_add),
    *(selecting.index_copy, selecting.index_fill, selecting.index_select, selecting.kthvalue, selecting.masked_fill),
    *(selecting.masked_scatter, selecting.masked_select, selecting.median, selecting.narrow, selecting.scatter),
    *(selecting.scatter_add, selecting.select, selecting.sort, selecting.t, selecting.topk, selecting.unbind),
    *(selecting.repeat_interleave, selecting.take_along_dim, selecting.unflatten),
    *(entries.copysign, entries.float_power, entries.fmax, entries.fmin, entries.frexp),
    *(entries.heaviside, entries.ldexp, entries.positive),
    *(joining.diag_embed, joining.diagflat, joining.diagonal_scatter, joining.dsplit, joining.fill, joining.hsplit),
    *(joining.index_put, joining.rot90, joining.select_scatter, joining.slice_scatter, joining.split_with_sizes),
    *(joining.sum_to_size, joining.vsplit),
    *(of_values.gcd, of_values.isneginf, of_values.isposinf, of_values.lcm, entries.nextafter, of_values.signbit),
    *(of_values.unique_consecutive, running.aminmax, running.cummax, running.cummin, running.logcumsumexp),
    *(running.mode, running.msort, running.ptp, scattering.addbmm, scattering.addr, scattering.index_reduce),
    *(scattering.renorm, scattering.scatter_reduce),
)
"""Other functions that are."""

_OF_SEVERAL = {"broadcast_tensors", "cartesian_prod", "hstack", "tril_indices", "triu_indices", "vstack"}
SYNONYMS = {
    "abs": elementwise.absolute,
    **{name: getattr(synonyms, name) for name in synonyms.__all__ if name not in {"cat", "concat"}},
    **{name: getattr(composed, name) for name in composed.__all__ if name not in _OF_SEVERAL},
    "bitwise_and": of_values.bitwise_and,
    "bitwise_left_shift": of_values.bitwise_left_shift,
    "bitwise_not": of_values.bitwise_not,
    "bitwise_or": of_values.bitwise_or,
    "bitwise_right_shift": of_values.bitwise_right_shift,
    "bitwise_xor": of_values.bitwise_xor,
    "deg2rad": entries.deg2rad,
    "rad2deg": entries.rad2deg,
    "sgn": elementwise.sign,
    "add": lambda self, other, *, alpha=1: arithmetic.add(self, composed.scaled(other, alpha)),
}
"""PyTorch's names for operations, and what is a line of them."""


def _several(function):
    """A method that takes what the function takes as one tuple also one by one: ``x.view(2, 3)``."""

    def method(self, *given, **named):
        if named or not given:
            return function(self, *given, **named)
        return function(self, given[0] if len(given) == 1 else given)

    method.__doc__ = function.__doc__
    return method


def _transpose(self, *axes, dim0=None, dim1=None):
    """The axes in another order, in the reverse one by default: x.transpose(), x.transpose(1, 0, 2).

    Two ints on three or more axes exchange these two, as in PyTorch.
    """
    axes = axes + tuple([one for one in (dim0, dim1) if one is not None])
    if not axes:
        return shaping.transpose(self)
    if len(axes) == 1:
        return shaping.transpose(self, axes[0])
    if len(axes) == 2 and self.ndim > 2:
        return shaping.swapaxes(self, *axes)
    if len(axes) == 2 == self.ndim and dim1 is None and tuple([axis % 2 for axis in axes]) == (0, 1):
        raise ValueError(
            f"transpose: of two axes these are NumPy's order as it is, and PyTorch's exchange\n  given: {axes}\n"
            "  exchanged: x.transpose(1, 0), x.T or x.swapaxes(0, 1)"
        )
    return shaping.transpose(self, axes) if dim1 is None else shaping.swapaxes(self, *axes)


def _repeat(self, *repeats, axis=None, dim=None):
    """Each entry several times in a row: x.repeat(2, axis=0); the whole again, as in PyTorch: x.repeat(1, 2, 1)."""
    if len(repeats) == 2 and axis is dim is None:
        raise ValueError(
            f"repeat: NumPy's second argument is an axis, PyTorch's a number of times\n  given: {repeats}\n"
            f"  each entry again: x.repeat({repeats[0]}, axis={repeats[1]})\n  the whole again: x.tile({repeats})"
        )
    if len(repeats) > 2:
        return shaping.tile(self, repeats)
    return shaping.repeat(self, *repeats, axis=axis if dim is None else dim)


def _split(self, split_size_or_sections, dim=0):
    """x cut along ``dim`` into parts of a length, or of a list of lengths, as PyTorch has it; a tuple of them."""
    return shaping.split(self, split_size_or_sections=split_size_or_sections, dim=dim)


def _view_as(self, other):
    """The same entries in the shape of another Tensor."""
    return shaping.reshape(self, np.shape(raw(other)))


def _expand_as(self, other):
    """Repeated along axes of length 1 to the shape of another Tensor."""
    return shaping.broadcast_to(self, np.shape(raw(other)))


def _where(self, condition, other):
    """x where the condition is True, and ``other`` elsewhere."""
    return elementwise.where(condition, self, other)


def _equal(self, other):
    """Whether the other has the same shape and equal entries: a bool."""
    return of_values.array_equal(self, other)


SHAPES = {
    "copy": alias,
    "clone": alias,
    "equal": _equal,
    "expand_as": _expand_as,
    "permute": _several(shaping.transpose),  # in place of the function of that name
    "repeat": _repeat,
    "reshape": _several(shaping.reshape),
    "reshape_as": _view_as,
    "flip": _several(shaping.flip),
    "roll": shaping.roll,
    "split": _split,
    "tile": _several(shaping.tile),
    "transpose": _transpose,
    "view": _several(shaping.reshape),
    "view_as": _view_as,
    "where": _where,
}


# -- dtypes and devices ------------------------------------------------------------------------

CASTS = {
    "bool": "bool",
    "byte": "uint8",
    "char": "int8",
    "double": "float64",
    "float": "float32",
    "half": "float16",
    "int": "int32",
    "long": "int64",
    "short": "int16",
}


def _cast(dtype):
    def method(self, memory_format=None):
        return _in_dtype(self, dtype)

    method.__doc__ = f"The same numbers as {dtype}; the Tensor itself where it has that dtype."
    return method


def _in_dtype(x, dtype):
    return x if x.dtype == np.dtype(dtype) else shaping.astype(x, dtype)


def _to(self, *args, dtype=None, device=None, non_blocking=False, copy=False, memory_format=None):
    """In another dtype, or that of another Tensor; ``x.to("cpu")`` is x itself, for there is nothing else.

    The Tensor itself where nothing changes, unless ``copy``.
    """
    for one in args:
        if one is None or is_device(one):
            device = one
        elif isinstance(one, Tensor):
            dtype = one.dtype
        elif not isinstance(one, bool):
            dtype = one
    check_device(device)
    y = self if dtype is None else _in_dtype(self, dtype)
    return alias(y) if copy and y is self else y


def _type(self, dtype=None):
    """In another dtype; without one the dtype's name."""
    return str(self.dtype) if dtype is None else _in_dtype(self, dtype)


def _type_as(self, other):
    """In the dtype of another Tensor."""
    return _in_dtype(self, other.dtype)


def _cuda(self, *_args, **_kwargs):
    """A RuntimeError: there is no GPU here."""
    raise RuntimeError(only_cpu(".cuda()"))


def _itself(self, *_args, **_kwargs):
    """The Tensor itself: values are on the CPU, and laid out as operations need them."""
    return self


PLACES = {
    "cpu": _itself,
    "contiguous": _itself,
    "cuda": _cuda,
    "pin_memory": _itself,
    "to": _to,
    "type": _type,
    "type_as": _type_as,
}

# -- what is asked of a Tensor -----------------------------------------------------------------


def _new(function):
    """``x.new_zeros(2, 3)``: ``ag.zeros(2, 3)`` in the dtype of x."""

    def method(self, *given, dtype=None, **options):
        return function(*given, dtype=dtype or self.dtype, **options)

    method.__doc__ = f"``ag.{function.__name__}`` in the dtype of this Tensor, unless another is given."
    return method


def _new_tensor(self, data, dtype=None, **options):
    """A Tensor of ``data``, in the dtype of this one unless another is given."""
    return creation.made("new_tensor", np.array(raw(data), dtype or self.dtype), **options)


def _dim(self):
    """The number of axes."""
    return self.ndim


def _nelement(self):
    """The number of entries."""
    return int(self.size)


def _element_size(self):
    """How many bytes an entry takes."""
    return self.dtype.itemsize


def _is_floating_point(self):
    """Whether the entries are floats."""
    return self.dtype.kind == "f"


def _is_contiguous(self, *_args, **_kwargs):
    """True: how the entries lie in memory is no concern of whoever uses a Tensor."""
    return True


def _retains_grad(self):
    """Whether ``.grad`` of this inner value is kept."""
    return not is_leaf(self) and self.node.note is not None and self.node.note.retained


def _grad_fn(self):
    """The node that made it, None of a leaf and of what is not recorded."""
    return None if is_leaf(self) else self.node


ASKED = {
    "dim": _dim,
    "element_size": _element_size,
    "is_contiguous": _is_contiguous,
    "is_floating_point": _is_floating_point,
    "ndimension": _dim,
    "nelement": _nelement,
    "new_empty": _new(creation.empty),
    "new_full": _new(creation.full),
    "new_ones": _new(creation.ones),
    "new_tensor": _new_tensor,
    "new_zeros": _new(creation.zeros),
}
PROPERTIES = {
    "T": property(shaping.transpose, doc="The axes reversed."),
    "mT": property(lambda self: shaping.swapaxes(self, -1, -2), doc="The last two axes exchanged."),
    "device": property(lambda self: CPU, doc='Where it is: ``device(type="cpu")``.'),
    "grad_fn": property(_grad_fn, doc=_grad_fn.__doc__),
    "retains_grad": property(_retains_grad, doc=_retains_grad.__doc__),
    "is_cuda": property(lambda self: False, doc="False."),
    "itemsize": property(_element_size, doc=_element_size.__doc__),
    "nbytes": property(lambda self: self._data.nbytes, doc="How many bytes the entries take."),
}

# -- new values for the Tensor object ----------------------------------------------------------


def _in_place(name, function):
    def method(self, *args, **kwargs):
        give(self, function(self, *args, **kwargs), name)
        return self

    method.__doc__ = f"The Tensor object gets the value of ``x.{name[:-1]}(…)``, as with ``t += v``; returns it."
    return method


def _filled(self, value):
    return indexing.assign(self, value, ...)


def _diagonal_filled(self, fill_value):
    n = min(self.shape)
    return indexing.assign(self, fill_value, (range(n),) * self.ndim)


def _zeroed(self):
    return indexing.assign(self, 0, ...)


def _copied(self, source, non_blocking=False):
    return indexing.assign(self, shaping.astype(source, self.dtype), ...)


def _drawn(draw):
    """New random values; they are drawn in float64."""

    def new(self, *args, generator=None, **kwargs):
        rng = random.generator_of(generator)
        return wrap(np.asarray(draw(rng, self.shape, *args, **kwargs)).astype(self.dtype)[()])

    return new


def _integers(rng, shape, low=0, high=None):
    return rng.integers(0 if high is None else low, low if high is None else high, shape)


IN_PLACE = {
    "bernoulli_": _drawn(lambda rng, shape, p=0.5: rng.random(shape) < raw(p)),
    "copy_": _copied,
    "exponential_": _drawn(lambda rng, shape, lambd=1.0: rng.exponential(1 / lambd, shape)),
    "fill_": _filled,
    "fill_diagonal_": _diagonal_filled,
    "index_put_": joining.index_put,
    "normal_": _drawn(lambda rng, shape, mean=0.0, std=1.0: rng.normal(mean, std, shape)),
    "random_": _drawn(_integers),
    "uniform_": _drawn(lambda rng, shape, a=0.0, b=1.0: rng.uniform(a, b, shape)),
    "zero_": _zeroed,
}
THE_SAME_IN_PLACE = """
    abs add addcdiv addcmul addmm asin acos atan ceil clamp clamp_max clamp_min clip cos cosh cumprod cumsum div erf
    exp expm1 floor index_add index_copy index_fill lerp log log10 log1p log2 logical_not masked_fill masked_scatter
    mul nan_to_num neg pow reciprocal relu remainder round rsqrt scatter scatter_add sigmoid sign sin sinh sqrt
    square squeeze sub swapaxes t tan tanh transpose tril triu true_divide trunc unsqueeze
""".split()
"""Of these methods there is one with an underscore too."""


LATER = """
    cholesky cholesky_inverse cholesky_solve det digamma erfc erfinv i0 igamma igammac inverse lgamma logdet logit
    matrix_exp matrix_power mvlgamma pinverse qr sinc slogdet svd triangular_solve xlogy
""".split()
"""Methods that are functions of ``autograd.later``, which is loaded when one of them is called."""


def _when_called(name):
    def method(self, *args, **kwargs):
        from . import later

        return getattr(later, name)(self, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"``ag.{name}(x, …)``."
    return method


def _polygamma(self, n):
    """The nth derivative of digamma at each entry: ``ag.polygamma(n, x)``."""
    from . import later

    return later.polygamma(n, self)


def _requires_grad(self, requires_grad=True):
    """Make it a leaf that requires grad, or one that does not; returns it."""
    self.requires_grad = requires_grad
    return self


def _detach(self):
    """Leave the history behind, here and not in a new Tensor; returns it."""
    self._leave_history(".detach_()")
    self._node = None
    return self


def _getattr(self, name):
    from .missing import no_such_attribute  # when used: its tables are long

    raise no_such_attribute(name, dir(Tensor))


def attach(cls):
    """Give the class of Tensors its methods."""
    for function in (*OPERATIONS, *FUNCTIONS):
        setattr(cls, function.__name__, function)
    for table in (SYNONYMS, SHAPES, PLACES, ASKED, PROPERTIES):
        for name, attribute in table.items():
            setattr(cls, name, attribute)
    for name, dtype in CASTS.items():
        setattr(cls, name, _cast(dtype))
    for name, function in IN_PLACE.items():
        setattr(cls, name, _in_place(name, function))
    for name in THE_SAME_IN_PLACE:
        setattr(cls, f"{name}_", _in_place(f"{name}_", getattr(cls, name)))
    for name in LATER:
        setattr(cls, name, _when_called(name))
    cls.polygamma = _polygamma
    cls.register_hook = register_hook
    cls.requires_grad_, cls.detach_, cls.backward, cls.__getattr__ = _requires_grad, _detach, engine.backward, _getattr


attach(Tensor)
