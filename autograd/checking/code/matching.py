"""Which step of forward each value of backward is the gradient of.

First what backward returns, by name or position; then what equals a true gradient; then what is called after a step.
A wrong value without a telling name is found by what follows from it: handed on as the gradient of some step, it
explains a wrong value after it. What is left is listed, not guessed.
"""

import re
import time

import numpy as np

from ...node import Leaf
from ..alteration import altered_walk
from .names import is_gradient, last_part, plain, read

LONGEST = 1.0
"""Seconds that steps are looked for by what follows from them."""


class Steps:
    """The steps of forward: the walked nodes behind its result, by name, with their true gradients.

    true : {node: gradient} of all of them
    by_name : {name as ``plain`` has it: [(node, position in a list or None)]}, oldest first
    called : {node: the name that it has in forward}
    """

    def __init__(self, graph, recording):
        self.graph = graph
        self.targets = set(graph.order) | set(graph.aliases)
        self.region = (graph.order, {graph.output: graph.seed})
        self.true = self.walk({})
        self.narrow = graph.narrow
        self.by_name, self.called = {}, {}
        named = [*recording.trace.entered, *[(c.moment + 0.5, c.name, c.value) for c in recording.trace.changes]]
        for name, leaf in recording.leaves.items():
            self._add(name, leaf.node)
        for _, name, node in sorted(named, key=lambda one: one[0]):
            if not name.startswith("return"):
                self._add(name, node)
        self._name_entries()

    def _add(self, name, node):
        node = self.graph.nodes.get(node)
        if node is None or node not in self.true:
            return
        _, own, position = last_part(name)
        known = self.by_name.setdefault(plain(own), [])
        if (node, position) not in known:
            known.append((node, position))
        self.called.setdefault(node, name)

    def _name_entries(self):
        """What is written into an entry of an array is called after it: "h[2]"."""
        for node in self.graph.order:
            if type(node) is Leaf or "scatter" not in node.operation.traits or len(node.note.inputs) < 2:
                continue
            value, index = node.note.inputs[1], node.note.params.get("index")
            if value in self.true and isinstance(index, int) and value not in self.called and node in self.called:
                array = re.sub(r"\[[^]]*\]$", "", self.called[node])
                self._add(f"{array}[{index}]", self.graph.original[value])

    def walk(self, handed_on):
        """{node: gradient} of all steps, with some handed on in place of the true ones."""
        return altered_walk(self.region, self.targets, handed_on=handed_on)

    def named(self, name):
        """[(node, position)] of the steps that a name of backward may speak of: of the likeliest that there is."""
        for of in read(name):
            if plain(of) in self.by_name:
                return self.by_name[plain(of)]
        return []

    def agree(self, a, b):
        return agree(a, b, self.narrow)


def agree(a, b, narrow=False):
    """Whether two arrays are the same numbers, for all that arithmetic can tell."""
    if np.shape(a) != np.shape(b):
        return False
    largest = np.max(np.abs(b), initial=0.0)
    relative = 1e-4 if narrow else 1e-6
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(a - b) <= relative * np.abs(b) + relative * 1e-2 * largest))


class Table:
    """Gradients by shape, to look a value up among them."""

    def __init__(self, gradients, narrow):
        self.narrow = narrow
        groups = {}
        for node, g in gradients.items():
            groups.setdefault(np.shape(g), []).append((node, g))
        self.by_shape = {
            shape: ([node for node, _ in several], np.stack([np.ravel(g) for _, g in several]))
            for shape, several in groups.items()
        }

    def find(self, array):
        """The nodes whose gradient these numbers are."""
        nodes, rows = self.by_shape.get(np.shape(array), ((), None))
        if rows is None or not array.size or not np.any(array):
            return []
        flat = np.ravel(array)
        probe = int(np.argmax(np.abs(flat)))
        relative = 1e-4 if self.narrow else 1e-6
        with np.errstate(all="ignore"):
            near = np.flatnonzero(np.abs(rows[:, probe] - flat[probe]) <= relative * 2 * abs(flat[probe]))
        return [nodes[k] for k in near if agree(flat, rows[k], self.narrow)]


class Result:
    """A gradient that backward returned or left on its object.

    leaf : the name of what it is the gradient of; node : that leaf's
    array : the value, as it was given
    """

    def __init__(self, leaf, node, array):
        self.leaf, self.node, self.array = leaf, node, np.asarray(array)

    def __repr__(self):
        return f"<Result {self.leaf}>"


def results_of(returned, attributes, leaves, wanted, names):
    """([(name of a leaf, value)], [names of what speaks of no leaf]) of all that backward gave.

    returned : its result; attributes : {name: value} of its object that it set
    leaves : all differentiable arguments; wanted : those that are asked for
    names : {name in backward: name of a leaf} as the user gave them
    """
    found, left = {}, []
    known = [leaf.name for leaf in leaves]
    if isinstance(returned, dict):
        named = [(str(key), value) for key, value in returned.items()]
    elif isinstance(returned, list | tuple):
        named = _in_order(returned, leaves, wanted)
    else:
        named = [] if returned is None else [(wanted[0].name if wanted else "result", returned)]
    for name, value in [*named, *attributes.items()]:
        if isinstance(value, dict | list | tuple) and value:
            inner, rest = results_of(value, {}, _below(leaves, name), _below(wanted, name), names)
            found.update(inner)
            left += rest
            continue
        if value is None or not _is_array(value):
            continue
        leaf = names.get(name) or leaf_named(name, known)
        if leaf is None:
            left.append(name)
        elif leaf not in found or name not in attributes:
            found[leaf] = value
    return list(found.items()), left


def _below(leaves, name):
    """The leaves that a nested container of gradients speaks of: those of the argument or entry of that name."""
    below = [leaf for leaf in leaves if leaf.name.startswith((f"{name}[", f"{name}.")) or leaf.argument == name]
    return below or leaves


def _in_order(returned, leaves, wanted):
    """[(name of a leaf, value)] of a tuple: in the order of the arguments."""
    for several in (wanted, leaves):
        if len(several) == len(returned):
            return list(zip([leaf.name for leaf in several], returned, strict=True))
    named, left = [], list(leaves)
    for value in returned:
        shape = np.shape(value) if _is_array(value) else None
        fitting = next((leaf for leaf in left if np.shape(leaf.value) == shape), None)
        if fitting is not None:
            named.append((fitting.name, value))
            left = left[left.index(fitting) + 1 :]
    return named


def _is_array(value):
    return isinstance(value, float | int | np.ndarray | np.generic)


def leaf_named(name, known):
    """The leaf that a name speaks of: itself, or what ``dW1`` and the like are the gradient of."""
    _, own, _ = last_part(name)
    for of in (name, own, *read(name)):
        if of in known:
            return of
    for of in (own, *read(name)):
        alike = [one for one in known if plain(last_part(one)[1]) == plain(of)]
        if len(alike) == 1:
            return alike[0]
    return None


class Matching:
    """The values of backward with their steps.

    results : the Results; values : every Value, in order
    given : {node: (array, Value or None)}: what is judged
    unmatched : [Value] whose names say that they are gradients, and that belong to no step
    """

    def __init__(self, steps, chains, results, mapping):
        self.steps, self.chains, self.results = steps, chains, results
        self.values = sorted([v for chain in chains for v in chain.values], key=lambda v: v.moment)
        self.table = Table(steps.true, steps.narrow)
        self.given = {}
        self._place_results()
        self._place_right()
        self.wrong_results = [r for r in results if not steps.agree(r.array, steps.true[r.node])]
        if self.wrong_results:
            self._place_mapped(mapping)
            self._place_named()
            self._explain()
            self._find_followers()
        self._place_parts()
        self.unmatched = [v for v in self.values if not v.how and v.is_last and is_gradient(v.name) and np.any(v.array)]

    def _place_results(self):
        """Each result to its leaf, and to the line that made it: the first that gave these numbers and kept them."""
        for result in self.results:
            same = [v for v in self.values if _same(v.array, result.array) and v.is_last]
            named = [v for v in same if not v.name.startswith("return")] or same
            source = named[0] if named else None
            self.given[result.node] = (result.array, source)
            for value in named[:1]:
                value.node = result.node

    def _place_right(self):
        """What equals a true gradient is that of this step."""
        for value in self.values:
            nodes = self.table.find(value.array)
            if not nodes:
                continue
            named = [node for node, _ in self.steps.named(value.name)]
            value.node = next((node for node in nodes if node in named), nodes[0])
            value.how = "right"
            self.given.setdefault(value.node, (value.array, value))

    def _wrong(self, value, node):
        value.node = node
        self.given[node] = (value.array, value)

    def _place_mapped(self, mapping):
        for value in self.values:
            name = mapping.get(value.name) or mapping.get(last_part(value.name)[1])
            if name is None or value.how or not value.is_last:
                continue
            for node, _ in self.steps.by_name.get(plain(last_part(name)[1]), []):
                if node not in self.given:
                    self._wrong(value, node)
                    break

    def _place_named(self):
        """Values that are called after a step: where there are as many of both, the last belongs to the first."""
        groups = {}
        for chain in self.chains:
            if chain.last.node is None and not chain.name.startswith("return"):
                groups.setdefault((chain.function, last_part(chain.name)[:2]), []).append(chain.last)
        for several in groups.values():
            candidates = self.steps.named(several[0].name)
            chains = self._all_of(several[0])
            for value in several:
                node = self._named_step(value, chains, candidates)
                if node is not None and not self._contradicted(value, node):
                    self._wrong(value, node)

    def _all_of(self, value):
        own = last_part(value.name)[:2]
        return [c.last for c in self.chains if (c.function, last_part(c.name)[:2]) == (value.function, own)]

    def _named_step(self, value, all_of_name, candidates):
        position = last_part(value.name)[2]
        fitting = [(node, at) for node, at in candidates if np.shape(self.steps.true[node]) == value.array.shape]
        if position is not None:
            fitting = [(node, at) for node, at in fitting if at == position] or fitting
        nodes = list(dict.fromkeys(node for node, _ in fitting))
        alike = [v for v in all_of_name if v.array.shape == value.array.shape]
        if len(nodes) > len(alike):  # those that right values of this name belong to say which
            nodes = nodes[-len(alike) :] if self._lines_up(alike, nodes[-len(alike) :]) else []
        if len(nodes) != len(alike):
            return None
        node = nodes[len(nodes) - 1 - alike.index(value)]
        return node if node not in self.given or self.given[node][1] is value else None

    def _lines_up(self, values, nodes):
        pairs = list(zip(values, reversed(nodes), strict=True))
        right = [node is value.node for value, node in pairs if value.how == "right"]
        return all(right) if right else len(values) == 1

    def _contradicted(self, value, node):
        """Whether a right result would be wrong if this were the gradient of the step: it is something else then."""
        following = self.steps.walk({node: value.array.astype(float)})
        return any(
            self.steps.agree(r.array, self.steps.true[r.node])
            and not self.steps.agree(following.get(r.node, self.steps.true[r.node]), self.steps.true[r.node])
            for r in self.results
        )

    # -- by what follows ------------------------------------------------------------------------

    def handed_on(self):
        """{node: array} of the inner steps whose value is wrong."""
        return {
            node: array.astype(float)
            for node, (array, value) in self.given.items()
            if type(node) is not Leaf
            and np.shape(array) == np.shape(self.steps.true[node])
            and not self.steps.agree(array, self.steps.true[node])
        }

    def _explain(self):
        """Look for the steps of wrong values without a name: one that explains a wrong value which comes later."""
        until = time.perf_counter() + LONGEST
        tried = set()
        while time.perf_counter() < until:
            following = self.steps.walk(self.handed_on())
            open_ = [
                (node, array, value)
                for node, (array, value) in self.given.items()
                if np.shape(array) == np.shape(following.get(node, self.steps.true[node]))
                and not self.steps.agree(array, following.get(node, self.steps.true[node]))
            ]
            open_.sort(key=lambda one: one[2].moment if one[2] is not None else np.inf)
            if not any(self._explained(one, tried, until) for one in open_):
                return

    def _explained(self, one, tried, until):
        """Whether some earlier value, handed on, gives this wrong one; it then has its step."""
        node, array, source = one
        end = source.first if source is not None else np.inf
        inside = set(self.steps.graph.region([node], {})[0]) | {node}
        groups = {}
        for value in self.values:
            if value.how or value.node is not None or value.moment >= end and value.is_last or not np.any(value.array):
                continue
            groups.setdefault((value.statement, value.name), []).append(value)
        for (statement, name), several in groups.items():
            shape = several[0].array.shape
            if any(value.array.shape != shape for value in several):
                continue
            for nodes in self._places(shape, len(several), inside):
                key = (statement, name, nodes, node)
                if key in tried or time.perf_counter() > until:
                    continue
                tried.add(key)
                hand = {n: v.array.astype(float) for n, v in zip(reversed(nodes), several, strict=True)}
                changed = self.steps.walk({**self.handed_on(), **hand}) if nodes != (node,) else hand
                if self.steps.agree(array, changed.get(node, np.nan)):
                    for n, value in zip(reversed(nodes), several, strict=True):
                        self._wrong(value, n)
                    return True
        return False

    def _places(self, shape, count, inside):
        """Tuples of so many steps of a shape, as they were recorded: those of one line of forward."""
        groups = {}
        for node in self.steps.graph.order:
            if node in inside and node not in self.given and np.shape(self.steps.true.get(node)) == shape:
                note = self.steps.graph.original[node].note
                key = (note.where, node.operation.name) if note is not None and type(node) is not Leaf else node
                groups.setdefault(key, []).append(node)
        for nodes in reversed(list(groups.values())):
            if len(nodes) == count:
                yield tuple(nodes)
            elif count == 1:
                yield from [(one,) for one in nodes[:20]]

    def _find_followers(self):
        """What is wrong only because of what came before."""
        handed_on = self.handed_on()
        table = Table(self.steps.walk(handed_on), self.steps.narrow)
        wrong = [v.array for _, v in self.given.values() if v is not None and not v.how]
        for value in self.values:
            if value.how or value.node is not None:
                continue
            if table.find(value.array) or any(_same(value.array, one) for one in wrong):
                value.how = "follows"

    def _place_parts(self):
        """What a sum of a true gradient's terms is on the way: the values of a chain before its right last one."""
        for chain in self.chains:
            if chain.last.how == "right":
                for value in chain.values[:-1]:
                    value.how = value.how or "part"


def _same(a, b):
    return np.shape(a) == np.shape(b) and np.array_equal(a, b, equal_nan=True)
