"""The process that runs one student's ``backward``: reads a task, sets the limits, writes what the check says.

Started by ``programs``; nobody else has a use for it.
"""

import contextlib
import importlib.util
import json
import math
import os
import pickle
import sys
import traceback
from pathlib import Path

import numpy as np

from ..checking.code.check import check  # loaded before the clock runs


def main(task_path, answer_path):
    task = pickle.loads(Path(task_path).read_bytes())
    forward = load(task["file"], "exercise_of_program")
    for part in task["name"].split("."):
        forward = getattr(forward, part)
    limit(task["cpu"], task["memory"])
    os.write(1, b"ready\n")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    try:
        answer = judged(forward, task)
    except BaseException as error:  # whatever a student's code raises, SystemExit too
        answer = {"problem": told(error, task["program"])}
    Path(answer_path).write_text(json.dumps(answer), encoding="utf-8")  # read when this process has ended


def judged(forward, task):
    """The report on the program as data."""
    backward = getattr(load(task["program"], "program"), "backward", None)
    if not callable(backward):
        return {"problem": "the file has no function backward"}
    values = {name: _array(value) for name, value in task["values"].items()}
    return check(forward, backward, tuple(values.values()), None, task["wrt"], None, task["seconds"]).to_dict()


def _array(value):
    return np.asarray(value) if isinstance(value, float) else value


def load(path, name):
    """The module of a file."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def limit(seconds, memory):
    """Bounds on processor time, memory and the size of files, where the system has them."""
    try:
        import resource
    except ImportError:  # Windows
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = math.ceil(used.ru_utime + used.ru_stime + seconds) + 1
    bounds = {"CPU": cpu, "FSIZE": 16 * 2**20, "CORE": 0}
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        bounds["AS"] = pages * resource.getpagesize() + memory
    except (OSError, ValueError):  # no Linux
        pass
    for name, bound in bounds.items():
        with contextlib.suppress(ValueError, OSError):  # a lower bound is set already
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (bound, bound))


def line_of(error, path):
    """The last line of a file that led to an error, or None."""
    lines = [one.lineno for one in traceback.extract_tb(error.__traceback__) if one.filename == path]
    if isinstance(error, SyntaxError) and error.filename == path:
        lines.append(error.lineno)
    return lines[-1] if lines else None


def told(error, program):
    """An error in one line: its kind, its first line, and the line of the program."""
    line = line_of(error, program)
    said = (str(error).strip().split("\n") or [""])[0][:200]
    where = f" at line {line}" if line else ""
    if isinstance(error, MemoryError):
        return f"it ran out of memory{where}"
    return f"it raised {type(error).__name__}{where}{f': {said}' if said else ''}"


if __name__ == "__main__":
    main(*sys.argv[1:])
