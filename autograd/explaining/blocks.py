"""One quantity and the lines that it equals; numbers and arrays as results."""

from typing import NamedTuple

import numpy as np

from ..markup import columns, filled
from .formula import PRODUCT, SUM, Expression, Numeral, inside
from .formula.numerals import digits_asked, latex_numeral, numeral, to_digits, words_latex

FEW = 12
"""Arrays of up to so many entries are shown in full."""

COMMA = r",\ "

LONGEST_ROW = 60
"""A row of a matrix that takes more characters is written in several lines."""


class Line(NamedTuple):
    """One line of a block: "= formula    note". The note is an Expression or plain text.

    left : what the line is about, if that is not what the block is about but an entry of it
    """

    formula: Expression
    note: Expression | str = ""
    lead: str = "="
    left: Expression | None = None

    @property
    def floor(self):
        """How tightly the formula must bind to stand after its sign without parentheses."""
        return SUM if self.lead == "=" and self.formula.precedence else PRODUCT


class Block:
    """One quantity and the lines that it equals; its numbers are written with so many ``digits``."""

    digits = None

    def __init__(self, left, lines, remarks=()):
        self.left = left
        self.lines = [line for i, line in enumerate(lines) if not _repeats(lines[i - 1] if i else None, line)]
        self.remarks = list(remarks)

    def __str__(self):
        with to_digits(self.digits):
            written = [inside(line.formula, line.floor) for line in self.lines]
            notes = [line.note if isinstance(line.note, str) else line.note.text() for line in self.lines]
            lefts = [left.text() if left else "" for left in self.lefts()]
        before = max(map(columns, lefts))
        width = max([columns(text) for text, note in zip(written, notes, strict=True) if note], default=0)
        rows = []
        for left, line, text, note in zip(lefts, self.lines, written, notes, strict=True):
            start = f"{filled(left, before)} {line.lead}"
            rows.append(f"{start} {filled(text, width)}    {note}" if note else f"{start} {text}")
        rows += [f"  {remark}" for remark in self.remarks]
        return "\n".join(rows)

    def lefts(self):
        """What stands on the left of each line, None where it is what stands above."""
        lefts, above = [], None
        for line in self.lines:
            left = line.left or self.left
            lefts.append(None if left is above else left)
            above = left
        return lefts


def _repeats(before, line):
    return (
        before is not None
        and before.formula.text() == line.formula.text()
        and (not line.note or line.note == before.note)
        and line.lead == "="
    )


# -- arrays ------------------------------------------------------------------------------------


def result(value):
    """A number, a small array in full, or of a large one what there is to say, as an Expression."""
    value = np.asarray(value)
    return Numeral(value[()]) if not value.ndim else ArrayResult(value)


class ArrayResult(Expression):
    """An array as a result: in full where it is small, else how many numbers from where to where."""

    __slots__ = ("array",)

    def __init__(self, array):
        self.array = array
        self.parts, self.shaped = (), True
        self.key = ("ArrayResult", id(array))

    def map(self, f):
        return self

    def evaluate(self):
        return self.array

    def text(self):
        small = self.array.size and self.array.size <= FEW
        return _nested(self.array, _short) if small else extent(self.array)

    def latex(self):
        if not self.array.size or self.array.size > FEW:
            return words_latex(extent(self.array))
        return _matrices(self.array)


def _short(x):
    """An entry, with six digits unless others are asked for."""
    return numeral(np.float64(f"{x:.6g}")) if digits_asked() is None else numeral(x)


def _nested(value, write):
    """Nested brackets, without recursion: the entries of the last axis joined, then those rows, …"""
    texts = [write(x) for x in value.reshape(-1)]
    for length in reversed(value.shape):
        texts = ["[" + ", ".join(texts[i : i + length]) + "]" for i in range(0, len(texts), length)]
    return texts[0]


def _matrices(value):
    """An array as LaTeX: a row, a matrix, or brackets around matrices; rows that are too long in several lines."""
    length = value.shape[-1]
    entries = [_short(x) for x in value.reshape(-1)]
    rows = [[latex_numeral(x) for x in entries[i : i + length]] for i in range(0, len(entries), length)]
    if max(sum(map(len, entries[i : i + length])) + 2 * length for i in range(0, len(entries), length)) > LONGEST_ROW:
        rows = [
            [COMMA.join(row[i : i + 6]) + ("," if i + 6 < length else "") for i in range(0, length, 6)] for row in rows
        ]
        texts = [_array([[line] for line in row], "l") for row in rows]
        depth = value.ndim - 1
    elif value.ndim == 1:
        return _bracketed(rows[0])
    else:
        height = value.shape[-2]
        texts = [_array(rows[i : i + height], "r" * length) for i in range(0, len(rows), height)]
        depth = value.ndim - 2
    for length in reversed(value.shape[:depth]):
        texts = [_bracketed(texts[i : i + length]) for i in range(0, len(texts), length)]
    return texts[0]


def _bracketed(texts):
    return rf"\left[{COMMA.join(texts)}\right]"


def _array(rows, columns):
    inner = r" \\ ".join([" & ".join(row) for row in rows])
    return rf"\left[\begin{{array}}{{{columns}}}{inner}\end{{array}}\right]"


def extent(value):
    """ "1200 numbers from −0.3 to 0.2"."""
    if not value.size:
        return "no numbers"
    finite = value[np.isfinite(value)]
    parts = [f"{value.size} numbers"]
    if finite.size:
        low, high = [_short(x) for x in (finite.min(), finite.max())]
        parts.append(f"each {low}" if low == high else f"from {low} to {high}")
    if finite.size < value.size:
        parts.append(f"with {value.size - finite.size} not finite")
    return " ".join(parts)
