"""``python -m autograd demo``, ``check``, ``draw`` and ``config``: looking at graphs and derivations from a shell.

Each command runs the Python that it is given with your rights, as ``python file.py`` does.
"""

import argparse
import linecache
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from .checking.derivations import check_derivation
from .config import show_config
from .drawing import draw
from .modes import tape
from .teaching.child import line_of, load
from .teaching.command import Failed
from .tensors import Tensor

CHECK = """\
examples:
  python -m autograd check derivation.md
  python -m autograd check derivation.md --output net.py:E

derivation.md has formulas such as ∂E/∂w = ∂E/∂net · x, in $…$ or on lines of their own. The graph that they are held
against is recorded by the document's own ```python blocks, run in order: the last Tensor of one entry that they
assign is differentiated, or the one that --output names. --output FILE:NAME takes it from a Python file instead.
exit status: 0 all steps are right, 1 it could not be done, 2 wrong arguments, 4 a step is wrong or cannot be read
"""
DRAW = """\
examples:
  python -m autograd draw model.py:net --input 1,1,28,28 -o graph.svg
  python -m autograd draw neuron.py:E -o graph.html

NAME is a module, for which --input gives the shape of an example (once for each input), or a Tensor. The ending says
what is written: .svg, .png, .pdf, .dot, or .html, a page to step through.
exit status: 0 done, 1 it could not be done, 2 wrong arguments
"""
DEMO = """\
examples:
  python -m autograd demo
  python -m autograd demo --help

Trains a small conv net on real handwritten digits, checks hand derivations, and draws what happened.
"""
WRONG = 4
BLOCK = re.compile(r"^(```+|~~~+) *(?:python|py)\b.*?\n(.*?)^\1 *$", re.MULTILINE | re.DOTALL)


def add(commands: Any) -> None:
    """Add the commands to a parser's; ``run=`` says what runs."""
    layout = argparse.RawDescriptionHelpFormatter
    check = commands.add_parser("check", help="check a derivation", epilog=CHECK, formatter_class=layout)
    check.add_argument("document", help="the derivation, in Markdown")
    check.add_argument("--output", metavar="[FILE:]NAME", help="what is differentiated")
    check.add_argument("--seconds", type=float, metavar="S", help="look so long for what is wrong with the steps")
    check.set_defaults(run=run_check)
    drawing = commands.add_parser("draw", help="draw a graph", epilog=DRAW, formatter_class=layout)
    drawing.add_argument("what", metavar="FILE:NAME", help="a Python file, and the module or Tensor in it")
    drawing.add_argument("--input", action="append", type=_shape, default=[], metavar="SHAPE", help="such as 1,1,28,28")
    drawing.add_argument("--depth", type=int, metavar="N", help="how deep modules are shown")
    drawing.add_argument("-o", "--out", required=True, metavar="PICTURE", help="the file to write")
    drawing.set_defaults(run=run_draw)
    demo = commands.add_parser("demo", help="see it all at once", add_help=False, epilog=DEMO, formatter_class=layout)
    demo.set_defaults(run=run_demo, takes_all=True)
    shown = commands.add_parser("config", help="what the library runs on: kernels, threads, versions")
    shown.set_defaults(run=run_config)


def _shape(text: str) -> tuple[int, ...]:
    return tuple([int(part) for part in text.split(",") if part.strip()])


def run_check(options: argparse.Namespace) -> int:
    """``python -m autograd check``."""
    try:
        text, output = _document(options.document), options.output
        if output is not None and ":" in output:
            found = _from_file(output, "output")
        else:
            found = _from_blocks(text, options.document, output)
        # the program is no part of the derivation, but its lines count
        derivation = BLOCK.sub(lambda block: "\n" * block[0].count("\n"), text)
        report = check_derivation(derivation + "\n", found, seconds=options.seconds)
    except (Failed, OSError, ValueError, TypeError) as error:
        return _failed("check", error)
    print(report)
    return 0 if report.ok else WRONG


def _document(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Failed(f"there is no such file\n  document: {path}") from None
    except UnicodeDecodeError:
        raise Failed(f"this is no text\n  document: {path}") from None


def _from_blocks(text: str, path: str, name: str | None) -> Tensor:
    """The Tensor that the document's Python blocks record."""
    names: dict[str, Any] = {"__name__": "derivation"}
    blocks = list(BLOCK.finditer(text))
    if not blocks:
        raise Failed(
            f"nothing says which graph the derivation is of\n  document: {path}\n"
            "  give it a ```python block that computes the output, or name one: --output net.py:E"
        )
    shown = f"<{path}>"
    # values have their names from the lines that record them, which Python finds here
    linecache.cache[shown] = (len(text), None, text.splitlines(keepends=True), shown)
    with tape():
        for block in blocks:
            first = text.count("\n", 0, block.start(2))
            try:
                exec(compile("\n" * first + block[2], shown, "exec"), names)
            except Exception as error:
                raise _not_run(error, shown) from None
    if name is not None:
        return _named(names, name, path)
    scalars = [one for one in names.values() if isinstance(one, Tensor) and one.node is not None and one.size == 1]
    if not scalars:
        raise Failed(f"the Python blocks assign no Tensor of one entry that requires grad\n  document: {path}")
    return max(scalars, key=lambda one: one.node.birth)


def _from_file(what: str, called: str) -> Any:
    """What a name stands for in a Python file, which is run on a tape."""
    path, _, name = what.rpartition(":")
    if not path or not name:
        raise Failed(f"a file and a name are needed, such as net.py:net\n  {called}: {what}")
    if not Path(path).is_file():
        raise Failed(f"there is no such file\n  {called}: {path}")
    whole = Path(path).resolve()
    sys.path.insert(0, str(whole.parent))  # as for a script
    with tape():
        try:
            module = load(str(whole), "__graph__")
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise _not_run(error, str(whole)) from None
    return _named(vars(module), name, path)


def _named(names: dict[str, Any], name: str, path: str) -> Any:
    if name not in names:
        own = [one for one in names if not one.startswith("_")]
        raise Failed(f"there is no {name} there\n  file: {path}\n  names: {', '.join(own[:20])}")
    return names[name]


def _not_run(error: BaseException, path: str) -> Failed:
    line = line_of(error, path)
    return Failed(
        f"the Python of the file cannot be run{f', line {line}' if line else ''}\n  file: {path}\n"
        f"  {type(error).__name__}: {error}"
    )


def run_draw(options: argparse.Namespace) -> int:
    """``python -m autograd draw``."""
    try:
        found = _from_file(options.what, "what")
        inputs = [np.zeros(shape, np.float32) for shape in options.input]
        if not isinstance(found, Tensor) and not inputs:
            raise Failed(f"a module needs an example of its input\n  {options.what}: {type(found).__name__}\n"
                         "  give its shape: --input 1,1,28,28")  # fmt: skip
        written = draw(found, *inputs, depth=options.depth).export(options.out)
    except (Failed, OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
        return _failed("draw", error)
    print(written)
    return 0


def run_demo(options: argparse.Namespace) -> int:
    """``python -m autograd demo``: ``python -m nn.demo``, in a process that sets its number of threads itself."""
    command = [sys.executable, "-m", "nn.demo", *options.arguments]
    if os.name == "posix":
        os.execv(sys.executable, command)
    return subprocess.call(command)


def run_config(options: argparse.Namespace) -> int:
    """``python -m autograd config``."""
    show_config()
    return 0


def _failed(command: str, error: BaseException) -> int:
    print(f"{command}: {error}", file=sys.stderr)
    return 1
