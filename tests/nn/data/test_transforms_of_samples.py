"""Transforms: what they do to a picture, and that its randomness is the sample's alone."""

import numpy as np
import pytest

import nn
from nn.data import DataLoader
from nn.data.transforms import (
    CenterCrop,
    Compose,
    Normalize,
    RandomAffine,
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    RandomRotation,
    RandomVerticalFlip,
    Resize,
    ToFloat,
    Transform,
    Transformed,
    moved,
)

X = np.arange(2 * 6 * 5, dtype=np.float32).reshape(2, 6, 5)
X.flags.writeable = False  # a transform never writes into its picture


def test_values():
    whole = np.array([[0, 51], [255, 102]], np.uint8)
    np.testing.assert_array_equal(ToFloat()(whole), np.float32([[[0, 0.2], [1, 0.4]]]))
    assert ToFloat()(np.zeros((4, 5, 3), np.uint8)).shape == (3, 4, 5) and ToFloat()(whole).dtype == np.float32
    found = Normalize([1, 2], [2, 4])(X)
    np.testing.assert_allclose(found, np.stack([(X[0] - 1) / 2, (X[1] - 2) / 4]))
    assert found.dtype == np.float32 and Normalize(0.0, 2.0)(X).max() == X.max() / 2


def test_cuts_and_mirrors():
    np.testing.assert_array_equal(CenterCrop((2, 3))(X), X[:, 2:4, 1:4])
    np.testing.assert_array_equal(RandomHorizontalFlip(1.0)(X), X[:, :, ::-1])
    np.testing.assert_array_equal(RandomVerticalFlip(1.0)(X), X[:, ::-1])
    assert RandomHorizontalFlip(0.0)(X, 0) is X
    flips = [bool((RandomHorizontalFlip(0.3)(X, i) != X).any()) for i in range(400)]
    assert 80 < sum(flips) < 160
    padded = np.pad(X, [(0, 0), (2, 2), (2, 2)], constant_values=-1)
    seen = set()
    for i in range(60):
        found = RandomCrop((6, 5), padding=2, fill=-1)(X, i)
        places = [(a, b) for a in range(5) for b in range(5) if (padded[:, a : a + 6, b : b + 5] == found).all()]
        assert len(places) == 1
        seen |= set(places)
    assert len(seen) > 15 and {a for a, _ in seen} == {b for _, b in seen} == set(range(5))
    assert RandomCrop(5)(X.astype(np.uint8), 0).shape == (2, 5, 5)


def test_erasing():
    shares = []
    for i in range(300):
        found = RandomErasing(1.0, value=-7.0)(X, i)
        away = found == -7
        rows, columns = away[0].any(1), away[0].any(0)
        assert (away == (rows[:, None] & columns)).all() and (found[~away] == X[~away]).all()
        assert np.ptp(np.flatnonzero(rows)) == rows.sum() - 1  # one rectangle
        shares.append(away.mean())
    assert min(shares) > 0 and max(shares) < 0.45 and 0.1 < np.mean(shares) < 0.25
    square = RandomErasing(1.0, scale=(0.3, 0.3), ratio=(1, 1), value="random")(X, 0) != X
    assert square.sum() == 2 * 9
    assert RandomErasing(0.0)(X, 0) is X


def test_other_places():
    square = X[:, :5]
    np.testing.assert_allclose(moved(square, np.pi / 2, 1.0, 0, 0), np.rot90(square, axes=(1, 2)), atol=1e-4)
    np.testing.assert_allclose(moved(X, 0.0, 1.0, 1, -2)[:, 1:, :-2], X[:, :-1, 2:], atol=1e-4)
    np.testing.assert_allclose(moved(X, 0.0, 1.0, 1, -2)[:, :1], 0, atol=1e-4)
    tall = np.zeros((1, 9, 5), np.float64)
    tall[0, 4, 2] = 1  # the middle stays, and what is above it comes to its left when turned to the left
    tall[0, 2, 2] = 5
    turned = moved(tall, np.pi / 2, 1.0, 0, 0)
    np.testing.assert_allclose([turned[0, 4, 2], turned[0, 4, 0]], [1, 5], atol=1e-9)
    doubled = moved(np.ones((1, 8, 8)), 0.0, 0.5, 0, 0)
    np.testing.assert_allclose(doubled[0, 2:6, 2:6], 1)
    assert abs(doubled.sum() - 16) < 1e-9
    np.testing.assert_allclose(RandomRotation((90.0, 90.0))(square), np.rot90(square, axes=(1, 2)), atol=1e-4)
    angles = RandomAffine(30.0, (0.2, 0.0), (0.8, 1.2))
    assert (angles(X, 1) != angles(X, 2)).any() and angles(X, 1).dtype == np.float32
    np.testing.assert_allclose(RandomAffine()(X, 0), X, atol=1e-4)


def test_sizes():
    assert Resize((3, 10))(X).shape == (2, 3, 10) and Resize(10)(X).shape == (2, 12, 10)
    assert Resize(10)(X.swapaxes(1, 2)).shape == (2, 10, 12)
    expected = nn.functional.interpolate(X[None], (3, 10), mode="nearest")[0]
    np.testing.assert_array_equal(Resize((3, 10), "nearest")(X), expected)


RANDOM = Compose(
    [RandomCrop(8, padding=2), RandomHorizontalFlip(), RandomAffine(20.0), RandomErasing(), lambda x: x * 2]
)


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_samples_randomness_is_its_own(shuffled):
    """The same for a seed, an epoch and a sample, whoever makes it, and other in another epoch."""
    pictures, labels = nn.data.load_digits()
    pairs = list(zip(pictures[:12], labels[:12], strict=True))

    def epochs(**options):
        loader = DataLoader(Transformed(pairs, RANDOM, lambda y: y + 100), 5, seed=2, **options)
        found = []
        for _ in range(2):
            by_label = {}
            for x, y in loader:
                for picture, label in zip(x, y, strict=True):
                    by_label.setdefault(int(label), []).append(picture)
            found.append({label: np.sort(np.stack(many), axis=0) for label, many in by_label.items()})
        return found

    first, second = epochs()
    assert min(first) == 100 and any((first[label] != second[label]).any() for label in first)
    for found in (epochs(num_workers=1), epochs(num_workers=3, shuffle=shuffled)):
        for one, other in zip((first, second), found, strict=True):
            for label in one:
                np.testing.assert_array_equal(one[label], other[label])


def test_outside_of_a_loader_the_common_generator_draws():
    nn.manual_seed(4)
    found = [RANDOM(np.ones((1, 8, 8))) for _ in range(2)]
    nn.manual_seed(4)
    np.testing.assert_array_equal(RANDOM(np.ones((1, 8, 8))), found[0])
    assert (found[0] != found[1]).any()
    np.testing.assert_array_equal(RANDOM(np.ones((1, 8, 8)), 3), RANDOM(np.ones((1, 8, 8)), np.random.default_rng(3)))


def test_samples_of_any_build():
    assert Transformed([X, X], CenterCrop(2))[1].shape == (2, 2, 2)
    found = Transformed([(X, 1, "more")], CenterCrop(2))[0]
    assert found[0].shape == (2, 2, 2) and found[1:] == (1, "more")
    data = Transformed(nn.data.TensorDataset(X[:, None]), RandomCrop(3))
    (batch,) = next(iter(DataLoader(data, 2)))
    assert batch.shape == (2, 1, 3, 3)


@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda: CenterCrop(0), ValueError, "CenterCrop: size must(.|\n)*size: 0"),
        (lambda: RandomCrop((3, 2.5)), ValueError, r"size: \(3, 2.5\)"),
        (lambda: RandomCrop(3, padding=-1), ValueError, "padding: -1"),
        (
            lambda: CenterCrop(9)(X),
            ValueError,
            r"cut out\n  size: \(9, 9\)\n  picture: \(2, 6, 5\)",
        ),
        (lambda: RandomCrop(9, padding=1)(X), ValueError, r"picture: \(2, 8, 7\)"),
        (lambda: RandomHorizontalFlip(1.5), ValueError, "p: 1.5"),
        (lambda: RandomErasing(float("nan")), ValueError, "p: nan"),
        (lambda: RandomErasing(value="zero"), ValueError, "value: 'zero'"),
        (lambda: RandomErasing(scale=(0.5, 0.2)), ValueError, r"scale: \(0.5, 0.2\)"),
        (lambda: Normalize(0, [1, 0]), ValueError, r"std: \[1, 0\]"),
        (lambda: Normalize([0, 0, 0], 1)(X), ValueError, "mean: 3\n  picture"),
        (
            lambda: Normalize(0, 1)(X.astype(np.uint8)),
            TypeError,
            r"picture: uint8\n  .*ToFloat\(\)",
        ),
        (lambda: Resize(3)(X.astype(int)), TypeError, "Resize: a picture of floats"),
        (lambda: ToFloat()(X), ValueError, r"picture: float32 of shape \(2, 6, 5\)"),
        (lambda: CenterCrop(2)(X[0]), ValueError, r"picture: \(6, 5\)"),
        (lambda: CenterCrop(2)(X[:, :0]), ValueError, "not an empty one"),
        (lambda: RandomAffine((5.0, 1.0)), ValueError, r"degrees: \(5.0, 1.0\)"),
        (lambda: RandomAffine(scale=(0.0, 1.0)), ValueError, r"scale: \(0.0, 1.0\)"),
        (lambda: Transform()(X), NotImplementedError, r"define change\(self, picture, rng\)"),
    ],
)
def test_what_makes_no_sense(make, error, message):
    with pytest.raises(error, match=message):
        make()
