"""Entries put at places, and running sums from the end."""

import numpy as np


def scatter(x, index, shape):
    """Zeros of this shape with x added at the index; what meets at one place adds up."""
    y = np.zeros(shape, np.asarray(x).dtype)
    np.add.at(y, index, x)
    return y


def assign(x, value, index):
    """The value of x after x[index] = value."""
    y = np.array(x)
    y[index] = value
    return y


def cumsum_reversed(x, shape=None, axis=None):
    """Running sums from the last entry to the first."""
    axis = 0 if axis is None else axis
    y = np.flip(np.cumsum(np.flip(x, axis), axis), axis)
    return y if shape is None else np.reshape(y, shape)
