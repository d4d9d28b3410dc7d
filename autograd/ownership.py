"""Whose memory a gradient is: what tells the walk where it may add in place, and what users get without a copy.

Nothing here counts references. A rule's result is in memory of the walk's own where that is neither the memory of the
gradient that came in nor that of anything saved for the rule. Compiled where there is a compiler (see ``node.py``).
"""

from numpy import ndarray

from . import interpreter
from .kernels.arithmetic import copy

BORROWED, FREE, OWN = 0, 1, 2
"""Whose memory a sum is: somebody else's; the walk's, though perhaps in several sums; that of this sum alone."""


def memory_of(array):
    """What holds the memory of an array: itself, or what it is a view of."""
    base = interpreter.base_of(array)
    while type(base) is ndarray:
        array = base
        base = interpreter.base_of(array)
    return array if base is None else base


def whose(one, g, own, saved, operation):
    """Whose memory the result of a rule is: that of g, if it is a view of it; somebody else's; or the walk's."""
    if type(one) is not ndarray:
        return FREE
    if operation.trusted and interpreter.base_of(one) is None:  # then it can only be one of the arrays themselves
        if one is g:
            return own if own == BORROWED else FREE
        return BORROWED if one is saved or is_among(saved, one) else FREE
    memory = memory_of(one)
    if memory is g or (type(g) is ndarray and memory is memory_of(g)):
        return own if own == BORROWED else FREE
    if not operation.trusted or (saved is not None and is_memory_of(saved, memory)):
        return BORROWED
    return FREE


def is_memory_of(saved, memory):
    """Whether something saved lies in this memory."""
    if type(saved) is ndarray:
        return memory_of(saved) is memory
    if type(saved) is tuple or type(saved) is list:
        for item in saved:
            if is_memory_of(item, memory):
                return True
    return False


def is_among(saved, array):
    """Whether it is one of several things saved."""
    if type(saved) is tuple or type(saved) is list:
        for item in saved:
            if item is array or is_among(item, array):
                return True
    return False


def landed(found, free):
    """([nodes], [their gradients as the user may have them: arrays to write into that nobody else holds]).

    Copied are those that the walk does not know for its own (``free`` has the nodes of the others), and of several in
    one memory all but the first. ``found`` is emptied.
    """
    nodes = list(found)
    gradients = []
    taken = set()
    for node in nodes:
        g = found.pop(node)
        if type(g) is ndarray:
            memory = memory_of(g)
            whole = memory is g or (g.nbytes >= WORTH_A_LOOK and is_all_of(g, memory))
            if node in free and whole and g.flags.writeable and id(memory) not in taken:
                taken.add(id(memory))
            else:
                g = copy(g)
        gradients.append(g)
    return nodes, gradients


WORTH_A_LOOK = 1 << 14
"""Bytes from which on looking whether a view is all of its memory takes less time than copying it."""


def is_all_of(g, base):
    """Whether g is the array ``base``, its axes reordered or reshaped: each entry once, none left out."""
    if type(base) is not ndarray or base.nbytes != g.nbytes:
        return False
    step = g.itemsize
    for stride, n in sorted(zip(g.strides, g.shape, strict=True)):
        if n > 1:
            if stride != step:
                return False
            step *= n
    return True
