"""The values of a graph as formulas: by their names, or as the formulas that operations declare, put together.

``Values(graph).value(one)`` is a node's value in the graph's names, folded as far as the graph says, and
``in_names`` reads a declared formula with these in place of the operation's own names.
"""

import re

import numpy as np

from ..notes import Constant
from ..taped.graph import is_leafs_alias, value_of
from ..taped.replay import alone
from . import formula as ex
from .blocks import result
from .declared import along_axes, known_of
from .formula import FormulaError, parse
from .formula.numerals import words_latex

_TOLERANCE = {8: 1e-7, 4: 1e-4, 2: 1e-2}
"""Relative difference between a formula and a rule that counts as rounding, by bytes of the float."""

_INDEXED = re.compile(r"\w_[a-z]").fullmatch


class Values:
    """The values of a graph."""

    def __init__(self, graph):
        self.graph = graph
        self._values = {}

    def value(self, one):
        """The value of a node or constant as a formula: its name, a number, or its own formula folded in."""
        known = self._values.get(one)
        if known is None:
            with alone(), np.errstate(all="ignore"):
                known = self._values[one] = self._find_value(one)
        return known

    def _find_value(self, one):
        graph = self.graph
        value = value_of(one)
        if isinstance(one, Constant):
            if one in graph.names:
                return graph.names.symbol(one)
            if value is None:
                return None
            return ex.Number(value) if np.ndim(value) == 0 else graph.names.symbol(one)
        long = graph.sizes.get(one, 1) == 1
        if long or one in graph.names or one in graph.is_station or is_leafs_alias(one):
            return graph.names.symbol(one)
        return self._formula(one, value)

    def definition(self, one):
        """What a value is, in the values that it was made from, as text."""
        value = value_of(one)
        if isinstance(one, Constant) or not one.note.inputs or is_leafs_alias(one):
            return f"{result(value).text()}{f', shape {np.shape(value)}' if np.ndim(value) else ''}"
        with alone(), np.errstate(all="ignore"):
            return self._formula(one, value).text()

    def _formula(self, one, value):
        try:
            formula = self.in_names(parse(one.operation.formula), one)
            if one.operation.kind != "activation" and agree(formula.evaluate(), value):
                return formula
        except (ValueError, TypeError):
            pass
        return self._called(one, value)

    def _called(self, node, value):
        """f(x, axis=0), for what has no formula entry by entry."""
        operation = node.operation
        parts = [self.value(one) for one in node.note.inputs]
        if "matrix product" in operation.traits and all(part.shaped for part in parts):
            return ex.matrix_product(*parts)
        if "transposes" in operation.traits and parts[0] is not None and _is_turned(node, value):
            return ex.transposed(parts[0])
        parts = [part for part in parts if part is not None]
        for name, given in node.note.params.items():
            default = operation.defaults.get(name)
            if given is not default and not same(given, default):
                text = f"{name}={_short(given)}"
                parts.append(ex.Written(text, words_latex(text)))
        word = re.fullmatch(r"\w[a-zA-Z ]*", operation.symbol)
        name = operation.symbol if word else operation.name
        latex = r"\sigma" if name == "σ" else words_latex(name)
        identity = float(value) if np.ndim(value) == 0 else node.birth  # two dropouts of x are two things
        return ex.Call(ex.Function(name, lambda *_: value, latex, identity=identity), *parts)

    def in_names(self, formula, node, **given):
        """A declared formula with the graph's values in place of the operation's names.

        given : formulas for names, in place of what they are in the graph
        """
        indexed = [symbol.name for symbol in formula.symbols() if _INDEXED(symbol.name)]
        letters = {name[-1] for name in indexed}

        def meaning(symbol):
            name = symbol.name
            if name in given:
                return given[name]
            found = self.resolve(name, node)
            if found is None and len(letters) == 1 and _INDEXED(name):
                found = given.get(name[0]) or self.resolve(name[0], node)
            if found is None:
                raise FormulaError(f"{name} is not known")
            return found

        return along_axes(formula, node).map(meaning)

    def resolve(self, name, node):
        """What a name in a declared formula stands for."""
        operation, inputs, params = node.operation, node.note.inputs, node.note.params
        if operation.variadic:
            return None
        if name in operation.inputs:
            return self.value(inputs[operation.inputs.index(name)])
        if name == "y":
            return self.value(node)
        numbers = operation.letters_of(known_of(node)) if operation.letters else {}
        if name in numbers:
            return _parameter(name, numbers[name])
        if name in params:
            return self._parameter(name, params[name])
        if len(name) != 1:
            return None
        near = [one for one in operation.auxiliaries if one[0] == name]
        if len(near) == 1:
            return _parameter(near[0], known_of(node).get(near[0]))
        near = [param for param in params if name in [word[0] for word in param.split("_")]]
        if len(near) == 1 and name != "n":
            return self._parameter(near[0], params[near[0]])
        near = [i for i, one in enumerate(operation.inputs) if one[0] == name]
        if len(near) == 1:
            return self.value(inputs[near[0]])
        if name == "x":
            return self.value(inputs[0])
        if name == "n":
            return ex.Number(max(1, np.size(value_of(inputs[0])) // max(1, np.size(value_of(node)))))
        if name == "d" and "ddof" in params:
            return ex.Number(params["ddof"])
        return None

    def _parameter(self, name, value):
        """A static argument: a number, or an array by the name that it has where explain was called."""
        known = self.graph.names.name_of_array(value) if isinstance(value, np.ndarray) else None
        return _parameter(known or name, value)


# -- small things ------------------------------------------------------------------------------


def _parameter(name, value):
    if isinstance(value, np.ndarray) and value.ndim:
        return ex.Symbol(name, value)
    try:
        return ex.Number(float(value))
    except (TypeError, ValueError):
        return None


def agree(formula, truth):
    formula, truth = np.asarray(formula), np.asarray(truth)
    if formula.shape != truth.shape:
        return False
    if truth.dtype.kind != "f":
        return np.array_equal(formula, truth)
    tolerance = _TOLERANCE[min(8, truth.dtype.itemsize)]
    truth = truth.astype(np.float64)
    largest = np.max(np.abs(truth), initial=0.0, where=np.isfinite(truth))
    return np.allclose(formula.astype(np.float64), truth, rtol=tolerance, atol=tolerance * largest, equal_nan=True)


def same(a, b):
    return type(a) is type(b) and not isinstance(a, np.ndarray) and a == b


def _short(value):
    if isinstance(value, slice):
        return ":".join("" if part is None else str(part) for part in (value.start, value.stop))
    text = f"array of shape {value.shape}" if isinstance(value, np.ndarray) and value.size > 4 else str(value)
    return text if len(text) <= 30 else text[:29] + "…"


def _is_turned(node, value):
    """Whether a value is the transpose of the matrix that it was made from."""
    (one,) = node.note.inputs
    return np.ndim(value) == 2 and np.array_equal(value, np.transpose(value_of(one)), equal_nan=True)
