"""A Graph as Graphviz source: boxes in the frames of their modules, and the edges between them.

What is written in a box is in ``labels``, how each kind looks in ``style``.
"""

from collections import Counter
from math import prod

import numpy as np

from .formulas import plain
from .labels import TABLE, bold, html, infix, inline, label, name_of, quoted, side, tooltip
from .style import FAINT, GRADIENT, GRADIENT_LINE, GRAPH, LABEL_FILL, LINE, SHOWN, STYLE
from .text import FEW, clean, digits, extent

COMMUTATIVE = "+×"
SMALL = 'margin="0.05,0.03", penwidth=0.8'


def lines(graph, rankdir=None, show=SHOWN, direction="forward"):
    """(attributes of the graph, lines of Graphviz source between its braces)."""
    inlined = {box for box in graph.boxes if box.role == "constant" and inline(box)}
    # only those that every user writes into its own box
    for edge in graph.edges:
        if edge.tail in inlined and not infix(edge.head):
            inlined.discard(edge.tail)
    if len(inlined) == len(graph.boxes):
        inlined = set()
    framed = any(box.frame or box.role == "module" for box in graph.boxes)
    rankdir = rankdir or ("TB" if framed else "LR")
    sideways = rankdir in ("LR", "RL")
    show = frozenset(show)
    body = _nested([box for box in graph.boxes if box not in inlined], graph, show, sideways)
    body += _edges([edge for edge in graph.edges if edge.tail not in inlined], graph, show, direction)
    if not graph.boxes:
        body.append(f'\tempty [label="nothing was recorded", shape=plaintext, style="", fontcolor="{LINE}"]\n')
    attributes = {**GRAPH, "rankdir": rankdir, "ranksep": _gap(sideways, direction)}
    if graph.notes:
        said = "<BR/>".join(html(clean(note, 200)) for note in graph.notes)
        attributes |= {"label": f"<{said}>", "labelloc": "b", "labeljust": "l"}
    return attributes, body


def _gap(sideways, direction):
    """Room between boxes along the way: more for arrows with two heads."""
    return f"{(0.34 if sideways else 0.18) + (0.12 if direction == 'both' else 0):.2f}"


# -- frames of modules -------------------------------------------------------------------------


def _nested(boxes, graph, show, sideways):
    """The boxes' lines, each in the frame of its module, frames in order of first appearance."""
    children, members = {(): []}, {(): []}
    for box in boxes:
        path = box.frame
        missing = []
        while path not in members:
            missing.append(path)
            path = path[:-1]
        for path in reversed(missing):
            members[path], children[path] = [], []
            children[path[:-1]].append(path)
        members[box.frame].append(box)
    body = []
    count = 0
    todo = [()]
    while todo:
        path = todo.pop()
        if path is None:
            body.append("\t}\n")
            continue
        if path:
            body.append(_frame(count, path, graph, sideways))
            count += 1
            todo.append(None)
        body.extend([_node(box, graph, show, sideways) for box in members[path]])
        todo.extend(reversed(children[path]))
    return body


def _frame(number, path, graph, sideways):
    """The opening of a frame, titled as its module's entries in a state dict begin, and with its class."""
    names = [name for name, _ in path]
    run = path[-1][1]
    if run == 0:  # a frame of what is repeated
        title = clean(names[-1])
        text = bold(title)
    else:
        title = clean(".".join(names[1:]) or names[0], 60)
        outer, dot, last = title.rpartition(".")
        text = f"{html(outer)}{dot}{bold(last)}"
        kind = graph.kinds.get(tuple(names))
        more = f"  {clean(kind)}" if kind and kind != title else ""
        more += f", run {run}" if run > 1 else ""
        title += more
        text += html(more)
    if not sideways:  # twice as wide as the title, or an arrow into the middle would run through it
        text = f'{TABLE}<TR><TD ALIGN="LEFT" WIDTH="{13 * len(title) + 16}">{text}</TD></TR></TABLE>'
    return (
        f"\tsubgraph cluster_{number} {{\n"
        f'\t\tgraph [label=<{text}>, labelloc=t, labeljust=l, style=rounded, color="{LINE}", penwidth=0.8, margin=10, '
        f"tooltip={quoted(clean('.'.join(names), 200))}]\n"
    )


# -- boxes -------------------------------------------------------------------------------------


def _node(box, graph, show, sideways):
    style, size = STYLE[box.role], 10
    if box.role == "module" and box.folded.output:
        style += ', color="#D55E00", penwidth=2'
    elif box.operation is not None and not name_of(box) and box.role != "output":
        style = f"{style}, {SMALL}"
        size = 8 if box.like is not None and prod(box.like[0]) <= FEW else 9
    return f"\t{box.key} [label=<{label(box, graph, show, sideways, size)}>, {style}, tooltip={quoted(tooltip(box))}]\n"


# -- edges -------------------------------------------------------------------------------------


def _edges(edges, graph, show, direction):
    beside = _beside(graph)
    shared = Counter(edge.tail for edge in edges if edge.carries) if direction != "forward" else {}
    body = []
    for edge in edges:
        gradient = None
        if edge.carries and direction != "forward" and "grad" in show and shared[edge.tail] > 1:
            gradient = edge.contribution()
        body.append(_edge(edge, graph, beside.get(edge), show, direction, gradient))
    return body


def _edge(edge, graph, flat, show, direction, gradient):
    """One line; ``gradient`` is what comes back along the edge where it is one of several."""
    tail, head = edge.tail, edge.head
    more = []
    hint = [edge.argument] if edge.argument else []
    if direction != "forward" and edge.local:
        hint.append(f"∂y/∂{edge.argument} = {plain(edge.local)}")
    if gradient is not None:
        hint.append(f"adds {gradient if np.size(gradient) == 1 else extent(gradient)} to the gradient")
    if hint:
        more.append(f"tooltip={quoted(chr(10).join(hint))}")
    said = []
    if _needs_sides(head, graph):
        said.append((edge.argument, FAINT))
    if flat is None and "shape" in show and edge.changes_shape and edge.like[0]:
        said.append((str(edge.like[0]), FAINT))
    if gradient is not None:
        said.append((_amount(gradient), GRADIENT))
    if said:
        more.append(f"label=<{_pill(said)}>")
    if flat is not None:
        more.append("minlen=0")
    elif tail.role not in ("leaf", "parameter", "constant", "gone"):
        more.append("weight=4")  # keeps the way from input to output straight
    lost = "gone" in (tail.role, head.role)
    if head.role == "detached":
        more.append('style=dotted, arrowhead="tee"')
    elif lost:
        more.append("style=dashed")
    ends = ["", "none"]  # of the arrow forward: at the head, at the tail
    if direction != "forward" and head.role != "detached":
        if edge.carries and direction == "both":
            more.append(f'color="{LINE}:{GRADIENT_LINE}"')
            ends = ["", ""]
        elif edge.carries:
            more.append(f'color="{GRADIENT_LINE}"')
            ends = ["none", ""]
        elif direction == "backward":
            more.append("style=dotted")
            ends = ["none", "none"]
    if flat == "behind":
        tail, head = head, tail
        ends.reverse()
    if ends != ["", "none"]:
        more.append({"none": "dir=back", "": "dir=both"}[ends[0]] if ends[1] == "" else "dir=none")
    return f"\t{tail.key} -> {head.key} [{', '.join(more)}]\n"


def _amount(gradient):
    """What is added to a gradient, with its sign where it is one number."""
    if np.size(gradient) == 1:
        text = digits(np.reshape(gradient, -1)[0])
        return text if text.startswith("-") or text == "nan" else f"+{text}"
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
