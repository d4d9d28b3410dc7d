"""``fused(program)``: the program with chains of functions of each entry, on large arrays, as one instruction each.

A chain then passes through memory once, on all threads, and what comes up on the way is never an array. What a later
chain takes of an earlier one is computed once more where that is cheap, not kept. Each result is rounded as in the
program given. Without the compiled module that is the program itself.
"""

from collections.abc import Sequence
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

EXPENSIVE = {"sigmoid", "tanh", "loop", "loop_of_two"}
"""Functions whose results are rather kept than computed again."""


def fused(program: Program) -> Program:
    if native is None:
        return program
    return replace(program, instructions=_Fusing(program).run())


class _Chain:
    """Instructions that are put together until something else needs what they make.

    own : the numbers of what they make; ``parts`` may compute others once more
    cheap : {number: the instruction that makes it, if that takes little more time than to read an array}
    """

    def __init__(self, parts: Entrywise) -> None:
        self.parts = parts
        self.members: list[Instruction] = []
        self.own: set[int] = set()
        self.cheap: dict[int, Instruction] = {}

    def add(self, one: Instruction) -> bool:
        """Whether it can be one of them."""
        before = len(self.parts)
        if not self.parts.read(one):
            return False
        self.members.append(one)
        self.own.update(one.outputs)
        if not self.parts.operations(before) & EXPENSIVE:
            self.cheap.update(dict.fromkeys(one.outputs, one))
        return True


class _Fusing:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.like = {number: one.value for number, one in program.arguments.items()} | program.values
        self.position = {id(one): i for i, one in enumerate(program.instructions)}
        self.open: list[_Chain] = []
        self.done: list[Instruction | _Chain] = []

    def run(self) -> list[Instruction]:
        for one in self.program.instructions:
            self._place(one)
        while self.open:
            self._close(self.open[0])
        cheap: dict[int, tuple[_Chain, Instruction]] = {}
        for item in self.done:
            if isinstance(item, _Chain):
                self._compute_again(item, cheap)
                cheap.update({number: (item, one) for number, one in item.cheap.items()})
        return self._instructions()

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
        if len(chains) == 1:
            return chains[0] if chains[0].add(one) else None
        together = _Chain(Entrywise(like.shape, like.dtype, self.program.constants, self.like))
        members = self._in_order([member for chain in chains for member in chain.members])
        return together if all([together.add(member) for member in [*members, one]]) else None

    def _in_order(self, members: Sequence[Instruction]) -> list[Instruction]:
        return sorted(members, key=lambda one: self.position[id(one)])

    def _close(self, chain: _Chain) -> None:
        self.open.remove(chain)
        self.done.append(chain)

    def _compute_again(self, chain: _Chain, cheap: dict[int, tuple[_Chain, Instruction]]) -> None:
        """Compute in a chain what it takes of earlier ones, if it need not take another array for that."""
        like, members, tried = chain.parts, list(chain.members), set()
        while True:
            found = [n for n in chain.parts.given if n in cheap and n not in tried]
            if not found:
                return
            tried.add(found[0])
            source, maker = cheap[found[0]]
            if source.parts.shape != like.shape or source.parts.dtype != like.dtype:
                continue
            parts = Entrywise(like.shape, like.dtype, self.program.constants, self.like)
            if not all([parts.read(one) for one in self._in_order([*members, maker])]):
                continue
            more = set(parts.given) - set(chain.parts.given) - set(self.program.arguments)
            if all([self.like[number].size < LARGE for number in more]):
                chain.parts = parts
                members.append(maker)

    def _instructions(self) -> list[Instruction]:
        """What is needed, backwards."""
        needed, found = set(self.program.outputs), []
        for item in reversed(self.done):
            if isinstance(item, Instruction):
                needed.update(taken(item))
                found.append(item)
                continue
            results = [number for number in item.parts.made if number in item.own & needed]
            if not results:
                continue
            made = [item.members[0]] if _is_one_pass(item) else [_as_one(item, results)]
            for one in made:
                needed.update(taken(one))
            found += made
        return found[::-1]


def _as_one(chain: _Chain, results: Sequence[int]) -> Instruction:
    names = tuple([f"a{i}" for i in range(len(chain.parts.given))])
    operation = OfValues("fused", chain.parts.function(results), names, names)
    last = chain.members[-1]
    return Instruction(operation, tuple(chain.parts.given), {}, tuple(results), part=last.part, line=last.line)


def _is_one_pass(chain: _Chain) -> bool:
    """Whether it is an instruction that by itself is the call of a compiled kernel already."""
    if len(chain.members) != 1:
        return False
    one = chain.members[0]
    by_kernel = one.rule is not None and one.rule >= 0 and type(one.operation.rules[one.rule].pull) is type(len)
    return by_kernel or len(chain.parts) < 2


def _is_large(like: Any) -> bool:
    return type(like) is np.ndarray and like.size >= LARGE and like.dtype in (np.float32, np.float64)
