"""The share of a process in a dataset."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..data.samplers import Sampler
from .processes import get_rank, get_world_size


class DistributedSampler(Sampler):
    """The positions that this process has in each epoch: ``DataLoader(data, 32, sampler=DistributedSampler(data))``.

    All processes draw one order of the dataset, and process r takes the places r, r + n, r + 2n, … of it: their k-th
    batches of B together are the k-th batch of n·B of the whole order.

    Parameters
    ----------
    dataset : anything with a length
    num_replicas, rank : n and r; by default what ``get_world_size`` and ``get_rank`` say
    shuffle : a new order in each epoch
    seed : decides the orders; the same in all processes
    drop_last : where the length is no multiple of n, leave out the last samples; by default the first come again, so
        that all processes have the same number

    As in PyTorch, but that each ``iter`` begins a new epoch by itself: there the orders are all the same where
    ``set_epoch`` was forgotten.

    >>> from nn.distributed import DistributedSampler
    >>> [list(DistributedSampler(range(10), num_replicas=4, rank=rank, shuffle=False)) for rank in range(4)]
    [[0, 4, 8], [1, 5, 9], [2, 6, 0], [3, 7, 1]]
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
        self.num_replicas = get_world_size() if num_replicas is None else num_replicas
        self.rank = get_rank() if rank is None else rank
        if not 0 <= self.rank < self.num_replicas:
            raise ValueError(
                "DistributedSampler: rank must be from 0 to num_replicas - 1\n"
                f"  rank: {self.rank}\n  num_replicas: {self.num_replicas}"
            )
        self.shuffle, self.seed, self.drop_last = shuffle, seed, drop_last
        self.epoch = 0
        """How many epochs have begun."""

    def set_epoch(self, epoch: int) -> None:
        """Let the next ``iter`` begin this epoch, the first being 0: where a training is resumed."""
        self.epoch = epoch

    def __len__(self) -> int:
        samples, n = len(self.data_source), self.num_replicas
        return samples // n if self.drop_last else -(-samples // n)

    def __iter__(self) -> Iterator[int]:
        samples = len(self.data_source)
        order = np.arange(samples)
        if self.shuffle:
            np.random.default_rng([self.seed, self.epoch]).shuffle(order)
        self.epoch += 1
        return iter(np.resize(order, len(self) * self.num_replicas)[self.rank :: self.num_replicas].tolist())
