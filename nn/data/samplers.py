"""In which order a DataLoader goes through a dataset: ``DataLoader(data, sampler=RandomSampler(data))``."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..seeding import Rng, generator_of
from ..values import values_of


class Sampler:
    """Base class: define ``__iter__``, which gives positions of samples, and ``__len__``."""

    def __init__(self, data_source: Any = None) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__}: define __iter__(self), which gives positions of samples")

    def state_dict(self) -> dict[str, Any]:
        """The state of a generator of its own, for the epochs to come."""
        generator = getattr(self, "generator", None)
        return {"generator": generator.bit_generator.state} if isinstance(generator, np.random.Generator) else {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put a generator of its own where a state says."""
        if "generator" in state:
            getattr(self, "generator").bit_generator.state = state["generator"]  # noqa: B009


class SequentialSampler(Sampler):
    """All samples, one after the other."""

    def __len__(self) -> int:
        return len(self.data_source)

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self)))


class RandomSampler(Sampler):
    """All samples in a random order; or, with ``replacement``, ``num_samples`` of them that may come again.

    generator : what to draw from; by default the one of ``nn.manual_seed``
    """

    def __init__(
        self, data_source: Any, replacement: bool = False, num_samples: int | None = None, generator: Rng = None
    ) -> None:
        super().__init__(data_source)
        self.replacement, self.generator = replacement, generator
        self.num_samples = len(data_source) if num_samples is None else num_samples

    def __len__(self) -> int:
        return self.num_samples

    def __iter__(self) -> Iterator[int]:
        rng, n = generator_of(self.generator), len(self.data_source)
        if self.replacement:
            return iter(rng.integers(0, n, self.num_samples).tolist())
        rounds = -(-self.num_samples // n) if n else 0
        order = [int(i) for _ in range(rounds) for i in rng.permutation(n)]
        return iter(order[: self.num_samples])


class SubsetRandomSampler(Sampler):
    """The samples at the given positions, in a random order."""

    def __init__(self, indices: Any, generator: Rng = None) -> None:
        super().__init__()
        self.indices, self.generator = list(indices), generator

    def __len__(self) -> int:
        return len(self.indices)

    def __iter__(self) -> Iterator[Any]:
        return iter([self.indices[i] for i in generator_of(self.generator).permutation(len(self.indices))])


class WeightedRandomSampler(Sampler):
    """``num_samples`` positions, each drawn with the probability that its weight has among all weights."""

    def __init__(self, weights: Any, num_samples: int, replacement: bool = True, generator: Rng = None) -> None:
        super().__init__()
        self.weights = np.asarray(values_of(weights), np.float64)
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator

    def __len__(self) -> int:
        return self.num_samples

    def __iter__(self) -> Iterator[int]:
        p = self.weights / self.weights.sum()
        drawn = generator_of(self.generator).choice(len(p), self.num_samples, self.replacement, p)
        return iter(drawn.tolist())


class DistributedSampler(Sampler):
    """The share of one of several processes in each epoch: of ``num_replicas`` that of number ``rank``, from 0.

    num_replicas, rank : by default how many processes ``mpiexec`` has started, and which this one is

    All of them give the same order its shares, one position each in turns. Where the samples cannot be shared out
    evenly, the first ones of the order come a second time, or with ``drop_last`` the last ones are left out: all
    shares have one length.

    shuffle : a new order in each epoch, which ``seed`` and the epoch decide
    seed : the same in all processes

    A DataLoader tells it the epoch. In a loop of one's own, call ``set_epoch(epoch)`` before each.

    >>> from nn.data import DistributedSampler
    >>> [list(DistributedSampler(range(5), 2, rank, shuffle=False)) for rank in range(2)]
    [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        super().__init__(dataset)
        if num_replicas is None or rank is None:
            processes, this = _processes()
            num_replicas = processes if num_replicas is None else num_replicas
            rank = this if rank is None else rank
        if num_replicas < 1 or not 0 <= rank < num_replicas:
            raise ValueError(
                "DistributedSampler: rank is a number from 0, below num_replicas\n"
                f"  rank: {rank}\n  num_replicas: {num_replicas}"
            )
        self.num_replicas, self.rank = num_replicas, rank
        self.shuffle, self.seed, self.drop_last = shuffle, seed, drop_last
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """The next order is that of this epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        total = len(self.data_source)
        return total // self.num_replicas if self.drop_last else -(-total // self.num_replicas)

    def __iter__(self) -> Iterator[int]:
        order = np.arange(len(self.data_source))
        if self.shuffle:
            generator_of([self.seed, self.epoch]).shuffle(order)
        shared_out = np.resize(order, len(self) * self.num_replicas)
        return iter(shared_out[self.rank :: self.num_replicas].tolist())


class BatchSampler(Sampler):
    """The positions that a sampler gives, in lists of ``batch_size``."""

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool) -> None:
        super().__init__()
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __len__(self) -> int:
        return len(batch_starts(len(self.sampler), self.batch_size, self.drop_last))

    def state_dict(self) -> dict[str, Any]:
        """That of the sampler it is made of."""
        return self.sampler.state_dict() if hasattr(self.sampler, "state_dict") else {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put the sampler it is made of where a state says."""
        if state:
            self.sampler.load_state_dict(state)

    def __iter__(self) -> Iterator[list[Any]]:
        order = list(self.sampler)
        starts = batch_starts(len(order), self.batch_size, self.drop_last)
        return iter([order[start : start + self.batch_size] for start in starts])


def batch_starts(samples: int, batch_size: int, drop_last: bool) -> range:
    """Where the batches of so many samples begin."""
    return range(0, samples - (batch_size - 1 if drop_last else 0), batch_size)


def _processes() -> tuple[int, int]:
    """How many processes there are, and the number of this one; without mpi4py it is the only one."""
    from .. import distributed  # when used: importing nn stays quick

    try:
        return distributed.get_world_size(), distributed.get_rank()
    except ImportError:
        if any(os.environ.get(name, "1") != "1" for name in ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE")):
            raise  # mpiexec has started several
        return 1, 0
