"""The report on a document as text: its lines with a mark beside each, and what is wrong with the wrong steps."""

import textwrap

import numpy as np

from ..document import Document, Finding, plain, sentence
from ..listing import listing_text
from ..report_text import counted, first_entries

WIDTH, LONGEST = 100, 110


def text(report):
    """The report for a terminal."""
    lines = [headline(report), "", *listing_text(report, LONGEST)]
    for row in report.rows:
        lines += paragraph(report, row)
    for note in report.remarks:
        lines += ["", *textwrap.wrap(note, WIDTH)]
    return "\n".join(lines)


def headline(report):
    """ "derivation: 12 steps, 10 right, 1 wrong, 1 wrong only because of that"."""
    count = len(report.rows)
    if not count:
        return "derivation: no formula with = was found"
    several = "step" if count == 1 else "steps"
    if report.ok:
        return f"derivation: {count} {several}, all right"
    words = {
        "right": "right", "wrong": "wrong", "follows": "wrong only because of that", "unread": "not understood",
        "defined": "definitions" if sum(row.verdict == "defined" for row in report.rows) > 1 else "definition",
    }  # fmt: skip
    return f"derivation: {count} {several}, {counted([row.verdict for row in report.rows], words)}"


def title(report, row):
    """ "line 12: ∂E/∂w5 = δ_o1 out_h2: the first wrong step"."""
    verdict = {"unread": "not understood", "wrong": "wrong too"}.get(row.verdict, row.verdict)
    if row is report.first_wrong:
        verdict = "the first wrong step"
    what = row.left if row.verdict != "unread" else ""
    return f"line {row.line}: {what}{': ' if what else ''}{verdict}"


def paragraph(report, row):
    """The lines under the listing for a row that has something to say."""
    if row.verdict == "unread":
        return ["", title(report, row), *[f"    {line}" for line in row.says.split("\n")]]
    if row.verdict == "wrong":
        wrapped = [line for one in sentences(row) for line in textwrap.wrap(one, WIDTH)]
        return ["", title(report, row), *[f"    {line}" for line in wrapped]]
    if row.remark:
        return ["", title(report, row), f"    ({row.remark})"]
    return []


def said(row):
    """What there is to say of a row, without the carets of what is not understood; of a right one its remark."""
    if row.verdict == "unread":
        return [line for line in row.says.split("\n") if line.strip(" ^")]
    if row.verdict == "wrong":
        return list(sentences(row))
    return [f"({row.remark})"] if row.remark else []


def document(report):
    """The report without a form: a ``Document``."""
    all_said = [(row, said(row)) for row in report.rows]
    findings = [Finding(row.verdict, title(report, row), lines[:1], lines[1:]) for row, lines in all_said if lines]
    return Document(headline(report), [], range(0), report.listing, findings, list(report.remarks))


def data(row):
    """A row as data for JSON."""
    return {
        "line": row.line,
        "column": row.column,
        "what": row.what,
        "left": row.left,
        "verdict": row.verdict,
        "says": row.says,
        "yours": row.yours,
        "right": row.right,
        "given": plain(row.given),
        "expected": plain(row.expected),
        "remark": row.remark,
    }


def sentences(row):
    """What there is to say of a wrong row."""
    yield sentence(row.says or "it is not what stands at the left")
    if row.yours:
        yield f"yours: {row.yours}"
    if row.right:
        yield f"right: {row.right}"
    if row.given is not None and np.shape(row.given) == np.shape(row.expected):
        yield f"it gives {first_entries(row.given, 9)}, and should give {first_entries(row.expected, 9)}"
    elif row.given is not None:
        yield f"it has the shape {np.shape(row.given)}, and should have {np.shape(row.expected)}"
