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


# -- rows and volumes --------------------------------------------------------------------------------


def test_rows_by_hand():
    x = ag.Tensor([[[3.0, 1, 4, 1, 5]]], requires_grad=True)
    y = ag.max_pool1d(x, 3, 2)
    np.testing.assert_array_equal(y.data, [[[4, 5]]])
    y.backward([[[1.0, 10]]])
    np.testing.assert_array_equal(x.grad, [[[0, 0, 1, 0, 10]]])
    np.testing.assert_array_equal(ag.avg_pool1d(x.data, 2, padding=1), [[[1.5, 2.5, 3]]])
    np.testing.assert_array_equal(ag.avg_pool1d(x.data, 2, padding=1, count_include_pad=False), [[[3, 2.5, 3]]])
    np.testing.assert_array_equal(ag.avg_pool1d(x.data[0], 2, divisor_override=1), [[4, 5]])


def test_volumes_by_hand():
    x = np.zeros((1, 4, 4, 4))
    x[0, 3, 2, 1] = 7
    leaf = ag.Tensor(x, requires_grad=True)
    y, winners = ag.max_pool3d.with_auxiliaries(leaf, 2)
    assert y.data[0, 1, 1, 0] == 7 and y.data.sum() == 7
    # of the window's positions, plane by plane and row by row: plane 1, row 0, column 1; elsewhere the first
    assert winners[0, 1, 1, 0] == 5 and winners.sum() == 5
    y.backward(np.full(y.shape, 2.0))
    assert leaf.grad[0, 3, 2, 1] == 2 and leaf.grad.sum() == 16
    np.testing.assert_array_equal(ag.avg_pool3d(x, 2)[0, :, :, 0], [[0, 0], [0, 7 / 8]])


def test_a_volume_of_depth_one_is_a_picture():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, (2, 3, 7, 6)).astype(float)
    for pool in ("max_pool", "avg_pool"):
        expected = getattr(ag, f"{pool}2d")(x, 3, 2, 1, ceil_mode=True)
        np.testing.assert_allclose(
            getattr(ag, f"{pool}3d")(x[:, :, None], (1, 3, 3), (1, 2, 2), (0, 1, 1), ceil_mode=True)[:, :, 0], expected
        )


def test_nan_wins_in_rows_and_volumes_and_takes_the_gradient():
    for rank in (1, 3):
        x = np.ones((1, *(2, 2, 2)[:rank]))
        x[(0, *(1, 1, 0)[:rank])] = np.nan
        leaf = ag.Tensor(x, requires_grad=True)
        y = getattr(ag, f"max_pool{rank}d")(leaf, 2)
        assert np.isnan(y.data).all()
        y.backward(np.full(y.shape, 5.0))
        np.testing.assert_array_equal(leaf.grad, np.where(np.isnan(x), 5, 0))


@pytest.mark.parametrize("rank", [1, 3])
@pytest.mark.parametrize("pool", ["max_pool", "avg_pool"])
def test_any_layout_of_any_rank_gives_the_same(pool, rank):
    x = np.random.default_rng(0).standard_normal((2, 3, *(6, 5, 4)[:rank]))
    pool = getattr(ag, f"{pool}{rank}d")
    y = pool(x, 3, 2, 1)
    np.testing.assert_array_equal(pool(np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1), 3, 2, 1), y)
    np.testing.assert_array_equal(pool(x[0], 3, 2, 1), y[0])
    assert np.moveaxis(y, 1, -1).flags.c_contiguous


@pytest.mark.parametrize("pool", ["max_pool", "avg_pool"])
def test_refusals_of_rows_and_volumes(pool):
    row, volume = getattr(ag, f"{pool}1d"), getattr(ag, f"{pool}3d")
    for call, said in [
        (lambda: row(NINE, 2), r"the axes \(N, C, L\) or \(C, L\)\n  axes of x: 4"),
        (lambda: row(NINE[0], (2, 2)), r"kernel_size must be an int or a tuple \(along,\), not \(2, 2\)"),
        (lambda: volume(NINE[0], 2), r"\(N, C, D, H, W\) or \(C, D, H, W\)\n  axes of x: 3"),
        (lambda: volume(NINE, 2, (1, 2)), r"stride must be an int or a triple \(depth, vertical, horizontal\)"),
        (lambda: volume(NINE, (1, 4, 1)), r"padded image: \(1, 3, 3\)\n  kernel with dilation: \(1, 4, 1\)"),
        (lambda: volume(NINE, 1, 1, 1), r"padding: \(1, 1, 1\)\n  kernel_size: \(1, 1, 1\)"),
    ]:
        with pytest.raises(ValueError, match=said):
            call()


@pytest.mark.parametrize("divisor", [0, 1.5, "2"])
def test_a_divisor_is_an_int_other_than_0(divisor):
    with pytest.raises(ValueError, match=r"avg_pool2d: divisor_override must be an int other than 0, or None, not"):
        ag.avg_pool2d(NINE, 2, divisor_override=divisor)
    np.testing.assert_array_equal(ag.avg_pool2d(NINE, 2, divisor_override=-2), [[[[-6]]]])


def test_float16_is_averaged_in_float32():
    x = ag.Tensor(np.full((1, 1, 40, 40), 50, np.float16), requires_grad=True)
    y = ag.avg_pool2d(x, 40)  # the sum is beyond what float16 can hold
    assert y.dtype == np.float16 and y.data.item() == 50
    y.backward(np.ones(y.shape, np.float16))
    np.testing.assert_array_equal(x.grad, np.full(x.shape, np.float32(1) / 1600, np.float16))


@pytest.mark.parametrize("stride", [1, 4])
def test_a_window_whose_gaps_reach_over_the_image_is_refused(stride):
    """Of padding alone there is no maximum."""
    with pytest.raises(ValueError, match=r"sees padding alone[\s\S]*dilation: \(4,\)"):
        ag.max_pool1d(np.ones((1, 1, 3)), 2, stride, padding=1, dilation=4)
    y = ag.max_pool1d(np.array([[[1.0, 2.0, 3.0, 4.0]]]), 2, 1, padding=1, dilation=4)
    assert y.tolist() == [[[4.0, 1.0]]]
