"""What the user calls a recorded value."""

import autograd as ag
from autograd.taped.graph import behind
from autograd.taped.naming import by_line, outer_scopes, own_name, results, variables_of_caller


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
