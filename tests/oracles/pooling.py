"""What the operations of ``autograd.ops.pooling`` are held against: loops for any rank, and PyTorch's functions."""

from functools import partial

import numpy as np

from autograd.kernels import pooling as kernels
from autograd.kernels.windows import per_axis
from autograd.ops.pooling import _geometry, _stack, _unstack

from . import Oracle


def _max_by_windows(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, *, rank):
    windows = _geometry(rank, x.shape, kernel_size, stride, padding, dilation, ceil_mode)
    return _unstack(kernels.maximum_by_windows(_stack(x, rank), windows)[0], x.ndim)


def _scatter_by_pixels(g, winners, x_shape, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, *, rank):
    windows = _geometry(rank, x_shape, kernel_size, stride, padding, dilation, ceil_mode)
    x = np.zeros(x_shape)
    for at in np.ndindex(g.shape):
        x[(*at[:-rank], *_winning_pixel(windows, at[-rank:], winners[at]))] += g[at]
    return x


def _gather_by_pixels(x, winners, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, *, rank):
    windows = _geometry(rank, x.shape, kernel_size, stride, padding, dilation, ceil_mode)
    y = np.zeros(winners.shape)
    for at in np.ndindex(y.shape):
        y[at] = x[(*at[:-rank], *_winning_pixel(windows, at[-rank:], winners[at]))]
    return y


def _winning_pixel(windows, window, winner):
    within = windows.taps[int(winner)]
    return [
        w * u + k * d - b
        for w, u, k, d, b in zip(window, windows.stride, within, windows.dilation, windows.before, strict=True)
    ]


def _average_by_windows(
    x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None, *, rank
):
    windows = _geometry(rank, x.shape, kernel_size, stride, padding, 1, ceil_mode)
    padding = per_axis(padding, rank, "padding", 0)
    y = kernels.average_by_windows(_stack(x, rank), windows, padding, count_include_pad, divisor_override)
    return _unstack(y, x.ndim)


def _spread_by_windows(g, x_shape, *args, **kwargs):
    """⟨g, the average pooling of a one-hot image⟩ for each pixel."""
    x = np.zeros(x_shape)
    for at in np.ndindex(x.shape):
        one = np.zeros(x_shape)
        one[at] = 1
        x[at] = np.sum(g * _average_by_windows(one, *args, **kwargs))
    return x


def _pooled_in_torch(function, torch, *args, **kwargs):
    return getattr(torch.nn.functional, function)(*args, **kwargs)


def _spread_in_torch(function, torch, g, x_shape, *args, **kwargs):
    """The gradient of PyTorch's average pooling by its image, as a function of the gradient g."""
    x = torch.zeros(x_shape, dtype=g.dtype, requires_grad=True)
    return torch.autograd.grad(_pooled_in_torch(function, torch, x, *args, **kwargs), x, g, create_graph=True)[0]


def _oracles(rank):
    largest, average = f"max_pool{rank}d", f"avg_pool{rank}d"
    known = f"{largest}'s own comparison runs it"
    return {
        largest: Oracle(partial(_max_by_windows, rank=rank), partial(_pooled_in_torch, largest)),
        f"{largest}_scatter": Oracle(partial(_scatter_by_pixels, rank=rank), known),
        f"{largest}_gather": Oracle(partial(_gather_by_pixels, rank=rank), known),
        average: Oracle(partial(_average_by_windows, rank=rank), partial(_pooled_in_torch, average)),
        f"{average}_spread": Oracle(partial(_spread_by_windows, rank=rank), partial(_spread_in_torch, average)),
    }


ORACLES = _oracles(1) | _oracles(2) | _oracles(3)
