"""``exchanged(program)``: relu after max pooling in place of before it, where nothing else sees what lies between.

The largest entry of a window, then cut at 0, is the same number as the largest of entries cut at 0; its gradient goes
to the same entry, or is 0. So relu and its rule work on the few entries that are left, and the large array
between them is never made. Which operations these are is said by their traits.
"""

from dataclasses import replace

from .instructions import Instruction, Program
from .replay import taken

__all__ = ["exchanged"]


def exchanged(program: Program) -> Program:
    """The program with these pairs the other way round: the same numbers come out."""
    return _Exchanging(program).run()


class _Exchanging:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.maker = {number: one for one in program.instructions for number in one.outputs}
        self.takers: dict[int, list[Instruction]] = {}
        for one in program.instructions:
            for number in set(taken(one)):
                self.takers.setdefault(number, []).append(one)
        self.rules: dict[int, list[Instruction]] = {}  # {id of an instruction: the rules of it that are called}
        for one in program.instructions:
            if one.rule is not None and one.forward is not None:
                self.rules.setdefault(id(one.forward), []).append(one)
        self.outputs = set(program.outputs)
        self.next = max([*self.maker, *program.arguments, *program.constants, *program.values], default=0) + 1
        self.instead: dict[int, list[Instruction]] = {}  # {id of an instruction: what stands in its place}
        self.values = program.values

    def run(self) -> Program:
        for one in self.program.instructions:
            if one.rule is None and {"pooling", "largest"} <= _traits(one):
                self._exchange(one)
        if not self.instead:
            return self.program
        made = [new for one in self.program.instructions for new in self.instead.get(id(one), [one])]
        return replace(self.program, instructions=made)

    def _exchange(self, pool: Instruction) -> None:
        between = pool.inputs[0]
        relu = self.maker.get(between)
        if relu is None or relu.rule is not None or "rectifies" not in _traits(relu):
            return
        back, cut = self._only_rule(pool), self._only_rule(relu)
        if (back is None) != (cut is None) or len(self.rules.get(id(pool), ())) > 1:
            return
        backward = [one for one in (back, cut) if one is not None]
        if not self._is_seen_by(between, [pool, *backward]):
            return
        if any([not self._is_seen_by(number, backward) for number in pool.outputs[1:]]):
            return
        if back is not None and cut is not None and not self._is_seen_by(cut.inputs[0], [cut]):
            return
        if back is not None and cut is not None and cut.inputs[0] != back.outputs[0]:
            return
        largest = self._new(pool.outputs[0])
        new_pool = replace(pool, inputs=relu.inputs, outputs=(largest, *pool.outputs[1:]))
        new_relu = replace(relu, inputs=(largest,), outputs=pool.outputs[:1])
        self.instead |= {id(relu): [], id(pool): [new_pool, new_relu]}
        if back is not None and cut is not None:
            g = self._new(pool.outputs[0])
            new_cut = replace(cut, inputs=(back.inputs[0], largest), outputs=(g,), forward=new_relu)
            new_back = replace(back, inputs=(g, *relu.inputs), outputs=cut.outputs, forward=new_pool)
            self.instead |= {id(back): [new_cut, new_back], id(cut): []}

    def _only_rule(self, forward: Instruction) -> Instruction | None:
        rules = self.rules.get(id(forward), [])
        return rules[0] if len(rules) == 1 and rules[0].wanted is None else None

    def _is_seen_by(self, number: int, those: list[Instruction]) -> bool:
        """Whether a value is taken by these alone."""
        return number not in self.outputs and all(
            [any([one is other for other in those]) for one in self.takers.get(number, ())]
        )

    def _new(self, like: int) -> int:
        """A new number of a value of the shape and dtype of another."""
        self.next += 1
        if like in self.values:
            self.values[self.next] = self.values[like]
        return self.next


def _traits(one: Instruction) -> frozenset[str]:
    return getattr(one.operation, "traits", frozenset())
