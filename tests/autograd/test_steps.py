"""Steps written into leaves: which leaves, and what others see of it. tests/nn/test_optim.py has the numbers."""

import numpy as np
import pytest

import autograd as ag


def test_parameters_that_begin_later_have_their_own_first_step():
    a, b = (ag.Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    state = {}
    a.grad = [1.0, 1.0]
    ag.internal.sgd_step([a, b], state, 1.0, momentum=0.5, dampening=0.5)
    b.grad = [1.0, 1.0]
    ag.internal.sgd_step([a, b], state, 1.0, momentum=0.5, dampening=0.5)
    np.testing.assert_array_equal(a.data, [-1.0, 0.0])  # v = 1, then 0.5 · 1 + 0.5 · 1
    np.testing.assert_array_equal(b.data, [0.0, 1.0])
    assert list(state) == [a, b]


def test_one_listed_twice_moves_once():
    w = ag.Tensor([1.0], requires_grad=True)
    w.grad = [1.0]
    ag.internal.sgd_step([w, w], {}, 0.5)
    np.testing.assert_array_equal(w.data, [0.5])


def test_only_leaves_can_be_moved():
    w = ag.Tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match="only leaves"):
        ag.internal.sgd_step([w * 2], {}, 0.5)


def test_an_update_that_fails_has_moved_those_before():
    a, b = ag.Tensor(1.0, requires_grad=True), ag.Tensor(1.0, requires_grad=True)
    a.grad = b.grad = 1.0

    def update(p, w, g):
        w -= g
        if p is b:
            raise KeyboardInterrupt

    y = a * b
    with pytest.raises(KeyboardInterrupt):
        ag.internal.update_leaves([a, b], update)
    assert (a.data, b.data) == (0.0, 0.0)
    with pytest.raises(RuntimeError, match="written to after"):
        y.backward()
