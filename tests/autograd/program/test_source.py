"""``ag.source``: what the program looks like, what it takes, and where it says no."""

import io
import tokenize
from pathlib import Path

import numpy as np
import pytest

import autograd as ag
import nn

WRITTEN = Path(__file__).parent / "written"


def ramp(*shape):
    """Numbers that are the same each time."""
    return np.sin(np.arange(np.prod(shape), dtype=float)).reshape(shape)


def parameter(name, *shape):
    return ag.Tensor(ramp(*shape), requires_grad=True, name=name)


def logistic_222():
    w1, w2, w3, w4 = [ag.Tensor(0.1 + 0.05 * i, requires_grad=True, name=f"w{i}") for i in range(1, 5)]
    w5, w6, w7, w8 = [ag.Tensor(0.2 + 0.05 * i, requires_grad=True, name=f"w{i}") for i in range(5, 9)]
    b1, b2 = ag.Tensor(0.35, requires_grad=True, name="b1"), ag.Tensor(0.6, requires_grad=True, name="b2")
    i1, i2 = ag.Tensor(0.05, name="i1"), ag.Tensor(0.10, name="i2")
    with ag.tape():
        net_h1 = w1 * i1 + w2 * i2 + b1
        net_h2 = w3 * i1 + w4 * i2 + b1
        out_h1 = ag.sigmoid(net_h1)
        out_h2 = ag.sigmoid(net_h2)
        net_o1 = w5 * out_h1 + w6 * out_h2 + b2
        net_o2 = w7 * out_h1 + w8 * out_h2 + b2
        out_o1 = ag.sigmoid(net_o1)
        out_o2 = ag.sigmoid(net_o2)
        E = 0.5 * (0.01 - out_o1) ** 2 + 0.5 * (0.99 - out_o2) ** 2
    return E, [w1, w2, w3, w4, w5, w6, w7, w8, b1, b2]


class SmallLeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(2, 3, 2, stride=2)
        self.fc = nn.Linear(3, 4)

    def forward(self, x):
        x = self.pool(nn.functional.relu(self.conv1(x)))
        x = nn.functional.relu(self.conv2(x))
        return self.fc(x.reshape(len(x), -1))


def float64(net):
    for one in net.parameters():
        one.data = ramp(*one.shape)
    return net


def lenet():
    net, images, labels = float64(SmallLeNet()), ramp(2, 1, 4, 4), np.array([3, 0])
    with ag.tape():
        loss = nn.functional.cross_entropy(net(images), labels)
    return loss, list(net.parameters())


def rnn():
    wx, wh, wo, b = parameter("wx", 3, 2), parameter("wh", 2, 2), parameter("wo", 2, 1), parameter("b", 2)
    x1, x2, target = ramp(4, 3), ramp(4, 3) + 1, ramp(4, 1)
    with ag.tape():
        h1 = ag.tanh(x1 @ wx + b)
        h2 = ag.tanh(x2 @ wx + h1 @ wh + b)
        loss = ag.mse(h2 @ wo, target)
    return loss, [wx, wh, wo, b]


def function_in(text):
    """The function itself, without the helpers above it."""
    return text[text.index("def value_and_gradients") :]


@pytest.mark.parametrize("make", [logistic_222, lenet, rnn])
def test_the_program_of_a_net_reads_as_written_down(make):
    text = ag.source(make()[0]).numpy()
    assert text == ag.source(make()[0]).numpy()
    assert function_in(text) == (WRITTEN / f"{make.__name__}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("make", [logistic_222, lenet, rnn])
def test_the_program_of_a_net_gives_its_value_and_gradients(make):
    loss, leaves = make()
    value, gradients = ag.source(loss, leaves)()
    np.testing.assert_allclose(value, loss.data, rtol=1e-12)
    assert len(gradients) == len(leaves)
    for mine, true in zip(gradients.values(), ag.gradients(loss, leaves), strict=True):
        np.testing.assert_allclose(mine, true, rtol=1e-12, atol=1e-15)


def test_named_numbers_and_inputs_are_arguments():
    source = ag.source(logistic_222()[0])
    names = ["w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "b1", "b2", "i1", "i2"]
    assert sorted(source.arguments) == sorted(names)
    doubled, _ = source(i1=0.1, i2=0.2)
    value, _ = source()
    assert doubled != value


def test_a_mask_that_was_drawn_is_an_argument():
    x = parameter("x", 3, 4)
    with ag.tape():
        y = ag.dropout(x, 0.5, rng=1).sum()
    source = ag.source(y)
    assert source.arguments["mask"].dtype == bool
    _, gradients = source(mask=np.eye(3, 4, dtype=bool))
    np.testing.assert_array_equal(gradients["x"], 2 * np.eye(3, 4))


def outside(x):
    """A function that no text can be taken from."""
    return OPEN["function"](x)


OPEN = {"function": np.sinh}


def test_an_operation_of_ones_own_is_written_where_its_text_is_to_be_had():
    cube = ag.operation("cube_written", lambda x: x * x * x, rules=[ag.rule(lambda g, x: 3 * g * x * x)])
    x = parameter("x", 3)
    with ag.tape():
        y = cube(x).sum()
    source = ag.source(y)
    assert source.written.python == []
    assert "x * x * x" in source.numpy()
    np.testing.assert_allclose(source()[1]["x"], 3 * x.data**2)


def test_an_operation_without_numpy_form_is_called_as_it_is():
    strange = ag.operation("strange", outside, rules=[ag.rule(lambda g, x: g * ag.cosh(x))])
    x = parameter("x", 3)
    with ag.tape():
        y = strange(x).sum()
    source = ag.source(y)
    assert source.written.python == ["strange"]
    assert source.arguments["strange"] is outside
    assert "# strange has no NumPy form" in source.numpy()
    np.testing.assert_allclose(source()[1]["x"], np.cosh(x.data))


def test_code_says_the_numpy_form_of_ones_own():
    strange = ag.operation("coded", outside, rules=[ag.rule(lambda g, x: g * ag.cosh(x))], code="np.sinh(x)")
    x = parameter("x", 3)
    with ag.tape():
        y = strange(x).sum()
    assert "np.sinh(x)" in ag.source(y).numpy()


def test_names_are_valid_and_told_apart():
    a, b = ag.Tensor(2.0, requires_grad=True, name="lambda"), ag.Tensor(3.0, requires_grad=True, name="np")
    c = ag.Tensor(4.0, requires_grad=True, name="conv1.weight")
    with ag.tape():
        y = a * b * c
    _, gradients = ag.source(y)()
    assert gradients == {"_lambda": 12.0, "np_2": 8.0, "conv1_weight": 6.0}


def test_second_order_gives_the_hessian_times_v():
    x, v = parameter("x", 3), np.array([1.0, -2.0, 0.5])
    with ag.tape():
        y = (x * x * x).sum()
    value, gradients, products = ag.source(y, order=2)(v_x=v)
    np.testing.assert_allclose(value, y.data)
    np.testing.assert_allclose(gradients["x"], 3 * x.data**2)
    np.testing.assert_allclose(products["x"], 6 * x.data * v)


def test_gradients_of_the_inputs_that_are_asked_for():
    x, w = parameter("x", 3), parameter("w", 3)
    with ag.tape():
        y = (x * w).sum()
    assert list(ag.source(y, w)()[1]) == ["w"]


def test_a_file_holds_the_text_and_a_notebook_shows_it(tmp_path):
    source = ag.source(rnn()[0])
    path = source.to_file(tmp_path / "step.py")
    assert path.read_text(encoding="utf-8") == source.numpy() == str(source) == repr(source)
    assert source._repr_markdown_() == f"```python\n{source.numpy()}```"
    assert "<span" in source._repr_html_()
    assert list(tokenize.generate_tokens(io.StringIO(source.numpy()).readline))


def test_what_cannot_be_written_down_is_an_error():
    x = parameter("x", 3)
    with pytest.raises(ValueError, match=r"source: .* recorded outside ag\.tape"):
        ag.source((x * x).sum())
    with pytest.raises(TypeError, match=r"source: the output must be a Tensor"):
        ag.source(3.0)
    with ag.tape():
        y, z = x * x, (x * x).sum()
    with pytest.raises(ValueError, match="source: only an output of one entry"):
        ag.source(y)
    with pytest.raises(ValueError, match="source: order must be 1 or 2\n  order: 3"):
        ag.source(z, order=3)
    with pytest.raises(TypeError, match="source: there is no argument z\n  arguments: x"):
        ag.source(z)(z=1.0)
