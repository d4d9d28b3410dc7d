"""A program run again, in NumPy: it becomes one Python function with a line for each instruction.

``Replay(program).run(values)`` takes the arrays of the program's arguments in their order, and gives those of its
outputs, each in memory of its own. What is no longer needed is let go at once.
"""

import linecache
from collections.abc import Callable, Sequence
from contextvars import copy_context
from itertools import count
from typing import Any

import numpy as np

from ..ownership import memory_of
from ..tensors import raw
from .instructions import Instruction, OfValues, Program, Reference, references

__all__ = ["Replay", "taken"]

_numbers = count(1)


class Replay:
    """``run(values)``: the program's outputs for these arguments. ``source`` is the function's text.

    An error of an instruction says in a note which line of the user's it comes from.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.names: dict[str, Any] = {"tidy": tidy, "shape": np.shape, "quiet": _quiet, "own": own, "same": same}
        self._of_things: dict[int, str] = {}
        self.lines: list[tuple[str, Instruction | None]] = []
        self._write()
        self.source = "\n".join([text for text, _ in self.lines]) + "\n"
        self.file = f"<program {next(_numbers)}>"
        linecache.cache[self.file] = (len(self.source), None, self.source.splitlines(True), self.file)
        found: dict[str, Any] = dict(self.names)
        exec(compile(self.source, self.file, "exec"), found)
        self._function: Callable[[Sequence[Any]], list[Any]] = found["run"]

    def run(self, values: Sequence[Any]) -> list[Any]:
        try:
            # in a context of its own: Ctrl-C at any time leaves NumPy's warnings as the caller has them
            return copy_context().run(self._function, values)
        except Exception as error:
            self._explain(error)
            raise

    def _explain(self, error: Exception) -> None:
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self.file:
                _, instruction = self.lines[trace.tb_lineno - 1]
                if instruction is not None:
                    error.add_note(f"in {instruction.operation.name}, at: {instruction.line or 'an unknown line'}")
            trace = trace.tb_next

    # -- text ------------------------------------------------------------------------------------

    def _write(self) -> None:
        program = self.program
        last: dict[int, int] = {}
        for i, one in enumerate(program.instructions):
            for number in (*one.outputs, *taken(one)):
                last[number] = i
        kept = set(program.outputs)
        bodies = []
        for i, one in enumerate(program.instructions):
            gone = [n for n in {*one.outputs, *taken(one)} if last[n] == i and n not in kept]
            gone = sorted(n for n in gone if n not in program.constants)
            bodies.append((self._line(one), gone, one))
        arguments = ", ".join([f"v{n}" for n in program.arguments])
        lines: list[tuple[str, Instruction | None]] = [(f"    {arguments}, = values", None)] if arguments else []
        quiet = False
        for text, gone, one in bodies:
            if one.part != "forward" and not quiet:
                lines.append(("    with quiet():", None))
            quiet = one.part != "forward"
            text += f"; {' = '.join([f'v{n}' for n in gone])} = None" if gone else ""
            lines.append((("        " if quiet else "    ") + text, one))
        results = ", ".join([self._of(n) for n in program.outputs])
        lines.append((f"    return own([{results}], values)", None))
        given = ", ".join([f"{name}={name}" for name in self.names])
        self.lines = [(f"def run(values, {given}):", None), *lines]

    def _thing(self, value: Any, letter: str) -> str:
        """The name that a thing has in the text."""
        if id(value) not in self._of_things:
            name = f"{letter}{len(self.names)}"
            self.names[name] = value
            self._of_things[id(value)] = name
        return self._of_things[id(value)]

    def _of(self, number: int) -> str:
        if number in self.program.constants:
            return self._value(self.program.constants[number])
        return f"v{number}"

    def _value(self, value: Any) -> str:
        """An expression for a static argument."""
        if type(value) is Reference:
            return self._of(value.number)
        if value is None or type(value) in (bool, int, str):
            return repr(value)
        if has_reference(value):
            if type(value) is slice:
                parts = [self._value(one) for one in (value.start, value.stop, value.step)]
                return f"slice({', '.join(parts)})"
            inside = "".join([f"{self._value(one)}, " for one in value])
            return f"({inside})" if type(value) is tuple else f"[{inside}]"
        return self._thing(value, "c")

    def _line(self, one: Instruction) -> str:
        names = [f"v{number}" for number in one.outputs]
        if one.wanted is not None:
            return f"{''.join([f'{name}, ' for name in names])}= {self._together(one)}"
        if one.rule is not None:
            return f"{names[0]} = tidy({self._rule(one)})"
        if isinstance(one.operation, OfValues):
            text = f"{''.join([f'{name}, ' for name in names])}= {self._call(one)}"
            if len(names) == 1:
                text = f"{names[0]} = tidy({self._call(one)})"
            return text if isinstance(one.operation.forward, np.ufunc) else text + self._check(one)
        if one.operation.auxiliaries:
            return f"{', '.join(names)} = {self._call(one)}; {names[0]} = tidy({names[0]})"
        text = f"{names[0]} = tidy({self._call(one)})"
        return text + self._check(one) if any(map(has_reference, one.params.values())) else text

    def _check(self, one: Instruction) -> str:
        """Where shapes may depend on values, that they are those for which the program was made."""
        values = self.program.values
        checks = [f"same(v{n}, {self._thing(np.shape(values[n]), 'c')})" for n in one.outputs if n in values]
        return "".join([f"; {text}" for text in checks])

    def _call(self, one: Instruction) -> str:
        op = one.operation
        forward = self._thing(op.forward, "f")
        params = dict(one.params)
        given = [self._of(number) for number in one.inputs]
        named = {op.inputs[0]: f"[{', '.join(given)}]"} if op.variadic else dict(zip(op.inputs, given, strict=False))
        args = []
        for name in op.names:
            if name in named:
                args.append(named[name])
            elif name in params:
                args.append(self._value(params.pop(name)))
        if isinstance(op, OfValues):
            args += [f"{name}={self._value(value)}" for name, value in params.items()]
        return f"{forward}({', '.join(args)})"

    def _rule(self, one: Instruction) -> str:
        op, i = one.operation, one.rule or 0
        pull = self._thing(op.pulls[i], "p")
        return f"{pull}({self._of(one.inputs[0])}, {self._kept(one, i, one.of_input or 0)})"

    def _together(self, one: Instruction) -> str:
        op, wanted = one.operation, list(one.wanted or ())
        saved = ", ".join([self._kept(one, 0 if op.variadic else i, i) for i in range(len(wanted))])
        call = f"{self._thing(op.together, 'f')}({self._of(one.inputs[0])}, {wanted}, ({saved},))"
        return f"[tidy(g) for g in {call} if g is not None]"

    def _kept(self, one: Instruction, i: int, position: int) -> str:
        """What the rule of input i was kept: as recording keeps it."""
        op = one.operation
        inputs = [self._of(number) for number in one.inputs[1:]]
        outputs = [self._of(number) for number in one.forward.outputs] if one.forward is not None else []
        if op.variadic:
            parts = [str(position)]
            for place in op.saves[0]:
                if place == 0:
                    parts.append(f"({''.join([f'{text}, ' for text in inputs])})")
                elif place == -1:
                    parts.append(f"[{', '.join([self._shape(number) for number in one.inputs[1:]])}]")
                else:
                    parts.append(self._place(one, place, [], outputs))
            return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
        parts = [self._place(one, place, inputs, outputs) for place in op.saves[i]]
        return "None" if not parts else parts[0] if len(parts) == 1 else f"({', '.join(parts)})"

    def _place(self, one: Instruction, place: int, inputs: list[str], outputs: list[str]) -> str:
        op = one.operation
        if place >= len(op.names):
            return outputs[place - len(op.names)]
        name = op.names[place if place >= 0 else -1 - place]
        if name not in op.inputs or not inputs:
            value = self._value(one.params.get(name))
            return value if place >= 0 else f"shape({value})"
        at = op.inputs.index(name)
        return inputs[at] if place >= 0 else self._shape(one.inputs[1 + at])

    def _shape(self, number: int) -> str:
        """The shape of a value, which is the same in each run: the value need not be there any more."""
        program = self.program
        if number in program.values:
            like = program.values[number]
        else:
            like = program.arguments[number].value if number in program.arguments else program.constants[number]
        return repr(np.shape(raw(like)))


def taken(one: Instruction) -> list[int]:
    """The numbers of all values that an instruction reads; of a rule what it keeps, not what it asks the shape of."""
    op = one.operation
    if one.rule is None:
        return [*one.inputs, *[number for value in one.params.values() for number in references(value)]]
    found = [one.inputs[0]]
    for i in _rules(one):
        for place in op.saves[i]:
            if place >= len(op.names):
                found += [one.forward.outputs[place - len(op.names)]] if one.forward is not None else []
            elif place >= 0 and op.names[place] not in op.inputs:
                found += references(one.params.get(op.names[place]))
            elif place >= 0:
                found += one.inputs[1:] if op.variadic else [one.inputs[1 + op.inputs.index(op.names[place])]]
    return list(dict.fromkeys(found))


def _rules(one: Instruction) -> list[int]:
    """The positions of the rules that are called, or of all whose kept values are handed over."""
    if one.wanted is None:
        return [one.rule or 0]
    return list(range(len(one.operation.saves)))


def has_reference(value: Any) -> bool:
    return bool(references(value))


def tidy(y: Any) -> Any:
    """A result as recording has it: without axes a NumPy scalar."""
    if type(y) is np.ndarray:
        return y if y.ndim else y[()]
    return np.asarray(y)[()] if type(y) is float or type(y) is int else y


def same(y: Any, shape: tuple[int, ...]) -> None:
    """Raise where a result has another shape than when the program was made."""
    if np.shape(y) != shape:
        raise ValueError(
            "compile: a shape depends on values, and has changed\n"
            f"  when it was recorded: {shape}\n  now: {np.shape(y)}\n"
            "  choose entries with ag.where, or leave this part out of the compiled function"
        )


def own(results: list[Any], values: Sequence[Any]) -> list[Any]:
    """The results, copied where their memory is not theirs alone."""
    elsewhere = {id(memory_of(one)) for one in values if type(one) is np.ndarray}
    for i, one in enumerate(results):
        if type(one) is np.ndarray:
            held = memory_of(one)
            if id(held) in elsewhere or not (held is one or held.nbytes == one.nbytes) or not one.flags.writeable:
                one = results[i] = one.copy("K")
                held = one
            elsewhere.add(id(held))
    return results


def _quiet() -> Any:
    return np.errstate(all="ignore")
