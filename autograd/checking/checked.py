"""The graph behind an output and a learner's numbers for it, ready to be walked many times."""

from functools import cached_property

import numpy as np

from ..engine import collect
from ..node import Constant, Leaf
from ..tensor import Tensor, raw
from .alteration import altered_walk
from .given import Given
from .naming import Names, arrays_by_name
from .replay import Copy, Slopes, evaluate


class Checked:
    """What a check knows: the recorded graph, a copy of it in float64, the true gradients, the learner's.

    All nodes in here are those of the copy; ``original[node]`` is the recorded one. Where the
    graph cannot be run again (``strange`` says where), the recorded nodes stand for the copy.

    given : {node: Given}
    true : {node: gradient}
    after : the same, where the given inner values are handed on: the wrong ones as the learner has them
    literal : the same, where all of them are handed on as given, to the last digit
    """

    def __init__(self, output, by_hand, gradient, variables):
        recorded = _recorded_order(output)
        self.names = Names(recorded, variables)
        self.narrow = any(node.like[1].itemsize < 8 for node in recorded)
        copy = Copy(recorded, np.float64)
        self.strange = copy.strange
        if copy.strange is None:
            nodes, self.original = copy.nodes, copy.original
        else:
            nodes = self.original = {node: node for node in recorded}
        self.recorded, self.nodes = recorded, nodes
        # leaves first: the birth of a leaf is that of its last write, which may be later than its use
        self.order = [nodes[n] for n in sorted(recorded, key=lambda n: type(n) is not Leaf) if n in nodes]
        self.output = nodes[output.node]
        self.seed = self._seed(gradient)
        self.consumers = {node: [] for node in self.order}
        for node in reversed(self.order):
            for parent in node.parents:
                if parent is not None:
                    self.consumers[parent].append(node)
        self.aliases = {}
        for node in self.order:
            if node.operation.name == "alias" and type(node.note.inputs[0]) is Leaf:
                self.aliases.setdefault(node.note.inputs[0], []).append(node)
        self.given = self._read(by_hand)
        self.updated = {}
        self.true = self.walk()
        self.missing = {n for n in self.given if n not in self.true}
        self.true.update({node: np.zeros(node.like[0])[()] for node in self.missing})
        self.fitting = {node for node in self.given if self.given[node].shape == node.like[0]}
        inner = [node for node in self.fitting if type(node) is not Leaf]
        self.wrong_inner = {node for node in inner if not self.given[node].agrees(self.true[node])}
        self.handed_on = {node: self._value(node) if node in self.wrong_inner else self.true[node] for node in inner}
        self.after = self.walk(handed_on=self.handed_on) if self.wrong_inner else self.true
        exactly = {node: self._value(node) for node in inner}
        self.printed = any(self.given[node].text for node in inner)
        self.exactly = exactly
        self.literal = self.walk(handed_on=exactly) if self.printed else self.after

    def _seed(self, gradient):
        shape, _ = self.output.like
        if gradient is None:
            if np.prod(shape, dtype=int) != 1:
                raise ValueError(
                    f"check_by_hand: an output of more than one entry needs gradient=...\n  output: {shape}\n"
                    "  pass the gradient of the output itself, of its shape"
                )
            return np.ones(shape, self.output.like[1])[()]
        seed = np.asarray(raw(gradient), dtype=self.output.like[1])
        if seed.shape != shape:
            raise ValueError(
                f"check_by_hand: the gradient must have the output's shape\n  output: {shape}\n  gradient: {seed.shape}"
            )
        return seed[()]

    def _read(self, by_hand):
        """{node: Given} of the learner's values."""
        if not isinstance(by_hand, dict):
            raise TypeError(f"check_by_hand: give a dict {{tensor: value}}\n  given: {type(by_hand).__name__}")
        arrays = arrays_by_name(self.names)
        given = {}
        for tensor, value in by_hand.items():
            if not isinstance(tensor, Tensor):
                raise TypeError(f"check_by_hand: the keys are Tensors of the graph\n  key: {tensor!r}")
            node = self.nodes.get(tensor.node)
            called = f"Tensor {tensor.name!r}" if tensor.name else f"a Tensor of shape {tensor.shape}"
            if tensor.node is None:
                raise ValueError(
                    f"check_by_hand: {called} has no gradient: it does not require grad\n"
                    "  make it with requires_grad=True before recording"
                )
            if node is None:
                raise ValueError(
                    f"check_by_hand: {called} is no part of the graph\n"
                    "  the output was not made from it; use the very Tensor, no copy of it"
                )
            if tensor.name:
                self.names[tensor.node] = tensor.name
            elif type(tensor.node) is Leaf and tensor.node not in self.names.proper:
                self.names[tensor.node] = f"leaf of shape {tensor.shape}" if tensor.shape else "leaf"
            one = given[node] = Given(value, arrays, self.name(node))
            if one.shape != node.like[0] and np.size(one.value) == 1 == np.prod(node.like[0], dtype=int):
                one.reshape(node.like[0])
        return given

    @property
    def output_name(self):
        node = self.original[self.output]
        return self.names[node] if node in self.names.proper else "y"

    def _value(self, node):
        return self.given[node].value.astype(node.like[1])[()]

    # -- walks ---------------------------------------------------------------------------------

    def region(self, targets, handed_on):
        """(the nodes that the targets' gradients come through, oldest first; where their walk starts).

        It ends upwards at nodes that hand on what the learner has.
        """
        inside, todo, seeds = set(targets), list(targets), {}
        while todo:
            node = todo.pop()
            if node is self.output:
                seeds[node] = self.seed
            for consumer in self.consumers[node]:
                if consumer in inside:
                    continue
                inside.add(consumer)
                if consumer in handed_on:
                    seeds[consumer] = handed_on[consumer]
                else:
                    todo.append(consumer)
        return [node for node in self.order if node in inside], seeds

    def walk(self, alterations=(), handed_on=None, targets=None, region=None):
        """{node: gradient} of the targets (by default all that the learner gave)."""
        targets = set(self.given) if targets is None else targets
        order, seeds = self.region(targets, handed_on or {}) if region is None else region
        return altered_walk(order, seeds, targets, alterations, handed_on)

    @cached_property
    def carried(self):
        """{node: how far it may be off because the wrong values handed on were printed to few digits}."""
        off = {}
        for node in self.wrong_inner:
            value, slack = self.handed_on[node], self.given[node].slack
            if not np.any(slack):
                continue
            for signs in self._signs(np.shape(value)):
                moved = self.walk(handed_on={**self.handed_on, node: value + slack * signs})
                for target, g in moved.items():
                    if target is not node and np.shape(g) == np.shape(self.after.get(target)):
                        off[target] = np.maximum(off.get(target, 0.0), 2 * np.abs(g - self.after[target]))
        return off

    def _signs(self, shape):
        if not shape:
            return [1.0]
        return np.random.default_rng(0).choice([-1.0, 1.0], (4, *shape))

    @cached_property
    def rounding(self):
        """{node: how far float32 arithmetic may be off}, or {} where the graph cannot be run again."""
        if self.strange is not None:
            return {}
        if self.narrow:
            nodes = {self.nodes[old]: old for old in self.recorded}
        else:
            copy = Copy(self.recorded, np.float32)
            if copy.strange is not None:
                return {}
            nodes = {self.nodes[old]: copy.nodes[old] for old in self.recorded}
        order = [nodes[node] for node in self.order]
        seeds = {nodes[self.output]: np.asarray(self.seed, nodes[self.output].like[1])[()]}
        found = altered_walk(order, seeds, {nodes[node] for node in self.given})
        noise = {}
        for node in self.given:
            truth = np.asarray(self.true[node])
            largest = float(np.max(np.abs(truth), initial=0.0, where=np.isfinite(truth)))
            off = np.abs(np.asarray(found.get(nodes[node], truth), dtype=np.float64) - truth)
            off = float(np.max(off, initial=0.0, where=np.isfinite(off)))
            noise[node] = min(8 * off + 1e-5 * largest, 1e-3 * largest)
        return noise

    def slopes(self):
        """Finite differences on the copy, or None where it cannot be run again."""
        if self.strange is not None:
            return None
        return Slopes(self.order, self.output, np.asarray(self.seed, dtype=np.float64))

    def places(self, node):
        """The taped nodes that hold the value of a given one: a leaf's aliases."""
        return self.aliases[node] if type(node) is Leaf else [node]

    def depth(self, node):
        """Sorts nodes as the walk passes them; a leaf stands right after its youngest use."""
        if type(node) is not Leaf:
            return (-node.birth, 0)
        uses = [consumer.birth for alias in self.aliases[node] for consumer in self.consumers[alias]]
        return (-max(uses, default=0), 1)

    def set_updated(self, updated, learning_rate):
        """The values of parameters after an update, for the mistake of using them too early."""
        new = {}
        if updated is not None:
            for tensor, value in updated.items():
                leaf = self.nodes.get(tensor.node) if isinstance(tensor, Tensor) else None
                if type(leaf) is not Leaf:
                    raise ValueError(f"check_by_hand: updated: {tensor!r} is no parameter of the graph")
                new[leaf] = np.asarray(raw(value), dtype=leaf.like[1])[()]
                if np.shape(new[leaf]) != leaf.like[0]:
                    raise ValueError(
                        f"check_by_hand: updated: the new value of {self.name(leaf)} has another shape\n"
                        f"  parameter: {leaf.like[0]}\n  new value: {np.shape(new[leaf])}"
                    )
        elif learning_rate is not None:
            gradients = altered_walk(self.order, {self.output: self.seed}, set(self.aliases))
            for leaf, g in gradients.items():
                if leaf in self.fitting and not self.given[leaf].agrees(self.true[leaf]):
                    g = self.given[leaf].value
                new[leaf] = self.aliases[leaf][0].note.value - learning_rate * g
        self.updated = {alias: value for leaf, value in new.items() for alias in self.aliases[leaf]}
        # and what is only their shape changed, such as the transpose of a weight
        for node in self.order if new else ():
            if node.operation.kind != "shape" or type(node) is Leaf or node in self.updated:
                continue
            sources = [s for s in node.note.inputs if not isinstance(s, Constant)]
            if len(node.note.inputs) == len(sources) == 1 and sources[0] in self.updated:
                self.updated.update(evaluate([node], {sources[0]: self.updated[sources[0]]}))

    # -- what the catalogue asks ---------------------------------------------------------------

    def value(self, source):
        """The array of an input."""
        if isinstance(source, Constant):
            return np.asarray(source.value)[()]
        return self.aliases[source][0].note.value if type(source) is Leaf else source.note.value

    def recorded_node(self, node):
        """The recorded node that users know: for a leaf's alias the leaf."""
        if node.operation.name == "alias" and type(node.note.inputs[0]) is Leaf:
            node = node.note.inputs[0]
        return self.original[node]

    def name(self, node):
        """The short name of a node; of a leaf's alias that of the leaf."""
        return self.names[self.recorded_node(node)]

    def label(self, node):
        """Where a node stands, for a sentence."""
        if node.operation.name == "alias" and type(node.note.inputs[0]) is Leaf:
            return self.name(node)
        return self.names.label(self.original[node])

    def owner(self, node):
        """ "conv1's", "the conv2d's": whose kernel it is."""
        scope = self.names.scope(self.original[node])
        if scope:
            return f"{scope}'s"
        return f"{self.name(node)}'s" if self.original[node] in self.names.proper else f"the {node.operation.name}'s"

    def called(self, node, i):
        """What input i of a node is called."""
        source = node.note.inputs[i]
        if isinstance(source, Constant):
            return source.name or "a constant"
        proper = source if type(source) is Leaf or source.operation.name != "alias" else source.note.inputs[0]
        if self.original.get(proper) in self.names.proper:
            return self.names[self.original[proper]]
        if source.operation.name in ("transpose", "swapaxes"):
            return f"{self.called(source, 0)}ᵀ"
        inputs = node.operation.inputs
        return inputs[i] if not node.operation.variadic else f"input {i}"

    def name_above(self, node):
        """The nearest name at or above a node, on the way to the output."""
        start = node
        while self.original[node] not in self.names.proper:
            scope = self.names.scope(self.original[node])
            if scope:
                return scope
            if not self.consumers[node]:
                return self.label(start)
            node = self.consumers[node][-1]
        return self.name(node)

    def was_dropout(self, node):
        return node.operation.name == "multiply" and self.original[node].operation.name == "dropout"

    def updated_in_words(self, source):
        name = self.called_source(source)
        old, new = self.value(source), self.updated[source]
        return f"{name} ({new:.6g} in place of {old:.6g})" if np.ndim(old) == 0 else name

    def called_source(self, source):
        while source.operation.name != "alias" and source.operation.kind == "shape":
            source = source.note.inputs[0]
        return self.name(source)


def _recorded_order(output):
    """Every taped node behind an output, oldest first."""
    if not isinstance(output, Tensor) or output.node is None:
        raise ValueError(
            "check_by_hand: the output was not recorded\n"
            "  record it inside `with ag.tape():`, from tensors that require grad"
        )
    order, _ = collect([output.node], check_stale=False)
    untaped = [node for node in order if type(node) is not Leaf and (node.note is None or not node.note.taped)]
    if untaped or type(output.node) is Leaf:
        missing = (
            f"{len(untaped)} of {len(order)} nodes, first {untaped[0].operation.name}"
            if untaped
            else "the output itself"
        )
        raise ValueError(
            "check_by_hand: the graph was recorded outside ag.tape(), and its values are gone\n"
            f"  not taped: {missing}\n  record it again inside `with ag.tape():`"
        )
    return order
