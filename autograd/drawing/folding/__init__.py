"""Fewer boxes: modules folded to one box each, repeated layers to one with a count, long chains cut.

``fold(graph, depth=1)`` is what ``draw(..., depth=1)`` shows. The result is a Graph again. Boxes that are not folded
are the very same ones, and everything keeps the order of recording. ``modules`` folds modules, ``repeats`` those that
follow each other alike, ``lines`` what each line of the program recorded, and ``ends`` leaves the middle out.
"""

from .ends import ENDS, leave_out
from .lines import fold_lines
from .modules import depth_within, fold_modules, size_at
from .repeats import fold_repeats


def fold(graph, depth=None, limit=None):
    """The Graph with fewer boxes.

    depth : modules this deep are folded: 0 leaves a box for each outermost module, 1 one for each of
        its parts. None folds none.
    limit : with more boxes than that, modules are folded less deep, then what each line of the program recorded, and
        where that is not enough the middle of the graph is left out. ``notes`` of the result say so.
    """
    whole, asked = len(graph.boxes), depth
    if limit is not None and size_at(graph, depth) > limit and any(box.frame for box in graph.boxes):
        depth = depth_within(graph, limit)
    drawn = graph
    if depth is not None:
        drawn = fold_repeats(fold_modules(graph, depth))
    remarks = [] if depth == asked else [f"modules folded at depth {depth}"]
    if limit is not None and len(drawn.boxes) > limit and any(box.where for box in drawn.boxes):
        drawn = fold_lines(drawn)
        remarks.append("each line of the program folded")
    if limit is not None and len(drawn.boxes) > limit:
        before = set(drawn.boxes)
        drawn = leave_out(drawn, max(1, min(ENDS, limit // 8)))
        left_out = [box.name for box in drawn.boxes if box.role == "skipped" and box not in before]
        if left_out:
            remarks.append(f"{', '.join(left_out)} left out")
    if remarks:
        drawn.notes.append(f"{whole:,} boxes are more than the limit of {limit:,}: {', '.join(remarks)}")
    return drawn
