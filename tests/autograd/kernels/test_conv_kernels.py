"""Each fast kernel equals the loop that says what it computes, whatever the shapes and the number of axes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.kernels import conv, windows


@st.composite
def geometries(draw, rank):
    """(N, C, O, groups, Windows, rng) of a convolution that fits."""
    size = tuple(draw(st.integers(1, 4)) for _ in range(rank))
    dilation = tuple(draw(st.integers(1, 3)) for _ in range(rank))
    padding = draw(st.sampled_from(["valid", "same", "numbers"]))
    stride = (1,) * rank if padding == "same" else tuple(draw(st.integers(1, 3)) for _ in range(rank))
    if padding == "numbers":
        padding = tuple(draw(st.integers(0, 4)) for _ in range(rank))
    image = tuple(
        d * (k - 1) + 1 + draw(st.integers(0, 6 if rank < 3 else 3)) for k, d in zip(size, dilation, strict=True)
    )
    groups = draw(st.sampled_from([1, 1, 2]))
    channels = groups * draw(st.sampled_from([1, 2, 3, 16, 17]))
    outputs = groups * draw(st.sampled_from([1, 2, 5, 16]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    geometry = windows.lay_out(image, size, stride, padding, dilation)
    return draw(st.integers(0, 5 if rank < 3 else 2)), channels, outputs, groups, geometry, rng


@pytest.fixture(params=[1, 2_000, 1 << 18], ids=["row by row", "a few images", "all at once"])
def chunk(request, monkeypatch):
    monkeypatch.setattr(conv, "CHUNK", request.param)


@pytest.fixture(params=["compiled", "in NumPy"])
def way(request, monkeypatch):
    if request.param == "in NumPy":
        monkeypatch.setattr(conv, "native", None)
    elif conv.native is None:
        pytest.skip("the kernels are not compiled")


@pytest.fixture
def in_numpy(monkeypatch):
    monkeypatch.setattr(conv, "native", None)


def close(fast, twin):
    assert fast.shape == twin.shape
    np.testing.assert_allclose(fast, twin, rtol=1e-10, atol=1e-10)


def by_groups(twin, groups, a, w, geometry):
    """correlate_by_taps or input_gradient_by_taps, a group of channels at a time."""
    pairs = zip(np.split(a, groups, -1), np.split(w, groups), strict=True)
    return np.concatenate([twin(*pair, geometry) for pair in pairs], -1)


def run_all(rank, examples):
    @given(geometries(rank))
    @settings(max_examples=examples, deadline=None)
    def run(case):
        n, channels, outputs, groups, geometry, rng = case
        x = rng.standard_normal((n, *geometry.image, channels))
        w = rng.standard_normal((outputs, channels // groups, *geometry.size))
        g = rng.standard_normal((n, *geometry.out, outputs))
        bias = rng.standard_normal(outputs)
        before = [a.copy() for a in (x, w, g, bias)]
        y = by_groups(conv.correlate_by_taps, groups, x, w, geometry)
        close(conv.correlate(x, w, geometry, bias, groups), y + bias)
        close(conv.correlate(x, w, geometry, None, groups), y)
        dx = by_groups(conv.input_gradient_by_taps, groups, g, w, geometry)
        close(conv.input_gradient(g, w, geometry, groups), dx)
        dw = conv.weight_gradient_by_taps(g, x, geometry, groups)
        close(conv.weight_gradient(g, x, geometry, groups), dw)
        for a, b in zip(before, (x, w, g, bias), strict=True):
            np.testing.assert_array_equal(a, b)

    run()


def test_fast_kernels_equal_their_twins(in_numpy, chunk):
    run_all(2, 60)


@pytest.mark.parametrize("rank", [1, 3])
def test_rows_and_volumes_equal_their_twins(way, rank):
    run_all(rank, 60)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_results_of_float32_are_channels_last_arrays_of_float32(way, rank):
    geometry = windows.lay_out((5, 6, 7)[:rank], 2, 2, 1, 2)
    x, w = np.ones((2, *geometry.image, 3), np.float32), np.ones((4, 3, *geometry.size), np.float32)
    y = conv.correlate(x, w, geometry)
    made = [y, conv.input_gradient(y, w, geometry), conv.weight_gradient(y, x, geometry)]
    assert all(a.dtype == np.float32 and a.flags.c_contiguous for a in made)


def test_channels_first_memory_gives_the_same(in_numpy):
    rng = np.random.default_rng(0)
    geometry = windows.lay_out((6, 7), (3, 2), (1, 2), (1, 0), 1)
    x = windows.channels_last(rng.standard_normal((3, 4, 6, 7)))
    w = rng.standard_normal((5, 4, 3, 2))
    g = windows.channels_last(rng.standard_normal((3, 5, *geometry.out)))
    assert not x.flags.c_contiguous
    close(conv.correlate(x, w, geometry), conv.correlate_by_taps(x, w, geometry))
    close(conv.weight_gradient(g, x, geometry), conv.weight_gradient_by_taps(g, x, geometry))
    close(conv.input_gradient(g, w, geometry), conv.input_gradient_by_taps(g, w, geometry))


def test_the_twin_itself_is_scipys_correlation():
    from scipy.signal import correlate2d

    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((5, 6)), rng.standard_normal((3, 2))
    y = conv.correlate_by_taps(x[None, :, :, None], w[None, None], windows.lay_out((5, 6), (3, 2), 1, 0, 1))
    np.testing.assert_allclose(y[0, :, :, 0], correlate2d(x, w, "valid"))
