"""Pooling to a given size, whatever the input's, and by a norm."""

from collections.abc import Callable
from typing import Any

from .. import functional
from ..functional.pooling import Size
from ..module import Module

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d", "LPPool1d", "LPPool2d", "LPPool3d",
]  # fmt: skip


class _Adaptive(Module):
    function: Callable[..., Any]

    def __init__(self, output_size: Size) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, x: Any) -> Any:
        return self.function(x, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool2d(_Adaptive):
    """The means of ``output_size`` windows, of about equal size, of images (N, C, H, W) or (C, H, W).

    output_size : a number for both axes or a pair; None leaves an axis as it is

    >>> import numpy as np, nn
    >>> nn.AdaptiveAvgPool2d((1, 2))(np.arange(6.0).reshape(1, 2, 3))
    array([[[2., 3.]]])
    """

    function = staticmethod(functional.adaptive_avg_pool2d)


class AdaptiveAvgPool1d(_Adaptive):
    """``AdaptiveAvgPool2d`` for rows, (N, C, L) or (C, L), with one number."""

    function = staticmethod(functional.adaptive_avg_pool1d)


class AdaptiveAvgPool3d(_Adaptive):
    """``AdaptiveAvgPool2d`` for volumes, (N, C, D, H, W) or (C, D, H, W), with a triple in place of a pair."""

    function = staticmethod(functional.adaptive_avg_pool3d)


class _AdaptiveMax(_Adaptive):
    def __init__(self, output_size: Size, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, x: Any) -> Any:
        return self.function(x, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMax):
    """The maxima of ``output_size`` windows, of about equal size; see ``AdaptiveAvgPool2d``.

    return_indices : give the pair of the maxima and their places, as ``MaxPool2d`` does
    """

    function = staticmethod(functional.adaptive_max_pool2d)


class AdaptiveMaxPool1d(_AdaptiveMax):
    """``AdaptiveMaxPool2d`` for rows, (N, C, L) or (C, L), with one number."""

    function = staticmethod(functional.adaptive_max_pool1d)


class AdaptiveMaxPool3d(_AdaptiveMax):
    """``AdaptiveMaxPool2d`` for volumes, (N, C, D, H, W) or (C, D, H, W), with a triple in place of a pair."""

    function = staticmethod(functional.adaptive_max_pool3d)


class _LPPool(Module):
    function: Callable[..., Any]

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, x: Any) -> Any:
        return self.function(x, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool2d(_LPPool):
    """(Σ xᵖ)^(1/p) of each window of an image, p = norm_type; window, stride and ceil_mode as of ``MaxPool2d``."""

    function = staticmethod(functional.lp_pool2d)


class LPPool1d(_LPPool):
    """``LPPool2d`` for rows."""

    function = staticmethod(functional.lp_pool1d)


class LPPool3d(_LPPool):
    """``LPPool2d`` for volumes."""

    function = staticmethod(functional.lp_pool3d)
