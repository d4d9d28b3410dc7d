"""nn.checkpoint: a training that is cut off at any instant goes on as if it had not been."""

import os
import random
import subprocess
import sys
import time

import numpy as np
import pytest

import nn
from nn.training import EarlyStopping, fit

PROGRAM = """
import sys
import numpy as np
import nn

rng = np.random.default_rng(0)
x, y = rng.normal(size=(96, 6)).astype(np.float32), rng.integers(0, 3, 96)
nn.manual_seed(0)
net = nn.Sequential(
    nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 16), nn.Tanh(),
    nn.Dropout(0.2, rng=5), nn.Linear(16, 3),
)
optimizer = nn.optim.Adam(net.parameters(), lr=0.01)
schedule = nn.optim.lr_scheduler.CosineAnnealingLR(optimizer, 30)
loader = nn.data.DataLoader((x, y), batch_size=8, shuffle=True)
history = nn.training.fit(
    net, loader, nn.CrossEntropyLoss(), optimizer, epochs=12, validation=[(x, y)], scheduler=schedule,
    callbacks=[nn.training.EarlyStopping(net, patience=12)], accumulate=2,
    checkpoint=sys.argv[1], checkpoint_every=2, progress=False,
)
print(history.loss, history.accuracy, history.validation_loss, history.lr)
print({name: np.asarray(value.data).tobytes().hex() for name, value in net.state_dict().items()})
print(optimizer.state_dict()["state"][0]["exp_avg"].tobytes().hex())
"""


def run(path):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_with_the_same_bits(tmp_path):
    begun = time.perf_counter()
    expected, errors = run(str(tmp_path / "whole.safetensors")).communicate()
    whole = time.perf_counter() - begun
    assert expected, errors
    rng, kills, path = random.Random(0), 0, str(tmp_path / "cut.safetensors")
    while True:
        process = run(path)
        try:
            found, errors = process.communicate(timeout=rng.uniform(0.3, 1.0) * whole if kills < 30 else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
            assert {name for name in os.listdir(tmp_path) if not name.startswith(".")} <= {
                "whole.safetensors", "cut.safetensors"
            }  # fmt: skip
            continue
        assert process.returncode == 0, errors
        assert found == expected
        if kills >= 30:
            break
        os.remove(path)  # it has come to its end before it was killed: once more


def parts(seed=0):
    nn.manual_seed(seed)
    net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5, rng=seed), nn.Linear(4, 2))
    optimizer = nn.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    return net, optimizer


def trained(net, optimizer, steps=3):
    x, y = np.ones((4, 3), np.float32), np.array([0, 1, 0, 1])
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    return np.concatenate([np.ravel(p.data) for p in net.parameters()])


def test_all_goes_on_where_it_was(tmp_path):
    path = tmp_path / "run.safetensors"
    net, optimizer = parts()
    own = np.random.default_rng(3)
    trained(net, optimizer)
    nn.checkpoint.save(path, model=net, optimizer=optimizer, own=own, epoch=3, seen=np.arange(3))
    expected = trained(net, optimizer), own.random(2), np.array(nn.init.normal_(net[0].bias).data)
    other, other_optimizer = parts(1)
    drawn = np.random.default_rng(9)
    rest = nn.checkpoint.load(path, model=other, optimizer=other_optimizer, own=drawn)
    assert rest["epoch"] == 3 and rest["seen"].tolist() == [0, 1, 2] and set(rest) == {"epoch", "seen"}
    np.testing.assert_array_equal(trained(other, other_optimizer), expected[0])
    np.testing.assert_array_equal(drawn.random(2), expected[1])
    np.testing.assert_array_equal(nn.init.normal_(other[0].bias).data, expected[2])


def test_a_part_that_does_not_fit_leaves_all_as_it_was(tmp_path):
    path = tmp_path / "run.safetensors"
    net, optimizer = parts()
    trained(net, optimizer)
    nn.checkpoint.save(path, model=net, optimizer=optimizer)
    other, _ = parts(1)
    before = other.state_dict()
    adam = nn.optim.Adam(other.parameters())
    values = {name: np.array(value.data) for name, value in before.items()}
    drawn = nn.manual_seed(5).bit_generator.state
    with pytest.raises(ValueError):
        nn.checkpoint.load(path, model=other, optimizer=adam)
    for name, value in other.state_dict().items():
        np.testing.assert_array_equal(value.data, values[name])
    assert nn.seeding.generator_of().bit_generator.state == drawn
    with pytest.raises(ValueError, match="state of another model"):
        nn.checkpoint.load(path, model=nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)))
    with pytest.raises(ValueError, match="lacks scheduler"):
        nn.checkpoint.load(path, scheduler=nn.optim.lr_scheduler.StepLR(optimizer, 1))


def test_what_is_no_checkpoint(tmp_path):
    path = tmp_path / "net.safetensors"
    nn.save(nn.Linear(2, 2), path)
    with pytest.raises(ValueError, match="no checkpoint"):
        nn.checkpoint.load(path)
    with pytest.raises(FileNotFoundError):
        nn.checkpoint.load(tmp_path / "missing")
    with pytest.raises(TypeError):
        nn.checkpoint.save(path, model=object())
    assert set(nn.load(path)) == {"weight", "bias"}


@pytest.mark.parametrize("compile", [False, True])
def test_a_list_of_batches_goes_on_in_the_middle_of_an_epoch(tmp_path, compile):
    rng = np.random.default_rng(0)
    batches = [(rng.normal(size=(4, 3)).astype(np.float32), np.array([0, 1, 0, 1])) for _ in range(5)]
    results = []
    for cut in (False, True):
        net, optimizer = parts()
        stopping = EarlyStopping(net, monitor="loss", patience=9)
        path = tmp_path / f"{cut}.safetensors"
        options = {"epochs": 3, "checkpoint": path, "checkpoint_every": 1, "progress": False, "compile": compile}
        if cut:
            calls = []

            def interrupting(output, y, calls=calls):
                calls.append(None)
                if len(calls) == (3 if compile else 9):
                    raise KeyboardInterrupt
                return nn.functional.cross_entropy(output, y)

            loss_fn = interrupting
            history = fit(net, batches, loss_fn, optimizer, callbacks=[stopping], **options)
            assert history.interrupted or compile
            net, optimizer = parts(7)
            stopping = EarlyStopping(net, monitor="loss", patience=9)
        history = fit(net, batches, nn.CrossEntropyLoss(), optimizer, callbacks=[stopping], **options)
        results.append((history.loss, history.accuracy, stopping.best, [np.array(p.data) for p in net.parameters()]))
        assert not history.interrupted and history.epochs == 3
    (*numbers, weights), (*same, others) = results
    assert numbers == same
    for a, b in zip(weights, others, strict=True):
        np.testing.assert_array_equal(a, b)
    again = fit(net, batches, nn.CrossEntropyLoss(), optimizer, callbacks=[stopping], **options)
    assert again.epochs == 3 and again.loss == results[1][0]


def test_ctrl_c_while_it_loads(tmp_path, monkeypatch):
    path = tmp_path / "run.safetensors"
    net, optimizer = parts()
    nn.checkpoint.save(path, model=net, optimizer=optimizer)
    before = trained(net, optimizer)
    monkeypatch.setattr(type(optimizer), "load_state_dict", _interrupted_once(type(optimizer).load_state_dict))
    with pytest.raises(KeyboardInterrupt):
        nn.checkpoint.load(path, model=net, optimizer=optimizer)
    np.testing.assert_array_equal(np.concatenate([np.ravel(p.data) for p in net.parameters()]), before)


def _interrupted_once(load):
    calls = []

    def loading(self, state):
        calls.append(None)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return load(self, state)

    return loading
