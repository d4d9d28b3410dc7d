"""Mistakes at a single factor of the chain rule: its sign, its constants, the derivative of an activation."""

import math

import numpy as np

from ...declaration import registry
from ...engine import apply_rules
from ...node import Constant
from ...tensors import Tensor
from ..alteration import replaced, scaled


def derivative(operation, x, params):
    """The local derivative of an elementwise operation of one input at x."""
    leaf = Tensor(x, requires_grad=True)
    y = operation.function(leaf, **params)
    (slope, *_) = apply_rules(y.node, np.ones_like(y.data)[()], {leaf.node})
    return slope


def is_unary(site):
    """Whether the node is a function of each entry of one input, with a derivative that depends on it."""
    rules = site.operation.rules
    return site.has_any("elementwise", "activation") and len(rules) == 1 and bool(rules[0].needs)


def activations():
    """Every activation that can be called with its input alone."""
    return [
        one
        for one in registry.values()
        if one.kind == "activation" and len(one.rules) == 1 and set(one.params) <= one.defaults.keys()
    ]


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
            f"the gradient by {site.called(i)} at {{at}} is divided by the batch size {n}",
            only=i,
            variant=f"batch, input {i}",
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
    elif site.has("elementwise", "multiplies"):
        for i, source in enumerate(site.inputs):
            c = site.constant(i)
            if c and c != -1:  # that one is a sign
                yield 1 / c, f"the factor {source.name or f'{c:g}'} in {{at}} is left out", 0
                yield c, f"the factor {source.name or f'{c:g}'} in {{at}} is counted twice", 1
    elif site.has("divides"):
        c = site.constant(1)
        if c:
            yield c, f"the division by {site.inputs[1].name or f'{c:g}'} in {{at}} is left out", 0
    elif site.has("loss"):
        yield from _divisors(site)
    if site.is_final and site.has("elementwise", "sums"):
        terms = _terms_of_sum(site)
        yield 1 / terms, f"the sum of {terms} terms in {{at}} is taken as their mean", 2


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


def _batch_sums(site):
    """(input, batch size) where the gradient of an input is a sum over the batch."""
    first, shape = np.shape(site.x), site.shape
    if not first or first[0] < 2:
        return
    if site.operation.includes("matrix product") and len(first) == 2 and site.wants(1):
        yield 1, first[0]
    if site.has("convolution") and "bias" in site.operation.arguments and len(first) == np.ndim(site.value(1)):
        yield from ((i, first[0]) for i in (1, 2) if site.wants(i))
    if site.has("elementwise") and site.has_any("sums", "subtracts", "multiplies") and len(shape) > 1 and shape[0] > 1:
        for i in range(len(site.inputs)):
            if site.wants(i) and np.ndim(site.value(i)) < len(shape):
                yield i, shape[0]


# -- activations -------------------------------------------------------------------------------


def left_out(site):
    if is_unary(site) or (site.has("raises") and isinstance(site.inputs[1], Constant)):
        likely = 0 if site.has("activation") else 2
        yield replaced(0, lambda g: g, "the derivative of {at} is left out", likely=likely)


def at_output(site):
    if not (site.has("activation") and is_unary(site)):
        return
    operation, params, x, y = site.operation, site.params, site.x, site.y
    yield replaced(
        0,
        lambda g: g * derivative(operation, y, params),
        "the derivative of {at} is taken at its output instead of its input",
        variant="output",
        likely=0,
    )
    yield replaced(
        0,
        lambda g: g * derivative(operation, x, params) ** 2,
        "the derivative of {at} is applied twice",
        variant="twice",
    )
    kept = site.kept(0)
    if "y" in kept and "x" not in kept:
        rule = operation.rules[0]
        values = [x if name == "y" else kept[name] for name in rule.needs]
        yield replaced(
            0,
            lambda g: rule.function(g, *values),
            "the formula of the derivative of {at}, which is in terms of its output, is given its input",
            variant="input",
        )


def other_activation(site):
    if not (site.has("activation") and is_unary(site)):
        return
    x, y = site.x, site.y
    others = [one for one in activations() if one is not site.operation]
    for other in others:
        (rule,) = other.rules
        if rule.needs == ("y",) and "y" in (rule.local or ""):
            formula = rule.local.replace("-", "−").replace("^2", "²")
            yield replaced(
                0,
                lambda g, rule=rule: rule.function(g, y),
                f"{{at}} is differentiated as if it were a {other.name}: {formula}",
                variant=formula,
            )
    for other in others:
        yield replaced(
            0,
            lambda g, other=other: g * derivative(other, x, {}),
            f"the derivative of {other.name} is taken in place of that of {{at}}",
            variant=other.name,
            likely=1 if "common" in other.traits else 2,
        )


# -- products of two ---------------------------------------------------------------------------


def factors_exchanged(site):
    """∂(a·b)/∂a is taken as a."""
    if not site.has("elementwise", "multiplies") or len(set(site.inputs)) == 1:
        return
    values = [site.graph.value(source) for source in site.inputs]
    for i in (0, 1):
        if site.wants(i):
            yield replaced(
                i,
                lambda g, own=values[i]: g * own,
                f"the factors of {{at}} are exchanged: {site.called(i)} multiplies its own gradient",
                variant=str(i),
            )
