"""Training nets: a compiled step does what the step does, to the last bit, and leaves behind what it leaves."""

import copy

import numpy as np
import pytest

import autograd as ag
import nn

X = np.random.default_rng(0).normal(size=(12, 8)).astype(np.float32)
IMAGES = np.random.default_rng(1).normal(size=(4, 1, 12, 12)).astype(np.float32)
LABELS = np.random.default_rng(2).integers(0, 3, 12)


def mlp():
    return nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3))


def with_dropout():
    return nn.Sequential(nn.Linear(8, 6), nn.Tanh(), nn.Dropout(0.4), nn.Linear(6, 3))


def with_batch_norm():
    return nn.Sequential(nn.Linear(8, 6), nn.BatchNorm1d(6), nn.Sigmoid(), nn.LayerNorm(6), nn.Linear(6, 3))


def conv():
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout2d(0.3),
        nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(16, 3),
    )  # fmt: skip


def step_of(net, optimizer):
    loss_fn = nn.CrossEntropyLoss()

    def step(x, y):
        optimizer.zero_grad()
        output = net(x)
        loss = loss_fn(output, y)
        loss.backward()
        optimizer.step()
        return {"loss": loss, "output": output}

    return step


def sgd(net):
    return nn.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3)


def adam(net):
    return nn.optim.Adam(net.parameters(), lr=0.01)


def state(net):
    return {name: np.array(value) for name, value in net.state_dict().items()}


@pytest.mark.parametrize("make_optimizer", [sgd, adam])
@pytest.mark.parametrize("make", [mlp, with_dropout, with_batch_norm, conv])
def test_a_training(make, make_optimizer):
    nn.manual_seed(0)
    net = make()
    data = IMAGES if make is conv else X
    results = []
    for compiled in (False, True):
        one = copy.deepcopy(net)
        optimizer = make_optimizer(one)
        schedule = nn.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
        step = step_of(one, optimizer)
        step = ag.compile(step) if compiled else step
        nn.manual_seed(1)
        values = []
        for k in range(6):
            x = data if k % 2 else data[::-1]
            found = step(ag.Tensor(x), LABELS[: len(data)] if k < 4 else LABELS[: len(data)][::-1])
            values += [np.array(found["loss"].data), np.array(found["output"].data)]
            schedule.step()
        if compiled:
            assert step.compiled.recorded == 2
        results.append((values, state(one), [np.array(p.grad) for p in one.parameters()]))
    (values, weights, gradients), (others, weights_compiled, gradients_compiled) = results
    for a, b in zip(values, others, strict=True):
        np.testing.assert_array_equal(a, b)
    for name in weights:
        np.testing.assert_array_equal(weights[name], weights_compiled[name], err_msg=name)
    for a, b in zip(gradients, gradients_compiled, strict=True):
        np.testing.assert_array_equal(a, b)
