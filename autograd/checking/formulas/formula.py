"""A learner's formula: read, evaluated with the learner's own gradients, and held against the truth at many numbers."""

import re

import numpy as np

from .indexing import Item, Letter, item_of, value_of
from .latex import tokens_of_latex
from .names import Gradient
from .parsing import Parser
from .tree import Call, EvaluationError, Name, Number, Numbers, Power, Product, Sum
from .words import FormulaError, shown, tokens_of_text

_LATEX = re.compile(r"\\[A-Za-z]|[_^]\{|^\s*\$.*\$\s*$")


def parser_of(text, vocabulary):
    """A parser of a text, as LaTeX where it looks so."""
    latex = bool(_LATEX.search(text))
    tokens = tokens_of_latex if latex else tokens_of_text
    return Parser(text, tokens(text, vocabulary), vocabulary, latex)


class Formula:
    """A formula for the gradient of a node.

    source : the learner's text; tree : what it is; free : {index: length} of the indices that its value has as axes
    read : the conventions in which its value is read, as ``Given.read``
    """

    def __init__(self, source, tree, free=None):
        self.source, self.tree, self.free = source, tree, free or {}
        for _, part in tree.everywhere():
            if isinstance(part, Power | Product | Call | Sum) and part.at and not any(map(is_name, part.everywhere())):
                if not np.all(np.isfinite(part.value(Literals()))):
                    raise FormulaError(shown(source, part.at, "this comes to no finite number"))
                break

    def names(self):
        """Every Name in it, in order."""
        return [part for _, part in self.tree.everywhere() if isinstance(part, Name)]

    def numbers(self):
        """The numbers that stand in it, but for those that stand in every formula."""
        found = {part.number for _, part in self.tree.everywhere() if isinstance(part, Number)}
        return frozenset(found - {0.0, 1.0, 2.0})

    def with_tree(self, tree):
        """The same with another tree."""
        return Formula(self.source, tree, self.free)

    def text(self):
        return self.tree.text()

    def value(self, numbers):
        """Its value; a FormulaError shows the place that comes to nothing."""
        try:
            return np.asarray(value_of(self.tree, numbers, self.free), dtype=np.float64)[()]
        except EvaluationError as error:
            part = error.part.text()
            raise FormulaError(shown(self.source, error.part.at, f"the part {part} {error}")) from error

    def slack(self, numbers, value):
        """How far its value may be off, as the numbers in it were rounded."""
        total = np.zeros(np.shape(value))
        for moved in numbers.moved(self):
            with np.errstate(all="ignore"):
                total = total + np.nan_to_num(np.abs(self.value(moved) - value))
        return total[()]


def is_name(found):
    return isinstance(found[1], Name)


class Literals(Numbers):
    """Numbers of a formula without names."""

    def of(self, reference):
        raise ValueError("has no value")


class Own(Numbers):
    """The numbers of a point, with the learner's own gradients in place of the true ones.

    gradients : {recorded node: the learner's value}; slacks : {recorded node: how exactly it was given}
    shifted : what is moved by its slack: a Number or the node of a gradient; or None
    """

    def __init__(self, point, gradients=None, slacks=None, shifted=None):
        self._point, self._gradients, self._slacks, self._shifted = point, gradients or {}, slacks or {}, shifted

    def number(self, part):
        return part.number + (part.slack if part is self._shifted else 0.0)

    def of(self, reference):
        if isinstance(reference, Gradient) and reference.node in self._gradients:
            value = self._gradients[reference.node]
            return value + self._slacks[reference.node] if reference.node is self._shifted else value
        return self._point.of(reference)

    def moved(self, formula):
        """The same with each rounded number moved by its slack, one after the other."""
        rounded = [part for _, part in formula.tree.everywhere() if isinstance(part, Number) and part.slack]
        nodes = [one.reference.node for one in formula.names() if isinstance(one.reference, Gradient)]
        rounded += [node for node in dict.fromkeys(nodes) if np.any(self._slacks.get(node, 0.0))]
        return [Own(self._point, self._gradients, self._slacks, one) for one in rounded[:100]]


def read_formula(text, vocabulary, node, shape):
    """The Formula in a text, for the gradient of a recorded node; it may begin with its own left side."""
    first, *rest = parser_of(text, vocabulary).chain()
    free = {}
    if rest:
        left = item_of(first)
        own = isinstance(left, Name) and left.reference == Gradient(node)
        if not own or len(rest) > 1:
            why = "one formula is read here, with nothing before its = but the gradient that it is of"
            raise FormulaError(shown(text, first.at, why))
        free = free_letters(first, shape, text)
        first = rest[0]
    for one in Formula(text, first, free).names():
        if one.reference == Gradient(node):
            raise FormulaError(shown(text, one.at, f"{one.written} is what the formula is for: it says nothing"))
    return Formula(text, first, free)


def free_letters(left, shape, text):
    """{index: length} of the left side of an equation."""
    if not isinstance(left, Item):
        return {}
    indices = left.parts[1:]
    if len(indices) != len(shape):
        why = f"{left.parts[0].text()} has {len(shape)} axes, and {len(indices)} indices were given"
        raise FormulaError(shown(text, left.at, why))
    letters = [one.reference.letter for one in indices if isinstance(one, Name) and isinstance(one.reference, Letter)]
    if len(set(letters)) != len(indices):
        raise FormulaError(shown(text, left.at, "on the left side each index is a letter, and each another one"))
    return dict(zip(letters, shape, strict=True))
