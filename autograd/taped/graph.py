"""The graph behind an output recorded under ``tape()``: its nodes in order, and what takes each of them."""

from operator import attrgetter

import numpy as np

from ..conversion import left_behind
from ..node import Leaf
from ..notes import Constant
from ..tensors import Tensor, raw


class TapedGraph:
    """The nodes behind an output, with the links that a node itself does not have.

    output  : the node of the output
    order   : every node, after all that it was made from
    uses    : {node: [(a node that takes it, as which input)]}, oldest first, one for each use
    aliases : {leaf: the nodes that stand for it on the tape}, one for each value that it had
    """

    def __init__(self, output, order):
        self.output = output
        self.order = order
        self.uses = {node: [] for node in order}
        self.aliases = {}
        for node in order:
            if is_leafs_alias(node):
                self.aliases.setdefault(node.note.inputs[0], []).append(node)
            for i, parent in enumerate(node.parents):
                if parent is not None:
                    self.uses[parent].append((node, i))

    def value(self, source):
        """The array of an input, as it was when it was used."""
        if isinstance(source, Constant):
            return np.asarray(source.value)[()]
        return self.places(source)[0].note.value

    def places(self, node):
        """The taped nodes that hold the value of a given one: a leaf's aliases."""
        return self.aliases[node] if type(node) is Leaf else [node]


def behind(output, who):
    """The TapedGraph behind a Tensor; errors begin with ``who`` asked.

    TypeError of what is no Tensor; ValueError where nothing was recorded, or not all of it on a tape.
    """
    if not isinstance(output, Tensor):
        raise TypeError(f"{who}: the output must be a Tensor\n  output: {type(output).__name__}")
    if output.node is None:
        raise ValueError(
            f"{who}: the output was not recorded: nothing that it was made from requires grad\n"
            "  record it inside `with ag.tape():`, from tensors that require grad;\n"
            "  float(), .item(), .data, np.asarray() and writing into an array of np.zeros() lose the history"
            + left_behind()
        )
    seen = [output.node]
    known = set(seen)
    for node in seen:  # the list grows while it is read
        for parent in node.parents:
            if parent is not None and parent not in known:
                known.add(parent)
                seen.append(parent)
    order = sorted(seen, key=attrgetter("birth"))
    untaped = [node for node in order if type(node) is not Leaf and not (node.note is not None and node.note.taped)]
    if type(output.node) is Leaf:
        untaped = [output.node]
    if untaped:
        nearest, first = untaped[-1], untaped[0]
        raise ValueError(
            f"{who}: {called(nearest)} ({nearest.operation.name}) was recorded outside ag.tape(): its value is gone\n"
            f"  not taped: {len(untaped)} of {len(order)} nodes, first {first.operation.name}\n"
            "  run the computation again inside `with ag.tape():`"
        )
    return TapedGraph(output.node, order)


def seed_of(output, gradient, who):
    """The gradient of the output's node: as given, or 1 for a single entry."""
    shape, dtype = output.like
    if gradient is None:
        if np.prod(shape, dtype=int) != 1:
            raise ValueError(
                f"{who}: only an output of one entry has derivatives without more ado\n  output: {shape}\n"
                "  pass gradient=... of that shape, the gradient of the output itself; or take one entry or a sum of "
                "it, recorded on the tape"
            )
        return np.ones(shape, dtype)[()]
    given = np.asarray(raw(gradient))
    if given.shape != shape:
        raise ValueError(
            f"{who}: the gradient must have the output's shape\n  output: {shape}\n  gradient: {given.shape}"
        )
    return given.astype(dtype)[()]


def is_leafs_alias(node):
    """Whether a node stands for a leaf on the tape."""
    return type(node) is not Leaf and node.note is not None and type((*node.note.inputs, None)[0]) is Leaf


def value_of(one):
    """The value of a node or constant; of a leaf the present one, or None where the leaf is gone."""
    if isinstance(one, Constant):
        return one.value
    if type(one) is Leaf:
        owner = one.owner()
        return None if owner is None else owner.data
    return one.note.value


def called(node):
    """What an error calls a node."""
    return f"{node.name!r}" if node.name else f"the value of shape {node.like[0]}"
