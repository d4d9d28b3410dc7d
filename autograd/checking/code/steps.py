"""The steps of forward with their true gradients, and what it means that two arrays are the same numbers."""

import re

import numpy as np

from ...node import Leaf
from ...taped.graph import is_leafs_alias
from ..alteration import Alteration, altered_walk
from .names import last_part, plain, read, stem


class Steps:
    """The steps of forward: the walked nodes behind its result, by name, with their true gradients.

    true : {node: gradient} of all of them
    by_name : {name as ``plain`` has it: [(node, position in a list or None, stem of the function)]}, oldest first
    floor : what is smaller is the rounding of 0
    called : {node: the name that it has in forward}
    """

    def __init__(self, graph, recording):
        self.graph = graph
        self.targets = {node for node in graph.order if not is_leafs_alias(node)} | set(graph.aliases)
        self.region = (graph.order, {graph.output: graph.seed})
        self.true = self.walk({})
        self.narrow = graph.narrow
        largest = max([float(np.max(np.abs(g), initial=0.0, where=np.isfinite(g))) for g in self.true.values()])
        self.floor = (1e-7 if self.narrow else 1e-14) * largest
        self.by_name, self.called = {}, {}
        for name, leaf in recording.leaves.items():
            self._add(name, "", leaf.node)
        trace = recording.trace
        for change in sorted([*trace.entered, *trace.changes], key=lambda change: change.moment):
            if not change.name.startswith("return"):
                self._add(change.name, change.function, change.value)
        self._name_entries()

    def _add(self, name, function, node):
        node = self.graph.nodes.get(node)
        if node is None or node not in self.true:
            return
        _, own, position = last_part(name)
        known = self.by_name.setdefault(plain(own), [])
        if (node, position, stem(function)) not in known:
            known.append((node, position, stem(function)))
        self.called.setdefault(node, name)

    def _name_entries(self):
        """What is written into an entry of an array is called after it: "h[2]"."""
        for node in self.graph.order:
            if type(node) is Leaf or "scatter" not in node.operation.traits or len(node.note.inputs) < 2:
                continue
            value, index = node.note.inputs[1], node.note.params.get("index")
            if value in self.true and isinstance(index, int) and value not in self.called and node in self.called:
                array = re.sub(r"\[[^]]*\]$", "", self.called[node])
                self._add(f"{array}[{index}]", "", self.graph.original[value])

    def values(self):
        """{node: value} of all steps."""
        return {node: np.asarray(self.graph.places(node)[0].note.value) for node in self.true}

    def walk(self, handed_on):
        """{node: gradient} of all steps, with some handed on in place of the true ones."""
        return altered_walk(self.region, self.targets, handed_on=handed_on)

    def named(self, name, function):
        """[(node, position)] of the steps that a name of backward may speak of: of the likeliest that there is.

        In ``affine_backward`` these are, where there are such, steps of ``affine_forward``.
        """
        for of in read(name):
            if plain(of) in self.by_name:
                known = self.by_name[plain(of)]
                own = [one for one in known if one[2] == stem(function)]
                return [(node, position) for node, position, _ in own or known]
        return []

    def agree(self, a, b):
        """Whether two arrays are the same, but for what a small constant in a formula does, such as log(p + 1e-7)."""
        return agree(a, b, True, self.floor)

    def terms(self, node, handed_on):
        """What reaches a step along each of its uses, with the wrong gradients that come before it handed on."""
        places = self.graph.places(node)
        if len(places) > 1:
            return []
        found = []

        def total(terms):
            found.append(list(terms))
            return sum(terms[1:], terms[0])

        one = Alteration("", total=total)
        one.node = places[0]
        before = {n: g for n, g in handed_on.items() if n is not node}
        altered_walk(self.region, {*self.targets, places[0]}, [one], before)
        return found[0] if found else []

    def is_term(self, array, node, handed_on):
        """Whether an array is what reaches a step along one of several uses, and no more."""
        return any(agree(array, term, self.narrow, self.floor) for term in self.terms(node, handed_on))


def agree(a, b, narrow=False, floor=0.0):
    """Whether two arrays are the same numbers, for all that arithmetic can tell."""
    if np.shape(a) != np.shape(b):
        return False
    largest = np.max(np.abs(b), initial=0.0)
    relative = 1e-4 if narrow else 1e-6
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(a - b) <= relative * np.abs(b) + 0.1 * relative * largest + floor))


class Table:
    """Gradients by shape, to look a value up among them."""

    def __init__(self, gradients, narrow):
        self.narrow = narrow
        groups = {}
        for node, g in gradients.items():
            groups.setdefault(axes(g), []).append((node, g))
        self.by_shape = {
            shape: ([node for node, _ in several], np.stack([np.ravel(g) for _, g in several]))
            for shape, several in groups.items()
        }

    def find(self, array):
        """The nodes whose gradient these numbers are, axes of length 1 aside."""
        nodes, rows = self.by_shape.get(axes(array), ((), None))
        if rows is None or not array.size or not np.any(array):
            return []
        flat = np.ravel(array)
        probe = int(np.argmax(np.abs(flat)))
        relative = 1e-4 if self.narrow else 1e-6
        with np.errstate(all="ignore"):
            near = np.flatnonzero(np.abs(rows[:, probe] - flat[probe]) <= relative * 2 * abs(flat[probe]))
        return [nodes[k] for k in near if agree(flat, rows[k], self.narrow)]


def axes(array):
    """The shape without axes of length 1."""
    return tuple([n for n in np.shape(array) if n != 1])


def alike(one, other):
    """Whether two Values are the same numbers."""
    return axes(one.array) == axes(other.array) and same(np.ravel(one.array), np.ravel(other.array))


def same(a, b):
    """Whether two arrays are equal, entry by entry."""
    return np.shape(a) == np.shape(b) and np.array_equal(a, b, equal_nan=True)
