"""Each fast pooling kernel equals the loop over windows that says what it computes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.kernels import pooling, windows


@st.composite
def poolings(draw, rank, dilated=True):
    """(x, Windows, padding) with few distinct values, so that maxima tie, and some NaN and −inf."""
    size = tuple(draw(st.integers(1, 4 if rank < 3 else 3)) for _ in range(rank))
    dilation = tuple(draw(st.integers(1, 3 if dilated else 1)) for _ in range(rank))
    stride = tuple(draw(st.integers(1, 4)) for _ in range(rank))
    padding = tuple(draw(st.integers(0, k // 2)) for k in size)
    # so small that a dilated window may see padding alone
    least = tuple(max(1, d * (k - 1) + 1 - 2 * p) for k, d, p in zip(size, dilation, padding, strict=True))
    image = tuple(m + draw(st.integers(0, 6 if rank < 3 else 3)) for m in least)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    shape = (draw(st.integers(0, 4 if rank < 3 else 2)), *image, draw(st.integers(1, 3)))
    values = draw(st.sampled_from([(-1, 0, 1), (-np.inf, -3, 2), (np.nan, -np.inf, 1, np.inf)]))
    x = rng.choice(np.array(values, draw(st.sampled_from([np.float32, np.float64]))), shape)
    return x, windows.lay_out(image, size, stride, padding, dilation, draw(st.booleans())), padding


@pytest.fixture(params=["compiled", "in NumPy"])
def way(request, monkeypatch):
    if request.param == "in NumPy":
        monkeypatch.setattr(pooling, "native", None)
    elif pooling.native is None:
        pytest.skip("the kernels are not compiled")


@pytest.fixture(params=[1, 1 << 18], ids=["image by image", "all at once"])
def chunk(request, monkeypatch):
    monkeypatch.setattr(pooling, "CHUNK", request.param)


def run_maximum(rank):
    @given(poolings(rank))
    @settings(max_examples=60, deadline=None)
    def run(case):
        x, geometry, _ = case
        y, winners = pooling.maximum(x, geometry)
        expected, places = pooling.maximum_by_windows(x, geometry)
        np.testing.assert_array_equal(y, expected)
        np.testing.assert_array_equal(winners, places)
        assert y.dtype == x.dtype
        # the winners lead back to the maxima, and scattering is the transpose of gathering
        if not np.isnan(x).any():
            sees = np.broadcast_to(pooling._first_real_tap(geometry)[1], y.shape)
            np.testing.assert_array_equal(pooling.gather(x, winners, geometry)[sees], y[sees])
        rng = np.random.default_rng(0)
        u, g = rng.standard_normal(x.shape), rng.standard_normal(y.shape)
        # any winners, each window its own: several may choose one picture of a volume
        for some in (winners, rng.integers(0, len(geometry.taps), y.shape).astype(winners.dtype)):
            forth = np.sum(g * pooling.gather(u, some, geometry))
            np.testing.assert_allclose(np.sum(u * pooling.scatter(g, some, geometry)), forth, atol=1e-9)
            np.testing.assert_array_equal(
                pooling.scatter(g, some.astype(int), geometry), pooling.scatter(g, some, geometry)
            )

    run()


def test_maximum_equals_its_twin(chunk):
    run_maximum(2)


@pytest.mark.parametrize("rank", [1, 3])
def test_maximum_of_rows_and_volumes_equals_its_twin(way, rank):
    run_maximum(rank)


def run_average(rank):
    @given(poolings(rank, dilated=False), st.booleans(), st.sampled_from([None, 3, -2]))
    @settings(max_examples=60, deadline=None)
    def run(case, count_include_pad, divisor):
        x, geometry, padding = case
        x = np.random.default_rng(0).standard_normal(x.shape)
        weights = pooling.average_weights(geometry, padding, count_include_pad, x.dtype, divisor)
        y = pooling.average(x, weights, geometry)
        expected = pooling.average_by_windows(x, geometry, padding, count_include_pad, divisor)
        np.testing.assert_allclose(y, expected, atol=1e-12)
        g = np.random.default_rng(1).standard_normal(y.shape)
        np.testing.assert_allclose(np.sum(x * pooling.spread(g, weights, geometry)), np.sum(g * y), atol=1e-9)

    run()


def test_average_equals_its_twin(chunk):
    run_average(2)


@pytest.mark.parametrize("rank", [1, 3])
def test_average_of_rows_and_volumes_equals_its_twin(way, rank):
    run_average(rank)


def test_numbers_of_large_windows_do_not_wrap_around(way):
    """More positions than a byte can count: 7 · 7 · 7."""
    x = np.zeros((1, 7, 7, 7, 1))
    x[0, 6, 5, 4] = 1
    geometry = windows.lay_out((7, 7, 7), 7, 7, 0, 1)
    y, winners = pooling.maximum(x, geometry)
    assert y.item() == 1 and winners.item() == 6 * 49 + 5 * 7 + 4
    np.testing.assert_array_equal(pooling.scatter(y, winners, geometry), x)
    np.testing.assert_array_equal(pooling.gather(x, winners, geometry), y)
    np.testing.assert_array_equal(pooling.gather(x, np.zeros_like(winners, np.uint8), geometry), 0 * y)


def test_scattering_keeps_infinities_in_their_place():
    geometry = windows.lay_out((2, 2), (2, 2), 2, 0, 1)
    g, winners = np.full((1, 1, 1, 1), np.inf), np.full((1, 1, 1, 1), 2)
    np.testing.assert_array_equal(pooling.scatter(g, winners, geometry)[0, :, :, 0], [[0, 0], [np.inf, 0]])
