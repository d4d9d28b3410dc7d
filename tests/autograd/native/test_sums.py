"""Sums down the columns of a matrix are those that NumPy gives, in any memory layout, at any level, for any threads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import LAYOUTS, laid_out
from ways import ways

from autograd.native import native

pytestmark = pytest.mark.skipif(native is None, reason="there are no compiled kernels here")


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
