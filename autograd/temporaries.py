"""Whether the Tensor in ``x[i] = v`` is one that nothing but the statement itself holds: the value would be lost.

``t[i][j] = v`` and ``t.T[i] = v`` assign into what ``t[i]`` and ``t.T`` have just made, for indexing gives values, not
views. ``h[i][j] = v`` with a list h, ``self.h[i] = v`` and ``s[i] = v`` assign into Tensors that something holds.

The caller's code decides, by the names, attributes and items through which it comes to x. Nothing is counted, and what
cannot be told is let pass: what a function of the user's returns, or a property.
"""

import dis

import numpy as np

from .callers import STORES, named, once_for_each_instruction, way_to_first
from .tensors import Tensor

UNKNOWN = object()


def is_temporary(tensor, frame):
    """Whether a Tensor that is assigned into, by the instruction at which the frame stands, is held by nothing else."""
    way = way_to_container(frame.f_code, frame.f_lasti)
    if way and way[-1][0] == "compute":
        return True
    if len(way) < 2:  # the usual case: a name
        return False
    value = UNKNOWN
    for k, (step, name) in enumerate(way):
        if isinstance(value, Tensor) or (step == "call" and gives_new_tensors(value)):
            return True
        if step == "name":
            value = named(frame, name, UNKNOWN)
        elif step == "attribute":
            value = vars(value).get(name, UNKNOWN) if hasattr(value, "__dict__") else UNKNOWN
        elif step == "item" and type(value) in (list, tuple, dict):
            if holds(value, tensor, len(way) - k):
                return False
            value = next((item for item in items_of(value) if isinstance(item, Tensor)), UNKNOWN)
        else:
            return False
    return False


@once_for_each_instruction
def way_to_container(code, offset):
    """How ``x`` in ``x[i] = v`` comes about: [("name", "h"), ("item", None), …]; [] where it cannot be told."""
    return way_to_first(code, offset) if dis.opname[code.co_code[offset]] in STORES else []


def items_of(container):
    return container.values() if type(container) is dict else container


def holds(container, tensor, depth):
    """Whether a list, tuple or dict holds the Tensor, itself or in lists to this depth."""
    for item in items_of(container):
        if item is tensor or (depth > 1 and type(item) in (list, tuple, dict) and holds(item, tensor, depth - 1)):
            return True
    return False


def gives_new_tensors(function):
    """Whether a function is one of the library's operations, or NumPy's function of the name."""
    return function is Tensor or isinstance(function, np.ufunc) or hasattr(function, "operation")
