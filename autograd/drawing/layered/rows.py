"""Boxes beside others: what only one box takes, such as a layer's weight, stands in a row with it, and the way of the
values stays straight."""

from .slots import Thing

APART = 20.0
"""Room between two boxes of a row, for the arrow."""


class Rows:
    """The rows of a graph.

    of     : {key of a box that others stand beside: [key, …], the row with the box itself in it}
    hidden : the keys of all others in rows
    sizes  : {key: (across, along)}
    """

    def __init__(self, sizes):
        self.sizes, self.of, self.hidden = sizes, {}, set()

    def thing(self, key, across, along):
        """What stands for a box, and for all that is in a row with it."""
        row = self.of.get(key)
        if row is None:
            return Thing(key, "box", across, along)
        widths = [self.sizes[one][0] for one in row]
        whole = sum(widths) + APART * (len(row) - 1)
        before = row.index(key)
        middle = sum(widths[:before]) + APART * before + across / 2 - whole / 2
        return Thing(key, "box", whole, max([self.sizes[one][1] for one in row]), (middle, across, along))

    def places(self, thing):
        """[(key, (across, along) of its middle)] of all that a thing stands for."""
        row = self.of.get(thing.key, [thing.key])
        at, found = thing.at[0] - thing.across / 2, []
        for key in row:
            across = self.sizes[key][0]
            found.append((key, (at + across / 2, thing.at[1])))
            at += across + APART
        return found

    def way(self, edge, places, boxes, sideways):
        """The points of an edge between neighbours in a row."""
        axis = 1 if sideways else 0
        tail, head = edge[:2]
        a, b = places[tail], places[head]
        sign = 1 if b[axis] > a[axis] else -1
        start, end = list(a), list(b)
        start[axis] += sign * boxes[tail][axis] / 2
        end[axis] -= sign * boxes[head][axis] / 2
        return [
            tuple(start),
            *[tuple([s + (e - s) * t for s, e in zip(start, end, strict=True)]) for t in (1 / 3, 2 / 3)],
            tuple(end),
        ]


def rows_beside(boxes, edges, beside, turned):
    """The Rows that the edges in ``beside`` ({number: whether the tail stands before}) ask for."""
    rows = Rows({key: turned(width, height) for key, (width, height, _) in boxes.items()})
    into = {}
    for number, before in beside.items():
        tail, head = edges[number][:2]
        into.setdefault(head, []).append((tail, before))
        rows.hidden.add(tail)
    for head, tails in into.items():
        if head in rows.hidden:
            continue
        row = [head]
        for tail, before in tails:
            while tail is not None:
                row.insert(0 if before else len(row), tail)
                tail = into[tail][0][0] if tail in into else None
        rows.of[head] = row
    return rows
