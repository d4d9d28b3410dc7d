"""Compiled maxima and minima along one axis: NumPy's values, and the place that its argmax finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import LAYOUTS, laid_out
from ways import ways

from autograd.kernels import reductions
from autograd.native import native

pytestmark = pytest.mark.skipif(native is None, reason="the compiled kernels are not there")


@st.composite
def arrays(draw):
    """(x, axis), often with ties and NaN in it."""
    shape = draw(
        st.lists(st.sampled_from([1, 2, 3, 5, 8]), min_size=1, max_size=4).map(tuple)
        | st.tuples(st.integers(0, 3), st.integers(1, 9), st.sampled_from([1, 15, 16, 17, 31, 64, 70, 130]))
    )
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    values = draw(st.sampled_from([(0.0, 1, -1), (np.nan, np.inf, -np.inf, 2), (-0.0, 0.0), tuple(range(50))]))
    x = rng.choice(np.array(values, draw(st.sampled_from("fd"))), shape)
    short = [i for i, n in enumerate(shape) if 0 < n < 64]  # rows of 64 are left to NumPy
    axis = draw(st.sampled_from(short)) - draw(st.sampled_from([0, len(shape)]))
    return laid_out(x, draw(st.sampled_from(LAYOUTS))), axis


@given(arrays(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_values_and_places(case, smallest):
    x, axis = case
    before = x.tobytes()
    at = (np.argmin if smallest else np.argmax)(x, axis, keepdims=True)
    y = np.take_along_axis(x, at, axis)
    for way in ways(threads=(1,)):
        made, places = native.extrema(x, axis, smallest)
        np.testing.assert_array_equal(made, y, err_msg=way)
        np.testing.assert_array_equal(places, at, err_msg=way)
        assert made.dtype == x.dtype.newbyteorder("=") and places.dtype == np.int64
    assert x.tobytes() == before


@given(arrays(), st.sampled_from(LAYOUTS))
@settings(max_examples=100, deadline=None)
def test_putting_back(case, layout):
    x, axis = case
    at = np.argmax(x, axis, keepdims=True)
    g = laid_out(np.take_along_axis(x, at, axis), layout)
    expected = np.zeros(x.shape, x.dtype)
    np.put_along_axis(expected, at, g, axis)
    for way in ways(threads=(1,)):
        np.testing.assert_array_equal(native.put_extrema(g, at, x.shape[axis], axis), expected, err_msg=way)
    np.testing.assert_array_equal(reductions.put_along(g, at, x.shape, axis), expected)


@pytest.mark.parametrize("shape, axis", [((9, 100, 500), 1), ((40000, 9), 1), ((300, 1000), 0)])
def test_any_number_of_threads_finds_the_same(shape, axis):
    x = np.random.default_rng(0).integers(0, 50, shape).astype(np.float32)
    at = np.argmax(x, axis, keepdims=True)
    for way in ways():
        y, places = native.extrema(x, axis, False)
        np.testing.assert_array_equal(places, at, err_msg=way)
        np.testing.assert_array_equal(y, np.max(x, axis, keepdims=True), err_msg=way)
        back = native.put_extrema(y, places, shape[axis], axis)
        assert back.sum() == y.sum() and np.array_equal(np.take_along_axis(back, at, axis), y), way


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, bool])
@pytest.mark.parametrize(
    "shape, axis", [((100,), 0), ((5000,), 0), ((3, 5000), -1), ((5000, 3), 0), ((4, 3), np.int64(1))]
)
def test_the_kernel_in_python_agrees_whichever_way_it_goes(monkeypatch, dtype, shape, axis):
    x = np.random.default_rng(0).integers(0, 50, shape).astype(dtype)
    for keepdims in (False, True):
        made = reductions.extremum("max")(x, axis, keepdims)
        with monkeypatch.context() as patch:
            patch.setattr(reductions, "native", None)
            for (y, at), (z, there) in [(made, reductions.extremum("max")(x, axis, keepdims))]:
                np.testing.assert_array_equal(y, z)
                np.testing.assert_array_equal(at, there)
        np.testing.assert_array_equal(made[0], np.max(x, axis, keepdims=keepdims))
        assert type(made[0]) is type(np.max(x, axis, keepdims=keepdims))


def test_what_it_is_not_made_for_is_left_to_numpy():
    x, at = np.zeros((2, 3)), np.zeros((2, 1), int)
    none = [
        native.extrema(x.astype(int), 0, False),
        native.extrema(x, 2, False),
        native.extrema(x, -3, False),
        native.extrema(x, 0.0, False),
        native.extrema(x[:0], 0, False),
        native.extrema(np.zeros(()), 0, False),
        native.extrema(np.zeros((2, 1000)), 1, False),
        native.put_extrema(x, at, 3, 1),
        native.put_extrema(x[:, :1], at[:1], 3, 1),
        native.put_extrema(x[:, :1], at.astype(np.int32), 3, 1),
    ]
    assert none == [None] * len(none)
    assert native.put_extrema(x[:, :1] + 1, at + 5, 3, 1).sum() == 0  # a place outside is no place
