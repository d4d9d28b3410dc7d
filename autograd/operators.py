"""The one table that gives Tensor its operators.

``a + b`` is ``add(a, b)``: every row below says which operation stands behind a sign. Comparisons give Tensors of bools
without history. ``t[i] = v`` and ``t += v`` give the Tensor object a new value; nothing is ever written in place.
"""

import sys

import numpy as np

from .arrays import plain
from .broadcasting import warn_of_broadcasting
from .declaration import alias
from .modes import current
from .node import Leaf
from .ops import arithmetic, elementwise, indexing, linalg
from .temporaries import is_temporary
from .tensors import Tensor, raw, wrap


def _reflected(operation):
    """``2 - x`` for an operation: Python calls ``x.__rsub__(2)``."""
    return lambda self, other: operation(other, self)


def _in_place(operation):
    """``x -= y``: the Tensor object gets the value of ``x - y``."""

    def assign(self, other):
        give(self, operation(self, other), f"{operation.__name__}, in place")
        return self

    return assign


ARITHMETIC = {
    "add": arithmetic.add,
    "sub": arithmetic.subtract,
    "mul": arithmetic.multiply,
    "truediv": arithmetic.divide,
    "floordiv": arithmetic.floor_divide,
    "mod": arithmetic.remainder,
    "pow": arithmetic.power,
    "matmul": linalg.matmul,
}
for _sign, _operation in ARITHMETIC.items():
    setattr(Tensor, f"__{_sign}__", _operation)
    setattr(Tensor, f"__r{_sign}__", _reflected(_operation))
    setattr(Tensor, f"__i{_sign}__", _in_place(_operation))
Tensor.__neg__ = arithmetic.negative
Tensor.__pos__ = alias  # a Tensor of its own, which an assignment to the other does not change
Tensor.__abs__ = elementwise.absolute


def _comparison(ufunc):
    def compare(self, other):
        if other is None or isinstance(other, str):
            return NotImplemented
        mode = current()
        if mode is not None and mode.batching is not None:
            mapped = mode.batching.by_entries(ufunc.__name__, compare, (self, other), {})
            if mapped is not None:
                return mapped
        y = ufunc(self._data, plain(raw(other), ufunc.__name__, "the other operand"))
        if np.size(y) > np.size(self._data):
            warn_of_broadcasting(ufunc.__name__, (self, other), y)
        return wrap(y)

    compare.function = ufunc
    return compare


COMPARISONS = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "rand": np.bitwise_and,
    "ror": np.bitwise_or,
    "rxor": np.bitwise_xor,
}
for _sign, _ufunc in COMPARISONS.items():
    setattr(Tensor, f"__{_sign}__", _comparison(_ufunc))


def _invert(self):
    mode = current()
    if mode is not None and mode.batching is not None:
        mapped = mode.batching.by_entries("invert", _invert, (self,), {})
        if mapped is not None:
            return mapped
    return wrap(np.invert(self._data))


_invert.function = np.invert
Tensor.__invert__ = _invert

# -- assignment: values, not views -------------------------------------------------------------


def _setitem(self, index, value):
    if is_temporary(self, sys._getframe(1)):
        raise TypeError(
            "assignment into a temporary Tensor would change nothing: indexing, attributes and operations give new "
            "Tensors, not views\n  write t[i, j] = v for t[i][j] = v, or give the Tensor a name first"
        )
    give(self, indexing.assign(self, value, index), "assignment")


Tensor.__getitem__ = indexing.getitem
Tensor.__setitem__ = _setitem


def give(tensor, new, what):
    """Make ``new`` the value of the Tensor object."""
    mode = current()
    recording = mode is None or mode.recording
    if mode is not None and mode.batching is not None and mode.batching.give(tensor, new, what):
        return
    node = tensor._node
    leaf = type(node) is Leaf
    if node is not None and not leaf and not recording:
        raise RuntimeError(
            f"{what}: under no_grad, the recorded result of {node.operation.name} cannot change: "
            "its gradient would no longer be that of its value\n  take .detach() first"
        )
    if not leaf:
        tensor._data, tensor._node = new._data, new._node
        if tensor._name is not None:
            tensor.name = tensor._name
    elif recording:
        raise RuntimeError(
            f"{what}: a leaf that requires grad cannot change while operations are recorded\n"
            f"  leaf: {tensor.name or 'without a name'}, shape {tensor.shape}\n"
            "  update it under ag.no_grad(), or work on a result, e.g. on 1 * leaf"
        )
    else:
        shape, dtype = node.like
        if new._data.shape != shape:
            raise ValueError(f"{what}: a leaf keeps its shape\n  leaf: {shape}\n  value: {new.shape}")
        tensor.data = wrap(new._data if new._data.dtype is dtype else new._data.astype(dtype))
