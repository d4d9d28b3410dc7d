"""The mistakes that can be made at a node, and at the operations that a fused one is made of.

A fused operation is one node, but people derive its parts one by one: the batch norm and the relu in it. So it is
written out in those, and what the catalogue finds at them becomes an alteration of the node.
"""

from ..node import Leaf
from ..taped.graph import TapedGraph, is_leafs_alias
from ..taped.replay import written_out
from ..tensors import Tensor
from .alteration import Alteration, altered_walk
from .mistakes import CATALOGUE
from .site import Site


def alterations(site):
    """Every way to make a mistake at what a node does as a whole."""
    for entry in CATALOGUE:
        yield from entry.alterations(site)


def alterations_in_parts(site):
    """Every way to make a mistake at one of the operations that a node is made of, and at theirs."""
    parts = Parts.of(site) if site.operation.made_of else None
    if parts is None:
        return
    for node in parts.order:
        if type(node) is Leaf or (is_leafs_alias(node) and len(parts.uses[node]) < 2):
            continue
        if any(parent is not None for parent in node.parents):
            part = Site(node, parts)
            for one in (*alterations(part), *alterations_in_parts(part)):
                yield _at_the_whole(one, site, parts)


def _at_the_whole(inner, site, parts):
    """An alteration at a part as one of the node that it is part of."""

    def rules(node, g, gradients):
        found = altered_walk((parts.order, {parts.output: g}), parts.inputs.keys(), [inner])
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
    outer.mistake, outer.node = inner.mistake, site.node
    return outer


class Parts(TapedGraph):
    """The graph of a fused node, written out in its parts.

    inputs : {leaf: the position of the input that it stands for}
    names : what the nodes are called; original : {node: itself}, as nothing else was recorded of them
    final : None: no node of it is what is differentiated
    """

    def __init__(self, site, nodes, inputs):
        super().__init__(nodes[-1], [*inputs, *nodes])
        self.inputs = inputs
        self.names = PartNames(site, self)
        self.original = {node: node for node in self.order}
        self.final = None
        self.terms = {node: [] for node in self.order}  # what reaches a part is not known beforehand

    @classmethod
    def of(cls, site):
        """The parts of a fused node, or None where they do not give its value."""
        inputs, values = {}, [site.value(i) for i in range(len(site.inputs))]
        for i in range(len(values)):
            if site.wants(i):
                values[i] = Tensor(values[i], requires_grad=True)
                inputs[values[i].node] = i
        nodes = written_out(site.node, values)
        return cls(site, nodes, inputs) if nodes else None


class PartNames:
    """What the nodes of a fused node's parts are called: inputs as those of the node, the rest after the node."""

    def __init__(self, site, parts):
        self._site, self._parts = site, parts

    def label(self, node):
        if is_leafs_alias(node):
            return self._site.called(self._parts.inputs[node.note.inputs[0]])
        return self.part(node, node.operation)

    above = label

    def has_name(self, _):
        return False

    def part(self, _, operation):
        return self._site.names.part(self._site.node, operation)

    def called(self, node, i):
        source = node.note.inputs[i]
        if source in self._parts.uses and is_leafs_alias(source):
            return self.label(source)
        return node.operation.inputs[i] if not node.operation.variadic else f"input {i}"
