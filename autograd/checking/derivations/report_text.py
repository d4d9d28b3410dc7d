"""The report on a document as text: its lines with a mark beside each, and what is wrong with the wrong steps."""

import textwrap

import numpy as np

from ..document import Document, Finding, plain

WIDTH, LONGEST = 100, 110


def text(report):
    """The report for a terminal."""
    lines = [headline(report), ""]
    digits = max([len(str(line)) for line, _, _ in report.listing], default=1)
    for line, mark, source in report.listing:
        lines.append(f"{line:>{digits}} {mark} {shortened(source)}{arrow(report, line, mark)}".rstrip())
    for row in report.rows:
        lines += paragraph(report, row)
    for note in report.remarks:
        lines += ["", *textwrap.wrap(note, WIDTH)]
    return "\n".join(lines)


def arrow(report, line, mark):
    first = report.first_wrong
    return "  ← the first wrong line" if first is not None and line == first.line and mark == "✗" else ""


def shortened(source):
    return source if len(source) <= LONGEST else f"{source[: LONGEST - 1]}…"


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
    counts = {verdict: sum(row.verdict == verdict for row in report.rows) for verdict in words}
    return f"derivation: {count} {several}, " + ", ".join(f"{counts[one]} {words[one]}" for one in words if counts[one])


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


def document(report):
    """The report without a form: a ``Document``."""
    findings = []
    for row in report.rows:
        if row.verdict == "wrong":
            first, *others = sentences(row)
            findings.append(Finding(row.verdict, title(report, row), [first], others))
        elif row.verdict == "unread":
            first, *others = row.says.split("\n")
            findings.append(
                Finding(row.verdict, title(report, row), [first], [one for one in others if one.strip(" ^")])
            )
        elif row.remark:
            findings.append(Finding(row.verdict, title(report, row), [f"({row.remark})"], []))
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
    says = row.says or "It is not what stands at the left"
    yield f"{says[:1].upper()}{says[1:]}."
    if row.yours:
        yield f"yours: {row.yours}"
    if row.right:
        yield f"right: {row.right}"
    if row.given is not None and np.shape(row.given) == np.shape(row.expected):
        yield f"it gives {shown(row.given)}, and should give {shown(row.expected)}"
    elif row.given is not None:
        yield f"it has the shape {np.shape(row.given)}, and should have {np.shape(row.expected)}"


def shown(array):
    """The first entries of an array."""
    flat = np.ravel(array)
    if np.ndim(array) == 0:
        return f"{float(array):.9g}"
    return f"[{', '.join(f'{x:.6g}' for x in flat[:4])}{', …' if flat.size > 4 else ''}]"
