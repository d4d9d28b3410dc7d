"""Derivations as LaTeX and Markdown: every row renders, and no name can break out."""

import functools
import re

import numpy as np
import pytest

import autograd as ag
from autograd.explaining import explain

mathtext = pytest.importorskip("matplotlib.mathtext", reason="matplotlib renders the formulas")


def rows(latex):
    """The rows of an aligned environment, as mathtext takes them."""
    assert latex.startswith("\\begin{aligned}\n") and latex.endswith("\n\\end{aligned}")
    inner = latex.removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}")
    found = []
    for row in re.split(r" \\\\(?:\[1ex\])?\n", inner):
        found.append(as_mathtext(row))
    return found


def as_mathtext(row):
    """The row with what Matplotlib does not know in other signs: alignment, arrays, a few commands."""
    row = re.sub(
        r"\\begin\{array\}\{\w+\}(.*?)\\end\{array\}", lambda m: m[1].replace(r" \\ ", ",").replace("&", ","), row
    )
    row = row.replace(r"\hphantom{=}", r"\quad").replace(r"\vdots", r"\ldots").replace(r"\&", "+")
    return re.sub(r"(?<!\\)&", "", row).replace(r"\scriptstyle", "")


@functools.cache  # many derivations have rows in common, and one takes some 20 ms
def row_renders(row):
    mathtext.MathTextParser("path").parse(f"${row}$")


def renders(derivation):
    latex = derivation.to_latex()
    for row in rows(latex):
        row_renders(row)
    assert latex in derivation.to_markdown()
    assert derivation._repr_latex_() == f"$$\n{latex}\n$$"
    return latex


def test_the_product_of_one_path():
    w = ag.Tensor(0.4, requires_grad=True, name="w5")
    with ag.tape():
        net_o1 = w * 0.5
        out_o1 = ag.sigmoid(net_o1)
    assert renders(explain(out_o1, w)) == (
        "\\begin{aligned}\n"
        r"\frac{\partial \mathrm{out}_{o1}}{\partial w_{5}} &= "
        r"\frac{\partial \mathrm{out}_{o1}}{\partial \mathrm{net}_{o1}}"
        r" \cdot \frac{\partial \mathrm{net}_{o1}}{\partial w_{5}} \\" + "\n"
        r"&= \mathrm{out}_{o1} \, \left(1 - \mathrm{out}_{o1}\right) \cdot 0.5 \\" + "\n"
        r"&= 0.247516573 \cdot 0.5 \\" + "\n"
        r"&= 0.123758286" + "\n"
        "\\end{aligned}"
    )  # fmt: skip


UNARY = (
    "absolute sqrt reciprocal exp expm1 log log1p log2 log10 erf sin cos tan arcsin arccos arctan sinh cosh tanh "
    "arcsinh arctanh relu leaky_relu elu gelu silu softplus sigmoid"
).split()
BINARY = "hypot arctan2 maximum minimum power divide logaddexp remainder".split()


@pytest.mark.slow
def test_every_function_renders():
    a, b = ag.Tensor(0.6, requires_grad=True, name="a"), ag.Tensor(0.3, requires_grad=True, name="β_1")
    for name in UNARY:
        with ag.tape():
            E = ag.square(getattr(ag, name)(a * b)) * 3
        assert "nan" not in renders(explain(E, a))
    for name in BINARY:
        with ag.tape():
            E = getattr(ag, name)(a, b * b)
        renders(explain(E, b))


@pytest.mark.slow
def test_arrays_and_entries_render():
    rng = np.random.default_rng(0)
    x, k = (
        ag.Tensor(rng.normal(size=(2, 1, 6, 6)), name="x"),
        ag.Tensor(rng.normal(size=(1, 1, 3, 3)), True, name="conv1.weight"),
    )
    W = ag.Tensor(rng.normal(size=(4, 3)), requires_grad=True, name="W")
    with ag.tape():
        y = ag.conv2d(x, k, stride=2, padding=1)
        p = ag.max_pool2d(y, 2, stride=1)
        h = p.reshape(2, 4) @ W
        z = ag.log_softmax(h).sum(axis=1)
        E = z.mean() + ag.cross_entropy(h, np.array([0, 2]))
    for wrt, at in ((k, (0, 0, 1, 1)), (W, (0, 1)), (y, (0, 0, 1, 1)), (h, (1, 1)), (p, (0, 0, 0, 0))):
        renders(explain(E, wrt, at=at))
    renders(explain(E, k, form="paths"))


EVIL = [
    r"x}$$ \input{secret} \(", "<script>alert(1)</script>", "a & b \\\\ c", "100%", "$x$", "_", "^2",
    "`code` *b* [l](u)", "line\nbreak", "\x00\x1b[31m", "名前", "#1", "~", "long " * 30, "{{{", "}}}", "'\"", "x_{1}",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", EVIL)
def test_no_name_breaks_out(name):
    a = ag.Tensor(2.0, requires_grad=True, name=name)
    v = ag.Tensor([1.0, 2.0], requires_grad=True, name=name + "v")
    with ag.tape():
        b = ag.gelu(a, approximate="tanh") * 3
        E = b * b * (v * v).sum()
        E.name, b.name = name + "E", name + "b"
    for derivation in (explain(E, a, fold=False), explain(E, v, at=1)):
        latex = renders(derivation)
        depth = 0
        for sign in re.findall(r"\\.|[{}]", latex):
            depth += (sign == "{") - (sign == "}")
            assert depth >= 0
        assert depth == 0
        for bad in ("$", "<", "`", "\\input", "\x00", "\x1b", "#", "%"):
            assert re.search(r"(?<!\\)" + re.escape(bad), latex) is None
        notes = derivation.to_markdown().rpartition("$$")[2]
        assert "<" not in notes and "\x00" not in notes
        assert "\x00" not in str(derivation) and "\x1b" not in str(derivation)


def test_notes_stand_below_the_formulas_in_markdown():
    w = ag.Tensor(0.5, requires_grad=True, name="w")
    with ag.tape():
        E = ag.sin(w * w)
    markdown = explain(E, w, fold=False).to_markdown()
    assert markdown.startswith("$$\n\\begin{aligned}\n") and markdown.endswith("$$\n\n- where u1 = w²")


def long_derivation():
    w = ag.Tensor(0.5, requires_grad=True, name="w")
    with ag.tape():
        h = w * 1
        for k in range(100):
            h = ag.sin(h * w)
            h.name = f"h{k}"
    return explain(h, w)


def test_a_long_derivation_is_shortened():
    derivation = long_derivation()
    assert len(derivation.steps) > 100
    assert f"… {len(derivation.steps) - 40} steps more" in str(derivation)
    (said,) = [row for row in rows(derivation.to_latex()) if "steps" in row]
    row_renders(said)


@pytest.mark.slow
def test_a_long_derivation_renders():
    assert "steps" in renders(long_derivation())
