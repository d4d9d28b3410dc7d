"""Let freed memory be used again, so that the next array of the size need not be faulted in anew.

A training step makes and frees arrays of a few megabytes all the time, and C libraries give such blocks back to
the system, to get them again as pages that must first be zeroed: that took more time than the arithmetic.

The compiled module has a cache for the data of NumPy's arrays (``autograd/native/allocator.c``). Without it, glibc
learns to keep the blocks: once one that had a mapping of its own is freed, blocks up to that size come from its
heap, which it trims only at twice that size ("dynamic mmap threshold" in mallopt(3)). One block of nearly the
largest size that it learns from, never touched, teaches it for some microseconds; larger blocks gain nothing.
"""

import numpy as np

from ..native import native

_LARGEST = 1 << 25  # glibc's DEFAULT_MMAP_THRESHOLD_MAX on 64-bit systems


def keep_freed_blocks():
    """Make and free one untouched block; elsewhere than on glibc it has no effect."""
    np.empty(_LARGEST - (1 << 16), np.uint8)


def use_cache():
    """Let this thread's arrays come from the cache, if there is one and nobody else has put an allocator in.

    NumPy keeps the allocator in a context variable: a new thread has NumPy's own.
    """
    return False


if native is None:
    keep_freed_blocks()
else:
    use_cache = native.use_cache
