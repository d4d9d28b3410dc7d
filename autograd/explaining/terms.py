"""One entry of a gradient as the sum that it is: which δ's reach it, and with which weights.

An entry x[at] of an input reaches some entries y[o] of an operation's result, and its gradient is
Σ δ[o] · ∂y[o]/∂x[at].
The column ∂y/∂x[at] comes from the operation's own rule: the rule is linear in the gradient, so differentiating
it by the gradient gives the Jacobian's other side. Of a product of two inputs (a convolution, a product of matrices,
…) each weight is an entry of the other input; which one comes out when the operation is run on the numbers 2, 3, 4, …
in place of that input.
"""

from collections.abc import Sequence

import numpy as np

from ..engine import apply_recorded, unbroadcast, walk_to
from ..taped.graph import value_of
from ..taped.replay import alone, arguments
from ..tensors import Tensor, raw, wrap
from .declared import rule_of
from .derivation import Term
from .formula.numerals import numeral

SHOWN = 8
"""So many terms of a long sum are shown."""

ZEROS = 2
"""So many terms that are 0 are shown, after the others; more are folded into one line."""


class EntryTerms:
    """The terms of one entry through one operation.

    node, i, at : the operation's node, the input, and the entry of it
    places  : int array, a row for each term: the entry of the result
    deltas, weights, products : what is multiplied, and the products
    other   : (the other input, int array of its entries), of a product of two inputs; else None
    """

    def __init__(self, node, i, at, adjoint):
        self.node, self.i, self.at = node, i, at
        column = np.asarray(jacobian_column(node, i, at))
        delta = np.asarray(adjoint)
        reached, self.other = column != 0, None
        labels = other_entries(node, i, at, column)
        if labels is not None:
            j, codes = labels
            reached = codes >= 0
            shape = np.shape(value_of(node.note.inputs[j]))
            self.other = (j, np.argwhere(np.ones(shape, dtype=bool))[codes[reached]])
        self.places = np.argwhere(reached)
        self.deltas, self.weights = delta[reached].astype(np.float64), column[reached].astype(np.float64)
        with np.errstate(all="ignore"):
            self.products = self.deltas * self.weights

    def __len__(self):
        return len(self.products)

    def largest(self):
        """The indices of the terms to show: the largest of those that are not 0, then of few that are 0 all."""
        size = np.abs(self.products)
        size[np.isnan(size)] = np.inf
        told, zeros = np.flatnonzero(size), np.flatnonzero(size == 0)
        shown = np.sort(told[np.argsort(-size[told], kind="stable")[:SHOWN]])
        return np.concatenate([shown, zeros]) if len(zeros) <= ZEROS and len(self) <= SHOWN else shown


class Terms(Sequence):
    """All terms of an entry, through every operation that took it."""

    def __init__(self, groups, names):
        self._groups = groups
        self._names = names
        self._ends = np.cumsum([len(group) for group in groups])

    def __len__(self):
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, k):
        if isinstance(k, slice):
            return [self[n] for n in range(*k.indices(len(self)))]
        k = range(len(self))[k]
        which = int(np.searchsorted(self._ends, k, side="right"))
        group = self._groups[which]
        k -= int(self._ends[which]) - len(group)
        text = f"{self._names[which]}{list(map(int, group.places[k])) or ''}: "
        return Term(text + f"{numeral(group.deltas[k])} · {numeral(group.weights[k])}", float(group.products[k]))

    @property
    def products(self):
        """The values of all terms as one array."""
        return np.concatenate([group.products for group in self._groups]) if self._groups else np.zeros(0)


# -- the column of the Jacobian ----------------------------------------------------------------


def jacobian_column(node, i, at):
    """∂y/∂x[at] for the i-th input x of a recorded operation: an array of y's shape."""
    shape, dtype = node.like
    parent = node.parents[i]
    one_hot = np.zeros(*parent.like)
    one_hot[at] = 1
    with alone(), np.errstate(all="ignore"):
        g = Tensor(np.zeros(shape, dtype), requires_grad=True)
        pulled = apply_recorded(node, g, {parent})[i]
        if not isinstance(pulled, Tensor) or pulled.node is None:
            return np.zeros(shape, dtype)
        pulled = unbroadcast(pulled, parent, node)
        (column,) = walk_to([pulled], [wrap(one_hot[()])], [g])
    return np.zeros(shape, dtype) if column is None else np.asarray(raw(column))


# -- which entry of the other input a weight is ------------------------------------------------


def other_entries(node, i, at, column):
    """(position of the other input, for each entry of the result the flat index of its entry or −1), or None."""
    operation, inputs = node.operation, node.note.inputs
    values = [value_of(one) for one in inputs]
    rule = rule_of(node, i)
    truth = column.astype(np.float64)
    for j, value in enumerate(values):
        needed = operation.inputs[0] if operation.variadic else operation.inputs[j]
        if j == i or needed not in rule.needs or (operation.variadic and len(values) != 2) or not np.size(value):
            continue
        codes = _entries_of(node, values, i, j, at)
        if codes is None or codes.shape != column.shape:
            continue
        weights = np.asarray(value, dtype=np.float64).reshape(-1)[codes]
        largest = np.max(np.abs(weights), initial=0, where=np.isfinite(weights))
        agree = np.isclose(weights, truth, rtol=1e-6, atol=1e-6 * largest, equal_nan=True)
        if np.all(np.where(codes >= 0, agree, truth == 0)):
            return j, codes
    return None


def _entries_of(node, values, i, j, at):
    """The flat indices found by running the operation on a one-hot x and the numbers 2, 3, … for the other input.

    A second run on the squares of those numbers tells a single entry from a sum of several.
    """
    operation = node.operation
    one_hot = np.zeros(np.shape(values[i]))
    one_hot[at] = 1
    numbers = np.arange(2.0, 2.0 + np.size(values[j])).reshape(np.shape(values[j]))
    found = []
    with np.errstate(all="ignore"):
        for filled in (numbers, numbers * numbers):
            both = []
            for x in (one_hot, np.zeros_like(one_hot)):
                given = list(values)
                given[i], given[j] = x[()], filled[()]
                try:
                    y = operation.forward(*arguments(operation, given, node.note.params))
                except (ValueError, TypeError, IndexError, ArithmeticError):
                    return None
                both.append(np.asarray(y[0] if operation.auxiliaries else y, dtype=np.float64))
            found.append(both[0] - both[1])
    once, squared = found
    if not (np.isfinite(once).all() and np.isfinite(squared).all()):
        return None
    codes = np.round(once)
    whole = np.abs(once - codes) < 1e-6
    single = np.abs(squared - codes * codes) <= 1e-6 + 1e-9 * codes * codes
    inside = (codes == 0) | ((codes >= 2) & (codes < 2 + numbers.size))
    if not np.all(whole & single & inside):
        return None
    return np.where(codes == 0, -1, codes - 2).astype(np.int64)


# -- windows -----------------------------------------------------------------------------------


def windows_over(node, at):
    """Where in the result of a maximum or minimum the entry could have won, whatever its value; or None.

    An entry that stands out among equals wins every window that it is in.
    """
    operation, inputs = node.operation, node.note.inputs
    (value,) = [value_of(one) for one in inputs] if len(inputs) == 1 else [None]
    if value is None or not operation.auxiliaries or not operation.traits & {"largest", "smallest"}:
        return None
    inside = False
    with np.errstate(all="ignore"):
        for sign in (1.0, -1.0):
            x = np.zeros(np.shape(value))
            x[at] = sign
            y = operation.forward(*arguments(operation, [x[()]], node.note.params))[0]
            inside = inside | (np.asarray(y) != 0)
    return np.argwhere(inside)


def index_in(shape, target, at):
    """The entry of an array of shape ``target``, broadcast to ``shape``, that stands at ``at``."""
    extra = len(shape) - len(target)
    return tuple(0 if n == 1 else int(k) for n, k in zip(target, at[extra:], strict=True))


def pattern(places, entries, taken=()):
    """How the entries of the other input follow from those of the result.

    Returns ([text for each axis of the result], [text for each axis of the other input], the letters that run),
    or None where there is no such rule. The axes of the result that vary get letters, none of those that are
    ``taken``, and each axis of the other input must be one letter times an integer, plus a constant.
    """
    letters = (letter for letter in "mnpqrstuvwxyz" if letter not in taken)
    texts, running, ranges = [], [], 1
    for axis in range(places.shape[1]):
        column = places[:, axis]
        if (column == column[0]).all():
            texts.append(str(column[0]))
            continue
        letter = next(letters, None)
        if letter is None:
            return None
        texts.append(letter)
        running.append((letter, column))
        ranges *= len(np.unique(column))
    if not running or ranges != len(places):
        return None
    if entries is None:
        return texts, None, running
    others = []
    for axis in range(entries.shape[1]):
        text = _linear(entries[:, axis], running)
        if text is None:
            return None
        others.append(text)
    return texts, others, running


def _linear(column, running):
    if (column == column[0]).all():
        return str(column[0])
    for letter, values in running:
        low, high = np.argmin(values), np.argmax(values)
        step, rest = divmod(int(column[high] - column[low]), int(values[high] - values[low]))
        start = int(column[low]) - step * int(values[low])
        if rest == 0 and (column == step * values + start).all():
            return _line_text(letter, step, start)
    return None


def _line_text(letter, step, start):
    if step < 0:
        return f"{start} − {letter if step == -1 else f'{-step}{letter}'}"
    text = letter if step == 1 else f"{step}{letter}"
    if start == 0:
        return text
    return f"{text} + {start}" if start > 0 else f"{text} − {-start}"


def checked_index(at, shape, called):
    """``at`` as a tuple of ints from 0 on, if it names an entry."""
    given = at if isinstance(at, tuple | list) else (at,)
    if len(given) != len(shape):
        raise IndexError(f"explain: at needs an index for each axis\n  {called}: shape {shape}\n  at: {at!r}")
    index = []
    for k, n in zip(given, shape, strict=True):
        if isinstance(k, bool) or not isinstance(k, int | np.integer):
            raise TypeError(f"explain: at names one entry, by integers\n  {called}: shape {shape}\n  at: {at!r}")
        if not -n <= k < n:
            raise IndexError(f"explain: at lies outside\n  {called}: shape {shape}\n  at: {at!r}")
        index.append(int(k) % n)
    return tuple(index)
