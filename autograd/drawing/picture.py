"""What a picture of a Graph shows, before anything is placed: shapes, the frames of modules, and arrows.

``dot`` writes it as Graphviz source, ``svg`` as a picture laid out by ourselves. What is written in a shape is in
``labels``, how each kind looks in ``style``.
"""

from collections import Counter
from math import prod

import numpy as np

from .formulas import plain
from .labels import TABLE, bold, html, infix, inline, label, name_of, side, tooltip
from .shades import Shades
from .style import FAINT, GRADIENT, GRADIENT_LINE, LABEL_FILL, LINE, SHOWN, STYLE
from .text import FEW, MINUS, clean, digits, entries, extent

COMMUTATIVE = "+×"


class Shape:
    """A box as it is drawn: its label, {attribute: value} of its look, and what a pointer held over it shows."""

    __slots__ = ("box", "key", "label", "look", "path", "tooltip")

    def __init__(self, box, label, look, tooltip):
        self.box, self.key, self.path = box, box.key, box.frame
        self.label, self.look, self.tooltip = label, look, tooltip


class Frame:
    """A module as it is drawn: its label, and what a pointer held over it shows."""

    __slots__ = ("label", "path", "tooltip", "width")

    def __init__(self, path, label, width):
        self.path, self.label, self.width = path, label, width
        self.tooltip = clean(".".join([name for name, _ in path]), 200)


class Arrow:
    """An edge as it is drawn.

    label  : what stands beside it, or None
    beside : "before" or "behind" where the tail stands beside the head, and not before it
    line   : "", "dashed" or "dotted"; colours: one, or two that run beside each other, or none for the usual one
    heads  : whether it has a head at its tail, and at its head; "tee" in place of a head is a bar
    straight : whether it is on the way from input to output, which is to be straight
    """

    __slots__ = ("beside", "colours", "head", "heads", "label", "line", "straight", "tail", "tooltip")

    def __init__(self, edge):
        self.tail, self.head = edge.tail.key, edge.head.key
        self.label = self.tooltip = self.beside = None
        self.line, self.colours, self.heads = "", (), (False, True)
        self.straight = False


class Picture:
    """What is drawn of a Graph.

    shapes, arrows : in the order of recording
    frames  : {path: Frame}, in the order of their first shapes
    rankdir : where the values flow; sideways: to the left or the right
    notes   : sentences below
    """

    def __init__(self, graph, rankdir=None, show=SHOWN, direction="forward", colour="kind", blank=()):
        inlined = _inlined(graph)
        framed = any(box.frame or box.role == "module" for box in graph.boxes)
        self.rankdir = rankdir or ("TB" if framed else "LR")
        self.sideways = self.rankdir in ("LR", "RL")
        self.direction = direction
        self.notes = [clean(note, 200) for note in graph.notes]
        show = frozenset(show)
        boxes = [box for box in graph.boxes if box not in inlined]
        shades = Shades(boxes) if colour == "grad" else None
        self.notes += [shades.note] if shades else []
        self.shapes = [_shape(box, graph, show, self.sideways, shades, blank) for box in boxes]
        self.frames = {}
        for shape in self.shapes:
            for depth in range(1, len(shape.path) + 1):
                path = shape.path[:depth]
                if path not in self.frames:
                    self.frames[path] = _frame(path, graph)
        edges = [edge for edge in graph.edges if edge.tail not in inlined]
        self.arrows = _arrows(edges, graph, show - set(blank), direction)


def _inlined(graph):
    """The constants that only stand in the boxes of what uses them."""
    inlined = {box for box in graph.boxes if box.role == "constant" and inline(box)}
    # only those that every user writes into its own box
    for edge in graph.edges:
        if edge.tail in inlined and not infix(edge.head):
            inlined.discard(edge.tail)
    return set() if len(inlined) == len(graph.boxes) else inlined


# -- shapes and frames -------------------------------------------------------------------------


def _shape(box, graph, show, sideways, shades, blank):
    look, size = {**STYLE[box.role], "class": box.role}, 10
    if box.role == "module" and box.folded.output:
        look |= {"color": STYLE["output"]["color"], "penwidth": "2"}
    elif box.operation is not None and not name_of(box) and box.role != "output":
        look |= {"margin": "0.05,0.03", "penwidth": "0.8"}
        size = 8 if box.like is not None and prod(box.like[0]) <= FEW else 9
    if shades is not None:
        look |= shades.look(box)
    return Shape(box, label(box, graph, show, sideways, size, blank), look, tooltip(box, blank))


def _frame(path, graph):
    """The frame of a module, titled as its entries in a state dict begin, and with its class."""
    names = [name for name, _ in path]
    run = path[-1][1]
    if run == 0:  # a frame of what is repeated
        title = clean(names[-1])
        return Frame(path, bold(title), len(title))
    title = clean(".".join(names[1:]) or names[0], 60)
    outer, dot, last = title.rpartition(".")
    kind = graph.kinds.get(tuple(names))
    more = f"  {clean(kind)}" if kind and kind != title else ""
    more += f", run {run}" if run > 1 else ""
    return Frame(path, f"{html(outer)}{dot}{bold(last)}{html(more)}", len(title + more))


# -- arrows ------------------------------------------------------------------------------------


def _arrows(edges, graph, show, direction):
    beside = _beside(graph)
    shared = Counter(edge.tail for edge in edges if edge.carries) if direction != "forward" else {}
    arrows = []
    for edge in edges:
        gradient = None
        if edge.carries and direction != "forward" and "grad" in show and shared[edge.tail] > 1:
            gradient = edge.contribution()
        arrows.append(_arrow(edge, graph, beside.get(edge), show, direction, gradient))
    return arrows


def _arrow(edge, graph, beside, show, direction, gradient):
    """``gradient`` is what comes back along the edge where it is one of several."""
    tail, head = edge.tail, edge.head
    arrow = Arrow(edge)
    arrow.beside = beside
    arrow.straight = beside is None and tail.role not in ("leaf", "parameter", "constant", "gone")
    hint = [edge.argument] if edge.argument else []
    if direction != "forward" and edge.local:
        hint.append(f"∂y/∂{edge.argument} = {plain(edge.local)}")
    if gradient is not None:
        hint.append(f"adds {entries(gradient) if np.size(gradient) == 1 else extent(gradient)} to the gradient")
    arrow.tooltip = "\n".join(hint)
    said = []
    if _needs_sides(head, graph):
        said.append((edge.argument, FAINT))
    if beside is None and "shape" in show and edge.changes_shape and edge.like[0]:
        said.append((str(edge.like[0]), FAINT))
    if gradient is not None:
        said.append((_amount(gradient), GRADIENT))
    if said:
        arrow.label = _pill(said)
    if head.role == "detached":
        arrow.line, arrow.heads = "dotted", (False, "tee")
    elif "gone" in (tail.role, head.role):
        arrow.line = "dashed"
    if direction != "forward" and head.role != "detached":
        if edge.carries and direction == "both":
            arrow.colours, arrow.heads = (LINE, GRADIENT_LINE), (True, True)
        elif edge.carries:
            arrow.colours, arrow.heads = (GRADIENT_LINE,), (True, False)
        elif direction == "backward":
            arrow.line, arrow.heads = "dotted", (False, False)
    return arrow


def _amount(gradient):
    """What is added to a gradient, with its sign where it is one number."""
    if np.size(gradient) == 1:
        text = digits(np.reshape(gradient, -1)[0])
        return text if text.startswith(MINUS) or text == "nan" else f"+{text}"
    return extent(gradient)


def _pill(said):
    """Small text on a pale ground of its own, which reads on any ground."""
    text = "  ".join([f'<FONT COLOR="{colour}">{html(text)}</FONT>' for text, colour in said])
    ground = f'CELLPADDING="1" STYLE="ROUNDED" BGCOLOR="{LABEL_FILL}"'
    return f'{TABLE}<TR><TD WIDTH="5"></TD><TD {ground}> {text} </TD></TR></TABLE>'


def _needs_sides(box, graph):
    """Whether only a mark at the arrows can say which operand is which."""
    if not infix(box) or box.operation.symbol in COMMUTATIVE:
        return False
    return not any(side(edge.tail, graph) for edge in graph.into[box])


def _beside(graph):
    """{edge: "before" or "behind"} of the edges that run across the way from input to output.

    A layer's parameter stands beside its operation, and so does its transpose; a second one on the
    other side, which takes an arrow written the other way round. So the way itself stays straight.
    """
    uses = Counter(edge.tail for edge in graph.edges)
    beside_it = {box for box in graph.boxes if box.role == "parameter" and uses[box] == 1}
    if not beside_it:
        return {}
    beside = {}
    for box in graph.boxes:
        into = [edge for edge in graph.into[box] if edge.tail in beside_it]
        if len(into) == 1 == len(graph.into[box]) and uses[box] == 1:
            beside_it.add(box)
        for edge, place in zip(into, ("before", "behind"), strict=False):
            beside[edge] = place
    return beside
