"""The place of a parser in the tokens of a text, and the errors that show it."""

from .indexing import Counting
from .words import FormulaError, shown

DEEPEST = 40
"""Parentheses, powers and the like within one another."""


class Cursor:
    """Where a parser stands; ``vocabulary`` knows the names, ``latex`` says which rules hold."""

    def __init__(self, text, tokens, vocabulary, latex=False):
        self.source, self.tokens, self.vocabulary, self.latex = text, tokens, vocabulary, latex
        self.place, self.depth = 0, 0
        self.counting = Counting(from_one=latex)

    # -- the tokens -----------------------------------------------------------------------------

    @property
    def here(self):
        return self.tokens[self.place]

    def ahead(self, n=1):
        return self.tokens[min(self.place + n, len(self.tokens) - 1)]

    def is_sign(self, *signs):
        return self.here.kind == "sign" and self.here.text in signs

    def take(self):
        token = self.here
        self.place += token.kind != "end"
        return token

    def expect(self, sign):
        if not self.is_sign(sign):
            found = "the formula ends" if self.here.kind == "end" else f"{self.here.text} stands"
            self.refuse(f"{sign} is missing: {found} here")
        return self.take()

    def refuse(self, why, at=None, readings=()):
        raise FormulaError(shown(self.source, at or self.here.at, why, readings))

    def since(self, start):
        """From the beginning of a token to the end of the last one taken."""
        return (start, self.tokens[max(self.place - 1, 0)].at[1])

    def written(self, at):
        return self.source[at[0] : at[1]].strip()

    def deeper(self, read):
        self.depth += 1
        if self.depth > DEEPEST:
            self.refuse(f"parentheses and powers stand more than {DEEPEST} deep in one another")
        value = read()
        self.depth -= 1
        return value
