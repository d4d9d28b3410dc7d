"""Finite differences of a taped graph against the true gradients."""

import numpy as np

import autograd as ag
from autograd.checking.graph import WalkedGraph
from autograd.checking.learner import Learner
from autograd.checking.slopes import Slopes
from autograd.checking.truth import Truth
from autograd.taped.replay import alone


def slopes_of(f, start):
    w = ag.Tensor(start, requires_grad=True, name="w")
    with ag.tape():
        y = f(w)
    with alone():
        graph = WalkedGraph(y, None, {})
        truth = Truth(graph, Learner(graph, {w: np.zeros(w.shape)}))
        ((node, true),) = truth.true.items()
        return Slopes(graph.order, graph.output, np.float64(1.0)).compare(graph.places(node), true)


def test_slopes_agree_entry_by_entry_and_along_directions():
    for n in (3, 200):
        error, kink = slopes_of(lambda w: ag.square(ag.sin(w)).sum(), np.linspace(0, 1, n))
        assert error < 1e-8 and not kink


def test_slopes_find_a_kink():
    assert slopes_of(lambda w: ag.relu(w).sum(), [1.0, 0.0])[1]
    assert not slopes_of(lambda w: ag.relu(w).sum(), [1.0, -1.0])[1]


def test_slopes_of_a_tiny_gradient_beside_a_large_value():
    error, kink = slopes_of(lambda w: 1e8 + 1e-3 * w, 1.0)
    assert error < 1e-2 and not kink


def test_slopes_of_an_empty_array():
    assert slopes_of(lambda w: w.sum(), np.ones((0, 2))) == (0.0, False)
