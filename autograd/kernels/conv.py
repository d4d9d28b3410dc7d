"""Cross-correlation of rows, pictures or volumes and its two gradients, on channels-last memory.

Each of the three exists twice: ``*_by_taps``, which says what it computes in a loop over the kernel's
positions, and a fast one for pictures, compiled or in NumPy: that copies windows into a matrix ("im2col")
of a size that stays in the cache and lets the matrix product do the work. To the fast ones a row is a picture
of one line; of a volume they see, for each window along its depth, the pictures in that window as channels of one.
Images are (N, H, W, C), kernels (O, C, R, S), with one axis less or more for rows and volumes. The compiled ones read
images that lie in memory as (N, C, H, W) without a copy of the whole.
"""

import numpy as np

from ..native import native
from .half import in_float32
from .windows import as_picture, depth_taps, interior, pad, plane, tap, through

CHUNK = 1 << 18
"""Bytes of window matrix made at a time: fresh or larger buffers cost more in page faults than they save."""


# -- what is computed --------------------------------------------------------------------------


def correlate_by_taps(x, w, windows):
    """y[n, p, q, o] = Σ over c, r, s of x[n, p·stride + r·dilation, …, c] · w[o, c, r, s]."""
    padded = pad(x, windows)
    y = np.zeros((len(x), *windows.out, len(w)), np.result_type(x, w))
    for position in windows.taps:
        y += tap(padded, windows, *position) @ w[:, :, *position].T
    return y


def input_gradient_by_taps(g, w, windows):
    """Each output's gradient goes back over the weights that it came by, to the pixels that it saw."""
    padded = np.zeros((len(g), *windows.padded, w.shape[1]), np.result_type(g, w))
    for position in windows.taps:
        tap(padded, windows, *position)[...] += g @ w[:, :, *position]
    return interior(padded, windows)


def weight_gradient_by_taps(g, x, windows, groups=1):
    """Each weight collects gradient × pixel over every place where it was used."""
    padded = pad(x, windows)
    outputs, inputs = g.shape[-1] // groups, x.shape[-1] // groups
    w = np.zeros((groups, outputs, inputs, *windows.size), np.result_type(g, x))
    g = g.reshape(-1, groups, outputs)
    for position in windows.taps:
        seen = tap(padded, windows, *position)
        w[..., *position] = np.einsum("nko,nkc->koc", g, seen.reshape(-1, groups, inputs))
    return w.reshape(groups * outputs, inputs, *windows.size)


# -- the fast ones -----------------------------------------------------------------------------


@in_float32
def correlate(x, w, windows, bias=None, groups=1):
    """``correlate_by_taps``, plus a bias for each output channel, with the channels in groups."""
    if windows.rank == 1:
        return correlate(x[:, None], w[:, :, None], as_picture(windows), bias, groups)[:, 0]
    if windows.rank == 3:
        y = correlate(_flatten(x, windows, groups), _flat_weights(w), plane(windows), bias, groups)
        return y.reshape(len(x), *windows.out, len(w))
    y = native.correlate(x, w, bias, windows, groups) if native else None
    return _correlate_in_numpy(x, w, windows, bias, groups) if y is None else y


@in_float32
def input_gradient(g, w, windows, groups=1):
    """``input_gradient_by_taps``, with the channels in groups."""
    if windows.rank == 1:
        return input_gradient(g[:, None], w[:, :, None], as_picture(windows), groups)[:, 0]
    if windows.rank == 3:
        n, p, *picture, outputs = g.shape
        x = input_gradient(g.reshape(n * p, *picture, outputs), _flat_weights(w), plane(windows), groups)
        return _unflatten(x, windows, groups)
    x = native.input_gradient(g, w, windows, groups) if native else None
    return _input_gradient_in_numpy(g, w, windows, groups) if x is None else x


@in_float32
def weight_gradient(g, x, windows, groups=1):
    """``weight_gradient_by_taps``."""
    if windows.rank == 1:
        return weight_gradient(g[:, None], x[:, None], as_picture(windows), groups)[:, :, 0]
    if windows.rank == 3:
        n, p, *picture, outputs = g.shape
        g = g.reshape(n * p, *picture, outputs)
        w = weight_gradient(g, _flatten(x, windows, groups), plane(windows), groups)
        w = w.reshape(outputs, windows.size[0], x.shape[-1] // groups, *windows.size[1:])
        return np.ascontiguousarray(w.swapaxes(1, 2))
    w = native.weight_gradient(g, x, windows, groups) if native else None
    return _weight_gradient_in_numpy(g, x, windows, groups) if w is None else w


# -- volumes -----------------------------------------------------------------------------------


def _flatten(x, windows, groups):
    """(N, D, H, W, C) as pictures (N · P, H, W, R · C): for each window along the depth what its R taps see.

    The channels of a group stay together. A copy of R times the memory, but where a window is one picture.
    """
    n, d, *picture, channels = x.shape
    p, r = windows.out[0], windows.size[0]
    if r == 1 and p == d and windows.padded[0] == d:
        return x.reshape(n * d, *picture, channels)
    x = x.reshape(n, d, *picture, groups, channels // groups)
    seen = np.empty((n, p, *picture, groups, r, channels // groups), x.dtype)
    for at, some, pictures in depth_taps(windows):
        seen[:, : some.start, ..., at, :] = 0
        seen[:, some, ..., at, :] = x[:, pictures]
        seen[:, some.stop :, ..., at, :] = 0
    return seen.reshape(n * p, *picture, r * channels)


def _unflatten(x, windows, groups):
    """The transpose of ``_flatten``: what the taps saw is added up where they saw it."""
    p, r = windows.out[0], windows.size[0]
    _, *picture, channels = x.shape
    n, inputs = len(x) // p, channels // (groups * r)
    x = x.reshape(n, p, *picture, groups, r, inputs)
    total = np.zeros((n, windows.image[0], *picture, groups, inputs), x.dtype)
    for at, some, pictures in depth_taps(windows):
        total[:, pictures] += x[:, some, ..., at, :]
    return total.reshape(n, *windows.image, groups * inputs)


def _flat_weights(w):
    """(O, C, R, S, T) as (O, R · C, S, T), which goes with ``_flatten``."""
    o, c, r, *picture = w.shape
    return w.swapaxes(1, 2).reshape(o, r * c, *picture)


# -- pictures, in NumPy ----------------------------------------------------------------------------


def _correlate_in_numpy(x, w, windows, bias=None, groups=1):
    outputs = len(w)
    y = np.empty((len(x), *windows.out, outputs), x.dtype)
    if groups > 1:
        for a, b in _channels(groups, x.shape[3], outputs):
            some = None if bias is None else bias[b]
            y[..., b] = _correlate_in_numpy(x[..., a], w[b], windows, some)
        return y
    flat = w.transpose(2, 3, 1, 0).reshape(-1, outputs)
    for part, columns in window_matrices(x, windows):
        chunk = y[part]
        np.matmul(columns, flat, out=chunk.reshape(-1, outputs))
        if bias is not None:
            add_bias(chunk, bias)
    return y


def add_bias(y, bias):
    """Add the bias to each pixel of y, by whole lines: NumPy is slow at adding a few channels at a time."""
    lines = y.reshape(-1, y.shape[-2] * len(bias))
    lines += np.tile(bias, y.shape[-2])


def _input_gradient_in_numpy(g, w, windows, groups=1):
    """With stride 1 as a correlation with the kernel turned by 180°."""
    if groups > 1:
        x = np.empty((len(g), *windows.image, w.shape[1] * groups), g.dtype)
        for a, b in _channels(groups, x.shape[3], len(w)):
            x[..., a] = _input_gradient_in_numpy(g[..., b], w[b], windows)
        return x
    reach = [n - 1 for n in windows.span]
    outputs, channels = w.shape[:2]
    turnable = windows.stride == (1, 1) and all(
        a <= r and b <= r for a, b, r in zip(windows.before, windows.after, reach, strict=True)
    )
    if turnable and 2 * channels > outputs:
        turned = windows._replace(
            image=windows.out,
            out=windows.image,
            before=tuple(r - b for r, b in zip(reach, windows.before, strict=True)),
            after=tuple(r - a for r, a in zip(reach, windows.after, strict=True)),
        )
        return _correlate_in_numpy(g, w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3), turned)
    # To few channels, or with gaps: what each tap sends back, added up where it looked.
    n = len(g)
    step = max(1, CHUNK // max(1, channels * windows.padded[0] * windows.padded[1] * g.itemsize))
    taps = [np.ascontiguousarray(w[:, :, r, s]) for r, s in windows.taps]
    x = np.empty((n, *windows.image, channels), g.dtype)
    direct = windows.padded == windows.image
    if not direct:
        buffer = np.empty((min(step, n), *windows.padded, channels), g.dtype)
    sent = np.empty((min(step, n), *windows.out, channels), g.dtype)
    for i in range(0, n, step):
        some = np.ascontiguousarray(g[i : i + step])
        padded = x[i : i + step] if direct else buffer[: len(some)]
        back = sent[: len(some)]
        padded[...] = 0
        for (r, s), weights in zip(windows.taps, taps, strict=True):
            np.matmul(some.reshape(-1, outputs), weights, out=back.reshape(-1, channels))
            place = tap(padded, windows, r, s)
            place += back
        if not direct:
            x[i : i + step] = interior(padded, windows)
    return x


def _channels(groups, *counts):
    """For each group its slice of so many channels, one slice for each count."""
    return [tuple(slice(i * n // groups, (i + 1) * n // groups) for n in counts) for i in range(groups)]


def _weight_gradient_in_numpy(g, x, windows, groups):
    outputs, channels = g.shape[3] // groups, x.shape[3] // groups
    if groups > 1:
        w = np.empty((groups, outputs, channels, *windows.size), g.dtype)
        for i, (a, b) in enumerate(_channels(groups, x.shape[3], g.shape[3])):
            w[i] = _weight_gradient_in_numpy(g[..., b], x[..., a], windows, 1)
        return w.reshape(groups * outputs, channels, *windows.size)
    w = np.zeros((outputs, windows.size[0] * windows.size[1] * channels), g.dtype)
    for part, columns in window_matrices(x, windows):
        w += g[part].reshape(-1, outputs).T @ columns
    w = w.reshape(outputs, *windows.size, channels).transpose(0, 3, 1, 2)
    return np.ascontiguousarray(w)


def window_matrices(x, windows):
    """Windows of x as the rows of matrices, chunk by chunk: yields (where in the output, matrix).

    A matrix has a row (r, s, c) for each window; it is overwritten when the next one is made.
    """
    n, channels = len(x), x.shape[3]
    (p, q), (r, s) = windows.out, windows.size
    plain = windows.padded == windows.image and x.flags.c_contiguous
    if plain and r == s == 1 and windows.out == windows.image:
        yield (slice(None),), x.reshape(-1, channels)
        return
    a_row = max(1, q * r * s * channels * x.itemsize)
    images = max(1, min(n, CHUNK // (a_row * p)))
    rows = p if images > 1 else min(p, max(1, CHUNK // a_row))
    if plain:
        view = through(x, windows)
    else:
        padded = np.zeros((images, *windows.padded, channels), x.dtype)
        inside, view = interior(padded, windows), through(padded, windows)
    buffer = np.empty(images * rows * q * r * s * channels, x.dtype)
    few = s * channels < 16  # then a window row is too short a run to copy: copy image rows, tap by tap
    for i in range(0, n, images):
        m = min(images, n - i)
        if plain:
            here = view[i : i + m]
        else:
            inside[:m] = x[i : i + m]
            here = view[:m]
        for j in range(0, p, rows):
            seen = here[:, j : j + rows]
            matrix = buffer[: seen.size]
            if few:
                seen = seen.transpose(3, 4, 5, 0, 1, 2)
            np.copyto(matrix.reshape(seen.shape), seen)
            width = r * s * channels
            matrix = matrix.reshape(width, -1).T if few else matrix.reshape(-1, width)
            yield (slice(i, i + m), slice(j, j + rows)), matrix
