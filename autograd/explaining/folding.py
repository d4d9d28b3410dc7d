"""From declared formulas to the local derivatives of a graph, each held against the rule it describes.

``Folding(graph).link(station)`` gives, for each station before it, the formula of what a gradient becomes on its way:
for numbers a factor, for arrays a factor entry by entry, a product of matrices, or the transposed Jacobian by its
name. A declared formula is used only where it gives the rule's own numbers; else the derivative is shown by name.
"""

import re

import numpy as np

from ..engine import unbroadcast
from ..node import Constant
from ..taped.graph import is_leafs_alias, value_of
from ..taped.replay import alone, written_out
from ..tensors import wrap
from . import formula as ex
from .blocks import result
from .formula import FormulaError, as_text, parse, with_names
from .formula.numerals import words_latex
from .graph import pull

_TOLERANCE = {8: 1e-7, 4: 1e-4, 2: 1e-2}
"""Relative difference between a formula and a rule that counts as rounding, by bytes of the float."""

_INDEXED = re.compile(r"\w_[a-z]").fullmatch


class Flow:
    """What a gradient Δ has become on its way from a station: Δ ⊙ factor, or a formula that holds Δ.

    factor : an Expression, or None
    whole  : the formula with Δ in it, or None; one of the two is there
    """

    __slots__ = ("factor", "whole")

    def __init__(self, factor=None, whole=None):
        self.factor, self.whole = factor, whole

    def with_delta(self, delta):
        """The formula with Δ in it."""
        return self.whole if self.whole is not None else ex.product(delta, self.factor)

    def plus(self, other, delta):
        if self.whole is None and other.whole is None:
            return Flow(ex.add(self.factor, other.factor))
        return Flow(whole=ex.add(self.with_delta(delta), other.with_delta(delta)))


class Folding:
    """The formulas of a graph."""

    def __init__(self, graph):
        self.graph = graph
        self._links, self._values = {}, {}

    # -- stations ------------------------------------------------------------------------------

    def delta(self, station, direct=False):
        """∂E/∂station as a formula; 1 of the output itself."""
        graph = self.graph
        if station is graph.output and not graph.given:
            return ex.ONE
        return ex.Derivative(graph.top, graph.names.symbol(station), graph.adjoints.get(station), direct)

    def link(self, station):
        """{station before it: Flow} from one station."""
        known = self._links.get(station)
        if known is None:
            with alone(), np.errstate(all="ignore"):
                known = self._links[station] = self._find_link(station)
        return known

    def _find_link(self, station):
        graph, delta = self.graph, self.delta(station)
        found, flows = {}, {station: Flow(ex.ONE)}
        for node in graph.regions[station]:
            flow = flows.pop(node, None)
            if flow is None or node is graph.target:
                continue
            for parent, one in self._passed_on(node, flow, delta):
                place = found if parent in graph.is_station else flows
                place[parent] = place[parent].plus(one, delta) if parent in place else one
        return found

    def _passed_on(self, node, flow, delta):
        """(a value of the graph that the node was made from, the flow towards it), for each."""
        wanted = [(i, parent) for i, parent in enumerate(node.parents) if parent in self.graph.consumers]
        if node.operation.made_of and not all([self._is_said(node, i, parent) for i, parent in wanted]):
            parts = self._parts(node)
            if parts:
                yield from self._passed_through(parts, flow, delta)
                return
        for i, parent in wanted:
            yield parent, self._through(node, i, parent, flow, delta)

    def _passed_through(self, parts, flow, delta):
        """The same for a fused node, from one of its parts to the next."""
        flows = {parts[-1]: flow}
        for part in reversed(parts):
            flow = flows.pop(part, None)
            for parent, one in self._passed_on(part, flow, delta) if flow is not None else ():
                if parent in parts:
                    flows[parent] = flows[parent].plus(one, delta) if parent in flows else one
                else:
                    yield parent, one

    def _is_said(self, node, i, parent):
        """Whether a formula says what the rule of an input gives, so that no Jacobian has to be named."""
        if node.like[0] == () and _rule(node, i).local and _as_declared(node):
            return True
        ways = (self.local, self._repeated, self._matrices)
        return any([way(node, i, parent) is not None for way in ways])

    def _parts(self, node):
        """The nodes of what a fused operation is made of, oldest first; [] where they do not give its value."""
        note = node.note
        inputs = [self._as_input(one) for one in note.inputs]
        parts = written_out(node, inputs)
        constants = {id(one.value): one for one in note.inputs if isinstance(one, Constant)}  # for their names
        for part in parts:
            part.note.inputs = tuple([constants.get(id(getattr(one, "given", None)), one) for one in part.note.inputs])
            self.graph.include(part)
        if parts:
            self._values[parts[-1]] = self.value(node)  # the last one is the node, under its name
        return parts

    def _as_input(self, one):
        return one.value if isinstance(one, Constant) else wrap(one.note.value, one)

    def _through(self, node, i, parent, flow, delta):
        """The flow after the rule of one input."""
        factor = self.local(node, i, parent)
        if factor is not None:
            if flow.whole is None:
                flow = Flow(ex.product(flow.factor, factor))
            else:
                flow = Flow(whole=ex.product(flow.whole, factor))
            axes = _summed_axes(node.like[0], parent.like[0])
            if axes:
                flow = Flow(whole=ex.AxisSum(axes, parent.like[0], flow.with_delta(delta)))
            return flow
        repeated = self._repeated(node, i, parent)
        if repeated is not None:
            factor, axes = repeated
            spread = ex.AxisRepeat(axes, parent.like[0], flow.with_delta(delta))
            return Flow(whole=ex.product(factor, spread))
        if node.like[0] == ():
            return Flow(
                None if flow.whole is not None else ex.product(flow.factor, self._opaque(node, i, parent)),
                flow.whole and ex.product(flow.whole, self._opaque(node, i, parent)),
            )
        moved = _moved(node, i, parent)
        if moved is not None:
            return Flow(whole=moved(flow.with_delta(delta)))
        matrices = self._matrices(node, i, parent)
        if matrices is not None:
            return Flow(whole=_inserted(matrices, flow.with_delta(delta)))
        jacobian = ex.Transposed(self._bracketed(node, i, parent))
        return Flow(whole=ex.MatrixProduct(jacobian, flow.with_delta(delta)))

    # -- one rule ------------------------------------------------------------------------------

    def local(self, node, i, parent):
        """The local derivative by the i-th input as a factor entry by entry, or None where it is none.

        It counts only if it gives what the rule gives, for a gradient drawn at random.
        """
        rule = _rule(node, i)
        if not rule.local:
            return None
        if rule.local == "1" and not rule.needs and node.like == parent.like:  # the gradient itself
            return ex.ONE
        try:
            formula = self._in_names(parse(rule.local), node)
        except FormulaError:
            return None
        if any(isinstance(part, ex.MatrixProduct) for part in _walk(formula)):
            return None
        g = _random(node.like)
        try:
            with np.errstate(all="ignore"):  # where the formula does not hold, as of log 0
                value = np.asarray(g * formula.evaluate(), dtype=node.like[1])
            if value.ndim < len(parent.like[0]):
                value = np.broadcast_to(value, parent.like[0])
            expected = unbroadcast(value[()], parent, node)
        except (ValueError, TypeError, FormulaError):
            return None
        return formula if _agree(expected, pull(node, i, parent, g)) else None

    def _repeated(self, node, i, parent):
        """(factor, axes) of a reduction along axes: the gradient repeated along them, times the factor; or None."""
        rule, params = _rule(node, i), node.note.params
        shape = parent.like[0]
        if not rule.local or params.get("axis") is None or len(shape) <= len(node.like[0]):
            return None
        try:
            axes = np.lib.array_utils.normalize_axis_tuple(params["axis"], len(shape))
            formula = self._in_names(parse(rule.local), node)
            g = _random(node.like)
            value = np.broadcast_to(np.expand_dims(g, axes), shape) * formula.evaluate()
            if any(isinstance(part, ex.MatrixProduct) for part in _walk(formula)):
                return None
        except (ValueError, TypeError):
            return None
        return (formula, sorted(axes)) if _agree(value, pull(node, i, parent, g)) else None

    def _matrices(self, node, i, parent):
        """The rule as a product of matrices with g in it, or None."""
        rule = _rule(node, i)
        try:
            formula = self._in_names(parse(rule.local), node, g=_random(node.like)) if rule.local else None
            if not isinstance(formula, ex.MatrixProduct):
                return None
            value = unbroadcast(formula.evaluate(), parent, node)
        except (ValueError, TypeError):
            return None
        (g,) = [symbol.of for symbol in formula.symbols() if symbol.name == "g" and symbol.mark == "matrix"]
        return formula if _agree(value, pull(node, i, parent, g)) else None

    def _opaque(self, node, i, parent):
        """The derivative of a number by its i-th input, by name or as declared."""
        rule, operation = _rule(node, i), node.operation
        value = pull(node, i, parent, np.ones((), node.like[1])[()])
        try:
            parse(rule.local or "?")
        except FormulaError:
            if rule.local and _as_declared(node):
                names = self._verbatim_names(node)
                text = as_text(with_words(rule.local, names))
                return ex.Written(text, with_names(rule.local, names), value, ex.PRODUCT)
        return self._by_name(operation, i, value, node)

    def _bracketed(self, node, i, parent):
        """∂y/∂x of arrays, to be transposed."""
        graph = self.graph
        once = sum([one is parent for one in node.parents]) == 1  # of f(x, x) there are two partial derivatives
        if once and node in graph.is_station and parent in graph.is_station:
            symbols = [graph.names.symbol(one) for one in (node, parent)]
            inner = ex.Derivative(*symbols)
        else:
            inner = self._by_name(node.operation, i, None, node)
        rule, operation = _rule(node, i), node.operation
        called = operation.inputs[0 if operation.variadic else i]
        about = f"{operation.name} by {called}"
        if rule.local and (operation.kind != "loss" or _as_declared(node)):
            about += f": {as_text(rule.local)}"
        return ex.Jacobian(inner, about)

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

    # -- values --------------------------------------------------------------------------------

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
            formula = self._in_names(parse(one.operation.formula), one)
            if one.operation.kind != "activation" and _agree(formula.evaluate(), value):
                return formula
        except (ValueError, TypeError):
            pass
        return self._called(one, value)

    def _called(self, node, value):
        """f(x, axis=0), for what has no formula entry by entry."""
        operation = node.operation
        parts = [self.value(one) for one in node.note.inputs]
        if "matrix product" in operation.traits and all(part.shaped for part in parts):
            return ex.MatrixProduct(*parts)
        parts = [part for part in parts if part is not None]
        for name, given in node.note.params.items():
            default = operation.defaults.get(name)
            if given is not default and not _same(given, default):
                text = f"{name}={_short(given)}"
                parts.append(ex.Written(text, words_latex(text)))
        word = re.fullmatch(r"\w[a-zA-Z ]*", operation.symbol)
        name = operation.symbol if word else operation.name
        latex = r"\sigma" if name == "σ" else words_latex(name)
        identity = float(value) if np.ndim(value) == 0 else node.birth  # two dropouts of x are two things
        return ex.Call(ex.Function(name, lambda *_: value, latex, identity=identity), *parts)

    def _in_names(self, formula, node, g=None):
        """A declared formula with the graph's values in place of the operation's names."""
        indexed = [symbol.name for symbol in formula.symbols() if _INDEXED(symbol.name)]
        letters = {name[-1] for name in indexed}

        def meaning(symbol):
            name = symbol.name
            if name == "g" and g is not None:
                return ex.Symbol("g", g, "matrix")
            found = self._resolve(name, node)
            if found is None and len(letters) == 1 and _INDEXED(name):
                found = self._resolve(name[0], node)
            if found is None:
                raise FormulaError(f"{name} is not known")
            return found

        return formula.map(meaning)

    def _resolve(self, name, node):
        """What a name in a declared formula stands for."""
        operation, inputs, params = node.operation, node.note.inputs, node.note.params
        if operation.variadic:
            return None
        if name in operation.inputs:
            return self.value(inputs[operation.inputs.index(name)])
        if name == "y":
            return self.value(node)
        if name in params:
            return _parameter(name, params[name])
        if len(name) != 1:
            return None
        near = [one for one in operation.auxiliaries if one[0] == name]
        if len(near) == 1:
            return _parameter(near[0], _kept(node).get(near[0]))
        near = [param for param in params if name in [word[0] for word in param.split("_")]]
        if len(near) == 1 and name != "n":
            return _parameter(near[0], params[near[0]])
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


# -- small things ------------------------------------------------------------------------------


def _rule(node, i):
    return node.operation.rules[0] if node.operation.variadic else node.operation.rules[i]


def _kept(node):
    """{name: value} of what the node's rules kept."""
    found = {}
    for rule, kept in zip(node.operation.rules, node.saved, strict=False):
        if kept is not None and len(rule.needs) > 1:
            found.update(zip(rule.needs, kept, strict=True))
        elif len(rule.needs) == 1:
            found[rule.needs[0]] = kept
    return found


def _parameter(name, value):
    if isinstance(value, np.ndarray) and value.ndim:
        return ex.Symbol(name, value)
    try:
        return ex.Number(float(value))
    except (TypeError, ValueError):
        return None


def _random(like):
    shape, dtype = like
    return np.random.default_rng(7).uniform(0.5, 1.5, shape).astype(dtype)[()] if shape else np.ones((), dtype)[()]


def _agree(formula, truth):
    formula, truth = np.asarray(formula), np.asarray(truth)
    if formula.shape != truth.shape:
        return False
    if truth.dtype.kind != "f":
        return np.array_equal(formula, truth)
    tolerance = _TOLERANCE[min(8, truth.dtype.itemsize)]
    truth = truth.astype(np.float64)
    largest = np.max(np.abs(truth), initial=0.0, where=np.isfinite(truth))
    return np.allclose(formula.astype(np.float64), truth, rtol=tolerance, atol=tolerance * largest, equal_nan=True)


def _summed_axes(shape, target):
    """The axes of ``shape`` that broadcasting ``target`` made, if ``shape`` is the larger."""
    extra = len(shape) - len(target)
    if extra < 0:
        return ()
    return (*range(extra), *[extra + k for k, n in enumerate(target) if n == 1 and shape[extra + k] != 1])


def _inserted(matrices, whole):
    """A product of matrices with a formula in place of g."""

    def meaning(symbol):
        return whole if symbol.mark == "matrix" else symbol

    parts = []
    for part in matrices.parts:
        part = part.map(meaning)
        parts.extend(part.parts if isinstance(part, ex.MatrixProduct) else [part])
    return ex.MatrixProduct(*parts)


def _walk(formula):
    todo = [formula]
    for one in todo:
        todo.extend(one.parts)
    return todo


def _moved(node, i, parent):
    """What makes the gradient of an array from that of its entries in another shape, or transposed; or None."""
    shape = parent.like[0]
    if node.operation.kind != "shape" or np.size(node.note.value) != int(np.prod(shape)):
        return None
    g = _random(node.like)
    back = pull(node, i, parent, g)
    if np.array_equal(back, g.reshape(shape)):
        return lambda part: ex.Reshaped(shape, part)
    if g.ndim == 2 and np.array_equal(back, g.T):
        return ex.Transposed
    return None


def _same(a, b):
    return type(a) is type(b) and not isinstance(a, np.ndarray) and a == b


def _as_declared(node):
    """Whether every static argument with a default has it: a declared formula says what holds then."""
    given, defaults = node.note.params, node.operation.defaults
    return all(
        _same(value, defaults[name]) or value is defaults[name] for name, value in given.items() if name in defaults
    )


def _short(value):
    if isinstance(value, slice):
        return ":".join("" if part is None else str(part) for part in (value.start, value.stop))
    text = f"array of shape {value.shape}" if isinstance(value, np.ndarray) and value.size > 4 else str(value)
    return text if len(text) <= 30 else text[:29] + "…"


def with_words(formula, names):
    """The declared formula with other names in it, still to be turned into text."""
    return re.sub(r"(?<![\\A-Za-z_])[A-Za-z](?![A-Za-z])", lambda found: names.get(found[0], found[0]), formula)
