"""A program: what a graph or a function computes, forward and backward, as a flat list of instructions.

``ag.source`` writes it down as code, ``ag.compile`` runs it again without Python, the exported page computes with it.
An instruction is one call of a declared operation, or of one of its rules, on numbered values.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "Argument", "Instruction", "OfValues", "Program", "Reference", "kept", "mapped", "needed", "references", "resolved",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reference:
    """Stands among the static arguments of an instruction for the value of this number: a mask, labels, an index."""

    number: int


@dataclass(frozen=True)
class OfValues:
    """In place of a declared operation: a function whose result has no gradient, such as a comparison.

    forward : NumPy's function, called with the arguments ``names`` by position and with other ones by name
    """

    name: str
    forward: Callable[..., Any]
    names: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    auxiliaries: tuple[str, ...] = ()
    variadic: bool = False
    many_inputs: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)


def mapped(value: Any, function: Callable[[Any], Any]) -> Any:
    """A static argument with ``function`` of each thing in it; lists, tuples and slices stay what they are."""
    if type(value) in (list, tuple):
        return type(value)([mapped(one, function) for one in value])
    if type(value) is slice:
        return slice(*[mapped(one, function) for one in (value.start, value.stop, value.step)])
    return function(value)


def resolved(value: Any, value_of: Callable[[int], Any]) -> Any:
    """A static argument with the values of its References in their places."""
    return mapped(value, lambda one: value_of(one.number) if type(one) is Reference else one)


def references(value: Any) -> list[int]:
    """The numbers in a static argument."""
    found: list[int] = []
    resolved(value, found.append)
    return found


@dataclass(frozen=True, slots=True)
class Argument:
    """A value that a program is given: it is read when the program runs.

    name  : what the user calls it, or None
    value : what it was when the program was made, an array or a NumPy scalar
    leaf  : whether it is of a Tensor that requires grad
    given : the Tensor or array that the user holds, to be read anew; or None
    """

    name: str | None
    value: Any
    leaf: bool = False
    given: Any = None


@dataclass(slots=True)
class Instruction:
    """One step of a program.

    operation : the Operation that is called, or an OfValues
    rule      : None, then it is the operation's forward; else the position of the input whose rule is called, or −1
        for ``together``, which gives the gradients of several inputs
    wanted    : of ``together`` for each input whether its gradient is among the outputs
    inputs    : the numbers of the values that it takes. Of a forward call those of the operation's inputs in their
        order, of a rule first the result's gradient and then the inputs, whether the rule asks for them or not
    params    : {name: value} of the static arguments; a Reference stands for an array among them
    outputs   : the numbers of its results: one, and after it those of the auxiliaries
    forward   : of what belongs to the backward pass the instruction whose rule called it, or is it; else None
    of_input  : which input's rule that was, or None where it belongs to no single one, such as a sum of gradients
    name      : what the user calls the result, or None; of a gradient the name of the value that it is the gradient of
    gradient_of : the number of the value that the result is the whole gradient of, or None
    part      : "forward", "backward", or "again" where the gradients are differentiated
    line      : "net.py:12: net = w * x", where the user's line is known
    scope     : the names of the modules around it, outermost first
    """

    operation: Any
    inputs: tuple[int, ...]
    params: Mapping[str, Any]
    outputs: tuple[int, ...]
    rule: int | None = None
    forward: "Instruction | None" = None
    of_input: int | None = None
    name: str | None = None
    gradient_of: int | None = None
    part: str = "forward"
    line: str | None = None
    scope: tuple[str, ...] = ()
    wanted: tuple[bool, ...] | None = None


@dataclass(slots=True)
class Program:
    """Instructions in their order, and the numbers of what goes in and comes out.

    arguments : {number: Argument}; the number's value is given from outside
    constants : {number: a number or array that is a part of the program}
    instructions : each after those whose results it takes
    outputs   : the numbers of the results
    inputs    : the numbers of the values that gradients are asked for
    gradients : {number of a value: number of its gradient}, for all that the walk has passed
    names     : {number: what the user calls the value}
    values    : {number: what came out when the program was made}
    """

    arguments: dict[int, Argument] = field(default_factory=dict)
    constants: dict[int, Any] = field(default_factory=dict)
    instructions: list[Instruction] = field(default_factory=list)
    outputs: Sequence[int] = ()
    inputs: Sequence[int] = ()
    gradients: dict[int, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    values: dict[int, Any] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Instruction]:
        return iter(self.instructions)


def needed(program: Program, taken: Callable[[Instruction], Iterable[int]]) -> list[Instruction]:
    """The instructions on which the outputs depend, by the numbers that each of them has ``taken``.

    Those that draw random numbers stay: the next one would else get theirs.
    """
    wanted, found = set(program.outputs), []
    for one in reversed(program.instructions):
        if not wanted.isdisjoint(one.outputs) or "random" in getattr(one.operation, "traits", ()):
            found.append(one)
            wanted.update(taken(one))
    return found[::-1]


def kept(one: Instruction, name: str, value_of: Callable[[int], Any], shape_of: Callable[[int], Any]) -> Any:
    """What the rule that an instruction calls asks to keep by this name, from the values and shapes of numbers."""
    op, forward = one.operation, one.forward
    numbers = dict(zip(op.inputs, one.inputs[1:], strict=False))
    if forward is not None:
        numbers |= dict(zip(("y", *op.auxiliaries), forward.outputs, strict=False))
    if name in numbers:
        return value_of(numbers[name])
    if name in op.params:
        return resolved({**op.defaults, **one.params}[name], value_of)
    return shape_of(numbers[name.removesuffix("_shape")])
