"""Mistakes between the nodes: a path that is not counted, a parameter that has changed too early."""

import math

import numpy as np

from ...taped.graph import is_leafs_alias
from ..alteration import Alteration, arriving


def one_path_only(site):
    """``=`` where ``+=`` was due: of all that reaches the node only one part counts."""
    paths = _paths(site)
    n = len(paths)
    if n < 2:
        return
    for k in dict.fromkeys([0, n - 1, *range(min(n, 8))]):
        variant = "newest" if k == 0 else "oldest" if k == n - 1 else str(k)
        yield Alteration(
            f"only the path through {paths[k]} is counted at {{at}}, 1 of {n} (“=” where “+=” was due)",
            total=lambda terms, k=k: terms[min(k, len(terms) - 1)],
            variant=variant,
            likely=0,
        )
    for k in range(min(n, 8)) if n > 2 else ():
        yield Alteration(
            f"the path through {paths[k]} is left out at {{at}}, 1 of {n}",
            total=lambda terms, k=k: sum(terms[:k] + terms[k + 1 :]),
            variant=f"without {k}",
        )


def multiplied(site):
    """What comes along several paths is multiplied, as along one path, where it is to be added up."""
    paths = _paths(site)
    if len(paths) > 1:
        yield Alteration(
            f"what reaches {{at}} through {len(paths)} paths is multiplied with each other in place of added up",
            total=lambda terms: math.prod(terms),
            variant="product",
            likely=site.likely,
        )


def already_updated(site):
    """The rule sees the values that parameters have after the update."""
    updated = site.updated
    if not updated:
        return
    operation, inputs = site.operation, site.inputs
    if operation.variadic or site.has("alias"):
        return
    changes = {operation.inputs[k]: source for k, source in enumerate(inputs) if source in updated}
    concerned = [
        i
        for i, parent in enumerate(site.parents)
        if parent is not None and any(name in changes for name in operation.rules[i].needs)
    ]
    if not concerned:
        return
    sources = {changes[name] for i in concerned for name in operation.rules[i].needs if name in changes}
    words = ", ".join(sorted(_updated_in_words(site, source) for source in sources))

    def rules(at, g, gradients):
        gradients = list(gradients)
        for i in concerned:
            if gradients[i] is not None:
                rule, kept = operation.rules[i], site.kept(i)
                values = [updated[changes[name]] if name in changes else kept[name] for name in rule.needs]
                gradients[i] = rule.function(g, *values)
        return gradients

    if site.rate_known:
        yield Alteration(f"the already updated {words}", rules=rules, likely=0)
    else:
        words = ", ".join(sorted({_holder(site, source) for source in sources}))
        yield Alteration(
            f"the already updated {words}: after the step of a learning rate η = {{c}}",
            rules=rules,
            fit=lambda c: 1e-6 < c <= 100,
            variant="η",
        )


def _holder(site, source):
    """The name of the parameter whose value, perhaps transposed, the source is."""
    while source.operation.kind == "shape" and not is_leafs_alias(source):
        source = source.note.inputs[0]
    return site.names.name(source)


def _updated_in_words(site, source):
    """ "w5 (0.35891648 in place of 0.4)"."""
    old, new, name = site.graph.value(source), site.updated[source], _holder(site, source)
    return f"{name} ({new:.6g} in place of {old:.6g})" if np.ndim(old) == 0 else name


# -- paths that count too often ----------------------------------------------------------------


def _paths(site):
    """[what each use of the node is called], in the order in which a walk meets them."""
    consumers = [user for user, _ in reversed(site.graph.uses[site.node])]
    if len(consumers) < 2:
        return ()
    paths = [site.names.above(consumer) for consumer in consumers]
    return [site.names.label(consumer) for consumer in consumers] if len(set(paths)) < len(paths) else paths


def counted_again(site):
    """A path that is counted twice; a node that is sent back for each use, with all that has arrived until then."""
    paths = _paths(site)
    n = len(paths)
    if n < 2:
        return
    for k in range(min(n, 8)):
        yield Alteration(
            f"the path through {paths[k]}, 1 of {n}, is counted twice at {{at}}",
            total=lambda terms, k=k: sum(terms) + terms[k],
            variant=f"path {k}",
        )
    if n == 2 and any(site.wants(i) for i in range(len(site.parents))):
        for order in (1, -1):
            yield arriving(
                lambda g, order=order: _sent_again(site, g, order),
                f"{{at}} is sent back more than once: again for each of its {n} uses, each time with all that has "
                "arrived until then",
                variant=f"again {order}",
            )
    elif n > 2 and any(site.wants(i) for i in range(len(site.parents))):
        yield arriving(
            lambda g: _sent_again(site, g, 1),
            f"{{at}} is sent back more than once: again for each of its {n} uses, each time with all that has "
            "arrived until then",
            variant="again",
        )


def _sent_again(site, g, order):
    terms = site.graph.terms[site.node]
    if len(terms) < 2 or not np.allclose(sum(terms), g, rtol=1e-9):
        raise ValueError("what arrived is not what the parts add up to")
    sent, so_far = 0.0, 0.0
    for term in terms[::order]:
        so_far = so_far + term
        sent = sent + so_far
    return sent


def path_scaled(site):
    """One of several paths has a constant factor that it should not have."""
    paths = _paths(site)
    n = len(paths)
    for k in range(min(n, 8)) if n > 1 else ():
        yield Alteration(
            f"the path through {paths[k]}, 1 of {n}, is counted {{1 + c}} times at {{at}}",
            total=lambda terms, k=k: sum(terms) + terms[k],
            fit=lambda c: abs(c) > 1e-3 and abs(c + 1) > 1e-3 and abs(c - 1) > 1e-3 and -10 < c < 100,
            variant=f"scaled path {k}",
            likely=2,
        )
