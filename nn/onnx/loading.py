"""From an ONNX file to a Module: its weights are parameters, and ``forward`` runs the nodes in their order."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd import Tensor

from ..io import content_of
from ..module import Module
from ..parameter import Parameter
from . import operators
from .wire import Fields, tensor_of

LEAST_OPSET = 13
"""Before it the axes of Softmax, Squeeze and sums were said in another way."""


class Node:
    """One node of a file, with its attributes."""

    def __init__(self, fields: Fields) -> None:
        self.inputs, self.outputs = fields.texts(1), fields.texts(2)
        self.name, self.op_type, self.domain = fields.text(3), fields.text(4), fields.text(7)
        self.attributes = {one.text(1): _attribute(one) for one in fields.messages(5)}

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute, or what it is where the file does not say it."""
        return self.attributes.get(name, default)

    def refuse(self, reason: str) -> ValueError:
        return ValueError(f"{reason}\n  node: {self.name or self.outputs[0]}\n  operator: {self.op_type}")


def _attribute(fields: Fields) -> Any:
    kind = fields.integer(20)
    if kind == 1:
        return float(fields.floats(2)[0])
    if kind == 2:
        return fields.integer(3)
    if kind == 3:
        return fields.text(4)
    if kind == 4:
        return tensor_of(fields.messages(5)[0])
    if kind == 6:
        return fields.floats(7).tolist()
    if kind == 7:
        return fields.integers(8)
    if kind == 8:
        return fields.texts(9)
    return None


class OnnxModule(Module):
    """What ``nn.onnx.load`` gives: a Module that runs the nodes of a file."""

    def __init__(self, nodes: list[Node], weights: Mapping[str, np.ndarray], inputs: list[str], outputs: list[str]):
        super().__init__()
        self.nodes, self.input_names, self.output_names = nodes, inputs, outputs
        self.constants: dict[str, np.ndarray] = {}
        self.paths: dict[str, str] = {}
        counted = {one for node in nodes for one in operators.static_inputs(node)}
        for name, array in weights.items():
            if array.dtype.kind != "f" or name in counted:
                self.constants[name] = array
            else:
                self.paths[name] = self._place(name, array, name in operators.statistics(nodes))

    def _place(self, name: str, array: np.ndarray, is_buffer: bool) -> str:
        """Put a weight where its dotted name says; the path at which it then stands."""
        parts = [part for part in name.replace("/", ".").replace(":", "_").split(".") if part] or ["weight"]
        owner: Module = self
        for part in parts[:-1]:
            if not isinstance(vars(owner).get(part, None), Module):
                if hasattr(owner, part):
                    part += "_"
                owner.add_module(part, Module())
            owner = vars(owner)[part]
        last = parts[-1]
        while hasattr(owner, last):
            last += "_"
        if is_buffer:
            owner.register_buffer(last, Tensor(array))
        else:
            owner.register_parameter(last, Parameter(array))
        return next(path for path, one in [*self.named_parameters(), *self.named_buffers()] if one is vars(owner)[last])

    def forward(self, *inputs: Any) -> Any:
        if len(inputs) != len(self.input_names):
            raise TypeError(
                f"OnnxModule: the file's inputs are {', '.join(self.input_names)}\n  given: {len(inputs)} arguments"
            )
        held = dict([*self.named_parameters(), *self.named_buffers()])
        values: dict[str, Any] = {"": None, **self.constants}
        values.update({name: held[path] for name, path in self.paths.items()})
        for name, given in zip(self.input_names, inputs, strict=True):
            values[name] = given if isinstance(given, Tensor) else Tensor(given)
        for node in self.nodes:
            try:
                results = operators.OPERATORS[node.op_type](node, *[values[name] for name in node.inputs])
            except (TypeError, ValueError, IndexError) as error:
                raise type(error)(f"{error}\n  node: {node.name or node.outputs[0]}") from error
            results = results if isinstance(results, tuple) else (results,)
            values.update(zip(node.outputs, results, strict=False))
        found = [
            values[name] if isinstance(values[name], Tensor) else Tensor(values[name]) for name in self.output_names
        ]
        return found[0] if len(found) == 1 else tuple(found)

    def extra_repr(self) -> str:
        return f"{', '.join(self.input_names)} -> {', '.join(self.output_names)}, {len(self.nodes)} nodes"


def loaded(path: str | os.PathLike[str]) -> OnnxModule:
    """Read the file."""
    content = content_of(path, "onnx.load")
    try:
        return _of_content(content)
    except ValueError as error:
        raise ValueError(f"onnx.load: {error}\n  path: {path}") from None


def _of_content(content: bytes) -> OnnxModule:
    model = Fields(content)
    graphs = model.messages(7)
    if not graphs or not model.messages(8):
        raise ValueError("this is no ONNX file: it has no graph or no opset")
    opset = max([one.integer(2) for one in model.messages(8) if one.text(1) in ("", "ai.onnx")], default=0)
    if opset < LEAST_OPSET:
        raise ValueError(
            f"the file is of opset {opset}, and from {LEAST_OPSET} on they are read\n"
            f"  onnx.version_converter.convert_version(model, {LEAST_OPSET}) makes a newer one of it"
        )
    graph = graphs[0]
    weights = {one.text(8): tensor_of(one) for one in graph.messages(5)}
    nodes = [Node(one) for one in graph.messages(1)]
    known = {"", *weights, *[one.text(1) for one in graph.messages(11)]}
    for node in nodes:
        if node.domain not in ("", "ai.onnx") or node.op_type not in operators.OPERATORS:
            raise node.refuse("this operator is not known here")
        if [one for one in node.inputs if one not in known]:
            raise node.refuse("the file is damaged: a value is taken that nothing gives")
        known.update(node.outputs)
    inputs = [one.text(1) for one in graph.messages(11) if one.text(1) not in weights]
    outputs = [one.text(1) for one in graph.messages(12)]
    if not outputs or not known.issuperset(outputs):
        raise ValueError("the file is damaged: nothing gives its outputs")
    return OnnxModule(nodes, weights, inputs, outputs)
