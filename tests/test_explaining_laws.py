"""Laws of ``explain`` over every declared operation: its terms add up, and the formulas it shows are true."""

import numpy as np
import pytest
from registry_cases import cases, operations

import autograd as ag
from autograd import extend
from autograd.cases import random_like
from autograd.declaration import registry
from autograd.explaining import explain
from autograd.explaining.folding import Folding
from autograd.explaining.formula import FormulaError, Written, as_text, parse
from autograd.explaining.graph import Graph
from autograd.internal import batch_norm_relu
from autograd.laws import ENTRYWISE

differentiable = [case for case in cases if case.differentiable]


def recorded(case):
    with ag.tape(), np.errstate(all="ignore"):
        leaves = case.leaves()
        return leaves, case.call(leaves)


@pytest.mark.parametrize("case", differentiable, ids=lambda case: case.id)
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


UNSAID = {
    "clip": "a bound is None, which no formula has",
    "power": "a is 0, where the formula has 0 · log 0",
    "gelu": 'the formula is that of approximate="none"',
    "softplus": "there is a threshold, which the formula has not",
}
"""Operations with samples at which the declared formula does not hold, and why."""


def pointwise(case):
    return case.op.kind in ENTRYWISE


@pytest.mark.parametrize("case", [case for case in differentiable if pointwise(case)], ids=lambda case: case.id)
def test_local_derivatives_are_what_the_rules_give(case):
    """The declared formula, read and evaluated, is the rule applied to a gradient of ones."""
    leaves, y = recorded(case)
    for wrt, place in zip(leaves, case.places, strict=True):
        i = case.parent(place)
        graph = Graph(y, wrt, gradient=np.ones(y.shape))
        parent, ones = y.node.parents[i], np.ones(y.shape)
        with np.errstate(all="ignore"):
            formula = Folding(graph).local(y.node, i, parent)
            if formula is None:
                assert case.op.name in UNSAID
                continue
            value = np.broadcast_to(formula.evaluate(), y.shape)
            given = np.asarray(y.node.operation.rules[i].pull(ones[()], y.node.saved[i]))
        np.testing.assert_allclose(value, np.broadcast_to(given, y.shape), rtol=1e-12, atol=1e-14)
        assert not any(isinstance(part, Written) and part.of is None for part in formula.symbols())


def test_the_exceptions_are_few():
    """Of each operation with exceptions, other samples have a true formula."""
    for name in UNSAID:
        sampled = [case for case in differentiable if case.op.name == name]
        held = 0
        for case in sampled:
            leaves, y = recorded(case)
            folding = Folding(Graph(y, leaves[0], gradient=np.ones(y.shape)))
            i = case.parent(case.places[0])
            with np.errstate(all="ignore"):
                held += folding.local(y.node, i, y.node.parents[i]) is not None
        assert held > len(sampled) / 3


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
