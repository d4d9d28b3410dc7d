"""Laws of ``explain`` over every declared operation: its terms add up, and the formulas it shows are true."""

import math
import re

import numpy as np
import pytest
from registry_cases import cases, operations, params

import autograd as ag
from autograd import extend
from autograd.cases import random_like
from autograd.declaration import registry
from autograd.engine import unbroadcast
from autograd.explaining import explain
from autograd.explaining import formula as ex
from autograd.explaining.closed import Sum
from autograd.explaining.declared import rule_of
from autograd.explaining.folding import Folding
from autograd.explaining.formula import FormulaError, Written, as_text, parse
from autograd.explaining.graph import Graph, pull
from autograd.explaining.terms import jacobian_column
from autograd.internal import batch_norm_relu
from autograd.laws import ENTRYWISE
from autograd.taped.graph import value_of
from autograd.taped.replay import arguments

differentiable = [case for case in cases if case.differentiable]


def recorded(case):
    with ag.tape(), np.errstate(all="ignore"):
        leaves = case.leaves()
        return leaves, case.call(leaves)


@pytest.mark.slow
@pytest.mark.parametrize("case", params(differentiable))
def test_the_terms_of_every_entry_add_up(case):
    """Over every declared operation, sample and input: Σ terms is the gradient's entry to 1e-12."""
    rng = case.rng("entries")
    leaves, y = recorded(case)
    g = random_like(y.data, rng)
    truth = ag.gradients(y, leaves, gradient=g, retain_graph=True)
    for wrt, gradient in zip(leaves, truth, strict=True):
        for flat in rng.permutation(wrt.size)[:3]:
            at = tuple(int(k) for k in np.unravel_index(flat, wrt.shape))
            derivation = explain(y, wrt, at=at, gradient=g)
            products = [term.value for term in derivation.terms]
            assert derivation.value == np.asarray(gradient)[at]
            assert abs(sum(products) - derivation.value) <= 1e-12 * sum(map(abs, products))
            assert str(derivation) and derivation.to_markdown()


# -- the law of local derivatives: what is declared, times δ, is what the rule gives ------------------------------

UNSAID = {
    "clip": "a bound is None, which no formula has",
    "power": "a is 0, where the formula has 0 · log 0",
    "gelu": 'the formula is that of approximate="none"',
    "softplus": "there is a threshold, which the formula has not",
    "norm": "the formula is that of ord=2",
    "dropout": "nothing is dropped, so there is no mask",
    "amax": "each of several maxima has ties of its own",
    "amin": "each of several minima has ties of its own",
    "prod": "of all axes or a first one: the letters are those of the last",
    "cumsum": "of all axes or a first one: the letters are those of the last",
    "cumsum_reversed": "of all axes or a first one: the letters are those of the last",
    "softmax": "along a first axis: the letters are those of the last",
    "log_softmax": "along a first axis: the letters are those of the last",
    "matmul": "vectors, or stacks that broadcast: the letters are those of matrices",
    "dot": "vectors and stacks: the letters are those of matrices",
    "inv": "stacks of matrices: the letters are those of one",
    "outer": "matrices: the letters are those of vectors",
    "nll_loss": "weights, ignored rows, pictures of classes: the formula is that of rows without them",
    "cross_entropy": "weights, ignored rows, smoothing, pictures of classes: the formula is that of rows without them",
    **{f"conv{end}": "groups: the letters are those of one" for end in ("1d", "2d", "3d")},
    **{f"conv_transpose{end}": "groups: the letters are those of one" for end in ("1d", "2d", "3d")},
    **{f"conv{end}_weight_gradient": "groups: the letters are those of one" for end in ("1d", "2d", "3d")},
    **{f"avg_pool{end}": "(C, …): the letters are those of (N, C, …)" for end in ("1d", "2d", "3d")},
    **{f"avg_pool{end}_spread": "(C, …): the letters are those of (N, C, …)" for end in ("1d", "2d", "3d")},
}
"""Operations with samples that the declared formula does not speak of, and why."""


def _batch_normed(g, node, rectified):
    """The three gradients of batch_norm, from its formula, for the batch's own statistics."""
    x, weight = [np.asarray(value_of(one)) if value_of(one) is not None else 1.0 for one in node.note.inputs[:2]]
    axes, along = (0, *range(2, x.ndim)), (1, -1, *[1] * (x.ndim - 2))
    deviation = np.sqrt(x.var(axes, keepdims=True) + node.note.params.get("eps", 1e-5))
    hat = (x - x.mean(axes, keepdims=True)) / deviation
    g = g * (node.note.value > 0) if rectified else g
    by_x = np.reshape(weight, along if np.ndim(weight) else ()) / deviation
    by_x = by_x * (g - g.mean(axes, keepdims=True) - hat * (g * hat).mean(axes, keepdims=True))
    return by_x, (g * hat).sum(axes), g.sum(axes)


def _is_routed(weights):
    """Whether each entry of the result is one entry of the input, or none."""
    return bool(np.isin(weights, (0.0, 1.0)).all())


def _is_product_of_the_others(node, i):
    """Whether the result is linear in an input: its derivative is then what the others make of a single 1."""
    values = [np.asarray(value_of(one)) for one in node.note.inputs]
    if not values[i].size:
        return True
    values[i] = np.zeros(values[i].shape)
    values[i][(0,) * values[i].ndim] = 1.0
    y = node.operation.forward(*arguments(node.operation, values, node.note.params))
    return np.allclose(jacobian_column(node, i, (0,) * values[i].ndim), y, rtol=1e-12, atol=1e-14)


def said_of(case, leaves, y, place, wrt, g):
    """What the declared formula makes of g, for one input; None where it does not speak of it."""
    i, node = case.parent(place), y.node
    rule, parent = rule_of(node, i), node.parents[i]
    if rule.at:
        try:
            return Sum(node, i).whole(g)
        except FormulaError:
            return None
    folding = Folding(Graph(y, wrt, gradient=g))
    factor = folding.local(node, i, parent)
    if factor is not None:
        assert not any(isinstance(part, Written) and part.of is None for part in factor.symbols())
        value = np.broadcast_to(g * factor.evaluate(), np.broadcast_shapes(y.shape, wrt.shape))
        return unbroadcast(np.array(value)[()], parent, node)
    spread = folding.repeated(node, i, parent)
    if spread is not None:
        factor, axes = spread
        return factor.evaluate() * ex.AxisRepeat(axes, wrt.shape, ex.Numeral(g)).evaluate()
    return None


@pytest.mark.parametrize("op", params([op for op in operations if any(case.op is op for case in differentiable)]))
def test_a_local_derivative_times_the_gradient_is_what_the_rule_gives(op):
    """Over every operation, sample and input; where a formula is words alone, entries only move."""
    held = dict.fromkeys(range(len(op.rules)), 0)
    for case in [case for case in differentiable if case.op is op]:
        leaves, y = recorded(case)
        with np.errstate(all="ignore"):
            g = random_like(y.data, case.rng("law"))
            for wrt, place in zip(leaves, case.places, strict=True):
                i = case.parent(place)
                truth = np.asarray(pull(y.node, i, y.node.parents[i], g))
                value = said_of(case, leaves, y, place, wrt, g)
                k = 0 if op.variadic else i
                if value is not None and np.allclose(
                    value, truth, rtol=1e-12, atol=1e-14 if op.kind in ENTRYWISE else 1e-12
                ):
                    held[k] += 1
                elif op.includes("normalization") and case.kwargs.get("mean", None) is None and len(case.args) < 4:
                    by_formula = _batch_normed(g, y.node, op.includes("activation"))[i]
                    np.testing.assert_allclose(truth, by_formula, rtol=1e-9, atol=1e-12)
                    held[k] += 1
                elif op.rules[k].local.startswith(("1", "0 ")) and not op.rules[k].at:
                    assert _is_routed(jacobian_column(y.node, i, (0,) * wrt.ndim)) if wrt.size else True
                    held[k] += 1
                elif op.includes("contraction") and not op.rules[k].at:
                    assert _is_product_of_the_others(y.node, i)
                    held[k] += 1
                elif op.includes("implicit"):
                    assert op.rules[k].words and not op.rules[k].at  # said as a whole, in words
                    held[k] += 1
                else:
                    assert op.name in UNSAID or op.includes("normalization"), (case.id, place)
    assert all(held.values()), held


def test_the_exceptions_are_few():
    """Of each entry-by-entry operation with exceptions, other samples have a true formula."""
    for name in [name for name in UNSAID if registry[name].kind in ENTRYWISE]:
        sampled = [case for case in differentiable if case.op.name == name]
        held = 0
        for case in sampled:
            leaves, y = recorded(case)
            folding = Folding(Graph(y, leaves[0], gradient=np.ones(y.shape)))
            i = case.parent(case.places[0])
            with np.errstate(all="ignore"):
                held += folding.local(y.node, i, y.node.parents[i]) is not None
        assert held > len(sampled) / 3


@pytest.mark.parametrize("op", operations, ids=lambda op: op.name)
def test_no_local_derivative_holds_the_gradient(op):
    """The incoming gradient is what the local derivative is multiplied by."""
    for rule in op.rules:
        assert r"\delta" not in rule.local
        assert "g" in op.inputs or not re.search(r"(?<![A-Za-z\\])g(?![A-Za-z])", rule.local)


def test_what_is_made_of_the_gradient_as_a_whole():
    """Of every rule with a formula of whole arrays it holds for a sample at least."""
    held = {}
    for case in [case for case in differentiable if any(rule.gradient for rule in case.op.rules)]:
        leaves, y = recorded(case)
        folding = Folding(Graph(y, leaves[0], gradient=np.ones(y.shape)))
        for place in case.places:
            i = case.parent(place)
            if case.op.rules[i].gradient:
                known = folding.whole(y.node, i, y.node.parents[i])
                held[case.op.name, i] = held.get((case.op.name, i), 0) + (known is not None)
    assert held and all(held.values()), held


@pytest.mark.parametrize("case", [case for case in differentiable if case.op.made_of], ids=lambda case: case.id)
def test_what_is_fused_is_explained_by_its_formula_or_by_its_parts(case):
    """Its Jacobian is never named: where no formula of its own says what a rule gives, those of its parts do."""
    leaves, y = recorded(case)
    g = random_like(y.data, case.rng("parts"))
    for wrt in leaves:
        text = str(explain(y, wrt, gradient=g))
        assert f"∂{case.op.name}/" not in text and f"{case.op.name} by " not in text and f"{case.op.name}′" not in text


def test_the_parts_are_written_in_the_names_of_the_graph():
    x = ag.Tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True, name="x")
    scale, shift = ag.Tensor([1.0, 2.0], name="γ"), ag.Tensor([0.5, 0.0], name="β")
    with ag.tape():
        h = batch_norm_relu(x, scale, shift)
        E = h.sum()
    (step,) = [step for step in explain(E, x).steps if "∂E/∂x" in str(step)]
    assert "(∂batch_norm/∂x)ᵀ (∂E/∂h ⊙ [BN(x, γ, β) > 0])" in str(step)
    assert "batch_norm by x: " in str(step)


def test_a_fused_operation_of_a_users_is_explained_by_its_parts():
    before = dict(registry)
    squashed = ag.operation(
        "squashed", lambda x, w: np.tanh(x @ w), made_of=[ag.matmul, ag.tanh],
        parts=lambda x, w: ag.tanh(ag.matmul(x, w)),
        rules=[
            ag.rule(lambda g, w, y: ag.matmul(g * (1 - y * y), ag.transpose(w))),
            ag.rule(lambda g, x, y: ag.matmul(ag.transpose(x), g * (1 - y * y))),
        ],
    )  # fmt: skip
    registry.clear()
    registry.update(before)
    x = ag.Tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True, name="x")
    w = ag.Tensor([[0.1, 0.2], [0.3, -0.2]], requires_grad=True, name="w")
    with ag.tape():
        h = squashed(x, w)
        E = h.sum()
    assert "∂E/∂x = (∂E/∂h ⊙ (1 − h²)) wᵀ" in str(explain(E, x))
    assert "∂E/∂w = xᵀ (∂E/∂h ⊙ (1 − h²))" in str(explain(E, w))


@pytest.mark.parametrize("op", operations, ids=lambda op: op.name)
def test_every_declared_formula_is_written_as_text(op):
    for formula in (op.formula, *[rule.local for rule in op.rules]):
        assert formula and "\\" not in as_text(formula) and "{" not in as_text(formula).replace("{0, 1}", "")
        try:
            text = parse(formula).text()
        except FormulaError:
            continue
        assert text and "\\" not in text


def test_a_wrong_formula_is_not_shown():
    """A local derivative that is not what the rule gives is replaced by the derivative's name."""
    wrong = ag.operation(
        "wrongly_declared", lambda x: x * x, formula="y = x^2", rules=[ag.rule(lambda g, x: 2 * g * x, local="3 x")],
        samples=[extend.sample(extend.reals(3))], doc="x².",
    )  # fmt: skip
    a = ag.Tensor(5.0, requires_grad=True, name="a")
    with ag.tape():
        E = wrong(a)
    assert str(explain(E, a)) == "∂E/∂a = wrongly_declared′(a)\n      = 10"


def test_folded_formulas_are_true():
    """Of random graphs, every formula in every step evaluates to the gradient."""
    rng = np.random.default_rng(3)
    unary = [
        ag.sin,
        ag.tanh,
        ag.sigmoid,
        ag.square,
        ag.log1p,
        lambda x: -x,
        lambda x: 0.5 * x,
        lambda x: 1 / (x * x + 1),
    ]
    binary = [ag.add, ag.subtract, ag.multiply, lambda a, b: a / (b * b + 1), ag.hypot, ag.maximum]
    for _ in range(40):
        leaf = ag.Tensor(rng.uniform(0.2, 0.9), requires_grad=True, name="w")
        with ag.tape(), np.errstate(all="ignore"):
            values = [leaf, leaf * 0.7]
            for k in range(12):
                if rng.random() < 0.5:
                    new = unary[rng.integers(len(unary))](values[rng.integers(len(values))])
                else:
                    a, b = rng.integers(len(values), size=2)
                    new = binary[rng.integers(len(binary))](values[a], values[b])
                if rng.random() < 0.3:
                    new.name = f"v{k}"
                values.append(new)
            E = sum(values[-4:], start=ag.Tensor(0.0))
        truth = float(ag.gradients(E, leaf, retain_graph=True))
        if not np.isfinite(truth):
            continue
        for fold in (True, False):
            derivation = explain(E, leaf, fold=fold)
            assert derivation.value == truth
            for step in derivation.steps:
                last = step.lines[-1].formula.evaluate()
                for line in step.lines:
                    assert line.formula.evaluate() == pytest.approx(last, rel=1e-9, abs=1e-12), str(step)
            paths = explain(E, leaf, form="paths", fold=fold, max_paths=5)
            assert sum(term.value for term in paths.terms) == pytest.approx(truth, rel=1e-12, abs=1e-15)


# -- what is printed multiplies out --------------------------------------------------------------------------------

NUMBER = r"\(?−?\d[\d.]*(?:e[−+]?\d+)?\)?"
PRODUCTS = re.compile(rf"(?:[^=]*=| *\+) ({NUMBER}(?: · {NUMBER})*(?: \+ {NUMBER}(?: · {NUMBER})*)*)$")


def reckoned(text):
    """The value of sums of products of numbers, as they stand on the paper."""
    terms = [term.split(" · ") for term in text.split(" + ")]
    return sum([math.prod([float(one.strip("()").replace("−", "-")) for one in term]) for term in terms])


def test_printed_factors_multiply_out_to_the_gradient():
    """Of random graphs of numbers, read back from the text: with all digits exactly, with nine decimals to these."""
    rng = np.random.default_rng(11)
    unary = [ag.sin, ag.tanh, ag.sigmoid, ag.square, ag.exp, lambda x: 0.5 * x, lambda x: 1 / (x * x + 1), ag.relu]
    binary = [ag.add, ag.subtract, ag.multiply, ag.hypot, ag.maximum, lambda a, b: a / (b * b + 1)]
    lines = 0
    for _ in range(12):
        w = ag.Tensor(rng.uniform(0.2, 0.9), requires_grad=True, name="w")
        with ag.tape():
            values = [w, w * 0.7]
            for k in range(8):
                new = (
                    unary[rng.integers(len(unary))](values[rng.integers(len(values))])
                    if rng.random() < 0.5
                    else binary[rng.integers(len(binary))](*[values[i] for i in rng.integers(len(values), size=2)])
                )
                if rng.random() < 0.5:
                    new.name = f"v{k}"
                values.append(new)
            E = sum(values[-3:], start=ag.Tensor(0.0))
        for form, digits in (("adjoints", 17), ("paths", 17), ("adjoints", None)):
            derivation = explain(E, w, form=form, digits=digits)
            for step in derivation.steps:
                printed = [PRODUCTS.match(line) for line in str(step).split("\n")]
                numbers = [reckoned(found[1]) for found in printed if found]
                lines += len(numbers) - 1
                exact = {"rel": 1e-13, "abs": 1e-14} if digits else {"rel": 1e-6, "abs": 1e-6}
                assert numbers == pytest.approx([numbers[-1]] * len(numbers), **exact), str(step)
            assert numbers[-1] == pytest.approx(float(derivation.value), rel=1e-6, abs=1e-9)
    assert lines > 60


def test_printed_terms_of_an_entry_add_up():
    """Of random layers, read back from the text: each product, and their sum."""
    rng = np.random.default_rng(5)
    for _ in range(6):
        x, k = [
            ag.Tensor(rng.normal(size=shape), True, name=name)
            for name, shape in (("x", (1, 2, 5, 5)), ("k", (2, 2, 3, 3)))
        ]
        with ag.tape():
            y = ag.conv2d(x, k, stride=int(rng.integers(1, 3)), padding=int(rng.integers(2)))
            E = (y * y).sum()
        for wrt in (x, k):
            at = tuple([int(rng.integers(n)) for n in wrt.shape])
            step = str(explain(E, wrt, at=at, digits=17).steps[-1])
            terms = re.findall(rf"({NUMBER} · {NUMBER}) = ({NUMBER})$", step, re.MULTILINE)
            rest = re.findall(rf"the other (?:\d+ )?terms? +({NUMBER})$", step, re.MULTILINE)
            for product, value in terms:
                assert reckoned(product) == pytest.approx(reckoned(value), rel=1e-13, abs=1e-15)
            total = math.fsum([reckoned(value) for _, value in terms] + [reckoned(value) for value in rest])
            assert total == pytest.approx(reckoned(re.search(rf"= ({NUMBER})$", step)[1]), rel=1e-12, abs=1e-13)
