"""Results put in their places, all at once: at any instant, Ctrl-C or not, all are there or none.

Compiled, the same in C (``placing.pxd``).
"""

from collections import deque
from itertools import chain, repeat
from operator import setitem


def put_all(leaves, gradients, tensors, arrays, holders, keys, items):
    """Give leaves' nodes their gradients and Tensors their arrays, in one C call, which no Ctrl-C interrupts.

    The items, and after them the arrays that are left, go into the dicts and arrays ``holders`` under their keys.
    """
    names = chain(repeat("grad", len(leaves)), repeat("_data", len(tensors)))
    n = len(tensors)
    writes = map(setattr, chain(leaves, tensors), names, chain(gradients, arrays[:n]))
    deque(chain(writes, map(setitem, holders, keys, chain(items, arrays[n:]))), maxlen=0)
