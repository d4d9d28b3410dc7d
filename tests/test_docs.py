"""The site's hand-written pages: their code runs, their links lead somewhere, nothing of them is left out."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
BLOCK = re.compile(r"^```(\S*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


FOR_MPIEXEC = {"many-machines"}
"""Pages with a program that mpiexec starts: tests/benchmarks/test_many_machines.py runs it as it stands there."""


@each_page
def test_every_block_of_python_is_run(path):
    """As examples, which pytest collects; what is not run says "text" or "sh"."""
    for language, code in BLOCK.findall(path.read_text(encoding="utf-8")):
        assert language in {"python", "text", "sh", "{raw}", "{toctree}", "{include}"}, code
        assert language != "python" or code.startswith(">>> ") or path.stem in FOR_MPIEXEC, code


@each_page
def test_links_to_files_lead_somewhere(path):
    """Of pages that are made, Sphinx says so: ``make docs`` takes warnings for errors."""
    for target in LINK.findall(re.sub(r"`[^`]*`", "", path.read_text(encoding="utf-8"))):
        file = target.partition("#")[0]
        assert not file or file.startswith(("https://", "made/")) or (DOCS / file).exists(), target


@pytest.mark.slow
def test_a_newcomer_follows_the_first_page(tmp_path):
    """Its commands in an empty folder, with this checkout in place of what PyPI has, and then its Python."""
    page = (DOCS / "start.md").read_text(encoding="utf-8")
    (commands,) = [code for language, code in BLOCK.findall(page) if language == "sh"]
    assert commands.count("pip install chalkgrad") == 1
    commands = commands.replace("python3 -m", f"{sys.executable} -m").replace("chalkgrad", str(ROOT))
    examples = [code for language, code in BLOCK.findall(page) if language == "python"]
    lines = re.findall(r"^(?:>>>|\.\.\.) ?(.*)\n", "\n".join(examples), re.MULTILINE)
    program = "\n".join(lines) + "\n"
    (tmp_path / "neuron.py").write_text(program, encoding="utf-8")
    environment = {**os.environ, "CHALKGRAD_PURE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        ["bash", "-e", "-c", commands + "python neuron.py\n"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "the derivative of out (sigmoid) is left out" in done.stdout and done.stdout.rstrip().endswith("True")
