"""A value is called by its name, and a name is written in one way, wherever it stands."""

import re

import numpy as np
import pytest

import autograd as ag

NAMES = [
    "out_o1",
    "w5",
    "conv1.weight",
    "δ_h",
    "ŷ_1",
    "∂x",
    "x′",
    "ж",
    "東",
    "é",
    "ş",
    "Ω",
    "naïve_é1",
    "a b",
    "50%",
    "x₁",
]


def explained(name):
    """The derivation of a value with this name, which it names many times."""
    w = ag.Tensor(0.3, requires_grad=True, name=name)
    q = ag.Tensor(0.2, requires_grad=True, name="q")
    with ag.tape():
        s = w * q
        loss = (s - w) ** 2
    return ag.explain(loss, w)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_written_in_one_way(name):
    derivation = explained(name)
    plain = re.findall(r"∂⁺?loss/∂(.+?) = ", str(derivation))
    assert len(set(plain)) == 2  # the name's, and s
    written = re.findall(r"\\frac\{\\partial(?:\^\{\+\})? \\mathrm\{loss\}\}\{\\partial (.+?)\} ?(?:&=|\\cdot|\\\\|$)",
                         derivation.to_latex(), re.MULTILINE)  # fmt: skip
    (spelled,) = set(written) - {"s"}
    latex = derivation.to_latex()
    rest = latex.replace(spelled, "")
    assert latex.count(spelled) > 4 and name not in rest and "?" not in latex


def test_a_loss_by_classes_is_told_in_the_users_names():
    scores = ag.Tensor([[1.0, 2.0, 0.5], [0.1, 0.2, 0.3]], requires_grad=True)
    labels = np.array([2, 0])
    with ag.tape():
        log_p = ag.log_softmax(scores, 1)
        loss = ag.nll_loss(log_p, labels)
    assert str(ag.explain(loss, log_p)).splitlines()[0].split(" (")[0].strip() == "∂loss/∂log_p = −0.5 onehot(labels)"
    assert "−0.5 [2 = labels[0]]" in str(ag.explain(loss, log_p, at=(0, 2)))
    assert r"\mathrm{labels}" in ag.explain(loss, scores).to_latex()
