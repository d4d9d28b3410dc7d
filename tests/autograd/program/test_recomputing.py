"""Values made again in place of being held: the same numbers, in less memory."""

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.program import recomputing
from autograd.program.recomputing import recomputed


@pytest.fixture
def every_program(monkeypatch):
    """Also small ones; the list has what each needed before and needs now."""
    monkeypatch.setattr(recomputing, "SMALLEST", 0)
    monkeypatch.setattr(recomputing, "LARGE", 1)
    run, peaks = recomputing._Recomputing.run, []

    def counted(self):
        before = self.peak()[0]
        made = run(self)
        peaks.append((before, self.peak()[0]))
        return made

    monkeypatch.setattr(recomputing._Recomputing, "run", counted)
    return peaks


def blocks(dropout):
    """Blocks with a shortcut, as in a ResNet."""
    nn.manual_seed(0)
    convs = [nn.Conv2d(4, 4, 3, padding=1, bias=False) for _ in range(4)]
    norms = [nn.BatchNorm2d(4) for _ in range(4)]
    drop = nn.Dropout(0.5)

    def net(x):
        for i in (0, 2):
            y = ag.relu(norms[i](convs[i](x)))
            x = ag.relu(norms[i + 1](convs[i + 1](y)) + x)
            x = drop(x) if dropout else x
        return x

    return net, [p for one in (*convs, *norms) for p in one.parameters()], norms


def step_of(dropout):
    net, parameters, norms = blocks(dropout)
    optimizer = nn.optim.SGD(parameters, lr=0.1, momentum=0.9)

    def step(x):
        optimizer.zero_grad()
        loss = (net(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return ag.compile(step), parameters, norms


def programs_of(compiled):
    return [part.executor.program for plans in compiled.compiled.plans.values() for p in plans for part in p.parts]


def trained(dropout):
    step, parameters, norms = step_of(dropout)
    x = ag.Tensor(np.random.default_rng(0).normal(size=(6, 4, 5, 5)))
    nn.manual_seed(1)
    losses = [step(x).item() for _ in range(6)]
    return losses, [p.data.copy() for p in parameters], [n.running_var for n in norms], programs_of(step)


@pytest.mark.parametrize("dropout", [False, True])
def test_a_step_is_the_same_bit_by_bit(dropout, every_program, monkeypatch):
    losses, arrays, variances, programs = trained(dropout)
    monkeypatch.setattr(recomputing, "SMALLEST", 1 << 60)
    expected, held, kept_variances, kept = trained(dropout)
    assert losses == expected
    for a, b in zip([*arrays, *variances], [*held, *kept_variances], strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    before, after = max(every_program)
    assert after < 0.85 * before
    count = [
        [one.operation.name for p in some for one in p.instructions if one.rule is None] for some in (programs, kept)
    ]
    assert len(count[0]) > len(count[1])
    for name in ("conv2d", "dropout"):
        assert count[0].count(name) == count[1].count(name)


def test_a_norm_made_again_is_given_its_statistics(every_program):
    _, _, _, programs = trained(False)
    again = [
        one for p in programs for one in p.instructions if one.part == "backward" and one.rule is None
        and "normalization" in getattr(one.operation, "traits", ())
    ]  # fmt: skip
    assert again
    assert all(one.params["mean"] is not None and one.params["var"] is not None for one in again)


def test_small_programs_stay_as_they_are():
    program = programs_of(prepared())[0]
    assert recomputed(program) is program


def prepared():
    step, _, _ = step_of(False)
    x = ag.Tensor(np.ones((6, 4, 5, 5)))
    for _ in range(2):
        step(x)
    return step
