"""A compiled function gives what the function gives: every operation and its gradients, at values not recorded."""

import numpy as np
import pytest

import autograd as ag
import autograd.linalg
import autograd.special  # declares operations
from autograd.declaration import registry

NAMES = sorted(name for name, op in registry.items() if op.module.startswith("autograd."))


def given(op, sample, seed):
    """({name: argument} with Tensors for the float inputs, those Tensors)."""
    args, kwargs = sample.make(np.random.default_rng(seed))
    named, tensors = {**dict(zip(op.names, args, strict=False)), **kwargs}, []

    def tensor(x):
        if isinstance(x, np.ndarray | np.floating) and x.dtype.kind == "f":
            tensors.append(ag.Tensor(x, requires_grad=sample.differentiable))
            return tensors[-1]
        return [tensor(one) for one in x] if isinstance(x, list) and any(map(np.ndim, x)) else x

    return {name: tensor(value) if name in op.inputs else value for name, value in named.items()}, tensors


def of(op, sample, named, tensors):
    """The value and the gradients, as arrays."""
    named = {name: np.random.default_rng(3) if type(v) is np.random.Generator else v for name, v in named.items()}
    if op.variadic:
        y = op.function(*[named[name] for name in op.names if name in named])
    else:
        y = op.function(**named)
    if not isinstance(y, ag.Tensor) or not y.requires_grad or not y.size:
        return y, ()
    return y, ag.gradients(y, tensors, gradient=np.cos(np.arange(y.size)).reshape(y.shape).astype(y.dtype))


def check(op, k, seeds, equal):
    sample = op.samples[k]
    compiled = ag.compile(lambda named, tensors: of(op, sample, named, tensors))
    first, _ = given(op, sample, k)
    for seed in seeds:
        named, tensors = given(op, sample, seed)
        named = {name: named[name] if name in op.inputs else first[name] for name in named}
        ag.manual_seed(seed)
        y, gradients = compiled(named, tensors)
        ag.manual_seed(seed)
        expected, wanted = of(op, sample, named, tensors)
        equal(np.asarray(y), np.asarray(getattr(expected, "data", expected)))
        assert len(gradients) == len(wanted)
        for g, e in zip(gradients, wanted, strict=True):
            equal(g, e)
            assert g.dtype == e.dtype and type(g) is type(e)
    assert compiled.compiled.recorded == 2


def nearly_equal(found, expected):
    """The machine in C has the functions of C's library, which may differ from NumPy's in the last digit."""
    kind = np.asarray(expected).dtype
    eps = np.finfo(kind).eps if kind.kind == "f" else 0.0
    np.testing.assert_allclose(found, expected, rtol=500 * eps, atol=5 * eps)


@pytest.fixture(params=["by NumPy", "by the machine"])
def equal(request, monkeypatch):
    """How equal values are; by NumPy instruction for instruction, to the last bit."""
    if request.param == "by the machine":
        return nearly_equal
    monkeypatch.setattr("autograd.program.small.prepare", lambda *given: None)
    return np.testing.assert_array_equal


@pytest.mark.parametrize("part", range(6))
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
def test_a_sample_of_every_operation(part, equal):
    for name in NAMES[part::6]:
        differentiable = [k for k, sample in enumerate(registry[name].samples) if sample.differentiable]
        check(registry[name], (differentiable or [0])[-1], (0, 0, 1000), equal)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
def test_every_sample_of_every_operation(name, equal):
    for k in range(len(registry[name].samples)):
        check(registry[name], k, (k, k, k + 1000, k + 2000), equal)
