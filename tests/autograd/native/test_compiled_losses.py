"""The compiled softmax, cross-entropy and exponential equal their twins, in every layout and at every level."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import LAYOUTS, laid_out
from ways import ways

import autograd as ag
from autograd.kernels import losses as twins
from autograd.native import native

pytestmark = pytest.mark.skipif(native is None, reason="the compiled kernels are not there")

COLUMNS = (1, 2, 3, 10, 15, 16, 17, 64, 100, 1025)


@st.composite
def scores(draw, special=True):
    """(M, K) of one dtype and size, in some layout; some with NaN, inf and −inf in them."""
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    shape = draw(st.integers(0, 5)), draw(st.sampled_from(COLUMNS))
    x = rng.standard_normal(shape).astype(draw(st.sampled_from("fd"))) * draw(st.sampled_from([1, 30, 1e4]))
    if special and draw(st.booleans()):
        at = rng.random(shape) < 0.2
        x[at] = rng.choice([np.nan, np.inf, -np.inf, 0], at.sum())
        if shape[0]:
            x[0] = draw(st.sampled_from([-np.inf, np.inf, 0]))
    return laid_out(x, draw(st.sampled_from(LAYOUTS)))


def errors(dtype, columns):
    """Of sums of positive numbers in lanes of at most 64, each exponential right to two units, its exponent rounded."""
    return (4 + min(columns, 64)) * np.finfo(dtype).eps


@given(scores())
@settings(max_examples=60, deadline=None)
def test_softmax_and_its_parts(x):
    before, near = x.tobytes(), errors(x.dtype, x.shape[1])
    wide = x.astype(np.longdouble)
    with np.errstate(all="ignore"):
        maximum, log_sum = twins._softmax_parts_in_numpy(wide)
        log_softmax = (wide - maximum) - log_sum
        e = np.exp((x - maximum.astype(x.dtype)).astype(np.longdouble))  # the difference is rounded
        softmax = e / e.sum(1, keepdims=True)
    for way in ways(threads=(1,)):
        made_maximum, made_sum = native.softmax_parts(x)
        np.testing.assert_array_equal(made_maximum, maximum, err_msg=way)
        np.testing.assert_allclose(made_sum, log_sum, rtol=near, atol=near, err_msg=way)
        np.testing.assert_allclose(native.softmax(x), softmax, rtol=2 * near, atol=np.finfo(x.dtype).tiny, err_msg=way)
        np.testing.assert_allclose(native.log_softmax(x), log_softmax, rtol=near, atol=near, err_msg=way)
    assert x.tobytes() == before


@given(scores(), st.integers(0, 99), st.booleans(), st.sampled_from(["mean", "sum", "none"]))
@settings(max_examples=80, deadline=None)
def test_cross_entropy_and_its_gradient(x, seed, weighted, reduction):
    rng, (m, k) = np.random.default_rng(seed), x.shape
    classes = rng.integers(0, k, m).astype(rng.choice(["i8", "i4", "u1" if k < 256 else "i2", ">i8"]))
    ignored = int(classes[0]) if m and seed % 3 == 0 else -100
    weight = rng.random(k).astype(x.dtype) if weighted else None
    weights = np.where(classes == ignored, 0, 1.0 if weight is None else weight[classes]).astype(x.dtype)
    if reduction == "mean" and weights.sum() == 0:
        assert native.cross_entropy(x, classes, weight, ignored, reduction) is None  # NumPy's way warns
        return
    at = np.where(classes == ignored, 0, classes)
    divisor = weights.sum() if reduction == "mean" else 1
    g = rng.standard_normal(m).astype(x.dtype) if reduction == "none" else x.dtype.type(rng.standard_normal())
    wide = x.astype(np.longdouble)
    with np.errstate(all="ignore"):
        parts = twins._softmax_parts_in_numpy(wide)
        each = twins.cross_entropy_of_classes(wide, at, weights, *parts)
        loss = each if reduction == "none" else each.sum() / divisor
        gradient = twins.cross_entropy_of_classes_gradient(
            g / divisor * np.ones(m, np.longdouble), wide, at, weights, *parts
        )
    finite = np.abs(wide[np.isfinite(wide)])
    size = 1 + finite.max(initial=0)
    near = errors(x.dtype, k)
    for way in ways(threads=(1,)):
        made, maximum, log_sum = native.cross_entropy(x, classes, weight, ignored, reduction)
        assert made.dtype == x.dtype.newbyteorder("=")
        np.testing.assert_allclose(made, loss, rtol=near, atol=(m + 1) * near * size, err_msg=way)
        np.testing.assert_array_equal(maximum, parts[0])
        back = native.cross_entropy_gradient(g, x, classes, weight, ignored, reduction, maximum, log_sum)
        np.testing.assert_allclose(
            back, gradient, rtol=near, atol=4 * near * size * np.abs(g).max(initial=0), err_msg=way
        )


def test_any_number_of_threads_gives_the_same_bits():
    rng = np.random.default_rng(0)
    x, classes = rng.standard_normal((300, 1001)).astype(np.float32), rng.integers(0, 1001, 300)
    seen = {}
    for way in ways():
        loss, *parts = native.cross_entropy(x, classes, None, -100, "mean")
        y = native.cross_entropy_gradient(1.0, x, classes, None, -100, "mean", *parts)
        bits = loss.tobytes(), parts[1].tobytes(), y.tobytes(), native.softmax(x).tobytes()
        assert seen.setdefault(native.level(), bits) == bits, way
        np.testing.assert_allclose(y.sum(1), 0, atol=1e-8)


def test_the_operation_says_what_is_wrong_as_it_does_without_a_compiler():
    x = np.zeros((2, 3), np.float32)
    with pytest.raises(ValueError, match=r"target\[1\]: 3"):
        ag.cross_entropy(x, [0, 3])
    with pytest.raises(ValueError, match="one entry for each class"):
        ag.cross_entropy(x, [0, 1], weight=[1.0, 2.0])
    with pytest.raises(ValueError, match="reduction"):
        ag.cross_entropy(x, [0, 1], reduction="most")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert np.isnan(ag.cross_entropy(x, [-100, -100]))
    assert caught


def test_what_it_is_not_made_for_is_left_to_numpy():
    x, classes = np.zeros((2, 3)), np.zeros(2, int)
    one = np.zeros((2, 1))
    none = [
        native.softmax_parts(x.astype(np.float16)),
        native.softmax_parts(x[0]),
        native.softmax_parts(x[:, :0]),
        native.softmax(np.float64(1.0)),
        native.softmax(x.astype(int)),
        native.cross_entropy(x, classes.astype(float), None, -100, "mean"),
        native.cross_entropy(x, classes.astype(np.uint64), None, -100, "mean"),
        native.cross_entropy(x, [0, 0], None, -100, "mean"),
        native.cross_entropy(x, classes[:1], None, -100, "mean"),
        native.cross_entropy(x, classes - 1, None, -100, "mean"),
        native.cross_entropy(x, classes, None, 1 << 70, "mean"),
        native.cross_entropy(x[:0], classes[:0], None, -100, "mean"),
        native.cross_entropy_gradient(np.zeros(3), x, classes, None, -100, "none", one, one),
        native.cross_entropy_gradient(1.0, x, classes, None, -100, "sum", one[:1], one),
        native.cross_entropy_gradient(1.0, x, classes, None, -100, "sum", one.astype("f"), one),
        native.cross_entropy_gradient("one", x, classes, None, -100, "sum", one, one),
    ]
    assert none == [None] * len(none)


# -- gradients of softmax ------------------------------------------------------------------------


@given(scores(special=False), st.integers(0, 99), st.sampled_from(LAYOUTS))
@settings(max_examples=60, deadline=None)
def test_gradients_of_softmax_and_its_logarithm(x, seed, layout):
    x = x / x.dtype.type(100)
    g = laid_out(np.random.default_rng(seed).standard_normal(x.shape).astype(x.dtype), layout)
    before = g.tobytes()
    for way in ways(threads=(1,)):
        y, logarithm = native.softmax(x), native.log_softmax(x)
        made = native.softmax_gradient(g, y), native.log_softmax_gradient(g, logarithm)
        if not x.size:
            assert made == (None, None)
            continue
        wide, of_y, of_logarithm = (a.astype(np.longdouble) for a in (g, y, logarithm))
        exact = (
            of_y * (wide - (wide * of_y).sum(1, keepdims=True)),
            wide - np.exp(of_logarithm) * wide.sum(1, keepdims=True),
        )
        near = errors(x.dtype, x.shape[1]) * np.abs(g).sum(1, keepdims=True)
        for got, right in zip(made, exact, strict=True):
            assert got.dtype == x.dtype.newbyteorder("=") and (np.abs(got - right) <= near).all(), way
    assert g.tobytes() == before


def test_gradients_of_softmax_along_the_last_of_many_axes():
    rng = np.random.default_rng(0)
    g, y = rng.standard_normal((2, 3, 4, 70)), native.softmax(rng.standard_normal((2, 3, 4, 70)))
    for way in ways():
        np.testing.assert_allclose(native.softmax_gradient(g, y), y * (g - (g * y).sum(-1, keepdims=True)), 1e-9, 1e-15)
        np.testing.assert_allclose(
            native.log_softmax_gradient(g, np.log(y)), g - y * g.sum(-1, keepdims=True), 1e-9, 1e-13, err_msg=way
        )


@pytest.mark.parametrize("name", ["softmax_gradient", "log_softmax_gradient"])
def test_gradients_of_softmax_that_take_more_care_are_left_to_the_rule(name):
    gradient = getattr(native, name)
    for bad in (np.nan, np.inf, -np.inf):
        for column in (0, 69, 70):
            g, y = np.ones((300, 71)), np.full((300, 71), 0.5)
            g[5, column] = bad
            assert gradient(g, y) is None
    g, y = np.ones((300, 71)), np.zeros((300, 71))
    y[299, 70] = np.nan
    assert gradient(g, y) is None
    y = np.ones((2, 3))
    for g in (np.ones((3, 2)), np.ones((2, 3), "f"), np.ones(3), 1.0, None):
        assert gradient(g, y) is None
    assert gradient(y, np.ones((2, 3), "e")) is None
    with pytest.raises(TypeError, match="takes 2 arguments"):
        gradient(y)


# -- the exponential -----------------------------------------------------------------------------


def units(y, exact, dtype):
    """How far y is from the exact numbers, in units of y's last place."""
    return np.max(np.abs(y - exact) / np.spacing(exact.astype(dtype)).astype(exact.dtype))


@pytest.mark.parametrize("dtype, low, high", [("f", -104.5, 89.0), ("d", -746.0, 710.0)])
def test_exponentials_are_right_to_two_units_in_the_last_place(dtype, low, high):
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [rng.uniform(low, high, 100_000), rng.uniform(-2, 2, 100_000), rng.uniform(-1e-3, 1e-3, 10_000)]
    ).astype(dtype)
    with np.errstate(over="ignore", under="ignore"):
        exact = np.exp(x.astype(np.longdouble if dtype == "d" else np.float64))
        rounded = exact.astype(dtype)
        finite = np.isfinite(rounded) & (rounded > 0)
        for way in ways(threads=(1,)):
            y = native.exponential(x)
            assert units(y[finite], exact[finite], dtype) <= 2, way
            edge = ~finite & np.isfinite(np.exp(x.astype(np.float64) * (1 - 1e-6)).astype(dtype))
            np.testing.assert_array_equal(y[~finite & ~edge], rounded[~finite & ~edge])


@pytest.mark.parametrize("dtype", "fd")
def test_exponentials_of_special_numbers(dtype):
    x = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 1e30, -1e30, -np.nan], dtype)
    for way in ways(threads=(1,)):
        np.testing.assert_array_equal(native.exponential(x), [np.inf, 0, np.nan, 1, 1, np.inf, 0, np.nan], way)
    tiny = np.finfo(dtype).smallest_subnormal
    assert native.exponential(np.log(np.array([3 * float(tiny)])).astype(dtype))[0] in (2 * tiny, 3 * tiny, 4 * tiny)
