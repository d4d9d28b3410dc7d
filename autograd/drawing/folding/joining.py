"""Several boxes in the place of one: what such a box stands for, and the Graph with it."""

from collections import Counter
from math import prod

from ..boxes import Edge, Graph
from ..text import count_of

SOURCES = ("leaf", "parameter", "constant")


class Folded:
    """What a box stands for that several were folded into.

    boxes      : these boxes
    path       : the names of the module, outermost first; () of a part that is left out
    kind       : the module's class, or None where not known
    count      : how many modules in a row, or runs of the same one, were folded into the box
    last       : the path of the last of them
    operations : how many each of them has; ``operation`` is the declaration if it is only one
    parameters : how many numbers the parameters of each of them hold
    output     : whether one of the boxes is an output
    """

    __slots__ = ("boxes", "count", "kind", "last", "operation", "operations", "output", "parameters", "path")

    def __init__(self, boxes, path=(), kind=None):
        self.boxes = boxes
        self.path = self.last = path
        self.kind = kind
        self.count = 1
        made = [box for box in boxes if box.operation is not None]
        inner = [box.folded for box in boxes if box.folded is not None]
        self.operations = len(made) + sum(one.operations * one.count for one in inner)
        self.operation = made[0].operation if len(made) == 1 == self.operations else None
        self.output = any(box.role == "output" for box in boxes) or any(one.output for one in inner)
        self.parameters = sum(size_of(box) for box in boxes if box.role == "parameter")

    @property
    def memory(self):
        """As ``Box.memory``, of all the boxes."""
        memory = {}
        for box in self.boxes:
            memory.update(box.memory)
        return memory


def size_of(box):
    """How many entries the value of a box has."""
    return prod(box.like[0]) if box.like is not None else 1


def is_source(box):
    return box.role in SOURCES or (box.role == "gone" and box.operation is None)


def result_of(graph, boxes):
    """The box whose value leaves the group: the last one used outside of it, or an output."""
    inside = set(boxes)
    used_outside = {edge.tail for edge in graph.edges if edge.tail in inside and edge.head not in inside}
    results = [box for box in boxes if (box in used_outside or box.role == "output") and box.role not in SOURCES]
    return (results or boxes)[-1]


def take_result(box, result):
    box.value, box.gradient, box.like, box.where = result.value, result.gradient, result.like, result.where


def joined(graph, place):
    """The Graph in which every box stands at ``place[box]``; a group where its first operation was."""
    at = {}
    for i, box in enumerate(graph.boxes):
        unit = place.get(box)
        if unit is not None and (unit not in at or (box.role not in SOURCES and at[unit][0])):
            at[unit] = (box.role in SOURCES, i)
    drawn = Graph(graph.kinds)
    drawn.notes = list(graph.notes)
    for unit in sorted(at, key=lambda unit: at[unit][1]):
        drawn.add(unit)
    merged = {}
    for edge in graph.edges:
        tail, head = place.get(edge.tail), place.get(edge.head)
        if tail is None or head is None or tail is head:
            continue
        if not at[tail][0] and at[tail] > at[head]:  # from one copy to the next
            continue
        if tail is edge.tail and head is edge.head:
            drawn.join(edge)
            continue
        key = (tail, head, edge.like and edge.like[0])
        if key not in merged:
            merged[key] = one = Edge(tail, head, edge.argument if head is edge.head else "", edge.position)
            one.like, one.carries, one.parts = edge.like, edge.carries, list(edge.parts)
            drawn.join(one)
        else:
            one = merged[key]
            one.carries |= edge.carries
            one.parts.extend(edge.parts)
    return drawn


def what(boxes):
    """ "9,980 operations and 40 leaves"."""
    counts = Counter()
    for box in boxes:
        if box.folded is not None:
            counts["operation"] += box.folded.operations * box.folded.count
        else:
            counts["operation" if box.operation is not None else box.role] += 1
    order = ("operation", "parameter", "leaf", "constant", "detached", "gone")
    words = {"leaf": "leaves", "detached": "detached values", "gone": "lost parts"}
    return " and ".join(count_of(counts[role], role, words.get(role)) for role in order if counts[role])
