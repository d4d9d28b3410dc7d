r"""Formulas in LaTeX: TeX's rules, names from the tape, indices, and what is refused."""

import re
import time

import pytest

from tests.autograd.checking.formulas.networks import check


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("w5", r"\delta_{o1}\, out_{h1}"),
        ("w5", r"\delta_{o_1} \mathrm{out}_{h1}"),
        (
            "w5",
            r"\frac{\partial E}{\partial out_{o1}} \cdot \frac{\partial out_{o1}}{\partial net_{o1}} \cdot out_{h1}",
        ),
        ("w5", r"\frac{dE_{total}}{dnet_{o1}} \times out_{h1}"),
        ("w5", r"-(t_1 - out_{o1})\, out_{o1}(1-out_{o1})\, out_{h1}"),
        ("w5", r"\left(out_{o1}-t_1\right)\sigma'(net_{o1})\,out_{h1}"),
        ("w5", r"\frac12 \cdot 2 (out_{o1} - 0.01) \sigma(net_{o1})\left[1-\sigma(net_{o1})\right] out_{h1}"),
        ("w5", r"(out_{o1}-t_1) \frac{e^{-net_{o1}}}{(1+e^{-net_{o1}})^2} out_{h1}"),
        ("w1", r"(\delta_{o1} w_5 + \delta_{o2} w_7) out_{h1}(1-out_{h1}) i_1"),
    ],
)
def test_right_formulas(net, name, formula):
    assert check(net, {name: formula}).ok


def test_the_report_speaks_in_the_learners_names(net):
    (row,) = check(net, {"w5": r"\delta_{o1}\, out_{h2}"}).rows
    assert (row.formula, row.right_formula) == ("δ_o1 out_h2", "δ_o1 out_h1")


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("y", r"\frac{1}{5}(y - t)"),
        ("y", r"\frac{1}{5}(y_{ij} - t_{ij})"),
        ("W2", r"h^T \frac{\partial L}{\partial y}"),
        ("W2", r"\frac{\partial L}{\partial W_{2,ij}} = \sum_n h_{n,i} \frac{\partial L}{\partial y_{nj}}"),
        ("z1", r"\frac{\partial L}{\partial y} W_2^T \odot (1 - h \odot h)"),
        ("z1", r"\frac{\partial L}{\partial y} W_2^{\top} \odot \tanh'(z_1)"),
        ("W1", r"x^\top \delta_1"),
        ("W1", r"\frac{\partial L}{\partial W_{1_{i,j}}} = \sum_{n} x_{ni} \delta_{1_{nj}}"),
        ("b1", r"\sum_{n=1}^{5} \delta_{1,nj}"),
    ],
)
def test_formulas_of_arrays(two_layers, name, formula):
    report = check(two_layers, {name: formula})
    assert report.ok, str(report)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (
            r"\delta_{o1} / out_{h2} out_{h1}",
            "either (\\delta_{o1}/out_{h2}) · out_{h1}\n  or \\delta_{o1}/(out_{h2} · ",
        ),
        (r"\log net_{o1} w_5", "either log(net_{o1}) · w_5\n  or log(net_{o1} · w_5)"),
        (r"out_h1 \delta_{o1}", "first sign alone\n  out_h1 \\delta_{o1}\n     ^^^\n  either out_{h1}\n  or out_h · 1"),
        (r"out_{o1}^-1", "either x^{-1}\n  or x^{-} 1"),
        (r"out_{o1}^12", "either x^{12}\n  or x^1 · 2"),
        (r"w_10 \delta_{o1}", "either w_{10}\n  or w_1 · 0"),
        (r"\foo{3}", "\\foo is not understood\n  \\foo{3}\n  ^^^^"),
        (r"out_{h1", "} is missing"),
        (r"\frac{\partial E}{\partial q}", "q is no value of the graph"),
        (r"\delta_{o1} out_{q}", "out_q is no name on the tape"),
    ],
)
def test_errors_show_the_place(net, formula, message):
    with pytest.raises(ValueError, match=f"check_by_hand: w5: (.|\n)*{re.escape(message)}"):
        check(net, {"w5": formula})


def test_what_comes_to_nothing_is_a_wrong_step(net):
    assert "nothing says how far the index i runs" in str(check(net, {"w5": r"\sum_i \delta_{o1}"}))


@pytest.mark.parametrize(
    "text",
    [r"\left(" * 3_000, "{" * 9_000 + r"\x", r"\frac{" * 3_000, r"\hat" * 3_000, "out_{" * 4_000, r"\sum_{i}" * 2_000,
     "_" * 3_000 + r"\x", "x_{" + "a" * 19_000 + "}", r"w_5^{" * 3_000, r"\sqrt" * 3_000, r"\partial" * 2_000,
     r"\input{/etc/passwd}", r"\def\x{\x\x}\x", r"\begin{x}", r"9^{9^{9^{9^9}}}", r"\delta_{" * 2_000 + "}" * 2_000],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_hostile_text_is_an_error_soon(net, text):
    started = time.process_time()
    with pytest.raises(ValueError, match="check_by_hand: w5: ") as caught:
        check(net, {"w5": text})
    assert time.process_time() - started < 1 and len(str(caught.value)) < 1_000
