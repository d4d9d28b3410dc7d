"""Batch normalization of (N, C), (N, C, H, W), …: each channel to mean 0 and variance 1, and the way back."""

import numpy as np


def normalized(x, mean=None, var=None, eps=1e-5):
    """(x - mean) / sqrt(var + eps) of each channel, and that divisor; by default the batch's own mean and variance."""
    axes = (0, *range(2, x.ndim))
    shape = (1, -1) + (1,) * (x.ndim - 2)
    mean = np.mean(x, axis=axes) if mean is None else mean
    var = np.var(x, axis=axes) if var is None else var
    deviation = np.reshape(np.sqrt(var + eps), shape)
    return (x - np.reshape(mean, shape)) / deviation, deviation


def batch_norm(x, weight=None, bias=None, mean=None, var=None, eps=1e-5):
    """The normalized x times the weight, plus the bias, of each channel."""
    y, _ = normalized(x, mean, var, eps)
    shape = (1, -1) + (1,) * (x.ndim - 2)
    y = y if weight is None else y * np.reshape(weight, shape)
    return y if bias is None else y + np.reshape(bias, shape)


def batch_norm_by_x(g, x, weight=None, mean=None, var=None, eps=1e-5):
    """The gradient by x: what is left of g without its mean, and without the normalized x times that of g · x."""
    normal, deviation = normalized(x, mean, var, eps)
    axes = (0, *range(2, x.ndim))
    g = g if weight is None else g * np.reshape(weight, (1, -1) + (1,) * (x.ndim - 2))
    if mean is not None:  # the statistics are constants
        return g / deviation
    along = np.mean(g * normal, axis=axes, keepdims=True)
    return (g - np.mean(g, axis=axes, keepdims=True) - normal * along) / deviation


def batch_norm_by_weight(g, x, mean=None, var=None, eps=1e-5):
    """The gradient by the weight: g times the normalized x, summed over each channel."""
    normal, _ = normalized(x, mean, var, eps)
    return np.sum(g * normal, axis=(0, *range(2, x.ndim)))
