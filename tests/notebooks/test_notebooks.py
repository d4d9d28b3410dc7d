"""The notebooks run, as scripts and as notebooks, and each .ipynb is what its script and the library give today."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
SPEC = importlib.util.spec_from_file_location("build_notebooks", FOLDER / "build.py")
building = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(building)

SCRIPTS = building.scripts()
OLD = "the stored notebook is old: `make notebooks` makes it anew"
each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)


def run(*arguments):
    """What a Python process prints; it must end well."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=FOLDER,
        env=building.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_every_notebook_has_its_script():
    assert SCRIPTS
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == {script.stem for script in SCRIPTS}


@pytest.mark.slow
@each_script
def test_script_runs_without_a_warning(script):
    assert run("-W", "error", script).stderr == ""


@each_script
def test_notebook_has_the_cells_of_its_script(script):
    stored = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    nbformat.validate(stored)
    script_says = building.notebook_of(script)
    assert stored.metadata == script_says.metadata, OLD
    assert [cell_itself(cell) for cell in stored.cells] == [cell_itself(cell) for cell in script_says.cells], OLD


@pytest.mark.slow
@each_script
def test_notebook_shows_what_its_script_gives(script, tmp_path):
    stored = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    run(FOLDER / "build.py", script, "--into", tmp_path)
    executed = nbformat.read(tmp_path / f"{script.stem}.ipynb", as_version=4)
    for before, now in zip(stored.cells, executed.cells, strict=True):
        assert before.get("execution_count") == now.get("execution_count"), OLD
        assert words_shown(before) == words_shown(now), f"{OLD}\n{now.source}"


def cell_itself(cell):
    return cell.id, cell.cell_type, cell.source


def words_shown(cell):
    """What a cell shows as text, without its numbers, whose last digits may differ between machines."""
    shown = []
    for output in cell.get("outputs", ()):
        assert output.output_type != "error" and output.get("name") != "stderr", output
        shown.append(output.get("text") or output.get("data", {}).get("text/plain", ""))
    return re.sub(r"\d[\d.]*(e[+-]?\d+)?|─", " ", "".join(shown)).split()
