"""Zeros under roots, powers, norms, products and logarithms."""

from ..case import HESSIAN, Case, Subject

SUBJECT = Subject(
    "Zeros",
    "Formulas for derivatives divide by what is 0 here, although the derivative may be finite; and where it is "
    "infinite that is its value and no error.",
    [
        Case(
            "`sqrt(x)` at 0",
            lambda m, x: m.sqrt(x[0]),
            [0.0],
            "The slope grows without bound towards 0: its limit is ∞.",
        ),
        Case(
            "`x**0.0` at 0, by x",
            lambda m, x: x[0] ** 0.0,
            [0.0],
            "x⁰ is 1 for every x, 0 too, and a constant has the slope 0; y xʸ⁻¹ would be 0 · ∞.",
        ),
        Case(
            "`x**1.0` at 0, second derivative",
            lambda m, x: x[0] ** 1.0,
            [0.0],
            "x¹ is x, whose slope is 1 everywhere and does not change.",
            HESSIAN,
        ),
        Case(
            "`x**y` at (0, 0)",
            lambda m, x: x[0] ** x[1],
            [0.0, 0.0],
            "By x as above. By y: 0⁰ is 1 and 0ʸ is 0 for y > 0, so the quotient (0ʸ − 1) / y falls to −∞; xʸ log x "
            "gives the same.",
        ),
        Case(
            "`x**y` at (−2, 2)",
            lambda m, x: x[0] ** x[1],
            [-2.0, 2.0],
            "By y there is none: beside y = 2 the power of a negative number is not real.",
        ),
        Case(
            "`x**y` at (2, 0), Hessian",
            lambda m, x: x[0] ** x[1],
            [2.0, 0.0],
            "The mixed derivative xʸ⁻¹ (1 + y log x) is 1/2, and mixed derivatives are symmetric; to set y xʸ⁻¹ to 0 "
            "where y = 0 is right for its value and wrong for its derivative by y.",
            HESSIAN,
        ),
        Case(
            "`sqrt(x²)` at 0",
            lambda m, x: m.sqrt(x[0] * x[0]),
            [0.0],
            "By the chain rule ∞ · 0. That this is abs(x) no step of it knows: write `abs`, or `norm`.",
        ),
        Case(
            "`norm(x)` at (0, 0)",
            lambda m, x: m.norm(x),
            [0.0, 0.0],
            "The tip of a cone: every vector of length ≤ 1 is a subgradient, and 0 is the middle of them.",
        ),
        Case(
            "`hypot(a, b)` at (0, 0)",
            lambda m, x: m.hypot(x[0], x[1]),
            [0.0, 0.0],
            "It is the norm of (a, b), and has its gradient.",
        ),
        Case(
            "`norm(x)²` at (0, 0), Hessian",
            lambda m, x: m.norm(x) * m.norm(x),
            [0.0, 0.0],
            "It should be 2 on the diagonal, but the norm's own second derivative is infinite here: NaN says that it "
            "is not known, where a number would be wrong. Write `sum(x * x)`.",
            HESSIAN,
        ),
        Case(
            "`hypot(a, b)` at (1, 1), Hessian",
            lambda m, x: m.hypot(x[0], x[1]),
            [1.0, 1.0],
            "No edge at all: the function is smooth here. A rule that first orders its arguments by size makes a tie "
            "of it.",
            HESSIAN,
        ),
        Case(
            "`arctan2(a, b)` at (0, 0)",
            lambda m, x: m.arctan2(x[0], x[1]),
            [0.0, 0.0],
            "The angle jumps about here and has no slope; 0 is a convention, so that one point at the origin does "
            "not make NaN of all weights.",
        ),
        Case(
            "`std(x)` of (1, 1)",
            lambda m, x: m.std(x),
            [1.0, 1.0],
            "The norm of the deviations, divided by √n: 0 at its tip, as for `norm`.",
        ),
        Case(
            "`prod(x)` of (0, 2, 3)",
            lambda m, x: m.prod(x),
            [0.0, 2.0, 3.0],
            "Each entry's slope is the product of the others; y / x would be 0 / 0.",
        ),
        Case(
            "`prod(x)` of (0, 0), Hessian",
            lambda m, x: m.prod(x),
            [0.0, 0.0],
            "The function is x₁ x₂.",
            HESSIAN,
        ),
        Case(
            "`xlogy(a, b)` at (0, 0)",
            lambda m, x: m.xlogy(x[0], x[1]),
            [0.0, 0.0],
            "By a it is log b, −∞; but a term that is declared to be 0 is no part of the sum and passes nothing "
            "back, a convention that keeps entropies finite. By b it is a / b, 0 / 0, which has no limit.",
        ),
        Case(
            "`sinc(x)` at 0",
            lambda m, x: m.sinc(x[0]),
            [0.0],
            "sin(πx) / (πx) is 1 − (πx)²/6 + … and has every derivative here; the first is 0.",
        ),
        Case(
            "`sinc(x)` at 0, second derivative",
            lambda m, x: m.sinc(x[0]),
            [0.0],
            "By the same series −π²/3.",
            HESSIAN,
        ),
        Case(
            "`where(x > 0, sqrt(x), 0)` at 0",
            lambda m, x: m.where(x > 0, m.sqrt(x), 0.0 * x).sum(),
            [0.0],
            "`where` passes 0 back to the root, whose slope is ∞, and 0 · ∞ is NaN. Put the mask inside: "
            "`sqrt(where(x > 0, x, 1))`.",
        ),
        Case(
            "`det` of ((1, 2), (2, 4))",
            lambda m, x: m.det(x.reshape(2, 2)),
            [1.0, 2.0, 2.0, 4.0],
            "The cofactors, which are polynomials of the entries; det(A) A⁻ᵀ has no value where A is singular.",
        ),
    ],
)
