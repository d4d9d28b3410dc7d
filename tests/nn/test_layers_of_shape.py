"""Norms, adaptive pools, padding, other sizes, embeddings, dropout of channels, containers: as PyTorch has them."""

import numpy as np
import pytest

import autograd as ag
import nn

LAYERS = [
    ("LayerNorm", (4,), {}, (5, 4)),
    ("LayerNorm", ((3, 4),), {"eps": 0.1}, (2, 3, 4)),
    ("LayerNorm", (4,), {"elementwise_affine": False}, (5, 4)),
    ("LayerNorm", (4,), {"bias": False}, (5, 4)),
    ("RMSNorm", (4,), {}, (5, 4)),
    ("RMSNorm", ((3, 4),), {"eps": 0.1, "elementwise_affine": False}, (2, 3, 4)),
    ("GroupNorm", (2, 6), {}, (3, 6, 4)),
    ("GroupNorm", (3, 6), {"affine": False, "eps": 0.1}, (3, 6, 2, 4)),
    ("GroupNorm", (2, 6), {"bias": False}, (3, 6)),
    ("InstanceNorm1d", (3,), {"affine": True}, (2, 3, 5)),
    ("InstanceNorm2d", (3,), {}, (2, 3, 5, 2)),
    ("InstanceNorm2d", (3,), {}, (3, 5, 2)),
    ("InstanceNorm3d", (3,), {"affine": True}, (2, 3, 2, 2, 2)),
    ("InstanceNorm2d", (3,), {"track_running_stats": True, "affine": True, "momentum": 0.3}, (2, 3, 5, 2)),
    ("BatchNorm3d", (3,), {}, (2, 3, 2, 4, 2)),
    ("LocalResponseNorm", (3,), {}, (2, 5, 4)),
    ("LocalResponseNorm", (2,), {"alpha": 0.5, "beta": 0.6, "k": 2.0}, (2, 5, 4, 3)),
    ("AdaptiveAvgPool1d", (3,), {}, (2, 3, 7)),
    ("AdaptiveAvgPool2d", ((2, None),), {}, (2, 3, 7, 4)),
    ("AdaptiveAvgPool2d", (1,), {}, (3, 7, 4)),
    ("AdaptiveAvgPool2d", (5,), {}, (2, 3, 3, 10)),
    ("AdaptiveAvgPool3d", ((2, 3, 1),), {}, (2, 2, 5, 7, 4)),
    ("AdaptiveMaxPool1d", (3,), {}, (2, 3, 7)),
    ("AdaptiveMaxPool2d", ((2, None),), {}, (2, 3, 7, 4)),
    ("AdaptiveMaxPool2d", (5,), {}, (2, 3, 3, 10)),
    ("AdaptiveMaxPool3d", ((2, 3, 1),), {}, (2, 2, 5, 7, 4)),
    ("LPPool1d", (2, 3), {"stride": 2}, (2, 3, 8)),
    ("LPPool2d", (2, (2, 3)), {"stride": (2, 1)}, (2, 3, 5, 6)),
    ("LPPool2d", (4, 2), {}, (2, 3, 5, 6)),
    ("LPPool3d", (2, 2), {}, (1, 2, 4, 4, 5)),
    ("ConstantPad1d", ((2, 1), 3.5), {}, (2, 3, 4)),
    ("ConstantPad2d", (2, -1.5), {}, (2, 3, 4, 5)),
    ("ConstantPad2d", ((-1, 2, 1, -2), 0.5), {}, (2, 3, 4, 5)),
    ("ConstantPad3d", ((0, 1, 2, 0, 1, 1), 1.0), {}, (2, 2, 3, 2, 2)),
    ("ZeroPad1d", (2,), {}, (3, 4)),
    ("ZeroPad2d", ((1, 2, 0, 3),), {}, (2, 3, 4, 5)),
    ("ZeroPad3d", (1,), {}, (1, 2, 2, 2, 2)),
    ("ReflectionPad1d", ((3, 1),), {}, (2, 3, 4)),
    ("ReflectionPad2d", ((1, 2, 2, 0),), {}, (2, 3, 4, 5)),
    ("ReflectionPad3d", (1,), {}, (1, 2, 3, 2, 2)),
    ("ReplicationPad1d", (2,), {}, (2, 3, 4)),
    ("ReplicationPad2d", ((1, 2, 2, 0),), {}, (2, 3, 4, 5)),
    ("ReplicationPad3d", (1,), {}, (1, 2, 3, 2, 2)),
    ("CircularPad1d", ((3, 1),), {}, (2, 3, 4)),
    ("CircularPad2d", ((1, 2, 2, 0),), {}, (2, 3, 4, 5)),
    ("CircularPad3d", (1,), {}, (1, 2, 3, 2, 2)),
    ("Unflatten", (1, (2, 3)), {}, (4, 6, 2)),
    ("Unflatten", (-1, (2, -1)), {}, (4, 6)),
    ("PixelShuffle", (2,), {}, (2, 8, 3, 2)),
    ("PixelUnshuffle", (2,), {}, (2, 3, 4, 6)),
    ("ChannelShuffle", (2,), {}, (2, 6, 3, 2)),
    ("Unfold", ((2, 3),), {}, (2, 3, 5, 6)),
    ("Unfold", (2,), {"dilation": 2, "padding": (1, 2), "stride": (2, 1)}, (2, 3, 5, 6)),
    ("Fold", ((5, 6), (2, 3)), {}, (2, 12, 16)),
    ("Fold", ((5, 6), 2), {"dilation": 2, "padding": (1, 2), "stride": (2, 1)}, (2, 8, 24)),
    ("Upsample", (), {"scale_factor": 2}, (2, 3, 4)),
    ("Upsample", ((5, 3),), {}, (2, 3, 4, 5)),
    ("Upsample", (), {"scale_factor": 1.7, "mode": "nearest-exact"}, (2, 3, 4, 5)),
    ("Upsample", (), {"scale_factor": 1.6, "mode": "linear"}, (2, 3, 5)),
    ("Upsample", (), {"scale_factor": (1.6, 0.7), "mode": "bilinear"}, (2, 3, 5, 6)),
    ("Upsample", ((7, 3),), {"mode": "bilinear", "align_corners": True}, (2, 3, 5, 6)),
    ("Upsample", ((7, 3),), {"mode": "bicubic"}, (2, 3, 5, 6)),
    ("Upsample", ((1, 9),), {"mode": "bicubic", "align_corners": True}, (2, 3, 5, 6)),
    ("Upsample", ((4, 2, 5),), {"mode": "trilinear"}, (1, 2, 3, 3, 3)),
    ("UpsamplingNearest2d", (), {"scale_factor": 3}, (1, 2, 3, 4)),
    ("UpsamplingBilinear2d", ((5, 7),), {}, (1, 2, 3, 4)),
    ("Dropout2d", (0.3,), {}, (2, 3, 4, 5)),
    ("AlphaDropout", (0.3,), {}, (2, 3, 4, 5)),
    ("Dropout", (0.3, True), {}, (2, 3)),
]  # fmt: skip


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: f"{case[0]}{case[1]}{case[2]}"[:60])
def test_values_and_gradients_equal_torch(torch, rng, case):
    kind, args, options, shape = case
    ours, theirs = (getattr(library, kind)(*args, **options) for library in (nn, torch.nn))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert repr(ours) == repr(theirs) or kind == "BatchNorm3d"
    ours, theirs = ours.double(), theirs.double()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        p.data = rng.normal(size=p.shape)
        q.data = torch.tensor(p.data)
    for training in (True, False):
        if training and "Dropout" in kind:
            continue
        ours.train(training)
        theirs.train(training)
        ours.zero_grad()
        theirs.zero_grad()
        x = rng.normal(size=shape)
        t, u = ag.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        y, z = ours(t), theirs(u)
        np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-10, atol=1e-12)
        g = rng.normal(size=y.shape)
        y.backward(g)
        z.backward(torch.tensor(g))
        np.testing.assert_allclose(t.grad, u.grad.numpy(), rtol=1e-9, atol=1e-11)
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-9, atol=1e-11)
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key], value.numpy(), rtol=1e-12, err_msg=key)
    single = getattr(nn, kind)(*args, **options)
    assert single(ag.Tensor(x.astype(np.float32))).dtype == np.float32


@pytest.mark.parametrize("mode", ["nearest", "area", "bilinear"])
def test_interpolate_equals_torch(torch, rng, mode):
    x = rng.normal(size=(2, 3, 5, 6))
    ours = nn.functional.interpolate(x, size=(3, 7), mode=mode)
    np.testing.assert_allclose(ours, torch.nn.functional.interpolate(torch.tensor(x), size=(3, 7), mode=mode).numpy())


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, float("inf")])
def test_normalize_equals_torch(torch, rng, p):
    x = rng.normal(size=(4, 5))
    t, u = ag.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = nn.functional.normalize(t, p), torch.nn.functional.normalize(u, p)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-12)
    (y * x[::-1]).sum().backward()
    (z * torch.tensor(x[::-1].copy())).sum().backward()
    np.testing.assert_allclose(t.grad, u.grad.numpy(), rtol=1e-10, atol=1e-13)


def test_embedding_equals_torch(torch, rng):
    numbers = np.array([[1, 4, 2], [2, 2, 0]])
    for padding_idx in (None, 2, -1):
        ours, theirs = (library.Embedding(5, 3, padding_idx).double() for library in (nn, torch.nn))
        if padding_idx is not None:
            assert not ours.weight.data[padding_idx].any() and ours.weight.data[0].all()
        ours.load_state_dict(theirs.state_dict())
        ours.weight.data = ours.weight.data + 1  # the padding row may hold anything
        theirs.weight.data += 1
        g = rng.normal(size=(2, 3, 3))
        y, z = ours(numbers), theirs(torch.tensor(numbers))
        np.testing.assert_array_equal(y.data, z.detach().numpy())
        y.backward(g)
        z.backward(torch.tensor(g))
        np.testing.assert_allclose(ours.weight.grad, theirs.weight.grad.numpy())
        assert repr(ours) == repr(theirs)
    frozen = nn.Embedding.from_pretrained(np.eye(3))
    assert not frozen.weight.requires_grad and np.array_equal(frozen([2]), [[0, 0, 1]])
    np.testing.assert_array_equal(
        nn.functional.one_hot(numbers, 5), torch.nn.functional.one_hot(torch.tensor(numbers), 5)
    )


@pytest.mark.parametrize(
    "name, shape", [("Dropout1d", (50, 40, 3)), ("Dropout2d", (50, 40, 3, 2)), ("Dropout3d", (40, 3, 2, 2))]
)
def test_dropout_of_channels(name, shape):
    layer = getattr(nn, name)(0.25, rng=0)
    x = ag.Tensor(np.ones(shape), requires_grad=True)
    y = layer(x)
    y.sum().backward()
    channels = y.data.reshape(*shape[:2] if len(shape) != 4 or name == "Dropout2d" else shape[:1], -1)
    assert (channels == channels[..., :1]).all()
    assert set(np.unique(y.data)) == {0.0, 1 / 0.75}
    np.testing.assert_array_equal(x.grad, y.data)
    assert getattr(nn, name)(0.0)(x) is x and layer.eval()(x) is x


@pytest.mark.parametrize("name", ["AlphaDropout", "FeatureAlphaDropout"])
def test_alpha_dropout_keeps_mean_and_variance(rng, name):
    x = rng.normal(size=(200, 300, 2)).astype(np.float32)
    y = getattr(nn, name)(0.3, rng=0)(ag.Tensor(x))
    assert y.dtype == np.float32
    assert abs(y.data.mean()) < 0.02 and abs(y.data.std() - 1) < 0.02
    moved = y.data != 0
    assert moved.all()
    dropped = np.isclose(y.data, y.data.min(), atol=0) | (np.unique(y.data, return_counts=True)[1].max() > 1000)
    assert dropped.any()


def test_module_dicts_and_lists_of_parameters(torch):
    ours = nn.ModuleDict({"a": nn.Linear(2, 3), "b.c".replace(".", "_"): nn.ReLU()})
    theirs = torch.nn.ModuleDict({"a": torch.nn.Linear(2, 3), "b_c": torch.nn.ReLU()})
    assert list(ours.state_dict()) == list(theirs.state_dict()) and repr(ours) == repr(theirs)
    assert list(ours) == ["a", "b_c"] and len(ours) == 2 and "a" in ours and "c" not in ours
    assert list(ours.keys()) == list(ours) and [type(m) for m in ours.values()] == [nn.Linear, nn.ReLU]
    ours["d"] = nn.Tanh()
    ours["a"] = nn.Linear(4, 1)
    assert [name for name, _ in ours.items()] == ["a", "b_c", "d"] and ours["a"].weight.shape == (1, 4)
    assert isinstance(ours.pop("d"), nn.Tanh)
    del ours["b_c"]
    with pytest.raises(KeyError, match="there is no module 'd'; modules: a"):
        ours["d"]
    ours.clear()
    assert not len(ours) and not list(ours.parameters())

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.weights = nn.ParameterList([np.ones(2), nn.Parameter(np.ones(3))])
            self.named = nn.ParameterDict({"left": np.ones(2), "right": ag.Tensor([1.0])})

    net = Net()
    assert list(net.state_dict()) == ["weights.0", "weights.1", "named.left", "named.right"]
    assert [p.name for p in net.parameters()] == list(net.state_dict())
    net.weights.append(np.zeros(4)).extend([np.zeros(5)])
    assert [p.shape for p in net.weights] == [(2,), (3,), (4,), (5,)] and len(net.weights[1:3]) == 2
    net.weights[0] = np.zeros(7)
    assert net.weights[0].shape == (7,) and net.weights[-1].shape == (5,)
    with pytest.raises(IndexError, match="parameters: 4"):
        net.weights[9]
    del net.named["left"]
    net.named.update({"up": np.ones(1)})
    assert list(net.named.keys()) == list(net.named) == ["right", "up"] and "left" not in net.named
    assert [p.size for p in net.named.values()] == [1, 1] and len(list(net.named.items())) == 2
    with pytest.raises(KeyError, match="there is no parameter 'left'; parameters: right, up"):
        net.named["left"]
    assert "(right): Parameter, shape (1,), float64" in repr(net)


def test_errors_name_the_layer_and_the_shapes():
    x = ag.Tensor(np.ones((2, 3, 4)))
    F = nn.functional
    for call, message in [
        (lambda: nn.LayerNorm(3)(x), r"layer_norm: (.|\n)*x: \(2, 3, 4\)\n  normalized_shape: \(3,\)"),
        (lambda: nn.RMSNorm((4, 3))(x), r"normalized_shape: \(4, 3\)"),
        (lambda: nn.GroupNorm(2, 3), r"num_channels: 3\n  num_groups: 2"),
        (lambda: F.group_norm(x, 2), r"x: \(2, 3, 4\)\n  num_groups: 2"),
        (lambda: nn.InstanceNorm1d(5)(x), r"C = 5(.|\n)*\(2, 3, 4\)"),
        (lambda: F.instance_norm(x[:, :, :1]), "more than one value"),
        (lambda: F.instance_norm(x[0]), r"\(3, 4\)"),
        (lambda: F.instance_norm(x, use_input_stats=False), "running_mean"),
        (lambda: F.local_response_norm(x[0], 2), r"\(3, 4\)"),
        (lambda: nn.BatchNorm3d(3)(x), r"BatchNorm3d(.|\n)*\(2, 3, 4\)"),
        (lambda: nn.AdaptiveAvgPool2d(0)(x), "whole numbers from 1"),
        (lambda: nn.AdaptiveMaxPool2d((1, 2, 3))(x), "one number, or 2"),
        (lambda: nn.AdaptiveMaxPool3d(1)(x), r"5 axes, or 4"),
        (lambda: nn.ZeroPad2d((1, 2, 3)), "one number, or 4"),
        (lambda: nn.ZeroPad3d(1)(x), r"ZeroPad3d(.|\n)*\(2, 3, 4\)"),
        (lambda: F.pad(x, (1, 1, 1)), r"pad: \(1, 1, 1\)"),
        (lambda: F.pad(x, (-3, -3)), "more is taken away"),
        (lambda: F.pad(x, (1, 1), mode="mirror"), "'mirror'"),
        (lambda: nn.Unflatten(5, (2, 2))(x), "no such axis"),
        (lambda: nn.PixelShuffle(2)(x), r"multiple of r²\n  x: \(2, 3, 4\)"),
        (lambda: nn.PixelUnshuffle(3)(x), "multiples of r"),
        (lambda: nn.ChannelShuffle(2)(x), "multiple of groups"),
        (lambda: nn.Unfold(2)(x[0]), r"\(3, 4\)"),
        (lambda: nn.Fold((4, 4), 2)(x), r"C · 4, 9"),
        (lambda: nn.Upsample(3, mode="bilinear")(x), r"not made for x\n  mode: 'bilinear'"),
        (lambda: nn.Upsample()(x), "size or scale_factor"),
        (lambda: nn.Upsample((1, 2))(x), "one for each of 1 axes"),
        (lambda: nn.Upsample(scale_factor=0.1)(x), "1 or more"),
        (lambda: nn.Upsample(3, align_corners=True)(x), "align_corners"),
        (lambda: nn.Upsample(3)(x[0]), r"\(3, 4\)"),
        (lambda: nn.Embedding(3, 2)([3]), "from 0 to 2\n  given: 3"),
        (lambda: nn.Embedding(3, 2, padding_idx=3), "padding_idx: 3"),
        (lambda: nn.Embedding.from_pretrained([1.0]), "a matrix is needed"),
        (lambda: F.one_hot([3], 2), "from 0 to 1"),
        (lambda: nn.Dropout2d(1.5), "Dropout2d: p is a probability"),
        (lambda: nn.Dropout1d(0.5)(x[0, 0]), r"\(4,\)"),
        (lambda: F.alpha_dropout(x, 1.0, True), "p is a probability"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="integers, not float64"):
        nn.Embedding(3, 2)([1.0])
    with pytest.raises(TypeError, match="integers, not float64"):
        F.one_hot([1.0])
