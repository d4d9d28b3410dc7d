"""Pooling on channels-last memory: maxima with the place they came from, and averages.

``*_by_windows`` say what is computed, a window at a time. The others are compiled, and where that cannot be
(``*_in_numpy``) take one position within the window ("tap") at a time, for all windows at once. Images
are (N, H, W, C).
"""

import numpy as np

from ..native import native
from .windows import copy_pixels, interior, pad, tap

CHUNK = 1 << 18
"""Bytes of result made at a time, so that what is compared stays in the cache."""


def lowest(dtype):
    """What padding counts as under a maximum."""
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


# -- what is computed --------------------------------------------------------------------------


def maximum_by_windows(x, windows):
    """(maxima, winners): the number, row by row, of the first largest pixel within its window.

    A NaN counts as larger than everything; padding is no candidate.
    """
    n, _, _, channels = x.shape
    y = np.full((n, *windows.out, channels), lowest(x.dtype), x.dtype)
    winners = np.zeros(y.shape, np.intp)
    for at in np.ndindex(y.shape):
        first = True
        for number, (i, j) in enumerate(_pixels(windows, at[1], at[2])):
            if 0 <= i < windows.image[0] and 0 <= j < windows.image[1]:
                value, best = x[at[0], i, j, at[3]], y[at]
                if first or value > best or (value != value and best == best):
                    y[at], winners[at] = value, number
                first = False
    return y, winners


def average_by_windows(x, windows, padding, count_include_pad):
    """The sum over each window, divided by how many of its pixels count."""
    n, _, _, channels = x.shape
    y = np.zeros((n, *windows.out, channels), x.dtype)
    for p, q in np.ndindex(*windows.out):
        pixels = list(_pixels(windows, p, q))
        real = [(i, j) for i, j in pixels if 0 <= i < windows.image[0] and 0 <= j < windows.image[1]]
        within = [
            (i, j) for i, j in pixels if i < windows.image[0] + padding[0] and j < windows.image[1] + padding[1]
        ]  # what hangs over the padding never counts
        for i, j in real:
            y[:, p, q] += x[:, i, j]
        y[:, p, q] /= len(within if count_include_pad else real)
    return y


def _pixels(windows, p, q):
    """Where the window (p, q) looks, row by row; some of it may be padding."""
    for r, s in windows.taps:
        yield tuple(
            w * u + k * d - b
            for w, u, k, d, b in zip((p, q), windows.stride, (r, s), windows.dilation, windows.before, strict=True)
        )


# -- the fast ones -----------------------------------------------------------------------------


def maximum(x, windows):
    """``maximum_by_windows``."""
    made = native.pool_maximum(x, windows) if native else None
    return _maximum_in_numpy(x, windows) if made is None else made


def _maximum_in_numpy(x, windows):
    n, _, _, channels = x.shape
    y = np.empty((n, *windows.out, channels), x.dtype)
    winners = np.empty(y.shape, np.min_scalar_type(windows.size[0] * windows.size[1] - 1))
    start = _first_real_tap(windows).astype(winners.dtype)
    for part in _chunks(y):
        _maximum(pad(x[part], windows, lowest(x.dtype)), windows, start, y[part], winners[part])
    return y, winners


def _maximum(padded, windows, start, y, winners):
    (first, *others) = windows.taps
    copy_pixels(y, tap(padded, windows, *first))
    winners[...] = start
    seen, better = np.empty_like(y), np.empty(y.shape, bool)
    number = np.empty_like(winners)
    for t, (r, s) in enumerate(others, 1):
        copy_pixels(seen, tap(padded, windows, r, s))  # what follows then runs over whole arrays
        np.greater(seen, y, out=better)
        np.maximum(seen, y, out=y)
        np.multiply(better, winners.dtype.type(t), out=number)
        np.maximum(winners, number, out=winners)  # t grows, so the last that was better is the largest
    if y.dtype.kind == "f" and np.isnan(y).any():
        _first_nan(padded, windows, y, winners)


def _first_nan(padded, windows, y, winners):
    """Where a maximum is NaN, the winner is the first NaN of its window: comparisons do not see it."""
    lost = np.isnan(y)
    for t, (r, s) in reversed(list(enumerate(windows.taps))):
        np.copyto(winners, t, where=lost & np.isnan(tap(padded, windows, r, s)), casting="unsafe")


def _first_real_tap(windows):
    """(P, Q, 1): the first position in each window that is no padding, or 0: what wins where all is −inf."""
    firsts, real = [], []
    for p, u, d, b, m in zip(windows.out, windows.stride, windows.dilation, windows.before, windows.image, strict=True):
        start = u * np.arange(p) - b
        first = np.maximum(-(start // d), 0)
        firsts.append(first)
        real.append(start + d * first < m)
    numbers = firsts[0][:, None] * windows.size[1] + firsts[1]
    return np.where(real[0][:, None] & real[1], numbers, 0)[:, :, None]


def scatter(g, winners, windows):
    """Send each entry of g to the pixel that won its window."""
    made = native.pool_scatter(g, winners, windows) if native else None
    return _scatter_in_numpy(g, winners, windows) if made is None else made


def _scatter_in_numpy(g, winners, windows):
    n, _, _, channels = g.shape
    apart = all(u >= span for u, span in zip(windows.stride, windows.span, strict=True))
    tiled = all(n * k == m for n, k, m in zip(windows.out, windows.size, windows.padded, strict=True))  # no gaps
    x = np.empty((n, *windows.image, channels), g.dtype)
    direct = windows.padded == windows.image
    # A float's bits times 0 or 1 are +0.0 or itself, for infinity and NaN too, and it is fast.
    bits = np.dtype(f"i{g.dtype.itemsize}")
    for part in _chunks(g):
        some = np.ascontiguousarray(g[part])
        padded = x[part] if direct else np.empty((len(some), *windows.padded, channels), g.dtype)
        if not (apart and tiled):
            padded[...] = 0
        for t, (r, s) in enumerate(windows.taps):
            place = tap(padded, windows, r, s)
            sent = np.multiply(some.view(bits), winners[part] == t).view(g.dtype)
            if apart:
                copy_pixels(place, sent)
            else:
                place += sent
        if not direct:
            x[part] = interior(padded, windows)
    return x


def gather(x, winners, windows):
    """What the winner of each window sees in x."""
    made = native.pool_gather(x, winners, windows) if native else None
    return _gather_in_numpy(x, winners, windows) if made is None else made


def _gather_in_numpy(x, winners, windows):
    padded = pad(x, windows)
    y = np.zeros((len(x), *windows.out, x.shape[3]), x.dtype)
    for t, (r, s) in enumerate(windows.taps):
        np.copyto(y, tap(padded, windows, r, s), where=winners == t)
    return y


def average(x, weights, windows):
    """``average_by_windows``: the sums over the windows times ``weights`` (P, Q, 1)."""
    made = native.pool_average(x, weights, windows) if native else None
    return _average_in_numpy(x, weights, windows) if made is None else made


def _average_in_numpy(x, weights, windows):
    n, _, _, channels = x.shape
    y = np.empty((n, *windows.out, channels), x.dtype)
    for part in _chunks(y):
        padded, some = pad(x[part], windows), y[part]
        (first, *others) = windows.taps
        np.copyto(some, tap(padded, windows, *first))
        for r, s in others:
            some += tap(padded, windows, r, s)
        some *= weights
    return y


def spread(g, weights, windows):
    """The transpose of ``average``: each entry of g, weighted, to every pixel of its window."""
    made = native.pool_spread(g, weights, windows) if native else None
    return _spread_in_numpy(g, weights, windows) if made is None else made


def _spread_in_numpy(g, weights, windows):
    n, _, _, channels = g.shape
    x = np.empty((n, *windows.image, channels), g.dtype)
    direct = windows.padded == windows.image
    for part in _chunks(g):
        some = g[part] * weights
        padded = x[part] if direct else np.empty((len(some), *windows.padded, channels), g.dtype)
        padded[...] = 0
        for r, s in windows.taps:
            place = tap(padded, windows, r, s)
            place += some
        if not direct:
            x[part] = interior(padded, windows)
    return x


def average_weights(windows, padding, count_include_pad, dtype):
    """(P, Q, 1): one over the number of pixels that count in each window, for ``average``."""
    counts = []
    for p, u, k, b, m, a in zip(
        windows.out, windows.stride, windows.size, windows.before, windows.image, padding, strict=True
    ):
        start = u * np.arange(p) - b
        low, high = (-a, m + a) if count_include_pad else (0, m)
        counts.append(np.minimum(start + k, high) - np.maximum(start, low))
    return (1 / (counts[0][:, None] * counts[1]))[:, :, None].astype(dtype)


def _chunks(y):
    """Slices of the first axis of y, each of about CHUNK bytes."""
    size = max(1, y[:1].nbytes)
    step = max(1, CHUNK // size)
    return [slice(i, i + step) for i in range(0, len(y), step)]
