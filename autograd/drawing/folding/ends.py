"""The middle of a long graph left out."""

from ..boxes import Box
from .joining import Folded, is_source, joined, what

ENDS = 10
"""So many operations stay at each end of a graph that is cut."""


def leave_out(graph, ends):
    """The Graph with only ``ends`` operations at each end, and one box for all between.

    Of what only one operation uses, no more than twice as many are left.
    """
    row = [box for box in graph.boxes if not is_source(box)]
    middle = set(row[ends:-ends])
    heads = {}
    for edge in graph.edges:
        heads.setdefault(edge.tail, []).append(edge.head)
    many = {}  # the sources that only one box uses, by that box
    for box in graph.boxes:
        users = heads.get(box, ())
        if is_source(box) and users:
            if middle.issuperset(users):
                middle.add(box)
            elif len(set(users)) == 1:
                many.setdefault(users[0], []).append(box)
    groups = [middle] if len(middle) > 1 else []
    groups += [set(boxes[ends:-ends]) for boxes in many.values() if len(boxes) > 2 * ends + 1]
    place = {box: box for box in graph.boxes}
    for number, group in enumerate(groups):
        boxes = [box for box in graph.boxes if box in group]
        stub = Box("skipped", what(boxes))
        stub.key = f"s{number}"
        stub.folded = Folded(boxes)
        for box in boxes:
            place[box] = stub
    return joined(graph, place)
