"""Convolutions of stacks, as autograd has them, and of single rows, images and volumes without a batch's axis."""

from typing import Any

import numpy as np

import autograd as ag

__all__ = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]


def conv1d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """``ag.conv1d`` of rows (N, C, L) or (C, L)."""
    if np.ndim(x) == 2:
        return ag.conv1d(_stack_of_one(x), weight, bias, stride, padding, dilation, groups)[0]
    return ag.conv1d(x, weight, bias, stride, padding, dilation, groups)


def conv2d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """``ag.conv2d`` of images (N, C, H, W) or (C, H, W)."""
    if np.ndim(x) == 3:
        return ag.conv2d(_stack_of_one(x), weight, bias, stride, padding, dilation, groups)[0]
    return ag.conv2d(x, weight, bias, stride, padding, dilation, groups)


def conv3d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """``ag.conv3d`` of volumes (N, C, D, H, W) or (C, D, H, W)."""
    if np.ndim(x) == 4:
        return ag.conv3d(_stack_of_one(x), weight, bias, stride, padding, dilation, groups)[0]
    return ag.conv3d(x, weight, bias, stride, padding, dilation, groups)


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
    if np.ndim(x) == 2:
        y = ag.conv_transpose1d(_stack_of_one(x), weight, bias, stride, padding, output_padding, groups, dilation)
        return y[0]
    return ag.conv_transpose1d(x, weight, bias, stride, padding, output_padding, groups, dilation)


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
    if np.ndim(x) == 3:
        y = ag.conv_transpose2d(_stack_of_one(x), weight, bias, stride, padding, output_padding, groups, dilation)
        return y[0]
    return ag.conv_transpose2d(x, weight, bias, stride, padding, output_padding, groups, dilation)


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
    if np.ndim(x) == 4:
        y = ag.conv_transpose3d(_stack_of_one(x), weight, bias, stride, padding, output_padding, groups, dilation)
        return y[0]
    return ag.conv_transpose3d(x, weight, bias, stride, padding, output_padding, groups, dilation)


def _stack_of_one(x: Any) -> Any:
    return ag.reshape(x, (1, *np.shape(x)))
