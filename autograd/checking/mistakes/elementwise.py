"""Mistakes at a single factor of the chain rule: its sign, its constants, the derivative of an activation."""

import math

import numpy as np

from ...declaration import registry
from ...engine import apply_rules
from ...node import Constant, Leaf
from ...tensor import Tensor
from ..alteration import replaced, scaled

ACTIVATIONS = ("sigmoid", "tanh", "relu", "softplus", "silu", "gelu", "elu", "leaky_relu")
IDENTITIES = ("alias", "negative", "clip", "sign", "astype", "remainder", "floor_divide")


def derivative(operation, x, params):
    """The local derivative of an elementwise operation of one input at x."""
    leaf = Tensor(x, requires_grad=True)
    y = operation.function(leaf, **params)
    (slope, *_) = apply_rules(y.node, np.ones_like(y.data)[()], {leaf.node})
    return slope


def is_unary(site):
    """Whether the node is a function of each entry of one input."""
    operation = site.operation
    if operation.name in IDENTITIES or operation.kind not in ("elementwise", "activation"):
        return False
    return len(operation.rules) == 1 and operation.name not in ("softmax", "log_softmax")


def is_activation(site):
    return site.operation.name in ACTIVATIONS or (is_unary(site) and site.operation.kind == "activation")


# -- sign --------------------------------------------------------------------------------------


def sign(site):
    name = site.operation.name
    if name == "alias":
        return
    if name in ("mse", "l1"):
        yield scaled(-1.0, "the difference in {at} is taken the other way round", likely=0, variant="difference")
        return
    if site.operation.kind == "loss":
        yield scaled(-1.0, "the minus sign of {at} is left out", likely=0, variant="loss")
        return
    wanted = [i for i, parent in enumerate(site.parents) if parent is not None]
    for i in wanted:
        minus = (name, i) in (
            ("subtract", 1),
            ("negative", 0),
            ("divide", 1),
            ("reciprocal", 0),
            ("cos", 0),
            ("arccos", 0),
        )
        if minus:
            yield scaled(-1.0, "the minus sign of {at} is left out", only=i, likely=0, variant=f"input {i}")
        elif name == "subtract":
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
    """(factor, what is wrong, likely): the constants that this operation puts into the gradient."""
    operation, params = site.operation, site.params
    name = operation.name
    x = site.value(0)
    n, rest = np.size(x), np.size(site.y)
    if name == "mean" and rest:
        yield n // rest, f"the 1/N of the mean in {{at}} is left out (N = {n // rest})", 0
    elif name in ("var", "std") and rest:
        count = n // rest - params.get("ddof", 0)
        yield count, f"the 1/N of {{at}} is left out (N = {count})", 0
        if name == "var":
            yield 0.5, "the 2 of the square in {at} is left out", 0
    elif name == "sum" and rest:
        yield rest / n if n else 1, f"the sum in {{at}} is taken as a mean: divided by N = {n // rest}", 0
        if np.ndim(x) > 1:
            yield 1 / len(x) if len(x) else 1, f"{{at}} is divided by the batch size {len(x)}", 1
    elif name == "square":
        yield 0.5, "the 2 of the square in {at} is left out", 0
    elif name == "power":
        exponent = site.inputs[1]
        if isinstance(exponent, Constant) and np.size(exponent.value) == 1 and float(exponent.value):
            b = float(exponent.value)
            yield 1 / b, f"the {'2 of the square' if b == 2 else f'exponent {b:g}'} in {{at}} is left out", 0
    elif name == "sqrt":
        yield 2.0, "the 1/2 of the square root in {at} is left out", 0
    elif name in ("log2", "log10"):
        base = 2 if name == "log2" else 10
        yield math.log(base), f"the 1/ln {base} of {{at}} is left out", 0
    elif name == "multiply":
        for source in site.inputs:
            if isinstance(source, Constant) and np.size(source.value) == 1 and float(np.reshape(source.value, ())):
                c = float(np.reshape(source.value, ()))
                called = source.name or f"{c:g}"
                if c == -1:
                    continue  # that one is a sign
                yield 1 / c, f"the factor {called} in {{at}} is left out", 0
                yield c, f"the factor {called} in {{at}} is counted twice", 1
    elif name == "divide":
        source = site.inputs[1]
        if isinstance(source, Constant) and np.size(source.value) == 1 and float(np.reshape(source.value, ())):
            c = float(np.reshape(source.value, ()))
            yield c, f"the division by {source.name or f'{c:g}'} in {{at}} is left out", 0
    elif name == "avg_pool2d":
        size = params["kernel_size"]
        size = size[0] * size[1] if isinstance(size, tuple | list) else size * size
        yield size, f"the 1/{size} of the average in {{at}} is left out", 0
    elif operation.kind == "loss":
        yield from _loss_factors(name, x, params)
    if site.node is site.graph.output and name == "add":
        terms = _terms_of_sum(site)
        yield 1 / terms, f"the sum of {terms} terms in {{at}} is taken as their mean", 2
    if site.recorded.operation.name == "dropout" and name == "multiply":
        p = site.recorded.note.params["p"]
        yield 1 - p, f"the 1/(1 − p) of the dropout is left out (p = {p:g})", 0


def _loss_factors(name, x, params):
    classes = name in ("cross_entropy", "nll_loss")
    rows = 1 if np.ndim(x) < 2 else len(x)
    per_row = max(1, np.size(x) // max(1, rows))
    entries = max(1, np.size(x) // np.shape(x)[min(1, np.ndim(x) - 1)]) if classes and np.ndim(x) else np.size(x)
    reduction = params.get("reduction", "mean")
    if name == "mse":
        yield 0.5, "the 2 of the square in {at} is left out", 0
    if reduction == "mean":
        yield entries, f"the 1/N of the mean in {{at}} is left out (N = {entries})", 0
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
        if not isinstance(source, Constant) and source.operation.name == "add":
            todo.extend(source.note.inputs)
        else:
            terms += 1
    return terms


def _batch_sums(site):
    """(input, batch size) where the gradient of an input is a sum over the batch."""
    name, inputs = site.operation.name, site.inputs
    first = np.shape(site.x)
    if name in ("matmul", "linear") and len(first) == 2 and site.wants(1) and first[0] > 1:
        yield 1, first[0]
    if name == "conv2d" and first[0] > 1:
        yield from ((i, first[0]) for i in (1, 2) if site.wants(i))
    shape = site.shape
    if name in ("add", "subtract", "multiply") and len(shape) > 1 and shape[0] > 1:
        for i, source in enumerate(inputs):
            if site.wants(i) and np.ndim(site.graph.value(source)) < len(shape):
                yield i, shape[0]


# -- activations -------------------------------------------------------------------------------


def left_out(site):
    if is_unary(site) or (site.operation.name == "power" and isinstance(site.inputs[1], Constant)):
        likely = 0 if is_activation(site) else 2
        yield replaced(0, lambda g: g, "the derivative of {at} is left out", likely=likely)


def at_output(site):
    if not is_activation(site):
        return
    operation, params, y = site.operation, site.params, site.y
    yield replaced(
        0,
        lambda g: g * derivative(operation, y, params),
        "the derivative of {at} is taken at its output instead of its input",
        variant="output",
        likely=0,
    )
    x = site.value(0)
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
    if not is_activation(site):
        return
    own, x, y = site.operation.name, site.value(0), site.y
    if own != "sigmoid":
        yield replaced(
            0, lambda g: g * y * (1 - y), "{at} is differentiated as if it were a sigmoid: y (1 − y)", variant="y(1-y)"
        )
    if own != "tanh":
        yield replaced(
            0, lambda g: g * (1 - y * y), "{at} is differentiated as if it were a tanh: 1 − y²", variant="1-y²"
        )
    for other in ACTIVATIONS:
        if other != own:
            yield replaced(
                0,
                lambda g, other=registry[other]: g * derivative(other, x, {}),
                f"the derivative of {other} is taken in place of that of {{at}}",
                variant=other,
                likely=1 if other in ("sigmoid", "tanh", "relu") else 2,
            )


# -- products of two ---------------------------------------------------------------------------


def factors_exchanged(site):
    """∂(a·b)/∂a is taken as a."""
    if site.operation.name != "multiply" or len(set(site.inputs)) == 1:
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


def is_leaf_alias(site):
    return site.operation.name == "alias" and type(site.inputs[0]) is Leaf
