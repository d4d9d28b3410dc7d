"""Convolution and correlation of rows and of matrices: ``convolve`` and ``correlate``, as in NumPy and SciPy.

A row is a matrix of one row, so that both are ``convolve2d`` and ``correlate2d``, with their gradients.
"""

from typing import Any

import numpy as np

from .ops.indexing import getitem
from .ops.shaping import reshape
from .ops.signal import convolve2d, correlate2d
from .tensors import raw

__all__ = ["convolve", "correlate"]

MODES = ("full", "same", "valid")


def convolve(x: Any, kernel: Any, mode: str = "full") -> Any:
    """The convolution y_i = Σ_u x_{i − u} k_u of two rows, or of two matrices.

    Parameters
    ----------
    x, kernel : both of 1 axis, or both of 2; those of matrices are ``convolve2d``.
    mode : "full" (by default), every place where the two meet; "same" the middle ones, as many as x has entries (of
        rows, as many as the longer has: NumPy's); "valid" those where the shorter lies within the longer.

    Source: NumPy's documentation of ``convolve``, SciPy's of ``scipy.signal.convolve``.

    >>> import autograd as ag
    >>> ag.convolve(ag.Tensor([1.0, 2.0, 3.0]), [0.0, 1.0, 0.5])
    Tensor([0. , 1. , 2.5, 4. , 1.5])
    """
    if _axes("convolve", x, kernel, mode) == 2:
        return convolve2d(x, kernel, mode)
    return _middle(reshape(convolve2d(_matrix(x), _matrix(kernel)), -1), x, kernel, mode)


def correlate(x: Any, kernel: Any, mode: str = "valid") -> Any:
    """The correlation of two rows, or of two matrices: the convolution of x with the kernel reversed.

    Parameters
    ----------
    x, kernel : both of 1 axis, or both of 2; those of matrices are ``correlate2d``, also for "same", where SciPy's
        ``correlate`` of a kernel with evenly many rows or columns begins one window earlier.
    mode : as of ``convolve``, but "valid" by default, as in NumPy (SciPy's default is "full").

    Source: NumPy's documentation of ``correlate``, SciPy's of ``scipy.signal.correlate``.

    >>> import autograd as ag
    >>> ag.correlate(ag.Tensor([1.0, 2.0, 3.0]), [0.0, 1.0, 0.5])
    Tensor([3.5])
    """
    if _axes("correlate", x, kernel, mode) == 2:
        return correlate2d(x, kernel, mode)
    y = reshape(correlate2d(_matrix(x), _matrix(kernel)), -1)
    return _middle(y, x, kernel, mode, from_the_end=np.size(raw(x)) < np.size(raw(kernel)))


def _axes(who, x, kernel, mode):
    shapes = np.shape(raw(x)), np.shape(raw(kernel))
    if mode not in MODES:
        raise ValueError(f"{who}: the mode is {', '.join(MODES)}\n  mode: {mode!r}")
    if [len(one) for one in shapes] not in ([1, 1], [2, 2]):
        raise ValueError(f"{who}: two rows, or two matrices, are needed\n  x: {shapes[0]}\n  kernel: {shapes[1]}")
    if not shapes[0][0] or not shapes[1][0]:
        raise ValueError(f"{who}: both must have entries\n  x: {shapes[0]}\n  kernel: {shapes[1]}")
    return len(shapes[0])


def _matrix(x):
    return reshape(x, (1, -1))


def _middle(y, x, kernel, mode, from_the_end=False):
    """Of all places where two rows meet those that the mode keeps; where two are in the middle, the left or right."""
    long, short = sorted((np.size(raw(x)), np.size(raw(kernel))), reverse=True)
    if mode == "full":
        return y
    start = short - 1 if mode == "valid" else (short if from_the_end else short - 1) // 2
    return getitem(y, slice(start, start + (long - short + 1 if mode == "valid" else long)))
