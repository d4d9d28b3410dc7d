"""Functions with a kink or a jump."""

from ..case import HESSIAN, Case, Subject

SUBJECT = Subject(
    "Kinks and jumps",
    "At a kink the slopes from the two sides differ, and every number between them is a subgradient. At a jump there "
    "is no slope; beside it there is.",
    [
        Case(
            "`abs(x)` at 0",
            lambda m, x: m.abs(x[0]),
            [0.0],
            "The slopes are −1 and 1; 0 lies in the middle, is what the symmetric difference quotient gives, and "
            "keeps a minimum a place where descent rests.",
        ),
        Case(
            "`relu(x)` at 0",
            lambda m, x: m.relu(x[0]),
            [0.0],
            "The slopes are 0 and 1; 0 is the convention of nearly all published derivations: a unit that is not on "
            "passes nothing back.",
        ),
        Case(
            "`leaky_relu(x)` with slope 0.01, at 0",
            lambda m, x: m.leaky_relu(x[0], 0.01),
            [0.0],
            "As in relu the side of x ≤ 0 decides, whose slope is 0.01.",
        ),
        Case(
            "`elu(x)` with α = 2, at 0",
            lambda m, x: m.elu(x[0], 2.0),
            [0.0],
            "As in relu the side of x ≤ 0 decides, where the slope is α exp(x) = 2.",
        ),
        Case(
            "`clip(x, 0, 1)` at 0 and at 1",
            lambda m, x: m.clip(x, 0.0, 1.0).sum(),
            [0.0, 1.0],
            "The value at a bound has not been clipped, so it moves with x; and a parameter that was put exactly "
            "onto its bound can leave it again.",
        ),
        Case(
            "`hardtanh(x)` at −1 and at 1",
            lambda m, x: m.hardtanh(x).sum(),
            [-1.0, 1.0],
            "It is an activation and goes by the rule of relu6 and PyTorch: beyond its bounds and on them it is off.",
        ),
        Case(
            "`relu6(x)` at 0 and at 6",
            lambda m, x: m.relu6(x).sum(),
            [0.0, 6.0],
            "The flat side decides at both kinks, as in relu.",
        ),
        Case(
            "`mod(x, 2)` at 4, by x",
            lambda m, x: m.mod(x[0], 2.0),
            [4.0],
            "Where x is a multiple the function jumps; from the right, where its value belongs, the slope is 1.",
        ),
        Case(
            "`abs(x)` at 0, second derivative",
            lambda m, x: m.abs(x[0]),
            [0.0],
            "The derivative is piecewise constant; the point mass in its jump is no number, and is left out.",
            HESSIAN,
        ),
        Case(
            "`relu(x)²` at 0, second derivative",
            lambda m, x: m.relu(x[0]) * m.relu(x[0]),
            [0.0],
            "The slopes of 2 relu(x) are 0 and 2; that of relu is taken as 0 there, so this is 0 too.",
            HESSIAN,
        ),
    ],
)
