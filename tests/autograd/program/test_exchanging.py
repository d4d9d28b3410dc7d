"""Max pooling before relu, where the function has them the other way round: bit by bit the same."""

import numpy as np
import pytest

import autograd as ag
from autograd.tensors import raw

PLACES = {"kernel_size": 3, "stride": 2, "padding": 1}


def values_of(seed):
    x = np.random.default_rng(seed).normal(size=(2, 3, 9, 9)) - 0.5
    x[0, 0, :4, :4] = -1  # windows without an entry above 0
    x[0, 1, 2:4] = 1  # ties
    return x


def names_of(compiled):
    ((plan,),) = compiled.compiled.plans.values()
    program = plan.parts[0].executor.program
    return [one.operation.name for one in program.instructions if one.rule is None]


def run(f, x):
    with np.errstate(invalid="ignore"):
        expected = [raw(one) for one in f(x)]
        compiled = ag.compile(f)
        for _ in range(3):
            found = compiled(x)
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(raw(b), a)
    return names_of(compiled)


def gradient_of(see):
    def f(x):
        w = x * 1
        y, *seen = see(w)
        (g,) = ag.gradients((y * y).sum(), [x])
        return y, g, *seen

    return f


@pytest.mark.parametrize("nan", [False, True])
def test_the_same_numbers(nan):
    x = values_of(0)
    if nan:
        x[1, 2, 4, 4] = np.nan
    x = ag.Tensor(x, requires_grad=True)
    names = run(gradient_of(lambda w: (ag.max_pool2d(ag.relu(w), **PLACES),)), x)
    assert names.index("max_pool2d") < names.index("relu")


def test_without_a_gradient():
    names = run(lambda x: (ag.max_pool2d(ag.relu(x), 3),), ag.Tensor(values_of(1)))
    assert names.index("max_pool2d") < names.index("relu")


@pytest.mark.parametrize(
    "see",
    [
        lambda w: (ag.max_pool2d(y := ag.relu(w), 3), y),
        lambda w: (ag.max_pool2d(y := ag.relu(w), 3) * y.sum(),),
        lambda w: ag.max_pool2d.with_auxiliaries(ag.relu(w), 3),
        lambda w: (ag.max_pool2d(y := ag.relu(w), 3) + ag.max_pool2d(y, 3, 4, 1),),
    ],
    ids=["returned", "taken by another", "winners are returned", "pooled twice"],
)
def test_what_lies_between_is_seen(see):
    names = run(gradient_of(see), ag.Tensor(values_of(2), requires_grad=True))
    assert names.index("relu") < names.index("max_pool2d")
