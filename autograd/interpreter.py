"""What recording and the walk ask of Python's interpreter: compiled, the same in C (``interpreter.pxd``).

Python's cycle collector need not look at what cannot be part of a cycle: tuples of numbers, for instance, it takes
off its list. Compiled, Nodes and Tensors are as tuples in this; interpreted, every object stays on the list.
"""

from collections import deque
from itertools import repeat


def new_tensor(kind):
    """A Tensor whose fields are all None: as C makes every object."""
    tensor = kind.__new__(kind)
    tensor._name = tensor._node = tensor._shown = None
    return tensor


def new_node(kind):
    """A Node whose fields are None or 0."""
    node = kind.__new__(kind)
    node.a = node.b = node.many = node.saved_a = node.saved_b = node.note = node.total = None
    node.walk = node.own = 0
    return node


def value_of(variable):
    """The value of a context variable."""
    return variable.get()


def is_tracked(thing):
    """Whether the cycle collector looks at it."""
    return True


def untrack(thing):
    """The cycle collector need not look at it."""


def track(thing):
    """The cycle collector has to look at it again."""


def check_signals():
    """Let Ctrl-C through, for which Python itself looks between its own steps."""


def as_value(tensor):
    """A Tensor that is known to be one: without a look at its type."""
    return tensor


def number_of_axes(array):
    """Of what is known to be an array."""
    return array.ndim


def entries(array):
    """How many entries what is known to be an array has."""
    return array.size


def fits(array, like):
    """Whether what is known to be an array has this (shape, dtype)."""
    return array.shape == like[0] and array.dtype is like[1]


def alike(a, b):
    """Whether what are known to be arrays have one shape and dtype."""
    return a.shape == b.shape and a.dtype is b.dtype


def base_of(array):
    """What a NumPy array is a view of, or None."""
    return array.base


def is_writeable(array):
    """Whether what is known to be an array can be written into through it."""
    return array.flags.writeable


def is_in_order(array):
    """Whether what is known to be an array can be written into, in C order and aligned."""
    return array.flags.carray


def is_behaved(array):
    """Whether what is known to be an array can be written into, aligned, its axes in any order."""
    return array.flags.behaved


def is_in_cell(cell, thing):
    """Whether a closure's cell holds the very thing."""
    try:
        return cell.cell_contents is thing
    except ValueError:  # it is empty
        return False


def copied(array):
    """A copy of what is known to be an array, laid out as it is."""
    return array.copy("K")


def set_all(holders, name, values):
    """Give each of the holders its value, in one C call, which no Ctrl-C interrupts: all of them or none."""
    deque(map(setattr, holders, repeat(name), values), maxlen=0)
