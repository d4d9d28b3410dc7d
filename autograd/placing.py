"""Results put in their places, all at once: at any instant, Ctrl-C or not, all are there or none.

Compiled, the same in C (``placing.pxd``).
"""

from collections import deque
from itertools import chain, repeat


def put_all(leaves, gradients, tensors, arrays):
    """Give leaves' nodes their gradients and Tensors their arrays, in one C call, which no Ctrl-C interrupts."""
    names = chain(repeat("grad", len(leaves)), repeat("_data", len(tensors)))
    deque(map(setattr, chain(leaves, tensors), names, chain(gradients, arrays)), maxlen=0)
