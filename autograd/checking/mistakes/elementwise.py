"""Mistakes at a single factor of the chain rule: its sign, its constants."""

import math

import numpy as np

from ...notes import Constant
from ..alteration import scaled

# -- sign --------------------------------------------------------------------------------------


def sign(site):
    operation = site.operation
    if site.has("alias"):
        return
    if site.has("loss"):
        if operation.includes("subtracts"):
            yield scaled(-1.0, "the difference in {at} is taken the other way round", likely=0, variant="difference")
        else:
            yield scaled(-1.0, "the minus sign of {at} is left out", likely=0, variant="loss")
        return
    wanted = [i for i, parent in enumerate(site.parents) if parent is not None]
    for i in wanted:
        rule = operation.rules[0 if operation.variadic else i]
        if rule.local and rule.local.startswith("-"):
            yield scaled(-1.0, "the minus sign of {at} is left out", only=i, likely=0, variant=f"input {i}")
        elif site.has("subtracts"):
            yield scaled(
                -1.0, "the difference in {at} is taken the other way round", only=i, likely=0, variant="difference"
            )
        else:
            which = f", towards {site.called(i)}," if len(wanted) > 1 else ""
            yield scaled(-1.0, f"the sign at {{at}}{which} is turned", only=i, likely=2, variant=f"input {i}")


# -- a constant factor -------------------------------------------------------------------------


def factor(site):
    for value, says, likely in _factors(site):
        if math.isfinite(value) and value not in (0.0, 1.0):
            yield scaled(value, says, variant=says, likely=likely)
    for i, n in _batch_sums(site):
        yield scaled(
            1 / n,
            f"the gradient by {site.called(i)} at {{at}} is divided by {_counted(site, n)}, which is not due there: "
            "a mean in place of the sum",
            only=i,
            variant=f"batch {n}, input {i}",
        )


def _factors(site):
    """(factor, what is wrong, likely): the constants that this operation puts into the gradient, or might."""
    for constant in site.factors:
        yield 1 / constant.value, f"{constant.name} is left out{constant.note}", 0
    x, n, rest = site.x, np.size(site.x), np.size(site.y)
    if site.has("reduction", "sums") and rest:
        yield rest / n if n else 1, f"the sum in {{at}} is taken as a mean: divided by N = {n // rest}", 0
        if np.ndim(x) > 1:
            yield 1 / len(x) if len(x) else 1, f"{{at}} is divided by the batch size {len(x)}", 1
    elif site.has("raises"):
        b = site.constant(1)
        if b:
            yield 1 / b, f"the {'2 of the square' if b == 2 else f'exponent {b:g}'} in {{at}} is left out", 0
            if b < 0:
                yield 1 / -b, f"the factor {-b:g} of the exponent in {{at}} is left out", 0
    elif site.has("elementwise", "multiplies"):
        for i, source in enumerate(site.inputs):
            c = site.constant(i)
            if c and c != -1:  # that one is a sign
                yield 1 / c, f"the factor {source.name or f'{c:g}'} in {{at}} is left out", 0
                yield c, f"the factor {source.name or f'{c:g}'} in {{at}} is counted twice", 1
        if site.inputs[0] is site.inputs[1]:
            yield 0.5, "the 2 of the square in {at} is left out", 0
    elif site.has("divides"):
        c = site.constant(1)
        if c:
            yield c, f"the division by {site.inputs[1].name or f'{c:g}'} in {{at}} is left out", 0
            yield 1 / c, f"{{at}} is divided by {site.inputs[1].name or f'{c:g}'} twice", 1
            for other in _lengths(site):
                if other != c:
                    yield c / other, f"{{at}} is divided by {other} in place of {c:g}", 1
                if c != round(c) and math.isclose(c * c, round(c * c)) and other != round(c * c):
                    yield c / math.sqrt(other), f"{{at}} is divided by √{other} in place of √{c * c:g}", 1
    elif _is_average(site) and n and rest:
        yield from _other_counts(site, n // rest)
    elif site.has("loss"):
        yield from _divisors(site)
    if site.is_final and site.has("elementwise", "sums"):
        terms = _terms_of_sum(site)
        yield 1 / terms, f"the sum of {terms} terms in {{at}} is taken as their mean", 2


def _lengths(site):
    """The lengths of the axes of what the node was made from, and their products: what people divide by."""
    lengths, todo, seen = set(), [site.node], set()
    while todo and len(seen) < 12:
        node = todo.pop()
        if isinstance(node, Constant) or node in seen:
            continue
        seen.add(node)
        shape = node.like[0]
        lengths |= {math.prod(shape[i:j]) for i in range(len(shape)) for j in range(i + 1, len(shape) + 1)}
        todo += node.note.inputs if node.note is not None else ()
    return sorted(lengths - {0, 1})


def _is_average(site):
    """Whether it is a mean, or a mean of squares: a variance, a deviation."""
    return site.has("reduction") and not site.has_any("sums", "multiplies", "largest", "smallest")


def _other_counts(site, count):
    """What else a mean over ``count`` entries may be divided by."""
    shape = np.shape(site.x)
    yield 1 / count, f"the division by N = {count} in {{at}} is made twice", 1
    if not site.has("averages"):
        yield count, f"the division by N = {count} in {{at}} is left out", 0
    others = {n for n in shape if n > 1} | {int(np.prod(shape[k:])) for k in range(len(shape))}
    others |= {count - 1, int(np.prod(shape[:1] + shape[2:]))}
    for other in sorted({*others, *_lengths(site)} - {0, 1, count}):
        likely = 1 if other in others else 2
        yield count / other, f"{{at}} is divided by {other} in place of all N = {count} entries", likely


def _divisors(site):
    """What else a loss may be divided by, in place of the number of its entries or beside it."""
    x, classes = site.x, site.has("classes")
    rows = 1 if np.ndim(x) < 2 else len(x)
    per_row = max(1, np.size(x) // max(1, rows))
    entries = max(1, np.size(x) // np.shape(x)[min(1, np.ndim(x) - 1)]) if classes and np.ndim(x) else np.size(x)
    if site.argument("reduction") == "mean":
        if rows > 1 and entries != rows:
            yield entries / rows, f"{{at}} is divided by the batch size {rows} in place of all {entries} entries", 0
            yield (
                entries / per_row,
                f"{{at}} is divided by the number of outputs {per_row} in place of all {entries} entries",
                1,
            )
        if rows > 1:
            yield 1 / rows, f"{{at}} is divided by the batch size {rows} once too often", 1
    else:
        yield 1 / entries, f"{{at}} is taken as a mean: divided by N = {entries}", 0
        if rows > 1:
            yield 1 / rows, f"{{at}} is divided by the batch size {rows}", 0
    if per_row > 1:
        yield 1 / per_row, f"{{at}} is divided by the number of outputs {per_row}", 2
    weight, target = site.params.get("weight"), np.asarray(site.argument("target"))
    if classes and site.argument("reduction") == "mean" and weight is not None and target.dtype.kind in "iu":
        total = float(np.asarray(weight)[target[(target >= 0) & (target < np.size(weight))]].sum())
        yield total / target.size, f"{{at}} is divided by N = {target.size} in place of the sum of the weights", 1


def _terms_of_sum(site):
    """How many terms a chain of additions adds."""
    todo, terms = list(site.inputs), 0
    while todo:
        source = todo.pop()
        if not isinstance(source, Constant) and source.operation is site.operation:
            todo.extend(source.note.inputs)
        else:
            terms += 1
    return terms


def _counted(site, n):
    """ "the batch size 6", "the number of places 9"."""
    if not site.has("convolution") or n == site.shape[0]:
        return f"the batch size {n}"
    return f"the number of places {n}" if n == math.prod(site.shape[2:]) else f"N · H · W = {n}"


def _batch_sums(site):
    """(input, number of terms) where the gradient of an input is a sum over examples, or over places too."""
    x, shape = np.shape(site.x), site.shape
    if site.operation.includes("matrix product") and len(x) == 2 and site.wants(1):
        yield from _more_than_one(1, x[0])
    if site.has("matrix product") and len(shape) == 2 and np.ndim(site.value(1)) == 2 and site.wants(0):
        yield from _more_than_one(0, shape[1])  # examples in columns
    if site.has("convolution") and "bias" in site.operation.arguments and len(x) == np.ndim(site.value(1)):
        places = math.prod(shape[2:])
        for n in dict.fromkeys([shape[0], places, shape[0] * places]):
            for i in (1, 2):
                if site.wants(i):
                    yield from _more_than_one(i, n)
    if site.has("normalization") and len(x) > 1 and x[1]:
        for n in dict.fromkeys([x[0], math.prod(x) // x[1]]):
            for i in (1, 2):
                if site.wants(i):
                    yield from _more_than_one(i, n)
    if site.has("elementwise") and site.has_any("sums", "subtracts", "multiplies") and len(shape) > 1:
        for i in range(len(site.inputs)):
            if site.wants(i) and np.ndim(site.value(i)) < len(shape):
                yield from _more_than_one(i, shape[0])


def _more_than_one(i, n):
    return [(i, n)] if n > 1 else []
