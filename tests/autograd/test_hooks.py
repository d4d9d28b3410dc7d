"""Functions that see a gradient on its way: when they are called, what they may return, and how they are taken away."""

import gc
import weakref

import numpy as np
import pytest

import autograd as ag


@pytest.fixture
def x():
    return ag.tensor([1.0, 2.0], requires_grad=True)


def test_a_hook_gets_the_whole_gradient_once_and_may_change_it(x):
    seen = []
    h = x * x
    before = h.sum()  # a use before the hook was registered counts too
    h.register_hook(lambda g: seen.append(g.tolist()) or 2 * g)
    h.retain_grad()
    (before + (3 * h).sum()).backward()
    assert seen == [[4, 4]] and x.grad.tolist() == [16, 32] and h.grad.tolist() == [8, 8] and h.retains_grad


def test_hooks_of_a_leaf_are_called_before_its_gradient_is_summed(x):
    x.grad = [100.0, 100.0]
    handles = [x.register_hook(lambda g: g + 1), x.register_hook(lambda g: g * 10)]
    x.sum().backward()
    assert x.grad.tolist() == [120, 120]
    handles[0].remove()
    handles[0].remove()  # twice is as good
    with handles[1]:
        x.grad = None
        x.sum().backward()
    (2 * x).sum().backward()
    assert x.grad.tolist() == [12, 12]


def test_what_a_hook_keeps_stays_as_it_was(x):
    seen = []
    a, b = x * 1, x * 1
    a.register_hook(seen.append)
    (a + b).sum().backward()
    x.grad *= 7
    assert seen[0].tolist() == [1, 1] and x.grad.tolist() == [14, 14]


def test_a_hook_that_changes_its_tensor_changes_the_gradient(x):
    h = 3 * x

    def limit(g):
        g.clamp_(max=0.5)

    h.register_hook(limit)
    h.sum().backward()
    assert x.grad.tolist() == [1.5, 1.5]


def test_hooks_are_called_in_gradients_too_and_recorded_with_create_graph(x):
    h = x**3
    h.register_hook(lambda g: g * g)
    (first,) = ag.gradients((2 * h).sum(), [x], create_graph=True)
    assert first.tolist() == [12, 48] and ag.gradients(first.sum(), x).tolist() == [24, 48]
    x.register_hook(lambda g: -g)
    assert ag.gradients((x * 2).sum(), x).tolist() == [-2, -2]


@pytest.mark.parametrize("returned", [lambda g: g[:1], lambda g: "g", lambda g: g.sum()])
def test_a_hook_that_returns_no_gradient_is_an_error(x, returned):
    h = x * 2
    h.register_hook(returned)
    with pytest.raises(ValueError, match=r"register_hook: the hook must return a gradient of the same shape"):
        h.sum().backward()
    assert x.grad is None


def test_what_has_no_gradient_has_no_hooks(x):
    with pytest.raises(RuntimeError, match="does not require grad"):
        x.detach().register_hook(print)
    with pytest.raises(TypeError, match="a hook is a function"):
        x.register_hook(None)


def test_the_dtype_of_the_value_stays(x):
    h = x.float()
    h.register_hook(lambda g: g.double() * 2)
    h.sum().backward()
    assert x.grad.dtype == np.float64 and x.grad.tolist() == [2, 2]


def test_a_hook_that_leads_back_to_its_tensor_is_collected(x):
    class Held:
        pass

    def cycle():
        held, h = Held(), x * 2
        h.register_hook(lambda g: [h, held][:0] or None)
        return weakref.ref(held)

    found = cycle()
    gc.collect()
    assert found() is None


def test_walks_that_only_look_call_no_hook(x):
    seen = []
    with ag.tape():
        h = x * 2
        h.register_hook(seen.append)
        loss = (h * h).sum()
    loss.backward()
    assert len(seen) == 1
    ag.explain(loss, x)
    assert len(seen) == 1
