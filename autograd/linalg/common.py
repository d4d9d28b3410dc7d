"""What the functions of ``autograd.linalg`` share: shapes, symmetric matrices by their triangle, PyTorch's keywords."""

from typing import Any

import numpy as np

from ..ops.linalg import tril, triu
from ..ops.shaping import swapaxes
from ..tensors import Tensor, raw

LinAlgError = np.linalg.LinAlgError


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of an array, a Tensor or lists."""
    return np.shape(raw(x))


def need_matrix(name: str, x: Any) -> None:
    """Raise where x has fewer than two axes."""
    if len(shape_of(x)) < 2:
        raise LinAlgError(f"{name}: a matrix is needed, or a stack of them\n  x: shape {shape_of(x)}")


def transposed(x: Any) -> Any:
    """The last two axes exchanged."""
    return swapaxes(x, -1, -2)


def recorded(x: Any) -> bool:
    """Whether x is a Tensor with history."""
    return isinstance(x, Tensor) and x.requires_grad


def precision(x: Any) -> float:
    """The distance of 1 from the next number of its dtype."""
    dtype = np.asarray(raw(x)).dtype
    return float(np.finfo(dtype if dtype.kind == "f" else np.float64).eps)


def mirrored(name: str, x: Any, triangle: str) -> Any:
    """x where it is symmetric but for rounding; else the symmetric matrix that has this triangle of it."""
    if triangle not in ("L", "U"):
        raise ValueError(f'{name}: the triangle is "L" or "U"\n  given: {triangle!r}')
    values = np.asarray(raw(x))
    if values.ndim < 2 or values.shape[-1] != values.shape[-2] or not values.size:
        return x
    with np.errstate(invalid="ignore"):
        apart = np.abs(values - values.swapaxes(-1, -2)).max()
    if apart <= 100 * precision(x) * np.abs(values).max():
        return x
    of_it = tril if triangle == "L" else triu
    beside = tril(x, -1) if triangle == "L" else triu(x, 1)
    return of_it(x) + transposed(beside)


def in_torch_words(name: str, axis: Any, keepdims: bool, words: dict[str, Any]) -> tuple[Any, bool]:
    axis, keepdims = words.pop("dim", axis), words.pop("keepdim", keepdims)
    if words:
        raise TypeError(f"{name}: it takes no {', '.join(words)}\n  it takes: x, ord, axis or dim, keepdims or keepdim")
    return tuple(axis) if isinstance(axis, list) else axis, keepdims
