"""gradcheck over every declared operation: mutants of each rule are found (``law_gradients``: the rules pass).

A mutant is the operation with an identity before or behind it whose own rule is wrong: behind it, the rule is handed
another gradient than the one that came in; before it, what the rule gives is changed.
"""

import itertools

import numpy as np
import pytest

import autograd as ag
from autograd.cases import gradients_or_zeros, random_like
from autograd.declaration import registry
from autograd.finite_differences import GradientError, gradcheck
from tests.registry_cases import cases, params


def identity(rule):
    """An operation that changes nothing, with a rule of its own; it leaves no trace in the registry."""
    before = dict(registry)
    made = ag.operation("identity", lambda x: x * 1.0, rules=[ag.rule(rule)])
    registry.clear()
    registry.update(before)
    return made


def recorded_wrongly(rule):
    """An identity whose rule is right, and the rule of its rule wrong."""
    inner = identity(rule)
    return identity(lambda g: inner(g))


def ones(g):
    return g * 0 + 1.0


def largest_entry(g, factor):
    """g with one entry changed: the largest."""
    if not g.size:
        return g
    factors = np.ones(g.shape).ravel()
    factors[np.argmax(np.abs(ag.Tensor(g).detach().data))] = factor
    return g * factors.reshape(g.shape)[()]


BEHIND = {
    "ignores g": ones,
    "takes the square of g": lambda g: g * g,
    "takes the size of g": abs,
    "takes the positive part of g": ag.relu,
}
ALL_ENTRIES = {
    "has the wrong sign": lambda g: -g,
    "is doubled": lambda g: 2.0 * g,
    "is zero": lambda g: 0.0 * g,
    "is a hundredth too large": lambda g: 1.01 * g,
}
BEFORE = ALL_ENTRIES | {
    "has one entry of the wrong sign": lambda g: largest_entry(g, -1.0),
    "has one entry left out": lambda g: largest_entry(g, 0.0),
}


def wronged(case, name, twist):
    """The case's operation with a mutant of its rules; ``twist`` is an identity with the wrong rule."""

    def f(*xs):
        y = case.call([twist(x) for x in xs] if name in BEFORE else xs)
        return twist(y) if name in BEHIND else y

    return f


def has_gradients(case):
    """Whether a gradient of the case is not 0: without one there is nothing to get wrong."""
    leaves = case.leaves()
    y = case.call(leaves)
    return y.requires_grad and any(
        np.any(g) for g in gradients_or_zeros([y], [random_like(y, case.rng("mutants"))], leaves)
    )


DIFFERENTIABLE = [case for case in cases if case.differentiable]
ALIVE = [case for case in DIFFERENTIABLE if has_gradients(case)]
OPERATIONS = sorted({case.op.name for case in ALIVE})


def of(name, among):
    return [case for case in among if case.op.name == name]


def dealt(cases, mutants):
    """Pairs in which every mutant has its turn, and every case."""
    pairs = zip(itertools.cycle(cases), itertools.cycle(mutants))
    return itertools.islice(pairs, max(len(cases), len(mutants)))


@pytest.mark.parametrize("operation", params({name: (name,) for name in OPERATIONS}))
def test_mutants_of_each_rule_are_found(operation):
    for case, (name, wrong) in dealt(of(operation, ALIVE), (BEHIND | BEFORE).items()):
        try:
            gradcheck(wronged(case, name, identity(wrong)), case.arrays)
        except GradientError as error:
            assert "order 1" in str(error)
        else:
            pytest.fail(f"{case!r}: a rule that {name} goes through")


@pytest.mark.slow
@pytest.mark.parametrize("operation", params({name: (name,) for name in OPERATIONS}))
def test_mutants_of_the_rules_of_rules_are_found(operation):
    """What the rule gives is right, and recorded wrongly: gradients of gradients are not those of its values."""
    case = of(operation, ALIVE)[0]
    for name, wrong in (BEHIND | ALL_ENTRIES).items():  # a rule of a rule may be 0 where one entry is changed
        with pytest.raises(GradientError, match="order 2"):
            gradcheck(wronged(case, name, recorded_wrongly(wrong)), case.arrays, order=2)


def test_the_laws_run_over_something():
    assert len(OPERATIONS) > 100 and len(ALIVE) > 300
