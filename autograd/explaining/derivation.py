"""A derivation as a page of formulas: blocks of lines that agree, written as text, LaTeX or Markdown."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .expression import PRODUCT, SUM, Expression, Written, inside
from .numerals import latex_numeral, markdown_words, numeral, words_latex

FEW = 12
"""Arrays of up to so many entries are shown in full."""

LONGEST = 40
"""So many blocks are written out; of a longer derivation the first and the last ones."""


class Line(NamedTuple):
    """One line of a block: "= formula    note". The note is an Expression or plain text."""

    formula: Expression
    note: Expression | str = ""
    lead: str = "="


class Block:
    """One quantity and the lines that it equals."""

    def __init__(self, left, lines, remarks=()):
        self.left = left
        self.lines = [line for i, line in enumerate(lines) if not _repeats(lines[i - 1] if i else None, line)]
        self.remarks = list(remarks)

    def __str__(self):
        left = self.left.text()
        written = [_with_lead(line, False) for line in self.lines]
        width = max([len(text) for text, line in zip(written, self.lines, strict=True) if line.note], default=0)
        rows = []
        for i, (line, text) in enumerate(zip(self.lines, written, strict=True)):
            note = line.note if isinstance(line.note, str) else line.note.text()
            start = left if i == 0 else " " * len(left)
            rows.append(f"{start} {line.lead} {text:{width}}    {note}" if note else f"{start} {line.lead} {text}")
        rows += [f"  {remark}" for remark in self.remarks]
        return "\n".join(rows)

    def latex_rows(self):
        """The rows of an ``aligned`` environment."""
        rows = []
        for i, line in enumerate(self.lines):
            start = self.left.latex() if i == 0 else ""
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


class Steps(Sequence):
    """Blocks, each made when it is looked at."""

    def __init__(self, makers):
        self._makers = makers
        self._made = {}

    def __len__(self):
        return len(self._makers)

    def __getitem__(self, i):
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        i = range(len(self))[i]
        if i not in self._made:
            self._made[i] = self._makers[i]()
        return self._made[i]


class Term(NamedTuple):
    """One of the parts that add up to a derivative: what it is, and its value."""

    text: str
    value: object


class Derivation:
    """What ``explain`` returns: the derivative, and how it comes about.

    value : the derivative, as the engine has it: a number or an array
    terms : the parts that add up to it, a sequence of ``Term(text, value)``
    steps : its blocks, each a quantity with the lines that it equals
    notes : what is to be said beside the formulas

    ``str()``, ``to_latex()`` and ``to_markdown()`` write it; notebooks show it.
    """

    def __init__(self, value, steps, terms, notes):
        self.value = value
        self.steps = steps
        self._terms = terms
        self._notes = notes

    @property
    def terms(self):
        if callable(self._terms):
            self._terms = self._terms()
        return self._terms

    @property
    def notes(self):
        return self._notes()

    def _shown(self):
        """The blocks to write, with the number of those left out in place of them."""
        if len(self.steps) <= LONGEST:
            return list(self.steps)
        half = LONGEST // 2
        return [*self.steps[:half], len(self.steps) - 2 * half, *self.steps[-half:]]

    def __str__(self):
        shown = self._shown()
        compact = len(shown) == 1
        parts = [f"… {one} steps more: see .steps" if isinstance(one, int) else str(one) for one in shown]
        notes = self.notes
        return ("\n" if compact else "\n\n").join([*parts, *(["\n".join(notes)] if notes else [])])

    def __repr__(self):
        return str(self)

    def to_latex(self):
        """The formulas as one ``aligned`` environment, for a display formula."""
        blocks = []
        for one in self._shown():
            rows = [rf"&\vdots \quad {words_latex(f'{one} steps more')}"] if isinstance(one, int) else one.latex_rows()
            blocks.append(" \\\\\n".join(rows))
        inner = " \\\\[1ex]\n".join(blocks)
        return f"\\begin{{aligned}}\n{inner}\n\\end{{aligned}}"

    def to_markdown(self):
        """The formulas between $$ signs, and the notes below."""
        formulas = self.to_latex()  # first: the notes are about the names in them
        notes = [f"- {markdown_words(note)}" for note in self.notes]
        return "\n\n".join([f"$$\n{formulas}\n$$", *(["\n".join(notes)] if notes else [])])

    def _repr_latex_(self):
        return f"$$\n{self.to_latex()}\n$$"

    def _repr_markdown_(self):
        return self.to_markdown()


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
