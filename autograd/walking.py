"""The walk backward: collect the graph, newest node first, apply rules, sum, let go.

A walk marks the nodes that it is to pass with its number and sums in them. A node that another walk holds, of another
thread or around this one, gets its sum in a table of this walk's own, so that any two walks may meet. What a walk has
begun it needs not end: marks of a walk that is gone count for nothing.

Nothing here recurses, and no rule stands here. Compiled where there is a compiler (see ``node.py``).
"""

import os
from itertools import count
from operator import attrgetter
from threading import RLock
from weakref import ref

import numpy as np
from numpy import float64, ndarray

from . import interpreter
from .errors import refuse_gradient, stale, used_up
from .hooks import Later, hooked
from .node import CONSUMED, LAST_WRITE, LEAF, SCALARS, Leaf
from .ownership import BORROWED, FREE, OWN, landed, memory_of, whose
from .tensors import Tensor, raw
from .unbroadcasting import unbroadcast

SCALAR = SCALARS[float64]
birth_of = attrgetter("birth")
numbers = count(1)
running = {}
"""{number: a weak reference to the Walk}, for each that is under way."""

lock = RLock()
"""Held while nodes are marked and while gradients land: by one thread at a time."""


def renew_lock():
    """In a forked process, where the thread that held it is no more."""
    global lock
    lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=renew_lock)


def is_under_way(number):
    """Whether the walk that set this mark is still under way. One that was cut short is not: it is no more."""
    known = running.get(number)
    if known is not None and known() is None:
        running.pop(number, None)
        return False
    return known is not None


class Walk:
    """One walk: ``collect``, perhaps ``keep``, then ``run``.

    targets : inner nodes whose gradients are asked for
    consume : let go of each node once it has been passed (never of a taped one)
    write_notes : let the gradients be seen on a tape, and call the hooks
    apply, unbroadcast, accumulate : as ``seams.walk`` has them, None for what the walk itself does
    order   : the nodes to pass, the leaves and then the others from the oldest on
    found   : {node: gradient} of every leaf, target and retained value reached
    free    : those of them whose gradient is in memory that nobody outside the walk holds
    later   : (leaf, ``hooks.Later``) of each gradient that hooks will give at the end
    """

    __slots__ = (
        "number", "order", "leaves", "elsewhere", "found", "free", "later", "targets", "has_targets", "consume",
        "write_notes", "apply", "unbroadcast", "accumulate", "__weakref__",
    )  # fmt: skip

    def __init__(self, targets=(), consume=True, apply=None, unbroadcast=None, accumulate=None, write_notes=True):
        self.number = next(numbers)
        self.order = []
        self.leaves = []
        self.elsewhere = {}
        self.found = {}
        self.free = set()
        self.later = []
        self.targets = targets
        self.has_targets = bool(targets)
        self.consume = consume
        self.write_notes = write_notes
        self.apply = apply
        self.unbroadcast = unbroadcast
        self.accumulate = accumulate
        running[self.number] = ref(self)

    # -- which nodes ---------------------------------------------------------------------------

    def collect(self, roots, oldest=0, check_stale=True):
        """Every node that the roots came from, born at ``oldest`` or later, oldest first, in ``order``.

        Raises where a node was used up, or a leaf was written to after it was used (unless ``check_stale`` is off).
        """
        order = self.order
        try:
            with lock:
                for node in roots:
                    self.claim(node, oldest)
                for node in order:  # the list grows while it is read
                    a, b, many = node.a, node.b, node.many
                    if node.saved_a is CONSUMED:
                        raise used_up(node)
                    if a is not None:
                        self.claim(a, oldest)
                    if b is not None:
                        self.claim(b, oldest)
                    if many is not None:
                        for a in many:
                            if a is not None:
                                self.claim(a, oldest)
            sort_by_birth(order)
            if check_stale:
                refuse_stale(order)
            early = place_hooked(order, self.leaves)
            order[:0] = [leaf for leaf in self.leaves if leaf not in early] if early else self.leaves
        except BaseException:
            self.end()
            raise

    def claim(self, node, oldest):
        """Put a node into ``order``, once: with the mark of this walk, or in its table where another walk has it."""
        if node.walk != self.number and node.birth >= oldest:
            is_free = node.walk == 0 or not is_under_way(node.walk)
            if is_free:
                node.walk = self.number
                if node.total is not None:  # what a walk that was cut short has left
                    node.total = None
            if is_free or node not in self.elsewhere:
                if not is_free:
                    self.elsewhere[node] = (None, BORROWED)
                if node.operation is LEAF:
                    self.leaves.append(node)
                else:
                    self.order.append(node)

    def keep(self, wanted):
        """Pass these nodes alone."""
        for node in self.order:
            if node not in wanted:
                self.leave(node)
        self.order[:] = [node for node in self.order if node in wanted]

    def __contains__(self, node):
        """Whether a node is one of those to pass, and has not been passed."""
        return node is not None and (node.walk == self.number or node in self.elsewhere)

    # -- the sums ------------------------------------------------------------------------------

    def put(self, node, total, own):
        if node.walk == self.number:
            node.total = total
            node.own = own
        else:
            self.elsewhere[node] = (total, own)

    def leave(self, node):
        """Give a node free that is not to be passed."""
        if node.walk == self.number:
            node.total = None
            node.walk = 0
        else:
            self.elsewhere.pop(node)

    # -- the walk itself -----------------------------------------------------------------------

    def run(self, seeds):
        """Send the gradients of the seeds {node: gradient} from the newest node to the oldest; returns ``found``."""
        for node, g in seeds.items():
            self.put(node, g, BORROWED)
        order = self.order
        try:
            while order:
                node = order.pop()
                if node.walk == self.number:
                    g, own = node.total, node.own
                    node.total = None
                    node.walk = 0
                else:
                    g, own = self.elsewhere.pop(node)
                if g is not None:
                    self.pass_on(node, g, own)
                if self.consume and node.operation is not LEAF and (node.note is None or not node.note.taped):
                    node.consume()
                if not len(order) & 1023:
                    interpreter.check_signals()
            for node, awaited in self.later:
                self.deliver(node, awaited.gradient(), BORROWED)
        finally:
            self.end()
        return self.found

    def end(self):
        """Give free whatever has not been passed."""
        running.pop(self.number, None)
        for nodes in (self.order, self.leaves):
            for node in nodes:
                if node.walk == self.number:
                    node.walk = 0
                    node.total = None

    def pass_on(self, node, g, own):
        """One node: its gradient to where it is wanted, and through the rules to its parents."""
        operation = node.operation
        if node.note is not None and node.note.hooks and self.write_notes:
            g = hooked(node, g)
            own = BORROWED
        if type(g) is Later:
            self.later.append((node, g))
        elif node.note is not None or self.has_targets or operation is LEAF:
            self.deliver(node, g, own)
        if operation is LEAF:
            pass
        elif operation.many_inputs or self.apply is not None:
            self.pass_on_to_many(node, g, own)
        else:
            a, b, saved_b, saved_a = node.a, node.b, node.saved_b, node.saved_a  # this last, see consume
            if saved_a is CONSUMED:  # by another walk, since this one has collected it
                raise used_up(node)
            if a is not None:
                self.send(node, a, operation.pulls[0], saved_a, g, own)
            if b is not None:
                self.send(node, b, operation.pulls[1], saved_b, g, own)

    def pass_on_to_many(self, node, g, own):
        """The same where there may be many inputs, or ``apply`` is replaced."""
        operation = node.operation
        many, saved = node.many, node.saved_a
        if saved is CONSUMED:
            raise used_up(node)
        if self.apply is not None:
            for parent, one in zip(node.parents, self.apply(node, g, self), strict=False):
                if one is not None:
                    self.add(node, parent, one, BORROWED)
        elif operation.together is not None and sum([parent in self for parent in many]) > 1:
            gradients = operation.together(g, [parent in self for parent in many], saved)
            for parent, one in zip(many, gradients, strict=True):
                if one is not None and parent in self:
                    self.add(node, parent, one, whose(one, g, own, saved, operation))
        else:
            for i in range(len(many)):
                if many[i] is not None:
                    self.send(node, many[i], operation.pulls[0 if operation.variadic else i], saved[i], g, own)

    def send(self, node, parent, pull, saved, g, own):
        """g through one rule to the parent, if this walk is to pass it."""
        if parent.walk == self.number or parent in self.elsewhere:
            if pull is not None:
                one = pull(g, saved)
                if type(one) is ndarray:
                    own = whose(one, g, own, saved, node.operation)
                elif type(one) is not float64 and isinstance(one, Tensor):
                    raise refuse_gradient(node, parent, one)
                self.add(node, parent, one, own)
            else:
                self.add(node, parent, g, own if own == BORROWED else FREE)  # it may be in two sums from now on

    def add(self, node, parent, one, own):
        """One more gradient to the sum of the parent, with the shape and dtype of its value."""
        if self.unbroadcast is not None:
            one = self.unbroadcast(one, parent, node)
            own = BORROWED
        elif type(one) is ndarray:
            if not interpreter.fits(one, parent.like):
                memory = memory_of(one)
                one = unbroadcast(one, parent, node)
                if type(one) is not ndarray or memory_of(one) is not memory:
                    own = FREE
        elif not (type(one) is float64 and parent.like is SCALAR) and SCALARS.get(type(one)) is not parent.like:
            one = unbroadcast(one, parent, node)
            own = FREE
        if parent.walk == self.number:
            if parent.total is not None:
                one = self.summed(parent, parent.total, one, parent.own)
                own = OWN
            parent.total = one
            parent.own = own
        else:
            total, before = self.elsewhere[parent]
            if total is not None:
                one = self.summed(parent, total, one, before)
                own = OWN
            self.elsewhere[parent] = (one, own)

    def summed(self, parent, total, one, own):
        """total + one, in place where the total's memory is of this sum alone."""
        if self.accumulate is not None:
            return self.accumulate(total, one, parent, own == OWN)
        if own == OWN and type(total) is ndarray:
            total += one
            return total
        return total + one

    def deliver(self, node, g, own):
        """Put a finished gradient where it is wanted beside the walk itself."""
        note = node.note
        if note is not None and note.taped and self.write_notes:
            note.gradient = np.array(raw(g))[()]  # nobody else's to write into, and no Tensor, whose node leads here
        if (
            node.operation is LEAF
            or (note is not None and note.retained)
            or (self.has_targets and node in self.targets)
        ):
            self.found[node] = g
            if own != BORROWED and type(g) is ndarray:
                self.free.add(node)


def holder_of(node):
    """What shows the gradient of a leaf, or of a value that retains it."""
    return node if node.operation is LEAF else node.note


def land(walk):
    """Sum the gradients that a walk has found into ``.grad`` of the leaves and of the values that retain it."""
    found, holders, gradients = walk.found, [], []
    with lock:  # another thread's sum would be lost between reading a .grad and setting it
        for node in list(found):
            holder = holder_of(node)
            before = holder.grad
            if before is not None:
                holders.append(holder)
                gradients.append(before + found.pop(node))
        if found:
            nodes, first = landed(found, walk.free)
            for node in nodes:
                holders.append(holder_of(node))
            gradients += first
        interpreter.set_all(holders, "grad", gradients)


# -- the order, and what is out of date -----------------------------------------------------


def sort_by_birth(order):
    """Oldest first: each node into the place that its birth gives it, where those of one graph lie close together."""
    newest = order[0].birth if order else 0
    oldest = newest + 1
    falling = True  # as in a chain, where each has been found through the next
    for node in order:
        if node.birth < oldest:
            oldest = node.birth
        else:
            falling = False
            if node.birth > newest:
                newest = node.birth
    if falling:
        order.reverse()
    elif newest - oldest < 8 * len(order):
        places = [None] * (newest - oldest + 1)
        for node in order:
            places[node.birth - oldest] = node
        order[:] = [node for node in places if node is not None]
    else:
        order.sort(key=birth_of)


def place_hooked(order, leaves):
    """Put each leaf with hooks before the oldest node that it went into: once that is passed, its gradient is whole.

    Its hooks are then called while the walk goes on, and not at the end. Returns the set of them.
    """
    hooked_leaves = {leaf for leaf in leaves if leaf.note is not None and leaf.note.hooks}
    early = set()
    if hooked_leaves:
        placed = []
        for node in order:
            for parent in node.parents:
                if parent in hooked_leaves and parent not in early:
                    early.add(parent)
                    placed.append(parent)
            placed.append(node)
        order[:] = placed
    return early


def refuse_stale(order):
    """Raise where a leaf was written to after it was used."""
    first = order[0] if order else None
    if first is None or LAST_WRITE.moment <= first.birth:
        return  # the common case: no leaf was written to since the graph began
    for node in order:
        for parent in node.parents:
            if type(parent) is Leaf and parent.stamp > node.birth:
                raise stale(node, parent)
