"""Batches: every sample once, in an order that the seed decides."""

import itertools
from collections import namedtuple

import numpy as np
import pytest

import autograd as ag
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
    for seed in (-1, 1.5, "1"):
        with pytest.raises(ValueError, match="seed: "):
            DataLoader((np.zeros(3),), seed=seed)
    with pytest.raises(TypeError, match="for a number use seed="):  # it would give every epoch the same order
        DataLoader((np.zeros(3),), shuffle=True, generator=5)
    for dataset in ({0: 1.0, 1: 2.0}, iter([1.0]), 3):
        with pytest.raises(TypeError, match=f"dataset: {type(dataset).__name__}"):
            DataLoader(dataset)


def test_a_mask_selects_and_what_is_no_position_is_refused():
    data = TensorDataset(np.array([10, 11, 12, 13]))
    for mask in ([False, True, True, False], np.array([False, True, True, False])):
        subset = Subset(data, mask)
        assert len(subset) == 2 and epoch(DataLoader(subset, 2)) == [[11, 12]]
    assert [int(x) for (x,) in Subset(data, [-1, 0])] == [13, 10]
    assert len(Subset(data, [])) == len(Subset(data, [False] * 4)) == 0
    for indices, error, message in [
        ([0.9, 2.7], TypeError, "float64"),
        (np.array([1.0, 2.0]), TypeError, "float64"),
        (["1"], TypeError, "<U1"),
        ([True, False], ValueError, "mask: 2\n  samples: 4"),
        ([[0, 1]], ValueError, r"shape: \(1, 2\)"),
        (2, ValueError, r"shape: \(\)"),
        ([0, 4], IndexError, "index: 4\n  samples: 4"),
        ([-5], IndexError, "index: -5"),
    ]:
        with pytest.raises(error, match=message):
            Subset(data, indices)


def test_lengths_and_sizes_that_are_no_numbers_of_samples():
    data = TensorDataset(np.arange(10))
    for lengths in ([7.5, 2.5], [11, -1], [0.5, 0.4], [float("nan"), 1]):
        with pytest.raises(ValueError, match="lengths: "):
            random_split(data, lengths)
    assert len(train_test_split(np.arange(10), test_size=np.float32(0.2))[1]) == 2
    for size in (2.0, -0.5, float("nan")):
        with pytest.raises(ValueError, match="both parts"):
            train_test_split(np.arange(10), test_size=size)
    with pytest.raises(TypeError, match="test_size: 'half'"):
        train_test_split(np.arange(10), test_size="half")


# -- samples of any build ------------------------------------------------------------------------

Pair = namedtuple("Pair", ["image", "label"])


def test_batches_are_built_as_the_samples_are():
    def batch(*samples):
        (found,) = DataLoader(list(samples), batch_size=len(samples))
        return found

    found = batch({"x": [1.0, 2.0], "y": 0}, {"y": 1, "x": [3.0, 4.0]})
    assert list(found) == ["x", "y"] and found["y"].tolist() == [0, 1] and found["y"].dtype == int
    assert [x.tolist() for x in found["x"]] == [[1, 3], [2, 4]]  # a list is a tuple of parts
    x, (y, more) = batch((np.ones(2), (0, {"z": 1.0})), (np.zeros(2), (1, {"z": 2.0})))
    assert x.shape == (2, 2) and y.tolist() == [0, 1] and more["z"].tolist() == [1, 2]
    found = batch(Pair(np.ones(3), 0), Pair(np.ones(3), 1))
    assert type(found) is Pair and found.image.shape == (2, 3) and found.label.tolist() == [0, 1]
    (words,) = batch("ab", "c")
    assert words.tolist() == ["ab", "c"]
    (mixed,) = batch(1, 2.5)
    assert mixed.tolist() == [1.0, 2.5]
    (tensors,) = batch(ag.Tensor([1.0]), ag.Tensor([2.0]))
    assert type(tensors) is ag.Tensor and tensors.tolist() == [[1], [2]]


@pytest.mark.parametrize(
    "samples, error, message",
    [
        ([{"x": 1}, {"y": 1}], ValueError, r"different keys\n  part: sample\n  found: \['x'\]\n  found: \['y'\]"),
        ([(1, 2), (1, 2, 3)], ValueError, "different lengths(.|\n)*2(.|\n)*3"),
        (
            [{"x": np.ones(2)}, {"x": np.ones(3)}],
            ValueError,
            r"shapes\n  part: sample\['x'\](.|\n)*\(2,\)(.|\n)*\(3,\)",
        ),
        ([(1, None), (2, None)], TypeError, r"sample\[1\] must hold numbers or strings, not NoneType"),
        ([object(), object()], TypeError, "not object"),
        ([{"x": 1}, 3.0], ValueError, r"built alike(.|\n)*dict(.|\n)*float"),
        ([np.ma.masked_array([1.0, 2.0], [True, False])] * 2, TypeError, "mask would be lost"),
        ([ag.Tensor([1.0], requires_grad=True)] * 2, TypeError, "."),
    ],
)
def test_samples_that_make_no_batch(samples, error, message):
    with pytest.raises(error, match=message):
        list(DataLoader(samples, batch_size=2))


def test_arrays_of_objects_are_no_dataset():
    for array in ([{"x": 1}, {"x": 2}], np.array([1, "a", None])):
        with pytest.raises(TypeError, match="array 1 must hold numbers or strings"):
            TensorDataset(np.zeros(len(array)), array)
    with pytest.raises(ValueError, match="array 0 is no array"):
        TensorDataset([[1.0], [1.0, 2.0]])
    with pytest.raises(TypeError, match="mask"):
        TensorDataset(np.ma.masked_array([1.0], [True]))


def test_loaders_do_not_disturb_each_other_or_the_common_generator():
    """Each order is what it is without the others, whoever draws in between."""

    def orders(*others, own=None):
        nn.manual_seed(3)
        loader = DataLoader((np.arange(30),), 30, shuffle=True, **(own() if own else {}))
        found = []
        for _ in range(3):
            for other in others:
                other()
            found.append(epoch(loader))
        return found

    seeded = DataLoader((np.arange(9),), 3, shuffle=True, seed=1)
    drawing = DataLoader((np.arange(9),), 3, shuffle=True, generator=np.random.default_rng(2))
    plain = DataLoader((np.arange(9),), 3)
    quiet = [lambda: list(seeded), lambda: list(drawing), lambda: list(plain), lambda: (iter(seeded), len(plain))]
    quiet += [lambda: random_split(plain.dataset, [4, 5], seed=1), lambda: nn.Linear(3, 3, rng=4)]
    assert orders() == orders(*quiet)
    loud = [lambda: nn.Linear(3, 3), lambda: nn.manual_seed(9), lambda: random_split(plain.dataset, [4, 5])]
    for own in (lambda: {"seed": 5}, lambda: {"generator": np.random.default_rng(5)}):
        found = orders(own=own)
        assert found == orders(*loud, own=own) and found[0] != found[1]
    a, b = iter(seeded), iter(seeded)
    pairs = [(x.tolist(), y.tolist()) for (x,), (y,) in zip(a, b, strict=True)]
    assert sorted(flat(x for x, _ in pairs)) == sorted(flat(y for _, y in pairs)) == list(range(9))
