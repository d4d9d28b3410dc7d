"""Pictures read on white and on black, and by readers who see fewer colours."""

import itertools

import pytest

from autograd.drawing import style
from autograd.drawing.shades import FILLS, ODD

WHITE, BLACK = "#FFFFFF", "#111111"


def channels(colour):
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def linear(colour):
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour)]


def contrast(one, two):
    """The contrast ratio of the Web Content Accessibility Guidelines."""
    weights = (0.2126, 0.7152, 0.0722)
    dark, light = sorted(sum(w * c for w, c in zip(weights, linear(x), strict=True)) for x in (one, two))
    return (light + 0.05) / (dark + 0.05)


def seen_without_red_or_green(colour, missing):
    """The colour as a protanope or a deuteranope sees it (Viénot, Brettel and Mollon, 1999)."""
    matrix = {
        "red": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
        "green": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
    }[missing]
    return [sum(m * c for m, c in zip(row, linear(colour), strict=True)) for row in matrix]


def attribute(role, name):
    return style.STYLE[role].get(name, style.NODE.get(name))


@pytest.mark.parametrize("role", style.STYLE)
def test_text_reads_on_the_boxes_and_outlines_on_any_ground(role):
    fill = attribute(role, "fillcolor")
    for text in (style.INK, style.FAINT, style.GRADIENT):
        assert contrast(text, fill) >= 4.5
    for ground in (WHITE, BLACK):
        assert contrast(attribute(role, "color"), ground) >= 3


@pytest.mark.parametrize("fill", [*FILLS, ODD["fillcolor"]])
def test_text_reads_on_boxes_coloured_by_gradients(fill):
    for text in (style.INK, style.FAINT, style.GRADIENT):
        assert contrast(text, fill) >= 4.5


def test_lines_and_what_stands_on_the_ground_read_on_white_and_black():
    for ground in (WHITE, BLACK):
        assert contrast(style.LINE, ground) >= 4.2
        assert contrast(style.GRADIENT_LINE, ground) >= 4
    for text in (style.FAINT, style.GRADIENT):
        assert contrast(text, style.LABEL_FILL) >= 4.5
    assert style.GRAPH["bgcolor"] == "transparent"


def test_kinds_of_boxes_differ_in_outline_and_in_colour_for_everyone():
    roles = ("leaf", "parameter", "constant", "operation", "output", "module")

    def outline(role):
        return (
            attribute(role, "shape"),
            "rounded" in style.STYLE[role].get("style", ""),
            "peripheries" in style.STYLE[role],
        )

    assert len({outline(role) for role in roles}) == len(roles)
    for missing in ("red", "green"):
        for one, two in itertools.combinations(("leaf", "parameter", "operation", "constant"), 2):
            a, b = (seen_without_red_or_green(attribute(role, "color"), missing) for role in (one, two))
            assert sum(abs(p - q) for p, q in zip(a, b, strict=True)) > 0.08, (one, two, missing)
