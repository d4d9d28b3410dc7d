"""Batches in an order that a seed decides: datasets, splits, and the DataLoader.

A dataset is anything with a length whose items are samples: arrays and numbers, or tuples, lists and dicts of them.
Those here are made of NumPy arrays, and give whole batches at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..seeding import generator_of


class TensorDataset:
    """Arrays of one length side by side: sample i is the tuple of their i-th entries.

    >>> import numpy as np
    >>> from nn.data import TensorDataset
    >>> data = TensorDataset(np.arange(6).reshape(3, 2), np.array([0, 1, 0]))
    >>> len(data), data[1]
    (3, (array([2, 3]), np.int64(1)))
    """

    def __init__(self, *arrays: Any) -> None:
        if not arrays:
            raise ValueError("TensorDataset: there are no arrays")
        self.arrays = tuple([_array(f"TensorDataset: array {i}", a) for i, a in enumerate(arrays)])
        lengths = [a.shape[:1] for a in self.arrays]
        if len(set(lengths)) > 1 or lengths[0] == ():
            lines = "".join(f"\n  array {i}: shape {a.shape}" for i, a in enumerate(self.arrays))
            raise ValueError(f"TensorDataset: the arrays must have one length along their first axis{lines}")

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple([a[index] for a in self.arrays])

    def batch(self, indices: np.ndarray) -> tuple[np.ndarray, ...]:
        """The samples of an index array, stacked: one array for each of the dataset's."""
        return self[indices]


class Subset:
    """The samples of a dataset at the given positions, or those that a mask of bools selects.

    indices : whole numbers, from the end where negative; or one bool for each sample

    >>> import numpy as np
    >>> from nn.data import Subset, TensorDataset
    >>> data = TensorDataset(np.array([10, 11, 12, 13]))
    >>> [int(x) for (x,) in Subset(data, np.array([False, True, True, False]))]
    [11, 12]
    """

    def __init__(self, dataset: Any, indices: Any) -> None:
        given, total = np.asarray(indices), len(dataset)
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

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[self.indices[index]]

    def batch(self, indices: np.ndarray) -> Any:
        return _batch(self.dataset, self.indices[indices])


class DataLoader:
    """Batches of a dataset, one after the other, with NumPy arrays in them.

    A batch is built as the samples are: a tuple or a list of them gives a tuple of arrays, a dict a dict, and a lone
    array or number a tuple of one.

    Parameters
    ----------
    dataset : a dataset, or a tuple of arrays of one length
    batch_size : samples in a batch
    shuffle : a new order in each epoch
    seed : a whole number that decides the orders: another one in every epoch, the same ones in every run
    generator : a ``numpy.random.Generator`` to draw the orders from; by default, without a seed,
        that of ``nn.manual_seed``
    drop_last : leave out a last batch that is smaller

    With a seed or a generator of its own a loader draws nothing from the common generator, and nothing drawn from
    that one changes its orders.

    >>> import numpy as np
    >>> from nn.data import DataLoader
    >>> loader = DataLoader((np.arange(5),), batch_size=2, shuffle=True, seed=0)
    >>> len(loader), sorted(int(i) for (x,) in loader for i in x)
    (3, [0, 1, 2, 3, 4])
    """

    def __init__(
        self,
        dataset: Any,
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
        _check_seed("DataLoader", seed, generator)
        dataset = TensorDataset(*dataset) if isinstance(dataset, tuple) else dataset
        if isinstance(dataset, Mapping) or not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
            raise TypeError(
                "DataLoader: a dataset has a length, and a sample at each position from 0; give one, or a tuple of "
                f"arrays\n  dataset: {type(dataset).__name__}"
            )
        self.dataset = dataset
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

    def __iter__(self) -> Iterator[Any]:
        order = np.arange(len(self.dataset))
        if self.shuffle:
            rng = generator_of(self.generator if self.seed is None else [self.seed, self.epoch])
            rng.shuffle(order)
        self.epoch += 1
        return (
            _batch(self.dataset, order[start : start + self.batch_size])
            for start in range(0, len(self) * self.batch_size, self.batch_size)
        )


def _check_seed(what: str, seed: Any, generator: Any) -> None:
    if seed is not None and generator is not None:
        raise ValueError(f"{what}: give a seed or a generator, not both")
    if seed is not None and not (isinstance(seed, int | np.integer) and seed >= 0):
        raise ValueError(f"{what}: seed must be a whole number, 0 or more\n  seed: {seed!r}")
    if generator is not None and not isinstance(generator, np.random.Generator):
        raise TypeError(
            f"{what}: generator must be a numpy.random.Generator\n  generator: {type(generator).__name__}\n"
            "  for a number use seed="
        )


def _batch(dataset: Any, indices: np.ndarray) -> Any:
    """The samples at ``indices``, stacked: at once where the dataset can, else one by one."""
    if hasattr(dataset, "batch"):
        return dataset.batch(indices)
    stacked = _stacked([dataset[int(i)] for i in indices], "")
    return stacked if isinstance(stacked, tuple | dict) else (stacked,)


def _stacked(samples: list[Any], place: str) -> Any:
    """Samples, or their parts at one place, as one array; tuples and dicts part by part."""
    first = samples[0]
    kinds = {tuple if isinstance(s, list | tuple) else dict if isinstance(s, Mapping) else np.ndarray for s in samples}
    if len(kinds) > 1:
        _refuse_samples("are not built alike", place, [type(s).__name__ for s in samples])
    if isinstance(first, Mapping):
        if any(set(sample) != set(first) for sample in samples):
            _refuse_samples("have different keys", place, [list(sample) for sample in samples])
        return {key: _stacked([sample[key] for sample in samples], f"{place}[{key!r}]") for key in first}
    if isinstance(first, list | tuple):
        if any(len(sample) != len(first) for sample in samples):
            _refuse_samples("have different lengths", place, [len(sample) for sample in samples])
        parts = [_stacked([sample[i] for sample in samples], f"{place}[{i}]") for i in range(len(first))]
        return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
    arrays = [_array(f"DataLoader: sample{place}", sample) for sample in samples]
    if len({array.shape for array in arrays}) > 1:
        _refuse_samples("have different shapes", place, [array.shape for array in arrays])
    return np.stack(arrays)


def _refuse_samples(what: str, place: str, seen: list[Any]) -> None:
    shown = list(dict.fromkeys(map(str, seen)))[:4]
    raise ValueError(
        f"DataLoader: the samples of a batch {what}\n  part: sample{place}\n"
        + "\n".join(f"  found: {one}" for one in shown)
    )


def _array(what: str, value: Any) -> np.ndarray:
    """The array that a value is; never one of objects, and none that would lose a mask."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{what} is a masked array, whose mask would be lost\n  give its .filled(), and the mask apart")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{what} is no array: {error}") from error
    if array.dtype == object:
        raise TypeError(f"{what} must hold numbers or strings, not {type(value).__name__}")
    return array


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
    _check_seed("random_split", seed, generator)
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
