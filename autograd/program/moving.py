"""An optimizer's step as a part of a small program: parameters and what is remembered of them move in the same C call.

``with_step(optimizer, program, call, …)`` asks the optimizer for its formulas, as a step that is made asks it, and puts
them behind the program. At each call the optimizer is asked again: options, counts and what it remembers are its own,
and are read anew. Where they are not as the program has them, the program runs alone, and then the optimizer's step.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..replaying import Call
from . import small
from .instructions import Argument, Program, Reference

__all__ = ["with_step"]


class Move(NamedTuple):
    """What ``Step.move`` is given."""

    parameters: list[Any]
    state: dict[Any, dict[str, Any]]
    formula: Any
    options: Any
    arrays: dict[str, float] | None = None
    counts: dict[str, int] | None = None


class _Moves:
    """Takes the place of a ``Step``: notes the formulas down."""

    def __init__(self) -> None:
        self.found: list[Move] = []
        self.others = False  # whether there is something else than formulas

    def move(self, *given: Any, **more: Any) -> None:
        self.found.append(Move(*given, **more))

    def update(self, *given: Any) -> None:
        self.others = True

    remember = update


def moves_of(optimizer: Any) -> list[Move] | None:
    """The formulas by which its parameters move now, or None where there is something else."""
    moves = _Moves()
    for group in optimizer.param_groups:
        optimizer.check_options(group)
        optimizer.prepare(group, moves)
    return None if moves.others else moves.found


def chosen(move: Move, rows: list[Any]) -> tuple[dict[str, Any], dict[str, int]] | None:
    """(the formula's options, the new counts), or None where leaves have counts of their own or nothing remembered."""
    begins = move.counts or {}
    counts = None
    for p in rows if move.arrays or begins else ():
        known = move.state.get(p)
        if known is None:
            return None
        its = {name: known.get(name, begin) for name, begin in begins.items()}
        if counts is not None and its != counts:
            return None
        counts = its
    counts = counts or {}
    return move.options(counts, False), counts


class _Known(NamedTuple):
    """A move as the program has it.

    parameters, nodes : all of them, whether they move or not
    rows : those that move
    likes : (shape, dtype) of each of the rows
    names : of what is remembered of each
    options : {name: ``float`` for any number, else the value}
    """

    parameters: list[Any]
    nodes: list[Any]
    rows: list[Any]
    likes: list[Any]
    formula: Any
    names: list[str]
    options: dict[str, Any]


def _settled(options: dict[str, Any]) -> dict[str, Any]:
    return {name: float if type(value) is float else value for name, value in options.items()}


class _Moving:
    """A call whose program makes the optimizer's step too; ``plain`` is the one without it."""

    def __init__(self, call: Call, plain: Call, optimizer: Any, known: list[_Known], numbers: list[int]) -> None:
        self.call, self.plain, self.optimizer, self.known, self.numbers = call, plain, optimizer, known, numbers

    def run(self, given: list[Any], values: dict[int, Any]) -> None:
        read = self._read()
        if read is None:
            self.plain.run(given, values)
            self.optimizer.step()
            return
        arguments, places = read
        values.update(zip(self.numbers, arguments, strict=True))
        self.call.run(given, values, places)
        for number in self.numbers:
            del values[number]

    def _read(self) -> tuple[list[Any], tuple[list[Any], list[Any], list[Any]]] | None:
        """(arguments, (where counts and new arrays go, under which key, the counts)), or None: it is no such step."""
        if "step" in vars(self.optimizer):
            return None
        moves = moves_of(self.optimizer)
        if moves is None or len(moves) != len(self.known):
            return None
        arguments: list[Any] = []
        holders, keys, items = [], [], []
        arrays: list[Any] = []
        for move, known in zip(moves, self.known, strict=True):
            if move.formula is not known.formula or list(move.arrays or ()) != known.names:
                return None
            if len(move.parameters) != len(known.parameters):
                return None
            for p, other, node in zip(move.parameters, known.parameters, known.nodes, strict=True):
                if p is not other or p._node is not node:
                    return None
            found = chosen(move, known.rows)
            if found is None or _settled(found[0]) != known.options:
                return None
            options, counts = found
            for p, (shape, dtype) in zip(known.rows, known.likes, strict=True):
                data = p._data
                if data.shape != shape or data.dtype is not dtype:
                    return None
                arguments.append(data)
                if not known.names and not counts:
                    continue
                remembered = move.state[p]
                for name in known.names:
                    value = remembered.get(name)
                    if type(value) is not np.ndarray or value.shape != shape or value.dtype is not dtype:
                        return None
                    if not value.flags.carray:
                        return None
                    arguments.append(value)
                    arrays.append(value)
                for name, count in counts.items():
                    holders.append(remembered)
                    keys.append(name)
                    items.append(count)
            if known.likes:
                kind = known.likes[0][1].type
                arguments += [kind(value) for value in options.values() if type(value) is float]
        return arguments, ([*holders, *arrays], [*keys, *[...] * len(arrays)], items)


def with_step(optimizer: Any, program: Program, call: Call, segment: Any, apart: Any) -> Any:
    """The call with the step in it, or None where it is none for a small program.

    segment : has the gradients and writes of the program
    apart : whether the id of a Tensor or node is of one that is no parameter from outside
    """
    if len([one for one in type(optimizer).__mro__ if "step" in vars(one)]) != 1 or "step" in vars(optimizer):
        return None  # it has a step of its own
    moves = moves_of(optimizer)
    if moves is None:
        return None
    arguments, numbers, known, formulas = dict(program.arguments), [], [], []

    def number_of(value: Any) -> int:
        numbers.append(-1 - len(numbers))
        arguments[numbers[-1]] = Argument(None, value)
        return numbers[-1]

    for move in moves:
        rows, places, names = [], [], list(move.arrays or ())
        for p in move.parameters:
            node = p._node
            if node is None:
                continue
            if apart(id(p)) or apart(id(node)) or p in segment.writes or node not in segment.gradients:
                return None
            if segment.gradients[node] is not None:
                rows.append(p)
        found = chosen(move, rows)
        if found is None:
            return None
        for p in rows:
            remembered = move.state.get(p, {})
            if not all(type(remembered.get(name)) is np.ndarray for name in names):
                return None
            w = number_of(p._data)
            g = program.outputs.index(segment.gradients[p._node])
            places.append((w, g, [number_of(remembered[name]) for name in names]))
        likes = [(p._data.shape, p._data.dtype) for p in rows]
        if len({dtype for _, dtype in likes}) > 1:
            return None
        options = {
            name: Reference(number_of(likes[0][1].type(value))) if type(value) is float and likes else value
            for name, value in found[0].items()
        }
        nodes = [p._node for p in move.parameters]
        known.append(_Known([*move.parameters], nodes, rows, likes, move.formula, names, _settled(found[0])))
        formulas.append((move.formula, places, options))
    executor = small.prepare(replace(program, arguments=arguments), formulas)
    if executor is None:
        return None
    moved = [p for one in known for p in one.rows]
    whole = Call(
        executor.run, list(call.kinds), call.things, [*call.carried, *numbers], call.results, call.leaves,
        call.gradients, [*call.tensors, *moved],
    )  # fmt: skip
    return _Moving(whole, call, optimizer, known, numbers)
