"""Answers that are code: files with a function ``backward``, each run in a process of its own with limits.

The limits of time and memory catch endless loops and runaway memory. **They are no sandbox**: the code runs with the
rights of whoever marks it, and may read and delete files. Mark what strangers wrote in a container or virtual machine.

``run`` is the one who waits, ``child`` (``python -m autograd.teaching.child``) the one who runs the code.
"""

import contextlib
import json
import os
import pickle
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from ..checking.report import POINTS

LIMIT = 2.0
"""Seconds that one program may take, from when its process is ready to load it."""

SEARCH = 0.5
"""Seconds of these in which mistakes are looked for, unless told."""

MEMORY = 512 * 2**20
"""Bytes that it may take beside what the library has loaded."""

PATIENCE = 60.0
"""Seconds until the process itself must have begun."""


def source_of(function):
    """(file, qualified name) of the exercise's function, for another process to load; ValueError where it has none."""
    path = getattr(getattr(function, "__code__", None), "co_filename", "")
    name = getattr(function, "__qualname__", "")
    if not os.path.isfile(path) or "<" in name:
        raise ValueError(
            "programs are run in processes of their own, which load the exercise's function from its file\n"
            "  write the function at the top level of a Python file"
        )
    return os.path.abspath(path), name


def mark_program(result, variant, folder, program, seconds, limit=LIMIT):
    """Give a result the marks of a program: one for each gradient of a parameter that is asked for."""
    path = (folder / program).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        result.problem = f"there is no file {program[:80]!r} beside the table"
        return
    answer = run(variant, path, seconds, limit)
    result.problem = answer.get("problem", "")
    if result.problem:
        return
    result.listing = [tuple(line) for line in answer["listing"]]
    rows = {row["name"]: row for row in answer["rows"]}
    questions = questions_for_programs(variant.exercise)
    asked = {question.name for question in questions}
    wrong_lines = sorted(
        {row["line"] for row in answer["rows"] if row["verdict"] == "wrong" and row["name"] not in asked}
    )
    for question in questions:
        row = rows.get(question.name)
        if row is None:
            result.add(question.what, "", "blank", question.points, 0.0, "backward gives no gradient of it")
            continue
        shown, verdict, remark = f"line {row['line']}: {row['source'].strip()}", row["verdict"], row["remark"]
        share = POINTS[verdict]
        if verdict == "follows" and wrong_lines:  # a wrong line that is no answer itself costs one that follows from it
            share, remark = 0.0, f"the points are lost in line {wrong_lines.pop(0)}"
        result.add(question.what, shown, verdict, question.points, share, remark)
    wrong = next((row for row in answer["rows"] if row["verdict"] == "wrong"), None)
    if wrong is not None:
        mistake = wrong["mistake"] or {"key": "", "explanation": ""}
        result.first_wrong = (f"line {wrong['line']} ({wrong['variable']})", mistake["key"], mistake["explanation"])


def questions_for_programs(exercise):
    """The gradients of parameters: what a backward gives."""
    return [one for one in exercise.questions if one.is_gradient and one.name in exercise.values]


def run(variant, path, seconds, limit):
    """What the report on a program says, as data; {"problem": …} where there is none."""
    file, name = source_of(variant.exercise.function)
    wanted = [one.name for one in questions_for_programs(variant.exercise)]
    task = {
        "file": file, "name": name, "values": variant.values, "program": str(path), "wrt": wanted,
        "seconds": SEARCH if seconds is None else seconds, "cpu": limit, "memory": MEMORY,
    }  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([one for one in sys.path if one])
    with tempfile.TemporaryDirectory(prefix="backward-") as folder:
        place = Path(folder)
        (place / "task").write_bytes(pickle.dumps(task))
        process = subprocess.Popen(
            [sys.executable, "-m", "autograd.teaching.child", str(place / "task"), str(place / "answer")],
            cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            start_new_session=os.name == "posix",
        )  # fmt: skip
        try:
            problem = _watch(process, limit)
        finally:
            _end(process)
        if problem:
            return {"problem": problem}
        try:
            return json.loads((place / "answer").read_text("utf-8"))
        except (OSError, ValueError):
            return {"problem": f"it ended without a result ({_how(process.returncode)})"}


def _watch(process, limit):
    """Wait for the process; what is wrong with it, or ""."""
    if os.name == "posix":
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        if not ready:
            return f"its process did not begin within {PATIENCE:g} s"
    process.stdout.readline()
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        return f"it took longer than {limit:g} s"
    return ""


def _end(process):
    """End the process and what it began."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.stdout.close()
    process.wait()


def _how(code):
    if code is not None and code < 0:
        try:
            return f"ended by {signal.Signals(-code).name}"
        except ValueError:
            pass
    return f"exit status {code}"
