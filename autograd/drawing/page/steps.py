"""The walk backward, watched: what goes into each node, what comes out, what is added to what.

The walk is the engine's own, with functions of ours at its seams. It writes nothing and uses nothing up.
"""

from operator import attrgetter

import numpy as np

from ...engine import accumulate, apply_rules, unbroadcast, walk

PLAIN = ("elementwise", "activation")
"""Kinds of which an entry of the result depends on one entry of each input."""

GONE = (
    "The walk backward is gone: an earlier backward() used the graph up. "
    "Record on a tape to keep it: with ag.tape() as tape: …"
)


class Contribution:
    """One thing that is added to one gradient.

    box      : whose gradient it is
    argument : its position among the operation's inputs
    local    : the local derivative as numbers, or None where it is no array of that kind
    array    : what is added, of the shape and dtype of the box's value
    summed   : the shape that it had before broadcasting was undone, or None if the same
    total    : the gradient with it, or None where it is the first
    """

    __slots__ = ("argument", "array", "box", "local", "summed", "total")

    def __init__(self, box, argument, local):
        self.box, self.argument, self.local = box, argument, local
        self.array = self.summed = self.total = None


class Step:
    """One node of the walk.

    box   : the node's
    seed  : whether the walk starts here
    to    : its Contributions, in the order of the inputs
    freed : bytes that a walk which uses the graph up would let go here
    """

    __slots__ = ("box", "freed", "seed", "to")

    def __init__(self, box, seed, freed):
        self.box, self.seed, self.freed = box, seed, freed
        self.to = []


def steps_of(graph):
    """(Steps from the output to the inputs, {box: its gradient}, remark or None)."""
    boxes = {box.node: box for box in graph.boxes if box.node is not None}
    inner = {node for node, box in boxes.items() if box.role in ("operation", "output")}
    if not inner:
        return [], {}, "Nothing was recorded, so there is no walk backward."
    seeds, remark = _seeds(graph, inner)
    order = _reached(seeds, boxes, inner)
    if any(node.consumed for node in order if node in inner):
        return [], {}, GONE
    freed = _freed([boxes[node] for node in order if node in inner])
    steps, gradients = [], {}
    coming = []  # the present node's contributions that the walk has not fitted yet
    present = None

    def apply(node, g, wanted):
        gradients[boxes[node]] = g
        if node not in inner:
            return ()
        step = Step(boxes[node], node in seeds, freed[boxes[node]])
        steps.append(step)
        results = list(apply_rules(node, g, wanted))
        local = _local(node, g, wanted)
        for i, (parent, one) in enumerate(zip(node.parents, results, strict=False)):
            if one is not None:
                step.to.append(Contribution(boxes[parent], i, local[i] if local else None))
        coming.extend(step.to)
        return results

    def fit(g, parent, node):
        nonlocal present
        present = coming.pop(0)
        present.array = unbroadcast(g, parent, node)
        present.summed = None if np.shape(g) == parent.like[0] else np.shape(g)
        return present.array

    def add(total, g, node, own):
        present.total = accumulate(total, g, node, set())  # never in place: every term is shown
        return present.total

    totals = {node: seeds.get(node) for node in order}
    with np.errstate(all="ignore"):
        walk(order, totals, consume=False, apply=apply, unbroadcast=fit, accumulate=add, write_notes=False)
    return steps, gradients, remark


def _seeds(graph, inner):
    """({node: gradient that the walk starts with}, remark or None).

    After a backward, the nodes that have a gradient though nothing made from them has one: there it began,
    with that gradient. Before any, the last one-entry output with gradient 1, else the last with ones.
    """
    fed = set()
    for edge in graph.edges:
        if edge.head.gradient is not None and edge.head.node in inner:
            fed.add(edge.tail)
    began = [box for box in graph.boxes if box.node in inner and box.gradient is not None and box not in fed]
    taped = [box for box in began if box.node.note is not None and box.node.note.taped]
    if taped:
        return {box.node: box.gradient for box in taped}, None
    outputs = [box for box in graph.boxes if box.role == "output"]
    scalars = [box for box in outputs if int(np.prod(box.like[0])) == 1]
    last = (scalars or outputs)[-1]
    remark = None if scalars else "No output is a single number: the walk backward starts with ones."
    return {last.node: np.ones(*last.like)[()]}, remark


def _reached(seeds, boxes, inner):
    """The nodes of the graph that the walk comes to, oldest first."""
    seen = dict.fromkeys(seeds)
    order = list(seen)
    for node in order:  # the list grows while it is read
        for parent in node.parents if node in inner else ():
            if parent is not None and parent not in seen and parent in boxes:
                seen[parent] = None
                order.append(parent)
    return sorted(order, key=attrgetter("birth"))


def _local(node, g, wanted):
    """The local derivative by each input, where a product with it is the whole rule."""
    scalar = node.like[0] == ()
    if not scalar and not _plain(node.operation):
        return None
    return list(apply_rules(node, np.ones_like(g), wanted))


def _plain(operation):
    """Whether it works entry by entry: all that it is made of, or it itself."""
    if operation.made_of:
        return all([_plain(part) for part in operation.made_of])
    return operation.kind in PLAIN


def _freed(boxes):
    """{box: bytes} of what it keeps and nothing older does. ``boxes`` come oldest first."""
    held = set()
    freed = {}
    for box in boxes:
        memory = box.memory
        freed[box] = sum([size for key, size in memory.items() if key not in held])
        held.update(memory)
    return freed
