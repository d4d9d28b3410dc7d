"""The compiled batch normalization equals the formulas, for every shape, layout, level and number of threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import LAYOUTS, laid_out

from autograd.kernels import normalization as kernels
from autograd.native import native

pytestmark = pytest.mark.skipif(native is None, reason="the compiled kernels are not there")

LEVELS = native.levels() if native else []


@pytest.fixture(autouse=True)
def as_before():
    level, threads = native.level(), native.threads()
    yield
    native.set_level(level)
    native.set_threads(threads)


def drawn(shape, dtype, seed, layouts=("plain", "plain")):
    """x, g, weight and bias."""
    rng = np.random.default_rng(seed)
    x, g = (laid_out(rng.standard_normal(shape).astype(dtype) + dtype(2), layout) for layout in layouts)
    weight, bias = rng.standard_normal((2, shape[1])).astype(dtype)
    return x, g, weight, bias


def exactly(x):
    """As rows, in numbers with more digits."""
    return kernels.rows(np.asarray(x, np.longdouble))


def check_all(x, g, weight, bias, relu=False, fixed=False):
    """Each kernel against the formulas with more digits; returns everything that was computed."""
    dtype = x.dtype.newbyteorder("=")
    eps, size = np.finfo(dtype).eps, max(1, abs(x).max(initial=0))
    rows = exactly(x)
    mean, var = native.batch_statistics(x)
    true_mean, true_var = kernels.statistics_plainly(rows)
    np.testing.assert_allclose(mean, true_mean, rtol=0, atol=4 * eps * size)
    np.testing.assert_allclose(var, true_var, rtol=100 * eps, atol=(8 * eps * size) ** 2)
    deviation = np.sqrt(var + dtype.type(0.01))
    args = mean, deviation, weight, bias, relu
    y = native.batch_normalize(x, *args)
    true_y = kernels.from_rows(kernels.normalize_plainly(rows, *args), x.shape)
    magnitude = 1 + (abs(weight) / deviation).max() * 2 * size + abs(bias).max()
    np.testing.assert_allclose(y, true_y, rtol=0, atol=8 * eps * magnitude)
    results = [mean, var, y]
    # A gradient jumps where the relu's input is 0 but for rounding: no entry may be that close.
    before = kernels.normalize_plainly(rows, mean, deviation, weight, bias)
    if not relu or abs(before).min(initial=1) > 16 * eps * magnitude:
        found = native.batch_gradients(g, x, *args, fixed, True)
        plainly = kernels.gradients_plainly(exactly(g), rows, *args, fixed)
        steep = 1 + (1 + (1 + abs(weight)) / deviation).max() * (1 + 2 * size / deviation.min()) ** 2
        bound = 16 * eps * steep * max(1, abs(g).max(initial=0))
        expected = kernels.from_rows(plainly[0], x.shape), *plainly[1:]
        for one, true, terms in zip(found, expected, (1, len(rows), len(rows)), strict=True):
            np.testing.assert_allclose(one, true, rtol=0, atol=bound * terms)
        nothing, *others = native.batch_gradients(g, x, *args, fixed, False)
        assert nothing is None
        for one, two in zip(others, found[1:], strict=True):
            np.testing.assert_array_equal(one, two)
        results += found
    for one in results:
        assert one.dtype == dtype and one.base is None
    assert kernels.rows(y).base is not None  # channels-last
    return results


shapes = st.one_of(
    st.tuples(st.integers(2, 300), st.integers(1, 70)),
    st.tuples(st.integers(1, 5), st.integers(1, 40), st.integers(2, 9)),
    st.tuples(st.integers(1, 5), st.integers(1, 40), st.integers(1, 9), st.integers(2, 9)),
    st.tuples(st.integers(2, 70), st.integers(100, 300)),
)


@given(
    shapes,
    st.sampled_from([np.float32, np.float64]),
    st.tuples(st.sampled_from(LAYOUTS), st.sampled_from(LAYOUTS)),
    st.booleans(),
    st.booleans(),
    st.sampled_from(LEVELS),
    st.integers(0, 99),
)
@settings(max_examples=200, deadline=None)
def test_equals_the_formulas(shape, dtype, layouts, relu, fixed, level, seed):
    native.set_level(level)
    x, g, weight, bias = drawn(shape, dtype, seed, layouts)
    before = x.copy(), g.copy()
    check_all(x, g, weight, bias, relu, fixed)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(g, before[1])


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("shape", [(40_001, 16), (9, 3, 70, 71), (513, 1030), (100_003, 1)])
def test_any_number_of_threads_gives_the_same_bits(shape, level, dtype):
    native.set_level(level)
    arrays = drawn(shape, dtype, 0)
    native.set_threads(1)
    alone = check_all(*arrays, relu=False)
    mean, var = alone[:2]
    statistics = mean, np.sqrt(var), *arrays[2:]
    rectified = native.batch_gradients(*arrays[1::-1], *statistics, True, False, True)
    for threads in (1, 2, 4, 4):
        native.set_threads(threads)
        for one, two in zip(check_all(*arrays, relu=False), alone, strict=True):
            np.testing.assert_array_equal(one, two)
        again = native.batch_gradients(*arrays[1::-1], *statistics, True, False, True)
        for one, two in zip(again, rectified, strict=True):
            np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("level", LEVELS)
def test_a_mean_far_from_zero_costs_no_digits(level):
    """As the sum of squares minus the squared mean, the variance would have none left."""
    native.set_level(level)
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((50_000, 3)) + 4000).astype(np.float32)
    mean, var = native.batch_statistics(x)
    np.testing.assert_allclose(mean, x.mean(0, np.float64), rtol=1e-7)
    np.testing.assert_allclose(var, x.var(0, np.float64), rtol=1e-5)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("rows", [3, 200, 70_000])
def test_nan_and_infinity(level, rows):
    """A column with one has no mean or an infinite one, as NumPy's; the others do not notice."""
    native.set_level(level)
    x = np.random.default_rng(0).standard_normal((rows, 5)).astype(np.float32)
    x[1, 1], x[2, 2], x[0, 3], x[1, 3] = np.nan, np.inf, np.inf, -np.inf
    with np.errstate(invalid="ignore"):
        expected = kernels.statistics_plainly(x.astype(np.float64))
    for got, true in zip(native.batch_statistics(x), expected, strict=True):
        np.testing.assert_allclose(got, true, rtol=1e-4, atol=1e-6)
    one, zero = np.ones(5, np.float32), np.zeros(5, np.float32)
    y = native.batch_normalize(x, zero, one, one, zero, True)
    np.testing.assert_array_equal(y, np.maximum(x, 0))
    by_x, _, by_bias = native.batch_gradients(np.ones_like(x), x, zero, one, one, zero, True, True, True)
    np.testing.assert_array_equal(by_x, ~(x <= 0))  # NaN is let through, as PyTorch does
    np.testing.assert_array_equal(by_bias, by_x.sum(0))


def test_a_gradient_of_infinity_where_relu_is_0_is_stopped():
    x = np.array([[-1.0], [1.0]])
    one, zero = np.ones(1), np.zeros(1)
    g = np.array([[np.inf], [2.0]])
    by_x, _, by_bias = native.batch_gradients(g, x, zero, one, one, zero, True, True, True)
    assert by_x.tolist() == [[0], [2]] and by_bias.tolist() == [2]


def test_what_is_not_for_it():
    x = np.ones((4, 3))
    vectors = [np.ones(3)] * 4
    for bad in (x.astype(np.float16), x.astype(int), x[0], x[:0], x[:, :0], x.tolist(), np.float64(1)):
        assert native.batch_statistics(bad) is None
        assert native.batch_normalize(bad, *vectors, False) is None
        assert native.batch_gradients(x, bad, *vectors, False, False, True) is None
        assert native.batch_gradients(bad, x, *vectors, False, False, True) is None
    for bad in (np.ones(2), np.ones(3, np.float32), np.ones((1, 3)), 1.0):
        assert native.batch_normalize(x, *vectors[1:], bad, False) is None
        assert native.batch_gradients(x, x, bad, *vectors[1:], False, False, True) is None
    assert native.batch_gradients(x, x[:2], *vectors, False, False, True) is None
    for call, count in ((native.batch_normalize, 5), (native.batch_gradients, 8)):
        with pytest.raises(TypeError, match=call.__name__):
            call(*[x] * count)
