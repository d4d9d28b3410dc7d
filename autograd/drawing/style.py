"""How a picture looks: colours, outlines and fonts, and what may be asked for.

The colours are of the palette of Okabe and Ito, which colour-blind readers can tell apart, and every kind of
box has an outline of its own besides. Fills are pale and their text dark; the ground is transparent, and
what stands on it reads on white and on black: tests hold the contrasts.
"""

RANKDIRS = ("LR", "TB", "RL", "BT")
DIRECTIONS = ("forward", "backward", "both")
COLOURS = ("kind", "grad")
PARTS = ("value", "grad", "shape", "kept", "formula", "local", "where")
SHOWN = ("value", "grad", "shape")

INK, FAINT = "#1A1A1A", "#565656"  # text in boxes
LINE = "#7A7A7A"  # as far from white as from black
GRADIENT = "#99406F"  # reddish purple, darkened until it reads as text on the fills
GRADIENT_LINE = "#B8628F"  # the same for lines on the ground
LABEL_FILL = "#F4F4F4"

STYLE = {
    "leaf": {"shape": "box", "color": "#0072B2", "fillcolor": "#E0F0FA"},
    "parameter": {"shape": "tab", "color": "#009E73", "fillcolor": "#DDF3EA"},
    "constant": {"shape": "note", "color": "#757575", "fillcolor": "#F1F1F1"},
    "detached": {"shape": "note", "style": "filled,dashed", "color": "#757575", "fillcolor": "#F1F1F1"},
    "operation": {"style": "filled,rounded", "color": "#B87E00", "fillcolor": "#FFF6DF"},
    "output": {"style": "filled,rounded", "peripheries": "2", "color": "#D55E00", "fillcolor": "#FCE9DC"},
    "gone": {"style": "filled,dashed", "color": "#808080", "fillcolor": "#FFFFFF"},
    "module": {"shape": "component", "color": "#2E8BC0", "fillcolor": "#E6F3FB"},
    "skipped": {"style": "filled,rounded,dashed", "color": "#808080", "fillcolor": "#F4F4F4"},
}
"""Each kind of box in Graphviz's attributes; its class in an SVG is its role."""

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
    "fontcolor": FAINT,
    "arrowsize": "0.55",
    "penwidth": "0.9",
}


def check_options(rankdir, show, direction="forward", depth=None, limit=None, colour="kind", blank=()):
    """``show`` and ``blank`` as tuples; raises where an option is none of the known ones."""
    if rankdir is not None and rankdir not in RANKDIRS:
        raise ValueError(f"draw: rankdir is one of {', '.join(RANKDIRS)}\n  rankdir: {rankdir!r}")
    if direction not in DIRECTIONS:
        raise ValueError(f"draw: direction is one of {', '.join(DIRECTIONS)}\n  direction: {direction!r}")
    if colour not in COLOURS:
        raise ValueError(f"draw: colour is one of {', '.join(COLOURS)}\n  colour: {colour!r}")
    blank = (blank,) if isinstance(blank, str) else tuple(blank)
    if not set(blank) <= {"value", "grad"}:
        raise ValueError(f"draw: blank names what is to be filled in: value, grad\n  blank: {blank!r}")
    show = (show,) if isinstance(show, str) else tuple(show)
    unknown = [part for part in show if part not in PARTS]
    if unknown:
        raise ValueError(
            f"draw: show names parts of a box: {', '.join(PARTS)}\n  unknown: {', '.join(map(repr, unknown))}"
        )
    for name, value, least, meaning in (
        ("depth", depth, 0, "how deep the modules are that are folded, 0 the outermost"),
        ("limit", limit, 1, "how many boxes there may be"),
    ):
        if value is not None and (isinstance(value, bool) or not hasattr(value, "__index__") or value < least):
            raise ValueError(f"draw: {name} is None or an integer, {least} or more: {meaning}\n  {name}: {value!r}")
    return show, blank
