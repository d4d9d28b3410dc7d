"""Files of Keras: the same outputs as Keras gives, and refusals that name what is refused.

The files are written here as Keras writes them; ``of_keras/make_goldens.py`` says where the outputs come from.
"""

import importlib.util
import io
import json
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

import nn

h5py = pytest.importorskip("h5py")

HERE = Path(__file__).parent / "of_keras"
GOLDENS = json.loads((HERE / "goldens.json").read_text(encoding="utf-8"))
MODELS = GOLDENS["models"]


def made():
    spec = importlib.util.spec_from_file_location("make_goldens", HERE / "make_goldens.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MADE = made()


def weights_of(golden, dtype):
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for entry, shape in golden["entries"].items():
            kind = dtype if len(shape) or "count" in entry else "int32"
            file.create_dataset(entry, data=MADE.weight(entry, shape).astype(kind))
    return content.getvalue()


def write(path, config, weights, **more):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {"config.json": json.dumps(config), "model.weights.h5": weights, **more}.items():
            if content is not None:
                archive.writestr(name, content)
    return path


def inputs_of(golden, dtype):
    for i, (shape, kind) in enumerate(golden["inputs"]):
        x = MADE.wave(shape, i + 0.4)
        yield (np.abs(x) * 18).astype(kind) if "int" in kind else here(x.astype(dtype))


def here(x):
    return np.moveaxis(x, -1, 1) if x.ndim >= 4 else x


def check(golden, net, dtype, tolerance):
    found = net(*inputs_of(golden, dtype))
    found = found if isinstance(found, tuple) else (found,)
    assert len(found) == len(golden["outputs"])
    for y, (shape, values) in zip(found, golden["outputs"], strict=True):
        expected = here(np.reshape(values, shape))
        assert y.dtype == dtype and y.shape == expected.shape
        np.testing.assert_allclose(y.data, expected, rtol=tolerance, atol=tolerance)


OFTEN = """
    conv 7 {'strides': 2, 'padding': 'same'}|conv 8 {'strides': (3, 2), 'padding': 'same'}|depthwise 8|separable 7
    conv 1d 8|MaxPooling2D 8|AveragePooling2D 7|AveragePooling1D 8
    transposed 3 2 same|transposed 2 3 valid|transposed 5 2 same
    batch norm {}|batch norm {'scale': False}|layer norm {}|batch norm of sequences|prelu|shapes|dense|flatten
    dense on images|activation softmax|activation gelu|LSTM True both ways|GRU False|SimpleRNN False both ways
    GRU reset before|words|graph|two inputs|a model called twice|a model as output|a chain in a chain
"""
"""What every run of the tests looks at; a slow one at the rest too."""
SOME = {name.strip() for line in OFTEN.split("\n") for name in line.split("|") if name.strip()}


def test_what_is_looked_at_is_there():
    assert set(MODELS) >= SOME


@pytest.mark.parametrize(
    "name", [name if name in SOME else pytest.param(name, marks=pytest.mark.slow) for name in MODELS]
)
def test_the_same_outputs_as_keras(name, tmp_path):
    golden = MODELS[name]
    net = nn.keras_files.load(write(tmp_path / "a.keras", golden["config"], weights_of(golden, "f8")))
    assert not net.training
    check(golden, net, np.float64, 1e-9)
    assert all(p.requires_grad for p in net.parameters())


@pytest.mark.parametrize("name", ["graph", "GRU True both ways", "conv 8 {'strides': 2, 'padding': 'same'}"])
def test_float32_and_weights_apart_from_the_description(name, tmp_path):
    golden = MODELS[name]
    (tmp_path / "a.weights.h5").write_bytes(weights_of(golden, "f4"))
    net = nn.keras_files.load(tmp_path / "a.weights.h5", json.dumps(golden["config"]))
    assert {p.dtype for p in net.parameters()} == {np.dtype("f4")}
    check(golden, net, np.float32, 1e-5)
    found = nn.keras_files.read_weights(tmp_path / "a.weights.h5")
    assert {entry: list(array.shape) for entry, array in found.items()} == golden["entries"]
    with pytest.raises(
        ValueError, match=r"which layers there are\n  give config=model.to_json\(\)\n  path: .*a.weights"
    ):
        nn.keras_files.load(tmp_path / "a.weights.h5")


def test_a_chain_is_a_sequential_that_can_be_trained(tmp_path):
    golden = MODELS["dense"]
    state = nn.manual_seed(3).bit_generator.state
    net = nn.keras_files.load(write(tmp_path / "a.keras", golden["config"], weights_of(golden, "f4")))
    assert nn.manual_seed(3).bit_generator.state == state
    assert type(net) is nn.Sequential and [name for name, _ in net.named_children()] == ["mine", "other"]
    assert [name for name, _ in net.named_parameters()] == ["mine.0.weight", "mine.0.bias", "other.weight"]
    optimizer = nn.optim.SGD(net.parameters(), lr=0.1)
    before = net.other.weight.data.copy()
    (net(np.ones((2, 5), np.float32)) ** 2).sum().backward()
    optimizer.step()
    assert (net.other.weight.data != before).any()


def test_running_statistics_move_by_what_momentum_leaves(tmp_path):
    golden = MODELS["batch norm of features"]
    net = nn.keras_files.load(write(tmp_path / "a.keras", golden["config"], weights_of(golden, "f8")))
    norm = net.batch_normalization if hasattr(net, "batch_normalization") else next(net.children())
    mean = norm.running_mean.data.copy()
    x = MADE.wave((6, 5), 1.0)
    net.train()(x)
    np.testing.assert_allclose(norm.running_mean.data, 0.9 * mean + 0.1 * x.mean(0), rtol=1e-12)
    assert norm.eps == 1e-2 and norm.momentum == pytest.approx(0.1)


# -- refusals ------------------------------------------------------------------------------------


def changed(name, change):
    """A description with one layer changed, and its weights."""
    config = json.loads(json.dumps(MODELS[name]["config"]))
    change(next(one for one in config["config"]["layers"] if one["class_name"] != "InputLayer"))
    return config, weights_of(MODELS[name], "f4")


def setting(**settings):
    return lambda layer: layer["config"].update(settings)


CODE = {"class_name": "__lambda__", "config": {"code": "4wEAAAAA", "defaults": None, "closure": None}}
REFUSED = {
    "Lambda": (
        "dense",
        lambda layer: layer.update(class_name="Lambda", config={"name": "evil", "function": CODE}),
        "a Lambda holds Python's code, which is never run; nothing was\n  layer: evil\n  class: Lambda",
    ),
    "own layer": (
        "dense",
        lambda layer: layer.update(module="os", registered_name="mine>Dense"),
        "not known here\n  layer: mine\n  class: Dense\n  module: os\n  registered name: mine>Dense",
    ),
    "own activation": ("dense", setting(activation={"class_name": "function", "config": "f"}), "activation: {'class"),
    "activation": ("dense", setting(activation="__import__"), "activation: '__import__'"),
    "unknown": ("dense", lambda layer: layer.update(class_name="HashedCrossing"), "class: HashedCrossing"),
    "first": (
        "flatten",
        setting(data_format="channels_first"),
        "data_format: 'channels_first'\n  read: 'channels_last'",
    ),
    "masks": ("words", setting(mask_zero=True), "mask_zero: True"),
    "backwards": ("LSTM True", setting(go_backwards=True), "go_backwards: True"),
    "state": ("LSTM True", setting(return_state=True), "return_state: True"),
    "hard": ("LSTM True", setting(recurrent_activation="hard_sigmoid"), "recurrent_activation: 'hard_sigmoid'"),
    "axis": ("batch norm {}", setting(axis=1), "axis: 1"),
    "bias": ("dense", setting(use_bias=False), r"found: 2 of shape \(5, 4\), \(4,\)"),
    "units": ("LSTM True", setting(units=3), r"units: 3\n  kernel: \(4, 16\)"),
    "no sense": ("shapes", setting(padding=7.5), "padding: 7.5"),
    "nothing": ("activation gelu", setting(scale=None), "scale: None"),
    "kinds": ("dense", setting(activation=[]), r"activation: \[\]"),
    "padding": ("transposed 1d", setting(padding="full"), "padding: 'full'"),
    "strides": ("transposed 1d", setting(strides=[2, "x"]), r"strides: \[2, 'x'\]"),
    "rate": ("conv 3d", setting(dilation_rate=None), "dilation_rate: None"),
}


@pytest.mark.parametrize("name, change, message", REFUSED.values(), ids=REFUSED)
def test_what_is_not_read_is_named(name, change, message, tmp_path):
    path = write(tmp_path / "a.keras", *changed(name, change))
    with pytest.raises(ValueError, match=f"^keras_files.load: (.|\n)*{message}(.|\n)*  path: {path}$"):
        nn.keras_files.load(path)


def test_files_that_are_damaged(tmp_path):
    golden = MODELS["dense"]
    config, weights = golden["config"], weights_of(golden, "f4")
    path = write(tmp_path / "a.keras", config, weights)
    whole = path.read_bytes()

    def refused(content, message):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=message) as caught:
            nn.keras_files.load(path)
        assert str(path) in str(caught.value)

    for length in (*range(0, len(whole), 997), len(whole) - 1):
        refused(whole[:length], "no file of Keras|truncated or damaged")
    refused(b"hello world", "no file of Keras\n  first bytes: 68 65 6c 6c 6f")
    for n in range(0, len(weights), 499):
        write(path, config, weights[:n])
        with pytest.raises(ValueError, match="damaged"):
            nn.keras_files.load(path)
    for change, message in [
        ({"config.json": None}, "the entry config.json is missing"),
        ({"model.weights.h5": None}, "the entry model.weights.h5 is missing"),
        ({"config.json": "{"}, "config.json is no JSON"),
        ({"config.json": "[" * 100000}, "config.json is no JSON"),
        ({"config.json": "[]"}, "described in an unknown way"),
        ({"config.json": '{"class_name": "Sequential", "module": "keras", "config": {"layers": []}}'}, "no layers"),
        ({"config.json": '{"class_name": "Net", "module": "own", "config": {}}'}, "no Sequential(.|\n)*module: own"),
    ]:
        write(path, config, weights, **change)
        with pytest.raises(ValueError, match=message):
            nn.keras_files.load(path)
    with pytest.raises(FileNotFoundError, match="no such file"):
        nn.keras_files.load(tmp_path / "none.keras")
    with pytest.raises(IsADirectoryError, match="a folder"):
        nn.keras_files.load(tmp_path)


@pytest.mark.parametrize("how", ["link", "soft", "external", "text", "group", "missing", "half", "older"])
def test_entries_that_are_elsewhere_or_no_numbers(how, tmp_path):
    """A file must not make us read another one."""
    golden, entry = MODELS["dense"], "layers/dense/vars/0"
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["x"] = np.ones((5, 4), np.float32)
    (tmp_path / "raw").write_bytes(bytes(80))
    content = io.BytesIO(weights_of(golden, "f4"))
    with h5py.File(content, "r+") as file:
        del file[entry]
        if how == "link":
            file[entry] = h5py.ExternalLink(str(secret), "/x")
        elif how == "soft":
            file[entry] = h5py.SoftLink("/layers/dense/vars/1")
        elif how == "external":
            file.create_dataset(entry, (5, 4), "f4", external=[(str(tmp_path / "raw"), 0, 80)])
        elif how == "text":
            file[entry] = "abc"
        elif how == "group":
            file.create_group(entry)
        elif how == "half":
            file[entry] = np.ones((5, 4), np.float16)
        elif how == "missing":
            file["layers/dense/vars/2"] = np.ones((5, 4), np.float32)
        else:
            file.attrs["model_config"] = "{}"
    path = write(tmp_path / "a.keras", golden["config"], content.getvalue())
    message = {
        "link": f"is a link, which is not followed\n  entry: {entry}",
        "soft": "is a link",
        "external": "in another file, which is not read",
        "text": "holds no numbers",
        "group": "an entry is missing",
        "missing": "an entry is missing",
        "half": "float32 and float64 are read(.|\n)*dtype: float16",
        "older": r'in an older form of file\n  in Keras: model.save\("model.keras"\)',
    }[how]
    with pytest.raises(ValueError, match=message):
        nn.keras_files.load(path)


def test_graphs_that_cannot_be_run(tmp_path):
    golden = MODELS["graph"]

    def refused(change, message):
        config = json.loads(json.dumps(golden["config"]))
        change(config["config"])
        with pytest.raises(ValueError, match=message):
            nn.keras_files.load(write(tmp_path / "a.keras", config, weights_of(golden, "f4")))

    refused(lambda c: c.update(output_layers=["nobody", 0, 0]), "an output that nothing gives\n(.|\n)*nobody, call 0")
    refused(lambda c: c.update(input_layers=["nobody", 0, 0]), "an input that nothing gives")
    refused(lambda c: c.update(output_layers=7), "output_layers: 7")
    refused(lambda c: c["layers"][1]["inbound_nodes"].append({"args": [3]}), "argument: 3")
    refused(lambda c: c["layers"][1].update(inbound_nodes=[[["input_layer", 0, 0, {}]]]), "a file of Keras 3")
    refused(lambda c: c["layers"][1].update(inbound_nodes=[{"args": [], "kwargs": "x"}]), "no sense: AttributeError")
    nodes = {"args": [], "kwargs": {"scale": 3}}
    refused(lambda c: c["layers"][1].update(inbound_nodes=[nodes]), "argument: scale=3")
    net = nn.keras_files.load(write(tmp_path / "a.keras", golden["config"], weights_of(golden, "f4")))
    with pytest.raises(ValueError, match=r"inputs: 1 \(.*\)\n  arguments: 2"):
        net(1, 2)


def test_dropout_inside_a_recurrent_layer_is_warned_of(tmp_path):
    path = write(tmp_path / "a.keras", *changed("LSTM True", setting(recurrent_dropout=0.2)))
    with pytest.warns(UserWarning, match="left out while training\n  layer: .*\n  recurrent_dropout: 0.2"):
        nn.keras_files.load(path)


def test_without_h5py(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r'pip install "chalkgrad\[keras\]"'):
        nn.keras_files.load(tmp_path / "a.keras")


@pytest.mark.slow
def test_files_that_keras_writes(tmp_path):
    keras = pytest.importorskip("keras")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, model in MADE.models(keras):
            path = tmp_path / "a.keras"
            model.save(path)
            net = nn.keras_files.load(path)
            inputs = list(MADE.inputs_of(model))
            expected = model(inputs if len(inputs) > 1 else inputs[0], training=False)
            found = net(*[here(x.astype("f4")) if x.dtype.kind == "f" else x for x in inputs])
            pairs = zip(found, expected, strict=True) if isinstance(found, tuple) else [(found, expected)]
            for y, z in pairs:
                z = here(keras.ops.convert_to_numpy(z))
                np.testing.assert_allclose(y.data, z, rtol=1e-4, atol=1e-5, err_msg=name)
