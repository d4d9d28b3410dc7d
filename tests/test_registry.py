"""The laws that every declared operation obeys, run on each of its samples.

A law is a plain function of a ``Case`` (or of an operation) that raises AssertionError; the tests
at the end plant a mistake against each law and expect it to be found.
"""

import gc
import itertools
import re

import numpy as np
import pytest
from registry_cases import Case, cases, gradients_or_zeros, operations, random_like

import autograd as ag
from autograd import engine, extend
from autograd.checking import gradcheck
from autograd.declaration import Draw, alias, registry
from autograd.node import Leaf, Node

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of NumPy: log of NaN, mean of nothing

KINDS = {
    "elementwise", "activation", "reduce", "shape", "index", "linalg", "signal", "conv", "pool", "normalization",
    "loss",
}  # fmt: skip
ENTRYWISE = {"elementwise", "activation"}


def every_case(test):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.id)(test)


def entrywise_operations(test):
    chosen = [op for op in operations if op.kind in ENTRYWISE]
    return pytest.mark.parametrize("op", chosen, ids=lambda op: op.name)(test)


def raw(y):
    return y.data if isinstance(y, ag.Tensor) else y


def same(got, expected, what):
    """Equal to the last bit, in shape and in dtype."""
    got, expected = raw(got), raw(expected)
    assert isinstance(got, np.ndarray | np.generic), f"{what}: a {type(got).__name__}, not an array"
    assert np.shape(got) == np.shape(expected), f"{what}: shape {np.shape(got)} instead of {np.shape(expected)}"
    assert got.dtype == expected.dtype, f"{what}: {got.dtype} instead of {expected.dtype}"
    np.testing.assert_array_equal(got, expected, err_msg=what)


def close(got, expected, what, rtol=1e-10, atol=1e-12):
    got, expected = np.asarray(raw(got)), np.asarray(raw(expected))
    assert got.shape == expected.shape, f"{what}: shape {got.shape} instead of {expected.shape}"
    np.testing.assert_allclose(got, expected, rtol=rtol, atol=atol, err_msg=what)


def read_only(arrays):
    """Copies that cannot be written to."""
    copies = [np.array(x) for x in arrays]
    for x in copies:
        x.flags.writeable = False
    return [x[()] for x in copies]


def locked_leaves(case):
    leaves = case.leaves()
    for leaf in leaves:
        if isinstance(leaf.data, np.ndarray):
            leaf.data.flags.writeable = False
    return leaves


# -- the declaration ---------------------------------------------------------------------------


def law_declared_fully(op, parse):
    assert op.samples, f"{op.name}: no samples"
    assert op.formula and op.formula.strip(), f"{op.name}: no formula"
    parse(op.formula)
    assert op.kind in KINDS, f"{op.name}: the kind {op.kind!r} is none of {sorted(KINDS)}"
    text = op.function.__doc__ or ""
    assert len(text) > 20 and not text.startswith(f"{op.name}: see the formula"), f"{op.name}: no docstring (doc=)"
    summary, *described = text.partition("\n\nFormula: ")[0].split("\n\n")
    assert summary.endswith("."), f"{op.name}: the docstring begins with no sentence"
    assert not any(part.startswith(" ") for part in described), f"{op.name}: the docstring is indented"
    unnamed = [name for name in op.params if not re.search(rf"\b{name}\b", text)]
    assert not unnamed, f"{op.name}: the docstring does not name {', '.join(unnamed)}"
    assert callable(op.numpy) or hasattr(np, op.name), f"{op.name}: numpy= is missing, and NumPy has no such function"
    assert len(op.rules) == len(op.inputs), f"{op.name}: {len(op.rules)} rules for {len(op.inputs)} inputs"
    for name, rule in zip(op.inputs, op.rules, strict=True):
        # of a structured operation the derivative is a tensor, which not always has a short formula
        assert rule.local or op.kind not in ENTRYWISE, f"{op.name}: the rule of {name} has no local="
        if rule.local:
            parse(rule.local)


@pytest.fixture(scope="module")
def parse():
    """Reads a formula as matplotlib, which draws the pictures, does."""
    parser = pytest.importorskip("matplotlib.mathtext").MathTextParser("path")

    def parse(formula):
        try:
            parser.parse(f"${formula}$")
        except ValueError as error:
            raise AssertionError(f"{formula!r} does not render:\n{error}") from error

    return parse


@pytest.mark.parametrize("op", operations, ids=lambda op: op.name)
def test_declared_fully(op, parse):
    law_declared_fully(op, parse)


# -- values ------------------------------------------------------------------------------------


def law_value(case):
    """The reference's value; the same from arrays and from Tensors; arrays in, arrays out."""
    reference = case.op.numpy or getattr(np, case.op.name)
    statics = [np.array(x) for x in case.static_arrays()]
    arrays = read_only(case.arrays)
    y = case.call(arrays)
    assert isinstance(y, np.ndarray | np.generic), f"arrays in gave a {type(y).__name__}"
    assert isinstance(y, np.generic) or y.ndim, "a value without axes is an array instead of a NumPy scalar"
    close(y, case.call([np.array(x)[()] for x in case.arrays], reference), f"{case!r} against the reference")
    if isinstance(y, np.ndarray):
        fresh = y.copy()
    for what, tensors in [("constants", [ag.Tensor(x) for x in case.arrays]), ("leaves", locked_leaves(case))]:
        t = case.call(tensors)
        assert isinstance(t, ag.Tensor) or not tensors, f"Tensors in gave a {type(t).__name__}"
        same(t, y, f"{case!r} on {what}")
    if isinstance(y, np.ndarray):
        np.testing.assert_array_equal(y, fresh, err_msg="a later call changed an earlier result")
    with ag.no_grad():
        assert not getattr(case.call(case.leaves()), "requires_grad", False), "recorded under no_grad"
    if all(x.size for x in case.arrays):  # an empty list does not tell the lengths of its axes
        same(case.call([x.tolist() for x in case.arrays]), y, f"{case!r} on lists")
    for x, before in zip(case.static_arrays(), statics, strict=True):
        np.testing.assert_array_equal(x, before, err_msg="a static argument was written to")


def law_nan_propagates(case):
    """Where an entry of the result depends on an input at all, NaN in that input makes it NaN."""
    y = case.call(case.arrays)
    if y.dtype.kind != "f":
        return
    for i, x in enumerate(case.arrays):
        depends = np.zeros(y.shape, bool)
        for other in (-x, 2 * x, 0 * x, x + 1, x - 3, x[..., ::-1] if x.ndim else x):
            moved = case.call([*case.arrays[:i], other, *case.arrays[i + 1 :]])
            depends |= np.nan_to_num(moved) != np.nan_to_num(y)
        bad = case.call([*case.arrays[:i], x * np.nan, *case.arrays[i + 1 :]])
        missed = depends & ~np.isnan(bad)
        assert not missed.any(), f"{case!r}: NaN in array {i} is lost in {missed.sum()} of {missed.size} entries"


def in_columns(x):
    """The same array, column by column in memory."""
    return np.asfortranarray(x) if x.ndim else x


def strided(x):
    """The same array as a view of a larger one: backwards along the first axis, every second entry along the last."""
    if not x.ndim:
        return x
    around = np.full((*x.shape[:-1], 2 * x.shape[-1]), np.nan)[::-1]
    around[..., ::2] = x
    return around[..., ::2]


def law_any_layout(case):
    """Value and gradients do not depend on how the arrays lie in memory."""
    leaves = case.leaves()
    y = case.call(leaves)
    seed = random_like(y, case.rng("layout"))
    y.backward(seed)
    for layout in (in_columns, strided):
        what = f"{case!r} on arrays {layout.__name__}"
        close(case.call([layout(x) for x in case.arrays]), y, what)
        others = [ag.Tensor(layout(x), requires_grad=True) for x in case.arrays]
        z = case.call(others)
        close(z, y, what)
        z.backward(layout(seed))
        for i, (a, b) in enumerate(zip(leaves, others, strict=True)):
            close(b.grad, a.grad, f"{what}: gradient {i}")


@every_case
def test_values(case):
    law_value(case)
    law_nan_propagates(case)
    if case.differentiable:
        law_any_layout(case)


# -- gradients ---------------------------------------------------------------------------------


def law_gradients(case):
    """Gradients, and gradients of gradients, agree with finite differences."""
    order = 2 if case.sample.smooth else 1
    gradcheck(lambda *xs: case.call(xs), case.arrays, order=order, projections=4)


@every_case
def test_gradients(case):
    if case.differentiable:
        law_gradients(case)


def law_walks_agree(case):
    """The plain walk, the general one, the recorded one, and the one on a tape give the same gradients.

    The operation is called three times on the same values, so that gradients are summed, the third
    time into the array of the sum.
    """
    leaves = case.leaves()
    inner = [alias(leaf) for leaf in leaves]
    results = [case.call(inner) for _ in range(3)]
    rng = case.rng("walks")
    seeds = read_only([random_like(y, rng) for y in results])

    def run(walk, seeds, **how):
        order, totals = engine.collect([y.node for y in results])
        totals = dict.fromkeys(totals)
        totals.update(zip([y.node for y in results], seeds, strict=True))
        found = walk(order, totals, consume=False, **how)
        return [found.get(leaf.node) for leaf in leaves]

    kept = [x for y in results for x in arrays_kept(y.node)]
    before = [x.copy() for x in kept]
    plainly = []
    for claim, walk in engine.PLAIN_WALKS:
        nodes = [y.node for y in results]
        found = walk(claim(nodes), dict(zip(nodes, seeds, strict=True)), consume=False)
        plainly.append([found.get(leaf.node) for leaf in leaves])
    plain = plainly[0]
    general = run(engine.walk, seeds)
    recorded = run(engine.walk, [ag.Tensor(u) for u in seeds], apply=engine.apply_recorded)
    for x, copied in zip(kept, before, strict=True):
        np.testing.assert_array_equal(x, copied, err_msg=f"{case!r}: a kept array was written to")
    for i, (leaf, g) in enumerate(zip(leaves, plain, strict=True)):
        assert (g.shape, g.dtype) == (leaf.shape, leaf.dtype), f"{case!r}: gradient {i} is {g.dtype} of shape {g.shape}"
        same(general[i], g, f"{case!r}: gradient {i} by walk and walk_plainly")
        for others in plainly[1:]:
            same(others[i], g, f"{case!r}: gradient {i} by walk_plainly and its twin in C")
        assert isinstance(recorded[i], ag.Tensor), f"{case!r}: gradient {i} under create_graph is no Tensor"
        assert (recorded[i].shape, recorded[i].dtype) == (leaf.shape, leaf.dtype), (
            f"{case!r}: gradient {i} under create_graph"
        )
        close(recorded[i], g, f"{case!r}: gradient {i} with and without create_graph")
    law_tape_changes_nothing(case)


def law_tape_changes_nothing(case):
    plain, taped = case.leaves(), case.leaves()
    y = case.call(plain)
    with ag.tape() as tape:
        z = case.call(taped)
    same(z, y, f"{case!r} on a tape")
    seed = random_like(y, case.rng("tape"))
    y.backward(seed)
    z.backward(seed)
    for i, (a, b) in enumerate(zip(plain, taped, strict=True)):
        same(b.grad, a.grad, f"{case!r}: gradient {i} on a tape")
    same(tape.nodes[-1].note.value, y, f"{case!r}: the value on the tape")
    same(tape.nodes[-1].note.gradient, seed, f"{case!r}: the gradient on the tape")


def law_reference_agrees(case):
    """The reference in primitive operations: the same value, and the same gradients as the rules'."""
    seed = random_like(case.call(case.arrays), case.rng("reference"))
    ours, theirs = case.leaves(), case.leaves()
    y = case.call(ours)
    z = case.call(theirs, case.op.reference)
    close(z, y, f"{case!r}: the value of the reference")
    found = gradients_or_zeros([y], [seed], ours), gradients_or_zeros([z], [seed], theirs)
    for i, (g, expected) in enumerate(zip(*found, strict=True)):
        close(g, expected, f"{case!r}: gradient {i} against the reference's")


def law_one_input_at_a_time(case):
    """A gradient is the same whether the other inputs are leaves, constants or plain arrays."""
    leaves = case.leaves()
    y = case.call(leaves)
    seed = random_like(y, case.rng("alone"))
    y.backward(seed)
    for i, leaf in enumerate(leaves):
        for others in ([ag.Tensor(x) for x in case.arrays], case.arrays):
            alone = ag.Tensor(case.arrays[i], requires_grad=True)
            y = case.call([*others[:i], alone, *others[i + 1 :]])
            same(ag.gradients(y, alone, gradient=seed, retain_graph=True), leaf.grad, f"{case!r}: gradient {i} alone")
            recorded = ag.gradients(y, alone, gradient=seed, create_graph=True)
            close(recorded, leaf.grad, f"{case!r}: gradient {i} alone, under create_graph")


@every_case
def test_walks_agree(case):
    if not case.differentiable:
        return
    law_walks_agree(case)
    if len(case.arrays) > 1:
        law_one_input_at_a_time(case)
    if case.op.reference is not None:
        law_reference_agrees(case)


# -- memory: what is kept, what is shared, what is freed ---------------------------------------


def arrays_kept(node):
    """Every array that a node holds."""
    todo, found = [node.saved_a, node.saved_b], []
    while todo:
        value = todo.pop()
        if isinstance(value, list | tuple):
            todo.extend(value)
        elif isinstance(value, dict):
            todo.extend(value.values())
        elif isinstance(value, np.ndarray):
            found.append(value)
    return found


def law_keeps_what_rules_name(case):
    """A node keeps for each parent what that parent's rule names; for one without gradient, nothing."""
    op = case.op
    parents = [case.parent(place) for place in case.places]
    for recorded in [range(len(parents)), *([i] for i in range(len(parents)) if len(parents) > 1)]:
        tensors = [ag.Tensor(x, requires_grad=i in recorded) for i, x in enumerate(case.arrays)]
        extra = ()
        if op.auxiliaries:
            y, *extra = case.call(tensors, op.function.with_auxiliaries)
        else:
            y = case.call(tensors)
        node, named = y.node, case.named(tensors)
        given = list(named[op.inputs[0]]) if op.variadic else [named.get(name) for name in op.inputs]
        known = {name: [np.shape(raw(x)) for x in given] for name in [f"{op.inputs[0]}_shape"] if op.variadic}
        if not op.variadic:
            known = {f"{name}_shape": np.shape(raw(x)) for name, x in zip(op.inputs, given, strict=True)}
        known |= {name: raw(value) for name, value in named.items()}
        known |= dict(zip(op.auxiliaries, extra, strict=True)) | {"y": y.data}
        if op.variadic:
            known[op.inputs[0]] = tuple(raw(x) for x in given)
        wanted = {parents[i] for i in recorded}
        assert len(node.saved) == len(given), f"{op.name}: {len(node.saved)} entries kept for {len(given)} inputs"
        for j, (parent, kept) in enumerate(zip(node.parents, node.saved, strict=True)):
            if j not in wanted:
                assert parent is None and kept is None, f"{op.name}: input {j} needs no gradient, but {kept!r} is kept"
                continue
            rule = op.rules[0 if op.variadic else j]
            assert parent is tensors[parents.index(j)].node
            if not rule.needs:
                assert kept is None, f"{op.name}: input {j} keeps {kept!r}, which its rule does not name"
                continue
            values = (kept,) if len(rule.needs) == 1 else kept
            for name, value in zip(rule.needs, values, strict=True):
                expected = j if op.variadic and name == rule.needs[0] else known[name]
                itself = name == "y" or name in op.inputs
                assert is_kept(value, expected, itself), f"{op.name}: input {j} keeps {value!r} as {name}"
        if op.reference is None:
            assert node.saved_b is None or not op.many_inputs, f"{op.name}: keeps arguments, though it has no reference"


def is_kept(value, expected, itself):
    """Whether a kept value is the expected one: that very array, or (auxiliaries, parameters) an equal one."""
    if itself and isinstance(expected, tuple):
        return len(value) == len(expected) and all(a is b for a, b in zip(value, expected, strict=True))
    if itself or value is expected:
        return value is expected
    if isinstance(expected, np.ndarray | np.generic):
        return np.array_equal(value, expected, equal_nan=expected.dtype.kind == "f")
    return type(value) is type(expected) and str(value) == str(expected)


def law_gradients_are_the_users(case):
    """Each .grad is writable, of its leaf's shape and dtype, and shares memory with nothing.

    So every .grad is compared with all arrays around it after a first backward, then overwritten; after
    another, which must not notice; and after one that adds.
    """
    leaves = locked_leaves(case)
    y = case.call(leaves)
    y.retain_grad()
    seed = random_like(y, case.rng("ownership"))
    around = {"seed": seed, "value": y.data}
    around |= {f"leaf {i}": leaf.data for i, leaf in enumerate(leaves)}
    around |= {f"kept array {i}": x for i, x in enumerate(arrays_kept(y.node))}
    around |= {f"static argument {i}": x for i, x in enumerate(case.static_arrays())}
    before = {name: np.array(x) for name, x in around.items()}
    first = None
    for turn, times in enumerate([1, 1, 2]):
        if times == 1:
            y.grad = None
            for leaf in leaves:
                leaf.grad = None
        y.backward(seed, retain_graph=times == 1)
        grads = {".grad of the value": y.grad} | {f".grad of leaf {i}": leaf.grad for i, leaf in enumerate(leaves)}
        first = first or {name: np.array(g) for name, g in grads.items()}
        for (name, g), owner in zip(grads.items(), [y, *leaves], strict=True):
            assert (g.shape, g.dtype) == (owner.shape, owner.dtype), f"{case!r}: {name} is {g.dtype} of shape {g.shape}"
            close(g, times * first[name], f"{case!r}: {name} of a later backward", rtol=1e-15, atol=0)
            shared_with_nothing(case, name, g, around | grads)
        for g in grads.values():
            if isinstance(g, np.ndarray) and turn != 1:
                g[...] = 1e9
    for name, x in around.items():
        np.testing.assert_array_equal(x, before[name], err_msg=f"{case!r}: the {name} has changed")


def shared_with_nothing(case, name, g, others):
    if not isinstance(g, np.ndarray):
        return  # a NumPy scalar: nobody can write into it
    assert g.flags.writeable, f"{case!r}: {name} is not writable"
    for other, x in others.items():
        if other != name and isinstance(x, np.ndarray):
            assert not np.shares_memory(g, x), f"{case!r}: {name} shares memory with the {other}"


def law_frees_its_nodes(case):
    """Without the collector's help nothing is left: after backward no inner node, after del no node."""
    gc.disable()
    gc.freeze()  # what is listed below is then what this function made
    try:
        leaves = case.leaves()
        y = case.call(leaves)
        seed = random_like(y, case.rng())
        y.backward(seed)
        assert sum(type(x) is Node for x in gc.get_objects()) == 1, f"{case!r}: inner nodes are left after backward"
        assert not arrays_kept(y.node), f"{case!r}: arrays are kept after backward"
        del y
        left = [x for x in gc.get_objects() if type(x) is Node]
        assert not left, f"{case!r}: {left} left after backward"
        y = case.call(leaves)
        gradients = ag.gradients([y], leaves, gradient=[seed], create_graph=True)
        del y, gradients, leaves
        left = [x for x in gc.get_objects() if type(x) in (Node, Leaf)]
        assert not left, f"{case!r}: {left} left after the Tensors"
    finally:
        gc.unfreeze()
        gc.enable()


@every_case
def test_memory(case):
    if not case.differentiable:
        return
    law_keeps_what_rules_name(case)
    law_gradients_are_the_users(case)
    law_frees_its_nodes(case)


# -- dtypes ------------------------------------------------------------------------------------


def law_keeps_dtype(case, dtype):
    """Values, gradients and their gradients stay in float32 (float16), before the engine casts too."""

    def convert(x):
        return x.astype(dtype)

    y = case.call([convert(x) for x in case.arrays], convert=convert, statics=True)
    if y.dtype.kind != "f" or case.asks_for_a_dtype():
        return
    assert y.dtype == dtype, f"{case!r}: arrays of {dtype.__name__} give {y.dtype}"
    tolerance = 2e-3 if dtype is np.float32 else 5e-2
    close(y, case.call(case.arrays), f"{case!r} in {dtype.__name__}", rtol=tolerance, atol=tolerance)
    leaves = case.leaves(dtype)
    y = case.call(leaves, convert=convert, statics=True)
    assert y.dtype == dtype, f"{case!r}: Tensors of {dtype.__name__} give {y.dtype}"
    if not case.differentiable:
        return
    widened = []

    def unbroadcast(g, parent, node):
        if raw(g).dtype != parent.like[1]:
            widened.append(f"{node.operation.name} gives {raw(g).dtype} to {parent.like[1]}")
        return engine.unbroadcast(g, parent, node)

    def run(outputs, seeds):
        order, totals = engine.collect([y.node for y in outputs])
        totals = dict.fromkeys(totals)
        totals.update(zip([y.node for y in outputs], seeds, strict=True))
        found = engine.walk(order, totals, consume=False, apply=engine.apply_recorded, unbroadcast=unbroadcast)
        return [found.get(leaf.node) for leaf in leaves]

    rng = case.rng("dtype")
    seed = random_like(y, rng)
    y.backward(seed, retain_graph=True)
    with np.errstate(all="ignore"):
        first = run([y], [ag.Tensor(seed)])
        outputs = [g for g in first if g is not None and g.requires_grad]
        second = run(outputs, [ag.Tensor(random_like(g, rng)) for g in outputs]) if outputs else []
    assert not widened, f"{case!r}: a rule leaves {dtype.__name__}: {'; '.join(dict.fromkeys(widened))}"
    for g in [*(leaf.grad for leaf in leaves), *first, *second]:
        assert g is None or g.dtype == dtype, f"{case!r}: a gradient is {g.dtype}"


def law_mixed_dtypes(case):
    """Among inputs of several dtypes each still gets a gradient of its own."""
    for order in ([np.float32, np.float64], [np.float64, np.float32]):
        leaves = [ag.Tensor(x, True, dtype=order[i % 2]) for i, x in enumerate(case.arrays)]
        y = case.call(leaves)
        seed = random_like(y, case.rng("mixed"))
        recorded = ag.gradients(y, leaves, gradient=seed, create_graph=True)
        y.backward(seed)
        for i, (leaf, g) in enumerate(zip(leaves, recorded, strict=True)):
            for one in (leaf.grad, g):
                assert one.dtype == leaf.dtype, f"{case!r}: input {i} is {leaf.dtype}, its gradient {one.dtype}"


@every_case
def test_dtypes(case):
    law_keeps_dtype(case, np.float32)
    if case.differentiable and len(case.arrays) > 1:
        law_mixed_dtypes(case)
    law_keeps_dtype(case, np.float16)


# -- shapes ------------------------------------------------------------------------------------

SHAPES = [(), (1,), (3,), (0,), (2, 3), (3, 1), (3, 0), (1, 1, 3)]


def law_broadcasts(op):
    """Every combination of shapes: value and gradients have the right shape, and the right numbers.

    The numbers are those of the inputs broadcast beforehand, whose gradients are then summed.
    """
    case = max([Case(op, number) for number in range(len(op.samples))], key=lambda case: len(case.arrays))
    draws = case.draws()
    rng = case.rng("shapes")
    tried = 0
    for shapes in itertools.product(SHAPES, repeat=len(draws)):
        try:
            shape = np.broadcast_shapes(*shapes, *[x.shape for x in case.static_arrays()])
        except ValueError:
            continue
        tried += 1
        arrays = [Draw(s, spec.how, spec.label).draw(rng) for s, spec in zip(shapes, draws, strict=True)]
        leaves = [ag.Tensor(x, requires_grad=True) for x in arrays]
        full = [ag.Tensor(np.broadcast_to(x, shape), requires_grad=True) for x in arrays]
        y, z = case.call(leaves), case.call(full)
        same(case.call(arrays), y, f"{op.name} on arrays of shapes {shapes}")
        assert y.shape == shape, f"{op.name} of shapes {shapes}: shape {y.shape} instead of {shape}"
        same(z, y, f"{op.name} of shapes {shapes}")
        if not case.differentiable:
            continue
        seed = random_like(y, rng)
        y.backward(seed)
        z.backward(seed)
        for leaf, whole in zip(leaves, full, strict=True):
            close(leaf.grad, summed_to(whole.grad, leaf.shape), f"{op.name} of shapes {shapes}: a gradient")
    assert tried >= len(SHAPES) - 3, f"{op.name}: only {tried} combinations of shapes fit its static arguments"


def summed_to(g, shape):
    g = np.asarray(g)
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1 != np.shape(g)[i]), keepdims=True).reshape(shape)


@entrywise_operations
def test_broadcasts(op):
    law_broadcasts(op)


# -- the laws find what breaks them ------------------------------------------------------------


@pytest.fixture
def declare():
    """Declares y = x² with mistakes for one test, and takes it out of the registry after it."""
    before = dict(registry)

    def declare(**mistakes):
        right = {
            "forward": lambda x: x * x,
            "formula": "y = x^2",
            "rules": [ag.rule(lambda g, x: 2 * g * x, local="2 x")],
            "samples": [extend.sample(extend.positive(3, 4))],
            "doc": "The square of each entry, to be declared wrongly.",
            "numpy": np.square,
        }
        declared = right | mistakes
        return ag.operation("planted", declared.pop("forward"), **declared).operation

    yield declare
    registry.clear()
    registry.update(before)


LAWS = [
    law_value,
    law_nan_propagates,
    law_any_layout,
    law_gradients,
    law_walks_agree,
    law_one_input_at_a_time,
    law_mixed_dtypes,
    law_keeps_what_rules_name,
    law_gradients_are_the_users,
    law_frees_its_nodes,
    lambda case: law_keeps_dtype(case, np.float32),
    lambda case: law_keeps_dtype(case, np.float16),
    lambda case: law_broadcasts(case.op),
]


def test_a_right_operation_breaks_no_law(declare, parse):
    op = declare(reference=lambda x: ag.multiply(x, x))
    law_declared_fully(op, parse)
    for law in [*LAWS, law_reference_agrees]:
        law(Case(op, 0))


@pytest.mark.parametrize(
    ("mistakes", "message"),
    [
        ({"samples": []}, "no samples"),
        ({"formula": ""}, "no formula"),
        ({"formula": r"\frac{x"}, "does not render"),
        ({"rules": [ag.rule(lambda g, x: 2 * g * x)]}, "no local="),
        ({"rules": [ag.rule(lambda g, x: 2 * g * x, local=r"\begin{matrix}")]}, "does not render"),
        ({"doc": None}, "no docstring"),
        ({"doc": "The square of each entry"}, "no sentence"),
        ({"forward": lambda x, scale=1: x * x * scale}, "does not name scale"),
        ({"numpy": None}, "numpy= is missing"),
        ({"kind": "unheard of"}, "none of"),
        ({"inputs": ["x", "z"], "forward": lambda x, z: x * x}, "1 rules for 2 inputs"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_incomplete_declaration_is_found(declare, parse, mistakes, message):
    with pytest.raises(AssertionError, match=message):
        law_declared_fully(declare(**mistakes), parse)


def _writes_to_its_input(x):
    x *= x
    return x


def _writes_to_its_parameter(x, scale):
    y = x * x * scale
    scale += 1
    return y


def _writes_to_what_is_kept(g, x):
    if isinstance(x, np.ndarray) and x.flags.writeable:
        x += 1
        return 2 * g * (x - 1)
    return 2 * g * x


def _detached(x):
    return x.detach() if isinstance(x, ag.Tensor) else x


@pytest.mark.parametrize(
    ("law", "mistakes", "error"),
    [
        (law_value, {"forward": lambda x: x * x * (1 + 1e-8)}, "against the reference"),
        (law_value, {"forward": lambda x: (x * x)[:1]}, "shape"),
        (law_value, {"forward": lambda x: np.square(x).tolist()}, "gave a list"),
        (law_value, {"forward": _writes_to_its_input}, "read-only"),
        (
            law_value,
            {
                "forward": _writes_to_its_parameter,
                "numpy": lambda x, scale: x * x * scale,
                "samples": [extend.sample(extend.reals(3), np.ones(3))],
            },
            "against the reference|written to",
        ),
        (law_nan_propagates, {"forward": lambda x: np.nan_to_num(x * x)}, "is lost"),
        (law_any_layout, {"forward": lambda x: np.square(x.ravel("K")).reshape(x.shape)}, "in_columns"),
        (
            law_any_layout,
            {"rules": [ag.rule(lambda g, x: 2 * x * g.ravel("K").reshape(g.shape))]},
            "in_columns: gradient 0",
        ),
        (law_gradients, {"rules": [ag.rule(lambda g, x: 2.002 * g * x)]}, "order 1"),
        (law_gradients, {"rules": [ag.rule(lambda g, x: 2 * g * _detached(x))]}, "order 2"),
        (
            law_walks_agree,
            {"rules": [ag.rule(lambda g, x: g * x * (2.1 if isinstance(g, ag.Tensor) else 2))]},
            "with and without create_graph",
        ),
        (law_walks_agree, {"rules": [ag.rule(_writes_to_what_is_kept)]}, "kept array was written to"),
        (
            law_walks_agree,
            {"rules": [ag.rule(lambda g, x: 2 * g * x, kernel=lambda g, x: 2.1 * g * x)]},
            "with and without create_graph",
        ),
        (law_reference_agrees, {"reference": lambda x: x * x * 1.001}, "the value of the reference"),
        (law_reference_agrees, {"reference": lambda x: x * x.detach()}, "against the reference's"),
        (LAWS[-3], {"forward": lambda x: x * x * np.float64(1.0)}, "arrays of float32 give float64"),
        (LAWS[-3], {"forward": lambda x: (x + 1e6 - 1e6) * x}, "in float32"),
        (LAWS[-3], {"rules": [ag.rule(lambda g, x: np.float64(2.0) * g * x)]}, "a rule leaves float32"),
        (
            LAWS[-3],
            {"rules": [ag.rule(lambda g, x: g * (x * 2.0 if isinstance(x, np.ndarray) else x * np.float64(2.0)))]},
            "a rule leaves float32",
        ),
        (LAWS[-2], {"forward": lambda x: x * x.astype(np.float32)}, "arrays of float16 give float32"),
        (LAWS[-1], {"forward": lambda x: np.atleast_1d(x * x)}, "instead of"),
        (
            LAWS[-1],
            {
                "forward": lambda a, b: a * b,
                "rules": [ag.rule(lambda g, b: g * b), ag.rule(lambda g, a: g * a if a.shape else g)],
                "samples": [extend.sample(extend.reals(3), extend.reals(3))],
            },
            "a gradient",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else getattr(value, "__name__", ""),
)
def test_a_planted_mistake_is_found(declare, law, mistakes, error):
    case = Case(declare(**mistakes), 0)
    with pytest.raises((AssertionError, ValueError), match=error):
        law(case)


def test_a_node_that_keeps_something_else_is_found(declare):
    case = Case(declare(), 0)
    law_keeps_what_rules_name(case)
    (rule,) = case.op.rules
    rule.needs = ("y",)
    with pytest.raises(AssertionError, match="keeps"):
        law_keeps_what_rules_name(case)
    rule.needs = ()
    with pytest.raises(AssertionError, match="keeps"):
        law_keeps_what_rules_name(case)


def test_a_gradient_that_is_not_the_users_is_found(monkeypatch):
    case = next(case for case in cases if case.id == "add-0")
    law_gradients_are_the_users(case)
    monkeypatch.setattr(engine, "_owned", lambda g: g)
    with pytest.raises(AssertionError, match="shares memory with the seed"):
        law_gradients_are_the_users(case)


def test_a_node_that_stays_is_found(declare):
    op = declare()
    function, kept = op.function, []

    def remembering(x):
        kept.append(function(x))
        return kept[-1]

    op.function = remembering
    with pytest.raises(AssertionError, match="left after backward"):
        law_frees_its_nodes(Case(op, 0))


def test_walks_that_differ_are_found(monkeypatch):
    case = next(case for case in cases if case.id == "multiply-0")

    def losing(total, g, parent, own):
        return total

    monkeypatch.setattr(engine, "accumulate", losing)
    with pytest.raises(AssertionError, match="by walk and walk_plainly"):
        law_walks_agree(case)


def test_a_gradient_that_depends_on_the_other_inputs_is_found(declare):
    factors = itertools.count(1)
    op = declare(
        forward=lambda a, b: a * b,
        rules=[ag.rule(lambda g, b: g * b * next(factors)), ag.rule(lambda g, a: g * a)],
        samples=[extend.sample(extend.reals(3), extend.reals(3))],
    )
    with pytest.raises(AssertionError, match="gradient 0 alone"):
        law_one_input_at_a_time(Case(op, 0))


def test_gradients_together_that_are_not_those_of_the_rules_are_found(declare):
    def of_two(factor):
        return declare(
            forward=lambda a, b: a * b,
            rules=[ag.rule(lambda g, b: g * b), ag.rule(lambda g, a: g * a)],
            reference=lambda a, b: a * b,
            together=lambda g, wanted, kept: [g * kept[0] * factor, g * kept[1]],
            samples=[extend.sample(extend.reals(3), extend.reals(3))],
        )

    law_one_input_at_a_time(Case(of_two(1), 0))
    with pytest.raises(AssertionError, match="gradient 0 alone"):
        law_one_input_at_a_time(Case(of_two(1.5), 0))
    with pytest.raises(ValueError, match="needs a reference"):
        declare(together=lambda g, wanted, kept: [g])


def test_a_gradient_of_another_dtype_is_found(monkeypatch):
    case = next(case for case in cases if case.id == "multiply-0")
    monkeypatch.setattr(engine, "unbroadcast", lambda g, parent, node: g)
    with pytest.raises(AssertionError, match="its gradient float64"):
        law_mixed_dtypes(case)


def test_the_laws_run_over_something():
    """Every public function that was declared is here, and most samples have gradients of gradients."""
    names = {op.name for op in operations}
    assert {"add", "exp", "sum", "matmul", "conv2d", "max_pool2d", "batch_norm", "cross_entropy", "getitem"} <= names
    assert sum(case.differentiable and case.sample.smooth for case in cases) > 0.8 * len(cases)
