"""The rooms of ``checking`` are a line: each imports from those before it alone."""

import ast
from pathlib import Path

import pytest

from autograd import checking

LINE = [
    "given", "cells", "naming", "graph", "formulas", "learner", "alteration", "unaltered", "truth", "slopes", "site",
    "mistakes", "judgement", "corrections", "forward", "conventions", "parts", "search", "hints", "foresight",
    "diagnosis", "difference", "document", "listing", "report_text", "report_html", "report", "by_hand", "code",
    "derivations",
]  # fmt: skip
FOLDER = Path(checking.__file__).parent
FILES = [path for path in sorted(FOLDER.rglob("*.py")) if path != FOLDER / "__init__.py"]


def room_of(path):
    return path.relative_to(FOLDER).parts[0].removesuffix(".py")


def rooms_imported(path):
    """The rooms that a file of ``checking`` imports from, wherever the import stands."""
    dots = len(path.relative_to(FOLDER).parts)  # so many lead to checking itself
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == dots:
            yield node.module.split(".")[0]


def test_every_room_has_its_place():
    assert {room_of(path) for path in FILES} == set(LINE)
    assert "mistakes" in rooms_imported(FOLDER / "search.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_room_imports_from_those_before_it(path):
    assert set(rooms_imported(path)) <= set(LINE[: LINE.index(room_of(path))])
