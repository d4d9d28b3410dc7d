"""Check a document step by step: what stands to the right of each = against what stands at the left, as it truly is."""

import itertools
import time
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ...taped.replay import alone
from ..corrections import close
from ..formulas import (
    EvaluationError,
    Formula,
    FormulaError,
    Gradient,
    Letter,
    Name,
    Number,
    Numbers,
    Own,
    Parser,
    Stack,
    Sum,
    free_letters,
    held_numbers,
    item_of,
    literals_that_stand_for,
    random_points,
    recorded_point,
    repair,
    shown,
    tokens_of_latex,
    tokens_of_text,
    value_of,
)  # fmt: skip
from ..graph import WalkedGraph
from ..report_text import first_entries
from .names import Defined, DocumentVocabulary
from .reading import statements
from .report import DocumentReport, Row

MOST = 2_000
"""Formulas in one document."""


class Line(NamedTuple):
    """A statement that was read: the left side, and the Formulas after each =."""

    left: object
    right: list
    free: dict
    defines: object


def check(text, output, gradient, variables, seconds):
    """The DocumentReport on a text."""
    started = time.perf_counter()
    with alone(), np.errstate(all="ignore"):
        graph = WalkedGraph(output, gradient, variables)
        document = Document(text, graph, seconds)
        rows = document.rows()
    return DocumentReport(rows, text, graph.names.output, document.remarks, time.perf_counter() - started)


class Document:
    """A document over a graph.

    lines : {Statement: Line}; unread : [(Statement, why)]; remarks : sentences on the whole
    """

    def __init__(self, text, graph, seconds):
        self.text, self.graph, self.seconds = text, graph, seconds
        self._until = time.perf_counter() + seconds
        self.clean, self.statements = statements(text)
        if len(self.statements) > MOST:
            raise ValueError(f"check_derivation: the document has {len(self.statements)} formulas\n  at most: {MOST}")
        self.vocabulary = DocumentVocabulary(graph)
        self.lines, self.unread, self.remarks = {}, [], []
        self.own = {}  # {reference: the learner's own number or array, where it is wrong}
        self._points = {}
        self._read()

    # -- reading --------------------------------------------------------------------------------

    def _read(self):
        for one in self.statements:
            left = self.clean[one.start : one.end].partition("=")[0].rstrip(":≈ ")
            if (not one.loose or self._seems_meant(one)) and not self._is_known(one, left):
                self.vocabulary.define(left, one.latex)
        for one in self.statements:
            try:
                self.lines[one] = self._line(one)
            except FormulaError as error:
                if not one.loose or self._left_is_known(one):
                    self.unread.append((one, str(error)))

    def _is_known(self, one, left):
        """Whether a left side is the name of something, or an entry of it."""
        read = tokens_of_latex if one.latex else tokens_of_text
        try:
            first, *rest = read(self.clean, self.vocabulary, one.start, one.start + len(left))
        except FormulaError:
            return True  # said when the whole is read
        return not self.vocabulary.is_free(first.reference) and (len(rest) == 1 or rest[0].text == "[")

    def _seems_meant(self, one):
        """Whether what may be a sentence has nothing at the right of its = but signs, numbers and names in formulas."""
        right = self.clean[one.start : one.end].partition("=")[2]
        words = right.split()
        return not any(a.isalpha() and b.isalpha() and len(a) > 2 for a, b in itertools.pairwise(words))

    def _left_is_known(self, one):
        left = self.clean[one.start : one.end].partition("=")[0].strip()
        found = self.vocabulary.find(left)
        return left[:1] in "∂δ∇" or not (found is None or isinstance(found, Defined))

    def _line(self, one):
        tokens = (tokens_of_latex if one.latex else tokens_of_text)(self.clean, self.vocabulary, one.start, one.end)
        parser = Parser(self.text, tokens, self.vocabulary, one.latex)
        left, *right = parser.chain()
        if not right:
            raise FormulaError(shown(self.text, left.at, "nothing stands at the other side of an ="))
        named = isinstance(item_of(left), Name)
        free = {}
        if named and left is not item_of(left):
            free = self._free(left)
        defines = left.reference if isinstance(left, Name) and isinstance(left.reference, Defined) else None
        return Line(left, [Formula(self.text, tree, free) for tree in right], free, defines)

    def _free(self, left):
        """The free indices of ∂E/∂k[i, j] = …; of an entry, ∂E/∂k[0, 1] = …, none."""
        base = item_of(left)
        shape = np.shape(recorded_point(self.graph, self.vocabulary).of(base.reference))
        try:
            return free_letters(left, shape, self.text)
        except FormulaError:
            if any(isinstance(part, Number) for part in left.parts[1:]):
                return {}
            raise

    # -- numbers --------------------------------------------------------------------------------

    @cached_property
    def definitions(self):
        """{Defined: the Formula that defines it}."""
        found = {}
        for line in self.lines.values():
            if line.defines is not None:
                found.setdefault(line.defines, line.right[0])
        return found

    @cached_property
    def recorded(self):
        """The recorded numbers."""
        return _WithOwn(recorded_point(self.graph, self.vocabulary), self.definitions)

    def points(self, numbers):
        """The recorded point and random ones, for formulas in which these numbers stand."""
        for formula in self.definitions.values():
            numbers = numbers | formula.numbers()
        numbers = held_numbers(self.graph, self.vocabulary, numbers)
        if numbers not in self._points:
            points = random_points(self.graph, self.vocabulary, numbers)
            self._points[numbers] = [self.recorded, *[_WithOwn(point, self.definitions) for point in points]]
        return self._points[numbers]

    # -- judging --------------------------------------------------------------------------------

    def rows(self):
        found = {one: self._steps(line) for one, line in self.lines.items()}
        for one, why in self.unread:
            found[one] = [Row(self._place(one.start), "unread", self.clean[one.start : one.end], says=why)]
        for one in list(found):
            self._blame(one, found)
        return [row for one in self.statements if one in found for row in found[one]]

    def _place(self, start):
        """(line, column) of a place, from 1."""
        line = self.text.count("\n", 0, start) + 1
        return line, start - self.text.rfind("\n", 0, start)

    def _steps(self, line):
        """A Row for each = of a statement."""
        rows, before = [], None
        left = Formula(self.text, line.left, line.free)
        for k, formula in enumerate(line.right):
            row = self._step(line, left, formula, before, k)
            rows.append(row)
            before = (formula, row)
        return rows

    def _step(self, line, left, formula, before, k):
        row = Row(self._place(formula.tree.at[0]), "right", left.text() + " = " + formula.text())
        row.left = left.text()
        numeric = all(isinstance(name.reference, Letter) for name in formula.names())
        points = [self.recorded] if numeric else self.points(formula.numbers() | left.numbers())
        if k == 0 and line.defines is not None:
            self._try_definition(row, formula, points)
            return row
        try:
            targets = [np.asarray(left.value(point)) for point in points]
        except FormulaError as error:
            return row.unread(str(error))
        judged = _Judged(formula, targets, points)
        if judged.is_right():
            return row
        if not numeric and judged.is_right_at(0):
            for other, said in literals_that_stand_for(formula, points[0], self.vocabulary):
                if _Judged(other, targets, points).is_right():
                    row.remark = said
                    return row
        row.expected = targets[0]
        row.given = judged.value(0)
        if before is not None and self._follows(judged, before, points, numeric):
            row.verdict = "follows"
            self._remember(line, row)
            return row
        row.verdict, row.yours = "wrong", formula.text()
        if judged.broken:
            row.says = judged.broken.partition("\n")[0]
        self._repair(row, line, formula, judged, points, numeric)
        self._remember(line, row)
        return row

    def _try_definition(self, row, formula, points):
        row.verdict = "defined"
        try:
            formula.value(points[0])
        except FormulaError as error:
            row.unread(str(error))

    def _remember(self, line, row):
        """What the learner has in place of a true value, for what follows from it."""
        reference = getattr(line.left, "reference", None)
        if row.given is not None and reference is not None:
            self.own[reference] = row.given

    def _follows(self, judged, before, points, numeric):
        """Whether a wrong step says the same as the one before it, with the learner's own numbers."""
        formula, row = before
        own = _WithOwn(points[0], {}, self.own)
        if numeric:
            for numbers in (own, points[0]):
                try:
                    value = formula.value(numbers)
                    if close(judged.value(0), value, judged.slack(0) + formula.slack(Own(numbers), value)):
                        return numbers is own and bool(self.own) if row.verdict == "right" else True
                except FormulaError:
                    continue
            return False
        if row.verdict == "right":
            return False
        try:
            return all(close(judged.value(k), formula.value(points[k])) for k in range(len(points)))
        except (FormulaError, TypeError):
            return False

    def _repair(self, row, line, formula, judged, points, numeric):
        if numeric:
            row.says = f"it should be {first_entries(row.expected, 9, 6)}"
            row.yours = "" if isinstance(formula.tree, Number) else row.yours
            return
        reference = getattr(item_of(line.left), "reference", None)
        target = reference.node if isinstance(reference, Gradient) else None
        found = self._repaired(formula, lambda value, k: close(value, judged.targets[k]), points, target, reference)
        if found is not None:
            row.says, row.right = found.says, found.tree.text()
            if found.part.at is not None and len(formula.tree.parts) > 1:
                row.line, row.column = self._place(found.part.at[0])
        elif not row.says:
            row.says = "at the recorded numbers it is right, but at others it is not" if judged.is_right_at(0) else ""

    def _repaired(self, formula, agrees, points, target, excluded):
        """The ``repair`` of a formula, as long as there is time to look for it."""
        if time.perf_counter() < self._until:
            return repair(formula, agrees, points, self.vocabulary, target, excluded)
        self.remarks = [
            f"the search was stopped after {self.seconds:g} s, and what is wrong was not looked for in every step: "
            "give more seconds="
        ]
        return None

    # -- definitions that are wrong -------------------------------------------------------------

    def _blame(self, one, found):
        """Where a wrong step names what the document defines, and another definition makes it right, say so there."""
        line = self.lines.get(one)
        for k, row in enumerate(found[one]):
            if row.verdict != "wrong" or line is None:
                continue
            formula = line.right[k]
            left = Formula(self.text, line.left, line.free)
            names = [name.reference for name in formula.names() if isinstance(name.reference, Defined)]
            for own in dict.fromkeys(names):
                if self._repair_definition(own, formula, left, row, found):
                    break

    def _repair_definition(self, own, formula, left, row, found):
        definition = self.definitions[own]
        points = self.points(formula.numbers() | left.numbers())
        try:
            targets = [left.value(point) for point in points]
        except FormulaError:
            return False

        def agrees(value, k):
            try:
                return close(formula.value(_WithOwn(points[k], {}, {own: value})), targets[k])
            except (FormulaError, ValueError):
                return False

        better = self._repaired(definition, agrees, points, None, own)
        if better is None:
            return False
        place = next(one for one, line in self.lines.items() if line.defines == own)
        there = found[place][0]
        if there.verdict == "defined":
            there.verdict, there.yours = "wrong", definition.text()
            there.says, there.right = better.says, better.tree.text()
        row.verdict, row.says, row.yours, row.right = "follows", "", "", ""
        return True


class _Judged:
    """A formula against the truth at some points."""

    def __init__(self, formula, targets, points):
        self.formula, self.targets, self.points = formula, targets, points
        self.broken = ""
        self._values = {}

    def value(self, k):
        if k not in self._values:
            try:
                self._values[k] = self.formula.value(self.points[k])
            except FormulaError as error:
                self._values[k], self.broken = None, str(error)
        return self._values[k]

    def slack(self, k):
        """How far it may be off: of a number alone half a unit of its last digit, else as its numbers were rounded."""
        tree = self.formula.tree
        parts = [part for _, part in tree.everywhere()]
        if all(isinstance(part, Number | Stack | Sum) for part in parts):
            return max([_half_a_unit(part) for part in parts if isinstance(part, Number)], default=0.0)
        return self.formula.slack(Own(self.points[k]), self.value(k))

    def is_right_at(self, k):
        return self.value(k) is not None and close(self.value(k), self.targets[k], self.slack(k))

    def is_right(self):
        return all(self.is_right_at(k) for k in range(len(self.targets)))


def _half_a_unit(number):
    digits, _, power = number.written.lower().partition("e")
    decimals = len(digits.partition(".")[2])
    return 0.5 * 10.0 ** (int(power or 0) - decimals) * (1 + 1e-6) if decimals or power else 0.0


class _WithOwn(Numbers):
    """The numbers of a point, and what the document defines; ``values`` stand in place of what they are of."""

    def __init__(self, point, definitions, values=None):
        self._point, self._definitions, self._values = point, definitions, values or {}
        self._open = set()

    def of(self, reference):
        if reference in self._values:
            return self._values[reference]
        if not isinstance(reference, Defined) or reference not in self._definitions:
            return self._point.of(reference)
        if reference in self._open:
            raise ValueError("is defined by itself")
        self._open.add(reference)
        try:
            formula = self._definitions[reference]
            self._values[reference] = np.asarray(value_of(formula.tree, self, formula.free), dtype=np.float64)[()]
        except EvaluationError as error:
            raise ValueError("comes to nothing where it is defined") from error
        finally:
            self._open.discard(reference)
        return self._values[reference]
