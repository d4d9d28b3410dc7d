"""The program of a recorded graph: ``program_of(output)`` reads the forward pass off a tape and writes the walk down.

The backward pass consists of the rules of the operations, run on Tensors: so it is a list of operations like the
forward pass. A rule that has ``code`` of its own is one instruction.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine import _leading_to, _through_reference
from ..modes import _Switch
from ..node import Leaf
from ..notes import Constant
from ..seams import accumulate, collect, unbroadcast, walk
from ..taped.graph import TapedGraph, behind, is_leafs_alias, seed_of
from ..taped.naming import arrays_of_caller, name_of_constant, names_of, own_name, variables_of_caller
from ..tensors import Tensor, raw, wrap
from .instructions import Argument, Instruction, Program, Reference, mapped
from .tracing import Tracer

__all__ = ["GraphReader", "program_of"]


def program_of(output: Tensor, inputs: Any = None, order: int = 1, who: str = "program_of") -> Program:
    """The program that computes ``output`` and its gradients, from a graph recorded under ``ag.tape()``.

    inputs : the Tensors that gradients are asked for, by default all leaves that require grad
    order : with 2 the program goes on: of the gradients times ``v``, an argument for each input, the gradients again
        (the Hessian times v). ``outputs`` are then the output and these products, in the order of the inputs
    who : what errors begin with

    Raises what ``taped.behind`` does, and ValueError where a leaf was written to in between, or a hook changes
    gradients.
    """
    if order not in (1, 2):
        raise ValueError(f"{who}: order must be 1 or 2\n  order: {order!r}")
    graph = behind(output, who)
    if output.size != 1:
        raise ValueError(
            f"{who}: only an output of one entry has derivatives without more ado\n  output: {output.shape}\n"
            "  take one entry or a sum of it, recorded on the tape"
        )
    for node in graph.order:
        if node.note is not None and node.note.hooks:
            raise ValueError(f"{who}: a hook changes a gradient, which no instruction can\n  at: {node!r}")
    reader = GraphReader(graph, who, names_of(graph.order, variables_of_caller()), arrays_of_caller())
    wanted = _wanted(graph, inputs, who)
    found = reader.read(seed_of(output.node, None, who), wanted, whole=order == 2)
    if order == 2:
        reader.again(found, wanted)
    return reader.program


def _wanted(graph: TapedGraph, inputs: Any, who: str) -> list[Any]:
    """The nodes that gradients are asked for."""
    if inputs is None:
        return [node for node in graph.order if type(node) is Leaf]
    inputs = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    for i, one in enumerate(inputs):
        if not isinstance(one, Tensor) or one.node not in graph.uses:
            raise ValueError(f"{who}: the output was not made from input {i}\n  input: {one!r}")
    return [one.node for one in inputs]


class GraphReader(Tracer):
    """Reads a taped graph, and writes its walk down."""

    def __init__(self, graph: TapedGraph, who: str, names: dict[Any, str], arrays: list[Any]) -> None:
        super().__init__()
        self.graph, self.who, self.names, self.arrays = graph, who, names, arrays
        self.constants: dict[int, int] = {}  # {id of a Constant: number}
        self.given: dict[Any, int] = {}  # {content of an array among the static arguments: number}

    def read(self, seed: Any, wanted: list[Any], whole: bool) -> list[Any]:
        """Write both passes down, the walk from the output's gradient; returns the gradients of the wanted nodes."""
        self.forward()
        self.program.inputs = [self.nodes[node] for node in wanted]
        self.program.outputs = [self.nodes[self.graph.output]]
        return self.backward(self.graph.output, seed, wanted, whole)

    # -- forward -------------------------------------------------------------------------------

    def forward(self) -> None:
        for node in self.graph.order:
            if type(node) is Leaf:
                self.leaf(node)
            elif is_leafs_alias(node):
                number = self.nodes[node.note.inputs[0]]
                self.enter_node(node, self.enter(node.note.value, number))
            else:
                self.operation(node)

    def leaf(self, node: Leaf) -> None:
        values = [alias.note.value for alias in self.graph.aliases.get(node, ())]
        if any(not np.array_equal(value, values[0], equal_nan=True) for value in values[1:]):
            raise ValueError(
                f"{self.who}: a leaf was written to while the graph was recorded\n"
                f"  leaf: {self.names.get(node, node)}\n  record one step, and ask for its program"
            )
        number = self.new_number()
        self.enter_node(node, number)
        owner = node.owner()
        name = self.names.get(node) or next((self.names[a] for a in self.graph.aliases[node] if a in self.names), None)
        self.program.arguments[number] = Argument(name or own_name(node), values[0], True, owner)
        self.program.values[number] = values[0]

    def operation(self, node: Any) -> None:
        note, op = node.note, node.operation
        inputs = [self._of_constant(p) if isinstance(p, Constant) else self.nodes[p] for p in note.inputs]
        params = {name: self._parameter(value) for name, value in note.params.items()}
        number = self.enter(note.value)
        self.enter_node(node, number)
        outputs = (number, *[self.new_number() for _ in op.auxiliaries])
        name = self.names.get(node)
        self.write(Instruction(op, tuple(inputs), params, outputs, name=name, line=note.where, scope=note.scope))
        if name:
            self.program.names[number] = name
        self._enter_auxiliaries(node, outputs[1:])

    def _enter_auxiliaries(self, node: Any, numbers: Sequence[int]) -> None:
        op = node.operation
        for rule, kept in zip(op.rules, node.saved, strict=False):
            held = (kept,) if len(rule.needs) == 1 else kept or ()
            for name, value in zip(rule.needs, held, strict=False):
                if name in op.auxiliaries and isinstance(value, np.ndarray | np.generic):
                    self.enter(value, numbers[op.auxiliaries.index(name)])

    def _of_constant(self, constant: Constant) -> int:
        if id(constant) not in self.constants:
            value = constant.value
            if isinstance(value, np.ndarray) and value.ndim:
                name = name_of_constant(constant, self.arrays)
                self.constants[id(constant)] = self._argument(name, value, constant.given)
            elif constant.name:
                self.constants[id(constant)] = self._argument(str(constant.name), value, constant.given)
            else:
                self.constants[id(constant)] = self.constant(value)
        return self.constants[id(constant)]

    def _parameter(self, value: Any) -> Any:
        """A static argument; arrays among them are arguments of the program."""
        return mapped(value, self._parameter_one)

    def _parameter_one(self, value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.ndim:
            key = (value.shape, value.dtype.str, value.tobytes())
            if key not in self.given:
                self.given[key] = self._argument(name_of_constant(Constant(value), self.arrays), value, value)
            return Reference(self.given[key])
        return value

    def unseen(self, value: Any) -> int:
        if self.rule is not None:
            op = self.rule[0].operation
            raise ValueError(
                f"{self.who}: a rule of {op.name} computes an array with NumPy, which would be data in the program\n"
                f"  array: {raw(value).shape}, {raw(value).dtype}\n"
                "  write the rule in operations and comparisons of Tensors, or give it code="
            )
        return super().unseen(value)

    def _argument(self, name: str | None, value: Any, given: Any) -> int:
        number = self.enter(value)
        self.program.arguments[number] = Argument(name, value, False, given)
        if name:
            self.program.names[number] = name
        return number

    # -- backward ------------------------------------------------------------------------------

    def backward(self, output: Any, seed: Any, wanted: list[Any], whole: bool) -> list[Any]:
        """Write the walk from the output to the wanted nodes down; returns their gradients, Tensors.

        whole : rules run as operations everywhere, so that the walk can be differentiated
        """
        self.part = "backward"
        start = Tensor(seed, requires_grad=True)
        number = self.constant(seed)
        self.enter(start, number)
        return self._walk({output: start}, wanted, whole)

    def _walk(self, seeds: dict[Any, Tensor], wanted: list[Any], whole: bool) -> list[Any]:
        targets = set(wanted)
        order, _ = collect(list(seeds), check_stale=False)
        needed = _leading_to(targets, order)

        def apply(node: Any, g: Any, among: Any) -> list[Any]:
            self._gradient(node, g)
            return self._apply(node, g, among, whole)

        with np.errstate(all="ignore"), self.at_work(), _Switch(recording=True, tapes=(), anomaly=False):
            found = walk(
                [node for node in order if node in needed], {**dict.fromkeys(needed), **seeds}, targets, consume=False,
                apply=apply, unbroadcast=self.fit, accumulate=self.add, write_notes=False,
            )  # fmt: skip
        for node in wanted:
            if node in found:
                self._gradient(node, found[node])
        return [found.get(node, np.zeros(node.like[0], node.like[1])) for node in wanted]

    def record(self, op: Any, first: Any, second: Any, more: tuple[Any, ...], auxiliaries: bool) -> Any:
        y = super().record(op, first, second, more, auxiliaries)
        node = self._node_of(y[0] if type(y) is tuple else y)
        if node is not None and node.operation is op:
            self._enter_kept(node, self.made[self.nodes[node]])  # static arguments are copied when they are kept
        return y

    def _node_of(self, y: Any) -> Any:
        """The node of a result that an instruction made."""
        node = y.node if isinstance(y, Tensor) else None
        return node if node in self.nodes and self.nodes[node] in self.made else None

    def fit(self, g: Any, parent: Any, node: Any) -> Any:
        """What a node adds to the gradient of a parent, with the shape and dtype of the parent's value."""
        return unbroadcast(g, parent, node)

    def add(self, total: Any, g: Any, node: Any, own: Any) -> Any:
        """The sum of what came so far to the gradient of a node, and of what ``fit`` returned last."""
        return accumulate(total, g, node, own)

    def _gradient(self, node: Any, g: Any) -> None:
        """g is the whole gradient of the node's value."""
        number, of = self.known(g), self.nodes.get(node)
        if of is None or number is None or self.part == "again":
            return
        self.program.gradients[of] = number
        made = self.made.get(number)
        if made is not None and made.gradient_of is None:
            made.gradient_of, made.name = of, self.program.names.get(of) or self.names.get(node)

    def _apply(self, node: Any, g: Any, among: Any, whole: bool) -> list[Any]:
        op, parents = node.operation, node.parents
        forward = self.made.get(self.nodes[node]) if node in self.nodes else None
        if forward is None or is_leafs_alias(node) or "alias" in op.traits:
            return [g if parent in among else None for parent in parents]
        gradients: list[Any] = []
        self._enter_kept(node, forward)
        rules = op.rules * (len(parents) if op.variadic else 1)
        by_code = [rule.code is not None and not whole for rule in rules]
        if op.reference is not None and not all(by_code):
            with self.within(forward, None):
                return _through_reference(op, parents, self._call(node, forward), g, among)
        for i, (rule, parent, kept) in enumerate(zip(rules, parents, node.saved, strict=False)):
            if parent not in among:
                gradients.append(None)
            elif by_code[i]:
                gradients.append(self._by_code(op, i, rule, forward, g, kept))
            else:
                with self.within(forward, i):
                    gradients.append(self._by_rule(rule, g, kept))
        return gradients

    def _by_code(self, op: Any, i: int, rule: Any, forward: Instruction, g: Any, kept: Any) -> Tensor:
        """One instruction for the rule."""
        with self.paused(), _Switch(recording=False):
            value = rule.pull(raw(g), kept)
        y = Tensor(np.array(raw(value)), requires_grad=True)
        inputs = (self.number(g), *forward.inputs)
        with self.within(forward, i):
            self.write(Instruction(op, inputs, forward.params, (self.enter(y),), rule=0 if op.variadic else i))
        return y

    def _by_rule(self, rule: Any, g: Any, kept: Any) -> Any:
        if not rule.needs:
            return rule.pull(g, None)
        values = (kept,) if len(rule.needs) == 1 else kept
        return rule.function(g, *[self._restored(value) for value in values])

    def _restored(self, value: Any) -> Any:
        """What a rule kept, as the Tensor with its history where it has one."""
        if type(value) in (list, tuple) and any(isinstance(one, np.ndarray | np.generic) for one in value):
            return type(value)([self._restored(one) for one in value])
        number = self.known(value)
        if number is None or not isinstance(value, np.ndarray | np.generic) or value.dtype.kind != "f":
            return value
        return wrap(value, self.node_of.get(number))

    def _enter_kept(self, node: Any, forward: Instruction) -> None:
        """Say of the arrays that a node keeps which values they are: some are copies."""
        op, saved = node.operation, node.saved
        named = dict(zip(op.inputs, forward.inputs, strict=False)) if not op.variadic else {}
        named["y"] = forward.outputs[0]
        for rule, kept in zip(op.rules, saved if not op.variadic else (), strict=False):
            values = (kept,) if len(rule.needs) == 1 else kept or ()
            for name, value in zip(rule.needs, values, strict=False):
                if name in named:
                    self.enter(value, named[name])
                elif name in forward.params:
                    self._enter_parameter(value, forward.params[name])
        if op.variadic:
            for kept in saved:
                for part in kept if type(kept) is tuple else ():
                    if type(part) is tuple and len(part) == len(forward.inputs):
                        for value, number in zip(part, forward.inputs, strict=True):
                            self.enter(value, number)

    def _call(self, node: Any, forward: Instruction) -> Any:
        """What the operation was called with, for its reference: (inputs, static arguments)."""
        values, params = node.saved_b
        for value, number in zip(values, forward.inputs, strict=False):
            self.enter(value, number)
        for name, value in params.items():
            self._enter_parameter(value, forward.params.get(name))
        return values, params

    def _enter_parameter(self, value: Any, static: Any) -> None:
        """Say which values the arrays in a static argument are."""
        if type(static) is Reference:
            self.enter(value, static.number)
        elif type(static) in (list, tuple) and type(value) is type(static):
            for part, one in zip(value, static, strict=True):
                self._enter_parameter(part, one)

    # -- once more -----------------------------------------------------------------------------

    def again(self, gradients: list[Any], wanted: list[Any]) -> None:
        """Write down the gradients of ⟨gradients, v⟩: the Hessian times v."""
        self.part = "again"
        seeds: dict[Any, Tensor] = {}
        for node, g in zip(wanted, gradients, strict=True):
            name = self.program.names.get(self.nodes[node]) or self.names.get(node)
            v = Tensor(np.ones(*node.like)[()], requires_grad=True)
            number = self.enter(v)
            self.program.arguments[number] = Argument(f"v_{name}" if name else None, v.data, False, None)
            if isinstance(g, Tensor) and g.node is not None:
                seeds[g.node] = v if g.node not in seeds else seeds[g.node] + v
        found = self._walk(seeds, wanted, False) if seeds else []
        self.program.outputs = [*self.program.outputs, *[self.number(one) for one in found]]
