"""Laws of checking: what is fused is diagnosed like the operations that it is made of."""

import numpy as np
import pytest
from registry_cases import cases

import autograd as ag
from autograd.cases import random_like
from autograd.checking.alteration import altered_walk
from autograd.checking.graph import WalkedGraph
from autograd.checking.parts import alterations, alterations_in_parts
from autograd.checking.site import Site
from autograd.node import Leaf
from autograd.taped.replay import alone, known

fused = [case for case in cases if case.op.made_of and all(x.size for x in case.arrays) and case.sample.smooth]


def outcomes(y, leaves, seed):
    """The gradients by the leaves that come out of any single mistake, with what was said of it."""
    with alone():
        graph = WalkedGraph(y, seed, {})
        graph.final = None  # the sum of all losses may be taken as their mean, but not that in a part
        places = {graph.nodes[leaf.node]: i for i, leaf in enumerate(leaves) if leaf.node in graph.nodes}
        for node in graph.order:
            site = Site(node, graph, {}) if type(node) is not Leaf else None
            for one in (*alterations(site), *alterations_in_parts(site)) if site else ():
                found = altered_walk((graph.order, {graph.output: graph.seed}), places.keys(), [one])
                yield {places[leaf]: g for leaf, g in found.items()}, one


def in_parts(op, given):
    """Recorded by a line that names nothing: a value with a name is offered in place of others, and parts have none."""
    with ag.tape():
        return op.in_parts(given)


def is_among(outcome, others):
    return any(
        outcome.keys() == other.keys()
        and all(
            np.shape(outcome[i]) == np.shape(other[i])
            and np.allclose(outcome[i], other[i], rtol=1e-7, atol=1e-9, equal_nan=True)
            for i in outcome
        )
        for other in others
    )


@pytest.mark.slow
@pytest.mark.parametrize("case", fused, ids=lambda case: case.id)
def test_a_mistake_at_a_part_can_be_made_at_the_whole(case):
    leaves = case.leaves()
    with ag.tape() as tape:
        y = case.call(leaves)
    node = tape.nodes[-1]
    assert node.operation is case.op
    seed = random_like(y, case.rng("mistakes"))
    by_input = dict(zip(map(case.parent, case.places), leaves, strict=True))
    values = [by_input.get(i, getattr(one, "value", None)) for i, one in enumerate(node.note.inputs)]
    z = in_parts(case.op, known(node, values))
    np.testing.assert_allclose(z.data, y.data)
    of_the_whole = [outcome for outcome, _ in outcomes(y, leaves, seed)]
    tried = 0
    for outcome, one in outcomes(z, leaves, seed):
        if outcome and not one.node.operation.traits & {"alias"}:
            assert is_among(outcome, of_the_whole), one
            tried += 1
    assert tried
