"""Every layer: PyTorch's values and gradients for PyTorch's state dict, and clear errors."""

import numpy as np
import pytest

import autograd as ag
import nn

LAYERS = {
    "linear": ("Linear", (4, 3), {}, (5, 4)),
    "linear, more axes": ("Linear", (4, 3), {}, (2, 5, 4)),
    "linear, a vector": ("Linear", (4, 3), {}, (4,)),
    "linear without bias": ("Linear", (4, 3), {"bias": False}, (5, 4)),
    "conv": ("Conv2d", (2, 3, 3), {}, (2, 2, 5, 6)),
    "conv, all options": (
        "Conv2d",
        (4, 6, (3, 2)),
        {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2, "bias": False},
        (2, 4, 7, 6),
    ),
    "conv, same": ("Conv2d", (1, 2, (2, 3)), {"padding": "same"}, (1, 1, 5, 4)),
    "conv, valid": ("Conv2d", (1, 2, 3), {"padding": "valid"}, (1, 1, 5, 4)),
    "conv, depthwise": ("Conv2d", (3, 6, 3), {"groups": 3, "padding": 1}, (2, 3, 4, 4)),
    "conv, reflected": ("Conv2d", (1, 2, (2, 3)), {"padding": (1, 2), "padding_mode": "reflect"}, (1, 1, 5, 4)),
    "conv, circular and same": (
        "Conv2d",
        (1, 2, (2, 3)),
        {"padding": "same", "padding_mode": "circular"},
        (1, 1, 5, 4),
    ),
    "conv of rows": ("Conv1d", (2, 3, 3), {}, (2, 2, 6)),
    "conv of rows, all options": (
        "Conv1d",
        (4, 6, (3,)),
        {"stride": 2, "padding": (2,), "dilation": 2, "groups": 2, "bias": False, "padding_mode": "replicate"},
        (2, 4, 9),
    ),
    "conv of rows, same": ("Conv1d", (1, 2, 4), {"padding": "same"}, (1, 1, 5)),
    "conv of volumes": ("Conv3d", (2, 3, 2), {}, (2, 2, 3, 4, 3)),
    "conv of volumes, all options": (
        "Conv3d",
        (4, 6, (3, 2, 1)),
        {"stride": (2, 1, 1), "padding": (1, 2, 0), "dilation": (1, 2, 1), "groups": 2, "bias": False},
        (2, 4, 5, 4, 3),
    ),
    "conv of volumes, circular": ("Conv3d", (1, 2, 2), {"padding": 1, "padding_mode": "circular"}, (1, 1, 2, 3, 2)),
    "conv of volumes, depthwise": ("Conv3d", (3, 6, (1, 3, 3)), {"groups": 3, "padding": (0, 1, 1)}, (2, 3, 2, 4, 4)),
    "transposed conv": ("ConvTranspose2d", (3, 2, 3), {}, (2, 3, 4, 5)),
    "transposed conv, all options": (
        "ConvTranspose2d",
        (4, 6, (3, 2), (2, 3), (1, 0), (1, 2), 2, False, (1, 2)),
        {},
        (2, 4, 4, 3),
    ),
    "transposed conv of rows": ("ConvTranspose1d", (2, 3, 4, 2, 1), {"output_padding": 1}, (2, 2, 5)),
    "transposed conv of rows, dilated": (
        "ConvTranspose1d",
        (2, 4, 2),
        {"dilation": 3, "output_padding": 2, "padding": 1, "groups": 2},
        (2, 2, 5),
    ),
    "transposed conv of volumes": ("ConvTranspose3d", (2, 3, 2), {"stride": 2}, (1, 2, 2, 3, 2)),
    "transposed conv of volumes, all options": (
        "ConvTranspose3d",
        (4, 2, (3, 2, 1), (2, 1, 2), (1, 0, 0), (1, 0, 1), 2, False, (1, 2, 1)),
        {},
        (1, 4, 3, 2, 2),
    ),
    "max pool of rows": ("MaxPool1d", (3,), {"stride": 2, "padding": 1, "dilation": 2, "ceil_mode": True}, (2, 3, 8)),
    "max pool of volumes": ("MaxPool3d", ((1, 2, 2),), {}, (2, 3, 3, 4, 4)),
    "max pool of volumes, all options": (
        "MaxPool3d",
        (3,),
        {"stride": (2, 1, 2), "padding": 1, "dilation": (2, 1, 1), "ceil_mode": True},
        (2, 2, 6, 4, 5),
    ),
    "max pool of volumes, one": ("MaxPool3d", (2,), {}, (3, 4, 4, 2)),
    "avg pool of rows": (
        "AvgPool1d",
        (3,),
        {"stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False},
        (2, 3, 8),
    ),
    "avg pool, divisor": ("AvgPool2d", (3, 2, 1, True, True, -5), {}, (2, 3, 6, 7)),
    "avg pool of volumes": ("AvgPool3d", ((1, 2, 2),), {}, (2, 3, 3, 4, 4)),
    "avg pool of volumes, all options": (
        "AvgPool3d",
        (3,),
        {"stride": (2, 1, 2), "padding": (1, 0, 1), "ceil_mode": True, "count_include_pad": False},
        (2, 2, 6, 4, 5),
    ),
    "avg pool of volumes, divisor": ("AvgPool3d", (2,), {"divisor_override": 3}, (2, 2, 4, 4, 5)),
    "max pool": ("MaxPool2d", (2,), {}, (2, 3, 4, 6)),
    "max pool, all options": (
        "MaxPool2d",
        (3,),
        {"stride": 2, "padding": 1, "dilation": 2, "ceil_mode": True},
        (2, 3, 9, 8),
    ),
    "avg pool": ("AvgPool2d", ((2, 3),), {}, (2, 3, 4, 6)),
    "avg pool, all options": (
        "AvgPool2d",
        (3,),
        {"stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False},
        (2, 3, 6, 7),
    ),
    "batch norm": ("BatchNorm2d", (3,), {}, (4, 3, 2, 5)),
    "batch norm, all options": (
        "BatchNorm2d",
        (3,),
        {"eps": 0.1, "momentum": 0.3, "affine": False},
        (4, 3, 2, 5),
    ),
    "batch norm, plain average": ("BatchNorm2d", (3,), {"momentum": None}, (4, 3, 2, 5)),
    "batch norm, untracked": ("BatchNorm2d", (3,), {"track_running_stats": False}, (4, 3, 2, 5)),
    "batch norm of vectors": ("BatchNorm1d", (3,), {}, (6, 3)),
    "batch norm of sequences": ("BatchNorm1d", (3,), {}, (4, 3, 5)),
    "flatten": ("Flatten", (), {}, (2, 3, 4, 5)),
    "flatten the middle": ("Flatten", (1, 2), {}, (2, 3, 4, 5)),
    "flatten all": ("Flatten", (0, -1), {}, (2, 3)),
    "relu": ("ReLU", (), {}, (3, 4)),
    "leaky relu": ("LeakyReLU", (0.2,), {}, (3, 4)),
    "elu": ("ELU", (0.5,), {}, (3, 4)),
    "gelu": ("GELU", (), {}, (3, 4)),
    "gelu by tanh": ("GELU", ("tanh",), {}, (3, 4)),
    "silu": ("SiLU", (), {}, (3, 4)),
    "softplus": ("Softplus", (), {}, (3, 4)),
    "softplus, steep": ("Softplus", (2.5,), {}, (3, 4)),
    "sigmoid": ("Sigmoid", (), {}, (3, 4)),
    "tanh": ("Tanh", (), {}, (3, 4)),
    "softmax": ("Softmax", (1,), {}, (3, 4, 2)),
    "log softmax": ("LogSoftmax", (0,), {}, (3, 4, 2)),
    "identity": ("Identity", (), {}, (3, 4)),
}


def pair(torch, name):
    kind, args, options, shape = LAYERS[name]
    theirs = getattr(torch.nn, kind)(*args, **options).double()
    ours = getattr(nn, kind)(*args, **options).double()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs, shape


def assert_same_step(torch, ours, theirs, x, g=None):
    """The same result and the same gradients by input and parameters, for a random gradient of the result."""
    ours.zero_grad()
    theirs.zero_grad()
    t, u = ag.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = ours(t), theirs(u)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-10, atol=1e-12)
    g = np.random.default_rng(3).normal(size=y.shape)
    y.backward(g)
    z.backward(torch.tensor(g))
    np.testing.assert_allclose(t.grad, u.grad.numpy(), rtol=1e-9, atol=1e-11)
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-9, atol=1e-11, err_msg=name)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("name", LAYERS)
def test_values_and_gradients_equal_torch(torch, rng, name):
    ours, theirs, shape = pair(torch, name)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        p.data = rng.normal(size=p.shape)
        q.data = torch.tensor(p.data)
    assert_same_step(torch, ours, theirs, rng.normal(size=shape))


@pytest.mark.parametrize("name", [name for name in LAYERS if name.startswith("batch norm")])
def test_running_statistics_equal_torch(torch, rng, name):
    ours, theirs, shape = pair(torch, name)
    for _ in range(5):
        assert_same_step(torch, ours, theirs, rng.normal(2.0, 3.0, size=shape))
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key], value.numpy(), rtol=1e-12, err_msg=key)
    assert_same_step(torch, ours.eval(), theirs.eval(), rng.normal(size=shape))
    assert ours.state_dict().keys() == theirs.state_dict().keys()


@pytest.mark.parametrize(
    "name", [name for name in LAYERS if not any(w in name for w in ("pool", "batch norm", "softplus"))]
)
def test_repr_is_torchs(torch, name):
    ours, theirs, _ = pair(torch, name)
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("name", LAYERS)
def test_float32_stays_float32(rng, name):
    kind, args, options, shape = LAYERS[name]
    layer = getattr(nn, kind)(*args, **options)
    x = ag.Tensor(rng.normal(size=shape).astype(np.float32), requires_grad=True)
    for _ in range(2):
        y = layer(x)
        assert y.dtype == np.float32
        y.sum().backward()
        layer.eval()
    assert x.grad.dtype == np.float32
    assert all(p.grad.dtype == p.dtype == np.float32 for p in layer.parameters())
    assert all(b.dtype in (np.float32, np.int64) for b in layer.buffers())


@pytest.mark.parametrize("name", LAYERS)
def test_arrays_go_in_as_well(rng, name):
    kind, args, options, shape = LAYERS[name]
    layer = getattr(nn, kind)(*args, **options).eval()
    x = rng.normal(size=shape)
    before = x.copy()
    y = layer(x)
    np.testing.assert_array_equal(y.data if isinstance(y, ag.Tensor) else y, layer(ag.Tensor(x)).data)
    np.testing.assert_array_equal(x, before)


def test_linear_by_hand():
    layer = nn.Linear(2, 1, dtype=np.float64)
    layer.load_state_dict({"weight": [[3.0, 4.0]], "bias": [0.5]})
    np.testing.assert_array_equal(layer([[1.0, 2.0]]).data, [[11.5]])


def test_batch_norm_by_hand():
    layer = nn.BatchNorm1d(1, eps=0.0, dtype=np.float64)
    np.testing.assert_allclose(layer(np.array([[1.0], [3.0]])).data, [[-1.0], [1.0]])
    assert layer.running_mean.data == pytest.approx(0.1 * 2.0)
    assert layer.running_var.data == pytest.approx(0.9 * 1.0 + 0.1 * 2.0)  # 2: without bias
    assert layer.num_batches_tracked.item() == 1
    layer.eval()
    np.testing.assert_allclose(layer(np.array([[0.2]])).data, [[0.0]], atol=1e-12)
    assert layer.num_batches_tracked.item() == 1
    layer.reset_running_stats()
    assert (layer.running_mean.item(), layer.running_var.item(), layer.num_batches_tracked.item()) == (0, 1, 0)


def test_batch_norm_of_one_value_changes_nothing():
    layer = nn.BatchNorm2d(2)
    before = layer.state_dict()
    with pytest.raises(ValueError, match=r"batch_norm: .*more than one value"):
        layer(np.ones((1, 2, 1, 1), np.float32))
    for name, array in layer.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    layer.eval()(np.ones((1, 2, 1, 1), np.float32))


def test_batch_norm_refuses_other_shapes():
    for layer, shape in [
        (nn.BatchNorm2d(2), (4, 3, 2, 2)),
        (nn.BatchNorm2d(2), (4, 2)),
        (nn.BatchNorm1d(2), (4, 2, 3, 3)),
    ]:
        with pytest.raises(
            ValueError, match=r"BatchNorm\dd: the input must be .* with C = 2\n  input: " + f"\\({shape[0]}"
        ):
            layer(np.ones(shape, np.float32))


def test_evaluation_uses_statistics_of_its_time(rng):
    """A graph recorded in evaluation mode is not touched by later training batches."""
    layer = nn.BatchNorm1d(2, dtype=np.float64)
    x = ag.Tensor(rng.normal(size=(3, 2)), requires_grad=True)
    y = layer.eval()(x)
    layer.train()(rng.normal(5.0, size=(8, 2)))
    y.backward(np.ones((3, 2)))
    np.testing.assert_allclose(x.grad, np.full((3, 2), 1 / np.sqrt(1 + 1e-5)))


def test_dropout():
    x = np.ones((100, 100))
    layer = nn.Dropout(0.25, rng=1)
    y, z = layer(x), layer(x)
    assert set(np.unique(y)) == {0.0, 1 / 0.75}
    assert abs((y == 0).mean() - 0.25) < 0.02 and (y != z).any()
    np.testing.assert_array_equal(nn.Dropout(0.25, rng=1)(x), y)
    assert layer.eval()(x) is x
    np.testing.assert_array_equal(nn.Dropout(0.0)(x), x)
    t = ag.Tensor(x, requires_grad=True)
    u = layer.train()(t)
    u.sum().backward()
    np.testing.assert_array_equal(t.grad, u.data)
    for p in (-0.1, 1.0, 3):
        with pytest.raises(ValueError, match=f"p: {p}"):
            nn.Dropout(p)


def test_dropout_draws_from_the_generator_of_nn():
    x = np.ones(50)
    nn.manual_seed(4)
    first = nn.Dropout()(x)
    nn.manual_seed(4)
    np.testing.assert_array_equal(nn.Dropout()(x), first)


def test_errors_name_the_operation_and_the_shapes():
    with pytest.raises(ValueError, match=r"conv2d: (.|\n)*channels of x: 3"):
        nn.Conv2d(1, 2, 3)(np.ones((1, 3, 5, 5), np.float32))
    with pytest.raises(ValueError, match=r"conv2d: (.|\n)*kernel"):
        nn.Conv2d(1, 2, 7)(np.ones((1, 1, 5, 5), np.float32))
    with pytest.raises(ValueError, match=r"conv2d: (.|\n)*stride"):
        nn.Conv2d(1, 2, 3, stride=0)(np.ones((1, 1, 5, 5), np.float32))
    with pytest.raises(ValueError, match=r"conv2d: (.|\n)*same"):
        nn.Conv2d(1, 2, 3, stride=2, padding="same")(np.ones((1, 1, 5, 5), np.float32))
    with pytest.raises(ValueError, match=r"max_pool2d: (.|\n)*"):
        nn.MaxPool2d(6)(np.ones((1, 1, 5, 5), np.float32))
    with pytest.raises(ValueError, match=r"linear: (.|\n)*\(2, 5\)"):
        nn.Linear(4, 3)(np.ones((2, 5), np.float32))
    with pytest.raises(ValueError, match=r"flatten: (.|\n)*end_dim: 5"):
        nn.Flatten(1, 5)(np.ones((2, 3)))
    for groups in (0, 2, 3):
        with pytest.raises(ValueError, match=f"Conv2d: groups must divide[^:]*groups: {groups}"):
            nn.Conv2d(3, 4, 3, groups=groups)
    with pytest.raises(ValueError, match=r"pair(.|\n)*\(1, 2, 3\)"):
        nn.Conv2d(1, 1, (1, 2, 3))
    with pytest.raises(ValueError, match=r"Conv3d: a triple \(depth, vertical, horizontal\)(.|\n)*\(1, 2\)"):
        nn.Conv3d(1, 1, (1, 2))
    with pytest.raises(ValueError, match=r"ConvTranspose1d: a tuple of one(.|\n)*\(1, 2\)"):
        nn.ConvTranspose1d(1, 1, 3, output_padding=(1, 2))
    with pytest.raises(ValueError, match=r"Conv1d: (.|\n)*padding_mode: 'mirror'\n  known: zeros, reflect, replicate"):
        nn.Conv1d(1, 1, 3, padding_mode="mirror")
    with pytest.raises(ValueError, match=r"conv_transpose2d: (.|\n)*output_padding: \(2, 2\)\n  stride: \(2, 2\)"):
        nn.ConvTranspose2d(1, 1, 3, 2, output_padding=2)(np.ones((1, 1, 5, 5), np.float32))
    with pytest.raises(ValueError, match=r"avg_pool3d: divisor_override must be an int other than 0, or None, not 0"):
        nn.AvgPool3d(2, divisor_override=0)(np.ones((1, 2, 2, 2), np.float32))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_output_size_says_which_of_the_sizes(torch, rng, rank):
    options = {"stride": 3, "padding": 1, "dilation": 2}
    theirs = getattr(torch.nn, f"ConvTranspose{rank}d")(2, 3, 3, **options).double()
    ours = getattr(nn, f"ConvTranspose{rank}d")(2, 3, 3, **options).double()
    ours.load_state_dict(theirs.state_dict())
    x = rng.normal(size=(2, 2, *(4, 3, 2)[:rank]))
    sizes = (13, 11, 6)[:rank]
    for output_size in (sizes, (2, 3, *sizes)):
        y = ours(x, output_size)
        assert y.shape[2:] == sizes
        np.testing.assert_allclose(y.data, theirs(torch.tensor(x), output_size).detach().numpy(), atol=1e-12)
    with pytest.raises(ValueError, match=rf"ConvTranspose{rank}d: (.|\n)*smallest: \(12,(.|\n)*largest: \(14,"):
        ours(x, (15, 11, 6)[:rank])


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", ["Conv", "ConvTranspose"])
def test_initial_values_lie_in_pytorchs_bounds(torch, kind, rank):
    torch.manual_seed(0)  # of 32 biases the largest is now and then far from the bound
    theirs = getattr(torch.nn, f"{kind}{rank}d")(64, 32, 3, groups=2)
    ours = getattr(nn, f"{kind}{rank}d")(64, 32, 3, groups=2, rng=0)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert abs(p.data).max() == pytest.approx(abs(q.detach().numpy()).max(), rel=0.15)


# -- containers ----------------------------------------------------------------------------------


def test_sequential():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    assert len(net) == 3 and isinstance(net[1], nn.ReLU) and net[-1] is net[2] and next(iter(net)) is net[0]
    assert list(net[1:].state_dict()) == ["2.weight", "2.bias"]
    x = np.ones((4, 2), np.float32)
    np.testing.assert_array_equal(net[1:](net[:1](x)).data, net(x).data)
    net[1] = nn.Identity()
    assert net.append(nn.Tanh()) is net and len(net) == 4
    assert repr(net).splitlines()[2] == "  (1): Identity()"
    with pytest.raises(IndexError, match="no module 7\n  modules: 4"):
        net[7]
    named = nn.Sequential({"first": nn.Linear(2, 2), "then": nn.ReLU()})
    assert list(named.state_dict()) == ["first.weight", "first.bias"]
    assert nn.Sequential()(3) == 3


def test_module_list():
    layers = nn.ModuleList([nn.Linear(2, 2)])
    layers.append(nn.Linear(2, 2)).extend([nn.Linear(2, 2), nn.ReLU()])
    assert len(layers) == 4 and len(list(layers.parameters())) == 6
    assert len(layers[1:3]) == 2 and layers[1:3][0] is layers[1]
    with pytest.raises(NotImplementedError):
        layers(1)


# -- losses --------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("kind", ["MSELoss", "L1Loss", "BCEWithLogitsLoss", "CrossEntropyLoss", "NLLLoss"])
def test_losses_equal_torch(torch, rng, kind, reduction):
    classes = kind in ("CrossEntropyLoss", "NLLLoss")
    options = [{}]
    if classes:
        options += [{"weight": rng.uniform(0.5, 2, 4)}, {"ignore_index": 2}]
    if kind == "CrossEntropyLoss":
        options.append({"label_smoothing": 0.2})
    for more in options:
        ours = getattr(nn, kind)(reduction=reduction, **more)
        given = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in more.items()}
        theirs = getattr(torch.nn, kind)(reduction=reduction, **given)
        assert list(ours.state_dict()) == list(theirs.state_dict())
        x = rng.normal(size=(5, 4))
        target = np.array([0, 3, 2, 1, 2]) if classes else rng.uniform(size=(5, 4))
        t, u = ag.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        y, z = ours(t, target), theirs(u, torch.tensor(target))
        np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-12)
        y.backward(np.ones(y.shape))
        z.backward(torch.ones_like(z))
        np.testing.assert_allclose(t.grad, u.grad.numpy(), rtol=1e-10, atol=1e-14)


def test_losses_refuse_what_makes_no_sense():
    with pytest.raises(ValueError, match="reduction: 'average'"):
        nn.MSELoss("average")
    with pytest.raises(ValueError, match="label_smoothing: 2"):
        nn.CrossEntropyLoss(label_smoothing=2)
    with pytest.raises(ValueError, match="cross_entropy: a target class is out of range"):
        nn.CrossEntropyLoss()(ag.Tensor(np.zeros((2, 3))), np.array([0, 3]))
    assert repr(nn.MSELoss("sum")) == "MSELoss(reduction='sum')"
