"""What explanations and declarations write as LaTeX, by pdflatex, KaTeX and MathJax 4: it compiles, and fits a page.

Where a renderer is missing its tests skip and say so; ``CHALKGRAD_NODE`` is the folder in which
``npm install katex mathjax@4`` put the two that run in Node, by default ``.node``.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import numpy as np
import pytest
from registry_cases import operations

import autograd as ag
from autograd.explaining import explain

ROOT = Path(__file__).resolve().parents[1]
LINE = 455.3
"""The width in points of a line of A4 paper between margins of 2.5 cm."""

PREAMBLE = r"""\documentclass[10pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage[a4paper,margin=2.5cm]{geometry}
\usepackage{amsmath,amssymb}
\newbox\formula
\begin{document}
"""


HOSTILE = [
    "∂x", "x′", "√n", "a ≤ b", "p ≠ q", "ŷ", "é", "x^2_y", "a & b \\\\ c", "100 %", "$x$", "#1", "~`'\"", "<b>", "{",
    "δ_o1",
]  # fmt: skip


def declared():
    """Every formula of the registry."""
    for op in operations:
        rules = [text for rule in op.rules for text in (rule.local, rule.gradient) if text]
        yield from [op.formula, *rules]


def leaf(name, *shape):
    rng = np.random.default_rng(len(name) + len(shape))
    return ag.Tensor(rng.normal(size=shape), requires_grad=True, name=name)


def explained():
    """Derivations of every kind: paths, entries, closed forms, long sums, wide arrays, hostile names."""
    x, W, img, K, h = (
        leaf("x", 4, 3),
        leaf("W", 2, 3),
        leaf("img", 2, 3, 6, 6),
        leaf("conv1.weight", 4, 3, 3, 3),
        leaf("h", 4, 3),
    )
    V, c, row, t = leaf("V_out", 5, 3), leaf("β₁", 5), leaf("row", 1, 12), np.array([0, 2, 1, 1])
    scale, shift = leaf("γ", 4), leaf("β", 4)
    with ag.tape():
        squares = ((x @ W.T) ** 2).mean()
        y = ag.conv2d(img, K, stride=2, padding=1)
        q = ag.relu(ag.batch_norm(y, scale, shift))
        pooled = (ag.max_pool2d(q, 2) * ag.avg_pool2d(q, 2)).sum()
        logits = ag.linear(h, V, c)
        loss = ag.cross_entropy(logits, t) + 0.1 * (V * V).sum()
        p = ag.softmax(logits)
        shares = (p * ag.log(p)).sum() + (ag.amax(p, axis=1) * ag.std(p, axis=1)).sum()
        wide = (row * row * row).sum()
        outer = (ag.tensordot(x, W, (1, 1)) * ag.einsum("ij,kj->ik", x, W)).sum()
    yield from [explain(squares, W), explain(squares, W, at=(0, 1)), explain(pooled, K, at=(0, 0, 1, 1))]
    yield from [explain(pooled, one) for one in (K, img, scale)]
    yield from [explain(loss, one) for one in (logits, V, c, h)] + [
        explain(loss, h, at=(1, 2)),
        explain(loss, V, form="paths"),
    ]
    yield from [explain(shares, h), explain(wide, row), explain(wide, row, digits=3), explain(outer, x, at=(1, 1))]
    w = ag.Tensor(0.4, requires_grad=True, name="w5")
    with ag.tape():
        long = w * 1.0
        for k in range(30):
            long = long + ag.sin(w * (k + 0.123456)) * ag.exp(w * k / 7) * ag.tanh(w)
        deep = w * 0.5
        for k in range(9):
            deep = ag.sigmoid(deep * w + ag.arctan2(w, deep))
            deep.name = f"h{k}"
    yield from [explain(long, w), explain(deep, w), explain(deep, w, form="paths"), explain(deep, w, fold=False)]
    for name in HOSTILE:
        a = ag.Tensor(2.0, requires_grad=True, name=name)
        with ag.tape():
            E = ag.gelu(a, approximate="tanh") * a
            E.name = name + "E"
        yield explain(E, a, fold=False)


def of_notebooks():
    """The explanations that the stored notebooks show."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", ()):
                latex = output.get("data", {}).get("text/latex")
                if latex:
                    yield latex.strip().strip("$").strip()


def measured(formulas, folder):
    """The width of each formula as pdflatex sets it, in points; a failure where it does not compile."""
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is missing; on Debian: apt-get install texlive-latex-base")
    rows = [
        f"\\setbox\\formula=\\hbox{{$\\displaystyle {one}$}}\\typeout{{Width={number}=\\the\\wd\\formula}}"
        for number, one in enumerate(formulas)
    ]
    (folder / "all.tex").write_text("\n".join([PREAMBLE, *rows, r"\end{document}"]), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "all.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120)
    printed = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, printed[-3000:]
    return [float(width) for width in re.findall(r"Width=\d+=([\d.]+)pt", printed)]


def rendered(formulas):
    """What KaTeX and MathJax have to say against some formulas."""
    folder = Path(os.environ.get("CHALKGRAD_NODE", ROOT / ".node"))
    if shutil.which("node") is None or not (folder / "node_modules" / "mathjax").is_dir():
        pytest.skip(f"Node with KaTeX and MathJax is missing: npm install --prefix {folder} katex mathjax@4")
    command = ["node", Path(__file__).with_name("render_formulas.mjs"), folder]
    done = subprocess.run(command, input=json.dumps(formulas).encode(), capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert found["mathjax"].startswith("4.")
    return found["faults"]


def test_declared_formulas_compile(tmp_path):
    formulas = list(declared())
    assert len(measured(formulas, tmp_path)) == len(formulas) > 300


@pytest.mark.slow
def test_explanations_compile_and_fit_a_page(tmp_path):
    formulas = [derivation.to_latex() for derivation in explained()]
    widths = measured(formulas, tmp_path)
    assert len(widths) == len(formulas)
    assert [formula for formula, width in zip(formulas, widths, strict=True) if width > LINE] == []


@pytest.mark.slow
def test_the_notebooks_explanations_compile_and_fit_a_page(tmp_path):
    formulas = list(of_notebooks())
    widths = measured(formulas, tmp_path)
    assert len(widths) == len(formulas) > 30
    assert [formula for formula, width in zip(formulas, widths, strict=True) if width > LINE] == []


@pytest.mark.slow
def test_browsers_render_them_all():
    assert rendered([*declared(), *of_notebooks(), *[derivation.to_latex() for derivation in explained()]]) == []
