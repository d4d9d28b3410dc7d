"""Convolutions of stacks, as autograd has them, and of single rows, images and volumes without a batch's axis."""

from typing import Any

import numpy as np

import autograd as ag

__all__ = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]


def conv1d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """``ag.conv1d`` of rows (N, C, L) or (C, L)."""
    return _of_one_too(ag.conv1d, 2, x, weight, bias, stride, padding, dilation, groups)


def conv2d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """``ag.conv2d`` of images (N, C, H, W) or (C, H, W)."""
    return _of_one_too(ag.conv2d, 3, x, weight, bias, stride, padding, dilation, groups)


def conv3d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """``ag.conv3d`` of volumes (N, C, D, H, W) or (C, D, H, W)."""
    return _of_one_too(ag.conv3d, 4, x, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """``ag.conv_transpose1d`` of rows (N, C, L) or (C, L)."""
    return _of_one_too(ag.conv_transpose1d, 2, x, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """``ag.conv_transpose2d`` of images (N, C, H, W) or (C, H, W)."""
    return _of_one_too(ag.conv_transpose2d, 3, x, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """``ag.conv_transpose3d`` of volumes (N, C, D, H, W) or (C, D, H, W)."""
    return _of_one_too(ag.conv_transpose3d, 4, x, weight, bias, stride, padding, output_padding, groups, dilation)


def _of_one_too(convolution: Any, axes: int, x: Any, *others: Any) -> Any:
    """The convolution of a stack, or of the one of it that has so many axes."""
    if np.ndim(x) == axes:
        return convolution(ag.reshape(x, (1, *np.shape(x))), *others)[0]
    return convolution(x, *others)
