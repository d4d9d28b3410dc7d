"""Batches in an order that a seed decides: datasets, splits, and the DataLoader.

A dataset is anything with a length whose items are samples. Those here are made of NumPy arrays, and
give whole batches at once.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..seeding import generator_of

Batch = tuple[NDArray[Any], ...]


class Dataset(Protocol):
    """What a dataset is: it has a length, and its items are samples."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: Any, /) -> Any: ...


class TensorDataset:
    """Arrays of one length side by side: sample i is the tuple of their i-th entries.

    >>> import numpy as np
    >>> from nn.data import TensorDataset
    >>> data = TensorDataset(np.arange(6).reshape(3, 2), np.array([0, 1, 0]))
    >>> len(data), data[1]
    (3, (array([2, 3]), np.int64(1)))
    """

    def __init__(self, *arrays: ArrayLike) -> None:
        if not arrays:
            raise ValueError("TensorDataset: there are no arrays")
        self.arrays = tuple(np.asarray(a) for a in arrays)
        lengths = [a.shape[:1] for a in self.arrays]
        if len(set(lengths)) > 1 or lengths[0] == ():
            lines = "".join(f"\n  array {i}: shape {a.shape}" for i, a in enumerate(self.arrays))
            raise ValueError(f"TensorDataset: the arrays must have one length along their first axis{lines}")

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple([a[index] for a in self.arrays])

    def batch(self, indices: NDArray[np.intp]) -> Batch:
        """The samples of an index array, stacked: one array for each of the dataset's."""
        return self[indices]


class Subset:
    """The samples of a dataset at the given positions."""

    def __init__(self, dataset: Dataset, indices: ArrayLike) -> None:
        self.dataset = dataset
        self.indices = np.asarray(indices, dtype=np.intp)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[self.indices[index]]

    def batch(self, indices: NDArray[np.intp]) -> Batch:
        return _batch(self.dataset, self.indices[indices])


class DataLoader:
    """Batches of a dataset, one after the other, as tuples of NumPy arrays.

    Parameters
    ----------
    dataset : a dataset, or a tuple of arrays of one length
    batch_size : samples in a batch
    shuffle : a new order in each epoch
    seed : an int that decides the orders: another one in every epoch, the same ones in every run
    generator : a ``numpy.random.Generator`` to draw the orders from; by default, without a seed,
        that of ``nn.manual_seed``
    drop_last : leave out a last batch that is smaller

    >>> import numpy as np
    >>> from nn.data import DataLoader
    >>> loader = DataLoader((np.arange(5),), batch_size=2, shuffle=True, seed=0)
    >>> len(loader), sorted(int(i) for (x,) in loader for i in x)
    (3, [0, 1, 2, 3, 4])
    """

    def __init__(
        self,
        dataset: Dataset | tuple[ArrayLike, ...],
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        seed: int | None = None,
        generator: np.random.Generator | None = None,
        drop_last: bool = False,
    ) -> None:
        if not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise ValueError(
                f"DataLoader: batch_size must be a whole number of at least 1\n  batch_size: {batch_size!r}"
            )
        if seed is not None and generator is not None:
            raise ValueError("DataLoader: give a seed or a generator, not both")
        self.dataset: Dataset = TensorDataset(*dataset) if isinstance(dataset, tuple) else dataset
        self.batch_size = int(batch_size)
        self.shuffle = shuffle
        self.seed = seed
        self.generator = generator
        self.drop_last = drop_last
        self.epoch = 0
        """How many epochs have begun; with a seed, set it to begin again at that epoch."""

    def __len__(self) -> int:
        whole, rest = divmod(len(self.dataset), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Batch]:
        order = np.arange(len(self.dataset))
        if self.shuffle:
            rng = generator_of(self.generator if self.seed is None else [self.seed, self.epoch])
            rng.shuffle(order)
        self.epoch += 1
        return (
            _batch(self.dataset, order[start : start + self.batch_size])
            for start in range(0, len(self) * self.batch_size, self.batch_size)
        )


def _batch(dataset: Any, indices: NDArray[np.intp]) -> Batch:
    """The samples at ``indices``, stacked: at once where the dataset can, else one by one."""
    if hasattr(dataset, "batch"):
        return dataset.batch(indices)
    samples = [dataset[int(i)] for i in indices]
    if isinstance(samples[0], tuple | list):
        return tuple([np.stack(column) for column in zip(*samples, strict=True)])
    return (np.stack(samples),)


def random_split(
    dataset: Dataset, lengths: Sequence[float], seed: int | None = None, generator: np.random.Generator | None = None
) -> list[Subset]:
    """Subsets of a dataset without overlap, drawn at random.

    lengths : how many samples each gets, adding up to all of them; or fractions that add up to 1
    seed, generator : as of ``DataLoader``

    >>> import numpy as np
    >>> from nn.data import TensorDataset, random_split
    >>> train, test = random_split(TensorDataset(np.arange(10)), [0.8, 0.2], seed=0)
    >>> len(train), len(test)
    (8, 2)
    """
    if seed is not None and generator is not None:
        raise ValueError("random_split: give a seed or a generator, not both")
    total, counts = len(dataset), list(lengths)
    if all(0 <= n <= 1 for n in counts) and abs(sum(counts) - 1) < 1e-9:
        counts = np.diff(np.round(np.cumsum([0, *counts]) * total)).astype(int).tolist()
    if sum(counts) != total or any(n < 0 for n in counts):
        raise ValueError(
            "random_split: the lengths must add up to the samples, or fractions to 1\n"
            f"  lengths: {list(lengths)}\n  samples: {total}"
        )
    order = generator_of(generator if seed is None else seed).permutation(total)
    return [Subset(dataset, part) for part in np.split(order, np.cumsum(counts)[:-1])]


def train_test_split(
    *arrays: ArrayLike,
    test_size: float = 0.2,
    seed: int | None = None,
    generator: np.random.Generator | None = None,
) -> tuple[NDArray[Any], ...]:
    """Split arrays of one length alike: (train, test) of the first, (train, test) of the second, ….

    test_size : the fraction, or the number, of samples held out
    seed, generator : as of ``DataLoader``

    >>> import numpy as np
    >>> from nn.data import train_test_split
    >>> x_train, x_test, y_train, y_test = train_test_split(np.ones((10, 3)), np.arange(10), seed=0)
    >>> x_train.shape, y_test.shape
    ((8, 3), (2,))
    """
    dataset = TensorDataset(*arrays)
    total = len(dataset)
    held_out = round(total * test_size) if isinstance(test_size, float) else test_size
    if not 0 < held_out < total:
        raise ValueError(f"train_test_split: both parts need samples\n  test_size: {test_size!r}\n  samples: {total}")
    train, test = random_split(dataset, [total - held_out, held_out], seed, generator)
    return tuple(a[part.indices] for a in dataset.arrays for part in (train, test))
