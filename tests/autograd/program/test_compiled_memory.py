"""How much memory compiled functions take: no more while they are recorded, and less when they run as programs."""

import gc

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.native import native
from autograd.program import living

needs_cache = pytest.mark.skipif(native is None, reason="what is in use is counted by compiled code")


@pytest.fixture
def all_arrays_let_go(monkeypatch):
    monkeypatch.setattr("autograd.program.functions.LARGE", 1)


def most_in_use(step):
    gc.collect()
    ag.config.empty_cache()
    before = ag.config.memory_stats()["bytes_in_use"]
    step()
    return ag.config.memory_stats()["most_bytes_in_use"] - before


def step_of_lenet():
    net = nn.models.LeNet5(dtype="float32")
    optimizer = nn.optim.SGD(net.parameters(), lr=0.01)
    rng = np.random.default_rng(0)
    images, labels = rng.random((64, 1, 28, 28), np.float32), rng.integers(0, 10, 64)

    def step():
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(images), labels)
        loss.backward()
        optimizer.step()
        return loss

    return step


@pytest.mark.slow
@needs_cache
def test_a_step_of_lenet():
    step = step_of_lenet()
    step()
    eager = most_in_use(step)
    compiled = ag.compile(step)
    assert most_in_use(compiled) <= 1.1 * eager
    compiled()
    assert most_in_use(compiled) <= 0.6 * eager


def test_second_derivatives_of_arrays_let_go(all_arrays_let_go):
    x = ag.Tensor(np.linspace(-1, 1, 6).reshape(2, 3), requires_grad=True)

    def f():
        y = ag.tanh(x * x).sum() + (ag.sin(x @ x.T) * x.mean()).sum()
        (g,) = ag.gradients(y, [x], create_graph=True)
        (h,) = ag.gradients((g * g).sum(), [x])
        return g.detach(), h

    compiled = ag.compile(f)
    for _ in range(3):
        for a, b in zip(compiled(), f(), strict=True):
            np.testing.assert_allclose(a.data, b.data, rtol=1e-13)


def test_a_leaf_made_inside(all_arrays_let_go):
    def f(target):
        x = ag.zeros(2, requires_grad=True)
        for _ in range(3):
            x.grad = None
            ((x - target) ** 2).sum().backward()
            x.data = x.data - 0.25 * x.grad
        return x.detach()

    compiled = ag.compile(f)
    for k in range(4):
        np.testing.assert_array_equal(compiled(np.array([1.0, k])).data, f(np.array([1.0, k])).data)


def test_a_number_goes_with_its_array():
    numbers = {}
    known = living.Living(numbers)
    x, other = np.ones(3), np.ones(3)
    known.add(x, 1)
    known.add(other, 1)
    assert known.array(1, None) is other and numbers == {id(x): 1, id(other): 1}
    del x
    assert numbers == {id(other): 1}
    del other
    assert not numbers
    gone = known.array(1, living.like(np.ones((2, 3))))
    assert gone.shape == (2, 3)
    with pytest.raises(TypeError):
        gone * np.ones((2, 3))
