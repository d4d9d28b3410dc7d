"""float16 in float32: sums of float16 lose digits, or overflow where the result fits; and no compiled kernel takes it.

``@in_float32`` on a kernel computes it so, and rounds the result once.
"""

from functools import wraps

import numpy as np

HALF, SINGLE = np.dtype(np.float16), np.dtype(np.float32)


def in_float32(kernel):
    """The kernel with arrays of float32 in place of float16 inside, where the first argument is of float16."""

    @wraps(kernel)
    def run(first, *others, **options):
        if first.dtype != HALF:
            return kernel(first, *others, **options)
        others = [x.astype(SINGLE) if isinstance(x, np.ndarray) and x.dtype == HALF else x for x in others]
        return kernel(first.astype(SINGLE), *others, **options).astype(HALF)

    return run
