"""The recorder and the walk in C do what their Python twins do, and lose no reference."""

import copy
import inspect
import pickle
import random
import sys
from contextlib import suppress

import numpy as np
import pytest

import autograd as ag
from autograd import engine, extend
from autograd.declaration import registry
from autograd.native import native

pytestmark = pytest.mark.skipif(
    native is None or not hasattr(native, "Recorder"), reason="there is no compiled recorder here"
)

CASES = [
    pytest.param(op, sample, id=f"{op.name}-{i}")
    for op in registry.values()
    if native is not None and isinstance(op.function, getattr(native, "Recorder", ()))
    for i, sample in enumerate(op.samples)
]


def same(a, b):
    """Whether two kept values are alike: arrays by their entries, containers by their items."""
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, np.ndarray | np.generic):
        return type(a) is type(b) and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    return a is b or a == b


def arguments(op, sample):
    args, kwargs = sample.make(np.random.default_rng(0))
    args = [
        ag.Tensor(a, requires_grad=True)
        if i < len(op.names) and op.names[i] in op.inputs and isinstance(a, np.ndarray | np.float64)
        else a
        for i, a in enumerate(args)
    ]
    return args, kwargs


@pytest.mark.parametrize(("op", "sample"), CASES)
def test_a_result_and_its_node_are_those_of_the_twin(op, sample):
    if op.name == "dropout":
        sample = extend.sample(*sample.args, **{**sample.kwargs, "rng": 0})
    args, kwargs = arguments(op, sample)
    with np.errstate(all="ignore"):
        ours, theirs = op.function(*args, **kwargs), op.function.twin(*args, **kwargs)
    assert type(ours) is type(theirs)
    assert same(ours.data, theirs.data)
    assert (ours.node is None) == (theirs.node is None)
    if ours.node is None:
        return
    assert ours.node.birth < theirs.node.birth
    for slot in ("operation", "keep_a", "keep_b", "like"):
        assert same(getattr(ours.node, slot), getattr(theirs.node, slot)), slot
    for a, b in zip(ours.node.parents, theirs.node.parents, strict=True):
        assert a is b


@pytest.mark.parametrize(("op", "sample"), CASES)
def test_arrays_in_give_what_the_twin_gives(op, sample):
    if op.name == "dropout":
        sample = extend.sample(*sample.args, **{**sample.kwargs, "rng": 0})
    args, kwargs = sample.make(np.random.default_rng(0))
    with np.errstate(all="ignore"):
        ours, theirs = op.function(*args, **kwargs), op.function.twin(*args, **kwargs)
    assert type(ours) is type(theirs)
    assert same(ours, theirs)


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
        lambda x: ag.multiply(x, np.ones(4)),
        lambda x: ag.multiply(x, None),
        lambda x: ag.reshape(x, (5, 5)),
        lambda x: ag.sum(x, axis=x),
        lambda x: ag.linear(x, np.ones((2, 7))),
    ],
)
def test_errors_are_those_of_the_twin(call, monkeypatch):
    x = ag.Tensor(np.ones(3), requires_grad=True)
    with pytest.raises((TypeError, ValueError, IndexError)) as ours:
        call(x)
    for name in ("multiply", "reshape", "sum", "linear"):
        monkeypatch.setattr(ag, name, getattr(ag, name).twin)
    with pytest.raises(type(ours.value)) as theirs:
        call(x)
    assert str(ours.value) == str(theirs.value)


def test_other_errors_pass_as_they_are():
    def interrupted(x):
        raise KeyboardInterrupt

    op = ag.operation("interrupted", interrupted, formula="y = x", rules=[ag.rule(lambda g: g)], samples=[])
    try:
        with pytest.raises(KeyboardInterrupt):
            op(ag.Tensor(1.0, requires_grad=True))
    finally:
        del registry["interrupted"]


def test_it_looks_like_a_function():
    assert ag.multiply.__name__ == ag.multiply.__qualname__ == "multiply"
    assert ag.multiply.__doc__.splitlines()[0]
    assert list(inspect.signature(ag.sum).parameters) == ["x", "axis", "keepdims"]
    assert pickle.loads(pickle.dumps(ag.multiply)) is ag.multiply
    assert copy.deepcopy(ag.multiply) is ag.multiply
    assert repr(ag.multiply) == "<operation multiply>"
    assert ag.Tensor.__mul__ is ag.multiply
    x = ag.Tensor([1.0, 2.0])
    bound = x.sum
    assert bound().item() == 3.0


def test_a_recorder_needs_arguments_that_fit():
    op = registry["multiply"]
    good = [op, op.forward, op.function.twin, ("a", "b"), (1, 2), 0, (0, 1), ((1,), (0,)), None, 0, False]
    native.Recorder(*good)
    for at, bad in ((4, (1,)), (6, (0, 2)), (6, ()), (7, ((1,),)), (7, ((9,), (0,))), (7, (1, 0)), (8, (5,)), (9, -1)):
        with pytest.raises((ValueError, TypeError)):
            native.Recorder(*good[:at], bad, *good[at + 1 :])


def random_graph(rng, size):
    """A graph of multiplications and additions in which values are used again and again, or not at all."""
    values = [ag.Tensor(rng.uniform(0.5, 1.5), requires_grad=True) for _ in range(3)]
    for _ in range(size):
        a, b = rng.choice(values[-20:]), rng.choice(values)
        values.append(rng.choice((ag.add, ag.multiply, ag.minimum))(a, b))
    return values


@pytest.mark.parametrize("size", [0, 1, 2, 7, 40, 500])
@pytest.mark.parametrize("seed", range(4))
def test_claims_are_those_of_the_twin(size, seed):
    values = random_graph(random.Random(seed), size)
    roots = dict.fromkeys([values[-1].node, values[len(values) // 2].node])
    oldest = values[len(values) // 3].node.birth
    for start in (0, oldest):
        orders = []
        for claim, _ in engine.PLAIN_WALKS:
            order = claim(roots, start)
            assert all(node.walk is order for node in order)
            assert [node.birth for node in order] == sorted(node.birth for node in order)
            engine.release(order)
            assert all(node.walk is None for node in order)
            orders.append(order)
        assert orders[0] == orders[1]


@pytest.mark.parametrize(("claim", "walk"), engine.PLAIN_WALKS)
def test_a_node_in_another_walk_is_not_claimed(claim, walk):
    values = random_graph(random.Random(0), 30)
    root = values[-1].node
    first = claim([root])
    assert claim([root]) is None
    younger = values[-1] * 2.0
    assert claim([younger.node]) is None
    assert younger.node.walk is None
    assert all(node.walk is first for node in first)
    engine.release(first)
    assert claim([younger.node]) is not None


@pytest.mark.parametrize(("claim", "walk"), engine.PLAIN_WALKS)
def test_a_rule_that_fails_leaves_nodes_free(claim, walk):
    calls = []

    def failing(g, x):
        calls.append(g)
        raise ZeroDivisionError

    op = ag.operation("failing", lambda x: x * 1, formula="y = x", rules=[ag.rule(failing)], samples=[])
    try:
        x = ag.Tensor(2.0, requires_grad=True)
        y = op(x * x) * 3.0
        order = claim([y.node])
        nodes = list(order)
        with pytest.raises(ZeroDivisionError):
            walk(order, {y.node: np.float64(1.0)})
        assert len(calls) == 1
        assert [node.walk for node in nodes] == [None] * len(nodes)
        assert [node.total for node in nodes] == [None] * len(nodes)
    finally:
        del registry["failing"]


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
    operation = registry["linear"]
    before, held = sys.getallocatedblocks(), sys.getrefcount(operation)
    for _ in range(1000):
        work()
    assert sys.getrefcount(operation) == held
    assert sys.getallocatedblocks() - before < 500  # one lost in each round would be 1000


def test_under_no_grad_nothing_is_recorded():
    """In C, where no tape and no watch is on; the twin is not asked."""
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
    asked = []
    twin = native.Recorder(
        registry["multiply"], np.multiply, lambda *args: asked.append(args), ("a", "b"), (1, 2), 0, (0, 1),
        ((1,), (0,)), None, 0, False,
    )  # fmt: skip
    with ag.no_grad():
        assert twin(x, x).node is None
    assert asked == []
    with ag.detect_anomaly():
        twin(x, x)
    assert len(asked) == 1
