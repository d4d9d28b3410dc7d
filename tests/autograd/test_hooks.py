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


def test_hooks_of_leaves_are_called_while_the_walk_goes_on(x):
    """As soon as the gradient is whole: of the leaf used last first, of one used twice after both."""
    seen = []
    first, twice, last = x, ag.tensor([3.0, 4.0], requires_grad=True), ag.tensor([5.0, 6.0], requires_grad=True)
    h = first * twice
    h.register_hook(lambda g: seen.append("h"))
    y = (twice * h) * last
    for name, leaf in {"first": first, "twice": twice, "last": last}.items():
        leaf.register_hook(lambda g, name=name: seen.append((name, g.tolist())))
    y.sum().backward()
    assert seen == [("last", [9, 32]), "h", ("twice", [30, 96]), ("first", [45, 96])]
    assert [leaf.grad.tolist() for leaf in (first, twice, last)] == [[45, 96], [30, 96], [9, 32]]
    last.sum().backward()  # a leaf that went through nothing else
    assert seen[-1] == ("last", [1, 1])


def test_a_hook_of_a_leaf_may_give_its_gradient_at_the_end_of_the_walk(x):
    events, first = [], ag.tensor([3.0, 4.0], requires_grad=True)

    def later(g):
        events.append("called")
        return ag.internal.Later(lambda: events.append("asked") or g * 10)

    x.register_hook(later)
    x.register_hook(lambda g: g + 1)
    first.register_hook(lambda g: events.append("first"))
    ((first * 2) * x).sum().backward()
    assert events == ["called", "first", "asked"] and x.grad.tolist() == [61, 81]
    x.sum().backward()
    assert x.grad.tolist() == [72, 92]
    assert ag.gradients((2 * x).sum(), x).tolist() == [21, 21]
    with ag.tape():
        (3 * x).sum().backward()
    assert x.grad.tolist() == [103, 123]


def test_a_gradient_that_comes_later_is_checked(x):
    x.grad = [1.0, 1.0]
    with x.register_hook(lambda g: ag.internal.Later(lambda: g[:1])), pytest.raises(ValueError, match="same shape"):
        x.sum().backward()
    h = x * 2
    h.register_hook(lambda g: ag.internal.Later(lambda: g))
    with pytest.raises(TypeError, match="only a leaf's gradient may come later"):
        h.sum().backward()
    assert x.grad.tolist() == [1, 1]
