"""A gradient with the shape and dtype of the value that it is of: what forward has broadcast or promoted is undone.

Compiled where there is a compiler (see ``node.py``).
"""

import numpy as np

from .errors import refuse_gradient
from .ops.broadcasting import sum_to
from .ops.shaping import astype
from .tensors import Tensor, raw


def unbroadcast(g, parent, node):
    """g with the shape and dtype of the parent's value: broadcasting and promotion undone."""
    shape, dtype = parent.like
    recorded = isinstance(g, Tensor)
    if not recorded:
        given, g = g, np.asarray(g)
        if g.dtype.kind not in "fiub" or isinstance(given, (list, tuple)):
            raise refuse_gradient(node, parent, given)
    if g.shape != shape:
        if not undoes_broadcasting(node, g.shape, shape):
            raise refuse_gradient(node, parent, raw(g))
        g = sum_to(g, shape)
    if recorded:
        return g if g.dtype == dtype else astype(g, dtype)
    if g.dtype != dtype:
        g = np.asarray(g).astype(dtype)
    return g[()]


def undoes_broadcasting(node, given, shape):
    """Whether summing a gradient of the shape ``given`` to ``shape`` undoes what forward has broadcast.

    Then each axis that goes away is one of the result, and as long there; and forward had something to broadcast with.
    """
    result = node.like[0]
    surplus = len(given) - len(shape)
    if surplus < 0 or len(node.operation.names) < 2:
        return False
    for axis in range(len(given)):
        kept = axis >= surplus and shape[axis - surplus] == given[axis]
        if not kept:
            stretched = axis < surplus or shape[axis - surplus] == 1
            at = axis - len(given) + len(result)
            if not stretched or at < 0 or result[at] != given[axis]:
                return False
    return True
