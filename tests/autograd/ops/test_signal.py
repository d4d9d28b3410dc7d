"""2-D correlation and convolution against SciPy and against numbers worked out by hand."""

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd.kernels.signal import correlate_valid, correlate_valid_by_hand

IMAGE = np.arange(1.0, 10.0).reshape(3, 3)
KERNEL = np.array([[1.0, 0.0, -1.0]] * 3)
OPERATIONS = ["correlate2d", "convolve2d"]
MODES = ["full", "same", "valid"]


def numbers(*shape):
    return np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape)


# -- an image and an edge detector, by hand -----------------------------------------------


def test_valid_by_hand():
    np.testing.assert_array_equal(ag.correlate2d(IMAGE, KERNEL, "valid"), [[-6]])


def test_same_by_hand():
    x = ag.Tensor(IMAGE, requires_grad=True)
    y = ag.correlate2d(x, KERNEL, mode="same")
    np.testing.assert_array_equal(y.data, [[-7, -4, 7], [-15, -6, 15], [-13, -4, 13]])
    y.backward(IMAGE)
    np.testing.assert_array_equal(x.grad, [[7, 4, -7], [15, 6, -15], [13, 4, -13]])


def test_windows_that_start_at_each_pixel_by_hand():
    x, kernel = ag.Tensor(IMAGE, requires_grad=True), ag.Tensor(KERNEL, requires_grad=True)
    y = ag.correlate2d(ag.pad(x, ((0, 2), (0, 2))), kernel, mode="valid")
    np.testing.assert_array_equal(y.data, [[-6, 15, 18], [-4, 13, 15], [-2, 8, 9]])
    y.backward(IMAGE)
    np.testing.assert_array_equal(x.grad, [[1, 2, 2], [5, 7, 4], [12, 15, 6]])
    np.testing.assert_array_equal(kernel.grad, [[285, 186, 90], [154, 94, 42], [50, 26, 9]])


def test_convolution_is_correlation_with_the_kernel_flipped():
    np.testing.assert_array_equal(ag.convolve2d(IMAGE, KERNEL, "valid"), [[6]])
    kernel = numbers(2, 3)
    np.testing.assert_allclose(ag.convolve2d(IMAGE, kernel), ag.correlate2d(IMAGE, kernel[::-1, ::-1]), atol=1e-15)


# -- against SciPy -----------------------------------------------------------------------------

sides = st.tuples(st.integers(1, 6), st.integers(1, 6))


@settings(deadline=None)
@given(sides, sides, st.sampled_from(MODES), st.sampled_from(OPERATIONS))
def test_values_are_scipys(shape, kernel_shape, mode, name):
    x, kernel = numbers(*shape), numbers(*kernel_shape) + 1
    try:
        expected = getattr(scipy.signal, name)(x, kernel, mode)
    except ValueError:
        with pytest.raises(ValueError, match=rf'\A{name}: mode "valid" needs(.|\n)*mode "full" or "same" works'):
            getattr(ag, name)(x, kernel, mode)
        return
    y = getattr(ag, name)(x, kernel, mode)
    assert y.shape == expected.shape
    np.testing.assert_allclose(y, expected, atol=1e-13)


@settings(deadline=None)
@given(sides, sides, st.sampled_from(MODES), st.sampled_from(OPERATIONS))
def test_gradients_are_transposes(shape, kernel_shape, mode, name):
    """The operation is linear in each input: <g, y> = <gradient by x, x> = <gradient by kernel, kernel>."""
    x = ag.Tensor(numbers(*shape), requires_grad=True)
    kernel = ag.Tensor(numbers(*kernel_shape) + 1, requires_grad=True)
    try:
        y = getattr(ag, name)(x, kernel, mode)
    except ValueError:
        assert mode == "valid"
        return
    g = numbers(*y.shape) - 0.5
    by_x, by_kernel = ag.gradients(y, [x, kernel], gradient=g)
    np.testing.assert_allclose((by_x * x.data).sum(), (g * y.data).sum(), atol=1e-12)
    np.testing.assert_allclose((by_kernel * kernel.data).sum(), (g * y.data).sum(), atol=1e-12)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32])
def test_dtypes_are_scipys(name, dtype):
    x, kernel = np.arange(20).reshape(4, 5).astype(dtype), np.arange(6).reshape(2, 3).astype(dtype)
    y, expected = getattr(ag, name)(x, kernel), getattr(scipy.signal, name)(x, kernel)
    assert y.dtype == expected.dtype
    np.testing.assert_array_equal(y, expected)


# -- the kernel and its twin -------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape, kernel_shape",
    [((20, 20), (3, 3)), ((8, 9), (7, 4)), ((40, 30), (1, 1)), ((5, 5), (5, 5)), ((0, 4), (1, 2))],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_the_fast_kernel_equals_its_twin(shape, kernel_shape, dtype):
    x, kernel = (10 * numbers(*shape)).astype(dtype), (10 * numbers(*kernel_shape)).astype(dtype)
    y, expected = correlate_valid(x, kernel), correlate_valid_by_hand(x, kernel)
    assert y.dtype == expected.dtype == dtype
    np.testing.assert_allclose(
        y, expected, rtol=1e-4 if dtype is np.float32 else 1e-11, atol=1e-4 if dtype is np.float32 else 1e-11
    )


# -- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize(
    "shape, kernel_shape, mode, message",
    [
        ((3,), (2, 2), "full", "must both have 2 axes"),
        ((1, 1, 3, 3), (2, 2), "full", "use conv2d"),
        ((3, 3), (2, 2), "circular", "there is no mode 'circular'; the modes are full, same, valid"),
        ((3, 3), (0, 2), "full", "the kernel has no entries"),
    ],
)
def test_errors(name, shape, kernel_shape, mode, message):
    with pytest.raises(ValueError, match=message) as error:
        getattr(ag, name)(ag.Tensor(np.zeros(shape)), np.zeros(kernel_shape), mode)
    assert str(error.value).startswith(f"{name}: ")
    assert f"x: shape {shape}" in str(error.value)
