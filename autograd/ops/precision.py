"""float16 in float32: where many numbers meet, sums in float16 overflow or lose all digits though the result fits.

The result is rounded to float16 once, at the end.
"""

import functools

import numpy as np

from .shaping import astype

__all__ = ["in_single"]

_HALF = np.dtype(np.float16)  # the one object that every native float16 array has


def in_single(function):
    """The function with float32 in place of float16 inside. Where an argument is wider, so is its result, as ever."""

    @functools.wraps(function)
    def wrapped(first, *others, **options):
        if getattr(first, "dtype", None) is not _HALF or any([_is_wider(x) for x in others]):
            return function(first, *others, **options)
        others = [_single(x) for x in others]
        return astype(function(_single(first), *others, **options), np.float16)

    return wrapped


def _single(x):
    return astype(x, np.float32) if getattr(x, "dtype", None) is _HALF else x


def _is_wider(x):
    dtype = getattr(x, "dtype", None)
    return dtype is not None and dtype.kind == "f" and dtype is not _HALF
