"""Checkpoints: a training that is saved, loaded and gone on with ends bit for bit as one that was not stopped."""

import numpy as np
import pytest

import nn

OPTIMIZERS = {
    "SGD": {"lr": 0.05, "momentum": 0.9, "nesterov": True},
    "Adam": {"amsgrad": True},
    "AdamW": {},
    "Adamax": {},
    "NAdam": {},
    "RAdam": {},
    "RMSprop": {"centered": True, "momentum": 0.5},
    "Adagrad": {"lr_decay": 0.1},
    "Adadelta": {},
    "Rprop": {},
    "Muon": {},
}
SCHEDULES = [
    lambda optimizer: nn.optim.lr_scheduler.CosineAnnealingLR(optimizer, 8),
    lambda optimizer: nn.optim.lr_scheduler.StepLR(optimizer, 2),
]


def made(name, options, schedule):
    nn.manual_seed(3)
    net = nn.Sequential(nn.Linear(3, 4, bias=False), nn.Tanh(), nn.Linear(4, 2, bias=False))
    optimizer = getattr(nn.optim, name)(net.parameters(), **options)
    return net, optimizer, schedule(optimizer)


def train(net, optimizer, schedule, epochs):
    for epoch in epochs:
        rng = np.random.default_rng(epoch)
        x, y = rng.normal(size=(5, 3)).astype(np.float32), rng.integers(0, 2, 5)
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
        schedule.step()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_goes_on_bit_for_bit(tmp_path, name):
    schedule = SCHEDULES[len(name) % 2]
    whole = made(name, OPTIMIZERS[name], schedule)
    train(*whole, range(6))
    net, optimizer, scheduler = made(name, OPTIMIZERS[name], schedule)
    train(net, optimizer, scheduler, range(3))
    path = tmp_path / "checkpoint"
    nn.save(
        {
            "model": net.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
            "epoch": 3,
        },
        path,
    )
    nn.manual_seed(9)
    fresh = made(name, OPTIMIZERS[name], schedule)
    train(*fresh, range(10, 12))
    checkpoint = nn.load(path)
    for part, key in zip(fresh, ("model", "optimizer", "scheduler"), strict=True):
        part.load_state_dict(checkpoint[key])
    train(*fresh, range(checkpoint["epoch"], 6))
    for key, value in whole[0].state_dict().items():
        np.testing.assert_array_equal(fresh[0].state_dict()[key], value)
    assert fresh[1].param_groups[0]["lr"] == whole[1].param_groups[0]["lr"]
