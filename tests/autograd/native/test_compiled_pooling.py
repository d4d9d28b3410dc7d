"""The compiled poolings equal their twins, in every memory layout, at every level and with any number of threads."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from layouts import LAYOUTS, laid_out
from ways import ways

from autograd.kernels import pooling as twins
from autograd.kernels.windows import Windows, lay_out
from autograd.native import native

pytestmark = pytest.mark.skipif(native is None, reason="the compiled kernels are not there")

CHANNELS = (0, 1, 2, 3, 5, 8, 11, 16, 19, 33)
VALUES = ((-1, 0, 1), (-0.0, 0.0), (-np.inf, -3, 2), (np.nan, -np.inf, 1, np.inf))


@st.composite
def geometries(draw, dilations=(1, 2)):
    """Windows and the padding; the image may be so small that a dilated window sees padding alone."""
    size = tuple(draw(st.integers(1, 4)) for _ in "hw")
    dilation = tuple(draw(st.sampled_from(dilations)) for _ in "hw")
    stride = tuple(draw(st.integers(1, 4)) for _ in "hw")
    if draw(st.booleans()):
        stride = size
    padding = tuple(draw(st.integers(0, k // 2)) for k in size)
    image = tuple(draw(st.integers(1, 9)) for _ in "hw")
    assume(all(m + 2 * a > d * (k - 1) for m, a, d, k in zip(image, padding, dilation, size, strict=True)))
    return lay_out(image, size, stride, padding, dilation, draw(st.booleans())), padding


@st.composite
def poolings(draw, **options):
    """(images, values of the result's shape, Windows, padding, what makes more of their like)."""
    windows, padding = draw(geometries(**options))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    dtype, n, channels = draw(st.sampled_from("fd")), draw(st.integers(0, 3)), draw(st.sampled_from(CHANNELS))
    x = rng.choice(np.array(draw(st.sampled_from(VALUES)), dtype), (n, *windows.image, channels))
    g = rng.standard_normal((n, *windows.out, channels)).astype(dtype)
    return laid_out(x, draw(st.sampled_from(LAYOUTS))), laid_out(g, draw(st.sampled_from(LAYOUTS))), windows, padding


@given(poolings())
@settings(max_examples=60, deadline=None)
def test_maxima_and_winners(case):
    x, _, windows, _ = case
    before = x.tobytes()
    y, winners = twins.maximum_by_windows(x, windows)
    for way in ways(threads=(1,)):
        made, won = native.pool_maximum(x, windows)
        np.testing.assert_array_equal(made, y, err_msg=way)
        np.testing.assert_array_equal(won, winners, err_msg=way)
        np.testing.assert_array_equal(np.signbit(made), np.signbit(y) | (np.isnan(made) & np.signbit(made)))
        assert made.dtype == x.dtype.newbyteorder("=") and won.dtype == np.uint8
    assert x.tobytes() == before


@given(poolings(), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_scattering_and_gathering(case, seed):
    x, g, windows, _ = case
    number = windows.size[0] * windows.size[1]
    winners = np.random.default_rng(seed).integers(0, number + 1, g.shape, np.uint8)  # some are padding, some nothing
    g = np.where(g > 1.5, np.inf, g).astype(g.dtype)
    sent, seen = twins._scatter_in_numpy(g, winners, windows), twins._gather_in_numpy(x, winners, windows)
    for way in ways(threads=(1,)):
        np.testing.assert_array_equal(native.pool_scatter(g, winners, windows), sent, err_msg=way)
        np.testing.assert_array_equal(native.pool_gather(x, winners, windows), seen, err_msg=way)


@given(poolings(dilations=(1,)), st.booleans())
@settings(max_examples=60, deadline=None)
def test_averages_and_their_transpose(case, count_include_pad):
    x, g, windows, padding = case
    with np.errstate(divide="ignore"):
        weights = twins.average_weights(windows, padding, count_include_pad, g.dtype)
    assume(np.isfinite(weights).all())
    near = {"rtol": 0, "atol": 20 * np.finfo(g.dtype).eps}  # of up to 16 numbers below 5
    with np.errstate(invalid="ignore"):
        y = twins.average_by_windows(x, windows, padding, count_include_pad)
    spread = twins._spread_in_numpy(g, weights, windows)
    for way in ways(threads=(1,)):
        np.testing.assert_allclose(native.pool_average(x, weights, windows), y, err_msg=way, **near)
        np.testing.assert_allclose(native.pool_spread(g, weights, windows), spread, err_msg=way, **near)


@pytest.mark.parametrize("channels", [3, 40])
@pytest.mark.parametrize("size, stride, padding", [(2, 2, 0), (3, 2, 1), (3, 3, 1), (2, 3, 0), (5, 1, 2)])
def test_any_number_of_threads_gives_the_same_bits(channels, size, stride, padding):
    windows = lay_out((37, 41), (size, size), stride, padding, 1)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 37, 41, channels)).astype(np.float32)
    y, winners = twins._maximum_in_numpy(x, windows)
    g = rng.standard_normal(y.shape).astype(np.float32)
    weights = np.full((*windows.out, 1), 0.3, np.float32)
    expected = [y, winners, twins._scatter_in_numpy(g, winners, windows), twins._gather_in_numpy(x, winners, windows)]
    averages = {}
    for way in ways():
        made = [
            *native.pool_maximum(x, windows),
            native.pool_scatter(g, winners, windows),
            native.pool_gather(x, winners, windows),
        ]
        for a, b in zip(made, expected, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=way)
        both = native.pool_average(x, weights, windows).tobytes(), native.pool_spread(g, weights, windows).tobytes()
        assert averages.setdefault(native.level(), both) == both, way


def test_a_window_of_all_numbers_that_a_byte_has():
    windows = lay_out((16, 16), (16, 16), 1, 0, 1)
    x = np.zeros((1, 16, 16, 2))
    x[0, 15, 15, 1] = 1
    y, winners = native.pool_maximum(x, windows)
    assert y.tolist() == [[[[0, 1]]]] and winners.tolist() == [[[[0, 255]]]]
    assert native.pool_maximum(np.zeros((1, 16, 17, 2)), lay_out((16, 17), (16, 17), 1, 0, 1)) is None


def test_what_it_is_not_made_for_is_left_to_numpy():
    windows = lay_out((4, 4), (2, 2), 2, 0, 1)
    x, y, winners = np.zeros((1, 4, 4, 3)), np.zeros((1, 2, 2, 3)), np.zeros((1, 2, 2, 3), np.uint8)
    weights = np.ones((2, 2, 1))
    none = [
        native.pool_maximum(x.astype(np.float16), windows),
        native.pool_maximum(x.astype(int), windows),
        native.pool_maximum(x[0], windows),
        native.pool_maximum(x[:, 1:], windows),
        native.pool_maximum(x, tuple(windows)[:6]),
        native.pool_maximum(x, windows._replace(stride=(0, 2))),
        native.pool_gather(x, winners.astype(int), windows),
        native.pool_gather(x, winners[..., :2], windows),
        native.pool_scatter(y[:, :1], winners, windows),
        native.pool_scatter(x, winners, windows),
        native.pool_average(x, weights[:1], windows),
        native.pool_average(x, weights.astype(np.float32), windows),
        native.pool_spread(x, weights, windows),
    ]
    assert none == [None] * len(none)
    with pytest.raises(TypeError, match="3 arguments, not 2"):
        native.pool_scatter(y, winners)


def test_a_geometry_that_does_not_fit_reads_nothing_outside():
    """Windows made by hand, with more of them than the image has room for: those see padding."""
    windows = Windows((2, 2), (2, 2), (2, 2), (1, 1), (1, 1), (0, 0), (5, 5))
    y, winners = native.pool_maximum(np.ones((1, 2, 2, 1)), windows)
    expected, _ = twins.maximum_by_windows(np.ones((1, 2, 2, 1)), windows)
    np.testing.assert_array_equal(y, expected)
    assert native.pool_scatter(np.ones_like(y), winners, windows).sum() == np.isfinite(y).sum()
