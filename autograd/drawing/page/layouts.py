"""Where everything stands: the graph laid out once for each depth to which modules are unfolded."""

import unicodedata
from math import prod

from ..layered import layered
from ..text import clean

MOST = 600
"""Deeper layouts than the first are made as long as they show no more boxes than this."""

LIMIT = 1000
"""Beyond so many boxes in the most folded layout no page is made."""

NARROW, WIDE = set("iljtf.,:;'|!()[]{}/ I"), set("mwMW@%—…")


class Module:
    """A frame of the graph, which the page can fold.

    key   : "m0", "m1", …
    path  : its (name, run) pairs
    boxes : how many boxes stand in it, at any depth
    """

    __slots__ = ("boxes", "key", "outputs", "parameters", "path")

    def __init__(self, key, path):
        self.key, self.path = key, path
        self.boxes = 0
        self.parameters = 0
        self.outputs = []

    @property
    def name(self):
        name, run = clean(self.path[-1][0], 40), self.path[-1][1]
        return f"{name}, run {run}" if run > 1 else name

    @property
    def size(self):
        """[width, height] of the box that it folds to."""
        return [int(min(max(text_width(self.name, 13) + 52, 168), 300)), 56]


def modules_of(graph):
    """{path: Module} of every frame in the graph, in order of first appearance."""
    modules = {}
    for box in graph.boxes:
        for depth in range(1, len(box.frame) + 1):
            path = box.frame[:depth]
            if path not in modules:
                modules[path] = Module(f"m{len(modules)}", path)
            module = modules[path]
            if box.role in ("operation", "output"):
                module.boxes += 1
            if box.role == "parameter" and box.like is not None:
                module.parameters += prod(box.like[0])
    for edge in graph.edges:
        for depth in range(1, len(edge.tail.frame) + 1):
            path = edge.tail.frame[:depth]
            if edge.head.frame[:depth] != path and edge.tail not in modules[path].outputs:
                modules[path].outputs.append(edge.tail)
    return modules


def layouts(graph, modules, sizes, hidden, rankdir):
    """One dict for JSON for each depth, the most folded first: where boxes, modules and arrows are.

    sizes  : {key: (width, height)} of boxes and of folded modules, in pixels
    hidden : boxes that the picture leaves out
    """
    deepest = max([len(box.frame) for box in graph.boxes], default=0)
    made = []
    for depth in range(deepest + 1):
        shown = {_seen(box, depth, modules) for box in graph.boxes if box not in hidden}
        if made and len(shown) > MOST:
            break
        if len(shown) > LIMIT:
            raise too_large(len(shown))
        made.append(_laid_out(graph, depth, modules, sizes, hidden, rankdir))
    return made


def too_large(count):
    """The error that says so."""
    return ValueError(
        "export: the graph is too large for a page that one steps through\n"
        f"  boxes in its picture with all modules folded: {count}\n"
        "  record a smaller part of it on a tape of its own; .export(path) with .svg or .pdf draws any size"
    )


def _seen(box, depth, modules):
    """The key of the box, or of the folded module that it is in."""
    return box.key if len(box.frame) <= depth else modules[box.frame[: depth + 1]].key


def _laid_out(graph, depth, modules, sizes, hidden, rankdir):
    """{depth, size, boxes: {key: [x, y]}, modules: {key: [x, y, w, h]}, arrows: [[tail, head, path]]} for one depth.

    Boxes are given by their middles; y grows downwards, as on the screen. A path is the numbers of an SVG path: its
    start, then three points for each curve.
    """
    boxes, frames, arrows = {}, {}, {}
    for box in graph.boxes:
        if box in hidden:
            continue
        key, path = _seen(box, depth, modules), box.frame[:depth]
        boxes[key] = (*sizes[key], path)
        for end in range(1, len(path) + 1):
            frames[path[:end]] = (text_width(modules[path[:end]].name, 12) + 40, 18)
    for edge in graph.edges:
        tail, head = _seen(edge.tail, depth, modules), _seen(edge.head, depth, modules)
        if tail != head and edge.tail not in hidden:
            arrows[tail, head] = None
    where = layered(boxes, [(tail, head, None) for tail, head in arrows], frames, rankdir)
    return {
        "depth": depth,
        "size": [_r(one) for one in where.size],
        "boxes": {key: [_r(x), _r(y)] for key, (x, y) in where.boxes.items()},
        "modules": {modules[path].key: [_r(one) for one in place] for path, place in where.frames.items()},
        "arrows": [
            [tail, head, [_r(one) for point in way for one in point]]
            for (tail, head), way in zip(arrows, where.ways, strict=True)
        ],
    }


def _r(x):
    return int(x + 0.5) if x >= 0 else -int(0.5 - x)


def text_width(text, size):
    """About how wide a text is in a sans-serif font of that size, rather too wide than too narrow.

    A browser writes it as wide as its font makes it, where ``markup`` has an SVG stretch it to what was measured.
    """
    width = 0
    for char in text:
        if char in NARROW:
            width += 0.36
        elif char in WIDE or char.isupper():
            width += 0.8
        else:
            width += 1.05 if unicodedata.east_asian_width(char) in "WF" else 0.6
    return width * size
