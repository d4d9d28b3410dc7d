"""Of several statements that wrote one wrong value, which one is wrong.

A gradient often comes about in steps: zeros, then sums in a loop; a copy, then some entries set; a sum of two paths.
The last statement is not to blame where what it added is right, where it only scaled what was wrong before, or where
the entries that it did not touch are wrong.
"""

import itertools

import numpy as np

from .names import is_gradient
from .steps import agree, axes

MOST_TERMS = 6


def to_blame(node, value, expected, matching, handed_on):
    """The Value of the chain whose statement is wrong.

    expected : what the last one should be; handed_on : the wrong inner gradients, {node: array}
    """
    if np.shape(value.array) != np.shape(expected):
        return value
    steps = matching.steps
    terms = steps.terms(node, handed_on)
    return matching.origin(_guilty(node, value, expected, terms, matching, handed_on))


def _guilty(node, value, expected, terms, matching, handed_on):
    steps = matching.steps
    guilty = _of_several_writes(value, expected, terms, steps.narrow)
    if guilty is value:
        return (
            _misshapen(value, matching)
            or _added(value, terms, matching, steps.narrow)
            or _addend(value, terms, matching.variables, steps.narrow)
            or _factor(node, value, handed_on, matching)
            or value
        )
    return guilty


def _of_several_writes(value, expected, terms, narrow):
    writes = value.chain.values[: value.chain.values.index(value) + 1]
    for k in range(len(writes) - 1, 0, -1):
        write, before = writes[k], writes[k].before
        if before is None or np.shape(before) != np.shape(expected) or not np.any(before):
            return write
        touched = write.array != before
        wrong = ~_close(write.array, expected, narrow)
        spoiled = np.sum(touched & wrong & _close(before, expected, narrow))
        if spoiled > 1 and 2 * spoiled >= np.sum(wrong):
            return write
        if not touched.all():
            if spoiled or 2 * np.sum(wrong & ~touched) <= np.sum(~touched):
                return write
            continue
        if _is_part(before, terms, narrow):
            return write
        added = write.array - before
        if _is_part(added, terms, narrow):
            expected = expected - added
            continue
        factor = _quotient(write.array, before)
        if factor is None or _varies_no_more(_quotient(expected, before), factor):
            return write
        expected = expected / factor
    return writes[0]


def _misshapen(value, matching):
    """The last write of a variable that is called after a step, and has another shape than the gradient of that."""
    steps = matching.steps
    for one in matching.variables(value):
        if one.how or one.node is not None or not is_gradient(one.name):
            continue
        shapes = {axes(steps.true[node]) for node, _ in steps.named(one.name, one.function)}
        if shapes and axes(one.array) not in shapes:
            return one
    return None


def _addend(value, terms, variables, narrow):
    """The last write of a variable that was added, where the rest of the sum is right and it is no term of it."""
    for one in variables(value) if len(terms) > 1 else ():
        rest = value.array - one.array if one.how != "right" and _spreads(one.array, value.array) else None
        if rest is None or not _is_part(rest, terms, narrow):
            continue
        if not _is_part(np.broadcast_to(one.array, np.shape(rest)), terms, narrow):
            return one
    return None


def _added(value, terms, matching, narrow):
    """Of what was added in a loop, the first that is none of the terms."""
    several = matching.added(value) if len(terms) > 1 else []
    several = [one for one in several if one.node is None]
    wrong = [one for one in several if not any(agree(one.array, term, narrow) for term in terms)]
    return wrong[0] if wrong else None


def _spreads(small, large):
    """Whether an array can be broadcast to the shape of another."""
    pairs = zip(reversed(np.shape(small)), reversed(np.shape(large)), strict=False)
    return np.ndim(small) <= np.ndim(large) and all(n in (1, m) for n, m in pairs)


def _factor(node, value, handed_on, matching):
    """Where a wrong derivative came from that a right δ was multiplied with: a variable, or what a helper returned."""
    steps = matching.steps
    deltas = steps.walk({n: g for n, g in handed_on.items() if n is not node})
    for factor in _factors(node, value.array, deltas, steps):
        for one in matching.derivatives:
            before = one.moment < value.moment and one.node is None and agree(one.array, factor, steps.narrow)
            if before and not _right_elsewhere(one, matching):
                return one
    return None


def _factors(node, array, deltas, steps):
    """What δ was multiplied with to give the array: of the next step, or of one after it, as in a written-out σ."""
    (place, *more) = steps.graph.places(node)
    for _ in range(0 if more else 6):
        uses = steps.graph.uses[place]
        if len(uses) != 1 or uses[0][0].like[0] != np.shape(array):
            return
        place = uses[0][0]
        factor = _quotient(array, deltas[place]) if place in deltas else None
        if factor is not None and factor.ndim and not _is_constant(factor):
            yield factor


def _right_elsewhere(value, matching):
    """Whether the statement of a helper gave what is right in another call: then this call is wrong, and not it."""
    steps = matching.steps
    others = [v for v in matching.values if v.statement is value.statement and v is not value and value.caller]
    if any(v.how == "right" or matching.forward.find(v.array) for v in others):
        return True
    named = [node for node in steps.called if np.shape(steps.true[node]) in {v.array.shape for v in others}]
    return any(
        agree(v.array, factor, steps.narrow)
        for node in named
        for factor in _factors(node, steps.true[node], steps.true, steps)
        for v in others
    )


def _is_constant(array):
    return bool(np.all(array == array.flat[0]))


def _close(a, b, narrow):
    relative = 1e-4 if narrow else 1e-6
    return np.abs(a - b) <= relative * np.abs(b) + 1e-2 * relative * np.max(np.abs(b), initial=0.0)


def _quotient(a, b):
    """a / b where that is a number everywhere, else None."""
    with np.errstate(all="ignore"):
        quotient = a / b
    return quotient if np.all(np.isfinite(quotient)) and np.all(quotient) else None


def _varies_no_more(quotient, factor):
    """Whether one quotient is constant along each axis along which the other is."""
    if quotient is None:
        return False
    flat = [axis for axis in range(factor.ndim) if _is_flat(factor, axis)]
    return (bool(flat) and all(_is_flat(quotient, axis) for axis in flat)) or (not factor.ndim)


def _is_flat(array, axis):
    return bool(np.allclose(array, np.take(array, [0], axis), rtol=1e-6, atol=0))


def _is_part(array, terms, narrow):
    """Whether an array is the sum of some of the terms."""
    if len(terms) > MOST_TERMS:
        return any(agree(array, term, narrow) for term in terms)
    return any(
        agree(array, sum(several[1:], several[0]), narrow)
        for count in range(1, len(terms))
        for several in itertools.combinations(terms, count)
    )
