"""A chain of operations y = y * w, both requiring grad: built, walked backward, freed

In scalars (float64, as Python's numbers are, where no other dtype is named). Peers are compared at 100,000 operations;
micrograd's walk recurses, and ends in a RecursionError from about 1,000. Memory is the growth of the process while the
chain is built and stands.
"""

from functools import partial

from .row import Row


def step_of(scalar, length, backward=True):
    def step():
        y, w = start, factor = scalar(1.0), scalar(1.0000001)
        for _ in range(length):
            y = y * w
        if backward:
            y.backward()
        return y, [start, factor]

    return step


def chalkgrad(length, backward=True, dtype="float64"):
    import autograd as ag

    return step_of(lambda value: ag.Tensor(value, requires_grad=True, dtype=dtype), length, backward)


def pytorch(length, backward=True, dtype="float64"):
    import torch

    return step_of(lambda value: torch.tensor(value, dtype=getattr(torch, dtype), requires_grad=True), length, backward)


def micrograd(length, backward=True, dtype="float64"):
    from micrograd.engine import Value

    return step_of(Value, length, backward)


def mygrad(length, backward=True, dtype="float64"):
    import mygrad

    return step_of(mygrad.tensor, length, backward)


MILLION = 1_000_000
SHORTEST = "chalkgrad, chain of 1,000"
PEERS = {"PyTorch": pytorch, "MyGrad": mygrad, "micrograd": micrograd}


def by_the_node(length, peers=None):
    """A node's time beside that in a short chain: caches that end cost less than 2, more than linear growth tens."""
    sides = {"chalkgrad": chalkgrad, **(peers or {})}
    return Row(
        f"chain of {length:,}, a node",
        {SHORTEST: partial(chalkgrad, 1000)} | {side: partial(build, length) for side, build in sides.items()},
        bars={SHORTEST: 2, "PyTorch": 1, "MyGrad": 1},
        unit="µs",
        per=dict.fromkeys(sides, length) | {SHORTEST: 1000},
        threads=(1,),
    )


def memory(length, peers=None, **options):
    sides = {"chalkgrad": chalkgrad, **(peers or {})}
    return Row(
        f"chain of {length:,}, memory of a node",
        {side: partial(build, length, False) for side, build in sides.items()},
        unit="B",
        per=length,
        measure="memory",
        threads=(1,),
        **options,
    )


ROWS = [
    Row("chain of 1,000,000", {"chalkgrad": partial(chalkgrad, MILLION)}, limit=1.0, unit="s"),
    Row(
        "chain of 1,000,000, collector on",
        {"chalkgrad": partial(chalkgrad, MILLION), "chalkgrad, collector off": partial(chalkgrad, MILLION)},
        bars={"chalkgrad, collector off": 1.5},
        unit="s",
        threads=(1,),
        collector=("chalkgrad",),
    ),
    Row(
        "chain of 10,000 in float32, a node",
        {
            "chalkgrad": partial(chalkgrad, 10_000, dtype="float32"),
            "chalkgrad, float64": partial(chalkgrad, 10_000),
        },
        bars={"chalkgrad, float64": 1.3},
        unit="µs",
        per=10_000,
        threads=(1,),
    ),
    by_the_node(10_000),
    by_the_node(100_000, PEERS),
    by_the_node(MILLION),
    memory(100_000, PEERS),
    memory(MILLION, limit=200),
]
