"""Schedules: PyTorch's step sizes at each of a hundred steps, and going on from a saved state."""

import pickle

import numpy as np
import pytest

import autograd as ag
import nn


class Halving:
    """A callable with a state of its own."""

    def __init__(self):
        self.base = 0.5

    def __call__(self, epoch):
        return self.base ** (epoch / 10)


def warm_then(scheduler, optimizer):
    parts = [scheduler.LinearLR(optimizer, 0.2, total_iters=10), scheduler.CosineAnnealingLR(optimizer, 40)]
    return scheduler.SequentialLR(optimizer, [*parts, scheduler.ExponentialLR(optimizer, 0.9)], milestones=[10, 50])


CASES = {
    "LambdaLR": lambda s, o: s.LambdaLR(o, lambda epoch: 0.95**epoch),
    "LambdaLR of each group": lambda s, o: s.LambdaLR(o, [lambda epoch: 0.95**epoch, Halving()]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda epoch: 1 - epoch / 1000),
    "StepLR": lambda s, o: s.StepLR(o, 7, gamma=0.5),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [3, 20, 20, 50], gamma=0.3),
    "ConstantLR": lambda s, o: s.ConstantLR(o, 0.25, total_iters=11),
    "LinearLR": lambda s, o: s.LinearLR(o, 0.1, 0.7, total_iters=30),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.97),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o, 60, power=2.5),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 17, eta_min=0.01),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 5, 2, eta_min=0.01),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, [0.5, 1.0], total_steps=101),
    "OneCycleLR in three phases": lambda s, o: s.OneCycleLR(
        o, 0.5, epochs=11, steps_per_epoch=10, pct_start=0.2, anneal_strategy="linear", three_phase=True, div_factor=10,
        final_div_factor=100, base_momentum=0.7, max_momentum=0.8,
    ),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.1, 0.9, step_size_up=7, step_size_down=13),
    "CyclicLR, triangular2": lambda s, o: s.CyclicLR(o, [0.1, 0.2], 0.9, 9, mode="triangular2", cycle_momentum=False),
    "CyclicLR, exp_range": lambda s, o: s.CyclicLR(o, 0.1, 0.9, 9, mode="exp_range", gamma=0.99),
    "CyclicLR by a function": lambda s, o: s.CyclicLR(
        o, 0.1, 0.9, 9, scale_fn=lambda i: 1 / (1 + i), scale_mode="iterations"
    ),
    "SequentialLR": warm_then,
    "ChainedScheduler": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.5, 20), s.ExponentialLR(o, 0.95)]),
    "SequentialLR, restarts later": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, 4), s.CosineAnnealingWarmRestarts(o, 6, 2), s.StepLR(o, 5)], milestones=[4, 60]
    ),
}  # fmt: skip
PLATEAU = [
    {}, {"patience": 2, "factor": 0.5}, {"mode": "max", "patience": 3},
    {"threshold": 0.1, "threshold_mode": "abs", "patience": 1},
    {"cooldown": 4, "patience": 1}, {"min_lr": [0.01, 0.2], "patience": 0}, {"eps": 0.3, "patience": 0},
]  # fmt: skip


def ours(kind="SGD"):
    groups = [
        {"params": [ag.Tensor([1.0], requires_grad=True)]},
        {"params": [ag.Tensor([1.0], requires_grad=True)], "lr": 2.0},
    ]
    return nn.optim.Adam(groups, lr=1.0) if kind == "Adam" else nn.optim.SGD(groups, lr=1.0, momentum=0.9)


def theirs(torch, kind="SGD"):
    groups = [
        {"params": [torch.ones(1, requires_grad=True)]},
        {"params": [torch.ones(1, requires_grad=True)], "lr": 2.0},
    ]
    return torch.optim.Adam(groups, lr=1.0) if kind == "Adam" else torch.optim.SGD(groups, lr=1.0, momentum=0.9)


def shown(optimizer):
    """The step sizes and momentums."""
    return [(group["lr"], group.get("momentum", group.get("betas", (0,)))) for group in optimizer.param_groups]


def assert_same(optimizer, other, step):
    for (lr, momentum), (lr_, momentum_) in zip(shown(optimizer), shown(other), strict=True):
        np.testing.assert_allclose(lr, lr_, rtol=1e-12, atol=1e-15, err_msg=f"step {step}")
        np.testing.assert_allclose(momentum, momentum_, rtol=1e-12, err_msg=f"step {step}")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("name", CASES)
def test_a_hundred_steps_equal_torch(torch, name, kind):
    optimizer, reference = ours(kind), theirs(torch, kind)
    scheduler, other = CASES[name](nn.optim.lr_scheduler, optimizer), CASES[name](torch.optim.lr_scheduler, reference)
    for step in range(101):
        assert_same(optimizer, reference, step)
        np.testing.assert_allclose(scheduler.get_last_lr(), other.get_last_lr(), rtol=1e-12, atol=1e-15)
        if step < 100:
            reference.step()
            scheduler.step()
            other.step()


@pytest.mark.parametrize("options", PLATEAU, ids=str)
def test_plateaus_equal_torch(torch, options):
    optimizer, reference = ours(), theirs(torch)
    scheduler = nn.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    other = torch.optim.lr_scheduler.ReduceLROnPlateau(reference, **options)
    for step in range(100):
        measure = 1 / (1 + step) + 0.3 * np.sin(step)
        scheduler.step(ag.Tensor(measure))
        other.step(measure)
        assert_same(optimizer, reference, step)
    assert scheduler.best == other.best and scheduler.num_bad_epochs == other.num_bad_epochs


@pytest.mark.parametrize("name", [*CASES, "ReduceLROnPlateau"])
def test_a_saved_schedule_goes_on_alike(name):
    make = CASES.get(name, lambda s, o: s.ReduceLROnPlateau(o, patience=2))

    def step(scheduler, i):
        scheduler.step(*[np.sin(i)] * (name not in CASES))

    optimizer = ours()
    scheduler = make(nn.optim.lr_scheduler, optimizer)
    for i in range(15):
        step(scheduler, i)
    states = pickle.loads(pickle.dumps([optimizer.state_dict(), scheduler.state_dict()]))
    second = ours()
    other = make(nn.optim.lr_scheduler, second)
    second.load_state_dict(states[0])
    other.load_state_dict(states[1])
    for i in range(15, 60):
        assert_same(optimizer, second, i)
        step(scheduler, i)
        step(other, i)
    assert scheduler.get_last_lr() == other.get_last_lr()


def test_a_schedule_goes_on_after_an_epoch(torch):
    optimizer, reference = ours(), theirs(torch)
    for optim, one in ((nn.optim, optimizer), (torch.optim, reference)):
        first = optim.lr_scheduler.StepLR(one, 3)
        one.step()
        for _ in range(5):
            first.step()
        second = optim.lr_scheduler.StepLR(one, 3, last_epoch=4)
        for _ in range(4):
            second.step()
    assert_same(optimizer, reference, 8)
    with pytest.raises(ValueError, match="there is no schedule to go on with"):
        nn.optim.lr_scheduler.StepLR(ours(), 3, last_epoch=4)


def test_a_state_that_does_not_fit_changes_nothing():
    schedule = nn.optim.lr_scheduler
    optimizer = ours()
    one, other = schedule.StepLR(optimizer, 3), schedule.ExponentialLR(optimizer, 0.9)
    before = one.state_dict()
    with pytest.raises(ValueError, match=r"StepLR.load_state_dict: this is no state of it(.|\n)*gamma"):
        one.load_state_dict(other.state_dict())
    with pytest.raises(ValueError, match="no state"):
        one.load_state_dict(None)
    with pytest.raises(ValueError, match=r"numbers of groups differ\n  here: 2\n  in the state dict: 1"):
        one.load_state_dict({**before, "base_lrs": [1.0]})
    assert one.state_dict() == before
    first, second = (schedule.ChainedScheduler([make(optimizer, 0.5) for make in makes]) for makes in (
        [schedule.ConstantLR, schedule.ExponentialLR], [schedule.ExponentialLR, schedule.ConstantLR]
    ))  # fmt: skip
    before = first.state_dict()
    with pytest.raises(ValueError, match=r"ConstantLR\.load_state_dict"):
        first.load_state_dict(second.state_dict())
    with pytest.raises(ValueError, match="numbers of schedulers differ"):
        first.load_state_dict({**before, "_schedulers": []})
    assert first.state_dict() == before


WRONG = [
    (lambda s, o: s.StepLR(o, 0), "StepLR: step_size must be a whole number from 1"),
    (lambda s, o: s.StepLR(o, 3, gamma=-1), "gamma must be 0 or more"),
    (lambda s, o: s.ExponentialLR(o, "fast"), "gamma must be"),
    (lambda s, o: s.MultiStepLR(o, [1.5]), "milestones must be a whole number from 0"),
    (lambda s, o: s.ConstantLR(o, 2.0), "factor must be above 0, and 1 or less"),
    (lambda s, o: s.LinearLR(o, 0.0), "start_factor must be above 0"),
    (lambda s, o: s.LinearLR(o, 0.5, 3.0), "end_factor"),
    (lambda s, o: s.PolynomialLR(o, 0), "total_iters"),
    (lambda s, o: s.CosineAnnealingLR(o, -3), "T_max"),
    (lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 0), "T_mult"),
    (lambda s, o: s.LambdaLR(o, [lambda epoch: 1.0]), "lr_lambda must be one value, or one for each of the 2 groups"),
    (lambda s, o: s.OneCycleLR(o, 1.0), "pass total_steps, or epochs and steps_per_epoch"),
    (lambda s, o: s.OneCycleLR(o, 1.0, total_steps=10, pct_start=2), "pct_start must be"),
    (lambda s, o: s.OneCycleLR(o, 1.0, total_steps=10, anneal_strategy="exp"), "anneal_strategy must be"),
    (lambda s, o: s.CyclicLR(o, 0.1, 1.0, step_size_up=0), "step_size_up must be above 0"),
    (lambda s, o: s.CyclicLR(o, 0.1, 1.0, mode="square"), "mode must be"),
    (lambda s, o: s.ReduceLROnPlateau(o, factor=1.0), "factor must be below 1"),
    (lambda s, o: s.ReduceLROnPlateau(o, "least"), "mode must be"),
    (lambda s, o: s.SequentialLR(o, [s.StepLR(o, 3)], [1]), "one milestone less than schedulers"),
    (lambda s, o: s.SequentialLR(o, [s.ReduceLROnPlateau(o)], []), "takes a measure"),
    (lambda s, o: s.ChainedScheduler([]), "there are no schedulers"),
    (lambda s, o: s.ChainedScheduler([s.StepLR(o, 3), s.StepLR(ours(), 3)]), "of one optimizer"),
]


@pytest.mark.parametrize("make, message", WRONG, ids=[message for _, message in WRONG])
def test_arguments_that_make_no_sense_are_refused(make, message):
    optimizer = ours()
    with pytest.raises(ValueError, match=message):
        make(nn.optim.lr_scheduler, optimizer)
    assert shown(optimizer)[1][0] == 2.0


def test_what_else_is_refused():
    schedule = nn.optim.lr_scheduler
    for make in (
        lambda o: schedule.StepLR(o, 3),
        lambda o: schedule.OneCycleLR(o, 1.0, 10),
        schedule.ReduceLROnPlateau,
    ):
        with pytest.raises(TypeError, match="an optimizer is needed, not a list"):
            make([])
    with pytest.raises(TypeError, match="must be a function, not a float"):
        schedule.MultiplicativeLR(ours(), 0.5)
    rprop = nn.optim.Rprop([ag.Tensor([1.0], requires_grad=True)])
    with pytest.raises(ValueError, match="Rprop has no momentum to cycle\n  pass cycle_momentum=False"):
        schedule.CyclicLR(rprop, 0.1, 1.0)
    optimizer = ours()
    scheduler = schedule.OneCycleLR(optimizer, 1.0, total_steps=3)
    for _ in range(3):
        scheduler.step()
    last = shown(optimizer)
    for _ in range(2):
        with pytest.raises(ValueError, match="the cycle is over\n  step: 4\n  total_steps: 3"):
            scheduler.step()
    assert shown(optimizer) == last
