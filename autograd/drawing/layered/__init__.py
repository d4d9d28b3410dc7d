"""A layered layout of our own: where boxes, frames and arrows stand, without Graphviz.

``layered(boxes, edges, frames)`` puts every box in a rank after all that it is made from (``ranks``), orders each rank
so that few arrows cross (``order``), places them as straight below each other as that allows (``coordinates``), and
finds ways for the arrows that meet no box and no label but their own (``routes``). What is longer than a page is laid
in bands side by side. A frame is laid out by itself and stands in the one around it as a box does; an arrow enters and
leaves it through a port. Nothing recurses.
"""

from .order import ordered
from .ranks import slots_of
from .routes import laid_out
from .rows import rows_beside
from .slots import Thing, Wire

PAGE = 1400.0, 1000.0
"""A picture stays within that width and height where it can."""

MARGIN = 12.0
"""Room between a frame and what is in it."""


class Layout:
    """Where everything is, in pixels from the top left.

    size   : (width, height)
    boxes  : {key: (x, y) of its middle}
    frames : {path: (x, y, width, height)}
    ways   : for each edge its points: the beginning, then three for each curve
    labels : for each edge the (x, y) of its label's middle, or None
    """

    __slots__ = ("boxes", "frames", "labels", "size", "ways")

    def __init__(self):
        self.size = 0.0, 0.0
        self.boxes, self.frames, self.ways, self.labels = {}, {}, [], []


def layered(boxes, edges, frames=(), rankdir="TB", page=PAGE, beside=()):
    """The Layout of a graph.

    boxes   : {key: (width, height, path of the frame that it stands in)}
    edges   : [(tail, head, (width, height) of a label or None)]
    frames  : {path: (width, height) of its title}; a path is a tuple, that of the whole is (). A frame which a way
        leaves and comes back to is left out.
    rankdir : which way the arrows go, "TB", "LR", "BT" or "RL"
    page    : (width, height) within which to stay where that can be
    beside  : {number of an edge: whether its tail stands before its head, and not behind it}, of edges that run across:
        their tails have no other edge but one such, and there is one on each side of a box at most
    """
    sideways = rankdir in ("LR", "RL")
    turned = (lambda w, h: (h, w)) if sideways else (lambda w, h: (w, h))
    beside = {i: before for i, before in dict(beside).items() if boxes[edges[i][0]][2] == boxes[edges[i][1]][2]}
    rows = rows_beside(boxes, edges, beside, turned)
    lone = {key: box for key, box in boxes.items() if key not in rows.hidden}
    wired = [None if i in beside else edge for i, edge in enumerate(edges)]
    levels = _levels(_open(lone, [edge for edge in wired if edge]), wired, dict(frames), turned, rows)
    whole = levels[()]
    for level in sorted(levels.values(), key=lambda level: -len(level.path)):
        level.connect()
        level.lay_out(turned(*page), sideways)
    found = Layout()
    along = whole.along
    place = {
        "TB": lambda a, b: (a, b),
        "BT": lambda a, b: (a, along - b),
        "LR": lambda a, b: (b, a),
        "RL": lambda a, b: (along - b, a),
    }[rankdir]
    found.size = turned(whole.across, whole.along)
    for level in sorted(levels.values(), key=lambda level: len(level.path)):
        if level.path:
            level.origin = levels[level.path[:-1]].corner(level.thing)
            corners = [place(*level.origin), place(level.origin[0] + level.across, level.origin[1] + level.along)]
            (x0, x1), (y0, y1) = (sorted(pair) for pair in zip(*corners, strict=True))
            found.frames[level.path] = (x0, y0, x1 - x0, y1 - y0)
        for thing in level.things.values():
            if thing.kind == "box":
                for key, at in rows.places(thing):
                    found.boxes[key] = place(*level.absolute(at))
    for number, parts in enumerate(whole.parts):
        if parts is None:
            found.ways.append(rows.way(edges[number], found.boxes, boxes, sideways))
            found.labels.append(None)
            continue
        points, label = [], None
        for path, key in parts:
            level = levels[path]
            wire = level.wires[key]
            way = [level.absolute(point) for point in level.whole_way(wire)]
            points += way if not points else way[1:]
            label = level.absolute(wire.label_at) if wire.label_at else label
        found.ways.append([place(*point) for point in points])
        found.labels.append(place(*label) if label else None)
    return found


class Level:
    """What stands directly in one frame, and the wires between these things.

    things : {key: Thing}; those of frames have their paths as keys, ports ("in" or "out", key of the tail)
    wires  : {(key of a thing, key of a thing, what tells several apart): Wire}
    thing  : what stands for this level in the one around it
    parts  : of the whole, for each edge [(path of a level, key of a wire)], from tail to head
    """

    def __init__(self, path, title):
        self.path, self.title = path, title
        self.things, self.wanted, self.wires = {}, {}, {}
        self.thing, self.parts, self.origin = None, [], (0.0, 0.0)
        self.across = self.along = 0.0
        self.shift = 0.0, 0.0

    def want(self, tail, head, label=None, which=None):
        """Note that there is to be a wire between two things, given by their keys; the key of the wire."""
        key = (tail, head, which)
        self.wanted.setdefault(key, label)
        return key

    def port(self, kind, tail):
        key = (kind, tail)
        if key not in self.things:
            self.things[key] = Thing(key, kind, 1.0, 1.0)
        return key

    def connect(self):
        """Make the wires, now that the frames inside are laid out and their ports known."""
        for key, label in self.wanted.items():
            (tail, tail_port), (head, head_port), _ = key
            a, b = self.things[tail], self.things[head]
            self.wires[key] = Wire(a, b, label, a.ports.get(tail_port, 0.0), b.ports.get(head_port, 0.0))

    def lay_out(self, page, sideways):
        title = None
        if self.path and self.title and not sideways:
            title = Thing("title", "title", *self.title)
        things = [*([title] if title else []), *self.things.values()]
        ranks, chains = slots_of(things, list(self.wires.values()))
        ordered(ranks)
        across, along = laid_out(ranks, chains, page)
        if not self.path:
            self.across, self.along = across, along
            return
        low = high = MARGIN
        if sideways and self.title:
            low += self.title[0]
            along = max(along, self.title[1])
        top = MARGIN / 2 if title else MARGIN
        self.shift = low, top
        self.across, self.along = across + low + high, along + top + MARGIN
        self.thing.resize(self.across, self.along)
        for key, one in self.things.items():
            if one.kind in ("in", "out"):
                self.thing.ports[key] = one.at[0] + low - self.across / 2

    def corner(self, thing):
        """Where a thing of this level begins."""
        across, along = self.absolute(thing.at)
        return across - thing.across / 2, along - thing.along / 2

    def absolute(self, point):
        return self.origin[0] + self.shift[0] + point[0], self.origin[1] + self.shift[1] + point[1]

    def whole_way(self, wire):
        """The points of a wire, from the edge of the frame and to it where it ends in a port."""
        points = wire.points
        if wire.tail.kind == "in":
            points = [
                (points[0][0], -self.shift[1]),
                *_straight((points[0][0], -self.shift[1]), points[0]),
                *points[1:],
            ]
        if wire.head.kind == "out":
            end = (points[-1][0], self.along - self.shift[1])
            points = [*points, *_straight(points[-1], end)]
        return points


def _straight(start, end):
    return [start, end, end]


def _levels(boxes, edges, frames, turned, rows):
    """{path: Level}, with what stands in each and the wires that there are to be."""
    levels = {(): Level((), None)}
    for key, (width, height, path) in boxes.items():
        for depth in range(1, len(path) + 1):
            inner = path[:depth]
            if inner not in levels:
                level = levels[inner] = Level(inner, turned(*frames[inner]) if inner in frames else None)
                level.thing = levels[inner[:-1]].things[inner] = Thing(inner, "frame", 0.0, 0.0)
        levels[path].things[key] = rows.thing(key, *turned(width, height))
    for number, edge in enumerate(edges):
        if edge is None:
            levels[()].parts.append(None)
            continue
        tail, head, label = edge
        label = turned(*label) if label else None
        levels[()].parts.append(_parts(levels, boxes, tail, head, label, number))
    return levels


def _parts(levels, boxes, tail, head, label, number):
    """[(path of a level, key of a wire)] of an edge, from its tail to its head; the last one has its label."""
    out, into = boxes[tail][2], boxes[head][2]
    shared = 0
    while shared < min(len(out), len(into)) and out[shared] == into[shared]:
        shared += 1
    at, parts = (tail, None), []
    for depth in range(len(out), shared, -1):
        level = levels[out[:depth]]
        port = level.port("out", tail)
        parts.append((level.path, level.want(at, (port, None))))
        at = (out[:depth], port)
    for depth in range(shared, len(into) + 1):
        level = levels[into[:depth]]
        if depth == len(into):
            parts.append((level.path, level.want(at, (head, None), label, number)))
            break
        inner = into[: depth + 1]
        port = levels[inner].port("in", tail)
        parts.append((level.path, level.want(at, (inner, port))))
        at = (port, None)
    return parts


def _open(boxes, edges):
    """The boxes without the frames that stand in the way: where what is between two boxes of a frame is outside it."""
    while True:
        circle = _frame_in_a_circle(boxes, edges)
        if circle is None:
            return boxes
        end = len(circle)
        boxes = {
            key: (width, height, (*path[: end - 1], *path[end:]) if path[:end] == circle else path)
            for key, (width, height, path) in boxes.items()
        }


def _frame_in_a_circle(boxes, edges):
    """The path of a frame from which a way leads back to it, or None."""
    below, missing = {}, {}
    for _, _, path in boxes.values():
        for depth in range(1, len(path) + 1):
            missing.setdefault(path[:depth], 0)
    for tail, head, *_ in edges:
        out, into = boxes[tail][2], boxes[head][2]
        depth = 0
        while depth < min(len(out), len(into)) and out[depth] == into[depth]:
            depth += 1
        a = out[: depth + 1] if depth < len(out) else tail
        b = into[: depth + 1] if depth < len(into) else head
        below.setdefault(a, []).append(b)
        missing[b] = missing.get(b, 0) + 1
        missing.setdefault(a, 0)
    ready = [one for one, count in missing.items() if not count]
    for one in ready:  # the list grows while it is read
        for other in below.get(one, ()):
            missing[other] -= 1
            if not missing[other]:
                ready.append(other)
    return next((one for one, count in missing.items() if count and isinstance(one, tuple)), None)
