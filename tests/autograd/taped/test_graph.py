"""A taped graph read once: the order, what takes each node, what stands for a leaf."""

import numpy as np
import pytest

import autograd as ag
from autograd.node import Leaf
from autograd.taped.graph import behind, called, is_leafs_alias, seed_of, value_of


def test_order_uses_and_aliases():
    w = ag.Tensor(3.0, requires_grad=True, name="w")
    with ag.tape():
        a = w * w
        b = ag.exp(a) + a
        unused = a * 2
    graph = behind(b, "look")
    assert graph.output is b.node and unused.node not in graph.uses
    births = [node.birth for node in graph.order]
    assert births == sorted(births)
    (alias,) = graph.aliases[w.node]
    assert is_leafs_alias(alias) and not is_leafs_alias(a.node) and not is_leafs_alias(w.node)
    assert graph.uses[w.node] == [(alias, 0)] and graph.uses[alias] == [(a.node, 0), (a.node, 1)]
    assert [(user.operation.name, i) for user, i in graph.uses[a.node]] == [("exp", 0), ("add", 1)]
    assert graph.uses[b.node] == []


def test_a_leaf_written_to_has_two_aliases_and_the_value_that_was_used():
    w = ag.Tensor(3.0, requires_grad=True)
    with ag.tape():
        a = w * 2
        w.data = 5.0
        b = a + w
    graph = behind(b, "look")
    assert [float(alias.note.value) for alias in graph.aliases[w.node]] == [3.0, 5.0]
    assert graph.places(w.node) == graph.aliases[w.node] and graph.places(a.node) == [a.node]
    assert graph.value(w.node) == 3.0 and graph.value(a.node.note.inputs[1]) == 2
    assert value_of(w.node) == 5.0 and value_of(a.node) == 6.0


def test_what_is_no_taped_graph():
    w = ag.Tensor([3.0, 4.0], requires_grad=True, name="w")
    early = ag.square(w)
    with ag.tape():
        late = (early * 2).sum()
    with pytest.raises(TypeError, match="look: the output must be a Tensor\n  output: float"):
        behind(3.0, "look")
    with pytest.raises(ValueError, match="look: the output was not recorded"):
        behind(ag.Tensor(3.0), "look")
    with pytest.raises(ValueError, match=r"'w' \(leaf\) was recorded outside ag\.tape\(\)"):
        behind(w, "look")
    with pytest.raises(ValueError, match=r"\(square\) was recorded outside(?s:.*)1 of 4 nodes, first square"):
        behind(late, "look")
    assert called(w.node) == "'w'" and type(w.node) is Leaf


def test_the_gradient_of_the_output():
    w = ag.Tensor(np.ones((1, 1), np.float32), requires_grad=True)
    with ag.tape():
        y = w * 2
    assert seed_of(y.node, None, "look").dtype == np.float32
    assert seed_of(y.node, [[3]], "look").tolist() == [[3.0]]
    with pytest.raises(ValueError, match=r"look: the gradient must have the output's shape\n  output: \(1, 1\)"):
        seed_of(y.node, [3.0], "look")
    with ag.tape():
        y = ag.concatenate([w, w])
    with pytest.raises(ValueError, match="pass gradient="):
        seed_of(y.node, None, "look")
