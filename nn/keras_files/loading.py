"""From a description of layers to a Module: a chain becomes a Sequential, anything else a graph that is run."""

import re
from typing import Any

from ..layers import Sequential
from ..module import Module
from .archive import Weights, opened, parsed
from .building import build
from .layer import Layer, named

Place = tuple[str, int, int]
"""One value of the graph: the layer's name, which of its calls, which of the call's outputs."""
MODELS = {"Sequential", "Functional", "Model"}


def loaded(path: Any, config: str | None) -> Module:
    """The network of a file, in evaluation mode."""
    with opened(path, "keras_files.load", config is None) as (found, weights):
        description = found if config is None else parsed(config, "config")
        return model(description, weights, "").eval()


def model(found: Any, weights: Weights, place: str) -> Module:
    """The network that a description says, with the arrays below a place."""
    top = Layer(found, weights, place)
    if top.class_name not in MODELS or top.module.split(".")[0] != "keras" or not _is_kerass(top):
        raise top.refuse("this is no Sequential and no functional model of Keras", f"module: {top.module}")
    listed = top.get("layers")
    if not isinstance(listed, list) or not listed:
        raise top.refuse("the model has no layers")
    if top.class_name == "Sequential":
        listed = [one for one in listed if not (isinstance(one, dict) and one.get("class_name") == "InputLayer")]
    inner = []
    counts: dict[str, int] = {}
    for one in listed:
        layer = Layer(one, weights, "")
        stem = snake_case(layer.class_name)
        n = counts[stem] = counts.get(stem, -1) + 1
        layer.place = "/".join(filter(None, [place, "layers", f"{stem}_{n}" if n else stem]))
        inner.append((layer, one))
    if top.class_name == "Sequential":
        return Sequential(named([(layer.name, _module(layer, one, weights)) for layer, one in inner]))
    with top.described():
        return _functional(top, inner, weights)


def _is_kerass(layer: Layer) -> bool:
    return layer.registered_name in (None, layer.class_name)


def snake_case(name: str) -> str:
    """Under which name Keras stores the arrays of a class's first layer: "conv2d" of Conv2D, "p_re_lu" of PReLU."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _module(layer: Layer, found: Any, weights: Weights) -> Module:
    """One layer, or the model that stands in a layer's place, as one module."""
    if layer.class_name in MODELS:
        return model(found, weights, layer.place)
    with layer.described():
        parts = build(layer)
    return parts[0] if len(parts) == 1 else Sequential(*parts)


class Call:
    """One call of a layer in the graph: what it takes, and the value that it gives."""

    def __init__(self, name: str, inputs: list[Place], output: Place) -> None:
        self.name, self.inputs, self.output = name, inputs, output


class KerasGraph(Module):
    """What ``load`` makes of a model that is no chain: its layers, and the calls between them."""

    def __init__(self, parts: dict[str, Module], calls: list[Call], inputs: list[Place], outputs: list[Place]) -> None:
        super().__init__()
        for name, module in parts.items():
            self.add_module(name, module)
        self.calls, self.inputs, self.outputs = calls, inputs, outputs

    def forward(self, *inputs: Any) -> Any:
        if len(inputs) != len(self.inputs):
            raise ValueError(
                f"KerasGraph: as many arguments as the model has inputs are needed\n  inputs: {len(self.inputs)} "
                f"({', '.join(place[0] for place in self.inputs)})\n  arguments: {len(inputs)}"
            )
        values = dict(zip(self.inputs, inputs, strict=True))
        for call in self.calls:
            values[call.output] = getattr(self, call.name)(*[values[place] for place in call.inputs])
        results = tuple([values[place] for place in self.outputs])
        return results[0] if len(results) == 1 else results


def _functional(top: Layer, inner: list[tuple[Layer, Any]], weights: Weights) -> Module:
    inputs, outputs = _places(top, "input_layers"), _places(top, "output_layers")
    models = {layer.name for layer, _ in inner if layer.class_name in ("Functional", "Model")}
    # among the outputs, and nowhere else, a model's calls are counted from 1
    outputs = [(name, call - (name in models), at) for name, call, at in outputs]
    modules: list[tuple[str, Module]] = []
    waiting: list[tuple[int, list[Place], Place]] = []
    for layer, found in inner:
        nodes = found.get("inbound_nodes", [])
        if layer.class_name == "InputLayer":
            continue
        calls = [_inputs_of(layer, node) for node in nodes]
        if calls and layer.shape is None and layer.class_name not in MODELS:
            layer.shape = _shape_of_input(nodes[0])
        for n, places in enumerate(calls):
            waiting.append((len(modules), places, (layer.name, n, 0)))
        modules.append((layer.name, _module(layer, found, weights)))
    parts = named(modules)
    names = list(parts)
    known, order = set(inputs), []
    while waiting:
        ready = [one for one in waiting if all(place in known for place in one[1])]
        if not ready:
            missing = next(place for _, places, _ in waiting for place in places if place not in known)
            raise top.refuse("the graph has an input that nothing gives", f"given by: {missing[0]}, call {missing[1]}")
        waiting = [one for one in waiting if one not in ready]
        order += [Call(names[at], places, output) for at, places, output in ready]
        known |= {output for _, _, output in ready}
    for place in outputs:
        if place not in known:
            raise top.refuse("the graph has an output that nothing gives", f"given by: {place[0]}, call {place[1]}")
    chain, at = bool(order) and len(inputs) == 1 and len(order) == len(parts), inputs[0]
    for call in order:
        chain, at = chain and call.inputs == [at], call.output
    if chain and outputs == [at]:
        return Sequential({call.name: parts[call.name] for call in order})
    return KerasGraph(parts, order, inputs, outputs)


def _places(top: Layer, name: str) -> list[Place]:
    """The places in a setting that is one place, a list of them, or a dict."""
    value = top.get(name)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
        value = [value]
    if not isinstance(value, list) or not value:
        raise top.refuse("the graph's inputs or outputs are described in an unknown way", f"{name}: {value!r}")
    return [_place(top, one) for one in value]


def _place(layer: Layer, value: Any) -> Place:
    if not (isinstance(value, list) and len(value) == 3 and isinstance(value[0], str)):
        raise layer.refuse("a place in the graph is described in an unknown way", f"place: {value!r}")
    if value[2] != 0:
        raise layer.refuse("a layer with several outputs is not read", f"place: {value!r}")
    return value[0], int(value[1]), 0


def _is_value(found: Any) -> bool:
    return isinstance(found, dict) and found.get("class_name") == "__keras_tensor__"


def _inputs_of(layer: Layer, node: Any) -> list[Place]:
    """What one call takes."""
    if not isinstance(node, dict) or not isinstance(node.get("args"), list):
        raise layer.refuse("a call is described in an unknown way", "it takes a file of Keras 3")
    for name, value in (node.get("kwargs") or {}).items():
        if value not in (None, False) or name not in ("mask", "training"):
            raise layer.refuse("a call with this argument is not read", f"argument: {name}={str(value)[:60]}")
    args = node["args"]
    values = args[0] if len(args) == 1 and isinstance(args[0], list) else args
    for value in values:
        if not _is_value(value):
            raise layer.refuse("a call with an argument that is no layer's output is not read", f"argument: {value!r}")
    return [_place(layer, value["config"]["keras_history"]) for value in values]


def _shape_of_input(node: Any) -> Any:
    value = node["args"][0] if node["args"] else None
    return tuple(value["config"]["shape"]) if isinstance(value, dict) and _is_value(value) else None
