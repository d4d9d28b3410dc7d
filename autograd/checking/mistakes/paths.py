"""Mistakes between the nodes: a path that is not counted, a parameter that has changed too early."""

import numpy as np

from ...taped.graph import is_leafs_alias
from ..alteration import Alteration


def one_path_only(site):
    """``=`` where ``+=`` was due: of all that reaches the node only one part counts."""
    # in the order in which a walk meets them, one for each use
    consumers = [user for user, _ in reversed(site.graph.uses[site.node])]
    n = len(consumers)
    if n < 2:
        return
    paths = [site.names.above(consumer) for consumer in consumers]
    if len(set(paths)) < n:
        paths = [site.names.label(consumer) for consumer in consumers]
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

    yield Alteration(f"the already updated {words}", rules=rules, likely=0)


def _updated_in_words(site, source):
    """ "w5 (0.35891648 in place of 0.4)"."""
    names, old, new = site.names, site.graph.value(source), site.updated[source]
    holder = source
    while holder.operation.kind == "shape" and not is_leafs_alias(holder):
        holder = holder.note.inputs[0]
    name = names.name(holder)
    return f"{name} ({new:.6g} in place of {old:.6g})" if np.ndim(old) == 0 else name
