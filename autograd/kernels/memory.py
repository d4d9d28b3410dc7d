"""Let the C library keep freed memory, so that the next array of the size need not be faulted in anew.

A training step frees and makes arrays of a few megabytes all the time. glibc gives such blocks back to
the system and gets them again as pages that must first be zeroed: in a LeNet step of 8 ms that was 2 ms.
It learns: once a block that had a mapping of its own is freed, blocks up to that size come from its
heap, which it trims only at twice that size ("dynamic mmap threshold" in mallopt(3)). One block of
nearly the largest size that it learns from, never touched, teaches it for some microseconds.
"""

import numpy as np

_LARGEST = 1 << 25  # glibc's DEFAULT_MMAP_THRESHOLD_MAX on 64-bit systems


def keep_freed_blocks():
    """Make and free one untouched block; elsewhere than on glibc it has no effect."""
    np.empty(_LARGEST - (1 << 16), np.uint8)
