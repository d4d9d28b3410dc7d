"""Every declared operation against PyTorch in float64: value, gradients, gradients of gradients.

Where PyTorch is not installed the tests are skipped; with CHALKGRAD_REQUIRE_TORCH=1 in the
environment they fail instead.
"""

import os

import numpy as np
import pytest
from registry_cases import cases, params

import autograd as ag
from autograd import extend
from autograd.cases import Case, gradients_or_zeros, random_like
from autograd.declaration import registry
from tests.oracles import counterpart

pytestmark = [
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # of NumPy: log of NaN, mean of nothing
    pytest.mark.filterwarnings("ignore:.*degrees of freedom"),  # of PyTorch, on the same occasion
]


@pytest.fixture(scope="session")
def torch():
    if os.environ.get("CHALKGRAD_REQUIRE_TORCH") == "1":
        import torch
    else:
        torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install torch)")
    torch.set_num_threads(1)
    return torch


def law_equals_torch(case, torch, function):

    def convert(x):
        return torch.tensor(x, dtype=torch.float64)

    theirs = [convert(x).requires_grad_(case.differentiable) for x in case.arrays]
    args, kwargs = case.filled(theirs, convert)
    y_theirs = function(torch, *args, **kwargs)
    ours = case.leaves()
    y = case.call(ours)
    close(case, "value", y, y_theirs)
    if not case.differentiable:
        return
    rng = case.rng("torch")
    seed = random_like(y, rng)
    seed_ours = ag.Tensor(seed, requires_grad=True)
    seed_theirs = torch.tensor(seed).requires_grad_(True)
    g = gradients_or_zeros([y], [seed_ours], ours, create_graph=True)
    g_theirs = torch_gradients(torch, [y_theirs], [seed_theirs], theirs)
    for i, (one, other) in enumerate(zip(g, g_theirs, strict=True)):
        close(case, f"gradient by input {i}", one, other)
    if not case.sample.smooth:
        return
    seeds = [random_like(x, rng) for x in case.arrays]
    second = gradients_or_zeros(g, seeds, [*ours, seed_ours])
    second_theirs = torch_gradients(torch, g_theirs, [torch.tensor(u) for u in seeds], [*theirs, seed_theirs])
    names = [*(f"input {i}" for i in range(len(ours))), "the incoming gradient"]
    for name, one, other in zip(names, second, second_theirs, strict=True):
        close(case, f"second derivative by {name}", one, other)


def torch_gradients(torch, outputs, seeds, inputs):
    recorded = [(y, u) for y, u in zip(outputs, seeds, strict=True) if y.requires_grad]
    if not recorded:
        return [torch.zeros_like(x) for x in inputs]
    ys, us = zip(*recorded, strict=True)
    return torch.autograd.grad(ys, inputs, us, create_graph=True, allow_unused=True, materialize_grads=True)


def close(case, what, ours, theirs):
    ours = ours.data if isinstance(ours, ag.Tensor) else ours
    np.testing.assert_allclose(
        ours, theirs.numpy(force=True), rtol=1e-9, atol=1e-10, err_msg=f"{case!r}: {what} differs from PyTorch's"
    )


@pytest.mark.parametrize("case", params(cases))
def test_equals_torch(case, torch):
    function = counterpart(case.op, torch)
    if isinstance(function, str):
        pytest.skip(f"{case.op.name}: {function}")
    law_equals_torch(case, torch, function)


@pytest.mark.parametrize(
    ("power", "rule", "message"),
    [
        (3, lambda g, x: 3 * g * x * x, None),
        (4, lambda g, x: 4 * g * x * x * x, "value"),
        (3, lambda g, x: 3.00001 * g * x * x, "gradient by input 0"),
        (3, lambda g, x: 3 * g * x * (x.detach() if isinstance(x, ag.Tensor) else x), "second derivative by input 0"),
        (3, lambda g, x: 3 * (g.detach() if isinstance(g, ag.Tensor) else g) * x * x, "by the incoming gradient"),
    ],
    ids=["right", "value", "gradient", "second", "incoming"],
)
def test_a_difference_from_torch_is_found(torch, power, rule, message):
    before = dict(registry)
    planted = ag.operation(
        "planted_cube", lambda x: x**power, formula="y = x^3", rules=[ag.rule(rule)],
        samples=[extend.sample(extend.positive(3))],
    )  # fmt: skip
    registry.clear()
    registry.update(before)
    case = Case(planted.operation, planted.operation.samples[0])

    def cube(torch, x):
        return x**3

    if message is None:
        law_equals_torch(case, torch, cube)
    else:
        with pytest.raises(AssertionError, match=message):
            law_equals_torch(case, torch, cube)
