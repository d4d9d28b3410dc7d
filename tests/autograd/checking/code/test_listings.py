"""Listings as people write them, right and broken in turn: the broken line is marked, and no other is called wrong."""

import importlib.util
import linecache
from pathlib import Path

import pytest

import autograd as ag

FOLDER = Path(__file__).parent / "listings"
LISTINGS = sorted(path.stem for path in FOLDER.glob("*.py"))


def load(path):
    linecache.checkcache(str(path))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def broken():
    """Each listing with each broken line; one of each listing with every run of the tests."""
    for name in LISTINGS:
        pairs = [(line, other) for line, others in load(FOLDER / f"{name}.py").BROKEN.items() for other in others]
        for k, (line, other) in enumerate(pairs):
            yield pytest.param(name, line, other, id=f"{name}: {other}", marks=[pytest.mark.slow] if k else [])


def check(path):
    return load(path).call(ag.check_backward)


def test_there_are_many_listings():
    assert len(LISTINGS) >= 14


@pytest.mark.parametrize("name", LISTINGS)
def test_a_right_listing_has_no_mark_of_a_mistake(name):
    report = check(FOLDER / f"{name}.py")
    assert report.ok, report
    assert {mark for _, mark, _ in report.listing} == {"", "✓"}
    assert not report.remarks


@pytest.mark.parametrize(("name", "line", "other"), list(broken()))
def test_the_broken_line_is_marked_and_no_other(name, line, other, tmp_path):
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8").split("BROKEN =")[0]
    lines = text.split("\n")
    (number,) = [k for k, one in enumerate(lines) if one.strip() == line]
    lines[number] = lines[number].replace(line, other)
    path = tmp_path / f"{name}.py"
    path.write_text("\n".join(lines), encoding="utf-8")
    report = check(path)
    assert not report.ok
    assert report.first_wrong is not None, report
    assert (report.first_wrong.line, report.first_wrong.source) == (number + 1, other), report
    assert [n for n, mark, _ in report.listing if mark == "✗"] == [number + 1], report
