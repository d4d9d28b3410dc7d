"""Worksheets and solutions in three forms; and that nothing in a name is markup."""

import csv
import html.parser
import re
import shutil
import subprocess

import pytest

import autograd as ag
from autograd.teaching.lines import lines_of


def layer(W=((0.5, -0.3, 0.2), (0.8, 0.1, -0.6)), x=(1.5, 2.0, -0.5), t=(0.0, 1.0), k=2):
    z = W @ x
    y = ag.tanh(z)
    E = ag.sum((y - t) ** 2) / k
    return E


def looped(w=0.5, δ_ü=0.25):
    """Nothing that is a formula: 100% & more_of_it."""
    total = w * δ_ü
    for _ in range(3):
        total = total * w
    return total


@pytest.fixture(scope="module")
def arrays():
    return ag.exercise(layer, ask=["z", "W", "x"], variants=2)


@pytest.fixture(scope="module")
def odd():
    return ag.exercise(looped, ask=["w", "δ_ü"], variants=1, title=r"\input{x} <b> _$%")


class Text(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


def read(page):
    parser = Text()
    parser.feed(page)
    return parser


def test_a_worksheet_has_blanks_and_no_answers(exercise):
    variant = exercise.variants[0]
    page = read(variant.worksheet())
    assert "One hidden <unit> & $more$" in page.text and "unit" not in page.tags and "script" not in page.tags
    for form in ("html", "markdown", "latex"):
        text = variant.worksheet(form)
        for answer in variant.solutions.values():
            assert f"{answer:.6g}"[:7] not in text.replace("−", "-")
    assert variant.worksheet().count('class="blank"') == len(exercise.questions)


def test_a_solution_has_the_answers_and_the_derivation(exercise):
    variant = exercise.variants[0]
    for form in ("html", "markdown", "latex"):
        text = variant.solution(form).replace("−", "-")
        for answer in variant.solutions.values():
            assert f"{answer:.6g}" in text
    assert read(variant.solution()).tags.count("math") == 5
    assert r"\frac{\partial E}{\partial w_{1}}" in variant.solution("latex")


def test_the_function_reads_as_formulas(exercise, arrays):
    text = read(exercise.variants[0].worksheet()).text
    assert "outh = σ(neth)" in text and "E = 0.5 (t − outo)2" in text
    latex = arrays.variants[0].worksheet("latex")
    assert r"z &= W\, x" in latex and r"\frac{\sum(\left(y - t\right)^{2})}{k}" in latex


def test_what_is_no_formula_is_shown_as_code(odd):
    equations, listing = lines_of(looped)
    assert equations is None and listing[0].startswith("def looped")
    assert "for _ in range(3):" in read(odd.variants[0].worksheet()).text
    assert r"for~\_~in~range(3):" in odd.variants[0].worksheet("latex")


def test_arrays_are_matrices_with_a_blank_for_each_entry(arrays):
    page = arrays.variants[0].worksheet()
    blanks = re.findall(r'<table class="matrix blanks">(.*?)</table>', page)
    assert [table.count("<td>") for table in blanks] == [2, 6, 3]


def test_another_form_is_an_error(exercise):
    with pytest.raises(ValueError, match="html, markdown, latex"):
        exercise.variants[0].worksheet("docx")


def test_export_writes_whole_files_and_the_table(arrays, tmp_path):
    paths = arrays.export(tmp_path / "new", pages=False)
    names = sorted(path.name for path in paths)
    suffixes = (".html", ".md", ".tex")
    assert names == sorted(
        ["answers.csv", *[f"{kind}-{n}{s}" for kind in ("worksheet", "solution") for n in (1, 2) for s in suffixes]]
    )
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == names
    titles, first, _ = csv.reader((tmp_path / "new" / "answers.csv").read_text("utf-8").splitlines())
    assert titles[:5] == ["student", "variant", "dE/dz[0]", "dE/dz[1]", "dE/dW[0,0]"] and first[1] == "1"


@pytest.mark.slow
def test_all_of_it_compiles(exercise, arrays, odd, tmp_path):
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is missing; on Debian: apt-get install texlive-latex-base")
    for k, one in enumerate((exercise, arrays, odd)):
        for sheet in ("worksheet", "solution"):
            (tmp_path / "s.tex").write_text(getattr(one.variants[0], sheet)("latex"), encoding="utf-8")
            command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "s.tex"]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
            log = done.stdout.decode(errors="replace")
            assert done.returncode == 0, (k, sheet, log[-2000:])
            assert sheet == "solution" or "Overfull" not in log, k
