"""What in a wrong formula is missing, extra or different: the smallest change that makes it right at all numbers.

``edits`` and ``array_edits`` offer the changes, likely ones first: signs, a factor or term left out or put in, one name
or number in place of another, powers, sums, transposes, indices. Each is a formula of the learner's own with one part
altered, so that both stand in the learner's names.
"""

import itertools
import time

import numpy as np

from .array_edits import AllEdits
from .indexing import letters_in, value_of
from .names import Gradient, Value
from .tree import Name, Number

SECONDS = 2.0


def repair(formula, agrees, points, vocabulary, target, excluded=None):
    """The first change that makes the formula agree everywhere, as a ``Repair``; or None.

    agrees(value, k) : whether a value is right at point k
    target : the recorded node whose gradient it is; None of what is no gradient
    excluded : the reference of what it is for, which may not stand in it
    """
    started = time.process_time()
    order = [*range(1, len(points)), 0]
    indexed = bool(letters_in(formula.tree) or formula.free)

    def is_right(tree):
        for k in order:
            try:
                with np.errstate(all="ignore"):
                    value = value_of(tree, points[k], formula.free) if indexed else tree.value(points[k])
            except (ValueError, IndexError):
                return False
            if not agrees(value, k):
                return False
        return True

    for one in AllEdits(formula, points[0], vocabulary, target, excluded).all():
        if is_right(one.tree):
            return one
        if time.process_time() - started > SECONDS:
            return None
    return None


def literals_that_stand_for(formula, point, vocabulary):
    """(the Formula with names in place of numbers that are theirs, a remark) of each way to read it so.

    0.593269992 is out_h1 where that has this value; then the formula is to hold at other numbers too.
    """
    choices = []
    for path, part in formula.tree.everywhere():
        if isinstance(part, Number) and "." in part.written:
            choices.append((path, part, [None, *_named_so(part, point, vocabulary)]))
    choices = [one for one in choices if len(one[2]) > 1][:8]
    ways = itertools.islice(itertools.product(*[names for _, _, names in choices]), 1, 200)
    for way in ways:
        tree, said = formula.tree, []
        for (path, part, _), name in zip(choices, way, strict=True):
            if name is not None:
                tree = tree.replaced(path, name)
                said.append(f"{part.written} is read as {name.written}")
        yield formula.with_tree(tree), "; ".join(said)


def _named_so(part, point, vocabulary):
    """The names of values and gradients that are the number, to its digits."""
    names = [Name(reference, name) for name, reference in vocabulary.all_values()]
    output = vocabulary.graph.names.output
    nodes = [(name.written, name.reference.node) for name in names if isinstance(name.reference, Value)]
    names += [Name(Gradient(node), f"∂{output}/∂{name}") for name, node in nodes] if part.slack else []
    for name in names:
        value = point.of(name.reference)
        if np.ndim(value) == 0 and abs(value - part.number) <= part.slack + 1e-12 * abs(part.number):
            yield name
