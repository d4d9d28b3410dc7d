"""Values that stay as they were recorded, whatever is written later.

What a graph saves must not change before the walk has used it. An array of the library's own can be written by nobody
but optimizers, which see to it. What others can write has left the library or came into it: ``hand_out`` gives what
``Tensor.data`` shows, ``fixed`` is the value of a Tensor as a graph may save it, and ``held`` an argument that is no
Tensor, such as an array of the user's. Each copies only where somebody else could write into the very same memory.

The memory of an array that is handed out, and of a leaf's, is held by an object of a class of its own, a ``Memory``.
NumPy then lets a view of an array over it hold that array itself. So a weak reference to the array that was handed out
tells whether anybody has it, or a view of it. Nothing counts references. Compiled where there is a compiler (see
``node.py``).
"""

from array import array as array_of_numbers
from weakref import ref

import numpy as np
from numpy import ndarray

from . import interpreter
from .modes import _mode
from .node import Value

UNCHANGING = (int, float, complex, str, type, slice, np.generic, np.dtype)
"""Types whose values nobody can write into."""
BUFFERS = (bytearray, memoryview, array_of_numbers)


class Memory(ndarray):
    """What holds the memory of an array that is handed out, or of a leaf's."""

    __slots__ = ()


def in_memory_of_its_own(data, order=None):
    """A copy of an array: a view of all of a ``Memory`` that nobody else holds; by default laid out as it is."""
    data = np.asarray(data)
    memory = np.empty_like(data.view(Memory), order=order or "K")
    np.copyto(memory, data)
    return memory.view(ndarray)


def hand_out(tensor):
    """The array of a Tensor for others to read and to write: what they write is the Tensor's value, and nothing else's.

    It shares memory with no other Tensor and with no graph. While somebody has it, it is given again.
    """
    mode = interpreter.value_of(_mode)
    if mode is not None and mode.batching is not None:
        shown = mode.batching.data_of(tensor)
        if shown is not NotImplemented:
            return shown
    if type(tensor._data) is not ndarray:
        return tensor._data  # a number, which cannot change
    array = handed_out(tensor)
    if array is None:
        data = own(tensor)
        if data is None:
            data = in_memory_of_its_own(tensor._data)
            tensor._data = data
        array = data.base.view(ndarray)
        tensor._shown = ref(array)
    return array


def handed_out(tensor):
    """The array over the Tensor's memory that somebody has, or a view of it; None if nobody has."""
    if tensor._shown is None:
        return None
    array = tensor._shown()
    if array is None or array.base is not tensor._data.base:
        tensor._shown = None
        return None
    return array


def fixed(tensor):
    """The value of a Tensor as a graph or another Tensor may have it: a copy where somebody could write into it."""
    if tensor._shown is not None and handed_out(tensor) is not None:
        return interpreter.copied(tensor._data)
    return tensor._data


def held(value):
    """An argument that is no Tensor, with copies of the arrays and lists in it, into which the user could write."""
    if type(value) is ndarray:
        return value if cannot_be_written(value) else interpreter.copied(value)
    if value is None or isinstance(value, UNCHANGING):
        return value
    if isinstance(value, ndarray):  # of a subclass
        return np.array(value)
    if type(value) is tuple:
        return tuple([held(item) for item in value])
    if type(value) is list:
        return [held(item) for item in value]
    if type(value) is dict:
        return {key: held(item) for key, item in value.items()}
    if isinstance(value, Value):
        return np.array(value._data)[()]
    if hasattr(value, "__array__") or isinstance(value, BUFFERS):
        return np.array(value)
    return value


def cannot_be_written(array):
    """Whether an array is read-only, and all that it is a view of."""
    while type(array) is ndarray:
        if interpreter.is_writeable(array):
            return False
        array = interpreter.base_of(array)
    return array is None or type(array) is bytes


def own(tensor):
    """The array of a Tensor's value, if nobody sees its memory but the Tensor: then it can be written in. Else None.

    The array is let go, and seen whether it is gone: then nobody had it, or a view of it.
    """
    data = tensor._data
    if type(data) is not ndarray or handed_out(tensor) is not None:
        return None
    memory = interpreter.base_of(data)
    if type(memory) is not Memory or not interpreter.is_behaved(data) or data.nbytes != memory.nbytes:
        return None
    before = ref(data)
    data = None
    tensor._data = memory.view(ndarray)
    data = before()
    if data is None:
        return tensor._data
    tensor._data = data
    return None
