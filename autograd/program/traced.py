"""What stands for an array while a function is traced: it computes as the array does, and every step is written down.

It tells shape and dtype. What asks for its values, such as ``float()``, ``if`` or ``np.asarray``, is an error: they
differ from call to call.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

__all__ = ["Traced"]

_WRITING = {"fill", "itemset", "partition", "put", "resize", "setfield", "setflags", "sort", "byteswap"}
_LAYOUT = {"nbytes", "itemsize"}


class Traced(NDArrayOperatorsMixin):
    """Stands for ``array``, the value of this ``number`` in the program that ``tracer`` writes.

    After the tracing it is the array, for whoever still has it.
    """

    __slots__ = ("array", "number", "tracer", "__weakref__")

    def __init__(self, array: Any, number: int, tracer: Any) -> None:
        self.array, self.number, self.tracer = array, number, tracer

    # -- what may be known -----------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def dtype(self) -> Any:
        return self.array.dtype

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def size(self) -> int:
        return self.array.size

    def __len__(self) -> int:
        return len(self.array)

    # -- what is computed ------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return self.tracer.ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        return self.tracer.numpy_function(function, args, kwargs)

    def __getitem__(self, index: Any) -> Any:
        return self.tracer.call("getitem", _entry, (self, index), {})

    def __iter__(self) -> Any:
        return iter([self[i] for i in range(len(self))])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in _LAYOUT:
            return getattr(self.array, name)
        if name in _WRITING:
            self.tracer.refuse_writing(f".{name}()")
        found = getattr(self.array, name)
        if callable(found):
            return lambda *args, **kwargs: self.tracer.call(name, _method(name), (self, *args), kwargs)
        return self.tracer.call(name, _attribute(name), (self,), {})

    # -- what is refused -------------------------------------------------------------------------

    def __setitem__(self, index: Any, value: Any) -> None:
        self.tracer.refuse_writing("an assignment to entries")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        self.tracer.look("np.asarray()")
        return np.array(self.array, dtype=dtype, copy=copy)

    def __float__(self) -> float:
        self.tracer.look("float()")
        return float(self.array)

    def __int__(self) -> int:
        self.tracer.look("int()")
        return int(self.array)

    def __bool__(self) -> bool:
        self.tracer.look("bool()")
        return bool(self.array)

    def __index__(self) -> int:
        self.tracer.look("index()")
        return int(self.array)

    def item(self, *index: Any) -> Any:
        self.tracer.look(".item()")
        return self.array.item(*index)

    def tolist(self) -> Any:
        self.tracer.look(".tolist()")
        return self.array.tolist()

    def __format__(self, spec: str) -> str:
        self.tracer.look("format()")
        return format(self.array, spec)

    def __repr__(self) -> str:
        return f"<Traced {self.array.shape} {self.array.dtype}>"


def _entry(x: Any, index: Any) -> Any:
    return x[index]


@cache
def _method(name: str) -> Callable[..., Any]:
    def method(x: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(x, name)(*args, **kwargs)

    method.__name__ = name
    return method


@cache
def _attribute(name: str) -> Callable[..., Any]:
    def attribute(x: Any) -> Any:
        return getattr(x, name)

    attribute.__name__ = name
    return attribute
