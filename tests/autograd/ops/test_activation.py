"""Activations, beyond what the law tests hold: kinks, NaN, extreme inputs, memory layout, errors."""

import warnings

import numpy as np
import pytest
from scipy import special

import autograd as ag

EVERY = [
    ag.sigmoid,
    ag.relu,
    ag.leaky_relu,
    ag.elu,
    ag.gelu,
    lambda x: ag.gelu(x, "tanh"),
    ag.silu,
    ag.softplus,
    ag.tanh,
]
NAMES = ["sigmoid", "relu", "leaky_relu", "elu", "gelu", "gelu-tanh", "silu", "softplus", "tanh"]
every = pytest.mark.parametrize("f", EVERY, ids=NAMES)


def derivative(f, values):
    x = ag.Tensor(values, requires_grad=True)
    return ag.gradients(f(x), x, gradient=np.ones(x.shape, x.dtype))


# -- extreme inputs ----------------------------------------------------------------------------

# value and derivative at -1000, -50, 50 and 1000
FAR = {
    "sigmoid": ([0, 1.928749847963918e-22, 1, 1], [0, 1.928749847963918e-22, 0, 0]),
    "relu": ([0, 0, 50, 1000], [0, 0, 1, 1]),
    "leaky_relu": ([-10, -0.5, 50, 1000], [0.01, 0.01, 1, 1]),
    "elu": ([-1, -1, 50, 1000], [0, 1.928749847963918e-22, 1, 1]),
    "gelu": ([0, 0, 50, 1000], [0, 0, 1, 1]),
    "gelu-tanh": ([0, 0, 50, 1000], [0, 0, 1, 1]),
    "silu": ([0, -50 * 1.928749847963918e-22, 50, 1000], [0, -49 * 1.928749847963918e-22, 1, 1]),
    "softplus": ([0, 1.928749847963918e-22, 50, 1000], [0, 1.928749847963918e-22, 1, 1]),
    "tanh": ([-1, -1, 1, 1], [0, 0, 0, 0]),
}


@pytest.mark.parametrize(("f", "name"), list(zip(EVERY, NAMES, strict=True)), ids=NAMES)
def test_far_from_0(f, name):
    """No overflow, no warning, no NaN, and the small values keep their digits."""
    x = np.array([-1000.0, -50.0, 50.0, 1000.0])
    value, slope = FAR[name]
    np.testing.assert_allclose(f(x), value, rtol=1e-14)
    np.testing.assert_allclose([f(one) for one in x], value, rtol=1e-14)
    np.testing.assert_allclose(derivative(f, x), slope, rtol=1e-14, atol=1e-300)


@every
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_far_from_0_in_fewer_bits(f, dtype):
    x = np.array([-1000.0, -50.0, 50.0, 1000.0], dtype)
    y = f(x)
    assert y.dtype == dtype and np.isfinite(y).all()
    assert np.isfinite(derivative(f, x)).all()
    np.testing.assert_allclose(y, f(x.astype(np.float64)), rtol=2e-3 if dtype is np.float16 else 1e-6, atol=1e-7)


def test_sigmoid_keeps_its_digits_for_negative_inputs():
    """Which the faster form by tanh does not: there all of them cancel."""
    for dtype, low, tolerance in [(np.float64, -700, 1e-15), (np.float32, -80, 1e-6)]:
        x = np.linspace(low, 20, 2001).astype(dtype)
        np.testing.assert_allclose(ag.sigmoid(x), special.expit(x.astype(np.float64)), rtol=tolerance)
    assert ag.log(ag.sigmoid(np.float32(-20))) == pytest.approx(-20)


@every
def test_nan_stays(f):
    assert np.isnan(f(np.array([np.nan, 1.0]))).tolist() == [True, False]
    assert np.isnan(f(np.float64(np.nan)))


@pytest.mark.parametrize("f", [ag.sigmoid, ag.relu, ag.leaky_relu, ag.elu, ag.softplus, ag.tanh])
def test_infinity(f):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        low, high = f(np.array([-np.inf, np.inf]))
    far = f(np.array([-1e300, 1e300]))
    assert low == far[0] or (low == -np.inf and far[0] < -1e297)
    assert high == far[1] or (high == np.inf and far[1] == 1e300)


# -- kinks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "at_0"),
    [
        (ag.relu, 0),
        (ag.leaky_relu, 0.01),
        (lambda x: ag.leaky_relu(x, 0.3), 0.3),
        (ag.elu, 1),
        (lambda x: ag.elu(x, 2.0), 2),
    ],
    ids=["relu", "leaky_relu", "leaky_relu 0.3", "elu", "elu 2"],
)
def test_the_derivative_at_the_kink(f, at_0):
    np.testing.assert_array_equal(derivative(f, [0.0, -0.0]), [at_0, at_0])


def test_relu_lets_the_gradient_of_nan_pass():
    np.testing.assert_array_equal(derivative(ag.relu, [np.nan, -1.0]), [1, 0])


def test_relu_keeps_the_result_alone():
    x = ag.Tensor([1.0, -1.0], requires_grad=True)
    y = ag.relu(x)
    assert y.node.saved[0] is y._data


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0, 3.0, -2.0])
def test_leaky_relu_with_any_slope(slope):
    x = np.array([-3.0, -0.5, 0.0, 2.0])
    np.testing.assert_array_equal(ag.leaky_relu(x, slope), np.where(x > 0, x, slope * x))
    np.testing.assert_array_equal(derivative(lambda t: ag.leaky_relu(t, slope), x), np.where(x > 0, 1, slope))


@pytest.mark.parametrize("slope", [0.1, np.float64(0.1)])
def test_a_slope_of_more_bits_does_not_widen(slope):
    x = ag.Tensor([1.0, -1.0], dtype=np.float32, requires_grad=True)
    y = ag.leaky_relu(x, slope)
    assert y.dtype == np.float32
    (g,) = ag.gradients(y, [x], gradient=np.ones(2), create_graph=True)
    assert g.dtype == np.float32
    assert ag.elu(x, slope).dtype == np.float32


# -- gelu --------------------------------------------------------------------------------------


def test_gelu_is_x_times_the_normal_distribution():
    x = np.linspace(-5, 5, 1001)
    np.testing.assert_allclose(ag.gelu(x), x * special.ndtr(x), rtol=1e-13, atol=1e-15)
    approximation = ag.gelu(x, approximate="tanh")
    assert 1e-5 < np.abs(approximation - ag.gelu(x)).max() < 1e-3


def test_gelu_names_the_approximations_there_are():
    with pytest.raises(
        ValueError, match=r"gelu: approximate must be 'none' .* or 'tanh'\n(.*\n)*  approximate: 'sigmoid'"
    ):
        ag.gelu(np.zeros(2), approximate="sigmoid")


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_the_third_derivative_of_gelu(approximate):
    """Beyond the first, the derivatives are those of the reference in primitive operations."""
    ag.gradcheck(lambda x: ag.gelu(x, approximate), [np.array([-1.5, -0.2, 0.7, 2.0])], order=3)


# -- memory ------------------------------------------------------------------------------------


@every
def test_channels_last_memory_stays(f):
    x = np.cos(np.arange(2.0 * 4 * 5 * 3)).reshape(2, 4, 5, 3).transpose(0, 3, 1, 2)
    assert f(x).strides == x.strides
    t = ag.Tensor(x, requires_grad=True)
    t.data = x  # as an operation would have made it; a Tensor copies
    assert f(t).data.strides == x.strides


@every
def test_integers_and_lists(f):
    np.testing.assert_allclose(f([-1, 0, 2]), f(np.array([-1.0, 0.0, 2.0])))
    assert f(np.array(2)) == f(2.0)
