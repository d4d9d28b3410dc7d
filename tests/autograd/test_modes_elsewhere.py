"""Blocks of modes that end in another thread, another task or out of order, and decorated generators and coroutines."""

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


def leaf(value):
    return ag.Tensor(value, requires_grad=True)


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
