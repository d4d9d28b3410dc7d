"""Arguments that are Tensors, arrays or numbers: their values, and the dtype to compute with them in."""

from typing import Any

import numpy as np

from autograd import Tensor


def values_of(x: Any) -> np.ndarray:
    """The values as an array, to compare with and to index by."""
    values = x.data if isinstance(x, Tensor) else x
    if hasattr(values, "__array_function__") and not isinstance(values, np.ndarray):
        return values  # what stands for an array while a function is compiled
    return np.asarray(values)


def holds(condition: Any) -> bool:
    """Whether a condition on values is true; of what stands for one, in a compiled function, while it is recorded."""
    return bool(getattr(condition, "array", condition))


def float_dtype_of(x: Any) -> np.dtype[Any]:
    """The dtype of x where it is of floats, else float64."""
    dtype = x.dtype if hasattr(x, "__array_function__") else np.asarray(x).dtype
    return dtype if dtype.kind == "f" else np.dtype(np.float64)
