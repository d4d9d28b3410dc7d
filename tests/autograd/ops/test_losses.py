"""The losses on numbers by hand, at extremes, and with targets that are wrong."""

import numpy as np
import pytest

import autograd as ag

SCORES = np.array([[0.0, np.log(3.0)], [np.log(3.0), 0.0]])  # probabilities ¼, ¾ and ¾, ¼


def test_cross_entropy_by_hand():
    x = ag.Tensor(SCORES, requires_grad=True)
    loss = ag.cross_entropy(x, [0, 0])
    assert float(loss) == pytest.approx((np.log(4) + np.log(4 / 3)) / 2)
    loss.backward()
    np.testing.assert_allclose(x.grad, [[-0.375, 0.375], [-0.125, 0.125]])
    np.testing.assert_allclose(ag.cross_entropy(SCORES, [0, 0], reduction="none"), np.log([4, 4 / 3]))
    assert ag.cross_entropy(SCORES, [0, 0], reduction="sum") == pytest.approx(np.log(16 / 3))


def test_cross_entropy_is_log_softmax_and_nll_loss():
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    target = np.random.default_rng(1).integers(0, 3, (2, 4))
    weight = np.array([1.0, 0.5, 2.0])
    log_probs = x - np.log(np.exp(x).sum(1, keepdims=True))
    for reduction in ("mean", "sum", "none"):
        np.testing.assert_allclose(
            ag.cross_entropy(x, target, weight, reduction), ag.nll_loss(log_probs, target, weight, reduction)
        )


def test_ignored_targets_count_nothing():
    x = ag.Tensor(SCORES, requires_grad=True)
    loss = ag.cross_entropy(x, [0, -100])
    assert float(loss) == pytest.approx(np.log(4))
    loss.backward()
    np.testing.assert_array_equal(x.grad[1], [0, 0])
    np.testing.assert_array_equal(ag.cross_entropy(SCORES, [0, 1], reduction="none", ignore_index=1)[1], 0)


def test_probabilities_as_targets_agree_with_class_numbers():
    one_hot = np.eye(2)[[1, 0]]
    assert ag.cross_entropy(SCORES, one_hot) == pytest.approx(float(ag.cross_entropy(SCORES, [1, 0])))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_scores(dtype):
    x = ag.Tensor([[1000, -1000, 999], [-1000, 1000, -1000]], dtype=dtype, requires_grad=True)
    loss = ag.cross_entropy(x, [0, 0], reduction="none")
    np.testing.assert_allclose(loss.data, [np.log1p(np.exp(-1)), 2000], rtol=1e-6)
    loss.backward(np.ones(2))
    np.testing.assert_allclose(x.grad, [[-0.26894142, 0, 0.26894142], [-1, 1, 0]], rtol=1e-6)
    z = ag.Tensor([1000, -1000, 1000, -1000], dtype=dtype, requires_grad=True)
    loss = ag.binary_cross_entropy_with_logits(z, np.array([1, 0, 0, 1], dtype), reduction="none")
    np.testing.assert_array_equal(loss.data, [0, 0, 1000, 1000])
    loss.backward(np.ones(4))
    np.testing.assert_array_equal(z.grad, [0, 0, 1, -1])


@pytest.mark.parametrize("loss", [ag.mse, ag.l1, ag.binary_cross_entropy_with_logits])
def test_float32_stays_also_against_python_numbers(loss):
    x = ag.Tensor(np.array([0.5, 2.0]), dtype=np.float32, requires_grad=True)
    value = loss(x, 1.0)
    assert type(value.data) is np.float32
    value.backward()
    assert x.grad.dtype == np.float32
    assert type(ag.cross_entropy(x, 1).data) is np.float32


def test_differences_by_hand():
    x, t = np.array([1.0, 2.0, 4.0]), np.array([1.0, 4.0, 1.0])
    assert ag.mse(x, t) == pytest.approx(13 / 3)
    assert ag.l1(x, t, reduction="sum") == 5
    x = ag.Tensor(x, requires_grad=True)
    ag.l1(x, t, reduction="sum").backward()
    np.testing.assert_array_equal(x.grad, [0, -1, 1])


def test_binary_cross_entropy_by_hand():
    z = np.array([0.0, np.log(3.0)])
    np.testing.assert_allclose(
        ag.binary_cross_entropy_with_logits(z, np.array([1.0, 0.0]), reduction="none"), np.log([2, 4])
    )


@pytest.mark.parametrize("loss", [ag.cross_entropy, ag.nll_loss])
@pytest.mark.parametrize(
    ("scores", "target", "error", "said"),
    [
        ((3, 4), [0, 4, 9], ValueError, ["a target class is out of range", "classes: 0 to 3", "target[1]: 4"]),
        ((2, 4), [0, -1], ValueError, ["target[1]: -1"]),
        ((1, 2, 2, 2), [[[0, 1], [2, 1]]], ValueError, ["classes: 0 to 1", "target[0, 1, 0]: 2"]),
        ((2, 4), [0.0, 1.0], TypeError, ["class numbers must be integers, not float64"]),
        ((2, 4), [True, False], TypeError, ["class numbers must be integers, not bool"]),
        ((2, 4), [0, 1, 2], ValueError, ["scores: (2, 4)", "target: (3,)", "class numbers would have: (2,)"]),
        ((), 0, ValueError, ["the scores must have the axes"]),
    ],
)
def test_classes_refused(loss, scores, target, error, said):
    with pytest.raises(error) as caught:
        loss(np.zeros(scores), np.array(target))
    for text in (f"{loss.__name__}: ", *said):
        assert text in str(caught.value)


def test_other_refusals():
    with pytest.raises(ValueError, match=r"mse: .* the same shape.*\n  input: \(3, 1\)\n  target: \(3,\)"):
        ag.mse(np.zeros((3, 1)), np.zeros(3))
    with pytest.raises(ValueError, match='reduction must be "mean", "sum" or "none", not \'average\''):
        ag.l1(np.zeros(3), np.zeros(3), "average")
    with pytest.raises(ValueError, match=r"classes: 2\n  shape of the weight: \(3,\)"):
        ag.cross_entropy(SCORES, [0, 1], np.ones(3))
    with pytest.raises(ValueError, match=r"label_smoothing must be in \[0, 1\], not 2"):
        ag.cross_entropy(SCORES, [0, 1], label_smoothing=2)
    with pytest.raises(TypeError, match="nll_loss takes class numbers"):
        ag.nll_loss(SCORES, np.eye(2))
    with pytest.raises(ValueError, match=r"there are no classes\n  scores: \(2, 0\)"):
        ag.cross_entropy(np.zeros((2, 0)), [0, 0])
