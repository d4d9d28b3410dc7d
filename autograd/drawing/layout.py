"""Graphviz lays a picture out: its source goes in, the laid-out picture comes back as bytes.

The ``dot`` program does it where it is on PATH, else pygraphviz, whose wheels carry Graphviz.
"""

import importlib.util
import shutil
import subprocess

RESOLUTION = "144"
"""Dots per inch of a PNG."""

INSTALL = (
    "  install Graphviz (Debian: apt install graphviz; macOS: brew install graphviz; conda install graphviz),\n"
    "  or pip install pygraphviz"
)


class NoLayoutEngine(RuntimeError):
    """Neither the ``dot`` program nor pygraphviz is there."""


def has_engine():
    """Whether Graphviz is there."""
    return shutil.which("dot") is not None or importlib.util.find_spec("pygraphviz") is not None


def layout(source, form):
    """The laid-out picture as bytes; ``form`` is "svg", "png" or "pdf"."""
    if form == "png":
        source = source.replace("{", f"{{\n\tgraph [dpi={RESOLUTION}]", 1)
    program = shutil.which("dot")
    if program is not None:
        return _by_program(program, source, form)
    try:
        import pygraphviz
    except ImportError:
        raise NoLayoutEngine(
            "no layout engine: neither the program dot is on PATH, nor is pygraphviz installed (an svg needs none)"
        ) from None
    return pygraphviz.AGraph(source).draw(format=form, prog="dot")


def _by_program(program, source, form):
    done = subprocess.run([program, f"-T{form}"], input=source.encode(), capture_output=True, check=False)
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip()[:1000] or "nothing"
        raise RuntimeError(
            f"the program dot failed\n  program: {program}\n  exit code: {done.returncode}\n  it said: {said}"
        )
    return done.stdout
