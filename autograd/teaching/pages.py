"""The marks, shown: a table for the teacher as CSV and HTML, and a page for each student.

Everything that comes from students is text: in HTML nothing of it is markup, in CSV nothing of it is a formula.
"""

import csv
import io
import re
import unicodedata
from collections import Counter

import numpy as np

from ..checking.mistakes import BY_KEY
from ..files import write_whole
from ..markup import html_text
from .sheets import FEW, found, html_matrices, html_value
from .style import page

SIGNS = {
    "right": ("✓", "right"), "wrong": ("✗", "wrong"), "follows": ("↳", "follows"), "short": ("≈", "too few digits"),
    "blank": ("–", "blank"), "unreadable": ("?", "no number"), "undecided": ("?", "undecided"),
}  # fmt: skip
"""{verdict: (sign, words)}."""

CLASSES = {"right": "right", "wrong": "wrong", "follows": "follows", "short": "follows"}


def export(grades, folder, hints):
    """The files of ``Grades.export``."""
    students = folder / "students"
    students.mkdir(parents=True, exist_ok=True)
    names = file_names([one.student for one in grades])
    written = []
    for result, name in zip(grades, names, strict=True):
        written.append(write_whole("export", students / name, student_page(result, grades.exercise, hints)))
    written.append(write_whole("export", folder / "grades.csv", table(grades, names)))
    written.append(write_whole("export", folder / "grades.html", teacher_page(grades, names)))
    return written


def file_names(students):
    """A name for each student's page: of letters and digits, each once, whatever the student is called.

    >>> file_names(["Anna B.", "../etc/passwd", "anna b", "李"])
    ['anna-b.html', 'etc-passwd.html', 'anna-b-2.html', 'student.html']
    """
    taken, names = set(), []
    for student in students:
        plain = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode().lower()
        stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "student"
        if stem in ("con", "prn", "aux", "nul") or re.fullmatch(r"(com|lpt)\d", stem):
            stem = f"student-{stem}"
        name, number = stem, 1
        while name in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name)
        names.append(f"{name}.html")
    return names


# -- for the teacher ---------------------------------------------------------------------------


def table(grades, names):
    """The marks as CSV."""
    questions = grades.exercise.questions
    file = io.StringIO()
    lines = csv.writer(file, lineterminator="\n")
    several = [f"{question.key}{part}" for question in questions for part in ("", " points")]
    lines.writerow(["student", "variant", "points", "of", *several, "first wrong", "mistake", "remark", "page"])
    for result, name in zip(grades, names, strict=True):
        marks = {mark.what: mark for mark in result.marks}
        cells = []
        for question in questions:
            mark = marks.get(question.what)
            cells += ["", ""] if mark is None else [mark.verdict, f"{mark.points:g}"]
        what, key, _ = result.first_wrong or ("", "", "")
        remark = result.problem or "; ".join([f"{mark.what}: {mark.remark}" for mark in result.marks if mark.remark])
        first = [
            _harmless(result.student),
            result.variant or "",
            f"{result.points:g}",
            f"{_most(result, grades.exercise):g}",
        ]
        lines.writerow([*first, *cells, _harmless(what), key, _harmless(remark), f"students/{name}"])
    return "\ufeff" + file.getvalue()  # with a byte order mark Excel reads it as UTF-8


def _harmless(text):
    """Text that no spreadsheet takes for a formula."""
    text = " ".join(text.split())
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def teacher_page(grades, names):
    """The marks as a page: how many reached what, which mistakes were made, and a line for each student."""
    exercise = grades.exercise
    usable = [one for one in grades if not one.problem]
    parts = [
        f"<h1>{html_text(exercise.title)}</h1>",
        f'<div class="head"><span>{_summary(exercise, usable)}</span></div>',
    ]
    if grades.troubles:
        parts.append("<h2>Not marked</h2>")
        parts += [f"<p>Line {line}: {html_text(problem)}.</p>" for line, problem in grades.troubles]
    parts.append("<h2>What was right</h2>")
    rows = []
    for question in exercise.questions:
        verdicts = Counter(mark.verdict for one in usable for mark in one.marks if mark.what == question.what)
        right = verdicts["right"] + verdicts["follows"]
        told = ", ".join([f"{verdicts[one]} {words}" for one, (_, words) in SIGNS.items() if verdicts[one]])
        rows.append(_bar(question.what, right, len(usable), told or "none", "good"))
    parts.append(f'<div class="bars">{"".join(rows)}</div>')
    mistakes = Counter(one.first_wrong[:2] for one in usable if one.first_wrong)
    if mistakes:
        parts.append("<h2>What went wrong first</h2>")
        most = max(mistakes.values())
        rows = [_bar(f"{what}: {_kind(key)}", n, most, str(n), "") for (what, key), n in mistakes.most_common(12)]
        parts.append(f'<div class="bars">{"".join(rows)}</div>')
    parts.append("<h2>Students</h2>")
    head = "".join([f"<th>{html_text(question.what)}</th>" for question in exercise.questions])
    lines = [_teacher_row(one, name, exercise) for one, name in zip(grades, names, strict=True)]
    numbers = '<th class="number">Variant</th><th class="number">Points</th>'
    top = f"<tr><th>Student</th>{numbers}{head}<th>First wrong</th></tr>"
    parts.append(f'<div class="scroll"><table class="marks">{top}{"".join(lines)}</table></div>')
    parts.append(f"<footer>{_legend()}</footer>")
    return page(f"{exercise.title}: marks", "\n".join(parts), wide=True)


def _summary(exercise, usable):
    if not usable:
        return "no answers"
    points = [one.points for one in usable]
    several = "student" if len(points) == 1 else "students"
    return (
        f"{len(points)} {several}, {exercise.points:g} points at most; mean {np.mean(points):.3g}, "
        f"median {np.median(points):.3g}, all right: {sum(one.points == one.most for one in usable)}"
    )


def _bar(what, count, most, told, kind):
    width = 100 * count / max(1, most)
    bar = f'<span class="track"><span class="bar {kind}" style="width:{width:.1f}%"></span></span>'
    return f'<div class="row"><span>{html_text(what)}</span>{bar}<span class="faint">{html_text(told)}</span></div>'


def _kind(key):
    """What the mistakes of a key are called."""
    if not key:
        return "no classic mistake"
    return " and ".join([BY_KEY[one].name if one in BY_KEY else one for one in key.split(" + ")])


def _teacher_row(result, name, exercise):
    marks = {mark.what: mark for mark in result.marks}
    cells = []
    for question in exercise.questions:
        mark = marks.get(question.what)
        cells.append(f"<td>{_mark(mark, sign_only=True)}</td>" if mark is not None else "<td></td>")
    what, key, _ = result.first_wrong or ("", "", "")
    first = f"{html_text(what)}: {html_text(_kind(key))}" if what else ""
    points = "–" if result.problem else f"{result.points:g}"
    told = first or html_text(result.problem)
    name = f'<td><a href="students/{name}">{html_text(result.student)}</a></td>'
    numbers = f'<td class="number">{result.variant or ""}</td><td class="number"><b>{points}</b></td>'
    return f'<tr>{name}{numbers}{"".join(cells)}<td class="told">{told}</td></tr>'


def _mark(mark, sign_only=False):
    sign, words = SIGNS[mark.verdict]
    shown = sign if sign_only else f'{sign}<span class="words"> {words}</span>'
    title = f' title="{html_text(f"{words}: {mark.given[:80]}")}"' if sign_only else ""
    label = f' aria-label="{words}"' if sign_only else ""
    return f'<span class="mark {CLASSES.get(mark.verdict, "none")}"{title}{label}>{shown}</span>'


def _legend():
    return " &nbsp; ".join([f"{sign} {words}" for sign, words in SIGNS.values() if words != "undecided"]) + (
        " &nbsp; A value that follows from a wrong one before it costs nothing more."
    )


# -- for a student -----------------------------------------------------------------------------


def student_page(result, exercise, hints):
    """One student's marks, and a hint at the first wrong value."""
    variant = "" if result.variant is None else f"Variant {result.variant}, "
    parts = [
        f"<h1>{html_text(exercise.title)}</h1>",
        f'<div class="head"><span>{variant}{html_text(result.student)}</span></div>',
    ]
    if result.problem:
        parts.append(f'<div class="hint"><p>Your answers could not be marked: {html_text(result.problem)}.</p></div>')
        return page(f"{exercise.title}: {result.student}", "\n".join(parts))
    parts.append(f'<p class="score">{result.points:g} of {_most(result, exercise):g} points</p>')
    told = result.hints(hints)
    if told:
        paragraphs = "".join([f"<p>{html_text(one)}</p>" for one in told])
        parts.append(f'<div class="hint">{paragraphs}</div>')
    elif result.points == result.most:
        parts.append('<div class="hint good"><p>All right.</p></div>')
    full = hints == "full" and not result.listing
    truths = _truths(result, exercise) if full else {}
    should = "<th>It should be</th>" if full else ""
    head = f'<tr><th></th><th></th><th class="number">Points</th><th>Yours</th>{should}</tr>'
    lines = [_student_row(mark, truths) for mark in result.marks]
    parts.append(f'<div class="scroll"><table class="marks">{head}{"".join(lines)}</table></div>')
    if any(mark.verdict == "follows" for mark in result.marks):
        parts.append(
            '<p class="faint">↳ follows: wrong only because of a wrong value before it; from your own values it is '
            "reckoned rightly, and it costs nothing more.</p>"
        )
    if result.listing:
        parts += ["<h2>Your backward</h2>", _listing(result.listing)]
    return page(f"{exercise.title}: {result.student}", "\n".join(parts))


def _student_row(mark, truths):
    should = f"<td>{truths[mark.what]}</td>" if truths else ""
    remark = f'<div class="faint">{html_text(mark.remark)}</div>' if mark.remark else ""
    if mark.entries is None or mark.entries.size > FEW:
        given = html_text(mark.given[:300])
    else:
        given = html_matrices(mark.entries, lambda text: text[:20])
    return (
        f'<tr><td class="math">{html_text(mark.what)}</td><td>{_mark(mark)}{remark}</td>'
        f'<td class="number">{mark.points:g} / {mark.most:g}</td><td class="given">{given}</td>{should}</tr>'
    )


def _truths(result, exercise):
    """{what: the right answer, as HTML}."""
    solutions = exercise.variants[result.variant - 1].solutions
    return {question.what: html_value(solutions[question.key], found) for question in exercise.questions}


def _listing(lines):
    classes = {"✓": "right", "✗": "wrong", "↳": "follows"}
    digits = max(len(str(line)) for line, _, _ in lines)
    shown = []
    for line, mark, text in lines:
        number = f'<span class="faint">{line:>{digits}}</span>' if line else ""
        shown.append(f'<span class="{classes.get(mark, "")}">{number} {mark or " "} {html_text(text)}</span>')
    return f'<pre class="listing">{"".join(shown)}</pre>'


def _most(result, exercise):
    return result.most if result.marks else exercise.points
