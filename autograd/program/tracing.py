"""Writing a program down while operations run.

While a ``Tracer`` is at work, ``record`` and the functions of values (comparisons, argmax, …) hand their calls to it.
Each runs as it would, and becomes an Instruction. Values are told apart by their arrays: whatever Tensor holds the
same array object, it is the same value, so that what rules keep as arrays is found again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..arguments import listed
from ..handlers import Handler
from ..modes import _Switch
from ..node import Leaf
from ..tensors import Tensor, raw, wrap
from .instructions import Instruction, OfValues, Program, Reference, mapped

__all__ = ["Tracer"]

PLACES = ("a", "b", "c", "d", "e", "f")


class Tracer(Handler):
    """Writes the calls of operations into ``program``.

    What a subclass says: ``unseen(value)``, the number of an array that no instruction made.
    """

    given = staticmethod(listed)

    def __init__(self) -> None:
        self.program = Program()
        self.made: dict[int, Instruction] = {}  # {number: the instruction whose result it is}
        self.nodes: dict[Any, int] = {}  # {node: number of its value}
        self.node_of: dict[int, Any] = {}  # the other way, of nodes that an operation made
        self.part = "forward"
        self.rule: tuple[Instruction, int | None] | None = None  # whose rule runs
        self._numbers: dict[int, int] = {}  # {id of an array, a NumPy scalar or a Tensor: number}
        self._alive: list[Any] = []  # so that no id comes again
        self._next = 0

    # -- values --------------------------------------------------------------------------------

    def new_number(self) -> int:
        self._next += 1
        return self._next - 1

    def enter(self, value: Any, number: int | None = None) -> int:
        """Say which number a value has, by default a new one."""
        if number is None:
            number = self.new_number()
        if isinstance(value, Tensor):
            self._enter_one(value, number)
            if value._node is not None:
                self.enter_node(value._node, number)
            value = value._data
        self._enter_one(value, number)
        self.program.values.setdefault(number, value)
        return number

    def enter_node(self, node: Any, number: int) -> None:
        """Say which number the value of a node has."""
        self.nodes[node] = number
        if type(node) is not Leaf:
            self.node_of[number] = node

    def _enter_one(self, value: Any, number: int) -> None:
        if isinstance(value, Tensor | np.ndarray | np.generic) and not isinstance(value, np.bool_):
            self._numbers[id(value)] = number
            self._alive.append(value)

    def known(self, value: Any) -> int | None:
        """The number of a value that has one."""
        if isinstance(value, Tensor):
            return self._numbers.get(id(value), self._numbers.get(id(value._data)))
        return self._numbers.get(id(value)) if isinstance(value, np.ndarray | np.generic) else None

    def number(self, value: Any) -> int:
        """The number of a value; of a Python number, None or an array without axes a constant's."""
        number = self.known(value)
        if number is not None:
            return number
        plain = raw(value)
        if isinstance(value, Tensor) or (isinstance(plain, np.ndarray) and plain.ndim):
            return self.unseen(value)
        return self.constant(plain)

    def constant(self, value: Any) -> int:
        number = self.new_number()
        self.program.constants[number] = self.program.values[number] = value
        return number

    def unseen(self, value: Any) -> int:
        """The number of an array, or of a Tensor, that no instruction made."""
        return self.constant(raw(value))

    def static(self, value: Any) -> Any:
        """A static argument with References in place of arrays."""
        return mapped(value, self.static_one)

    def static_one(self, value: Any) -> Any:
        """The same of what is no container."""
        if isinstance(value, Tensor) or (isinstance(value, np.ndarray) and value.ndim):
            return Reference(self.number(value))
        number = self.known(value)
        return value if number is None else Reference(number)

    # -- instructions --------------------------------------------------------------------------

    def write(self, instruction: Instruction) -> Instruction:
        instruction.part = self.part
        if self.rule is not None:
            instruction.forward, instruction.of_input = self.rule
        self.program.instructions.append(instruction)
        for number in instruction.outputs:
            self.made[number] = instruction
        return instruction

    def record(self, op: Any, first: Any, second: Any, more: tuple[Any, ...], auxiliaries: bool) -> Any:
        """Run an operation, and write it down. ``recording.record`` calls it."""
        given = mapped(listed(first, second, more), self._as_tensor)
        inputs, params = self.split(op, given)
        y, extra = self.called(op, given)
        if not any(raw(y) is raw(value) for value in given):
            y = self._fresh(y)
            outputs = [self.enter(y), *[self.enter(self._fresh(one)) for one in extra]]
            self.write(Instruction(op, tuple(inputs), params, tuple(outputs)))
        elif isinstance(y, Tensor):
            self.enter(y, self.known(raw(y)))
        return (y, *extra) if auxiliaries else y

    def split(self, op: Any, given: Sequence[Any]) -> tuple[list[int], dict[str, Any]]:
        """(numbers of the inputs, static arguments) of a call with these arguments."""
        named = {**op.defaults, **dict(zip(op.names, given, strict=False))}
        if op.variadic:
            inputs = [self.number(one) for one in named[op.inputs[0]]]
        else:
            inputs = [self.number(named[name]) for name in op.inputs]
        return inputs, {name: self.static(named[name]) for name in op.names if name not in op.inputs and name in named}

    def _as_tensor(self, value: Any) -> Any:
        """An array that is known as a Tensor: it is then not copied when it is kept."""
        is_known = isinstance(value, np.ndarray) and value.ndim and self.known(value) is not None
        return wrap(value) if is_known else value

    def called(self, op: Any, given: Sequence[Any]) -> tuple[Any, list[Any]]:
        """(the result, the auxiliaries) of an operation, which runs as ever."""
        with self.paused():
            if not op.auxiliaries:
                return op.function(*given), []
            y, *extra = op.function.with_auxiliaries(*given)
            return y, extra

    def _fresh(self, y: Any) -> Any:
        """A result with an identity of its own."""
        data = raw(y)
        if isinstance(data, np.bool_):
            data = np.array(data)
        elif self.known(data) is not None:
            data = data.view() if isinstance(data, np.ndarray) else type(data)(data)
        if isinstance(y, Tensor):
            y._data = data
            return y
        return data

    def by_entries(self, who: str, call: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Run a function of values, and write it down."""
        with self.paused():
            y = call(*args, **kwargs)
        results = y if type(y) is tuple else (y,)
        if all(isinstance(one, Tensor | np.ndarray | np.generic) for one in results):
            fresh = [self._fresh(one) for one in results]
            self.write_of_values(who, call.function, args, kwargs, lambda: [self.enter(one) for one in fresh])
            y = tuple(fresh) if type(y) is tuple else fresh[0]
        return y

    def write_of_values(
        self, name: str, function: Any, args: Sequence[Any], kwargs: dict[str, Any], outputs: Callable[[], list[int]]
    ) -> None:
        """Write down the call of a function of values; ``outputs`` gives its results numbers, after the arguments."""
        names = PLACES[: len(args)] if len(args) <= len(PLACES) else tuple([f"a{i}" for i in range(len(args))])
        given = dict(zip(names, args, strict=True))
        inputs = {place: self.number(value) for place, value in given.items() if self.is_input(value)}
        rest = {place: value for place, value in given.items() if place not in inputs}
        params = {key: self.static(value) for key, value in {**rest, **kwargs}.items()}
        called = OfValues(name, function, names, tuple(inputs))
        self.write(Instruction(called, tuple(inputs.values()), params, tuple(outputs())))

    def is_input(self, value: Any) -> bool:
        """Whether an argument of a function of values is one by its number."""
        return isinstance(value, Tensor | np.ndarray | np.generic | float)

    # -- modes ---------------------------------------------------------------------------------

    def at_work(self) -> _Switch:
        return _Switch(batching=self)

    @contextmanager
    def paused(self) -> Iterator[None]:
        with _Switch(batching=None):
            yield

    @contextmanager
    def within(self, forward: Instruction, of_input: int | None) -> Iterator[None]:
        """What is written down belongs to the rule of an input of that instruction."""
        before, self.rule = self.rule, (forward, of_input)
        try:
            yield
        finally:
            self.rule = before
