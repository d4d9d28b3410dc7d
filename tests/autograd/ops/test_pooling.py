"""Pooling against numbers by hand: where gradients go, what hangs over, and what is refused."""

import numpy as np
import pytest

import autograd as ag
from autograd.ops.pooling import avg_pool2d_spread, max_pool2d_gather, max_pool2d_scatter

NINE = np.arange(1.0, 10).reshape(1, 1, 3, 3)


def test_nine_numbers():
    np.testing.assert_array_equal(ag.max_pool2d(NINE, 2, 2), [[[[5]]]])
    np.testing.assert_array_equal(ag.max_pool2d(NINE, 2, 2, ceil_mode=True), [[[[5, 6], [8, 9]]]])
    np.testing.assert_array_equal(ag.avg_pool2d(NINE, 2, 2), [[[[3]]]])
    np.testing.assert_array_equal(ag.avg_pool2d(NINE, 2, 2, ceil_mode=True), [[[[3, 4.5], [7.5, 9]]]])
    np.testing.assert_array_equal(ag.max_pool2d(NINE[0], 2, 1), [[[5, 6], [8, 9]]])


def test_a_gradient_goes_to_the_maximum_alone():
    x = ag.Tensor(NINE, requires_grad=True)
    ag.max_pool2d(x, 2, 1).backward([[[[1.0, 2], [3, 4]]]])
    np.testing.assert_array_equal(x.grad, [[[[0, 0, 0], [0, 1, 2], [0, 3, 4]]]])


def test_overlapping_windows_add_up():
    x = ag.Tensor([[[0.0, 0, 0], [0, 7, 0], [0, 0, 0]]], requires_grad=True)
    ag.max_pool2d(x, 2, 1).backward([[[1.0, 2], [3, 4]]])
    np.testing.assert_array_equal(x.grad, [[[0, 0, 0], [0, 10, 0], [0, 0, 0]]])


def test_ties_go_to_the_first_row_by_row():
    x = ag.Tensor(np.full((1, 1, 4, 4), 3.0), requires_grad=True)
    y, winners = ag.max_pool2d.with_auxiliaries(x, 2)
    y.backward(np.ones(y.shape))
    np.testing.assert_array_equal(x.grad[0, 0], [[1, 0, 1, 0], [0] * 4, [1, 0, 1, 0], [0] * 4])
    assert not winners.any()
    # the second row's first wins over the first row's second only if it is larger
    x = np.array([[[1.0, 2.0], [2.0, 0.0]]])
    assert ag.max_pool2d.with_auxiliaries(x, 2)[1] == 1


def test_nan_wins_and_takes_the_gradient():
    x = ag.Tensor([[[1.0, 2.0], [np.nan, 3.0]]], requires_grad=True)
    y = ag.max_pool2d(x, 2)
    assert np.isnan(y.data).all()
    y.backward([[[5.0]]])
    np.testing.assert_array_equal(x.grad, [[[0, 0], [5, 0]]])


def test_padding_is_no_candidate():
    x = ag.Tensor(np.full((1, 3, 3), -np.inf), requires_grad=True)
    y = ag.max_pool2d(x, 3, 2, padding=1)
    np.testing.assert_array_equal(y.data, np.full((1, 2, 2), -np.inf))
    y.backward(np.ones((1, 2, 2)))
    assert x.grad.sum() == 4
    np.testing.assert_array_equal(ag.max_pool2d(-NINE, 3, 2, 1), [[[[-1, -2], [-4, -5]]]])
    np.testing.assert_array_equal(ag.max_pool2d(-NINE.astype(np.int64), 3, 2, 1), [[[[-1, -2], [-4, -5]]]])


def test_average_counts_padding_or_not_but_never_the_overhang():
    x = np.ones((1, 4, 4))
    # windows start at −1, 1 and 3; the last reaches one pixel past the padding
    counted = ag.avg_pool2d(x, 3, 2, 1, ceil_mode=True)
    np.testing.assert_allclose(counted[0], np.outer([2 / 3, 1, 1 / 2], [2 / 3, 1, 1 / 2]))
    np.testing.assert_allclose(ag.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False), np.ones((1, 3, 3)))


def test_a_last_window_in_the_right_padding_is_dropped():
    assert ag.max_pool2d(np.zeros((1, 5, 5)), 2, 2, 1, ceil_mode=True).shape == (1, 3, 3)
    assert ag.max_pool2d(np.zeros((1, 4, 4)), 2, 3, 1, ceil_mode=True).shape == (1, 2, 2)
    assert ag.max_pool2d(np.zeros((1, 3, 3)), 1, 3, 0, ceil_mode=True).shape == (1, 1, 1)


@pytest.mark.parametrize("pool", [ag.max_pool2d, ag.avg_pool2d])
def test_any_layout_gives_the_same_and_the_result_is_channels_last(pool):
    x = np.random.default_rng(0).standard_normal((2, 3, 6, 8))
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    for given in (x, last):
        given = ag.Tensor(given, requires_grad=True)
        y = pool(given, 3, 2, 1)
        np.testing.assert_array_equal(y.data, pool(x, 3, 2, 1))
        assert y.data.transpose(0, 2, 3, 1).flags.c_contiguous
        y.backward(np.ones(y.shape))
        assert given.grad.shape == x.shape


@pytest.mark.parametrize("pool", [ag.max_pool2d, ag.avg_pool2d])
@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ((np.zeros((1, 1, 3, 3)), 4), ValueError, ["padded image: (3, 3)", "with dilation: (4, 4)"]),
        ((NINE, 2, 0), ValueError, ["stride must be at least 1, not 0"]),
        ((NINE, 0), ValueError, ["kernel_size must be at least 1, not 0"]),
        ((NINE, 2, 2, 2), ValueError, ["padding: (2, 2)", "kernel_size: (2, 2)"]),
        ((NINE, 2, 2, -1), ValueError, ["padding must be at least 0, not -1"]),
        ((NINE, 2, 2, "same"), TypeError, ["padding must be an int or a pair of ints, not 'same'"]),
        ((NINE[0, 0], 2), ValueError, ["axes of x: 2"]),
        ((np.zeros((1, 1, 0, 3)), 2), ValueError, ["no pixels: (0, 3)"]),
    ],
)
def test_refusals(pool, arguments, error, said):
    with pytest.raises(error) as caught:
        pool(*arguments)
    for text in (f"{pool.__name__}: ", *said):
        assert text in str(caught.value)


def test_the_companions_refuse_a_wrong_shape():
    with pytest.raises(ValueError, match=r"result: \(1, 1, 1\)\n  given: \(1, 2, 2\)"):
        max_pool2d_scatter(np.zeros((1, 2, 2)), np.zeros((1, 2, 2), int), (1, 3, 3), 2)
    with pytest.raises(ValueError, match=r"result: \(1, 1, 1\)\n  given: \(1, 2, 2\)"):
        max_pool2d_gather(np.zeros((1, 3, 3)), np.zeros((1, 2, 2), int), 2)
    with pytest.raises(ValueError, match=r"result: \(1, 1, 1\)\n  given: \(1, 2, 2\)"):
        avg_pool2d_spread(np.zeros((1, 2, 2)), (1, 3, 3), 2)


def test_winners_are_pytorchs_indices():
    torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    x = np.random.default_rng(0).integers(0, 4, (2, 3, 7, 8)).astype(np.float64)
    y, winners = ag.max_pool2d.with_auxiliaries(x, (3, 2), 2, (1, 0), ceil_mode=True)
    expected, indices = torch.nn.functional.max_pool2d(
        torch.tensor(x), (3, 2), 2, (1, 0), ceil_mode=True, return_indices=True
    )
    np.testing.assert_array_equal(y, expected.numpy())
    p, q = np.indices(y.shape[2:])
    r, s = np.divmod(winners.astype(int), 2)
    np.testing.assert_array_equal((2 * p + r - 1) * 8 + 2 * q + s, indices.numpy())
