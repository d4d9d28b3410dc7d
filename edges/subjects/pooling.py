"""Pooling over edges and ties."""

from math import nan

from ..case import VALUE, Case, Subject

SUBJECT = Subject(
    "Pooling",
    "Windows that hang over the edge of a row, and windows with ties. JAX has `lax.reduce_window` for maxima alone, "
    "and the last two of the libraries no gradients.",
    [
        Case(
            "max of (−1, −2), windows of 3, padding 1",
            lambda m, x: m.max_pool(x, 3, 1, padding=1),
            [-1.0, -2.0],
            "Padding is no candidate: it counts as −∞, not as 0, or every window at an edge would be at least 0.",
            VALUE,
        ),
        Case(
            "average of (3, 6, 9), windows of 3, padding 1, by default",
            lambda m, x: m.average_pool(x, 3, 1, padding=1),
            [3.0, 6.0, 9.0],
            "Padding counts as zeros, as in PyTorch, so that the layer is a convolution with equal weights; "
            "`count_include_pad=False` divides by the entries that are there.",
            VALUE,
        ),
        Case(
            "average of (2, 4, 6), windows of 2, steps of 2, `ceil_mode`",
            lambda m, x: m.average_pool(x, 2, 2, ceil_mode=True),
            [2.0, 4.0, 6.0],
            "What hangs over the padded row is no padding, and never counts.",
            VALUE,
        ),
        Case(
            "max of (NaN, 1, 2, 3), windows of 2",
            lambda m, x: m.max_pool(x, 2, 2),
            [nan, 1.0, 2.0, 3.0],
            "As in `max`, NaN is larger than everything, so that it is not lost on the way.",
            VALUE,
        ),
        Case(
            "max of (1, NaN, 2, 3), windows of 2",
            lambda m, x: m.max_pool(x, 2, 2),
            [1.0, nan, 2.0, 3.0],
            "The same wherever in the window it stands.",
            VALUE,
        ),
        Case(
            "max of (1, 1), a window of 2: gradient",
            lambda m, x: m.max_pool(x, 2, 2).sum(),
            [1.0, 1.0],
            "The first of the largest has it all, a subgradient too: ReLU before a pool makes ties of 0 everywhere, "
            "and one place for each window is what unpooling and published derivations use.",
        ),
        Case(
            "max of (0, 1, 1, 0), windows of 3, steps of 1: gradient",
            lambda m, x: m.max_pool(x, 3, 1).sum(),
            [0.0, 1.0, 1.0, 0.0],
            "Both windows pick the same place, and its gradients add up.",
        ),
    ],
    ("chalkgrad", "PyTorch", "JAX", "tinygrad", "MyGrad", "Keras", "ONNX Runtime"),
)
