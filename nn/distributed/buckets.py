"""Gradients gathered in a few arrays, each of which is summed over all processes in one message."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Tensor


class Bucket:
    """Gradients of one dtype that travel together, in one flat array; those of float16 are summed in float32.

    Behind them it has a flag for each, how many processes have that gradient, and how many have ended.
    """

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.parameters = parameters
        ends = np.cumsum([p.size for p in parameters]).tolist()
        self.buffer = np.zeros(ends[-1] + len(parameters) + 1, np.promote_types(parameters[0].dtype, np.float32))
        self.parts = {
            p: self.buffer[end - p.size : end].reshape(p.shape) for p, end in zip(parameters, ends, strict=True)
        }
        self.flags = {p: self.buffer[ends[-1] + i :][:1] for i, p in enumerate(parameters)}
        self.ended = self.buffer[-1:]
        self.missing = set(parameters)
        """Those whose gradient has not come yet in this walk."""
        self.request: Any = None

    def put(self, p: Tensor, *gradients: Any) -> None:
        """Put in the sum of the gradients; without any, that there is none."""
        self.parts[p][...] = sum(gradients[1:], gradients[0]) if gradients else 0
        self.flags[p][...] = bool(gradients)
        self.missing.discard(p)

    def send(self, comm: Any, ended: bool = False) -> None:
        """Begin to sum over all processes; ``request`` then says when that is done."""
        self.ended[...] = ended
        self.request = comm.Iallreduce(_in_place(), self.buffer)

    def renew(self) -> None:
        """For the next walk."""
        self.missing = set(self.parameters)
        self.request = None


def buckets_of(parameters: Sequence[Tensor], most_bytes: float) -> list[Bucket]:
    """The buckets of parameters whose gradients come in this order, each filled up to so many bytes; in their order."""
    buckets: list[Bucket] = []
    open_now: dict[np.dtype[Any], list[Tensor]] = {}
    for p in parameters:
        group = open_now.setdefault(p.dtype, [])
        group.append(p)
        if sum([one.data.nbytes for one in group]) >= most_bytes:
            buckets.append(Bucket(open_now.pop(p.dtype)))
    return buckets + [Bucket(group) for group in open_now.values()]


def _in_place() -> Any:
    from .processes import mpi

    return mpi().IN_PLACE
