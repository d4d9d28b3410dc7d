"""The compiled weight gradient of a convolution equals its twin: any geometry, memory, level and number of threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import LAYOUTS, laid_out
from ways import ways

from autograd.kernels import conv, windows
from autograd.native import native

pytestmark = pytest.mark.skipif(native is None, reason="the kernels are not compiled")


def gradient(g, x, geometry, groups):
    return native.weight_gradient(g, x, geometry, groups)


def assert_equal_but_for_rounding(w, g, x, geometry, groups, way=""):
    """Each entry as near to the twin in float64 as a sum of so many products in w's dtype can be said to come."""
    wide = [np.asarray(a, np.float64) for a in (g, x)]
    with np.errstate(all="ignore"):
        exact = conv.weight_gradient_by_taps(*wide, geometry, groups)
        size = conv.weight_gradient_by_taps(*map(np.abs, wide), geometry, groups)
    assert w.shape == exact.shape
    assert w.dtype == g.dtype.newbyteorder("=")
    assert w.flags.c_contiguous
    special = ~np.isfinite(exact)
    np.testing.assert_array_equal(w[special], exact[special], err_msg=way)
    terms = g[..., 0].size + 2
    off = np.abs(w[~special] - exact[~special])
    assert (off <= terms * np.finfo(w.dtype).eps * size[~special]).all(), (way, off.max())


@st.composite
def cases(draw):
    """(g, x, Windows, groups), by each of the three ways of weights.inc.h."""
    size = tuple(draw(st.integers(1, 4)) for _ in "hw")
    dilation = tuple(draw(st.sampled_from([1, 1, 2, 3])) for _ in "hw")
    stride = tuple(draw(st.integers(1, 4)) for _ in "hw")
    padding = tuple(draw(st.integers(0, 5)) for _ in "hw")
    smallest = [max(1, d * (k - 1) + 1 - 2 * a) for d, k, a in zip(dilation, size, padding, strict=True)]
    image = tuple(n + draw(st.integers(0, 9)) for n in smallest)
    geometry = windows.lay_out(image, size, stride, padding, dilation)
    groups = draw(st.sampled_from([1, 1, 2, 3, 17]))
    depth = draw(st.sampled_from([1, 2, 3, 5, 7, 8, 9, 16, 19] if groups < 17 else [1, 2]))
    outputs = draw(st.sampled_from([1, 2, 6, 8, 16, 17, 33, 40] if groups < 17 else [1, 2]))
    n, dtype = draw(st.integers(1, 5)), draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    g = rng.standard_normal((n, *geometry.out, groups * outputs)).astype(dtype)
    x = rng.standard_normal((n, *image, groups * depth)).astype(dtype)
    return g, x, geometry, groups


@given(cases(), st.sampled_from(LAYOUTS), st.sampled_from(LAYOUTS))
@settings(max_examples=200, deadline=None)
def test_equals_its_twin(case, g_layout, x_layout):
    g, x, geometry, groups = case
    g, x = laid_out(g, g_layout), laid_out(x, x_layout)
    before = g.tobytes(), x.tobytes()
    for way in ways(threads=(1,)):
        assert_equal_but_for_rounding(gradient(g, x, geometry, groups), g, x, geometry, groups, way)
    assert (g.tobytes(), x.tobytes()) == before


@given(cases(), st.lists(st.sampled_from([np.nan, np.inf, -np.inf]), min_size=1, max_size=3), st.data())
@settings(max_examples=60, deadline=None)
def test_nan_and_inf_reach_the_weights_that_saw_them(case, values, data):
    g, x, geometry, groups = case
    for value in values:
        x.reshape(-1)[data.draw(st.integers(0, x.size - 1))] = value
    for way in ways(threads=(1,)):
        assert_equal_but_for_rounding(gradient(g, x, geometry, groups), g, x, geometry, groups, way)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("groups", [1, 2, 18])
@pytest.mark.parametrize("channels", [18, 36])
def test_a_gradient_that_is_no_number_reaches_its_output_alone(value, groups, channels):
    rng = np.random.default_rng(0)
    geometry = windows.lay_out((6, 7), (3, 2), 1, "valid", 1)
    g = rng.standard_normal((2, *geometry.out, 36)).astype(np.float32)
    x = rng.uniform(1, 2, (2, 6, 7, channels)).astype(np.float32)
    g[1, 2, 3, 5] = value
    for way in ways(threads=(1,)):
        w = gradient(g, x, geometry, groups)
        assert_equal_but_for_rounding(w, g, x, geometry, groups, way)
        assert (~np.isfinite(w)).any(axis=(1, 2, 3)).nonzero()[0].tolist() == [5]


LARGE = {  # enough work for several shares of the pixels, or parts of the result, or both
    "by taps": (8, (24, 24), 16, 16, 3, 1, 1, 1),
    "more pixels than a band": (4, (40, 41), 24, 40, 3, 1, 1, 1),
    "few pixels": (4, (7, 7), 80, 96, 3, 1, 1, 1),
    "one by one": (8, (20, 20), 64, 64, 1, 1, 0, 1),
    "strided": (8, (28, 28), 20, 36, 5, 2, 2, 1),
    "grouped": (8, (20, 20), 32, 48, 3, 1, 1, 2),
    "many groups": (4, (20, 20), 40, 72, 3, 1, 1, 8),
    "few channels": (16, (28, 28), 3, 20, 5, 1, 2, 1),
    "few outputs": (64, (28, 28), 1, 6, 5, 1, 2, 1),
    "few channels of one image": (1, (220, 210), 3, 16, 3, 1, 1, 1),
    "depthwise": (20, (32, 32), 70, 70, 3, 1, 1, 70),
    "depthwise, two outputs each": (8, (32, 32), 40, 80, 5, 1, 2, 40),
}


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_number_of_threads_gives_the_same_bits(name, dtype):
    n, image, channels, outputs, size, stride, padding, groups = LARGE[name]
    rng = np.random.default_rng(0)
    geometry = windows.lay_out(image, (size, size), stride, padding, 1)
    g = rng.standard_normal((n, *geometry.out, outputs)).astype(dtype)
    x = rng.standard_normal((n, *image, channels)).astype(dtype)
    first = {}
    for way in ways(threads=(1, 2, 4)):
        w = gradient(g, x, geometry, groups)
        level = native.level()
        if level not in first:
            assert_equal_but_for_rounding(w, g, x, geometry, groups, way)
        np.testing.assert_array_equal(w, first.setdefault(level, w), err_msg=way)
    in_planes = gradient(laid_out(g, "planes"), laid_out(x, "planes"), geometry, groups)
    np.testing.assert_array_equal(in_planes, first[native.level()])


@pytest.mark.parametrize("shape", [(0, 4, 4, 2), (2, 4, 4, 0)])
def test_nothing_to_add_up_is_zero(shape):
    geometry = windows.lay_out((4, 4), (3, 3), 1, 1, 1)
    g, x = np.ones((shape[0], 4, 4, 3)), np.ones(shape)
    np.testing.assert_array_equal(gradient(g, x, geometry, 1), np.zeros((3, shape[3], 3, 3)))


def test_huge_paddings_strides_and_dilations_cost_no_memory():
    x = np.ones((1, 2, 2, 1))
    far = 1 << 23
    for geometry in (
        windows.lay_out((2, 2), (1, 1), far - 1, far // 2, 1),
        windows.lay_out((2, 2), (2, 2), 1, far // 2, far),
    ):
        g = np.ones((1, *geometry.out, 1))
        w = gradient(g, x, geometry, 1)
        for r, s in geometry.taps:  # each tap sees the pixels at p · stride + r · dilation − padding
            seen = 0
            for p, q in np.ndindex(geometry.out):
                y = p * geometry.stride[0] + r * geometry.dilation[0] - geometry.before[0]
                z = q * geometry.stride[1] + s * geometry.dilation[1] - geometry.before[1]
                seen += 0 <= y < 2 and 0 <= z < 2
            assert w[0, 0, r, s] == seen


def test_what_it_is_not_made_for_is_left_to_numpy():
    geometry = windows.lay_out((4, 4), (2, 2), 1, 0, 1)
    x, g = np.ones((1, 4, 4, 2)), np.ones((1, 3, 3, 2))
    assert gradient(g, x, geometry, 1) is not None
    assert gradient(g.astype(np.float16), x.astype(np.float16), geometry, 1) is None
    assert gradient(g.astype(np.float32), x, geometry, 1) is None
    assert gradient(g.astype(int), x.astype(int), geometry, 1) is None
    assert gradient(g[0], x[0], geometry, 1) is None
    assert gradient(g, x, geometry, 3) is None
    with pytest.raises(TypeError):
        native.weight_gradient(g, x)
    assert gradient(g, x, geometry._replace(size=("2", 2)), 1) is None
    assert gradient(g, x, geometry._replace(image=(5, 4)), 1) is None
