"""Functions of NumPy and PyTorch that are a few operations: ``diff``, ``cumprod``, ``cross``, ``nan_to_num`` …"""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .creation import made
from .ops.arithmetic import add, divide, floor_divide, multiply, power, subtract
from .ops.broadcasting import broadcast_to
from .ops.elementwise import clip, reciprocal, sqrt, trunc, where
from .ops.indexing import getitem, take
from .ops.linalg import dot, matmul, tensordot
from .ops.reduction import mean, norm, std, sum, var
from .ops.shaping import concatenate, flip, moveaxis, ravel, reshape, roll, split, stack
from .tensors import Tensor, raw
from .words import in_dtype

__all__ = [
    "addcdiv", "addcmul", "addmm", "addmv", "atleast_1d", "atleast_2d", "atleast_3d", "baddbmm", "broadcast_tensors",
    "cartesian_prod", "cdist", "clamp_max", "clamp_min", "cross", "cumprod", "diff", "dist", "div", "exp2",
    "fliplr", "flipud", "fmod", "frac", "hstack", "inner", "kron", "lerp", "nan_to_num", "nanmean", "nansum",
    "rsqrt", "std_mean", "sub", "tensor_split", "tril_indices", "triu_indices", "true_divide", "unfold", "var_mean",
    "vdot", "vstack",
]  # fmt: skip

whole = slice(None)


def _axis(x: Any, dim: int) -> int:
    return normalize_axis_index(dim, np.ndim(raw(x)))


# -- of each entry -----------------------------------------------------------------------------


def scaled(x: Any, factor: float) -> Any:
    """factor · x, of lists too, which Python's ``*`` would repeat; x itself where the factor is 1."""
    return x if factor == 1 else multiply(x, factor)


def sub(x: Any, y: Any, *, alpha: float = 1) -> Any:
    """x − alpha · y."""
    return subtract(x, scaled(y, alpha))


def div(x: Any, y: Any, *, rounding_mode: str | None = None) -> Any:
    """x / y, rounded down with ``rounding_mode="floor"``, towards 0 with ``"trunc"``."""
    if rounding_mode not in (None, "floor", "trunc"):
        raise ValueError(f'div: rounding_mode is None, "floor" or "trunc"\n  rounding_mode: {rounding_mode!r}')
    return (
        floor_divide(x, y) if rounding_mode == "floor" else divide(x, y) if not rounding_mode else trunc(divide(x, y))
    )


true_divide = divide


def rsqrt(x: Any) -> Any:
    """1 / √x."""
    return reciprocal(sqrt(x))


def exp2(x: Any) -> Any:
    """2 to the power of x."""
    return power(2.0, x)


def frac(x: Any) -> Any:
    """What stands after the point, with the sign of x."""
    return x - trunc(x)


def fmod(x: Any, y: Any) -> Any:
    """The remainder of x / y with the sign of x."""
    return x - trunc(divide(x, y)) * y


def lerp(x: Any, end: Any, weight: Any) -> Any:
    """x + weight · (end − x)."""
    return x + weight * (end - x)


def addcmul(x: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """x + value · tensor1 · tensor2."""
    return x + value * multiply(tensor1, tensor2)


def addcdiv(x: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """x + value · tensor1 / tensor2."""
    return x + value * divide(tensor1, tensor2)


def clamp_min(x: Any, min: Any) -> Any:
    """x, and ``min`` where x is below it."""
    return clip(x, min, None)


def clamp_max(x: Any, max: Any) -> Any:
    """x, and ``max`` where x is above it."""
    return clip(x, None, max)


def nan_to_num(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """x with numbers in place of NaN and of the infinities (by default the largest that its dtype has)."""
    values = np.asarray(raw(x))
    if values.dtype.kind != "f":
        return x
    limits = np.finfo(values.dtype)
    x = where(np.isnan(values), nan, x)
    x = where(values == np.inf, float(limits.max) if posinf is None else posinf, x)
    return where(values == -np.inf, float(limits.min) if neginf is None else neginf, x)


# -- along axes --------------------------------------------------------------------------------


def cumprod(x: Any, axis: int | None = None, *, dim: int | None = None, dtype: Any = None) -> Any:
    """Running products along an axis; None flattens first. ``dtype`` is what they are worked out in."""
    x = x if dtype is None else in_dtype(x, dtype)
    along = axis if dim is None else dim
    if np.ndim(raw(x)) == 0 and along is not None:
        return x
    if along is None:
        x, along = ravel(x), 0
    along = _axis(x, along)
    products: list[Any] = []
    for i in range(np.shape(raw(x))[along]):
        one = getitem(x, (*(whole,) * along, i))
        products.append(products[-1] * one if products else one)
    return stack(products, along) if products else x


def diff(x: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None, *, dim: int | None = None) -> Any:
    """The differences of neighbours along an axis, n times over; 0 times gives x.

    prepend, append : what stands before and after x along the axis, an array or a number
    """
    along = _axis(x, axis if dim is None else dim)
    if n < 0:
        raise ValueError(f"diff: n is how many times, 0 or more\n  n: {n}")
    if n == 0:
        return x
    parts = [_border(x, prepend, along), x, _border(x, append, along)]
    if prepend is not None or append is not None:
        x = concatenate([one for one in parts if one is not None], along)
    for _ in range(n):
        before = (whole,) * along
        x = getitem(x, (*before, slice(1, None))) - getitem(x, (*before, slice(None, -1)))
    return x


def _border(x, border, axis):
    """What ``diff`` puts before or after x; one number is as wide as x."""
    if border is None or np.ndim(raw(border)):
        return border
    shape = np.shape(raw(x))
    return broadcast_to(border, (*shape[:axis], 1, *shape[axis + 1 :]))


def std_mean(x: Any, axis: Any = None, **words: Any) -> tuple[Any, Any]:
    """PyTorch's pair of the standard deviation (by default divided by n − 1) and the mean."""
    return _with_mean(std, x, axis, words)


def var_mean(x: Any, axis: Any = None, **words: Any) -> tuple[Any, Any]:
    """PyTorch's pair of the variance (by default divided by n − 1) and the mean."""
    return _with_mean(var, x, axis, words)


def _with_mean(spread, x, axis, words):
    axis = words.pop("dim", axis)
    if isinstance(axis, bool):  # PyTorch's second argument may be ``unbiased``
        axis, words["unbiased"] = None, axis
    keepdim = words.pop("keepdim", False)
    return spread(x, dim=axis, keepdim=keepdim, **words), mean(x, axis, keepdim)


def nansum(x: Any, axis: Any = None, keepdims: bool = False, *, dim: Any = None, keepdim: bool = False) -> Any:
    """The sum of what is not NaN."""
    return sum(without_nan(x, 0.0), axis if dim is None else dim, keepdims or keepdim)


def without_nan(x: Any, value: float) -> Any:
    """x with ``value`` in place of NaN; where there is none, x itself, so that whole numbers stay whole."""
    missing = np.isnan(raw(x))
    return where(missing, value, x) if np.any(missing) else x


def nanmean(x: Any, axis: Any = None, keepdims: bool = False, *, dim: Any = None, keepdim: bool = False) -> Any:
    """The mean of what is not NaN."""
    axis, keepdims = axis if dim is None else dim, keepdims or keepdim
    count = np.sum(~np.isnan(raw(x)), axis, keepdims=keepdims)
    total = nansum(x, axis, keepdims)
    return in_dtype(divide(total, count), np.result_type(total.dtype, np.float16))  # a count need not fit into float16


# -- products ----------------------------------------------------------------------------------


def inner(x: Any, y: Any) -> Any:
    """The sums of products along the last axes of both, as NumPy's ``inner``."""
    if 0 in (np.ndim(raw(x)), np.ndim(raw(y))):
        return multiply(x, y)
    return tensordot(x, y, ((-1,), (-1,)))


def vdot(x: Any, y: Any) -> Any:
    """The sum of the products of all entries."""
    return dot(ravel(x), ravel(y))


def cross(x: Any, y: Any, axis: int = -1, *, dim: int | None = None) -> Any:
    """The vector products of vectors of three numbers along an axis."""
    axis = axis if dim is None else dim
    if np.shape(raw(x))[axis] != 3 or np.shape(raw(y))[axis] != 3:
        raise ValueError(
            f"cross: three numbers are needed along the axis\n  x: {np.shape(raw(x))}\n  y: {np.shape(raw(y))}"
        )
    return roll(x, -1, axis) * roll(y, -2, axis) - roll(x, -2, axis) * roll(y, -1, axis)


def kron(x: Any, y: Any) -> Any:
    """The Kronecker product of two matrices or rows: y once for each entry of x, times that entry."""
    a, b = np.shape(raw(x)), np.shape(raw(y))
    axes = max(len(a), len(b))
    a, b = (1,) * (axes - len(a)) + a, (1,) * (axes - len(b)) + b
    left = reshape(x, [n for one in a for n in (one, 1)])
    right = reshape(y, [n for one in b for n in (1, one)])
    return reshape(left * right, [n * m for n, m in zip(a, b, strict=True)])


def addmm(x: Any, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta · x + alpha · mat1 @ mat2."""
    return add(scaled(x, beta), scaled(matmul(mat1, mat2), alpha))


addmv = baddbmm = addmm


def dist(x: Any, y: Any, p: Any = 2) -> Any:
    """The norm of x − y."""
    return norm(subtract(x, y), p=p)


def cdist(x: Any, y: Any, p: Any = 2, compute_mode: str | None = None) -> Any:
    """The norms of the differences of each row of x and each row of y.

    compute_mode : PyTorch's ways to compute it, of which there is one here, by the differences themselves
    """
    return norm(getitem(x, (..., whole, None, whole)) - getitem(y, (..., None, whole, whole)), p=p, dim=-1)


# -- shapes ------------------------------------------------------------------------------------


def _of_each(function: Any, arrays: tuple[Any, ...]) -> Any:
    """The function of the array, or a tuple of those of several."""
    if len(arrays) == 1 and not (type(arrays[0]) in (list, tuple) and any(isinstance(x, Tensor) for x in arrays[0])):
        return function(arrays[0])
    return tuple([function(x) for x in (arrays[0] if len(arrays) == 1 else arrays)])


def atleast_1d(*arrays: Any) -> Any:
    """x, with an axis if it has none; of several arrays a tuple."""
    return _of_each(lambda x: reshape(x, 1) if np.ndim(raw(x)) == 0 else x, arrays)


def atleast_2d(*arrays: Any) -> Any:
    """x, with axes in front if it has fewer than two; of several arrays a tuple."""
    return _of_each(lambda x: reshape(x, (1, -1)) if np.ndim(raw(x)) < 2 else x, arrays)


def atleast_3d(*arrays: Any) -> Any:
    """x, with axes around it if it has fewer than three: a matrix gets one at the end; of several arrays a tuple."""
    return _of_each(_with_three_axes, arrays)


def _with_three_axes(x: Any) -> Any:
    axes = np.ndim(raw(x))
    return reshape(x, (1, -1, 1)) if axes < 2 else getitem(x, (..., None)) if axes == 2 else x


def vstack(arrays: Any) -> Any:
    """Rows and matrices on top of each other, as NumPy's ``vstack``."""
    return concatenate([atleast_2d(one) for one in arrays], 0)


def hstack(arrays: Any) -> Any:
    """Rows one after the other, matrices side by side, as NumPy's ``hstack``."""
    given = [atleast_1d(one) for one in arrays]
    return concatenate(given, 0 if np.ndim(raw(given[0])) == 1 else 1)


def fliplr(x: Any) -> Any:
    """The columns in reverse order."""
    return flip(x, 1)


def flipud(x: Any) -> Any:
    """The rows in reverse order."""
    return flip(x, 0)


def tensor_split(x: Any, indices_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """x cut at positions, or into a number of parts of which the first may be longer by one."""
    if np.ndim(raw(indices_or_sections)):
        return tuple(split(x, [int(i) for i in raw(indices_or_sections)], dim))
    length, parts = np.shape(raw(x))[dim], int(indices_or_sections)
    ends = np.cumsum([length // parts + (i < length % parts) for i in range(parts)])
    return tuple(split(x, ends[:-1].tolist(), dim))


def unfold(x: Any, dimension: int, size: int, step: int) -> Any:
    """Windows of ``size`` entries along an axis, ``step`` apart, along a new last axis."""
    axis = _axis(x, dimension)
    starts = np.arange(0, np.shape(raw(x))[axis] - size + 1, step)
    return moveaxis(take(x, starts[:, None] + np.arange(size), axis), axis + 1, -1)


def broadcast_tensors(*arrays: Any) -> tuple[Any, ...]:
    """All of them repeated along axes of length 1 to their common shape."""
    shape = np.broadcast_shapes(*[np.shape(raw(one)) for one in arrays])
    return tuple([broadcast_to(one, shape) for one in arrays])


def cartesian_prod(*arrays: Any) -> Any:
    """Every combination of an entry of each row, one in a row of the result; of one row the row itself."""
    if len(arrays) == 1:
        return arrays[0]
    grid = np.indices([np.size(raw(one)) for one in arrays]).reshape(len(arrays), -1)
    return stack([getitem(one, at) for one, at in zip(arrays, grid, strict=True)], -1)


def triu_indices(row: int, col: int, offset: int = 0, **options: Any) -> Tensor:
    """The rows and columns of what ``triu`` keeps, as PyTorch has it: an array of two rows."""
    return made("triu_indices", np.stack(np.triu_indices(row, offset, col)), **options)


def tril_indices(row: int, col: int, offset: int = 0, **options: Any) -> Tensor:
    """The rows and columns of what ``tril`` keeps, as PyTorch has it: an array of two rows."""
    return made("tril_indices", np.stack(np.tril_indices(row, offset, col)), **options)
