"""A report as text: an aligned table, and under it what is wrong with each wrong step."""

import textwrap
from collections import Counter

import numpy as np

from ..markup import columns, filled
from .document import Document, Finding, mistake, plain

COLUMNS = ("", "shape", "verdict", "largest error", "relative", "at", "finite differences to")
WIDTH = 100


def text(report):
    """The report for a terminal."""
    lines = [headline(report), ""]
    table = [COLUMNS, *[cells(row) for row in report.rows]]
    widths = [max(columns(line[k]) for line in table) for k in range(len(COLUMNS))]
    for k, line in enumerate(table):
        left = [filled(cell, width) for cell, width in zip(line[:3], widths[:3], strict=True)]
        right = [cell.rjust(width) for cell, width in zip(line[3:], widths[3:], strict=True)]
        lines.append("  ".join(left + right).rstrip())
        if k == 0:
            lines.append("─" * (sum(widths) + 2 * (len(widths) - 1)))
    for row in report.rows:
        lines += paragraph(report, row)
    for note in notes(report):
        lines += ["", *textwrap.wrap(note, WIDTH)]
    return "\n".join(lines)


def headline(report):
    """ "check_by_hand: ∂E/∂… of 8 values: 6 right, 1 wrong, 1 follows"."""
    words = {
        "right": "right",
        "wrong": "wrong",
        "follows": "wrong only because of that",
        "rounded": "rounded too early",
        "undecided": "undecided",
    }
    several = "value" if len(report.rows) == 1 else "values"
    if not report.rows:
        return f"∂{report.output_name}/∂…: nothing was given by hand"
    if report.ok:
        return f"∂{report.output_name}/∂… by hand: {len(report.rows)} {several}, all right"
    verdicts = ["rounded" if row.follows and row.mistake is not None else row.verdict for row in report.rows]
    return f"∂{report.output_name}/∂… by hand: {len(report.rows)} {several}, {counted(verdicts, words)}"


def counted(verdicts, words):
    """ "6 right, 1 wrong" of some verdicts, in the order of ``words``, {verdict: what it is called}."""
    counts = Counter(verdicts)
    return ", ".join(f"{counts[one]} {words[one]}" for one in words if counts[one])


def first_entries(array, digits=6, most=4):
    """The first entries of an array in brackets, or a number with so many digits."""
    if np.ndim(array) == 0:
        return f"{float(array):.{digits}g}"
    flat = np.ravel(array)
    return f"[{', '.join(f'{x:.6g}' for x in flat[:most])}{', …' if flat.size > most else ''}]"


def cells(row):
    """What the table shows of a row."""
    shape = "×".join(map(str, row.shape)) or "scalar"
    verdict = {"right": "✓ right", "wrong": "✗ wrong", "follows": "↳ follows", "undecided": "? undecided"}[row.verdict]
    if row.given.broken:
        return (row.what, shape, verdict, "no value", "", "", finite_differences(row))
    if not row.fits:
        given = "×".join(map(str, row.given.shape)) or "scalar"
        return (row.what, shape, verdict, f"shape {given}", "", "", finite_differences(row))
    at = ", ".join(map(str, row.worst)) if row.worst and row.max_abs_error > 0 else ""
    return (
        row.what,
        shape,
        verdict,
        number(row.max_abs_error),
        number(row.max_rel_error),
        f"[{at}]" if at else "",
        finite_differences(row),
    )


def number(x):
    return "0" if x == 0 else f"{x:.1e}" if np.isfinite(x) else str(x)


def finite_differences(row):
    if row.kink:
        return "kink"
    if row.finite_difference_error is None:
        return "–"
    error = f"{max(row.finite_difference_error, 1e-16):.0e}"
    return error if row.finite_difference_error < 1e-2 else f"{error}, they disagree"


def paragraph(report, row):
    """The lines under the table for a row that has something to say."""
    said = list(sayings(report, row))
    if not said:
        return []
    lines = ["", title(report, row)]
    for text, is_fact in said:
        lines += _fact(text) if is_fact else _wrapped(text)
    return lines


def sayings(report, row):
    """(text, whether it is a fact that stands on a line of its own) of what there is to say of a row."""
    wrong = not row.step_ok and not row.undecided
    if wrong:
        if row.mistake is not None:
            yield f"{row.mistake.explanation}.", False
            for key, value in facts(row.mistake):
                yield f"{key}: {value}", True
        else:
            yield f"{NOTHING}{' (the search was stopped)' if report.interrupted else ''}", True
            for sentence in row.difference:
                yield f"· {sentence}", False
        for key, value in formulas(row):
            yield f"{key}: {value}", True
        if shows_numbers(row):
            yield two_numbers(row), True
    elif row.mistake is not None or row.undecided:
        yield f"{row.undecided or row.mistake.explanation}.", False
    if row.remark and not (row.mistake is not None and row.ok):
        yield f"({row.remark})", False


def document(report):
    """The report without a form: a ``Document``."""
    findings = []
    for row in report.rows:
        said = list(sayings(report, row))
        if said:
            sentences, known = [[text for text, is_fact in said if is_fact is wanted] for wanted in (False, True)]
            findings.append(Finding(row.verdict, title(report, row), sentences, known))
    table = [COLUMNS, *[cells(row) for row in report.rows]] if report.rows else []
    return Document(headline(report), table, range(3, 7), [], findings, list(notes(report)))


def data(row):
    """A row as data for JSON."""
    return {
        "what": row.what,
        "name": row.name,
        "is_gradient": row.is_gradient,
        "shape": list(row.shape),
        "verdict": row.verdict,
        "given": plain(row.given.value),
        "truth": plain(row.truth),
        "expected": plain(row.expected),
        "max_abs_error": plain(row.max_abs_error),
        "max_rel_error": plain(row.max_rel_error),
        "worst": None if row.worst is None else list(row.worst),
        "finite_difference_error": plain(row.finite_difference_error),
        "kink": bool(row.kink),
        "mistake": mistake(row.mistake),
        "formula": row.formula,
        "right_formula": row.right_formula,
        "difference": list(row.difference),
        "remark": row.remark,
        "undecided": row.undecided,
    }


NOTHING = "Nothing in the catalogue of mistakes gives these numbers"


def title(report, row):
    """ "∂E/∂w: the first wrong step"."""
    if row.step_ok or row.undecided:
        return f"{row.what}: {row.verdict}"
    if len(report.rows) == 1:
        return f"{row.what}: wrong"
    return f"{row.what}: {'the first wrong step' if row is report.first_wrong else 'wrong too'}"


def shows_numbers(row):
    """Whether a wrong row is one number beside another."""
    same = row.formula and (row.given.broken or row.max_rel_error < 1e-6)
    return row.shape == () and row.fits and not same


def two_numbers(row):
    """The learner's number beside the one that it should be."""
    should = "it should be" if row.expected == row.truth else "from your own values it would be"
    return f"by hand {float(row.given.value):.9g}, {should} {float(row.expected):.9g}"


def facts(mistake):
    """(what, text) of a mistake beside its explanation."""
    others = f" (or {' or '.join(mistake.alternatives)}: the numbers are the same)" if mistake.alternatives else ""
    yield "mistake", mistake.key + others
    if mistake.formula:
        yield "formula", mistake.formula
    if mistake.place:
        yield "recorded at", mistake.place


def formulas(row):
    """(what, text) of a wrong formula and of the right one."""
    if row.formula:
        yield "yours", row.formula
    if row.right_formula:
        yield "right", row.right_formula


def notes(report):
    """What there is to say of the whole check."""
    though = [row.what for row in report.rows if row.follows_not]
    if though:
        yield f"right, though not what follows from your own values: {', '.join(though)}"
    if report.interrupted:
        yield f"interrupted: the search for mistakes was stopped after {report.tried} tries; the verdicts stand"
    yield from report.remarks


def _wrapped(sentence):
    sentence = sentence[:1].upper() + sentence[1:]
    return textwrap.wrap(sentence, WIDTH, initial_indent="    ", subsequent_indent="    ")


def _fact(text):
    """A fact on a line of its own; of a long formula on several."""
    if not text.startswith(("yours: ", "right: ")):
        return [f"    {text}"]
    return textwrap.wrap(text, WIDTH, initial_indent="    ", subsequent_indent="        ")
