"""A derivation: its blocks of lines that agree, written one below the other as text, LaTeX or Markdown."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from .formula.mathml import markup, mathml
from .formula.numerals import markdown_words, shown_name, to_digits
from .rows import latex_rows

LONGEST = 40
"""So many blocks are written out; of a longer derivation the first and the last ones."""


class Steps(Sequence):
    """Blocks, each made when it is looked at."""

    def __init__(self, makers):
        self._makers = makers
        self._made = {}
        self.digits = None

    def __len__(self):
        return len(self._makers)

    def __getitem__(self, i):
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        i = range(len(self))[i]
        if i not in self._made:
            with np.errstate(all="ignore"), to_digits(self.digits):
                self._made[i] = self._makers[i]()
                self._made[i].digits = self.digits
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

    ``str()``, ``to_latex()``, ``to_markdown()``, ``to_html()`` and ``to_mathml()`` write it; notebooks show it, without
    a network too.
    """

    def __init__(self, value, steps, terms, notes, digits=None):
        self.value = value
        self.steps = steps
        self.steps.digits = self._digits = digits
        self._terms = terms
        self._notes = notes

    @property
    def terms(self):
        if callable(self._terms):
            self._terms = self._terms()
        return self._terms

    @property
    def notes(self):
        with to_digits(self._digits):
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
        with to_digits(self._digits):
            blocks = [" \\\\\n".join(rows) for rows in latex_rows(self._shown())]
        inner = " \\\\[1ex]\n".join(blocks)
        return f"\\begin{{aligned}}\n{inner}\n\\end{{aligned}}"

    def to_markdown(self):
        """The formulas between $$ signs, and the notes below."""
        formulas = self.to_latex()  # first: the notes are about the names in them
        notes = [f"- {markdown_words(note)}" for note in self.notes]
        return "\n\n".join([f"$$\n{formulas}\n$$", *(["\n".join(notes)] if notes else [])])

    def to_mathml(self):
        """The formulas as one MathML element, which browsers show without a network."""
        return (
            f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">{markup(mathml(self.to_latex()))}</math>'
        )

    def to_html(self):
        """The formulas as MathML, and the notes below: a piece of a page."""
        formulas = self.to_mathml()
        notes = "".join([f"<li>{escape(shown_name(note, 500))}</li>" for note in self.notes])
        notes = f"<ul>{notes}</ul>" if notes else ""
        scrolls = 'style="overflow-x: auto; overflow-y: hidden" tabindex="0" role="group" aria-label="Derivation"'
        return f"<div {scrolls}>{formulas}</div>{notes}"

    def _repr_html_(self):
        return self.to_html()

    def _repr_latex_(self):
        return f"$$\n{self.to_latex()}\n$$"

    def _repr_markdown_(self):
        return self.to_markdown()
