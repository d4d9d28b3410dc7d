"""Batch normalization of (N, C), (N, C, L), (N, C, H, W), … arrays.

The ``*_plainly`` functions say what is computed, on rows: (M, C) arrays whose columns are channels. The others do
the same for any such shape, and give channels-last memory: compiled or, where that cannot be, in chunks that stay
in the cache, in place of a fresh array for every term.
"""

import math

import numpy as np

from ..native import native
from .reductions import total

CHUNK = 1 << 18
"""Bytes handled at a time."""


# -- what is computed --------------------------------------------------------------------------


def statistics_plainly(x):
    """The mean of each channel, and its variance over M (not M − 1)."""
    mean = x.sum(0) / len(x)
    return mean, ((x - mean) ** 2).sum(0) / len(x)


def normalize_plainly(x, mean, deviation, weight, bias, relu=False):
    """(x − mean) / deviation · weight + bias, and of that the relu."""
    y = (x - mean) / deviation * weight + bias
    return np.maximum(y, 0) if relu else y


def input_gradient_plainly(g, x, mean, deviation, weight):
    """g through ``normalize`` where mean and deviation are those of x itself."""
    normal = (x - mean) / deviation
    g = g * weight
    return (g - g.mean(0) - normal * (g * normal).mean(0)) / deviation


def gradients_plainly(g, x, mean, deviation, weight, bias, relu=False, fixed=False):
    """g through ``normalize`` to x, weight and bias; with ``fixed`` mean and deviation do not depend on x."""
    if relu:
        g = np.where(normalize_plainly(x, mean, deviation, weight, bias) <= 0, 0, g)
    by_x = g * weight / deviation if fixed else input_gradient_plainly(g, x, mean, deviation, weight)
    return by_x, (g * (x - mean) / deviation).sum(0), g.sum(0)


# -- the fast ones -----------------------------------------------------------------------------


def statistics(x):
    """``statistics_plainly``."""
    found = native.batch_statistics(x) if native else None
    return _statistics_of_rows(rows(x)) if found is None else found


def normalize(x, mean, deviation, weight, bias, relu=False):
    """``normalize_plainly``."""
    y = native.batch_normalize(x, mean, deviation, weight, bias, relu) if native else None
    if y is None:
        y = from_rows(_normalized_rows(rows(x), mean, deviation, weight, bias, relu), x.shape)
    return y


def gradients(g, x, mean, deviation, weight, bias, relu=False, fixed=False, wants_input=True):
    """``gradients_plainly``; None for that of x unless ``wants_input``."""
    others = mean, deviation, weight, bias, relu, fixed, wants_input
    found = native.batch_gradients(g, x, *others) if native else None
    if found is None:
        by_x, by_weight, by_bias = _gradients_of_rows(rows(g), rows(x), *others)
        found = None if by_x is None else from_rows(by_x, x.shape), by_weight, by_bias
    return found


def rows(x):
    """(N, C, …) as (M, C) rows of channels: a view of channels-last memory."""
    last = x.transpose(0, *range(2, x.ndim), 1)
    return np.ascontiguousarray(last).reshape(math.prod(last.shape[:-1]), last.shape[-1])


def from_rows(rows, shape):
    """Rows of channels as (N, C, …) again."""
    n, channels, *rest = shape
    return rows.reshape(n, *rest, channels).transpose(0, len(shape) - 1, *range(1, len(shape) - 1))


# -- in NumPy ----------------------------------------------------------------------------------


def _statistics_of_rows(x):
    mean = total(x, 0) / len(x)
    squares = np.zeros_like(mean)
    wide, step = _wide(x)
    many = np.tile(mean, step)
    for part in _chunks(wide):
        d = wide[part] - many
        d *= d
        squares += total(d.reshape(-1, x.shape[1]), 0)
    return mean, squares / len(x)


def _normalized_rows(x, mean, deviation, weight, bias, relu=False):
    y = np.empty_like(x)
    wide, step = _wide(x)
    out = y.reshape(wide.shape)
    mean, scale, bias = (np.tile(v, step) for v in (mean, weight / deviation, bias))
    for part in _chunks(wide):
        some = np.subtract(wide[part], mean, out=out[part])
        some *= scale
        some += bias
        if relu:
            np.maximum(some, 0, out=some)
    return y


def _gradients_of_rows(g, x, mean, deviation, weight, bias, relu, fixed, wants_input):
    if relu:
        g = np.where(_normalized_rows(x, mean, deviation, weight, bias) <= 0, g.dtype.type(0), g)
    by_weight, by_bias = projection(g, x, mean) / deviation, total(g, 0)
    if not wants_input:
        return None, by_weight, by_bias
    if fixed:
        nothing = 0 * deviation
        return _normalized_rows(g, nothing, deviation, weight, nothing), by_weight, by_bias
    return _input_gradient_of_rows(g, x, mean, deviation, weight), by_weight, by_bias


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


def _input_gradient_of_rows(g, x, mean, deviation, weight):
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
