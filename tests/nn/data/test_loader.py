"""Batches: every sample once, in an order that the seed decides."""

import itertools

import numpy as np
import pytest

import nn
from nn.data import DataLoader, Subset, TensorDataset, random_split, train_test_split


def flat(lists):
    return list(itertools.chain.from_iterable(lists))


def epoch(loader):
    return [x.tolist() for (x,) in loader]


def test_batches_in_order():
    x, y = np.arange(10.0).reshape(5, 2), np.arange(5)
    loader = DataLoader(TensorDataset(x, y), batch_size=2)
    batches = list(loader)
    assert len(loader) == len(batches) == 3 and [len(a) for a, _ in batches] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate([a for a, _ in batches]), x)
    np.testing.assert_array_equal(np.concatenate([b for _, b in batches]), y)
    assert (
        len(DataLoader((x, y), batch_size=2, drop_last=True)) == len(list(DataLoader((x, y), 2, drop_last=True))) == 2
    )
    batches[0][0][:] = 9  # a batch is a copy
    assert x[0, 0] == 0


def test_seeded_shuffling():
    def make(seed):
        return DataLoader((np.arange(20),), batch_size=6, shuffle=True, seed=seed)

    loader = make(3)
    first, second = epoch(loader), epoch(loader)
    assert first != second and sorted(flat(first)) == sorted(flat(second)) == list(range(20))
    again = make(3)
    assert [epoch(again), epoch(again)] == [first, second]
    again.epoch = 1
    assert epoch(again) == second
    assert epoch(make(4)) != first


def test_a_seeded_loader_and_the_common_generator_do_not_meet():
    loader = DataLoader((np.arange(20),), 20, shuffle=True, seed=0)
    nn.manual_seed(1)
    first = epoch(loader)
    state = nn.manual_seed(1).bit_generator.state
    loader.epoch = 0
    assert epoch(loader) == first and nn.manual_seed(1).bit_generator.state == state


def test_shuffling_by_a_generator():
    for make in (lambda: None, lambda: np.random.default_rng(5)):
        runs = []
        for _ in range(2):
            nn.manual_seed(8)
            loader = DataLoader((np.arange(12),), 5, shuffle=True, generator=make())
            runs.append([epoch(loader), epoch(loader)])
        assert runs[0] == runs[1] and runs[0][0] != runs[0][1]


def test_any_sequence_is_a_dataset():
    pairs = [(np.full(2, i), i) for i in range(3)]
    (x, y), (z, _) = DataLoader(pairs, batch_size=2)
    np.testing.assert_array_equal(x, [[0, 0], [1, 1]])
    np.testing.assert_array_equal(y, [0, 1])
    assert z.shape == (1, 2)
    assert epoch(DataLoader([1.0, 2.0, 3.0], batch_size=3)) == [[1.0, 2.0, 3.0]]
    assert epoch(DataLoader(Subset([1.0, 2.0, 3.0], [2, 0]), batch_size=2)) == [[3.0, 1.0]]
    assert epoch(DataLoader((np.zeros(0),), batch_size=2)) == []


def test_random_split():
    data = TensorDataset(np.arange(10))
    parts = random_split(data, [7, 3], seed=0)
    assert [len(part) for part in parts] == [7, 3]
    assert sorted(int(part[i][0]) for part in parts for i in range(len(part))) == list(range(10))
    assert [part.indices.tolist() for part in random_split(data, [7, 3], seed=0)] == [p.indices.tolist() for p in parts]
    assert [len(part) for part in random_split(data, [1 / 3, 1 / 3, 1 / 3], seed=0)] == [3, 4, 3]
    inner = random_split(parts[0], [0.5, 0.5], seed=1)
    assert sorted(flat(flat(epoch(DataLoader(part, 2)) for part in inner))) == sorted(parts[0][:][0].tolist())
    with pytest.raises(ValueError, match=r"lengths: \[7, 2\]\n  samples: 10"):
        random_split(data, [7, 2])
    with pytest.raises(ValueError, match="not both"):
        random_split(data, [7, 3], seed=1, generator=np.random.default_rng())


def test_train_test_split():
    x, y = np.arange(20).reshape(10, 2), np.arange(10)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, seed=0)
    assert x_train.shape == (7, 2) and y_test.shape == (3,)
    np.testing.assert_array_equal(x_train[:, 0] // 2, y_train)
    np.testing.assert_array_equal(x_test[:, 0] // 2, y_test)
    assert len(train_test_split(y, test_size=4)[1]) == 4
    for size in (0, 10, 0.01, 1.0):
        with pytest.raises(ValueError, match="both parts need samples"):
            train_test_split(y, test_size=size)


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"array 0: shape \(3,\)\n  array 1: shape \(2,\)"):
        TensorDataset(np.zeros(3), np.zeros(2))
    with pytest.raises(ValueError, match="one length"):
        TensorDataset(np.float64(3))
    with pytest.raises(ValueError, match="no arrays"):
        TensorDataset()
    for size in (0, -1, 2.5):
        with pytest.raises(ValueError, match=f"batch_size: {size}"):
            DataLoader((np.zeros(3),), batch_size=size)
    with pytest.raises(ValueError, match="not both"):
        DataLoader((np.zeros(3),), seed=1, generator=np.random.default_rng())
