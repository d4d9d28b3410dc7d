"""Answers marked: each right, wrong by itself, or wrong only because of one before, with points.

``grade`` reads the table of answers and gives ``Grades``: a ``Result`` for each student, in it a ``Mark`` for each
question. What a cell holds that is no number costs the points of that question and nothing else; a line that cannot be
used at all is a Result with a ``problem``.
"""

import os
import re
import time
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..checking.cells import Table, cell, read_table, significant
from ..checking.mistakes import BY_KEY
from ..checking.report import POINTS
from .programs import LIMIT, mark_program, questions_for_programs, source_of
from .variants import Exercise, Question, Variant

if TYPE_CHECKING:
    from ..checking.report import Judged

HINTS = ("place", "kind", "full")
"""How much a student's page says of the first wrong value: where it is; what kind of mistake; all of it."""

SEARCH = 15.0
"""Seconds for which mistakes are looked for in all answers, unless told: the right ones leave theirs to others."""

STUDENT = ("student", "name", "id", "student id", "matriculation", "email")
VARIANT = ("variant", "version")
PROGRAM = ("backward", "program", "file")
"""Titles of columns, in small letters."""


class Mark:
    """What one answer is worth.

    what : "∂E/∂w5"; given : what stood in the cells; entries : the same entry by entry, an array of text, or None
    verdict : "right", "wrong", "follows" (wrong only because of a value before), "short" (right, but with too few
        digits), "blank", "unreadable" or "undecided"
    points, most : what it is worth, and at most
    remark : a sentence, or ""
    """

    def __init__(self, what: str, given: str, verdict: str, most: float, share: float, remark: str = "") -> None:
        self.what, self.given, self.verdict, self.most, self.remark = what, given, verdict, most, remark
        self.points = most * share
        self.entries: Any = None

    def __repr__(self) -> str:
        return f"<Mark {self.what}: {self.verdict}, {self.points:g} of {self.most:g}>"


class Result:
    """What one student reached.

    student, line : the name as it stands in the table, and the line there
    variant : the number of the variant, or None
    marks : a Mark for each question, in their order
    report : the report behind them, or None; of a program its ``listing``, [(line, mark, text)]
    problem : why the line could not be used, or ""
    """

    def __init__(self, student: str, line: int, variant: int | None = None, problem: str = "") -> None:
        self.student, self.line, self.variant, self.problem = student, line, variant, problem
        self.marks: list[Mark] = []
        self.report: Judged[Any] | None = None
        self.listing: list[tuple[int, str, str]] = []
        self.first_wrong: tuple[str, str, str] | None = None  # what, key of the mistake, explanation

    @property
    def points(self) -> float:
        """What all marks come to; ``most`` what they could."""
        return sum(mark.points for mark in self.marks)

    @property
    def most(self) -> float:
        return sum(mark.most for mark in self.marks)

    def add(self, what: str, given: str, verdict: str, most: float, share: float, remark: str = "") -> None:
        """One mark more, worth a share of its points."""
        self.marks.append(Mark(what, given, verdict, most, share, remark))

    def hints(self, level: str) -> list[str]:
        """What the student is told of the first value that is wrong by itself, in sentences."""
        if self.first_wrong is None:
            return []
        what, key, explanation = self.first_wrong
        what = what[:1].upper() + what[1:]
        told = [f"{what} is the first value that is wrong by itself. Look there before the others."]
        if level == "place":
            return told
        entries = [BY_KEY[one] for one in key.split(" + ") if one in BY_KEY]
        if not entries:
            return [*told, "No classic mistake gives these numbers."]
        told.append(f"The kind of mistake: {' and '.join([one.name for one in entries])}.")
        if level == "full":
            told.append(f"{explanation[:1].upper()}{explanation[1:]}.")
            told += [f"In formulas: {one.formula}." for one in entries if one.formula]
        return told

    def __repr__(self) -> str:
        return f"<Result of {self.student!r}: {self.problem or f'{self.points:g} points'}>"


class Grades:
    """What ``Exercise.grade`` returns: a sequence of ``Result``, in the order of the table.

    exercise, results; problems : [(line, what is wrong with it)] of lines that were left out
    troubles : the same of all lines that were not marked

    ``export(folder)`` writes the tables for the teacher and a page for each student.
    """

    def __init__(self, exercise: Exercise, results: list[Result], problems: list[tuple[int, str]]) -> None:
        self.exercise, self.results, self.problems = exercise, results, problems

    @property
    def troubles(self) -> list[tuple[int, str]]:
        return sorted([*self.problems, *[(one.line, f"{one.student}: {one.problem}") for one in self if one.problem]])

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, student: str | int) -> Result:
        """The Result of a student (or of a position)."""
        if isinstance(student, int):
            return self.results[student]
        for one in self.results:
            if one.student == student:
                return one
        raise KeyError(f"no student {student!r}")

    def export(self, folder: str | os.PathLike[str], *, hints: str = "kind") -> list[Path]:
        """Write ``grades.csv`` and ``grades.html`` for the teacher, and a page for each student in ``students/``.

        hints : what the pages say of the first wrong value: "place", "kind" or "full". They show no right number
            unless it is "full".

        Each file is there whole or not at all, the tables last. Returns the paths written.
        """
        from .pages import export

        if hints not in HINTS:
            raise ValueError(f"grade: hints must be one of {', '.join(HINTS)}\n  hints: {hints!r}")
        return export(self, Path(folder), hints)

    def __repr__(self) -> str:
        return f"<Grades of {len(self.results)} students in {self.exercise.title!r}>"


def grade(
    exercise: Exercise,
    answers: str | os.PathLike[str],
    *,
    seconds: float | None = None,
    limit: float = LIMIT,
    progress: bool | None = None,
) -> Grades:
    """What ``Exercise.grade`` does."""
    table, folder = _table_of(answers)
    columns = Columns(exercise, table.titles)
    results: list[Result] = []
    programs = []
    known: dict[Any, Result] = {}
    left = SEARCH
    for k, (line, cells) in enumerate(_watched(table.lines, "numbers", progress)):
        result = Result(columns.student_of(cells) or f"line {line}", line)
        results.append(result)
        try:
            result.variant = columns.variant_of(cells)
        except ValueError as error:
            result.problem = str(error)
            continue
        variant = exercise.variants[result.variant - 1]
        program = cells.get(columns.program or "", "")
        if program:
            programs.append((result, variant, folder, program, seconds, limit))
            continue
        same = (result.variant, tuple(cells[title] for title in columns.titles))
        if same not in known:  # the same answers, the same marks
            known[same] = result
            share = max(0.05, 2 * left / (len(table.lines) - k)) if seconds is None else seconds
            started = time.perf_counter()
            mark_numbers(result, variant, columns, cells, share)
            left -= time.perf_counter() - started
        else:
            first = known[same]
            result.marks, result.report, result.first_wrong = first.marks, first.report, first.first_wrong
    if programs:
        source_of(exercise.function)
        if not questions_for_programs(exercise):
            raise ValueError("no gradient of a parameter is asked for, so there is nothing for a backward to give")
        assert exercise.drawn  # once, before the threads
        pool = ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1)))
        try:
            for _ in _watched(pool.map(lambda one: mark_program(*one), programs), "programs", progress, len(programs)):
                pass
        finally:  # after Ctrl-C no other program is begun
            pool.shutdown(wait=False, cancel_futures=True)
    return Grades(exercise, results, table.problems)


def _table_of(answers: str | os.PathLike[str]) -> tuple[Table, Path]:
    """(the table of answers, the folder of the programs that it names); a program, or a folder of them, is one too."""
    if isinstance(answers, str) and "\n" in answers:
        return read_table(answers), Path()
    path = Path(answers)
    if not path.is_dir() and path.suffix != ".py":
        return read_table(path), path.parent
    programs = sorted(path.glob("*.py")) if path.is_dir() else [path]
    if not programs:
        raise ValueError(f"there is no Python file in the folder\n  folder: {path}")
    rows = [(k, {"student": one.stem, "backward": one.name}) for k, one in enumerate(programs, 1)]
    return Table(["student", "backward"], rows, []), programs[0].parent


def _watched(steps: Any, what: str, progress: bool | None, total: int | None = None) -> Any:
    if not progress:
        return steps
    from tqdm import tqdm

    return tqdm(steps, desc=what, total=total, leave=False)


# -- the table ---------------------------------------------------------------------------------


def _plain(title: str) -> str:
    """A title as it is compared: "∂E / ∂W[0][1]" is "dE/dW[0,1]"."""
    text = unicodedata.normalize("NFKC", title).replace("∂", "d")
    return re.sub(r"\s+|\bvalueof", "", text).replace("][", ",").rstrip("=")


class Columns:
    """Which column of the table is what.

    student, variant, program : titles, or None
    entries : {Question: [(title, index of the entry, or None for the whole value)]}
    """

    def __init__(self, exercise: Exercise, titles: list[str]) -> None:
        self.exercise = exercise
        small = {title.strip().lower(): title for title in reversed(titles) if title}
        self.student, self.variant, self.program = (
            next((small[one] for one in names if one in small), None) for names in (STUDENT, VARIANT, PROGRAM)
        )
        known: dict[str, tuple[Question, tuple[int, ...] | None]] = {}
        for question in sorted(exercise.questions, key=lambda one: one.is_gradient):
            for name in (question.key, question.name):
                for title, at in question.columns:
                    known.setdefault(_plain(title.replace(question.key, name, 1)), (question, at))
                if question.shape:
                    known.setdefault(_plain(name), (question, None))
        self.entries: dict[Question, list[tuple[str, tuple[int, ...] | None]]] = {}
        own = {self.student, self.variant, self.program}
        strange = []
        for title in titles:
            if title in own or not title:
                continue
            if _plain(title) in known:
                question, at = known[_plain(title)]
                self.entries.setdefault(question, []).append((title, at))
            else:
                strange.append(title)
        if self.student is None and strange:
            self.student = strange[0]
        if not self.entries and self.program is None:
            listed = ", ".join(question.key for question in exercise.questions)
            raise ValueError(
                "the table has no column for what is asked\n"
                f"  columns: {', '.join(titles)}\n  asked: {listed}\n"
                "  the exercise's own answers.csv has the titles that are read"
            )
        self.titles = [title for several in self.entries.values() for title, _ in several]

    def student_of(self, cells: dict[str, str]) -> str:
        return " ".join(cells.get(self.student or "", "").split())[:200]

    def variant_of(self, cells: dict[str, str]) -> int:
        """The number of the variant; ValueError where there is none of that number."""
        count = len(self.exercise.variants)
        text = cells.get(self.variant or "", "").strip()
        if not text and (count == 1 or (self.variant is None and self.program is not None)):
            return 1
        found = re.fullmatch(r"(?:variant\s*)?#?0*([0-9]{1,9})(?:\.0*)?", text, re.IGNORECASE)
        if not found or not 1 <= int(found[1]) <= count:
            said = f"the variant is {text[:40]!r}" if text else "there is no variant"
            raise ValueError(f"{said}; it must be a number from 1 to {count}")
        return int(found[1])


# -- numbers -----------------------------------------------------------------------------------


def mark_numbers(
    result: Result, variant: Variant, columns: Columns, cells: dict[str, str], seconds: float | None
) -> None:
    """Give a result the marks of its answers in numbers."""
    answers = [Answer(question, columns.entries.get(question, []), cells) for question in variant.exercise.questions]
    given = {one.question.key: one.value for one in answers if one.is_there}
    if given:
        report = result.report = variant.check(given, seconds=seconds, progress=False)
        rows = {(row.name, row.is_gradient): row for row in report}
        for one in answers:
            one.row = rows.get((one.question.name, one.question.is_gradient))
        wrong = report.first_wrong
        if wrong is not None:
            key, explanation = (wrong.mistake.key, wrong.mistake.explanation) if wrong.mistake else ("", "")
            result.first_wrong = (wrong.what, key, explanation)
    result.marks = [one.mark(variant.exercise.digits) for one in answers]
    for one, mark in zip(answers, result.marks, strict=True):
        mark.entries = one.texts if one.question.shape and any(one.texts.flat) else None


class Answer:
    """The cells of one question, read.

    value : what ``check_by_hand`` takes: text, a float, None, or nested lists of these
    bad : the cells that are no numbers; blank : how many are blank, those included; row : the row of the report
    """

    def __init__(
        self, question: Question, columns: list[tuple[str, tuple[int, ...] | None]], cells: dict[str, str]
    ) -> None:
        self.question, self.row = question, None
        self.bad: list[str] = []
        self.shown = "; ".join([cells[title] for title, _ in columns if cells[title]])
        entries = np.full(question.shape, None, dtype=object)
        self.texts = np.full(question.shape, "", dtype=object)
        for title, at in columns:
            if at is not None:
                entries[at], self.texts[at] = self._read(cells[title]), cells[title]
            elif cells[title].strip():
                self._take_whole(entries, cells[title])
        self.read = list(entries.reshape(-1))
        self.blank = sum(one is None for one in self.read)
        self.value = entries.tolist() if question.shape else entries[()]

    def _take_whole(self, entries: Any, text: str) -> None:
        """A whole array in one cell: its numbers in their order, in brackets, or with spaces between them."""
        inner = re.sub(r"[\[\](){}|]", " ", text)
        sign = (
            ";" if ";" in inner else "," if re.search(r",\s", inner) or inner.count(",") == entries.size - 1 else None
        )
        parts = [part for piece in inner.split(sign) for part in ([piece] if sign == "," else piece.split())]
        if len(parts) != entries.size:
            self.bad.append(f"{len(parts)} numbers where there are {entries.size}")
            return
        entries.reshape(-1)[:] = [self._read(part) for part in parts]
        self.texts.reshape(-1)[:] = [part.strip() for part in parts]

    def _read(self, text: str) -> str | float | None:
        try:
            return cell(text)
        except ValueError:
            self.bad.append(text.strip()[:60])
            return None

    @property
    def is_there(self) -> bool:
        return self.blank < len(self.read)

    def mark(self, digits: int) -> Mark:
        question, row = self.question, self.row
        filled = 1 - self.blank / max(1, len(self.read))
        remarks = [f"cannot be read as a number: {', '.join(self.bad[:3])}"] if self.bad else []
        if row is None:
            verdict = "unreadable" if self.bad else "blank"
            return Mark(question.what, self.shown, verdict, question.points, 0.0, "; ".join(remarks))
        verdict, share = row.verdict, POINTS[row.verdict] * filled
        if verdict == "right" and self._is_short(row, digits):
            verdict, share = "short", 0.0
            remarks.append(f"right as far as it goes: give at least {digits} significant digits")
        remarks += [one for one in (row.remark, row.undecided) if one]
        return Mark(question.what, self.shown, verdict, question.points, share, "; ".join(remarks))

    def _is_short(self, row: Any, digits: int) -> bool:
        """Whether a number is right only because so few of its digits are given."""
        for one, value in zip(self.read, np.ravel(row.expected), strict=True):
            if (
                one is not None
                and significant(one) < digits
                and not np.isclose(float(one), value, rtol=1e-6, atol=1e-12)
            ):
                return True
        return False
