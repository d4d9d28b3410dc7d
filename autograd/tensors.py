"""Tensor: a NumPy array and, when it is recorded, the node that made it.

``Tensor([[1.0, 2.0]], requires_grad=True, name="w")`` is a leaf: ``backward`` sums into its
``.grad``. Operations on Tensors give Tensors. The operators (``+``, ``[]``) are attached in ``operators.py``, the
methods (``.sum()``, ``.view()``, ``.backward()``) in ``methods.py``, which list them all.
"""

import operator
import sys
import warnings
import weakref
from collections.abc import Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .arrays import holds_tensor, plain
from .conversion import become_number, iterate, leave_history
from .devices import check_device
from .modes import current, users_line
from .node import FLOATS, Leaf, Value, like_of
from .notes import note_of
from .pairs import refuse_pair
from .values import fixed, hand_out, handed_out, in_memory_of_its_own

Operand: TypeAlias = "ArrayLike | Tensor"
"""What annotations call a number, an array or a Tensor."""


class Count(int):
    """A number of entries that also answers as PyTorch's method: ``x.size()`` is the shape, ``x.size(0)`` a length."""

    shape: tuple[int, ...]

    def __call__(self, dim: int | None = None) -> Any:
        return self.shape if dim is None else self.shape[dim]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Beside arrays a plain int, so that float32 stays: of other ints NumPy makes int64."""
        plain = [int(x) if type(x) is Count else x for x in inputs]
        return getattr(ufunc, method)(*plain, **options)


if TYPE_CHECKING:
    from .declared import Declared
else:
    Declared = Value


class Tensor(Declared):
    """An array that can record what is done with it.

    Parameters
    ----------
    data : a number, nested lists of numbers, or an array. It is copied. Matrices and masked arrays are a TypeError.
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

    __array_priority__ = 1000  # for array types that know only this, not __array_ufunc__

    def __init__(
        self, data: Any, requires_grad: bool = False, *, dtype: DTypeLike | None = None, name: str | None = None
    ) -> None:
        if isinstance(data, Tensor):
            if not is_leaf(data):
                raise TypeError(
                    f"Tensor: {_called(data)} is the recorded result of {data.node.operation.name}, "
                    "and a copy would lose its history\n"
                    "  use it itself, or .copy(); give .detach() where the value alone is meant"
                )
            data._leave_history("Tensor()")
            data = data._data
        elif holds_tensor(data):
            raise TypeError(
                "Tensor: the data holds Tensors, and copying them would lose their history\n"
                "  use ag.stack(tensors) to join them along a new axis"
            )
        try:
            array = np.array(plain(data, "Tensor", "data"), dtype=dtype, copy=None if requires_grad else True)
        except ValueError as error:
            raise ValueError(f"Tensor: the data is no array of numbers: {error}") from error
        if array.dtype == object:
            raise TypeError(f"Tensor: the data is no array of numbers\n  data: {type(data).__name__}")
        if requires_grad and array.ndim and array.dtype.char in FLOATS:
            array = in_memory_of_its_own(array)  # where optimizers may write
        self._data = array if array.ndim else array[()]
        self._name = name
        self._node = self._shown = None
        if requires_grad:
            self.requires_grad = True

    # -- the value -----------------------------------------------------------------------------

    def _set_data(self, value: Any) -> None:
        mode = current()
        if mode is not None and mode.batching is not None and mode.batching.set_data(self, value):
            return
        node = self._node
        if node is not None and type(node) is not Leaf:
            raise ValueError(
                f"cannot assign .data of {_called(self)}: it is the recorded result of {node.operation.name}, "
                "and its gradient would no longer be that of its value\n"
                "  assign to the leaf it comes from, or take .detach() first"
            )
        if isinstance(value, Tensor):
            value = fixed(value)
        elif type(value) is np.ndarray and value is handed_out(self):
            value = self._data  # t.data -= …: it has been written in place
        else:
            value = in_memory_of_its_own(plain(value, ".data", "value"))
            value = value if value.ndim else value[()]
        if node is not None:
            if value.dtype.char not in FLOATS:
                raise TypeError(_not_differentiable(value.dtype, f".data of {_called(self)}"))
            like = like_of(value)
            if like != node.like:
                node.like, node.grad = like, None  # a gradient of the old shape or dtype is none of the new value
            node.written()
            if mode is not None and (mode.tapes or mode.anomaly):
                note_of(node).where = users_line()
        self._data = value

    if TYPE_CHECKING:

        @property
        def data(self) -> NDArray[Any]: ...
        @data.setter
        def data(self, value: Operand) -> None: ...

    else:
        data = property(
            hand_out,
            _set_data,
            doc="""The value: a NumPy array, or a NumPy scalar for shape ().

            What is written into the array is the value of this Tensor, and of no other: neither ``t[:2]`` nor
            ``t.detach()`` changes with it, and what was recorded before keeps the values that it had.
            """,
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes, a tuple."""
        return self._data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype."""
        return self._data.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim

    @property
    def size(self) -> Count:
        """The number of entries; called, as in PyTorch, the shape or one of its lengths: ``x.size(0)``."""
        count = Count(self._data.size)
        count.shape = self._data.shape
        return count

    def item(self) -> Any:
        """The value of a one-entry Tensor as a Python number."""
        self._leave_history(".item()")
        _look(".item()")
        return self._data.item()

    def numpy(self) -> NDArray[Any]:
        """A copy of the value as a NumPy array; the history stays behind."""
        self._leave_history(".numpy()")
        _look(".numpy()")
        return np.array(self._data)

    def tolist(self) -> Any:
        """The value as nested lists of Python numbers."""
        self._leave_history(".tolist()")
        _look(".tolist()")
        return self._data.tolist()

    def detach(self) -> "Tensor":
        """The same value without history: a Tensor of its own, which copies only when one of the two is written to."""
        self._leave_history(".detach()")
        return wrap(fixed(self), None, self._name)

    def _leave_history(self, what: str) -> None:
        if self._node is not None:
            leave_history(what)

    # -- the graph -----------------------------------------------------------------------------

    node = property(attrgetter("_node"), doc="The node that made it, a Leaf of the user's own, or None.")

    @property
    def name(self) -> str | None:
        """A label for pictures, explanations and errors, or None."""
        return self._name

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = name
        if self.node is not None:
            note_of(self.node).name = name

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to or through this Tensor."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if not wanted:
            if not is_leaf(self):
                raise ValueError(f"{_called(self)} is a recorded result; use .detach() for its value without history")
            self._node = None
        elif self.node is None:
            dtype = self._data.dtype
            if dtype.char not in FLOATS:
                raise TypeError(_not_differentiable(dtype, _called(self)))
            self._node = Leaf(like_of(self._data), weakref.ref(self), self._name, type(self) is not Tensor)

    @property
    def is_leaf(self) -> bool:
        """True of Tensors that the user made, False of recorded results."""
        return is_leaf(self)

    @property
    def grad(self) -> Any:  # or else every use would need an assert that it is not None
        """The gradient summed by ``backward``: of shape and dtype of the data, or None."""
        node = self._node
        if node is None:
            return None
        if type(node) is Leaf:
            mode = current()
            if mode is not None and mode.batching is not None:
                shown = mode.batching.gradient_of(self)
                if shown is not NotImplemented:
                    return shown
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
    def grad(self, value: "Operand | None") -> None:
        node = self._node
        if node is None or not (type(node) is Leaf or (node.note is not None and node.note.retained)):
            raise ValueError(f"cannot set .grad of {_called(self)}: it is no leaf that requires grad")
        mode = current()
        if mode is not None and mode.batching is not None and mode.batching.set_gradient(self, value):
            return
        if value is not None:
            value = np.asarray(plain(raw(value), ".grad", "value"))
            if value.dtype.kind == "c":
                raise TypeError(f".grad of {_called(self)}: the value is complex, and its imaginary part would be lost")
            value = np.array(value, dtype=node.like[1])[()]
            if value.shape != node.like[0]:
                raise ValueError(
                    f"cannot set .grad of {_called(self)}: the shapes differ\n"
                    f"  value: {node.like[0]}\n  gradient: {value.shape}"
                )
        (node if type(node) is Leaf else node.note).grad = value

    def retain_grad(self) -> None:
        """Keep the gradient of this inner value, so that ``.grad`` shows it after ``backward``."""
        if self.node is None:
            raise ValueError(f"cannot retain the gradient of {_called(self)}: it does not require grad")
        if type(self.node) is not Leaf:
            note_of(self.node).retained = True

    # -- the ways of Python --------------------------------------------------------------------

    def __repr__(self) -> str:
        parts = [np.array2string(np.asarray(self._data), separator=", ", prefix="Tensor(")]
        if self._data.dtype not in (np.float64, np.int64, np.bool_):
            parts.append(f"dtype={self._data.dtype}")
        if self.node is not None:
            leaf = type(self.node) is Leaf
            parts.append("requires_grad=True" if leaf else f"operation={self.node.operation.name}")
        if self._name is not None:
            parts.append(f"name={self._name!r}")
        return f"Tensor({', '.join(parts)})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else str(self)

    def __float__(self) -> float:
        number = float(self._one("float"))
        if self._node is not None:
            become_number(self, "float")
        return number

    def __int__(self) -> int:
        number = int(self._one("int"))
        if self._node is not None:
            become_number(self, "int")
        return number

    def __index__(self) -> int:
        _look("index()")
        return operator.index(self._data)

    def __bool__(self) -> bool:
        return bool(self._one("bool"))

    def _one(self, what: str) -> Any:
        _look(f"{what}()")
        if self._data.size != 1:
            raise ValueError(
                f"{what}() of a Tensor with {self._data.size} entries is ambiguous\n  shape: {self._data.shape}\n"
                "  reduce it first, e.g. with .all(), .any() on .data, or .sum()"
            )
        return self._data.item()

    def __len__(self) -> int:
        if not self._data.ndim:
            raise TypeError("len() of a Tensor without axes")
        return len(self._data)

    def __iter__(self) -> "Iterator[Tensor]":
        if not self._data.ndim:
            raise TypeError("iteration over a Tensor without axes")
        refuse_pair(sys._getframe(1))
        return self._items()

    def _items(self) -> "Iterator[Tensor]":
        for i in range(len(self._data)):
            item = self[i]
            iterate(item)
            yield item

    __hash__ = object.__hash__

    def __deepcopy__(self, memo: dict[int, Any]) -> "Tensor":
        new = self._copy()
        memo[id(self)] = new
        return new

    def __copy__(self) -> "Tensor":
        return self._copy()

    def _copy(self) -> Any:
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

    def __reduce__(self) -> tuple[Any, ...]:
        if not is_leaf(self):
            raise TypeError(f"cannot pickle {_called(self)}: it is a recorded result\n  pickle .detach() or .data")
        return _rebuild, (type(self), self.data, self.requires_grad, self._name)


def _rebuild(kind: type, data: Any, requires_grad: bool, name: str | None) -> Any:
    new: Any = Value.__new__(kind)
    Tensor.__init__(new, data, requires_grad, name=name)
    return new


def tensor(
    data: Any,
    *,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:
    """A Tensor with a copy of ``data``: what ``Tensor(data, ...)`` makes, under the name of PyTorch's function.

    data : a number, nested lists of numbers, or an array.
    dtype : a NumPy dtype; by default NumPy's choice for ``data``.
    device : "cpu" or None, for there is nothing else.
    requires_grad : make this a leaf of the graph, whose ``.grad`` a backward fills. Raises TypeError for what is
        neither float16, float32 nor float64.
    name : shown in pictures, explanations and errors.

    >>> import autograd as ag
    >>> ag.tensor([1, 2], dtype="float64", requires_grad=True)
    Tensor([1., 2.], requires_grad=True)
    """
    check_device(device)
    return Tensor(data, requires_grad, dtype=dtype, name=name)


def wrap(data: Any, node: Any = None, name: str | None = None) -> Tensor:
    """A Tensor of ``data`` itself, not copied, made by ``node``."""
    tensor = Value.__new__(Tensor)
    tensor._data = data
    tensor._name = name
    tensor._node = node
    tensor._shown = None
    return tensor


def raw(value: Any) -> Any:
    """The array of a Tensor, and anything else as it is."""
    return value._data if isinstance(value, Tensor) else value


def _look(what: str) -> None:
    """The value is asked for: a handler may refuse."""
    mode = current()
    if mode is not None and mode.batching is not None:
        mode.batching.look(what)


def is_leaf(tensor: Tensor) -> bool:
    """Whether the Tensor is no recorded result."""
    node = tensor._node
    return node is None or type(node) is Leaf


def _called(tensor: Tensor) -> str:
    return f"Tensor {tensor._name!r}" if tensor._name else f"a Tensor of shape {tensor._data.shape}"


def _not_differentiable(dtype: np.dtype[Any], what: str) -> str:
    return (
        f"{what} cannot require a gradient: its dtype is {dtype}\n"
        "  gradients exist for float16, float32 and float64; give floats, or pass dtype=float"
    )
