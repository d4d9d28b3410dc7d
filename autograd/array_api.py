"""The Python array API standard on Tensors: what ``t.__array_namespace__()`` gives, for code that runs on any array.

The names, arguments and meanings are the standard's, version 2024.12, where these differ from NumPy's: ``std(x,
correction=1)``, ``sort(x, descending=True)``, ``unique_values(x)``. What has a gradient has it here too. There is no
name for what is missing: complex numbers and Fourier transforms.

>>> import autograd as ag
>>> def normalized(x):
...     xp = x.__array_namespace__()
...     return (x - xp.mean(x)) / xp.std(x, correction=1)
>>> x = ag.Tensor([1.0, 2.0, 6.0], requires_grad=True)
>>> y = normalized(x)
>>> y.requires_grad, float(abs(y.sum())) < 1e-15
(True, True)

Source: https://data-apis.org/array-api/2024.12/
"""

import builtins
import math
from typing import Any, NamedTuple

import numpy as np

from . import composed, creation, entries, linalg, of_values, running, selecting, synonyms
from .devices import CPU, check_device
from .dlpack import from_dlpack
from .linalg import matmul, matrix_transpose, tensordot, vecdot
from .ops import arithmetic, elementwise, reduction, shaping
from .ops import linalg as matrices
from .ops.activation import logaddexp
from .ops.indexing import take as _take
from .ops.indexing import take_along_axis as _take_along_axis
from .tensors import Tensor, raw, wrap

__all__ = [
    "UniqueAll", "UniqueCounts", "UniqueInverse", "abs", "acos", "acosh", "add", "all", "any", "arange", "argmax",
    "argmin", "argsort", "asarray", "asin", "asinh", "astype", "atan", "atan2", "atanh", "bitwise_and",
    "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "bool",
    "broadcast_arrays", "broadcast_to", "can_cast", "ceil", "clip", "concat", "copysign", "cos", "cosh",
    "count_nonzero", "cumulative_prod", "cumulative_sum", "diff", "divide", "e", "empty", "empty_like", "equal",
    "exp", "expand_dims", "expm1", "eye", "finfo", "flip", "float32", "float64", "floor", "floor_divide",
    "from_dlpack", "full", "full_like", "greater", "greater_equal", "hypot", "iinfo", "inf", "int16", "int32",
    "int64", "int8", "isdtype", "isfinite", "isinf", "isnan", "less", "less_equal", "linalg", "linspace", "log",
    "log10", "log1p", "log2", "logaddexp", "logical_and", "logical_not", "logical_or", "logical_xor", "matmul",
    "matrix_transpose", "max", "maximum", "mean", "meshgrid", "min", "minimum", "moveaxis", "multiply", "nan",
    "negative", "newaxis", "nextafter", "nonzero", "not_equal", "ones", "ones_like", "permute_dims", "pi",
    "positive", "pow", "prod", "reciprocal", "remainder", "repeat", "reshape", "result_type", "roll", "round",
    "searchsorted", "sign", "signbit", "sin", "sinh", "sort", "sqrt", "square", "squeeze", "stack", "std",
    "subtract", "sum", "take", "take_along_axis", "tan", "tanh", "tensordot", "tile", "tril", "triu", "trunc",
    "uint16", "uint32", "uint64", "uint8", "unique_all", "unique_counts", "unique_inverse", "unique_values",
    "unstack", "var", "vecdot", "where", "zeros", "zeros_like",
]  # fmt: skip

VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12")
__array_api_version__ = VERSIONS[-1]

# -- constants and dtypes ----------------------------------------------------------------------

e, inf, nan, pi, newaxis = math.e, math.inf, math.nan, math.pi, None

bool = np.dtype("bool")
int8, int16, int32, int64 = [np.dtype(f"int{bits}") for bits in (8, 16, 32, 64)]
uint8, uint16, uint32, uint64 = [np.dtype(f"uint{bits}") for bits in (8, 16, 32, 64)]
float32, float64 = np.dtype("float32"), np.dtype("float64")


def _dtype_of(x: Any) -> Any:
    return x.dtype if isinstance(x, Tensor | np.ndarray) else x


def astype(x: Any, dtype: Any, /, *, copy: builtins.bool = True, device: Any = None) -> Any:
    """x in another dtype; without ``copy`` x itself where it has that dtype."""
    check_device(device)
    return x if not copy and x.dtype == dtype else shaping.astype(x, dtype)


def can_cast(from_: Any, to: Any, /) -> builtins.bool:
    """Whether numbers of one dtype can be turned into another without loss."""
    return np.can_cast(_dtype_of(from_), to)


def finfo(type: Any, /) -> Any:
    """The limits of a dtype of floats."""
    return np.finfo(_dtype_of(type))


def iinfo(type: Any, /) -> Any:
    """The limits of a dtype of whole numbers."""
    return np.iinfo(_dtype_of(type))


def isdtype(dtype: Any, kind: Any) -> builtins.bool:
    """Whether a dtype is of a kind, such as "real floating"."""
    return np.isdtype(dtype, kind)


def result_type(*arrays_and_dtypes: Any) -> Any:
    """The dtype that a result of these has."""
    return np.result_type(*[_dtype_of(one) for one in arrays_and_dtypes])


# -- new Tensors -------------------------------------------------------------------------------


def arange(start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Numbers from start (0 where only one is given) up to stop, which is left out."""
    return creation.arange(start, stop, step, dtype=dtype, device=device)


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: builtins.bool | None = None) -> Tensor:
    """A Tensor of numbers, lists or arrays; a Tensor itself, but for ``copy=True`` or another dtype."""
    check_device(device)
    if isinstance(obj, Tensor):
        if dtype is not None and obj.dtype != dtype:
            return shaping.astype(obj, dtype)
        return obj.copy() if copy else obj
    if copy is False:
        raise ValueError("asarray: a Tensor has memory of its own\n  write copy=None or copy=True")
    return Tensor(obj, dtype=dtype)


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: Any = None) -> Tensor:
    """Ones on the k-th diagonal, and else zeros."""
    check_device(device)
    return wrap(np.eye(n_rows, n_cols, k, float64 if dtype is None else dtype))


def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """One number everywhere."""
    return creation.full(shape, fill_value, dtype=dtype, device=device)


def linspace(
    start: Any, stop: Any, /, num: int, *, dtype: Any = None, device: Any = None, endpoint: builtins.bool = True
) -> Tensor:
    """``num`` numbers from start to stop, evenly apart."""
    return creation.linspace(start, stop, num, dtype=dtype, device=device, endpoint=endpoint)


def meshgrid(*arrays: Any, indexing: str = "xy") -> list[Any]:
    """The coordinates of the points of a grid."""
    return list(selecting.meshgrid(*arrays, indexing=indexing))


def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Zeros."""
    return creation.zeros(shape, dtype=dtype, device=device)


def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Ones."""
    return creation.ones(shape, dtype=dtype, device=device)


empty = zeros
full_like, ones_like, zeros_like = creation.full_like, creation.ones_like, creation.zeros_like
empty_like = zeros_like


def tril(x: Any, /, *, k: int = 0) -> Any:
    """The lower triangle."""
    return matrices.tril(x, k)


def triu(x: Any, /, *, k: int = 0) -> Any:
    """The upper triangle."""
    return matrices.triu(x, k)


# -- of each entry -----------------------------------------------------------------------------

abs, ceil, clip, cos, cosh = elementwise.absolute, elementwise.ceil, elementwise.clip, elementwise.cos, elementwise.cosh
acos, acosh, asin, asinh = synonyms.acos, synonyms.acosh, synonyms.asin, synonyms.asinh
atan, atan2, atanh = synonyms.atan, synonyms.atan2, synonyms.atanh
exp, expm1, floor, hypot = elementwise.exp, elementwise.expm1, elementwise.floor, elementwise.hypot
log, log1p, log2, log10 = elementwise.log, elementwise.log1p, elementwise.log2, elementwise.log10
maximum, minimum, reciprocal = elementwise.maximum, elementwise.minimum, elementwise.reciprocal
round, sign, sin, sinh = elementwise.round, elementwise.sign, elementwise.sin, elementwise.sinh
sqrt, square = elementwise.sqrt, elementwise.square
tan, tanh, trunc, where = elementwise.tan, elementwise.tanh, elementwise.trunc, elementwise.where
add, divide, floor_divide, multiply = arithmetic.add, arithmetic.divide, arithmetic.floor_divide, arithmetic.multiply
negative, pow, remainder, subtract = arithmetic.negative, arithmetic.power, arithmetic.remainder, arithmetic.subtract
equal, not_equal = of_values.eq, of_values.ne
greater, greater_equal, less, less_equal = of_values.gt, of_values.ge, of_values.lt, of_values.le
isfinite, isinf, isnan = of_values.isfinite, of_values.isinf, of_values.isnan
logical_and, logical_or = of_values.logical_and, of_values.logical_or
logical_not, logical_xor = of_values.logical_not, of_values.logical_xor


def positive(x: Any, /) -> Any:
    """x."""
    return +x


copysign, nextafter = entries.copysign, entries.nextafter
bitwise_and, bitwise_or, bitwise_xor = of_values.bitwise_and, of_values.bitwise_or, of_values.bitwise_xor
bitwise_invert, signbit = of_values.bitwise_invert, of_values.signbit
bitwise_left_shift, bitwise_right_shift = of_values.bitwise_left_shift, of_values.bitwise_right_shift


# -- shapes ------------------------------------------------------------------------------------

broadcast_to, moveaxis, stack = shaping.broadcast_to, shaping.moveaxis, shaping.stack


def broadcast_arrays(*arrays: Any) -> list[Any]:
    """All of them repeated along axes of length 1 to their common shape."""
    return list(composed.broadcast_tensors(*arrays))


def concat(arrays: Any, /, *, axis: int | None = 0) -> Any:
    """One after the other along an axis; None flattens them before."""
    return shaping.concatenate(arrays, axis)


def expand_dims(x: Any, /, *, axis: Any = 0) -> Any:
    """A new axis of length 1."""
    return shaping.expand_dims(x, axis)


def flip(x: Any, /, *, axis: Any = None) -> Any:
    """The entries in reverse order along axes."""
    return shaping.flip(x, axis)


def permute_dims(x: Any, /, axes: Any) -> Any:
    """The axes in another order."""
    return shaping.transpose(x, axes)


def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    """Each entry several times in a row."""
    return shaping.repeat(x, raw(repeats), axis)


def reshape(x: Any, /, shape: Any, *, copy: builtins.bool | None = None) -> Any:
    """The same entries in another shape."""
    if copy is False:
        raise ValueError("reshape: Tensors are never views of others\n  write copy=None or copy=True")
    return shaping.reshape(x, shape)


def roll(x: Any, /, shift: Any, *, axis: Any = None) -> Any:
    """The entries moved along axes; what leaves at the end comes in again at the beginning."""
    return shaping.roll(x, shift, axis)


def squeeze(x: Any, /, axis: Any) -> Any:
    """Without these axes of length 1."""
    return shaping.squeeze(x, axis)


def tile(x: Any, repetitions: Any, /) -> Any:
    """The whole several times, along each axis."""
    return shaping.tile(x, repetitions)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The parts along an axis, one by one."""
    return selecting.unbind(x, axis)


# -- entries by their place or order -----------------------------------------------------------


def _axis(who: str, x: Any, axis: int | None) -> int:
    """The axis, which only of a row need not be named."""
    if axis is None and x.ndim != 1:
        raise ValueError(f"{who}: an axis is needed where there is more than one, or none\n  x: shape {x.shape}")
    return 0 if axis is None else axis


def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
    """The entries at positions along an axis."""
    return _take(x, raw(indices), _axis("take", x, axis))


def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
    """The entries at positions along an axis, which are given for each place of the others."""
    return _take_along_axis(x, raw(indices), axis)


def argmax(x: Any, /, *, axis: int | None = None, keepdims: builtins.bool = False) -> Any:
    """The position of the first largest entry."""
    return of_values.argmax(x, axis=axis, keepdims=keepdims)


def argmin(x: Any, /, *, axis: int | None = None, keepdims: builtins.bool = False) -> Any:
    """The position of the first smallest entry."""
    return of_values.argmin(x, axis=axis, keepdims=keepdims)


def argsort(x: Any, /, *, axis: int = -1, descending: builtins.bool = False, stable: builtins.bool = True) -> Any:
    """The positions that sort x; equal entries keep their order."""
    return of_values.argsort(x, axis=axis, descending=descending, stable=True)


def sort(x: Any, /, *, axis: int = -1, descending: builtins.bool = False, stable: builtins.bool = True) -> Any:
    """The entries in order."""
    return selecting.sort(x, axis, descending=descending).values


def count_nonzero(x: Any, /, *, axis: Any = None, keepdims: builtins.bool = False) -> Any:
    """How many entries are not 0."""
    return of_values.count_nonzero(x, axis=axis, keepdims=keepdims)


def nonzero(x: Any, /) -> tuple[Any, ...]:
    """The positions of the entries that are not 0: a Tensor for each axis."""
    if not x.ndim:
        raise ValueError("nonzero: a number without axes has no positions")
    found: tuple[Any, ...] = of_values.nonzero(x, as_tuple=True)
    return found


def searchsorted(x1: Any, x2: Any, /, *, side: Any = "left", sorter: Any = None) -> Any:
    """Where each of x2 would go in x1, which is sorted, or is so by the positions ``sorter``."""
    return of_values.searchsorted(x1, x2, side, sorter)


class UniqueAll(NamedTuple):
    """What ``unique_all`` gives."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCounts(NamedTuple):
    """What ``unique_counts`` gives."""

    values: Any
    counts: Any


class UniqueInverse(NamedTuple):
    """What ``unique_inverse`` gives."""

    values: Any
    inverse_indices: Any


def unique_all(x: Any, /) -> UniqueAll:
    """The different entries, where each stands first, which of them each entry is, and how often each occurs."""
    return UniqueAll(*[wrap(one) for one in np.unique_all(raw(x))])


def unique_counts(x: Any, /) -> UniqueCounts:
    """The different entries, and how often each occurs."""
    return UniqueCounts(*[wrap(one) for one in np.unique_counts(raw(x))])


def unique_inverse(x: Any, /) -> UniqueInverse:
    """The different entries, and which of them each entry is."""
    return UniqueInverse(*[wrap(one) for one in np.unique_inverse(raw(x))])


def unique_values(x: Any, /) -> Tensor:
    """The different entries."""
    return wrap(np.unique_values(raw(x)))


# -- reductions --------------------------------------------------------------------------------


def all(x: Any, /, *, axis: Any = None, keepdims: builtins.bool = False) -> Any:
    """Whether all entries are true."""
    return of_values.all(x, axis=axis, keepdims=keepdims)


def any(x: Any, /, *, axis: Any = None, keepdims: builtins.bool = False) -> Any:
    """Whether an entry is true."""
    return of_values.any(x, axis=axis, keepdims=keepdims)


def sum(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: builtins.bool = False) -> Any:
    """The sum; without ``dtype`` small whole numbers are added up as int64 or uint64."""
    return reduction.sum(x, axis, keepdims=keepdims, dtype=dtype)


def prod(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: builtins.bool = False) -> Any:
    """The product; without ``dtype`` small whole numbers are multiplied as int64 or uint64."""
    return reduction.prod(x, axis, keepdims=keepdims, dtype=dtype)


def max(x: Any, /, *, axis: Any = None, keepdims: builtins.bool = False) -> Any:
    """The largest entry."""
    return reduction.amax(x, axis, keepdims)


def min(x: Any, /, *, axis: Any = None, keepdims: builtins.bool = False) -> Any:
    """The smallest entry."""
    return reduction.amin(x, axis, keepdims)


def mean(x: Any, /, *, axis: Any = None, keepdims: builtins.bool = False) -> Any:
    """The mean."""
    return reduction.mean(x, axis, keepdims)


def std(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: builtins.bool = False) -> Any:
    """The standard deviation: the squares are divided by the number of entries less ``correction``."""
    return reduction.std(x, axis, correction, keepdims)


def var(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: builtins.bool = False) -> Any:
    """The variance: the squares are divided by the number of entries less ``correction``."""
    return reduction.var(x, axis, correction, keepdims)


def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: builtins.bool = False
) -> Any:
    """Running sums along an axis, with ``include_initial`` a 0 before them."""
    return running.cumulative_sum(x, _axis("cumulative_sum", x, axis), dtype, include_initial)


def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: builtins.bool = False
) -> Any:
    """Running products along an axis, with ``include_initial`` a 1 before them."""
    return running.cumulative_prod(x, _axis("cumulative_prod", x, axis), dtype, include_initial)


def diff(x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    """The differences of neighbours along an axis, n times over."""
    return composed.diff(x, n, axis, prepend, append)


# -- what there is -----------------------------------------------------------------------------


class Info:
    """What the namespace can do, as the standard has it asked for: ``__array_namespace_info__()``."""

    def capabilities(self) -> dict[str, Any]:
        """Bools pick entries, shapes depend on values, and axes may be 64 (NumPy's bound)."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> Any:
        """The CPU."""
        return CPU

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """The dtypes of numbers for which none is named."""
        check_device(device)
        return {"real floating": float64, "integral": np.dtype(int), "indexing": np.dtype(np.intp)}

    def devices(self) -> list[Any]:
        """The CPU alone."""
        return [CPU]

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Any]:
        """{name: dtype} of those there are, or of a kind such as "real floating"."""
        check_device(device)
        known = [bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64]
        return {one.name: one for one in known if kind is None or np.isdtype(one, kind)}


def __array_namespace_info__() -> Info:
    """What the namespace can do."""
    return Info()
