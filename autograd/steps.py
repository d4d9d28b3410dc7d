"""Steps of training: new values written into leaves, as optimizers do it.

``sgd_step`` and ``adam_step`` move many leaves in one compiled call; ``update_leaves`` calls a function of yours for
each.

A graph recorded before a step is known to be out of date after it: a backward through it raises. The memory stays the
same where nobody else sees it: a ``detach()``, a view, or the array that ``.data`` gave before keeps the values that
it had.
"""

from weakref import ref

import numpy as np

from .kernels.optimizer import adam, sgd
from .modes import current, users_line
from .node import LAST_WRITE, Leaf, births, note_of
from .tensor import Memory, in_memory_of_its_own


def update_leaves(parameters, update):
    """Call ``update(p, w, g)`` for each leaf p that has a gradient g; what it writes into the array w is p's new value.

    ``g`` is the array that ``p.grad`` shows and must stay as it is.

    >>> import autograd as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> w.grad = [1.0, -1.0]
    >>> def step(p, w, g):
    ...     w -= 0.5 * g
    >>> ag.internal.update_leaves([w], step)
    >>> w.data
    array([0.5, 2.5])
    """
    trained, ws, gs = _open(parameters)
    try:
        for p, w, g in zip(trained, ws, gs, strict=True):
            update(p, w, g)
    finally:
        _close(trained, ws)


def sgd_step(parameters, state, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
    r"""Move each leaf w that has a gradient g by w ← w − lr · v, where v ← momentum · v + (1 − dampening) · g.

    Parameters
    ----------
    parameters : a list of leaves
    state : a dict, in which ``state[w]["momentum_buffer"]`` remembers v; the first step takes v = g
    weight_decay : its product with w is added to g
    nesterov : step along g + momentum · v

    float32 and float64 in one compiled pass over all leaves, bit for bit what NumPy gives, which does the rest.
    Formulas and names are those of ``torch.optim.SGD``.

    >>> import autograd as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> w.grad = [1.0, -1.0]
    >>> ag.internal.sgd_step([w], {}, lr=0.5)
    >>> w.data
    array([0.5, 2.5])
    """
    options = float(lr), float(momentum), float(dampening), float(weight_decay), bool(nesterov)
    trained, ws, gs = _open(parameters)
    try:
        if not momentum:
            sgd(ws, gs, None, *options, False)
            return
        vs, new = [], []
        for i, p in enumerate(trained):
            remembered = state.setdefault(p, {})
            v = remembered.get("momentum_buffer")
            if v is None:
                v = remembered["momentum_buffer"] = np.empty(ws[i].shape, ws[i].dtype)
                new.append(i)
            vs.append(v)
        if not new or len(new) == len(vs):
            sgd(ws, gs, vs, *options, bool(new))
            return
        known = [i for i in range(len(vs)) if i not in new]
        for chosen, first in ((new, True), (known, False)):
            some_ws, some_gs, some_vs = ([values[i] for i in chosen] for values in (ws, gs, vs))
            sgd(some_ws, some_gs, some_vs, *options, first)
    finally:
        _close(trained, ws)


def adam_step(parameters, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, decoupled=False):
    r"""Move each leaf w that has a gradient g by w ← w − lr · m̂ / (√v̂ + eps): m, v are running means of g and g².

    Parameters
    ----------
    parameters : a list of leaves
    state : a dict, in which ``state[w]`` remembers "step", "exp_avg" (m), "exp_avg_sq" (v), and "max_exp_avg_sq"
    betas : how much of m and of v stays at each step
    weight_decay : its product with w is added to g; ``decoupled`` takes lr · weight_decay · w off w instead
    amsgrad : divide by the largest v so far

    m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) at step t. float32 and float64 in one compiled pass over all leaves, bit for
    bit what NumPy gives, which does the rest. Formulas: Kingma and Ba (2015), Loshchilov and Hutter (2019), Reddi et
    al. (2018).

    >>> import autograd as ag
    >>> w = ag.Tensor([1.0, -2.0], requires_grad=True)
    >>> w.grad = [2.0, -4.0]
    >>> ag.internal.adam_step([w], {}, lr=0.5)
    >>> w.data.round(6)
    array([ 0.5, -1.5])
    """
    betas = float(betas[0]), float(betas[1])
    trained, ws, gs = _open(parameters)
    try:
        ms, vs, tops, steps = [], [], [] if amsgrad else None, []
        for p, w in zip(trained, ws, strict=True):
            remembered = state.setdefault(p, {})
            if not remembered:
                remembered.update(step=0, exp_avg=np.zeros(w.shape, w.dtype), exp_avg_sq=np.zeros(w.shape, w.dtype))
            if amsgrad and "max_exp_avg_sq" not in remembered:
                remembered["max_exp_avg_sq"] = np.zeros(w.shape, w.dtype)
            remembered["step"] += 1
            ms.append(remembered["exp_avg"])
            vs.append(remembered["exp_avg_sq"])
            steps.append(remembered["step"])
            if amsgrad:
                tops.append(remembered["max_exp_avg_sq"])
        adam(ws, gs, ms, vs, tops, steps, float(lr), betas, float(eps), float(weight_decay), bool(decoupled))
    finally:
        _close(trained, ws)


def _open(parameters):
    """Those that have a gradient, with arrays to write new values into, and the gradients: three lists.

    From here on graphs recorded before are out of date. Where somebody else holds a value, the array is a copy.
    """
    trained, ws, gs = [], [], []
    stamp = next(births)
    for p in parameters:
        node = p.node
        if node is None:
            continue
        if type(node) is not Leaf:
            raise ValueError(f"only leaves can be moved; this is a recorded result\n  {p!r}")
        g = node.grad
        if g is None or node.stamp == stamp:  # not reached, or listed twice
            continue
        w = _writable(p)
        node.stamp = stamp
        trained.append(p)
        ws.append(w)
        gs.append(g if type(g) is np.ndarray else np.asarray(g))
    if trained:
        LAST_WRITE.moment = stamp
    mode = current()
    if mode is not None and (mode.tapes or mode.anomaly):
        where = users_line()
        for p in trained:
            note_of(p.node).where = where
    return trained, ws, gs


def _close(trained, ws):
    """NumPy scalars, which cannot be written to, are replaced."""
    for p, w in zip(trained, ws, strict=True):
        if not w.ndim:
            p._data = w[()]


def _writable(p):
    """An array to write p's new value into: where nobody else sees its memory p's own, else a copy, now p's own.

    The memory of a leaf's array is held by an object of a class of its own, a ``Memory``, so that every view of the
    array holds the array itself. It is let go, and seen whether it is gone: then nobody had it, or a view of it.
    """
    memory = p._data.base if type(p._data) is np.ndarray else None
    if type(memory) is Memory and p._data.flags.writeable and p._data.nbytes == memory.nbytes:
        before = ref(p._data)
        p._data = memory.view(np.ndarray)
        before = before()
        if before is None:
            return p._data
        p._data = before
    w = in_memory_of_its_own(p._data)
    if w.ndim:
        p._data = w
    return w
