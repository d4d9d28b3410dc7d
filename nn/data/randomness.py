"""Randomness of samples, for a Dataset of one's own: ``sample_generator()`` in ``__getitem__`` gives a generator.

What is drawn from it depends on the loader's seed, the epoch and the sample's position alone: not on which worker
makes the sample, how many there are, or what was drawn before. The transforms of ``nn.data.transforms`` draw from it.
"""

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np

from ..seeding import generator_of

SampleSeed: TypeAlias = tuple[int, int]
"""(the loader's seed, the epoch)"""


class _Drawing(threading.local):
    """What is made in this thread just now."""

    seed: tuple[int, ...] | None = None
    generator: np.random.Generator | None = None


_now = _Drawing()


def sample_generator() -> np.random.Generator:
    """The generator of the sample that a DataLoader is making; anywhere else that of ``nn.manual_seed``.

    >>> from nn.data import DataLoader, Dataset, sample_generator
    >>> class Noisy(Dataset):
    ...     def __len__(self):
    ...         return 6
    ...     def __getitem__(self, i):
    ...         return i + sample_generator().normal()
    >>> few, many = DataLoader(Noisy(), 2, seed=0), DataLoader(Noisy(), 2, seed=0, num_workers=2)
    >>> [x.tolist() for x in few] == [x.tolist() for x in many]
    True
    """
    if _now.seed is None:
        return generator_of(None)
    if _now.generator is None:
        _now.generator = np.random.default_rng(_now.seed)
    return _now.generator


@contextmanager
def drawing(seed: SampleSeed | None, index: int) -> Iterator[None]:
    """Within it the sample at an index is made."""
    before = _now.seed, _now.generator
    _now.seed, _now.generator = None if seed is None else (*seed, index), None
    try:
        yield
    finally:
        _now.seed, _now.generator = before


def fingerprint(generator: np.random.Generator) -> int:
    """A number that depends on the generator's state, for which nothing is drawn."""
    return zlib.crc32(repr(generator.bit_generator.state).encode())
