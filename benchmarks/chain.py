"""A chain of operations y = y * w, both requiring grad: built, walked backward, freed

In scalars (float64, as Python's numbers are). Peers are compared at 100,000 operations; micrograd's walk recurses, and
ends in a RecursionError from about 1,000. Memory is the growth of the process while the chain is built and stands.
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

    return step_of(lambda value: ag.Tensor(value, requires_grad=True), length, backward)


def pytorch(length, backward=True, dtype="float64"):
    import torch

    return step_of(lambda value: torch.tensor(value, dtype=torch.float64, requires_grad=True), length, backward)


def micrograd(length, backward=True, dtype="float64"):
    from micrograd.engine import Value

    return step_of(Value, length, backward)


def mygrad(length, backward=True, dtype="float64"):
    import mygrad

    return step_of(mygrad.tensor, length, backward)


def beside_the_shortest(length):
    """Time by the node must not grow with the length: beyond the processor's caches a little is unavoidable."""
    shortest = 1000
    other = f"chalkgrad, {shortest:,} operations"
    return Row(
        f"{length:,} operations, a node",
        {"chalkgrad": partial(chalkgrad, length), other: partial(chalkgrad, shortest)},
        bars={other: 2},
        unit="µs",
        per={"chalkgrad": length, other: shortest},
        threads=(1,),
    )


def beside_others(work, length, backward, unit, **options):
    sides = {"chalkgrad": chalkgrad, "PyTorch": pytorch, "MyGrad": mygrad, "micrograd": micrograd}
    return Row(
        work,
        {side: partial(build, length, backward) for side, build in sides.items()},
        unit=unit,
        per=length,
        threads=(1,),
        **options,
    )


MILLION = 1_000_000

ROWS = [
    Row("1,000,000 operations", {"chalkgrad": partial(chalkgrad, MILLION)}, limit=1.0, unit="s"),
    Row(
        "1,000,000 operations, collector on",
        {"chalkgrad": partial(chalkgrad, MILLION)},
        unit="s",
        threads=(1,),
        collector=True,
    ),
    beside_the_shortest(10_000),
    beside_the_shortest(100_000),
    beside_the_shortest(MILLION),
    beside_others("100,000 operations, a node", 100_000, True, "µs", bars={"PyTorch": 1, "MyGrad": 1}),
    Row(
        "memory of a node, of 1,000,000",
        {"chalkgrad": partial(chalkgrad, MILLION, False)},
        limit=200,
        unit="B",
        per=MILLION,
        measure="memory",
        threads=(1,),
    ),
    beside_others("memory of a node, of 100,000", 100_000, False, "B", measure="memory"),
]
