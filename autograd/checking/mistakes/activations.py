"""Mistakes at the derivative of an activation, and of other functions of one value.

A chain of elementwise operations that gives the values of an activation, such as 1 / (1 + exp(−x)), is one too.
"""

from bisect import bisect_left
from functools import cached_property
from operator import attrgetter

import numpy as np

from ...declaration import registry
from ...engine import apply_rules
from ...notes import Constant
from ...tensors import Tensor, raw
from ..alteration import Alteration, replaced


def derivative(operation, x, params):
    """The local derivative of an elementwise operation of one input at x."""
    leaf = Tensor(x, requires_grad=True)
    y = operation.function(leaf, **params)
    (slope, *_) = apply_rules(y.node, np.ones_like(y.data)[()], {leaf.node})
    return slope


def value(operation, x, params):
    """What an elementwise operation of one input gives."""
    return raw(operation.function(x, **params))


def _gives(operation, x, params, y):
    """Whether the operation with these arguments is y; not, where it does not take them."""
    try:
        return np.allclose(value(operation, x, params), y, rtol=1e-9, atol=1e-12)
    except ValueError:
        return False


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


# -- activations -------------------------------------------------------------------------------


class Activation:
    """A function of each entry of one value: an operation, or a chain of them that gives the same values.

    ``1 / (1 + exp(−x))`` is a sigmoid, and ``maximum(x, 0)`` a relu.

    operation, params : the activation; x, y : its input and its value
    whole : whether it is the operation that ends there; position : which input x is, of a node that is all of it
    chain : the nodes of the chain, its end too; source : the node that x is
    """

    def __init__(self, site, operation, params, source=None, chain=()):
        self.site, self.operation, self.params, self.source, self.chain = site, operation, params, source, chain
        self.whole = source is None
        inputs = list(site.inputs)
        self.position = 0 if self.whole else inputs.index(source) if inputs.count(source) == 1 else None
        if self.position is not None and len([one for one in inputs if not isinstance(one, Constant)]) > 1:
            self.position = None
        self.x = site.x if self.whole else site.graph.value(source)
        self.y = site.y

    @cached_property
    def slope(self):
        return derivative(self.operation, self.x, self.params)

    def called(self):
        return "{at}" if self.whole else f"{self.site.names.label(self.site.node)}, a {self.operation.name}"

    def replaced(self, function, says, **options):
        """``function(g)`` in place of the gradient by x, where g is that of y."""
        says = says.replace("{at}", self.called())
        if self.position is not None:
            return replaced(self.position, function, says, **options)
        one = Alteration(says, gradient=function, above=self.site.node, **options)
        one.node = self.source
        return one


def activation_at(site):
    """The Activation that ends at a node, or None."""
    if "activation" not in site.memo:
        site.memo["activation"] = _activation_at(site)
    return site.memo["activation"]


def _activation_at(site):
    if site.has("activation"):
        return Activation(site, site.operation, site.params) if is_unary(site) else None
    source, chain = _only_source(site) if site.has("elementwise") and np.size(site.y) else (None, ())
    if source is None or np.shape(site.graph.value(source)) != site.shape:
        return None
    numbers = {
        float(s.value) for node in chain for s in node.note.inputs if isinstance(s, Constant) and np.size(s.value) == 1
    }
    x, y = (np.ravel(value)[:64] for value in (site.graph.value(source), site.y))
    with np.errstate(all="ignore"):
        if np.allclose(x, y) or not np.any(y):
            return None
        for one in activations():
            names = [name for name in one.params if isinstance(one.defaults[name], float)]
            for params in ({}, *[{name: number} for name in names for number in numbers]):
                if _gives(one, x, params, y):
                    return Activation(site, one, params, source, chain)
    return None


def _only_source(site):
    """(the node that enters the chain of elementwise operations that ends here, and is used there alone; the chain)."""
    chain, sources, todo, bent = set(), {}, [site.node], False
    while todo and len(chain) < 12:
        node = todo.pop()
        if node in chain:
            continue
        chain.add(node)
        bent = bent or _bends(node)
        for source in node.note.inputs:
            if isinstance(source, Constant):
                continue
            inner = source.operation.kind in ("elementwise", "activation") and not site.names.has_name(source)
            if inner and all(user in chain or user in todo for user, _ in site.graph.uses[source]):
                todo.append(source)
            else:
                sources[source] = None
    if todo or not bent or len(sources) != 1:
        return None, ()
    (source,) = sources
    return (source, chain) if all(user in chain for user, _ in site.graph.uses[source]) else (None, ())


def _bends(node):
    """Whether an elementwise operation is more than a sum, or a multiple by one number."""
    if any(rule.needs for rule in node.operation.rules[:1]) and len(node.operation.rules) == 1:
        return True
    arrays = [s for s in node.note.inputs if isinstance(s, Constant) and np.size(s.value) > 1]
    chooses = "mask" in node.operation.arguments or not node.operation.traits.isdisjoint(("largest", "smallest"))
    return bool(arrays) or chooses


def left_out(site):
    activation = activation_at(site)
    if activation is not None and not activation.whole:
        yield activation.replaced(lambda g: g, "the derivative of {at} is left out", likely=0)
    elif is_unary(site) or (site.has("raises") and isinstance(site.inputs[1], Constant)):
        likely = 0 if site.has("activation") else 2
        yield replaced(0, lambda g: g, "the derivative of {at} is left out", likely=likely)


def at_output(site):
    activation = activation_at(site)
    if activation is None:
        return
    operation, params, x, y = activation.operation, activation.params, activation.x, activation.y
    yield activation.replaced(
        lambda g: g * derivative(operation, y, params),
        "the derivative of {at} is taken at its output instead of its input",
        variant="output",
        likely=0,
    )
    yield activation.replaced(
        lambda g: g * derivative(operation, x, params) ** 2,
        "the derivative of {at} is applied twice",
        variant="twice",
    )
    for other, words in _beside(activation):
        yield activation.replaced(
            lambda g, other=other: g * derivative(operation, other, params),
            f"the derivative of {{at}} is taken at the values of another layer: those of {words}",
            variant=f"values of {words}",
            likely=site.likely,
        )
    rule = operation.rules[0]
    if "y" in rule.needs and "x" not in rule.needs:
        kept = site.kept(0) if activation.whole else {"y": y}
        values = [x if name == "y" else kept[name] for name in rule.needs]
        yield activation.replaced(
            lambda g: rule.function(g, *values),
            "the formula of the derivative of {at}, which is in terms of its output, is given its input",
            variant="input",
        )


def _beside(activation):
    """(input, name) of the activations of the same kind next before and after, where it broadcasts to the shape."""
    site, operation = activation.site, activation.operation
    order = site.graph.order
    at = bisect_left(order, site.node.birth, key=attrgetter("birth"))
    for nodes in (order[at + 1 :], order[at - 1 :: -1] if at else ()):
        node = next((node for node in nodes if node.operation is operation), None)
        if node is None or isinstance(node.note.inputs[0], Constant):
            continue
        x = site.graph.value(node.note.inputs[0])
        if x is not activation.x and _reaches(np.shape(x), site.shape):
            yield x, site.names.label(node)


def _reaches(shape, wanted):
    try:
        return np.broadcast_shapes(shape, wanted) == wanted
    except ValueError:
        return False


def other_activation(site):
    activation = activation_at(site)
    if activation is None:
        return
    x, y = activation.x, activation.y
    others = [one for one in activations() if one is not activation.operation]
    for other in others:
        (rule,) = other.rules
        if rule.needs == ("y",) and "y" in (rule.local or ""):
            formula = _in_y(rule)
            yield activation.replaced(
                lambda g, rule=rule: rule.function(g, y),
                f"{{at}} is differentiated as if it were a {other.name}: {formula}",
                variant=formula,
            )
    for other in others:
        yield activation.replaced(
            lambda g, other=other: g * derivative(other, x, {}),
            f"the derivative of {other.name} is taken in place of that of {{at}}",
            variant=other.name,
            likely=1 if "common" in other.traits else 2,
        )


def _in_y(rule):
    """The derivative in terms of y in plain text, "1 − y²"; "" where it is not such a formula."""
    local = rule.local or ""
    return local.replace("-", "−").replace("^2", "²") if rule.needs == ("y",) and "y" in local else ""


SLOPES_IN_Y = (
    ("1 + y²", lambda y: 1 + y * y),
    ("y (1 + y)", lambda y: y * (1 + y)),
    ("1 − y", lambda y: 1 - y),
    ("1 + y", lambda y: 1 + y),
    ("y²", lambda y: y * y),
    ("(1 − y)²", lambda y: (1 - y) ** 2),
    ("−y (1 − y)", lambda y: -y * (1 - y)),
    ("y (y − 1) (1 − 2y)", lambda y: y * (1 - y) * (1 - 2 * y)),
    ("y − y³", lambda y: y - y**3),
)
"""What people write for the derivative of an activation in terms of its value."""


def wrong_derivative(site):
    """Another function in place of f′: the value itself, half of the formula, its sign, tan′ for tanh′."""
    activation = activation_at(site)
    if activation is None:
        return
    operation, params, x, y = activation.operation, activation.params, activation.x, activation.y
    right = _in_y(operation.rules[0])
    due = f" in place of {right}" if right else ""
    yield activation.replaced(
        lambda g: g * y,
        f"the value of {{at}} stands in place of its derivative: y{due}",
        variant="value",
        likely=0,
    )
    for formula, slope in SLOPES_IN_Y if right else ():
        half = ": half of the derivative is forgotten" if formula in ("1 − y",) and "y (1" in right else ""
        sign = ": plus in place of minus" if "+" in formula and formula.replace("+", "−") == right else ""
        yield activation.replaced(
            lambda g, slope=slope: g * slope(y),
            f"the derivative of {{at}} is taken as {formula}{due}{half or sign}",
            variant=formula,
            likely=0 if half or sign else 1,
        )
    yield activation.replaced(
        lambda g: g * value(operation, y, params),
        "{at} itself, taken once more of its output, stands in place of its derivative: f(f(x)) in place of f′(x)",
        variant="twice the function",
    )
    slope = activation.slope
    if np.any(slope == 1) and np.any(slope != 1):
        yield activation.replaced(
            lambda g: g * np.where(slope == 1, 1.0, y),
            "the value of {at} stands in place of its derivative where it bends",
            variant="value where it bends",
        )
    yield activation.replaced(
        lambda g: g * derivative(operation, -x, params),
        "the derivative of {at} is taken on the wrong side: f′(−x) in place of f′(x)",
        variant="wrong side",
    )
    yield activation.replaced(
        lambda g: g / activation.slope,
        "δ is divided by the derivative of {at} in place of multiplied with it",
        variant="divided",
        likely=2,
    )
    gate = np.divide(y, x, out=np.zeros(np.shape(y)), where=x != 0)  # of silu, gelu …: x times a function of x
    parts = ((gate, "y / x alone"), (activation.slope - gate, "x · (y / x)′ alone"))
    for part, words in parts if activation.whole else ():
        yield activation.replaced(
            lambda g, part=part: g * part,
            f"of the derivative of {{at}} one term of the product rule is there, {words}, and the other is left out",
            variant=words,
            likely=site.likely,
        )
    yield activation.replaced(
        lambda g: g * x, "the input of {at} stands in place of its derivative: x in place of f′(x)", variant="x"
    )
    yield activation.replaced(
        lambda g: g * derivative(operation, g, params),
        "the derivative of {at} is taken at δ in place of its input",
        variant="at δ",
    )
    for other in _functions():
        yield activation.replaced(
            lambda g, other=other: g * derivative(other, x, {}),
            f"the derivative of {other.name} is taken in place of that of {{at}}",
            variant=other.name,
            likely=2,
        )


def _functions():
    """Functions of one value that are taken for another by their name: sin, tan, exp, log."""
    return [
        one
        for one in registry.values()
        if one.kind == "elementwise" and len(one.rules) == 1 and one.names == ["x"] and bool(one.rules[0].needs)
    ]


def wrong_function(site):
    """The derivative of an elementwise function that is no activation: the value in place of it, or another's."""
    if site.has("activation") or not site.has("elementwise"):
        return
    x, y = site.x, site.y
    square = site.has("multiplies") and site.inputs[0] is site.inputs[1]  # w · w
    if not (square or is_unary(site) or (site.has("raises") and site.constant(1) is not None)):
        return

    def change(function, says, **options):
        if not square:
            return replaced(0, function, says, **options)
        return Alteration(says, rules=lambda node, g, gradients: [function(g), np.zeros(np.shape(x))], **options)

    yield change(lambda g: g * y, "the value of {at} stands in place of its derivative", variant="value", likely=2)
    yield change(
        lambda g: g * x,
        "the input of {at} stands in place of its derivative: x in place of f′(x)",
        variant="x",
        likely=2,
    )
    if not square:
        yield change(
            lambda g: g / _slope(site),
            "δ is divided by the derivative of {at} in place of multiplied with it",
            variant="divided",
            likely=2,
        )
    n = site.constant(1) if site.has("raises") else 2.0 if square else None
    for power, words in _powers(n) if n is not None else ():
        yield change(lambda g, power=power: g * power(x), f"{words} at {{at}}", variant=words, likely=site.likely)
    for other in _functions():
        if other is not site.operation:
            yield change(
                lambda g, other=other: g * derivative(other, x, {}),
                f"the derivative of {other.name} is taken in place of that of {{at}}",
                variant=other.name,
                likely=2,
            )


def _slope(site):
    """f′(x) of a function of one value, also of a power."""
    (slope, *_) = apply_rules(site.node, np.ones_like(site.y)[()], {site.parents[0]})
    return slope


def _powers(n):
    """(function of x, what is wrong) of what people write for n xⁿ⁻¹."""
    yield lambda x: n * x**n, f"the exponent {n:g} is not lowered: n xⁿ in place of n xⁿ⁻¹"
    if n != 2:
        yield lambda x: n * x ** (n - 2), f"the exponent {n:g} is lowered by 2: n xⁿ⁻² in place of n xⁿ⁻¹"
        yield lambda x: (n - 1) * x ** (n - 1), f"n − 1 = {n - 1:g} stands in place of the factor n = {n:g}"
    yield lambda x: x**n, f"xⁿ stands in place of n xⁿ⁻¹, with n = {n:g}"


def wrong_quotient(site):
    """The gradient by the denominator: −a / b² with a part of it left out."""
    if not site.has("divides") or not site.wants(1):
        return
    a, b = site.x, site.value(1)
    for slope, words in (
        (lambda: -a / b, "the denominator is not squared: −a / b in place of −a / b²"),
        (lambda: -1 / b**2, "the numerator is left out: −1 / b² in place of −a / b²"),
        (lambda: 1 / b, "it is that by the numerator: 1 / b in place of −a / b²"),
        (lambda: -a / b**3, "the denominator is cubed: −a / b³ in place of −a / b²"),
    ):
        yield replaced(
            1,
            lambda g, slope=slope: g * slope(),
            f"in the gradient by {site.called(1)}, the denominator of {{at}}, {words}",
            variant=words,
            likely=site.likely,
        )
