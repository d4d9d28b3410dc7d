"""vmap of every declared operation is the loop over the entries, in values and gradients; and which of them loop."""

import numpy as np
import pytest
from registry_cases import cases, operations, params

import autograd as ag
from autograd import batched
from autograd.cases import random_like

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")

BATCH = 2


def of_the_loop(case, stacks, mapped):
    entry = lambda i: [x[i] if at in mapped else x for at, x in enumerate(stacks)]  # noqa: E731
    return ag.stack([case.call(entry(i)) for i in range(BATCH)])


def drawn(case, mapped):
    """The arrays of a case, those mapped with another entry beside their own."""
    _, other = case.rng("vmap"), case.sample.make(case.rng("vmap"))
    others = [case_at(other, place) for place in case.places]
    return [np.stack([x, o]) if i in mapped else x for i, (x, o) in enumerate(zip(case.arrays, others, strict=True))]


def case_at(made, place):
    (args, kwargs), (key, i) = made, place
    value = args[key] if isinstance(key, int) else kwargs[key]
    return value if i is None else value[i]


def law_vmap_is_the_loop(case):
    if "random" in case.op.traits or not case.arrays:
        return
    every = range(len(case.arrays))
    for mapped in {tuple(every), *[(i,) for i in every]}:
        arrays = drawn(case, mapped)
        axes = tuple([0 if i in mapped else None for i in every])
        results = []
        for run in (
            lambda *xs, axes=axes: ag.vmap(lambda *given: case.call(list(given)), in_axes=axes)(*xs),
            lambda *xs, mapped=mapped: of_the_loop(case, xs, mapped),
        ):
            leaves = [ag.Tensor(x, requires_grad=True) for x in arrays]
            y = run(*leaves)
            gradients = []
            if case.differentiable:
                gradients = ag.gradients([y], leaves, gradient=[random_like(y, case.rng("seed"))])
            results.append([y.data, *gradients])
        for found, expected in zip(*results, strict=True):
            assert found.dtype == expected.dtype, f"{case!r}: mapped {mapped}"
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11, err_msg=f"{case!r}: mapped {mapped}")


@pytest.mark.parametrize("op", params(operations))
def test_vmap_is_the_loop(op):
    for case in cases:
        if case.op is op:
            law_vmap_is_the_loop(case)


LOOPED_AT_MOST = 48
"""How many operations run entry by entry on their first sample; the rest does the whole batch at once."""


def test_most_operations_run_on_the_whole_batch(monkeypatch):
    looped, ran = set(), set()
    monkeypatch.setattr(batched, "note_loop", lambda op: looped.add(op.name))
    for op in operations:
        for case in cases:
            if case.op is op and case.arrays and case.arrays[0].size and case.arrays[0].ndim and op.name not in ran:
                ran.add(op.name)
                axes = (0,) + (None,) * (len(case.arrays) - 1)
                if "random" not in op.traits:
                    given = drawn(case, (0,))
                    ag.vmap(lambda *xs, case=case: case.call(list(xs)), in_axes=axes)(*given)
    table = "\n".join([f"  {kind}: {', '.join(sorted(names))}" for kind, names in by_kind(looped).items()])
    assert len(looped) <= LOOPED_AT_MOST, f"{len(looped)} of {len(ran)} run entry by entry:\n{table}"


def by_kind(names):
    kinds = {}
    for op in operations:
        if op.name in names:
            kinds.setdefault(op.kind, []).append(op.name)
    return kinds
