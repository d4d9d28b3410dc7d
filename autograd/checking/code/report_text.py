"""The report on a backward as text: its listing with a mark beside each line, and what is wrong with the wrong ones."""

import textwrap

import numpy as np

from ..document import Document, Finding, mistake, plain, sentence
from ..listing import listing_text
from ..report_text import NOTHING, counted, facts, first_entries

WIDTH = 100


def text(report):
    """The report for a terminal."""
    lines = [headline(report), "", *listing_text(report)]
    for row in report.rows:
        lines += paragraph(report, row)
    for note in notes(report):
        lines += ["", *[one for part in note.split("\n") for one in textwrap.wrap(part, WIDTH)]]
    return "\n".join(lines)


def headline(report):
    """ "backward: 7 gradients, 5 right, 1 wrong, 1 wrong only because of that"."""
    count = len(report.rows)
    several = "gradient" if count == 1 else "gradients"
    if not count:
        return f"{report.function}: no gradient was found in what it gives"
    if report.ok:
        return f"{report.function}: {count} {several}, all right"
    words = {"right": "right", "wrong": "wrong", "follows": "wrong only because of that", "undecided": "undecided"}
    return f"{report.function}: {count} {several}, {counted([row.verdict for row in report.rows], words)}"


def title(report, row):
    """ "line 12: dW1, ∂loss/∂W1: the first wrong line"."""
    verdict = "the first wrong line" if row is report.first_wrong else "wrong too"
    return f"line {row.line}: {row.variable} is to be {row.what}: {verdict if row.verdict == 'wrong' else row.verdict}"


def paragraph(report, row):
    """The lines under the listing for a row that has something to say."""
    lines = [f"    {line}" for one in said(row) for line in textwrap.wrap(one, WIDTH)]
    return ["", title(report, row), *lines] if lines else []


def said(row):
    """What there is to say of a row: of a right one its remark."""
    if row.verdict == "wrong":
        return list(sentences(row))
    return [f"({row.remark})"] if row.remark else []


def sentences(row):
    """What there is to say of a wrong row."""
    if row.mistake is not None:
        yield sentence(row.mistake.explanation)
        for key, value in facts(row.mistake):
            yield f"{key}: {value}"
    else:
        if not row.remark:
            yield NOTHING
        yield from [f"· {one}" for one in row.difference]
    if row.remark:
        yield f"({row.remark})"
    yield from what_it_gives(row)


def what_it_gives(row):
    """The value beside the one that it should be, in short."""
    if np.shape(row.given) != np.shape(row.expected):
        yield f"it has the shape {np.shape(row.given)}, and should have {np.shape(row.expected)}"
    else:
        yield f"it gives       {first_entries(row.given)}"
        yield f"it should give {first_entries(row.expected)}"


def document(report):
    """The report without a form: a ``Document``."""
    all_said = [(row, said(row)) for row in report.rows]
    findings = [Finding(row.verdict, title(report, row), lines[:1], lines[1:]) for row, lines in all_said if lines]
    return Document(headline(report), [], range(0), report.listing, findings, list(notes(report)))


def data(row):
    """A row as data for JSON."""
    return {
        "line": row.line,
        "source": row.source,
        "variable": row.variable,
        "what": row.what,
        "name": row.name,
        "verdict": row.verdict,
        "given": plain(row.given),
        "truth": plain(row.truth),
        "expected": plain(row.expected),
        "mistake": mistake(row.mistake),
        "difference": list(row.difference),
        "remark": row.remark,
    }


def notes(report):
    """What there is to say of the whole check."""
    if report.unmatched:
        listed = ", ".join(f"{name} (line {line})" for line, name in report.unmatched)
        yield f"called like gradients, but of no step that was found: {listed}"
    yield from report.remarks
