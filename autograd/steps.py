"""Steps of training: new values written into leaves, as optimizers do it, all at once.

``sgd_step`` and ``adam_step`` move many leaves; ``update_leaves`` calls a function of yours for each. A ``Step`` takes
several of those and makes one step of them.

At any instant, also when Ctrl-C or a signal comes in between, all values and all that is remembered of them are as
before the step or as after it.

A graph recorded before a step is known to be out of date after it: a backward through it raises. The memory stays the
same where nobody else sees it: a ``detach()``, a view, or the array that ``.data`` gave before keeps the values that
it had.
"""

from collections import deque
from functools import partial
from itertools import chain, repeat, starmap
from operator import call, getitem, setitem

import numpy as np

from .kernels.optimizer import adam, sgd
from .modes import current, users_line
from .native import native
from .node import LAST_WRITE, Leaf, births, note_of
from .values import in_memory_of_its_own, own


def update_leaves(parameters, update):
    """Call ``update(p, w, g)`` for each leaf p that has a gradient g; what it writes into the array w is p's new value.

    ``g`` is the array that ``p.grad`` shows and must stay as it is. The new values are taken up together after the
    last call: where one of the calls raises, none is.

    >>> import autograd as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> w.grad = [1.0, -1.0]
    >>> def step(p, w, g):
    ...     w -= 0.5 * g
    >>> ag.internal.update_leaves([w], step)
    >>> w.data
    array([0.5, 2.5])
    """
    step = Step()
    step.update(parameters, update)
    step.make()


def sgd_step(parameters, state, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
    r"""Move each leaf w that has a gradient g by w ← w − lr · v, where v ← momentum · v + (1 − dampening) · g.

    Parameters
    ----------
    parameters : a list of leaves
    state : a dict, in which ``state[w]["momentum_buffer"]`` remembers v; the first step takes v = g
    weight_decay : its product with w is added to g
    nesterov : step along g + momentum · v

    float32 and float64 in one compiled pass over all leaves, bit for bit what NumPy gives, which does the rest;
    float16 is computed, and remembered, in float32. Formulas and names are those of ``torch.optim.SGD``.

    >>> import autograd as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> w.grad = [1.0, -1.0]
    >>> ag.internal.sgd_step([w], {}, lr=0.5)
    >>> w.data
    array([0.5, 2.5])
    """
    step = Step()
    step.sgd(parameters, state, lr, momentum, dampening, weight_decay, nesterov)
    step.make()


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
    bit what NumPy gives, which does the rest; float16 is computed, and remembered, in float32, in which eps is no 0.
    Formulas: Kingma and Ba (2015), Loshchilov and Hutter (2019), Reddi et al. (2018).

    >>> import autograd as ag
    >>> w = ag.Tensor([1.0, -2.0], requires_grad=True)
    >>> w.grad = [2.0, -4.0]
    >>> ag.internal.adam_step([w], {}, lr=0.5)
    >>> w.data.round(6)
    array([ 0.5, -1.5])
    """
    step = Step()
    step.adam(parameters, state, lr, betas, eps, weight_decay, amsgrad, decoupled)
    step.make()


class Step:
    """A step of many leaves: ``sgd``, ``adam`` and ``update`` prepare it and change nothing, ``make`` makes it.

    Everything that is to be written is collected, and then written by one call that runs no Python: an exception out
    of a signal can come before it or after it, and nowhere in between. A compiled kernel is a part of that call and
    writes in place; without one, new values are computed aside.
    """

    __slots__ = ("_nodes", "_kernels", "_items", "_values", "_numbers")

    def __init__(self):
        self._nodes = {}  # of the leaves that move, in order
        self._kernels = []  # calls that write in place
        self._items = []  # (array or dict, index or key, what to put there)
        self._values = []  # (Tensor, "_data", its new array)
        self._numbers = []  # (Tensor, the array without axes whose entry becomes its value)

    def sgd(self, parameters, state, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
        """As ``sgd_step``."""
        options = float(lr), float(momentum), float(dampening), float(weight_decay), bool(nesterov)
        leaves, ws, gs, in_place = self._open(parameters)
        if not momentum:
            self._run_sgd(in_place, ws, gs, None, *options, False)
            return
        vs, new = [], []
        for p, w in zip(leaves, ws, strict=True):
            remembered = state.get(p)
            v = None if remembered is None else remembered.get("momentum_buffer")
            if v is None:
                v = np.empty(w.shape, w.dtype)
                self._items.append((state, p, {**(remembered or {}), "momentum_buffer": v}))
                new.append(len(vs))
            elif not (in_place and v.dtype is w.dtype and v.shape == w.shape and v.flags.carray):
                v = self._remembered(p, remembered, "momentum_buffer", w)
            vs.append(v)
        if not new or len(new) == len(vs):
            self._run_sgd(in_place, ws, gs, vs, *options, bool(new))
            return
        known = [i for i in range(len(vs)) if i not in new]
        for chosen, first in ((new, True), (known, False)):
            some = [[values[i] for i in chosen] for values in (ws, gs, vs)]
            self._run_sgd(in_place, *some, *options, first)

    def adam(
        self, parameters, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, decoupled=False
    ):
        """As ``adam_step``."""
        leaves, ws, gs, in_place = self._open(parameters)
        names = ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"][: 3 if amsgrad else 2]
        lists, steps = [[] for _ in names], []
        for p, w in zip(leaves, ws, strict=True):
            remembered = state.get(p)
            if not remembered:
                remembered = {"step": 0}
                self._items.append((state, p, remembered))
            for name, values in zip(names, lists, strict=True):
                value = remembered.get(name)
                if value is None:
                    value = np.zeros(w.shape, w.dtype)
                    self._items.append((remembered, name, value))
                elif not (in_place and value.dtype is w.dtype and value.shape == w.shape and value.flags.carray):
                    value = self._remembered(p, remembered, name, w)
                values.append(value)
            count = remembered["step"] + 1
            steps.append(count)
            self._items.append((remembered, "step", count))
        ms, vs, *tops = lists
        arrays = ws, gs, ms, vs, tops[0] if amsgrad else None, steps
        beta1, beta2 = float(betas[0]), float(betas[1])
        rest = float(eps), float(weight_decay), bool(decoupled)
        if in_place:
            self._kernels.append(partial(native.adam, *arrays, float(lr), beta1, beta2, *rest))
        else:
            adam(*arrays, float(lr), (beta1, beta2), *rest)

    def update(self, parameters, update):
        """As ``update_leaves``."""
        for p in parameters:
            g = self._gradient(p)
            if g is None:
                continue
            new = in_memory_of_its_own(p._data)
            update(p, new, g)
            w = own(p)
            if w is not None:
                self._items.append((w, ..., new))
            else:
                self._replace(p, in_memory_of_its_own(new))  # which ``update`` may have kept

    def remember(self, state, changes):
        """Put the entries of ``changes`` into the dict ``state`` too."""
        self._items += [(state, key, value) for key, value in changes.items()]

    def make(self):
        """Write it all. Graphs recorded before are out of date from here on."""
        stamp = next(births)
        for node in self._nodes:
            node.stamp = stamp
        if self._nodes:
            LAST_WRITE.moment = stamp
        mode = current()
        if mode is not None and (mode.tapes or mode.anomaly):
            where = users_line()
            for node in self._nodes:
                note_of(node).where = where
        tensors, arrays = zip(*self._numbers, strict=True) if self._numbers else ((), ())
        writes = chain(
            map(call, self._kernels),
            starmap(setitem, self._items),
            starmap(setattr, self._values),
            map(setattr, tensors, repeat("_data"), map(getitem, arrays, repeat(()))),  # read after the kernels
        )
        deque(writes, maxlen=0)

    def _gradient(self, p):
        """The gradient of a leaf that is to move, or None: none has come, or the leaf has been listed before."""
        node = p.node
        if node is None:
            return None
        if type(node) is not Leaf:
            raise ValueError(f"only leaves can be moved; this is a recorded result\n  {p!r}")
        g = node.grad
        if g is None or node in self._nodes:
            return None
        self._nodes[node] = None
        return g if type(g) is np.ndarray else np.asarray(g)

    def _open(self, parameters):
        """The leaves that move, arrays to compute their new values in, their gradients, and whether in place."""
        leaves, ws, gs, in_place = [], [], [], native is not None
        for p in parameters:
            g = self._gradient(p)
            if g is None:
                continue
            w = own(p)
            if w is None or not w.flags.c_contiguous:
                w = in_memory_of_its_own(p._data, "C")
                self._replace(p, w)
            in_place = in_place and (w.dtype is _FLOAT32 or w.dtype is _FLOAT64)
            leaves.append(p)
            ws.append(w)
            gs.append(g)
        if not in_place:  # aside, float16 in float32
            copies = [w.astype(np.promote_types(w.dtype, np.float32)) for w in ws]
            self._items += [(w, ..., copy) for w, copy in zip(ws, copies, strict=True)]
            ws, gs = copies, [g.astype(w.dtype, copy=False) for w, g in zip(copies, gs, strict=True)]
        return leaves, ws, gs, in_place

    def _replace(self, p, w):
        if w.ndim:
            self._values.append((p, "_data", w))
        else:
            self._numbers.append((p, w))

    def _remembered(self, p, remembered, name, w):
        """A copy of what is remembered in w's dtype to compute in, which takes its place."""
        if remembered[name].shape != w.shape:
            raise ValueError(
                f"{name} does not fit its parameter\n  parameter: {p.name or ''} {w.shape}\n"
                f"  {name}: {remembered[name].shape}"
            )
        value = np.array(remembered[name], w.dtype, order="C")
        self._items.append((remembered, name, value))
        return value

    def _run_sgd(self, in_place, *arguments):
        """In place when the step is made, or aside now."""
        if in_place:
            self._kernels.append(partial(native.sgd, *arguments))
        else:
            sgd(*arguments)


_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
