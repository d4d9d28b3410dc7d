"""Pooling with the places of the maxima and the way back, to a given size, and by a norm.

The places, with ``return_indices=True``, are int64 numbers of entries of one channel's row, image or volume, counted
row by row: what ``max_unpool2d`` takes.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

import autograd as ag

from ..values import float_dtype_of, values_of

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "adaptive_max_pool3d", "lp_pool1d", "lp_pool2d", "lp_pool3d", "max_pool1d", "max_pool2d", "max_pool3d",
    "max_unpool1d", "max_unpool2d", "max_unpool3d",
]  # fmt: skip

Size: TypeAlias = int | Sequence[int | None] | None
Numbers: TypeAlias = int | Sequence[int]


def max_pool1d(
    x: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest entry of every window of (N, C, L) or (C, L); see ``ag.max_pool1d``.

    return_indices : give the pair of that and the places of the maxima, int64

    >>> import numpy as np, nn.functional as F
    >>> F.max_pool1d(np.array([[1.0, 5, 2, 3]]), 2, return_indices=True)
    (array([[5., 3.]]), array([[1, 3]]))
    """
    return _max(ag.max_pool1d, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices, 1)


def max_pool2d(
    x: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """``max_pool1d`` for images, (N, C, H, W) or (C, H, W); see ``ag.max_pool2d``."""
    return _max(ag.max_pool2d, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices, 2)


def max_pool3d(
    x: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """``max_pool1d`` for volumes, (N, C, D, H, W) or (C, D, H, W); see ``ag.max_pool3d``."""
    return _max(ag.max_pool3d, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices, 3)


def max_unpool1d(
    x: Any,
    indices: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    output_size: Sequence[int] | None = None,
) -> Any:
    """Zeros, with the entries of x at the places ``indices``: what ``max_pool1d`` took them from, as far as it says.

    Parameters
    ----------
    x : (N, C, L) or (C, L), what a max pool gave
    indices : of x's shape, the places that it gave with ``return_indices=True``; where one comes twice, the last
        entry stays, and has the gradient
    kernel_size, stride, padding : those of the pool
    output_size : the lengths of the result's last axis, or its whole shape; by default (L − 1) · stride − 2 · padding
        + kernel_size

    ValueError where a place lies outside of the result.

    >>> import numpy as np, nn.functional as F
    >>> F.max_unpool1d(np.array([[5.0, 3.0]]), np.array([[1, 3]]), 2)
    array([[0., 5., 0., 3.]])
    """
    return _unpool("max_unpool1d", x, indices, kernel_size, stride, padding, output_size, 1)


def max_unpool2d(
    x: Any,
    indices: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    output_size: Sequence[int] | None = None,
) -> Any:
    """``max_unpool1d`` for images, (N, C, H, W) or (C, H, W)."""
    return _unpool("max_unpool2d", x, indices, kernel_size, stride, padding, output_size, 2)


def max_unpool3d(
    x: Any,
    indices: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    output_size: Sequence[int] | None = None,
) -> Any:
    """``max_unpool1d`` for volumes, (N, C, D, H, W) or (C, D, H, W)."""
    return _unpool("max_unpool3d", x, indices, kernel_size, stride, padding, output_size, 3)


def adaptive_avg_pool1d(x: Any, output_size: Size) -> Any:
    """The mean of ``output_size`` windows of each row, (N, C, L) or (C, L), of about equal size; they may overlap."""
    return adaptive_mean(x, _sizes("adaptive_avg_pool1d", x, output_size, 1))


def adaptive_avg_pool2d(x: Any, output_size: Size) -> Any:
    """``adaptive_avg_pool1d`` for images, (N, C, H, W) or (C, H, W); a size of None stays as it is."""
    return adaptive_mean(x, _sizes("adaptive_avg_pool2d", x, output_size, 2))


def adaptive_avg_pool3d(x: Any, output_size: Size) -> Any:
    """``adaptive_avg_pool1d`` for volumes, (N, C, D, H, W) or (C, D, H, W); a size of None stays as it is."""
    return adaptive_mean(x, _sizes("adaptive_avg_pool3d", x, output_size, 3))


def adaptive_max_pool1d(x: Any, output_size: Size, return_indices: bool = False) -> Any:
    """The maximum of ``output_size`` windows of each row, (N, C, L) or (C, L), of about equal size.

    return_indices : give the pair of that and the places of the maxima, int64
    """
    return _adaptive_max(x, _sizes("adaptive_max_pool1d", x, output_size, 1), return_indices)


def adaptive_max_pool2d(x: Any, output_size: Size, return_indices: bool = False) -> Any:
    """``adaptive_max_pool1d`` for images, (N, C, H, W) or (C, H, W); a size of None stays as it is."""
    return _adaptive_max(x, _sizes("adaptive_max_pool2d", x, output_size, 2), return_indices)


def adaptive_max_pool3d(x: Any, output_size: Size, return_indices: bool = False) -> Any:
    """``adaptive_max_pool1d`` for volumes, (N, C, D, H, W) or (C, D, H, W); a size of None stays as it is."""
    return _adaptive_max(x, _sizes("adaptive_max_pool3d", x, output_size, 3), return_indices)


def lp_pool1d(x: Any, norm_type: float, kernel_size: int, stride: int | None = None, ceil_mode: bool = False) -> Any:
    """(Σ xᵖ)^(1/p) of each window of a row, p = norm_type; 0 where the sum is negative."""
    return _lp(ag.avg_pool1d, x, norm_type, kernel_size, stride, ceil_mode, 1)


def lp_pool2d(x: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """``lp_pool1d`` for images."""
    return _lp(ag.avg_pool2d, x, norm_type, kernel_size, stride, ceil_mode, 2)


def lp_pool3d(x: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """``lp_pool1d`` for volumes."""
    return _lp(ag.avg_pool3d, x, norm_type, kernel_size, stride, ceil_mode, 3)


def adaptive_mean(x: Any, sizes: Sequence[int]) -> Any:
    """The means of windows along the last axes, to these lengths: axis by axis, since a window is a product of them."""
    axes = range(-len(sizes), 0)
    if all(size == 1 for size in sizes):
        return ag.mean(x, axis=tuple(axes), keepdims=True)
    for axis, size in zip(axes, sizes, strict=True):
        length = np.shape(x)[axis]
        if size == length:
            continue
        means = np.zeros((length, size))
        for i, (start, end) in enumerate(_windows(length, size)):
            means[start:end, i] = 1 / (end - start)
        x = ag.moveaxis(ag.matmul(ag.moveaxis(x, axis, -1), means.astype(float_dtype_of(x))), -1, axis)
    return x


def _adaptive_max(x: Any, sizes: Sequence[int], return_indices: bool) -> Any:
    if return_indices:
        return _adaptive_max_and_places(x, sizes)
    for axis, size in zip(range(-len(sizes), 0), sizes, strict=True):
        if size == np.shape(x)[axis]:
            continue
        place = axis + np.ndim(x)
        x = ag.max(ag.take(x, _members(np.shape(x)[axis], size), axis=place), axis=place + 1)
    return x


def _adaptive_max_and_places(x: Any, sizes: Sequence[int]) -> Any:
    values, rank, shape = values_of(x), len(sizes), np.shape(x)
    number = np.arange(np.prod(shape[-rank:])).reshape(shape[-rank:])
    for axis, size in enumerate(sizes):  # each axis becomes two: windows, and what is in them
        at = _members(shape[axis - rank], size)
        number = number.take(at, axis=2 * axis)
        values = values.take(at, axis=values.ndim - rank + axis)
    behind = tuple([2 * axis + 1 for axis in range(rank)])
    lead = values.ndim - 2 * rank
    number = np.moveaxis(number, behind, range(-rank, 0)).reshape(*sizes, -1)
    windows = np.moveaxis(values, [lead + axis for axis in behind], range(-rank, 0)).reshape(*shape[:lead], *sizes, -1)
    best = windows.argmax(axis=-1, keepdims=True)
    places = np.take_along_axis(np.broadcast_to(number, windows.shape), best, axis=-1)[..., 0]
    flat = (*shape[:lead], -1)
    picked = ag.take_along_axis(ag.reshape(x, flat), places.reshape(flat), axis=-1)
    return ag.reshape(picked, places.shape), _like(x, places)


def _members(length: int, size: int) -> np.ndarray:
    """(windows, entries of the longest): the numbers of what is in each; shorter ones repeat their last."""
    windows = _windows(length, size)
    longest = max(end - start for start, end in windows)
    return np.array([[min(start + i, end - 1) for i in range(longest)] for start, end in windows])


def _windows(length: int, size: int) -> list[tuple[int, int]]:
    return [(i * length // size, -(-(i + 1) * length // size)) for i in range(size)]


def _sizes(called: str, x: Any, output_size: Size, axes: int) -> list[int]:
    shape = np.shape(x)
    given = [output_size] * axes if output_size is None or np.ndim(output_size) == 0 else list(output_size)  # type: ignore[arg-type]
    if len(shape) not in (axes + 1, axes + 2):
        raise ValueError(f"{called}: x must have {axes + 2} axes, or {axes + 1} without a batch\n  x: {shape}")
    if len(given) != axes:
        raise ValueError(f"{called}: output_size must be one number, or {axes}\n  output_size: {output_size!r}")
    sizes = [length if size is None else size for size, length in zip(given, shape[-axes:], strict=True)]
    if not all(isinstance(size, int | np.integer) and size >= 1 for size in sizes) or 0 in shape[-axes:]:
        raise ValueError(f"{called}: sizes must be whole numbers from 1\n  x: {shape}\n  output_size: {output_size!r}")
    return [int(size) for size in sizes]  # type: ignore[arg-type]


def _lp(pool: Any, x: Any, p: float, kernel_size: Any, stride: Any, ceil_mode: bool, axes: int) -> Any:
    window = kernel_size**axes if np.ndim(kernel_size) == 0 else int(np.prod(kernel_size))
    total = pool(x**p, kernel_size, kernel_size if stride is None else stride, ceil_mode=ceil_mode)
    return ag.relu(total * window) ** (1.0 / p)


def _max(
    pool: Any, x: Any, size: Any, stride: Any, padding: Any, dilation: Any, ceil: bool, with_places: bool, rank: int
) -> Any:
    if not with_places:
        return pool(x, size, stride, padding, dilation, ceil)
    y, winners = pool.with_auxiliaries(x, size, stride, padding, dilation, ceil)
    size, padding, dilation = (_each(value, rank) for value in (size, padding, dilation))
    stride, winners = (size if stride is None else _each(stride, rank)), np.asarray(winners)
    places, image = np.zeros(winners.shape, np.int64), np.shape(x)[-rank:]
    for axis, tap in enumerate(np.unravel_index(winners, size)):
        first = np.arange(winners.shape[axis - rank]) * stride[axis] - padding[axis]
        at = first.reshape(-1, *[1] * (rank - 1 - axis)) + tap * dilation[axis]
        places = places * image[axis] + at
    return y, _like(x, places)


def _unpool(
    called: str, x: Any, indices: Any, size: Any, stride: Any, padding: Any, output_size: Any, rank: int
) -> Any:
    shape, places = np.shape(x), values_of(indices)
    size, padding = _each(size, rank), _each(padding, rank)
    stride = size if stride is None else _each(stride, rank)
    if len(shape) not in (rank + 1, rank + 2) or places.shape != shape or places.dtype.kind not in "iu":
        raise ValueError(
            f"{called}: x must have {rank + 2} axes, or {rank + 1} without a batch, and indices be ints of its shape\n"
            f"  x: {shape}\n  indices: {places.shape}, {places.dtype}"
        )
    usual = [(n - 1) * u - 2 * p + k for n, k, u, p in zip(shape[-rank:], size, stride, padding, strict=True)]
    image = usual if output_size is None else [int(n) for n in tuple(output_size)[-rank:]]
    fits = [n - u < m < n + u for n, m, u in zip(usual, image, stride, strict=False)]
    if len(image) != rank or not all(fits) or min(image) < 1:
        raise ValueError(
            f"{called}: the pool makes nothing of x's shape of this output_size\n  x: {shape}\n"
            f"  output_size: {output_size!r}\n  usual: {tuple(usual)}, up to less than a stride more or less"
        )
    entries = int(np.prod(image))
    bad = (places < 0) | (places >= entries)
    if bad.any():
        raise ValueError(
            f"{called}: a place lies outside of the result\n  result: {(*shape[:-rank], *image)}\n"
            f"  entries of a channel: {entries}\n  place: {places[bad].flat[0]}"
        )
    flat = (*shape[:-rank], -1)
    zeros = np.zeros((*shape[:-rank], entries), values_of(x).dtype)
    y = ag.scatter(
        zeros, len(flat) - 1, places.reshape(*shape[:-rank], int(np.prod(shape[-rank:]))), ag.reshape(x, flat)
    )
    return ag.reshape(y, (*shape[:-rank], *image))


def _each(value: Any, rank: int) -> tuple[int, ...]:
    """One number for each axis."""
    if np.ndim(value) == 0:
        return (int(value),) * rank
    values = tuple([int(one) for one in value])
    return values * rank if len(values) == 1 else values


def _like(x: Any, places: np.ndarray) -> Any:
    """The places as a Tensor where x is one."""
    return ag.Tensor(places) if isinstance(x, ag.Tensor) else places
