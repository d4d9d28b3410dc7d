"""Random Tensors, and the one generator that everything random draws from: ``ag.manual_seed(0)``.

``rand``, ``randn``, ``randint`` and the rest make Tensors; initial weights, dropout masks and shuffled batches of
``nn`` draw from the same generator, so that one seed makes a run repeatable. Wherever a generator is taken, a
``numpy.random.Generator`` or an ``ag.Generator`` can be given instead, which leaves the common one alone. The numbers
are not PyTorch's for the same seed. They are drawn in float64, and then cast.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from .creation import made, sizes
from .modes import current
from .tensors import Tensor, raw

__all__ = [
    "bernoulli", "initial_seed", "manual_seed", "multinomial", "normal", "rand", "rand_like", "randint",
    "randn", "randn_like", "randperm",
]  # fmt: skip

Rng: TypeAlias = "np.random.Generator | int | Sequence[int] | None"
"""What ``rng=`` takes: a Generator, an int seed (or several), or None for the common generator."""

Given: TypeAlias = "np.random.Generator | None"


_common: "list[np.random.Generator]" = []  # made when first drawn from: NumPy loads its generators then
_seeds: list[int | None] = [None]


def manual_seed(seed: int) -> "np.random.Generator":
    """Start the common generator anew from ``seed`` (an int), and return it.

    >>> import autograd as ag
    >>> _ = ag.manual_seed(0); a = ag.rand(3)
    >>> _ = ag.manual_seed(0); b = ag.rand(3)
    >>> bool((a == b).all())
    True
    """
    if seed is None:
        raise TypeError("manual_seed: a seed is needed; with none no run is like another\n  seed: None")
    _common[:] = [np.random.default_rng(seed)]
    _seeds[0] = seed
    return _common[0]


def initial_seed() -> int | None:
    """What ``manual_seed`` was last called with, or None."""
    return _seeds[0]


def common_generator() -> "np.random.Generator":
    """What is drawn from where no generator is given."""
    if not _common:
        _common.append(np.random.default_rng())
    return _common[0]


def generator_of(rng: Rng = None) -> "np.random.Generator":
    """The Generator that ``rng`` stands for: itself, one seeded with an int, or for None the common one."""
    generator = common_generator() if rng is None else np.random.default_rng(rng)
    mode = current()
    if mode is not None and mode.batching is not None:
        mode.batching.draw(generator)
    return generator


def rand(*size: Any, generator: Given = None, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """Numbers drawn evenly from [0, 1): ``ag.rand(2, 3)``.

    size : ints, or one tuple of them
    generator : what to draw from; by default the one of ``manual_seed``
    dtype : float64 by default
    requires_grad, device, name : as of ``ag.zeros``
    """
    return made("rand", generator_of(generator).random(sizes("rand", size)), dtype, **options)


def randn(*size: Any, generator: Given = None, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """Numbers drawn from the normal distribution of mean 0 and standard deviation 1; arguments as of ``rand``."""
    return made("randn", generator_of(generator).standard_normal(sizes("randn", size)), dtype, **options)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Given = None,
    dtype: DTypeLike | None = None,
    **options: Any,
) -> Tensor:
    """Whole numbers drawn evenly from low to high, which is left out: ``ag.randint(0, 10, (2, 3))``.

    low : 0 where it is not given: ``ag.randint(10, (2, 3))``
    size, generator, requires_grad, device, name : as of ``rand``; dtype is int64 by default
    """
    if size is None and isinstance(high, tuple | list):
        low, high, size = 0, low, high
    if size is None or high is None:
        raise TypeError("randint: a size is needed\n  write ag.randint(low, high, (n, m)) or ag.randint(high, (n, m))")
    drawn = generator_of(generator).integers(low, high, sizes("randint", (size,)))
    return made("randint", drawn, dtype, **options)


def randperm(n: int, *, generator: Given = None, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """The whole numbers from 0 to n − 1 in a random order."""
    return made("randperm", generator_of(generator).permutation(n), dtype, **options)


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Given = None,
    dtype: DTypeLike | None = None,
    **options: Any,
) -> Tensor:
    """Numbers drawn from normal distributions: of one mean and deviation in ``size``, or of arrays of them."""
    if size is None:
        size = np.broadcast_shapes(np.shape(raw(mean)), np.shape(raw(std)))
    drawn = generator_of(generator).normal(raw(mean), raw(std), sizes("normal", (size,)))
    return made("normal", drawn, dtype, **options)


def bernoulli(x: Any, p: float | None = None, *, generator: Given = None) -> Tensor:
    """0 or 1 for each entry, 1 with the probability that the entry of x is (or p is): of x's dtype."""
    probability = np.asarray(raw(x)) if p is None else np.broadcast_to(p, np.shape(raw(x)))
    drawn = generator_of(generator).random(probability.shape) < probability
    return made("bernoulli", drawn, getattr(x, "dtype", None) or probability.dtype)


def multinomial(x: Any, num_samples: int, replacement: bool = False, *, generator: Given = None) -> Tensor:
    """Positions drawn by the weights in each row of x, which need not add up to 1.

    num_samples : how many for each row
    replacement : whether a position may come twice
    """
    weights, rng = np.asarray(raw(x), np.float64), generator_of(generator)
    rows = np.atleast_2d(weights)
    drawn = [rng.choice(rows.shape[1], num_samples, replacement, row / row.sum()) for row in rows]
    return made("multinomial", np.reshape(drawn, (*weights.shape[:-1], num_samples)), np.int64)


def rand_like(x: Any, *, generator: Given = None, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """``rand`` in the shape and dtype of x."""
    return rand(np.shape(raw(x)), generator=generator, dtype=dtype or raw(x).dtype, **options)


def randn_like(x: Any, *, generator: Given = None, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """``randn`` in the shape and dtype of x."""
    return randn(np.shape(raw(x)), generator=generator, dtype=dtype or raw(x).dtype, **options)
