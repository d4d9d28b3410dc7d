"""The walk that altered ones are held against, with all that passed in it.

An alteration changes nothing but what lies below its node, so a walk with one starts there, from what has arrived in
the walk without: in a graph with many places for a mistake most walks are short.
"""

from ..engine import apply_rules, unbroadcast, walk
from .alteration import altered_walk


class Unaltered:
    """The walk of a region without alterations.

    region : (the nodes to walk over, oldest first; {node: gradient} where the walk starts)
    targets : the nodes whose gradients are asked for
    handed_on : {node: gradient}: what these nodes pass on in place of what reached them

    found : {node: gradient} of the targets
    passed : {node: the gradient that went through its rules}
    sent : {node: [what its rules gave]}
    edges : {node: [(parent, what the rule gave, that with the broadcast undone)]}, of wanted parents
    terms : {node: [all that arrived there]}
    """

    def __init__(self, region, targets, handed_on=None):
        self.region, self.targets, self.handed_on = region, targets, handed_on or {}
        order, seeds = region
        self.passed, self.sent, self.edges = {}, {}, {}
        self.terms = {node: [] for node in order}
        self._parts = {}

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
        self.found = walk(
            list(order), totals, targets, consume=False, apply=apply, unbroadcast=fit, write_notes=False
        )  # fmt: skip

    def walk(self, alterations):
        """{node: gradient} of the targets with some alterations; without those where nothing can be made of that."""
        if any([one.total is not None or one.reshapes for one in alterations]):  # what arrives is looked at one by one
            return altered_walk(self.region, self.targets, alterations, self.handed_on)
        nodes = frozenset([node for one in alterations for node in (one.node, one.above) if node is not None])
        if nodes not in self._parts:
            self._parts[nodes] = self._below(nodes)
        part = self._parts[nodes]
        changed = altered_walk(part, self.targets, alterations, self.handed_on)
        return {**self.found, **changed} if changed else {}

    def _below(self, nodes):
        """The region of the nodes that some nodes reach, with what comes in from the rest."""
        order, seeds = self.region
        reached, totals = set(), {}
        for node in reversed(order):
            if node in nodes or node in reached:
                reached.add(node)
                if node in nodes or node not in self.handed_on:
                    reached.update([parent for parent, _, _ in self.edges.get(node, ())])
        for node in reversed(order):
            if node in reached and node in seeds:
                totals[node] = seeds[node]
            elif node not in reached:
                for parent, _, fitting in self.edges.get(node, ()):
                    if parent in reached:
                        totals[parent] = totals[parent] + fitting if parent in totals else fitting
        return [node for node in order if node in reached], totals
