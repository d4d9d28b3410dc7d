"""Training loops: they learn, they report, they stop cleanly, and a seed repeats them.

long because every way in which a training can be interrupted, have nothing to train on or go wrong is tried on ``fit``.
"""

import gc
import itertools
import os
import signal
import sys
import time
import warnings

import numpy as np
import pytest

import autograd as ag
import nn
from nn.data import DataLoader
from nn.training import evaluate, fit, train_epoch


def circles(rng, n=200):
    x = rng.normal(size=(n, 2)).astype(np.float32)
    return x, (np.hypot(*x.T) > 1.2).astype(np.int64)


def run(seed, progress=False, epochs=12):
    nn.manual_seed(seed)
    x, y = circles(np.random.default_rng(0))
    loader = DataLoader((x, y), batch_size=20, shuffle=True, seed=seed)
    net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Dropout(0.1), nn.Linear(16, 2))
    optimizer = nn.optim.Adam(net.parameters(), lr=0.05)
    history = fit(
        net,
        loader,
        nn.CrossEntropyLoss(),
        optimizer,
        epochs=epochs,
        validation=DataLoader((x, y), 64),
        progress=progress,
    )
    return net, history


def test_it_learns():
    net, history = run(0)
    assert history.epochs == 12 == len(history.seconds) and not history.interrupted
    assert history.validation_accuracy[-1] > 0.93 and history.loss[-1] < history.loss[0] / 2
    assert history.validation_accuracy[-1] == pytest.approx(
        np.mean(net.eval()(circles(np.random.default_rng(0))[0]).data.argmax(1) == circles(np.random.default_rng(0))[1])
    )


def test_a_seed_repeats_a_training():
    (first, a), (second, b) = run(1), run(1)
    assert a.loss == b.loss and a.validation_accuracy == b.validation_accuracy
    for name, array in first.state_dict().items():
        np.testing.assert_array_equal(array, second.state_dict()[name])
    assert run(2)[1].loss != a.loss


def test_the_bar_shows_loss_and_accuracy(capsys):
    _, history = run(0, progress=True, epochs=2)
    shown = capsys.readouterr().err
    assert f"loss={history.loss[-1]:.4f}" in shown and f"accuracy={history.accuracy[-1]:.2%}" in shown
    assert "epoch 2/2" in shown and f"validation accuracy={history.validation_accuracy[-1]:.2%}" in shown


def test_modes_are_as_before():
    net = nn.Sequential(nn.Linear(1, 2)).eval()
    seen = []

    class Watched(nn.Module):
        def forward(self, x):
            seen.append(self.training)
            return x

    net.append(Watched())
    net.eval()
    batches = [(np.ones((2, 1), np.float32), np.array([0, 1]))]
    optimizer = nn.optim.SGD(net.parameters(), lr=0.1)
    fit(net, batches, nn.CrossEntropyLoss(), optimizer, validation=batches, progress=False)
    assert seen == [True, False] and not net[1].training
    net.train()
    evaluate(net, batches, nn.CrossEntropyLoss())
    assert net[1].training


def test_means_count_each_sample_once():
    net = nn.Sequential(nn.Linear(1, 2), nn.Linear(2, 2))
    x, y = np.arange(5, dtype=np.float32).reshape(5, 1), np.array([0, 1, 0, 1, 0])
    whole = evaluate(net, [(x, y)], nn.CrossEntropyLoss())
    parts = evaluate(net, DataLoader((x, y), 2), nn.CrossEntropyLoss())
    assert parts == pytest.approx(whole)
    assert net[0].weight.grad is None


def test_regression_has_no_accuracy():
    x = np.linspace(-1, 1, 16, dtype=np.float32).reshape(-1, 1)
    net = nn.Linear(1, 1)
    optimizer = nn.optim.SGD(net.parameters(), lr=0.5)
    losses = [train_epoch(net, [(x, 2 * x)], nn.MSELoss(), optimizer, progress=False) for _ in range(40)]
    assert losses[-1][1] is None and losses[-1][0] < 1e-4 < losses[0][0]


def test_ctrl_c_leaves_a_usable_model():
    x, y = circles(np.random.default_rng(0))
    net = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 2)).eval()
    batches = DataLoader((x, y), 50)

    class Interrupting:
        def __init__(self):
            self.left = 6

        def __call__(self, output, target):
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt
            return nn.CrossEntropyLoss()(output, target)

    optimizer = nn.optim.SGD(net.parameters(), lr=0.1)
    history = fit(net, batches, Interrupting(), optimizer, epochs=3, progress=False)
    assert history.interrupted and history.epochs == 1
    assert not net.training
    assert np.isfinite(evaluate(net, batches, nn.CrossEntropyLoss())[0])
    again = fit(net, batches, nn.CrossEntropyLoss(), optimizer, epochs=2, progress=False)
    assert again.epochs == 2 and again.loss[-1] < history.loss[0]
    with pytest.raises(KeyboardInterrupt):
        train_epoch(net, list(batches) * 2, Interrupting(), optimizer, progress=False)


def all_of(net, optimizer):
    """All that a step changes, as bytes and numbers."""
    remembered = [
        {k: v.tobytes() if isinstance(v, np.ndarray) else v for k, v in optimizer.state.get(p, {}).items()}
        for p in net.parameters()
    ]
    return [p.data.tobytes() for p in net.parameters()], remembered


OPTIMIZERS = {
    "momentum": lambda params: nn.optim.SGD(params, lr=0.1, momentum=0.9),
    "Adam": lambda params: nn.optim.Adam([{"params": params[:2]}, {"params": params[2:], "lr": 0.1}]),
}


class Interruptible:
    """A training of two epochs, two steps each, of a net with a frozen part; what is seen of it after an interrupt."""

    def __init__(self, kind):
        rng = np.random.default_rng(0)
        self.batches = [(rng.normal(size=(4, 3)).astype(np.float32), np.array([0, 1, 0, 1])) for _ in range(2)]
        self.kind = kind
        self.loss_fn = nn.CrossEntropyLoss()
        self.whole = []

        def loss_fn(output, target):
            if output.requires_grad:
                self.whole.append(all_of(net, optimizer))
            return nn.CrossEntropyLoss()(output, target)

        net, optimizer = self.made()
        assert self.run(net, optimizer, loss_fn).epochs == 2
        self.whole.append(all_of(net, optimizer))
        assert len(self.whole) == 5

    def made(self):
        nn.manual_seed(0)
        net = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Linear(4, 4)).eval(), nn.Tanh(), nn.Linear(4, 2))
        return net, OPTIMIZERS[self.kind](list(net.parameters()))

    def run(self, net, optimizer, loss_fn=None):
        loss_fn = loss_fn or self.loss_fn
        return fit(net, self.batches, loss_fn, optimizer, epochs=2, validation=self.batches, progress=False)

    def check(self, net, optimizer, history):
        """Returns how many whole steps there have been."""
        assert [module.training for module in net.modules()] == [True, True, False, False, True, True]
        assert ag.is_grad_enabled()
        lists = (history.loss, history.accuracy, history.validation_loss, history.validation_accuracy, history.seconds)
        assert len({len(values) for values in lists}) == 1 and history.interrupted
        return self.whole.index(all_of(net, optimizer))


def interrupt_at(moment, run):
    """Run with a KeyboardInterrupt at an instruction of nn or autograd; (the result, how many instructions it saw)."""
    seen = 0
    own = tuple(os.path.dirname(module.__file__) + os.sep for module in (ag, nn))

    def trace(frame, event, argument):
        nonlocal seen
        if not frame.f_code.co_filename.startswith(own) or frame.f_code.co_name == "until_interrupted":
            return trace
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            seen += 1
            if seen == moment:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return run(), seen
    finally:
        sys.settrace(before)


@pytest.fixture(scope="module", autouse=True)
def traceable():
    """Python 3.12 traces single instructions only after they have been asked for once."""
    interrupt_at(-1, lambda: nn.Linear(1, 1))


@pytest.mark.slow
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_an_interrupt_at_any_instruction_leaves_whole_steps(kind):
    """fit returns, its lists are of one length, modes and recording are as before, parameters and state of one step."""
    training = Interruptible(kind)
    made = training.made()
    _, instructions = interrupt_at(-1, lambda: training.run(*made))
    moments = np.random.default_rng(1).integers(1, instructions, 70).tolist()
    steps = set()
    for moment in [1, 2, 3, *moments, *range(instructions - 60, instructions + 1, 3), instructions]:
        net, optimizer = training.made()
        history, seen = interrupt_at(moment, lambda net=net, optimizer=optimizer: training.run(net, optimizer))
        assert seen >= moment
        steps.add(training.check(net, optimizer, history))
    assert steps == {0, 1, 2, 3, 4}


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signals of a timer are POSIX's")
def test_an_interrupt_at_any_time_leaves_whole_steps():
    """A real signal, at random times."""
    training = Interruptible("Adam")
    rng, steps, end, armed = np.random.default_rng(1), [], time.monotonic() + 3, False

    def interrupt(*_):
        if armed:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        while time.monotonic() < end:
            net, optimizer = training.made()

            def run(net=net, optimizer=optimizer):
                nonlocal armed
                armed = True
                signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-5, 4e-3))
                history = training.run(net, optimizer)
                armed = False
                return history

            try:
                history = run()
            except KeyboardInterrupt:  # in this test's own lines around it
                armed = False
                continue
            if history.interrupted:
                steps.append(training.check(net, optimizer, history))
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(steps) > 20 and len(set(steps)) > 1


def test_an_interrupted_evaluation_leaves_modes_and_recording():
    net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5).eval(), nn.Linear(4, 2))
    batches = [(np.ones((2, 3), np.float32), np.array([0, 1]))]
    hits, loss_fn = 0, nn.CrossEntropyLoss()
    for moment in itertools.count(1, 23):
        try:
            _, seen = interrupt_at(moment, lambda: evaluate(net, batches, loss_fn))
            hit = seen >= moment
        except KeyboardInterrupt:
            hit = True
        assert [m.training for m in net.modules()] == [True, True, False, True] and ag.is_grad_enabled()
        hits += hit
        if not hit:
            break
    assert hits > 20


# -- nothing to train on -------------------------------------------------------------------------

X, Y = np.ones((3, 2), np.float32), np.array([0, 1, 0])


class Spent:
    """Goes through its batches once, though it does not look like an iterator."""

    def __init__(self, times):
        self.times = times

    def __iter__(self):
        self.times -= 1
        return iter([(X, Y)] if self.times >= 0 else [])


def trained(loader, loss_fn=None, optimizer=None, net=None, **options):
    net = net or nn.Linear(2, 2)
    optimizer = optimizer or nn.optim.SGD(net.parameters(), lr=0.1)
    return fit(net, loader, loss_fn or nn.CrossEntropyLoss(), optimizer, progress=False, **options)


@pytest.mark.parametrize(
    "loader, options, message",
    [
        (
            lambda: ((X, Y) for _ in range(2)),
            {"epochs": 3},
            r"loader is an iterator(.|\n)*generator(.|\n)*list\(loader\)",
        ),
        (lambda: zip([X], [Y], strict=True), {"epochs": 2}, "loader: zip"),
        (
            lambda: [(X, Y)],
            {"epochs": 2, "validation": iter([(X, Y)])},
            r"validation is an iterator(.|\n)*list\(validation\)",
        ),
        (lambda: iter([]), {}, "given no batch(.|\n)*list_iterator(.|\n)*gives its batches once"),
        (
            lambda: DataLoader((X, Y), 8, drop_last=True),
            {},
            "no batch(.|\n)*samples: 3\n  batch_size: 8\n  drop_last: True",
        ),
        (lambda: DataLoader((X[:0], Y[:0]), 8), {}, "no batch(.|\n)*samples: 0"),
        (list, {}, "no batch\n  loader: list"),
        (lambda: Spent(1), {"epochs": 2}, "no batch\n  loader: Spent"),
        (lambda: [(X, Y)], {"validation": []}, "evaluate: the loader has given no batch"),
        (lambda: [(X[:0], Y[:0])], {}, "a batch without samples"),
        (lambda: [(X, Y)], {"epochs": -1}, "epochs: -1"),
        (lambda: [(X, Y)], {"epochs": 1.5}, "epochs: 1.5"),
        (lambda: [{"x": X, "y": Y}], {}, "must be a pair(.|\n)*batch: dict of 2"),
        (lambda: [(X, Y, Y)], {}, "batch: tuple of 3"),
        (lambda: ["ab"], {}, "batch: str"),
    ],
)
def test_nothing_to_train_on_is_an_error(loader, options, message):
    net = nn.Linear(2, 2)
    before = net.state_dict()
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=message):
        trained(loader(), net=net, **options)
    once = isinstance(options.get("validation"), list) or "Spent" in message
    assert once or all((net.state_dict()[name] == array).all() for name, array in before.items())


def test_an_iterator_serves_for_one_epoch():
    assert trained(((X, Y) for _ in range(2)), validation=iter([(X, Y)])).epochs == 1
    net = nn.Linear(2, 2)
    optimizer = nn.optim.SGD(net.parameters())
    assert train_epoch(net, iter([(X, Y)]), nn.CrossEntropyLoss(), optimizer, progress=False)[1] is not None
    with pytest.raises(ValueError, match="no batch"):
        train_epoch(net, [], nn.CrossEntropyLoss(), optimizer, progress=False)
    with pytest.raises(ValueError, match="no batch"):
        evaluate(net, [], nn.CrossEntropyLoss())


def test_a_training_that_can_move_nothing_is_an_error():
    net, other = nn.Linear(2, 2), nn.Linear(2, 2)
    with pytest.raises(ValueError, match=r"none of the optimizer's parameters(.|\n)*weight, bias"):
        trained([(X, Y)], net=net, optimizer=nn.optim.SGD(other.parameters()))
    with pytest.raises(ValueError, match=r"no history(.|\n)*float"):
        trained([(X, Y)], lambda output, target: 0.5)
    with pytest.raises(ValueError, match=r"no history(.|\n)*recording is on here(.|\n)*a gradient: 0"):
        trained([(X, Y)], net=net.requires_grad_(False))
    with pytest.raises(ValueError, match="recording is off here"), ag.no_grad():
        trained([(X, Y)])


# -- modes, targets, losses ----------------------------------------------------------------------


def test_frozen_parts_stay_frozen():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.9), nn.Linear(3, 2))
    net[1].eval()
    net[2].eval()
    modes = [module.training for module in net.modules()]
    before = net.state_dict()
    optimizer = nn.optim.SGD(net.parameters(), lr=0.1)
    for run in (
        lambda: fit(net, [(X, Y)], nn.CrossEntropyLoss(), optimizer, epochs=2, validation=[(X, Y)], progress=False),
        lambda: train_epoch(net, [(X, Y)], nn.CrossEntropyLoss(), optimizer, progress=False),
        lambda: evaluate(net, [(X, Y)], nn.CrossEntropyLoss()),
    ):
        run()
        assert [module.training for module in net.modules()] == modes
    after = net.state_dict()
    assert (after["0.weight"] != before["0.weight"]).any()
    assert all((after[name] == before[name]).all() for name in before if "running" in name or "num_batches" in name)
    net.eval()
    net[3].train()  # all but the head is frozen
    fit(net, [(X, Y)], nn.CrossEntropyLoss(), optimizer, progress=False)
    assert (net.state_dict()["1.running_mean"] == before["1.running_mean"]).all() and net[3].training
    net.eval()
    fit(net, [(X, Y)], nn.CrossEntropyLoss(), optimizer, progress=False)
    assert (net.state_dict()["1.running_mean"] != before["1.running_mean"]).any() and not net[3].training


@pytest.mark.parametrize("targets", [list(Y), tuple(int(y) for y in Y), Y, ag.Tensor(Y), Y.tolist()], ids=range(5))
def test_targets_of_any_kind_count_alike(targets):
    net = nn.Linear(2, 2, rng=0)
    expected = fit(net, [(X, Y)], nn.CrossEntropyLoss(), nn.optim.SGD(net.parameters(), lr=0.1), progress=False)
    net = nn.Linear(2, 2, rng=0)
    found = trained([(X, targets)], net=net)
    assert found.loss == expected.loss and found.accuracy == expected.accuracy
    assert evaluate(net, [(X, targets)], nn.CrossEntropyLoss()) == evaluate(net, [(X, Y)], nn.CrossEntropyLoss())


def test_what_makes_no_sense_is_found_before_the_step():
    net = nn.Linear(2, 2)
    before = net.state_dict()
    for targets in ([0, 1], [[0, 1], [1]], [0, "one", 1], None):
        with pytest.raises((ValueError, TypeError)):
            trained([(X, targets)], net=net)
        assert all((net.state_dict()[name] == array).all() for name, array in before.items())


def test_several_outputs_and_targets_have_a_loss_and_no_accuracy():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(2, 1), nn.Linear(2, 3)

        def forward(self, x):
            return self.a(x), self.b(x)

    def loss_fn(output, target):
        return sum(nn.MSELoss()(o, t) for o, t in zip(output, target, strict=True))

    net, pair = Two(), (np.zeros((3, 1), np.float32), np.zeros((3, 3), np.float32))
    history = trained([(X, pair), (X[:1], (pair[0][:1], pair[1][:1]))], loss_fn, net=net)
    assert np.isfinite(history.loss[0]) and history.accuracy == [None]
    whole = evaluate(net, [(X, pair)], loss_fn)
    assert evaluate(net, [(X[:1], (pair[0][:1], pair[1][:1])), (X[:2], (pair[0][:2], pair[1][:2]))], loss_fn) == (
        pytest.approx(whole[0]), None,
    )  # fmt: skip


def test_ignored_targets_do_not_count():
    x, y = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32), np.array([0, 1, -100, 1, -100, -100])
    net = nn.Linear(2, 2)
    loss_fn = nn.CrossEntropyLoss()
    with np.errstate(all="ignore"):
        parts = evaluate(net, DataLoader((x, y), 2), loss_fn)
    loss, accuracy = evaluate(net, [(x[y >= 0], y[y >= 0])], loss_fn)
    assert parts == (pytest.approx(loss), pytest.approx(accuracy))
    dense = np.array([[0, 1], [-100, -100], [1, -100]])
    scores = ag.Tensor(np.zeros((3, 4, 2)))
    averages = nn.training.Averages(-100)
    averages.add(1.5, scores, dense)
    assert averages.samples == 3 and averages.loss == 1.5 and averages.accuracy is None


def test_fit_stays_alive_when_all_targets_of_a_batch_are_ignored():
    x, y = np.ones((4, 2), np.float32), np.array([0, 1, -100, -100])
    net = nn.Linear(2, 2)
    with np.errstate(all="ignore"):
        history = trained(DataLoader((x, y), 2), net=net, epochs=2)
    assert np.isfinite(history.loss).all() and history.loss[1] != history.loss[0]
    assert all(np.isfinite(array).all() for array in net.state_dict().values())


class Grows(nn.Module):
    def forward(self, x):
        return ag.exp(x * 1000)


def masked(x):
    return ag.where(np.array([True, False]), x, -np.inf)


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid", "ignore:divide")
def test_a_loss_that_is_not_finite_is_told_once_with_the_first_module():
    class Masks(nn.Module):
        def forward(self, x):
            return ag.softmax(masked(x), axis=1)  # −inf inside, and all finite at its end

    net = nn.Sequential(
        {
            "body": nn.Sequential(nn.Linear(2, 2), Masks(), nn.BatchNorm1d(2), nn.Dropout(0.5, rng=3), Grows()),
            "head": nn.Linear(2, 2),
        }
    )
    net.body[0].weight.data = np.full((2, 2), 3, np.float32)
    x = np.array([[1.0, 0.0], [3.0, 5.0], [0.0, 1.0]], np.float32)
    net.body[2].weight.data = np.full(2, 50, np.float32)
    net.body[2].bias.data = np.full(2, 50, np.float32)
    with pytest.warns(RuntimeWarning, match="training: the loss is") as told:
        history = trained([(x, Y), (x, Y)], net=net, epochs=2)
    told = [str(warning.message) for warning in told if "training" in str(warning.message)]
    assert len(told) == 1 and "output is not finite: body.4, Grows" in told[0] and history.epochs == 2


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid", "ignore:divide")
def test_what_else_a_loss_that_is_not_finite_comes_from():
    def told(x=X, loss_fn=None, net=None):
        with pytest.warns(RuntimeWarning, match="training: the loss is") as warned:
            trained([(x, Y)], loss_fn, net=net)
        return str(warned[-1].message)

    assert "the inputs of the batch are not finite" in told(X * np.nan)
    assert "it arises in the loss function" in told(loss_fn=lambda output, target: (output * 0.0).sum() / 0.0)
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].bias.data = np.array([1, np.nan], np.float32)
    assert "output is not finite: 1, Linear\n  its parameters that are not finite, since an earlier step: bias" in told(
        net=net
    )


def test_finding_the_first_module_changes_nothing_else():
    """The run that finds it draws nothing and moves no running mean: the training goes on as it would have."""

    def run(loss_fn):
        nn.manual_seed(4)
        net = nn.Sequential(
            nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Dropout(0.5, rng=1), nn.Linear(8, 2)
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trained([(X, Y)] * 3, loss_fn, net=net, epochs=2)
        return net.state_dict()

    calls = []

    def infinite_once(output, target):
        calls.append(1)
        loss = nn.CrossEntropyLoss()(output, target)
        return loss + np.float32(np.inf) if len(calls) == 1 else loss

    first, second = run(nn.CrossEntropyLoss()), run(infinite_once)
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])


def test_other_errors_are_raised():
    net = nn.Linear(2, 2)
    batches = [(np.ones((1, 2), np.float32), np.array([5]))]
    with pytest.raises(ValueError, match="out of range"):
        fit(net, batches, nn.CrossEntropyLoss(), nn.optim.SGD(net.parameters()), progress=False)


def test_lenet_learns_the_digits_quickly():
    nn.manual_seed(0)
    images, labels = nn.data.load_digits()
    x, x_test, y, y_test = nn.data.train_test_split(images, labels, test_size=0.2, seed=0)
    net = nn.models.LeNet()
    optimizer = nn.optim.Adam(net.parameters(), lr=5e-3)
    history = fit(
        net, DataLoader((x, y), 64, shuffle=True, seed=0), nn.CrossEntropyLoss(), optimizer, epochs=6, progress=False
    )
    loss, accuracy = evaluate(net, DataLoader((x_test, y_test), 128), nn.CrossEntropyLoss())
    assert accuracy > 0.93 and loss < 0.2 and history.epochs == 6


def small_net():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, rng=0), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.AvgPool2d(2, ceil_mode=True), nn.Flatten(), nn.Dropout(0.3, rng=0), nn.Linear(16, 3, rng=0),
        nn.GELU(), nn.BatchNorm1d(3),
    )  # fmt: skip


IMAGES = np.random.default_rng(0).random((5, 1, 8, 8), dtype=np.float32)
CLASSES = np.arange(5) % 3


def a_step(net):
    optimizer = nn.optim.Adam(net.parameters())
    loss = nn.CrossEntropyLoss()(net(IMAGES), CLASSES)
    loss.backward()
    optimizer.step()


def a_step_on_a_tape(net):
    with ag.tape():
        a_step(net)


def a_step_along_second_derivatives(net):
    net.double()
    parameters = list(net.parameters())
    loss = nn.CrossEntropyLoss()(net(IMAGES.astype(float)), CLASSES)
    gradients = ag.gradients(loss, parameters, create_graph=True)
    sum((g * g).sum() for g in gradients).backward()


def steps_that_fail(net):
    with pytest.raises(ValueError, match="out of range"):
        nn.CrossEntropyLoss()(net(IMAGES), CLASSES + 7)
    with pytest.raises(ValueError, match="linear: "):
        net(IMAGES[:, :, :4])
    loss = nn.CrossEntropyLoss()(net(IMAGES), CLASSES)
    loss.backward()
    with pytest.raises(RuntimeError, match="used up"):
        loss.backward()


@pytest.mark.slow
@pytest.mark.parametrize("run", [a_step, a_step_on_a_tape, a_step_along_second_derivatives, steps_that_fail])
def test_nothing_is_left_for_the_collector(run):
    net = small_net()
    run(net)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        run(net)
        del net
        gc.collect()
        left = [x for x in gc.garbage if isinstance(x, ag.Tensor | np.ndarray | nn.Module | ag.Tape)]
        assert not left
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def test_what_comes_after_changes_nothing_on_a_tape():
    """Values and gradients of a net on a tape, through a step, another state, a raw write and forgotten gradients."""
    net = small_net()
    with ag.tape() as tape:
        loss = nn.CrossEntropyLoss()(net(IMAGES), CLASSES)
    loss.backward()
    before = [(np.array(node.note.value), np.array(node.note.gradient)) for node in tape]
    nn.optim.AdamW(net.parameters(), lr=0.1).step()
    net.load_state_dict(small_net().state_dict())
    for p in net.parameters():
        p.grad[...] = 7
        p.data -= 1
    net.zero_grad()
    for node, (value, gradient) in zip(tape, before, strict=True):
        np.testing.assert_array_equal(node.note.value, value)
        np.testing.assert_array_equal(node.note.gradient, gradient)
