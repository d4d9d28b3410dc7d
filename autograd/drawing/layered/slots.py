"""The plain data of a level while it is laid out: things and wires, the slots that stand in ranks, and their links.

Everything is measured *along* the way of the values and *across* it; ``layered`` turns that into x and y.
"""

LABEL = 4.0
"""A label stands so far beside its wire."""


class Thing:
    """What stands somewhere: a box, a folded frame with all that is in it, a port of the frame around, or its title.

    kind   : "box", "frame", "in" (where a wire enters the frame around), "out" (where one leaves it) or "title"
    across, along : its size
    core   : (where its middle is across from that of the whole, across, along) of the box that the wires meet, where
        others stand beside it
    ports  : of a frame {(kind, wire's outer end): how far across from its middle the wire meets its edge}
    at     : (across, along) of its middle, once it is placed
    """

    __slots__ = ("across", "along", "at", "core", "key", "kind", "ports")

    def __init__(self, key, kind, across, along, core=None):
        self.key, self.kind = key, kind
        self.at = (0.0, 0.0)
        self.ports = {}
        self.resize(across, along, core)

    def resize(self, across, along, core=None):
        self.across, self.along = across, along
        self.core = core or (0.0, across, along)


class Wire:
    """The way from one thing to another on one level.

    label  : (across, along) of the room that its label takes, or None
    tail_at, head_at : where it meets a frame, as ``ports`` has it; at a box it is free
    points : the way once it is found: its beginning, then three points for each curve
    label_at : (across, along) of the middle of its label
    """

    __slots__ = ("head", "head_at", "label", "label_at", "points", "tail", "tail_at")

    def __init__(self, tail, head, label=None, tail_at=0.0, head_at=0.0):
        self.tail, self.head, self.label = tail, head, label
        self.tail_at, self.head_at = tail_at, head_at
        self.points, self.label_at = [], None


class Slot:
    """A place in a rank: of a thing, of a label, or of a wire that only passes (``thing`` is None).

    place : how many slots of its rank stand before it
    at    : where its middle is, across
    """

    __slots__ = ("across", "along", "at", "down", "label", "place", "rank", "thing", "up")

    def __init__(self, rank, across, along, thing=None, label=False):
        self.rank, self.across, self.along, self.thing, self.label = rank, across, along, thing, label
        self.place, self.at = 0, 0.0
        self.up, self.down = [], []

    @property
    def kind(self):
        """That of its thing, or None."""
        return self.thing.kind if self.thing is not None else None

    @property
    def passes(self):
        return self.thing is None and not self.label


class Link:
    """The part of a wire between two ranks, or of several from one place.

    top_at, bottom_at : where it meets the slots, across from their middles
    """

    __slots__ = ("bottom", "bottom_at", "top", "top_at")

    def __init__(self, top, bottom, top_at=0.0, bottom_at=0.0):
        self.top, self.bottom = top, bottom
        self.top_at, self.bottom_at = top_at, bottom_at
        top.down.append(self)
        bottom.up.append(self)

    @property
    def pull(self):
        """How strongly its ends are drawn below each other: wires that pass most, then what has no other wire there."""
        passing = self.top.passes + self.bottom.passes
        return (
            8.0 if passing == 2 else 4.0 if len(self.top.down) == len(self.bottom.up) == 1 else 2.0 if passing else 1.0
        )
