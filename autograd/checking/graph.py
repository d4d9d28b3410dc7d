"""The graph that a check walks: the recorded one, run again in float64, with what its nodes are called."""

from functools import cached_property

import numpy as np

from ..engine import unbroadcast, walk
from ..node import Leaf
from ..taped.graph import TapedGraph, behind, seed_of
from ..taped.replay import Copy
from .naming import Names


class WalkedGraph(TapedGraph):
    """The graph behind an output recorded under ``tape()``, to be walked backward many times.

    It is a copy in float64, so that rounding hides nothing. Where the recorded graph cannot be run again, its own
    nodes stand for the copy.

    values   : {recorded node: another value that it has here}
    recorded : the TapedGraph of the program's own nodes
    strange  : the recorded node that gave another value when it was run again, or None
    nodes    : {recorded node: the node here that has its value}
    original : {node: the recorded one that it stands for}
    narrow   : whether something was recorded in float16 or float32
    seed     : the gradient of the output
    final    : the node of what is differentiated: the output
    names    : what the nodes are called: ``Names``
    """

    def __init__(self, output, gradient, variables, values=None):
        self.recorded = behind(output, "check_by_hand")
        self.narrow = any(node.like[1].itemsize < 8 for node in self.recorded.order)
        copy = Copy(self.recorded.order, np.float64, values)
        self.strange = copy.strange
        if copy.strange is None:
            self.nodes, self.original, order = copy.nodes, copy.original, copy.order
        else:
            order = self.recorded.order
            self.nodes = self.original = {node: node for node in order}
        super().__init__(self.nodes[output.node], order)
        self.seed = seed_of(self.output, gradient, "check_by_hand")
        self.final = self.output
        self.names = Names(self, variables)

    def depth(self, node):
        """Sorts nodes as the walk passes them; a leaf stands right after its youngest use."""
        if type(node) is not Leaf:
            return (-node.birth, 0)
        births = [user.birth for alias in self.aliases[node] for user, _ in self.uses[alias]]
        return (-max(births, default=0), 1)

    def region(self, targets, handed_on):
        """(the nodes that the targets' gradients come through, oldest first; {node: gradient} where their walk starts).

        It ends upwards at nodes that hand on what the learner has.
        """
        inside, todo, seeds = set(targets), list(targets), {}
        while todo:
            node = todo.pop()
            if node is self.output:
                seeds[node] = self.seed
            for user, _ in self.uses[node]:
                if user in inside:
                    continue
                inside.add(user)
                if user in handed_on:
                    seeds[user] = handed_on[user]
                else:
                    todo.append(user)
        return [node for node in self.order if node in inside], seeds

    @cached_property
    def terms(self):
        """{node: [all that reaches it in the true walk]}, of nodes with several uses."""
        found = {node: [] for node in self.order if len(self.uses[node]) > 1}

        def fit(g, parent, node):
            g = unbroadcast(g, parent, node)
            if parent in found:
                found[parent].append(g)
            return g

        totals = {**dict.fromkeys(self.order), self.output: self.seed}
        with np.errstate(all="ignore"):
            walk(list(self.order), totals, consume=False, unbroadcast=fit, write_notes=False)
        return found
