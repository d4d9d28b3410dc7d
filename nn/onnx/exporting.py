"""From a Module to an ONNX file: the model is traced, and each instruction becomes what its declaration says."""

import inspect
import os
from typing import Any

import numpy as np

import autograd as ag

from ..module import Module
from ..values import values_of
from .graph import Graph
from .tracing import ModelTracer, traced

OF_NUMPY = {
    np.less: "Less",
    np.less_equal: "LessOrEqual",
    np.greater: "Greater",
    np.greater_equal: "GreaterOrEqual",
    np.equal: "Equal",
    np.bitwise_and: "And",
    np.bitwise_or: "Or",
    np.bitwise_xor: "Xor",
    np.logical_and: "And",
    np.logical_or: "Or",
    np.logical_xor: "Xor",
    np.logical_not: "Not",
    np.invert: "Not",
    np.isnan: "IsNaN",
    np.isinf: "IsInf",
}
"""NumPy's functions of values that have no declaration here: what ONNX calls them."""
OF_BOOLS = {"And", "Or", "Xor", "Not"}


def exported(model: Module, example: Any, path: str | os.PathLike[str]) -> None:
    """Write the file."""
    if not isinstance(model, Module):
        raise TypeError(f"onnx.export: a Module is needed\n  model: {type(model).__name__}")
    inputs = [np.array(values_of(one)) for one in (example if isinstance(example, tuple | list) else (example,))]
    tracer, numbers, outputs = traced(model, inputs)
    if tracer.found:
        _check_constants(model, inputs, tracer)
    graph = Graph(type(model).__name__)
    names = _names_of_inputs(model, len(inputs))
    for number, name in zip(numbers, names, strict=True):
        graph.input(number, name, tracer.program.values[number])
    for number, name in tracer.program.names.items():
        graph.weight(number, name, tracer.program.values[number])
    for number, value in tracer.program.constants.items():
        graph.fixed(number, value)
    for instruction in tracer.program:
        graph.begin(instruction, tracer.program.values)
        graph.finish(instruction, _form(graph, instruction))
    for i, number in enumerate(outputs):
        graph.output(number, "output" if len(outputs) == 1 else f"output_{i}", tracer.program.values[number])
    ag.internal.write_whole("onnx.export", path, graph.model(ag.__version__))


def _form(graph: Graph, instruction: Any) -> str:
    """Add the nodes of an instruction; the name of its result."""
    op, value_of = instruction.operation, graph.value
    form = OF_NUMPY.get(op.forward) if not hasattr(op, "onnx") else op.onnx
    if form is None:
        raise graph.refuse("there is no form of it in ONNX here")
    inputs = [value_of(number) for number in instruction.inputs]
    params = {name: ag.internal.resolved(value, value_of) for name, value in instruction.params.items()}
    if not callable(form):
        if not hasattr(op, "onnx"):
            held = dict(zip(op.inputs, instruction.inputs, strict=True))
            given = [graph.names[held[name]] if name in held else params[name] for name in op.names]
            return graph.add(form, *graph.alike(given, np.bool_ if form in OF_BOOLS else None))
        return graph.add(form, *graph.of_result(*inputs))
    named = {op.inputs[0]: inputs} if op.variadic else dict(zip(op.inputs, inputs, strict=True))
    values = {**op.defaults, **params, **named}
    wanted = list(inspect.signature(form).parameters)[1:]
    return form(graph, **{name: values[name] for name in wanted})


def _names_of_inputs(model: Module, count: int) -> list[str]:
    names = [name for name in inspect.signature(model.forward).parameters if name.isidentifier()]
    return names[:count] if len(names) >= count else [f"input_{i}" for i in range(count)]


def _check_constants(model: Module, inputs: list[np.ndarray], tracer: ModelTracer) -> None:
    """Raise where an array that came from elsewhere is another one for other inputs: then it was computed from them."""
    generator = np.random.default_rng(0)
    others = []
    for one in inputs:
        other = generator.permutation(one.ravel()).reshape(one.shape)
        others.append(other + generator.normal(size=one.shape).astype(one.dtype) if one.dtype.kind == "f" else other)
    again, _, _ = traced(model, others)
    for (a, path), (b, _) in zip(tracer.found, again.found, strict=False):
        first, second = tracer.program.values[a], again.program.values[b]
        if np.shape(first) != np.shape(second) or not np.array_equal(first, second):
            raise ValueError(
                "onnx.export: values of the example would become a part of the file\n"
                f"  in module: {'.'.join(path) or type(model).__name__}\n  array: {np.shape(first)}\n"
                "  it is computed by NumPy from the model's input; use functions of ag on Tensors"
            )
