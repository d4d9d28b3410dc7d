"""Arrows: the way of the values, the way of the gradients, what each use adds, and what is cut off."""

import re

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.drawing import draw
from autograd.drawing.graph import graph_of
from autograd.drawing.layout import layout
from autograd.drawing.style import GRADIENT_LINE


def logistic():
    """The tape of a 2-2-2 logistic network after backward."""
    values = [0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55]
    w = [ag.Tensor(value, requires_grad=True, name=f"w{i}") for i, value in enumerate(values, 1)]
    with ag.tape() as tape:
        h1 = ag.sigmoid(w[0] * 0.05 + w[1] * 0.10 + 0.35)
        h2 = ag.sigmoid(w[2] * 0.05 + w[3] * 0.10 + 0.35)
        h1.name, h2.name = "out_h1", "out_h2"
        o1 = ag.sigmoid(w[4] * h1 + w[5] * h2 + 0.60)
        o2 = ag.sigmoid(w[6] * h1 + w[7] * h2 + 0.60)
        error = 0.5 * (0.01 - o1) ** 2 + 0.5 * (0.99 - o2) ** 2
    error.backward()
    return tape


def arrows(drawing):
    """{(tail, head): attributes} by the names of the boxes, or their operations."""
    names = {box.key: box.name or (box.operation.name if box.operation else box.role) for box in drawing.graph.boxes}
    found = re.findall(r"^\t(\w+) -> (\w+) \[(.*)\]$", drawing.source, re.MULTILINE)
    return {(names[tail], names[head]): attributes for tail, head, attributes in found}


def test_every_edge_of_a_folded_or_whole_graph_knows_what_it_adds():
    graph = graph_of(logistic())
    totals = {}
    for edge in graph.edges:
        assert edge.carries == (edge.tail.role != "constant")
        if edge.carries:
            totals.setdefault(edge.tail, []).append(edge.contribution())
        else:
            assert edge.contribution() is None and edge.local is None
    assert all(np.isclose(sum(parts), box.gradient, rtol=1e-14) for box, parts in totals.items())
    hidden = next(box for box in graph.boxes if box.name == "out_h1")
    assert np.allclose(totals[hidden], [0.055399425, -0.019049119], atol=5e-10)


def test_backward_arrows_run_from_output_to_inputs_and_say_what_is_added():
    tape = logistic()
    backward, both = draw(tape, direction="backward"), draw(tape, direction="both")
    assert ">+0.0553994</FONT>" in backward.source and ">−0.0190491</FONT>" in backward.source
    assert "0.0553994" not in draw(tape).source
    assert "0.0553994" not in draw(tape, direction="backward", show="value").source
    attributes = arrows(backward)[("out_h1", "multiply")]
    assert "dir=back" in attributes and GRADIENT_LINE in attributes and "∂y/∂b = a" in attributes
    attributes = arrows(both)[("out_h1", "multiply")]
    assert "dir=both" in attributes and f":{GRADIENT_LINE}" in attributes
    for drawing in (backward, both):
        assert layout(drawing.source, "svg").count(b'class="edge"') == drawing.source.count(" -> ")


def test_nothing_comes_back_to_constants():
    x = ag.Tensor(2.0, name="x")
    w = ag.Tensor(3.0, requires_grad=True, name="w")
    with ag.tape() as tape:
        w * x
    assert "dir=none" in arrows(draw(tape, direction="backward"))[("x", "multiply")]
    assert "dir" not in arrows(draw(tape, direction="both"))[("x", "multiply")]
    assert "dir=back" in arrows(draw(tape, direction="backward"))[("w", "multiply")]


def test_arrows_of_parameters_that_stand_behind_their_operation_keep_their_direction():
    net = nn.Linear(2, 2)
    for direction, weight, bias in (
        ("forward", None, "dir=back"), ("backward", "dir=back", None), ("both", "dir=both", "dir=both"),
    ):  # fmt: skip
        found = arrows(draw(net, np.ones((1, 2)), direction=direction))
        for pair, expected in ((("weight", "linear"), weight), (("linear", "bias"), bias)):
            attributes = found[pair]
            assert (expected in attributes) if expected else ("dir=" not in attributes)


def test_direction_works_on_every_graph():
    y = ag.Tensor(2.0, requires_grad=True) * 3.0
    used = ag.Tensor(2.0, requires_grad=True) * 3.0
    used.backward()
    with ag.tape() as tape:
        ag.stack([y, y, 1.0])
    net = nn.models.ResNet20()
    for direction in ("backward", "both"):
        for x in (y, used, tape, [y, used], [y, ag.Tensor(1.0)]):
            layout(draw(x, direction=direction).source, "svg")
        for depth in (0, 1, 2, 3):
            draw(net, np.ones((1, 3, 32, 32), np.float32), depth=depth, direction=direction)


def test_a_use_that_adds_nan_or_an_array_is_shown_too():
    x = ag.Tensor(np.linspace(0, 1, 20), requires_grad=True, name="x")
    with ag.tape() as tape:
        y = (x * 2.0).sum() + (x * np.nan).sum()
    y.backward()
    source = draw(tape, direction="backward").source
    assert ">2</FONT>" in source and ">20 nan</FONT>" in source


# -- what is cut off ---------------------------------------------------------------------------


def test_detached_values_are_shown_with_where_they_come_from():
    w = ag.Tensor(3.0, requires_grad=True, name="w")
    with ag.tape() as tape:
        h = ag.tanh(w)
        h.name = "h"
        y = h * h.detach() + w.detach() * w
    y.backward()
    graph = graph_of(tape)
    cut = [box for box in graph.boxes if box.role == "detached"]
    assert [(box.name, [edge.tail.name for edge in graph.into[box]]) for box in cut] == [("h", ["h"]), ("w", ["w"])]
    assert not any(edge.carries for edge in graph.edges if "detached" in (edge.tail.role, edge.head.role))
    source = draw(tape).source
    assert source.count("style=dotted, arrowhead=") == 2 and source.count("> detached<") == 2
    assert source.count('style="filled,dashed"') == 2
    before = w.detach()
    w.data = 5.0  # from here on w is something else
    for value, role in ((w.detach(), "detached"), (before, "constant")):
        with ag.tape() as tape:
            value * w
        assert [box.role for box in graph_of(tape).boxes] == ["leaf", role, "output"]


def test_detached_without_a_tape_where_the_graph_still_holds_it():
    w = ag.Tensor(3.0, requires_grad=True, name="w")
    h = ag.exp(w)
    y = h * h.detach()
    assert [box.role for box in graph_of(y).boxes] == ["leaf", "operation", "detached", "output"]


def test_detached_arrays_inside_modules_fold_without_a_cycle():
    x = ag.Tensor(np.ones(3), requires_grad=True, name="x")
    with ag.tape() as tape:
        with ag.scope("a"):
            h = ag.exp(x)
            y = h * h.detach()
        with ag.scope("b"):
            y * h.detach()
    drawn = draw(tape, depth=0).drawn
    assert [box.role for box in drawn.boxes] == ["module", "module"]
    place = {box: i for i, box in enumerate(drawn.boxes)}
    assert all(place[edge.tail] < place[edge.head] for edge in drawn.edges)


def test_a_copy_of_a_value_is_a_plain_constant():
    w = ag.Tensor(3.0, requires_grad=True, name="w")
    with ag.tape() as tape:
        h = ag.exp(w)
        h * ag.Tensor(h.data, name="copy")
    roles = {box.name: box.role for box in graph_of(tape).boxes if box.name}
    assert roles == {"w": "leaf", "h": "operation", "copy": "constant"}


@pytest.mark.parametrize("direction", ["up", None, 3])
def test_unknown_direction(direction):
    with pytest.raises(ValueError, match="direction is one of forward, backward, both"):
        draw(ag.Tensor(1.0), direction=direction)
