"""Each fast kernel in NumPy equals the loop that says what it computes, whatever the shapes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.kernels import conv, windows


@st.composite
def geometries(draw):
    """(N, C, O, Windows, rng) of a convolution that fits."""
    size = tuple(draw(st.integers(1, 4)) for _ in "hw")
    dilation = tuple(draw(st.integers(1, 3)) for _ in "hw")
    padding = draw(st.sampled_from(["valid", "same", "numbers"]))
    stride = (1, 1) if padding == "same" else tuple(draw(st.integers(1, 3)) for _ in "hw")
    if padding == "numbers":
        padding = tuple(draw(st.integers(0, 4)) for _ in "hw")
    image = tuple(d * (k - 1) + 1 + draw(st.integers(0, 6)) for k, d in zip(size, dilation, strict=True))
    channels = draw(st.sampled_from([1, 2, 3, 16, 17]))
    outputs = draw(st.sampled_from([1, 2, 5, 16]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return draw(st.integers(0, 5)), channels, outputs, windows.lay_out(image, size, stride, padding, dilation), rng


@pytest.fixture(params=[1, 2_000, 1 << 18], ids=["row by row", "a few images", "all at once"])
def chunk(request, monkeypatch):
    monkeypatch.setattr(conv, "CHUNK", request.param)


@pytest.fixture(autouse=True)
def in_numpy(monkeypatch):
    monkeypatch.setattr(conv, "native", None)


def close(fast, twin):
    assert fast.shape == twin.shape
    np.testing.assert_allclose(fast, twin, rtol=1e-10, atol=1e-10)


@given(geometries())
@settings(max_examples=60, deadline=None)
def run_all(case):
    n, channels, outputs, geometry, rng = case
    x = rng.standard_normal((n, *geometry.image, channels))
    w = rng.standard_normal((outputs, channels, *geometry.size))
    g = rng.standard_normal((n, *geometry.out, outputs))
    bias = rng.standard_normal(outputs)
    before = [a.copy() for a in (x, w, g, bias)]
    close(conv.correlate(x, w, geometry, bias), conv.correlate_by_taps(x, w, geometry) + bias)
    close(conv.correlate(x, w, geometry), conv.correlate_by_taps(x, w, geometry))
    close(conv.input_gradient(g, w, geometry), conv.input_gradient_by_taps(g, w, geometry))
    close(conv.weight_gradient(g, x, geometry), conv.weight_gradient_by_taps(g, x, geometry))
    for a, b in zip(before, (x, w, g, bias), strict=True):
        np.testing.assert_array_equal(a, b)


def test_fast_kernels_equal_their_twins(chunk):
    run_all()


def test_channels_first_memory_gives_the_same():
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
