"""The little language of declared formulas."""

import numpy as np
import pytest

from autograd.explaining.formula import FormulaError, as_text, parse, with_names


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (r"y = \frac{1}{1 + e^{-x}}", "1/(1 + exp(−x))"),
        (r"\frac{1}{2 y}", "1/(2 y)"),
        (r"b \, a^{b - 1}", "b a^(b − 1)"),
        (r"-\frac{a}{b^2}", "−a/b²"),
        (r"a \cdot b", "a b"),
        (r"x^12", "2 x"),
        (r"\cos x", "cos(x)"),
        (r"\frac{1}{x \log 2}", "1/(x log(2))"),
        (r"\log_{10} x", "log₁₀(x)"),
        (r"\log_2 x", "log₂(x)"),
        (r"y + \sigma(x) (1 - y)", "y + σ(x) (1 − y)"),
        (r"|x|", "|x|"),
        (r"-\left\lfloor \frac{a}{b} \right\rfloor", "−⌊a/b⌋"),
        (r"[a > b] + \frac{1}{2} [a = b]", "[a > b] + 0.5 [a = b]"),
        (r"[a_{min} \leq x \leq a_{max}]", "[a_min ≤ x ≤ a_max]"),
        (r"1 \;\mathrm{if}\; x > 0 \;\mathrm{else}\; s", "1 if x > 0, else s"),
        (r"\max(x, 0)", "max(x, 0)"),
        (r"\mathrm{sgn} \left( x_i - t_i \right)", "sgn(x_i − t_i)"),
        (r"g \, b^T", "g bᵀ"),
        (r"a^{T} g", "aᵀ g"),
        (r"e^{-x^2 / 2}", "exp(−0.5 x²)"),
        (r"\alpha (e^x - 1)", "alpha (exp(x) − 1)"),
    ],
)
def test_read(formula, text):
    assert parse(formula).text() == text


@pytest.mark.parametrize(
    "formula",
    [
        "",
        "x +",
        "(x",
        r"\frac{1}",
        r"\sum_i x_i",
        r"0 \;\mathrm{at}\; k",
        r"x_{i, j}",
        r"[x",
        "x)",
        r"\begin{matrix}",
        "x^",
        "^2",
    ],
)
def test_not_in_the_language(formula):
    with pytest.raises(FormulaError):
        parse(formula)


@pytest.mark.parametrize(
    ("formula", "f"),
    [
        (r"\frac{2}{\sqrt{\pi}} e^{-x^2}", lambda x: 2 / np.sqrt(np.pi) * np.exp(-x * x)),
        (r"\frac{1}{\sqrt{1 - x^2}}", lambda x: (1 - x * x) ** -0.5),
        (r"-\frac{x}{2} + 3 x^2 - \sin x \cos x", lambda x: -x / 2 + 3 * x * x - np.sin(x) * np.cos(x)),
        (r"x \;\mathrm{if}\; x > 0 \;\mathrm{else}\; 2 x", lambda x: np.where(x > 0, x, 2 * x)),
        (r"[-0.5 \leq x \leq 0.5]", lambda x: (np.abs(x) <= 0.5) * 1.0),
        (r"2^x + x^3", lambda x: 2**x + x**3),
        (r"\mathrm{arsinh}\, x / (1 + |x|)", lambda x: np.arcsinh(x) / (1 + abs(x))),
    ],
)
def test_evaluated(formula, f):
    x = np.linspace(-0.9, 0.9, 7)
    read = parse(formula).map(lambda symbol: type(symbol)(symbol.name, x))
    np.testing.assert_allclose(read.evaluate(), f(x), rtol=1e-14)


def test_what_is_not_read_is_still_written():
    assert as_text(r"\sum_{m, n} \delta_{m n} \, x_{i + m}") == "Σ_(m, n) δ_(m n) x_(i + m)"
    assert (
        as_text(r"\frac{1}{N} \left( \mathrm{softmax}(x_n)_k - [k = t_n] \right)") == "1/N (softmax(x_n)_k − [k = t_n])"
    )


def test_names_are_put_into_a_formula():
    assert with_names(r"\mathrm{x} x_i + y_x", {"x": "out_1"}) == r"\mathrm{x} {\mathrm{out}_{1}}_i + y_x"
