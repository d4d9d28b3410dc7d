"""Special functions of each entry, under SciPy's names: error functions, Γ and its kin, entropies, Bessel functions.

``autograd.special`` has all of them, and those that are few operations. They are reckoned in float64 and rounded once.
"""

import math

import numpy as np

from ..declaration import CodeBy, operation, rule
from ..kernels import special as kernels
from ..program import helpers
from ..samples import nonzero, positive, reals, sample
from .activation import sigmoid
from .elementwise import _one, _two, cos, exp, log, log1p, sign, where
from .shaping import astype

__all__ = [
    "betaln", "digamma", "entr", "erfc", "erfcx", "erfinv", "gammainc", "gammaincc", "gammaln", "i0", "i0e", "i1",
    "i1e", "kl_div", "log_expit", "log_ndtr", "logit", "ndtr", "ndtri", "polygamma", "rel_entr", "sinc", "xlog1py",
    "xlogy", "zeta",
]  # fmt: skip

_ROOT_2, _ROOT_PI = math.sqrt(2), math.sqrt(math.pi)


# -- error functions ---------------------------------------------------------------------------

erfc = operation(
    "erfc",
    kernels.erfc,
    formula=r"y = \frac{2}{\sqrt{\pi}} \int_x^\infty e^{-t^2} \, dt",
    rules=[rule(lambda g, x: g * (-2 / _ROOT_PI) * exp(-x * x), local=r"-\frac{2}{\sqrt{\pi}} e^{-x^2}")],
    samples=[*_one(reals), sample(reals(4, 5, low=-7, high=7))],
    doc="1 − erf x, entry by entry, which keeps its digits where erf x is near 1.",
)

erfcx = operation(
    "erfcx",
    kernels.erfcx,
    formula=r"y = e^{x^2} \mathrm{erfc}(x)",
    rules=[rule(lambda g, x, y: g * (2 * x * y - 2 / _ROOT_PI), local=r"2 x y - \frac{2}{\sqrt{\pi}}")],
    samples=[*_one(reals), sample(reals(4, 5, low=-3, high=7))],
    doc="e^(x²) erfc x, entry by entry, which does not vanish for large x.",
)

erfinv = operation(
    "erfinv",
    kernels.erfinv,
    formula=r"y = \mathrm{erf}^{-1}(x)",
    rules=[rule(lambda g, y: g * (_ROOT_PI / 2) * exp(y * y), local=r"\frac{\sqrt{\pi}}{2} e^{y^2}")],
    samples=[*_one(reals, low=-0.9, high=0.9), sample(reals(5, low=0.95, high=0.999))],
    doc="The number whose error function is x, entry by entry; ±∞ for ±1, NaN beyond.",
)

ndtr = operation(
    "ndtr",
    kernels.ndtr,
    symbol="Φ",
    formula=r"y = \frac{1}{\sqrt{2 \pi}} \int_{-\infty}^x e^{-t^2 / 2} \, dt",
    rules=[
        rule(
            lambda g, x: g * (1 / (_ROOT_2 * _ROOT_PI)) * exp(-x * x / 2),
            local=r"\frac{1}{\sqrt{2 \pi}} e^{-x^2 / 2}",
        )
    ],
    samples=[*_one(reals), sample(reals(4, 5, low=-9, high=9))],
    doc="Φ(x), entry by entry: how probable it is that a standard normal number is at most x.",
)

ndtri = operation(
    "ndtri",
    kernels.ndtri,
    symbol="Φ⁻¹",
    formula=r"y = \Phi^{-1}(x)",
    rules=[rule(lambda g, y: g * (_ROOT_2 * _ROOT_PI) * exp(y * y / 2), local=r"\sqrt{2 \pi} e^{y^2 / 2}")],
    samples=[*_one(positive, low=0.1, high=0.9), sample(positive(5, low=0.001, high=0.05))],
    doc="The number up to which a standard normal one is with probability x, entry by entry; NaN outside of [0, 1].",
)

log_ndtr = operation(
    "log_ndtr",
    kernels.log_ndtr,
    symbol="log Φ",
    formula=r"y = \log \Phi(x)",
    rules=[
        rule(
            lambda g, x: g * (_ROOT_2 / _ROOT_PI) / erfcx(x * (-1 / _ROOT_2)),
            local=r"\frac{1}{\sqrt{2 \pi}} e^{-x^2 / 2 - y}",
        )
    ],
    samples=[*_one(reals), sample(reals(4, 5, low=-9, high=4))],
    doc="log Φ(x), entry by entry, finite where Φ(x) has long become 0.",
)


# -- Γ and its kin -----------------------------------------------------------------------------

gammaln = operation(
    "gammaln",
    kernels.gammaln,
    symbol="log Γ",
    formula=r"y = \log \left| \Gamma(x) \right|",
    code=helpers.gammaln,
    rules=[rule(lambda g, x: g * digamma(x), local=r"\mathrm{digamma}(x)")],
    samples=[*_one(positive), sample(reals(5, low=-2.9, high=-2.1)), sample(positive(4, low=5, high=40))],
    doc="log |Γ(x)|, entry by entry; Γ(n) is (n − 1)! of natural numbers. ∞ at 0 and negative integers.",
)

digamma = operation(
    "digamma",
    kernels.digamma,
    symbol="ψ",
    formula=r"y = \frac{\Gamma'(x)}{\Gamma(x)}",
    rules=[rule(lambda g, x: g * polygamma(1, x), local=r"\mathrm{polygamma}(1, x)")],
    samples=[*_one(positive), sample(reals(5, low=-2.9, high=-2.1)), sample(positive(4, low=5, high=40))],
    doc="""ψ(x), the derivative of log Γ(x), entry by entry; NaN at negative integers.

    Near 1.46, where it is 0, its error is some 1e−16, not that times its value.
    """,
)


def _polygamma_in_numpy(n):
    return "_digamma(x)" if n == 0 else f"{(-1) ** (n + 1) * math.factorial(n)} * _zeta({n + 1}, x)"


polygamma = operation(
    "polygamma",
    kernels.polygamma,
    inputs=["x"],
    symbol="ψ⁽ⁿ⁾",
    formula=r"y = \psi^{(n)}(x)",
    code=CodeBy(_polygamma_in_numpy, kernels.digamma, kernels.zeta),
    rules=[rule(lambda g, x, n: g * polygamma(n + 1, x), local=r"\mathrm{polygamma}(n + 1, x)")],
    samples=[
        sample(1, positive(3, 4)),
        sample(2, positive()),
        sample(0, positive(0, 2)),
        sample(3, reals(5, low=-1.9, high=-1.2)),
        sample(1, positive(4, low=5, high=40)),
    ],
    doc="""The nth derivative of ψ = digamma, entry by entry.

    Parameters
    ----------
    n : an int of at least 0
    x : array or Tensor; NaN below −100,000, ∞ at 0 and negative integers
    """,
)

zeta = operation(
    "zeta",
    kernels.zeta,
    inputs=["q"],
    symbol="ζ",
    formula=r"y = \sum_{k = 0}^\infty \frac{1}{(q + k)^x}",
    rules=[rule(lambda g, x, q: g * (-x * zeta(x + 1, q)), local=r"-x \mathrm{zeta}(x + 1, q)")],
    samples=[
        sample(2.0, positive(3, 4)),
        sample(3.5, positive()),
        sample(np.array([1.5, 3.0, 6.0]), positive(2, 3)),
        sample(2.0, positive(0, 2)),
    ],
    doc="""The Hurwitz zeta function Σ (q + k)⁻ˣ over k = 0, 1, 2, …, entry by entry, with broadcasting.

    Parameters
    ----------
    x : above 1, a number or an array: there is no gradient by it
    q : array or Tensor; with 1 it is Riemann's. Of q < 0 there are values for whole x alone.
    """,
)

betaln = operation(
    "betaln",
    kernels.betaln,
    symbol="log B",
    formula=r"y = \log \left| B(a, b) \right|",
    rules=[
        rule(lambda g, a, b: g * (digamma(a) - digamma(a + b)), local=r"\mathrm{digamma}(a) - \mathrm{digamma}(a + b)"),
        rule(lambda g, a, b: g * (digamma(b) - digamma(a + b)), local=r"\mathrm{digamma}(b) - \mathrm{digamma}(a + b)"),
    ],
    samples=[*_two(positive, positive), sample(positive(3, low=5, high=40), positive(3))],
    doc="log |B(a, b)| = log |Γ(a) Γ(b) / Γ(a + b)|, entry by entry, with broadcasting.",
)


def _gamma_density(g, a, x):
    """g xᵃ⁻¹ e⁻ˣ / Γ(a)."""
    a = astype(a, x.dtype) if np.ndim(a) else np.asarray(a, x.dtype)[()]
    return g * exp(xlogy(a - 1, x) - x - gammaln(a))


gammainc = operation(
    "gammainc",
    kernels.gammainc,
    inputs=["x"],
    formula=r"y = \frac{1}{\Gamma(a)} \int_0^x t^{a - 1} e^{-t} \, dt",
    code=helpers.gammainc,
    rules=[
        rule(
            _gamma_density,
            local=r"e^{(a - 1) \log x - x - \mathrm{gammaln}(a)}",
            words="xᵃ⁻¹ e⁻ˣ / Γ(a), times the gradient",
        )
    ],
    samples=[
        sample(2.5, positive(3, 4)),
        sample(0.7, positive()),
        sample(np.array([1.5, 3.0, 6.0]), positive(2, 3)),
        sample(1.0, positive(0, 2)),
    ],
    doc="""The lower incomplete Γ over Γ(a), entry by entry, with broadcasting: SciPy's, which must be installed.

    Parameters
    ----------
    a : above 0, a number or an array: there is no gradient by it
    x : array or Tensor of at least 0
    """,
)

gammaincc = operation(
    "gammaincc",
    kernels.gammaincc,
    inputs=["x"],
    formula=r"y = \frac{1}{\Gamma(a)} \int_x^\infty t^{a - 1} e^{-t} \, dt",
    code=helpers.gammaincc,
    rules=[
        rule(
            lambda g, a, x: -_gamma_density(g, a, x),
            local=r"-e^{(a - 1) \log x - x - \mathrm{gammaln}(a)}",
            words="−xᵃ⁻¹ e⁻ˣ / Γ(a), times the gradient",
        )
    ],
    samples=[
        sample(2.5, positive(3, 4)),
        sample(0.7, positive()),
        sample(np.array([1.5, 3.0, 6.0]), positive(2, 3)),
        sample(1.0, positive(0, 2)),
    ],
    doc="""1 − ``gammainc``, which keeps its digits where that is near 1: SciPy's, which must be installed.

    Parameters
    ----------
    a : above 0, a number or an array: there is no gradient by it
    x : array or Tensor of at least 0
    """,
)


# -- logarithms and entropies ------------------------------------------------------------------

logit = operation(
    "logit",
    kernels.logit,
    formula=r"y = \log \frac{x}{1 - x}",
    rules=[rule(lambda g, x: g / (x * (1 - x)), local=r"\frac{1}{x (1 - x)}")],
    samples=_one(positive, low=0.1, high=0.9),
    doc="log(x / (1 − x)), entry by entry: what the sigmoid (expit) makes x of; ±∞ at 1 and 0, NaN outside.",
)

log_expit = operation(
    "log_expit",
    kernels.log_expit,
    symbol="log σ",
    formula=r"y = -\log(1 + e^{-x})",
    rules=[rule(lambda g, x: g * sigmoid(-x), local=r"\sigma(-x)")],
    samples=[*_one(reals), sample(reals(4, 5, low=-40, high=40))],
    doc="log σ(x) of the sigmoid σ, entry by entry, finite where σ(x) has long become 0.",
)


def _safe_log(x, b, log):
    """log b, and 0 where both are 0: a · log b is 0 there along the whole of a = 0."""
    off = (x == 0) & (b == (0 if log is not log1p else -1))
    return where(off, 0.0, log(where(off, 1.0, b)))


xlogy = operation(
    "xlogy",
    kernels.xlogy,
    formula=r"y = a \log b",
    rules=[
        rule(lambda g, a, b: g * _safe_log(a, b, log), local=r"\log b"),
        rule(lambda g, a, b: g * (a / b), local=r"\frac{a}{b}"),
    ],
    samples=_two(reals, positive),
    doc="a log b, entry by entry, with broadcasting: 0 where a is 0, whatever b is.",
)

xlog1py = operation(
    "xlog1py",
    kernels.xlog1py,
    formula=r"y = a \log (1 + b)",
    rules=[
        rule(lambda g, a, b: g * _safe_log(a, b, log1p), local=r"\log (1 + b)"),
        rule(lambda g, a, b: g * (a / (1 + b)), local=r"\frac{a}{1 + b}"),
    ],
    samples=_two(reals, positive),
    doc="a log(1 + b), entry by entry, with broadcasting: 0 where a is 0, whatever b is.",
)

entr = operation(
    "entr",
    kernels.entr,
    formula=r"y = -x \log x",
    rules=[rule(lambda g, x: g * (-log(x) - 1), local=r"-\log x - 1")],
    samples=_one(positive),
    doc="−x log x, entry by entry: a part of an entropy; 0 at 0, −∞ below.",
)

rel_entr = operation(
    "rel_entr",
    kernels.rel_entr,
    formula=r"y = a \log \frac{a}{b}",
    rules=[
        rule(lambda g, a, b: g * (log(a / b) + 1), local=r"\log \frac{a}{b} + 1"),
        rule(lambda g, a, b: g * (-a / b), local=r"-\frac{a}{b}"),
    ],
    samples=_two(positive, positive),
    doc="a log(a / b), entry by entry, with broadcasting: 0 for a = 0 ≤ b, ∞ where a or b is below 0, or b alone is 0.",
)

kl_div = operation(
    "kl_div",
    kernels.kl_div,
    formula=r"y = a \log \frac{a}{b} - a + b",
    rules=[
        rule(lambda g, a, b: g * log(a / b), local=r"\log \frac{a}{b}"),
        rule(lambda g, a, b: g * (1 - a / b), local=r"1 - \frac{a}{b}"),
    ],
    samples=_two(positive, positive),
    doc="""a log(a / b) − a + b, entry by entry, with broadcasting: SciPy's, which is no negative number.

    PyTorch's loss of this name is ``nn.functional.kl_div``.
    """,
)


# -- waves -------------------------------------------------------------------------------------

_SERIES = [2 * k * (-1) ** k * math.pi ** (2 * k) / math.factorial(2 * k + 1) for k in range(10, 0, -1)]


def _sinc_slope(x, y):
    """(cos πx − y) / x; near 0, where that loses its digits, its series, which has all its derivatives too."""
    near = abs(x) < 0.25
    square = where(near, x * x, 0.0)
    series = _SERIES[0]
    for coefficient in _SERIES[1:]:
        series = series * square + coefficient
    return where(near, series * x, (cos(math.pi * x) - y) / where(near, 1.0, x))


sinc = operation(
    "sinc",
    kernels.sinc,
    formula=r"y = \frac{\sin (\pi x)}{\pi x}",
    rules=[rule(lambda g, x, y: g * _sinc_slope(x, y), local=r"\frac{\cos (\pi x) - y}{x}")],
    samples=[*_one(nonzero), sample(reals(4, low=-0.2, high=0.2))],
    doc="sin(πx) / (πx), entry by entry; 1 at 0.",
)

i0 = operation(
    "i0",
    kernels.i0,
    symbol="I₀",
    formula=r"y = I_0(x)",
    code=helpers.i0,
    rules=[rule(lambda g, x: g * i1(x), local=r"\mathrm{i1}(x)")],
    samples=[*_one(nonzero), sample(nonzero(4, low=5, high=12))],
    doc="The modified Bessel function of the first kind and order 0, entry by entry: SciPy's, which must be installed.",
)


def _i1_over(x, y, at_zero):
    """y / x, and its limit at 0."""
    zero = x == 0
    return where(zero, at_zero, y / where(zero, 1.0, x))


i1 = operation(
    "i1",
    kernels.i1,
    symbol="I₁",
    formula=r"y = I_1(x)",
    code=helpers.i1,
    rules=[rule(lambda g, x, y: g * (i0(x) - _i1_over(x, y, 0.5)), local=r"\mathrm{i0}(x) - \frac{y}{x}")],
    samples=[*_one(nonzero), sample(nonzero(4, low=5, high=12))],
    doc="The modified Bessel function of the first kind and order 1, entry by entry: SciPy's, which must be installed.",
)

i0e = operation(
    "i0e",
    kernels.i0e,
    symbol="e⁻ˣI₀",
    formula=r"y = e^{-|x|} I_0(x)",
    code=helpers.i0e,
    rules=[rule(lambda g, x, y: g * (i1e(x) - sign(x) * y), local=r"\mathrm{i1e}(x) - \mathrm{sgn}(x) y")],
    samples=[*_one(nonzero), sample(nonzero(4, low=5, high=12))],
    doc="e^−|x| I₀(x), entry by entry, which does not overflow: SciPy's, which must be installed.",
)

i1e = operation(
    "i1e",
    kernels.i1e,
    symbol="e⁻ˣI₁",
    formula=r"y = e^{-|x|} I_1(x)",
    code=helpers.i1e,
    rules=[
        rule(
            lambda g, x, y: g * (i0e(x) - sign(x) * y - _i1_over(x, y, 0.5)),
            local=r"\mathrm{i0e}(x) - \mathrm{sgn}(x) y - \frac{y}{x}",
        )
    ],
    samples=[*_one(nonzero), sample(nonzero(4, low=5, high=12))],
    doc="e^−|x| I₁(x), entry by entry, which does not overflow: SciPy's, which must be installed.",
)
