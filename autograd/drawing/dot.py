"""A Graph as Graphviz source: how each kind of box looks, and what is written in it.

Boxes are told apart by outline and by colour (the palette of Okabe and Ito, which colour-blind readers
can tell apart). Fills are pale and their text dark, lines between them middle grey, and the ground is
transparent: the picture reads on white and on black.
"""

from collections import Counter
from functools import lru_cache
from math import prod

import numpy as np

from ..modes import shown_line
from .text import FEW, aligned, argument, clean, digits, extent, rows

RANKDIRS = ("LR", "TB", "RL", "BT")
PARTS = ("value", "grad")

INK, FAINT, LINE = "#1A1A1A", "#5F5F5F", "#7F7F7F"
GRADIENT = "#99406F"  # Okabe and Ito's reddish purple, darkened until it reads as text

STYLE = {
    "leaf": 'shape=box, color="#0072B2", fillcolor="#E0F0FA", class=leaf',
    "parameter": 'shape=tab, color="#009E73", fillcolor="#DDF3EA", class=parameter',
    "constant": 'shape=note, color="#6B6B6B", fillcolor="#F1F1F1", class=constant',
    "operation": 'style="filled,rounded", color="#C98A00", fillcolor="#FFF6DF", class=operation',
    "output": 'style="filled,rounded", peripheries=2, color="#D55E00", fillcolor="#FCE9DC", class=output',
    "gone": 'style="filled,dashed", color="#8C8C8C", fillcolor="#FFFFFF", class=gone',
}
COMMUTATIVE = "+×"
SMALL = 'margin="0.05,0.03", penwidth=0.8'

GRAPH = {
    "bgcolor": "transparent",
    "fontname": "Helvetica",
    "fontsize": "10",
    "fontcolor": LINE,
    "nodesep": "0.16",
    "ranksep": "0.34",
    "pad": "0.15",
    "tooltip": " ",
}
NODE = {
    "shape": "box",
    "style": "filled",
    "fontname": "Helvetica",
    "fontsize": "10",
    "fontcolor": INK,
    "margin": "0.08,0.05",
    "width": "0",
    "height": "0",
}
EDGE = {
    "color": LINE,
    "fontname": "Helvetica",
    "fontsize": "8",
    "fontcolor": LINE,
    "arrowsize": "0.55",
    "penwidth": "0.9",
}


def check_options(rankdir, show):
    """``show`` as a tuple; raises where an option is none of the known ones."""
    if rankdir is not None and rankdir not in RANKDIRS:
        raise ValueError(f"draw: rankdir is one of {', '.join(RANKDIRS)}\n  rankdir: {rankdir!r}")
    show = (show,) if isinstance(show, str) else tuple(show)
    unknown = [part for part in show if part not in PARTS]
    if unknown:
        raise ValueError(f"draw: show names parts of {PARTS}\n  unknown: {', '.join(map(repr, unknown))}")
    return show


def lines(graph, rankdir=None, show=PARTS):
    """(attributes of the graph, lines of Graphviz source between its braces)."""
    inlined = {box for box in graph.boxes if box.role == "constant" and _inline(box)}
    # only those that every user writes into its own box
    for edge in graph.edges:
        if edge.tail in inlined and not _infix(edge.head):
            inlined.discard(edge.tail)
    if len(inlined) == len(graph.boxes):
        inlined = set()
    rankdir = rankdir or ("TB" if any(box.frame for box in graph.boxes) else "LR")
    sideways = rankdir in ("LR", "RL")
    body = _nested([box for box in graph.boxes if box not in inlined], graph, show, sideways)
    beside = _beside(graph)
    for edge in graph.edges:
        if edge.tail not in inlined:
            body.append(_edge(edge, graph, beside))
    if not graph.boxes:
        body.append('\tempty [label="nothing was recorded", shape=plaintext, style=""]\n')
    return {**GRAPH, "rankdir": rankdir}, body


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
            body.append(_frame(count, path, sideways))
            count += 1
            todo.append(None)
        body.extend([_node(box, graph, show) for box in members[path]])
        todo.extend(reversed(children[path]))
    return body


def _frame(number, path, sideways):
    """The opening of a frame, titled as its module's entries in a state dict begin."""
    names = [name for name, _ in path]
    title = clean(".".join(names[1:]) or names[0], 60)
    outer, dot, last = title.rpartition(".")
    text = f"{_html(outer)}{dot}{_bold(last)}"
    if path[-1][1] > 1:
        title += f", run {path[-1][1]}"
        text += f", run {path[-1][1]}"
    if not sideways:  # twice as wide as the title, or an arrow into the middle would run through it
        text = f'{TABLE}<TR><TD ALIGN="LEFT" WIDTH="{13 * len(title) + 16}">{text}</TD></TR></TABLE>'
    return (
        f"\tsubgraph cluster_{number} {{\n"
        f'\t\tgraph [label=<{text}>, labeljust=l, style=rounded, color="{LINE}", penwidth=0.8, margin=10, '
        f"tooltip={_quoted(clean('.'.join(names), 200))}]\n"
    )


# -- boxes -------------------------------------------------------------------------------------


def _node(box, graph, show):
    style, size = STYLE[box.role], 10
    if box.operation is not None and not _name(box) and box.role != "output":
        style = f"{style}, {SMALL}"
        size = 8 if box.like is not None and prod(box.like[0]) <= FEW else 9
    label = _label(box, graph, show, size)
    return f"\t{box.key} [label=<{label}>, {style}, tooltip={_quoted(_tooltip(box))}]\n"


def _label(box, graph, show, size):
    """A table: the name and the operation; below it a line for the shape, and the numbers in columns."""
    table = [_title(box, graph, size)]
    small = f'<FONT POINT-SIZE="{max(size - 2, 7)}" COLOR="{FAINT}">%s</FONT>'
    params = ", ".join(f"{key}={argument(value)}" for key, value in box.params.items())
    if params:
        table.append(small % _html(clean(params, 60)))
    arrays = [
        (label, array, colour)
        for label, array, colour in (("value", box.value, INK), ("grad", box.gradient, GRADIENT))
        if label in show and array is not None
    ]
    if box.like is not None:
        shape, dtype = box.like
        few = 0 < prod(shape) <= FEW
        if not few:
            table.append(small % _kind(shape, dtype))
        elif shape and not arrays:
            table.append(small % str(shape))
        if few:
            numbers = _entries(arrays, size, small)
        else:
            numbers = [
                _row(label, [extent(array)], size, colour, small)
                for label, array, colour in arrays
                if extent(array) not in ("", "empty")
            ]
        if numbers:
            table.append(f"{TABLE}{''.join(numbers)}</TABLE>")
    if box.remark:
        table.append(small % f"<I>{_html(box.remark)}</I>")
    lines = "".join([f'<TR><TD ALIGN="LEFT" CELLPADDING="1">{line}</TD></TR>' for line in table])
    return f"{TABLE}{lines}</TABLE>"


TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'
GAP = "\u00a0" * 2


def _entries(arrays, size, small):
    """Lines for the entries of small arrays, with decimal points in columns."""
    if not any(isinstance(array, np.ndarray) for _, array, _ in arrays):
        texts = aligned([digits(number) for _, number, _ in arrays])
        return [
            _row(label, [text], size, colour, small) for (label, _, colour), text in zip(arrays, texts, strict=True)
        ]
    blocks = [(label, rows(array), colour) for label, array, colour in arrays]
    together = [line for _, block, _ in blocks for line in block]
    for group in [together] if len(together) == len(blocks) else [block for _, block, _ in blocks]:
        for column in range(max(map(len, group), default=0)):
            having = [line for line in group if column < len(line)]
            for line, text in zip(having, aligned([line[column] for line in having]), strict=True):
                line[column] = text
    return [
        _row(label if i == 0 else "", line, size, colour, small)
        for label, block, colour in blocks
        for i, line in enumerate(block)
    ]


def _row(label, texts, size, colour, small):
    cells = [small % (label + GAP)]
    font = f'<FONT POINT-SIZE="{size}" COLOR="{colour}">'
    last = len(texts) - 1
    cells += [f"{font}{_html(text)}{GAP if i < last else ''}</FONT>" for i, text in enumerate(texts)]
    return "<TR>" + "".join([f'<TD ALIGN="LEFT">{cell}</TD>' for cell in cells]) + "</TR>"


def _title(box, graph, size):
    name = _name(box)
    if box.operation is None:
        text = _bold(name) if name else box.role if box.role != "gone" else "…"
        return f'<FONT POINT-SIZE="{size}">{text}</FONT>' if name else f'<FONT COLOR="{FAINT}">{text}</FONT>'
    made = _made(box, graph, name)
    if not name:
        return f'<FONT POINT-SIZE="{size}">{made}</FONT>'
    return f'<FONT POINT-SIZE="{size}">{_bold(name)}</FONT><FONT COLOR="{FAINT}">  {made}</FONT>'


def _made(box, graph, name):
    """How the value was made: the operation between its operands, or its symbol and its name."""
    op = box.operation
    if _infix(box):
        sides = [_side(edge.tail, graph) for edge in graph.into[box]]
        if len(sides) == 2 and any(sides):
            return _html(f"{sides[0]} {op.symbol} {sides[1]}".strip())
        return _made_by(op.symbol, op.name, True)
    return _made_by(op.symbol, op.name, bool(name))


@lru_cache
def _made_by(symbol, operation, named):
    if named:
        return _bold(clean(symbol))
    if symbol in operation:
        return _bold(clean(operation))
    return f'{_bold(clean(symbol))} <FONT COLOR="{FAINT}">{_html(clean(operation))}</FONT>'


@lru_cache
def _kind(shape, dtype):
    return f"{dtype} {shape}"


def _needs_sides(box, graph):
    """Whether only a mark at the arrows can say which operand is which."""
    if not _infix(box) or box.operation.symbol in COMMUTATIVE:
        return False
    return not any(_side(edge.tail, graph) for edge in graph.into[box])


def _side(box, graph):
    """A named value, its transpose, or a plain number as an operand; "" for an unnamed result."""
    if box.role == "constant" and _inline(box):
        return "constant" if box.value is None else digits(box.value)
    name = _name(box)
    if not name and box.operation is not None and box.operation.symbol == "ᵀ":
        name = _name(graph.into[box][0].tail) if graph.into[box] else ""
        name = f"{name}ᵀ" if name else ""
    return name if len(name) <= 12 else ""


def _inline(box):
    """Whether a constant is so plain that an operand says it all: a number without a name."""
    return not _name(box) and (box.like is None or box.like[0] == ())


def _infix(box):
    op = box.operation
    return op is not None and len(op.inputs) == 2 and not op.variadic and not any(map(str.isalnum, op.symbol))


def _name(box):
    """The name to print; a parameter's without the path of the module it is drawn in."""
    if box.name is None:
        return ""
    path, _, last = box.name.rpartition(".")
    if path and last and box.scope and ".".join(box.scope).endswith(path):
        return clean(last)
    return clean(box.name)


def _tooltip(box):
    """What a pointer held over the box shows in an SVG: everything, with all digits."""
    kind = box.role if box.operation is None else box.operation.name
    text = [f"{clean(box.name or '', 200)} {kind}".strip()]
    if box.operation is not None and box.operation.formula:
        text.append(clean(box.operation.formula, 200))
    for label, array in (("value", box.value), ("gradient", box.gradient)):
        if array is not None and box.like is not None and box.like[0] == ():
            text.append(f"{label} {array}")
    if box.like is not None:
        text.append(_kind(*box.like))
    if box.where:
        text.append(clean(shown_line(box.where), 200))
    return "\n".join(text)


# -- edges -------------------------------------------------------------------------------------


def _edge(edge, graph, beside):
    tail, head = edge.tail, edge.head
    more = [f"tooltip={_quoted(edge.argument)}"] if edge.argument else []
    flat = beside.get(edge)
    label = [str(tail.like[0])] if flat is None and edge.changes_shape and tail.like[0] else []
    if _needs_sides(head, graph):
        label.insert(0, edge.argument)
    if label:
        more.append(f"label={_quoted(f'  {chr(32).join(label)}  ')}")
    if flat is not None:
        more.append("minlen=0")
    elif tail.operation is not None and head.operation is not None:
        more.append("weight=4")  # keeps the way from input to output straight
    if "gone" in (tail.role, head.role):
        more.append("style=dashed")
    if flat == "behind":
        tail, head = head, tail
        more.append("dir=back")
    return f"\t{tail.key} -> {head.key} [{', '.join(more)}]\n"


def _beside(graph):
    """{edge: "before" or "behind"} of the edges that run across the way from input to output.

    A layer's parameter stands beside its operation, and so does its transpose; a second one on the
    other side, which takes an arrow written the other way round. So the way itself stays straight.
    """
    uses = Counter(edge.tail for edge in graph.edges)
    side = {box for box in graph.boxes if box.role == "parameter" and uses[box] == 1}
    if not side:
        return {}
    beside = {}
    for box in graph.boxes:
        into = [edge for edge in graph.into[box] if edge.tail in side]
        if len(into) == 1 == len(graph.into[box]) and uses[box] == 1:
            side.add(box)
        for edge, place in zip(into, ("before", "behind"), strict=False):
            beside[edge] = place
    return beside


# -- escapes -----------------------------------------------------------------------------------


_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_ESCAPES = str.maketrans({"&": "&amp;", "\\": "\\\\", '"': '\\"', "\n": "\\n"})


def _html(text):
    """Text inside an HTML-like label."""
    return text.translate(_ENTITIES)


def _quoted(text):
    """Text as a quoted attribute, in which Graphviz would read backslashes and entities."""
    return f'"{text.translate(_ESCAPES)}"'


def _bold(text):
    return f"<B>{_html(text)}</B>" if text else "…"  # Graphviz takes no empty text
