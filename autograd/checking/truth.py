"""The gradients that a learner's are held against: the true ones, and those that follow from the learner's own."""

from functools import cached_property

import numpy as np

from ..engine import apply_rules, walk
from ..node import Leaf
from ..notes import Constant
from ..taped.graph import is_leafs_alias
from ..taped.replay import Copy, evaluate
from .alteration import altered_walk

ZERO, ZERO_NARROW = 1e-12, 1e-6
"""What part of the terms that cancel may be left of them, in float64 and in float32."""
LOST_NARROW = 1e-7
"""What part of them no digit is known of in float32."""


class Truth:
    """What the walk backward gives where the learner gave something; each is {node: gradient}.

    true : the true gradients; zeros where nothing comes through
    wrong_inner : the nodes of inner values whose by-hand gradient is wrong
    handed_on : of each inner value given: the by-hand gradient where it is wrong, else the true one
    following : what follows where inner values hand that on
    new : {leaf: Given}, what the learner says that parameters are after a step; their gradients are true ones too
    printed : whether an inner value was given as text, to some digits
    exactly : the by-hand gradients of all inner values
    literal : what follows where inner values hand those on, to the last digit
    """

    def __init__(self, graph, learner, new=None):
        self.graph, self.learner, self.new = graph, learner, new or {}
        given = learner.gradients
        self.true = self.walk()
        for node in [*given, *self.new]:
            if node not in self.true:
                self.true[node] = np.zeros(node.like[0])[()]
        inner = [node for node in given if node in learner.fitting and type(node) is not Leaf]
        self.exactly = {node: learner.gradient(node, self.true[node]) for node in inner}
        self.wrong_inner = {node for node in inner if not self._is_right(given[node], node)}
        self.handed_on = {node: (self.exactly if node in self.wrong_inner else self.true)[node] for node in inner}
        self.following = self.walk(self.handed_on) if self.wrong_inner else self.true
        self.printed = any(given[node].text for node in inner)
        self.literal = self.walk(self.exactly) if self.printed else self.following

    def _is_right(self, given, node):
        truth = self.true[node]
        return given.all_blank or given.agrees(truth) or given.agrees(truth, self.zero(node, given))

    def zero(self, node, given):
        """How far a number may be from a true 0: what is 0 but for rounding, beside the terms that cancel."""
        scale = self._scales.get(node, 0.0)
        narrow = self.graph.narrow or given.narrow
        coarse = ZERO_NARROW if self.graph.strange is not None else LOST_NARROW if narrow else ZERO
        is_zero = np.abs(self.true[node]) <= coarse * scale
        return np.where(is_zero, (ZERO_NARROW if narrow else ZERO) * scale, 0.0)

    @cached_property
    def _scales(self):
        """{node: the largest of the terms that add up to its gradient, or that cancelled nearer to the output}."""
        passed, gains = {}, {}

        def apply(node, g, wanted):
            inputs = () if is_leafs_alias(node) else node.note.inputs
            size, results = _largest(g), apply_rules(node, g, wanted)
            passed[node] = size * max(1.0, *[_largest(self.graph.value(source)) for source in inputs], 0.0)
            probe = results if size else apply_rules(node, np.ones_like(g), wanted)
            gains[node] = [0.0 if one is None else _largest(one) / (size or 1.0) for one in probe]
            return results

        order, seeds = self.graph.order, {self.graph.output: self.graph.seed}
        with np.errstate(all="ignore"):
            walk(list(order), {**dict.fromkeys(order), **seeds}, consume=False, apply=apply, write_notes=False)
        scales = {}
        for node in reversed(order):
            scales[node] = 0.0
            for user, i in self.graph.uses[node]:
                term = scales[user]
                if not is_leafs_alias(user):
                    gain = gains[user][i] if user in gains else 0.0
                    term = max(passed.get(user, 0.0), gain * term)
                scales[node] = max(scales[node], term)
        return scales

    def walk(self, handed_on=None):
        """{node: gradient} of all that the learner gave."""
        targets = {*self.learner.gradients, *self.new}
        return altered_walk(self.graph.region(targets, handed_on or {}), targets, handed_on=handed_on)

    @cached_property
    def carried(self):
        """{node: how far it may be off because the wrong values handed on were printed to few digits}."""
        off = {}
        for node in self.wrong_inner:
            value, slack = self.handed_on[node], self.learner.gradients[node].slack
            if not np.any(slack):
                continue
            for signs in _signs(np.shape(value)):
                moved = self.walk({**self.handed_on, node: value + slack * signs})
                for target, g in moved.items():
                    if target is not node and np.shape(g) == np.shape(self.following.get(target)):
                        off[target] = np.maximum(off.get(target, 0.0), 2 * np.abs(g - self.following[target]))
        return off

    @cached_property
    def rounding(self):
        """{node: how far float32 arithmetic may be off}, or {} where the graph cannot be run again."""
        graph, given = self.graph, self.learner.gradients
        if graph.strange is not None:
            return {}
        order, output, there = graph.recorded.order, graph.recorded.output, graph.original
        if not graph.narrow:
            copy = Copy(order, np.float32)
            if copy.strange is not None:
                return {}
            order, output = copy.order, copy.nodes[output]
            there = {node: copy.nodes[graph.original[node]] for node in given}
        seed = np.asarray(graph.seed, output.like[1])[()]
        found = altered_walk((order, {output: seed}), {there[node] for node in given})
        noise = {}
        for node in given:
            truth = np.asarray(self.true[node])
            largest = float(np.max(np.abs(truth), initial=0.0, where=np.isfinite(truth)))
            off = np.abs(np.asarray(found.get(there[node], truth), dtype=np.float64) - truth)
            off = float(np.max(off, initial=0.0, where=np.isfinite(off)))
            noise[node] = min(8 * off + 1e-5 * largest, 1e-3 * largest)
        return noise

    @property
    def rate_known(self):
        """Whether the learner gave the updated values, or the learning rate."""
        return bool(self.learner.updated) or self.learner.learning_rate is not None

    @cached_property
    def updated(self):
        """{taped node: the value that it has with the parameters as they were after the learner's update}.

        Given ones count; else those of one step of gradient descent, with a by-hand gradient where it is wrong, and
        with 1 for the learning rate where that is not known.
        """
        graph, learner = self.graph, self.learner
        new = dict(learner.updated)
        if not new:
            rate = learner.learning_rate if self.rate_known else 1.0
            gradients = altered_walk((graph.order, {graph.output: graph.seed}), set(graph.aliases))
            for leaf, g in gradients.items():
                if leaf in learner.fitting and not learner.gradients[leaf].agrees(self.true[leaf]):
                    g = learner.gradient(leaf, self.true[leaf])
                new[leaf] = graph.value(leaf) - rate * g
        updated = {alias: value for leaf, value in new.items() for alias in graph.aliases[leaf]}
        # and what is only their shape changed, such as the transpose of a weight
        for node in graph.order if new else ():
            if node.operation.kind != "shape" or type(node) is Leaf or node in updated:
                continue
            sources = [s for s in node.note.inputs if not isinstance(s, Constant)]
            if len(node.note.inputs) == len(sources) == 1 and sources[0] in updated:
                updated.update(evaluate([node], {sources[0]: updated[sources[0]]}))
        return updated


def _largest(array):
    """The largest finite magnitude in an array of floats; 0 of others."""
    array = np.asarray(array)
    return float(np.max(np.abs(array), initial=0.0, where=np.isfinite(array))) if array.dtype.kind == "f" else 0.0


def _signs(shape):
    if not shape:
        return [1.0]
    return np.random.default_rng(0).choice([-1.0, 1.0], (4, *shape))
