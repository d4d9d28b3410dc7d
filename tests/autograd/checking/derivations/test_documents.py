"""What of a document is read, how its steps hang together, and what is said of what cannot be read."""

import json
import time

import pytest

import autograd as ag
from autograd.checking.derivations.reading import statements


def check(net, text, **options):
    return ag.check_derivation(text, net["E"], **options)


def verdicts(report):
    return [(row.line, row.verdict) for row in report.rows]


def read(text):
    clean, found = statements(text)
    return [" ".join(clean[one.start : one.end].split()) for one in found]


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("so $a = b$ and $c$ alone, $$d = e.$$", ["a = b", "d = e"]),
        (r"\[a = b\] and \(c = d\)", ["a = b", "c = d"]),
        ("∂E/∂w5 = δ_o1 · out_h1\nNote: this = that", ["∂E/∂w5 = δ_o1 · out_h1"]),
        ("- `a = b`\n2. dE/dw = 3 x", ["a = b", "dE/dw = 3 x"]),
        ("```\na = b\n\nc = d\n```\n```python\ne = f\n```", ["a = b", "c = d"]),
        ("```math\na &= b \\\\ &= c\n```", [r"a &= b \\ &= c"]),
        (r"$$\begin{aligned} a &= b \\ &= c + d \\ &\quad + e \\ f &= g \end{aligned}$$",
         [r"a &= b \\ &= c + d \\ &\quad + e", "f &= g"]),
        (r"\begin{align*} a &= b, \quad c = d \label{x}\\[1ex] e &= f \tag{2} \end{align*}",
         ["a &= b", r"\quad c = d", "e &= f"]),
        (r"$\text{where } a = b \text{ and } c$, $x_{i,j} = \max(a, b)$", ["a = b c", r"x_{i,j} = \max(a, b)"]),
        (r"$a = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$", [r"a = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"]),
        ("<!-- $a = b$ --> costs 3$ = 4$", []),
    ],
)  # fmt: skip
def test_what_is_read(text, formulas):
    assert read(text) == formulas


def test_numbers_follow_from_wrong_ones(net):
    report = check(net, """
∂E/∂out_o1 = out_o1 − t1 = 0.741365070
δ_o1 = ∂E/∂out_o1 · out_o1 (1 − out_o1) = 0.139498562
∂E/∂w5 = δ_o1 · out_h1 = 0.082760311
∂E/∂w6 = δ_o1 · out_h2 = 0.0827
""")  # fmt: skip
    assert [row.verdict for row in report.rows] == [*["right"] * 3, "wrong", "right", "follows", "right", "right"]
    assert report.first_wrong.line == 3 and report.rows[5].verdict == "follows"
    assert "3 ✗ δ_o1 = " in str(report) and "← the first wrong line" in str(report) and "4 ↳ ∂E/∂w5" in str(report)
    assert "It should be 0.138498562" in str(report)


def test_steps_that_say_the_same_as_a_wrong_one_follow(net):
    report = check(
        net, r"$$\frac{\partial E}{\partial w_5} = \delta_{o1} w_5 = w_5\, \delta_{o1} = \delta_{o1} out_{h1}$$"
    )
    assert [row.verdict for row in report.rows] == ["wrong", "follows", "right"]
    assert report.rows[0].right == "δ_o1 out_h1"


def test_a_document_has_names_of_its_own(net):
    report = check(net, r"""
With $s = out_{o1} (1 - out_{o1})$ and $e = out_{o1} - t_1$ it is $\frac{\partial E}{\partial w_5} = e\, s\, out_{h1}$,
and with $\eta = 0.5$ the new weight is $\hat w_5 = w_5 - \eta\, e\, s\, out_{h1} = 0.35891648$.
""")  # fmt: skip
    assert report.ok, str(report)


def test_the_documents_own_names_come_before_variables(net):
    eta, e = 0.1, 3.0
    report = ag.check_derivation(
        "eta = 0.5\ne = out_o1 − t1\nw = w5 − eta · e · δ_o1 / e · out_h1 = 0.35891648", net["E"]
    )
    assert report.ok and eta < e, str(report)


def test_what_is_defined_wrong_is_blamed_for_what_follows(net):
    report = check(net, r"""
With $s = out_{o1} (1 + out_{o1})$ and $e = out_{o1} - t_1$ it is
$$\frac{\partial E}{\partial w_5} = e\, s\, out_{h1}$$
""")  # fmt: skip
    assert verdicts(report) == [(2, "wrong"), (2, "defined"), (3, "follows")]
    assert report.first_wrong.right == "out_o1 (1 − out_o1)"


def test_where_may_come_after(net):
    assert check(
        net, r"$\frac{\partial E}{\partial w_5} = e\, \sigma'(net_{o1})\, out_{h1}$ where $e = out_{o1} - t_1$"
    ).ok


def test_values_of_the_forward_pass_are_checked(net):
    report = check(
        net, "net_h1 = w1 i1 + w2 i2 + b1 = 0.3775\nout_h1 = σ(net_h1) = 0.593269992\nnet_h2 = w3 i1 + w4 i1 + b1"
    )
    assert [row.verdict for row in report.rows] == ["right"] * 4 + ["wrong"]
    assert report.rows[4].says == "there is i1 where i2 belongs"


def test_what_cannot_be_read_is_said_with_its_place(net):
    report = check(net, "∂E/∂w5 = δ_o1 out_h1\n\n$$\\delta_{o1} = 1/2 out_{o1}$$\n\n$w_5 = \\foo$\n")
    assert verdicts(report) == [(1, "right"), (3, "unread"), (5, "unread")] and not report.ok
    assert "either (1/2) · out_{o1}" in str(report) and "\\foo is not understood" in str(report)
    assert "3 ? $$" in str(report)


def test_a_file_or_a_text(net, tmp_path):
    path = tmp_path / "derivation.md"
    path.write_text("# δ\n\n∂E/∂w5 = δ_o1 · out_h1\n", encoding="utf-8")
    assert check(net, path).ok and check(net, str(path)).ok
    with pytest.raises(FileNotFoundError):
        check(net, "no_such_file.md")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="no text in UTF-8"):
        check(net, path)
    with pytest.raises(TypeError, match="a path or a text"):
        check(net, 3)
    with pytest.raises(ValueError, match="characters"):
        check(net, "$a = b$\n" * 100_000)


def test_a_document_without_formulas_is_not_right(net):
    report = check(net, "nothing\nat all")
    assert not report.ok and str(report) == "derivation: no formula with = was found\n"


def test_the_report_shows_in_a_notebook_and_in_a_test(net):
    report = check(net, "∂E/∂w5 = δ_o1 · out_h2 <\n∂E/∂w5 = δ_o1 · out_h2")
    html = report._repr_html_()
    assert "There is out_h2 where out_h1 belongs" in html and 'class="wrong"' in html and "out_h2 &lt;" in html
    assert report["∂E/∂w5"] is report.rows[1] and repr(report) == str(report)
    with pytest.raises(ag.testing.DerivationError, match="out_h1 belongs"):
        report.raise_for_mistakes()


def test_the_report_is_handed_on(net):
    text = "w = $2 w_5$, $w_9 = w_5$\n∂E/∂w5 = δ_o1 · out_h2 = 0.0826676278\n$w_5 = \\foo$\n∂E/∂w6 = δ_o1 · out_h2"
    report = check(net, text)
    data = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert [row["verdict"] for row in data["rows"]] == ["defined", "wrong", "follows", "unread", "right"]
    assert (data["ok"], data["points"], data["most_points"]) == (False, 3, 5)
    assert data["rows"][1]["right"] == "δ_o1 · out_h1" and data["listing"][1][1] == "✗"
    for written in (report.to_markdown(), report.to_latex(), report.to_html()):
        assert "the first wrong step" in written and "belongs" in written
    assert report.to_latex().isascii()


@pytest.mark.parametrize(
    "text",
    ["$" * 50_000 + "=", "$a = " + "(" * 15_000 + "$", "```\n" * 20_000 + "a = b", "`" * 40_000 + "a = b",
     "$$\n" + "a &= b \\\\\n" * 300 + "$$", r"\begin{aligned}" * 3_000 + "a = b", "δ" * 30_000 + " = 1",
     "a = " * 20_000, "<!--" * 20_000, "\n" * 100_000 + "$x=1$", "- " * 40_000 + "a = 1", "w5 = w5 + q\nq = p\np = q"],
    ids=lambda text: text[:8].replace("\n", " "),
)  # fmt: skip
def test_hostile_documents_are_told_soon(net, text):
    started = time.process_time()
    assert not check(net, text).ok
    assert time.process_time() - started < 2


def test_seconds_are_kept_to(net):
    wrong = "∂E/∂w5 = δ_o1 · out_h2\nh = 2 out_h2\n∂E/∂w6 = δ_o1 · h"
    report = check(net, wrong, seconds=0.0)
    assert [row.verdict for row in report.rows] == ["wrong", "defined", "wrong"]
    assert not any(row.right for row in report.rows) and "stopped after 0 s" in str(report)
    report = check(net, wrong)
    assert report["∂E/∂w5"].right == "δ_o1 · out_h1" and not report.remarks
