"""The page's script: files of one subject each, joined in a fixed order."""

import configparser
import re
import runpy
from pathlib import Path

import pytest

import autograd as ag
from autograd.drawing.graph import graph_of
from autograd.drawing.page import page
from autograd.drawing.page.script import FOLDER, LIVE, NAMES, script, text_of
from autograd.program.javascript import runtime

ROOT = Path(__file__).resolve().parents[3]
LINT_PAGE = ROOT / "tests" / "lint_page.py"
LONGEST = 500


def test_every_file_is_joined_once():
    assert sorted(NAMES) == sorted(path.name.removesuffix(".js") for path in FOLDER.iterdir())


def test_every_file_is_installed():
    """By the patterns of setup.cfg, which say what goes along beside the modules."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    for package, most in (("drawing.page", 20), ("program.javascript", 10)):
        patterns = parser["options.package_data"][f"autograd.{package}"].split()
        folder = ROOT.joinpath("autograd", *package.split("."))
        installed = {path for pattern in patterns for path in folder.glob(pattern)}
        files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        assert len(files) > most and {path for path in files if path.suffix != ".py"} == installed


def test_every_file_of_the_runtime_is_joined_once():
    folder = ROOT / "autograd" / "program" / "javascript"
    assert sorted(runtime.NAMES) == sorted(path.stem for path in folder.glob("*.js"))
    assert all(text.startswith("// ") for text in map(runtime.text_of, runtime.NAMES))
    assert max(map(len, runtime.runtime().splitlines())) <= 120


@pytest.mark.parametrize("name", NAMES)
def test_a_file_has_one_subject_and_says_it(name):
    lines = text_of(name).splitlines()
    assert lines[0].startswith("// ") and len(lines) <= LONGEST
    assert max(map(len, lines)) <= 120


def test_what_ships_is_the_joined_script():
    """In the page's one script element that can run, and strict from its first word on."""
    pytest.importorskip("pygraphviz")
    w = ag.Tensor(2.0, requires_grad=True)
    (shipped,) = re.findall(r"<script>(.*?)</script>", page(graph_of(w * w)), re.DOTALL)
    assert shipped == script()
    assert shipped == '"use strict";\n' + "\n".join([text_of(name) for name in NAMES if name not in LIVE])


def test_a_live_page_has_the_runtime_and_its_program_before():
    w = ag.Tensor(2.0, requires_grad=True)
    with ag.tape():
        y = w * w
    (shipped,) = re.findall(r"<script>(.*?)</script>", page(graph_of(y)), re.DOTALL)
    assert shipped.startswith('"use strict";\n' + runtime.runtime())
    assert shipped.endswith("\n".join([text_of(name) for name in NAMES])) and "np.multiply(v[" in shipped
    (still,) = re.findall(r"<script>(.*?)</script>", page(graph_of(y), live=False), re.DOTALL)
    assert still == script()


def test_a_complaint_of_the_linter_names_the_file():
    lint = runpy.run_path(str(LINT_PAGE))
    if not lint["LINTER"].exists():
        pytest.skip("oxlint is not installed, which make lint installs")
    lines = lint["joined"]().splitlines()
    (there,) = [i for i, line in enumerate(lines, 1) if line.startswith("function planesOf(")]
    own = [i for i, line in enumerate(text_of("arrays").splitlines(), 1) if line.startswith("function planesOf(")]
    assert lint["place"](there) == f"drawing/page/js/arrays.js:{own[0]}"
    found = lint["complaints"](lint["joined"]() + "let used = nowhere;\n")
    assert {line for line, _ in found} == {len(lines) + 1}
    assert any("nowhere" in text for _, text in found)
