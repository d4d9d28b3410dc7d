"""Quantiles, sums of what is not NaN, weighted means and covariances, against NumPy, PyTorch and finite differences."""

import warnings

import numpy as np
import pytest

import autograd as ag

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 4, 5))
HOLES = np.where(RNG.random(X.shape) < 0.3, np.nan, X)
TIES = np.array([[2.0, 1.0, 2.0, 2.0], [0.0, 0.0, -1.0, 3.0]])
WEIGHTS = RNG.random(X.shape) + 0.5
METHODS = ["linear", "lower", "higher", "nearest", "midpoint"]

# -- NumPy's values, in NumPy's own arguments ---------------------------------------------------

CALLS = """
quantile(X, 0.3)
quantile(X, [0.0, 0.25, 1.0], 1)
quantile(X, [[0.1, 0.9]], axis=(0, -1), keepdims=True)
quantile(X, 0.4, keepdims=True)
quantile(X, 0.5, axis=())
quantile(X, [], 0)
quantile(HOLES, 0.5, 1)
quantile(TIES, 0.7, 1)
quantile(2.0, [0.0, 0.5])
quantile(np.arange(5), 0.3)
percentile(X, 30, 0)
percentile(X, (5, 95), axis=2, method="lower")
nanquantile(HOLES, [0.2, 0.8], 0)
nanquantile(HOLES, 0.4, (0, 1), keepdims=True)
nanquantile(np.full(3, np.nan), 0.5)
nanpercentile(HOLES, 70)
nanmedian(HOLES)
nanmedian(HOLES, 1)
nanmedian(HOLES, (0, 2), keepdims=True)
nansum(HOLES, 1)
nansum(np.arange(4))
nanmean(HOLES, (0, 2), keepdims=True)
nanmean(np.arange(4))
nanmean(HOLES.astype(np.float32)[0], 1)
nanmean(np.full(3, np.nan))
nanmean(np.full(70000, 0.5, np.float16))
nanmax(HOLES, 1)
nanmax(HOLES, (0, 1), keepdims=True)
nanmax(np.array([[np.nan, np.nan], [np.nan, 1.0]]), 1)
nanmin(HOLES)
nanmin(np.arange(6), 0)
nanprod(HOLES, 2)
nanprod(np.arange(1, 4))
nancumsum(HOLES, 1)
nancumsum(HOLES)
nancumsum(np.arange(4))
nancumprod(HOLES, axis=2)
nanvar(HOLES)
nanvar(HOLES, 1, ddof=1)
nanvar(HOLES, (0, 2), keepdims=True)
nanvar(np.array([1.0, np.nan]), ddof=1)
nanvar(np.arange(5))
nanstd(HOLES, 0)
average(X)
average(X, 1, keepdims=True)
average(X, weights=WEIGHTS)
average(X, 1, WEIGHTS[0, :, 0])
average(X, (0, 2), WEIGHTS[:, 0, :])
average(X, (2, 0), WEIGHTS[:, 0, :].T, keepdims=True)
average(X, 0, WEIGHTS, True)
average(X, 0, None, True)
average(np.arange(4), weights=[1, 2, 3, 4])
cov(X[0])
cov(X[0], X[1], rowvar=False)
cov(X[0, 0], X[0, 1])
cov(X[0, 0])
cov(X[0], bias=True)
cov(X[0], ddof=2)
cov(X[0], fweights=[1, 2, 0, 1, 3])
cov(X[0], aweights=WEIGHTS[0, 0])
cov(X[0], fweights=[1, 2, 1, 1, 3], aweights=WEIGHTS[0, 0])
cov(np.arange(6).reshape(2, 3))
cov(X[0][:, :1])
corrcoef(X[0])
corrcoef(X[0, 0], X[0, 1])
corrcoef(X[0], rowvar=False)
corrcoef(X[0, 0])
histogram(X, 4)
histogram(X, [-1.0, 0.0, 1.0], weights=WEIGHTS)
""".strip().splitlines()


def run(library, call):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of NumPy's: slices of NaN alone
        return eval(f"library.{call}", {**globals(), "library": library})


@pytest.mark.parametrize("call", CALLS)
def test_values_and_dtypes_are_numpys(call):
    expected, got = run(np, call), run(ag, call)
    for a, b in zip(*[one if isinstance(one, tuple) else (one,) for one in (expected, got)], strict=True):
        assert np.shape(b) == np.shape(a) and np.asarray(b).dtype == np.asarray(a).dtype
        np.testing.assert_allclose(b, a, rtol=1e-6 if np.asarray(a).dtype == np.float32 else 1e-12, atol=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_quantiles_between_entries(method):
    q = np.linspace(0, 1, 21)
    np.testing.assert_allclose(ag.quantile(X[0], q, 1, method), np.quantile(X[0], q, 1, method=method), rtol=1e-12)
    np.testing.assert_allclose(
        ag.nanquantile(HOLES[0], q, 1, method), np.nanquantile(HOLES[0], q, 1, method=method), rtol=1e-12
    )


@pytest.mark.parametrize(
    "name", ["quantile", "nanquantile", "nanmean", "nanvar", "average", "cov", "corrcoef", "nanmax"]
)
def test_float32_stays_float32(name):
    x = ag.Tensor(HOLES[0].astype(np.float32), requires_grad=True)
    y = getattr(ag, name)(x, *([0.5] if "quantile" in name else []))
    y.sum().backward()
    assert y.dtype == x.grad.dtype == np.float32


# -- gradients ----------------------------------------------------------------------------------

OF_NUMBERS = {
    "quantile": lambda x: ag.quantile(x, [0.0, 0.3, 0.55], 1),
    "percentile": lambda x: ag.percentile(x, 40, (0, 2)),
    "nanmedian": lambda x: ag.nanmedian(x, 0),
    "nanmax": lambda x: ag.nanmax(x, 1),
    "nanmin": lambda x: ag.nanmin(x),
    "nanprod": lambda x: ag.nanprod(x, 1),
    "nancumsum": lambda x: ag.nancumsum(x, 1),
    "nancumprod": lambda x: ag.nancumprod(x, 2),
    "nanvar": lambda x: ag.nanvar(x, (0, 1), 1),
    "nanstd": lambda x: ag.nanstd(x, 2),
    "cov": lambda x: ag.cov(x[0], x[1]),
    "corrcoef": lambda x: ag.corrcoef(x[0])[0, 1:],
}


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_finite_differences(name):
    x = np.linspace(-1, 1.3, 12)[np.random.default_rng(1).permutation(12)].reshape(2, 2, 3)
    assert ag.gradcheck(OF_NUMBERS[name], [x], order=2)


def test_the_weights_have_gradients():
    assert ag.gradcheck(lambda x, w: ag.average(x, 1, w), [X[0], WEIGHTS[0]], order=2)
    assert ag.gradcheck(lambda x, w: ag.average(x, (0, 2), w, True)[1], [X[:2], WEIGHTS[:2, 0]])


@pytest.mark.parametrize("name", [name for name in OF_NUMBERS if name.startswith("nan")])
def test_nan_gets_no_gradient(name):
    x = ag.Tensor(HOLES, requires_grad=True)
    y = OF_NUMBERS[name](x)
    y.sum().backward()
    assert np.isfinite(y.data).all() and np.isfinite(x.grad).all() and x.grad.any()
    assert not x.grad[np.isnan(HOLES)].any()


def test_nan_anywhere_leaves_a_quantile_without_a_gradient():
    x = ag.Tensor([[1.0, np.nan, 2.0], [3.0, 1.0, 2.0]], requires_grad=True)
    y = ag.quantile(x, 0.5, 1)
    np.testing.assert_array_equal(y.data, [np.nan, 2.0])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [[0, 0, 0], [0, 0, 1]])


def test_equal_entries_share_nothing():
    """One entry of each place in order gets all of its gradient, as in PyTorch."""
    x = ag.Tensor([2.0, 1.0, 2.0, 2.0], requires_grad=True)
    ag.quantile(x, 0.5).backward()
    np.testing.assert_array_equal(x.grad, [0.5, 0, 0.5, 0])


def test_infinities_do_not_spoil_a_quantile():
    x = ag.Tensor([np.inf, 1.0, 2.0], requires_grad=True)
    ag.quantile(x, 0.5).backward()
    np.testing.assert_array_equal(x.grad, [0, 0, 1])
    np.testing.assert_array_equal(
        ag.quantile([0, -np.inf, np.inf, 3], [0, 0.25, 0.5, 1]), [-np.inf, -np.inf, 1.5, np.inf]
    )


# -- PyTorch ------------------------------------------------------------------------------------

LINES = """
t.quantile(x,0.3)
t.quantile(x,0.3,dim=1,keepdim=True)
x.quantile(q,dim=0)
x.quantile(0.4,dim=1,interpolation='higher')
t.quantile(x,0.4,dim=2,interpolation='midpoint')
t.quantile(x,0.5,interpolation='nearest')
t.quantile(ties,0.7,dim=1)
t.nanquantile(holes,q,dim=1)
holes.nanquantile(0.5,dim=2,keepdim=True)
t.nanmedian(holes,dim=1)
holes.nanmedian(dim=0,keepdim=True)
t.cov(x[0])
x[0].cov(correction=0)
t.cov(x[0],fweights=counts,aweights=shares)
t.corrcoef(x[0])
x[0,0].cov()
""".strip().splitlines()


@pytest.mark.parametrize("line", LINES)
def test_values_and_gradients_are_pytorchs(line):
    torch = pytest.importorskip("torch")
    results = []
    for library in (torch, ag):
        x, holes, ties = (library.tensor(a.tolist(), dtype=library.float64) for a in (X, HOLES, TIES))
        leaves = [one.requires_grad_() for one in (x, holes, ties)]
        q = library.tensor([0.1, 0.6], dtype=library.float64)
        counts, shares = library.tensor([1, 2, 1, 3, 1]), library.tensor(WEIGHTS[0, 0].tolist(), dtype=library.float64)
        y = eval(line, {"t": library, **locals()})
        values, indices = (y.values, y.indices) if isinstance(y, tuple) else (y, None)
        (values**2).sum().backward()
        (leaf,) = [one for one in leaves if one.grad is not None]
        results.append([values.detach(), leaf.grad, *([] if indices is None else [indices])])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(np.asarray(b), a.numpy(), rtol=1e-10, atol=1e-12)


# -- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ag.quantile(X, 1.1), "q lies between 0 and 1\n  q: 1.1"),
        (lambda: ag.percentile(X, [50, -1]), "between 0 and 100"),
        (lambda: ag.quantile(X, np.nan), "q lies between"),
        (lambda: ag.quantile(X, 0.5, method="hazen"), "linear, lower, higher, nearest, midpoint"),
        (lambda: ag.quantile([], 0.5), r"there are no entries\n  x: \(0,\)"),
        (lambda: ag.nanmedian(ag.zeros(2, 0), dim=1), "there are no entries"),
        (lambda: ag.quantile(X, 0.5, axis=3), "axis 3 is out of bounds"),
        (lambda: ag.average(X, weights=[1.0, 2.0]), r"weights: \(2,\)"),
        (lambda: ag.cov(X), r"x: \(3, 4, 5\)"),
        (lambda: ag.cov(X[0], aweights=[1.0]), "observations: 5"),
        (lambda: ag.cov(X[0], fweights=[1.5] * 5), "a whole number"),
    ],
)
def test_errors(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_weights_that_cancel():
    with pytest.raises(ZeroDivisionError, match="sum up to 0"):
        ag.average([1.0, 2.0], weights=[1.0, -1.0])
