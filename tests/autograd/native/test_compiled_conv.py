"""The compiled conv2d and its input gradient equal their twins: any geometry, memory, level and number of threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import LAYOUTS, laid_out

from autograd.kernels import conv, windows
from autograd.native import native

pytestmark = pytest.mark.skipif(native is None, reason="the kernels are not compiled")


@pytest.fixture(autouse=True)
def restored():
    level, threads = native.level(), native.threads()
    yield
    native.set_level(level)
    native.set_threads(threads)


# -- the twins, for groups -----------------------------------------------------------------------


def correlated(x, w, geometry, bias, groups):
    """correlate_by_taps, a group of channels at a time."""
    xs, ws = np.split(x, groups, 3), np.split(w, groups)
    y = np.concatenate([conv.correlate_by_taps(*both, geometry) for both in zip(xs, ws, strict=True)], 3)
    return y if bias is None else y + bias


def gradient(g, w, geometry, groups):
    """input_gradient_by_taps, a group of channels at a time."""
    gs, ws = np.split(g, groups, 3), np.split(w, groups)
    return np.concatenate([conv.input_gradient_by_taps(*both, geometry) for both in zip(gs, ws, strict=True)], 3)


def assert_equal_but_for_rounding(y, twin, *arguments):
    """y is twin(*arguments), each entry as near as sums in y's dtype can be said to come.

    A sum of n products is off by no more than n roundings of the sum of their absolute values; the twin's, in
    float64, as well.
    """
    exact = twin(*[wide(a, np.asarray) for a in arguments])
    with np.errstate(all="ignore"):
        size = twin(*[wide(a, np.abs) for a in arguments])
    w, geometry = arguments[1:3]
    terms = w[0].size + len(w) * geometry.size[0] * geometry.size[1] + 2
    assert y.shape == exact.shape
    assert y.dtype == w.dtype.newbyteorder("=")
    assert y.flags.c_contiguous
    special = ~np.isfinite(exact)
    np.testing.assert_array_equal(y[special], exact[special])
    off = np.abs(y[~special] - exact[~special])
    assert (off <= 2 * terms * np.finfo(y.dtype).eps * size[~special]).all(), off.max()


def wide(a, change):
    return change(np.array(a, np.float64)) if isinstance(a, np.ndarray) else a


# -- random ones ---------------------------------------------------------------------------------


@st.composite
def cases(draw):
    """(N, channels, outputs, groups, Windows, dtype, a layout for each array, rng)."""
    size = tuple(draw(st.integers(1, 5)) for _ in "hw")
    dilation = tuple(draw(st.integers(1, 3)) for _ in "hw")
    padding = draw(st.sampled_from(["valid", "same", "numbers"]))
    stride = (1, 1) if padding == "same" else tuple(draw(st.integers(1, 4)) for _ in "hw")
    if padding == "numbers":
        padding = tuple(draw(st.integers(0, 5)) for _ in "hw")
    image = tuple(
        draw(st.integers(1 if padding == "same" else d * (k - 1) + 1, d * (k - 1) + 20))
        for k, d in zip(size, dilation, strict=True)
    )
    kind = draw(st.sampled_from(["plain", "grouped", "depthwise"]))
    if kind == "plain":
        groups, inputs, outputs = 1, draw(st.integers(1, 35)), draw(st.integers(1, 50))
    elif kind == "grouped":
        groups, inputs, outputs = draw(st.integers(2, 4)), draw(st.integers(1, 9)), draw(st.integers(1, 20))
    else:
        groups, inputs, outputs = draw(st.integers(1, 40)), 1, 1
    geometry = windows.lay_out(image, size, stride, padding, dilation)
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    layouts = [draw(st.sampled_from(LAYOUTS)) for _ in range(4)]
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return draw(st.integers(1, 3)), groups * inputs, groups * outputs, groups, geometry, dtype, layouts, rng


def arrays(case):
    """x, w, g and bias of a case."""
    n, channels, outputs, groups, geometry, dtype, layouts, rng = case
    shapes = (
        (n, *geometry.image, channels),
        (outputs, channels // groups, *geometry.size),
        (n, *geometry.out, outputs),
        (outputs,),
    )
    plain = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    return [laid_out(a, layout) for a, layout in zip(plain, layouts, strict=True)]


@given(cases(), st.data())
@settings(max_examples=300, deadline=None)
def test_equals_its_twin(case, data):
    native.set_level(data.draw(st.sampled_from(native.levels())))
    native.set_threads(data.draw(st.sampled_from([1, 2, 4])))
    groups, geometry = case[3:5]
    x, w, g, bias = arrays(case)
    before = [a.copy() for a in (x, w, g, bias)]
    some_bias = data.draw(st.sampled_from([bias, None]))
    y = native.correlate(x, w, some_bias, geometry, groups)
    assert_equal_but_for_rounding(y, correlated, x, w, geometry, some_bias, groups)
    dx = native.input_gradient(g, w, geometry, groups)
    assert_equal_but_for_rounding(dx, gradient, g, w, geometry, groups)
    for a, b in zip((x, w, g, bias), before, strict=True):
        np.testing.assert_array_equal(a, b)


@given(cases(), st.lists(st.sampled_from([np.nan, np.inf, -np.inf]), min_size=1, max_size=4), st.data())
@settings(max_examples=100, deadline=None)
def test_nan_and_inf_go_where_their_terms_go(case, values, data):
    native.set_level(data.draw(st.sampled_from(native.levels())))
    groups, geometry = case[3:5]
    x, w, g, bias = (np.array(a) for a in arrays(case))
    for a in (x, g, bias):
        for value in values:
            a.reshape(-1)[data.draw(st.integers(0, a.size - 1))] = value
    with np.errstate(all="ignore"):
        y, dx = native.correlate(x, w, bias, geometry, groups), native.input_gradient(g, w, geometry, groups)
        assert_equal_but_for_rounding(y, correlated, x, w, geometry, bias, groups)
        assert_equal_but_for_rounding(dx, gradient, g, w, geometry, groups)


# -- every path ------------------------------------------------------------------------------------

PATHS = {
    "many images": (9, 16, 16, 1, (32, 32), (3, 3), 1, 1, 1),
    "bands": (1, 48, 40, 1, (61, 40), (3, 3), 1, 1, 1),
    "one channel to few": (40, 1, 6, 1, (28, 28), (5, 5), 1, 2, 1),
    "few channels": (40, 6, 16, 1, (14, 14), (5, 5), 1, 0, 1),
    "to few channels": (5, 24, 6, 1, (14, 13), (5, 7), 1, 4, 1),
    "to few channels, with gaps": (4, 16, 3, 1, (17, 12), (3, 5), (2, 1), (2, 9), (1, 3)),
    "1 x 1": (8, 64, 64, 1, (32, 32), (1, 1), 1, 0, 1),
    "1 x 1 stride 2": (8, 32, 64, 1, (32, 32), (1, 1), 2, 0, 1),
    "5 x 5 stride 2": (6, 32, 64, 1, (32, 32), (5, 5), 2, 2, 1),
    "dilation": (6, 20, 24, 1, (30, 30), (3, 3), 1, 2, 2),
    "groups": (6, 64, 64, 4, (30, 30), (3, 3), 1, 1, 1),
    "many groups": (2, 40, 72, 8, (30, 30), (3, 3), 1, 1, 1),
    "depthwise": (8, 64, 64, 64, (33, 30), (3, 3), 1, 1, 1),
    "depthwise, few": (8, 3, 3, 3, (33, 30), (3, 3), 1, 1, 1),
    "one channel to one": (20, 1, 1, 1, (28, 28), (5, 5), 1, 2, 1),
    "depthwise stride 2": (8, 72, 72, 72, (33, 30), (3, 3), 2, 1, 1),
    "kernel as large as the image": (50, 16, 120, 1, (5, 5), (5, 5), 1, 0, 1),
    "all padding": (3, 4, 5, 1, (2, 3), (2, 2), 3, 7, 1),
    "no pixel seen by any window": (2, 3, 4, 1, (3, 3), (1, 1), 8, 4, 1),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("path", PATHS)
def test_every_path_at_every_level_with_any_number_of_threads(path, dtype):
    n, channels, outputs, groups, image, size, *rest = PATHS[path]
    geometry = windows.lay_out(image, size, *rest)
    x, w, g, bias = arrays((n, channels, outputs, groups, geometry, dtype, ["plain"] * 4, np.random.default_rng(0)))
    for level in native.levels():
        native.set_level(level)
        seen = []
        for threads in (1, 1, 2, 2, 4):
            native.set_threads(threads)
            y = native.correlate(x, w, bias, geometry, groups)
            seen.append((y, native.input_gradient(g, w, geometry, groups)))
        in_planes = laid_out(x, "planes"), laid_out(g, "planes")
        y = native.correlate(in_planes[0], w, bias, geometry, groups)
        seen.append((y, native.input_gradient(in_planes[1], w, geometry, groups)))
        y, dx = seen[0]
        assert_equal_but_for_rounding(y, correlated, x, w, geometry, bias, groups)
        assert_equal_but_for_rounding(dx, gradient, g, w, geometry, groups)
        for again in seen[1:]:
            np.testing.assert_array_equal(again[0], y)
            np.testing.assert_array_equal(again[1], dx)


# -- what it is not for --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.int64, np.complex128, object])
def test_other_dtypes_go_the_numpy_way(dtype):
    geometry = windows.lay_out((4, 4), (3, 3), 1, 1, 1)
    x, w = np.ones((1, 4, 4, 2), dtype), np.ones((3, 2, 3, 3), dtype)
    assert native.correlate(x, w, None, geometry, 1) is None
    assert native.input_gradient(np.ones((1, 4, 4, 3), dtype), w, geometry, 1) is None


def test_what_does_not_fit_goes_the_numpy_way():
    geometry = windows.lay_out((4, 4), (3, 3), 1, 1, 1)
    x, w, bias = np.ones((1, 4, 4, 2)), np.ones((3, 2, 3, 3)), np.ones(3)
    fits = (x, w, bias, geometry, 1)
    assert native.correlate(*fits) is not None
    for at, wrong in [
        (0, x[0]),
        (0, x[:0]),
        (0, x[:, :3]),
        (0, x[..., :1]),
        (0, x.astype("f")),
        (0, x.tolist()),
        (1, w[:0]),
        (1, w[:, :, 1:]),
        (2, bias[:2]),
        (2, bias.astype("f")),
        (2, 1.0),
        (3, geometry._replace(stride=(0, 1))),
        (3, geometry._replace(dilation=(1, -1))),
        (3, geometry._replace(before=(1 << 70, 1))),
        (3, geometry._replace(out=(4, 4.0))),
        (3, tuple(geometry)[:5]),
        (4, 0),
        (4, 2),
        (4, None),
    ]:
        arguments = (*fits[:at], wrong, *fits[at + 1 :])
        assert native.correlate(*arguments) is None, arguments
    with pytest.raises(TypeError, match="4 arguments given"):
        native.correlate(*fits[:4])


def test_a_window_over_gigabytes_of_padding_goes_the_numpy_way():
    far = 1 << 23
    geometry = windows.Windows((1, 1), (2, 2), (1, 1), (far, far), (far, far), (0, 0), (1, 1))
    assert native.correlate(np.ones((1, 1, 1, 1)), np.ones((1, 1, 2, 2)), None, geometry, 1) is None
    assert native.input_gradient(np.ones((1, 1, 1, 1)), np.ones((1, 1, 2, 2)), geometry, 1) is None


def test_an_empty_stack():
    geometry, w = windows.lay_out((4, 4), (3, 3), 1, 1, 1), np.ones((3, 2, 3, 3))
    assert conv.correlate(np.ones((0, 4, 4, 2)), w, geometry).shape == (0, 4, 4, 3)
    assert conv.input_gradient(np.ones((0, 4, 4, 3)), w, geometry).shape == (0, 4, 4, 2)
