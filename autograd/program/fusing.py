"""``fused(program)``: the program with chains of functions of each entry, on large arrays, as one instruction each.

A chain then passes through memory once, on all threads, and what comes up on the way is never an array. Each result is
rounded as in the program given. Without the compiled module that is the program itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..native import native
from .entrywise import Entrywise
from .instructions import Instruction, OfValues, Program
from .replay import taken

__all__ = ["fused"]

LARGE = 4096
"""Entries of an array from which on a pass over memory is worth more than the call of a function."""


def fused(program: Program) -> Program:
    if native is None:
        return program
    return replace(program, instructions=_Fusing(program).run())


class _Chain:
    """Instructions that are put together until something else needs what they make."""

    def __init__(self, parts: Entrywise) -> None:
        self.parts = parts
        self.members: list[Instruction] = []


class _Fusing:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.like = {number: one.value for number, one in program.arguments.items()} | program.values
        self.users: dict[int, list[int]] = {}  # {number: ids of the instructions that take it}
        for one in program.instructions:
            for number in taken(one):
                self.users.setdefault(number, []).append(id(one))
        self.open: list[_Chain] = []
        self.done: list[Instruction] = []

    def run(self) -> list[Instruction]:
        for one in self.program.instructions:
            self._place(one)
        while self.open:
            self._close(self.open[0])
        return self.done

    def _place(self, one: Instruction) -> None:
        needed = set(taken(one))
        sources = [chain for chain in self.open if not needed.isdisjoint(chain.parts.made)]
        like = self.like.get(one.outputs[0])
        if _is_large(like):
            fitting = [
                chain for chain in sources if chain.parts.shape == like.shape and chain.parts.dtype == like.dtype
            ]
            joined = self._joined(fitting, one, like)
            if joined is not None:
                for chain in sources:
                    if chain not in fitting:
                        self._close(chain)
                self.open = [chain for chain in self.open if chain not in fitting]
                self.open.append(joined)
                return
        for chain in sources:
            self._close(chain)
        alone = self._joined([], one, like) if _is_large(like) else None
        if alone is not None:
            self.open.append(alone)
        else:
            self.done.append(one)

    def _joined(self, chains: Sequence[_Chain], one: Instruction, like: Any) -> _Chain | None:
        """These chains and the instruction as one chain; None where the instruction is none for it."""
        members = _in_order([member for chain in chains for member in chain.members], self.program)
        if len(chains) == 1:
            return _with(chains[0], one)
        parts = Entrywise(like.shape, like.dtype, self.program.constants, self.like)
        together = _Chain(parts)
        for member in members:
            if _with(together, member) is None:
                return None
        return _with(together, one)

    def _close(self, chain: _Chain) -> None:
        self.open.remove(chain)
        inside = {id(member) for member in chain.members}
        results = [
            number
            for number in chain.parts.made
            if number in self.program.outputs or any([user not in inside for user in self.users.get(number, ())])
        ]
        if not results:
            return
        if len(chain.members) == 1 and (len(chain.parts) < 2 or _is_one_pass(chain.members[0])):
            self.done += chain.members
            return
        names = tuple([f"a{i}" for i in range(len(chain.parts.given))])
        operation = OfValues("fused", chain.parts.function(results), names, names)
        last = chain.members[-1]
        self.done.append(
            Instruction(operation, tuple(chain.parts.given), {}, tuple(results), part=last.part, line=last.line)
        )


def _with(chain: _Chain, one: Instruction) -> _Chain | None:
    if not chain.parts.read(one):
        return None
    chain.members.append(one)
    return chain


def _in_order(members: Iterable[Instruction], program: Program) -> list[Instruction]:
    wanted = {id(one) for one in members}
    return [one for one in program.instructions if id(one) in wanted] if len(wanted) > 1 else list(members)


def _is_large(like: Any) -> bool:
    return type(like) is np.ndarray and like.size >= LARGE and like.dtype in (np.float32, np.float64)


def _is_one_pass(one: Instruction) -> bool:
    """Whether the instruction by itself is the call of a compiled kernel already."""
    if one.rule is None or one.rule < 0:
        return False
    rule = one.operation.rules[one.rule]
    return type(rule.pull) is type(len)
