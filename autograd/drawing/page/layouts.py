"""Where everything stands: the graph laid out by Graphviz once for each depth to which modules are unfolded.

Graphviz is given boxes of fixed sizes without a word in them; the page writes the words.
"""

import json
import unicodedata
from math import prod

from ..layout import layout
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
        source = _source(graph, depth, modules, sizes, hidden, rankdir)
        made.append(_positions(json.loads(layout(source, "json0")), depth))
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


# -- to Graphviz and back ------------------------------------------------------------------------


def _source(graph, depth, modules, sizes, hidden, rankdir):
    lines = [
        f"digraph page {{\n\tgraph [rankdir={rankdir}, nodesep=0.2, ranksep=0.4, pad=0]\n"
        '\tnode [shape=box, fixedsize=true, label=""]\n\tedge [arrowsize=0.6]\n'
    ]
    members, children = {(): []}, {(): []}
    seen = {}
    for box in graph.boxes:
        if box in hidden:
            continue
        key = _seen(box, depth, modules)
        if key in seen:
            continue
        path = seen[key] = box.frame[:depth]
        missing = []
        while path not in members:
            missing.append(path)
            path = path[:-1]
        for path in reversed(missing):
            members[path], children[path] = [], []
            children[path[:-1]].append(path)
        members[seen[key]].append(key)
    todo = [()]
    while todo:
        path = todo.pop()
        if path is None:
            lines.append("\t}\n")
            continue
        if path:
            module = modules[path]
            width = text_width(module.name, 12) + 40
            lines.append(
                f'\tsubgraph cluster_{module.key} {{\n\t\tgraph [margin=12, label=<<TABLE BORDER="0" FIXEDSIZE="TRUE" '
                f'WIDTH="{width:.0f}" HEIGHT="16"><TR><TD></TD></TR></TABLE>>, labeljust=l]\n'
            )
            todo.append(None)
        for key in members[path]:
            width, height = sizes[key]
            lines.append(f"\t{key} [width={width / 72:.3f}, height={height / 72:.3f}]\n")
        todo.extend(reversed(children[path]))
    arrows = {}
    for edge in graph.edges:
        tail, head = _seen(edge.tail, depth, modules), _seen(edge.head, depth, modules)
        if tail != head and edge.tail not in hidden:
            arrows[tail, head] = None
    lines += [f"\t{tail} -> {head}\n" for tail, head in arrows]
    return "".join(lines) + "}\n"


def _positions(laid, depth):
    """Graphviz's answer as {size, boxes: {key: [x, y]}, modules: {key: [x, y, w, h]}, arrows: [[tail, head, path]]}.

    Boxes are given by their middles; y grows downwards, as on the screen.
    """
    _, _, width, height = _numbers(laid["bb"])
    names, boxes, frames = {}, {}, {}
    for one in laid.get("objects", ()):
        names[one["_gvid"]] = one["name"]
        if one["name"].startswith("cluster_"):
            x0, y0, x1, y1 = _numbers(one["bb"])
            frames[one["name"].removeprefix("cluster_")] = [_r(x0), _r(height - y1), _r(x1 - x0), _r(y1 - y0)]
        elif "pos" in one:
            x, y = _numbers(one["pos"])
            boxes[one["name"]] = [_r(x), _r(height - y)]
    arrows = [
        [names[one["tail"]], names[one["head"]], _path(one["pos"], height)]
        for one in laid.get("edges", ())
        if "pos" in one
    ]
    return {"depth": depth, "size": [_r(width), _r(height)], "boxes": boxes, "modules": frames, "arrows": arrows}


def _path(text, height):
    """Graphviz's spline as the numbers of an SVG path: start, then three points for each curve, then the tip."""
    tip, points = None, []
    for part in text.split():
        if part[0] in "es":
            tip = _numbers(part[2:]) if part[0] == "e" else tip
        else:
            points.append(_numbers(part))
    if tip is not None:
        points.append(tip)
    return [one for x, y in points for one in (_r(x), _r(height - y))]


def _numbers(text):
    return [float(one) for one in text.split(",")]


def _r(x):
    return int(x + 0.5) if x >= 0 else -int(0.5 - x)


def text_width(text, size):
    """About how wide a text is in a sans-serif font of that size, rather too wide than too narrow."""
    width = 0
    for char in text:
        if char in NARROW:
            width += 0.36
        elif char in WIDE or char.isupper():
            width += 0.8
        else:
            width += 1.05 if unicodedata.east_asian_width(char) in "WF" else 0.6
    return width * size
