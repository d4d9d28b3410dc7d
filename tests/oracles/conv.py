"""What the operations of ``autograd.ops.conv`` are held against."""

import numpy as np

from autograd.ops.conv import _geometry

from . import Oracle


def _by_loops(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """conv2d as its formula has it: one dot product for each entry of the result."""
    x, weight = np.asarray(x), np.asarray(weight)
    windows = _geometry(x.shape, weight.shape, stride, padding, dilation, groups)
    padded = np.pad(x, ((0, 0), (0, 0), *zip(windows.before, windows.after, strict=True)))
    (u, v), (e, f), (rows, columns) = windows.stride, windows.dilation, windows.span
    depth, outputs = weight.shape[1], len(weight) // groups
    y = np.zeros((len(x), len(weight), *windows.out))
    for n, o, p, q in np.ndindex(y.shape):
        c = o // outputs * depth
        seen = padded[n, c : c + depth, u * p : u * p + rows : e, v * q : v * q + columns : f]
        y[n, o, p, q] = np.sum(seen * weight[o]) + (0 if bias is None else bias[o])
    return y


def _input_gradient_by_loops(g, weight, x_shape, *args, **kwargs):
    """⟨g, conv2d(one-hot, weight)⟩ for each entry of x."""
    x = np.zeros(x_shape)
    for at in np.ndindex(x.shape):
        one = np.zeros(x_shape)
        one[at] = 1
        x[at] = np.sum(g * _by_loops(one, weight, None, *args, **kwargs))
    return x


def _weight_gradient_by_loops(g, x, weight_shape, *args, **kwargs):
    """⟨g, conv2d(x, one-hot)⟩ for each entry of the weight."""
    w = np.zeros(weight_shape)
    for at in np.ndindex(w.shape):
        one = np.zeros(weight_shape)
        one[at] = 1
        w[at] = np.sum(g * _by_loops(x, one, None, *args, **kwargs))
    return w


ORACLES = {
    "conv2d": Oracle(numpy=_by_loops, torch=lambda torch, *args, **kwargs: torch.nn.functional.conv2d(*args, **kwargs)),
    "conv2d_input_gradient": Oracle(
        numpy=_input_gradient_by_loops,
        torch=lambda torch, g, weight, x_shape, *args, **kwargs: torch.nn.grad.conv2d_input(
            x_shape, weight, g, *args, **kwargs
        ),
    ),
    "conv2d_weight_gradient": Oracle(
        numpy=_weight_gradient_by_loops,
        torch=lambda torch, g, x, weight_shape, *args, **kwargs: torch.nn.grad.conv2d_weight(
            x, weight_shape, g, *args, **kwargs
        ),
    ),
}
