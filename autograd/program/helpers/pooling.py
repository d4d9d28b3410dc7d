"""Pooling of rows, pictures or volumes: maxima, averages, and their gradients, by taps."""

import numpy as np

from .convolution import tap


def around(x, padding, rank, fill):
    """The images with their last axes padded: as much everywhere, or (before, after) for each axis."""
    pairs = [(padding, padding)] * rank if np.ndim(padding) == 0 else list(padding)
    return np.pad(x, [(0, 0)] * (x.ndim - rank) + pairs, constant_values=fill)


def max_pool(x, size, out, stride, padding=0, dilation=1):
    """(the largest entry of every window, the number of the first of them within its window)."""
    inside = around(np.ones(x.shape, bool), padding, len(size), False)
    x = around(x, padding, len(size), -np.inf)
    y = np.full((*x.shape[: -len(size)], *out), -np.inf)
    winners = np.full(y.shape, -1)
    for number, position in enumerate(np.ndindex(*size)):
        seen = tap(x, position, out, stride, dilation)
        better = (winners < 0) | (seen > y) | (np.isnan(seen) & ~np.isnan(y))
        better &= tap(inside, position, out, stride, dilation)
        y, winners = np.where(better, seen, y), np.where(better, number, winners)
    return y, winners


def max_pool_scatter(g, winners, image, size, stride, padding=0, dilation=1):
    """Each entry of g goes to the pixel that won its window."""
    whole = around(np.zeros((*g.shape[: -len(size)], *image)), padding, len(size), 0.0)
    for number, position in enumerate(np.ndindex(*size)):
        here = tap(whole, position, g.shape[-len(size) :], stride, dilation)
        here += np.where(winners == number, g, 0.0)
    return inner(whole, image, padding)


def max_pool_gather(x, winners, size, stride, padding=0, dilation=1):
    """What the given winner of each window holds."""
    x = around(x, padding, len(size), 0.0)
    y = np.zeros(winners.shape)
    for number, position in enumerate(np.ndindex(*size)):
        y = np.where(winners == number, tap(x, position, winners.shape[-len(size) :], stride, dilation), y)
    return y


def avg_pool(x, counts, size, out, stride, padding=0):
    """The sum over every window, divided by how many of its pixels count."""
    x = around(x, padding, len(size), 0.0)
    y = np.zeros((*x.shape[: -len(size)], *out))
    for position in np.ndindex(*size):
        y += tap(x, position, out, stride, 1)
    return y / counts


def avg_pool_spread(g, counts, image, size, stride, padding=0):
    """Each entry of g, divided by its window's count, goes to its whole window."""
    whole = around(np.zeros((*g.shape[: -len(size)], *image)), padding, len(size), 0.0)
    for position in np.ndindex(*size):
        here = tap(whole, position, g.shape[-len(size) :], stride, 1)
        here += g / counts
    return inner(whole, image, padding)


def inner(x, image, padding):
    """The images without their padding."""
    pairs = [(padding, padding) for _ in image] if np.ndim(padding) == 0 else padding
    return x[(..., *[slice(before, before + n) for n, (before, _) in zip(image, pairs, strict=True)])]
