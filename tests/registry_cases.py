"""Every declared operation with each of its samples, ready to be called: what the law tests run over."""

import importlib

import numpy as np
import pytest

import autograd as ag
from autograd.cases import Case
from autograd.declaration import registry
from tests.oracles import values_of

LATER = [f"autograd.ops.{module}" for module in ("decompositions", "inverses", "norms", "special")]
"""The modules that ``import autograd`` does not load: their operations are declared when they are first used."""
for module in ("linalg", "special"):
    importlib.import_module(f"autograd.{module}")


def is_own(op):
    return op.function.__module__.startswith("autograd.")


operations = [op for op in registry.values() if is_own(op)]
cases = [Case(op, sample, number, values_of(op)) for op in operations for number, sample in enumerate(op.samples)]


def marked(operation, args, kwargs):
    """({argument: value}, the Tensors among them) with float inputs as Tensors that require grad."""
    named, tensors = {**dict(zip(operation.names, args, strict=False)), **kwargs}, []

    def tensor(value):
        if isinstance(value, list) and any(isinstance(one, np.ndarray | np.floating) for one in value):
            return [tensor(one) for one in value]
        if isinstance(value, np.ndarray | np.floating) and value.dtype.kind == "f":
            tensors.append(ag.Tensor(value, requires_grad=True, name=f"t{len(tensors)}"))
            return tensors[-1]
        return value

    for name in operation.inputs:
        if name in named:
            named[name] = tensor(named[name])
    return named, tensors


def params(chosen, always=()):
    """Cases or operations to run a test on: slowly, those of the operations that are declared later.

    chosen : a list, or {id: what is given to the test}
    always : ids that are not slow all the same
    """
    named = chosen if isinstance(chosen, dict) else {getattr(one, "id", None) or one.name: one for one in chosen}
    found = []
    for name, one in named.items():
        later = registry[name.split("-")[0]].module in LATER
        marks = [pytest.mark.slow] if later and name not in always else []
        found.append(pytest.param(*(one if isinstance(one, tuple) else [one]), id=name, marks=marks))
    return found
