"""The rows of a subject measured by workers that are asked in turn: a Line for each comparison."""

import json
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from statistics import median

from .libraries import ROOT, environment, library_of
from .other_processes import QUIET, Others
from .report import Figure, lines

TURN = 0.03
"""The seconds of calls in a turn: several calls, or one of a step that takes longer."""

LONG = 0.2
"""From so many seconds on a step is called once a turn, unwarmed, and has a third of the turns."""

ATTEMPTS = 3
"""How often a row is measured when others keep the machine busy."""


@dataclass
class Run:
    """A run's settings, and what it learns on its way.

    rounds   : how many turns each library has in a row
    seen     : what the workers tell about their libraries
    patience : the seconds left for measuring again
    """

    rounds: int
    seen: dict[str, str] = field(default_factory=dict)
    patience: float = 90

    def in_quiet(self, measure):
        """What ``measure()`` returns, (figures, share of others): measured again when the machine was busy."""
        best = measure()
        for _ in range(ATTEMPTS - 1):
            if best[1] <= QUIET or self.patience <= 0:
                break
            start = time.monotonic()
            time.sleep(2)
            best = min(best, measure(), key=lambda found: found[1])
            self.patience -= time.monotonic() - start
        return best


class Failure(Exception):
    """A worker's answer when something went wrong; the text is shown in the row."""


class Worker:
    """A process with one library; ``ask(command, ...)`` has it do something and waits for the answer."""

    def __init__(self, process):
        self.process = process

    def ask(self, *command):
        try:
            self.process.stdin.write(json.dumps(command) + "\n")
            answer = json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            raise Failure(f"its process has ended with code {self.process.wait()}") from None
        if "error" in answer:
            raise Failure(answer["error"])
        return answer["answer"]


@contextmanager
def worker(subject, side, threads):
    command = [sys.executable, "-P", "-m", "benchmarks.worker", subject, side, str(threads)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(library_of(side), threads), text=True, encoding="utf-8", bufsize=1,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield Worker(process)
        finally:
            process.kill()
            with suppress(BrokenPipeError):  # closing writes what the process did not take any more
                process.stdin.close()


def lines_of(subject, rows, threads, run):
    """The Lines of a subject's rows at a thread count, in a Run.

    subject : the name of its module
    rows    : its ``ROWS``, or what ``against_before`` makes of each
    """
    with ExitStack() as stack:
        workers = {}
        for index, row in enumerate(rows):
            if threads not in row.threads:
                continue
            sides = row.sides_at(threads)
            if row.measure == "time":
                for side in sides:
                    if side not in workers:
                        workers[side] = ready(stack, subject, side, threads, run.seen)
                figures, others = run.in_quiet(
                    lambda row=row, index=index: times(workers, index, row, run.rounds, threads)
                )
            elif row.measure in ("memory", "later memory"):
                figures, others = {side: memory(subject, index, row, side, threads) for side in sides}, 0
            else:
                figures, others = run.in_quiet(lambda row=row: import_times(row, min(run.rounds, 7)))
            yield from lines(row, threads, figures, others)


def ready(stack, subject, side, threads, seen):
    """A prepared worker, or the Failure to make one."""
    started = stack.enter_context(worker(subject, side, threads))
    try:
        seen.update(started.ask("prepare"))
    except Failure as failure:
        return failure
    return started


def times(workers, index, row, rounds, threads):
    """({side: Figure} in seconds, measured in turns; the share of others in the processors' time)"""
    sides = row.sides_at(threads)
    figures, turns, theirs, everyones = {}, {}, 0, 0
    for side in sides:
        try:
            if isinstance(workers[side], Failure):
                raise workers[side]
            for variant in row.variants(side):
                turns[side, variant] = workers[side].ask("build", index, variant), []
        except Failure as failure:
            figures[side] = Figure(error=str(failure))
    if max((seconds for seconds, _ in turns.values()), default=0) > LONG:
        rounds = (rounds + 2) // 3
    order = list(turns.items())
    for _ in range(rounds):
        order.reverse()  # neither is always the first
        for (side, variant), (seconds, medians) in order:
            if side in figures:
                continue
            try:
                length = TURN if seconds < LONG else 0
                calls, (others, everyone) = workers[side].ask("turn", variant, length, side in row.collector)
                medians.append(median(calls))
                theirs, everyones = theirs + others, everyones + everyone
            except Failure as failure:
                figures[side] = Figure(error=str(failure))
    for side in sides:
        if side not in figures:
            found = {variant: medians for (owner, variant), (_, medians) in turns.items() if owner == side}
            figures[side] = least(found)
            workers[side].ask("drop")
    return figures, theirs / everyones if everyones else 0


def memory(subject, index, row, side, threads):
    """A Figure in bytes; a fresh process for each variant."""
    found = {}
    try:
        for variant in row.variants(side):
            with worker(subject, side, threads) as fresh:
                fresh.ask("prepare")
                found[variant] = [fresh.ask("memory", index, variant)]
    except Failure as failure:
        return Figure(error=str(failure))
    return least(found)


def least(found):
    """The Figure of the variant that needs least, of {variant: its rounds}."""
    return min((Figure(tuple(rounds), variant) for variant, rounds in found.items()), key=lambda figure: figure.value)


def import_times(row, rounds):
    """As ``times``. A side is the names to import, in a fresh process that has NumPy already."""
    figures, seconds, others = {}, {side: [] for side in row.sides}, Others()
    for _ in range(rounds):
        for side, names in row.sides.items():
            code = (
                f"import time, numpy; start = time.perf_counter(); import {names}; print(time.perf_counter() - start)"
            )
            variables = environment(library_of(side), 1)
            done = subprocess.run(
                [sys.executable, "-P", "-c", code], cwd=ROOT, env=variables, capture_output=True, text=True
            )
            if done.returncode:
                figures[side] = Figure(error=done.stderr.strip().rpartition("\n")[2])
            else:
                seconds[side].append(float(done.stdout))
    figures |= {side: Figure(tuple(found)) for side, found in seconds.items() if side not in figures}
    return figures, others.share()
