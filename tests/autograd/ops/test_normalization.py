"""Batch norm's statistics and modes, and dropout's masks."""

import numpy as np
import pytest

import autograd as ag


@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 5), (2, 3, 4, 5)])
def test_each_channel_gets_mean_0_and_variance_1(shape):
    x = np.random.default_rng(0).standard_normal(shape) * 5 + 2
    y, mean, var = ag.batch_norm.with_auxiliaries(x, eps=0.0)
    axes = tuple(i for i in range(x.ndim) if i != 1)
    np.testing.assert_allclose(mean, x.mean(axes))
    np.testing.assert_allclose(var, x.var(axes))
    np.testing.assert_allclose(y.mean(axes), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axes), 1)


def test_given_statistics_make_it_an_affine_map():
    x = ag.Tensor(np.ones((1, 2, 2, 2)), requires_grad=True)
    weight, bias, mean, var = np.array([[2.0, 3.0], [0.5, 0.0], [0.0, 1.0], [4.0, 9.0]])
    y = ag.batch_norm(x, weight, bias, mean, var, eps=0.0)
    np.testing.assert_allclose(y.data[0, :, 0, 0], [1.5, 0])
    y.backward(np.ones(y.shape))
    np.testing.assert_allclose(x.grad[0, :, 1, 1], [1, 1])


def test_a_shift_of_the_batch_changes_nothing():
    x = ag.Tensor(np.random.default_rng(0).standard_normal((5, 2)), requires_grad=True)
    g = np.random.default_rng(1).standard_normal((5, 2))
    ag.batch_norm(x).backward(g)
    np.testing.assert_allclose(x.grad.sum(0), 0, atol=1e-12)
    np.testing.assert_allclose((x.grad * x.data).sum(0), 0, atol=1e-4)  # nor does a stretch, but for eps


def test_float32_far_from_zero_keeps_its_digits():
    x = np.random.default_rng(0).standard_normal((4096, 8))
    y = ag.batch_norm((x + 1000).astype(np.float32))
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, ag.batch_norm(x), atol=2e-3)


def test_layouts_agree_and_channels_last_stays():
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(ag.batch_norm(x), ag.batch_norm(last))
    assert ag.batch_norm(last).transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((np.zeros((1, 3)),), ["more than one value", "values for each channel: 1"]),
        ((np.zeros((0, 3)),), ["values for each channel: 0"]),
        ((np.zeros(3),), ["axes of x: 1"]),
        ((np.zeros((4, 3)), np.zeros(2)), ["weight must", "channels: 3", "shape of weight: (2,)"]),
        ((np.zeros((4, 3)), None, np.zeros((3, 1))), ["bias must", "shape of bias: (3, 1)"]),
        ((np.zeros((4, 3)), None, None, np.zeros(3)), ["both mean and var"]),
    ],
)
def test_batch_norm_refuses(arguments, said):
    with pytest.raises(ValueError) as caught:
        ag.batch_norm(*arguments)
    for text in ("batch_norm: ", *said):
        assert text in str(caught.value)


def test_statistics_are_constants():
    mean = ag.Tensor(np.zeros(2), requires_grad=True)
    with pytest.raises(TypeError, match="no gradient by mean"):
        ag.batch_norm(np.zeros((3, 2)), None, None, mean, np.ones(2))


def test_dropout_drops_a_share_and_scales_the_rest():
    x = ag.Tensor(np.ones(10_000), requires_grad=True)
    y, mask = ag.dropout.with_auxiliaries(x, 0.2, rng=np.random.default_rng(0))
    assert mask.dtype == bool
    assert abs(mask.mean() - 0.8) < 0.02
    np.testing.assert_allclose(y.data, mask * 1.25)
    y.backward(np.ones(10_000))
    np.testing.assert_allclose(x.grad, mask * 1.25)


def test_dropout_is_the_identity_in_evaluation_and_without_p():
    x = np.arange(3.0)
    assert ag.dropout(x, 0.5, training=False) is x
    y, mask = ag.dropout.with_auxiliaries(x, 0.0)
    assert y is x and mask is None


def test_dropout_draws_by_its_generator():
    x = np.ones(100, np.float32)
    np.testing.assert_array_equal(ag.dropout(x, 0.5, rng=3), ag.dropout(x, 0.5, rng=np.random.default_rng(3)))
    one = np.random.default_rng(3)
    assert not np.array_equal(ag.dropout(x, 0.5, rng=one), ag.dropout(x, 0.5, rng=one))
    assert not np.array_equal(ag.dropout(x), ag.dropout(x))
    assert ag.dropout(x).dtype == np.float32


def test_dropout_draws_from_the_common_generator():
    ag.manual_seed(0)
    first = ag.dropout(np.ones(100))
    ag.manual_seed(0)
    np.testing.assert_array_equal(ag.dropout(np.ones(100)), first)


def test_dropout_draws_the_same_for_every_layout_and_keeps_it():
    x = np.ones((2, 3, 4, 5))
    last = np.ones((2, 4, 5, 3)).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(ag.dropout(x, rng=0), ag.dropout(last, rng=0))
    assert ag.dropout(last, rng=0).transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.parametrize("p", [1.0, -0.1, float("nan")])
def test_dropout_refuses(p):
    with pytest.raises(ValueError, match=r"dropout: p, the share of entries dropped, must be in \[0, 1\)"):
        ag.dropout(np.ones(3), p)
