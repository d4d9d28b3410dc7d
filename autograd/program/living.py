"""What a tracer knows of values that may be gone: their numbers while they live, afterwards shape and dtype alone.

So a recorded call takes about as much memory as any other: what the function lets go is not held by what is written
down.
"""

from typing import Any
from weakref import ref

import numpy as np

__all__ = ["LARGE", "Living", "like"]

LARGE = 1 << 16
"""Bytes of an array from which on it is not kept."""


def like(array: Any) -> Any:
    """What has an array's shape and dtype, in next to no memory."""
    return np.broadcast_to(np.zeros((), array.dtype), array.shape)


class Gone:
    """Stands for an array that nobody has any more: it has a shape, and no values."""

    __slots__ = ("shape",)

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape


class Living:
    """Numbers of large arrays, for as long as somebody else has them.

    numbers : {id of an array: number}, of which an array's entry goes with it
    """

    def __init__(self, numbers: dict[int, int]) -> None:
        self.numbers = numbers
        self._arrays: dict[int, Any] = {}
        self._all: list[Any] = []

    def __contains__(self, number: int) -> bool:
        return number in self._arrays

    def add(self, array: Any, number: int) -> None:
        """The array, or another one with the same values, has this number."""
        numbers, at = self.numbers, id(array)

        def gone(_: Any) -> None:
            if numbers.get(at) == number:
                del numbers[at]

        numbers.setdefault(at, number)
        self._arrays[number] = ref(array, gone)
        self._all.append(self._arrays[number])  # one that is gone itself tells nothing

    def array(self, number: int, otherwise: Any) -> Any:
        """The array of this number, or what is left of it; ``otherwise`` where it was never one of these."""
        if number not in self._arrays:
            return otherwise
        found = self._arrays[number]()
        return Gone(otherwise.shape) if found is None else found

    def clear(self) -> None:
        self._arrays.clear()
        self._all.clear()
