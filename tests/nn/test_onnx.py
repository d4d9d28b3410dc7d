"""Models as ONNX files: onnxruntime runs them, they load again, and what cannot be exported or read says so."""

import numpy as np
import pytest

import autograd as ag
import nn

MODELS = [
    ("MLP", lambda: nn.models.MLP(12, 5, 3), (2, 3, 4)),
    ("LeNet", lambda: nn.models.LeNet(), (2, 1, 8, 8)),
    ("LeNet5", lambda: nn.models.LeNet5(), (2, 1, 28, 28)),
    ("LeNet5Original", lambda: nn.models.LeNet5Original(), (2, 1, 32, 32)),
    ("UNet", lambda: nn.models.UNet(1, 2, width=4, depth=2), (1, 1, 16, 24)),
    ("Autoencoder", lambda: nn.models.Autoencoder(), (1, 1, 16, 16)),
    ("CharRNN", lambda: nn.models.CharRNN(11, 4, 8, num_layers=2), (2, 3)),
    ("VisionTransformer", lambda: nn.models.VisionTransformer(num_layers=1), (2, 3, 32, 32)),
    ("ResNet20", lambda: nn.models.ResNet20(), (2, 3, 16, 16)),
]
LARGE = [
    ("ResNet32", lambda: nn.models.ResNet32(), (1, 3, 16, 16)),
    ("ResNet56", lambda: nn.models.ResNet56(), (1, 3, 16, 16)),
    ("ResNet18", lambda: nn.models.ResNet18(), (1, 3, 64, 64)),
    ("ResNet34", lambda: nn.models.ResNet34(), (1, 3, 64, 64)),
    ("MobileNetV2", lambda: nn.models.MobileNetV2(), (2, 3, 64, 64)),
    ("AlexNet", lambda: nn.models.AlexNet(), (1, 3, 64, 64)),
    ("VGG11", lambda: nn.models.VGG11(), (1, 3, 32, 32)),
    ("VGG11 with batch norm", lambda: nn.models.VGG11(batch_norm=True), (1, 3, 32, 32)),
    ("VGG13", lambda: nn.models.VGG13(), (1, 3, 32, 32)),
    ("VGG16", lambda: nn.models.VGG16(), (1, 3, 32, 32)),
    ("VGG19", lambda: nn.models.VGG19(), (1, 3, 32, 32)),
]
CASES = [*MODELS, *[pytest.param(*case, marks=pytest.mark.slow) for case in LARGE]]


def example_of(name, shape, rng):
    return rng.integers(0, 11, shape) if name == "CharRNN" else rng.normal(size=shape).astype(np.float32)


def settled(net, x):
    """The net with running statistics of its own, and biases that are not 0."""
    if any(isinstance(module, nn.BatchNorm2d) for module in net.modules()):
        with ag.no_grad():
            net(np.concatenate([x, -x]))
    return net


@pytest.mark.parametrize(("name", "make", "shape"), CASES, ids=[case[0] for case in [*MODELS, *LARGE]])
def test_onnxruntime_agrees(onnx, rng, tmp_path, name, make, shape):
    onnx, onnxruntime = onnx
    x = example_of(name, shape, rng)
    net = settled(make(), x)
    path = str(tmp_path / "net.onnx")
    nn.onnx.export(net, x, path)
    assert net.training
    with ag.no_grad():
        expected = net.eval()(ag.Tensor(x)).data
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: x})
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize(("name", "make", "shape"), MODELS, ids=[case[0] for case in MODELS])
def test_a_file_loads_as_a_module_that_trains(rng, tmp_path, name, make, shape):
    x = example_of(name, shape, rng)
    net = settled(make(), x).eval()
    nn.onnx.export(net, x, tmp_path / "net.onnx")
    loaded = nn.onnx.load(tmp_path / "net.onnx")
    expected, found = net(ag.Tensor(x)), loaded(x)
    np.testing.assert_allclose(found.data, expected.data, rtol=1e-6, atol=1e-6)
    parameters = dict(net.named_parameters())
    state = {key for key in net.state_dict() if not key.endswith("num_batches_tracked")}
    assert set(loaded.state_dict()) == state  # a file does not tell buffers from parameters, but for running statistics
    assert {key for key in state if "running" in key} == {path for path, _ in loaded.named_buffers()}
    seed = rng.normal(size=found.shape).astype(np.float32)
    expected.backward(seed)
    found.backward(seed)
    for path, p in loaded.named_parameters():
        if path not in parameters:
            continue
        np.testing.assert_allclose(p.grad, parameters[path].grad, rtol=1e-4, atol=1e-5, err_msg=path)


def test_names_are_those_of_the_modules(onnx, tmp_path):
    onnx, _ = onnx
    net = nn.models.ResNet20()
    nn.onnx.export(net, np.zeros((1, 3, 8, 8), np.float32), tmp_path / "net.onnx")
    graph = onnx.load(tmp_path / "net.onnx").graph
    names = [node.name for node in graph.node]
    assert len(set(names)) == len(names) and "/layer2/0/downsample/0/Conv" in names and "/layer1/0/bn1/Relu" in names
    assert {"layer3.2.bn2.running_var", "fc.weight"} <= {one.name for one in graph.initializer}
    assert [one.name for one in graph.input] == ["x"] and [one.name for one in graph.output] == ["output"]


class Sum(nn.Module):
    def forward(self, image, mask):
        return ag.where(mask, image, 0.0).sum(), image * 2


def test_several_inputs_and_outputs(onnx, rng, tmp_path):
    _, onnxruntime = onnx
    image, mask = rng.normal(size=(2, 3)).astype(np.float32), rng.random((2, 3)) > 0.5
    nn.onnx.export(Sum(), (image, mask), tmp_path / "net.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    total, double = session.run(None, {"image": image, "mask": ~mask})
    np.testing.assert_allclose(total, image[~mask].sum(), rtol=1e-6)
    np.testing.assert_array_equal(double, image * 2)
    total, double = nn.onnx.load(tmp_path / "net.onnx")(image, ~mask)
    np.testing.assert_allclose(total.data, image[~mask].sum(), rtol=1e-6)


class ByNumPy(nn.Module):
    def forward(self, x):
        return ag.where(np.asarray(x.data) > 0, x, 0.0)


class InBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = ByNumPy()

    def forward(self, x):
        return self.block(x)


def test_what_cannot_be_exported_says_so_and_writes_nothing(tmp_path):
    path = tmp_path / "net.onnx"
    x = np.zeros((2, 3), np.float32)
    with pytest.raises(ValueError, match=r"values of the example would become a part of the file\n  in module: block"):
        nn.onnx.export(InBlock(), x, path)

    class Running(nn.Module):
        def forward(self, x):
            return ag.cumsum(x, axis=1)

    with pytest.raises(ValueError, match=r"cumsum cannot be exported\n  in module: Running\n  there is no form"):
        nn.onnx.export(Running(), x, path)
    with pytest.raises(TypeError, match="a Module is needed"):
        nn.onnx.export(np.tanh, x, path)
    with pytest.raises(ValueError, match="must return a Tensor"):
        nn.onnx.export(type("Shape", (nn.Module,), {"forward": lambda self, x: x.shape})(), x, path)
    assert not path.exists()


def test_damaged_files_are_errors_that_name_the_place(tmp_path):
    path = tmp_path / "net.onnx"
    with pytest.raises(FileNotFoundError, match="no such file"):
        nn.onnx.load(path)
    with pytest.raises(IsADirectoryError, match="a folder"):
        nn.onnx.load(tmp_path)
    nn.onnx.export(nn.models.MLP(4, 3, 2), np.zeros((1, 4), np.float32), path)
    content = path.read_bytes()
    for end in range(0, len(content), 7):
        path.write_bytes(content[:end])
        with pytest.raises(ValueError, match=r"(?s)onnx.load: .*net.onnx"):
            nn.onnx.load(path)
    path.write_bytes(content.replace(b"Relu", b"Rolu"))
    with pytest.raises(ValueError, match=r"not known here\n  node: /2/R[eo]lu\n  operator: Rolu"):
        nn.onnx.load(path)
    path.write_bytes(b"{}" * 20)
    with pytest.raises(ValueError, match=r"no ONNX file"):
        nn.onnx.load(path)


def test_files_of_others(onnx, rng, tmp_path):
    """With constants in nodes, a shape that is computed, padding that differs, entries one by one."""
    onnx, onnxruntime = onnx
    helper, proto = onnx.helper, onnx.TensorProto
    w = rng.normal(size=(4, 2, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], pads=[0, 1, 1, 0], strides=[2, 2]),
        helper.make_node("MaxPool", ["c"], ["p"], kernel_shape=[2, 2], pads=[1, 0, 0, 1]),
        helper.make_node("Shape", ["p"], ["shape"]),
        helper.make_node("Constant", [], ["zero"], value=helper.make_tensor("v", proto.INT64, [1], [0])),
        helper.make_node("Gather", ["shape", "zero"], ["n"]),
        helper.make_node("Constant", [], ["rest"], value_ints=[-1]),
        helper.make_node("Concat", ["n", "rest"], ["flat"], axis=0),
        helper.make_node("Reshape", ["p", "flat"], ["r"]),
        helper.make_node("Split", ["r"], ["a", "b"], axis=1, num_outputs=2),
        helper.make_node("Concat", ["b", "a"], ["y"], axis=1),
    ]
    x_info = helper.make_tensor_value_info("x", proto.FLOAT, ["N", 2, 7, 8])
    y_info = helper.make_tensor_value_info("y", proto.FLOAT, ["N", None])
    weight = helper.make_tensor("w", proto.FLOAT, w.shape, w.ravel().tolist())
    graph = helper.make_graph(nodes, "others", [x_info], [y_info], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, tmp_path / "net.onnx")
    x = rng.normal(size=(2, 2, 7, 8)).astype(np.float32)
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    net = nn.onnx.load(tmp_path / "net.onnx")
    np.testing.assert_allclose(net(x).data, session.run(None, {"x": x})[0], rtol=1e-5, atol=1e-5)
    assert list(net.state_dict()) == ["w"] and "x -> y, 10 nodes" in repr(net)
