"""vmap: around and inside other transforms, of containers, and what its errors say."""

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import batched

A = np.linspace(-1.0, 1.5, 12).reshape(4, 3)


def f(x):
    return (ag.sin(x) ** 2).sum()


@pytest.mark.parametrize(
    "one",
    [
        ag.grad(f),
        ag.hessian(f),
        ag.jacobian(lambda x: x * x.sum()),
        ag.jacfwd(lambda x: x * x.sum()),
        lambda x: ag.jvp(f, x, x)[1],
        lambda x: ag.vjp(f, x)[1](2.0)[0],
        lambda x: ag.hvp(f, x, x),
        ag.vmap(ag.grad(lambda x: x**3)),
        ag.vmap(lambda x: ag.grad(ag.grad(lambda z: z**3))(x)),
        lambda x: ag.where(x > 0, x, -x),
        lambda x: x[ag.argmax(x)],
    ],
)
def test_it_is_the_loop(one):
    found = ag.vmap(one)(A)
    assert type(found) is np.ndarray
    np.testing.assert_allclose(found, _looped(one), rtol=1e-13)


def _looped(one):
    return np.stack([np.asarray(y.data if isinstance(y, ag.Tensor) else y) for y in map(one, map(ag.Tensor, A))])


def test_gradients_go_through():
    through = ag.grad(lambda x: ag.vmap(ag.grad(f))(x).sum())(A)
    np.testing.assert_allclose(through, 2 * np.cos(2 * A), rtol=1e-13)
    w = ag.Tensor(A[0], requires_grad=True)
    ag.vmap(lambda x: ag.grad(lambda z: (z * z * w).sum())(x))(A).sum().backward()
    np.testing.assert_allclose(w.grad, 2 * A.sum(0), rtol=1e-13)


def test_axes_and_nesting():
    outer = ag.vmap(ag.vmap(lambda a, b: a * b, in_axes=(None, 0)), in_axes=(0, None))
    np.testing.assert_array_equal(outer(A[:, 0], A[0]), np.outer(A[:, 0], A[0]))
    np.testing.assert_array_equal(ag.vmap(lambda x: x + 1, in_axes=1, out_axes=-1)(A), A + 1)
    np.testing.assert_array_equal(ag.vmap(lambda x: x + 1, in_dims=1, out_dims=1)(A), A + 1)
    _, pull = ag.vjp(lambda x: ag.sin(x) * x.sum(), A[0])
    by_rows = ag.vmap(lambda g: pull(g)[0])(np.eye(3))
    np.testing.assert_allclose(by_rows, ag.jacobian(lambda x: ag.sin(x) * x.sum())(A[0]), rtol=1e-14)


def test_containers():
    def g(pair, more):
        return {"sum": pair[0] + more["b"], "both": (pair[1], pair[0] * 2.0)}

    found = ag.vmap(g, in_axes=((0, None), {"b": 0}))((A, A[0]), {"b": A})
    np.testing.assert_array_equal(found["sum"], 2 * A)
    np.testing.assert_array_equal(found["both"][0], np.stack([A[0]] * 4))
    np.testing.assert_array_equal(found["both"][1], 2 * A)


def test_gradients_of_each_sample_in_one_line():
    nn.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3)).double()
    x, y = np.random.default_rng(0).normal(size=(5, 1, 6, 6)), np.array([0, 2, 1, 1, 0])

    def loss(params, x, y):
        return nn.functional.cross_entropy(nn.functional_call(net, params, x[None]), y[None])

    found = ag.vmap(ag.grad(loss), in_axes=(None, 0, 0))(dict(net.named_parameters()), x, y)
    for i in range(5):
        net.zero_grad()
        nn.functional.cross_entropy(net(x[i : i + 1]), y[i : i + 1]).backward()
        for name, p in net.named_parameters():
            np.testing.assert_allclose(found[name].data[i], p.grad, rtol=1e-11, atol=1e-14)


def test_assignment_and_randomness():
    def assigned(x):
        y = 0 * x
        y[1:] = x[:-1]
        y += 1
        return y

    np.testing.assert_array_equal(ag.vmap(assigned)(A)[:, 0], np.ones(4))
    drop = lambda x: ag.dropout(x, 0.5)  # noqa: E731
    ones = np.ones((4, 50))
    same = ag.vmap(drop, randomness="same")(ones)
    different = ag.vmap(drop, randomness="different")(ones)
    assert (same == same[0]).all() and not (different == different[0]).all()


def branching(x):
    return x if x.sum() > 0 else -x


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ag.vmap(branching)(A), TypeError, "asks for the values of a mapped array"),
        (lambda: ag.vmap(lambda x: float(x.sum()))(A), TypeError, "asks for the values"),
        (lambda: ag.vmap(lambda x: x.sum().item())(A), TypeError, r"asked: \.item"),
        (lambda: ag.vmap(lambda x: x.data.max())(A), TypeError, r"asked: \.max"),
        (lambda: ag.vmap(f, in_axes=None)(A), ValueError, "no argument is mapped over"),
        (lambda: ag.vmap(ag.add)(A, A[:2]), ValueError, "different lengths\n  argument 0: 4\n  argument 1: 2"),
        (lambda: ag.vmap(f, in_axes=2)(A), ValueError, r"no axis 2 to map over\n  argument 0: shape \(4, 3\)"),
        (lambda: ag.vmap(f, in_axes=(0, 0))(A), ValueError, "one entry for each argument"),
        (lambda: ag.vmap(f)(A[:0]), ValueError, "has length 0"),
        (lambda: ag.vmap(f, out_axes=1)(A), ValueError, "the result has no axis 1"),
        (lambda: ag.vmap(f, out_axes=None)(A), ValueError, "out_axes is None"),
        (lambda: ag.vmap(lambda _: "no")(A), TypeError, "must return arrays"),
        (lambda: ag.vmap(lambda x: ag.dropout(x, 0.5))(A), RuntimeError, "dropout draws random numbers"),
        (lambda: ag.vmap(lambda x: x + ag.rand(3))(A), RuntimeError, "draws random numbers"),
        (lambda: ag.vmap(lambda x: x[x > 0])(A), ValueError, "getitem gives results of different shapes"),
        (lambda: ag.vmap(lambda x: f(x).backward())(A), TypeError, "no backward inside"),
        (lambda: ag.vmap(f, randomness="some")(A), ValueError, "no such randomness"),
        (lambda: ag.vmap(A), TypeError, "it takes a function"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_per_sample_gradients_of_a_network_run_on_the_whole_batch(monkeypatch):
    looped = []
    monkeypatch.setattr(batched, "note_loop", lambda op: looped.append(op.name))
    rng = np.random.default_rng(0)
    params = {"W": rng.normal(size=(4, 3)), "b": rng.normal(size=4), "V": rng.normal(size=(2, 4))}
    x, t = rng.normal(size=(5, 3)), np.array([0, 1, 1, 0, 1])

    def loss(p, x, t):
        scores = ag.linear(ag.tanh(ag.linear(x[None], p["W"], p["b"])), p["V"])
        return ag.cross_entropy(scores, t[None]) + ag.mse(scores[0], p["b"][:2])

    found = ag.vmap(ag.grad(loss), in_axes=(None, 0, 0))(params, x, t)
    assert looped == []
    for i in range(5):
        for name, one in ag.grad(loss)(params, x[i], t[i]).items():
            np.testing.assert_allclose(found[name][i], one, rtol=1e-12, atol=1e-15)
