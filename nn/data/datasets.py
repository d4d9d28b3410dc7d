"""Datasets: samples by their position, and what is made of them: some of them, several in a row, two parts of one.

A dataset is anything with a length whose items are samples: arrays and numbers, or tuples, lists and dicts of them.
Those made of NumPy arrays give batches of arrays. A dataset of Tensors gives Tensors, and so does a subclass of
``Dataset``, PyTorch's base class, whatever its samples are.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import Tensor

from ..seeding import generator_of
from ..values import values_of
from .collating import array_of, as_tensors, holds_tensor, stacked
from .randomness import SampleSeed, drawing


class Dataset:
    """Base class of a dataset of one's own: define ``__len__`` and ``__getitem__``. Its batches are Tensors.

    >>> from nn.data import DataLoader, Dataset
    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 4
    ...     def __getitem__(self, i):
    ...         return float(i), i * i
    >>> next(iter(DataLoader(Squares(), batch_size=4)))
    (Tensor([0., 1., 2., 3.]), Tensor([0, 1, 4, 9]))
    """

    gives_tensors = True
    """Whether batches are built as PyTorch builds them, of Tensors."""

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}: define __getitem__(self, index), which gives a sample")

    def __add__(self, other: Any) -> "ConcatDataset":
        return ConcatDataset([self, other])


class TensorDataset(Dataset):
    """Arrays or Tensors of one length side by side: sample i is the tuple of their i-th entries.

    Each part is an array or a Tensor as it was given.

    >>> import numpy as np
    >>> from nn.data import TensorDataset
    >>> data = TensorDataset(np.arange(6).reshape(3, 2), np.array([0, 1, 0]))
    >>> len(data), data[1]
    (3, (array([2, 3]), np.int64(1)))
    """

    def __init__(self, *arrays: Any) -> None:
        if not arrays:
            raise ValueError("TensorDataset: there are no arrays")
        self.arrays = tuple([array_of(f"TensorDataset: array {i}", a) for i, a in enumerate(arrays)])
        self._are_tensors = [isinstance(a, Tensor) for a in arrays]
        self.gives_tensors = any(self._are_tensors)
        lengths = [a.shape[:1] for a in self.arrays]
        if len(set(lengths)) > 1 or lengths[0] == ():
            lines = "".join(f"\n  array {i}: shape {a.shape}" for i, a in enumerate(self.arrays))
            raise ValueError(f"TensorDataset: the arrays must have one length along their first axis{lines}")

    def __len__(self) -> int:
        return len(self.arrays[0])

    @property
    def tensors(self) -> tuple[Any, ...]:
        """The arrays and Tensors that it is made of."""
        return self[:]

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        index = index.data if isinstance(index, Tensor) else index
        parts = zip(self.arrays, self._are_tensors, strict=True)
        return tuple([Tensor(a[index]) if is_tensor else a[index] for a, is_tensor in parts])

    def batch(self, indices: np.ndarray) -> tuple[Any, ...]:
        """The samples of an index array, stacked: one array or Tensor for each of the dataset's."""
        return self[indices]


class ConcatDataset(Dataset):
    """The samples of several datasets, one dataset after the other."""

    def __init__(self, datasets: Any) -> None:
        self.datasets = list(datasets)
        self.cumulative_sizes = np.cumsum([len(one) for one in self.datasets], dtype=int).tolist()
        self.gives_tensors = any([_gives_tensors(one) for one in self.datasets])

    def __len__(self) -> int:
        return self.cumulative_sizes[-1] if self.datasets else 0

    def __getitem__(self, index: Any) -> Any:
        if not -len(self) <= index < len(self):
            raise IndexError(f"ConcatDataset: there is no such sample\n  index: {index}\n  samples: {len(self)}")
        index = int(index) % len(self)
        at = int(np.searchsorted(self.cumulative_sizes, index, side="right"))
        return self.datasets[at][index - (self.cumulative_sizes[at - 1] if at else 0)]


class Subset(Dataset):
    """The samples of a dataset at the given positions, or those that a mask of bools selects.

    indices : whole numbers, from the end where negative; or one bool for each sample

    >>> import numpy as np
    >>> from nn.data import Subset, TensorDataset
    >>> data = TensorDataset(np.array([10, 11, 12, 13]))
    >>> [int(x) for (x,) in Subset(data, np.array([False, True, True, False]))]
    [11, 12]
    """

    def __init__(self, dataset: Any, indices: Any) -> None:
        given, total = values_of(indices), len(dataset)
        if given.ndim != 1:
            raise ValueError(f"Subset: the indices must be in one row\n  shape: {given.shape}")
        if given.dtype == bool:
            if len(given) != total:
                raise ValueError(
                    f"Subset: a mask has one bool for each sample\n  mask: {len(given)}\n  samples: {total}"
                )
            given = np.flatnonzero(given)
        if given.size and given.dtype.kind not in "iu":
            raise TypeError(f"Subset: the indices must be whole numbers, or a mask of bools\n  dtype: {given.dtype}")
        outside = given[(given < -total) | (given >= total)] if given.size else given
        if outside.size:
            raise IndexError(f"Subset: there is no such sample\n  index: {outside[0]}\n  samples: {total}")
        self.dataset = dataset
        self.indices = given.astype(np.intp)
        self.gives_tensors = _gives_tensors(dataset)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any) -> Any:
        picked = self.indices[index]
        return self.dataset[int(picked) if picked.ndim == 0 else picked]

    def batch(self, indices: np.ndarray) -> Any:
        return batch_of(self.dataset, self.indices[indices])


def check_seed(what: str, seed: Any, generator: Any) -> None:
    if seed is not None and generator is not None:
        raise ValueError(f"{what}: give a seed or a generator, not both")
    if seed is not None and not (isinstance(seed, int | np.integer) and seed >= 0):
        raise ValueError(f"{what}: seed must be a whole number, 0 or more\n  seed: {seed!r}")
    if generator is not None and not isinstance(generator, np.random.Generator):
        raise TypeError(
            f"{what}: generator must be a numpy.random.Generator\n  generator: {type(generator).__name__}\n"
            "  for a number use seed="
        )


def _gives_tensors(dataset: Any) -> bool:
    return bool(getattr(dataset, "gives_tensors", False)) or isinstance(dataset, Tensor)


def batch_of(
    dataset: Any,
    indices: np.ndarray,
    collate_fn: Callable[[list[Any]], Any] | None = None,
    seed: SampleSeed | None = None,
) -> Any:
    """The samples at ``indices``, stacked: at once where the dataset can, else one by one, each with its own seed."""
    if collate_fn is None and hasattr(dataset, "batch"):
        return dataset.batch(indices)
    samples = []
    for index in indices:
        with drawing(seed, int(index)):
            samples.append(dataset[int(index)])
    if collate_fn is not None:
        return collate_fn(samples)
    batch = stacked(samples, "")
    if _gives_tensors(dataset):
        return as_tensors(batch)
    batch = batch if isinstance(batch, tuple | dict) else (batch,)
    return as_tensors(batch) if holds_tensor(samples[0]) else batch


def random_split(
    dataset: Any, lengths: Sequence[float], seed: int | None = None, generator: np.random.Generator | None = None
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
    check_seed("random_split", seed, generator)
    total, counts = len(dataset), list(lengths)
    if all(0 <= n <= 1 for n in counts) and abs(sum(counts) - 1) < 1e-9:
        counts = np.diff(np.round(np.cumsum([0, *counts]) * total)).astype(int).tolist()
    if sum(counts) != total or any(n < 0 or n != int(n) for n in counts):
        raise ValueError(
            "random_split: the lengths must add up to the samples, or fractions to 1\n"
            f"  lengths: {list(lengths)}\n  samples: {total}"
        )
    order = generator_of(generator if seed is None else seed).permutation(total)
    ends = np.cumsum([int(n) for n in counts])
    return [Subset(dataset, part) for part in np.split(order, ends[:-1])]


def train_test_split(
    *arrays: Any, test_size: float = 0.2, seed: int | None = None, generator: np.random.Generator | None = None
) -> tuple[np.ndarray, ...]:
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
    if not isinstance(test_size, int | float | np.number):
        raise TypeError(f"train_test_split: test_size must be a number\n  test_size: {test_size!r}")
    if isinstance(test_size, int | np.integer):
        held_out = int(test_size)
    else:
        held_out = round(total * float(test_size)) if 0 < test_size < 1 else 0
    if not 0 < held_out < total:
        raise ValueError(f"train_test_split: both parts need samples\n  test_size: {test_size!r}\n  samples: {total}")
    train, test = random_split(dataset, [total - held_out, held_out], seed, generator)
    return tuple([a[part.indices] for a in dataset.arrays for part in (train, test)])
