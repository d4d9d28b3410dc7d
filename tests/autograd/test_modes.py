"""Recording switched off and on, tapes, scopes, anomaly mode."""

import asyncio
import contextlib
import gc
import inspect
import itertools
import threading

import numpy as np
import pytest

import autograd as ag
from autograd import modes
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


# -- blocks that end elsewhere or out of order -------------------------------------------------

SWITCHES = {
    "no_grad": ag.no_grad,
    "enable_grad": ag.enable_grad,
    "detect_anomaly": ag.detect_anomaly,
    "tape": ag.tape,
    "tape and scope": lambda: entered(ag.tape(), ag.scope("inner")),
}


def switches():
    """What is switched on and off here."""
    mode = modes.current()
    return (True, 0, False, ()) if mode is None else (mode.recording, len(mode.tapes), mode.anomaly, mode.scope)


def held(switch):
    """A generator that stops inside a block."""
    with switch():
        yield switches()
        yield switches()


def in_thread(f):
    """What f gives in a thread of its own, whose mode must be the default before and after."""
    found = []

    def work():
        assert switches() == (True, 0, False, ())
        found.append(f())
        found.append(switches())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found[1:] == [(True, 0, False, ())]
    return found[0]


AROUND = {
    "nothing": lambda: contextlib.nullcontext(),
    "no_grad": ag.no_grad,
    "enable_grad in no_grad": lambda: entered(ag.no_grad(), ag.enable_grad()),
    "scope on a tape": lambda: entered(ag.tape(), ag.scope("outer")),
    "detect_anomaly": ag.detect_anomaly,
}


@contextlib.contextmanager
def entered(*managers):
    with contextlib.ExitStack() as stack:
        for one in managers:
            stack.enter_context(one)
        yield


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("name", SWITCHES)
def test_a_generator_closed_by_another_thread_leaves_both_as_they_were(name, around):
    with AROUND[around]():
        before = switches()
        generator = held(SWITCHES[name])
        next(generator)
        in_thread(generator.close)
        assert switches() == before
        with ag.no_grad():
            assert switches() == (False, *before[1:])
        assert switches() == before
    assert switches() == (True, 0, False, ())


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("name", SWITCHES)
def test_a_generator_begun_by_another_thread_changes_nothing_here(name, around):
    generator = held(SWITCHES[name])
    ended = threading.Event()
    begun = threading.Event()

    def work():
        next(generator)
        begun.set()
        ended.wait(10)
        return switches()

    with AROUND[around]():
        before, found = switches(), []
        thread = threading.Thread(target=lambda: found.append(work()))
        thread.start()
        begun.wait(10)
        generator.close()
        assert switches() == before
        ended.set()
        thread.join()
        assert found == [(True, 0, False, ())]


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("two", list(itertools.product(SWITCHES, SWITCHES)), ids=" ".join)
def test_two_generators_closed_in_any_order(two, around, first):
    with AROUND[around]():
        before = switches()
        alone = []
        for name in two:
            generator = held(SWITCHES[name])
            alone.append(next(generator))
            generator.close()
        assert switches() == before
        generators = [held(SWITCHES[name]) for name in two]
        for generator in generators:
            next(generator)
        generators[first].close()
        assert switches() == alone[1 - first]  # what the other one has, as if the first had never been
        generators[1 - first].close()
        assert switches() == before


def test_a_shared_switch_in_generators_closed_in_any_order():
    switch = ag.no_grad()
    for order in itertools.permutations(range(3)):
        generators = [held(lambda: switch) for _ in range(3)]
        for generator in generators:
            next(generator)
        for i, at in enumerate(order):
            assert not ag.is_grad_enabled()
            generators[at].close()
            assert ag.is_grad_enabled() == (i == 2)


def test_a_generator_that_the_collector_ends_in_another_thread():
    class Cycle:
        pass

    cycle = Cycle()
    cycle.itself, cycle.generator = cycle, held(ag.no_grad)
    next(cycle.generator)
    gc.disable()
    try:
        del cycle
        in_thread(gc.collect)
    finally:
        gc.enable()
    assert ag.is_grad_enabled() and (leaf(1.0) * 2).requires_grad


def test_what_a_block_inside_it_did_stays_when_a_block_ends_before_it():
    outer, inner = held(ag.no_grad), held(ag.detect_anomaly)
    next(outer)
    next(inner)
    x = leaf(-1.0)
    assert not (x * 2).requires_grad
    outer.close()
    assert (x * 2).requires_grad
    with pytest.raises(FloatingPointError), np.errstate(invalid="ignore"):
        ag.sqrt(x)
    inner.close()
    with np.errstate(invalid="ignore"):
        ag.sqrt(x)


def test_a_task_that_ends_a_generator_of_another():
    seen = []

    async def begin(generator, begun, ended):
        next(generator)
        begun.set()
        await ended.wait()
        seen.append(ag.is_grad_enabled())

    async def end(generator, begun, ended):
        await begun.wait()
        generator.close()
        seen.append(ag.is_grad_enabled())
        ended.set()

    async def both():
        generator, begun, ended = held(ag.no_grad), asyncio.Event(), asyncio.Event()
        await asyncio.gather(begin(generator, begun, ended), end(generator, begun, ended))
        seen.append(ag.is_grad_enabled())

    asyncio.run(both())
    assert seen == [True, True, True]


def test_an_asynchronous_generator_that_another_task_closes():
    async def steps():
        with ag.no_grad():
            yield 1
            yield 2

    async def both():
        generator = steps()
        assert await asyncio.create_task(generator.__anext__()) == 1
        await asyncio.create_task(generator.aclose())
        assert ag.is_grad_enabled()
        other = steps()
        await other.__anext__()
        await asyncio.create_task(other.aclose())
        assert ag.is_grad_enabled()

    asyncio.run(both())
    assert ag.is_grad_enabled()


# -- decorated generators and coroutines -------------------------------------------------------


@pytest.mark.parametrize("decorate", [ag.no_grad, ag.no_grad()])
def test_a_decorated_generator_has_its_mode_at_each_step(decorate):
    @decorate
    def steps(x):
        """Some steps."""
        seen = []
        try:
            seen.append((yield (x * 2).requires_grad))
            try:
                yield ag.is_grad_enabled()
            except KeyError as error:
                seen.append(error.args[0])
            yield ag.is_grad_enabled()
        finally:
            seen.append(ag.is_grad_enabled())
        return seen

    assert steps.__doc__ == "Some steps." and inspect.isgeneratorfunction(steps)
    generator = steps(leaf(1.0))
    assert next(generator) is False and ag.is_grad_enabled()
    assert generator.send("sent") is False and ag.is_grad_enabled()
    assert generator.throw(KeyError("thrown")) is False and ag.is_grad_enabled()
    with pytest.raises(StopIteration) as stopped:
        next(generator)
    assert stopped.value.value == ["sent", "thrown", False] and ag.is_grad_enabled()
    with ag.no_grad():
        assert list(ag.enable_grad(two_steps)()) == [True, True]
        assert not ag.is_grad_enabled()


def two_steps():
    yield ag.is_grad_enabled()
    yield ag.is_grad_enabled()


def test_a_decorated_generator_that_is_closed_early():
    seen = []

    @ag.no_grad
    def steps():
        try:
            yield 1
        finally:
            seen.append(ag.is_grad_enabled())

    generator = steps()
    next(generator)
    in_thread(generator.close)
    assert seen == [False] and ag.is_grad_enabled()


def test_a_decorated_coroutine_has_its_mode_at_each_step():
    @ag.no_grad
    async def work(first, second):
        await first.wait()
        assert not ag.is_grad_enabled()
        second.set()
        await asyncio.sleep(0)
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            await asyncio.sleep(0)
        return ag.is_grad_enabled()

    async def both():
        one, other = asyncio.Event(), asyncio.Event()
        one.set()
        assert inspect.iscoroutinefunction(work)
        assert await asyncio.gather(work(one, other), work(other, one)) == [False, False]
        assert await work(one, other) is False and ag.is_grad_enabled()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(work(asyncio.Event(), other), 0.01)
        assert ag.is_grad_enabled()

    asyncio.run(both())
    coroutine = work(asyncio.Event(), None)  # driven by hand: nobody else sees its mode in between
    coroutine.close()
    assert ag.is_grad_enabled()


def test_a_decorated_asynchronous_generator_has_its_mode_at_each_step():
    seen = []

    @ag.no_grad
    async def steps():
        try:
            seen.append((yield ag.is_grad_enabled()))
            await asyncio.sleep(0)
            try:
                yield ag.is_grad_enabled()
            except KeyError:
                yield "caught"
        finally:
            seen.append(ag.is_grad_enabled())

    async def main():
        generator = steps()
        assert await generator.asend(None) is False and ag.is_grad_enabled()
        assert await generator.asend("sent") is False and ag.is_grad_enabled()
        assert await generator.athrow(KeyError()) == "caught" and ag.is_grad_enabled()
        await generator.aclose()
        assert seen == ["sent", False] and ag.is_grad_enabled()
        assert [value async for value in steps()] == [False, False]

    asyncio.run(main())


# ----------------------------------------------------------------------------------------------


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


def test_a_write_that_the_library_cannot_see_is_seen_by_the_next_use_on_a_tape():
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
