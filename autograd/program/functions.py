"""The program of a function: ``FunctionTracer`` watches one call of it, which runs as ever, and writes it down.

What goes in is the arguments' arrays, and every Tensor and array that the function has from outside. What comes out is
what it returns, the gradients that land, and what is written into Tensors. An optimizer's step cuts the program.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import ref

import numpy as np

from ..arguments import listed
from ..handlers import Handler
from ..modes import is_grad_enabled, users_line
from ..node import Leaf
from ..ops.shaping import astype
from ..random import common_generator
from ..tensors import Tensor, raw, wrap
from .instructions import Argument, Instruction, Program, Reference, mapped
from .living import LARGE, Living, like
from .traced import Traced
from .walks import WalkTracer

__all__ = ["FunctionTracer", "Segment"]

_OF_SHAPES = {"shape", "ndim", "size", "iscomplexobj", "isrealobj", "result_type", "can_cast", "common_type"}


@dataclass(slots=True)
class Segment:
    """A part of a call up to an optimizer's step, or to its end.

    program : its instructions and what they take
    sources : {number of an argument: where it is read, ("tensor", t), ("array", a), ("argument", i), ("grad", node)}
    gradients : {node of a leaf: number of its new ``.grad``, or None}
    writes : {Tensor: number of its new value}
    step : the optimizer whose step ends it, or None
    """

    program: Program
    sources: dict[int, tuple[str, Any]] = field(default_factory=dict)
    gradients: dict[Any, int | None] = field(default_factory=dict)
    writes: dict[Any, int] = field(default_factory=dict)
    step: Any = None


class FunctionTracer(WalkTracer, Handler):
    """Writes one call down; ``segments`` has it afterwards.

    no_gradient : the leaves of which the function has found that there is no gradient yet
    """

    def __init__(self, who: str) -> None:
        super().__init__()
        self.who = who
        self.over = False
        self.segment = Segment(self.program)
        self.segments = [self.segment]
        self.no_gradient: list[Any] = []
        self.made_by: dict[Any, Instruction] = {}
        self.tensors: dict[int, int] = {}  # {id of a Tensor from outside: number of its value}
        self.originals: dict[int, Tensor] = {}  # {id of what stands for an argument: the caller's Tensor}
        self.results: list[Any] = []  # weak references to Tensors
        self.living = Living(self._numbers)
        self.gradients: dict[Any, Traced | None] = {}  # {leaf: what .grad shows}, of those seen or changed
        self.pending: dict[int, tuple[Traced, str]] = {}  # arrays changed in place that no attribute has taken up

    # -- values ----------------------------------------------------------------------------------

    def trace(self, array: Any, number: int | None = None) -> Traced:
        """What stands for an array."""
        number = self.new_number() if number is None else number
        if type(array) is np.ndarray and array.nbytes >= LARGE and number not in self.program.values:
            self.program.values[number] = like(array)
            self.living.add(array, number)
            return Traced(array, number, self)
        self.program.values.setdefault(number, array)
        self._alive.append(array)
        if isinstance(array, np.ndarray | np.generic) and not isinstance(array, np.bool_):
            self._numbers.setdefault(id(array), number)
        return Traced(array, number, self)

    def known(self, value: Any) -> int | None:
        if isinstance(value, Traced):
            return value.number if value.tracer is self else None
        if isinstance(value, Tensor):
            if isinstance(value._data, Traced):
                return self.known(value._data)
            found = self.tensors.get(id(value))
            return self._numbers.get(id(value._data)) if found is None and type(value._node) is not Leaf else found
        return self._numbers.get(id(value)) if isinstance(value, np.ndarray | np.generic) else None

    def number(self, value: Any) -> int:
        number = self.known(value)
        if number is not None:
            return number
        if isinstance(value, Traced):
            value = value.array
        if isinstance(value, Tensor):
            return self.captured("tensor", value, raw(value))
        if isinstance(value, list | tuple):
            value = np.asarray(value)
        if isinstance(value, np.ndarray) and value.ndim:
            return self.captured("array", value, value)
        return self.constant(value)

    def value_of(self, number: int) -> Any:
        """The value that has this number."""
        return self.living.array(number, self.program.values.get(number))

    def captured(self, kind: str, thing: Any, array: Any) -> int:
        """The number of what is read when the program runs."""
        number = self.new_number()
        self.segment.sources[number] = (kind, thing)
        self.program.arguments[number] = Argument(getattr(thing, "name", None), array, type(thing) is Leaf, thing)
        self.program.values[number] = array
        self._alive += [thing, array]
        if isinstance(array, np.ndarray | np.generic) and not isinstance(array, np.bool_):
            self._numbers[id(array)] = number
        if kind == "tensor":
            self.tensors[id(thing)] = number
        return number

    def argument(self, position: int, value: Any) -> Any:
        """What the function gets for one of its arrays or Tensors."""
        number = self.captured("argument", position, raw(value))
        if isinstance(value, Tensor) and value._node is not None:
            self.tensors[id(value)] = number
            self._alive.append(value)
            return value
        traced = Traced(raw(value), number, self)
        if not isinstance(value, Tensor):
            return traced
        shown = wrap(traced, None, value._name)
        self.originals[id(shown)] = value
        self._alive.append(shown)
        self.results.append(ref(shown))
        return shown

    def static_one(self, value: Any) -> Any:
        return Reference(self.number(value)) if self.is_input(value) else value

    def is_input(self, value: Any) -> bool:
        return isinstance(value, Traced | Tensor) or (isinstance(value, np.ndarray) and value.ndim > 0)

    def real(self, value: Any) -> Any:
        """The value with arrays in place of what stands for them."""
        return mapped(value, self._real_one)

    def _real_one(self, value: Any) -> Any:
        if isinstance(value, Traced):
            return value.array
        if isinstance(value, Tensor):
            return wrap(value._data.array, value._node, value._name) if isinstance(value._data, Traced) else value
        return {key: self.real(one) for key, one in value.items()} if type(value) is dict else value

    # -- operations ------------------------------------------------------------------------------

    def write(self, instruction: Instruction) -> Instruction:
        if instruction.line is None:
            instruction.line = users_line()
        return super().write(instruction)

    def record(self, op: Any, first: Any, second: Any, more: tuple[Any, ...], auxiliaries: bool) -> Any:
        given = listed(first, second, more)
        inputs, params = self.split(op, given)
        if "random" in op.traits:  # the common generator, which a seed replaces, is read anew
            params = {name: None if value is common_generator() else value for name, value in params.items()}
        given = [self.real(value) for value in given]
        tensors = any([isinstance(one, Tensor) for value in given for one in _flat(value)])
        if tensors:  # beside Tensors arrays are copied where they are kept: but not these
            given = [wrap(value) if isinstance(value, np.ndarray) and value.ndim else value for value in given]
        y, extra = self.called(op, given)
        traced = self.trace(raw(y))
        outputs = [traced.number]
        for i, one in enumerate(extra):
            number = self.new_number()
            outputs.append(number)
            if isinstance(one, np.ndarray | np.generic):
                extra[i] = self.trace(one, number)
        made = self.write(Instruction(op, tuple(inputs), params, tuple(outputs)))
        if isinstance(y, Tensor):
            y._data = traced
            self.results.append(ref(y))
            if y._node is not None:
                self.made_by[y._node] = made
        else:
            y = traced
        return (y, *extra) if auxiliaries else y

    def call(self, name: str, function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """A function of arrays, and no operation: run, and written down."""
        with self.paused():
            y = function(*self.real(tuple(args)), **self.real(kwargs))
        if self.over:
            return y
        results = y if type(y) in (list, tuple) else (y,)
        if not all(isinstance(one, np.ndarray | np.generic) for one in results):
            self.look(name)
        traced: list[Traced] = []

        def outputs() -> list[int]:
            traced.extend([self.trace(one) for one in results])
            return [one.number for one in traced]

        self.write_of_values(name, function, args, kwargs, outputs)
        return type(y)(traced) if type(y) in (list, tuple) else traced[0]

    def by_entries(self, who: str, call: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        function = call.function
        arrays = [self.data_of(one) if isinstance(one, Tensor) else one for one in args]
        y = self.call(who, function if isinstance(function, np.ufunc) and not kwargs else call, arrays, kwargs)
        if not any([isinstance(one, Tensor) for value in args for one in _flat(value)]):
            return y
        return tuple([self._as_result(one) for one in y]) if type(y) is tuple else self._as_result(y)

    def _as_result(self, traced: Traced) -> Tensor:
        y = wrap(traced)
        self.results.append(ref(y))
        return y

    # -- NumPy -----------------------------------------------------------------------------------

    def ufunc(self, ufunc: np.ufunc, method: str, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        out = kwargs.pop("out", None)
        if out is not None and not (len(out) == 1 and out[0] is inputs[0] and method == "__call__"):
            self.refuse_writing(f"out= of np.{ufunc.__name__}")
        if any([isinstance(one, Tensor) for one in inputs]):
            return getattr(ufunc, method)(*[wrap(x) if isinstance(x, Traced) else x for x in inputs], **kwargs)
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        y = self.call(
            ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}", function, inputs, kwargs
        )
        if out is not None and not self.over:
            self.pending[id(y)] = y, users_line() or ""
        return y

    def numpy_function(self, function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
        if any([isinstance(one, Tensor) for value in (*args, *kwargs.values()) for one in _flat(value)]):
            args = [wrap(one) if isinstance(one, Traced) else one for one in args]
            return function(*args, **kwargs)
        if function.__name__ in _OF_SHAPES:
            return function(*self.real(tuple(args)), **self.real(kwargs))
        return self.call(function.__name__, function, args, kwargs)

    # -- refusals --------------------------------------------------------------------------------

    def look(self, what: str) -> None:
        if not self.over:
            raise TypeError(
                f"{self.who}: {what} asks for a value, which differs from call to call\n  at: {users_line()}\n"
                "  return it and look at it after the call; ag.where chooses between values"
            )

    def refuse_writing(self, what: str) -> None:
        raise TypeError(
            f"{self.who}: {what} writes into an array, which a program cannot follow\n  at: {users_line()}\n"
            "  make a new array, such as x = x + y; assign a Tensor's .data or .grad as a whole"
        )

    # -- Tensors' attributes -----------------------------------------------------------------------

    def data_of(self, tensor: Any) -> Any:
        if isinstance(tensor._data, Traced):
            return tensor._data
        number = self.number(tensor)
        return Traced(tensor._data, number, self)

    def set_data(self, tensor: Any, value: Any) -> bool:
        self.pending.pop(id(value), None)
        if not isinstance(value, Tensor | Traced):
            value = np.asarray(value)[()]
        number = self.number(value)
        array = self.value_of(number)
        if np.shape(array) != tensor._data.shape:
            raise ValueError(
                f"{self.who}: a Tensor keeps its shape\n  Tensor: {tensor._data.shape}\n  value: {np.shape(array)}\n"
                f"  at: {users_line()}"
            )
        if np.asarray(array).dtype != tensor._data.dtype:
            raise TypeError(
                f"{self.who}: a Tensor keeps its dtype\n  Tensor: {tensor._data.dtype}\n"
                f"  value: {np.asarray(array).dtype}\n  at: {users_line()}"
            )
        self._becomes(tensor, number, array)
        return True

    def _becomes(self, tensor: Any, number: int, array: Any) -> None:
        """The Tensor object has this value from now on."""
        target = self.originals.get(id(tensor), tensor)
        outside = target is not tensor or not isinstance(tensor._data, Traced)
        with self.paused():
            target.data = array
        if outside:
            self.segment.writes[target] = number
        if target is not tensor or not outside:
            tensor._data = Traced(target._data, number, self)
        self.tensors[id(target)] = number
        self._numbers[id(target._data)] = number
        self._alive += [target, target._data]
        if number in self.living:
            self.living.add(target._data, number)

    def give(self, tensor: Any, new: Any, what: str) -> bool:
        if tensor._node is not None and type(tensor._node) is Leaf:
            if is_grad_enabled() or new.shape != tensor.shape:
                return False  # which is an error
            data = new._data if new.dtype == tensor.dtype else raw(astype(new, tensor.dtype))
            return self.set_data(tensor, data)
        outside = id(tensor) in self.originals or not isinstance(tensor._data, Traced)
        if outside and new._node is not None:
            raise TypeError(
                f"{self.who}: {what}: a Tensor from outside would get a history, which ends with the call\n"
                f"  at: {users_line()}\n  give it the value under ag.no_grad()"
            )
        if outside:
            return self.set_data(tensor, new._data)
        return False

    def gradient_of(self, tensor: Any) -> Any:
        return self._gradient(tensor._node)

    def _gradient(self, node: Any) -> Traced | None:
        if node not in self.gradients:
            if node.grad is None:
                self.no_gradient.append(node)
                self.gradients[node] = None
            else:
                self.gradients[node] = Traced(node.grad, self.captured("grad", node, node.grad), self)
        return self.gradients[node]

    def set_gradient(self, tensor: Any, value: Any) -> bool:
        node = tensor._node
        if type(node) is not Leaf:
            return False
        if value is None:
            self._set_gradient(node, None)
            return True
        value = raw(value)
        self.pending.pop(id(value), None)
        if not isinstance(value, Traced):
            value = self.trace(np.asarray(value), self.number(np.asarray(value)))
        if value.dtype != node.like[1]:
            value = value.astype(node.like[1])
        if value.shape != node.like[0]:
            raise ValueError(f"cannot set .grad: the shapes differ\n  value: {node.like[0]}\n  gradient: {value.shape}")
        self._set_gradient(node, value)
        return True

    def _set_gradient(self, node: Any, value: Traced | None) -> None:
        self.gradients[node] = value
        self.segment.gradients[node] = None if value is None else value.number
        node.grad = None if value is None else np.array(value.array)[()]

    # -- effects -----------------------------------------------------------------------------------

    def step(self, optimizer: Any) -> bool:
        self.segment.step = optimizer
        with self.paused():
            optimizer.step()
        self._cut()
        for group in optimizer.param_groups:
            for p in group["params"]:
                self.tensors.pop(id(p), None)
                self._numbers.pop(id(p._data), None)
        return True

    def _cut(self) -> None:
        before = self.program
        self.program = Program(values=before.values)
        self.segment = Segment(self.program)
        self.segments.append(self.segment)

    def as_tensor(self, x: Any) -> Any:
        return self._as_result(x) if isinstance(x, Traced) else x

    def hook(self, node: Any) -> None:
        raise ValueError(f"{self.who}: a hook changes a gradient, which no program can\n  at: {node!r}")

    def finish(self) -> None:
        """The function has returned."""
        if self.pending:
            _, line = next(iter(self.pending.values()))
            raise TypeError(
                f"{self.who}: an array is written in place, which a program cannot follow\n  at: {line}\n"
                "  make a new array, such as x = x + y; assign a Tensor's .data or .grad as a whole"
            )

    def end(self) -> None:
        """What is left of the traced Tensors has its arrays from now on, whether the call returned or not."""
        self.over = True
        for one in self.results:
            tensor = one()
            if tensor is not None and isinstance(tensor._data, Traced):
                tensor._data = tensor._data.array
        for node in self.made_by:
            if node.note is not None and isinstance(node.note.grad, Traced):
                node.note.grad = node.note.grad.array
        for held in (self._alive, self.results, self.made_by, self.made, self.gradients, self.nodes):  # cycles
            held.clear()
        self.living.clear()


def _flat(value: Any) -> list[Any]:
    return [one for part in value for one in _flat(part)] if type(value) in (list, tuple) else [value]
