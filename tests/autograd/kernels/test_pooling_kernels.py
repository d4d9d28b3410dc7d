"""Each fast pooling kernel equals the loop over windows that says what it computes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.kernels import pooling, windows


@st.composite
def poolings(draw, dilated=True):
    """(x, Windows, padding) with few distinct values, so that maxima tie, and some NaN and −inf."""
    size = tuple(draw(st.integers(1, 4)) for _ in "hw")
    dilation = tuple(draw(st.integers(1, 2 if dilated else 1)) for _ in "hw")
    stride = tuple(draw(st.integers(1, 4)) for _ in "hw")
    padding = tuple(draw(st.integers(0, k // 2)) for k in size)
    image = tuple(d * (k - 1) + 1 + draw(st.integers(0, 6)) for k, d in zip(size, dilation, strict=True))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    shape = (draw(st.integers(0, 4)), *image, draw(st.integers(1, 3)))
    values = draw(st.sampled_from([(-1, 0, 1), (-np.inf, -3, 2), (np.nan, -np.inf, 1, np.inf)]))
    x = rng.choice(np.array(values, draw(st.sampled_from([np.float32, np.float64]))), shape)
    return x, windows.lay_out(image, size, stride, padding, dilation, draw(st.booleans())), padding


@pytest.fixture(params=[1, 1 << 18], ids=["image by image", "all at once"])
def chunk(request, monkeypatch):
    monkeypatch.setattr(pooling, "CHUNK", request.param)


@given(poolings())
@settings(max_examples=60, deadline=None)
def run_maximum(case):
    x, geometry, _ = case
    y, winners = pooling.maximum(x, geometry)
    expected, places = pooling.maximum_by_windows(x, geometry)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(winners, places)
    assert y.dtype == x.dtype
    # the winners lead back to the maxima, and scattering is the transpose of gathering
    if not np.isnan(x).any():
        np.testing.assert_array_equal(pooling.gather(x, winners, geometry), y)
    rng = np.random.default_rng(0)
    u, g = rng.standard_normal(x.shape), rng.standard_normal(y.shape)
    forth = np.sum(g * pooling.gather(u, winners, geometry))
    np.testing.assert_allclose(np.sum(u * pooling.scatter(g, winners, geometry)), forth, atol=1e-9)


def test_maximum_equals_its_twin(chunk):
    run_maximum()


@given(poolings(dilated=False), st.booleans())
@settings(max_examples=60, deadline=None)
def run_average(case, count_include_pad):
    x, geometry, padding = case
    x = np.random.default_rng(0).standard_normal(x.shape)
    weights = pooling.average_weights(geometry, padding, count_include_pad, x.dtype)
    y = pooling.average(x, weights, geometry)
    np.testing.assert_allclose(y, pooling.average_by_windows(x, geometry, padding, count_include_pad), atol=1e-12)
    g = np.random.default_rng(1).standard_normal(y.shape)
    np.testing.assert_allclose(np.sum(x * pooling.spread(g, weights, geometry)), np.sum(g * y), atol=1e-9)


def test_average_equals_its_twin(chunk):
    run_average()


def test_scattering_keeps_infinities_in_their_place():
    geometry = windows.lay_out((2, 2), (2, 2), 2, 0, 1)
    g, winners = np.full((1, 1, 1, 1), np.inf), np.full((1, 1, 1, 1), 2)
    np.testing.assert_array_equal(pooling.scatter(g, winners, geometry)[0, :, :, 0], [[0, 0], [np.inf, 0]])
