"""Pooling: each window of a row, picture or volume becomes its maximum or its mean."""

from collections.abc import Callable, Sequence
from typing import Any

from .. import functional
from ..module import Module

Numbers = int | Sequence[int]

__all__ = [
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]


class _MaxPool(Module):
    function: Callable[..., Any]

    def __init__(
        self,
        kernel_size: Numbers,
        stride: Numbers | None = None,
        padding: Numbers = 0,
        dilation: Numbers = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, x: Any) -> Any:
        return self.function(
            x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool2d(_MaxPool):
    """The maximum of each window; see ``ag.max_pool2d``.

    Parameters
    ----------
    kernel_size : the window: an int, or a pair (vertical, horizontal)
    stride : the step from window to window; by default the window's size
    padding : −∞ around the image, at most half a window
    dilation : the distance of neighbours in a window
    return_indices : give the pair of the maxima and their places, which ``MaxUnpool2d`` takes
    ceil_mode : also take windows that hang over the end

    (N, C, H, W) becomes (N, C, P, Q), and (C, H, W) becomes (C, P, Q), with P = ⌊(H + 2a − e (k − 1) − 1) / u⌋ + 1
    for the vertical window k, stride u, padding a and dilation e (⌈…⌉ with ceil_mode), and Q likewise across.

    >>> import numpy as np, nn
    >>> nn.MaxPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))[0, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """

    function = staticmethod(functional.max_pool2d)


class MaxPool1d(_MaxPool):
    """``MaxPool2d`` for sequences, (N, C, L) or (C, L), with one number in place of a pair.

    >>> import numpy as np, nn
    >>> nn.MaxPool1d(2)(np.arange(4.0).reshape(1, 4))
    array([[1., 3.]])
    """

    function = staticmethod(functional.max_pool1d)


class MaxPool3d(_MaxPool):
    """``MaxPool2d`` for volumes, (N, C, D, H, W) or (C, D, H, W), with a triple in place of a pair.

    >>> import numpy as np, nn
    >>> nn.MaxPool3d((1, 2, 2))(np.ones((1, 3, 4, 4, 4))).shape
    (1, 3, 4, 2, 2)
    """

    function = staticmethod(functional.max_pool3d)


class _MaxUnpool(Module):
    function: Callable[..., Any]

    def __init__(self, kernel_size: Numbers, stride: Numbers | None = None, padding: Numbers = 0) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding

    def forward(self, x: Any, indices: Any, output_size: Sequence[int] | None = None) -> Any:
        return self.function(x, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool2d(_MaxUnpool):
    """The way back from ``MaxPool2d(…, return_indices=True)``: each maximum at its place, zeros elsewhere.

    kernel_size, stride, padding : those of the pool

    ``layer(x, indices)`` takes what the pool gave, of shape (N, C, P, Q) or (C, P, Q); ``layer(x, indices,
    output_size)`` also the size of the image, which the pool's stride may leave open.

    >>> import numpy as np, nn
    >>> y, indices = nn.MaxPool2d(2, return_indices=True)(np.arange(16.0).reshape(1, 4, 4))
    >>> nn.MaxUnpool2d(2)(y, indices)[0, 1]
    array([0., 5., 0., 7.])
    """

    function = staticmethod(functional.max_unpool2d)


class MaxUnpool1d(_MaxUnpool):
    """``MaxUnpool2d`` for rows, (N, C, L) or (C, L), with one number in place of a pair."""

    function = staticmethod(functional.max_unpool1d)


class MaxUnpool3d(_MaxUnpool):
    """``MaxUnpool2d`` for volumes, (N, C, D, H, W) or (C, D, H, W), with a triple in place of a pair."""

    function = staticmethod(functional.max_unpool3d)


class _AvgPool(Module):
    function: Callable[..., Any]

    def __init__(
        self,
        kernel_size: Numbers,
        stride: Numbers | None = None,
        padding: Numbers = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, x: Any) -> Any:
        return self.function(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            ceil_mode=self.ceil_mode,
            count_include_pad=self.count_include_pad,
            divisor_override=self.divisor_override,
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPool):
    """The mean of each window; see ``ag.avg_pool2d``.

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode : as of ``MaxPool2d``, but padded with zeros
    count_include_pad : whether those zeros count
    divisor_override : an int to divide the sum of each window by, in place of how many pixels count

    The shapes are those of ``MaxPool2d`` with dilation 1.

    >>> import numpy as np, nn
    >>> nn.AvgPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))[0, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """

    function = staticmethod(functional.avg_pool2d)


class AvgPool1d(_AvgPool):
    """``AvgPool2d`` for sequences, (N, C, L) or (C, L), with one number in place of a pair.

    >>> import numpy as np, nn
    >>> nn.AvgPool1d(2)(np.arange(4.0).reshape(1, 4))
    array([[0.5, 2.5]])
    """

    function = staticmethod(functional.avg_pool1d)


class AvgPool3d(_AvgPool):
    """``AvgPool2d`` for volumes, (N, C, D, H, W) or (C, D, H, W), with a triple in place of a pair.

    >>> import numpy as np, nn
    >>> nn.AvgPool3d(2)(np.ones((1, 3, 4, 4, 4))).shape
    (1, 3, 2, 2, 2)
    """

    function = staticmethod(functional.avg_pool3d)
