"""What one alteration of the walk would do, told from its own node alone.

The walk backward is linear in the gradients: if a node passes Δ too much to its parent p, then ⟨u, ∂E/∂w⟩
changes by ⟨t, Δ⟩, where t is how p moves when w moves along u. So one walk, and one run forward for each
number that is to be explained, tell for every alteration at every node whether it is worth a walk
of its own; in a graph of thousands of nodes that is what makes the search possible.
"""

import numpy as np

from ..engine import apply_rules, unbroadcast, walk
from ..taped.replay import evaluate

CLOSE = 1e-4
"""How well a foreseen number must agree: the forward runs are finite differences."""


class Foresight:
    """``worth_a_walk(alteration)`` says whether an alteration may explain one of the rows.

    told : {alteration: what the rows' numbers would come to}

    region : (the nodes that the rows' gradients come through, {node: gradient} where their walk starts)
    handed_on : {node: gradient}: what these nodes pass on in place of what reached them
    """

    def __init__(self, graph, rows, region, handed_on):
        order, seeds = region
        self.told = {}
        self.handed_on = handed_on
        self.passed = {}  # {node: the gradient that went through its rules}
        self.sent = {}  # {node: [what its rules gave]}
        self.edges = {}  # {node: [(parent, what the rule gave, that with the broadcast undone)]}, of wanted parents
        self.terms = {node: [] for node in order}  # {node: all that arrived there}
        self._walk(order, seeds)
        self.rows = [self._tangents(graph, row) for row in rows if np.size(row.truth)]

    def _walk(self, order, seeds):
        """The engine's walk, which leaves behind what passed at each node."""

        def apply(node, g, wanted):
            g = self.passed[node] = self.handed_on.get(node, g)
            self.edges[node] = []
            self.sent[node] = apply_rules(node, g, wanted)
            return self.sent[node]

        def fit(g, parent, node):
            fitting = unbroadcast(g, parent, node)
            self.edges[node].append((parent, g, fitting))
            self.terms[parent].append(fitting)
            return fitting

        totals = {**dict.fromkeys(order), **seeds}
        walk(list(order), totals, consume=False, apply=apply, unbroadcast=fit, write_notes=False)

    def _tangents(self, graph, row):
        """(what the number should come to, give or take, what it comes to unaltered, {node: how it moves})."""
        places = graph.places(row.node)
        value = np.asarray(places[0].note.value, dtype=np.float64)
        u = np.cos(np.arange(1, value.size + 1)).reshape(value.shape)
        if row.fits:
            u = np.where(row.given.blank, 0.0, u)
        step = 1e-6 * max(1.0, float(np.max(np.abs(value))))
        ends = [evaluate(graph.order, dict.fromkeys(places, (value + sign * step * u)[()])) for sign in (1, -1)]
        moves = {node: (ends[0][node] - ends[1][node]) / (2 * step) for node in ends[0]}
        moves[row.node] = u
        slack = float(np.sum(np.abs(u) * row.given.slack))
        return float(np.sum(u * row.given.filled(0.0))), slack, float(np.sum(u * row.expected)), moves

    def worth_a_walk(self, alteration):
        try:
            with np.errstate(all="ignore"):
                changes = list(self._changes(alteration))
        except (ValueError, TypeError, IndexError, ArithmeticError):
            return False
        if alteration.fit is not None:
            return any(np.any(change) for _, change in changes)
        worth, told = False, []
        for wanted, slack, base, moves in self.rows:
            with np.errstate(all="ignore"):
                foreseen = base + sum(float(np.sum(moves[node] * change)) for node, change in changes if node in moves)
            told.append(f"{foreseen:.6g}")
            worth = worth or abs(foreseen - wanted) <= slack + CLOSE * (abs(foreseen) + abs(wanted) + abs(base))
        self.told[alteration] = tuple(told)
        return worth

    @property
    def unaltered(self):
        """What ``told`` has where nothing is altered."""
        return tuple(f"{base:.6g}" for _, _, base, _ in self.rows)

    def _changes(self, alteration):
        """(node, what it receives too much) for each node that the alteration concerns directly."""
        node = alteration.node
        terms = self.terms.get(node, [])  # nothing, where the node is none of those that the given values lead to
        if alteration.total is not None and len(terms) > 1:
            yield node, alteration.total(terms) - sum(terms[1:], terms[0])
        if alteration.gradient is not None and terms:
            g = sum(terms[1:], terms[0])
            yield node, alteration.gradient(g) - g
        if node not in self.sent:
            return
        if alteration.rules is not None:
            altered = alteration.rules(node, self.passed[node], self.sent[node])
            wanted = [(one, new) for one, new in zip(self.sent[node], altered, strict=True) if one is not None]
            for (parent, _, fitting), (one, new) in zip(self.edges[node], wanted, strict=True):
                if new is not one:
                    yield parent, unbroadcast(new, parent, node) - fitting
        if alteration.edge is not None:
            for parent, one, fitting in self.edges[node]:
                yield parent, alteration.edge(one, parent, node) - fitting
