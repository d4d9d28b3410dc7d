"""A process with one library, which measures when ``measuring.py`` says so: ``python -P -m benchmarks.worker``.

It reads a command a line, as JSON, and answers with a line: ``{"answer": ...}`` or ``{"error": "..."}``.
"""

import gc
import importlib
import json
import os
import signal
import sys
import textwrap
import time

from .libraries import LIBRARIES, library_of
from .other_processes import Others

REST = 0.005
"""The seconds in which the threads of a process at rest use next to no processor time."""

MEMORY_STEPS = 5


class Steps:
    """The commands. ``built`` holds the ready steps of the present row: {variant: step}."""

    def __init__(self, subject, side, threads):
        self.rows = importlib.import_module(f"benchmarks.{subject}").ROWS
        self.side = side
        self.threads = threads
        self.built = {}

    def prepare(self):
        return LIBRARIES[library_of(self.side)](self.threads)

    def build(self, row, variant):
        """Make a step ready; the seconds of its second call."""
        gc.collect()
        step = self.built[variant] = self.rows[row].variants(self.side)[variant]()
        step()
        start = time.perf_counter()
        step()
        return time.perf_counter() - start

    def turn(self, variant, seconds, collector):
        """The seconds of each call of a step, called until the given time has passed; and ``Others.time()`` of it."""
        step, times, others = self.built[variant], [], Others()
        gc.collect(0)  # what the last turn left; all of PyTorch's objects would take a tenth of a second
        if not collector:
            gc.disable()
        if seconds:
            step()  # the caches still hold what the others have computed with
        end = time.perf_counter() + seconds
        while True:
            start = time.perf_counter()
            step()
            stop = time.perf_counter()
            times.append(stop - start)
            if stop >= end:
                break
        gc.enable()
        come_to_rest()
        return times, others.time()

    def drop(self):
        self.built.clear()

    def memory(self, row, variant):
        """How many bytes the peak of the first steps, or of later ones, lies above what the process had before them."""
        step = self.rows[row].variants(self.side)[variant]()
        gc.collect()
        gc.disable()
        count_peak_from_here()
        before = resident("VmRSS")
        for _ in range(MEMORY_STEPS):
            step()
        if self.rows[row].measure == "later memory":
            gc.collect()
            count_peak_from_here()
            for _ in range(MEMORY_STEPS):
                step()
        return resident("VmHWM") - before


def count_peak_from_here():
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def come_to_rest():
    """Wait until no thread of this process works or spins any more."""
    while True:
        before = time.process_time()
        time.sleep(REST)
        if time.process_time() - before < REST / 10:
            return


def resident(name):
    """A size in bytes from Linux' table of the process."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(1024 * int(line.split()[1]) for line in file if line.startswith(name + ":"))


def described(error):
    if isinstance(error, ModuleNotFoundError):
        return "not installed"
    text = str(error).strip().partition("\n")[0]
    return textwrap.shorten(f"{type(error).__name__}: {text}", 60) if text else type(error).__name__


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that waits for the answers
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library may print what it likes
    subject, side, threads = sys.argv[1:]
    steps = Steps(subject, side, int(threads))
    for line in sys.stdin:
        name, *args = json.loads(line)
        try:
            answer = {"answer": getattr(steps, name)(*args)}
        except Exception as error:
            answer = {"error": described(error)}
        try:
            print(json.dumps(answer), file=answers, flush=True)
        except BrokenPipeError:
            os._exit(0)  # nobody waits for the answer any more


if __name__ == "__main__":
    main()
