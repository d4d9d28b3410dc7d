"""Programs for the machine of small arrays: of every operation, what it takes on gives what the engine gives."""

import numpy as np
import pytest

import autograd as ag
from autograd.native import native
from autograd.program.of_graph import program_of
from autograd.program.small import prepare
from tests.registry_cases import cases, marked, params

pytestmark = pytest.mark.skipif(native is None, reason="needs the compiled kernels")
smooth = {case.id: case for case in cases if case.sample.differentiable}


def recorded(case, seed):
    """(the Tensors, a sum of the results) of a case with the arrays of a seed, on a tape."""
    op = case.op
    args, kwargs = case.sample.make(np.random.default_rng(seed))
    named = {**dict(zip(op.names, args, strict=False)), **kwargs}
    first = case.sample.make(np.random.default_rng(0))  # static arguments are a part of the program
    for name, value in {**dict(zip(op.names, first[0], strict=False)), **first[1]}.items():
        if name not in op.inputs:
            named[name] = value
    named, tensors = marked(op, [], named)
    with ag.tape():
        y = op.function(*named.values()) if op.variadic and len(named) == 1 else op.function(**named)
        z = (y * np.linspace(0.5, 1.5, y.size).reshape(y.shape)).sum()
    return tensors, z


@pytest.fixture(autouse=True)
def without_broadcast_warnings():
    ag.config.set_broadcast_warnings(False)
    yield
    ag.config.set_broadcast_warnings(True)


TAKEN = [
    "add", "multiply", "divide", "power", "exp", "log", "sigmoid", "tanh", "relu", "leaky_relu", "where", "maximum",
    "minimum", "square", "sqrt", "sum", "mean", "matmul", "linear", "transpose", "reshape", "swapaxes", "sum_to",
    "broadcast_to", "absolute", "sin", "cos", "elu", "silu", "mse",
]  # fmt: skip


def lengths(program):
    """The lengths of all axes in a program."""
    return [n for value in program.values.values() for n in np.shape(value)]


@pytest.mark.parametrize("case", params(smooth))
def test_it_gives_what_the_engine_gives(case):
    tensors, z = recorded(case, 0)
    if not tensors:
        pytest.skip("no float among the inputs")
    program = program_of(z, tensors)
    program.outputs = [*program.outputs, *[program.gradients[number] for number in program.inputs]]
    prepared = prepare(program)
    if prepared is None:
        of_matrices = all(0 < t.ndim < 3 for t in tensors) or case.op.name not in ("matmul", "linear")
        assert case.op.name not in TAKEN or not of_matrices or 0 in lengths(program)
        return  # none for the machine
    for seed in (0, 7):  # at other values than those recorded too
        tensors, z = recorded(case, seed)
        given = {tensor.name: tensor.data for tensor in tensors}
        values = [given.get(argument.name, argument.value) for argument in program.arguments.values()]
        value, *gradients = prepared.run(values)
        np.testing.assert_allclose(value, z.data, rtol=1e-12, atol=1e-13)
        for found, true in zip(gradients, ag.gradients(z, tensors, retain_graph=True), strict=True):
            np.testing.assert_allclose(found, true, rtol=1e-11, atol=1e-13)
