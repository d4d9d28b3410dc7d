"""Hints beforehand: each is what a check by hand says of the same number afterwards."""

import numpy as np
import pytest

import autograd as ag
from autograd.checking.hints import MOST, hints


@pytest.fixture(scope="module")
def network():
    w, v, x = (
        ag.Tensor(value, requires_grad=True, name=name) for name, value in zip("wvx", (0.4, -0.7, 0.9), strict=True)
    )
    with ag.tape():
        h = ag.sigmoid(w * x)
        o = ag.tanh(v * h)
        E = 0.5 * (0.3 - o) ** 2
    return E, {"w": w, "v": v, "x": x, "h": h, "o": o}


def test_each_hint_is_a_number_that_a_check_by_hand_calls_a_mistake(network):
    E, named = network
    found = hints(E)
    truth = dict(zip(named, ag.gradients(E, list(named.values()), retain_graph=True), strict=True))
    checked = 0
    for name, tensor in named.items():
        several = found[tensor.node]
        assert 0 < len(several) <= MOST and len({round(float(change), 12) for change, _ in several}) == len(several)
        for change, _ in several[:4]:
            report = ag.check_by_hand(E, {tensor: float(truth[name] + change)})
            assert not report.ok and report.first_wrong.mistake is not None
            checked += 1
    assert checked == 20


def test_the_words_are_those_of_the_catalogue(network):
    E, named = network
    told = {words for _, words in hints(E)[named["v"].node]}
    assert "the derivative of o (tanh) is left out" in told
    # what is done wrong further up only follows here
    assert not any("the power" in words for words in told)


def test_arrays_and_a_gradient_of_the_output(network):
    w = ag.Tensor(np.array([[0.5, -1.0], [2.0, 0.25]]), requires_grad=True, name="w")
    x = ag.Tensor(np.array([[1.0, 2.0]]), name="x")
    with ag.tape():
        y = ag.tanh(x @ w)
    for change, _ in hints(y, np.ones((1, 2)))[w.node]:
        assert np.shape(change) == (2, 2) and np.all(np.isfinite(change)) and np.any(change)


def test_it_ends_in_time(network):
    assert hints(network[0], seconds=0.0) == {}
