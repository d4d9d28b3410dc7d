"""ONNX, the format, as ONNX Runtime computes it: values alone."""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

from .functions import Functions

VERSION = onnxruntime.__version__
OPSET = 22


def _run(operator, arrays, **attributes):
    """What one operator gives for (1, 1, length) arrays of float32."""
    arrays = [np.asarray(one, np.float32)[None, None] for one in arrays]
    names = ["x", "k"][: len(arrays)]
    node = helper.make_node(operator, names, ["y"], **attributes)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, one.shape)
        for name, one in zip(names, arrays, strict=True)
    ]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    graph = helper.make_graph([node], "case", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, dict(zip(names, arrays, strict=True)))[0][0, 0]


def _same(x, k, step):
    return {f"Conv {way}": _run("Conv", [x, k], auto_pad=way, strides=[step]) for way in ("SAME_UPPER", "SAME_LOWER")}


def _pool(operator):
    def pooled(x, size, stride, padding=0, ceil_mode=False):
        pads = [padding, padding]
        return _run(operator, [x], kernel_shape=[size], strides=[stride], pads=pads, ceil_mode=int(ceil_mode))

    return pooled


functions = Functions({"max_pool": _pool("MaxPool"), "average_pool": _pool("AveragePool"), "same": _same})


def value(function, at):
    return function(functions, np.array(at, float))
