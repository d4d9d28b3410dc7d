"""What the operations of ``autograd.ops.conv`` are held against: loops for any rank, and PyTorch's functions."""

import warnings
from functools import partial

import numpy as np

from autograd.ops.conv import _extended, _geometry, _transposed_geometry

from . import Oracle


def _padded(x, windows):
    return np.pad(x, ((0, 0), (0, 0), *zip(windows.before, windows.after, strict=True)))


def _by_loops(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The convolution as its formula has it: one dot product for each entry of the result."""
    x, weight = np.asarray(x), np.asarray(weight)
    windows = _geometry(weight.ndim - 2, x.shape, weight.shape, stride, padding, dilation, groups)
    x, depth, outputs = _padded(x, windows), weight.shape[1], len(weight) // groups
    y = np.zeros((len(x), len(weight), *windows.out))
    for n, o, *window in np.ndindex(y.shape):
        c = o // outputs * depth
        seen = x[n, c : c + depth, *_seen_by(windows, window)]
        y[n, o, *window] = np.sum(seen * weight[o]) + (0 if bias is None else bias[o])
    return y


def _seen_by(windows, window):
    """The pixels of a padded image that a window sees, as slices."""
    return [
        slice(u * p, u * p + span, e)
        for u, p, span, e in zip(windows.stride, window, windows.span, windows.dilation, strict=True)
    ]


def _weight_gradient_by_loops(g, x, weight_shape, stride=1, padding=0, dilation=1, groups=1):
    """Each window gives what it saw, times its gradient, to the kernel that it saw it by."""
    windows = _geometry(x.ndim - 2, x.shape, weight_shape, stride, padding, dilation, groups)
    x, depth, outputs = _padded(x, windows), weight_shape[1], weight_shape[0] // groups
    w = np.zeros(weight_shape)
    for n, o, *window in np.ndindex(g.shape):
        c = o // outputs * depth
        w[o] += g[n, o, *window] * x[n, c : c + depth, *_seen_by(windows, window)]
    return w


def _transposed_by_loops(x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Each entry of x puts its kernel, times itself, where its window lies; padding is then cut off."""
    x, weight = np.asarray(x), np.asarray(weight)
    x = _extended(x, output_padding, stride)
    windows = _transposed_geometry(x.ndim - 2, x.shape, weight.shape, stride, padding, output_padding, groups, dilation)
    depth, outputs = weight.shape[1], len(weight) // groups
    y = np.zeros((len(x), depth * groups, *windows.padded))
    for n, o, *window in np.ndindex(x.shape):
        c = o // outputs * depth
        y[n, c : c + depth, *_seen_by(windows, window)] += x[n, o, *window] * weight[o]
    y = y[:, :, *[slice(b, n - a) for b, n, a in zip(windows.before, y.shape[2:], windows.after, strict=True)]]
    return y if bias is None else y + np.reshape(bias, (-1, *[1] * (x.ndim - 2)))


def _convolved_in_torch(rank, torch, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using padding='same' with even kernel")
        return getattr(torch.nn.functional, f"conv{rank}d")(*args, **kwargs)


def _transposed_in_torch(
    rank, torch, x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    transposed = getattr(torch.nn.functional, f"conv_transpose{rank}d")
    if not isinstance(padding, str):
        return transposed(x, weight, bias, stride, padding, output_padding, groups, dilation)
    y = transposed(x, weight, bias, stride, 0, output_padding, groups, dilation)
    windows = _transposed_geometry(rank, x.shape, weight.shape, stride, padding, output_padding, groups, dilation)
    return y[:, :, *[slice(b, b + n) for b, n in zip(windows.before, windows.image, strict=True)]]


def _weight_gradient_in_torch(rank, torch, g, x, weight_shape, *args, **kwargs):
    weight = torch.zeros(weight_shape, dtype=g.dtype, requires_grad=True)
    y = _convolved_in_torch(rank, torch, x, weight, None, *args, **kwargs)
    return torch.autograd.grad(y, weight, g, create_graph=True)[0]


def _oracles(rank):
    return {
        f"conv{rank}d": Oracle(_by_loops, partial(_convolved_in_torch, rank)),
        f"conv_transpose{rank}d": Oracle(_transposed_by_loops, partial(_transposed_in_torch, rank)),
        f"conv{rank}d_weight_gradient": Oracle(_weight_gradient_by_loops, partial(_weight_gradient_in_torch, rank)),
    }


ORACLES = _oracles(1) | _oracles(2) | _oracles(3)
