"""ag.checkpoint: the gradients of the function itself, bit for bit, with less kept in between."""

import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

import autograd as ag
import nn

X = np.random.default_rng(0).normal(size=(6, 4))


def block(width=4):
    return nn.Sequential(nn.Linear(width, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.4), nn.Linear(8, width))


def through(net, x, checkpointed):
    for one in net:
        x = ag.checkpoint(one, x) if checkpointed else one(x)
    return x


def test_gradients_draws_and_statistics_are_those_of_the_plain_run():
    found = []
    for checkpointed in (False, True):
        nn.manual_seed(0)
        net = nn.Sequential(block(), block())
        x = ag.Tensor(X.astype(np.float32), requires_grad=True)
        for _ in range(2):
            (through(net, x, checkpointed) ** 2).sum().backward()
        found.append([x.grad, *[p.grad for p in net.parameters()], *[np.array(b.data) for b in net.buffers()]])
        found[-1].append(ag.rand(3).data)
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_value_from_outside_that_another_comes_from_is_counted_once():
    def gradients(run):
        w = ag.Tensor([1.0, 2.0], requires_grad=True)
        h = ag.sin(w)
        y = run(lambda x: x * h * w, ag.exp(h))
        return ag.gradients((y * h).sum(), [w, h])

    for a, b in zip(gradients(lambda f, *x: f(*x)), gradients(ag.checkpoint), strict=True):
        np.testing.assert_array_equal(a, b)


class Both(NamedTuple):
    first: ag.Tensor
    second: ag.Tensor


@pytest.mark.parametrize("kind", [tuple, list, Both._make])
def test_several_results(kind):
    x, w = ag.Tensor([1.0, 2.0], requires_grad=True), ag.Tensor([3.0, 4.0], requires_grad=True)
    a, b = found = ag.checkpoint(lambda x, *, k: kind([x * w, x.detach() * k]), x, k=2.0)
    assert type(found) is (Both if kind == Both._make else kind)
    assert a.requires_grad and not b.requires_grad
    (a * b).sum().backward()
    np.testing.assert_array_equal(x.grad, 2 * w.data * x.data)
    np.testing.assert_array_equal(w.grad, 2 * x.data**2)


def test_the_argument_itself_and_a_result_twice():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)

    def function(x):
        y = x * x
        return x, y, y

    a, b, c = ag.checkpoint(function, x)
    (a + 2 * b + 3 * c).sum().backward()
    np.testing.assert_array_equal(x.grad, 1 + 10 * x.data)


def test_second_order_inside_transforms_and_nested():
    def f(x):
        return ag.checkpoint(lambda x: ag.checkpoint(ag.sin, x * x) * x, x).sum()

    def plain(x):
        return (ag.sin(x * x) * x).sum()

    np.testing.assert_allclose(ag.hessian(f)(X[0]), ag.hessian(plain)(X[0]), rtol=1e-12)
    np.testing.assert_allclose(ag.jvp(f, X[0], X[1])[1], ag.jvp(plain, X[0], X[1])[1], rtol=1e-12)
    np.testing.assert_allclose(ag.vmap(ag.grad(f))(X), ag.vmap(ag.grad(plain))(X), rtol=1e-12)
    ag.gradcheck(f, [X[0]])


def test_under_other_modes_it_just_runs():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    with ag.no_grad():
        assert not ag.checkpoint(ag.exp, x).requires_grad
    with ag.tape():
        y = ag.checkpoint(ag.exp, x)
    assert y.node.operation.name == "exp"
    assert ag.checkpoint(ag.exp, ag.Tensor(1.0)).node is None
    step = ag.compile(lambda x: ag.gradients(ag.checkpoint(ag.exp, w * x).sum(), w))
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    for _ in range(3):
        np.testing.assert_allclose(step(np.ones(2)), np.exp(w.data))


def test_arguments_are_kept_as_they_were():
    x, scale = ag.Tensor([1.0, 2.0], requires_grad=True), np.array([3.0, 4.0])
    h = x * 1.0
    y = ag.checkpoint(lambda h, scale: h * h * scale, h, scale)
    scale[:] = 0
    h += 5
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [6.0, 16.0])


def test_a_second_run_that_differs_is_an_error():
    x, rng = ag.Tensor(np.ones(50), requires_grad=True), np.random.default_rng(0)
    y = ag.checkpoint(lambda x: x * (rng.random(50) < 0.5), x)
    with pytest.raises(RuntimeError, match=r"gave another result when it ran again[\s\S]*sum"):
        y.sum().backward()
    assert x.grad is None
    turns = [x * 2, x * 3]
    y = ag.checkpoint(lambda: turns.pop() * 1)
    with pytest.raises(RuntimeError, match="from 1, others"):
        y.sum().backward()


def test_a_write_between_forward_and_backward_is_an_error():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    y = ag.checkpoint(lambda: x * x)
    x.data = np.zeros(2)
    with pytest.raises(RuntimeError):
        y.sum().backward()


def test_what_cannot_be_recorded():
    x = ag.Tensor(1.0, requires_grad=True)
    with pytest.raises(TypeError, match="must return a Tensor"):
        ag.checkpoint(lambda x: {"y": x}, x)
    with pytest.raises(ValueError, match="makes a leaf"):
        ag.checkpoint(lambda x: x * ag.Tensor(1.0, requires_grad=True, name="w"), x)


def test_an_error_in_the_second_run_leaves_all_as_it_was():
    nn.manual_seed(0)
    layer, x, runs = nn.BatchNorm1d(4), ag.Tensor(X, requires_grad=True), []

    def function(x):
        y = layer(x)
        runs.append(len(runs))
        if len(runs) == 2:
            raise KeyboardInterrupt
        return y

    y = ag.checkpoint(function, x)
    before = [np.array(one.data) for one in layer.buffers()]
    with pytest.raises(KeyboardInterrupt):
        (y * y).sum().backward()
    for a, b in zip(before, layer.buffers(), strict=True):
        np.testing.assert_array_equal(a, b.data)
    assert x.grad is None and ag.is_grad_enabled()


MEASURED = """
import resource, sys
import numpy as np
import autograd as ag, nn
ag.config.set_num_threads(1)
nn.manual_seed(0)
net = nn.models.ResNet20()
x = ag.Tensor(np.random.default_rng(0).normal(size=(32, 3, 32, 32)).astype(np.float32))
labels = np.arange(32) % 10
blocks = [one for one in net.modules() if type(one).__name__ == "BasicBlock"]
if sys.argv[1] == "checkpointed":
    for one in blocks:
        one.forward = (lambda forward: lambda x: ag.checkpoint(forward, x))(one.forward)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
nn.functional.cross_entropy(net(x), labels).backward()
print(len(blocks), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
print(sum([float(np.abs(p.grad).sum(dtype=float)) for p in net.parameters()]).hex())
"""


@pytest.mark.slow
def test_a_resnet_20_takes_much_less_memory():
    lines = []
    for how in ("plain", "checkpointed"):
        done = subprocess.run([sys.executable, "-c", MEASURED, how], capture_output=True, text=True, check=True)
        lines.append(done.stdout.split())
    (count, plain, gradients), (_, least, same) = lines
    assert count == "9" and gradients == same
    assert int(least) <= 0.6 * int(plain)
