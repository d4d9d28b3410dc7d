"""The stand-in for NumPy gives what NumPy gives, and keeps the history of Tensors."""

import numpy as np
import pytest

import autograd as ag
from autograd.checking.code.stand_in import numpy


def agrees(function, *arrays):
    """Whether a function of (np, arrays) gives the same on Tensors, and right gradients."""
    expected = function(np, *[np.array(a) for a in arrays])
    leaves = [ag.Tensor(a, requires_grad=True) for a in arrays]
    with ag.tape():
        y = function(numpy, *leaves)
        assert np.array_equal(y.data, expected)
        ag.sum(y * np.cos(np.arange(y.size)).reshape(y.shape)).backward()
    for k, leaf in enumerate(leaves):
        for at in np.ndindex(leaf.shape):
            ends = []
            for h in (1e-6, -1e-6):
                moved = [np.array(a) for a in arrays]
                moved[k][at] += h
                out = function(np, *moved)
                ends.append(np.sum(out * np.cos(np.arange(out.size)).reshape(out.shape)))
            assert (leaf.grad[at] if leaf.grad is not None else 0) == pytest.approx(
                (ends[0] - ends[1]) / 2e-6, abs=1e-6
            )


A, B = np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([[2.0, 1.0], [-1.0, 0.25]])


def filled(np, a, b):
    out = np.zeros((3, 2))
    out[0] = a[0] * b[1]
    out[1:, 0] = a[:, 0]
    out[2] += b[0]
    return out


def listed(np, a, b):
    out = np.empty((2, 2))
    out[:] = 1
    out[0] = [np.sum(a), b[0, 0] * 2]
    return out


def scattered(np, a, b):
    out = np.ones_like(a)
    np.add.at(out, ([0, 0, 1], [1, 1, 0]), np.array([a[0, 0], b[0, 0], b[1, 1]]))
    np.subtract.at(out, 0, b[1])
    return out


def out_given(np, a, b):
    c = np.zeros_like(a)
    np.multiply(a, b, out=c)
    np.add(c, 1, c)
    return c


def joined(np, a, b):
    return np.vstack([np.hstack([a, b]), np.column_stack([a[:, 0], b, a[0]]), np.append(a, b).reshape(2, 4)])


def copied(np, a, b):
    c, d = a.copy(), np.copy(b)
    c[0] = d[1]
    np.copyto(d, 2 * c)
    return c * d + np.asarray(a) + np.array(b)


@pytest.mark.parametrize("function", [filled, listed, scattered, out_given, joined, copied], ids=lambda f: f.__name__)
def test_it_gives_what_numpy_gives(function):
    agrees(function, A, B)


def test_integers_and_masks_stay_numpys():
    with ag.tape():
        for one in (numpy.zeros(3, int), numpy.arange(3), numpy.ones(2, dtype=bool), numpy.array([1, 2])):
            assert type(one) is np.ndarray
        assert type(numpy.zeros(2)) is not np.ndarray
        assert numpy.float64 is np.float64 and numpy.pi == np.pi and numpy.random is np.random


def test_off_a_tape_it_is_numpy():
    assert numpy.zeros is np.zeros and numpy.add is np.add


def test_what_no_operation_does_is_said():
    with ag.tape(), pytest.raises(TypeError, match=r"np\.multiply\.at"):
        numpy.multiply.at(numpy.zeros(2), 0, 2.0)
