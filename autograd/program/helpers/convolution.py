"""Cross-correlation of rows, pictures or volumes (N, C, …) with kernels (O, C, …), and its two gradients, by taps."""

import numpy as np


def tap(x, position, out, stride, dilation):
    """What one position within every window sees: a view of the padded images."""
    places = []
    for axis, r in enumerate(position):
        u = stride if np.ndim(stride) == 0 else stride[axis]
        e = dilation if np.ndim(dilation) == 0 else dilation[axis]
        places.append(slice(e * r, e * r + u * (out[axis] - 1) + 1, u))
    return x[(..., *places)]


def padded(x, padding, rank):
    """The images with zeros around: as many everywhere, or (before, after) for each axis."""
    pairs = [(padding, padding)] * rank if np.ndim(padding) == 0 else list(padding)
    return np.pad(x, [(0, 0)] * (x.ndim - rank) + pairs)


def conv(x, weight, bias, out, stride=1, padding=0, dilation=1, groups=1):
    """y[n, o] = bias[o] + the sum over channels c and taps of weight[o, c, tap] times what the tap sees of x[n, c]."""
    x = padded(x, padding, len(out))
    channels, outputs = x.shape[1] // groups, len(weight) // groups
    y = np.zeros((len(x), len(weight), *out))
    for i in range(groups):
        mine, seen = slice(i * outputs, (i + 1) * outputs), x[:, i * channels : (i + 1) * channels]
        for position in np.ndindex(*weight.shape[2:]):
            w = weight[(mine, slice(None), *position)]
            y[:, mine] += np.einsum("nc...,oc->no...", tap(seen, position, out, stride, dilation), w)
    return y if bias is None else y + np.reshape(bias, (-1, *[1 for _ in out]))


def conv_transpose(g, weight, bias, image, stride=1, padding=0, dilation=1, groups=1):
    """Each entry of g goes back, times the weight of each tap, to the pixel of the image that the tap saw."""
    outputs, channels = len(weight) // groups, weight.shape[1]
    pairs = [(padding, padding) for _ in image] if np.ndim(padding) == 0 else padding
    x = np.zeros(
        (len(g), groups * channels, *[n + before + after for n, (before, after) in zip(image, pairs, strict=True)])
    )
    for i in range(groups):
        mine, sent = slice(i * outputs, (i + 1) * outputs), x[:, i * channels : (i + 1) * channels]
        for position in np.ndindex(*weight.shape[2:]):
            w = weight[(mine, slice(None), *position)]
            here = tap(sent, position, g.shape[2:], stride, dilation)
            here += np.einsum("no...,oc->nc...", g[:, mine], w)
    x = x[(..., *[slice(before, before + n) for n, (before, _) in zip(image, pairs, strict=True)])]
    return x if bias is None else x + np.reshape(bias, (-1, *[1 for _ in image]))


def conv_weight_gradient(g, x, shape, stride=1, padding=0, dilation=1, groups=1):
    """Each weight collects gradient times pixel over every place where it was used."""
    x = padded(x, padding, len(shape) - 2)
    channels, outputs = x.shape[1] // groups, shape[0] // groups
    weight, axes = np.zeros(shape), [0, *range(2, g.ndim)]
    for i in range(groups):
        mine, seen = slice(i * outputs, (i + 1) * outputs), x[:, i * channels : (i + 1) * channels]
        for position in np.ndindex(*shape[2:]):
            here = tap(seen, position, g.shape[2:], stride, dilation)
            weight[(mine, slice(None), *position)] = np.tensordot(g[:, mine], here, (axes, axes))
    return weight
