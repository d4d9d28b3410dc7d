"""What the operations of ``autograd.ops.pooling`` are held against."""

import numpy as np

from autograd.kernels import pooling as kernels
from autograd.kernels.windows import pair
from autograd.ops.pooling import _geometry, _stack, _unstack

from . import Oracle


def _max_by_windows(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    windows = _geometry(x.shape, kernel_size, stride, padding, dilation, ceil_mode)
    return _unstack(kernels.maximum_by_windows(_stack(x), windows)[0], x.ndim)


def _scatter_by_pixels(g, winners, x_shape, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    windows = _geometry(x_shape, kernel_size, stride, padding, dilation, ceil_mode)
    x = np.zeros(x_shape)
    for at in np.ndindex(g.shape):
        x[(*at[:-2], *_winning_pixel(windows, at[-2:], winners[at]))] += g[at]
    return x


def _gather_by_pixels(x, winners, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    windows = _geometry(x.shape, kernel_size, stride, padding, dilation, ceil_mode)
    y = np.zeros(winners.shape)
    for at in np.ndindex(y.shape):
        y[at] = x[(*at[:-2], *_winning_pixel(windows, at[-2:], winners[at]))]
    return y


def _winning_pixel(windows, window, winner):
    within = divmod(int(winner), windows.size[1])
    return [
        w * u + k * d - b
        for w, u, k, d, b in zip(window, windows.stride, within, windows.dilation, windows.before, strict=True)
    ]


def _average_by_windows(x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    windows = _geometry(x.shape, kernel_size, stride, padding, 1, ceil_mode)
    y = kernels.average_by_windows(_stack(x), windows, pair(padding, "padding", 0), count_include_pad)
    return _unstack(y, x.ndim)


def _spread_by_windows(g, x_shape, *args, **kwargs):
    """⟨g, avg_pool2d(one-hot)⟩ for each pixel."""
    x = np.zeros(x_shape)
    for at in np.ndindex(x.shape):
        one = np.zeros(x_shape)
        one[at] = 1
        x[at] = np.sum(g * _average_by_windows(one, *args, **kwargs))
    return x


def _through_torch(function):
    """The gradient of one of PyTorch's functions by its image, as a function of the gradient g."""

    def transposed(torch, g, x_shape, *args, **kwargs):
        x = torch.zeros(x_shape, dtype=g.dtype, requires_grad=True)
        y = getattr(torch.nn.functional, function)(x, *args, **kwargs)
        return torch.autograd.grad(y, x, g, create_graph=True)[0]

    return transposed


ORACLES = {
    "max_pool2d": Oracle(
        numpy=_max_by_windows,
        torch=lambda torch, x, *args, **kwargs: torch.nn.functional.max_pool2d(x, *args, **kwargs),
    ),
    "max_pool2d_scatter": Oracle(numpy=_scatter_by_pixels, torch="max_pool2d's own comparison runs it"),
    "max_pool2d_gather": Oracle(numpy=_gather_by_pixels, torch="max_pool2d's own comparison runs it"),
    "avg_pool2d": Oracle(
        numpy=_average_by_windows,
        torch=lambda torch, x, *args, **kwargs: torch.nn.functional.avg_pool2d(x, *args, **kwargs),
    ),
    "avg_pool2d_spread": Oracle(numpy=_spread_by_windows, torch=_through_torch("avg_pool2d")),
}
