"""The mistakes that can be made at a node, and at the operations that a fused one is made of.

A fused operation is one node, but people derive its parts one by one: the batch norm and the relu in it. So it is
written out in those, and what the catalogue finds at them becomes an alteration of the node.
"""

import numpy as np

from ..modes import Tape, _Switch
from ..node import Leaf
from ..taped.graph import TapedGraph, is_leafs_alias
from ..taped.replay import known
from ..tensor import Tensor
from .alteration import Alteration, altered_walk
from .mistakes import CATALOGUE
from .site import Site


def alterations(site):
    """Every way to make a mistake at a node: those of all of it, then those of its parts."""
    for entry in CATALOGUE:
        yield from entry.alterations(site)
    parts = Parts.of(site) if site.operation.made_of else None
    if parts is None:
        return
    for node in parts.order:
        if type(node) is Leaf or (is_leafs_alias(node) and len(parts.uses[node]) < 2):
            continue
        if any(parent is not None for parent in node.parents):
            for one in alterations(Site(node, parts, {})):
                yield _at_the_whole(one, site, parts)


def _at_the_whole(inner, site, parts):
    """An alteration at a part as one of the node that it is part of."""

    def rules(node, g, gradients):
        found = altered_walk(parts.order, {parts.output: g}, parts.inputs.keys(), [inner])
        if len(found) < len(parts.inputs):
            raise ValueError("nothing can be made of this alteration")
        by_input = {i: found[leaf] for leaf, i in parts.inputs.items()}
        return [one if one is None else by_input[i] for i, one in enumerate(gradients)]

    label = parts.names.label(inner.node)
    outer = Alteration(
        inner.says.replace("{at}", label),
        rules=rules,
        variant=f"{inner.variant} at {inner.node.operation.name}",
        likely=inner.likely,
        reshapes=inner.reshapes,
    )
    outer.mistake, outer.node, outer.inner = inner.mistake, site.node, True
    return outer


class Parts(TapedGraph):
    """The graph of a fused node, written out in its parts.

    inputs : {leaf: the position of the input that it stands for}
    names : what the nodes are called; original : {node: itself}, as nothing else was recorded of them
    final : None: no node of it is what is differentiated
    """

    def __init__(self, site, y, tape, inputs):
        super().__init__(y.node, [*inputs, *tape.nodes])
        self.inputs = inputs
        self.names = PartNames(site, self)
        self.original = {node: node for node in self.order}
        self.final = None

    @classmethod
    def of(cls, site):
        """The parts of a fused node, or None where they do not give its value."""
        tape, inputs, values = Tape(), {}, []
        for i in range(len(site.inputs)):
            value = site.value(i)
            if i < len(site.parents) and site.wants(i):
                value = Tensor(value, requires_grad=True)
                inputs[value.node] = i
            values.append(value)
        with _Switch(recording=True, tapes=(tape,), anomaly=False, scope=()), np.errstate(all="ignore"):
            y = site.operation.in_parts(known(site.node, values))
        if not np.allclose(y.data, site.y, equal_nan=True):
            return None
        return cls(site, y, tape, inputs)


class PartNames:
    """What the nodes of a fused node's parts are called: inputs as those of the node, the rest after the node."""

    def __init__(self, site, parts):
        self._site, self._parts = site, parts

    def label(self, node):
        if is_leafs_alias(node):
            return self._site.called(self._parts.inputs[node.note.inputs[0]])
        return self.part(node, node.operation)

    above = label

    def part(self, _, operation):
        return self._site.names.part(self._site.node, operation)

    def called(self, node, i):
        source = node.note.inputs[i]
        if source in self._parts.uses and is_leafs_alias(source):
            return self.label(source)
        return node.operation.inputs[i] if not node.operation.variadic else f"input {i}"
