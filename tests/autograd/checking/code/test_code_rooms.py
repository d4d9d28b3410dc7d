"""The rooms of ``checking.code`` are a line, and nothing of them is loaded before the first check."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from autograd.checking import code

LINE = [
    "statements", "tracing", "stand_in", "lending", "arguments", "calling", "forward", "slopes", "names", "steps",
    "results", "values", "matching", "blame", "report_text", "report_html", "report", "check",
]  # fmt: skip
FOLDER = Path(code.__file__).parent


def imported(room):
    for node in ast.walk(ast.parse((FOLDER / f"{room}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            yield from [node.module] if node.module else [one.name for one in node.names]


def test_every_room_has_its_place():
    assert {path.stem for path in FOLDER.glob("*.py")} == {*LINE, "__init__"}


@pytest.mark.parametrize("room", LINE)
def test_a_room_imports_from_those_before_it(room):
    assert set(imported(room)) <= set(LINE[: LINE.index(room)])


def test_nothing_is_loaded_before_the_first_check():
    program = "import sys, json, autograd; print(json.dumps([n for n in sys.modules if '.checking.code.' in n]))"
    root = FOLDER.parent.parent.parent
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
