"""Of several statements that wrote one wrong value, which one is wrong.

A gradient often comes about in steps: zeros, then sums in a loop; a copy, then some entries set; a sum of two paths.
The last statement is not to blame where what it added is right, where it only scaled what was wrong before, or where
the entries that it did not touch are wrong.
"""

import itertools

import numpy as np

from ...node import Leaf
from ..alteration import Alteration, altered_walk
from .matching import agree

MOST_TERMS = 6


def to_blame(value, expected, steps, handed_on):
    """The Value of the chain whose statement is wrong.

    expected : what the last one should be; handed_on : the wrong inner gradients, {node: array}
    """
    if np.shape(value.array) != np.shape(expected):
        return value
    writes = value.chain.values[: value.chain.values.index(value) + 1]
    terms = None
    for k in range(len(writes) - 1, 0, -1):
        write, before = writes[k], writes[k].before
        if before is None or np.shape(before) != np.shape(write.array) or not np.any(before):
            return write
        if np.shape(before) != np.shape(expected):
            return write
        ratio = _ratio(write.array, before)
        if ratio is not None:
            if _ratio(before, expected) is not None:
                return write
            expected = expected / ratio
            continue
        touched = write.array != before
        wrong = ~_close(write.array, expected, steps.narrow)
        if not touched.all():
            if not np.any(wrong & ~touched):
                return write
            continue
        terms = _terms(value.node, steps, handed_on) if terms is None else terms
        if _is_part(before, terms, steps.narrow):
            return write
        if not _is_part(write.array - before, terms, steps.narrow):
            return write
        expected = expected - (write.array - before)
    return writes[0]


def _close(a, b, narrow):
    relative = 1e-4 if narrow else 1e-6
    return np.abs(a - b) <= relative * np.abs(b) + 1e-2 * relative * np.max(np.abs(b), initial=0.0)


def _ratio(a, b):
    """c where a is c · b, not 0; else None."""
    weight = float(np.sum(np.square(b)))
    if not weight:
        return None
    ratio = float(np.sum(a * b)) / weight
    return ratio if ratio and agree(a, ratio * np.asarray(b)) else None


def _terms(node, steps, handed_on):
    """What reaches a node along each of its uses."""
    (place, *_) = steps.graph.places(node)
    found = []

    def total(terms):
        found[:] = terms
        return sum(terms[1:], terms[0])

    one = Alteration("", total=total)
    one.node = place
    altered_walk(steps.region, steps.targets, [one], {n: g for n, g in handed_on.items() if n is not node})
    return found[:MOST_TERMS] if type(node) is not Leaf or len(steps.graph.places(node)) == 1 else []


def _is_part(array, terms, narrow):
    """Whether an array is the sum of some of the terms."""
    return any(
        agree(array, sum(several[1:], several[0]), narrow)
        for count in range(1, len(terms))
        for several in itertools.combinations(terms, count)
    )
