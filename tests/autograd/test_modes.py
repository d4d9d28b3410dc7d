"""Recording switched off and on, tapes, scopes, anomaly mode."""

import asyncio
import threading

import numpy as np
import pytest

import autograd as ag
from autograd.modes import shown_line


def leaf(value, name=None):
    return ag.Tensor(value, requires_grad=True, name=name)


def test_no_grad_and_enable_grad_nest():
    x = leaf(2.0)
    with ag.no_grad():
        assert not (x * 2).requires_grad and not ag.is_grad_enabled()
        with ag.enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad and ag.is_grad_enabled()


@pytest.mark.parametrize("decorate", [ag.no_grad, ag.no_grad()])
def test_no_grad_as_a_decorator(decorate):
    @decorate
    def double(x):
        """Twice."""
        return x * 2

    assert not double(leaf(1.0)).requires_grad
    assert double.__doc__ == "Twice."


@pytest.mark.parametrize("decorate", [ag.enable_grad, ag.enable_grad()])
def test_enable_grad_as_a_decorator(decorate):
    @decorate
    def double(x):
        return x * 2

    with ag.no_grad():
        assert double(leaf(1.0)).requires_grad
        assert not ag.is_grad_enabled()


def test_the_mode_is_restored_after_an_error():
    with pytest.raises(ZeroDivisionError), ag.no_grad():
        _ = 1 // 0
    assert ag.is_grad_enabled()


def test_one_switch_object_can_be_entered_twice():
    switch = ag.no_grad()
    with switch:
        with switch:
            assert not ag.is_grad_enabled()
        assert not ag.is_grad_enabled()
    assert ag.is_grad_enabled()


def test_threads_may_share_a_switch():
    switch, seen = ag.no_grad(), []
    inside, leave = threading.Event(), threading.Event()

    def work():
        with switch:
            inside.set()
            leave.wait(10)
            seen.append(ag.is_grad_enabled())
        seen.append(ag.is_grad_enabled())

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait(10)
    with switch:
        leave.set()
        thread.join()
    assert seen == [False, True] and ag.is_grad_enabled()


def test_tasks_may_share_a_switch():
    switch, done = ag.no_grad(), []

    async def task(first, second):
        with switch:
            await first.wait()
            assert not ag.is_grad_enabled()
        assert ag.is_grad_enabled()
        second.set()
        done.append(1)

    async def both():
        one, other = asyncio.Event(), asyncio.Event()
        one.set()
        await asyncio.gather(task(one, other), task(other, one))

    asyncio.run(both())
    assert len(done) == 2 and ag.is_grad_enabled()


def test_a_generator_left_in_no_grad_leaves_nothing_switched_off():
    def steps():
        with ag.no_grad():
            yield 1

    generator = steps()
    next(generator)
    with ag.tape():
        generator.close()
    assert ag.is_grad_enabled() and not ag.internal.is_taping()


def test_a_thread_starts_recording():
    seen = []
    with ag.no_grad():
        t = threading.Thread(target=lambda: seen.append(ag.is_grad_enabled()))
        t.start()
        t.join()
    assert seen == [True]


def test_a_tape_keeps_values_gradients_scopes_and_lines():
    w, x = leaf(3.0, "w"), ag.Tensor(2.0, name="x")
    with ag.tape() as tape:
        with ag.scope("block"), ag.scope("inner"):
            h = w * x
        h.name = "h"
        y = h * h
    y.backward()
    alias, first, second = tape.nodes
    assert (alias.operation.name, alias.name, alias.note.value, alias.note.gradient) == ("alias", "w", 3.0, 24.0)
    assert (first.name, first.note.value, first.note.gradient) == ("h", 6.0, 12.0)
    assert first.note.scope == ("block", "inner") and second.note.scope == ()
    assert first.note.where.endswith("h = w * x")
    assert (first.note.inputs[1].name, first.note.inputs[1].value) == ("x", 2.0)
    assert second.note.gradient == 1.0
    assert w.grad == 24.0
    assert h.grad == 12.0  # a taped value needs no retain_grad


def test_taped_nodes_are_never_used_up_and_each_walk_replaces_their_gradients():
    w = leaf(3.0)
    with ag.tape() as tape:
        y = w * w
        z = w * 5
    y.backward()
    y.backward()
    assert w.grad == 12.0
    assert tape.nodes[0].note.gradient == 6.0
    z.backward()
    assert tape.nodes[0].note.gradient == 5.0


def test_what_is_on_a_tape_belongs_to_nobody_else():
    w = leaf([1.0, 2.0])
    with ag.tape() as tape:
        h = w * 2
        y = h + 1
    seed = np.ones(2)
    y.backward(gradient=seed)
    seed[:] = 7
    w.grad[:] = 8
    assert type(h.grad) is np.ndarray
    h.grad[:] = 9
    gradients = [n.note.gradient.tolist() for n in tape]
    assert gradients == [[2.0, 2.0], [9.0, 9.0], [1.0, 1.0]]


def test_create_graph_puts_arrays_on_the_tape():
    w = leaf([1.0, 2.0])
    with ag.tape() as tape:
        y = (w**3).sum()
    ag.gradients(y, w, create_graph=True)
    assert all(type(n.note.gradient) in (np.ndarray, np.float64) for n in tape)


def test_a_write_into_the_array_is_seen_by_the_next_use_on_a_tape():
    w, c = leaf([1.0, 2.0]), ag.Tensor([1.0, 1.0])
    with ag.tape() as tape:
        w * c
        w.data[0] = 5.0
        c.data[0] = 3.0
        y = w * c
    np.testing.assert_array_equal(y.data, [15.0, 2.0])
    np.testing.assert_array_equal(tape.nodes[-1].note.inputs[0].note.value, [5.0, 2.0])
    np.testing.assert_array_equal(tape.nodes[-1].note.inputs[1].value, [3.0, 1.0])


def test_a_later_step_changes_nothing_on_the_tape():
    w = leaf([3.0, 4.0])
    with ag.tape() as tape:
        y = (w * w).sum()
    y.backward()
    w.data -= 1.0
    alias = tape.nodes[0]
    np.testing.assert_array_equal(alias.note.value, [3.0, 4.0])
    np.testing.assert_array_equal(alias.note.gradient, [6.0, 8.0])
    with pytest.raises(RuntimeError, match="written to after"):
        y.backward()


def test_a_write_between_two_uses_on_one_tape_gives_two_aliases():
    w = leaf(3.0)
    with ag.tape() as tape:
        w * w
        w.data = 4.0
        y = w * w
    y.backward()
    assert [n.note.value for n in tape if n.operation.name == "alias"] == [3.0, 4.0]
    assert w.grad == 8.0


def test_tapes_nest():
    w = leaf(3.0)
    with ag.tape() as outer:
        w * 2
        with ag.tape() as inner:
            w * 3
    assert len(inner) >= 1
    assert set(inner.nodes) <= set(outer.nodes)


def test_a_tape_under_no_grad_is_empty():
    w = leaf(3.0)
    with ag.tape() as tape, ag.no_grad():
        w * 2
    assert len(tape) == 0


def test_scope_outside_a_tape_costs_nothing():
    w = leaf(3.0)
    with ag.scope("block"):
        y = w * 2
    assert y.node.note is None


def test_create_graph_on_a_tape():
    x = leaf(2.0)
    with ag.tape():
        g = ag.gradients(x**3, x, create_graph=True)
        h = ag.gradients(g, x)
    assert float(g) == 12.0 and float(h) == 12.0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
class TestAnomaly:
    def test_forward_names_operation_and_line(self):
        x = leaf([1.0, -1.0], "x")
        with ag.detect_anomaly(), pytest.raises(FloatingPointError) as caught:
            ag.log(x)
        text = str(caught.value)
        assert text.startswith("log: the result has the first NaN or inf")
        assert "(1,)" in text and "ag.log(x)" in text and "test_modes.py" in text

    def test_a_bad_input_is_told_apart(self):
        x = leaf([1.0, np.nan])
        with ag.detect_anomaly(), pytest.raises(FloatingPointError, match="an input already holds NaN"):
            x * 2

    def test_backward_names_operation_and_line(self):
        x = leaf([0.0, 1.0])
        with ag.detect_anomaly():
            y = (x**0.5).sum()
            with pytest.raises(FloatingPointError) as caught:
                y.backward()
        text = str(caught.value)
        assert text.startswith("power: the gradient of a has the first NaN or inf, backward")
        assert "y = (x**0.5).sum()" in text
        assert x.grad is None

    def test_backward_of_a_graph_recorded_outside_says_so(self):
        x = leaf([0.0, 1.0])
        y = (x**0.5).sum()
        with ag.detect_anomaly(), pytest.raises(FloatingPointError, match="unknown; run the forward pass under"):
            y.backward()

    def test_overflow_in_undoing_a_broadcast_is_found(self):
        w = ag.Tensor(np.float16(1), requires_grad=True, name="w")
        with ag.detect_anomaly():
            y = w * np.full(3000, 100, np.float16)
            with pytest.raises(FloatingPointError, match=r"multiply: a gradient, summed .*\n(.*\n)*.*y = w \* np"):
                y.backward(gradient=np.ones(3000))

    def test_overflow_in_summing_over_paths_is_found(self):
        w = ag.Tensor(np.float16(0), requires_grad=True, name="w")
        with ag.detect_anomaly():
            y = w * np.float16(6e4) + w * np.float16(6e4)
            with pytest.raises(FloatingPointError, match=r"leaf: the sum of its gradients(.*\n)*.*leaf: w"):
                y.backward()
        assert w.grad is None

    def test_sound_numbers_pass(self):
        x = leaf([1.0, 2.0])
        with ag.detect_anomaly():
            ag.log(x).sum().backward()
        np.testing.assert_array_equal(x.grad, [1.0, 0.5])


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ("/home/user/net.py:12: y = w * x", "net.py:12: y = w * x"),
        (r"C:\user\net.py:12: y = w * x", "net.py:12: y = w * x"),
        ("/tmp/ipykernel_71/2750.py:3: y = w * x", "cell:3: y = w * x"),
        ("<stdin>:1", "<stdin>:1"),
    ],
)
def test_a_recorded_line_is_shown_without_folders_and_a_notebooks_cell_as_such(recorded, shown):
    assert shown_line(recorded) == shown


def test_an_infinity_that_was_put_in_is_no_anomaly():
    x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    mask = np.array([0.0, -np.inf, 0.0])
    with ag.detect_anomaly():
        ag.softmax(x + mask).backward(gradient=[1.0, 0.0, 0.0])
    assert np.isfinite(x.grad).all() and x.grad[1] == 0
    with np.errstate(all="ignore"), ag.detect_anomaly():
        with pytest.raises(FloatingPointError, match="subtract: an input already holds NaN or inf"):
            (x + mask) - mask  # −inf − −inf
        with pytest.raises(FloatingPointError, match="divide: the result has the first NaN or inf"):
            x / 0.0
