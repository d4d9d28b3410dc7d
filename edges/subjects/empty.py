"""Sums, means and maxima of nothing, and of a single entry."""

from ..case import VALUE, Case, Subject

SUBJECT = Subject(
    "Empty sets",
    "What is gathered from nothing is the operation's neutral element; where there is none it is an error, or NaN "
    "for what divides by the count.",
    [
        Case("`sum(x)` of nothing", lambda m, x: m.sum(x), [], "The neutral element of +.", VALUE),
        Case("`prod(x)` of nothing", lambda m, x: m.prod(x), [], "The neutral element of ×.", VALUE),
        Case("`mean(x)` of nothing", lambda m, x: m.mean(x), [], "The sum divided by the count: 0 / 0.", VALUE),
        Case(
            "`max(x)` of nothing",
            lambda m, x: m.max(x),
            [],
            "Among all numbers there is no smallest one that could be neutral; an empty batch is seen at once.",
            VALUE,
        ),
        Case("`logsumexp(x)` of nothing", lambda m, x: m.logsumexp(x), [], "log 0: the limit from the right.", VALUE),
        Case("`norm(x)` of nothing", lambda m, x: m.norm(x), [], "The root of an empty sum.", VALUE),
        Case(
            "`norm(x, inf)` of nothing",
            lambda m, x: m.norm_inf(x),
            [],
            "A maximum, as in NumPy; as the largest of what is never negative it could be called 0 as well.",
            VALUE,
        ),
        Case("`median(x)` of nothing", lambda m, x: m.median(x), [], "A mean of middle entries: 0 / 0.", VALUE),
        Case(
            "`std(x)` of one entry, divided by n − 1",
            lambda m, x: m.std_of_sample(x),
            [3.0],
            "0 / 0: one entry says nothing about how far entries lie apart.",
            VALUE,
        ),
        Case(
            "`std(x)` of one entry, divided by n − 1: gradient",
            lambda m, x: m.std_of_sample(x),
            [3.0],
            "What has no value has no slope.",
        ),
    ],
)
