"""A loader's position: saved anywhere, and the batches that were to come are those that come."""

import sys

import numpy as np
import pytest

import nn
from nn.data import BatchSampler, DataLoader, Dataset, DistributedSampler, RandomSampler, sample_generator


class Noisy(Dataset):
    def __len__(self):
        return 11

    def __getitem__(self, i):
        return i, sample_generator().random()


class Rounds:
    """A batch sampler of one's own that can be set to an epoch."""

    def __init__(self):
        self.epoch = 0

    def __len__(self):
        return 4

    def __iter__(self):
        return iter(np.random.default_rng(self.epoch).permutation(11)[:8].reshape(4, 2).tolist())

    def set_epoch(self, epoch):
        self.epoch = epoch


def own():
    return np.random.default_rng(4)


MAKERS = {
    "seed": lambda n: DataLoader(Noisy(), 3, shuffle=True, seed=1, num_workers=n),
    "in order": lambda n: DataLoader(Noisy(), 3, seed=1, num_workers=n),
    "common generator": lambda n: DataLoader(Noisy(), 3, shuffle=True, num_workers=n),
    "own generator": lambda n: DataLoader(Noisy(), 3, shuffle=True, generator=own(), num_workers=n),
    "sampler": lambda n: DataLoader(Noisy(), 3, sampler=RandomSampler(range(11), generator=own()), num_workers=n),
    "batches": lambda n: DataLoader(
        Noisy(), batch_sampler=BatchSampler(RandomSampler(range(11), generator=own()), 3, False), num_workers=n
    ),
    "batches of one's own": lambda n: DataLoader(Noisy(), batch_sampler=Rounds(), num_workers=n),
    "share": lambda n: DataLoader(Noisy(), 3, sampler=DistributedSampler(range(11), 2, 1), num_workers=n),
}


def values(batch):
    return tuple(tuple(part.data.tolist()) for part in batch)


@pytest.mark.parametrize("workers", [0, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_resumed_anywhere(make, workers, tmp_path):
    common = nn.manual_seed(3)
    loader, expected, saved = make(workers), [], []

    def note():
        nn.save({"loader": loader.state_dict(), "common": common.bit_generator.state}, tmp_path / str(len(saved)))
        saved.append(len(expected))

    note()
    for _ in range(2):
        for batch in loader:
            expected.append(values(batch))
            note()
        note()
    assert len(set(expected)) == len(expected)
    for at, position in enumerate(saved):
        state = nn.load(tmp_path / str(at))
        nn.manual_seed(99).bit_generator.state = state["common"]
        other, found = make(workers), []
        other.load_state_dict(state["loader"])
        while other.epoch < 2 or not found:
            begun = other.epoch
            found += [values(batch) for batch in other]
            assert other.epoch == begun + 1
            if other.epoch == 2:
                break
        assert found[: len(expected) - position] == expected[position:], at


def test_the_last_batch_is_not_the_end():
    loader, other = (DataLoader((np.arange(4),), 2, seed=0) for _ in range(2))
    batches = iter(loader)
    next(batches), next(batches)
    other.load_state_dict(loader.state_dict())
    assert other.epoch == 0 and list(other) == [] and other.epoch == 1  # the epoch's end is still to come
    assert len(list(other)) == 2
    assert list(batches) == []
    other.load_state_dict(loader.state_dict())
    assert other.epoch == 1 and len(list(other)) == 2


def test_a_loaded_position_is_itself_a_position_and_an_epoch_set_by_hand_forgets_it():
    loader, other = (DataLoader((np.arange(9),), 2, shuffle=True, seed=0) for _ in range(2))
    first = [x.tolist() for (x,) in loader]
    batches = iter(loader)
    next(batches), next(batches)
    state = loader.state_dict()
    other.load_state_dict(state)
    assert str(other.state_dict()) == str(state)
    other.epoch = 0
    assert [x.tolist() for (x,) in other] == first


def test_the_newest_epoch_counts():
    loader = DataLoader((np.arange(9),), 2, seed=0)
    a = iter(loader)
    next(a), next(a)
    b = iter(loader)
    next(b)
    state = loader.state_dict()
    assert (state["epoch"], state["batch"]) == (1, 1)
    next(a)
    assert loader.state_dict() == state


def test_states_of_other_loaders():
    state = DataLoader((np.arange(9),), 2, seed=0).state_dict()
    running = DataLoader((np.arange(9),), 2, seed=0)
    batches = iter(running)
    next(batches)
    for loader, given, message in [
        (DataLoader((np.arange(8),), 2, seed=0), state, "its samples: 9\n  here: 8"),
        (DataLoader((np.arange(9),), 3, seed=0), state, "its batch_size: 2\n  here: 3"),
        (DataLoader((np.arange(9),), 2, generator=own()), state, "its generator: False\n  here: True"),
        (DataLoader((np.arange(9),), 2, seed=7), running.state_dict(), "its seed: 0\n  here: 7"),
    ]:
        with pytest.raises(ValueError, match=message):
            loader.load_state_dict(given)
        assert loader.epoch == 0 and len(list(loader)) == len(loader)
    with pytest.raises(TypeError, match="state: list"):
        running.load_state_dict([])

    loader = DataLoader(list(range(4)), batch_sampler=[[0, 1], [2, 3]])
    loader.load_state_dict(loader.state_dict())
    batches = iter(loader)
    next(batches)
    with pytest.raises(TypeError, match="batch_sampler: list\n  give it set_epoch"):
        loader.state_dict()
    assert len(list(batches)) == 1
    assert "batch" not in loader.state_dict()


def test_several_processes_without_mpi4py_are_no_single_one(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    nn.distributed.processes.world.cache_clear()
    assert list(DistributedSampler(range(3), shuffle=False)) == [0, 1, 2]
    monkeypatch.setenv("PMI_SIZE", "2")
    with pytest.raises(ImportError, match="mpi4py"):
        DistributedSampler(range(3))


def test_shares():
    def share(rank, **options):
        return list(DistributedSampler(range(10), 3, rank, **options))

    for options, length in (({}, 4), ({"drop_last": True}, 3), ({"shuffle": False}, 4)):
        shares = [share(rank, **options) for rank in range(3)]
        assert {len(one) for one in shares} == {length}
        assert len({i for one in shares for i in one}) == min(10, 3 * length)
    loader = DataLoader(list(range(10)), 10, sampler=DistributedSampler(range(10), 1, 0, seed=2))
    first, second = ([x.tolist() for (x,) in loader] for _ in range(2))
    assert first != second
    loader.epoch = 0
    assert [x.tolist() for (x,) in loader] == first
    assert list(DistributedSampler(range(0), 2, 1)) == []
    for rank in (-1, 3):
        with pytest.raises(ValueError, match=f"rank: {rank}\n  num_replicas: 3"):
            DistributedSampler(range(10), 3, rank)
