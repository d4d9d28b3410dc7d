"""Every declared operation with each of its samples, ready to be called: what the law tests run over."""

import autograd.linalg  # noqa: F401  (its operations are declared when it is loaded)
from autograd.cases import Case
from autograd.declaration import registry
from tests.oracles import values_of


def is_own(op):
    return op.function.__module__.startswith("autograd.")


operations = [op for op in registry.values() if is_own(op)]
cases = [Case(op, sample, number, values_of(op)) for op in operations for number, sample in enumerate(op.samples)]
