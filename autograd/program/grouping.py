"""The order of the small machine's instructions: those of one kind after each other, as far as they do not need others.

What comes next the processor guesses, and where kinds alternate it guesses wrong at nearly each instruction.
"""

from bisect import bisect
from collections import deque
from collections.abc import Sequence

__all__ = ["grouped"]

KIND, RESULT, OPERANDS = slice(0, 6), 6, slice(7, 10)
"""Where a step has what it is and its shape, the place of its result and those of what it takes."""


def grouped(steps: Sequence[list[int]], arrays: Sequence[int]) -> list[list[int]]:
    """Steps that do the same. ``arrays`` are the places where arrays begin, in their order."""
    takers, missing = _needs(steps, arrays)
    ready: dict[tuple[int, ...], deque[int]] = {}
    for i, step in enumerate(steps):
        if not missing[i]:
            ready.setdefault(tuple(step[KIND]), deque()).append(i)
    found = []
    while ready:
        kind = max(ready, key=lambda one: len(ready[one]))
        waiting = ready[kind]
        while waiting:
            i = waiting.popleft()
            found.append(steps[i])
            for taker in takers[i]:
                missing[taker] -= 1
                if not missing[taker]:
                    ready.setdefault(tuple(steps[taker][KIND]), deque()).append(taker)
        del ready[kind]
    return found


def _needs(steps: Sequence[list[int]], arrays: Sequence[int]) -> tuple[list[set[int]], list[int]]:
    """(of each step those that must come after it, how many must come before it)."""
    takers: list[set[int]] = [set() for _ in steps]
    missing = [0] * len(steps)
    writer: dict[int, int] = {}  # {array: the step that wrote into it last}
    readers: dict[int, list[int]] = {}  # {array: the steps that have read it since}
    for i, step in enumerate(steps):
        before = set()
        for place in step[OPERANDS]:
            array = bisect(arrays, place)
            if array in writer:
                before.add(writer[array])
            readers.setdefault(array, []).append(i)
        array = bisect(arrays, step[RESULT])
        before.update(readers.pop(array, ()))
        if array in writer:
            before.add(writer[array])
        writer[array] = i
        before.discard(i)
        for one in before:
            takers[one].add(i)
        missing[i] = len(before)
    return takers, missing
