"""Less memory for more time: ``y = ag.checkpoint(block, x)`` keeps x and y of a block, and none of what lies between.

Backward runs the block again when it needs what the block's operations had kept, and lets go of it afterwards. Of a
deep net cut into blocks there is then one block's worth of kept values at a time.

Source: Chen, Xu, Zhang and Guestrin, "Training Deep Nets with Sublinear Memory Cost" (2016).
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .engine import apply_recorded
from .function import Function
from .handlers import Handler, handler
from .modes import _Switch, current, is_grad_enabled
from .node import LEAF, Node, births
from .ownership import BORROWED
from .tensors import Tensor, raw, wrap
from .values import fixed, held
from .walking import Walk

__all__ = ["checkpoint"]


def checkpoint(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """``function(*args, **kwargs)``, recorded as one step that keeps the arguments alone and runs again in backward.

    Gradients are those of the function recorded as ever, to the last bit, also by Parameters and other Tensors that it
    has from outside, also of second order. Random numbers of the library, dropout's among them, are drawn again as they
    were; what the second run writes into Tensors, such as running statistics, is undone.

    function : returns a Tensor, or a tuple or list of Tensors. It must do the same when it runs again
    args, kwargs : anything; Tensors and arrays are kept as they are now

    Under ``no_grad``, on a tape, in anomaly mode and inside ``vmap`` and ``compile`` the function just runs.

    Backward raises RuntimeError where the second run gives something else than the first, such as other values
    because of random numbers that are not the library's.

    >>> import autograd as ag
    >>> w = ag.Tensor(3.0, requires_grad=True)
    >>> y = ag.checkpoint(lambda x: ag.exp(w * x), ag.Tensor(0.5))
    >>> y.backward()
    >>> round(float(w.grad), 6)
    2.240845
    """
    mode = current()
    if not is_grad_enabled() or handler() is not None or (mode is not None and (mode.tapes or mode.anomaly)):
        return function(*args, **kwargs)
    run = _Run(function, [_kept(one) for one in args], {name: _kept(one) for name, one in kwargs.items()})
    return run.first()


def _kept(value: Any) -> Any:
    return wrap(fixed(value), value.node, value.name) if isinstance(value, Tensor) else held(value)


class _Run:
    """A function with its arguments, which runs twice.

    parents : the nodes from outside that its results came from
    draws : {id: (a generator that it drew from, its state before)}
    seen : of each result its shape, dtype, sum and sum of absolute values
    """

    def __init__(self, function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs
        self.name = getattr(function, "__name__", type(function).__name__)

    def first(self) -> Any:
        start, drawing = next(births), _Draws()
        with _Switch(batching=drawing):
            found = self.function(*self.args, **self.kwargs)
        self.draws = drawing.states
        results = self._results(found)
        self.parents = self._from_outside(results, start)
        if not self.parents:
            return found
        self.seen = [_seen(one) for one in results]
        self.values = tuple([wrap(fixed(one), None, one.name) for one in results])
        self.constant = [new for new, one in zip(self.values, results, strict=True) if one.node is None]
        del results
        several = getattr(type(found), "_make", type(found)) if isinstance(found, tuple | list) else None
        del found  # all that it was made from goes with it
        recorded = Checkpoint.apply(self, *[_with_node(node) for node in self.parents])
        del self.values, self.constant  # their history leads to this object
        return recorded[0] if several is None else several(recorded)

    def _results(self, found: Any) -> list[Tensor]:
        results = list(found) if isinstance(found, tuple | list) else [found]
        for one in results:
            if not isinstance(one, Tensor):
                raise TypeError(
                    f"checkpoint: {self.name} must return a Tensor, or a tuple or list of Tensors\n"
                    f"  returned: {type(one).__name__}"
                )
        return results

    def _from_outside(self, results: list[Tensor], start: int) -> list[Node]:
        """The nodes that are older than the run, in the order in which they are met."""
        todo = [one.node for one in results if one.node is not None]
        met, parents = set(todo), []
        for node in todo:  # grows while it is read
            if node.birth < start:
                parents.append(node)
                continue
            if node.operation is LEAF:
                raise ValueError(
                    f"checkpoint: {self.name} makes a leaf that requires grad, and would make another one when it runs "
                    f"again\n  leaf: {node.name or 'without a name'}, shape {node.like[0]}\n  make it outside"
                )
            new = [parent for parent in node.parents if parent is not None and parent not in met]
            met.update(new)
            todo += dict.fromkeys(new)
        return parents

    def gradients(self, given: tuple[Any, ...]) -> list[Any]:
        """By each of the parents: the function runs again, and a walk ends where it began."""
        create_graph = is_grad_enabled()
        start, again = next(births), _Again()
        with _Switch(batching=again, recording=True), _drawn_again(self.draws):
            try:
                results = self._results(self.function(*self.args, **self.kwargs))
            finally:
                again.restore()
        self._compare(results, start)
        seeds: dict[Node, Any] = {}
        for one, g in zip(results, given, strict=True):
            if one.node is not None:
                g = g if create_graph else raw(g)
                seeds[one.node] = g if one.node not in seeds else seeds[one.node] + g
        walk = Walk((), not create_graph, apply_recorded if create_graph else None)
        walk.elsewhere.update(dict.fromkeys(self.parents, (None, BORROWED)))  # summed there, and never passed
        walk.collect(seeds, start)
        with np.errstate(all="ignore"), _Switch(recording=True):
            walk.run(seeds)
        found = [walk.elsewhere[node][0] for node in self.parents]
        return [one if one is None or isinstance(one, Tensor) else wrap(one) for one in found]

    def _compare(self, results: list[Tensor], start: int) -> None:
        parents = self._from_outside(results, start)
        seen = [_seen(one) for one in results]
        if parents == self.parents and len(seen) == len(self.seen):
            wrong = [(a, b) for a, b in zip(self.seen, seen, strict=True) if not _alike(a, b)]
            if not wrong:
                return
            first, again = wrong[0]
            lines = f"  first: {_described(first)}\n  again: {_described(again)}"
        else:
            lines = f"  first: made from {len(self.parents)} Tensors from outside\n  again: from {len(parents)}, others"
        raise RuntimeError(
            f"checkpoint: {self.name} gave another result when it ran again, so gradients cannot be computed\n{lines}\n"
            "  random numbers must be drawn from ag's generators, and nothing that it uses may change before backward"
        )


class Checkpoint(Function):
    """How a run is recorded."""

    @staticmethod
    def forward(ctx: Any, run: _Run, *parents: Any) -> Any:
        ctx.run = run
        ctx.mark_non_differentiable(*run.constant)
        return run.values

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return None, *ctx.run.gradients(gradients)


def _with_node(node: Node) -> Tensor:
    """A Tensor that stands for a node: its entries are not looked at."""
    shape, dtype = node.like
    return wrap(np.broadcast_to(dtype.type(0), shape), node)


# -- the same again ----------------------------------------------------------------------------


class _Draws(Handler):
    """Notes which generators are drawn from, with their states before."""

    def __init__(self) -> None:
        self.states: dict[int, tuple[Any, Any]] = {}

    def draw(self, generator: np.random.Generator) -> None:
        if id(generator) not in self.states:
            self.states[id(generator)] = generator, copy.deepcopy(generator.bit_generator.state)


@contextmanager
def _drawn_again(states: dict[int, tuple[Any, Any]]) -> Iterator[None]:
    """The generators begin as they had begun, and go on afterwards where they were."""
    now = [(one, copy.deepcopy(one.bit_generator.state)) for one, _ in states.values()]
    try:
        for one, state in states.values():
            one.bit_generator.state = state
        yield
    finally:
        for one, state in now:
            one.bit_generator.state = state


class _Again(Handler):
    """Notes what Tensors hold before something is written into them."""

    def __init__(self) -> None:
        self.before: dict[int, tuple[Tensor, Any, Any]] = {}

    def data_of(self, tensor: Tensor) -> Any:
        self._note(tensor)
        return NotImplemented

    def set_data(self, tensor: Tensor, value: Any) -> bool:
        self._note(tensor)
        return False

    def give(self, tensor: Tensor, new: Any, what: str) -> bool:
        self._note(tensor)
        return False

    def _note(self, tensor: Tensor) -> None:
        if id(tensor) not in self.before:
            self.before[id(tensor)] = tensor, np.array(tensor._data)[()], tensor.node

    def restore(self) -> None:
        for tensor, data, node in self.before.values():
            if tensor.node is not node or not _identical(tensor._data, data):
                tensor._data, tensor._node = data, node


def _identical(a: Any, b: Any) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")


def _seen(result: Tensor) -> tuple[Any, ...]:
    array = np.asarray(result._data)
    with np.errstate(all="ignore"):
        return array.shape, array.dtype, float(array.sum(dtype=float)), float(np.abs(array).sum(dtype=float))


def _alike(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether two results may be the same, up to how sums are rounded."""
    if one[:2] != other[:2]:
        return False
    close = np.sqrt(np.finfo(one[1]).eps) if one[1].kind == "f" else 0.0
    return bool(np.allclose(one[2:], other[2:], rtol=0, atol=close * one[3], equal_nan=True)) or one[2:] == other[2:]


def _described(seen: tuple[Any, ...]) -> str:
    return f"shape {seen[0]}, {seen[1]}, sum {seen[2]:.9g}, sum of absolute values {seen[3]:.9g}"
