"""A Picture as SVG without Graphviz: laid out by ``layered``, drawn with the same labels, colours and outlines."""

from html import escape

from .labels import name_of
from .layered import layered
from .markup import FAMILY, Font, Line, parsed
from .style import EDGE, LINE, NODE

PAD = 11.0
"""Room around the whole."""

NOTE = 17.0
"""Room for a sentence below."""

HEAD = 6.5
"""How long the head of an arrow is."""


def svg(picture):
    """The whole file as text."""
    labels = {shape.key: parsed(shape.label, Font()) for shape in picture.shapes}
    boxes = {shape.key: (*_size(labels[shape.key], shape.look), shape.path) for shape in picture.shapes}
    beside = [
        None if arrow.label is None else parsed(arrow.label, Font(float(EDGE["fontsize"]))) for arrow in picture.arrows
    ]
    titles = {path: parsed(frame.label, Font(10.0, LINE)) for path, frame in picture.frames.items()}
    where = layered(
        boxes,
        [
            (arrow.tail, arrow.head, None if one is None else (one.width, one.height))
            for arrow, one in zip(picture.arrows, beside, strict=True)
        ],
        {path: (one.width + 16, one.height + 4) for path, one in titles.items()},
        picture.rankdir,
        beside={i: arrow.beside == "before" for i, arrow in enumerate(picture.arrows) if arrow.beside is not None},
    )
    parts = [
        _frame(frame, where.frames[path], titles[path])
        for path, frame in picture.frames.items()
        if path in where.frames
    ]
    parts += [_arrow(arrow, way, picture.sideways) for arrow, way in zip(picture.arrows, where.ways, strict=True)]
    for one, at in zip(beside, where.labels, strict=True):
        if one is not None:
            parts.append("".join(one.drawn(at[0] - one.width / 2, at[1] - one.height / 2)))
    parts += [_shape(shape, where.boxes[shape.key], boxes[shape.key], labels[shape.key]) for shape in picture.shapes]
    return _page(
        parts, where.size, picture.notes or ([] if picture.shapes else ["nothing was recorded"]), told(picture)
    )


NAMED = 8
"""So many names an alternative text has of each kind."""


def told(picture):
    """What the picture shows in a sentence, for who cannot see it."""
    count, names = len(picture.shapes), {}
    for shape in picture.shapes:
        if name_of(shape.box):
            names.setdefault(shape.box.role, []).append(name_of(shape.box))
    ends, starts = names.get("output", []), [*names.get("leaf", []), *names.get("parameter", [])]
    of = f" of {_listed(ends)}" if ends else ""
    by = f", computed from {_listed(starts)}" if starts else ""
    return f"Graph{of}{by}: {count} box{'es' * (count != 1)}"


def _listed(names):
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _page(parts, size, notes, told):
    lines = [Line([(note, Font(10.0, LINE))]) for note in notes]
    width = max([size[0], *[line.width for line in lines]]) + 2 * PAD
    height = size[1] + 2 * PAD + NOTE * len(lines)
    said = [line.drawn(0, size[1] + 6 + NOTE * i) for i, line in enumerate(lines)]
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
        f'<svg width="{width:.0f}pt" height="{height:.0f}pt" viewBox="{-PAD:g} {-PAD:g} {width:.1f} {height:.1f}" '
        f'style="max-width: 100%; height: auto" role="img" aria-label="{escape(told)}" '
        f'xmlns="http://www.w3.org/2000/svg" font-family="{FAMILY}" xml:space="preserve">\n'
        + "\n".join([*parts, *["".join(one) for one in said]])
        + "\n</svg>\n"
    )


# -- boxes -------------------------------------------------------------------------------------


def _size(label, look):
    """(width, height) of a box around its label."""
    across, down = (72 * float(one) for one in look.get("margin", NODE["margin"]).split(","))
    more = {"component": 8.0, "note": 4.0}.get(look.get("shape"), 0.0)
    edge = 4.0 if look.get("peripheries") == "2" else 0.0
    return label.width + 2 * across + more + 2 * edge, label.height + 2 * down + 2 * edge + (
        4.0 if look.get("shape") == "tab" else 0.0
    )


def _shape(shape, at, size, label):
    width, height, _ = size
    x, y = at[0] - width / 2, at[1] - height / 2
    look = shape.look
    lift = 2.0 if look.get("shape") == "tab" else 0.0
    side = {"component": 4.0, "note": -2.0}.get(look.get("shape"), 0.0)
    return (
        f'<g class="node {shape.box.role}" id="{shape.key}"><title>{_text(shape.tooltip)}</title>'
        + _outline(look, x, y, width, height)
        + "".join(label.drawn(at[0] - label.width / 2 + side, at[1] - label.height / 2 + lift))
        + "</g>"
    )


def _outline(look, x, y, w, h):
    style = look.get("style", NODE["style"])
    stroke = f'stroke="{look["color"]}" stroke-width="{look.get("penwidth", "1")}"'
    stroke += ' stroke-dasharray="4 2.5"' if "dashed" in style else ""
    fill = f'fill="{look["fillcolor"]}"'
    shape, round_ = look.get("shape", NODE["shape"]), 6 if "rounded" in style else 0
    if shape == "note":
        fold = 6
        corner = f"M{x + w - fold:.1f} {y:.1f}v{fold}h{fold}"
        path = f"M{x:.1f} {y:.1f}h{w - fold:.1f}l{fold} {fold}v{h - fold:.1f}h{-w:.1f}z"
        return f'<path d="{path}" {fill} {stroke}/><path d="{corner}" fill="none" {stroke}/>'
    if shape == "tab":
        path = f"M{x:.1f} {y:.1f}h{min(w / 3, 24):.1f}v4H{x + w:.1f}v{h - 4:.1f}H{x:.1f}z"
        line = f"M{x:.1f} {y + 4:.1f}h{min(w / 3, 24):.1f}"
        return f'<path d="{path}" {fill} {stroke}/><path d="{line}" fill="none" {stroke}/>'
    parts = _rectangle(x, y, w, h, round_, f"{fill} {stroke}")
    if look.get("peripheries") == "2":
        parts += _rectangle(x + 3, y + 3, w - 6, h - 6, max(0, round_ - 2), f'fill="none" {stroke}')
    if shape == "component":
        for at in (y + 5, y + h - 9):
            parts += _rectangle(x - 4, at, 8, 4, 0, f"{fill} {stroke}")
    return parts


def _rectangle(x, y, w, h, radius, look):
    corner = f' rx="{radius}"' if radius else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"{corner} {look}/>'


def _frame(frame, place, title):
    x, y, w, h = place
    return (
        f'<g class="cluster"><title>{_text(frame.tooltip)}</title>'
        + _rectangle(x, y, w, h, 8, f'fill="none" stroke="{LINE}" stroke-width="0.8"')
        + "".join(title.drawn(x + 9, y + 5))
        + "</g>"
    )


# -- arrows ------------------------------------------------------------------------------------


def _arrow(arrow, way, sideways):
    """The line and its heads; of two colours two lines side by side."""
    colours = arrow.colours or (EDGE["color"],)
    tail, head = arrow.heads
    way = list(way)
    heads = ""
    if head:
        heads += _bar(way[-4:], colours[0]) if head == "tee" else _head(way[-1], way[-2], colours[0])
        way[-1] = way[-1] if head == "tee" else _short(way[-1], way[-2])
    if tail:
        heads += _head(way[0], way[1], colours[-1])
        way[0] = _short(way[0], way[1])
    path = f"M{_point(way[0])}C" + " ".join([_point(one) for one in way[1:]])
    dash = {"dashed": ' stroke-dasharray="5 3"', "dotted": ' stroke-dasharray="1.5 3"'}.get(arrow.line, "")
    parts = ""
    for i, colour in enumerate(colours):
        apart = 2.4 * (i - (len(colours) - 1) / 2)
        move = f' transform="translate({"0 " if sideways else ""}{apart:g})"' if apart else ""
        parts += f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{EDGE["penwidth"]}"{dash}{move}/>'
    title = f"<title>{_text(arrow.tooltip)}</title>" if arrow.tooltip else ""
    return f'<g class="edge">{title}{parts}{heads}</g>'


def _point(point):
    return f"{point[0]:.1f} {point[1]:.1f}"


def _direction(tip, before):
    dx, dy = tip[0] - before[0], tip[1] - before[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    return dx / length, dy / length


def _short(tip, before):
    """The end of the line under a head."""
    dx, dy = _direction(tip, before)
    return tip[0] - dx * HEAD * 0.8, tip[1] - dy * HEAD * 0.8


def _head(tip, before, colour):
    dx, dy = _direction(tip, before)
    back = tip[0] - dx * HEAD, tip[1] - dy * HEAD
    wide = HEAD * 0.38
    points = [tip, (back[0] - dy * wide, back[1] + dx * wide), (back[0] + dy * wide, back[1] - dx * wide)]
    return f'<polygon points="{" ".join([f"{x:.1f},{y:.1f}" for x, y in points])}" fill="{colour}"/>'


def _bar(end, colour):
    (x, y), (dx, dy) = end[-1], _direction(end[-1], end[-2])
    return (
        f'<path d="M{x - dy * 4:.1f} {y + dx * 4:.1f}L{x + dy * 4:.1f} {y - dx * 4:.1f}" '
        f'stroke="{colour}" stroke-width="1.5"/>'
    )


def _text(text):
    return escape(text, quote=False)
