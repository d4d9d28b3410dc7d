"""Training loops: they learn, they report, they stop cleanly, and a seed repeats them."""

import gc

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
