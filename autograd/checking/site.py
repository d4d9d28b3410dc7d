"""A node as the catalogue of mistakes asks about it: its arrays, its arguments, what they are called."""

import numpy as np

from ..node import Constant


class Site:
    """A node of a walked graph at which a mistake may be made.

    node, operation : the node and its operation
    params : {name: value} of the static arguments
    y : the value of the node; ``value(i)`` that of input i, ``x`` that of the first
    graph : the WalkedGraph; names : what its nodes are called
    updated : {taped node: its value after the learner's update}
    """

    __slots__ = ("graph", "names", "node", "operation", "params", "updated", "y")

    def __init__(self, node, graph, updated):
        self.node, self.graph, self.updated = node, graph, updated
        self.names = graph.names
        self.operation = node.operation
        self.params = node.note.params
        self.y = node.note.value

    @property
    def shape(self):
        return self.node.like[0]

    @property
    def parents(self):
        """For each input its node, None where no gradient is wanted."""
        return self.node.parents

    @property
    def recorded(self):
        """The recorded node that this one stands for."""
        return self.graph.original[self.node]

    @property
    def inputs(self):
        """For each input its node or its Constant."""
        return self.node.note.inputs

    @property
    def x(self):
        return self.value(0)

    def value(self, i):
        return self.graph.value(self.inputs[i])

    def wants(self, i):
        """Whether there is a gradient by input i."""
        return self.node.parents[i] is not None

    def called(self, i):
        """What input i is called."""
        return self.names.called(self.node, i)

    def constant(self, i):
        """The number that input i is, if it is a constant of one entry other than 0; else None."""
        source = self.inputs[i]
        if not isinstance(source, Constant) or np.size(source.value) != 1:
            return None
        return float(np.reshape(source.value, ())) or None

    def kept(self, i):
        """{name: value} of what the node keeps for the rule of input i."""
        rule, kept = self.operation.rules[i], self.node.kept[i]
        if not rule.needs:
            return {}
        return dict(zip(rule.needs, (kept,) if len(rule.needs) == 1 else kept, strict=True))
