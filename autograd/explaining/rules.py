"""One rule at a time: what a gradient becomes by it, as a formula that gives the rule's own numbers.

A declared formula is used only where it gives the very numbers of the rule; else the derivative is shown by name.
"""

import re

import numpy as np

from ..engine import unbroadcast
from ..taped.graph import value_of
from . import formula as ex
from .closed import closed_form
from .declared import known_of, rule_of
from .formula import FormulaError, as_text, parse, parse_entries, with_names
from .formula.numerals import words_latex
from .graph import pull
from .values import Values, agree, same


class Rules(Values):
    """The formulas of the rules of a graph's nodes."""

    def local(self, node, i, parent):
        """The local derivative by the i-th input as a factor entry by entry, or None where it is none.

        It counts only if it gives what the rule gives, for a gradient drawn at random.
        """
        rule = rule_of(node, i)
        if not rule.local:
            return None
        if rule.local == "1" and not rule.needs and node.like == parent.like:  # the gradient itself
            return ex.ONE
        g = random_like(node.like)
        try:
            formula = self.in_names(_without_indices(rule, node), node)
            with np.errstate(all="ignore"):  # where the formula does not hold, as of log 0
                value = np.asarray(g * formula.evaluate(), dtype=node.like[1])
            if value.ndim < len(parent.like[0]):
                value = np.broadcast_to(value, parent.like[0])
            expected = unbroadcast(value[()], parent, node)
        except (ValueError, TypeError):
            return None
        return formula if agree(expected, pull(node, i, parent, g)) else None

    def repeated(self, node, i, parent):
        """(factor, axes) of a reduction along axes: the gradient repeated along them, times the factor; or None."""
        rule, params = rule_of(node, i), node.note.params
        shape = parent.like[0]
        kept = len(shape) == len(node.like[0]) and shape != node.like[0]
        if (
            not rule.local
            or rule.at
            or not (kept or (params.get("axis") is not None and len(shape) > len(node.like[0])))
        ):
            return None
        try:
            axes = range(len(shape)) if params.get("axis") is None else params["axis"]
            axes = sorted(np.lib.array_utils.normalize_axis_tuple(axes, len(shape)))
            y = ex.AxisRepeat(axes, shape, self.value(node))
            formula = self.in_names(parse(rule.local), node, y=y)
            g = random_like(node.like)
            value = np.broadcast_to(g if kept else np.expand_dims(g, axes), shape) * formula.evaluate()
        except (ValueError, TypeError):
            return None
        return (formula, axes) if agree(value, pull(node, i, parent, g)) else None

    def whole(self, node, i, parent):
        """What the rule makes of δ as a formula of whole arrays, a function of that of δ; or None."""
        rule = rule_of(node, i)
        if not rule.gradient:
            return None
        g = random_like(node.like)
        try:
            parsed = parse(rule.gradient)
            parsed = _outer(parsed, node, i)
            formula = self.in_names(parsed, node, delta=ex.Symbol("δ", g))
            value = unbroadcast(np.asarray(formula.evaluate()), parent, node)
        except (ValueError, TypeError, IndexError):
            return None
        if not agree(value, pull(node, i, parent, g)):
            return None
        return lambda delta: self.in_names(parsed, node, delta=delta)

    def _opaque(self, node, i, parent):
        """The derivative of a number by its i-th input, by name or as declared."""
        rule, operation = rule_of(node, i), node.operation
        value = pull(node, i, parent, np.ones((), node.like[1])[()])
        try:
            parse(rule.local or "?")
        except FormulaError:
            if rule.local and as_declared(node):
                names = self._verbatim_names(node)
                text = as_text(with_words(rule.local, names))
                return ex.Written(text, with_names(rule.local, names), value, ex.PRODUCT)
        return self._by_name(operation, i, value, node)

    def _bracketed(self, node, i, parent, delta):
        """∂y/∂x of arrays, to be transposed; it knows the closed form of what it makes of δ, if there is one."""
        graph = self.graph
        once = sum([one is parent for one in node.parents]) == 1  # of f(x, x) there are two partial derivatives
        if once and node in graph.is_station and parent in graph.is_station:
            symbols = [graph.names.symbol(one) for one in (node, parent)]
            inner = ex.Derivative(*symbols)
        else:
            inner = self._by_name(node.operation, i, None, node)
        closed = closed_form(
            node, i, lambda g: pull(node, i, parent, g), lambda letter: self.resolve(letter, node), delta
        )
        return ex.Jacobian(inner, self._about(node, i), closed)

    def said(self, node, i):
        """The words that a rule has, as a list of one or none."""
        rule = rule_of(node, i)
        return [node.operation.words_of(rule, known_of(node))] if rule.words else []

    def _about(self, node, i):
        """What a rule does, in words or as declared: "max_pool2d by x: each δ goes to …"."""
        rule, operation = rule_of(node, i), node.operation
        called = operation.inputs[0 if operation.variadic else i]
        (words,) = self.said(node, i) or [""]
        if not words and rule.local and (operation.kind != "loss" or as_declared(node)):
            words = as_text(rule.local)
        return f"{operation.name} by {called}: {words}" if words else f"{operation.name} by {called}"

    def _by_name(self, operation, i, value, node):
        if len(operation.inputs) == 1 and not operation.variadic:
            argument = self.value(node.note.inputs[0])
            if argument is not None and not argument.shaped:
                return ex.Written(
                    f"{operation.name}′({argument.text()})",
                    rf"{words_latex(operation.name)}'\left({argument.latex()}\right)",
                    value,
                )
        argument = operation.inputs[0] if operation.variadic else operation.inputs[i]
        mark = i + 1 if operation.variadic else None
        return ex.Derivative(ex.Symbol(operation.name), ex.Symbol(argument, mark=mark), value)

    def _verbatim_names(self, node):
        operation = node.operation
        names = {}
        for letter, one in zip(operation.inputs, node.note.inputs, strict=False):
            if one in self.graph.names:
                names[letter] = self.graph.names.symbol(one).text()
        first = node.note.inputs[0]
        if "x" not in operation.inputs and first in self.graph.names:
            names["x"] = self.graph.names.symbol(first).text()
        return names


# -- small things ------------------------------------------------------------------------------


def random_like(like):
    shape, dtype = like
    return np.random.default_rng(7).uniform(0.5, 1.5, shape).astype(dtype)[()] if shape else np.ones((), dtype)[()]


def as_declared(node):
    """Whether every static argument with a default has it: a declared formula says what holds then."""
    given, defaults = node.note.params, node.operation.defaults
    return all(
        same(value, defaults[name]) or value is defaults[name] for name, value in given.items() if name in defaults
    )


def with_words(formula, names):
    """The declared formula with other names in it, still to be turned into text."""
    return re.sub(r"(?<![\\A-Za-z_])[A-Za-z](?![A-Za-z])", lambda found: names.get(found[0], found[0]), formula)


def _without_indices(rule, node):
    """The local derivative as a factor; of entries only where the result is a number: then no index is shared."""
    if not rule.at:
        return parse(rule.local)
    if node.like[0] != ():
        raise FormulaError(f"{rule.local} is about entries")

    def bare(one):
        if isinstance(one, ex.Indexed):
            return one.base
        return one.rebuilt([bare(part) for part in one.parts]) if one.parts else one

    return bare(parse_entries(rule.local))


def _outer(formula, node, i):
    """A product of two vectors for that of δ and another input, where both are vectors."""
    others = [one for k, one in enumerate(node.note.inputs) if k != i]
    vectors = len(node.like[0]) == 1 and len(others) == 1 and np.ndim(value_of(others[0])) == 1
    if not (vectors and isinstance(formula, ex.MatrixProduct) and len(formula.parts) == 2):
        return formula
    return ex.OuterProduct(*[part.parts[0] if isinstance(part, ex.Transposed) else part for part in formula.parts])
