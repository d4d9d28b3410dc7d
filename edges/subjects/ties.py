"""Entries that are equal where one is picked."""

from ..case import HESSIAN, Case, Subject

SUBJECT = Subject(
    "Ties",
    "Where several entries are the largest, the gradient may go to one of them or be shared. Any shares that are not "
    "negative and sum to 1 are a subgradient; shares with another sum are none.",
    [
        Case(
            "`max(x)` of (1, 1)",
            lambda m, x: m.max(x),
            [1.0, 1.0],
            "Equal entries share equally: swapping them changes nothing, and so it should be with their gradients.",
        ),
        Case(
            "`max(x)` of (2, 1, 2, 2)",
            lambda m, x: m.max(x),
            [2.0, 1.0, 2.0, 2.0],
            "The shares sum to 1, however many tie.",
        ),
        Case(
            "`maximum(a, b)` of 1 and 1",
            lambda m, x: m.maximum(x[0], x[1]),
            [1.0, 1.0],
            "As with `max`: half each, and together the 1 that the value moves by when both move.",
        ),
        Case(
            "`maximum(a, a)` of 1",
            lambda m, x: m.maximum(x[0], x[0]),
            [1.0],
            "This is a itself, so nothing but 1 is right: shares must sum to 1.",
        ),
        Case(
            "`median(x)` of (1, 2, 3, 4)",
            lambda m, x: m.median(x),
            [1.0, 2.0, 3.0, 4.0],
            "The median is here, as in NumPy, the mean of the middle two, so each has half; PyTorch's is the lower "
            "of them, which `ag.median(x, dim=0)` gives.",
        ),
        Case(
            "`sort(x)[0]` of (1, 1)",
            lambda m, x: m.sort(x)[0],
            [1.0, 1.0],
            "Sorting permutes entries, and a permutation passes the whole gradient to the entry that it took from "
            "there; equal ones stay in order.",
        ),
        Case(
            "`norm(x, inf)` of (1, −1)",
            lambda m, x: m.norm_inf(x),
            [1.0, -1.0],
            "The largest absolute value: those that tie share, each with its sign.",
        ),
        Case(
            "`max(x)²` of (1, 1), Hessian",
            lambda m, x: m.max(x) * m.max(x),
            [1.0, 1.0],
            "Twice the outer product of the shares; the shares themselves are constant on both sides of the tie.",
            HESSIAN,
        ),
    ],
)
