"""Pooling: each window of an image becomes its maximum or its mean."""

from .. import functional
from ..module import Module


class MaxPool2d(Module):
    """The maximum of each window; see ``ag.max_pool2d``.

    Parameters
    ----------
    kernel_size : the window: an int, or a pair (vertical, horizontal)
    stride : the step from window to window; by default the window's size
    padding : −∞ around the image, at most half a window
    dilation : the distance of neighbours in a window
    ceil_mode : also take windows that hang over the end

    (N, C, H, W) becomes (N, C, P, Q), and (C, H, W) becomes (C, P, Q), with P = ⌊(H + 2a − e (k − 1) − 1) / u⌋ + 1
    for the vertical window k, stride u, padding a and dilation e (⌈…⌉ with ceil_mode), and Q likewise across.

    >>> import numpy as np, nn
    >>> nn.MaxPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))[0, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, *, ceil_mode=False):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.ceil_mode = ceil_mode

    def forward(self, x):
        return functional.max_pool2d(
            x, self.kernel_size, self.stride, self.padding, dilation=self.dilation, ceil_mode=self.ceil_mode
        )

    def extra_repr(self):
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class AvgPool2d(Module):
    """The mean of each window; see ``ag.avg_pool2d``.

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode : as of ``MaxPool2d``, but padded with zeros
    count_include_pad : whether those zeros count

    The shapes are those of ``MaxPool2d`` with dilation 1.

    >>> import numpy as np, nn
    >>> nn.AvgPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))[0, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, x):
        return functional.avg_pool2d(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            ceil_mode=self.ceil_mode,
            count_include_pad=self.count_include_pad,
        )

    def extra_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
