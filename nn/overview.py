"""A model in a table: ``print(nn.summary(net, images))``."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor

from .module import Module
from .onnx.tracing import traced
from .recorded import nodes_behind
from .restoring import as_it_was
from .tables import aligned, in_bytes
from .values import values_of

__all__ = ["Row", "Summary", "summary"]


@dataclass(frozen=True)
class Row:
    """One module, with all its calls.

    path : its dotted name, "" for the model itself
    kind : the name of its class
    shape : of its last result, or a tuple of shapes
    parameters : how many entries its parameters have, those inside it included
    multiply_adds : of convolutions, linear layers and matrix products in it, for this input
    saved_bytes : what it keeps for backward: activations, counted where they are kept first
    """

    path: str
    kind: str
    shape: Any
    parameters: int
    multiply_adds: int
    saved_bytes: int


@dataclass(frozen=True)
class Summary:
    """What ``nn.summary`` gives: ``rows`` in the order in which modules are done, the model last; ``str`` is a table.

    gradient_bytes : what the gradients of all parameters take
    parameter_bytes : what the parameters take
    """

    rows: list[Row]
    parameter_bytes: int
    gradient_bytes: int

    @property
    def total(self) -> Row:
        """The row of the model itself."""
        return self.rows[-1]

    def __str__(self) -> str:
        table = [["module", "kind", "output", "parameters", "multiply-adds", "saved"]]
        table += [
            [row.path or "(all)", row.kind, str(row.shape), f"{row.parameters:,}", f"{row.multiply_adds:,}",
             in_bytes(row.saved_bytes)]
            for row in self.rows
        ]  # fmt: skip
        lines = aligned(table, 3)
        memory = f"parameters {in_bytes(self.parameter_bytes)}, their gradients {in_bytes(self.gradient_bytes)}, "
        return "\n".join([*lines, f"{memory}saved for backward {in_bytes(self.total.saved_bytes)}"])

    __repr__ = __str__


def summary(model: Module, *inputs: Any) -> Summary:
    """The model's modules with the shapes of their results, their parameters, arithmetic and memory.

    model : a Module, which is run once, recorded, in the mode that it is in; buffers and generators are then as before
    inputs : what it is called with, arrays or Tensors

    A module that is called twice has one row, with what both calls cost. Multiply-adds are those of convolutions,
    linear layers and matrix products; an einsum is not counted.

    >>> import numpy as np, nn
    >>> print(nn.summary(nn.models.LeNet(), np.zeros((1, 1, 8, 8), np.float32)))
    module  kind    output         parameters  multiply-adds    saved
    conv1   Conv2d  (1, 16, 8, 8)         160          9,216    256 B
    conv2   Conv2d  (1, 32, 4, 4)       4,640         73,728  1.0 KiB
    fc1     Linear  (1, 64)             8,256          8,192    512 B
    fc2     Linear  (1, 10)               650            640      0 B
    (all)   LeNet   (1, 10)            13,706         91,776  8.4 KiB
    parameters 53.5 KiB, their gradients 53.5 KiB, saved for backward 8.4 KiB
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary: a Module is needed\n  model: {type(model).__name__}")
    arithmetic = _arithmetic(model, inputs)
    calls: list[tuple[str, Module, Any, int, int]] = []
    begun: list[int] = []
    probe = Tensor(0.0, requires_grad=True)

    def now() -> int:
        """The number of the newest node."""
        return (probe * 1.0).node.birth

    def enter(*_: Any) -> None:
        begun.append(now())

    def leave_as(path: str) -> Any:
        def leave(module: Module, args: Any, output: Any) -> None:
            calls.append((path, module, output, begun.pop(), now()))

        return leave

    held = {_memory(p.data) for p in model.parameters()}  # asked for later, .data would be a copy
    handles = []
    try:
        for path, module in model.named_modules():
            handles.append(module.register_forward_pre_hook(enter))
            handles.append(module.register_forward_hook(leave_as(path)))
        with as_it_was(model), ag.enable_grad():
            model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    nodes = sorted(nodes_behind([output for _, _, output, _, _ in calls]), key=lambda node: node.birth)
    saved = _saved(nodes, held)
    rows: dict[str, Row] = {}
    for path, module, output, start, end in calls:
        names = tuple(path.split(".")) if path else ()
        inside = sum([size for node, size in zip(nodes, saved, strict=True) if start < node.birth < end])
        inside += rows[path].saved_bytes if path in rows else 0
        work = sum([n for scope, n in arithmetic if scope[: len(names)] == names])
        count = sum([p.size for p in module.parameters()])
        rows[path] = Row(path, type(module).__name__, _shapes(output), count, work, inside)
    parameters = [np.asarray(p.data).nbytes for p in model.parameters()]
    trained = [np.asarray(p.data).nbytes for p in model.parameters() if p.requires_grad]
    return Summary(list(rows.values()), sum(parameters), sum(trained))


def _shapes(output: Any) -> Any:
    if isinstance(output, tuple | list):
        return tuple([_shapes(one) for one in output])
    return tuple(output.shape) if hasattr(output, "shape") else None


def _saved(nodes: list[Any], held: set[int]) -> list[int]:
    """How many bytes each node is the first to keep; ``held`` has the memory of the parameters."""
    sizes, seen = [], set(held)
    for node in nodes:
        saved = 0
        for array in _arrays(node.saved):
            at = _memory(array)
            if at not in seen:
                seen.add(at)
                saved += array.nbytes
        sizes.append(saved)
    return sizes


def _arrays(saved: Any) -> Iterator[np.ndarray]:
    """The arrays in what a node keeps."""
    if isinstance(saved, np.ndarray):
        yield saved
    elif isinstance(saved, tuple | list):
        for one in saved:
            yield from _arrays(one)


def _memory(array: Any) -> int:
    """The address of the array's memory, or that of the array that it is a view of."""
    while isinstance(array, np.ndarray) and isinstance(array.base, np.ndarray):
        array = array.base
    return int(np.asarray(array).__array_interface__["data"][0])


def _arithmetic(model: Module, inputs: tuple[Any, ...]) -> list[tuple[tuple[str, ...], int]]:
    """(names of the modules around, multiply-adds) of each operation of a call."""
    tracer, _, _ = traced(model, [np.array(values_of(one)) for one in inputs], "summary")
    return [
        (one.scope, _multiply_adds(one, [np.shape(tracer.program.values[n]) for n in (*one.inputs, *one.outputs)]))
        for one in tracer.program
    ]


def _multiply_adds(instruction: Any, shapes: list[tuple[int, ...]]) -> int:
    """Of one operation, with the shapes of its inputs and its result."""
    op, result = instruction.operation, shapes[len(instruction.inputs)]
    kind = getattr(op, "kind", None)  # functions of values alone have none
    if kind == "convolution":  # the transposed one puts each entry of x into as many places
        return math.prod(shapes[0] if "companion" in op.traits else result) * math.prod(shapes[1][1:])
    return math.prod(result) * shapes[0][-1] if kind == "contraction" and not op.variadic else 0
