"""The threads that share out a kernel's work: the same results whatever happens to them."""

import inspect
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from autograd.native import native
from autograd.steps import compiled_update

pytestmark = pytest.mark.skipif(native is None, reason="the compiled module is not there")


def plain(w, g, *, lr):
    return (w - g * lr,)


def momentum(w, g, v, *, lr, keep):
    v = v * keep + g
    return w - (g + v * keep) * lr, v


FORMULAS = inspect.getsource(plain) + inspect.getsource(momentum)
"""Of steps of optimizers, whose work on large arrays is shared out."""


@pytest.fixture(autouse=True)
def as_before():
    threads = native.threads()
    yield
    native.set_threads(threads)


def a_step(seed=0, size=500_000):
    """The result of a step on large arrays."""
    w, g, v = np.random.default_rng(seed).random((3, size), np.float32)
    native.update(*compiled_update(momentum, 1, {"lr": 0.1, "keep": 0.9}), [w], [g], ([v],))
    return w


@pytest.mark.parametrize("wrong", [0, -1, 257, 1 << 40])
def test_wrong_numbers_of_threads(wrong):
    before = native.threads()
    with pytest.raises(ValueError, match=f"from 1 to 256\n  given: {wrong}"):
        native.set_threads(wrong)
    with pytest.raises(OverflowError):
        native.set_threads(1 << 70)
    with pytest.raises(TypeError):
        native.set_threads("2")
    assert native.threads() == before


def test_more_and_fewer_threads_at_any_time():
    native.set_threads(1)
    expected = a_step()
    for threads in (2, 5, 3, 1, 4, 64, 2):
        native.set_threads(threads)
        for _ in range(3):
            np.testing.assert_array_equal(a_step(), expected)


def test_thousands_of_short_jobs():
    """Just enough work to be shared out, again and again: every part is done exactly once."""
    native.set_threads(4)
    w, g = np.zeros(70_000, np.float32), np.ones(70_000, np.float32)
    code, numbers = compiled_update(plain, 0, {"lr": 1.0})
    for _ in range(2000):
        native.update(code, numbers, [w], [g], ())
    assert (w == -2000).all()


def test_several_python_threads_at_once():
    """Whoever comes first has the workers; the others work alone."""
    native.set_threads(3)
    expected = [a_step(seed) for seed in range(4)]
    wrong = []

    def work(seed):
        for _ in range(20):
            if not np.array_equal(a_step(seed), expected[seed]):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for i in range(20):
        native.set_threads(1 + i % 4)
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_starts_threads_of_its_own():
    code = f"""
import os, numpy as np
from autograd.steps import compiled_update
from autograd.native import native
{FORMULAS}
native.set_threads(3)

def a_step():
    w, g, v = np.random.default_rng(0).random((3, 500_000), np.float32)
    native.update(*compiled_update(momentum, 1, {{"lr": 0.1, "keep": 0.9}}), [w], [g], ([v],))
    return w

expected, codes = a_step(), []
for _ in range(5):
    pid = os.fork()
    if pid == 0:
        same = all(np.array_equal(a_step(), expected) for _ in range(5))
        os._exit(0 if same else 1)
    codes.append(os.waitpid(pid, 0)[1])
print(codes == [0] * 5 and np.array_equal(a_step(), expected))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "True"


def test_python_ends_while_workers_sleep_or_look_for_work():
    code = f"""
import numpy as np
from autograd.steps import compiled_update
from autograd.native import native
{FORMULAS}
native.set_threads(4)
w = np.ones(500_000)
native.update(*compiled_update(plain, 0, {{"lr": 0.5}}), [w], [w.copy()], ())
print(w.sum())
"""
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.strip() == "250000.0"
