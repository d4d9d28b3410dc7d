"""Clipped gradients and parameters as one vector, as PyTorch has them."""

import numpy as np
import pytest

import autograd as ag
import nn

SHAPES = [(3, 4), (5,), ()]


@pytest.fixture
def pairs(rng, torch):
    """Ours and PyTorch's, with equal gradients; one has none."""
    made = []
    for shape in [*SHAPES, (2,)]:
        w = np.asarray(rng.normal(size=shape))
        made.append((ag.Tensor(w, requires_grad=True), torch.tensor(w, requires_grad=True)))
    for p, q in made[:-1]:
        g = np.asarray(rng.normal(size=p.shape))
        p.grad, q.grad = g, torch.tensor(g)
    return list(zip(*made, strict=True))


def assert_same(pairs):
    for p, q in zip(*pairs, strict=True):
        assert (p.grad is None) == (q.grad is None)
        if p.grad is not None:
            np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-12)


@pytest.mark.parametrize("norm_type", [2, 1, 3.5, float("inf")])
@pytest.mark.parametrize("max_norm", [0.0, 0.5, 1e6])
def test_clip_grad_norm(torch, pairs, norm_type, max_norm):
    ours, theirs = pairs
    kept = [p.grad for p in ours]
    before = [None if g is None else np.array(g) for g in kept]
    norm = nn.utils.clip_grad_norm_(iter(ours), max_norm, norm_type)
    np.testing.assert_allclose(norm, torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type).item(), rtol=1e-12)
    assert_same(pairs)
    np.testing.assert_equal(kept, before)


@pytest.mark.parametrize("value", [0.0, 0.3, 100])
def test_clip_grad_value(torch, pairs, value):
    nn.utils.clip_grad_value_(pairs[0], value)
    torch.nn.utils.clip_grad_value_(pairs[1], value)
    assert_same(pairs)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_norm_that_is_not_finite(torch, pairs, bad):
    for p in (pairs[0][0], pairs[1][0]):
        p.grad[0, 0] = bad
    with pytest.raises(ValueError, match="not finite"):
        nn.utils.clip_grad_norm_(pairs[0], 1.0, error_if_nonfinite=True)
    assert_same(pairs)
    nn.utils.clip_grad_norm_(pairs[0], 1.0)
    torch.nn.utils.clip_grad_norm_(pairs[1], 1.0)
    assert_same(pairs)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_clipping_keeps_the_dtype(dtype):
    w = ag.Tensor(np.ones(3, dtype), requires_grad=True)
    w.grad = [300.0, 0.0, 400.0]
    assert nn.utils.clip_grad_norm_(w, 5.0) == 500.0
    assert w.grad.dtype == dtype
    np.testing.assert_allclose(w.grad, [3, 0, 4], rtol=2e-3)
    nn.utils.clip_grad_value_(w, 1)
    assert w.grad.dtype == dtype and w.grad.tolist() == [1, 0, 1]
    w.grad = None
    empty = ag.Tensor(np.ones((0, 2), dtype), requires_grad=True)
    empty.grad = np.ones((0, 2))
    for norm_type in (2, np.inf):
        assert nn.utils.clip_grad_norm_([w, empty], 1.0, norm_type) == 0.0


def test_limits_that_make_no_sense():
    w = ag.Tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match="max_norm must be 0 or more"):
        nn.utils.clip_grad_norm_([w], -1)
    with pytest.raises(ValueError, match="norm_type must be above 0"):
        nn.utils.clip_grad_norm_([w], 1, norm_type=0)
    with pytest.raises(ValueError, match="clip_value must be 0 or more"):
        nn.utils.clip_grad_value_([w], float("nan"))


def test_parameters_as_a_vector_and_back():
    net = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    vector = nn.utils.parameters_to_vector(net.parameters())
    assert vector.shape == (11,) and vector.dtype == np.float32
    (vector * np.arange(11)).sum().backward()
    np.testing.assert_array_equal(net[0].weight.grad, np.arange(6).reshape(2, 3))
    y = net(np.ones((1, 3), np.float32)).sum()
    nn.utils.vector_to_parameters(vector * 2, net.parameters())
    np.testing.assert_array_equal(nn.utils.parameters_to_vector(net.parameters()).data, 2 * vector.data)
    with pytest.raises(RuntimeError, match="leaf"):
        y.backward()
    before = net.state_dict()
    with pytest.raises(ValueError, match=r"vec: \(10,\)\n  entries of the parameters: 11"):
        nn.utils.vector_to_parameters(np.zeros(10), net.parameters())
    np.testing.assert_equal(net.state_dict(), before)
    with pytest.raises(ValueError, match="no parameters"):
        nn.utils.parameters_to_vector([])
