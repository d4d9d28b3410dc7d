"""A derivation: its blocks of lines that agree, written one below the other as text, LaTeX or Markdown."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .formula.numerals import markdown_words, words_latex

LONGEST = 40
"""So many blocks are written out; of a longer derivation the first and the last ones."""


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
            with np.errstate(all="ignore"):
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
