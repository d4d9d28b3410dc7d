"""``ag.special``: far from the samples that the laws run on, at the edges of domains, and what is put together."""

import math
import sys

import numpy as np
import pytest

import autograd as ag
from autograd import special

scipys = pytest.importorskip("scipy.special")
rng = np.random.default_rng(14)
WIDE = np.concatenate([rng.uniform(-30, 26, 500), rng.uniform(-1, 1, 500), [0.0, -0.0, np.inf, -np.inf, np.nan]])
FRACTIONS = np.concatenate([rng.uniform(0, 1, 500), 10 ** rng.uniform(-300, 0, 500), [0, 1, 0.5, -1, 2, np.nan]])
POSITIVE = 10 ** rng.uniform(-3, 4, 500)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("erfc", [WIDE]),
        ("erfcx", [WIDE]),
        ("ndtr", [WIDE]),
        ("log_ndtr", [WIDE]),
        ("log_expit", [WIDE]),
        ("expit", [WIDE]),
        ("sinc", [WIDE]),
        ("erfinv", [2 * FRACTIONS - 1]),
        ("erfinv", [FRACTIONS]),
        ("ndtri", [FRACTIONS]),
        ("logit", [FRACTIONS]),
        ("entr", [FRACTIONS]),
        ("gammaln", [np.concatenate([POSITIVE, [0.0, -1.0, 1e300, np.inf, np.nan, 1e308]])]),
        ("gammaln", [rng.uniform(-2, -1, 50)]),
        ("digamma", [np.concatenate([POSITIVE, [0.0, -0.0, -1.0, np.inf, np.nan, 1e300]])]),
        ("digamma", [rng.uniform(-40, 0, 500)]),
        ("zeta", [rng.uniform(1.01, 30, 500), POSITIVE]),
        ("zeta", [np.array([1.0, 0.5, 2.0, 2.0, 3.0, 2.5]), np.array([2.0, 2.0, 0.0, -1.0, -1.5, -1.5])]),
        ("betaln", [rng.uniform(0.1, 30, 200), rng.uniform(0.1, 30, 200)]),
        ("beta", [rng.uniform(0.1, 20, 50), rng.uniform(0.1, 20, 50)]),
        ("xlogy", [np.array([0.0, 0.0, 0.0, 2.0, np.nan]), np.array([0.0, -1.0, np.nan, 0.0, 1.0])]),
        ("xlog1py", [np.array([0.0, 0.0, 0.0, 2.0]), np.array([-1.0, -2.0, np.nan, -1.0])]),
        ("rel_entr", [np.array([0.0, 0.0, 1.0, -1.0, 1.0, np.nan]), np.array([0.0, 1.0, 0.0, 1.0, -1.0, 1.0])]),
        ("kl_div", [np.array([0.0, 0.0, 1.0, -1.0, 1.0, np.nan]), np.array([0.0, 1.0, 0.0, 1.0, -1.0, 1.0])]),
    ],
)
def test_values_are_scipys_everywhere(name, arguments):
    theirs = np.sinc if name == "sinc" else getattr(scipys, name)
    with np.errstate(all="ignore"):
        got, expected = getattr(special, name)(*arguments), theirs(*arguments)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14 if name in ("digamma", "betaln", "gammaln") else 0)


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_polygamma_is_scipys(n):
    np.testing.assert_allclose(special.polygamma(n, POSITIVE), scipys.polygamma(n, POSITIVE), rtol=1e-12, atol=1e-14)


def test_a_large_b_loses_nothing_in_betaln():
    """B(a, b) → Γ(a) b⁻ᵃ: SciPy has 1e-9 of it at b = 10⁶, where log Γ(b) is 10⁷."""
    for b in (1e6, 1e8, 1e12):
        expected = math.lgamma(2.0) - math.log(b) - math.log(b + 1)  # B(2, b) = 1 / (b (b + 1))
        assert special.betaln(2.0, b) == pytest.approx(expected, rel=1e-14)
        assert special.betaln(b, 2.0) == special.betaln(2.0, b)


def test_gradients_at_the_edges():
    def gradient(f, *values):
        inputs = [ag.Tensor(value, requires_grad=True) for value in values]
        f(*inputs).backward()
        return [float(x.grad) for x in inputs]

    assert gradient(special.log_ndtr, -1e5) == [pytest.approx(1e5, rel=1e-9)]
    assert gradient(special.log_expit, -800.0) == [1.0]
    assert gradient(special.i1, 0.0) == [0.5]
    assert gradient(lambda a: special.xlogy(a, 0.0), 0.0) == [0.0]
    assert gradient(special.sinc, 0.0) == [0.0]
    ag.gradcheck(special.sinc, [np.array([0.0, 1e-9, 0.3])], order=2)


def test_softmax_takes_all_axes_or_one():
    x = rng.normal(size=(2, 3))
    for name in ("softmax", "log_softmax", "logsumexp"):
        ours, theirs = getattr(special, name), getattr(scipys, name)
        np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-13)
        np.testing.assert_allclose(ours(x, 1), theirs(x, axis=1), rtol=1e-13)
        np.testing.assert_allclose(ours(x, dim=0), theirs(x, axis=0), rtol=1e-13)
        ag.gradcheck(ours, [x])
    b = np.array([1.0, 0.0, 2.0])
    np.testing.assert_allclose(special.logsumexp(x, 1, b, True), scipys.logsumexp(x, 1, b, True), rtol=1e-13)
    ag.gradcheck(lambda x, b: special.logsumexp(x, 1, b), [x, np.array([1.0, 3.0, 2.0])])
    with pytest.raises(ValueError, match="logsumexp: b must not be negative"):
        special.logsumexp(x, b=-b)


def test_what_is_put_together():
    np.testing.assert_allclose(special.multigammaln(3.5, 3), scipys.multigammaln(3.5, 3), rtol=1e-13)
    ag.gradcheck(lambda a: special.multigammaln(a, 3), [np.array([3.5, 7.0])])
    with pytest.raises(ValueError, match=r"multigammaln: a must be above \(d - 1\) / 2"):
        special.multigammaln(0.5, 3)
    assert math.isnan(special.beta(-1.5, 2.0))
    with pytest.raises(ValueError, match="polygamma: n is an int of at least 0"):
        special.polygamma(1.5, 2.0)
    with pytest.raises(AttributeError, match="has no 'airy'\n  it has: beta"):
        _ = special.airy


def test_numpys_functions_of_these_names():
    t = ag.Tensor([0.5, 1.5], requires_grad=True)
    for name in ("sinc", "i0"):
        y = getattr(np, name)(t)
        assert y.requires_grad
        np.testing.assert_allclose(y.data, getattr(np, name)(t.data), rtol=1e-13)


def test_without_scipy_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ImportError, match=r"special\.i0 is SciPy's(.|\n)*pip install 'chalkgrad\[special\]'"):
        special.i0(1.0)
    assert special.gammaln(5.0) == pytest.approx(math.log(24))
