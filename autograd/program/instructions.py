"""A program: what a graph or a function computes, forward and backward, as a flat list of instructions.

``ag.source`` writes it down as code, ``ag.compile`` runs it again without Python, the exported page computes with it.
An instruction is one call of a declared operation, or of one of its rules, on numbered values.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..declaration import Operation

__all__ = ["Argument", "Instruction", "Program"]


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

    operation : what is called
    rule      : None, then it is the operation's forward; else the position of the input whose rule is called
    inputs    : the numbers of the values that it takes. Of a forward call those of the operation's inputs in their
        order, of a rule first the result's gradient and then the inputs, whether the rule asks for them or not
    params    : {name: value} of the static arguments
    outputs   : the numbers of its results: one, and after it those of the auxiliaries
    forward   : of a rule the instruction whose rule it is, else None
    name      : what the user calls the result, or None; of a gradient the name of the value that it is the gradient of
    gradient_of : the number of the value that the result is the whole gradient of, or None
    part      : "forward", "backward", or "update"
    line      : "net.py:12: net = w * x", where the user's line is known
    scope     : the names of the modules around it, outermost first
    """

    operation: Operation
    inputs: tuple[int, ...]
    params: Mapping[str, Any]
    outputs: tuple[int, ...]
    rule: int | None = None
    forward: "Instruction | None" = None
    name: str | None = None
    gradient_of: int | None = None
    part: str = "forward"
    line: str | None = None
    scope: tuple[str, ...] = ()


@dataclass(slots=True)
class Program:
    """Instructions in their order, and the numbers of what goes in and comes out.

    arguments : {number: Argument}; the number's value is given from outside
    constants : {number: a number or array that is a part of the program}
    instructions : each after those whose results it takes
    outputs   : the numbers of the results
    gradients : {number of a leaf: number of its gradient}
    values    : {number: what came out when the program was made}
    """

    arguments: dict[int, Argument] = field(default_factory=dict)
    constants: dict[int, Any] = field(default_factory=dict)
    instructions: list[Instruction] = field(default_factory=list)
    outputs: Sequence[int] = ()
    gradients: dict[int, int] = field(default_factory=dict)
    values: dict[int, Any] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Instruction]:
        return iter(self.instructions)

    def uses(self) -> dict[int, int]:
        """{number: how often it is taken, by instructions and as a result}."""
        found: dict[int, int] = {}
        taken = [number for one in self.instructions for number in one.inputs]
        for number in [*taken, *self.outputs, *self.gradients.values()]:
            found[number] = found.get(number, 0) + 1
        return found
