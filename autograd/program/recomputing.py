"""``recomputed(program)``: less memory for large programs, by making again what is cheap to make.

What the forward pass computes and the backward pass reads has to be there in between. Where a pass or two over memory
can compute it again out of values that are there anyway, as a batch norm's result out of its input, it is let go
after its last use before the peak, and computed again where it is read. The numbers are the same, bit by bit.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from ..native import native
from .instructions import Instruction, OfValues, Program, Reference, mapped
from .replay import taken

__all__ = ["recomputed"]

SMALLEST = 16 << 20
"""Bytes that a program has to need before any of this is done: in smaller ones it would cost time for nothing."""

LARGE = 1 << 16
"""Bytes of a value that is worth it."""

GOAL = 0.5
"""The part of its memory down to which a program is brought: less would cost more time than it is worth."""

DEEPEST = 3
"""So many instructions, each of which reads the one before, at most."""

CHEAP = {"elementwise", "activation", "normalization"}
"""Kinds of operations that pass over memory and do little else."""


def recomputed(program: Program) -> Program:
    made = _Recomputing(program)
    return program if made.peak()[0] < SMALLEST else made.run()


class _Recomputing:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.order = list(program.instructions)
        self.outputs = set(program.outputs)
        self.always = {*program.arguments, *program.constants}
        self.values = program.values
        numbers = [number for one in self.order for number in one.outputs]
        self.next = max([*numbers, *self.always, *self.values], default=0)

    def run(self) -> Program:
        self._let_go_sooner()
        peak, at = self.peak()
        goal, tried = GOAL * peak, set()
        while peak > goal:
            found = next((made for made in self._candidates(at, tried) if self.peak(made)[0] <= peak), None)
            if found is None:
                break
            self.order = found
            peak, at = self.peak()
        return replace(self.program, instructions=self.order)

    # -- what is there when ----------------------------------------------------------------------

    def _size(self, number: int) -> int:
        value = self.values.get(number)
        return value.nbytes if type(value) is np.ndarray else 0

    def _lives(self, order: list[Instruction]) -> tuple[dict[int, int], dict[int, int]]:
        """({number: where it is made}, {number: where it is read last}) of what instructions make."""
        born, last = {}, {}
        for i, one in enumerate(order):
            for number in taken(one):
                last[number] = i
            for number in one.outputs:
                born[number] = last[number] = i
        last.update(dict.fromkeys(self.outputs & born.keys(), len(order)))
        return born, last

    def peak(self, order: list[Instruction] | None = None) -> tuple[int, int]:
        """(the most bytes that are held at a time, where that is first)."""
        order = self.order if order is None else order
        born, last = self._lives(order)
        change = [0] * (len(order) + 2)
        for number, i in born.items():
            change[i] += self._size(number)
            change[last[number] + 1] -= self._size(number)
        held = most = at = 0
        for i in range(len(order)):
            held += change[i]
            if held > most:
                most, at = held, i
        return most, at

    def _let_go_sooner(self) -> None:
        """Of two neighbors in the backward pass, neither of which needs the other, the one first that needs less."""
        order = self.order
        born, last = self._lives(order)
        reads = [set(taken(one)) & born.keys() for one in order]
        for j in range(1, len(order)):
            for i in range(j, 0, -1):
                a, b = order[i - 1], order[i]
                if "forward" in (a.part, b.part) or not reads[i].isdisjoint(a.outputs):
                    break
                one, other = self._growth(i - 1, i, reads, last), self._growth(i, i - 1, reads, last)
                if other >= one:
                    break
                order[i - 1], order[i] = b, a
                reads[i - 1], reads[i] = reads[i], reads[i - 1]
                for number in reads[i - 1] | set(b.outputs):
                    if last[number] == i and number not in reads[i]:
                        last[number] = i - 1
                for number in reads[i] | set(a.outputs):
                    if last[number] == i - 1:
                        last[number] = i

    def _growth(self, i: int, neighbor: int, reads: list[set[int]], last: dict[int, int]) -> int:
        """By how many bytes more is held after an instruction, if it comes before its neighbor."""
        gone = [n for n in reads[i] - reads[neighbor] if last[n] in (i, neighbor)]
        made = [n for n in self.order[i].outputs if last[n] > i or n in self.outputs]
        return sum(map(self._size, made)) - sum(map(self._size, gone))

    # -- what can be made again ------------------------------------------------------------------

    def _candidates(self, at: int, tried: set[int]) -> Iterable[list[Instruction]]:
        """Orders of instructions in which a value is not held over the place ``at``; each value is tried once."""
        born, last = self._lives(self.order)
        reads = [(i, set(taken(one))) for i, one in enumerate(self.order) if i > at]
        found = []
        for number, i in born.items():
            if not (i < at < last[number] < len(self.order)) or number in tried or self._size(number) < LARGE:
                continue
            use = next(i for i, read in reads if number in read)
            chain = self._chain(number, use, born, last, DEEPEST) if use > at + 1 else None
            if chain is not None:
                found.append((len(chain), -self._size(number), number, use, chain))
        for _, _, number, use, chain in sorted(found, key=lambda one: one[:3]):
            tried.add(number)
            yield self._made_again(number, use, chain)

    def _chain(
        self, number: int, use: int, born: dict[int, int], last: dict[int, int], depth: int
    ) -> list[Instruction] | None:
        """The instructions that make a value again out of what is there at its use, or None."""
        one = self.order[born[number]]
        if depth == 0 or not _is_cheap(one):
            return None
        chain: list[Instruction] = []
        for needed in taken(one):
            if needed in self.always or last[needed] >= use:
                continue
            before = self._chain(needed, use, born, last, depth - 1)
            if before is None:
                return None
            chain += [more for more in before if more not in chain]
        return [*chain, one]

    def _made_again(self, number: int, use: int, chain: list[Instruction]) -> list[Instruction]:
        new: dict[int, int] = {}
        again = []
        for one in chain:
            copied = _reading(_with_its_statistics(one), new)
            for old in one.outputs:
                self.next += 1
                new[old] = self.next
                if old in self.values:
                    self.values[self.next] = self.values[old]
            again.append(replace(copied, outputs=tuple([new[old] for old in one.outputs]), part="backward"))
        instead = {number: new[number]}
        return [*self.order[:use], *again, *[_reading(one, instead) for one in self.order[use:]]]


def _is_cheap(one: Instruction) -> bool:
    if one.rule is not None:
        return False
    if isinstance(one.operation, OfValues):
        made = one.operation.forward
        return isinstance(made, np.ufunc) or (native is not None and isinstance(made, native.Fused))
    return not one.operation.traits.isdisjoint(CHEAP) and "random" not in one.operation.traits


def _with_its_statistics(one: Instruction) -> Instruction:
    """A normalization with the mean and variance that it has found given to it: they need not be found again."""
    named = getattr(one.operation, "arguments", {})
    names: list[Any] = [named.get("mean"), named.get("var")]
    own = all([name in one.operation.names for name in names])
    if not own or len(one.outputs) != 3 or any([one.params.get(name) is not None for name in names]):
        return one
    found = dict(zip(names, map(Reference, one.outputs[1:]), strict=True))
    return replace(one, params={**one.params, **found})


def _reading(one: Instruction, instead: dict[int, int]) -> Instruction:
    """The instruction, reading other values in place of some."""
    if instead.keys().isdisjoint(taken(one)):
        return one

    def other(number: int) -> int:
        return instead.get(number, number)

    def of_static(value: Any) -> Any:
        return Reference(other(value.number)) if type(value) is Reference else value

    forward = one.forward
    if one.rule is not None and forward is not None:
        forward = replace(forward, outputs=tuple(map(other, forward.outputs)))
    params = {name: mapped(value, of_static) for name, value in one.params.items()}
    return replace(one, inputs=tuple(map(other, one.inputs)), params=params, forward=forward)
