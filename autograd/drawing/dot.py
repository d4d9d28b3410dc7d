"""A Picture as Graphviz source: shapes in the frames of their modules, and the arrows between them."""

from .labels import TABLE, html, quoted
from .style import GRAPH, LINE


def lines(picture):
    """(attributes of the graph, lines of Graphviz source between its braces)."""
    body = _nested(picture) + [_edge(arrow) for arrow in picture.arrows]
    if not picture.shapes:
        body.append(f'\tempty [label="nothing was recorded", shape=plaintext, style="", fontcolor="{LINE}"]\n')
    attributes = {**GRAPH, "rankdir": picture.rankdir, "ranksep": _gap(picture)}
    if picture.notes:
        said = "<BR/>".join([html(note) for note in picture.notes])
        attributes |= {"label": f"<{said}>", "labelloc": "b", "labeljust": "l"}
    return attributes, body


def _gap(picture):
    """Room between boxes along the way: more for arrows with two heads."""
    return f"{(0.34 if picture.sideways else 0.18) + (0.12 if picture.direction == 'both' else 0):.2f}"


def _nested(picture):
    """The shapes' lines, each in its frame, frames in order of first appearance."""
    children, members = {path: [] for path in ((), *picture.frames)}, {path: [] for path in ((), *picture.frames)}
    for path in picture.frames:
        children[path[:-1]].append(path)
    for shape in picture.shapes:
        members[shape.path].append(shape)
    body = []
    count = 0
    todo = [()]
    while todo:
        path = todo.pop()
        if path is None:
            body.append("\t}\n")
            continue
        if path:
            body.append(_frame(count, picture.frames[path], picture.sideways))
            count += 1
            todo.append(None)
        body.extend([_node(shape) for shape in members[path]])
        todo.extend(reversed(children[path]))
    return body


def _frame(number, frame, sideways):
    """The opening of a frame."""
    text = frame.label
    if not sideways:  # twice as wide as the title, or an arrow into the middle would run through it
        text = f'{TABLE}<TR><TD ALIGN="LEFT" WIDTH="{13 * frame.width + 16}">{text}</TD></TR></TABLE>'
    return (
        f"\tsubgraph cluster_{number} {{\n"
        f'\t\tgraph [label=<{text}>, labelloc=t, labeljust=l, style=rounded, color="{LINE}", penwidth=0.8, margin=10, '
        f"tooltip={quoted(frame.tooltip)}]\n"
    )


def _node(shape):
    look = ", ".join([f"{name}={_value(value)}" for name, value in shape.look.items()])
    return f"\t{shape.key} [label=<{shape.label}>, {look}, tooltip={quoted(shape.tooltip)}]\n"


def _value(value):
    return value if isinstance(value, str) and value.isalpha() else quoted(str(value))


def _edge(arrow):
    more = []
    if arrow.tooltip:
        more.append(f"tooltip={quoted(arrow.tooltip)}")
    if arrow.label:
        more.append(f"label=<{arrow.label}>")
    if arrow.beside is not None:
        more.append("minlen=0")
    elif arrow.straight:
        more.append("weight=4")  # keeps the way from input to output straight
    if arrow.line:
        more.append(f"style={arrow.line}")
    if arrow.colours:
        more.append(f'color="{":".join(arrow.colours)}"')
    tail, head, (at_tail, at_head) = arrow.tail, arrow.head, arrow.heads
    if at_head == "tee":
        more.append('arrowhead="tee"')
    if arrow.beside == "behind":
        tail, head, at_tail, at_head = head, tail, at_head, at_tail
    if (bool(at_tail), bool(at_head)) != (False, True):
        more.append(
            {(True, False): "dir=back", (True, True): "dir=both"}.get((bool(at_tail), bool(at_head)), "dir=none")
        )
    return f"\t{tail} -> {head} [{', '.join(more)}]\n"
