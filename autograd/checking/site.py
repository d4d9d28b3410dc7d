"""A node as the catalogue of mistakes asks about it: what it does, its arrays, its arguments, what they are called."""

import numpy as np

from ..notes import Constant
from ..taped.replay import known


class Site:
    """A node of a graph at which a mistake may be made.

    node, operation : the node and its operation
    params : {name: value} of the static arguments
    y : the value of the node; ``value(i)`` that of input i, ``x`` that of the first
    graph : the graph that it stands in; names : what its nodes are called
    memo : what several mistakes ask for, found once
    passed : {node: the gradient that passes through it}, as far as it is known
    updated : {taped node: its value after the learner's update}; rate_known : whether that is known, or only what
        it would be with 1 for the learning rate
    """

    __slots__ = ("graph", "memo", "names", "node", "operation", "params", "passed", "rate_known", "updated", "y")

    def __init__(self, node, graph, updated=None, rate_known=True, passed=None):
        self.node, self.graph, self.updated, self.rate_known = node, graph, updated or {}, rate_known
        self.passed = passed or {}
        self.memo = {}
        self.names = graph.names
        self.operation = node.operation
        self.params = node.note.params
        self.y = node.note.value

    # -- what it does --------------------------------------------------------------------------

    def has(self, *words):
        """Whether the operation is of this kind, or has these traits: words of ``autograd.traits``."""
        return self.operation.traits.issuperset(words)

    def has_any(self, *words):
        """Whether it is of one of these kinds, or has one of these traits."""
        return not self.operation.traits.isdisjoint(words)

    @property
    def rank(self):
        """Over how many axes a window or a kernel slides."""
        return next(rank for rank in (1, 2, 3) if self.has(f"{rank}-D"))

    def argument(self, word):
        """The value of the static argument that is the axis, the target, …; None if there is none."""
        name = self.operation.arguments.get(word)
        return self.params.get(name, self.operation.defaults.get(name))

    @property
    def factors(self):
        """The constants that the operation puts into its gradient; of a random one those that it drew with."""
        node = self.graph.original[self.node]
        if node.operation is self.operation or "random" not in node.operation.traits:
            node = self.node
        values = [self.graph.value(source) for source in self.inputs[: len(node.note.inputs)]]
        return node.operation.factors_of(known(node, values))

    @property
    def is_final(self):
        """Whether the node is what is differentiated."""
        return self.node is self.graph.final

    @property
    def likely(self):
        """How likely a mistake is that may agree by chance: a single number is given by many formulas."""
        return 1 if np.size(self.y) > 1 else 2

    # -- its inputs ----------------------------------------------------------------------------

    @property
    def shape(self):
        return self.node.like[0]

    @property
    def parents(self):
        """For each input its node, None where no gradient is wanted."""
        return self.node.parents

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
        """Whether there is an input i, and a gradient by it."""
        return i < len(self.parents) and self.parents[i] is not None

    def position(self, word):
        """Which input is the weight or the bias; None where none is."""
        name = self.operation.arguments.get(word)
        return self.operation.inputs.index(name) if name in self.operation.inputs else None

    def called(self, i):
        """What input i is called."""
        return self.names.called(self.node, i)

    def constant(self, i):
        """The number that input i is, if it is a constant of one entry; else None."""
        source = self.inputs[i]
        if not isinstance(source, Constant) or np.size(source.value) != 1:
            return None
        return float(np.reshape(source.value, ()))

    def leads_to(self, node):
        """Whether the value goes into a node, alone or in sums."""
        todo = [node]
        for one in todo:
            if one is self.node:
                return True
            if one is node or "sums" in one.operation.traits:
                todo += [source for source in one.note.inputs if not isinstance(source, Constant)]
        return False

    def kept(self, i):
        """{name: value} of what the node keeps for the rule of input i."""
        rule, kept = self.operation.rules[i], self.node.saved[i]
        if not rule.needs:
            return {}
        return dict(zip(rule.needs, (kept,) if len(rule.needs) == 1 else kept, strict=True))


class Target:
    """A value whose gradient the learner gave, as the catalogue asks about it.

    node, name : the value; shape : its shape
    gradients : {node: (name, its true gradient)} of the other values that the learner gave
    given : the learner's gradient, an array
    learning_rate : the learner's, or None
    lengths : of the axes of what takes the value, and of what comes out
    """

    __slots__ = ("given", "gradients", "learning_rate", "lengths", "name", "node", "shape")

    def __init__(self, node, name, gradients, given, learning_rate, lengths):
        self.node, self.name, self.gradients, self.given = node, name, gradients, given
        self.learning_rate, self.lengths = learning_rate, lengths
        self.shape = node.like[0]
