"""nn stands on autograd's public names alone, and exports what it says."""

import ast
from pathlib import Path

import pytest

import autograd as ag
import nn

FILES = sorted(Path(nn.__file__).parent.rglob("*.py"))


def foreign(tree):
    """What a module's source takes from autograd beyond its public names."""
    public = {*(getattr(ag, "__all__", None) or (name for name in vars(ag) if not name.startswith("_"))), "__version__"}
    found, names = [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.startswith("autograd.")]
            names |= {a.asname or a.name for a in node.names if a.name == "autograd"}
        elif isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] == "autograd":
            found += [a.name for a in node.names if node.module != "autograd" or a.name not in public]
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in names
            and node.attr not in public
        ):
            found.append(f"ag.{node.attr}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FILES[0].parent)))
def test_nn_uses_public_names_of_autograd_only(path):
    assert foreign(ast.parse(path.read_text())) == []


def test_the_check_above_finds_what_it_should():
    source = (
        "import autograd as ag\nimport autograd.node\nfrom autograd.modes import tape\nfrom autograd import _x\nag._y"
    )
    assert foreign(ast.parse(source)) == ["autograd.node", "tape", "_x", "ag._y"]


def test_autograd_does_not_know_nn():
    for path in Path(ag.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not any(name.split(".")[0] == "nn" for name in modules), path


@pytest.mark.parametrize("package", [nn, nn.data, nn.optim], ids=lambda package: package.__name__)
def test_exported_names_are_there(package):
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert len(set(package.__all__)) == len(package.__all__)


def test_a_missing_name_says_what_to_write():
    for name, says in (("DataParallel", "nn.distributed"), ("Linaer", "nn.Linear"), ("Qqq", "subclass of nn.Module")):
        with pytest.raises(AttributeError, match=rf"nn has no '{name}'\n  .*{says}"):
            getattr(nn, name)
