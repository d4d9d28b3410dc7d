"""A chain of 1,000,000 operations y = y * w, both requiring grad: built, walked backward, freed.

Peers run 100,000 operations, and are compared by the operation. Bytes are what Python's ``tracemalloc`` counts while
the chain of 200,000 stands, divided by its length.
"""

import gc
import tracemalloc

import autograd as ag

from .report import Row, available, peer, rows_of, timed

LENGTH, PEERS_LENGTH, TRACED_LENGTH = 1_000_000, 100_000, 200_000


def ours(length):
    y = ag.Tensor(1.0, requires_grad=True)
    w = ag.Tensor(1.0000001, requires_grad=True)
    for _ in range(length):
        y = y * w
    return y


def _torch():
    import torch

    torch.set_num_threads(1)

    def run():
        y = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
        w = torch.tensor(1.0000001, dtype=torch.float64, requires_grad=True)
        for _ in range(PEERS_LENGTH):
            y = y * w
        y.backward()

    return run


def _mygrad():
    import mygrad

    def run():
        y, w = mygrad.tensor(1.0), mygrad.tensor(1.0000001)
        for _ in range(PEERS_LENGTH):
            y = y * w
        y.backward()

    return run


def bytes_per_node():
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    y = ours(TRACED_LENGTH)
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    del y
    return used / TRACED_LENGTH


def run(rounds):
    rounds = min(rounds, 3)
    off = min(timed(lambda: ours(LENGTH).backward()) for _ in range(rounds))
    on = min(timed(lambda: ours(LENGTH).backward(), collector=True) for _ in range(rounds))
    functions = available(PyTorch=peer(_torch, "torch"), MyGrad=peer(_mygrad, "mygrad"))
    times = {"chalkgrad": off / LENGTH}
    for name, function in functions.items():
        times[name] = timed(function) / PEERS_LENGTH
    kept = bytes_per_node()
    return [
        Row("1e6 operations, collector off", off, "s", bar="≤ 2 s", met=off <= 2),
        Row("1e6 operations, collector on", on, "s"),
        Row("memory of a node", kept, "B", bar="≤ 250 B", met=kept <= 250),
        *rows_of(
            "an operation, collector off",
            times,
            "µs",
            1e6,
            unavailable={"micrograd": "RecursionError beyond about 1,000"},
        ),
    ]
