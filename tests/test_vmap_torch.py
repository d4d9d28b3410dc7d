"""Per-sample gradients and mapped derivatives against ``torch.func``, in float64.

Where PyTorch is not installed the tests are skipped; with CHALKGRAD_REQUIRE_TORCH=1 in the
environment they fail instead.
"""

import os

import numpy as np
import pytest

import autograd as ag
import nn

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script")  # of PyTorch, which uses it in torch.func


@pytest.fixture(scope="module")
def torch():
    if os.environ.get("CHALKGRAD_REQUIRE_TORCH") == "1":
        import torch
    else:
        torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install torch)")
    torch.set_num_threads(1)
    return torch


def close(ours, theirs):
    ours = ours.data if isinstance(ours, ag.Tensor) else ours
    np.testing.assert_allclose(ours, theirs.numpy(force=True), rtol=1e-11, atol=1e-13)


def networks(of):
    """A multilayer perceptron and a convolutional network, written alike in both libraries."""
    mlp = of.Sequential(of.Linear(4, 5), of.Tanh(), of.Linear(5, 3))
    convolutional = of.Sequential(
        of.Conv2d(1, 2, 3, padding=1), of.GroupNorm(1, 2), of.ReLU(), of.MaxPool2d(2), of.Flatten(), of.Linear(8, 3)
    )
    return {"mlp": (mlp, (4,)), "convolutional": (convolutional, (1, 4, 4))}


@pytest.mark.parametrize("name", ["mlp", "convolutional"])
def test_per_sample_gradients_are_those_of_torch_func(torch, name):
    net, shape = networks(nn)[name]
    theirs, _ = networks(torch.nn)[name]
    net, theirs = net.double(), theirs.double()
    rng = np.random.default_rng(0)
    params = {key: rng.normal(size=p.shape) for key, p in net.named_parameters()}
    x, y = rng.normal(size=(6, *shape)), np.arange(6) % 3

    def loss(params, x, y):
        return nn.functional.cross_entropy(nn.functional_call(net, params, x[None]), y[None])

    def loss_of_theirs(params, x, y):
        return torch.nn.functional.cross_entropy(torch.func.functional_call(theirs, params, x[None]), y[None])

    found = ag.vmap(ag.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    tensors = {key: torch.tensor(p) for key, p in params.items()}
    expected = torch.func.vmap(torch.func.grad(loss_of_theirs), in_dims=(None, 0, 0))(
        tensors, torch.tensor(x), torch.tensor(y)
    )
    assert found.keys() == expected.keys()
    for key, gradient in found.items():
        assert gradient.shape == (6, *params[key].shape)
        close(gradient, expected[key])


def test_an_ensemble_is_mapped_over_its_parameters(torch):
    """Three networks of one form on the same input, their parameters stacked."""
    net, theirs = networks(nn)["mlp"][0].double(), networks(torch.nn)["mlp"][0].double()
    rng = np.random.default_rng(1)
    params = {key: rng.normal(size=(3, *p.shape)) for key, p in net.named_parameters()}
    x = rng.normal(size=(5, 4))
    found = ag.vmap(lambda params, x: nn.functional_call(net, params, x), in_axes=(0, None))(params, x)
    expected = torch.func.vmap(lambda params, x: torch.func.functional_call(theirs, params, x), in_dims=(0, None))(
        {key: torch.tensor(p) for key, p in params.items()}, torch.tensor(x)
    )
    close(found, expected)


@pytest.mark.parametrize("transform", ["jacrev", "jacfwd", "hessian"])
def test_vmap_of_a_derivative(torch, transform):
    rng = np.random.default_rng(2)
    w, x = rng.normal(size=(3, 4)), rng.normal(size=(5, 4))

    def f(of, convert):
        y = lambda x: of.tanh(convert(w) @ x)  # noqa: E731
        return (lambda x: (y(x) ** 3).sum()) if transform == "hessian" else y

    found = ag.vmap(getattr(ag, transform)(f(ag, ag.Tensor)))(x)
    expected = torch.func.vmap(getattr(torch.func, transform)(f(torch, torch.tensor)))(torch.tensor(x))
    close(found, expected)


@pytest.mark.parametrize(("in_axis", "out_axis"), [(0, 1), (1, 0), (-1, -1), (2, 2)])
def test_axes_are_those_of_torch(torch, in_axis, out_axis):
    x = np.random.default_rng(3).normal(size=(2, 3, 4))
    found = ag.vmap(lambda x: ag.cumsum(x, 1), in_axes=in_axis, out_axes=out_axis)(x)
    expected = torch.vmap(lambda x: torch.cumsum(x, 1), in_dims=in_axis, out_dims=out_axis)(torch.tensor(x))
    close(found, expected)
    again = ag.vmap(lambda x: ag.cumsum(x, 1), in_dims=in_axis, out_dims=out_axis)(x)
    np.testing.assert_array_equal(again, found)
