"""Gradients: what users call, and how a walk is run for it.

``backward`` sums into ``.grad``, ``gradients`` returns; ``walk_to`` is what the transforms build on. The walk itself
stands in ``walking.py``; ``seams.py`` has its three steps that anomaly mode and the recorded walk (``create_graph``)
replace.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .arrays import plain
from .conversion import left_behind
from .declaration import alias
from .errors import used_up
from .kernels.arithmetic import copy
from .kernels.memory import use_cache
from .modes import current, enable_grad
from .node import LEAF, Node
from .ops.shaping import astype
from .ownership import landed
from .seams import accumulate, apply_rules, collect, walk
from .tensors import Tensor, raw, wrap
from .unbroadcasting import unbroadcast
from .walking import Walk, land

__all__ = [
    "Walk", "accumulate", "apply_recorded", "apply_rules", "backward", "collect", "gradients", "unbroadcast", "walk",
    "walk_to",
]  # fmt: skip

# -- what users call ---------------------------------------------------------------------------


def backward(y: Tensor, gradient: Any = None, retain_graph: bool = False) -> None:
    """Sum the gradients of y into ``.grad`` of every leaf that it was made from.

    Parameters
    ----------
    gradient : the gradient of y itself, of y's shape; a one-entry y needs none.
    retain_graph : keep the graph for another backward; without it the walk uses the graph up.

    Gradients land only when all of them are known: after an error or Ctrl-C no ``.grad`` has
    changed, and the graph reports itself used up.

    >>> import autograd as ag
    >>> x = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).backward(gradient=[1.0, 10.0])
    >>> x.grad
    array([ 2., 40.])
    """
    walk = _run_walk({y.node: raw(_seed(y, gradient, "backward"))}, consume=not retain_graph)
    mode = current()
    if mode is None or mode.batching is None or not mode.batching.land(walk):
        land(walk)


def gradients(
    outputs: Any, inputs: Any, gradient: Any = None, create_graph: bool = False, retain_graph: bool | None = None
) -> Any:
    """The gradients of ``outputs`` by ``inputs``, without touching any ``.grad``.

    Parameters
    ----------
    outputs : a Tensor, or a list of them (their gradients are summed).
    inputs : a Tensor, or a list of them; inner values as well as leaves.
    gradient : the gradient of the output, of its shape (a list for a list); a one-entry output
        needs none.
    create_graph : record the walk: the gradients are Tensors that can be differentiated again.
    retain_graph : keep the graph for another walk; by default as ``create_graph``.

    Returns an array for each input (Tensors with ``create_graph``): one for a Tensor, a tuple
    for a list. An input that the outputs were not made from is a ValueError.

    >>> import autograd as ag
    >>> x = ag.Tensor(2.0, requires_grad=True)
    >>> (dy,) = ag.gradients(x ** 3, [x], create_graph=True)
    >>> float(dy), float(ag.gradients(dy, x))
    (12.0, 12.0)
    """
    several = isinstance(inputs, list | tuple)
    inputs = list(inputs) if several else [inputs]
    if isinstance(outputs, list | tuple):
        outputs = list(outputs)
        seeds = [None] * len(outputs) if gradient is None else list(gradient)
        if len(seeds) != len(outputs):
            raise ValueError(
                f"gradients: one gradient for each output\n  outputs: {len(outputs)}\n  gradients: {len(seeds)}"
            )
    else:
        outputs, seeds = [outputs], [gradient]
    for i, t in enumerate(inputs):
        if not isinstance(t, Tensor) or t.node is None:
            raise ValueError(f"gradients: {_labelled(t, i)} does not require grad")
    retain_graph = create_graph if retain_graph is None else retain_graph
    found = walk_to(outputs, seeds, inputs, create_graph, retain_graph, True)
    return tuple(found) if several else found[0]


def walk_to(
    outputs: list[Any],
    seeds: list[Any],
    inputs: list[Any],
    create_graph: bool = False,
    retain_graph: bool = False,
    reach_all: bool = False,
) -> list[Any]:
    """Gradients by ``inputs``, each an array of its own; the walk is pruned to them.

    Of an input that is not reached it is None, or with ``reach_all`` an error before anything is used up.
    """
    totals: dict[Node, Any] = {}
    for y, seed in zip(outputs, seeds, strict=True):
        if not isinstance(y, Tensor) or y.node is None:
            raise ValueError(f"gradients: the output does not require grad\n  output: {_labelled(y, 0)}{left_behind()}")
        seed = _seed(y, seed, "gradients")
        if create_graph:
            seed = seed if isinstance(seed, Tensor) else wrap(np.array(seed)[()])
        else:
            seed = raw(seed)
        totals[y.node] = seed if y.node not in totals else totals[y.node] + seed
    walk = _run_walk(totals, {t.node for t in inputs}, not retain_graph, create_graph, inputs if reach_all else ())
    if create_graph:
        return [walk.found.get(t.node) for t in inputs]
    found = dict(zip(*landed(walk.found, walk.free), strict=True))
    gradients: list[Any] = []
    for i, t in enumerate(inputs):
        g = found.get(t.node)
        gradients.append(copy(g) if type(g) is np.ndarray and any([t.node is s.node for s in inputs[:i]]) else g)
    return gradients


def _run_walk(
    seeds: dict[Any, Any],
    targets: Iterable[Any] = (),
    consume: bool = True,
    create_graph: bool = False,
    required: Iterable[Any] = (),
) -> Walk:
    """The Walk from the seeds {node: gradient}, run: to every leaf, or to the targets and nowhere else.

    required : Tensors that must be reached
    """
    use_cache()  # in a thread that is new to us
    mode = current()
    replaced: dict[str, Any] = {"apply": apply_recorded} if create_graph else {}
    if mode is not None and mode.anomaly:
        replaced = {
            "apply": _finite(apply_recorded if create_graph else apply_rules),
            "unbroadcast": _finite_unbroadcast,
            "accumulate": _finite_accumulate,
        }
    if mode is not None and mode.batching is not None:
        replaced |= mode.batching.steps(create_graph)
    walk = Walk(targets, consume, **replaced) if replaced else Walk(targets, consume)
    walk.collect(seeds, min([node.birth for node in targets]) if targets else 0)
    if targets:
        try:
            walk.keep(_leading_to(targets, walk.order, required))
        except BaseException:
            walk.end()
            raise
    with np.errstate(all="ignore"):
        if replaced:
            with enable_grad():
                walk.run(seeds)
        else:
            walk.run(seeds)
    return walk


def _leading_to(targets: Iterable[Node], order: Iterable[Node], required: Iterable[Any] = ()) -> set[Node]:
    """The nodes that a target has gone into, and the targets; an error if a required one is not among them."""
    wanted: set[Node] = set()
    for node in order:  # oldest first
        if node in targets or any([parent in wanted for parent in node.parents]):
            wanted.add(node)
        if node.consumed:  # by another thread's walk, since this one has collected it
            raise used_up(node)
    for i, t in enumerate(required):
        if t.node not in wanted:
            raise ValueError(
                f"gradients: the outputs were not made from {_labelled(t, i)}\n"
                "  check that it was used, and not a copy or .detach() of it"
            )
    return wanted


# -- the walk recorded -------------------------------------------------------------------------


def apply_recorded(node: Node, g: Any, wanted: Any) -> list[Any]:
    """The same on Tensors, so that what comes out can be differentiated again.

    Kept arrays get back the node that made them, and the very same rules run on them. An operation
    with a ``reference`` differentiates that instead.
    """
    operation = node.operation
    parents, saved, call = node.parents, node.saved, node.saved_b
    if node.consumed:
        raise used_up(node)
    if operation.reference is not None:
        return _through_reference(operation, parents, call, g, wanted)
    gradients: list[Any] = []
    rules = operation.rules * (len(parents) if operation.variadic else 1)
    for rule, parent, kept in zip(rules, parents, saved, strict=False):
        if parent not in wanted:
            gradients.append(None)
            continue
        if not rule.needs:
            gradients.append(rule.pull(g, None))
            continue
        values = (kept,) if len(rule.needs) == 1 else kept
        restored = [_with_history(name, value, node, parents) for name, value in zip(rule.needs, values, strict=True)]
        gradients.append(rule.function(g, *restored))
    return gradients


def _with_history(name: str, value: Any, node: Node, parents: Any) -> Any:
    operation = node.operation
    if name == "y":
        return wrap(value, node)
    if name not in operation.inputs:
        return value
    if operation.variadic:
        return [
            wrap(v, parent) if isinstance(v, np.ndarray | np.generic) else v
            for v, parent in zip(value, parents, strict=True)
        ]
    if not isinstance(value, np.ndarray | np.generic):
        return value
    return wrap(value, parents[operation.inputs.index(name)])


def _through_reference(operation: Any, parents: Any, call: Any, g: Any, wanted: Any) -> list[Any]:
    values, params = call
    inputs = [v if v is None else wrap(v, parent) for v, parent in zip(values, parents, strict=False)]
    targets = [(i, t) for i, t in enumerate(inputs) if i < len(parents) and parents[i] in wanted]
    # fresh nodes for the inputs, so that the walk stops here and not at the inputs' own parents
    with enable_grad():
        fresh = {i: alias(t) for i, t in targets}
        y = operation.reference(*[fresh.get(i, t) for i, t in enumerate(inputs)], **params)
    found = walk_to([y], [g], [t for _, t in sorted(fresh.items())], create_graph=True, retain_graph=True)
    gradients: list[Any] = [None] * len(parents)
    for i, one in zip(sorted(fresh), found, strict=True):
        gradients[i] = one
    return gradients


# -- anomaly mode ------------------------------------------------------------------------------


def _finite(apply: Callable[..., Any]) -> Callable[..., Any]:
    """Anomaly mode, backward: raise at the rule where the first NaN or inf arises."""

    def checked(node: Node, g: Any, wanted: Any) -> Any:
        results = apply(node, g, wanted)
        for i, one in enumerate(results):
            if one is not None and not np.isfinite(raw(one)).all():
                names = node.operation.inputs
                raise _not_finite(node, f"the gradient of {names[min(i, len(names) - 1)]}", incoming=g, outgoing=one)
        return results

    return checked


def _finite_unbroadcast(g: Any, parent: Node, node: Node) -> Any:
    one = unbroadcast(g, parent, node)
    if not np.isfinite(raw(one)).all():
        raise _not_finite(node, "a gradient, summed to its value's shape and cast to its dtype,", before=g, after=one)
    return one


def _finite_accumulate(total: Any, g: Any, node: Node, own: Any) -> Any:
    before = np.array(raw(total))  # total itself may be added to in place
    added = accumulate(total, g, node, own)
    if not np.isfinite(raw(added)).all():
        raise _not_finite(node, "the sum of its gradients", first=before, second=g, sum=added)
    return added


def _not_finite(node: Node, what: str, **gradients: Any) -> FloatingPointError:
    where = node.note.where if node.note is not None else None
    lines = [f"{node.operation.name}: {what} has the first NaN or inf, backward"]
    lines += [f"  {name}{' gradient' * (name != 'sum')}: {_summary(g)}" for name, g in gradients.items()]
    if node.operation is LEAF:
        lines.append(f"  leaf: {node.name or 'without a name'}, shape {node.like[0]}")
    else:
        lines.append(f"  recorded at: {where or 'unknown; run the forward pass under ag.detect_anomaly() too'}")
    return FloatingPointError("\n".join(lines))


def _summary(g: Any) -> str:
    g = np.asarray(raw(g))
    bad = int(g.size - np.isfinite(g).sum())
    return f"shape {g.shape}, {bad} of {g.size} entries not finite"


def _seed(y: Tensor, gradient: Any, who: str) -> Any:
    if y.node is None:
        raise ValueError(
            f"{who}: {_labelled(y, 0)} was not recorded\n"
            "  nothing that it was made from requires grad, or it was made under ag.no_grad()" + left_behind()
        )
    shape, dtype = y.node.like
    mode = current()
    if gradient is not None and mode is not None and mode.batching is not None:
        seed = mode.batching.seed(y, gradient)
        if seed is not NotImplemented:
            return seed
    if gradient is None:
        if y._data.size != 1:
            raise ValueError(
                f"{who}: only a one-entry output has a gradient of its own\n  output: {shape}\n"
                f"  pass gradient=... of that shape, or reduce the output, e.g. with .sum()"
            )
        return np.ones(shape, dtype) if shape else dtype.type(1)
    given = np.asarray(plain(raw(gradient), who, "gradient"))
    if given.dtype.kind not in "fiub":
        raise TypeError(f"{who}: the gradient must be real numbers\n  gradient: {given.dtype}")
    if given.shape != shape:
        raise ValueError(
            f"{who}: the gradient must have the output's shape\n  output: {shape}\n  gradient: {given.shape}"
        )
    if isinstance(gradient, Tensor):
        return gradient if given.dtype == dtype else astype(gradient, dtype)
    return given.astype(dtype, copy=False)[()]


def _labelled(value: Any, i: int) -> str:
    if isinstance(value, Tensor):
        return f"Tensor {value.name!r}" if value.name else f"input {i} of shape {value.shape}"
    return f"input {i}, a {type(value).__name__},"
