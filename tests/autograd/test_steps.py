"""Steps written into leaves: which leaves, and what others see of it. tests/nn/test_optim.py has the numbers."""

import gc
import itertools
import sys

import numpy as np
import pytest

import autograd as ag
from autograd import steps


def descent(w, g, *, lr):
    return (w - g * lr,)


def momentum(w, g, v, *, lr, keep, fresh):
    v = v * keep + g * fresh
    return w - v * lr, v


def adaptive(w, g, m, v, top=None, *, rate, root):
    m, v = m + (g - m) * 0.1, v * 0.99 + g * g * 0.01
    most = v if top is None else np.maximum(top, v)
    w = w - m / (np.sqrt(most) / root + 1e-8) * rate
    return (w, m, v) if top is None else (w, m, v, most)


def descend(step, leaves, state, lr):
    step.move(leaves, state, descent, lambda counts, first: {"lr": lr})


def move_on(step, leaves, state, lr, keep, dampening=0.0):
    def options(counts, first):
        return {"lr": lr, "keep": keep, "fresh": 1.0 if first else 1 - dampening}

    step.move(leaves, state, momentum, options, {"v": 0.0})


def adapt(step, leaves, state, lr, largest=False):
    def options(counts, first):
        counts["step"] += 1
        return {"rate": lr / (1 - 0.9 ** counts["step"]), "root": (1 - 0.99 ** counts["step"]) ** 0.5}

    step.move(
        leaves, state, adaptive, options, dict.fromkeys(["m", "v", "top"][: 3 if largest else 2], 0.0), {"step": 0}
    )


def make(prepare, *arguments, **options):
    step = ag.internal.Step()
    prepare(step, *arguments, **options)
    step.make()


def test_parameters_that_begin_later_have_their_own_first_step():
    a, b = (ag.Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    state = {}
    a.grad = [1.0, 1.0]
    make(move_on, [a, b], state, 1.0, 0.5, dampening=0.5)
    b.grad = [1.0, 1.0]
    make(move_on, [a, b], state, 1.0, 0.5, dampening=0.5)
    np.testing.assert_array_equal(a.data, [-1.0, 0.0])  # v = 1, then 0.5 · 1 + 0.5 · 1
    np.testing.assert_array_equal(b.data, [0.0, 1.0])
    assert list(state) == [a, b]


def test_leaves_move_together():
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    w.grad = [1.0, -1.0]
    make(descend, [w], {}, 0.5)
    np.testing.assert_array_equal(w.data, [0.5, 2.5])

    def update(p, w, g):
        w -= 0.5 * g

    ag.internal.update_leaves([w], update)
    np.testing.assert_array_equal(w.data, [0.0, 3.0])


def test_one_listed_twice_moves_once():
    w = ag.Tensor([1.0], requires_grad=True)
    w.grad = [1.0]
    make(descend, [w, w], {}, 0.5)
    np.testing.assert_array_equal(w.data, [0.5])


def test_only_leaves_can_be_moved():
    w = ag.Tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match="only leaves"):
        make(descend, [w * 2], {}, 0.5)


def test_an_update_that_fails_has_moved_none():
    a, b = ag.Tensor(1.0, requires_grad=True), ag.Tensor([1.0, 2.0], requires_grad=True)
    a.grad, b.grad = 1.0, [1.0, 1.0]

    def update(p, w, g):
        w -= g
        if p is b:
            raise KeyboardInterrupt

    y = (a * b).sum()
    with pytest.raises(KeyboardInterrupt):
        ag.internal.update_leaves([a, b], update)
    assert a.data == 1.0 and b.data.tolist() == [1.0, 2.0]
    y.backward()
    assert a.grad == 4.0


DTYPES = [np.float64, np.float32, np.float16]
STEPS = {
    "descent": lambda step, leaves, state: descend(step, leaves, state, 0.1),
    "momentum": lambda step, leaves, state: move_on(step, leaves, state, 0.1, 0.9),
    "adaptive": lambda step, leaves, state: adapt(step, leaves, state, 0.1),
    "largest": lambda step, leaves, state: adapt(step, leaves, state, 0.1, largest=True),
    "update": lambda step, leaves, state: step.update(leaves, lambda p, w, g: np.subtract(w, g, out=w)),
}


def some_leaves(dtype):
    """Alone, seen by somebody else, without axes, read-only, and with its axes the other way round."""
    leaves = [ag.Tensor(np.full(shape, 1, dtype), requires_grad=True) for shape in [(2, 3), (3,), (), (2, 2), (3, 2)]]
    leaves[3].data = np.broadcast_to(dtype(1), (2, 2))
    leaves[4].data = np.ones((2, 3), dtype).T
    for p in leaves:
        p.grad = np.full(p.shape, 0.5)
    return leaves, leaves[1].detach()


def snapshot(leaves, state):
    """All that a step changes, as bytes and numbers."""
    remembered = [
        {k: v.tobytes() if isinstance(v, np.ndarray) else v for k, v in state[p].items()} for p in leaves if p in state
    ]
    return [p.data.tobytes() for p in leaves], remembered


def raise_at(moment, run):
    """Run with a KeyboardInterrupt at the moment-th instruction of Python inside; whether there are that many."""
    seen = 0

    def trace(frame, event, argument):
        nonlocal seen
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            seen += 1
            if seen == moment:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    gc.disable()  # it calls functions of other libraries, from which no exception comes back
    sys.settrace(trace)
    try:
        run()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
        gc.enable()
    return False


@pytest.fixture(scope="module")
def traceable():
    """Python 3.12 traces single instructions only after they have been asked for once."""
    raise_at(0, lambda: None)


@pytest.mark.usefixtures("traceable")
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize("steps_before", [0, 1])
def test_an_interrupt_comes_before_or_after_a_whole_step(kind, dtype, steps_before):
    """At instructions of Python all over a step."""

    def run(count, interrupted_at=None):
        (leaves, seen), state = some_leaves(dtype), {}

        def go():
            step = ag.internal.Step()
            STEPS[kind](step, leaves[:3], state)
            STEPS[kind](step, leaves[3:], state)
            step.make()

        for _ in range(count):
            go()
        hit = interrupted_at is not None and raise_at(interrupted_at, go)
        assert seen.data.tolist() == [1, 1, 1]
        return leaves, state, hit

    before, after = (snapshot(*run(n)[:2]) for n in (steps_before, steps_before + 1))
    assert before != after
    hits, warnings_of_numpy = 0, np.geterr()
    compiled = not steps.__file__.endswith(".py")  # of which no instruction is seen: at each of those around it
    for moment in itertools.count(1, 1 if compiled else 7 if dtype == np.float32 else 13):
        leaves, state, hit = run(steps_before, moment)
        if not hit:
            break
        hits += 1
        assert np.geterr() == warnings_of_numpy
        found = snapshot(leaves, state)
        assert found in (before, after)
    assert hits > 15


def test_half_precision_is_computed_in_single():
    w = ag.Tensor(np.array([1.0, -2.0], np.float16), requires_grad=True)
    state = {}
    for gradient in ([0.0, 0.0], [1e-4, 1e-4], [0.0, 0.0]):
        w.grad = gradient
        make(adapt, [w], state, 0.5)
        assert np.isfinite(w.data).all() and w.dtype == np.float16
    assert state[w]["m"].dtype == state[w]["v"].dtype == np.float32 and (state[w]["v"] > 0).all()


def test_what_is_remembered_follows_the_leafs_dtype():
    w = ag.Tensor(np.ones(2, np.float32), requires_grad=True)
    state = {}
    w.grad = [1.0, 1.0]
    make(move_on, [w], state, 0.1, 0.5)
    w.data = w.data.astype(np.float64)
    w.grad = [1.0, 1.0]
    make(move_on, [w], state, 0.1, 0.5)
    assert state[w]["v"].dtype == np.float64
    np.testing.assert_allclose(w.data, 1 - 0.1 - 0.15, rtol=1e-6)
    w.data = np.ones(3)
    w.grad = np.ones(3)
    with pytest.raises(ValueError, match=r"v does not fit(.|\n)*\(3,\)(.|\n)*\(2,\)"):
        make(move_on, [w], state, 0.1, 0.5)
