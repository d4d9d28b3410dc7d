"""HIPS autograd as a peer, in a process of its own: it is imported under our name.

``make bench`` installs it into a folder apart. The worker takes a line for each call and answers with one when it is
done, so that it is timed in turn with the others.
"""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = Path(os.environ.get("HIPS_AUTOGRAD", HERE.parent / ".venv" / "peers"))


@contextmanager
def hips_worker(subject):
    """A function that runs one step of ``subject`` in the worker, or None where HIPS autograd is not installed."""
    if not (FOLDER / "autograd").is_dir():
        yield None
        return
    environment = {**os.environ, "PYTHONPATH": str(FOLDER)}
    command = [sys.executable, "-P", str(HERE / "hips_steps.py"), subject]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:

        def step():
            process.stdin.write("step\n")
            if process.stdout.readline() != "done\n":
                raise RuntimeError("the worker of HIPS autograd has ended; its error is above")

        try:
            yield step
        finally:
            process.stdin.close()
