"""Fewer boxes where there are no modules: what one line of the program recorded in one go becomes one box."""

from itertools import groupby

from ...taped.naming import source_text
from ..boxes import Box
from .joining import Folded, is_source, joined, result_of, take_result, what

FEWEST = 3
"""So many leaves and constants that go into the same boxes are one box too."""


def fold_lines(graph):
    """The Graph with a box for each line of the program, called what the line assigns; else as the line stands there.

    Leaves and constants that go into the very same boxes are one box as well.
    """
    place = {box: box for box in graph.boxes}
    row = [box for box in graph.boxes if not is_source(box)]
    for number, (_, group) in enumerate(groupby(row, key=_line_of)):
        boxes = list(group)
        if len(boxes) > 1:
            one = _line_box(graph, boxes, f"l{number}")
            place.update(dict.fromkeys(boxes, one))
    return joined(graph, place | _sources(graph, place))


def _line_of(box):
    return (box.where, box.frame) if box.where and box.folded is None else box


def _line_box(graph, boxes, key):
    result = result_of(graph, boxes)
    text = source_text(boxes[0].where)
    assigned, equals, rest = text.partition(" = ")
    box = Box("module", result.called or text)
    box.key = key
    box.frame, box.scope = boxes[0].frame, boxes[0].scope
    kind = f"= {rest}" if equals and assigned == result.name else text if result.called else None
    box.folded = Folded(boxes, (box.name,), kind)
    take_result(box, result)
    return box


def _sources(graph, place):
    """{source: the box that it is folded into} of those without a name: one for several that go into the same boxes."""
    heads = {}
    for edge in graph.edges:
        if is_source(edge.tail) and edge.tail.name is None:
            heads.setdefault(edge.tail, set()).add(place[edge.head])
    found, groups = {}, {}
    for box in graph.boxes:
        if box not in heads:
            continue
        (one, *more) = heads[box]
        if box.role == "constant" and not more and one.role == "module":
            found[box] = one  # the line says it
        else:
            groups.setdefault((box.frame, frozenset(heads[box])), []).append(box)
    for boxes in groups.values():
        if len(boxes) >= FEWEST:
            one = Box("skipped", what(boxes))
            one.key = f"g{boxes[0].key}"
            one.frame, one.scope = boxes[0].frame, boxes[0].scope
            one.folded = Folded(boxes)
            found.update(dict.fromkeys(boxes, one))
    return found
