"""Batches in an order that a seed decides, made ahead by threads or processes: the DataLoader."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from ..seeding import generator_of
from .datasets import TensorDataset, batch_of, check_seed
from .position import Position, place, state_of
from .randomness import SampleSeed, fingerprint
from .samplers import BatchSampler, batch_starts


class DataLoader:
    """Batches of a dataset, one after the other, with NumPy arrays in them, or Tensors if the samples hold some.

    A batch is built as the samples are: a tuple or a list of them gives a tuple of arrays, a dict a dict, and a lone
    array or number a tuple of one. Of a ``Dataset`` it is as in PyTorch, where a lone one comes alone.

    Parameters
    ----------
    dataset : a dataset, or a tuple of arrays of one length
    batch_size : samples in a batch
    shuffle : a new order in each epoch
    seed : a whole number that decides the orders: another one in every epoch, the same ones in every run
    generator : a ``numpy.random.Generator`` to draw the orders from; by default, without a seed,
        that of ``nn.manual_seed``
    drop_last : leave out a last batch that is smaller
    sampler : what gives the positions of the samples in their order, in place of shuffle
    batch_sampler : what gives lists of positions, a batch each, in place of batch_size, shuffle and drop_last
    collate_fn : makes a batch of a list of samples
    num_workers : threads that make batches ahead; with 0 a batch is made when it is asked for. The batches, their order
        and what is drawn for each sample (``sample_generator``) are the same whatever their number. The dataset must
        bear being asked by several threads at once: not one open file, in which each seeks its place
    multiprocessing_context : "fork", "spawn", "forkserver" or a context of ``multiprocessing``: processes in place of
        threads, for datasets that spend their time in Python's own code. A batch comes through a pipe. "spawn" and
        "forkserver" pickle the dataset, and collate_fn
    prefetch_factor : batches to be made ahead for each worker; 2 by default
    worker_init_fn : called in each process, at its beginning, with its number from 0
    pin_memory, persistent_workers, timeout : without effect, taken for PyTorch's sake; processes live for an epoch

    With a seed or a generator of its own a loader draws nothing from the common generator, and nothing drawn from
    that one changes its orders.

    An error in a worker is raised where its batch is asked for, with the traceback that it had there. When an epoch
    ends, by an error, ``break`` or Ctrl-C too, so do its threads and processes; a thread first finishes its batch.

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
        sampler: Any = None,
        batch_sampler: Any = None,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        num_workers: int = 0,
        multiprocessing_context: Any = None,
        pin_memory: bool = False,
        persistent_workers: bool = False,
        prefetch_factor: int | None = None,
        timeout: float = 0,
        worker_init_fn: Any = None,
    ) -> None:
        if shuffle and (sampler is not None or batch_sampler is not None):
            raise ValueError("DataLoader: a sampler gives the order; leave shuffle out")
        if not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise ValueError(
                f"DataLoader: batch_size must be a whole number of at least 1\n  batch_size: {batch_size!r}"
            )
        check_seed("DataLoader", seed, generator)
        dataset = TensorDataset(*dataset) if isinstance(dataset, tuple) else dataset
        if isinstance(dataset, Mapping) or not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
            raise TypeError(
                "DataLoader: a dataset has a length, and a sample at each position from 0; give one, or a tuple of "
                f"arrays\n  dataset: {type(dataset).__name__}\n"
                "  of what can only be gone through, make a list of samples, or loop over it without a DataLoader"
            )
        if num_workers != 0 or prefetch_factor is not None or multiprocessing_context is not None:
            from .workers import check_workers  # when used: importing nn stays quick

            check_workers(num_workers, prefetch_factor, multiprocessing_context)
        self.dataset = dataset
        self.batch_size = int(batch_size)
        self.shuffle = shuffle
        self.seed = seed
        self.generator = generator
        self.drop_last = drop_last
        self.sampler, self.batch_sampler, self.collate_fn = sampler, batch_sampler, collate_fn
        self.epoch = 0
        """How many epochs have begun; with a seed, set it to begin again at that epoch."""

        self.num_workers, self.prefetch_factor = num_workers, prefetch_factor or 2
        self.multiprocessing_context, self.worker_init_fn = multiprocessing_context, worker_init_fn
        self._position: Position | None = None
        """Where the newest epoch is, or where the next one is to go on."""

    def __len__(self) -> int:
        if self.batch_sampler is not None:
            return len(self.batch_sampler)
        order = self.dataset if self.sampler is None else self.sampler
        return len(batch_starts(len(order), self.batch_size, self.drop_last))

    def __iter__(self) -> Iterator[Any]:
        position = self._position
        if position is None or position.begun or position.epoch != self.epoch:
            position = self._new_position()
        position.begun = True
        self._position, self.epoch = position, position.epoch + 1
        return self._batches(position)

    def state_dict(self) -> dict[str, Any]:
        """The position in the newest epoch, by the batches that it has handed out: a dict that ``nn.save`` keeps.

        With it: the state of a generator of its own, and of a sampler that has a ``state_dict``. Where the orders come
        from the generator of ``nn.manual_seed``, that one's state is the caller's to keep. A position within an epoch
        needs a batch_sampler that is a ``BatchSampler``, or has ``set_epoch`` and then always gives the same batches.

        >>> import numpy as np
        >>> from nn.data import DataLoader
        >>> loader, other = (DataLoader((np.arange(9),), 3, shuffle=True, seed=0) for _ in range(2))
        >>> batches = iter(loader)
        >>> first = next(batches)
        >>> other.load_state_dict(loader.state_dict())
        >>> [x.tolist() for (x,) in other] == [x.tolist() for (x,) in batches]
        True
        """
        position = self._position
        if position is not None and (position.ended or position.epoch + position.begun != self.epoch):
            position = None
        if position is not None and position.order is None and not self._repeats_batches():
            raise TypeError(
                "DataLoader: within an epoch, the position in a batch_sampler of one's own is not known\n"
                f"  batch_sampler: {type(self.batch_sampler).__name__}\n"
                "  give it set_epoch(epoch), after which it gives the same batches each time, or take a BatchSampler"
            )
        return state_of(self, position, self.seed is not None and self.sampler is None and self.batch_sampler is None)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where ``state_dict`` was asked for: the next ``iter(loader)`` gives the batches that were to come.

        Raises ValueError for the state of a loader with another number of samples, batch size or seed.
        """
        self._position = position = place(self, state)
        self.epoch = int(state["epoch"])
        if position is not None and position.order is None and self.seed is not None:
            position.order = self._new_position().order

    def _repeats_batches(self) -> bool:
        return self.batch_sampler is None or hasattr(self.batch_sampler, "set_epoch")

    def _new_position(self) -> Position:
        """The beginning of the epoch that comes now, with the order of its samples."""
        sampler = self.sampler
        if type(self.batch_sampler) is BatchSampler:
            sampler = self.batch_sampler.sampler
        rng = generator_of(self.generator if self.seed is None else [self.seed, self.epoch])
        position = Position(self.epoch, fingerprint(rng) if self.seed is None else int(self.seed))
        if hasattr(sampler, "set_epoch"):
            sampler.set_epoch(self.epoch)
        if sampler is not None:
            position.order = np.array([int(i) for i in sampler], int)
        elif self.shuffle:
            position.order = np.arange(len(self.dataset))
            rng.shuffle(position.order)
        return position

    def _positions(self, position: Position) -> Iterable[np.ndarray]:
        """The positions of the samples of each batch that is still to come."""
        if self.batch_sampler is not None and position.order is None:
            if hasattr(self.batch_sampler, "set_epoch"):
                self.batch_sampler.set_epoch(position.epoch)
            return (np.asarray(one, int) for one in islice(self.batch_sampler, position.batch, None))
        sizes: Any = self if self.batch_sampler is None else self.batch_sampler
        order = np.arange(len(self.dataset)) if position.order is None else position.order
        starts = batch_starts(len(order), sizes.batch_size, sizes.drop_last)[position.batch :]
        return (order[start : start + sizes.batch_size] for start in starts)

    def _batches(self, position: Position) -> Iterator[Any]:
        seed: SampleSeed = (position.seed, position.epoch)
        make: Callable[[np.ndarray], Any] = partial(batch_of, self.dataset, collate_fn=self.collate_fn, seed=seed)
        made: Iterator[Any]
        positions = self._positions(position)
        if self.num_workers == 0:
            made = map(make, positions)
        else:
            from .workers import Processes, in_order, noted  # when used

            processes, make = None, noted(make)
            if self.multiprocessing_context is not None:
                context, init = self.multiprocessing_context, self.worker_init_fn
                processes = partial(Processes, context, make, self.num_workers, init)
            made = in_order(positions, make, self.num_workers, self.num_workers * self.prefetch_factor, processes)
        for batch in made:
            position.batch += 1
            yield batch
        position.ended = True
