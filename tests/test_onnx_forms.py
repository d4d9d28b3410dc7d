"""Every declared operation that has a form in ONNX: onnxruntime gives what it gives, and so does the file read back.

Where onnx and onnxruntime are not installed the tests are skipped; with CHALKGRAD_REQUIRE_ONNX=1 in the environment
that is a failure.
"""

import os

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.declaration import registry

FORMS = [name for name, op in registry.items() if op.module.startswith("autograd.") and (op.onnx or op.made_of)]
QUICK = {"relu", "add", "getitem", "conv2d", "conv_transpose1d", "avg_pool2d", "batch_norm_relu", "softplus"}


@pytest.fixture(scope="module")
def onnx():
    """(onnx, onnxruntime)."""
    try:
        import onnx
        import onnxruntime
    except ImportError:
        if os.environ.get("CHALKGRAD_REQUIRE_ONNX") == "1":
            pytest.fail("onnx and onnxruntime are required here (CHALKGRAD_REQUIRE_ONNX=1) and not installed")
        pytest.skip("onnx and onnxruntime are not installed: pip install chalkgrad[onnx]")
    return onnx, onnxruntime


@pytest.fixture(autouse=True)
def _broadcasting_is_meant():
    ag.config.set_broadcast_warnings(False)
    yield
    ag.config.set_broadcast_warnings(True)


class Call(nn.Module):
    """A call of one operation: the differentiable inputs come in, all else stands in it."""

    def __init__(self, op, args, kwargs):
        super().__init__()
        self.op, self.args, self.kwargs = op, args, kwargs
        self.at = [i for i, name in enumerate(op.names[: len(args)]) if name in op.inputs]

    def given(self):
        found = []
        for i in self.at:
            found += self.args[i] if isinstance(self.args[i], list) else [self.args[i]]
        return [one for one in found if isinstance(one, np.ndarray)]

    def forward(self, *inputs):
        left, args = list(inputs), list(self.args)
        for i in self.at:
            if isinstance(args[i], list):
                args[i] = [left.pop(0) for _ in args[i]]
            elif isinstance(args[i], np.ndarray):
                args[i] = left.pop(0)
        return self.op.function(*args, **self.kwargs)


def single(value):
    """Of float32: onnxruntime has no convolution of float64."""
    if isinstance(value, np.ndarray | np.floating) and np.asarray(value).dtype == np.float64:
        return np.asarray(value, np.float32)
    return [single(one) for one in value] if isinstance(value, list) else value


def calls_of(name):
    op = registry[name]
    for sample in op.samples:
        args, kwargs = sample.make(np.random.default_rng(0))
        yield Call(op, [single(one) for one in args], {key: single(one) for key, one in kwargs.items()}).eval()


CASES = [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in FORMS]


@pytest.mark.parametrize("name", CASES)
def test_onnxruntime_gives_the_same(onnx, tmp_path, name):
    onnx, onnxruntime = onnx
    path = str(tmp_path / "call.onnx")
    exported, refused = 0, []
    for call in calls_of(name):
        inputs = call.given()
        with np.errstate(all="ignore"):
            expected = call(*[ag.Tensor(one) for one in inputs]).data
            try:
                nn.onnx.export(call, tuple(inputs), path)
            except ValueError as error:
                assert str(error).startswith("onnx.export: ") and "in module: Call" in str(error)
                refused.append(error)
                continue
            loaded = nn.onnx.load(path)(*inputs).data
        onnx.checker.check_model(onnx.load(path), full_check=True)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        names = [one.name for one in session.get_inputs()]
        (found,) = session.run(None, dict(zip(names, inputs, strict=True)))
        assert found.shape == np.shape(expected) and found.dtype == np.asarray(expected).dtype
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-6)
        np.testing.assert_allclose(loaded, expected, rtol=1e-5, atol=1e-6)
        exported += 1
    assert exported or refused[0].args[0].count("there is no form") or "net.eval()" in str(refused[0])
