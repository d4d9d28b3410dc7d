"""What one alteration of the walk would do, told from its own node alone.

The walk backward is linear in the gradients: if a node passes Δ too much to its parent p, then ⟨u, ∂E/∂w⟩
changes by ⟨t, Δ⟩, where t is how p moves when w moves along u. So one walk, and one run forward for each
number that is to be explained, tell for every alteration at every node whether it is worth a walk
of its own; in a graph of thousands of nodes that is what makes the search possible.
"""

import numpy as np

from ..engine import unbroadcast
from ..taped.replay import evaluate

CLOSE = 1e-4
"""How well a foreseen number must agree: the forward runs are finite differences."""


class Foresight:
    """``worth_a_walk(alteration)`` says whether an alteration may explain one of the rows.

    told : {alteration: what the rows' numbers would come to}

    base : the walk without alterations, an ``Unaltered``
    room : {row: how far its numbers may be off}
    """

    def __init__(self, graph, rows, base, room):
        self.told, self.base, self.room = {}, base, room
        self.rows = [self._tangents(graph, row) for row in rows if np.size(row.truth)]

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
        slack = float(np.sum(np.abs(u) * (row.given.slack + self.room[row])))
        return float(np.sum(u * row.given.filled(0.0))), slack, float(np.sum(u * row.expected)), moves

    def worth_a_walk(self, alteration):
        try:
            with np.errstate(all="ignore"):
                changes = list(self._changes(alteration))
        except (ValueError, TypeError, LookupError, ArithmeticError):
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
        terms = self.base.terms.get(node, [])  # nothing, where the node is none of those that the given values lead to
        if alteration.total is not None and len(terms) > 1:
            yield node, alteration.total(terms) - sum(terms[1:], terms[0])
        if alteration.gradient is not None and terms:
            g = sum(terms[1:], terms[0])
            yield node, alteration.gradient(g if alteration.above is None else self.base.passed[alteration.above]) - g
        if node not in self.base.sent:
            return
        if alteration.rules is not None:
            altered = alteration.rules(node, self.base.passed[node], self.base.sent[node])
            wanted = [(one, new) for one, new in zip(self.base.sent[node], altered, strict=True) if one is not None]
            for (parent, _, fitting), (one, new) in zip(self.base.edges[node], wanted, strict=True):
                if new is not one:
                    yield parent, unbroadcast(new, parent, node) - fitting
        if alteration.edge is not None:
            for parent, one, fitting in self.base.edges[node]:
                yield parent, alteration.edge(one, parent, node) - fitting
