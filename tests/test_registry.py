"""The laws of ``autograd.laws``, and some of the engine's insides, run on every sample of every declared operation.

The tests at the end plant a mistake against each law and expect it to be found.
"""

import gc
import itertools
import re
import weakref
from functools import partial

import numpy as np
import pytest
from registry_cases import cases, operations, params

import autograd as ag
from autograd import engine, extend, notes
from autograd.cases import Case, close, random_like, read_only, same
from autograd.declaration import alias, registry
from autograd.laws import (
    ENTRYWISE,
    LAWS,
    arrays_kept,
    differentiable,
    every,
    law_any_layout,
    law_broadcasts,
    law_gradients,
    law_gradients_are_the_users,
    law_keeps_dtype,
    law_linear,
    law_mixed_dtypes,
    law_one_input_at_a_time,
    law_parts_agree,
    law_reference_agrees,
    law_value,
    law_walks_give_the_same,
)
from autograd.node import LEAF, Leaf, Node
from autograd.tensors import raw
from tests.oracles import values_of

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of NumPy: log of NaN, mean of nothing


# -- the declaration ---------------------------------------------------------------------------


def law_declared_fully(op, parse, reference):
    assert op.samples, f"{op.name}: no samples"
    assert op.formula and op.formula.strip(), f"{op.name}: no formula"
    parse(op.formula)
    text = op.function.__doc__ or ""
    assert len(text) > 20 and not text.startswith(f"The operation {op.name}."), f"{op.name}: no docstring (doc=)"
    summary, *described = text.partition("\n\nFormula: ")[0].split("\n\n")
    assert summary.endswith("."), f"{op.name}: the docstring begins with no sentence"
    assert not any(part.startswith(" ") for part in described), f"{op.name}: the docstring is indented"
    unnamed = [name for name in op.params if not re.search(rf"\b{name}\b", text)]
    assert not unnamed, f"{op.name}: the docstring does not name {', '.join(unnamed)}"
    assert reference, f"{op.name}: no oracle, and NumPy has no such function"
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
    law_declared_fully(op, parse, values_of(op))


# -- laws of the insides ------------------------------------------------------------------------------------


def law_nan_propagates(case):
    """Where an entry of the result depends on an input at all, NaN in that input makes it NaN."""
    y = case.call(case.arrays)
    if y.dtype.kind != "f":
        return
    for i, x in enumerate(case.arrays):
        depends = np.zeros(y.shape, bool)
        for other in (-x, 2 * x, 0 * x, x + 1, x - 3, x[..., ::-1] if x.ndim else x):
            try:
                moved = case.call([*case.arrays[:i], other, *case.arrays[i + 1 :]])
            except np.linalg.LinAlgError:  # a matrix for which there is no result, such as a singular one
                continue
            depends |= np.nan_to_num(moved) != np.nan_to_num(y)
        bad = case.call([*case.arrays[:i], x * np.nan, *case.arrays[i + 1 :]])
        missed = depends & ~np.isnan(bad)
        assert not missed.any(), f"{case!r}: NaN in array {i} is lost in {missed.sum()} of {missed.size} entries"


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
    plain = engine.Walk(consume=False)
    plain.collect([y.node for y in results])
    found = plain.run(dict(zip([y.node for y in results], seeds, strict=True)))
    plain = [found.get(leaf.node) for leaf in leaves]
    general = run(engine.walk, seeds, accumulate=engine.accumulate)
    recorded = run(engine.walk, [ag.Tensor(u) for u in seeds], apply=engine.apply_recorded)
    for x, copied in zip(kept, before, strict=True):
        np.testing.assert_array_equal(x, copied, err_msg=f"{case!r}: a kept array was written to")
    for i, (leaf, g) in enumerate(zip(leaves, plain, strict=True)):
        assert (g.shape, g.dtype) == (leaf.shape, leaf.dtype), f"{case!r}: gradient {i} is {g.dtype} of shape {g.shape}"
        same(general[i], g, f"{case!r}: gradient {i} by the walk with its own steps and with those given to it")
        assert isinstance(recorded[i], ag.Tensor), f"{case!r}: gradient {i} under create_graph is no Tensor"
        assert (recorded[i].shape, recorded[i].dtype) == (leaf.shape, leaf.dtype), (
            f"{case!r}: gradient {i} under create_graph"
        )
        close(recorded[i], g, f"{case!r}: gradient {i} with and without create_graph")


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
        known |= dict(zip(op.auxiliaries, extra, strict=True)) | {"y": raw(y)}
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


def law_frees_its_nodes(case):
    """Without the collector's help nothing is left: after backward no inner node, after del no node."""
    leaves = case.leaves()
    y = case.call(leaves)
    seed = random_like(y, case.rng())
    alive = watched([y.node], (Node,))
    gc.disable()
    try:
        y.backward(seed)
        assert sum(alive()) == 1, f"{case!r}: inner nodes are left after backward"
        assert not arrays_kept(y.node), f"{case!r}: arrays are kept after backward"
        del y
        assert not any(alive()), f"{case!r}: nodes are left after backward"
        y = case.call(leaves)
        gradients = ag.gradients([y], leaves, gradient=[seed], create_graph=True)
        recorded = [g.node for g in gradients if g.requires_grad]
        alive = watched([y.node, *recorded], (Node, Leaf))
        del y, gradients, leaves, recorded
        assert not any(alive()), f"{case!r}: nodes are left after the Tensors"
    finally:
        gc.enable()


def watched(roots, kinds):
    """A function that says of each node behind the roots whether it is alive, told by a note that it alone holds."""
    held = [weakref.ref(notes.note_of(node)) for node in engine.collect(roots)[0] if type(node) in kinds]
    return lambda: [note() is not None for note in held]


def law_keeps_float16(case):
    law_keeps_dtype(case, np.float16)


INSIDE = (
    ("NaN", law_nan_propagates, every),
    ("every walk", law_walks_agree, differentiable),
    ("what is kept", law_keeps_what_rules_name, differentiable),
    ("nodes are freed", law_frees_its_nodes, differentiable),
    ("float16", law_keeps_float16, every),
)
"""What the library's own operations obey beyond ``LAWS``."""

chosen = {
    f"{op.name}-{name}": (law, of_it)
    for op in operations
    for name, law, choose in (*LAWS, *INSIDE)
    if (of_it := choose([case for case in cases if case.op is op]))
}


FIRST = ("values", "finite differences", "NaN")
"""The laws that are never left for the slow tests."""


@pytest.mark.parametrize(("law", "of_it"), params(chosen, [f"{op.name}-{law}" for op in operations for law in FIRST]))
def test_every_operation_obeys_the_laws(law, of_it):
    for case in of_it:
        law(case)


# -- the laws find what breaks them ------------------------------------------------------------


@pytest.fixture
def declare():
    """The case of y = x², declared with mistakes for one test and taken out of the registry after it."""
    before = dict(registry)

    def declare(values=np.square, **mistakes):
        right = {
            "forward": lambda x: x * x,
            "formula": "y = x^2",
            "rules": [ag.rule(lambda g, x: 2 * g * x, local="2 x")],
            "samples": [extend.sample(extend.positive(3, 4))],
            "doc": "The square of each entry, to be declared wrongly.",
        }
        declared = right | mistakes
        op = ag.operation("planted", declared.pop("forward"), **declared).operation
        return Case(op, (*op.samples, extend.sample())[0], 0, values)

    yield declare
    registry.clear()
    registry.update(before)


def test_a_right_operation_breaks_no_law(declare, parse):
    parts = {"made_of": [ag.multiply], "parts": lambda x: ag.multiply(x, x)}
    case = declare(reference=lambda x: ag.multiply(x, x), **parts)
    law_declared_fully(case.op, parse, case.reference)
    for _, law, _ in (*LAWS, *INSIDE):
        law(case)


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
        ({"values": None}, "no oracle"),
        ({"inputs": ["x", "z"], "forward": lambda x, z: x * x}, "1 rules for 2 inputs"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_incomplete_declaration_is_found(declare, parse, mistakes, message):
    with pytest.raises(AssertionError, match=message):
        case = declare(**mistakes)
        law_declared_fully(case.op, parse, case.reference)


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
                "values": lambda x, scale: x * x * scale,
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
        (law_parts_agree, {"made_of": [ag.square], "parts": lambda x: 1.001 * ag.square(x)}, "value of its parts"),
        (law_parts_agree, {"made_of": [ag.multiply], "parts": lambda x: x * _detached(x)}, "a gradient of its parts"),
        (law_linear, {"rules": [ag.rule(lambda g, x: 2 * g * x + 1e-6)]}, "not linear"),
        (law_linear, {"rules": [ag.rule(lambda g, x: 2 * abs(g) * x)]}, "not linear"),
        (
            law_walks_give_the_same,
            {"rules": [ag.rule(lambda g, x: 2 * g * x, kernel=lambda g, x: 2.1 * g * x)]},
            "with and without create_graph",
        ),
        (law_walks_give_the_same, {"rules": [ag.rule(lambda g, x: 2 * (g + 1e-6) * x)]}, "jvp against backward"),
        (law_keeps_dtype, {"forward": lambda x: x * x * np.float64(1.0)}, "arrays of float32 give float64"),
        (law_keeps_dtype, {"forward": lambda x: (x + 1e6 - 1e6) * x}, "in float32"),
        (law_keeps_dtype, {"rules": [ag.rule(lambda g, x: np.float64(2.0) * g * x)]}, "a rule leaves float32"),
        (
            law_keeps_dtype,
            {"rules": [ag.rule(lambda g, x: g * (x * 2.0 if isinstance(x, np.ndarray) else x * np.float64(2.0)))]},
            "a rule leaves float32",
        ),
        (law_keeps_float16, {"forward": lambda x: x * x.astype(np.float32)}, "arrays of float16 give float32"),
        (law_broadcasts, {"forward": lambda x: np.atleast_1d(x * x)}, "instead of"),
        (
            law_broadcasts,
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
    case = declare(**mistakes)
    with pytest.raises((AssertionError, ValueError), match=error):
        law(case)


def test_a_node_that_keeps_something_else_is_found(declare):
    case = declare()
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

    def land(walk):
        for node, g in walk.found.items():
            (node if node.operation is LEAF else node.note).grad = g

    monkeypatch.setattr(engine, "land", land)
    with pytest.raises(AssertionError, match="shares memory with the seed"):
        law_gradients_are_the_users(case)


def test_a_node_that_stays_is_found(declare):
    case = declare()
    function, kept = case.op.function, []

    def remembering(x):
        kept.append(function(x))
        return kept[-1]

    case.op.function = remembering
    with pytest.raises(AssertionError, match="left after backward"):
        law_frees_its_nodes(case)


def test_walks_that_differ_are_found(monkeypatch):
    case = next(case for case in cases if case.id == "multiply-0")

    def losing(total, g, parent, own):
        return total

    monkeypatch.setattr(engine, "accumulate", losing)
    with pytest.raises(AssertionError, match="with its own steps and with those given"):
        law_walks_agree(case)


def test_a_gradient_that_depends_on_the_other_inputs_is_found(declare):
    factors = itertools.count(1)
    case = declare(
        forward=lambda a, b: a * b,
        rules=[ag.rule(lambda g, b: g * b * next(factors)), ag.rule(lambda g, a: g * a)],
        samples=[extend.sample(extend.reals(3), extend.reals(3))],
    )
    with pytest.raises(AssertionError, match="gradient 0 alone"):
        law_one_input_at_a_time(case)


def test_gradients_together_that_are_not_those_of_the_rules_are_found(declare):
    def of_two(factor):
        return declare(
            forward=lambda a, b: a * b,
            rules=[ag.rule(lambda g, b: g * b), ag.rule(lambda g, a: g * a)],
            reference=lambda a, b: a * b,
            together=lambda g, wanted, kept: [g * kept[0] * factor, g * kept[1]],
            samples=[extend.sample(extend.reals(3), extend.reals(3))],
        )

    law_one_input_at_a_time(of_two(1))
    with pytest.raises(AssertionError, match="gradient 0 alone"):
        law_one_input_at_a_time(of_two(1.5))
    with pytest.raises(ValueError, match="needs a reference"):
        declare(together=lambda g, wanted, kept: [g])


def test_a_gradient_of_another_dtype_is_found(monkeypatch):
    case = next(case for case in cases if case.id == "multiply-0")
    monkeypatch.setattr(engine, "Walk", partial(engine.Walk, unbroadcast=lambda g, parent, node: g))
    with pytest.raises(AssertionError, match="its gradient float64"):
        law_mixed_dtypes(case)


def test_the_laws_run_over_something():
    """Every public function that was declared is here, and most samples have gradients of gradients."""
    names = {op.name for op in operations}
    assert {"add", "exp", "sum", "matmul", "conv2d", "max_pool2d", "batch_norm", "cross_entropy", "getitem"} <= names
    assert sum(case.differentiable and case.sample.smooth for case in cases) > 0.8 * len(cases)
