"""The chain rule of the 2-2-2 logistic network, as a textbook writes it, with the textbook's numbers."""

import pytest

import autograd as ag
from autograd.explaining import explain

WEIGHTS = [0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55]
GRADIENTS = [0.000438568, 0.000877135, 0.000497713, 0.000995425, 0.082167041, 0.082667628, -0.022602540, -0.022740242]


def network(named_targets=False):
    """(E, {name: weight}): names come from name=, and from the variables on the recorded lines."""
    w = {f"w{n}": ag.Tensor(value, requires_grad=True, name=f"w{n}") for n, value in enumerate(WEIGHTS, start=1)}
    i1, i2 = ag.Tensor(0.05, name="i1"), ag.Tensor(0.10, name="i2")
    t1, t2 = (ag.Tensor(0.01, name="t1"), ag.Tensor(0.99, name="t2")) if named_targets else (0.01, 0.99)
    with ag.tape():
        net_h1 = w["w1"] * i1 + w["w2"] * i2 + 0.35
        net_h2 = w["w3"] * i1 + w["w4"] * i2 + 0.35
        out_h1 = ag.sigmoid(net_h1)
        out_h2 = ag.sigmoid(net_h2)
        net_o1 = w["w5"] * out_h1 + w["w6"] * out_h2 + 0.60
        net_o2 = w["w7"] * out_h1 + w["w8"] * out_h2 + 0.60
        out_o1 = ag.sigmoid(net_o1)
        out_o2 = ag.sigmoid(net_o2)
        E = 0.5 * (t1 - out_o1) ** 2 + 0.5 * ag.square(t2 - out_o2)
    return E, w


W5 = """\
∂E/∂w5 = ∂E/∂out_o1 · ∂out_o1/∂net_o1 · ∂net_o1/∂w5
       = (out_o1 − 0.01) · out_o1 (1 − out_o1) · out_h1
       = 0.741365070 · 0.186815602 · 0.593269992
       = 0.082167041"""


def test_one_path_is_one_product():
    E, w = network()
    assert str(explain(E, w["w5"])) == W5


def test_a_named_target_stands_by_its_name():
    E, w = network(named_targets=True)
    assert str(explain(E, w["w5"])) == W5.replace("− 0.01", "− t1")


def test_several_paths_go_delta_by_delta():
    E, w = network()
    derivation = explain(E, w["w1"])
    assert [step.left.text() for step in derivation.steps] == [
        "∂E/∂out_o2", "∂E/∂out_o1", "∂E/∂net_o2", "∂E/∂net_o1", "∂E/∂out_h1", "∂E/∂net_h1", "∂E/∂w1",
    ]  # fmt: skip
    assert str(derivation.steps[4]) == (
        "∂E/∂out_h1 = ∂E/∂net_o1 · ∂net_o1/∂out_h1 + ∂E/∂net_o2 · ∂net_o2/∂out_h1\n"
        "           = ∂E/∂net_o1 · w5 + ∂E/∂net_o2 · w7\n"
        "           = 0.138498562 · 0.4 + (−0.038098237) · 0.5\n"
        "           = 0.036350306"
    )
    assert str(derivation).endswith("= 0.008771355 · 0.05\n       = 0.000438568")


def test_paths_are_summed():
    E, w = network()
    derivation = explain(E, w["w1"], form="paths")
    assert str(derivation).endswith(
        "∂E/∂w1 = path 1 + path 2\n       = 0.000668396 + (−0.000229828)\n       = 0.000438568"
    )
    assert "(out_o1 − 0.01) · out_o1 (1 − out_o1) · w5 · out_h1 (1 − out_h1) · i1" in str(derivation)
    assert sum(term.value for term in derivation.terms) == pytest.approx(derivation.value, rel=1e-12)


def test_unfolded_each_operation_is_a_step():
    E, w = network()
    text = str(explain(E, w["w5"], fold=False))
    assert "= 1 · 0.5 · 2 u3 · (−1) · out_o1 (1 − out_o1) · 1 · 1 · out_h1\n" in text
    assert "where u3 = 0.01 − out_o1" in text
    assert text.count("∂out_o1/∂net_o1") == 1


@pytest.mark.parametrize("form", ["adjoints", "paths"])
@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("n", range(8))
def test_every_form_has_the_true_gradient(n, fold, form):
    E, w = network()
    E.backward()
    leaf = w[f"w{n + 1}"]
    derivation = explain(E, leaf, form=form, fold=fold)
    assert derivation.value == leaf.grad
    assert derivation.value == pytest.approx(GRADIENTS[n], abs=5e-10)
    assert sum(term.value for term in derivation.terms) == pytest.approx(leaf.grad, rel=1e-12)


def test_every_line_of_a_step_gives_the_same_number():
    E, w = network()
    for leaf in w.values():
        for fold in (True, False):
            for step in explain(E, leaf, fold=fold).steps:
                values = [line.formula.evaluate() for line in step.lines]
                known = [value for value in values if value is not None]
                assert known == pytest.approx([values[-1]] * len(known), rel=1e-12)


def test_an_inner_value_and_the_output_itself():
    w1 = ag.Tensor(0.15, requires_grad=True)
    with ag.tape():
        a = w1 * 2
        b = a * a
    assert str(explain(b, a)) == "∂b/∂a = 2 a\n      = 0.6"
    assert str(explain(b, b)) == "∂b/∂b = 1"


def test_an_explanation_changes_no_gradient_on_the_tape():
    E, w = network()
    E.backward()
    before = {name: float(leaf.grad) for name, leaf in w.items()}
    explain(E, w["w1"], gradient=100.0)
    with ag.no_grad():
        w["w1"] -= 1.0  # the tape has the old value
    assert "= 0.000438568" in str(explain(E, w["w1"]))
    assert {name: float(leaf.grad) for name, leaf in w.items()} == before
