"""Arguments that are Tensors, arrays or numbers: their values, and the dtype to compute with them in."""

from typing import Any

import numpy as np

from autograd import Tensor


def values_of(x: Any) -> np.ndarray:
    """The values as an array, to compare with and to index by."""
    return np.asarray(x.data if isinstance(x, Tensor) else x)


def float_dtype_of(x: Any) -> np.dtype[Any]:
    """The dtype of x where it is of floats, else float64."""
    dtype = x.dtype if isinstance(x, Tensor | np.ndarray) else np.asarray(x).dtype
    return dtype if dtype.kind == "f" else np.dtype(np.float64)
