"""Every row of the tables in docs/coming-from-pytorch.md: what it says of us, and what it says of PyTorch."""

import re
from pathlib import Path

import numpy as np
import pytest

import autograd as ag
import nn

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "coming-from-pytorch.md").read_text(encoding="utf-8")


def rows(heading):
    """The cells of the table under a heading, row by row."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in re.split(r"(?<!\|)\|(?!\|)", line)[1:-1]] for line in lines]


def code(cell):
    return cell.strip("`")


def run(source, names):
    """The value of the last expression of a line, or what its assignment gives."""
    *before, last = source.split("; ")
    for statement in before:
        exec(statement, names)
    assigned = re.match(r"([\w.]+(?:, [\w.]+)*) [-*]?= ", last)
    if assigned:
        exec(last, names)
        last = assigned.group(1)
    return eval(last, names)


def plain(value):
    if isinstance(value, tuple | list):
        return type(value)(map(plain, value)) if type(value) in (tuple, list) else tuple(map(plain, value))
    return value.tolist() if hasattr(value, "tolist") else value


def same(found, expected):
    """Whether values are equal, to the digits that the page shows."""
    if isinstance(expected, tuple | list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return found == expected if isinstance(expected, bool) else abs(found - expected) < 1e-4


def data(library):
    m, v, k = [[1.0, 3.0], [4.0, 2.0]], [1.0, 2.0, 3.0], [1, 2]
    return {"ag": library, "m": library.tensor(m), "v": library.tensor(v), "k": library.tensor(k), "np": np, "nn": nn}


def check(library, source, says):
    if says.startswith("`"):
        assert same(plain(run(source, data(library))), eval(code(says))), source
    else:
        with pytest.raises(getattr(__import__("builtins"), says)):
            run(source, data(library))


MEANINGS = rows("The same call, another meaning")


@pytest.mark.parametrize("call, here, there, instead", MEANINGS, ids=[row[0] for row in MEANINGS])
def test_the_same_call_with_another_meaning(call, here, there, instead):
    check(ag, code(call), here)
    if instead:
        check(ag, code(instead), there)


@pytest.mark.filterwarnings("ignore:torch.meshgrid")
def test_what_the_page_says_of_pytorch():
    torch = pytest.importorskip("torch")
    for call, _, there, _ in MEANINGS:
        check(torch, code(call), there)


ARRAYS = rows("Plain arrays")


@pytest.mark.parametrize("there, here", ARRAYS, ids=[row[0] for row in ARRAYS])
def test_plain_arrays(there, here):
    names = {**data(ag), "w": nn.Parameter([3.0, 4.0]), "layer": nn.Linear(2, 1)}
    (names["w"] ** 2).sum().backward()
    with pytest.raises((AttributeError, ValueError)):
        run(code(there), names)
    run(code(here), names)


DEVICES = rows("Devices, dtypes, saving")


@pytest.mark.parametrize("call, here", DEVICES, ids=[row[0] for row in DEVICES])
def test_devices(call, here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = data(ag)
    if here.endswith("Error"):
        check(ag, code(call), here)
    else:
        found = run(code(call), names)
        assert {"the same Tensor": found is names["m"], "the same module": isinstance(found, nn.Linear)}.get(
            here, here == "a dict" and found["epoch"] == 1
        )


def test_the_tables_are_read():
    assert len(MEANINGS) > 20 and len(ARRAYS) > 8 and len(DEVICES) > 6
    assert all(len(row) == 4 for row in MEANINGS) and all(len(row) == 2 for row in (*ARRAYS, *DEVICES))


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(ag|nn)\.([\w.]+)", PAGE))), ids=".".join)
def test_names_exist(name):
    short, dotted = name
    found = {"ag": ag, "nn": nn}[short]
    if dotted in {"equal"}:  # which the page says is missing
        return
    for part in dotted.rstrip(".").split("."):
        found = getattr(found, part)
