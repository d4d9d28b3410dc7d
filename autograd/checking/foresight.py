"""What one alteration of the walk would do, told from its own node alone.

The walk backward is linear in the gradients: if a node passes Δ too much to its parent p, then ⟨u, ∂E/∂w⟩
changes by ⟨t, Δ⟩, where t is how p moves when w moves along u. So one walk, and one run forward for each
number that is to be explained, tell for every alteration at every node whether it is worth a walk
of its own; in a graph of thousands of nodes that is what makes the search possible.
"""

import numpy as np

from ..engine import apply_rules, unbroadcast
from ..node import Leaf
from .replay import evaluate

CLOSE = 1e-4
"""How well a foreseen number must agree: the forward runs are finite differences."""


class Foresight:
    """``worth_a_walk(alteration)`` says whether an alteration may explain one of the rows."""

    def __init__(self, checked, rows, order, seeds):
        self.handed_on = checked.handed_on
        self._walk(order, seeds)
        self.rows = []
        for row in rows:
            if np.size(row.truth):
                self.rows.append(self._tangents(checked, row))

    def _walk(self, order, seeds):
        """The gradient that arrives at each node, term by term."""
        inside = set(order)
        self.terms = {node: [] for node in order}
        self.passed, self.sent = {}, {}
        for node in reversed(order):
            if node in seeds and node not in self.handed_on:
                self.terms[node].append(seeds[node])
            g = self.handed_on.get(node)
            if g is None:
                if not self.terms[node]:
                    continue
                g = sum(self.terms[node][1:], self.terms[node][0])
            self.passed[node] = g
            if type(node) is Leaf:
                continue
            sent = []
            for parent, one in zip(node.parents, apply_rules(node, g, inside), strict=False):
                fitting = None if one is None else unbroadcast(one, parent, node)
                sent.append((parent, one, fitting))
                if one is not None:
                    self.terms[parent].append(fitting)
            self.sent[node] = sent

    def _tangents(self, checked, row):
        """(what the number should come to, what it comes to unaltered, {node: how it moves})."""
        value = np.asarray(checked.places(row.node)[0].note.value, dtype=np.float64)
        u = np.cos(np.arange(1, value.size + 1)).reshape(value.shape)
        step = 1e-6 * max(1.0, float(np.max(np.abs(value))))
        places = checked.places(row.node)
        ends = [evaluate(checked.order, dict.fromkeys(places, (value + sign * step * u)[()])) for sign in (1, -1)]
        moves = {node: (ends[0][node] - ends[1][node]) / (2 * step) for node in ends[0]}
        moves[row.node] = u
        return float(np.sum(u * row.given.value)), float(np.sum(u * row.expected)), moves

    def worth_a_walk(self, alteration):
        try:
            with np.errstate(all="ignore"):
                changes = list(self._changes(alteration))
        except (ValueError, TypeError, IndexError, ArithmeticError):
            return False
        for wanted, base, moves in self.rows:
            foreseen = base + sum(float(np.sum(moves[node] * change)) for node, change in changes if node in moves)
            if abs(foreseen - wanted) <= CLOSE * (abs(foreseen) + abs(wanted) + abs(base)):
                return True
        return False

    def _changes(self, alteration):
        """(node, what it receives too much) for each node that the alteration concerns directly."""
        node = alteration.node
        if alteration.total is not None:
            terms = self.terms[node]
            if len(terms) > 1 and node not in self.handed_on:
                yield node, alteration.total(terms) - sum(terms[1:], terms[0])
        if node not in self.sent:
            return
        sent = self.sent[node]
        if alteration.rules is not None:
            altered = alteration.rules(node, self.passed[node], [one for _, one, _ in sent])
            for (parent, one, fitting), new in zip(sent, altered, strict=True):
                if one is not None and new is not one:
                    yield parent, unbroadcast(new, parent, node) - fitting
        if alteration.edge is not None:
            for parent, one, fitting in sent:
                if one is not None:
                    yield parent, alteration.edge(one, parent, node) - fitting
