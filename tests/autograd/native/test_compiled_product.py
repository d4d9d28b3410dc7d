"""The compiled product of matrices equals its twin: any shape, memory, level and number of threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import LAYOUTS, laid_out
from ways import ways

import autograd as ag
from autograd.kernels.products import product, product_by_entries
from autograd.native import native

pytestmark = pytest.mark.skipif(native is None, reason="the kernels are not compiled")

LENGTHS = st.one_of(st.integers(1, 12), st.sampled_from([15, 16, 17, 31, 32, 33, 63, 64, 65, 100]))


def assert_equal_but_for_rounding(y, a, b, bias=None, way=""):
    """Each entry as near to the product in float64 as a sum of so many products in y's dtype can be said to come."""
    wide = [None if one is None else np.asarray(one, np.float64) for one in (a, b, bias)]
    with np.errstate(all="ignore"):
        exact = np.matmul(wide[0], wide[1]) + (0 if bias is None else wide[2])
        size = np.matmul(abs(wide[0]), abs(wide[1])) + (0 if bias is None else abs(wide[2]))
    assert y.shape == exact.shape
    assert y.dtype == a.dtype.newbyteorder("=")
    special = ~np.isfinite(exact)
    np.testing.assert_array_equal(y[special], exact[special], err_msg=way)
    off = np.abs(y[~special] - exact[~special])
    terms = len(b) + 2
    assert (off <= terms * np.finfo(y.dtype).eps * size[~special]).all(), (way, off.max())


@st.composite
def factors(draw):
    """(a, b, bias or None)."""
    m, k, n = draw(LENGTHS), draw(LENGTHS), draw(LENGTHS)
    dtype, rng = draw(st.sampled_from("fd")), np.random.default_rng(draw(st.integers(0, 99)))
    a, b, bias = (rng.standard_normal(shape).astype(dtype) for shape in ((m, k), (k, n), (n,)))
    a, b, bias = (laid_out(one, draw(st.sampled_from(LAYOUTS))) for one in (a, b, bias))
    return a, b, draw(st.sampled_from([bias, None]))


@given(factors())
@settings(max_examples=300, deadline=None)
def test_equals_its_twin(case):
    before = [None if one is None else one.tobytes() for one in case]
    for way in ways(threads=(1,)):
        y = native.product(*case)
        if y is not None:
            assert_equal_but_for_rounding(y, *case, way=way)
        assert_equal_but_for_rounding(product(*case), *case, way=way)
    assert before == [None if one is None else one.tobytes() for one in case]


def test_the_twin_itself_is_numpys_product():
    rng = np.random.default_rng(0)
    a, b, bias = rng.standard_normal((3, 4)), rng.standard_normal((4, 5)), rng.standard_normal(5)
    np.testing.assert_allclose(product_by_entries(a, b, bias), a @ b + bias, rtol=1e-14)


@pytest.mark.parametrize("shapes", [((4,), (4,)), ((4,), (4, 3)), ((3, 4), (4,)), ((1,), (1,)), ((9,), (9, 40))])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", "fd")
def test_small_vectors(shapes, layout, dtype):
    rng = np.random.default_rng(0)
    a, b = (laid_out(rng.standard_normal(shape).astype(dtype), layout) for shape in shapes)
    for way in ways(threads=(1,)):
        y = native.product(a, b)
        assert type(y) is type(np.matmul(a, b))
        assert_equal_but_for_rounding(np.asarray(y), a, b, way=way)


@given(factors(), st.lists(st.sampled_from([np.nan, np.inf, -np.inf]), min_size=1, max_size=4), st.data())
@settings(max_examples=100, deadline=None)
def test_nan_and_inf_reach_their_rows_and_columns(case, values, data):
    a, b, bias = (None if one is None else np.array(one) for one in case)
    for value in values:
        one = data.draw(st.sampled_from([0, 1]))
        (a, b)[one].flat[data.draw(st.integers(0, (a, b)[one].size - 1))] = value
    for way in ways(threads=(1,)):
        y = native.product(a, b, bias)
        if y is not None:
            assert_equal_but_for_rounding(y, a, b, bias, way)


LARGE = {  # enough work to be shared out: by columns, by rows, by both, with cuts through the sum
    "many columns": (64, 300, 700),
    "many rows": (900, 700, 20),
    "long sums": (96, 3000, 100),
    "square": (330, 330, 330),
}


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("dtype", "fd")
@pytest.mark.parametrize("turned", ["neither", "a", "b", "both"])
def test_any_number_of_threads_gives_the_same_bits(name, dtype, turned):
    m, k, n = LARGE[name]
    rng = np.random.default_rng(0)
    a, b, bias = (rng.standard_normal(shape).astype(dtype) for shape in ((m, k), (k, n), (n,)))
    a = laid_out(a, "transposed") if turned in ("a", "both") else a
    b = laid_out(b, "transposed") if turned in ("b", "both") else b
    first = {}
    for way in ways(threads=(1, 2, 4)):
        y = native.product(a, b, bias)
        level = native.level()
        if level not in first:
            assert_equal_but_for_rounding(y, a, b, bias, way)
        np.testing.assert_array_equal(y, first.setdefault(level, y), err_msg=way)


def test_a_batch_is_one_product():
    rng = np.random.default_rng(0)
    a, b, bias = rng.standard_normal((5, 6, 7)), rng.standard_normal((7, 8)), rng.standard_normal(8)
    for one in (a, a.transpose(1, 0, 2), a[:0]):
        np.testing.assert_allclose(product(one, b, bias), np.matmul(one, b) + bias, rtol=1e-13, atol=1e-13)


def test_what_it_is_not_made_for_is_left_to_numpy():
    a, b, bias = np.ones((8, 9)), np.ones((9, 10)), np.ones(10)
    assert native.product(a, b, bias) is not None
    for dtype in (np.float16, np.int64, bool, np.complex128):
        assert native.product(a.astype(dtype), b.astype(dtype)) is None
    assert native.product(a.astype(np.float32), b) is None
    assert native.product(a, b, bias.astype(np.float32)) is None
    assert native.product(a, b, bias[:1]) is None
    assert native.product(a, b[:8]) is None
    assert native.product(a[None], b) is None
    assert native.product(a[:0], b) is None
    assert native.product(a[:, :0], b[:0]) is None
    assert native.product(a.tolist(), b) is None
    assert native.product(2.0, b) is None
    assert native.product(np.ma.masked_array(a), b) is None
    with pytest.raises(TypeError):
        native.product(a)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_operations_keep_their_dtypes_and_shapes(dtype):
    x, w, b = np.ones((4, 20, 30), dtype), np.ones((40, 30), dtype), np.ones(40, dtype)
    y = ag.linear(x, w, b)
    assert (y.shape, y.dtype) == ((4, 20, 40), dtype)
    assert (y == 31).all()
    assert ag.linear(x, w, b.astype(np.float64)).dtype == np.float64
    assert (ag.matmul(x, w.T) == 30).all()
