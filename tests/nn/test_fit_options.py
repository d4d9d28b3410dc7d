"""What fit does beside steps: metrics, schedules, early stopping, accumulation, clipping; and History's picture."""

import numpy as np
import pytest

import autograd as ag
import nn
from nn.training import EarlyStopping, evaluate, fit

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 4)).astype(np.float32)
Y = RNG.integers(0, 3, 24)
BATCHES = [(X[i : i + 6], Y[i : i + 6]) for i in range(0, 24, 6)]
LOSS = nn.CrossEntropyLoss()


def net():
    nn.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))


def weights(model):
    return np.concatenate([np.ravel(p.data) for p in model.parameters()])


def test_metrics_are_means_over_the_samples():
    def margin(output, target):
        assert not ag.is_grad_enabled()
        return np.mean(np.asarray(output.data)[np.arange(len(target)), target])

    model = net()
    batches = [BATCHES[0], (X[6:8], Y[6:8])]
    optimizer = nn.optim.SGD(model.parameters(), lr=0.0)
    history = fit(
        model, batches, LOSS, optimizer, epochs=2, validation=BATCHES, metrics={"margin": margin}, progress=False
    )
    scores = model(X).data
    assert history.metrics["margin"] == pytest.approx([np.mean(scores[np.arange(8), Y[:8]])] * 2, rel=1e-6)
    assert history.validation_metrics["margin"] == pytest.approx([np.mean(scores[np.arange(24), Y])] * 2, rel=1e-6)


@pytest.mark.parametrize("compile", [False, True])
def test_accumulated_batches_are_as_one(compile):
    trained = []
    for accumulate, batches in ((1, [(X[:12], Y[:12]), (X[12:], Y[12:])]), (2, BATCHES)):
        model = net()
        optimizer = nn.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
        fit(model, batches, LOSS, optimizer, epochs=3, accumulate=accumulate, progress=False, compile=compile)
        trained.append(weights(model))
    np.testing.assert_allclose(*trained, rtol=1e-4, atol=1e-6)


def test_what_is_left_at_the_end_of_an_epoch_is_a_step_too():
    model, other = net(), net()
    fit(model, BATCHES[:3], LOSS, nn.optim.SGD(model.parameters(), lr=0.5), accumulate=2, progress=False)
    fit(other, [(X[:12], Y[:12]), BATCHES[2]], LOSS, nn.optim.SGD(other.parameters(), lr=0.5), progress=False)
    np.testing.assert_allclose(weights(model), weights(other), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("compile", [False, True])
def test_the_norm_of_the_gradients_is_clipped(compile):
    model = net()
    before = weights(model)
    optimizer = nn.optim.SGD(model.parameters(), lr=1.0)
    fit(model, BATCHES[:1] * 4, LOSS, optimizer, clip_norm=1e-3, progress=False, compile=compile)
    assert 0 < np.linalg.norm(weights(model) - before) <= 4 * 1e-3 * 1.001


def test_schedules_step_after_epochs_or_steps():
    model = net()
    optimizer = nn.optim.SGD(model.parameters(), lr=1.0)
    schedule = nn.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    history = fit(model, BATCHES, LOSS, optimizer, epochs=3, scheduler=schedule, progress=False)
    assert history.lr == [1.0, 0.5, 0.25]
    optimizer = nn.optim.SGD(model.parameters(), lr=1.0)
    schedule = nn.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    fit(model, BATCHES, LOSS, optimizer, scheduler=schedule, scheduler_each="step", accumulate=2, progress=False)
    assert optimizer.param_groups[0]["lr"] == 0.25
    model, seen = net(), []
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    plateau = nn.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    plateau.step = seen.append
    history = fit(model, BATCHES, LOSS, optimizer, epochs=3, validation=BATCHES, scheduler=plateau, progress=False)
    assert seen == history.validation_loss


def test_early_stopping_gives_the_best_weights_back():
    model = net()
    optimizer = nn.optim.SGD(model.parameters(), lr=0.0)
    losses = iter([3.0, 1.0, 2.0, 2.0, 0.0])
    stopping, seen = EarlyStopping(model, patience=2), []

    def disturbed(history):
        history.validation_loss[-1] = next(losses)
        seen.append(weights(model))
        ended = stopping(history)
        if not ended:
            model[0].bias.data += 1
        return ended

    history = fit(model, BATCHES, LOSS, optimizer, epochs=9, validation=BATCHES, callbacks=[disturbed], progress=False)
    assert history.epochs == 4 and stopping.best_epoch == 2
    np.testing.assert_array_equal(weights(model), seen[1])
    with pytest.raises(ValueError, match="no validation_loss to watch"):
        fit(model, BATCHES, LOSS, optimizer, callbacks=[EarlyStopping(model)], progress=False)
    with pytest.raises(ValueError, match="patience"):
        EarlyStopping(model, patience=0)


def test_a_number_that_is_to_grow():
    stopping, history = EarlyStopping(net(), 1, "accuracy"), nn.training.History()
    history.add((1.0, 0.5), 1.0)
    assert not stopping(history)
    history.add((0.5, 0.4), 1.0)
    assert stopping(history)


@pytest.mark.parametrize(
    "options", [{"accumulate": 0}, {"accumulate": 1.5}, {"checkpoint_every": 0}, {"scheduler_each": "batch"}]
)
def test_options_that_make_no_sense(options):
    model = net()
    with pytest.raises(ValueError, match=next(iter(options))):
        fit(model, BATCHES, LOSS, nn.optim.SGD(model.parameters(), lr=0.1), progress=False, **options)


def test_the_picture_of_a_history():
    pytest.importorskip("matplotlib")
    history = nn.training.History()
    for i in range(5):
        history.add((1 / (i + 1), i / 5), 1.0, (1 / (i + 0.5), i / 6), {"margin": i - 2.0}, {"margin": i - 3.0}, 0.1)
    figure = history.plot()
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["loss", "accuracy", "margin"]
    assert [len(axes.lines) for axes in figure.axes] == [2, 2, 2]
    empty = nn.training.History().plot()
    assert len(empty.axes) == 1


def test_evaluate_is_what_it_was():
    loss, accuracy = evaluate(net(), BATCHES, LOSS)
    assert loss > 0 and 0 <= accuracy <= 1
