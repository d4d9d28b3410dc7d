"""The walk of a traced function: each rule that it calls, and each sum, is written down as an instruction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..engine import _through_reference
from ..node import Leaf
from ..ops.arithmetic import add
from ..ops.broadcasting import sum_to
from ..ops.shaping import astype
from ..seams import unbroadcast
from ..tensors import raw, wrap
from .instructions import Instruction, resolved
from .traced import Traced
from .tracing import Tracer

__all__ = ["WalkTracer"]

TOGETHER = -1


class WalkTracer(Tracer):
    """What a subclass gives: ``trace``, what stands for an array; ``_gradient`` and ``_set_gradient`` of leaves.

    made_by : {node: the instruction that made its value}
    """

    who: str
    made_by: dict[Any, Instruction]

    # Where traced values and gradients stand FunctionTracer knows: by itself this class is no tracer.

    def trace(self, array: Any, number: int | None = None) -> Traced:
        raise NotImplementedError

    def value_of(self, number: int) -> Any:
        raise NotImplementedError

    def _gradient(self, node: Any) -> Traced | None:
        raise NotImplementedError

    def _set_gradient(self, node: Any, value: Traced | None) -> None:
        raise NotImplementedError

    def seed(self, tensor: Any, gradient: Any) -> Any:
        given = raw(gradient)
        shape, dtype = tensor._node.like
        if not isinstance(given, Traced):
            return NotImplemented
        if given.shape != shape or given.dtype.kind not in "fiub":
            raise ValueError(
                f"the gradient must be of the output's shape, and real\n  output: {shape}\n"
                f"  gradient: {given.shape}, {given.dtype}"
            )
        return gradient if given.dtype == dtype else astype(gradient, dtype)

    def steps(self, create_graph: bool) -> dict[str, Any]:
        if create_graph:
            return {"apply": self._apply_recorded, "unbroadcast": unbroadcast}
        return {"apply": self._apply, "unbroadcast": self._unbroadcast, "accumulate": self._accumulate}

    @contextmanager
    def _backward(self) -> Iterator[None]:
        """What is written down belongs to the backward pass."""
        before, self.part = self.part, "backward"
        try:
            yield
        finally:
            self.part = before

    def _made(self, node: Any) -> Instruction:
        if node not in self.made_by:
            raise ValueError(
                f"{self.who}: the graph was recorded before the call\n  at: {node!r}\n"
                "  record and differentiate in one function, or give it .detach()"
            )
        return self.made_by[node]

    def _apply(self, node: Any, g: Any, among: Any) -> list[Any]:
        forward, op, parents = self._made(node), node.operation, node.parents
        wanted = tuple([parent is not None and parent in among for parent in parents])
        if not isinstance(g, Traced):
            g = self.trace(g, self.constant(g))
        inputs = (g.number, *forward.inputs)
        with self._backward(), self.paused():
            if op.together is not None and sum(wanted) > 1:
                found = list(op.together(g.array, list(wanted), node.saved))
                traced = [self.trace(one) if want else None for one, want in zip(found, wanted, strict=True)]
                outputs = tuple([one.number for one in traced if one is not None])
                with self.within(forward, None):
                    self.write(Instruction(op, inputs, forward.params, outputs, rule=TOGETHER, wanted=wanted))
                return traced
            pulls = op.pulls * (len(parents) if op.variadic else 1)
            gradients: list[Any] = [None] * len(parents)
            for i, (pull, kept, want) in enumerate(zip(pulls, node.saved, wanted, strict=False)):
                if want and pull is None:
                    gradients[i] = g
                elif want:
                    one = gradients[i] = self.trace(np.asarray(pull(g.array, kept))[()])
                    with self.within(forward, i):
                        rule = 0 if op.variadic else i
                        self.write(Instruction(op, inputs, forward.params, (one.number,), rule=rule))
            return gradients

    def _unbroadcast(self, g: Any, parent: Any, node: Any) -> Any:
        with self.paused():
            fitted = unbroadcast(g.array, parent, node)
        with self._backward():
            if np.shape(fitted) != g.shape:
                g = sum_to(g, np.shape(fitted))
            return g if fitted.dtype == g.dtype else astype(g, fitted.dtype)

    def _accumulate(self, total: Any, g: Any, node: Any, own: bool) -> Any:
        with self._backward():
            return add(total, g)

    def _apply_recorded(self, node: Any, g: Any, among: Any) -> list[Any]:
        with self._backward():
            return self._rules_recorded(node, g, among)

    def _rules_recorded(self, node: Any, g: Any, among: Any) -> list[Any]:
        forward, op, parents = self._made(node), node.operation, node.parents
        values = self._values_of(node, forward)
        if op.reference is not None:
            inputs = [values[name] for name in op.inputs if name in values]
            inputs = list(inputs[0]) if op.variadic else inputs
            inputs = [wrap(one) if isinstance(one, Traced) else one for one in inputs]
            params = {name: self.restored(value) for name, value in forward.params.items()}
            with self.within(forward, None):
                return _through_reference(op, parents, ([raw(one) for one in inputs], params), g, among)
        gradients: list[Any] = []
        rules = op.rules * (len(parents) if op.variadic else 1)
        for i, (rule, parent) in enumerate(zip(rules, parents, strict=False)):
            if parent is None or parent not in among:
                gradients.append(None)
                continue
            needed = [self._kept(name, i, values, node, parents) for name in rule.needs]
            with self.within(forward, i):
                gradients.append(rule.function(g, *needed))
        return gradients

    def restored(self, value: Any) -> Any:
        """A static argument with what stands for arrays in place of their numbers."""
        return resolved(value, lambda number: Traced(self.value_of(number), number, self))

    def _values_of(self, node: Any, forward: Instruction) -> dict[str, Any]:
        """{name: what stands for it} of all that the rules of a node can name."""
        op = node.operation
        values = {name: self.restored(value) for name, value in forward.params.items()}
        given = [self._standing(number) for number in forward.inputs]
        values |= {op.inputs[0]: given} if op.variadic else dict(zip(op.inputs, given, strict=False))
        values["y"] = self._standing(forward.outputs[0])
        for name, number in zip(op.auxiliaries, forward.outputs[1:], strict=False):
            values[name] = self._standing(number)
        return values

    def _standing(self, number: int) -> Any:
        value = self.value_of(number)
        return Traced(value, number, self) if isinstance(value, np.ndarray | np.generic) else value

    def _kept(self, name: str, i: int, values: dict[str, Any], node: Any, parents: Any) -> Any:
        op = node.operation
        if name == "y":
            return wrap(values["y"], node)
        if name.endswith("_shape") and name.removesuffix("_shape") in op.inputs:
            of = values[name.removesuffix("_shape")]
            return [np.shape(one) for one in of] if type(of) is list else np.shape(of)
        if name not in values:
            return i
        if name in op.inputs:
            if op.variadic:
                return [wrap(v, p) if isinstance(v, Traced) else v for v, p in zip(values[name], parents, strict=True)]
            value = values[name]
            return wrap(value, parents[op.inputs.index(name)]) if isinstance(value, Traced) else value
        return values[name]

    def land(self, walk: Any) -> bool:
        for node, g in walk.found.items():
            if not isinstance(g, Traced):
                g = self.trace(g, self.constant(g))
            if isinstance(node, Leaf):
                before = self._gradient(node)
                self._set_gradient(node, g if before is None else self._accumulate(before, g, node, False))
            else:
                node.note.grad = g if node.note.grad is None else self._accumulate(node.note.grad, g, node, False)
        return True
