"""Which step of forward each value of backward is the gradient of.

First what backward returns, by name or position; then what equals a true gradient; then what is called after a step.
A wrong value without a telling name is found by what follows from it: handed on as the gradient of some step, it
explains a wrong value after it. What is left is listed, not guessed.
"""

import re
from functools import cached_property

import numpy as np

from ...node import Leaf
from .names import is_gradient, last_part, plain
from .results import leaf_named
from .steps import Table, agree, alike, same
from .values import overwritten

MOST_NODES = 100_000
"""How many nodes are walked over, in all, to find steps by what follows from them."""


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
        self.forward = Table(steps.values(), steps.narrow)
        self.given = {}
        self.variables_at = {}
        for value in self.values:
            self.variables_at.setdefault((value.call, value.name), []).append(value)
        self.overwritten = overwritten(self.values)
        self._place_right()
        self._place_results()
        self.wrong_results = [r for r in results if not steps.agree(r.array, steps.true[r.node])]
        if self.wrong_results:
            self._place_mapped(mapping)
            self._place_named()
            self._explain()
            while self._drop_parts() or self._take_earlier() or self._drop_followers():
                self._explain()
            self._drop_coincidences()
            self._find_followers()
        self._place_parts()
        named = [v for v in self.values if not v.how and v.node is None and v.is_last and is_gradient(v.name)]
        self.unmatched = [v for v in named if np.any(v.array) and not v.name.startswith("return")]

    def variables(self, value):
        """The last values, before this one, of the variables that its statement read."""
        for name in sorted(value.statement.reads):
            before = [v for v in self.variables_at.get((value.scope, name), ()) if v.moment < value.first]
            if before:
                yield before[-1]

    def added(self, value):
        """Of a variable that a statement added again and again: each Value that it had, where they make the sum."""
        for name in sorted(value.statement.reads) if value.statement.augments else ():
            several = [v for v in self.variables_at.get((value.scope, name), ()) if v.moment < value.moment]
            if len(several) > 1 and len({v.array.shape for v in several}) == 1:
                start = 0.0 if value.before is None else value.before
                total = sum([v.array for v in several[1:]], several[0].array)
                if np.shape(total) == np.shape(value.array) and agree(start + total, value.array):
                    return several
        return []

    def origin(self, value):
        """The first value with these numbers: what a helper made, what was handed to a function, or the value itself.

        What is right, or only one of the terms that make up the gradient, is no origin of it.
        """
        for one in self.values:
            if one is value:
                break
            if one.chain is value.chain and same(np.ravel(one.array), np.ravel(value.array)):
                return one  # which was only laid out anew since
            again = one.how != "right" and is_gradient(one.name) and alike(one, value)
            again = again and (one.is_last or one.chain is value.chain or one.chain.last.how != "right")
            again = again and (one.node is None or self._has_gradient_of(one.node, value.node))
            if again and (value.node is None or not self._is_true_term(one, value.node)):
                return one
        return value

    def _has_gradient_of(self, one, other):
        """Whether two steps have the same gradient: one, or a bias and the sum that it is in."""
        true = self.steps.true
        return one is other or (other is not None and same(np.ravel(true[one]), np.ravel(true[other])))

    def _is_true_term(self, value, node):
        return self.steps.is_term(value.array, node, {})

    @cached_property
    def derivatives(self):
        """The values that may be derivatives: no gradients, and no values of forward."""
        return [v for v in self.values if v.node is None and not self.forward.find(v.array)]

    def _place_results(self):
        """Each result to its leaf, and to the line that made it."""
        for result in self.results:
            source = self._source(result)
            true = self.steps.true[result.node]
            self.given[result.node] = (true if self.steps.agree(result.array, true) else result.array, source)
            if source is not None:
                source.node = result.node
                if source.how == "right" and not self.steps.agree(result.array, true):
                    source.how = ""

    def _source(self, result):
        """The value that a result was: that of its variable; of a helper's where those numbers came from there."""
        equal = [
            v
            for v in self.values
            if same(np.ravel(v.array), np.ravel(result.array)) and not v.name.startswith("return")
        ]
        own = [v for v in equal if v.name == result.variable and v.caller == 0]
        known = [leaf_named(v.name, [result.leaf], True) is not None for v in equal]
        speaking = own or [v for v, one in zip(equal, known, strict=True) if one]
        speaking = speaking or [v for v in equal if is_gradient(v.name) and v.how != "right"]
        if not speaking:
            return None
        source = speaking[-1]
        if source.how == "right" and not self.steps.agree(result.array, self.steps.true[result.node]):
            return source
        source.node, before = result.node, source.node
        found = self.origin(source)
        source.node = before
        return found

    def _place_right(self):
        """What equals a true gradient is that of this step."""
        seen = {}
        for value in self.values:
            nodes = self.table.find(value.array)
            if not nodes or (self.forward.find(value.array) and not is_gradient(value.name)):
                continue
            named = [node for node, _ in self.steps.named(value.name, value.function)]
            value.node = next((node for node in nodes if node in named), nodes[0])
            value.how = "right"
            self.given.setdefault(value.node, (self.steps.true[value.node], value))
            value.copied = value.node in seen and seen[value.node] != value.name
            seen.setdefault(value.node, value.name)

    def _wrong(self, value, node):
        if self.given.get(value.node, (None, None))[1] is value:
            del self.given[value.node]
            self._place_again(value)
        for other in self.values:  # what held the same numbers, and seemed right for another step
            if other.how == "right" and same(other.array, value.array) and not self._stays_right(other, value):
                other.how = ""
                if self.given.get(other.node, (None, None))[1] is other and not self._is_result(other.node):
                    del self.given[other.node]
                other.node = None
        value.node, value.how = node, ""
        found = self.origin(value)
        found.node, found.how = node, ""
        self.given[node] = (found.array, found)

    def _stays_right(self, other, value):
        """Whether a right value stays so where a wrong one has its numbers: an earlier one without another name."""
        named = [node for node, _ in self.steps.named(other.name, other.function)]
        return other.node in named or (not named and other.moment < value.moment)

    def _is_result(self, node):
        return any(result.node is node for result in self.results)

    def _place_again(self, value):
        """Another value that gives a step right, where one was taken for something else."""
        for other in self.values:
            if other is not value and other.how == "right" and other.node is value.node:
                self.given[value.node] = (self.steps.true[value.node], other)
                return

    def _place_mapped(self, mapping):
        for value in self.values:
            name = mapping.get(value.name) or mapping.get(last_part(value.name)[1])
            if name is None or value.how or not value.is_last:
                continue
            for node, *_ in self.steps.by_name.get(plain(last_part(name)[1]), []):
                if node not in self.given:
                    self._wrong(value, node)
                    break

    def _place_named(self):
        """Values that are called after a step: where there are as many of both, the last belongs to the first."""
        groups = {}
        for chain in self.chains:
            if not chain.name.startswith("return"):
                groups.setdefault((chain.function, last_part(chain.name)[:2]), []).append(chain.last)
        for (function, _), several in groups.items():
            candidates = self.steps.named(several[0].name, function)
            for value in several:
                if value.how == "right" and any(value.node is node for node, _ in candidates):
                    continue
                node = self._named_step(value, several, candidates)
                if node is None or self._contradicted(value, node):
                    continue
                if value.how == "right" and not self._explains_a_result({node: value.array}):
                    continue
                if self.steps.agree(value.array, self.steps.true[node]):  # the rounding of 0
                    value.node, value.how = node, "right"
                    continue
                if value.node is None or value.how == "right":
                    self._wrong(value, node)

    def _named_step(self, value, all_of_name, candidates):
        position = last_part(value.name)[2]
        fitting = [(node, at) for node, at in candidates if np.shape(self.steps.true[node]) == value.array.shape]
        at_position = [node for node, at in fitting if at == position] if position is not None else []
        if len(set(at_position)) == 1:
            return at_position[0] if self._is_free(at_position[0], value) else None
        nodes = list(dict.fromkeys(node for node, _ in fitting))
        alike = [v for v in all_of_name if v.array.shape == value.array.shape]
        if len(nodes) > len(alike):  # those that right values of this name belong to say which
            nodes = nodes[-len(alike) :] if self._lines_up(alike, nodes[-len(alike) :]) else []
        if len(nodes) != len(alike):
            return None
        node = nodes[len(nodes) - 1 - alike.index(value)]
        return node if self._is_free(node, value) else None

    def _is_free(self, node, value):
        return node not in self.given or self.given[node][1] is value

    def _lines_up(self, values, nodes):
        pairs = list(zip(values, reversed(nodes), strict=True))
        right = [node is value.node for value, node in pairs if value.how == "right"]
        return all(right) if right else len(values) == 1

    def _explains_a_result(self, hand):
        """Whether some wrong result is what follows where these arrays are handed on."""
        return self._explained_by({**self.handed_on(), **hand}) > 0

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
        """Look for the steps of wrong values without a name: those that explain wrong values which come later."""
        most, tried = max(20, MOST_NODES // len(self.steps.graph.order)), set()
        while len(tried) < most:
            following = self.steps.walk(self.handed_on())
            wrong = [
                (node, array, value.first if value is not None else np.inf)
                for node, (array, value) in self.given.items()
                if np.shape(array) == np.shape(following.get(node, self.steps.true[node]))
                and not self.steps.agree(array, following.get(node, self.steps.true[node]))
            ]
            if not wrong or not self._explained(wrong, tried, most):
                return

    def _explained(self, wrong, tried, limit):
        """Whether some value, handed on, gives wrong ones that come later; it then has its step."""
        inside = set(self.steps.graph.region([node for node, _, _ in wrong], {})[0]) | {node for node, _, _ in wrong}
        groups = {}
        for value in self.values:
            if value in self.overwritten:
                continue
            if np.any(value.array) and not value.name.startswith("return") and value.how in ("", "right"):
                groups.setdefault((value.statement, last_part(value.name)[:2]), []).append(value)
        for (statement, name), several in groups.items():
            if not any(self._is_open(value) for value in several) or len({v.array.shape for v in several}) > 1:
                continue
            later = [(node, array) for node, array, end in wrong if end > several[0].moment]
            best, most = None, 0
            for nodes in self._places(several[0].array.shape, len(several), inside):
                key = (statement, name, nodes)
                if key in tried or len(tried) >= limit or not later:
                    continue
                tried.add(key)
                hand = {n: v.array.astype(float) for n, v in zip(reversed(nodes), several, strict=True)}
                changed = {**self.steps.walk({**self.handed_on(), **hand}), **hand}
                count = sum(self.steps.agree(array, changed.get(node, np.nan)) for node, array in later)
                if count > most:
                    best, most = nodes, count
            if best is not None:
                for node, value in zip(reversed(best), several, strict=True):
                    self._wrong(value, node)
                return True
        return False

    def _is_open(self, value):
        """Whether a value may be a wrong gradient of some step: it has none, or is a right one under another name."""
        if value.how == "right":
            named = [node for node, _ in self.steps.named(value.name, value.function)]
            is_delta = re.search("[δΔ]|[dD]elta", last_part(value.name)[1])
            return value.node not in named and (value.copied or bool(is_delta))
        if value.chain.last.how == "right":
            return False
        return value.node is None and (is_gradient(value.name) or not self.forward.find(value.array))

    def _places(self, shape, count, inside):
        """Tuples of so many steps of a shape, as they were recorded: those of one line of forward, the last first."""
        groups, true = {}, self.steps.true
        for node in self.steps.graph.order:
            if node in true and node in inside and node not in self.given and np.shape(true[node]) == shape:
                note = self.steps.graph.original[node].note
                key = (note.where, node.operation.name) if note is not None and type(node) is not Leaf else node
                groups.setdefault(key, []).append(node)
        for nodes in reversed(list(groups.values())):
            if len(nodes) % count:
                continue
            each = len(nodes) // count
            ways = [tuple(nodes[k::each]) for k in reversed(range(min(each, 20)))]
            ways += [tuple(nodes[k * count : (k + 1) * count]) for k in reversed(range(min(each, 20))) if count > 1]
            for way in dict.fromkeys(ways):
                yield way
                if count > 1:
                    yield way[::-1]

    def _explained_by(self, handed_on):
        """How many of the wrong values follow where these are handed on."""
        following = self.steps.walk(handed_on)
        return sum(
            self.steps.agree(array, following.get(node, np.nan)) and not self.steps.agree(array, self.steps.true[node])
            for node, (array, _) in self.given.items()
        )

    def _drop_parts(self):
        """Give up steps whose value turns out to be one term of several, as it follows from wrong ones before."""
        dropped = False
        handed_on = self.handed_on()
        for node in list(handed_on):
            value = self.given[node][1]
            if value is None or self._is_result(node):
                continue
            others = {n: g for n, g in handed_on.items() if n is not node}
            is_term = self.steps.is_term(value.array, node, others)
            if is_term and self._explained_by(others) >= self._explained_by(handed_on):
                del self.given[node], handed_on[node]
                value.node, value.how, dropped = None, "part", True
        return dropped

    def _take_earlier(self):
        """Where a variable is of two steps in turn, as in ``ds = ds / 2``: the earlier value, if that explains more."""
        handed_on = self.handed_on()
        for node in list(handed_on):
            value = self.given[node][1]
            if value is None or self._is_result(node):
                continue
            for earlier in value.chain.values[: value.chain.values.index(value)]:
                if earlier.how or np.shape(earlier.array) != np.shape(value.array) or not np.any(earlier.array):
                    continue
                instead = {**handed_on, node: earlier.array.astype(float)}
                if self._explained_by(instead) > self._explained_by(handed_on):
                    value.node = None
                    self._wrong(earlier, node)
                    return True
        return False

    def _drop_followers(self):
        """Give up named steps whose value follows to be another step's gradient: ``dh[h <= 0] = 0`` goes on to net."""
        handed_on = self.handed_on()
        named = [(node, self.given[node][1]) for node in handed_on if not self._is_result(node)]
        named = [(node, value) for node, value in named if value is not None and not value.how]
        for node, value in sorted(named, key=lambda one: -one[1].moment):
            others = {n: g for n, g in handed_on.items() if n is not node}
            before = {n: g for n, g in others.items() if (v := self.given[n][1]) is not None and v.first < value.first}
            found = Table(self.steps.walk(before), self.steps.narrow).find(value.array)
            if not found or node in found:
                continue
            if self._explained_by(others) >= self._explained_by(handed_on):
                del self.given[node]
                value.node, value.how = None, "follows"
                return True
        return False

    def _drop_coincidences(self):
        """Give up what equals a true gradient by chance: without a name that says so, and where a wrong one is due."""
        following = self.steps.walk(self.handed_on())
        for value in self.values:
            node = value.node
            if (
                value.how != "right"
                or self._is_result(node)
                or self.steps.agree(following[node], self.steps.true[node])
            ):
                continue
            if any(node is one for one, _ in self.steps.named(value.name, value.function)):
                continue
            value.node, value.how = None, ""
            if self.given.get(node, (None, None))[1] is value:
                del self.given[node]

    def _find_followers(self):
        """What is wrong only because of what came before."""
        handed_on = self.handed_on()
        table = Table(self.steps.walk(handed_on), self.steps.narrow)
        wrong = [v.array for _, v in self.given.values() if v is not None and not v.how]
        for value in self.values:
            if value.how or value.node is not None:
                continue
            if table.find(value.array) or any(same(value.array, one) for one in wrong):
                value.how = "follows"

    def _place_parts(self):
        """What a sum of a true gradient's terms is on the way: the values of a chain before its right last one."""
        for chain in self.chains:
            if chain.last.how == "right":
                for value in chain.values[:-1]:
                    value.how = value.how or "part"
