"""Hooks of modules, held against PyTorch where it is installed."""

import copy

import numpy as np
import pytest

import autograd as ag
import nn


def test_forward_hooks_see_and_change():
    layer, log = nn.Linear(3, 2), []
    x = ag.ones(4, 3)
    plain = layer(x).data
    first = layer.register_forward_pre_hook(lambda module, args: log.append("before") or (2 * args[0],))
    second = layer.register_forward_hook(lambda module, args, output: log.append(args[0].tolist()[0]) or output + 1)
    assert np.allclose(layer(x).data, 2 * plain - layer.bias.data + 1) and log == ["before", [2, 2, 2]]
    first.remove()
    second.remove()
    assert np.array_equal(layer(x).data, plain) and len(log) == 2


def test_order_and_keyword_arguments():
    class Scaled(nn.Module):
        def forward(self, x, scale=1):
            return x * scale

    module, log = Scaled(), []
    module.register_forward_hook(lambda *_: log.append("second"))
    module.register_forward_hook(lambda *_: log.append("first"), prepend=True)
    module.register_forward_pre_hook(lambda m, args, kwargs: (args, {"scale": 5}), with_kwargs=True)
    module.register_forward_hook(lambda m, args, kwargs, output: log.append(kwargs), with_kwargs=True)
    assert module(ag.ones(1), scale=2).tolist() == [5] and log == ["first", "second", {"scale": 5}]
    assert copy.deepcopy(module)(ag.ones(1)).tolist() == [5] and len(log) == 6


def test_a_tape_and_a_state_dict_know_nothing_of_hooks():
    net = nn.Sequential(nn.Linear(2, 2))
    keys = list(net.state_dict())
    net[0].register_forward_hook(lambda module, args, output: None)
    with ag.tape() as tape:
        net(ag.ones(1, 2))
    assert list(net.state_dict()) == keys and any(node.note.scope == ("Sequential", "0") for node in tape.nodes)


def test_several_arguments_and_results():
    class Swap(nn.Module):
        def forward(self, a, b, factor):
            return b * factor, a

    module, log = Swap(), []
    module.register_full_backward_hook(lambda m, gi, go: log.append((gi, go)) or (gi[0], 10 * gi[1], None))
    a, b = ag.ones(2, requires_grad=True), ag.ones(3, requires_grad=True)
    c, d = module(a, b, 2)
    (c.sum() + 3 * d.sum()).backward()
    assert a.grad.tolist() == [3, 3] and b.grad.tolist() == [20, 20, 20]
    ((gi, go),) = log
    assert [one if one is None else one.tolist() for one in gi] == [[3, 3], [2, 2, 2], None]
    assert [one.tolist() for one in go] == [[1, 1, 1], [3, 3]]


def test_errors():
    layer = nn.Linear(2, 2)
    with pytest.raises(TypeError, match="Linear: a hook is a function"):
        layer.register_forward_hook(None)
    layer.register_full_backward_hook(lambda m, gi, go: gi + gi)
    with pytest.raises(ValueError, match="Linear: a full backward hook must return a gradient for each argument"):
        layer(ag.ones(1, 2, requires_grad=True)).sum().backward()


WEIGHTS = [np.random.default_rng(i).normal(size=shape) for i, shape in enumerate([(4, 3), (4,), (2, 4), (2,)])]


def gradients_and_log(library, modules, x):
    """A net with hooks of each kind: all gradients, and what the hooks saw."""
    net, log = modules.Sequential(modules.Linear(3, 4), modules.Tanh(), modules.Linear(4, 2)).double(), []
    for p, w in zip(net.parameters(), WEIGHTS, strict=True):
        p.data = library.tensor(w)

    def see(module, grad_input, grad_output):
        log.extend([np.zeros(1) if one is None else one.detach().numpy() for one in (*grad_input, *grad_output)])
        return tuple([one if one is None else 3 * one for one in grad_input])

    net[0].register_forward_pre_hook(lambda module, args: (args[0] * 2,))
    net[1].register_forward_hook(lambda module, args, output: output + 1)
    net[1].register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0] / 2,))
    net[2].register_full_backward_hook(see)
    net[0].register_full_backward_hook(see)
    (net(x) ** 2).sum().backward()
    return [*log, *[np.asarray(p.grad) for p in net.parameters()], *([np.asarray(x.grad)] if x.requires_grad else [])]


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
@pytest.mark.parametrize("requires_grad", [True, False])
def test_hooks_do_what_pytorchs_do(requires_grad):
    torch = pytest.importorskip("torch")
    data = np.random.default_rng(9).normal(size=(5, 3))
    ours = gradients_and_log(ag, nn, ag.tensor(data, requires_grad=requires_grad))
    theirs = gradients_and_log(torch, torch.nn, torch.tensor(data, requires_grad=requires_grad))
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-9)
