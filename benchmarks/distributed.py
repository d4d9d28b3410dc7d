"""What several processes cost and gain on this machine: ``python -m benchmarks.distributed`` prints Markdown tables.

Two nets, a batch of 8 in each process, are trained in 1, 2 and 4 processes with one thread each: ResNet-20 on pictures
of 3 × 32 × 32, and one of 12 layers of 75 kB that do not compute but wait, 0.5 ms a sample forward and 1.5 ms
backward, as if each process had a processor of its own. A step is measured

* alone, without a message
* packing, with the gradients put into buckets and taken out again, and no message
* with one all-reduce of all gradients at the end of the backward, which waits for it (*after*)
* with the all-reduce while the backward runs, as ``nn.distributed.replicate`` does it (*during*)

in turns, a step of each after a barrier, and the slowest process counts; of all such steps it is the time that a tenth
keep, for other programs only ever add to it. Once with the messages of one machine, which go through its memory, and
once with a network in between: each all-reduce arrives no sooner than a ring of n machines delivers it, at 1 Gbit/s, or
for the net that waits at 100 Mbit/s, so that there is much to hide and little to compute.
*Hidden* is the part of the waiting that goes: 1 − (during − alone) / (after − alone).

The model, from which the tables go on to more machines, is in ``predicted``.
"""

import argparse
import contextlib
import json
import math
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import autograd as ag
import nn
from nn.distributed.processes import mpi, world
from nn.distributed.replicas import Replicas

from .libraries import ROOT
from .other_processes import Others
from .report import processor

BATCH = 8
LAYERS, FORWARD, BACKWARD = 12, 0.5e-3, 1.5e-3  # of the net that waits, seconds a sample


@dataclass
class Ring:
    """What an all-reduce costs: 2 (n − 1) messages one after the other, of an n-th of the bytes each."""

    latency: float
    bandwidth: float

    def seconds(self, n, size):
        return 2 * (n - 1) * (self.latency + size / n / self.bandwidth)


SLOW, ETHERNET, FAST = Ring(50e-6, 12.5e6), Ring(50e-6, 125e6), Ring(20e-6, 1250e6)
"""Networks of 100 Mbit/s, 1 Gbit/s and 10 Gbit/s."""


class Network:
    """MPI's communicator, whose all-reduces arrive no sooner than the ring delivers them, one after the other.

    sends : whether there are messages at all
    log : (when it was begun, bytes) of each
    """

    def __init__(self, comm, ring=None, sends=True):
        self.comm, self.ring, self.sends = comm, ring, sends
        self.arrived, self.log = 0.0, []

    def __getattr__(self, name):
        return getattr(self.comm, name)

    def Dup(self):
        self.comm = self.comm.Dup()
        return self

    def Iallreduce(self, op, buffer):
        now = time.perf_counter()
        self.log.append((now, buffer.nbytes))
        takes = self.ring.seconds(self.comm.Get_size(), buffer.nbytes) if self.ring else 0
        self.arrived = max(now, self.arrived) + takes
        return Message(self.comm.Iallreduce(op, buffer) if self.sends else None, self.arrived)


@dataclass
class Message:
    request: object
    arrives: float

    def Test(self):
        return (self.request is None or self.request.Test()) and time.perf_counter() >= self.arrives


def typical(values):
    return float(np.quantile(list(values), 0.1))


def predicted(n, backward, buckets, ring, packing=0.0):
    """(seconds after, seconds during) that messages between n machines add to a step.

    backward : how long it takes
    packing : how much longer it takes to put gradients into buckets and to take them out again
    buckets : (how much of the backward is over when it is full, bytes), in their order
    """
    free = 0.0
    for ready, size in buckets:
        free = max(free, ready * backward) + ring.seconds(n, size)
    return packing + ring.seconds(n, sum([size for _, size in buckets])), packing + max(0.0, free - backward)


# -- in each process -------------------------------------------------------------------------------


class _Wait(ag.Function):
    @staticmethod
    def forward(ctx, x, w):
        time.sleep(len(x) * FORWARD)
        return x + w[0]

    @staticmethod
    def backward(ctx, g):
        time.sleep(len(g) * BACKWARD)
        return g, g.sum() * np.ones(18_750, np.float32)


class Waiting(nn.Module):
    """A layer that waits as long as another would compute."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(np.zeros(18_750, np.float32))

    def forward(self, x):
        return _Wait.apply(x, self.w)


NETS = {
    "waiting": (lambda: nn.Sequential(*[Waiting() for _ in range(LAYERS)]), (10,), 0.075, SLOW),
    "ResNet-20": (nn.models.ResNet20, (3, 32, 32), 0.25, ETHERNET),
}
"""name: (what makes it, the shape of a sample, megabytes in a bucket, the network in between)"""


class Step:
    """Forward and backward of a model of its own, on data of its process's own."""

    def __init__(self, name, comm, in_one=False):
        make, self.shape, bucket, _ = NETS[name]
        nn.manual_seed(0)
        self.net = make()
        self.replicas = Replicas(self.net, comm, math.inf if in_one else bucket)
        self.log = getattr(comm, "log", [])
        self.loss_fn = nn.CrossEntropyLoss()

    def __call__(self, batch, synchronizes=True):
        """(seconds of the step, of its backward, [(seconds since its beginning, bytes) of each bucket])"""
        rng = np.random.default_rng(world().Get_rank())
        x, y = rng.normal(size=(batch, *self.shape)).astype(np.float32), rng.integers(0, 10, batch)
        self.net.zero_grad()
        self.log.clear()
        world().Barrier()
        start = time.perf_counter()
        loss = self.loss_fn(self.net(x), y)
        middle = time.perf_counter()
        with contextlib.nullcontext() if synchronizes else self.replicas.no_sync():
            loss.backward()
        end = time.perf_counter()
        return end - start, end - middle, [(t - middle, size) for t, size in self.log]


def measure(name, rounds):
    """What ``tables`` shows of a net with this number of processes."""
    comm = world()
    n = comm.Get_size()
    steps = {
        "packing": Step(name, Network(comm, sends=False)),
        "after": Step(name, Network(comm), in_one=True),
        "during": Step(name, Network(comm)),
        "after, network": Step(name, Network(comm, NETS[name][3]), in_one=True),
        "during, network": Step(name, Network(comm, NETS[name][3])),
    }
    times = {way: [] for way in ["alone", "half", *steps]}
    backwards, sent = [], []
    for round_ in range(rounds + 2):
        for way in times:
            step = steps.get(way, steps["during"])
            took, backward, buckets = step(BATCH // 2 if way == "half" else BATCH, way in steps)
            if round_ < 2:  # the second has the buckets in their order
                continue
            times[way].append(comm.allreduce(took, mpi().MAX))
            if way == "alone":
                backwards.append(comm.allreduce(backward, mpi().MAX))
            elif way == "during":
                sent.append(buckets)
    found = {way: typical(values) for way, values in times.items()}
    found["backward"] = typical(backwards)
    found["buckets"] = [
        (min(1, typical([one[0] for one in several]) / found["backward"]), several[0][1])
        for several in zip(*sent, strict=True)
    ]
    found["all-reduce"] = (
        {size: typical(_all_reduces(comm, size, 5 * rounds)) for size in (8, 1 << 20)} if n > 1 else {}
    )
    return found


def _all_reduces(comm, size, times):
    buffer = np.zeros(size // 4, np.float32)
    for _ in range(times):
        comm.Barrier()
        start = time.perf_counter()
        comm.Allreduce(mpi().IN_PLACE, buffer)
        yield comm.allreduce(time.perf_counter() - start, mpi().MAX)


# -- tables ----------------------------------------------------------------------------------------


def tables(found, facts):
    """Markdown, in milliseconds: what was measured of n processes, what the model says of it, and of more machines.

    found : {net: {processes: what ``measure`` gives}}
    """
    lines = [*facts, ""]
    ways = ("alone", "packing", "after", "during")
    lines += [f"| net | n | a second | {' | '.join(ways)} | after, net. | during, net. | hidden |"]
    lines += ["| --- " + "| ---: " * 9 + "|"]
    for net, n, one in _each(found):
        cells = [_ms(one[way]) for way in ways]
        cells += [_ms(one["after, network"]), _ms(one["during, network"]), f"{hidden(one):.0%}"] if n > 1 else [""] * 3
        lines.append(f"| {net} | {n} | {n * BATCH / one['during']:.0f} | {' | '.join(cells)} |")
    lines += [
        "",
        "| net | n | through | latency | MB/s | after: model | measured | during: model | measured |",
    ]
    lines += ["| --- | ---: | --- " + "| ---: " * 6 + "|"]
    for net, n, one in _each(found):
        for where, ring in {"memory": _of_this_machine(n, one), "network": NETS[net][3]}.items() if n > 1 else ():
            cells = [f"{ring.latency * 1e6:.0f} µs", f"{ring.bandwidth / 1e6:,.0f}"]
            ways = ("after", "during") if where == "memory" else ("after, network", "during, network")
            model = predicted(n, one["backward"], one["buckets"], ring, one["packing"] - one["alone"])
            for says, way in zip(model, ways, strict=True):
                cells += [_ms(says), _ms(one[way] - one["alone"])]
            lines.append(f"| {net} | {n} | {where} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *_more_machines(found["ResNet-20"][1], found["ResNet-20"][2])])


def _each(found):
    return [(net, n, one) for net, several in found.items() for n, one in several.items()]


def _ms(seconds):
    return f"{seconds * 1e3:.1f}"


def hidden(one):
    """The part of the waiting for the network that goes when messages travel during the backward."""
    return (one["after, network"] - one["during, network"]) / (one["after, network"] - one["alone"])


def _of_this_machine(n, one):
    """The ring that costs what all-reduces of 8 bytes and of a mebibyte have taken."""
    short, long = one["all-reduce"]["8"], one["all-reduce"][str(1 << 20)]
    return Ring(short / (2 * (n - 1)), 2 * (n - 1) / n * (1 << 20) / (long - short))


def _more_machines(one, two):
    """What the model says of many machines with one process each, from what one process does alone, and two pack."""
    lines = [
        "| machines | 1 Gbit/s, after | 1 Gbit/s, during | 10 Gbit/s, during | whole batch of 64, 10 Gbit/s, during |"
    ]
    lines += ["| ---: " * 5 + "|"]
    each = (one["alone"] - one["half"]) / (BATCH - BATCH // 2)
    fixed = one["alone"] - BATCH * each
    packing = two["packing"] - two["alone"]
    for n in (1, 2, 4, 8, 16, 64):
        cells = []
        for ring, way, batch in ((ETHERNET, 0, BATCH), (ETHERNET, 1, BATCH), (FAST, 1, BATCH), (FAST, 1, 64 / n)):
            alone = fixed + each * batch
            backward = alone * one["backward"] / one["alone"]
            step = alone + predicted(n, backward, two["buckets"], ring, (n > 1) * packing)[way]
            cells.append(f"{(fixed + each * batch * n) / step:.1f} ×")
        lines.append(f"| {n} | {' | '.join(cells)} |")
    return lines


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.distributed", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60, help="how often each step is measured in turn (default: 60)")
    parser.add_argument("--worker", metavar="NET", choices=NETS, help="measure a net in the processes of mpiexec")
    options = parser.parse_args()
    if options.worker:
        found = measure(options.worker, options.rounds)
        if world().Get_rank() == 0:
            print(json.dumps(found))
        return
    others = Others()
    found = {net: {n: measured(net, n, options.rounds) for n in (1, 2, 4)} for net in NETS}
    library = " ".join(mpi().Get_library_version().splitlines()[0].split())
    facts = [f"* {processor()}, {os.cpu_count()} cores; {library}; one thread a process"]
    facts += [f"* other processes had {others.share():.0%} of the processors' time"]
    print(tables(found, facts))


def measured(net, n, rounds):
    """What ``measure`` gives in n processes."""
    command = [Path(sys.executable).parent / "mpiexec", "-n", str(n), sys.executable, "-m", "benchmarks.distributed"]
    done = subprocess.run(
        [*command, "--worker", net, "--rounds", str(rounds)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
