"""An optimizer's step as a part of a small program: parameters and what is remembered of them move in the same C call.

``with_step(optimizer, program, call, …)`` asks the optimizer for its formulas, as a step that is made asks it, and puts
them behind the program. At each call the optimizer is asked again: options, counts and what it remembers are its own,
and are read anew. Where they are not as the program has them, the program runs alone, and then the optimizer's step.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..replaying import Call, Moved, Moving
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
    counts = dict(begins) if counts is None else counts
    return move.options(counts, False), counts


def _settled(options: dict[str, Any]) -> dict[str, Any]:
    return {name: float if type(value) is float else value for name, value in options.items()}


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
        nodes, counts, kind = [p._node for p in move.parameters], move.counts or {}, likes[0][1].type if likes else None
        settled = _settled(found[0])
        known.append(Moved([*move.parameters], nodes, rows, likes, move.formula, names, counts, settled, kind))
        formulas.append((move.formula, places, options))
    executor = small.prepare(replace(program, arguments=arguments), formulas)
    if executor is None:
        return None
    moved = [p for one in known for p in one.rows]
    whole = Call(
        executor.run, list(call.kinds), call.things, call.carried, call.results, call.leaves, call.gradients,
        [*call.tensors, *moved],
    )  # fmt: skip
    return Moving(whole, call, optimizer, moves_of, known)
