"""Values of the forward pass, and parameters after a step, by hand."""

import numpy as np
import pytest

import autograd as ag
from autograd.checking.by_hand import check_by_hand


def sigma(x):
    return 1 / (1 + np.exp(-x))


@pytest.fixture
def neuron():
    """{name: Tensor} of E = ½ (σ(w x + b) − t)², and of its steps."""
    made = {"w": ag.Tensor(0.4, requires_grad=True, name="w"), "b": ag.Tensor(0.1, requires_grad=True, name="b")}
    with ag.tape():
        made["net"] = made["w"] * 1.5 + made["b"]
        made["out"] = ag.sigmoid(made["net"])
        made["E"] = 0.5 * (made["out"] - 1.0) ** 2
    for name, tensor in made.items():
        tensor.name = name
    return made


def check(made, gradients, forward=None, new=None, **options):
    def by_tensor(values):
        return {made[name]: value for name, value in (values or {}).items()}

    return check_by_hand(made["E"], by_tensor(gradients), forward=by_tensor(forward), new=by_tensor(new), **options)


def derive(net=0.7, w_sign=1):
    """(forward, gradients) as they follow from a value of net."""
    out = sigma(net)
    delta = (out - 1) * out * (1 - out)
    forward = {"net": net, "out": out, "E": 0.5 * (out - 1) ** 2}
    return forward, {"out": out - 1, "net": delta, "w": w_sign * delta * 1.5, "b": delta}


def test_all_right(neuron):
    forward, gradients = derive()
    new = {"w": 0.4 - 0.5 * gradients["w"], "b": f"{0.1 - 0.5 * gradients['b']:.6f}"}
    report = check(neuron, gradients, forward, new, learning_rate=0.5)
    assert report.ok and len(report) == 9
    assert [row.is_gradient for row in report] == [False] * 3 + [True] * 4 + [False] * 2
    assert "the value of net" in str(report) and "w after the step" in str(report) and "✓" in report._repr_html_()


def test_a_wrong_forward_value_is_the_first_wrong_step_and_the_rest_follows(neuron):
    forward, gradients = derive(net=0.8)
    report = check(neuron, gradients, forward)
    assert (
        not report.ok and report.first_wrong.what == "the value of net" and report.wrong_steps == [report.first_wrong]
    )
    assert all(row.follows for row in report if row is not report.first_wrong), str(report)
    assert report.first_wrong.given.value == 0.8


def test_a_mistake_beside_a_wrong_forward_value_is_found(neuron):
    forward, gradients = derive(net=0.8, w_sign=-1)
    report = check(neuron, gradients, forward)
    assert [row.what for row in report.wrong_steps] == ["the value of net", "∂E/∂w"]
    assert report["w"].mistake.key == "sign" and report["b"].follows


def test_an_activation_left_out_of_the_forward_pass(neuron):
    report = check(neuron, {}, {"net": 0.7, "out": 0.7})
    assert report["out"].mistake.key == "activation-left-out" and report["net"].ok


def test_values_rounded_too_early(neuron):
    report = check(neuron, {}, {"net": "0.7", "out": f"{sigma(0.7):.9f}"})
    assert report.ok
    made = neuron
    report = check(made, {}, {"out": "0.67", "E": f"{0.5 * 0.33**2:.8f}"})
    assert report["out"].ok and report["E"].follows and report["E"].mistake.key == "rounded-too-early"


def test_blanks_in_the_forward_pass():
    w = ag.Tensor([0.5, -1.0], requires_grad=True, name="w")
    with ag.tape():
        h = ag.tanh(w)
        e = ag.sum(h)
    right = np.tanh([0.5, -1.0])
    assert check_by_hand(e, {}, forward={h: [right[0], None]}).ok
    report = check_by_hand(e, {w: ["?", 1 - right[1] ** 2]}, forward={h: [0.5, "?"]})
    assert report.first_wrong.what == "the value of h" and report["w"].ok


@pytest.mark.parametrize(
    ("new", "key"),
    [
        (lambda w, g: w + 0.5 * g, "sign"),
        (lambda w, g: w - g, "factor"),
        (lambda w, g: -0.5 * g, "step-for-gradient"),
        (lambda w, g: w - 0.25 * g, "factor"),
    ],
)
def test_what_went_wrong_in_the_step(neuron, new, key):
    _, gradients = derive()
    report = check(neuron, gradients, new={"w": new(0.4, gradients["w"])}, learning_rate=0.5)
    assert report.first_wrong.what == "w after the step" and report.first_wrong.mistake.key == key
    assert report["w"].ok and report["w"].is_gradient


def test_a_step_from_a_wrong_gradient_follows(neuron):
    report = check(neuron, {"w": 0.3}, new={"w": 0.4 - 0.5 * 0.3}, learning_rate=0.5)
    assert report.first_wrong.what == "∂E/∂w" and report[1].follows


def test_new_values_alone(neuron):
    _, gradients = derive()
    assert check(neuron, {}, new={"w": 0.4 - 0.5 * gradients["w"]}, learning_rate=0.5).ok
    with pytest.raises(ValueError, match="give its learning_rate="):
        check(neuron, {}, new={"w": 0.3})
    with pytest.raises(ValueError, match="net is no parameter"):
        check(neuron, {}, new={"net": 0.3}, learning_rate=0.5)


def test_a_wrong_formula_is_told_from_the_right_one_beside_a_wrong_forward_value(neuron):
    row = check(neuron, {"net": "(out − 1) · out"}, {"net": 0.72})["net"]
    assert (row.formula, row.right_formula) == ("(out − 1) · out", "(out − 1) · out · (1 − out)")
