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


def place(line):
    """ "js/arrays.js:12" of a line of the joined script."""
    line -= script().partition(text_of(NAMES[0]))[0].count("\n")
    for name in NAMES:
        length = text_of(name).count("\n") + 1  # with the empty line between two files
        if line <= length:
            return f"js/{name}.js:{line}"
        line -= length
    raise IndexError("the script is not so long")


def main():
    found = complaints(script())
    for line, text in found:
        print(f"autograd/drawing/page/{place(line)}: {text}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
