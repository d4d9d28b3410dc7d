"""Reports handed on: as data, Markdown, LaTeX and a page of HTML, with points."""

import html.parser
import json
import shutil
import subprocess

import numpy as np
import pytest

import autograd as ag

HOSTILE = r"w<b>_1\input{x}|$&%`*"


@pytest.fixture(scope="module")
def by_hand():
    """One right value, one wrong, one that follows, one blank, and names that markup would trip over."""
    w = ag.Tensor([0.5, -1.0], requires_grad=True, name=HOSTILE)
    v = ag.Tensor(0.5, requires_grad=True, name="v")
    with ag.tape():
        h = ag.sigmoid(w)
        total = (h * h).sum()
        e = total * v
    y = h.data
    return ag.check_by_hand(e, {total: 0.5, h: 0.5 * y, w: 0.5 * y * y * (1 - y), v: "?"}, seconds=1)


def forward(w, x):
    return np.sum(np.tanh(w * x))


def backward(w, x):
    y = np.tanh(w * x)
    dz = 1 + y**2  # `<b>` & co
    dw = dz * x
    return {"w": dw}


@pytest.fixture(scope="module")
def of_code():
    return ag.check_backward(forward, backward, np.array([0.5, -1.0]), np.array([2.0, 3.0]), wrt="w")


@pytest.fixture(params=["by_hand", "of_code"])
def report(request):
    return request.getfixturevalue(request.param)


def test_points(by_hand, of_code):
    assert [row.verdict for row in by_hand] == ["undecided", "right", "wrong", "follows"]
    assert (by_hand.points, len(by_hand)) == (2, 4)
    assert of_code.points == sum(row.verdict in ("right", "follows") for row in of_code) < len(of_code)


def test_data_is_strict_json_and_says_what_the_report_says(report):
    data = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert (data["ok"], data["points"], data["most_points"]) == (False, report.points, len(report))
    assert [row["verdict"] for row in data["rows"]] == [row.verdict for row in report]
    wrong = next(row for row in data["rows"] if row["verdict"] == "wrong")
    assert wrong["mistake"] == {
        "key": report.first_wrong.mistake.key,
        "explanation": report.first_wrong.mistake.explanation,
        "formula": report.first_wrong.mistake.formula,
        "place": report.first_wrong.mistake.place,
        "alternatives": list(report.first_wrong.mistake.alternatives),
        "guess": report.first_wrong.mistake.guess,
    }
    np.testing.assert_allclose(wrong["truth"], report.first_wrong.truth)


def test_blank_values_are_null(by_hand):
    rows = {row["name"]: row for row in by_hand.to_dict()["rows"]}
    assert rows["v"]["given"] is None and rows["v"]["undecided"]


class Text(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = set(), ""

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        assert not {name for name, _ in attributes} & {"src", "href", "onload", "onclick"}

    def handle_data(self, data):
        self.text += data


def test_the_page_is_whole(report):
    page = report.to_html()
    assert page.startswith("<!DOCTYPE html>") and '<meta charset="utf-8">' in page
    parser = Text()
    parser.feed(page)
    assert report.first_wrong.mistake.explanation[1:] in parser.text
    assert "script" not in parser.tags and "http" not in page.replace("http-equiv", "")


def test_markdown_has_the_table_and_the_mistake(by_hand, of_code):
    text = by_hand.to_markdown()
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(by_hand)
    cells = [line.replace(r"\|", "").count("|") for line in table]
    assert len(set(cells)) == 1
    assert r"w&lt;b&gt;\_1\\input\{x\}\|\$&amp;%\`\*" in text and "mistake: " in text
    listing = of_code.to_markdown()
    assert "```text\n" in listing and "✗     dz = 1 + y**2  # `<b>` & co" in listing


def test_a_right_report_is_its_headline_and_table():
    w = ag.Tensor(3.0, requires_grad=True, name="w")
    with ag.tape():
        e = ag.square(w)
    report = ag.check_by_hand(e, {w: 6.0})
    assert report.points == 1 and "all right" in report.to_markdown() and r"\hline" in report.to_latex()


def test_latex_is_ascii(report):
    text = report.to_latex()
    assert text.isascii() and text.startswith("% to \\input;")
    assert r"\input{x}" not in text.replace(r"\textbackslash{}input", "")


@pytest.mark.slow
def test_latex_compiles(by_hand, of_code, tmp_path):
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is missing; on Debian: apt-get install texlive-latex-base")
    pieces = "\n".join([by_hand.to_latex(), of_code.to_latex()])
    preamble = r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{amssymb,longtable}"
    (tmp_path / "r.tex").write_text(preamble + r"\begin{document}" + pieces + r"\end{document}", encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "r.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    log = done.stdout.decode(errors="replace")
    assert done.returncode == 0, log[-2000:]
    assert "Missing character" not in log and "Overfull" not in log
