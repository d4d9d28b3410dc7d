"""Products of matrices, with a bias added in the same step.

``product_by_entries`` says what is computed. The fast one is compiled where that pays: matrices and small
vectors of float32 or float64, in any memory layout. NumPy does the rest, and everything where nothing is compiled.
"""

import numpy as np

from ..native import native


def product_by_entries(a, b, bias=None):
    """y[i, j] = Σ over k of a[i, k] · b[k, j], plus bias[j]."""
    y = np.zeros((len(a), b.shape[1]), np.result_type(a, b))
    for i, j in np.ndindex(y.shape):
        y[i, j] = np.sum(a[i] * b[:, j]) + (0 if bias is None else bias[j])
    return y


def product(a, b, bias=None):
    """``np.matmul(a, b)``, for all shapes that it takes; a bias has an entry for each column of b."""
    if native is not None:
        y = native.product(a, b, bias)
        if y is not None:
            return y
        shape = np.shape(a)
        if len(shape) > 2 and np.ndim(b) == 2 and a.size and a.flags.c_contiguous:  # one product for all the batch
            return product(a.reshape(-1, shape[-1]), b, bias).reshape(*shape[:-1], b.shape[1])
    y = np.matmul(a, b)
    if bias is None:
        return y
    if np.result_type(y, bias) != y.dtype:
        return y + bias
    y += bias  # y is fresh
    return y
