"""The walk backward: collect the graph, newest node first, apply rules, sum, let go.

A walk takes three functions that may be replaced, which is how anomaly mode, checks and
explanations look at it or alter it:

* ``apply(node, g, wanted)`` gives the gradients of a node's parents, ``None`` for each not wanted
* ``unbroadcast(g, parent, node)`` gives a gradient its value's shape and dtype
* ``accumulate(total, g, node, own)`` adds one more gradient to a node's total

Nothing here recurses, and no rule stands here. Of the operations the engine knows those that undo broadcasting
and promotion, ``sum_to`` and ``astype``, and ``alias``, which gives a value a node of its own.

The common case, first order and nothing replaced, goes through ``walk_plainly``: the same walk written out for speed,
and once more in C.
"""

import sys
from collections import deque
from itertools import repeat
from operator import attrgetter
from threading import Lock, RLock

import numpy as np

from .declaration import alias
from .kernels.arithmetic import copy
from .kernels.memory import use_cache
from .modes import current, enable_grad
from .native import native
from .node import CONSUMED, LEAF, SCALAR, Leaf
from .ops.reduction import sum_to
from .ops.shaping import astype
from .tensor import Tensor, raw, wrap

float64, ndarray = np.float64, np.ndarray
_birth = attrgetter("birth")
_claiming = Lock()
_landing = RLock()


# -- what a walk does at each node -------------------------------------------------------------


def apply_rules(node, g, wanted):
    """The gradients of the node's parents: g through each rule of a wanted parent."""
    operation = node.operation
    if operation.wide:
        if operation.together is not None:
            flags = [parent in wanted for parent in node.a]
            if sum(flags) > 1:
                return operation.together(g, flags, node.keep_a)
        return [
            rule.pull(g, kept) if parent in wanted else None
            for rule, parent, kept in zip(_rules(node), node.a, node.keep_a, strict=False)
        ]
    a, b = node.a, node.b
    return (
        operation.rules[0].pull(g, node.keep_a) if a in wanted else None,
        operation.rules[1].pull(g, node.keep_b) if b in wanted else None,
    )


def apply_recorded(node, g, wanted):
    """The same on Tensors, so that what comes out can be differentiated again.

    Kept arrays get back the node that made them, and the very same rules run on them. An operation
    with a ``reference`` differentiates that instead.
    """
    operation = node.operation
    parents = node.parents
    if operation.reference is not None:
        return _through_reference(node, g, wanted)
    gradients = []
    for rule, parent, kept in zip(_rules(node), parents, node.kept, strict=False):
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


def _rules(node):
    rules = node.operation.rules
    return rules * len(node.a) if node.operation.variadic else rules


def _with_history(name, value, node, parents):
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


def _through_reference(node, g, wanted):
    values, params = node.keep_b
    inputs = [v if v is None else wrap(v, parent) for v, parent in zip(values, node.a, strict=False)]
    targets = [(i, t) for i, t in enumerate(inputs) if i < len(node.a) and node.a[i] in wanted]
    # fresh nodes for the inputs, so that the walk stops here and not at the inputs' own parents
    with enable_grad():
        fresh = {i: alias(t) for i, t in targets}
        y = node.operation.reference(*[fresh.get(i, t) for i, t in enumerate(inputs)], **params)
    found = walk_to([y], [g], [t for _, t in sorted(fresh.items())], create_graph=True, retain_graph=True)
    gradients = [None] * len(node.a)
    for i, one in zip(sorted(fresh), found, strict=True):
        gradients[i] = one
    return gradients


def unbroadcast(g, parent, node):
    """g with the shape and dtype of the parent's value: broadcasting and promotion undone."""
    shape, dtype = parent.like
    if isinstance(g, Tensor):
        if g.shape != shape:
            g = sum_to(g, shape)
        return g if g.dtype == dtype else astype(g, dtype)
    g = np.asarray(g)
    if g.shape != shape:
        try:
            g = sum_to(g, shape)
        except ValueError as error:
            raise ValueError(
                f"{node.operation.name}: a rule gave a gradient that does not fit its input\n"
                f"  input: {shape}\n  gradient: {g.shape}"
            ) from error
    if g.dtype != dtype:
        g = np.asarray(g).astype(dtype)
    return g[()]


def accumulate(total, g, node, own):
    """total + g; in place from the third term on, into the array that the second one made.

    ``own`` is the set of nodes whose total is an array of the walk's own.
    """
    if type(total) is float64 or isinstance(g, Tensor) or not isinstance(total, ndarray):
        return total + g
    if node in own:
        total += g
        return total
    own.add(node)
    return total + g


# -- the walk ----------------------------------------------------------------------------------


def collect(roots, oldest=0, check_stale=True):
    """Every node that the roots came from, born at ``oldest`` or later; oldest first.

    Returns (the list, a dict with each of them for a key). Raises where a node was used up, or a
    leaf was written to after it was used (unless ``check_stale`` is off).
    """
    seen = dict.fromkeys(roots)
    order = list(seen)
    for node in order:  # the list grows while it is read
        if node.consumed:
            raise _consumed(node)
        for parent in node.parents:
            if parent is not None and parent not in seen and parent.birth >= oldest:
                seen[parent] = None
                order.append(parent)
    order.sort(key=_birth)
    if check_stale:
        _refuse_stale(order)
    return order, seen


def _refuse_stale(order):
    """Raise where a leaf was written to after it was used."""
    written = Leaf.last_write
    if written <= order[0].birth or written <= next((n.birth for n in order if type(n) is not Leaf), written):
        return  # the common case: no leaf was written to since the graph began
    for node in order:
        for parent in node.parents:
            if type(parent) is Leaf and parent.stamp > node.birth:
                raise _stale(node, parent)


def walk(
    order,
    totals,
    targets=(),
    consume=True,
    apply=apply_rules,
    unbroadcast=unbroadcast,
    accumulate=accumulate,
    write_notes=True,
):
    """Send gradients from the newest node of ``order`` to the oldest.

    totals  : {node: gradient or None}; the seeds at the start. Its keys are the nodes wanted.
    targets : inner nodes whose totals are asked for
    consume : let go of each node once it has been passed (never of a taped one)
    write_notes : let the gradients be seen on a tape

    Returns {node: gradient} of every leaf, target and retained value reached.
    """
    found = {}
    own = set()
    while order:
        node = order.pop()
        g = totals.pop(node, None)
        if g is not None:
            _deliver(node, g, targets, found, write_notes)
            edges = () if type(node) is Leaf else zip(node.parents, apply(node, g, totals), strict=False)
            for parent, one in edges:
                if one is None:
                    continue
                one = unbroadcast(one, parent, node)
                total = totals[parent]
                totals[parent] = one if total is None else accumulate(total, one, parent, own)
        if consume:
            _let_go(node)
    return found


def claim(roots, oldest=0):
    """``collect`` for one plain walk: the nodes are marked as its own in place of kept in a dict.

    Returns the list, which is also the mark, or None where another walk (of another thread, or
    around this one) holds one of the nodes.
    """
    if not _claiming.acquire(blocking=False):
        return None
    order = list(roots)
    done = False
    try:
        for node in order:
            if node.walk is not None:
                return None
            node.walk = order
        push = order.append
        for node in order:  # the list grows while it is read
            a, b = node.a, node.b
            if a is None:
                if node.keep_a is CONSUMED:
                    raise _consumed(node)
            elif type(a) is tuple:
                for parent in a:
                    if parent is not None and parent.walk is not order and (not oldest or parent.birth >= oldest):
                        if parent.walk is not None:
                            return None
                        parent.walk = order
                        push(parent)
                continue
            elif a.walk is not order and (not oldest or a.birth >= oldest):
                if a.walk is not None:
                    return None
                a.walk = order
                push(a)
            if b is not None and b.walk is not order and (not oldest or b.birth >= oldest):
                if b.walk is not None:
                    return None
                b.walk = order
                push(b)
        order.sort(key=_birth)
        _refuse_stale(order)
        done = True
        return order
    finally:
        if not done:
            release(order)
        _claiming.release()


def release(order):
    """Give claimed nodes free."""
    for node in order:
        if node.walk is order:
            node.walk = node.total = None


def walk_plainly(order, seeds, targets=(), consume=True):
    """``walk`` with its three functions as they are, on claimed nodes, written out.

    A scalar graph spends all its time here: a call a node costs as much as the node's arithmetic,
    and so does a look into a dict. A law test holds the two walks equal.
    """
    for node, g in seeds.items():
        node.total = g
    found = {}
    own = set()
    next_node = order.pop
    try:
        while order:
            node = next_node()
            g = node.total
            node.walk = node.total = None
            operation, note = node.operation, node.note
            if g is None:
                if consume:
                    _let_go(node)
                continue
            if operation is LEAF:
                found[node] = g
                continue
            if note is not None or targets:
                _deliver(node, g, targets, found)
            a, b = node.a, node.b
            if type(a) is tuple:
                _spread(node, g, order, own)
            else:
                if a is not None and a.walk is order:
                    pull = operation.pull_a
                    one = g if pull is None else pull(g, node.keep_a)
                    like = a.like
                    if type(one) is float64:
                        if like is not SCALAR:
                            one = unbroadcast(one, a, node)
                    elif type(one) is not ndarray or one.shape != like[0] or one.dtype is not like[1]:
                        one = unbroadcast(one, a, node)
                    total = a.total
                    if total is None:
                        a.total = one
                    else:
                        a.total = total + one if type(total) is float64 else accumulate(total, one, a, own)
                if b is not None and b.walk is order:
                    pull = operation.pull_b
                    one = g if pull is None else pull(g, node.keep_b)
                    like = b.like
                    if type(one) is float64:
                        if like is not SCALAR:
                            one = unbroadcast(one, b, node)
                    elif type(one) is not ndarray or one.shape != like[0] or one.dtype is not like[1]:
                        one = unbroadcast(one, b, node)
                    total = b.total
                    if total is None:
                        b.total = one
                    else:
                        b.total = total + one if type(total) is float64 else accumulate(total, one, b, own)
            if consume:
                if note is None:  # _let_go, written out
                    node.a = node.b = node.keep_b = None
                    node.keep_a = CONSUMED
                else:
                    _let_go(node)
    finally:
        release(order)
    return found


def claim_compiled(roots, oldest=0):
    """``claim``, in C."""
    order = native.claim(roots, oldest, Leaf.last_write)
    if type(order) is list:
        return order
    order, *why_not = order
    if why_not:
        if why_not[0] is not None:
            raise _consumed(why_not[0])
        return None
    try:
        _refuse_stale(order)
    except BaseException:
        release(order)
        raise
    return order


def walk_compiled(order, seeds, targets=(), consume=True):
    """``walk_plainly``, in C (native/recorder.c)."""
    for node, g in seeds.items():
        node.total = g
    try:
        return native.walk_plainly(order, targets, consume, _deliver, _let_go, unbroadcast)
    finally:
        release(order)


PLAIN_WALKS = [(claim, walk_plainly)]
if native is not None and hasattr(native, "walk_plainly"):
    PLAIN_WALKS.append((claim_compiled, walk_compiled))
_claim, _walk = PLAIN_WALKS[-1]


def _spread(node, g, order, own):
    """g to the parents of a wide node."""
    parents = node.a
    wanted = {parent for parent in parents if parent is not None and parent.walk is order}
    for parent, one in zip(parents, apply_rules(node, g, wanted), strict=True):
        if one is None:
            continue
        like = parent.like
        if type(one) is not ndarray or one.shape != like[0] or one.dtype is not like[1]:
            one = unbroadcast(one, parent, node)
        total = parent.total
        parent.total = one if total is None else accumulate(total, one, parent, own)


def _deliver(node, g, targets, found, write_notes=True):
    """Put a finished gradient where it is wanted beside the walk itself."""
    note = node.note
    if write_notes and note is not None and note.taped:
        note.gradient = np.array(raw(g))[()]  # nobody else's to write into, and no Tensor, whose node leads back here
    if type(node) is Leaf or node in targets or (note is not None and note.retained):
        found[node] = g


def _let_go(node):
    if type(node) is not Leaf and not (node.note is not None and node.note.taped):
        node.consume()


# -- what users call ---------------------------------------------------------------------------


def backward(y, gradient=None, retain_graph=False):
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
    seed = raw(_seed(y, gradient, "backward"))
    found = _run_walk({y.node: seed}, consume=not retain_graph)
    del seed
    holders, gradients = list(found), list(found.values())
    del found
    with _landing:  # another thread's sum would be lost between reading a .grad and setting it
        for i, node in enumerate(holders):
            holder = node
            if node.operation is not LEAF:
                holder = holders[i] = node.note
            if holder.grad is not None:
                gradients[i] = holder.grad + gradients[i]
            elif type(gradients[i]) is not float64:
                g, gradients[i] = gradients[i], None
                gradients[i] = _owned(g)
        # In one C call, which no Ctrl-C interrupts: either every .grad changes or none does.
        deque(map(setattr, holders, repeat("grad"), gradients), maxlen=0)


def gradients(outputs, inputs, gradient=None, create_graph=False, retain_graph=None):
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
    found = walk_to(outputs, seeds, inputs, create_graph, create_graph if retain_graph is None else retain_graph, True)
    if not create_graph:
        found.reverse()
        returned = []
        while found:
            g = found.pop()
            returned.append(_owned(g))
        found = returned
        del g
    return tuple(found) if several else found[0]


def walk_to(outputs, seeds, inputs, create_graph=False, retain_graph=False, reach_all=False):
    """Gradients by ``inputs``; the walk is pruned to them.

    Of an input that is not reached it is None, or with ``reach_all`` an error before anything is used up.
    """
    totals = {}
    for y, seed in zip(outputs, seeds, strict=True):
        if not isinstance(y, Tensor) or y.node is None:
            raise ValueError(f"gradients: the output does not require grad\n  output: {_labelled(y, 0)}")
        seed = _seed(y, seed, "gradients")
        if create_graph:
            seed = seed if isinstance(seed, Tensor) else wrap(seed)
        else:
            seed = raw(seed)
        totals[y.node] = seed if y.node not in totals else totals[y.node] + seed
    apply = apply_recorded if create_graph else apply_rules
    found = _run_walk(totals, {t.node for t in inputs}, not retain_graph, apply, inputs if reach_all else ())
    return [found.get(t.node) for t in inputs]


def _run_walk(seeds, targets=(), consume=True, apply=apply_rules, required=()):
    """Walk from the seeds {node: gradient}: to every leaf, or to the targets and nowhere else.

    required : Tensors that must be reached
    """
    use_cache()  # in a thread that is new to us
    oldest = min([node.birth for node in targets]) if targets else 0
    mode = current()
    anomaly = mode is not None and mode.anomaly
    if apply is apply_rules and not anomaly:
        order = _claim(seeds, oldest)
        if order is not None:
            if targets:
                try:
                    wanted = _leading_to(targets, order, required)
                except BaseException:
                    release(order)
                    raise
                for node in order:
                    if node not in wanted:
                        node.walk = None
                order[:] = [node for node in order if node in wanted]
            with np.errstate(all="ignore"):
                return _walk(order, seeds, targets, consume)
    order, _ = collect(seeds, oldest)
    totals = {node: seeds.get(node) for node in (_leading_to(targets, order, required) if targets else order)}
    with np.errstate(all="ignore"), enable_grad():
        if anomaly:
            return walk(order, totals, targets, consume, _finite(apply), _finite_unbroadcast, _finite_accumulate)
        return walk(order, totals, targets, consume, apply)


def _leading_to(targets, order, required=()):
    """The nodes that a target has gone into, and the targets; an error if a required one is not among them."""
    wanted = set()
    for node in order:  # oldest first
        if node in targets or any([parent in wanted for parent in node.parents]):
            wanted.add(node)
    for i, t in enumerate(required):
        if t.node not in wanted:
            raise ValueError(
                f"gradients: the outputs were not made from {_labelled(t, i)}\n"
                "  check that it was used, and not a copy or .detach() of it"
            )
    return wanted


def _finite(apply):
    """Anomaly mode, backward: raise at the rule where the first NaN or inf arises."""

    def checked(node, g, wanted):
        results = apply(node, g, wanted)
        for i, one in enumerate(results):
            if one is not None and not np.isfinite(raw(one)).all():
                names = node.operation.inputs
                raise _not_finite(node, f"the gradient of {names[min(i, len(names) - 1)]}", incoming=g, outgoing=one)
        return results

    return checked


def _finite_unbroadcast(g, parent, node):
    one = unbroadcast(g, parent, node)
    if not np.isfinite(raw(one)).all():
        raise _not_finite(node, "a gradient, summed to its value's shape and cast to its dtype,", before=g, after=one)
    return one


def _finite_accumulate(total, g, node, own):
    before = np.array(raw(total))  # total itself may be added to in place
    added = accumulate(total, g, node, own)
    if not np.isfinite(raw(added)).all():
        raise _not_finite(node, "the sum of its gradients", first=before, second=g, sum=added)
    return added


def _not_finite(node, what, **gradients):
    where = node.note.where if node.note is not None else None
    lines = [f"{node.operation.name}: {what} has the first NaN or inf, backward"]
    lines += [f"  {name}{' gradient' * (name != 'sum')}: {_summary(g)}" for name, g in gradients.items()]
    if node.operation is LEAF:
        lines.append(f"  leaf: {node.name or 'without a name'}, shape {node.like[0]}")
    else:
        lines.append(f"  recorded at: {where or 'unknown; run the forward pass under ag.detect_anomaly() too'}")
    return FloatingPointError("\n".join(lines))


def _summary(g):
    g = np.asarray(raw(g))
    bad = int(g.size - np.isfinite(g).sum())
    return f"shape {g.shape}, {bad} of {g.size} entries not finite"


def _seed(y, gradient, who):
    if y.node is None:
        raise ValueError(
            f"{who}: {_labelled(y, 0)} was not recorded\n"
            "  nothing that it was made from requires grad, or it was made under ag.no_grad()"
        )
    shape, dtype = y.node.like
    if gradient is None:
        if y._data.size != 1:
            raise ValueError(
                f"{who}: only a one-entry output has a gradient of its own\n  output: {shape}\n"
                f"  pass gradient=... of that shape, or reduce the output, e.g. with .sum()"
            )
        return np.ones(shape, dtype) if shape else dtype.type(1)
    given = np.asarray(raw(gradient))
    if given.dtype.kind not in "fiub":
        raise TypeError(f"{who}: the gradient must be real numbers\n  gradient: {given.dtype}")
    if given.shape != shape:
        raise ValueError(
            f"{who}: the gradient must have the output's shape\n  output: {shape}\n  gradient: {given.shape}"
        )
    if isinstance(gradient, Tensor):
        return gradient if given.dtype == dtype else astype(gradient, dtype)
    return given.astype(dtype, copy=False)[()]


def _labelled(value, i):
    if isinstance(value, Tensor):
        return f"Tensor {value.name!r}" if value.name else f"input {i} of shape {value.shape}"
    return f"input {i}, a {type(value).__name__},"


def _consumed(node):
    named = f" {node.name!r}" if node.name else ""
    return RuntimeError(
        "backward: the graph was used up by an earlier backward\n"
        f"  first missing: the inputs of {node.operation.name}{named}\n"
        "  record again, or pass retain_graph=True to the earlier call"
    )


def _stale(node, leaf):
    written = leaf.note.where if leaf.note is not None else None
    recorded = node.note.where if node.note is not None else None
    unknown = "unknown; under ag.tape() or ag.detect_anomaly() lines are kept"
    return RuntimeError(
        f"{node.operation.name}: a leaf was written to after this was recorded, so its gradient would be wrong\n"
        f"  leaf: {leaf.name or 'without a name'}, shape {leaf.like[0]}\n  recorded at: {recorded or unknown}\n"
        f"  written at: {written or unknown}\n  run backward before the write, or record again after it"
    )


def _owned(g):
    """g itself where nothing but one variable of the caller holds it and its memory, else a copy.

    A rule may hand on its incoming gradient, a view, or an array kept for another rule; what lands
    in ``.grad`` is the user's to write into.
    """
    if type(g) is not np.ndarray:
        return g
    alone = g.flags.writeable and sys.getrefcount(g) <= _ALONE
    if alone and g.base is not None:
        alone = g.nbytes >= _WORTH_A_LOOK and _is_all_of(g, g.base) and _count_base(g) <= _ALONE_BASE
    return g if alone else copy(g)


_WORTH_A_LOOK = 1 << 14
"""Bytes from which on looking whether a view is alone with its memory takes less time than copying it."""


def _is_all_of(g, base):
    """Whether g is the array ``base``, its axes reordered or reshaped: each entry once, none left out."""
    if type(base) is not np.ndarray or base.base is not None or base.nbytes != g.nbytes:
        return False
    step = g.itemsize
    for stride, n in sorted(zip(g.strides, g.shape, strict=True)):
        if n > 1:
            if stride != step:
                return False
            step *= n
    return True


def _count_alone():
    """What ``_owned`` counts for such an array: Python versions count their own references differently."""

    def count(g):
        return sys.getrefcount(g)

    fresh = np.empty(1)
    return count(fresh)


_ALONE = _count_alone()


def _count_base(view):
    base = view.base
    return sys.getrefcount(base)


_ALONE_BASE = _count_base(np.empty((2, 2)).T)  # what only one view of it holds
