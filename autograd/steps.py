"""Steps of training: new values written into leaves, as optimizers do it, all at once.

A ``Step`` takes formulas, as optimizers have them, or functions of yours, each with the leaves that it moves, and
makes one step of them all. ``update_leaves`` is a step with one function.

At any instant, also when Ctrl-C or a signal comes in between, all values and all that is remembered of them are as
before the step or as after it.

A graph recorded before a step is known to be out of date after it: a backward through it raises. The memory stays the
same where nobody else sees it: a ``detach()``, a view, or the array that ``.data`` gave before keeps the values that
it had. Compiled where there is a compiler (see ``node.py``).
"""

from collections import deque
from functools import partial
from itertools import chain, repeat, starmap
from operator import call, getitem, setitem

import numpy as np
from numpy import ndarray

from . import interpreter
from .kernels.updates import program_of, update
from .modes import _mode, users_line
from .native import native
from .node import LAST_WRITE, Leaf, births
from .notes import note_of
from .values import in_memory_of_its_own, own

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def update_leaves(parameters, update):
    """Call ``update(p, w, g)`` for each leaf p that has a gradient g; what it writes into the array w is p's new value.

    ``g`` is the array that ``p.grad`` shows and must stay as it is. The new values are taken up together after the
    last call: where one of the calls raises, none is::

        def descend(p, w, g):
            w -= 0.5 * g

        ag.internal.update_leaves([w], descend)
    """
    step = Step()
    step.update(parameters, update)
    step.make()


class Step:
    """A step of many leaves: ``move`` and ``update`` prepare it and change nothing, ``make`` makes it.

    Everything that is to be written is collected, and then written by one call that runs no Python: an exception out
    of a signal can come before it or after it, and nowhere in between. A compiled kernel is a part of that call and
    writes in place; without one, new values are computed aside.
    """

    __slots__ = ("_nodes", "_kernels", "_items", "_values", "_numbers", "_entries")

    def __init__(self):
        self._nodes = {}  # of the leaves that move, in order
        self._kernels = []  # calls that write in place
        self._items = []  # (array or dict, index or key, what to put there)
        self._values = []  # (Tensor, "_data", its new array)
        self._numbers = []  # Tensors without axes
        self._entries = []  # for each of them the array whose entry becomes its value

    def move(self, parameters, state, formula, options, arrays=None, counts=None):
        """Move each leaf w that has a gradient g by a formula of arrays.

        Parameters
        ----------
        parameters : a list of leaves
        state : a dict, in which ``state[w]`` remembers the arrays and the counts by name
        formula : called as ``formula(w, g, *arrays, **options)``, it gives the new w and the new arrays; written in
            the operations that ``kernels.updates`` has
        options : called as ``options(counts, first)`` with the counts of a leaf, a dict into which it writes the new
            ones, and whether one of its arrays is new: {name: value} for the formula. Floats are numbers; the
            formula is read anew for other values of anything else
        arrays : {name: the number that a new array is full of}, at most 4
        counts : {name: the number that a new count begins with}

        float32 and float64 in one compiled pass over all leaves, bit for bit what NumPy gives, which does the rest;
        float16 is computed, and remembered, in float32::

            def descent(w, g, *, lr):
                return (w - g * lr,)

            step = ag.internal.Step()
            step.move([w], {}, descent, lambda counts, first: {"lr": 0.5})
            step.make()
        """
        leaves, ws, gs, in_place = self._open(parameters)
        if not arrays and not counts:
            self._run(in_place, formula, options({}, False), ws, gs, ())
            return
        names, begins = list(arrays or ()), list((counts or {}).items())
        batches = {}  # (first, counts): (new counts, ws, gs, arrays): most often all leaves are in one
        for i in range(len(leaves)):
            p, w, g = leaves[i], ws[i], gs[i]
            remembered = state.get(p)
            if remembered is None:
                remembered = {}
                self._items.append((state, p, remembered))
            first, values = False, [w, g]
            for name in names:
                value = remembered.get(name)
                if value is None:
                    first = True
                    value = np.full(w.shape, arrays[name], w.dtype)
                    self._items.append((remembered, name, value))
                elif not (in_place and type(value) is ndarray and fits(value, w)):
                    value = self._remembered(p, remembered, name, w)
                values.append(value)
            key = (first, *[remembered.get(name, begin) for name, begin in begins])
            batch = batches.get(key)
            if batch is None:
                new = {name: count for (name, _), count in zip(begins, key[1:], strict=True)}
                batch = batches[key] = options(new, first), list(new.items()), []
            for name, count in batch[1]:
                self._items.append((remembered, name, count))
            batch[2].append(values)
        for chosen, _, rows in batches.values():
            ws, gs, *lists = map(list, zip(*rows, strict=True))
            self._run(in_place, formula, chosen, ws, gs, tuple(lists))

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
        mode = interpreter.value_of(_mode)
        if mode is not None and (mode.tapes or mode.anomaly):
            where = users_line()
            for node in self._nodes:
                note_of(node).where = where
        writes = [map(call, self._kernels)]
        if self._items:
            writes.append(starmap(setitem, self._items))
        if self._values:
            writes.append(starmap(setattr, self._values))
        if self._numbers:  # read after the kernels
            entries = map(getitem, self._entries, repeat(()))
            writes.append(map(setattr, self._numbers, repeat("_data"), entries))
        deque(chain.from_iterable(writes), maxlen=0)

    def _gradient(self, p):
        """The gradient of a leaf that is to move, or None: none has come, or the leaf has been listed before."""
        tensor = p
        node = tensor._node
        if node is None:
            return None
        if type(node) is not Leaf:
            raise ValueError(f"only leaves can be moved; this is a recorded result\n  {p!r}")
        g = node.grad
        if g is None or node in self._nodes:
            return None
        self._nodes[node] = None
        return g if type(g) is ndarray else np.asarray(g)

    def _open(self, parameters):
        """The leaves that move, arrays to compute their new values in, their gradients, and whether in place."""
        leaves, ws, gs, in_place = [], [], [], native is not None
        for p in parameters:
            g = self._gradient(p)
            if g is None:
                continue
            w = own(p)
            if w is None or not interpreter.is_in_order(w):
                w = in_memory_of_its_own(p._data, "C")
                self._replace(p, w)
            in_place = in_place and (w.dtype is FLOAT32 or w.dtype is FLOAT64)
            if not fits(g, w):
                g = self._gradient_like(p, g, w)
            leaves.append(p)
            ws.append(w)
            gs.append(g)
        if not in_place:  # aside, float16 in float32
            copies = [w.astype(np.promote_types(w.dtype, np.float32)) for w in ws]
            self._items += [(w, ..., copy) for w, copy in zip(ws, copies, strict=True)]
            ws, gs = copies, [g.astype(w.dtype, copy=False) for w, g in zip(copies, gs, strict=True)]
        return leaves, ws, gs, in_place

    def _run(self, in_place, formula, options, ws, gs, states):
        """In place when the step is made, or aside now."""
        if in_place:
            code, numbers = compiled_update(formula, len(states), options)
            self._kernels.append(partial(native.update, code, numbers, ws, gs, states))
        else:
            update(ws, gs, states, formula, options)

    def _gradient_like(self, p, g, w):
        if g.shape != w.shape:
            raise ValueError(
                f"a gradient does not fit its leaf\n  leaf: {p.name or ''} {w.shape}\n  gradient: {g.shape}"
            )
        return np.array(g, w.dtype, order="C")

    def _replace(self, p, w):
        if w.ndim:
            self._values.append((p, "_data", w))
        else:
            self._numbers.append(p)
            self._entries.append(w)

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


def fits(array, w):
    """Whether an array is of w's shape and dtype, and laid out as a kernel takes it."""
    return interpreter.alike(array, w) and interpreter.is_in_order(array)


def compiled_update(formula, states, options):
    """(code, numbers) for ``native.update`` of a formula with so many arrays of state."""
    numbers, settled = [], []
    for value in options.values():
        if type(value) is float:
            numbers.append(value)
            settled.append(float)
        else:
            settled.append(value)
    code, constants = program_of(formula, states, tuple(options), tuple(settled))
    return code, (*numbers, *constants)
