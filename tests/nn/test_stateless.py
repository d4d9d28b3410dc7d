"""functional_call: a module with other parameters than its own."""

import numpy as np
import pytest

import autograd as ag
import nn


@pytest.fixture
def net():
    nn.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()


X = np.linspace(-1, 1, 6).reshape(2, 3)


def test_the_result_is_that_of_a_module_with_these_parameters(net):
    given = {name: p.data * 2 for name, p in net.named_parameters()}
    before = net(X).data
    y = nn.functional_call(net, given, X)
    np.testing.assert_array_equal(net(X).data, before)
    net.load_state_dict(given)
    np.testing.assert_array_equal(y.data, net(X).data)


def test_gradients_are_those_of_backward(net):
    loss = lambda params, x: (nn.functional_call(net, params, (x,)) ** 2).sum()  # noqa: E731
    found = ag.grad(loss)(dict(net.named_parameters()), X)
    (net(X) ** 2).sum().backward()
    for name, p in net.named_parameters():
        np.testing.assert_allclose(found[name].data, p.grad, rtol=1e-13)


def test_buffers_can_be_given_and_are_not_written_to():
    norm = nn.BatchNorm1d(3).double()
    given = {"running_mean": ag.Tensor(np.ones(3)), "running_var": ag.Tensor(np.full(3, 4.0))}
    before = norm.state_dict()
    norm.eval()
    y = nn.functional_call(norm, (given, {"weight": np.full(3, 2.0)}), X)
    np.testing.assert_allclose(y.data, 2 * (X - 1) / np.sqrt(4 + norm.eps), rtol=1e-14)
    for name, value in norm.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_what_is_shared_is_replaced_under_all_its_names():
    shared = nn.Linear(3, 3).double()
    net = nn.Sequential(shared, shared)
    weight = np.eye(3)
    y = nn.functional_call(net, {"0.weight": weight, "0.bias": np.ones(3)}, X)
    np.testing.assert_allclose(y.data, X + 2)


@pytest.mark.parametrize(
    ("given", "options", "error", "message"),
    [
        ({"3.weight": np.ones(1)}, {}, KeyError, "has no 3.weight; it has 0.bias, 0.weight, 2.bias"),
        ({"0.bias": np.ones(3)}, {}, ValueError, r"0.bias has another shape\n  given: \(3,\)\n  in the module: \(4,\)"),
        ({"0.bias": np.ones(4)}, {"strict": True}, KeyError, "not given: 0.weight, 2.bias, 2.weight"),
        (({"0.bias": np.ones(4)}, {"0.bias": np.ones(4)}), {}, ValueError, "more than one dict"),
    ],
)
def test_errors(net, given, options, error, message):
    with pytest.raises(error, match=message):
        nn.functional_call(net, given, X, **options)


def test_the_module_is_as_before_after_an_error(net):
    own = dict(net.named_parameters())
    with pytest.raises(ValueError):
        nn.functional_call(net, {"0.bias": np.ones(4)}, np.ones((2, 5)))
    assert all(p is own[name] for name, p in net.named_parameters())
