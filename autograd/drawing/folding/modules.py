"""Modules as one box each, from some depth on."""

from collections import Counter

from ..boxes import Box
from .joining import Folded, is_source, joined, result_of, take_result


def fold_modules(graph, depth):
    """The Graph with each module at that depth as one box.

    So is every module less deep that has only one operation, which its box can name.
    """
    inside = Counter()
    for box in graph.boxes:
        if not is_source(box):
            inside.update([box.frame[:end] for end in range(1, min(len(box.frame), depth) + 1)])
    unit_of, members = {}, {}
    for box in graph.boxes:
        unit = box
        single = [end for end in range(1, min(len(box.frame), depth) + 1) if inside[box.frame[:end]] == 1]
        if single:
            unit = box.frame[: single[0]]
        elif len(box.frame) > depth:
            unit = box.frame[: depth + 1]
        unit_of[box] = unit
        members.setdefault(unit, []).append(box)
    folded = {}
    for unit, boxes in members.items():
        if isinstance(unit, tuple):
            folded[unit] = _module_box(graph, unit, boxes, f"m{len(folded)}")
    return joined(graph, {box: folded.get(unit, unit) for box, unit in unit_of.items()})


def _module_box(graph, frame, boxes, key):
    path = tuple([name for name, _ in frame])
    box = Box("module", ".".join(path[1:]) or path[0])
    box.key = key
    box.frame, box.scope = frame[:-1], path[:-1]
    box.folded = Folded(boxes, path, graph.kinds.get(path))
    take_result(box, result_of(graph, boxes))
    return box


def size_at(graph, depth):
    """How many boxes are left with modules folded at that depth."""
    if depth is None:
        return len(graph.boxes)
    folded = [box.frame for box in graph.boxes if len(box.frame) > depth]
    return len(graph.boxes) - len(folded) + len({frame[: depth + 1] for frame in folded})


def depth_within(graph, limit):
    """The largest depth at which no more than ``limit`` boxes are left, or 0."""
    low, high = 0, max(len(box.frame) for box in graph.boxes)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if size_at(graph, middle) <= limit else (low, middle)
    return low
