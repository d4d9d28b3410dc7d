"""Infinite arguments and values, and NaN."""

from math import inf, nan

from ..case import HESSIAN, Case, Subject

SUBJECT = Subject(
    "Infinities and NaN",
    "A mask of −∞ before a softmax is everyday, and what is saturated has the slope 0.",
    [
        Case(
            "`softmax(x)[0]` of (0, −∞)",
            lambda m, x: m.softmax(x)[0],
            [0.0, -inf],
            "What is masked out has no part in it, and the one that is left is 1 whatever it is.",
        ),
        Case(
            "`softmax(x)[0]` of (−∞, −∞)",
            lambda m, x: m.softmax(x)[0],
            [-inf, -inf],
            "Nothing is left to be shared: 0 / 0, as its value is.",
        ),
        Case(
            "`log_softmax(x)[0]` of (0, −∞)",
            lambda m, x: m.log_softmax(x)[0],
            [0.0, -inf],
            "It is x₀ less the logsumexp, whose slopes are 1 and 0 here: 1 − 1, and 0.",
        ),
        Case(
            "`logsumexp(x)` of (0, −∞)",
            lambda m, x: m.logsumexp(x),
            [0.0, -inf],
            "The shares of the softmax: all to the entry that counts.",
        ),
        Case(
            "`logsumexp(x)` of (−∞, −∞)",
            lambda m, x: m.logsumexp(x),
            [-inf, -inf],
            "No finite step of an entry that is −∞ changes the value, so its slope is 0; a row that is masked out as "
            "a whole then leaves the weights alone.",
        ),
        Case(
            "`logaddexp(a, b)` of −∞ and −∞",
            lambda m, x: m.logaddexp(x[0], x[1]),
            [-inf, -inf],
            "It is the logsumexp of two.",
        ),
        Case(
            "`logsumexp(x)` of (∞, 0)",
            lambda m, x: m.logsumexp(x),
            [inf, 0.0],
            "The value has overflowed, and its shares are ∞ / ∞.",
        ),
        Case(
            "`softplus(x)` at ∞",
            lambda m, x: m.softplus(x[0]),
            [inf],
            "Its slope is the sigmoid, whose limit is 1.",
        ),
        Case(
            "`sigmoid(x)` at −∞ and ∞",
            lambda m, x: m.sigmoid(x).sum(),
            [-inf, inf],
            "Saturated on both sides.",
        ),
        Case(
            "`tanh(x)` at ∞, second derivative",
            lambda m, x: m.tanh(x[0]),
            [inf],
            "Saturated, with all its derivatives.",
            HESSIAN,
        ),
        Case(
            "`log1p(x)` at −1",
            lambda m, x: m.log1p(x[0]),
            [-1.0],
            "1 / (1 + x) grows without bound: its limit from where the function is real is ∞.",
        ),
        Case(
            "`max(x)` of (NaN, 1)",
            lambda m, x: m.max(x),
            [nan, 1.0],
            "The value is the NaN, so its entry was picked and gets the gradient: it is found by looking where it "
            "went.",
        ),
        Case(
            "`maximum(a, b)` of NaN and 1",
            lambda m, x: m.maximum(x[0], x[1]),
            [nan, 1.0],
            "NaN neither loses nor ties, so nothing is taken from either; the value is lost in any case.",
        ),
    ],
)
