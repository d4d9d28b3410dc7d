"""Imports within drawing and explaining run one way, wherever in a file they stand."""

import ast
import importlib.util
import pkgutil
from graphlib import TopologicalSorter

import pytest

import autograd.drawing
import autograd.explaining


def imports_within(package):
    """{module: the modules of the package that it imports}."""
    names = [package.__name__]
    names += [found.name for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
    found = {}
    for name in names:
        spec = importlib.util.find_spec(name)
        parent = name if spec.submodule_search_locations else name.rpartition(".")[0]
        with open(spec.origin, encoding="utf-8") as file:
            tree = ast.parse(file.read())
        wanted = []
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                source = importlib.util.resolve_name("." * node.level + (node.module or ""), parent)
                wanted += [source, *[f"{source}.{one.name}" for one in node.names]]
        # what a package lends from its own modules comes from those
        found[name] = {one for one in wanted if one in names and one != parent} - {name}
    return found


@pytest.mark.parametrize("package", [autograd.drawing, autograd.explaining], ids=lambda package: package.__name__)
def test_imports_run_one_way(package):
    found = imports_within(package)
    assert len(found) > 10 and sum(map(len, found.values())) > 20
    list(TopologicalSorter(found).static_order())  # a circle would be an error


def test_drawing_does_not_know_checking():
    for name in imports_within(autograd.drawing):
        with open(importlib.util.find_spec(name).origin, encoding="utf-8") as file:
            assert "checking" not in file.read(), name
