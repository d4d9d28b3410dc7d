"""``draw(module, x)``: run once, name the input, leave everything as it was."""

import re

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.drawing import draw


def test_a_module_is_drawn_from_an_example_of_its_input():
    net = nn.models.LeNet()
    drawing = draw(net, np.zeros((2, 1, 8, 8), np.float32))
    found = {box.name: box for box in drawing.graph.boxes if box.name}
    assert found["x"].role == "constant" and found["x"].like[0] == (2, 1, 8, 8)
    assert found["conv1.weight"].role == "parameter"
    assert drawing.graph.kinds[("LeNet", "conv1")] == "Conv2d"
    assert "<B>conv1</B>  Conv2d" in drawing.source


def test_tensors_are_drawn_under_their_own_names_and_stay_without_where_they_had_none():
    net = nn.Linear(2, 2)
    named, unnamed = ag.Tensor(np.ones((1, 2)), name="image"), ag.Tensor(np.ones((1, 2)))
    trained = ag.Tensor(np.ones((1, 2)), requires_grad=True)
    assert "image" in {box.name for box in draw(net, named).graph.boxes}
    for x in (unnamed, trained):
        assert {box.name for box in draw(net, x).graph.boxes} == {"x", "weight", "bias", None}
        assert x.name is None and (x.node is None or x.grad is None)


def test_a_module_runs_in_the_mode_it_is_in_and_its_buffers_are_put_back():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5))
    x = np.arange(50.0, dtype=np.float32).reshape(2, 1, 5, 5)
    before = {name: value.copy() for name, value in net.state_dict().items()}
    made = {box.operation.name for box in draw(net, x).graph.boxes if box.operation}
    assert made == {"conv2d", "batch_norm", "dropout"} and net.training
    assert all(np.array_equal(before[name], value) for name, value in net.state_dict().items())
    made = {box.operation.name for box in draw(net.eval(), x).graph.boxes if box.operation}
    assert "dropout" not in made and not net.training


def test_frozen_modules_and_no_grad_are_drawn_all_the_same():
    net = nn.Linear(2, 2).requires_grad_(False)
    drawing = draw(net, np.ones((1, 2)))
    assert {box.name: box.role for box in drawing.graph.boxes if box.operation is None} == {
        "x": "leaf", "weight": "constant", "bias": "constant",
    }  # fmt: skip
    with ag.no_grad():
        assert len(draw(nn.Linear(2, 2), np.ones((1, 2))).graph.boxes) == 4


def test_frozen_parameters_stand_in_their_module():
    net = nn.Sequential(nn.Linear(2, 2).requires_grad_(False), nn.Linear(2, 2))
    boxes = {box.name: box for box in draw(net, ag.Tensor(np.ones((1, 2)), True, name="x")).graph.boxes}
    assert boxes["0.weight"].role == "constant" and boxes["0.weight"].scope == ("Sequential", "0")


def test_several_inputs_are_named_after_the_parameters_of_forward():
    class Two(nn.Module):
        def forward(self, image, mask, *more):
            return image * mask * more[0]

    net = Two()
    net.weight = nn.Parameter(1.0)
    drawing = draw(net, np.ones(3), np.ones(3), np.ones(3))
    assert [box.name for box in drawing.graph.boxes if box.role == "leaf"] == []
    drawing = draw(Two(), np.ones(3), np.ones(3), np.ones(3))  # nothing to train: the inputs are
    assert [box.name for box in drawing.graph.boxes if box.role == "leaf"] == ["image", "mask", "input 2"]


def test_anything_that_can_be_called_and_has_parameters_is_a_module():
    class Line:
        def __init__(self):
            self.slope = ag.Tensor(2.0, requires_grad=True, name="slope")

        def named_parameters(self):
            return [("slope", self.slope)]

        def __call__(self, t):
            return self.slope * t

    assert [box.name for box in draw(Line(), ag.Tensor(1.0)).graph.boxes][:2] == ["slope", "t"]


def test_a_module_that_fails_leaves_everything_as_it_was():
    net = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(3, 3))
    x = ag.Tensor(np.arange(4.0).reshape(2, 2))
    before = net.state_dict()
    with pytest.raises(ValueError, match="linear"):
        draw(net, x)
    assert x.name is None and not ag.internal.is_taping()
    assert all(np.array_equal(before[name], value) for name, value in net.state_dict().items())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((nn.ReLU(),), "an example of its input is needed"),
        ((nn.ReLU, np.ones(2)), "only a module takes inputs, not a type"),
        ((ag.Tensor(1.0), ag.Tensor(2.0)), "give a list"),
    ],
)
def test_wrong_arguments(arguments, says):
    with pytest.raises(TypeError, match=re.escape(says)):
        draw(*arguments)


@pytest.mark.parametrize("option", [{"depth": -1}, {"depth": 1.5}, {"depth": True}, {"limit": 0}, {"limit": "9"}])
def test_wrong_numbers(option):
    (name,) = option
    with pytest.raises(ValueError, match=f"draw: {name} is None or an integer"):
        draw(ag.Tensor(1.0), **option)
