"""Reductions, running sums and softmax, beyond what the law tests hold: ties, zeros, NaN, emptiness, size, errors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import autograd as ag
from autograd.kernels import reductions as kernels
from autograd.ops.reduction import cumsum_reversed, expand_reduced

REDUCTIONS = [ag.sum, ag.mean, ag.var, ag.std, ag.prod, ag.max, ag.min, ag.amax, ag.amin, ag.logsumexp, ag.norm]
every_reduction = pytest.mark.parametrize("f", REDUCTIONS, ids=lambda f: f.__name__)


def numbers(*shape):
    return np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape)


def gradient(f, values, *args, **kwargs):
    x = ag.Tensor(values, requires_grad=True)
    y = f(x, *args, **kwargs)
    return ag.gradients(y, x, gradient=np.ones(y.shape, y.dtype))


# -- axes --------------------------------------------------------------------------------------


@every_reduction
@pytest.mark.parametrize("axis", [2, -3, (0, 2)])
def test_an_axis_that_is_not_there(f, axis):
    with pytest.raises(
        ValueError, match=rf"{f.__name__}: axis -?\d is out of bounds .*\n  x: shape \(2, 3\), float64\n  axis: "
    ):
        f(np.ones((2, 3)), axis=axis)


@every_reduction
def test_an_axis_given_twice(f):
    with pytest.raises(ValueError, match=f"{f.__name__}: .*(duplicate|repeated)"):
        f(np.ones((2, 3)), axis=(1, -1))


@every_reduction
def test_no_axes_at_all_to_reduce(f):
    """axis=() reduces nothing: each entry is on its own."""
    x = numbers(2, 3)
    assert f(x, axis=()).shape == (2, 3)
    assert gradient(f, x, axis=()).shape == (2, 3)


@pytest.mark.parametrize(
    "f", [ag.sum, ag.prod, ag.max, ag.min, ag.amax, ag.amin, ag.logsumexp], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("axis", [0, -1])
def test_a_number_has_an_axis_as_in_numpy(f, axis):
    assert f(np.float64(1.5), axis=axis) == 1.5
    assert gradient(f, 1.5, axis=axis) == 1


@every_reduction
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_floats_of_fewer_bits_stay(f, dtype):
    x = ag.Tensor(numbers(3, 4), dtype=dtype, requires_grad=True)
    for kwargs in ({}, {"axis": 0}, {"axis": (0, 1), "keepdims": True}):
        y = f(x, **kwargs)
        (g,) = ag.gradients(y, [x], gradient=np.ones(y.shape, dtype), create_graph=True)
        assert (y.dtype, g.dtype) == (dtype, dtype)


@pytest.mark.parametrize("f", [ag.sum, ag.prod, ag.max, ag.min])
def test_integers_and_booleans_reduce_as_in_numpy(f):
    for x in ([[1, 2], [3, 4]], [[True, False], [True, True]]):
        expected = getattr(np, f.__name__)(x, axis=0)
        np.testing.assert_array_equal(f(np.array(x), axis=0), expected)
        assert f(np.array(x), axis=0).dtype == expected.dtype


@every_reduction
def test_lists_are_taken(f):
    assert f([1.0, 2.0, 4.0]) == pytest.approx(f(np.array([1.0, 2.0, 4.0])))


# -- sum and mean ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["rows", "columns", "channels last", "strided", "reversed", "broadcast"])
def test_large_sums_in_any_memory_layout(dtype, order):
    """Those that go through the BLAS, and those that must not."""
    x = numbers(16, 20, 6, 8).astype(dtype)
    x = {
        "rows": x,
        "columns": np.asfortranarray(x),
        "channels last": np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
        "strided": x[::2, :, ::-1, 1:],
        "reversed": x[::-1],
        "broadcast": np.broadcast_to(x[:1], x.shape),
    }[order]
    for axis in [None, 0, 1, 3, -2, (0, 1), (0, 2, 3), (2, 3), (1, 2, 3), (0, 1, 2), (3, 0), (0, 1, 2, 3), ()]:
        for keepdims in (False, True):
            y = ag.sum(x, axis=axis, keepdims=keepdims)
            expected = x.astype(np.longdouble).sum(axis=axis, keepdims=keepdims)
            assert y.shape == expected.shape and y.dtype == dtype
            np.testing.assert_allclose(
                y, expected.astype(float), rtol=1e-5, atol=1e-4 if dtype is np.float32 else 1e-10
            )


@pytest.mark.parametrize("shape", [(4096, 5), (300, 64), (4096, 1), (1, 4096), (129, 128), (127, 128), (40, 128, 3)])
def test_tall_and_wide_matrices(shape):
    x = numbers(*shape)
    for axis in range(len(shape)):
        np.testing.assert_allclose(ag.sum(x, axis=axis), x.sum(axis=axis), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        ag.internal.sum_to(x, shape[-1:]), x.reshape(-1, shape[-1]).sum(axis=0), rtol=1e-12, atol=1e-12
    )


def test_tall_sums_are_as_accurate_as_numpys():
    x = np.random.default_rng(0).normal(size=(32768, 16)).astype(np.float32)
    for axis in (0, 1):
        exact = x.astype(np.float64).sum(axis=axis)
        scale = np.abs(x.astype(np.float64)).sum(axis=axis)
        ours, numpys = (np.abs(y - exact) / scale for y in (ag.sum(x, axis=axis), np.sum(x, axis=axis)))
        assert ours.max() <= 1.5 * numpys.max()


def test_nan_and_infinity_in_tall_sums_stay_in_their_columns():
    x = np.ones((4096, 4))
    x[7, 1], x[8, 2] = np.nan, np.inf
    np.testing.assert_array_equal(ag.sum(x, axis=0), [4096, np.nan, np.inf, 4096])


def test_the_gradient_of_a_large_sum_takes_no_memory():
    g = expand_reduced(np.ones((64, 1, 1)), (64, 32, 32), axis=(1, 2), keepdims=True)
    assert g.shape == (64, 32, 32) and g.strides[1:] == (0, 0)


def test_channels_last_memory_survives_a_sums_gradient():
    x = np.ascontiguousarray(numbers(4, 16, 16, 8)).transpose(0, 3, 1, 2)
    for axis in [None, (2, 3), (0, 2, 3), 1]:
        g = expand_reduced(ag.sum(x, axis=axis), x.shape, axis=axis)
        assert (g * x).strides == x.strides


def test_sum_of_nothing_is_0_and_of_float16_does_not_matter_to_the_mean():
    assert ag.sum(np.zeros(0)) == 0
    assert ag.mean(np.full(1000, 1000.0, np.float16)) == 1000


def test_mean_of_nothing_is_nan_as_in_numpy():
    with pytest.warns(RuntimeWarning, match="invalid value|Mean of empty"):
        assert np.isnan(ag.mean(np.zeros(0)))
    x = ag.Tensor(np.zeros((0, 3)), requires_grad=True)
    with pytest.warns(RuntimeWarning):
        ag.mean(x).backward()
    assert x.grad.shape == (0, 3)


def test_sum_to_refuses_what_does_not_broadcast():
    with pytest.raises(ValueError, match=r"sum_to: the shape \(2, 3\) is not one that \(2,\) broadcasts to"):
        ag.internal.sum_to(np.zeros((2, 3)), (2,))


@settings(deadline=None)
@given(array_shapes(max_dims=4, max_side=4, min_side=0), st.data())
def test_sums_over_any_axes_give_their_gradient_back(shape, data):
    axes = data.draw(st.sets(st.integers(0, len(shape) - 1)))
    keepdims = data.draw(st.booleans())
    g = gradient(ag.sum, np.zeros(shape), axis=tuple(axes), keepdims=keepdims)
    np.testing.assert_array_equal(g, np.ones(shape))


# -- var and std -------------------------------------------------------------------------------


@pytest.mark.parametrize("ddof", [0, 1, 0.5])
@pytest.mark.parametrize("axis", [None, 1])
def test_ddof(ddof, axis):
    x = numbers(3, 5)
    np.testing.assert_allclose(ag.var(x, axis, ddof), np.var(x, axis, ddof=ddof))
    np.testing.assert_allclose(ag.std(x, axis, ddof, True), np.std(x, axis, ddof=ddof, keepdims=True))
    n = 15 if axis is None else 5
    expected = 2 * (x - x.mean(axis, keepdims=True)) / (n - ddof)
    np.testing.assert_allclose(gradient(ag.var, x, axis, ddof), expected, atol=1e-15)


def test_the_deviation_of_equal_entries_has_gradient_0():
    np.testing.assert_array_equal(gradient(ag.std, np.full((2, 3), 0.5), axis=1), np.zeros((2, 3)))
    x = ag.Tensor(np.array([[0.5, 0.5], [1.0, 3.0]]), requires_grad=True)
    (g,) = ag.gradients(ag.std(x, axis=1), [x], gradient=np.ones(2), create_graph=True)
    second = ag.gradients(g, x, gradient=np.ones((2, 2)))
    assert np.isnan(second[0]).all() and np.isfinite(second[1]).all()  # it has no derivative there, let alone two


def test_too_few_entries_for_ddof_warn_as_in_numpy():
    x = ag.Tensor([1.0], requires_grad=True)
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"), pytest.warns(RuntimeWarning, match="invalid value"):
        y = ag.var(x, ddof=1)
    y.backward()
    assert np.isnan(y.data) and np.isnan(x.grad).all()


# -- prod --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        [2.0, 3.0, 5.0],
        [2.0, 0.0, 5.0, 3.0],
        [0.0, 3.0, 0.0, 2.0],
        [0.0, 0.0, 0.0],
        [0.0, 0.0, 2.0, 0.0, 3.0],
        [0.0],
        [4.0],
    ],
)
def test_prod_with_zeros_to_the_third_order(values):
    """The derivative by distinct entries is the product of the others; by one entry twice, 0."""
    n = len(values)
    x = ag.Tensor(values, requires_grad=True)
    (first,) = ag.gradients(ag.prod(x), [x], create_graph=True)

    def others(*without):
        if len(set(without)) < len(without):
            return 0.0
        return math.prod(v for i, v in enumerate(values) if i not in without)

    np.testing.assert_array_equal(first.data, [others(i) for i in range(n)])
    for i in range(n) if n > 1 else ():
        (second,) = ag.gradients(first[i], [x], create_graph=True)
        np.testing.assert_array_equal(second.data, [others(i, j) for j in range(n)])
        for j in range(n):
            if not second[j].requires_grad or n < 3:
                continue
            third = ag.gradients(second[j], x, retain_graph=True)
            np.testing.assert_array_equal(third, [others(i, j, k) for k in range(n)])


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 9, 16])
def test_the_product_by_pairs_of_any_number_of_entries(n):
    x = ag.Tensor(np.linspace(0.5, 1.5, 2 * n).reshape(2, n), requires_grad=True)
    seed = np.array([1.0, 2.0])
    by_pairs = ag.gradients(ag.prod(x, axis=1), x, gradient=seed, create_graph=True)
    one_out = np.array([[np.delete(row, i).prod() for i in range(n)] for row in x.data])
    np.testing.assert_allclose(by_pairs.data, seed[:, None] * one_out)
    np.testing.assert_allclose(by_pairs.data, ag.gradients(ag.prod(x, axis=1), x, gradient=seed))


def test_prod_neither_overflows_nor_divides():
    np.testing.assert_array_equal(gradient(ag.prod, [1e-200, 1e-200, 1e300]), [1e100, 1e100, 0])


def test_prod_keeps_nan_where_it_belongs():
    np.testing.assert_array_equal(gradient(ag.prod, [np.nan, 2.0, 3.0]), [6, np.nan, np.nan])


# -- cumsum ------------------------------------------------------------------------------------


def test_cumsum_flattens_without_an_axis():
    x = numbers(2, 3)
    np.testing.assert_array_equal(ag.cumsum(x), np.cumsum(x))
    t = ag.Tensor(x, requires_grad=True)
    ag.cumsum(t).backward(np.arange(6.0))
    np.testing.assert_array_equal(t.grad, [[15, 15, 14], [12, 9, 5]])


@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_the_two_running_sums_are_transposes(axis):
    x = numbers(3, 4)
    y = ag.cumsum(x, axis)
    w = numbers(*y.shape) + 1
    back = cumsum_reversed(w, x.shape if axis is None else None, axis)
    assert np.vdot(y, w) == pytest.approx(np.vdot(x, back))


def test_cumsum_of_an_axis_that_is_not_there():
    with pytest.raises(ValueError, match=r"cumsum: axis 2 is out of bounds"):
        ag.cumsum(np.ones((2, 3)), axis=2)


# -- extrema -----------------------------------------------------------------------------------

TIED = np.array([[1.0, 3.0, 3.0], [3.0, 0.0, 3.0]])
SIGNS = [(ag.max, ag.amax, 1), (ag.min, ag.amin, -1)]
either = pytest.mark.parametrize(("f", "shared", "sign"), SIGNS, ids=["max", "min"])


@either
def test_along_one_axis_the_first_takes_all(f, shared, sign):
    np.testing.assert_array_equal(gradient(f, sign * TIED, axis=1), [[0, 1, 0], [1, 0, 0]])
    np.testing.assert_array_equal(gradient(f, sign * TIED, axis=-2, keepdims=True), [[0, 1, 1], [1, 0, 0]])
    np.testing.assert_array_equal(gradient(f, sign * TIED, axis=np.int64(1)), [[0, 1, 0], [1, 0, 0]])


@either
def test_along_none_or_several_axes_all_share(f, shared, sign):
    quarter = np.where(TIED == 3, 0.25, 0)
    for axis in (None, (0, 1), (-1, 0)):
        np.testing.assert_array_equal(gradient(f, sign * TIED, axis=axis), quarter)
        np.testing.assert_array_equal(gradient(f, sign * TIED, axis=axis, keepdims=True), quarter)
    np.testing.assert_array_equal(gradient(f, sign * TIED, axis=(1,)), [[0, 0.5, 0.5], [0.5, 0, 0.5]])


@either
def test_amax_and_amin_always_share(f, shared, sign):
    np.testing.assert_array_equal(gradient(shared, sign * TIED, axis=1), [[0, 0.5, 0.5], [0.5, 0, 0.5]])
    np.testing.assert_array_equal(gradient(shared, sign * TIED), np.where(TIED == 3, 0.25, 0))


@either
def test_the_extremum_of_nan_is_nan_and_the_gradient_goes_there(f, shared, sign):
    x = np.array([2.0, np.nan, 1.0, np.nan])
    for g in (f, shared):
        assert np.isnan(g(x)) and np.isnan(g(x, axis=0))
    np.testing.assert_array_equal(gradient(f, x, axis=0), [0, 1, 0, 0])
    for g in (gradient(f, x), gradient(shared, x, axis=0)):
        np.testing.assert_array_equal(g, [0, 0.5, 0, 0.5])


@either
def test_a_gradient_that_is_infinite_stays_in_its_place(f, shared, sign):
    x = ag.Tensor(sign * TIED, requires_grad=True)
    f(x, axis=1).backward([np.inf, 1.0])
    np.testing.assert_array_equal(x.grad, [[0, np.inf, 0], [1, 0, 0]])


@either
def test_of_nothing_there_is_no_extremum(f, shared, sign):
    for g in (f, shared):
        with pytest.raises(ValueError, match=rf"{g.__name__}: (zero-size array|attempt to get arg)"):
            g(np.zeros((0, 3)), axis=0)
        assert g(np.zeros((0, 3)), axis=1).shape == (0,)


def test_the_positions_are_what_is_kept():
    _, at = ag.max.with_auxiliaries(TIED, axis=1)
    assert at.dtype == np.intp and at.tolist() == [[1], [0]]
    _, tied = ag.max.with_auxiliaries(TIED)
    assert tied.dtype == bool


# -- with exponentials -------------------------------------------------------------------------


def test_softmax_far_from_0():
    x = np.array([[1000.0, 1000.0, -1000.0], [-1000.0, -1000.0, -3000.0]])
    np.testing.assert_array_equal(ag.softmax(x), [[0.5, 0.5, 0], [0.5, 0.5, 0]])
    np.testing.assert_allclose(ag.log_softmax(x), [[-math.log(2), -math.log(2), -2000 - math.log(2)]] * 2)
    np.testing.assert_allclose(ag.logsumexp(x, axis=1), [1000 + math.log(2), -1000 + math.log(2)])
    for f in (ag.softmax, ag.log_softmax, lambda t: ag.logsumexp(t, axis=1)):
        assert np.isfinite(gradient(f, x)).all()


@pytest.mark.parametrize("axis", [None, (0, 1), (0, -1)])
def test_softmax_over_several_axes(axis):
    x = numbers(2, 3, 2)
    y = ag.softmax(x, axis=axis)
    np.testing.assert_allclose(y.sum(axis=axis), 1)
    np.testing.assert_allclose(ag.exp(ag.log_softmax(x, axis=axis)), y)
    ag.gradcheck(lambda t: ag.softmax(t, axis=axis), [x], order=2)
    ag.gradcheck(lambda t: ag.log_softmax(t, axis=axis), [x], order=2)


def test_softmax_leaves_out_minus_infinity():
    x = np.array([0.0, -np.inf, 0.0])
    np.testing.assert_array_equal(ag.softmax(x), [0.5, 0, 0.5])
    g = gradient(lambda t: ag.softmax(t) * np.array([1.0, 2.0, 3.0]), x)
    np.testing.assert_array_equal(g, [-0.5, 0, 0.5])


def test_logsumexp_of_infinities_and_of_nothing():
    assert ag.logsumexp(np.array([-np.inf, -np.inf])) == -np.inf
    assert ag.logsumexp(np.array([np.inf, 0.0])) == np.inf
    assert np.isnan(ag.logsumexp(np.array([np.nan, 0.0])))
    np.testing.assert_array_equal(ag.logsumexp(np.zeros((2, 0)), axis=1), [-np.inf, -np.inf])
    np.testing.assert_array_equal(gradient(ag.logsumexp, [-np.inf, 2.0]), [0, 1])


def test_softmax_of_an_axis_that_is_not_there():
    for f in (ag.softmax, ag.log_softmax):
        with pytest.raises(ValueError, match=rf"{f.__name__}: axis 2 is out of bounds"):
            f(np.ones((2, 3)), axis=2)


def test_softmax_of_one_number_and_of_integers():
    assert ag.softmax(2.0) == 1 and ag.log_softmax(2.0) == 0
    np.testing.assert_array_equal(ag.softmax(np.array([3, 3])), [0.5, 0.5])


# -- norm --------------------------------------------------------------------------------------


@pytest.mark.parametrize("ord", [None, 1, 2, np.inf])
def test_the_norm_of_0_has_gradient_0(ord):
    assert ag.norm(np.zeros(3), ord) == 0
    np.testing.assert_array_equal(gradient(ag.norm, np.zeros(3), ord), np.zeros(3))
    x = ag.Tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    (g,) = ag.gradients(ag.norm(x, ord, axis=1), [x], gradient=np.ones(2), create_graph=True)
    if g.requires_grad:
        second = ag.gradients(g, x, gradient=np.ones((2, 2)))
        if ord in (None, 2):  # it has no derivative there, let alone two
            assert np.isnan(second[0]).all() and np.isfinite(second[1]).all()
        else:
            assert not second.any()


def test_the_largest_share_the_gradient_of_the_inf_norm():
    np.testing.assert_array_equal(gradient(ag.norm, [2.0, -2.0, 1.0], np.inf), [0.5, -0.5, 0])
    np.testing.assert_array_equal(gradient(ag.norm, [2.0, np.nan, 1.0], np.inf), [0, np.nan, 0])


def test_the_1_norm_is_flat_at_0():
    np.testing.assert_array_equal(gradient(ag.norm, [0.0, -2.0, 1.0], 1), [0, -1, 1])


def test_without_an_order_all_entries_count():
    x = numbers(2, 3, 4)
    assert ag.norm(x) == pytest.approx(np.linalg.norm(x))
    np.testing.assert_allclose(ag.norm(x, axis=(0, 2)), np.linalg.norm(x, axis=(0, 2)))


@pytest.mark.parametrize("how", [{"ord": 2}, {"ord": 1, "axis": (0, 1)}, {"ord": np.inf, "axis": ()}])
def test_matrix_norms_are_refused(how):
    with pytest.raises(ValueError, match=r"norm: .*matrix norm.*\n  use ord=None"):
        ag.norm(np.ones((2, 3)), **how)


def test_an_order_that_is_not_there():
    with pytest.raises(
        ValueError, match=r"norm: no such norm here; the orders are None \(or 2\), 1 and inf\n(.*\n)*  ord: 3"
    ):
        ag.norm(np.ones(3), 3)


# -- kernels -----------------------------------------------------------------------------------


@settings(deadline=None)
@given(array_shapes(max_dims=3, max_side=4), st.data())
def test_products_of_others_by_hand(shape, data):
    axes = tuple(sorted(data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1))))
    x = np.round(3 * numbers(*shape))  # with some zeros
    expected = np.empty(shape)
    for at in np.ndindex(shape):
        one = x.copy()
        one[at] = 1
        line = tuple(slice(None) if i in axes else j for i, j in enumerate(at))
        expected[at] = one[line].prod()
    np.testing.assert_array_equal(kernels.products_of_others(x, axes), expected)
