"""Any text is safe in LaTeX, Markdown and HTML."""

import random
import re
import shutil
import subprocess

import pytest

from autograd import markup

HOSTILE = [
    r"\input{/etc/passwd}", "$x$ \\[ y \\] ^^5c", "a & b % c # d _ e ~ f", "[1] *2 {3}", "--- ``q'' ?` << >> ,,",
    "<script>alert(1)</script>", "| a | b |", "`code` **bold** [link](x) ![i](y)", "\x00\x07\u202e\ufeff",
    "∂E/∂w₁ δ̂ 中文 😀", "José Šťastný Łódź Ångström façade", "1. one", "- two", "# three", "> four", "",
]  # fmt: skip


def test_latex_is_ascii_without_bare_commands():
    letters = random.Random(0)
    signs = [chr(k) for k in [*range(0x800), *range(0x2000, 0x2800), *letters.sample(range(0x110000), 2000)]]
    letters.shuffle(signs)
    written = markup.latex_text("".join([sign for sign in signs if not 0xD800 <= ord(sign) < 0xE000]))
    assert written.isascii() and written.isprintable()
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", written):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    bare = written.replace(r"\&", "").replace(r"\%", "").replace(r"\#", "").replace(r"\$", "")
    assert not set("&%#$") & set(bare)


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_and_html_keep_the_words_and_no_markup(text):
    written = markup.markdown_text(text)
    assert "<" not in written and "\n" not in written
    for sign in "`*_[]$|":
        assert written.count(sign) == written.count(f"\\{sign}") == text.count(sign)
    html = markup.html_text(text)
    assert not set('<>"') & set(html)


def test_marks_at_a_lines_beginning_are_no_lists():
    assert markup.markdown_text("1. one") == r"1\. one"
    assert markup.markdown_text("- two") == r"\- two"
    assert markup.markdown_text("-2.5 is a number") == "-2.5 is a number"


def test_a_fence_is_longer_than_those_inside():
    assert markup.markdown_code(["```", "a"]).startswith("````text\n```\n")


def test_accents_stand_over_their_letters():
    written = markup.latex_text("x\u0302 θ\u0302 v\u20d7 ά ŷ")
    assert written == r"\^{x} \ensuremath{\hat{\theta}} \ensuremath{\vec{v}} \ensuremath{\acute{\alpha}} \^{y}"
    assert markup.latex_code(" \u0302") == r"~\texttt{U+0302}"


@pytest.mark.slow
def test_all_of_it_compiles(tmp_path):
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is missing; on Debian: apt-get install texlive-latex-base")
    known = "".join([*markup._SPECIAL, *markup._MATH]) + "éÉñüöäÅŠčğőçąîĭįÿŁθ̂v⃗ά"
    lines = [markup.latex_text(text) for text in [known, *HOSTILE]]
    lines += [rf"\texttt{{{markup.latex_code(text)}}}" for text in [known, *HOSTILE]]
    body = "\n\n".join([rf"a \\{line}" for line in lines])
    preamble = r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{amssymb}\begin{document}"
    (tmp_path / "all.tex").write_text(rf"{preamble}{body}\end{{document}}", encoding="ascii")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "all.tex"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    log = done.stdout.decode(errors="replace")
    assert done.returncode == 0, log[-2000:]
    assert "Missing character" not in log and "Warning" not in log


def test_a_page_runs_nothing_and_fetches_nothing():
    page = markup.html_page("<i>δ</i>", "p { color: red }", "<p>text</p>")
    assert "<title>&lt;i&gt;δ&lt;/i&gt;</title><style>p { color: red }</style>" in page
    assert "content=\"default-src 'none';" in page and "<body><p>text</p></body>" in page
