"""Tensor: a NumPy array and, when it is recorded, the node that made it.

``Tensor([[1.0, 2.0]], requires_grad=True, name="w")`` is a leaf: ``backward`` sums into its
``.grad``. Operations on Tensors give Tensors. The operators and methods (``+``, ``[]``, ``.sum()``,
``.backward()``) are attached in ``operators.py``, which lists them all.
"""

import operator
import warnings
import weakref
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from .modes import current, users_line
from .node import Leaf, Value, like_of, note_of


class Tensor(Value):
    """An array that can record what is done with it.

    Parameters
    ----------
    data : a number, nested lists of numbers, or an array. It is copied.
    requires_grad : make this a leaf of the graph, whose ``.grad`` a backward fills.
        Only float16, float32 and float64 can: anything else is a TypeError.
    dtype : a NumPy dtype; by default NumPy's choice for ``data``.
    name : shown in pictures, explanations and errors.

    ``.data`` is a NumPy array, or a NumPy scalar where there are no axes.

    >>> from autograd import Tensor
    >>> x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    array([2., 4.])
    """

    __slots__ = ()

    if TYPE_CHECKING:  # operators.py attaches these, which a type checker cannot see

        def __getattr__(self, name: str) -> Any: ...

        backward: Any
        __add__: Any
        __radd__: Any
        __sub__: Any
        __rsub__: Any
        __mul__: Any
        __rmul__: Any
        __truediv__: Any
        __rtruediv__: Any
        __floordiv__: Any
        __rfloordiv__: Any
        __mod__: Any
        __rmod__: Any
        __pow__: Any
        __rpow__: Any
        __matmul__: Any
        __rmatmul__: Any
        __neg__: Any
        __pos__: Any
        __abs__: Any
        __invert__: Any
        __lt__: Any
        __le__: Any
        __gt__: Any
        __ge__: Any
        __and__: Any
        __or__: Any
        __xor__: Any
        __getitem__: Any
        __setitem__: Any

    __array_priority__ = 1000  # for array types that know only this, not __array_ufunc__

    def __init__(self, data, requires_grad=False, *, dtype=None, name=None):
        if isinstance(data, Tensor):
            data = data._data
        elif _holds_tensor(data):
            raise TypeError(
                "Tensor: the data holds Tensors, and copying them would lose their history\n"
                "  use ag.stack(tensors) to join them along a new axis"
            )
        try:
            array = np.array(data, dtype=dtype, copy=None if requires_grad else True)
        except ValueError as error:
            raise ValueError(f"Tensor: the data is no array of numbers: {error}") from error
        if array.dtype == object:
            raise TypeError(f"Tensor: the data is no array of numbers\n  data: {type(data).__name__}")
        if requires_grad and array.ndim and array.dtype.kind == "f":
            array = in_memory_of_its_own(array)  # where optimizers may write
        self._data = array if array.ndim else array[()]
        self._name = name
        self._node = self._made_at = None
        if requires_grad:
            self.requires_grad = True

    # -- the value -----------------------------------------------------------------------------

    def _set_data(self, value):
        node = self.node
        if node is not None and not is_leaf(self):
            raise ValueError(
                f"cannot assign .data of {_called(self)}: it is the recorded result of {node.operation.name}, "
                "and its gradient would no longer be that of its value\n"
                "  assign to the leaf it comes from, or take .detach() first"
            )
        value = value._data if isinstance(value, Tensor) else value
        value = np.asarray(value)
        value = value if value.ndim else value[()]
        if node is not None:
            if value.dtype.kind != "f":
                raise TypeError(_not_differentiable(value.dtype, f".data of {_called(self)}"))
            like = like_of(value)
            if like != node.like:
                node.like, node.grad = like, None  # a gradient of the old shape or dtype is none of the new value
            node.written()
            mode = current()
            if mode is not None and (mode.tapes or mode.anomaly):
                note_of(node).where = users_line()
        self._data = value

    data = property(attrgetter("_data"), _set_data, doc="The value: a NumPy array, or a NumPy scalar for shape ().")
    shape = property(lambda self: self._data.shape, doc="The lengths of the axes, a tuple.")
    dtype = property(lambda self: self._data.dtype, doc="The NumPy dtype.")
    ndim = property(lambda self: self._data.ndim, doc="The number of axes.")
    size = property(lambda self: self._data.size, doc="The number of entries.")

    def item(self):
        """The value of a one-entry Tensor as a Python number."""
        return self._data.item()

    def numpy(self):
        """A copy of the value as a NumPy array; the history stays behind."""
        return np.array(self._data)

    def tolist(self):
        """The value as nested lists of Python numbers."""
        return self._data.tolist()

    def detach(self):
        """The same value without history: a Tensor that shares ``.data`` and needs no gradient."""
        return wrap(self._data, None, self._name)

    # -- the graph -----------------------------------------------------------------------------

    node = property(attrgetter("_node"), doc="The node that made it, a Leaf of the user's own, or None.")

    @property
    def name(self):
        """A label for pictures, explanations and errors, or None."""
        return self._name

    @name.setter
    def name(self, name):
        self._name = name
        if self.node is not None:
            note_of(self.node).name = name

    @property
    def requires_grad(self):
        """Whether gradients flow to or through this Tensor."""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, wanted):
        if not wanted:
            if not is_leaf(self):
                raise ValueError(f"{_called(self)} is a recorded result; use .detach() for its value without history")
            self._node = None
        elif self.node is None:
            dtype = self._data.dtype
            if dtype.kind != "f":
                raise TypeError(_not_differentiable(dtype, _called(self)))
            self._node = Leaf(like_of(self._data), weakref.ref(self), self._name, type(self) is not Tensor)

    @property
    def is_leaf(self):
        """True of Tensors that the user made, False of recorded results."""
        return is_leaf(self)

    @property
    def grad(self):
        """The gradient summed by ``backward``: of shape and dtype of the data, or None."""
        node = self.node
        if node is None:
            return None
        if type(node) is Leaf:
            return node.grad
        note = node.note
        if note is not None and note.taped:
            return note.gradient
        if note is None or not note.retained:
            warnings.warn(
                f".grad of {_called(self)} is not kept: it is the result of {node.operation.name}, not a leaf\n"
                "  call .retain_grad() on it before backward, or record under ag.tape()",
                UserWarning,
                stacklevel=2,
            )
            return None
        return note.grad

    @grad.setter
    def grad(self, value):
        node = self.node
        if node is None or not (type(node) is Leaf or (node.note is not None and node.note.retained)):
            raise ValueError(f"cannot set .grad of {_called(self)}: it is no leaf that requires grad")
        if value is not None:
            value = value._data if isinstance(value, Tensor) else value
            value = np.array(value, dtype=node.like[1])[()]
            if value.shape != node.like[0]:
                raise ValueError(
                    f"cannot set .grad of {_called(self)}: the shapes differ\n"
                    f"  value: {node.like[0]}\n  gradient: {value.shape}"
                )
        (node if type(node) is Leaf else node.note).grad = value

    def retain_grad(self):
        """Keep the gradient of this inner value, so that ``.grad`` shows it after ``backward``."""
        if self.node is None:
            raise ValueError(f"cannot retain the gradient of {_called(self)}: it does not require grad")
        if type(self.node) is not Leaf:
            note_of(self.node).retained = True

    # -- the ways of Python --------------------------------------------------------------------

    def __repr__(self):
        parts = [np.array2string(np.asarray(self._data), separator=", ", prefix="Tensor(")]
        if self._data.dtype not in (np.float64, np.int64, np.bool_):
            parts.append(f"dtype={self._data.dtype}")
        if self.node is not None:
            leaf = type(self.node) is Leaf
            parts.append("requires_grad=True" if leaf else f"operation={self.node.operation.name}")
        if self._name is not None:
            parts.append(f"name={self._name!r}")
        return f"Tensor({', '.join(parts)})"

    def __format__(self, spec):
        return format(self._data, spec) if spec else str(self)

    def __float__(self):
        return float(self._one("float"))

    def __int__(self):
        return int(self._one("int"))

    def __index__(self):
        return operator.index(self._data)

    def __bool__(self):
        return bool(self._one("bool"))

    def _one(self, what):
        if self._data.size != 1:
            raise ValueError(
                f"{what}() of a Tensor with {self._data.size} entries is ambiguous\n  shape: {self._data.shape}\n"
                "  reduce it first, e.g. with .all(), .any() on .data, or .sum()"
            )
        return self._data.item()

    def __len__(self):
        if not self._data.ndim:
            raise TypeError("len() of a Tensor without axes")
        return len(self._data)

    def __iter__(self):
        if not self._data.ndim:
            raise TypeError("iteration over a Tensor without axes")
        return (self[i] for i in range(len(self._data)))

    __hash__ = object.__hash__

    def __deepcopy__(self, memo):
        new = self._copy()
        memo[id(self)] = new
        return new

    def __copy__(self):
        return self._copy()

    def _copy(self):
        if not is_leaf(self):
            raise TypeError(
                f"cannot copy {_called(self)}: it is a recorded result of {self.node.operation.name}, "
                "and a copy would lose its history\n  copy .detach(), or the leaf it comes from"
            )
        new = Value.__new__(type(self))
        Tensor.__init__(new, self._data, self.requires_grad, name=self._name)
        if self.node is not None and self.node.grad is not None:
            new.node.grad = np.array(self.node.grad)[()]
        return new

    def __reduce__(self):
        if not is_leaf(self):
            raise TypeError(f"cannot pickle {_called(self)}: it is a recorded result\n  pickle .detach() or .data")
        return _rebuild, (type(self), self._data, self.requires_grad, self._name)


def _rebuild(kind, data, requires_grad, name):
    new = Value.__new__(kind)
    Tensor.__init__(new, data, requires_grad, name=name)
    return new


def wrap(data, node=None, name=None):
    """A Tensor of ``data`` itself, not copied, made by ``node``."""
    tensor = Value.__new__(Tensor)
    tensor._data = data
    tensor._name = name
    tensor._node = node
    tensor._made_at = None
    return tensor


class Memory(np.ndarray):
    """What holds the memory of a leaf's array; ``steps`` says what for."""

    __slots__ = ()


def in_memory_of_its_own(data):
    """A copy of an array: a view of all of a ``Memory`` that nobody else holds."""
    data = np.asarray(data)
    order = "F" if data.flags.fnc else "C"
    memory = Memory(data.shape, data.dtype, order=order)
    memory[...] = data
    return memory.view(np.ndarray)


def raw(value):
    """The array of a Tensor, and anything else as it is."""
    return value._data if isinstance(value, Tensor) else value


def is_leaf(tensor):
    """Whether the Tensor is no recorded result."""
    return tensor.node is None or type(tensor.node) is Leaf


def _called(tensor):
    return f"Tensor {tensor._name!r}" if tensor._name else f"a Tensor of shape {tensor._data.shape}"


def _not_differentiable(dtype, what):
    return (
        f"{what} cannot require a gradient: its dtype is {dtype}\n"
        "  gradients exist for float16, float32 and float64; give floats, or pass dtype=float"
    )


def _holds_tensor(data):
    """Whether nested lists or tuples hold a Tensor (without recursion: they may be deep)."""
    todo = [data] if isinstance(data, list | tuple) else []
    while todo:
        row = todo.pop()
        if any(isinstance(item, Tensor) for item in row):
            return True
        todo.extend(item for item in row if isinstance(item, list | tuple))
    return False
