"""A program in declared operations alone: rules without code of their own, written in operations, are run as these."""

from typing import Any

import numpy as np

from ..modes import _Switch
from ..tensors import raw, wrap
from .instructions import Instruction, Program, kept
from .tracing import Tracer

__all__ = ["expanded"]


def expanded(program: Program) -> Program:
    """The program with the operations that rules consist of in place of the calls of rules.

    A rule that has ``code``, and what has no other form than its own call, stay.
    """
    return _Expander(program).run()


class _Expander(Tracer):
    def __init__(self, program: Program) -> None:
        super().__init__()
        self.given = program
        taken = [*program.arguments, *program.constants, *program.values]
        taken += [number for one in program for number in one.outputs]
        self._next = max(taken, default=-1) + 1
        self.same: dict[int, int] = {}  # {number of a rule's result: the number that it has here}

    def run(self) -> Program:
        given, made = self.given, self.program
        made.arguments, made.values = dict(given.arguments), dict(given.values)
        made.constants.update(given.constants)
        made.names, made.inputs = dict(given.names), list(given.inputs)
        with np.errstate(all="ignore"), _Switch(recording=False, tapes=(), anomaly=False):
            for one in given:
                self.part = one.part
                if one.rule is None or not self._expand(one):
                    self._copy(one)
        made.outputs = [self._number(number) for number in given.outputs]
        made.gradients = {of: self._number(number) for of, number in given.gradients.items()}
        return made

    def _number(self, number: int) -> int:
        return self.same.get(number, number)

    def _copy(self, one: Instruction) -> None:
        inputs = tuple([self._number(number) for number in one.inputs])
        copied = Instruction(one.operation, inputs, one.params, one.outputs, one.rule, one.forward)
        for name in ("of_input", "name", "gradient_of", "line", "scope", "wanted"):
            setattr(copied, name, getattr(one, name))
        self.write(copied)

    def _expand(self, one: Instruction) -> bool:
        """Whether the rules that this instruction calls could be run as operations."""
        op = one.operation
        places = [one.rule] if one.rule is not None and one.rule >= 0 else self._wanted(one)
        if op.variadic or one.forward is None:
            return False
        if op.reference is not None and any(op.rules[i].code is None for i in places):
            return False
        for i, output in zip(places, one.outputs, strict=True):
            if op.rules[i].code is not None:
                self.write(Instruction(op, tuple(map(self._number, one.inputs)), one.params, (output,), i, one.forward))
                continue
            with self.within(one.forward, i), self.at_work():
                y = op.rules[i].function(*self._arguments(one, op.rules[i]))
            number = self.known(y)
            self.same[output] = self.constant(raw(y)) if number is None else number
        return True

    def _wanted(self, one: Instruction) -> list[int]:
        return [i for i, wanted in enumerate(one.wanted or ()) if wanted]

    def _arguments(self, one: Instruction, rule: Any) -> list[Any]:
        """The gradient and what the rule asks to keep, as Tensors that are known by their numbers."""
        return [self._tensor(one.inputs[0]), *[kept(one, name, self._tensor, self._shape) for name in rule.needs]]

    def _shape(self, number: int) -> tuple[int, ...]:
        return np.shape(raw(self.program.values[self._number(number)]))

    def _tensor(self, number: int) -> Any:
        number = self._number(number)
        value = raw(self.program.values[number])
        if not isinstance(value, np.ndarray | np.generic):
            return value
        tensor = wrap(value.view() if isinstance(value, np.ndarray) else type(value)(value))
        self.enter(tensor, number)
        return tensor
