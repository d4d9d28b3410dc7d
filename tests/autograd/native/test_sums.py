"""Sums down the columns of a matrix, and of all entries, are those that NumPy gives, at any level, for any threads."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import LAYOUTS, laid_out
from ways import ways

import autograd as ag
from autograd.kernels.reductions import total
from autograd.native import native

pytestmark = pytest.mark.skipif(native is None, reason="there are no compiled kernels here")


@settings(deadline=None)
@given(
    rows=st.integers(0, 300), columns=st.integers(0, 70), dtype=st.sampled_from([np.float32, np.float64]),
    layout=st.sampled_from(LAYOUTS), seed=st.integers(0, 9),
)  # fmt: skip
def test_columns_are_summed(rows, columns, dtype, layout, seed):
    x = laid_out(np.random.default_rng(seed).uniform(-1, 1, (rows, max(columns, 1))).astype(dtype), layout)[:, :columns]
    before = x.copy()
    exact = x.astype(np.float64).sum(0)
    # however the additions are ordered, the error is at most (rows − 1) · ε/2 · Σ|x|, and a little for ours in float64
    most = max(1, rows) * np.finfo(dtype).eps * np.abs(x).sum(0, dtype=np.float64)
    for way in ways():
        y = native.column_sums(x)
        assert (y.shape, y.dtype) == ((columns,), np.dtype(dtype))
        assert (np.abs(y - exact) <= most).all(), way
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("shape", [(50_176, 6), (32_768, 16), (3, 200_000), (1, 1), (70_001, 3)])
def test_threads_change_nothing(shape):
    """Whole numbers add up exactly; others to the same bits at one level."""
    rng = np.random.default_rng(0)
    whole, real = rng.integers(-9, 9, shape).astype(np.float32), rng.uniform(-1, 1, shape).astype(np.float32)
    seen = {}
    for way in ways():
        np.testing.assert_array_equal(native.column_sums(whole), whole.sum(0, dtype=np.float64), err_msg=way)
        y = native.column_sums(real)
        np.testing.assert_array_equal(y, seen.setdefault(native.level(), y), err_msg=way)


def test_nan_and_infinity_pass():
    x = np.zeros((40, 5))
    x[3, 1], x[20, 2], x[7, 3], x[9, 3] = np.nan, np.inf, np.inf, -np.inf
    assert [str(v) for v in native.column_sums(x)] == ["0.0", "nan", "inf", "nan", "0.0"]


@pytest.mark.parametrize(
    "x", [np.ones((2, 2), np.float16), np.ones((2, 2), int), np.ones(3), np.ones((1, 1, 1)), [[1.0]], None]
)
def test_what_it_is_not_made_for_is_none(x):
    assert native.column_sums(x) is None
    assert native.total(x) is None or np.shape(x) in [(3,), (1, 1, 1)]


@pytest.mark.parametrize("dtype", "fd")
@pytest.mark.parametrize("shape", [(1,), (7,), (63, 65), (257, 513), (3, 5, 7, 11), (1_000_003,)])
def test_all_entries_are_summed(shape, dtype):
    rng = np.random.default_rng(0)
    whole, real = rng.integers(-9, 9, shape).astype(dtype), rng.uniform(0, 1, shape).astype(dtype)
    exact = math.fsum(real.ravel().tolist())
    seen = {}
    for way in ways():
        for x in (whole, whole.T):
            y = native.total(x)
            assert type(y) is np.dtype(dtype).type and y == whole.sum(dtype=np.float64), way
        y = native.total(real)
        assert seen.setdefault(native.level(), y) == y, way
        # in lanes of 16 additions, then in pairs
        assert abs(y - exact) <= (16 + math.log2(real.size)) * np.finfo(dtype).eps / 2 * exact, way


def test_a_total_that_is_not_finite_or_not_of_one_block_of_memory_is_left_to_numpy():
    x = np.ones((40, 50))
    for part in (x[:, ::2], x[::-1], np.broadcast_to(x[0], (40, 50)), x[:0], np.float64(1)):
        assert native.total(part) is None
    for bad in (np.nan, np.inf):
        x[20, 10] = bad
        assert native.total(x) is None
    assert native.total(np.full(5, 3e38, np.float32)) is None
    with pytest.warns(RuntimeWarning, match="overflow"):
        ag.sum(np.full(5000, 3e38, np.float32))


@pytest.mark.parametrize("axis", [None, 0, (0, 2), (1, 2), 1, 2])
def test_what_is_repeated_is_multiplied(axis):
    for repeated in (np.full((1, 1, 1), 0.1), np.arange(50.0).reshape(1, 50, 1), np.arange(40.0).reshape(1, 1, 40)):
        x = np.broadcast_to(repeated, (30, 50, 40))
        for keepdims in (False, True):
            y, right = total(x, axis, keepdims), x.copy().sum(axis, keepdims=keepdims)
            assert y.shape == right.shape and type(y) is type(right)
            np.testing.assert_allclose(y, right, rtol=1e-12)
