"""Mistakes between the nodes: a path that is not counted, a parameter that has changed too early."""

from ..alteration import Alteration, kept_for


def one_path_only(node, checked):
    """``=`` where ``+=`` was due: of all that reaches the node only one part counts."""
    consumers = checked.consumers[node]  # in the order in which a walk meets them, one for each use
    n = len(consumers)
    if n < 2:
        return
    paths = [checked.name_above(consumer) for consumer in consumers]
    if len(set(paths)) < n:
        paths = [checked.label(consumer) for consumer in consumers]
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


def already_updated(node, checked):
    """The rule sees the values that parameters have after the update."""
    updated = checked.updated
    if not updated:
        return
    operation, inputs = node.operation, node.note.inputs
    if operation.variadic or operation.name == "alias":
        return
    changes = {operation.inputs[k]: source for k, source in enumerate(inputs) if source in updated}
    concerned = [
        i
        for i, parent in enumerate(node.parents)
        if parent is not None and any(name in changes for name in operation.rules[i].needs)
    ]
    if not concerned:
        return
    sources = {changes[name] for i in concerned for name in operation.rules[i].needs if name in changes}
    words = ", ".join(sorted(checked.updated_in_words(source) for source in sources))

    def rules(at, g, gradients):
        gradients = list(gradients)
        for i in concerned:
            if gradients[i] is not None:
                rule, kept = operation.rules[i], kept_for(at, i)
                values = [updated[changes[name]] if name in changes else kept[name] for name in rule.needs]
                gradients[i] = rule.function(g, *values)
        return gradients

    yield Alteration(f"the already updated {words}", rules=rules, likely=0)
