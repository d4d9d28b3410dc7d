"""Formulas are simplified as a hand would, evaluate to what they say, and read as text and as LaTeX."""

import re
from fractions import Fraction

import numpy as np
import pytest

from autograd.explaining import formula as ex
from autograd.explaining.formula import FUNCTIONS, Call, Number, Symbol, add, constant_numeral, power, product, quotient
from autograd.explaining.formula.numerals import markdown_words, name_latex, numeral, words_latex

a, b, x = Symbol("a", 2.0), Symbol("b", 5.0), Symbol("x", 0.5)
n = Number


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (product(n(0.5), n(2), n(-1)), "−1"),
        (product(n(-1), add(a, product(n(-1), b))), "b − a"),
        (product(n(0.5), n(2), power(add(n(0.01), product(n(-1), a)), add(n(2), n(-1))), n(-1)), "a − 0.01"),
        (power(a, n(1)), "a"),
        (power(a, n(0)), "1"),
        (product(n(1), a), "a"),
        (product(n(0), a), "0"),
        (add(a, n(0)), "a"),
        (add(a, product(n(-1), a)), "0"),
        (add(a, a), "2 a"),
        (add(product(a, b), product(n(2), a, b)), "3 a b"),
        (product(a, a), "a²"),
        (product(a, power(a, n(-1))), "1"),
        (product(a, product(b, product(n(3), x))), "3 a b x"),
        (add(a, add(b, n(1)), n(2)), "a + b + 3"),
        (add(n(1), product(n(-1), power(a, n(2)))), "1 − a²"),
        (product(a, add(n(1), product(n(-1), a))), "a (1 − a)"),
        (quotient(n(1), product(n(2), a)), "1/(2 a)"),
        (quotient(a, power(b, n(2))), "a/b²"),
        (product(n(-1), quotient(a, b)), "−a/b"),
        (quotient(add(a, b), n(2)), "0.5 (a + b)"),
        (quotient(a, n(3)), "a/3"),
        (quotient(add(a, b), a), "(a + b)/a"),
        (power(product(n(-1), a), n(2)), "(−a)²"),
        (power(a, add(b, n(-1))), "a^(b − 1)"),
        (power(Symbol("x", mark=2), n(2)), "(x⁽²⁾)²"),
        (add(a, n(-0.25)), "a − 0.25"),
        (product(n(0.1), n(3)), "0.3"),
        (product(n(-1), add(a, b)), "−(a + b)"),
        (product(n(-2), add(a, b)), "−2 (a + b)"),
        (product(add(a, b), power(add(a, n(1)), n(-1))), "(a + b)/(a + 1)"),
        (n(Fraction(1, 3)), "1/3"),
        (product(a, Call(FUNCTIONS["sigma"], b)), "a σ(b)"),
        (Call(FUNCTIONS["sqrt"], add(a, b)), "√(a + b)"),
        (Call(FUNCTIONS["abs"], product(n(-1), a)), "|−a|"),
        (ex.chain(add(a, b), n(1), product(n(-1), a), b), "(a + b) · (−a) · b"),
        (ex.Chain(ex.Numeral(-0.5), ex.Numeral(2.0)), "(−0.5) · 2"),
        (ex.total(ex.Numeral(1.0), ex.Numeral(-2.0)), "1 + (−2)"),
    ],
)
def test_simplified_text(formula, text):
    assert formula.text() == text


def test_simplifying_changes_no_value():
    rng = np.random.default_rng(0)
    leaves = [a, b, x, n(2), n(-1), n(0.5), n(3), n(-0.3)]
    for _ in range(500):
        pool = [(leaf, leaf.evaluate()) for leaf in leaves]
        for _ in range(8):
            (p, u), (q, v) = [pool[i] for i in rng.integers(len(pool), size=2)]
            which = rng.integers(4)
            if which == 0:
                pool.append((add(p, q), u + v))
            elif which == 1:
                pool.append((product(p, q), u * v))
            elif which == 2 and abs(v) > 1e-3:
                pool.append((quotient(p, q), u / v))
            elif which == 3 and abs(u) > 1e-3:
                pool.append((power(p, n(2)), u**2))
        for formula, value in pool:
            assert formula.evaluate() == pytest.approx(value, rel=1e-9, abs=1e-9), formula.text()
            assert formula.map(lambda symbol: symbol).evaluate() == pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.slow
def test_text_means_what_it_says():
    """Read as Python, the text of a scalar formula has the formula's value: the parentheses are right."""
    rng = np.random.default_rng(1)
    for _ in range(300):
        pool = [a, b, x, n(2), n(-3), n(0.5)]
        for _ in range(7):
            p, q = [pool[i] for i in rng.integers(len(pool), size=2)]
            made = [add(p, q), product(p, q), add(p, product(n(-1), q)), ex.chain(p, q), ex.total(p, q)]
            pool.append(made[rng.integers(len(made))])
            if abs(pool[-1].evaluate()) > 1e-3:
                pool.append(quotient(p, pool[-1]))
        for formula in pool:
            assert eval(_python(formula.text()), {"a": 2.0, "b": 5.0, "x": 0.5}) == pytest.approx(
                formula.evaluate(), rel=1e-6, abs=1e-6
            ), formula.text()


def _python(text):
    """The text with Python's signs; factors side by side bind tighter than "/", as they read."""
    raised = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
    out = []
    for i, letter in enumerate(text):
        if letter in "⁰¹²³⁴⁵⁶⁷⁸⁹":
            out.append(("**" if text[i - 1] not in "⁰¹²³⁴⁵⁶⁷⁸⁹" else "") + letter.translate(raised))
        elif letter == " " and text[i - 1] not in "+−·" and text[i + 1] not in "+−·":
            out.append("*")
        else:
            out.append({"−": "-", "·": "*"}.get(letter, letter))
    return "".join(out)


def test_matrices_and_arrays():
    m, v = Symbol("M", np.arange(6.0).reshape(2, 3)), Symbol("v", np.ones((2, 1)))
    both = ex.MatrixProduct(ex.Transposed(m), v)
    assert both.text() == "Mᵀ v" and both.latex() == r"M^{T} \, v"
    np.testing.assert_array_equal(both.evaluate(), m.of.T @ v.of)
    assert product(m, v, a).text() == "M ⊙ v a"
    summed = ex.AxisSum((0,), (3,), m)
    np.testing.assert_array_equal(summed.evaluate(), m.of.sum(axis=0))
    repeated = ex.AxisRepeat((1,), (2, 3), Symbol("r", np.array([1.0, 2.0])))
    np.testing.assert_array_equal(repeated.evaluate(), [[1, 1, 1], [2, 2, 2]])
    assert repeated.text() == "repeat(r, along axis 1)"
    assert ex.Reshaped((6,), m).evaluate().shape == (6,)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.741365069551, "0.741365070"),
        (-0.022602540477, "−0.022602540"),
        (1.105905967, "1.105905967"),
        (12.3456789012, "12.3456789"),
        (123456.789012, "123456.789"),
        (0.1 + 0.2, "0.3"),
        (-3.0, "−3"),
        (0.0, "0"),
        (1.23456789e-5, "1.23456789e−05"),
        (6.02214076e23, "6.02214076e+23"),
        (np.float32(0.1), "0.1"),
        (float("nan"), "nan"),
        (float("-inf"), "−inf"),
    ],
)
def test_numerals(number, text):
    assert numeral(number) == text


def test_constants():
    assert [constant_numeral(x) for x in (Fraction(1, 2), Fraction(-2, 3), 0.1, 4)] == ["0.5", "−2/3", "0.1", "4"]
    assert n(0.5).number == Fraction(1, 2) and n(0.1).number == 0.1


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("w5", "w_{5}"),
        ("out_o1", r"\mathrm{out}_{o1}"),
        ("E", "E"),
        ("conv1.weight", r"\mathrm{conv1.weight}"),
        ("δ", r"\delta"),
        ("a_b_c", r"\mathrm{a\_b\_c}"),
        ("", "?"),
    ],
)
def test_names_in_latex(name, latex):
    assert name_latex(name).replace(r"\mathrm{?}", "?") == latex


def test_nothing_in_a_name_is_read_as_markup():
    evil = "x}$$ \\input{a} <script>&amp; `b` *c* [d](e) #f\n\x00"
    for written in (words_latex(evil), name_latex(evil)):
        inner = written.removeprefix(r"\mathrm{").removesuffix("}")
        assert "$$" not in inner and "\\input" not in inner and "<" not in inner and "`" not in inner
        depth = 0
        for sign in re.sub(r"\\[{}]", "", inner):
            depth += (sign == "{") - (sign == "}")
            assert depth >= 0
        assert depth == 0
        assert "\n" not in inner and "\x00" not in inner
    safe = markdown_words(evil)
    assert "<" not in safe and "\\`b\\`" in safe and "\\$\\$" in safe and "&amp;amp;" in safe and "\n" not in safe
