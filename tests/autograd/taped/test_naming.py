"""What the user calls a recorded value."""

import numpy as np

import autograd as ag
from autograd.drawing.graph import graph_of
from autograd.explaining.graph import Graph
from autograd.notes import Constant
from autograd.taped.graph import behind
from autograd.taped.naming import (
    by_line,
    name_of_constant,
    names_of,
    names_of_modules,
    numbered,
    outer_scopes,
    own_name,
    results,
    variables_of_caller,
)


def test_names_lines_and_modules():
    w = ag.Tensor(3.0, requires_grad=True, name="w")
    v = ag.Tensor(3.0, requires_grad=True)
    with ag.tape(), ag.scope("net"):
        with ag.scope("one"):
            a = ag.exp(w) * v
        b = a + 1
    graph = behind(b, "look")
    made = results(graph.order)
    assert [node.operation.name for node in made] == ["exp", "multiply", "add"]
    assert [len(several) for several in by_line(made)] == [2, 1]
    assert outer_scopes(graph.order) == 1
    assert own_name(w.node) == own_name(graph.aliases[w.node][0]) == "w"
    assert own_name(v.node) is own_name(a.node) is None
    v.name = "later"
    assert own_name(graph.aliases[v.node][0]) == "later"


def test_variables_of_the_caller():
    a = ag.Tensor(3.0, requires_grad=True)
    named = ag.Tensor(3.0, requires_grad=True, name="named")
    _hidden = ag.Tensor(3.0, requires_grad=True)
    found = variables_of_caller()
    assert found[a.node] == "a" and named.node not in found and _hidden.node not in found


def test_checks_explanations_and_pictures_call_values_alike():
    w5, w6 = ag.Tensor(0.4, requires_grad=True, name="w5"), ag.Tensor(0.45, requires_grad=True)
    with ag.tape() as tape:
        net_o1 = w5 * 0.59 + w6 * 0.6 + 0.6
        with ag.scope("o1"):
            out_o1 = ag.sigmoid(net_o1)
        E = 0.5 * (0.01 - out_o1) ** 2
    report = ag.check_by_hand(E, {out_o1: 0.1, net_o1: 0.1, w5: 0.1, w6: 0.1})
    assert {row.what for row in report} == {"∂E/∂out_o1", "∂E/∂net_o1", "∂E/∂w5", "∂E/∂w6"}
    explained = Graph(E, w6, variables=variables_of_caller()).names
    drawn = {box.node: box.name or box.result_of for box in ag.draw(tape).graph.boxes if box.operation is not None}
    for node, name in drawn.items():
        assert (explained.symbol(node).text() == name) if name else node not in explained
    assert set(drawn.values()) == {None, "net_o1", "out_o1", "E"}


def test_a_variable_that_several_lines_assign_comes_after_one_of_the_caller():
    x = ag.Tensor(3.0, requires_grad=True, name="x")
    with ag.tape() as tape:
        h = ag.tanh(x)
        first = h
        h = ag.tanh(h * 2)
    y = h
    h = None
    names = names_of(tape.nodes, {y.node: "y"})
    assert [names.get(node) for node in tape] == ["x", "h", None, "y"] and first.node.name is None
    assert numbered({1: "h", 2: "x", 3: "h"}) == {1: 1, 3: 2}
    names = names_of(tape.nodes)
    assert [names.get(node) for node in tape] == ["x", "h", None, "h"]
    boxes = [box for box in graph_of(tape).boxes if box.name]
    assert [box.called for box in boxes] == ["x", "h⁽¹⁾", "h⁽²⁾"]


def test_names_of_constants_and_modules():
    array, other = np.arange(3.0), np.zeros(3)
    assert name_of_constant(Constant(array), [("array", array), ("other", other)]) == "array"
    assert name_of_constant(Constant(array.copy()), [("array", array), ("same", array)]) is None
    assert name_of_constant(Constant(np.float64(3.0)), [("array", array)]) is None
    assert name_of_constant(Constant(array, "given"), [("array", array)]) == "given"
    w = ag.Tensor(np.ones(3), requires_grad=True)
    with ag.tape() as tape, ag.scope("net"):
        with ag.scope("one"):
            inside = ag.exp(w) * array
        ag.sum(inside)
    assert list(names_of_modules(tape.nodes).values()) == ["one"]
    assert "array" in [box.name for box in ag.draw(tape).graph.boxes if box.role == "constant"]
