"""Mistakes at what the chain rule multiplies: the δ that comes in, the other factor, the mask of a dropout."""

import numpy as np

from ...node import Leaf
from ...notes import Constant
from ...taped.graph import is_leafs_alias
from ..alteration import Alteration, arriving, replaced

# -- the δ that comes in, and what it is multiplied with ---------------------------------------


def delta_ignored(site):
    """The local derivative alone, as if 1 had come in."""
    if not np.size(site.y) or site.has_any("alias", "loss", "shape"):
        return
    what = site.has_any("activation", "pooling", "elementwise", "reduction", "contraction", "convolution", "softmax")
    if not what or all(parent is None for parent in site.parents):
        return
    yield arriving(
        lambda g: np.ones_like(g),
        "the incoming gradient δ is ignored at {at}: the local derivative stands alone, not multiplied by it",
        variant="ones",
        likely=0 if site.has_any("activation", "pooling") else 1,
    )


def weight_left_out(site):
    """The other factor is left out of the chain: δ in place of δ · w."""
    if site.has("elementwise", "multiplies") and len(set(site.inputs)) > 1:
        for i in (0, 1):
            if site.wants(i) and site.constant(1 - i) is None:
                yield replaced(
                    i,
                    lambda g: g,
                    f"the factor {site.called(1 - i)} is left out of the gradient by {site.called(i)} at {{at}}",
                    variant=f"input {i}",
                )
    elif site.has("divides") and site.wants(0) and site.constant(1) is None:
        yield replaced(
            0, lambda g: g, f"the division by {site.called(1)} is left out of the gradient at {{at}}", variant="input 0"
        )
    elif site.has("contraction") and len(site.parents) >= 2 and not site.operation.variadic:
        for i in (0, 1):
            mine, other = np.shape(site.value(i)), site.value(1 - i)
            if not site.wants(i) or not mine:
                continue
            name = site.called(1 - i)
            if mine == site.shape:
                yield replaced(
                    i,
                    lambda g: g,
                    f"{name} is left out of the gradient by {site.called(i)} at {{at}}: δ is passed on as it is",
                    variant=f"as it is {i}",
                )
            if np.ndim(other) and site.operation.rules[i].needs:
                yield _with_ones(site, i, name)


def _with_ones(site, i, name):
    """The rule of an input, given ones for the other one."""
    rule, inputs = site.operation.rules[i], site.operation.inputs
    kept = site.kept(i)
    if inputs[1 - i] not in kept:
        return Alteration("nothing is altered at {at}", likely=2)
    ones = {**kept, inputs[1 - i]: np.ones_like(kept[inputs[1 - i]])}
    return replaced(
        i,
        lambda g: rule.function(g, *[ones[key] for key in rule.needs]),
        f"{name} is left out of the gradient by {site.called(i)} at {{at}}: the δ's are added up without it",
        variant=f"ones {i}",
    )


def another_value(site):
    """The value before the activation, or after it, or of another step nearby, in place of the other factor."""
    product = site.has("elementwise", "multiplies") or (site.has("contraction") and not site.operation.variadic)
    if not product or len(site.parents) < 2:
        return
    inputs = site.operation.inputs
    for i in (0, 1):
        rule, kept = (site.operation.rules[i], site.kept(i)) if site.wants(i) else (None, {})
        if inputs[1 - i] not in kept:
            continue
        near = [] if isinstance(site.inputs[1 - i], Constant) else _nearby(site, 1 - i)
        for other, name, variant in (*((other, name, name) for other, name in near), *_made_of_it(site, 1 - i)):
            changed = {**kept, inputs[1 - i]: other}
            yield replaced(
                i,
                lambda g, rule=rule, changed=changed: rule.function(g, *[changed[key] for key in rule.needs]),
                f"{name} stands in place of {site.called(1 - i)} in the gradient by {site.called(i)} at {{at}}",
                variant=f"{variant} {i}",
            )


def _made_of_it(site, k):
    """(value, name, how far it is) of what the product goes into, of the shape of input k: the next h in place of h."""
    shape, users, seen = np.shape(site.value(k)), [site.node], set()
    if not shape:
        return
    for steps in range(1, 5):
        users = [user for node in users for user, _ in site.graph.uses[node] if user not in seen]
        seen.update(users)
        users = [user for user in users if user.operation.kind in ("elementwise", "activation")]
        for user in users:
            if user.like[0] == shape and (user.operation.kind == "activation" or site.names.has_name(user)):
                yield site.graph.value(user), site.names.label(user), f"made of it in {steps}"


def _nearby(site, k):
    """(value, name) of those from which input k was made in a few steps, and that were made of it, of its shape."""
    graph, source = site.graph, site.inputs[k]
    seen, todo = {source}, [(source, 0)]
    while todo:
        node, depth = todo.pop(0)
        if isinstance(node, Constant) or depth > 6:
            continue
        near = [*node.note.inputs, *[user for user, _ in graph.uses[node] if user is not site.node and depth == 0]]
        for other in near:
            if isinstance(other, Constant) or other in seen or other.note is None:
                continue
            seen.add(other)
            todo.append((other, depth + 1 if other not in graph.uses.get(source, ()) else 7))
            named = (
                site.names.has_name(other) or "alias" in other.operation.traits or other.operation.kind == "contraction"
            )
            if other.like[0] == source.like[0] and named:
                yield graph.value(other), site.names.label(other)


def another_delta(site):
    """The gradient of a weight or a bias, made with the δ of another value."""
    scalar = not site.shape
    product = site.has("contraction") or site.has("convolution") or site.has("elementwise", "multiplies")
    if not (product or site.has("elementwise", "sums")) or site.operation.variadic:
        return
    for i, parent in enumerate(site.parents):
        is_leaf = parent is not None and is_leafs_alias(parent)
        if parent is None or not (is_leaf or (product and not scalar)):
            continue
        if not product and np.shape(site.value(i)) == site.shape and not scalar:
            continue
        for other, g in site.passed.items():
            if other is site.node or type(other) is Leaf or is_leafs_alias(other) or np.shape(g) != site.shape:
                continue
            if not site.names.has_name(other) or other.operation.kind == "loss" or g is site.passed.get(site.node):
                continue
            name = site.names.label(other)
            if other.operation.kind == "activation" and site.leads_to(other):
                name += ", without the derivative of that"
            yield arriving(
                lambda _, g=g: g,
                f"the gradient by {site.called(i)} at {{at}} is made with another value's δ: that of {name} (copied?)",
                only=i,
                variant=f"δ of {name} {i}",
                likely=2 if scalar else 1,
            )


def mask_forgotten(site):
    """What was dropped gets a gradient too: of a dropout, or of a mask that was multiplied with."""
    if site.has("dropout"):
        mask = site.kept(0).get(site.operation.arguments.get("mask"), None)
        scale = _largest_in(site.y, site.x) if mask is None else None
        scale = 1 / (1 - site.params.get("p", 0.5)) if scale is None else scale
        yield from _without_mask(0, "{at}", scale)
        if mask is not None:
            yield replaced(
                0,
                lambda g: g * np.asarray(mask, dtype=bool) * (1 - site.params.get("p", 0.5)),
                "δ is multiplied by 1 − p in place of divided by it at the dropout {at}",
                variant="1 − p",
            )
    elif site.has("elementwise", "multiplies"):
        for i in (0, 1):
            if not site.wants(i) or not isinstance(site.inputs[1 - i], Constant):
                continue
            mask = np.asarray(site.value(1 - i))
            values = np.unique(mask if 1 < mask.size <= 1_000_000 else [])
            if len(values) == 2 and values[0] == 0:
                scale = float(values[1])
                yield from _without_mask(i, "{at}", scale)
                if scale != 1:
                    yield replaced(
                        i,
                        lambda g, mask=mask: g * (mask != 0),
                        f"the factor {scale:.6g} of the mask in {{at}} is left out: 1/(1 − p) of a dropout",
                        variant=f"unscaled mask {i}",
                        likely=0,
                    )


def _largest_in(y, x):
    """y / x where y is not 0."""
    there = np.asarray(y) != 0
    return float((np.asarray(y)[there] / np.asarray(x)[there]).flat[0]) if there.any() else None


def _without_mask(i, at, scale):
    said = f"the mask of {at} is left out: δ goes to the dropped units (set to 0) as well"
    times = "" if scale == 1 else f", times {scale:.6g}"
    yield replaced(i, lambda g: g * scale, f"{said}{times}", variant=f"scaled {i}", likely=0)
    if scale != 1:
        yield replaced(
            i, lambda g: g, f"{said}, and the factor {scale:.6g} is left out", variant=f"unscaled {i}", likely=1
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
