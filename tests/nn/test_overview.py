"""The table of a model: shapes, parameters, arithmetic and memory."""

import numpy as np
import pytest

import autograd as ag
import nn


def test_a_net_by_hand():
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 4 * 4, 10))
    images = np.zeros((2, 3, 6, 6), np.float32)
    found = nn.summary(net, images)
    assert [(row.path, row.kind, row.shape, row.parameters, row.multiply_adds) for row in found.rows] == [
        ("0", "Conv2d", (2, 8, 4, 4), 224, 2 * 8 * 16 * 27),
        ("1", "ReLU", (2, 8, 4, 4), 0, 0),
        ("2", "Flatten", (2, 128), 0, 0),
        ("3", "Linear", (2, 10), 1290, 2 * 10 * 128),
        ("", "Sequential", (2, 10), 1514, 2 * 8 * 16 * 27 + 2 * 10 * 128),
    ]
    saved = [row.saved_bytes for row in found.rows]
    assert saved[0] == images.nbytes and saved[1] == 2 * 128 * 4 and saved[4] == sum(saved[:4])
    assert found.parameter_bytes == found.gradient_bytes == 1514 * 4
    assert str(found).splitlines()[1].split() == ["0", "Conv2d", "(2,", "8,", "4,", "4)", "224", "6,912", "864", "B"]


def test_transposed_convolution_and_a_module_called_twice():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.up = nn.ConvTranspose2d(4, 4, 2, 2, bias=False)

        def forward(self, x):
            return self.up(self.up(x))

    net = Twice()
    net.up.weight.requires_grad = False
    found = nn.summary(net, np.zeros((1, 4, 3, 3), np.float32))
    assert [row.path for row in found.rows] == ["up", ""]
    assert found.total.multiply_adds == found.rows[0].multiply_adds == 4 * 9 * 16 + 4 * 36 * 16
    assert found.rows[0].shape == (1, 4, 12, 12) and found.gradient_bytes == 0 and found.parameter_bytes == 256


def test_the_model_is_as_it_was(rng):
    net = nn.models.ResNet20()
    before = {name: np.copy(value) for name, value in net.state_dict().items()}
    with ag.no_grad():
        nn.summary(net, rng.normal(size=(2, 3, 8, 8)).astype(np.float32))
    assert net.training and all((value == before[name]).all() for name, value in net.state_dict().items())
    with pytest.raises(TypeError, match="a Module is needed"):
        nn.summary(np.tanh, np.zeros(3))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "millions"), [(nn.models.ResNet18, 1814), (nn.models.MobileNetV2, 301), (nn.models.AlexNet, 714)]
)
def test_published_multiply_adds(make, millions):
    found = nn.summary(make(), np.zeros((1, 3, 224, 224), np.float32))
    assert round(found.total.multiply_adds / 1e6) == millions
