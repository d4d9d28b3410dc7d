"""Functions of each entry, beyond what the law tests hold: ties, kinks, NaN, extreme inputs, errors."""

import math

import numpy as np
import pytest
from scipy import special

import autograd as ag

FLOATS = [np.float16, np.float32, np.float64]


def derivative(f, *values, which=0):
    """The derivative of f by one of the values, entry by entry."""
    leaves = [ag.Tensor(v, requires_grad=True) for v in values]
    y = f(*leaves)
    return ag.gradients(y, leaves[which], gradient=np.ones(y.shape))


# -- ties and kinks ----------------------------------------------------------------------------


def test_absolute_is_flat_at_0():
    np.testing.assert_array_equal(derivative(ag.absolute, [-2.0, 0.0, 3.0]), [-1, 0, 1])


def test_abs_is_absolute():
    assert ag.abs is ag.absolute


@pytest.mark.parametrize("f", [ag.maximum, ag.minimum])
def test_equal_entries_share_the_gradient_evenly(f):
    a, b = [1.0, 2.0, 2.0], [2.0, 2.0, 1.0]
    first, second = derivative(f, a, b), derivative(f, a, b, which=1)
    assert first[1] == second[1] == 0.5
    np.testing.assert_array_equal(first + second, 1)
    np.testing.assert_array_equal(first, [0, 0.5, 1] if f is ag.maximum else [1, 0.5, 0])


def test_a_maximum_with_itself_has_the_whole_gradient():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    ag.maximum(x, x).backward([1.0, 10.0])
    np.testing.assert_array_equal(x.grad, [1, 10])


@pytest.mark.parametrize("f", [ag.maximum, ag.minimum])
def test_nan_wins_and_both_inputs_feel_it(f):
    a, b = [np.nan, 1.0], [1.0, np.nan]
    assert np.isnan(f(np.array(a), np.array(b))).all()
    for which in (0, 1):
        np.testing.assert_array_equal(derivative(f, a, b, which=which), [1, 1])


def test_the_angle_of_the_origin_has_gradient_0():
    assert derivative(ag.arctan2, 0.0, 0.0) == derivative(ag.arctan2, 0.0, 0.0, which=1) == 0


def test_sqrt_is_infinitely_steep_at_0():
    assert derivative(ag.sqrt, 0.0) == np.inf


# -- clip --------------------------------------------------------------------------------------


def test_clip_gives_the_gradient_to_what_decides():
    x, low, high = [0.0, 1.0, 2.0, 3.0, 4.0], np.full(5, 1.0), np.full(5, 3.0)
    np.testing.assert_array_equal(derivative(ag.clip, x, low, high), [0, 1, 1, 1, 0])
    np.testing.assert_array_equal(derivative(ag.clip, x, low, high, which=1), [1, 0, 0, 0, 0])
    np.testing.assert_array_equal(derivative(ag.clip, x, low, high, which=2), [0, 0, 0, 0, 1])


def test_crossed_bounds_give_the_upper_one():
    values = [0.0, 2.0, 4.0], np.full(3, 3.0), np.full(3, 1.0)
    np.testing.assert_array_equal(ag.clip(*map(np.asarray, values)), [1, 1, 1])
    for which, expected in enumerate([0, 0, 1]):
        np.testing.assert_array_equal(derivative(ag.clip, *values, which=which), np.full(3, expected))


def test_clip_with_one_bound():
    x = ag.Tensor([-1.0, 0.5, 2.0], requires_grad=True)
    ag.clip(x, a_max=1.0).backward([1.0, 1.0, 1.0])
    np.testing.assert_array_equal(x.grad, [1, 1, 0])
    np.testing.assert_array_equal(ag.clip(x, 0.0).data, [0, 0.5, 2])


def test_clip_keeps_nan_and_gives_it_no_gradient():
    assert np.isnan(ag.clip(np.array([np.nan]), 0.0, 1.0)).all()
    np.testing.assert_array_equal(derivative(lambda x: ag.clip(x, 0.0, 1.0), [np.nan]), [0])


def test_clip_without_a_bound_says_what_is_missing():
    with pytest.raises(
        ValueError, match=r"clip: no bound is given; name a_min, a_max or both\n  x: shape \(2,\), float64"
    ):
        ag.clip(np.zeros(2))


def test_shapes_that_do_not_broadcast_are_listed():
    with pytest.raises(
        ValueError, match=r"maximum: .*\n  a: shape \(2,\), float64\n  b: shape \(3,\), float64\n  shapes broadcast"
    ):
        ag.maximum(np.zeros(2), ag.Tensor(np.zeros(3)))


# -- where -------------------------------------------------------------------------------------


def test_where_shields_the_branch_not_taken():
    x = ag.Tensor([0.0, 4.0], requires_grad=True)
    safe = ag.where(x > 0, x, 1.0)
    ag.where(x > 0, ag.sqrt(safe), 0.0).backward([1.0, 1.0])
    np.testing.assert_array_equal(x.grad, [0, 0.25])


def test_where_gives_exactly_0_to_the_branch_not_taken():
    a, b = (ag.Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    ag.where(np.array([True, False]), a, b).backward([np.inf, np.nan])
    np.testing.assert_array_equal(a.grad, [np.inf, 0])
    np.testing.assert_array_equal(b.grad, [0, np.nan])


# -- accuracy ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-15), (np.float32, 4e-7), (np.float16, 1e-3)])
def test_erf_is_right_to_a_few_units_in_the_last_place(dtype, tolerance):
    x = np.concatenate([np.linspace(-7, 7, 50_001), np.linspace(-0.6, 0.6, 20_001), np.logspace(-4, 4, 999)]).astype(
        dtype
    )
    expected = special.erf(x.astype(np.float64))
    y = ag.erf(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y.astype(np.float64), expected, rtol=tolerance, atol=0)


def test_erf_of_the_smallest_and_the_largest():
    x = np.array([5e-324, 1e-308, 1e-20, 0.0, -0.0, 1e300, np.inf, -np.inf, np.nan])
    np.testing.assert_allclose(ag.erf(x), special.erf(x), rtol=1e-15, atol=5e-324)
    assert np.signbit(ag.erf(x)[4])


def test_erf_of_one_number_is_that_of_an_array():
    x = np.linspace(-3, 3, 61)
    np.testing.assert_allclose([ag.erf(one) for one in x], ag.erf(x), rtol=1e-15)
    assert type(ag.erf(np.float32(0.5))) is np.float32


def test_erf_of_any_memory_layout():
    x = np.cos(np.arange(2.0 * 3 * 4 * 5)).reshape(2, 3, 4, 5)
    for view in (
        x.transpose(0, 3, 1, 2),
        x[:, ::-1, ::2],
        np.asfortranarray(x),
        np.broadcast_to(x[:1], (3, 3, 4, 5)),
        x[:0],
    ):
        np.testing.assert_allclose(ag.erf(view), special.erf(view), rtol=1e-15)


def test_erf_of_more_than_one_block():
    x = np.linspace(-4, 4, 100_003)
    np.testing.assert_allclose(ag.erf(x), special.erf(x), rtol=1e-15, atol=1e-18)


@pytest.mark.parametrize(
    ("f", "near", "expected"),
    [
        (ag.arcsin, 1 - 1e-12, 1 / math.sqrt(1e-12 * (2 - 1e-12))),
        (ag.arccosh, 1 + 1e-12, 1 / math.sqrt(1e-12 * (2 + 1e-12))),
        (ag.arctanh, 1 - 1e-12, 1 / (1e-12 * (2 - 1e-12))),
        (ag.log1p, 1e-18, 1.0),
        (ag.expm1, 1e-18, 1.0),
    ],
)
def test_derivatives_where_a_plain_formula_loses_digits(f, near, expected):
    assert derivative(f, near) == pytest.approx(expected, rel=1e-4)


def test_large_inputs_do_not_overflow():
    x = np.array([-1000.0, 1000.0])
    np.testing.assert_array_equal(ag.tanh(x), [-1, 1])
    np.testing.assert_array_equal(derivative(ag.tanh, x), [0, 0])
    assert ag.logaddexp(1000.0, 1000.0) == pytest.approx(1000 + math.log(2))
    assert derivative(ag.logaddexp, 1000.0, 1000.0) == pytest.approx(0.5)
    assert ag.hypot(3e200, 4e200) == pytest.approx(5e200)
    assert derivative(ag.hypot, 3e200, 4e200) == pytest.approx(0.6)
    assert derivative(ag.hypot, 0.0, 0.0) == 0  # as for the norm


# -- dtypes and kinds of input -----------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("f", [ag.log2, ag.log10, ag.erf, lambda x: ag.maximum(x, 0.3), lambda x: ag.clip(x, 0.1, 0.4)])
def test_numbers_in_rules_do_not_widen(f, dtype):
    x = ag.Tensor(np.array([0.25, 0.5]), dtype=dtype, requires_grad=True)
    y = f(x)
    (g,) = ag.gradients(y, [x], gradient=np.ones(2, dtype), create_graph=True)
    assert (y.dtype, g.dtype) == (dtype, dtype)


def test_lists_and_integers_are_taken_as_numpy_does():
    np.testing.assert_array_equal(ag.maximum([1, 5], [3, 2]), [3, 5])
    np.testing.assert_array_equal(ag.sqrt([4, 9]), [2, 3])
    assert ag.exp(ag.Tensor(0)).item() == 1
    np.testing.assert_array_equal(ag.clip([1, 5], 2, 3), [2, 3])
    assert ag.erf([0, 1]).dtype == np.float64
