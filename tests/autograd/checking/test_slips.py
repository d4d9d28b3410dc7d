"""Slips of real derivations, on nets of their own: right values raise no alarm, a slip is found and named."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import autograd as ag

SUBJECTS = sorted(path.stem for path in (Path(__file__).parent / "slips").glob("*.py"))


def slips():
    """All of them; the first of each subject with every run of the tests."""
    for subject in SUBJECTS:
        cases = importlib.import_module(f"tests.autograd.checking.slips.{subject}").CASES
        for k, (name, plant) in enumerate(cases.items()):
            yield pytest.param(plant, id=f"{subject}: {name}", marks=[pytest.mark.slow] if k else [])


@pytest.mark.parametrize("plant", list(slips()))
def test_a_slip_is_found_at_its_step_and_named(plant):
    loss, derive, steps, options = plant()
    for name, one in inspect.getclosurevars(derive).nonlocals.items():
        if isinstance(one, ag.Tensor):
            one.name = name
    fine = ag.check_by_hand(loss, derive(True), progress=False)
    assert fine.ok and not any(row.mistake or row.follows_not for row in fine), fine
    report = ag.check_by_hand(loss, derive(False), progress=False, **options)
    assert {row.name for row in report.wrong_steps} == set(steps), report
    for name, words in steps.items():
        mistake = report[name].mistake
        assert mistake is not None, report
        assert re.search(words, f"{mistake.key}: {mistake.explanation}", re.IGNORECASE), report
