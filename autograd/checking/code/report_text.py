"""The report on a backward as text: its listing with a mark beside each line, and what is wrong with the wrong ones."""

import textwrap

import numpy as np

from ..document import Document, Finding, mistake, plain
from ..report_text import NOTHING, facts

WIDTH = 100


def text(report):
    """The report for a terminal."""
    lines = [headline(report), ""]
    digits = max([len(str(line)) for line, _, _ in report.listing], default=1)
    first = report.first_wrong
    for line, mark, source in report.listing:
        if not line:
            lines.append("")
            continue
        arrow = "  ← the first wrong line" if first is not None and line == first.line and mark == "✗" else ""
        lines.append(f"{line:>{digits}} {mark or ' '} {source}{arrow}".rstrip())
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
    counts = {verdict: sum(row.verdict == verdict for row in report.rows) for verdict in words}
    parts = ", ".join(f"{counts[verdict]} {words[verdict]}" for verdict in words if counts[verdict])
    return f"{report.function}: {count} {several}, {parts}"


def title(report, row):
    """ "line 12: dW1, ∂loss/∂W1: the first wrong line"."""
    verdict = "the first wrong line" if row is report.first_wrong else "wrong too"
    return f"line {row.line}: {row.variable} is to be {row.what}: {verdict if row.verdict == 'wrong' else row.verdict}"


def paragraph(report, row):
    """The lines under the listing for a row that has something to say."""
    if row.verdict == "wrong":
        return [
            "",
            title(report, row),
            *[f"    {line}" for one in sentences(row) for line in textwrap.wrap(one, WIDTH)],
        ]
    if row.remark:
        return ["", title(report, row), *[f"    {line}" for line in textwrap.wrap(f"({row.remark})", WIDTH)]]
    return []


def sentences(row):
    """What there is to say of a wrong row."""
    if row.mistake is not None:
        explanation = row.mistake.explanation
        yield f"{explanation[:1].upper()}{explanation[1:]}."
        for key, value in facts(row.mistake):
            yield f"{key}: {value}"
    else:
        if not row.remark:
            yield NOTHING
        for sentence in row.difference:
            yield f"· {sentence}"
    if row.remark:
        yield f"({row.remark})"
    yield from what_it_gives(row)


def what_it_gives(row):
    """The value beside the one that it should be, in short."""
    if np.shape(row.given) != np.shape(row.expected):
        yield f"it has the shape {np.shape(row.given)}, and should have {np.shape(row.expected)}"
    else:
        yield f"it gives       {shown(row.given)}"
        yield f"it should give {shown(row.expected)}"


def shown(array):
    """The first entries of an array."""
    flat = np.ravel(array)
    more = ", …" if flat.size > 4 else ""
    if np.ndim(array) == 0:
        return f"{float(array):.6g}"
    return f"[{', '.join(f'{x:.6g}' for x in flat[:4])}{more}]"


def document(report):
    """The report without a form: a ``Document``."""
    findings = []
    for row in report.rows:
        if row.verdict == "wrong":
            first, *others = sentences(row)
            findings.append(Finding(row.verdict, title(report, row), [first], others))
        elif row.remark:
            findings.append(Finding(row.verdict, title(report, row), [f"({row.remark})"], []))
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
