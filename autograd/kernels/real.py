"""Real numbers only: of what is cast to floats the imaginary part would be lost."""

import numpy as np


def need_real(*values):
    """Raise where one of the values is complex."""
    for value in values:
        if isinstance(value, np.ndarray | np.generic):
            is_complex = value.dtype.kind == "c"
        else:
            is_complex = isinstance(value, complex) or (isinstance(value, list | tuple) and np.iscomplexobj(value))
        if is_complex:
            raise TypeError("it takes real numbers: of complex ones the imaginary part would be lost")
