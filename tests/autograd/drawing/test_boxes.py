"""What a box knows: what its operation keeps and how much memory that is; and what ``show`` writes of it."""

import re

import numpy as np
import pytest

import autograd as ag
from autograd.drawing import draw
from autograd.drawing.graph import graph_of
from autograd.drawing.layout import layout
from autograd.drawing.shades import FILLS, ODD
from autograd.drawing.style import PARTS
from autograd.drawing.svg import svg


def box_of(y, name):
    return next(box for box in graph_of(y).boxes if box.operation is not None and box.operation.name == name)


def leaf(value, name=None):
    return ag.Tensor(value, requires_grad=True, name=name)


def test_kept_arrays_have_the_names_that_the_rules_use():
    x, w = leaf(np.ones((2, 3))), leaf(np.ones((3, 4)))
    assert list(box_of(x @ w, "matmul").kept) == ["b", "a"]
    assert list(box_of(ag.exp(x), "exp").kept) == ["y"]
    assert box_of(x + 1.0, "add").kept == {}
    assert set(box_of(ag.einsum("ij,jk->ik", x, w), "einsum").kept) == {"operands[0]", "operands[1]"}


def test_bytes_are_those_that_only_the_graph_holds():
    x, w = leaf(np.ones((2, 3))), leaf(np.ones((3, 4)))
    assert box_of(x @ w, "matmul").bytes == 0  # both live on with their leaves
    assert box_of(ag.exp(x) @ w, "matmul").bytes == 2 * 3 * 8
    assert box_of(ag.exp(x), "exp").bytes == 2 * 3 * 8
    h = ag.exp(x)
    h.reshape(6)
    shared = {**box_of(h.reshape(6) * h.reshape(6), "multiply").memory}
    assert list(shared.values()) == [48]  # views of one block count once
    y = ag.exp(x).sum()
    y.backward()
    assert box_of(y, "sum").bytes == 0 and box_of(y, "sum").kept == {}


def test_leaves_and_constants_keep_nothing():
    boxes = graph_of([leaf(1.0), ag.Tensor(2.0)]).boxes
    assert [(box.kept, box.bytes) for box in boxes] == [({}, 0), ({}, 0)]


def test_parameters_stay_parameters_when_their_tensors_are_gone():
    class Parameter(ag.Tensor):
        __slots__ = ()

    with ag.tape() as tape:
        Parameter(1.0, requires_grad=True) * 2.0
    assert graph_of(tape).boxes[0].role == "parameter"


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("value", ">7.38906"),
        ("grad", ">3<"),
        ("kept", "keeps y: 8 B"),
        ("formula", "y = e^x"),
        ("local", "∂y/∂x = y"),
        ("where", "test_boxes.py"),
    ],
)
def test_show_writes_what_is_asked_for(part, text):
    with ag.tape() as tape:
        y = 3.0 * ag.exp(leaf(2.0, "x"))
    y.backward()
    body = "".join(re.findall(r"label=<(.*?)>, ", draw(tape, show=part).source))
    assert text in body
    others = "".join(re.findall(r"label=<(.*?)>, ", draw(tape, show=[one for one in PARTS if one != part]).source))
    assert text not in others


def test_show_shape_is_of_boxes_and_of_arrows():
    x = leaf(np.ones((2, 20)), "x")
    y = ag.broadcast_to(x, (3, 2, 20))
    assert draw(y).source.count("(2, 20)") > draw(y, show="value").source.count("(2, 20)")
    lines = [line for line in draw(y, show=()).source.splitlines() if " -> " in line]
    assert not any("(2, 20)" in line for line in lines)


def test_everything_at_once_on_every_kind_of_value():
    values = [np.nan, np.zeros((0, 3)), np.ones((2, 2)), np.full(30, np.inf), np.float32(1.0), np.arange(30.0)]
    for value in values:
        with ag.tape() as tape:
            y = ag.exp(leaf(value, 'x"<&\n')) * 2.0
        y.backward(gradient=np.ones_like(value))
        for rankdir in ("LR", "TB"):
            svg = layout(draw(tape, show=PARTS, direction="both", rankdir=rankdir).source, "svg").decode()
            assert "y = e^x" in svg


def test_svg_tooltips_have_formula_and_numbers():
    with ag.tape() as tape:
        y = ag.sigmoid(leaf(0.1 + 0.2, "x"))
    y.backward()
    svg = layout(draw(tape).source, "svg").decode()
    tips = [tip.replace("&#45;", "-").replace("&#10;", "\n") for tip in re.findall('xlink:title="([^"]*)"', svg)]
    tip = next(tip for tip in tips if tip.startswith("y sigmoid"))
    assert "y = 1/(1 + e^(−x))" in tip and "∂y/∂x = y (1 − y)" in tip
    assert f"value {y.data}" in tip and "gradient 1.0" in tip and "test_boxes.py" in tip
    assert any("0.30000000000000004" in tip for tip in tips)


# -- worksheets, and colours by gradients ------------------------------------------------------


def small_net():
    """A tape with gradients 6, 1 and a vector's."""
    w, v = leaf(3.0, "w"), leaf([1.5, -2.5], "v")
    with ag.tape() as tape:
        y = w * w + ag.sum(v * 0.25)
    y.backward()
    return tape


def test_what_is_blank_is_nowhere_in_the_picture():
    tape = small_net()
    for rankdir in ("LR", "TB"):
        filled, blank = draw(tape, rankdir=rankdir), draw(tape, rankdir=rankdir, blank=("grad",), direction="both")
        assert ">6<" in filled.source and ">\u20070.25" in filled.source
        for text in (blank.source, svg(blank.picture)):
            assert ">6<" not in text and ">\u20070.25" not in text and "gradient 6" not in text and "+3" not in text
            assert ">3<" in text and "−2.5" in text  # values stay
        cells = blank.source.count('BGCOLOR="#FFFFFF"')
        assert cells == len(blank.picture.shapes) + 2  # one for each gradient, two for each of the vectors
        assert svg(blank.picture).count('fill="#FFFFFF" stroke="#757575"') == cells
        assert b"</svg>" in layout(blank.source, "svg")
    both = draw(tape, blank=("value", "grad")).source
    assert ">3<" not in both and "value 3" not in both


def test_colours_say_where_gradients_vanish_explode_or_are_no_numbers():
    w = [leaf(value, f"w{i}") for i, value in enumerate([1.0, 2.0, 3.0, 4.0])]
    with ag.tape() as tape:
        y = w[0] * 1e-6 + w[1] * 1e6 + w[2] * 0.0 + w[3] * np.inf
    y.backward()
    picture = draw(tape, colour="grad").picture
    look = {shape.box.name: shape.look for shape in picture.shapes if shape.box.name}
    assert look["w0"]["fillcolor"] == FILLS[0] and look["w1"]["fillcolor"] == FILLS[-1]
    assert look["w1"]["penwidth"] > look["w0"]["penwidth"]
    assert "dashed" in look["w2"]["style"] and look["w3"]["fillcolor"] == ODD["fillcolor"]
    assert "1e−06 pale … 1.00e+06 dark" in picture.notes[-1] and picture.notes[-1] in svg(picture)
    with ag.tape() as without:
        w[0] * 2.0
    assert "none" in draw(without, colour="grad").picture.notes[0]


@pytest.mark.parametrize("option", [{"colour": "red"}, {"blank": "shape"}, {"blank": ("grad", "where")}])
def test_unknown_colour_or_blank(option):
    with pytest.raises(ValueError, match=f"draw: {next(iter(option))} "):
        draw(leaf(1.0), **option)
