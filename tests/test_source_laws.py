"""Every declared operation can be written down: the program runs where this library is not, and says the same.

The values are others than those that were recorded: what had become a constant by mistake is seen.
"""

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

import autograd as ag
import autograd.linalg
import autograd.special
from autograd.declaration import registry
from autograd.engine import walk_to
from autograd.program.code import code_of
from tests.registry_cases import marked

RUN = """
import json, pickle, sys
sys.modules["autograd"] = sys.modules["nn"] = None
import numpy as np

wrong = []
for name, text, arguments, expected in pickle.load(sys.stdin.buffer):
    space = {}
    exec(text, space)
    with np.errstate(all="ignore"):
        value, *tables = space["value_and_gradients"](**arguments)
    got = [value, *[table[key] for table in tables for key in arguments if key in table]]
    for tolerance, a, b in zip([1e-12] * (1 + len(tables[0])) + [1e-10] * len(got), got, expected, strict=False):
        if len(got) != len(expected) or np.shape(a) != np.shape(b):
            wrong.append(f"{name}: {np.shape(a)} for {np.shape(b)}")
        elif not np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True):
            wrong.append(f"{name}: {a} for {b}")
print(json.dumps(wrong))
"""


def total(operation, named):
    """A number that depends on each entry of the result in its own way."""
    given = [named[name] for name in operation.names if name in named]
    y = operation.function(*given) if operation.variadic else operation.function(**named)
    return (y * np.random.default_rng(7).normal(size=y.shape)).sum() if y.size else None


def program_and_truth(operation, number, order):
    """(name, text, arguments, expected) at values that are not the recorded ones, or None without a gradient."""
    sample = operation.samples[number]
    named, tensors = marked(operation, *sample.make(np.random.default_rng(number)))
    if not tensors:
        return None
    with ag.tape():
        recorded = total(operation, named)
    if recorded is None:
        return None
    source = ag.source(recorded, tensors, order=order)
    assert source.written.python == []
    fresh, others = marked(operation, *sample.make(np.random.default_rng(number + 1000)))
    again = {**{name: named.get(name, value) for name, value in fresh.items()}}
    again.update({name: fresh[name] for name in operation.inputs if name in fresh})
    y = total(operation, again)
    gradients = ag.gradients(y, others, create_graph=order == 2)
    arguments = {**source.arguments, **{f"t{i}": one.data for i, one in enumerate(others)}}
    expected = [y.data, *[np.asarray(one.data if isinstance(one, ag.Tensor) else one) for one in gradients]]
    if order == 2:
        directions = [np.random.default_rng(i).normal(size=one.shape)[()] for i, one in enumerate(others)]
        arguments.update({f"v_t{i}": v for i, v in enumerate(directions)})
        along = sum((g * v).sum() for g, v in zip(gradients, directions, strict=True) if g.node is not None)
        found = walk_to([along], [None], others) if isinstance(along, ag.Tensor) else [None] * len(others)
        expected += [0 * t.data if h is None else np.asarray(h) for t, h in zip(others, found, strict=True)]
    return f"{operation.name}, sample {number}", source.numpy(), arguments, expected


def run_alone(programs):
    """What is wrong, by a process that cannot import this library."""
    given = pickle.dumps([one for one in programs if one is not None])
    command = [sys.executable, "-I", "-W", "ignore", "-c", RUN]
    done = subprocess.run(command, input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def differentiable(operation, order):
    return [i for i, one in enumerate(operation.samples) if one.differentiable and (order == 1 or one.smooth)]


OWN = [one for one in registry.values() if one.trusted and one.samples]


def test_every_operation_has_a_numpy_form():
    assert [one.name for one in OWN if code_of(one) is None] == []


@pytest.mark.filterwarnings("ignore:.*operands with different numbers of axes")
def test_a_program_of_each_operation_runs_alone_and_agrees():
    programs = [program_and_truth(one, i, 1) for one in OWN for i in differentiable(one, 1)[:1]]
    assert len(programs) > 150
    assert run_alone(programs) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*operands with different numbers of axes")
@pytest.mark.parametrize("order", [1, 2])
def test_programs_of_all_samples_run_alone_and_agree(order):
    programs = [program_and_truth(one, i, order) for one in OWN for i in differentiable(one, order)]
    assert run_alone(programs) == []
