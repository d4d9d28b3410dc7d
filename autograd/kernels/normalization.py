"""Batch normalization of rows: (M, C) arrays whose columns are channels.

The ``*_plainly`` functions say what is computed; the others do the same in chunks that stay in the
cache, in place of a fresh array for every term.
"""

import numpy as np

from .reductions import total

CHUNK = 1 << 18
"""Bytes handled at a time."""


# -- what is computed --------------------------------------------------------------------------


def statistics_plainly(x):
    """The mean of each channel, and its variance over M (not M − 1)."""
    mean = x.sum(0) / len(x)
    return mean, ((x - mean) ** 2).sum(0) / len(x)


def normalize_plainly(x, mean, deviation, weight, bias):
    """(x − mean) / deviation · weight + bias."""
    return (x - mean) / deviation * weight + bias


def input_gradient_plainly(g, x, mean, deviation, weight):
    """g through ``normalize`` where mean and deviation are those of x itself."""
    normal = (x - mean) / deviation
    g = g * weight
    return (g - g.mean(0) - normal * (g * normal).mean(0)) / deviation


# -- the fast ones -----------------------------------------------------------------------------


def statistics(x):
    """``statistics_plainly``."""
    mean = total(x, 0) / len(x)
    squares = np.zeros_like(mean)
    wide, step = _wide(x)
    many = np.tile(mean, step)
    for part in _chunks(wide):
        d = wide[part] - many
        d *= d
        squares += total(d.reshape(-1, x.shape[1]), 0)
    return mean, squares / len(x)


def normalize(x, mean, deviation, weight, bias):
    """``normalize_plainly``."""
    y = np.empty_like(x)
    wide, step = _wide(x)
    out = y.reshape(wide.shape)
    mean, scale, bias = (np.tile(v, step) for v in (mean, weight / deviation, bias))
    for part in _chunks(wide):
        some = np.subtract(wide[part], mean, out=out[part])
        some *= scale
        some += bias
    return y


def projection(g, x, mean):
    """Σ g · (x − mean) of each channel."""
    y = np.zeros(x.shape[1], x.dtype)
    wide, step = _wide(x)
    g = g.reshape(wide.shape)
    mean = np.tile(mean, step)
    for part in _chunks(wide):
        d = wide[part] - mean
        d *= g[part]
        y += total(d.reshape(-1, x.shape[1]), 0)
    return y


def input_gradient(g, x, mean, deviation, weight):
    """``input_gradient_plainly``."""
    y = np.empty_like(x)
    wide, step = _wide(x)
    out, gradients = y.reshape(wide.shape), g.reshape(wide.shape)
    slope = projection(g, x, mean) / (deviation * deviation * len(x))
    level = total(g, 0) / len(x)
    mean, slope, level, scale = (np.tile(v, step) for v in (mean, slope, level, weight / deviation))
    for part in _chunks(wide):
        some = np.subtract(mean, wide[part], out=out[part])
        some *= slope
        some += gradients[part]
        some -= level
        some *= scale
    return y


def _wide(x):
    """(x with several rows side by side, how many): short rows are slow to combine with a vector."""
    m, channels = x.shape
    step = max(1, 256 // max(1, channels))
    while m % step:
        step -= 1
    return x.reshape(m // step, step * channels), step


def _chunks(x):
    step = max(1, CHUNK // max(1, x[:1].nbytes))
    return [slice(i, i + step) for i in range(0, len(x), step)]
