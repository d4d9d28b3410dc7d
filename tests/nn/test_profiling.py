"""nn.profile: where the time and the memory of a step go."""

import time
import tracemalloc

import numpy as np
import pytest

import autograd as ag
import nn


class Slow(ag.Function):
    """The value itself, with 20 ms forward and 40 ms backward."""

    @staticmethod
    def forward(ctx, x):
        time.sleep(0.02)
        return x * 1.0

    @staticmethod
    def backward(ctx, g):
        time.sleep(0.04)
        return g


class Waits(nn.Module):
    def forward(self, x):
        return Slow.apply(x)


class Large(nn.Module):
    """Keeps 8 MB for backward, and needs 4 MB more meanwhile."""

    def forward(self, x):
        return ag.exp((x * np.ones((1_000_000, 1), np.float32) * 0.5).reshape(-1, 1)).mean(axis=0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Linear(3, 1), Waits())
        self.large = Large()

    def forward(self, x):
        return self.large(self.first(x))


def stepping(net, x, loss_fn=lambda y: y.sum()):
    optimizer = nn.optim.Adam(net.parameters())

    def step():
        optimizer.zero_grad()
        loss_fn(net(x)).backward()
        optimizer.step()

    return step


def test_time_and_memory_are_found_where_they_are_spent():
    found = nn.profile(stepping(Net(), np.ones((1, 3), np.float32)), repeats=1)
    rows = {row.path: row for row in found.rows}
    assert list(rows) == ["Net", "Net.first", "Net.first.0", "Net.first.1", "Net.large", "Adam"]
    assert [row.kind for row in found.rows] == ["Net", "Sequential", "Linear", "Waits", "Large", "optimizer"]
    for name in ("Net.first.1", "Net.first", "Net"):
        assert rows[name].forward >= 0.02 and rows[name].backward >= 0.04
    assert rows["Adam"].backward == 0 < rows["Adam"].forward
    assert found.total.forward >= rows["Net"].forward + rows["Adam"].forward
    assert found.total.seconds == pytest.approx(found.watched) and found.unwatched >= 0.06
    assert 8e6 < rows["Net.large"].kept < 8.1e6 and rows["Net.first"].kept < 1e5
    assert rows["Net"].forward_peak >= rows["Net.large"].forward_peak > 12e6 > 1e5 > rows["Net.first"].forward_peak
    assert rows["Net.large"].backward_peak > 4e6 and found.peak >= rows["Net.large"].backward_peak
    assert abs(found.total.kept) < 1e5  # each step lets go of what it made


def test_a_watched_step_does_the_same_to_the_last_bit():
    x = np.random.default_rng(0).normal(size=(8, 3, 8, 8)).astype(np.float32)

    def weights(run):
        nn.manual_seed(0)
        net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten())
        run(stepping(net, x, lambda y: (y * y).mean() + y.std()))
        return [np.array(value) for value in net.state_dict().values()]

    plain = weights(lambda step: [step() for _ in range(5)])
    watched = weights(lambda step: nn.profile(step, repeats=1))
    for a, b in zip(plain, watched, strict=True):
        np.testing.assert_array_equal(a, b)


def test_scopes_repeated_calls_and_gradients_of_gradients():
    layer = nn.Linear(2, 2)
    x = ag.Tensor(np.ones((4, 2)), requires_grad=True)

    def step():
        with ag.scope("critic"):
            y = layer(layer(x)).sum()
        (g,) = ag.gradients(y, [x], create_graph=True)
        with ag.no_grad():
            layer(x)
        assert (ag.argmax(g) > -1).all()
        ((g * g).sum() + y).backward()

    found = nn.profile(step, repeats=2)
    rows = {row.path: row for row in found.rows}
    assert list(rows) == ["critic", "critic.Linear", "Linear"]
    assert rows["critic.Linear"].calls == 2 and rows["critic.Linear"].backward > 0
    assert rows["Linear"].calls == 1 and rows["Linear"].backward == 0
    assert found.elsewhere.forward > 0 and found.elsewhere.backward > 0


def test_what_is_recorded_again_counts_for_the_module_around():
    net = Net()
    found = nn.profile(stepping(lambda_of(net), np.ones((1, 3), np.float32)), repeats=1)
    (row,) = [row for row in found.rows if row.names == ("Again",)]
    assert row.forward >= 0.02 and row.backward >= 0.06  # forward again, and backward
    assert row.kept < 1e5 and row.backward_peak > 8e6


def lambda_of(net):
    class Again(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, x):
            return ag.checkpoint(self.net, x)

    return Again()


def test_the_table():
    found = nn.profile(stepping(Net(), np.ones((1, 3), np.float32)), repeats=1)
    lines = str(found).splitlines()
    assert lines[0].split() == "module kind calls forward backward share kept peak forward peak backward".split()
    assert [line[:12].rstrip() for line in lines[1:9]] == [
        "Net", "  first", "    0", "    1", "  large", "Adam", "(elsewhere)", "(all)",
    ]  # fmt: skip
    assert lines[9].startswith("a step takes ") and lines[10].startswith("most memory in use, above what was before: ")
    assert len(lines) == 11 and repr(found) == str(found)
    assert str(nn.profile(lambda: None, repeats=1)).splitlines()[1].startswith("(elsewhere)")


def test_errors_leave_everything_as_it_was():
    def fails():
        nn.Linear(2, 2)(np.ones((1, 2), np.float32))
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        nn.profile(fails)
    assert not tracemalloc.is_tracing() and ag.internal.handler() is None
    with pytest.raises(TypeError, match="a function without arguments"):
        nn.profile(nn.Linear(2, 2)(np.ones((1, 2), np.float32)))
    with pytest.raises(ValueError, match="repeats: 0"):
        nn.profile(lambda: None, repeats=0)
    with pytest.raises(RuntimeError, match="another"):
        nn.profile(lambda: nn.profile(lambda: None), repeats=1)


def test_nan_is_found_in_a_watched_step_too():
    x = ag.Tensor([0.0], requires_grad=True)

    def step():
        with ag.detect_anomaly(), np.errstate(all="ignore"):
            ag.sqrt(x).sum().backward()

    with pytest.raises(FloatingPointError, match="sqrt"):
        nn.profile(step)
