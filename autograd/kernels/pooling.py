"""Pooling of rows, pictures or volumes on channels-last memory: maxima with the place they came from, and averages.

``*_by_windows`` say what is computed, a window at a time. The others are for pictures, compiled, and where that cannot
be (``*_in_numpy``) take one position within the window ("tap") at a time, for all windows at once. To them a
row is a picture of one line; a volume is pooled picture by picture, and then along its depth, where all entries
of a picture count as channels of one pixel. Images are (N, H, W, C), with one axis less or more for rows and volumes.
"""

from math import prod

import numpy as np

from ..native import native
from .half import in_float32
from .windows import as_picture, copy_pixels, depth, depth_taps, interior, pad, plane, tap

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
    y = np.full((len(x), *windows.out, x.shape[-1]), lowest(x.dtype), x.dtype)
    winners = np.zeros(y.shape, np.intp)
    for at in np.ndindex(y.shape):
        n, *window, c = at
        first = True
        for number, pixel in enumerate(_pixels(windows, window)):
            if _within(pixel, windows.image):
                value, best = x[n, *pixel, c], y[at]
                if first or value > best or (value != value and best == best):
                    y[at], winners[at] = value, number
                first = False
    return y, winners


def average_by_windows(x, windows, padding, count_include_pad, divisor=None):
    """The sum over each window, divided by how many of its pixels count, or by ``divisor``."""
    y = np.zeros((len(x), *windows.out, x.shape[-1]), x.dtype)
    reached = [m + a for m, a in zip(windows.image, padding, strict=True)]  # what hangs over that never counts
    for window in np.ndindex(*windows.out):
        pixels = list(_pixels(windows, window))
        real = [pixel for pixel in pixels if _within(pixel, windows.image)]
        counted = [pixel for pixel in pixels if all(i < m for i, m in zip(pixel, reached, strict=True))]
        for pixel in real:
            y[:, *window] += x[:, *pixel]
        y[:, *window] /= divisor or len(counted if count_include_pad else real)
    return y


def _pixels(windows, window):
    """Where a window looks, row by row; some of it may be padding."""
    for position in windows.taps:
        yield tuple(
            w * u + k * d - b
            for w, u, k, d, b in zip(window, windows.stride, position, windows.dilation, windows.before, strict=True)
        )


def _within(pixel, image):
    return all(0 <= i < m for i, m in zip(pixel, image, strict=True))


# -- the fast ones -----------------------------------------------------------------------------


def maximum(x, windows):
    """``maximum_by_windows``."""
    if windows.rank == 1:
        y, winners = maximum(x[:, None], as_picture(windows))
        return y[:, 0], winners[:, 0]
    if windows.rank == 3:
        return _maximum_of_volumes(x, windows)
    made = native.pool_maximum(x, windows) if native else None
    return _maximum_in_numpy(x, windows) if made is None else made


def _maximum_in_numpy(x, windows):
    n, _, _, channels = x.shape
    y = np.empty((n, *windows.out, channels), x.dtype)
    winners = np.empty(y.shape, np.min_scalar_type(windows.size[0] * windows.size[1] - 1))
    start = _first_real_tap(windows)[0].astype(winners.dtype)
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
    """(the first position in each window that is no padding, or 0; whether there is one), both (P, Q, 1).

    The first is what wins where all pixels are −inf.
    """
    numbers, all_real = np.zeros(1, np.intp), np.ones(1, bool)
    for axis in range(windows.rank):
        u, d, b, m = (field[axis] for field in (windows.stride, windows.dilation, windows.before, windows.image))
        start = u * np.arange(windows.out[axis]) - b
        first = np.maximum(-(start // d), 0)
        real = start + d * first < m
        numbers = numbers[..., None, :] * windows.size[axis] + first[:, None]
        all_real = all_real[..., None, :] & real[:, None]
    return numbers * all_real, all_real


@in_float32
def scatter(g, winners, windows):
    """Send each entry of g to the pixel that won its window."""
    if windows.rank == 1:
        return scatter(g[:, None], winners[:, None], as_picture(windows))[:, 0]
    if windows.rank == 3:
        return _scatter_of_volumes(g, winners, windows)
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
    if windows.rank == 1:
        return gather(x[:, None], winners[:, None], as_picture(windows))[:, 0]
    if windows.rank == 3:
        return _gather_of_volumes(x, winners, windows)
    made = native.pool_gather(x, winners, windows) if native else None
    return _gather_in_numpy(x, winners, windows) if made is None else made


def _gather_in_numpy(x, winners, windows):
    padded = pad(x, windows)
    y = np.zeros((len(x), *windows.out, x.shape[3]), x.dtype)
    for t, (r, s) in enumerate(windows.taps):
        np.copyto(y, tap(padded, windows, r, s), where=winners == t)
    return y


@in_float32
def average(x, weights, windows):
    """``average_by_windows``: the sums over the windows times ``weights`` (P, Q, 1)."""
    if windows.rank == 1:
        return average(x[:, None], weights[None], as_picture(windows))[:, 0]
    if windows.rank == 3:
        return _average_of_volumes(x, weights, windows)
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


@in_float32
def spread(g, weights, windows):
    """The transpose of ``average``: each entry of g, weighted, to every pixel of its window."""
    if windows.rank == 1:
        return spread(g[:, None], weights[None], as_picture(windows))[:, 0]
    if windows.rank == 3:
        return _spread_of_volumes(g, weights, windows)
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


def average_weights(windows, padding, count_include_pad, dtype, divisor=None):
    """(P, Q, 1): one over the number of pixels that count in each window, or over ``divisor``, for ``average``."""
    counts = np.ones(1, np.intp)
    for p, u, k, b, m, a in zip(
        windows.out, windows.stride, windows.size, windows.before, windows.image, padding, strict=True
    ):
        start = u * np.arange(p) - b
        low, high = (-a, m + a) if count_include_pad else (0, m)
        count = np.minimum(start + k, high) - np.maximum(start, low)
        counts = counts[..., None, :] * count[:, None]
    return (1 / (np.full_like(counts, divisor) if divisor else counts)).astype(dtype)


def _chunks(y):
    """Slices of the first axis of y, each of about CHUNK bytes."""
    size = max(1, y[:1].nbytes)
    step = max(1, CHUNK // size)
    return [slice(i, i + step) for i in range(0, len(y), step)]


# -- volumes, picture by picture and then along the depth ----------------------------------------------


def _maximum_of_volumes(x, windows):
    seen, within = _by_pictures(maximum, plane(windows), x)
    y, nearest = maximum(_as_columns(seen), depth(windows))
    y, nearest = (a.reshape(len(x), *windows.out, x.shape[-1]) for a in (y, nearest))
    winners = np.zeros(y.shape, _number_type(windows))
    for r, some, pictures in depth_taps(windows):
        number = within[:, pictures].astype(winners.dtype) + winners.dtype.type(r * _plane_taps(windows))
        np.copyto(winners[:, some], number, where=nearest[:, some] == r)
    winners *= _first_real_tap(windows)[1]
    return y, winners


def _scatter_of_volumes(g, winners, windows):
    x = np.zeros((len(g), *windows.image, g.shape[-1]), g.dtype)
    for some, pictures, number in _numbers_by_depth(winners, windows):
        x[:, pictures] += _by_pictures(scatter, plane(windows), g[:, some], number)
    return x


def _gather_of_volumes(x, winners, windows):
    y = np.zeros((len(x), *windows.out, x.shape[-1]), x.dtype)
    for some, pictures, number in _numbers_by_depth(winners, windows):
        y[:, some] += _by_pictures(gather, plane(windows), x[:, pictures], number)
    return y


def _average_of_volumes(x, weights, windows):
    across, along = (np.ones((*some.out, 1), x.dtype) for some in (plane(windows), depth(windows)))
    sums = _by_pictures(lambda x, windows: average(x, across, windows), plane(windows), x)
    y = average(_as_columns(sums), along, depth(windows)).reshape(len(x), *windows.out, x.shape[-1])
    y *= weights
    return y


def _spread_of_volumes(g, weights, windows):
    across, along = (np.ones((*some.out, 1), g.dtype) for some in (plane(windows), depth(windows)))
    x = spread(_as_columns(g * weights), along, depth(windows))
    x = x.reshape(len(g), windows.image[0], *g.shape[2:])
    return _by_pictures(lambda g, windows: spread(g, across, windows), plane(windows), x)


def _by_pictures(pool, windows, *volumes):
    """What ``pool`` makes of all pictures of volumes (N, D, H, W, C), as volumes."""
    n, d = volumes[0].shape[:2]
    made = pool(*[a.reshape(n * d, *a.shape[2:]) for a in volumes], windows)
    if isinstance(made, tuple):
        return [a.reshape(n, d, *a.shape[1:]) for a in made]
    return made.reshape(n, d, *made.shape[1:])


def _as_columns(x):
    """Volumes (N, D, H, W, C) as pictures (N, D, 1, H · W · C)."""
    return x.reshape(*x.shape[:2], 1, prod(x.shape[2:]))


def _plane_taps(windows):
    return windows.size[1] * windows.size[2]


def _number_type(windows):
    """The smallest dtype for the number of a position within a window."""
    return np.min_scalar_type(windows.size[0] * _plane_taps(windows) - 1)


def _numbers_by_depth(winners, windows):
    """(which windows, which pictures, the numbers within those) for each tap along the depth.

    A winner at another tap gets a number that no position has: below 0, or wrapped around to the largest ones.
    """
    winners = winners.astype(np.promote_types(winners.dtype, _number_type(windows)), copy=False)
    for r, some, pictures in depth_taps(windows):
        yield some, pictures, winners[:, some] - winners.dtype.type(r * _plane_taps(windows))
