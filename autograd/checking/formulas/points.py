"""Where a formula is evaluated: at the recorded numbers, and at random ones, for which the graph is run again."""

import zlib
from functools import cached_property

import numpy as np

from ...engine import walk
from ...node import Leaf
from ...taped.graph import is_leafs_alias
from ...taped.replay import Copy
from .names import Derivative, Fixed, Gradient, Held, Value
from .tree import Numbers


class Point(Numbers):
    """The graph with some numbers: values, gradients and derivatives, each computed when it is asked for.

    nodes : {recorded node: the node here}; order, output, seed : of the graph here
    held : {name of a constant: its value}
    """

    def __init__(self, nodes, order, output, seed, vocabulary, held=None):
        self.nodes, self.order, self.output, self.seed = nodes, order, output, seed
        self.vocabulary, self._held = vocabulary, held or {}
        self._aliases = {node.note.inputs[0]: node for node in order if is_leafs_alias(node)}
        self._known = {}

    def of(self, reference):
        """The array that a reference stands for."""
        if reference not in self._known:
            self._known[reference] = self._of(reference)
        return self._known[reference]

    def _of(self, reference):
        if isinstance(reference, Value):
            return self.value(self.nodes[reference.node])
        if isinstance(reference, Gradient):
            return self.gradient(self.nodes[reference.node])
        if isinstance(reference, Derivative):
            return self.derivative(self.nodes[reference.top], self.nodes[reference.bottom])
        if isinstance(reference, Fixed):
            return self.vocabulary.fixed[reference.name]
        if isinstance(reference, Held):
            default = self.vocabulary.held[reference.name][0].value
            return np.asarray(self._held.get(reference.name, default), dtype=np.float64)[()]
        raise ValueError(f"{reference} has no value here")

    def value(self, node):
        node = self._aliases.get(node, node) if type(node) is Leaf else node
        return np.asarray(node.note.value, dtype=np.float64)[()]

    def gradient(self, node):
        found = self._gradients.get(node)
        return np.zeros(node.like[0])[()] if found is None else np.asarray(found, dtype=np.float64)[()]

    @cached_property
    def _gradients(self):
        return self._walk(self.output, self.seed)

    def _walk(self, output, seed):
        totals = {**dict.fromkeys(self.order), output: seed}
        with np.errstate(all="ignore"):
            return walk(list(self.order), totals, set(self.order), consume=False, write_notes=False)

    def derivative(self, top, bottom):
        """∂top/∂bottom: of a number the gradient, of what goes entry by entry the derivative of each."""
        shape = top.like[0]
        if type(top) is Leaf:
            raise ValueError("is a derivative of what is not computed")
        if np.prod(shape, dtype=int) == 1:
            found = self._walk(top, np.ones(shape))
            return np.asarray(found.get(bottom, np.zeros(bottom.like[0])), dtype=np.float64)[()]
        if shape != bottom.like[0]:
            raise ValueError(
                "has an entry for each pair of entries: write what it is multiplied to\n"
                f"  shapes: {shape} by {bottom.like[0]}"
            )
        plain = np.asarray(self._walk(top, np.ones(shape)).get(bottom, np.zeros(shape)))
        weights = np.cos(np.arange(1, plain.size + 1)).reshape(shape)
        weighted = np.asarray(self._walk(top, weights).get(bottom, np.zeros(shape)))
        if not np.allclose(weighted, weights * plain, rtol=1e-8, atol=1e-10, equal_nan=True):
            raise ValueError("has an entry for each pair of entries, as one does not go entry by entry into the other")
        return plain.astype(np.float64)[()]


def recorded_point(graph, vocabulary):
    return Point(graph.nodes, graph.order, graph.output, np.asarray(graph.seed, dtype=np.float64)[()], vocabulary)


def held_numbers(graph, vocabulary, numbers):
    """Those of the numbers of a formula that are parameters or constants, which then keep their values."""
    scalars = [node.note.value for node in graph.recorded.order if is_leafs_alias(node)]
    scalars += [one.value for several in vocabulary.held.values() for one in several]
    return numbers & {float(one) for one in scalars if np.ndim(one) == 0}


def random_points(graph, vocabulary, numbers=(), count=2):
    """Points at random numbers around the recorded ones: as many as the graph can be run at again.

    numbers : those that the formula has; a parameter or constant that is one of them keeps its value

    They are near, so that the largest entry of a window mostly stays the largest. Parameters and constants with a name
    move, each with its sign kept; whole numbers that stand for classes or
    masks, and shares that add up to 1, stay what they are.
    """
    found = []
    if graph.strange is not None:
        return found
    for k in range(3 * count):
        spread = (0.05, 0.05, 0.03, 0.02, 0.01, 0.01)[min(k, 5)]
        values, held = _moved(graph, vocabulary, k, spread, numbers)
        copy = Copy(graph.recorded.order, np.float64, values)
        if copy.strange is not None:
            continue
        output = copy.nodes[graph.recorded.output]
        point = Point(copy.nodes, copy.order, output, np.asarray(graph.seed, np.float64)[()], vocabulary, held)
        if all(np.all(np.isfinite(node.note.value)) for node in copy.order if type(node) is not Leaf):
            found.append(point)
        if len(found) == count:
            break
    return found


def _moved(graph, vocabulary, seed, spread, numbers):
    """({recorded node or Constant: value}, {name of a constant: value})."""
    values, held = {}, {}
    by_leaf = {}
    for node in graph.recorded.order:
        if is_leafs_alias(node):
            leaf = node.note.inputs[0]
            if node.note.value.ndim == 0 and float(node.note.value) in numbers:
                continue
            by_leaf.setdefault(leaf, np.random.default_rng((seed, len(by_leaf))).uniform(size=node.note.value.shape))
            values[node] = _near(np.asarray(node.note.value), by_leaf[leaf], spread)
    for name, constants in vocabulary.held.items():
        first = np.asarray(constants[0].value)
        if first.ndim == 0 and float(first) in numbers:
            continue
        if _stays(first) or any(np.shape(one.value) != first.shape for one in constants):
            continue
        rng = np.random.default_rng((seed, zlib.crc32(name.encode())))
        moved = _near(first, rng.uniform(size=first.shape), spread)
        if first.ndim and np.all(first >= 0) and np.allclose(first.sum(-1), 1):
            moved = moved / moved.sum(-1, keepdims=True)
        held[name] = moved
        values.update(dict.fromkeys(constants, moved))
    return values, held


def _near(value, u, spread):
    """Each number times something between 1 − spread and 1 + spread; zeros become small positive numbers."""
    value = np.asarray(value, dtype=np.float64)
    size = float(np.mean(np.abs(value))) if value.size else 0.0
    return np.where(value == 0, spread * (0.2 + u) * (size or 1.0), value * (1 + spread * (2 * u - 1)))[()]


def _stays(array):
    """Whether a constant is no number to be moved: whole numbers that count, classes, masks."""
    return array.dtype.kind != "f" or bool(array.ndim and np.all((array == 0) | (array == 1)))
