"""Formulas as plain text: every declared one comes out without a trace of LaTeX."""

import pytest

import autograd as ag
from autograd.declaration import registry
from autograd.drawing.formulas import LONGEST, plain

OWN = sorted(name for name, op in registry.items() if op.function.__module__.startswith("autograd."))


@pytest.mark.parametrize("name", OWN)
def test_every_declared_formula(name):
    op = registry[name]
    for formula in (op.formula, *[rule.local for rule in op.rules if rule.local]):
        text = plain(formula)
        assert text and not set(text) & set("\\$")
        assert text.count("(") == text.count(")")


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (r"y = \frac{1}{1 + e^{-x}}", "y = 1/(1 + e^(−x))"),
        (r"\frac{\frac{a}{b}}{c}", "(a/b)/c"),
        (r"\sqrt{x^2 - 1}", "√(x² − 1)"),
        (r"m \in \{0, 1\}", "m ∈ {0, 1}"),
        (r"\log_{10} x", "log₁₀ x"),
        (r"\left( \hat{x}_i \right)^2", "(x̂_i)²"),
        (r"a^T g", "aᵀ g"),
        (r"\unknown{x}", "unknownx"),
        ("", ""),
        ("}{", ""),
        ("a < b & c", "a < b & c"),
    ],
)
def test_parts_of_formulas(formula, text):
    assert plain(formula) == text


def test_a_huge_or_deep_formula_is_no_trouble():
    assert len(plain("x" * 100_000)) <= 200
    assert plain("{" * 400 + "x" + "}" * 400) == "x"
    assert len(plain("^{" * (LONGEST // 2))) <= LONGEST


def test_an_operation_without_a_formula_says_so():
    ag.operation("bare_here", lambda x: 2 * x, rules=[ag.rule(lambda g: 2 * g)])
    try:
        y = registry["bare_here"].function(ag.Tensor(1.0, requires_grad=True))
        assert "no formula declared" in ag.draw(y, show="formula").source
        assert "declared" not in ag.draw(y).source
    finally:
        del registry["bare_here"]


def test_a_formula_of_ones_own_is_shown():
    ag.operation(
        "shown_here", lambda x: 2 * x, formula=r"y = \frac{2}{1} x <&>", rules=[ag.rule(lambda g: 2 * g)], samples=[]
    )
    try:
        y = registry["shown_here"].function(ag.Tensor(1.0, requires_grad=True))
        assert "y = 2/1 x &lt;&amp;&gt;" in ag.draw(y, show="formula").source
    finally:
        del registry["shown_here"]
