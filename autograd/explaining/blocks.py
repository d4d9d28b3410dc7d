"""One quantity and the lines that it equals; numbers and arrays as results."""

from typing import NamedTuple

import numpy as np

from .formula import PRODUCT, SUM, Expression, Written, inside
from .formula.numerals import latex_numeral, numeral, words_latex

FEW = 12
"""Arrays of up to so many entries are shown in full."""


class Line(NamedTuple):
    """One line of a block: "= formula    note". The note is an Expression or plain text.

    left : what the line is about, if that is not what the block is about but an entry of it
    """

    formula: Expression
    note: Expression | str = ""
    lead: str = "="
    left: Expression | None = None


class Block:
    """One quantity and the lines that it equals."""

    def __init__(self, left, lines, remarks=()):
        self.left = left
        self.lines = [line for i, line in enumerate(lines) if not _repeats(lines[i - 1] if i else None, line)]
        self.remarks = list(remarks)

    def __str__(self):
        written = [_with_lead(line, False) for line in self.lines]
        lefts = [left.text() if left else "" for left in self._lefts()]
        before, width = max(map(len, lefts)), self._width(written)
        rows = []
        for left, line, text in zip(lefts, self.lines, written, strict=True):
            note = line.note if isinstance(line.note, str) else line.note.text()
            start = f"{left:{before}} {line.lead}"
            rows.append(f"{start} {text:{width}}    {note}" if note else f"{start} {text}")
        rows += [f"  {remark}" for remark in self.remarks]
        return "\n".join(rows)

    def _width(self, written):
        return max([len(text) for text, line in zip(written, self.lines, strict=True) if line.note], default=0)

    def _lefts(self):
        """What stands on the left of each line, None where it is what stands above."""
        lefts, above = [], None
        for line in self.lines:
            left = line.left or self.left
            lefts.append(None if left is above else left)
            above = left
        return lefts

    def latex_rows(self):
        """The rows of an ``aligned`` environment."""
        rows = []
        for left, line in zip(self._lefts(), self.lines, strict=True):
            start = left.latex() if left else ""
            sign = "&=" if line.lead == "=" else f"&\\hphantom{{=}} {line.lead}"
            note = line.note
            if note:
                note = rf" && \quad {words_latex(note) if isinstance(note, str) else note.latex()}"
            rows.append(f"{start} {sign} {_with_lead(line, True)}{note}".strip())
        rows += [rf"&\hphantom{{=}} {words_latex(remark)}" for remark in self.remarks]
        return rows


def _with_lead(line, latex):
    """The formula as it stands after its sign."""
    return inside(line.formula, SUM if line.lead == "=" and line.formula.precedence else PRODUCT, latex)


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
    if not value.ndim:
        text = numeral(value[()])
        return Written(text, latex_numeral(text), value[()])
    if value.size and value.size <= FEW:
        text = _nested(value, lambda x: numeral(np.float64(f"{x:.6g}")))
        code = _nested(value, lambda x: latex_numeral(numeral(np.float64(f"{x:.6g}"))))
        return Written(text, code.replace(", ", r",\, "), value)
    text = extent(value)
    return Written(text, words_latex(text), value)


def _nested(value, write):
    """Nested brackets, without recursion: the entries of the last axis joined, then those rows, …"""
    texts = [write(x) for x in value.reshape(-1)]
    for length in reversed(value.shape):
        texts = ["[" + ", ".join(texts[i : i + length]) + "]" for i in range(0, len(texts), length)]
    return texts[0]


def extent(value):
    """ "1200 numbers from −0.3 to 0.2"."""
    if not value.size:
        return "no numbers"
    finite = value[np.isfinite(value)]
    parts = [f"{value.size} numbers"]
    if finite.size:
        low, high = [numeral(np.float64(f"{x:.6g}")) for x in (finite.min(), finite.max())]
        parts.append(f"each {low}" if low == high else f"from {low} to {high}")
    if finite.size < value.size:
        parts.append(f"with {value.size - finite.size} not finite")
    return " ".join(parts)
