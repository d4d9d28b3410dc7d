"""Training nets: a compiled step does what the step does, to the last bit, and leaves behind what it leaves."""

import copy
import sys

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.native import native

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
def test_a_training(make, make_optimizer, monkeypatch):
    monkeypatch.setattr("autograd.program.small.prepare", lambda *given: None)  # it may add in another order
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


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the mean of no losses
def test_fit_with_compiled_steps():
    batches = [(X[i : i + 5], LABELS[i : i + 5]) for i in range(0, 12, 5)] + [(X[:5], np.full(5, -100))]
    histories = []
    for compiled in (False, True):
        nn.manual_seed(0)
        net = with_dropout()
        history = nn.training.fit(
            net, batches, nn.CrossEntropyLoss(), adam(net), epochs=4, progress=False, compile=compiled
        )
        histories.append((history.loss, history.accuracy, *state(net).values()))
    for found, expected in zip(*histories, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("small", [True, False])
def test_a_step_is_whole_or_not_made(small, monkeypatch):
    if not small:  # in NumPy, as larger nets are
        monkeypatch.setattr("autograd.program.small.prepare", lambda *given: None)
    warned = np.geterr()
    w, v = ag.Tensor([1.0, 2.0], requires_grad=True), ag.Tensor(3.0, requires_grad=True)

    def step(x):
        w.grad = v.grad = None
        (w * x * v).sum().backward()
        w.data -= 0.1 * w.grad
        v.data -= 0.1 * v.grad

    def now():
        return w.data.tolist(), float(v.data), w.grad.tolist(), float(v.grad)

    compiled = ag.compile(step)
    for _ in range(3):
        compiled(np.ones(2))
    finished, at = False, 0
    while not finished:  # Ctrl-C at each line of the library in turn
        before, left = now(), [at]

        def interrupt(frame, event, argument, left=left):
            if "autograd" not in frame.f_code.co_filename and "<program" not in frame.f_code.co_filename:
                return interrupt
            if event == "line":
                left[0] -= 1
                if left[0] < 0:
                    sys.settrace(None)
                    raise KeyboardInterrupt
            return interrupt

        sys.settrace(interrupt)
        try:
            compiled(np.ones(2))
            finished = True
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(None)
        after = now()
        w.data, v.data, w.grad, v.grad = before
        compiled(np.ones(2))
        assert after in (before, now()) and np.geterr() == warned
        at += 1
    assert at > 20


def test_gradients_are_clipped_in_a_compiled_step():
    ways = []
    for compiled in (lambda step: step, ag.compile):
        ag.manual_seed(0)
        net = mlp()
        optimizer = nn.optim.SGD(net.parameters(), lr=0.5, momentum=0.9)

        @compiled
        def step(x, net=net, optimizer=optimizer):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x), LABELS)
            loss.backward()
            norm = nn.utils.clip_grad_norm_(net.parameters(), 0.5)
            optimizer.step()
            return loss, norm

        results = [[float(one) for one in step(ag.Tensor(X * k))] for k in (1, 2, 1, 3, 1)]
        ways.append((results, [p.data for p in net.parameters()]))
    (eager, weights), (again, others) = ways
    assert eager == again and max(norm for _, norm in eager) > 0.5 > min(norm for _, norm in eager)
    assert all(np.array_equal(a, b) for a, b in zip(weights, others, strict=True))


def trained_on_digits(dtype, batches, compiled):
    """The weights of a LeNet after so many batches of 64 digits, again and again from the first."""
    nn.manual_seed(0)
    images, labels = nn.data.load_digits()
    images = images.astype(dtype)
    net = nn.models.LeNet()
    for p in net.parameters():
        p.data = p.data.astype(dtype)
    step = step_of(net, sgd(net))
    step = ag.compile(step) if compiled else step
    in_order = np.random.default_rng(0).permutation(len(labels) // 64 * 64).reshape(-1, 64)
    for i in range(batches):
        rows = in_order[i % len(in_order)]
        step(images[rows], labels[rows])
    return state(net)


@pytest.mark.slow
@pytest.mark.parametrize("dtype, batches, tolerance", [("float32", 10, 1e-5), ("float64", 150, 1e-9)])
def test_lenet_on_digits(dtype, batches, tolerance):
    eager, compiled = (trained_on_digits(dtype, batches, one) for one in (False, True))
    for name, expected in eager.items():
        assert expected.dtype == dtype
        np.testing.assert_allclose(compiled[name], expected, rtol=0, atol=tolerance, err_msg=name)


MAKERS = {
    "SGD": lambda ps: nn.optim.SGD(ps, lr=0.1, weight_decay=0.1),
    "momentum": lambda ps: nn.optim.SGD(ps, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    "dampening": lambda ps: nn.optim.SGD(ps, lr=0.1, momentum=0.9, dampening=0.2),
    "Adam": lambda ps: nn.optim.Adam(ps, lr=0.1, amsgrad=True),
    "RMSprop": lambda ps: nn.optim.RMSprop(ps, lr=0.1, momentum=0.5, centered=True),
    "Adagrad": lambda ps: nn.optim.Adagrad(ps, lr=0.1, lr_decay=0.1),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_steps_of_optimizers_in_small_programs(make):
    found = []
    for compiled in (False, True):
        w = ag.Tensor([[0.5, -1.0], [0.25, 2.0]], requires_grad=True, dtype=np.float64)
        b = ag.Tensor(0.5, requires_grad=True, dtype=np.float64)
        optimizer = make([w, b])

        def step(w=w, b=b, optimizer=optimizer):
            optimizer.zero_grad()
            ((w + b) ** 2 / 8).sum().backward()
            optimizer.step()

        step = ag.compile(step) if compiled else step
        for i in range(9):
            if i == 4:
                optimizer.param_groups[0]["lr"] *= 0.5
            if i == 6:
                optimizer.load_state_dict(optimizer.state_dict())
            if i == 8:
                optimizer.param_groups[0]["weight_decay"] = 0.2
            step()
        state = [value for known in optimizer.state_dict()["state"].values() for value in known.values()]
        found.append([w.data, b.data, *state])
    if native is not None:  # the optimizer's own step is not called
        (plans,) = step.compiled.plans.values()
        assert [type(call).__name__ for call in plans[0].calls] == ["Moving"]
    for mine, eager in zip(*found, strict=True):
        np.testing.assert_allclose(mine, eager, rtol=1e-12)


class Slowing(nn.optim.Adam):
    """With an option that is in no group."""

    factor = 1.0

    def prepare(self, group, step):
        super().prepare({**group, "lr": group["lr"] * self.factor}, step)


def test_an_optimizer_is_asked_anew_whatever_its_options_come_from():
    found = []
    for compiled in (False, True):
        w = ag.Tensor([0.5, -1.0], requires_grad=True, dtype=np.float64)
        idle = ag.Tensor([1.0, 1.0], requires_grad=True, dtype=np.float64)  # it gets no gradient
        optimizer = Slowing([{"params": [w]}, {"params": [idle], "lr": 0.5}], lr=0.1)

        def step(w=w, optimizer=optimizer):
            optimizer.zero_grad()
            (w**2).sum().backward()
            optimizer.step()

        step = ag.compile(step) if compiled else step
        for i in range(8):
            if i == 4:
                optimizer.factor = 0.25
            if i == 5:
                optimizer.state[w]["step"] = 100
            if i == 6:
                optimizer.state[w]["exp_avg"] = np.array([3.0, 4.0])
            if i == 7:
                optimizer.param_groups[0]["betas"] = 0.5, 0.75
            step()
        found.append([w.data, idle.data, *optimizer.state[w].values()])
    if native is not None:
        (plans,) = step.compiled.plans.values()
        assert [type(call).__name__ for call in plans[0].calls] == ["Moving"]
    for mine, eager in zip(*found, strict=True):
        np.testing.assert_allclose(mine, eager, rtol=1e-12)
