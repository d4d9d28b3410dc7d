"""Pooling to a given size, and by a norm."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

import autograd as ag

from ..values import float_dtype_of

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "adaptive_max_pool3d", "lp_pool1d", "lp_pool2d", "lp_pool3d",
]  # fmt: skip

Size: TypeAlias = int | Sequence[int | None] | None


def adaptive_avg_pool1d(x: Any, output_size: Size) -> Any:
    """The mean of ``output_size`` windows of each row, (N, C, L) or (C, L), of about equal size; they may overlap."""
    return adaptive_mean(x, _sizes("adaptive_avg_pool1d", x, output_size, 1))


def adaptive_avg_pool2d(x: Any, output_size: Size) -> Any:
    """``adaptive_avg_pool1d`` for images, (N, C, H, W) or (C, H, W); a size of None stays as it is."""
    return adaptive_mean(x, _sizes("adaptive_avg_pool2d", x, output_size, 2))


def adaptive_avg_pool3d(x: Any, output_size: Size) -> Any:
    """``adaptive_avg_pool1d`` for volumes, (N, C, D, H, W) or (C, D, H, W); a size of None stays as it is."""
    return adaptive_mean(x, _sizes("adaptive_avg_pool3d", x, output_size, 3))


def adaptive_max_pool1d(x: Any, output_size: Size) -> Any:
    """The maximum of ``output_size`` windows of each row, (N, C, L) or (C, L), of about equal size."""
    return _adaptive_max(x, _sizes("adaptive_max_pool1d", x, output_size, 1))


def adaptive_max_pool2d(x: Any, output_size: Size) -> Any:
    """``adaptive_max_pool1d`` for images, (N, C, H, W) or (C, H, W); a size of None stays as it is."""
    return _adaptive_max(x, _sizes("adaptive_max_pool2d", x, output_size, 2))


def adaptive_max_pool3d(x: Any, output_size: Size) -> Any:
    """``adaptive_max_pool1d`` for volumes, (N, C, D, H, W) or (C, D, H, W); a size of None stays as it is."""
    return _adaptive_max(x, _sizes("adaptive_max_pool3d", x, output_size, 3))


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


def _adaptive_max(x: Any, sizes: Sequence[int]) -> Any:
    for axis, size in zip(range(-len(sizes), 0), sizes, strict=True):
        length = np.shape(x)[axis]
        if size == length:
            continue
        windows = _windows(length, size)
        longest = max(end - start for start, end in windows)
        at = np.array([[min(start + i, end - 1) for i in range(longest)] for start, end in windows])
        place = axis + np.ndim(x)
        x = ag.max(ag.take(x, at, axis=place), axis=place + 1)
    return x


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
