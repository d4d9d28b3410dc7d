import hashlib

import numpy as np
import pytest

from nn.data import load_digits

IMAGES = "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3"
LABELS = "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0"


def pixels(images):
    """The stored values 0 … 16: dividing by 16 loses nothing in float32."""
    return (images[:, 0] * 16).astype(np.uint8)


def test_the_stored_digits_are_the_published_ones():
    images, labels = load_digits()
    assert hashlib.sha256(pixels(images).tobytes()).hexdigest() == IMAGES
    assert hashlib.sha256(labels.astype(np.uint8).tobytes()).hexdigest() == LABELS


def test_shapes_dtypes_and_range():
    images, labels = load_digits()
    assert images.shape == (1797, 1, 8, 8) and images.dtype == np.float32
    assert images.min() == 0 and images.max() == 1
    assert labels.shape == (1797,) and labels.dtype == np.int64
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_each_call_gives_arrays_of_its_own():
    first, second = load_digits(), load_digits()
    first[0][:], first[1][:] = 7, 7
    assert second[0].max() == 1 and second[1][0] == 0


def test_equal_to_those_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    theirs = datasets.load_digits()
    images, labels = load_digits()
    np.testing.assert_array_equal(pixels(images), theirs.images)
    np.testing.assert_array_equal(labels, theirs.target)
