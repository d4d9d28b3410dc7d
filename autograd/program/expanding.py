"""A program in declared operations alone: rules without code of their own, written in operations, are run as these."""

from typing import Any

import numpy as np

from ..modes import _Switch
from ..tensors import raw, wrap
from .code import code_of
from .instructions import Instruction, Program
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
        if len(places) == 1 and code_of(op, places[0]) is not None and op.rules[places[0]].code is not None:
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
        assert one.forward is not None
        op = one.operation
        numbers = dict(zip(op.inputs, map(self._number, one.inputs[1:]), strict=False))
        numbers.update(zip(("y", *op.auxiliaries), one.forward.outputs, strict=False))
        arguments = [self._tensor(self._number(one.inputs[0]))]
        for name in rule.needs:
            if name in numbers:
                arguments.append(self._tensor(numbers[name]))
            elif name.endswith("_shape") and name[: -len("_shape")] in numbers:
                arguments.append(np.shape(raw(self.program.values[numbers[name[: -len("_shape")]]])))
            else:
                arguments.append({**op.defaults, **one.params}[name])
        return arguments

    def _tensor(self, number: int) -> Any:
        value = raw(self.program.values[number])
        if not isinstance(value, np.ndarray | np.generic):
            return value
        tensor = wrap(value.view() if isinstance(value, np.ndarray) else type(value)(value))
        self.enter(tensor, number)
        return tensor
