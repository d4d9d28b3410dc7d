"""Recording and the walk compiled: they run where they should, and lose no reference."""

import gc
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import autograd as ag
from autograd import arguments, native, node, recording, walking

ROOT = Path(ag.__file__).resolve().parent.parent
compiled = pytest.mark.skipif(bool(native.why_interpreted), reason=f"interpreted: {native.why_interpreted}")


def test_what_is_compiled_is_of_the_sources_as_they_stand():
    """Else a changed source would run slowly, and what was compiled before it not at all."""
    assert "was changed" not in native.why_interpreted


def test_what_runs_is_what_is_said():
    for module in (node, arguments, recording, walking):
        assert module.__file__.endswith(".py") == bool(native.why_interpreted)


def test_interpreted_where_it_is_wished_for():
    code = "from autograd import node, native; print(node.__file__); print(native.why_interpreted)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"CHALKGRAD_NATIVE": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    path, why = done.stdout.splitlines()
    assert path.endswith("node.py") and "CHALKGRAD_NATIVE=0" in why


@compiled
def test_the_collector_does_not_look_at_plain_nodes():
    """As of tuples: it looks at those alone that hold something which may lead back to them."""
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    plain = (x * x).sum() + x[0]
    assert not gc.is_tracked(plain.node)

    class Anything:
        pass

    thing = Anything()
    op = ag.operation("with_anything", lambda x, thing: x * 2, rules=[ag.rule(lambda g, thing: g * 2)])
    y = op(x, thing)
    z = y * 3.0
    assert gc.is_tracked(y.node) and gc.is_tracked(z.node)
    import weakref

    gone = weakref.ref(thing)
    thing.result = z
    del thing, y, z
    gc.collect()
    assert gone() is None


def test_keywords_in_any_order():
    x = ag.Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    for y in (ag.sum(x, 1, keepdims=True), ag.sum(keepdims=True, axis=1, x=x), ag.sum(x, keepdims=True, axis=1)):
        assert y.data.tolist() == [[3.0], [12.0]]
        y.backward([[1.0], [2.0]])
    assert x.grad.tolist() == [[3.0, 3.0, 3.0], [6.0, 6.0, 6.0]]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: ag.multiply(x),
        lambda x: ag.multiply(x, x, x),
        lambda x: ag.multiply(x, c=x),
        lambda x: ag.multiply(x, x, a=x),
        lambda x: ag.exp(x, x),
        lambda x: ag.sum(x, nonsense=1),
        lambda x: ag.sum(x, 0, axis=0),
        lambda x: ag.multiply(x, np.ones(4)),
        lambda x: ag.multiply(x, None),
        lambda x: ag.reshape(x, (5, 5)),
        lambda x: ag.sum(x, axis=x),
        lambda x: ag.linear(x, np.ones((2, 7))),
    ],
)
def test_arguments_that_do_not_fit(call):
    x = ag.Tensor(np.ones(3), requires_grad=True)
    with pytest.raises((TypeError, ValueError, IndexError)):
        call(x)
    assert x.data.tolist() == [1.0, 1.0, 1.0]


def test_other_errors_pass_as_they_are():
    def interrupted(x):
        raise KeyboardInterrupt

    op = ag.operation("interrupted", interrupted, rules=[ag.rule(lambda g: g)])
    with pytest.raises(KeyboardInterrupt):
        op(ag.Tensor(1.0, requires_grad=True))


def test_no_reference_is_lost_or_kept():
    """Blocks of memory in use do not grow with the number of calls, of those that fail neither."""
    x = ag.Tensor(np.ones((3, 4), np.float32), requires_grad=True)
    w, b = ag.Tensor(np.ones((2, 4), np.float32), requires_grad=True), ag.Tensor(2.0, requires_grad=True)

    def work():
        y = ag.sigmoid(ag.linear(x, w)) * b
        ag.sum(y, axis=0)  # forward only: NumPy 2.4 itself loses a block with each tuple of axes, as backward has them
        (y.mean() * b + ag.mse(y.reshape((2, 3)), np.zeros((2, 3), np.float32))).backward()
        with suppress(ValueError):
            ag.multiply(x, np.ones(5))
        with suppress(TypeError):
            ag.sum(x, nonsense=1)
        ag.sum(np.ones((2, 2)), axis=0)
        x.grad = w.grad = b.grad = None

    for _ in range(100):
        work()
    operation = ag.linear.operation
    before, held = sys.getallocatedblocks(), sys.getrefcount(operation)
    for _ in range(1000):
        work()
    assert sys.getrefcount(operation) == held
    assert sys.getallocatedblocks() - before < 500  # one lost in each round would be 1000


def test_under_no_grad_nothing_is_recorded():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    with ag.no_grad():
        assert (x * x).node is None
        assert ag.sum(x, axis=0).node is None
        with ag.enable_grad():
            assert (x * x).node is not None
        with ag.tape() as tape:
            assert (x * x).node is None
        assert len(tape) == 0
        with ag.detect_anomaly(), np.errstate(all="ignore"), pytest.raises(FloatingPointError):
            ag.log(x * 0.0 - 1.0)
