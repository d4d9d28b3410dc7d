"""Convolution and correlation of rows and matrices, against NumPy, SciPy and finite differences."""

import itertools

import numpy as np
import pytest
import scipy.signal

import autograd as ag

RNG = np.random.default_rng(0)
MODES = ["full", "same", "valid"]
NAMES = ["convolve", "correlate"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", MODES)
def test_rows_are_numpys(name, mode):
    for n, m in itertools.product(range(1, 7), repeat=2):
        x, kernel = RNG.normal(size=n), RNG.normal(size=m)
        expected, got = getattr(np, name)(x, kernel, mode), getattr(ag, name)(x, kernel, mode)
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14, err_msg=f"{n} and {m}")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", MODES)
def test_matrices_are_scipys(name, mode):
    x, kernel = RNG.normal(size=(5, 4)), RNG.normal(size=(2, 3))
    expected = getattr(scipy.signal, f"{name}2d")(x, kernel, mode)
    np.testing.assert_allclose(getattr(ag, name)(x, kernel, mode), expected, atol=1e-14)


def test_the_modes_by_default_are_numpys():
    x, kernel = RNG.normal(size=5), RNG.normal(size=3)
    np.testing.assert_allclose(ag.convolve(x, kernel), np.convolve(x, kernel))
    np.testing.assert_allclose(ag.correlate(x, kernel), np.correlate(x, kernel))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("lengths", [(5, 2), (2, 4), (3, 3)])
def test_finite_differences(name, mode, lengths):
    x, kernel = (RNG.normal(size=n) for n in lengths)
    assert ag.gradcheck(lambda a, b: getattr(ag, name)(a, b, mode), [x, kernel], order=2)


@pytest.mark.parametrize("mode", MODES)
def test_gradients_are_pytorchs(mode):
    torch = pytest.importorskip("torch")
    x, kernel = RNG.normal(size=6), RNG.normal(size=3)
    ours = [ag.Tensor(a, requires_grad=True) for a in (x, kernel)]
    theirs = [torch.tensor(a, requires_grad=True) for a in (x, kernel)]
    (ag.convolve(*ours, mode) ** 2).sum().backward()
    padding = {"full": 2, "same": 1, "valid": 0}[mode]
    y = torch.nn.functional.conv1d(theirs[0][None, None], theirs[1].flip(0)[None, None], padding=padding)
    (y**2).sum().backward()
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-12)


def test_dtypes():
    assert ag.convolve(np.arange(3), np.arange(2)).dtype == np.arange(1).dtype
    x = ag.Tensor(np.ones(3, np.float32), requires_grad=True)
    ag.convolve(x, np.ones(2, np.float32)).sum().backward()
    assert x.grad.dtype == np.float32


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("x", "kernel", "mode", "says"),
    [
        ([], [1.0], "full", r"both must have entries\n  x: \(0,\)"),
        ([1.0], [[1.0]], "full", r"kernel: \(1, 1\)"),
        (1.0, 2.0, "full", r"two rows, or two matrices"),
        ([1.0], [1.0], "half", "full, same, valid\n  mode: 'half'"),
    ],
)
def test_errors(name, x, kernel, mode, says):
    with pytest.raises(ValueError, match=says):
        getattr(ag, name)(x, kernel, mode)
