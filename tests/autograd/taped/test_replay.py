"""A taped graph run again: in another type, and with values replaced."""

import numpy as np
import pytest

import autograd as ag
from autograd import extend
from autograd.engine import collect
from autograd.taped.replay import Copy, alone, evaluate


def recorded(y):
    return collect([y.node], check_stale=False)[0]


def copy_of(y, dtype=np.float64):
    with alone():
        return Copy(recorded(y), dtype)


def test_a_copy_in_float64():
    w = ag.Tensor(np.array([1, 2, 3], np.float32), requires_grad=True, name="w")
    x = ag.Tensor(np.array([0.1, 0.2, 0.3], np.float32))
    with ag.tape():
        y = ag.concatenate([ag.tanh(w * x), ag.astype(w, np.float16)]).sum()
    copy = copy_of(y)
    assert copy.strange is None
    assert {node.like[1] for node in copy.nodes.values()} == {np.dtype(np.float64)}
    exact = np.tanh(w.data.astype(float) * x.data.astype(float)).sum() + 6
    assert float(copy.nodes[y.node].note.value) == pytest.approx(exact, rel=1e-14)
    assert all(copy.nodes[old] is new for new, old in copy.original.items())


def test_a_leaf_has_the_value_that_it_had_when_it_was_used():
    w = ag.Tensor(3.0, requires_grad=True)
    with ag.tape():
        y = w * w
    w.data = 100.0
    copy = copy_of(y)
    assert float(copy.nodes[y.node].note.value) == 9.0


def test_a_copy_is_on_no_tape_of_the_user():
    w = ag.Tensor(3.0, requires_grad=True)
    with ag.tape() as tape:
        y = w * w
        n = len(tape)
        copy_of(y)
        assert len(tape) == n


def test_what_is_random_is_named():
    rng = np.random.default_rng(0)
    jitter = ag.operation(
        "jitter",
        lambda x: x + rng.normal(),
        formula="y = x + n",
        rules=[ag.rule(lambda g: g)],
        samples=[extend.sample(extend.reals(2))],
    )
    w = ag.Tensor(1.0, requires_grad=True)
    with ag.tape():
        y = jitter(w * 2) * 3
    assert copy_of(y).strange.operation.name == "jitter"


def test_a_dropout_draws_nothing_when_it_is_copied():
    generator = np.random.default_rng(0)
    w = ag.Tensor(np.ones(50), requires_grad=True)
    with ag.tape():
        y = ag.dropout(w, 0.4, rng=generator).sum()
    state = generator.bit_generator.state
    copy = copy_of(y)
    assert copy.strange is None and generator.bit_generator.state == state
    assert float(copy.nodes[y.node].note.value) == pytest.approx(float(y))


def test_values_replaced():
    w, v = ag.Tensor(2.0, requires_grad=True), ag.Tensor(5.0, requires_grad=True)
    with ag.tape():
        a = w * 3
        b = ag.stack([a, v])
        m, c = ag.max(b), v * 2
        y = m + c
    copy = copy_of(y)
    changed = evaluate(list(copy.nodes.values()), {copy.nodes[a.node]: np.float64(10.0)})
    assert changed[copy.nodes[b.node]].tolist() == [10.0, 5.0]
    assert float(changed[copy.nodes[y.node]]) == 20.0
    assert copy.nodes[c.node] not in changed
