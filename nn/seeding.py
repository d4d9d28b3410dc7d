"""One generator for everything random in ``nn``: ``nn.manual_seed(0)`` makes a run repeatable.

Initial weights, dropout masks and shuffled batches draw from it. Wherever an ``rng=`` is taken, a
``numpy.random.Generator`` or an int seed can be given instead, which leaves the common one alone.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

Rng: TypeAlias = np.random.Generator | int | Sequence[int] | None
"""What ``rng=`` takes: a Generator, an int seed (or several), or None for the common generator."""

_common = [np.random.default_rng()]


def manual_seed(seed: int) -> np.random.Generator:
    """Start the common generator anew from ``seed`` (an int), and return it.

    >>> import nn
    >>> _ = nn.manual_seed(0); a = nn.Linear(3, 2)
    >>> _ = nn.manual_seed(0); b = nn.Linear(3, 2)
    >>> bool((a.weight.data == b.weight.data).all())
    True
    """
    if seed is None:
        raise TypeError("manual_seed: a seed is needed; with none no run is like another\n  seed: None")
    _common[0] = np.random.default_rng(seed)
    return _common[0]


def generator_of(rng: Rng = None) -> np.random.Generator:
    """The Generator that ``rng`` stands for: itself, one seeded with an int, or for None the common one."""
    if rng is None:
        return _common[0]
    return np.random.default_rng(rng)
