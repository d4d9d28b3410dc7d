"""The walk with steps of one's own: how anomaly mode, ``create_graph``, checks and explanations look at it or alter it.

``walk`` takes three functions; those that stand here are what the walk does by itself:

* ``apply(node, g, wanted)`` gives the gradients of a node's parents, None for each not wanted
* ``unbroadcast(g, parent, node)`` gives a gradient the shape and dtype of its value
* ``accumulate(total, g, node, own)`` adds one more gradient to a node's total
"""

import numpy as np
from numpy import ndarray

from . import walking
from .errors import refuse_gradient, used_up
from .tensors import Tensor, raw
from .unbroadcasting import unbroadcast
from .walking import Walk, birth_of

__all__ = ["accumulate", "apply_rules", "collect", "unbroadcast", "walk"]


def apply_rules(node, g, wanted):
    """The gradients of the node's parents: g through each rule of a wanted parent."""
    operation = node.operation
    parents, saved, pulls = node.parents, node.saved, operation.pulls
    if node.consumed:
        raise used_up(node)
    if operation.together is not None:
        flags = [parent in wanted for parent in parents]
        if sum(flags) > 1:
            return operation.together(g, flags, saved)
    if operation.variadic:
        pulls = pulls * len(parents)
    gradients = [
        None if parent not in wanted else g if pull is None else pull(g, kept)
        for pull, parent, kept in zip(pulls, parents, saved, strict=False)
    ]
    for parent, one in zip(parents, gradients, strict=False):
        if parent in wanted and (
            (isinstance(one, Tensor) and not isinstance(g, Tensor)) or np.asarray(raw(one)).dtype.kind not in "fiub"
        ):
            raise refuse_gradient(node, parent, one)
    return gradients


def accumulate(total, g, node, own):
    """total + g; in place where ``own`` says that total is an array which this sum alone holds."""
    if own and type(total) is ndarray and not isinstance(g, Tensor):
        total += g
        return total
    return total + g


def collect(roots, oldest=0, check_stale=True):
    """(every node that the roots came from, born at ``oldest`` or later, oldest first; a dict with them for keys)."""
    walk = Walk()
    walk.collect(roots, oldest, check_stale)
    order = sorted(walk.order, key=birth_of)
    walk.end()
    return order, dict.fromkeys(order)


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
    """A walk whose steps may be replaced.

    order  : the nodes, oldest first
    totals : {node: gradient or None}; the seeds at the start. Its keys are the nodes wanted.
    targets, consume, write_notes : as ``Walk`` has them

    Returns {node: gradient} of every leaf, target and retained value reached.
    """
    one = Walk(targets, consume, apply, unbroadcast, accumulate, write_notes)
    with walking.lock:  # which a fork replaces
        for node in order:
            if node in totals:
                one.claim(node, 0)
    one.order[:0] = one.leaves
    return one.run({node: g for node, g in totals.items() if g is not None})
