"""A report as a document to hand on: Markdown, a piece of LaTeX, a page of HTML, plain data for JSON.

``Document`` is what a report says, without a form; ``markdown`` and ``latex`` write it. Nothing in a name, in a line of
code or in a message is read as markup.
"""

from typing import NamedTuple

import numpy as np

from ..markup import html_page, latex_code, latex_text, markdown_code, markdown_text

MARGIN = {
    "✓": r"\ensuremath{\checkmark}",
    "✗": r"\ensuremath{\times}",
    "↳": r"\ensuremath{\hookrightarrow}",
    "?": "?",
    ":": ":",
}

FIT = 6
"""A page on paper is wide enough for so many columns, the first ones."""


class Finding(NamedTuple):
    """What there is to say of one row: sentences, and facts such as "mistake: sign"."""

    verdict: str
    title: str
    sentences: list[str]
    facts: list[str]


class Document(NamedTuple):
    """What a report says.

    table : rows of cells, the first with the titles of the columns, or none; numbers : which columns are numbers
    listing : [(line, mark, text)] of code, or none
    """

    headline: str
    table: list[tuple[str, ...]]
    numbers: range
    listing: list[tuple[int, str, str]]
    findings: list[Finding]
    notes: list[str]


def sentence(text):
    """ "it is so" as "It is so."."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', ':', '?')) else '.'}"


def markdown(document):
    """The document as Markdown, with a table as GitHub and Pandoc read it."""
    parts = [f"**{markdown_text(document.headline)}**"]
    if document.table:
        head, *rows = [[markdown_text(cell) or " " for cell in row] for row in document.table]
        ruler = ["---:" if k in document.numbers else "---" for k in range(len(head))]
        parts.append("\n".join([f"| {' | '.join(row)} |" for row in (head, ruler, *rows)]))
    if document.listing:
        digits = max(len(str(line)) for line, _, _ in document.listing)
        lines = [
            f"{line:>{digits}} {mark or ' '} {text}".rstrip() if line else "" for line, mark, text in document.listing
        ]
        parts.append(markdown_code(lines))
    for one in document.findings:
        said = [f"**{markdown_text(one.title)}**", *[markdown_text(sentence(text)) for text in one.sentences]]
        parts.append("  \n".join(said))
        if one.facts:
            parts.append("\n".join([f"- {markdown_text(fact)}" for fact in one.facts]))
    parts += [markdown_text(sentence(note)) for note in document.notes]
    return "\n\n".join(parts) + "\n"


def latex(document):
    r"""The document as LaTeX to ``\input`` where amssymb, longtable and T1 fonts are loaded."""
    parts = [
        "% to \\input; in the preamble: \\usepackage[T1]{fontenc} \\usepackage{amssymb,longtable}",
        rf"\noindent\textbf{{{latex_text(document.headline)}}}\par",
    ]
    if document.table:
        head, *rows = [" & ".join([latex_text(cell) for cell in row[:FIT]]) + r" \\" for row in document.table]
        columns = "".join(["r" if k in document.numbers else "l" for k in range(len(document.table[0][:FIT]))])
        # a table that fits a page needs no second run to find its widths
        table, place = ("tabular", "t") if len(rows) <= 40 else ("longtable", "l")
        parts += [
            r"\begingroup\footnotesize\setlength{\tabcolsep}{4pt}",
            rf"\begin{{{table}}}[{place}]{{@{{}}{columns}@{{}}}}",
            head + (r" \hline \endhead" if table == "longtable" else r" \hline"),
            *rows,
            rf"\end{{{table}}}\par\endgroup",
        ]
    if document.listing:
        digits = max(len(str(line)) for line, _, _ in document.listing)
        parts += [
            r"\begingroup\footnotesize\ttfamily\raggedright\setlength{\parindent}{0pt}",
            *[_line(f"{line:>{digits}}" if line else "", mark, text) for line, mark, text in document.listing],
            r"\endgroup\medskip",
        ]
    for one in document.findings:
        said = [latex_text(sentence(text)) for text in one.sentences] + [latex_text(fact) for fact in one.facts]
        parts.append(rf"\par\medskip\noindent\textbf{{{latex_text(one.title)}}}\par")
        parts += [rf"\noindent {text}\par" for text in said]
    parts += [rf"\par\medskip\noindent {latex_text(sentence(note))}\par" for note in document.notes]
    return "\n".join(parts) + "\n"


def _line(number, mark, text):
    if not number:
        return r"\strut\par"
    return rf"{latex_code(number)}~\makebox[1.5em]{{{MARGIN.get(mark, '')}}}{latex_code(text)}\par"


def page(title, fragment):
    """A whole page of HTML around a piece of it, light or dark as the reader's system is."""
    return html_page(title, PAGE, fragment)


PAGE = """
:root { color-scheme: light dark; background: Canvas; color: CanvasText }
body { font: 15px/1.5 system-ui, "Helvetica Neue", Arial, "Liberation Sans", sans-serif }
body { margin: 0 auto; padding: 1.2em; max-width: 66em }
.by-hand { max-width: none; overflow-wrap: anywhere }
@media (max-width: 600px) { .by-hand th, .by-hand td { padding: .22em .4em } }
"""


def plain(value):
    """Numbers, arrays and nested lists as JSON has them: None for NaN, "inf" and "-inf" for infinities."""
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None if np.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def mistake(one):
    """A Mistake as data, or None."""
    if one is None:
        return None
    return {
        "key": one.key,
        "explanation": one.explanation,
        "formula": one.formula,
        "place": one.place,
        "alternatives": list(one.alternatives),
        "guess": one.guess,
    }
