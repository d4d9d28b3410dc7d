"""Beforehand: what comes out of each classic mistake at each step, for a page on which one practises.

``hints(output)`` walks the graph once for every alteration of the catalogue and says which gradients it changes, and
how, up to the nearest values that have a name: what is further down only follows.
"""

import time

import numpy as np

from ..node import Leaf
from ..taped.graph import is_leafs_alias
from .alteration import altered_walk
from .graph import WalkedGraph
from .learner import Learner
from .parts import alterations, alterations_in_parts
from .search import likelihood
from .site import Site
from .truth import Truth

SECONDS = 3.0
"""How long the catalogue is gone through at most."""

MOST = 12
"""So many hints are kept for one gradient, the likeliest mistakes first."""


def hints(output, gradient=None, seconds=SECONDS):
    """{recorded node: [(the gradient that comes out minus the true one, what was done wrong)]}.

    output : a Tensor recorded on a tape; gradient : its gradient, if it has more than one entry. For a leaf the
    nodes that stand for it on the tape have the same list.
    """
    graph = WalkedGraph(output, gradient, {})
    truth = Truth(graph, Learner(graph, {}))
    named = [node for node in graph.order if type(node) is Leaf or graph.names.has_name(node)]
    asked = {node for node in named if not is_leafs_alias(node)}
    everything = altered_walk((graph.order, {graph.output: graph.seed}), set(graph.order))
    below = _below(graph, asked)
    candidates = []
    for node in graph.order:
        if type(node) is not Leaf and node in everything and below[node]:
            site = Site(node, graph, truth.updated, truth.rate_known)
            both = (*alterations(site), *alterations_in_parts(site))
            candidates += [one for one in both if one.fit is None and not one.reshapes]
    until = time.perf_counter() + seconds
    found = {}
    for one in sorted(candidates, key=lambda one: likelihood([one])):
        if time.perf_counter() > until:
            break
        near = below[one.node] | ({one.node} & asked)
        # what reaches the node is true, but where the alteration is about that
        handed_on = {one.node: everything[one.node]} if one.total is None and one.gradient is None else {}
        outcome = altered_walk(graph.region(near, handed_on), near, [one], handed_on)
        words = one.says.replace("{at}", graph.names.label(one.node)).replace("{whose}", graph.names.owner(one.node))
        for node in near & outcome.keys() & everything.keys():
            if np.shape(outcome[node]) == np.shape(everything[node]):
                _keep(found.setdefault(node, []), np.asarray(outcome[node]) - everything[node], everything[node], words)
    by_recorded = {}
    for node, several in found.items():
        for one in (node, *graph.aliases.get(node, ())):
            by_recorded[graph.original[one]] = several
    return by_recorded


def _below(graph, asked):
    """{node: the nearest values with a name, or leaves, that gradients come to from it}."""
    found = {}
    for node in graph.order:  # what a node was made from comes before it
        found[node] = set()
        for parent in node.parents if type(node) is not Leaf else ():
            if parent is not None and parent in found:
                found[node] |= {parent} if parent in asked else found[parent]
    return found


def _keep(several, change, true, words):
    """Add a hint, unless it is no change or the same numbers are there already."""
    size = max(float(np.max(np.abs(true), initial=0.0)), 1e-300)
    largest = float(np.max(np.abs(change), initial=0.0))
    if len(several) == MOST or not 1e-6 * size < largest < np.inf:
        return
    if not any(np.max(np.abs(change - known)) < 1e-6 * size for known, _ in several):
        several.append((change, words))
