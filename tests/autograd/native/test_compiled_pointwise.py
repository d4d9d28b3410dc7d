"""The compiled functions of each entry equal NumPy's, for every shape, layout, level and number of threads."""

import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import LAYOUTS, laid_out

from autograd.kernels import activations
from autograd.native import native

pytestmark = pytest.mark.skipif(native is None, reason="the compiled kernels are not there")

LEVELS = native.levels() if native else []
DTYPES = [np.float32, np.float64]


def true_sigmoid(x):
    e = np.exp(-abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


UNARY = {"sigmoid": true_sigmoid, "tanh": np.tanh, "relu": lambda x: np.where(x <= 0, 0, x)}
BINARY = {
    "add": operator.add,
    "multiply": operator.mul,
    "sigmoid_gradient": lambda g, y: g * y * (1 - y),
    "tanh_gradient": lambda g, y: g * (1 - y * y),
    "relu_gradient": lambda g, y: g * (y != 0),
}


@pytest.fixture(autouse=True)
def as_before():
    level, threads = native.level(), native.threads()
    yield
    native.set_level(level)
    native.set_threads(threads)


def last_places(got, true):
    """The largest error in units in the last place; NaN must stand where it should."""
    np.testing.assert_array_equal(np.isnan(got), np.isnan(true))
    true = true[~np.isnan(true)]
    unit = np.spacing(abs(true).astype(got.dtype)).astype(np.longdouble)
    return (abs(got[~np.isnan(got)] - true) / unit).max(initial=0)


shapes = st.lists(st.integers(1, 9), min_size=1, max_size=4) | st.tuples(st.integers(1, 400))
layouts = st.sampled_from(LAYOUTS)
dtypes = st.sampled_from(DTYPES)
levels = st.sampled_from(LEVELS)


def entries(shape, dtype, seed, low=-9):
    return np.random.default_rng(seed).uniform(low, 9, shape).astype(dtype)


@given(st.sampled_from(sorted(UNARY)), shapes, dtypes, layouts, levels, st.integers(0, 99))
@settings(max_examples=200, deadline=None)
def test_of_one(name, shape, dtype, layout, level, seed):
    native.set_level(level)
    x = laid_out(entries(shape, dtype, seed), layout)
    before = x.copy()
    exact = UNARY[name](x.astype(np.longdouble))
    y = getattr(native, name)(x)
    np.testing.assert_array_equal(x, before)
    if layout in ("plain", "read_only", "transposed"):
        assert y is not None and y.base is None and y.flags.writeable and y.strides == np.empty_like(x).strides
    limit = 2.6
    if y is None:
        y = getattr(activations, name)(x)  # which takes any layout
        limit = 3.6  # of NumPy's float32 exp 2.52 (its own tests' bound), and then a sum and a quotient
    assert y.shape == x.shape and y.dtype.newbyteorder("=") == dtype
    assert last_places(y, exact) < limit


@given(st.sampled_from(sorted(BINARY)), shapes, dtypes, layouts, layouts, levels, st.integers(0, 99))
@settings(max_examples=300, deadline=None)
def test_of_two(name, shape, dtype, layout, other, level, seed):
    native.set_level(level)
    a, b = laid_out(entries(shape, dtype, seed), layout), laid_out(entries(shape, dtype, seed + 100, low=0), other)
    if name not in ("add", "multiply"):
        b = laid_out((b / b.dtype.type(9.5)).astype(dtype), other)  # the result of a sigmoid, and so on
    before = a.copy(), b.copy()
    y = getattr(native, name)(a, b)
    np.testing.assert_array_equal((a, b), before)
    assert y.shape == a.shape and y.dtype == dtype
    exact = BINARY[name](*(np.asarray(x, np.longdouble) for x in (a, b)))
    eps = np.finfo(dtype).eps
    # where terms cancel the error is one of the terms
    np.testing.assert_allclose(y, exact, rtol=4 * eps, atol=2 * eps * np.longdouble(abs(a).max() + abs(b).max()))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(UNARY))
def test_every_size_of_number(name, dtype, level):
    native.set_level(level)
    rng = np.random.default_rng(0)
    size = 10.0 ** rng.uniform(-30, 3, 200_000)
    x = np.concatenate([size, -size, np.linspace(-120, 120, 100_001), np.linspace(-0.7, 0.7, 100_001)]).astype(dtype)
    assert last_places(getattr(native, name)(x), UNARY[name](x.astype(np.longdouble))) < 2.6


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_not_finite(dtype, level):
    native.set_level(level)
    nan, inf = np.nan, np.inf
    for x, sigmoid, tanh, relu in [(nan, nan, nan, nan), (inf, 1, 1, inf), (-inf, 0, -1, 0), (-0.0, 0.5, 0, 0)]:
        for n in (1, 21):
            entry = np.full(n, x, dtype)
            np.testing.assert_array_equal(native.sigmoid(entry), np.full(n, sigmoid, dtype))
            np.testing.assert_array_equal(native.tanh(entry), np.full(n, tanh, dtype))
            np.testing.assert_array_equal(native.relu(entry), np.full(n, relu, dtype))
    g, y = np.array([2, 3, inf, nan, 5], dtype), np.array([1, 0, 0, 0, nan], dtype)
    np.testing.assert_array_equal(native.relu_gradient(g, y), [2, 0, 0, 0, 5])
    for f, name in ((operator.add, "add"), (operator.mul, "multiply")):
        a, b = np.array([nan, inf, inf, 1, 0], dtype), np.array([1, 1, -inf, nan, inf], dtype)
        with np.errstate(invalid="ignore"):
            np.testing.assert_array_equal(getattr(native, name)(a, b), f(a, b))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_any_number_of_threads_gives_the_same_bits(name, dtype, level):
    native.set_level(level)
    arrays = [entries(300_007, dtype, seed) for seed in range(2 if name in BINARY else 1)]
    native.set_threads(1)
    alone = getattr(native, name)(*arrays)
    for threads in (2, 4, 4):
        native.set_threads(threads)
        np.testing.assert_array_equal(getattr(native, name)(*arrays), alone)


@pytest.mark.parametrize("n", [5, 100_003])
def test_numpy_warns_as_ever(n):
    """Of an overflow anywhere, on any thread; and of an older one nobody hears again."""
    native.set_threads(2)
    big, small = np.full(n, 1e308), np.ones(n)
    one = small.copy()
    one[-1] = 1e308
    for call, said in [
        (lambda: native.add(big, big), "overflow encountered in add"),
        (lambda: native.multiply(one, big), "overflow encountered in multiply"),
        (lambda: native.multiply(big, 1e10), "overflow encountered in multiply"),
        (lambda: native.add(np.full(n, np.inf), np.full(n, -np.inf)), "invalid value encountered in add"),
        (lambda: native.multiply(np.ones(n, np.float32), 1e300), "overflow"),
    ]:
        with pytest.warns(RuntimeWarning, match=said):
            call()
        native.add(small, small)  # a warning here would be an error
    with pytest.raises(FloatingPointError), np.errstate(over="raise"):
        native.add(big, big)


@pytest.mark.parametrize("name", ["add", "multiply"])
def test_the_operators_do_the_rest(name):
    f, compiled = BINARY[name], getattr(native, name)
    x, single, whole = np.array([1.5, -2.0]), np.float32([1.5, 2.5]), np.arange(2)
    for a, b in [
        (x, 2.0), (2.0, x), (x, 3), (single, 2.5), (single, np.float64(2)), (x, single), (single, x), (x, whole),
        (x, x[:, None]), (x, x[:0, None]), (x[:0], x[:0]), (whole, whole), (np.float64(2), np.float64(3)),
        (np.float64(0), np.float64(3)), (np.float32(2), np.float32(3)), (2, 3), (np.array(2.0), np.array(3.0)),
        (x.astype(np.float16), 2.0), (np.float64(2), x), (x, np.broadcast_to(x[:1], 2)), (x, True),
        (np.broadcast_to(x[:1], 2), np.broadcast_to(x[1:], 2)), (np.ma.array(x, mask=[0, 1]), x),
    ]:  # fmt: skip
        got, expected = compiled(a, b), f(a, b)
        assert type(got) is type(expected)
        np.testing.assert_array_equal(got, expected)
        assert np.asarray(got).dtype == np.asarray(expected).dtype
    with pytest.raises(TypeError, match="unsupported operand"):
        compiled(x, object())
    with pytest.raises(ValueError, match="broadcast"):
        compiled(x, np.ones(3))


REPEATED = [
    ((4, 3), (3,)), ((4, 3), (1, 3)), ((4, 3), (4, 1)), ((4, 3), (1, 1)), ((4, 3), (1,)), ((2, 3, 4), (3, 4)),
    ((2, 3, 4, 5), (1, 3, 1, 1)), ((2, 3, 4, 5), (3, 1, 1)), ((2, 3, 4, 5), (2, 1, 1, 1)), ((2, 3, 4), (2, 1, 4)),
    ((301, 211), (211,)), ((301, 211), (301, 1)), ((2, 40_001), (2, 1)), ((2, 40_001), (40_001,)), ((9000, 7), (7,)),
    ((3, 1, 4), (3, 4)), ((2, 3), (2,)), ((0, 3), (3,)), ((3, 4), (3, 4, 1)), ((2, 3, 1), (3, 1)),
]  # fmt: skip


@pytest.mark.parametrize("shape, of_other", REPEATED)
@pytest.mark.parametrize("dtype", DTYPES)
def test_one_is_repeated_over_the_other(shape, of_other, dtype):
    x, other = entries(shape, dtype, 0), entries(of_other, dtype, 1)
    for name in ("add", "multiply"):
        f, compiled = BINARY[name], getattr(native, name)
        for level in LEVELS:
            native.set_level(level)
            for threads in (1, 3):
                native.set_threads(threads)
                for a, b in ((x, other), (other, x), (np.asfortranarray(x), other), (x, laid_out(other, "reversed"))):
                    try:
                        expected = f(a, b)
                    except ValueError:
                        with pytest.raises(ValueError, match="broadcast"):
                            compiled(a, b)
                        continue
                    got = compiled(a, b)
                    assert got.dtype == dtype and got.shape == expected.shape
                    np.testing.assert_array_equal(got, expected)


def test_an_overflow_where_one_is_repeated_is_warned_of():
    x = np.ones((300, 201), np.float32)
    x[299, 200] = 3e38
    with pytest.warns(RuntimeWarning, match="overflow"):
        native.multiply(x, np.full(201, 10, np.float32))


@pytest.mark.parametrize("name", ["sigmoid_gradient", "tanh_gradient", "relu_gradient"])
def test_gradients_of_the_rest(name):
    f, compiled = BINARY[name], getattr(native, name)
    x, y = np.array([1.5, -2.0]), np.array([0.5, 0.0])
    for given_g, given_y in [
        (x, y), (np.float64(2), np.float64(0.5)), (np.float64(2), np.float64(0)), (np.float32(2), np.float32(0.5)),
        (x.astype(np.float16), y.astype(np.float16)), (x, y.astype(np.float32)), (np.broadcast_to(x[:1], 2), y),
        (x[:0], y[:0]), (np.ones((3, 2)), np.asfortranarray(np.full((3, 2), 0.25))),
    ]:  # fmt: skip
        got, expected = compiled(given_g, given_y), f(given_g, given_y)
        assert type(got) is type(expected)
        np.testing.assert_array_equal(got, expected)
        assert got.dtype == expected.dtype


def test_numbers():
    for x in (-1000.0, -20.0, -0.3, 0.0, 0.2, 40.0, np.inf, -np.inf, np.nan):
        for name in UNARY:
            got = getattr(native, name)(np.float64(x))
            assert type(got) is np.float64
            np.testing.assert_allclose(got, UNARY[name](np.longdouble(x)).astype(float), rtol=1e-15, err_msg=name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["add", "multiply"])
def test_two_numbers_are_as_numpys(name, dtype):
    rng = np.random.default_rng(0)
    for _ in range(200):
        a, b = (dtype(x) for x in rng.standard_normal(2) * 10.0 ** rng.integers(-25, 25, 2))
        with np.errstate(all="ignore"):
            got, wanted = getattr(native, name)(a, b), BINARY[name](a, b)
        assert type(got) is dtype and got.tobytes() == wanted.tobytes()
    largest = np.finfo(dtype).max
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert getattr(native, name)(largest, largest) == np.inf


def test_what_is_not_for_it():
    x = np.ones((4, 3))
    for bad in (x.astype(np.float16), x.astype(int), x[:, :2], x[:0], x[::-1], x.tolist(), 1.0, np.float32(1),
                np.array(1.0), np.broadcast_to(x[0], (4, 3))):  # fmt: skip
        for name in UNARY:
            assert getattr(native, name)(bad) is None
    for name in BINARY:
        with pytest.raises(TypeError, match="takes 2 arguments"):
            getattr(native, name)(x)


def test_channels_last_stays_so():
    x = np.ones((2, 4, 5, 3)).transpose(0, 3, 1, 2)
    for y in (native.relu(x), native.multiply(x, x), native.add(x, 1.0), native.tanh_gradient(x, x)):
        assert y.strides == x.strides
    g = np.broadcast_to(np.float64(2), x.shape)
    y = native.sigmoid_gradient(g, x)
    assert y.strides == x.strides and not y.any()


@pytest.mark.parametrize("name", ["sigmoid_gradient", "tanh_gradient", "relu_gradient"])
def test_a_gradient_in_another_order_of_memory_takes_that_of_the_result(name):
    rng = np.random.default_rng(0)
    y = np.maximum(rng.standard_normal((3, 9, 10, 17)), 0).astype(np.float32).transpose(0, 3, 1, 2)
    for g in (rng.standard_normal(y.shape).astype(np.float32), np.broadcast_to(np.float32([1, 2] * 5), y.shape)):
        laid_out_as_y = np.empty_like(y)
        laid_out_as_y[...] = g
        got = getattr(native, name)(g, y)
        assert got.strides == y.strides
        np.testing.assert_array_equal(got, getattr(native, name)(laid_out_as_y, y))
