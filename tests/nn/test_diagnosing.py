"""nn.diagnose: what is wrong with a net, by module."""

import numpy as np
import pytest

import autograd as ag
import nn

X = np.random.default_rng(0).normal(size=(16, 4)).astype(np.float32)
Y = np.arange(16) % 3


def found(report):
    return [(one.where, one.what) for one in report.findings]


def mlp(*between, width=8):
    nn.manual_seed(0)
    return nn.Sequential(nn.Linear(4, width), *between, nn.Linear(width, 3))


def test_a_net_that_is_fine():
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.3), nn.Linear(8, 3))
    nn.manual_seed(1)
    before = [np.array(one.data) for one in net.buffers()], nn.manual_seed(1).bit_generator.state
    report = nn.diagnose(net, (X, Y))
    assert report and "nothing was found" in str(report)
    assert [row.kind for row in report.layers] == ["Linear", "BatchNorm1d", "Tanh", "Dropout", "Linear"]
    assert all(p.grad is None for p in net.parameters())
    for a, b in zip(before[0], net.buffers(), strict=True):
        np.testing.assert_array_equal(a, b.data)
    rolled = ag.rand(3)
    nn.manual_seed(1)
    np.testing.assert_array_equal(rolled.data, ag.rand(3).data)


def test_the_numbers_of_the_table():
    net = mlp(nn.Tanh())
    report = nn.diagnose(net, (X, Y))
    h = net[0](X)
    loss = nn.functional.cross_entropy(net[2](net[1](h)), Y)
    g, w, b = ag.gradients(loss, [h, net[0].weight, net[0].bias])
    row = report.layers[0]
    assert report.loss == pytest.approx(float(loss))
    assert row.output == pytest.approx(np.sqrt(np.mean(h.data**2)), rel=1e-5)
    assert row.gradient == pytest.approx(np.linalg.norm(g), rel=1e-5)
    size = np.hypot(np.linalg.norm(net[0].weight.data), np.linalg.norm(net[0].bias.data))
    assert row.weights == pytest.approx(np.hypot(np.linalg.norm(w), np.linalg.norm(b)) / size, rel=1e-5)


@pytest.mark.parametrize("functional", [False, True])
def test_dead_units_are_named_after_the_layer_that_feeds_them(functional):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.relu, self.last = nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)

        def forward(self, x):
            h = self.first(x)
            return self.last(nn.functional.relu(h) if functional else self.relu(h))

    nn.manual_seed(0)
    net = Net()
    net.first.bias.data[:3] = -50
    report = nn.diagnose(net, (X, Y))
    assert found(report) == [("first", "dead")]
    assert "3 of 8 units are dead" in report.findings[0].text
    net.first.bias.data[:] = -50
    assert found(nn.diagnose(net, (X, Y))) == [
        ("first", "dead"), ("first.weight", "zero gradient"), ("first.bias", "zero gradient"),
        ("last.weight", "zero gradient"),
    ]  # fmt: skip


def test_dead_channels_of_a_conv_net():
    nn.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(180, 3))
    net[0].bias.data[1] = -50
    report = nn.diagnose(net, (np.random.default_rng(0).random((4, 1, 8, 8), np.float32), Y[:4]))
    assert "1 of 5 channels are dead" in str(report)


@pytest.mark.parametrize("activation", [nn.Sigmoid, nn.Tanh])
def test_saturated_units(activation):
    net = mlp(activation())
    net[0].weight.data *= 200
    ((where, what), *_) = found(nn.diagnose(net, (X, Y)))
    assert (where, what) == ("0", "saturated")


def deep(layer, scale):
    nn.manual_seed(0)
    net = nn.Sequential(*[one for _ in range(12) for one in (nn.Linear(4, 4), layer())], nn.Linear(4, 3))
    for one in net:
        if isinstance(one, nn.Linear):
            one.weight.data *= scale
    return net


def test_gradients_that_vanish_and_explode():
    report = nn.diagnose(deep(nn.Sigmoid, 1.0), (X, Y))
    assert ("0", "vanishing") in found(report) and "times smaller" in str(report)
    report = nn.diagnose(deep(nn.Identity, 8.0), (X, Y))
    assert ("0", "exploding") in found(report) and "times larger" in str(report)


def test_unused_and_frozen_parameters():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused, self.frozen = nn.Linear(4, 3), nn.Linear(4, 3), nn.Linear(3, 3)
            self.frozen.weight.requires_grad = False

        def forward(self, x):
            return self.frozen(self.used(x)) + self.unused(x).detach()

    assert found(nn.diagnose(Net(), (X, Y))) == [
        ("unused.weight", "unused"), ("unused.bias", "unused"), ("frozen.weight", "frozen"),
    ]  # fmt: skip


def test_what_is_not_finite_is_named():
    net = mlp(nn.Tanh())
    bad = X.copy()
    bad[0, 0] = np.inf
    assert found(nn.diagnose(net, (bad, Y))) == [("the batch", "not finite")]
    net[2].weight.data[0, 0] = np.nan
    report = nn.diagnose(net, (X, Y))
    assert found(report) == [("2.weight", "not finite")] and "1 of 24 entries" in str(report)

    class Root(nn.Module):
        def forward(self, x):
            return ag.sqrt(x)

    report = nn.diagnose(nn.Sequential(nn.Linear(4, 3, rng=0), Root()), (X, Y))
    assert found(report) == [("1", "not finite")] and "Root" in str(report)
    report = nn.diagnose(mlp(nn.Tanh()), (X, Y), lambda output, y: (output * 0).sum().log() - np.inf)
    assert found(report) == [("the loss", "not finite")]


def test_losses():
    net = mlp(nn.Tanh())
    assert nn.diagnose(net, (X, np.zeros((16, 3), np.float32))).loss == pytest.approx(float((net(X) ** 2).mean()))
    with pytest.raises(ValueError, match="give loss_fn"):
        nn.diagnose(net, (X, np.zeros((16, 2))))
    with pytest.raises(ValueError, match="one entry"):
        nn.diagnose(net, (X, Y), lambda output, y: output)
    with pytest.raises(ValueError, match="pair"):
        nn.diagnose(net, X)
    with pytest.raises(TypeError, match="a Module is needed"):
        nn.diagnose(lambda x: x, (X, Y))
