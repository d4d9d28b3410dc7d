r"""Formulas of entries: ``\sum_{k} a_{i k} b_{k j}``, read, evaluated, and written as "Σ(k) a[i, k] · b[k, j]".

Where a declaration says of which entry of an input a local derivative is (``rule(…, local="b_{k j}", at="i k")``), it
is read here. What stands below one of the operation's names are its indices: letters side by side, or anything that
counts between commas. Letters that stand for numbers (a stride) become these before. An index outside an array, or
none (between two taps), reads 0: that is what padding is.
"""

import functools
import re

import numpy as np

from .algebra import Product
from .expression import ATOM, PRODUCT, Expression, Number, Symbol, inside
from .functions import Call, Iverson
from .parsing import FormulaError, Parser
from .written import Written


class OfEntries(Expression):
    """A formula that has a value only where its letters have one: ``value_at``."""

    __slots__ = ()

    def evaluate(self):
        raise FormulaError(f"{self.text()} has no value without those of its letters")


class Indexed(OfEntries):
    """An entry of an array: the first part is the array, the others its indices."""

    __slots__ = ()

    @property
    def base(self):
        return self.parts[0]

    def rebuilt(self, parts):
        alone = len(parts) == 1 and not isinstance(parts[0], Symbol)
        return parts[0] if alone or isinstance(parts[0], Number) else Indexed(*parts)

    def text(self):
        if len(self.parts) == 1:
            return self.parts[0].text()
        return f"{inside(self.parts[0], ATOM)}[{', '.join(map(index_text, self.parts[1:]))}]"

    def latex(self):
        if len(self.parts) == 1:
            return self.parts[0].latex()
        inner = ",\\, ".join([one.latex().replace(r" \, ", " ") for one in self.parts[1:]])
        return rf"{inside(self.parts[0], ATOM, True)}\left[{inner}\right]"


class Running(OfEntries):
    """Σ, Π or the maximum over letters, of those that meet a condition if there is one; parts: body, condition."""

    __slots__ = ("sign", "letters")

    precedence = PRODUCT

    def __init__(self, sign, letters, *parts):
        self.sign, self.letters = sign, tuple(letters)
        super().__init__(*parts)
        self.key = (*self.key, sign, *self.letters)
        self.shaped = False

    def rebuilt(self, parts):
        return Running(self.sign, self.letters, *parts)

    def text(self):
        below = self.parts[1].text() if len(self.parts) > 1 else ", ".join(self.letters)
        return f"{self.sign}({below}) {_factors(self.parts[0], False)}"

    def latex(self):
        below = self.parts[1].latex() if len(self.parts) > 1 else ", ".join(map(_letter_latex, self.letters))
        return rf"{_SIGNS[self.sign]}_{{{below}}} {_factors(self.parts[0], True)}"


_SIGNS = {"Σ": r"\sum", "Π": r"\prod", "max": r"\max"}
_NOTHING = {"Σ": 0.0, "Π": 1.0, "max": -np.inf}
_REDUCE = {"Σ": np.sum, "Π": np.prod, "max": np.max}


def _letter_latex(letter):
    return Symbol(letter).latex()


def _factors(body, latex):
    """Entries side by side with a dot between them."""
    if not (isinstance(body, Product) and body.times == 1):
        return inside(body, PRODUCT, latex)
    return (r" \cdot " if latex else " · ").join([inside(part, PRODUCT, latex) for part in body.parts])


def index_text(formula):
    """An index as people write it: "2p + r − 1"."""
    return re.sub(r"(?<=\d) (?=[a-z])", "", formula.text())


def sum_over(letters, body):
    return Running("Σ", letters, body) if letters else body


@functools.lru_cache(maxsize=1024)
def parse_entries(formula):
    """The Expression of a formula in which what stands below a letter are its indices."""
    parser = _EntryParser(formula)
    result = parser.sum()
    if parser.here is not None:
        raise FormulaError(f"{formula}: not understood from {parser.here!r} on")
    return result


def letters_of(formula, name="y"):
    """The letters of the left side of "y_{n o p q} = …", as a tuple; () where there is none."""
    found = re.match(rf"{name}_(?:\{{([^{{}}=]*)\}}|(\w))\s*=", formula)
    if not found:
        return ()
    letters = re.sub(r"\\[,;: ]|,", " ", found[1] or found[2]).replace(" ", "")
    if not (letters.isalpha() and len(set(letters)) == len(letters)):
        raise FormulaError(f"{formula}: the indices of {name} are not plain letters")
    return tuple(letters)


class _EntryParser(Parser):
    def starts_a_factor(self):
        return self.here in (r"\sum", r"\prod") or super().starts_a_factor()

    def base(self):
        if self.here in (r"\sum", r"\prod") or self.tokens[self.place : self.place + 2] == [r"\max", "_"]:
            return self.running()
        return super().base()

    def running(self):
        sign = {r"\sum": "Σ", r"\prod": "Π", r"\max": "max"}[self.take()]
        self.take("_")
        if self.here != "{":
            return Running(sign, [self.take()], self.term())
        self.take("{")
        start, letters = self.place, [self.take()]
        while self.here == ",":
            self.take()
            letters.append(self.take())
        condition = []
        if self.here != "}":
            self.place, letters = start, letters[:1]
            condition = [self.relation(Iverson)]
        self.take("}")
        return Running(sign, letters, self.term(), *condition)

    def named(self):
        token = self.here
        if token and token.isalpha() and self.tokens[self.place + 1 : self.place + 2] == ["_"]:
            return self.indexed(Symbol(self.take()))
        value = super().named()
        return self.indexed(value) if isinstance(value, Call) else value

    def indexed(self, base):
        if self.here != "_":
            return base
        self.take()
        if self.here != "{":
            return Indexed(base, Symbol(self.take()))
        self.take("{")
        if "," in self.tokens[self.place : self.closing()]:
            indices = [self.sum()]
            while self.here == ",":
                self.take()
                indices.append(self.sum())
        else:
            indices = []
            while self.here != "}":
                indices.append(self.factor())
        self.take("}")
        return Indexed(base, *indices)

    def closing(self):
        """The place of the brace that closes here."""
        depth = 0
        for place in range(self.place, len(self.tokens)):
            depth += (self.tokens[place] == "{") - (self.tokens[place] == "}")
            if depth < 0:
                return place
        raise FormulaError(f"{self.formula}: a brace is not closed")


# -- numbers -----------------------------------------------------------------------------------


def value_at(formula, points, ranges, arrays, batch=()):
    """The values of a formula of entries, one for each point.

    points : {letter: int array}, all of one length: where the free letters stand
    ranges : {letter: how many values it runs over}, of those that are summed over
    arrays : {name: array}
    batch : the letters of the axes that arrays may have in front of those that are written, the last ones
    """
    places = {letter: k + 1 for k, letter in enumerate(ranges)}
    rank = 1 + len(places)
    grid = {letter: np.reshape(values, (-1, *[1] * (rank - 1))) for letter, values in points.items()}
    for letter, k in places.items():
        grid[letter] = np.arange(ranges[letter]).reshape([-1 if axis == k else 1 for axis in range(rank)])

    def value(one):
        if isinstance(one, Symbol):
            found = grid.get(one.name, arrays.get(one.name))
            if found is None:
                raise FormulaError(f"{one.name} is not known")
            return found
        if not one.parts:
            return one.evaluate()
        if isinstance(one, Running):
            return run(one, *[value(part) for part in one.parts])
        if isinstance(one, Indexed):
            array, *indices = [np.asarray(value(part)) for part in one.parts]
            missing = array.ndim - len(indices)
            before = [grid[letter] for letter in batch[len(batch) - missing :]] if missing > 0 else []
            front = [np.zeros(1, int) if n == 1 else one for n, one in zip(array.shape, before, strict=False)]
            return array if not array.ndim else _gathered(array, [*front, *indices])
        return one.rebuilt([Written(f"{k}", "", value(part)) for k, part in enumerate(one.parts)]).evaluate()

    def run(one, inner, holds=True):
        axes = [places[letter] for letter in one.letters]
        inner = np.where(np.asarray(holds) != 0, inner, _NOTHING[one.sign])
        inner = inner.reshape((1,) * (rank - inner.ndim) + inner.shape)
        lengths = [ranges[letter] for letter in ranges]
        full = [n if axis not in axes else lengths[axis - 1] for axis, n in enumerate(inner.shape)]
        return _REDUCE[one.sign](np.broadcast_to(inner, full), axis=tuple(axes), keepdims=True)

    count = len(next(iter(points.values()))) if points else 1
    return np.broadcast_to(value(formula), (count, *[1] * (rank - 1))).reshape(-1)


def _gathered(array, indices):
    """Entries of an array; 0 where an index lies outside or is no integer."""
    if len(indices) != array.ndim:
        raise FormulaError(f"{len(indices)} indices for an array of {array.ndim} axes")
    places, there = [], True
    for index, length in zip(indices, array.shape, strict=True):
        index = np.asarray(index)
        number = np.round(index).astype(np.intp)
        there = there & (np.abs(index - number) < 1e-9) & (number >= 0) & (number < length)
        places.append(np.clip(number, 0, max(length - 1, 0)))
    if not array.size:
        return np.zeros(np.broadcast_shapes(*[place.shape for place in places]))
    return np.where(there, array[tuple(places)], 0.0)
