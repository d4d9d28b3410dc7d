"""The parts of a fused operation, at which mistakes are made as if it were not fused."""

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import internal
from autograd.checking.by_hand import check_by_hand

rng = np.random.default_rng(0)
X = rng.normal(size=(4, 3, 5, 5))
G = rng.normal(size=(4, 3, 5, 5))


def by_hand(g, x, y, scale=1.0, fixed=(), through_relu=True):
    """∂Σ(g y)/∂x of y = relu(batch_norm(x)), with some of the statistics held fixed."""
    axes = (0, 2, 3)
    g = np.reshape(scale, (1, -1, 1, 1)) * (g * (y > 0) if through_relu else g)
    d = x - x.mean(axes, keepdims=True)
    deviation = np.sqrt((d * d).mean(axes, keepdims=True) + 1e-5)
    normal = d / deviation
    mean = 0 if "mean" in fixed else g.mean(axes, keepdims=True)
    var = 0 if "var" in fixed else normal * (g * normal).mean(axes, keepdims=True)
    return (g - mean - var) / deviation


CONSTANT = "statistics-held-constant"
CASES = [
    (
        {"fixed": ("mean", "var")},
        "statistics-held-constant",
        "mean and variance of the batch in {bn} are held constant",
    ),
    ({"fixed": ("var",)}, "statistics-held-constant", "the variance of the batch in {bn} is held constant"),
    ({"through_relu": False}, "activation-left-out", "the derivative of {relu} is left out"),
]


@pytest.mark.parametrize(("options", "key", "words"), CASES)
def test_the_parts_of_batch_norm_relu(options, key, words):
    x = ag.Tensor(X, requires_grad=True, name="x")
    with ag.tape():
        y = internal.batch_norm_relu(x)
    assert check_by_hand(y, {x: by_hand(G, X, y.data)}, gradient=G).ok
    mistake = check_by_hand(y, {x: by_hand(G, X, y.data, **options)}, gradient=G)["x"].mistake
    assert mistake.key == key and words.format(bn="the batch_norm in y", relu="the relu in y") in mistake.explanation
    assert mistake.node is y.node and not mistake.alternatives


@pytest.fixture(scope="module")
def resnet():
    """(the loss, the weight of the last block's first convolution, what by-hand numbers of it are made of)."""
    nn.manual_seed(0)
    net = nn.models.ResNet20()
    x, t = rng.normal(size=(4, 3, 16, 16)).astype(np.float32), np.array([1, 3, 0, 7])
    with ag.tape() as tape:
        loss = ag.cross_entropy(net(x), t)
    loss.backward()
    fused = [node for node in tape.nodes if node.operation is internal.batch_norm_relu.operation]
    assert len(fused) == 10  # the first one, and one in each of nine blocks
    return loss, dict(net.named_parameters())["layer3.2.conv1.weight"], fused[-1]


@pytest.mark.slow
@pytest.mark.parametrize(("options", "key", "words"), CASES)
def test_a_resnet_20_gets_its_diagnoses_of_batch_norm_and_relu(resnet, options, key, words):
    loss, weight, node = resnet
    conv, scale, _ = node.note.inputs
    image = conv.note.inputs[0].note.value.astype(float)
    geometry = {name: conv.note.params[name] for name in ("stride", "padding", "dilation", "groups")}

    def by_kernels(**options):
        delta, x = (np.asarray(one, dtype=float) for one in (node.note.gradient, conv.note.value))
        delta = by_hand(delta, x, node.note.value, scale.note.value, **options)
        return internal.conv2d_weight_gradient(delta, image, weight.shape, **geometry)

    assert check_by_hand(loss, {weight: by_kernels()}).ok
    (row,) = check_by_hand(loss, {weight: by_kernels(**options)})
    assert row.mistake.key == key and row.mistake.node is node
    where = words.format(bn="layer3.2.bn1", relu="the relu of layer3.2.bn1")
    assert row.mistake.explanation == f"your ∂loss/∂layer3.2.conv1.weight is what comes out when {where}"
