"""A small alteration of the walk backward, and the walk with it.

A classic mistake in a derivation is one rule gone wrong at one node. An ``Alteration`` is such a
change; ``altered_walk`` walks with it, so that what comes out can be held against what a learner
wrote down. The engine's walk takes replaceable functions for exactly this.
"""

from copy import copy

import numpy as np

from ..engine import accumulate, apply_rules, unbroadcast, walk


class Alteration:
    """One rule altered at one node.

    rules : ``rules(node, g, gradients) -> gradients``: other gradients for the node's parents
    edge : ``edge(g, parent, node) -> g``, in place of undoing the broadcast towards a parent
    total : ``total(terms) -> gradient``, in place of the sum of all that reaches the node
    gradient : ``gradient(g) -> gradient``, in place of the sum of what reached the node, whatever it was
    above : the node whose gradient ``gradient`` is given, where that is not its own: the end of a chain that it begins
    fit : the alteration holds for a number c that is not known: with ``gradient + c · change`` in place of
        ``gradient + change``. ``fit(c)`` says whether that c makes sense; ``says`` has it as ``{c}``
    says : what was done wrong, "the minus sign of {at} is left out"; ``{at}`` is the node's label
    variant : tells the alterations of one mistake at one node apart; those of one variant at
        several nodes are also tried together
    likely : 0 where people make it, 1 where they may, 2 where it is far-fetched, 3 where nothing else will do
    reshapes : the gradient may get another shape than its value has
    mistake, node : the entry of the catalogue and the place; the entry sets them
    """

    __slots__ = (
        "mistake",
        "node",
        "rules",
        "edge",
        "total",
        "gradient",
        "above",
        "fit",
        "says",
        "variant",
        "likely",
        "reshapes",
    )

    def __init__(
        self,
        says,
        *,
        rules=None,
        edge=None,
        total=None,
        gradient=None,
        above=None,
        fit=None,
        variant="",
        likely=1,
        reshapes=False,
    ):
        self.mistake = self.node = None
        self.above = above
        self.says = says
        self.rules, self.edge, self.total, self.gradient, self.fit = rules, edge, total, gradient, fit
        self.variant, self.likely, self.reshapes = variant, likely, reshapes

    def with_number(self, c):
        """This alteration, with c in its sentence."""
        told = copy(self)
        told.says = told.says.replace("{c}", f"{c:.4g}").replace("{1 + c}", f"{1 + c:.4g}")
        return told

    def __repr__(self):
        return f"<Alteration {self.mistake.key}{self.variant and ' '}{self.variant!s} at {self.node!r}>"


def scaled(factor, says, only=None, **options):
    """All gradients of the node, or that of input ``only``, times a factor."""

    def rules(node, g, gradients):
        return [one if one is None or only not in (None, i) else factor * one for i, one in enumerate(gradients)]

    return Alteration(says, rules=rules, **options)


def revised(i, function, says, **options):
    """The gradient of input i is ``function(g, one)``, where ``one`` is what the rule gives."""

    def rules(node, g, gradients):
        return [one if one is None or k != i else function(g, one) for k, one in enumerate(gradients)]

    return Alteration(says, rules=rules, **options)


def replaced(i, function, says, **options):
    """The gradient of input i is ``function(g)`` in place of what the rule gives."""
    return revised(i, lambda g, one: function(g), says, **options)


def turned(i, function, says, **options):
    """The gradient of input i is ``function`` of what the rule gives."""
    return revised(i, lambda g, one: function(one), says, **options)


def arriving(function, says, only=None, **options):
    """The node's rules are given ``function(g)`` in place of the gradient g that reached it."""

    def rules(node, g, gradients):
        wanted = {parent for parent, one in zip(node.parents, gradients, strict=True) if one is not None}
        altered = apply_rules(node, function(g), wanted)
        return [
            one if one is None or only not in (None, i) else new
            for i, (one, new) in enumerate(zip(gradients, altered, strict=True))
        ]

    return Alteration(says, rules=rules, **options)


def altered_walk(region, targets, alterations=(), handed_on=None):
    """{node: gradient} of the targets, with alterations, and with some gradients replaced.

    region : (the nodes to walk over, oldest first; {node: gradient} where the walk starts)
    targets : the nodes whose gradients are asked for
    alterations : any number of ``Alteration``
    handed_on : {node: gradient}: what these nodes pass on in place of what reached them

    Nothing on the tape changes. A gradient keeps a wrong shape where an alteration gives it one;
    where nothing can be made of that, nothing is found.
    """
    order, seeds = region
    handed_on = handed_on or {}
    rules, edges, sums = {}, {}, {}
    for one in alterations:
        for table, function in ((rules, one.rules), (edges, one.edge), (sums, one.total)):
            if function is not None:
                table.setdefault(one.node, []).append(one)
    reshaping = any([one.reshapes for one in alterations])
    terms = {node: [] for node in sums}
    wholes = {one.node: one for one in alterations if one.gradient is not None}
    heard = {one.above: None for one in wholes.values() if one.above is not None}

    def whole(one, g):
        return one.gradient(g if one.above is None else heard[one.above])

    def altered(node, g, wanted):
        if node in sums and len(terms[node]) > 1:
            g = sums[node][-1].total(terms[node])
        if node in handed_on:
            g = handed_on[node]
        elif node in wholes:
            g = whole(wholes[node], g)
        if node in heard:
            heard[node] = g
        gradients = apply_rules(node, g, wanted)
        for one in rules.get(node, ()):
            gradients = one.rules(node, g, gradients)
        return gradients

    def fitted(g, parent, node):
        if node in edges:
            g = edges[node][-1].edge(g, parent, node)
        kept = reshaping and (node in rules or node in edges or "alias" in node.operation.traits)
        if not (kept and np.shape(g) != parent.like[0]):
            g = unbroadcast(g, parent, node)
        if parent in terms:
            terms[parent].append(g)
        return g

    def added(total, g, node, own):
        return accumulate(total, g, node, own) if np.shape(total) == np.shape(g) else total

    apply = altered if alterations or handed_on else apply_rules
    fit = fitted if edges or terms or reshaping else unbroadcast
    add = added if reshaping else accumulate
    totals = dict.fromkeys(order)
    totals.update(seeds)
    try:
        with np.errstate(all="ignore"):
            found = walk(
                list(order), totals, targets, consume=False,
                apply=apply, unbroadcast=fit, accumulate=add, write_notes=False,
            )  # fmt: skip
    except (ValueError, TypeError, IndexError, ArithmeticError):
        if not alterations:
            raise
        return {}
    for node, several in sums.items():
        if node in found and len(terms[node]) > 1:
            found[node] = several[-1].total(terms[node])
    try:
        with np.errstate(all="ignore"):
            for node, one in wholes.items():
                if node in found:
                    found[node] = whole(one, found[node])
    except (ValueError, TypeError, IndexError, ArithmeticError):
        return {}
    return found
