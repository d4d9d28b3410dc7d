"""Lint the script of the page that one steps through: ``python tests/lint_page.py``, as ``make lint`` does.

The files share one scope, so they are linted as they are joined; a complaint names the file and the line in it.
"""

import re
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a file, this folder is what Python searches
from autograd.drawing.page.script import NAMES, script, text_of
from autograd.program.javascript import runtime

LINTER = Path(sysconfig.get_path("scripts")) / "oxlint"
CONFIGURATION = Path(__file__).with_name("oxlint.json")


def complaints(source):
    """[(line, text)] of what the linter has to say about a script."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.js"
        path.write_text(source, encoding="utf-8")
        done = subprocess.run(
            [LINTER, "--config", CONFIGURATION, "--deny-warnings", "--format", "unix", path.name],
            cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
    found = [(int(line), text) for line, text in re.findall(r"^page\.js:(\d+):\d+: (.*)$", done.stdout, re.MULTILINE)]
    if bool(found) != bool(done.returncode):
        raise RuntimeError(f"oxlint ended with code {done.returncode}\n{done.stdout}{done.stderr}")
    return sorted(found)


def parts():
    """[(name of a file, its text)] of a live page, the runtime before its own script, as they are joined."""
    ours = [(f"drawing/page/js/{name}.js", text_of(name)) for name in NAMES]
    return [(f"program/javascript/{name}.js", runtime.text_of(name)) for name in runtime.NAMES] + ours


def joined():
    """The script of a live page, with a program that computes nothing."""
    return script("const program = { run() {} };\nconst live = {};")


def place(line):
    """ "drawing/page/js/arrays.js:12" of a line of the joined script."""
    lines = joined().splitlines()
    for name, text in parts():
        own = text.splitlines()
        first = next(i for i in range(len(lines)) if lines[i : i + len(own)] == own)
        if first < line <= first + len(own):
            return f"{name}:{line - first}"
    raise IndexError("the line is in no file")


def main():
    found = complaints(joined())
    for line, text in found:
        print(f"autograd/{place(line)}: {text}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
