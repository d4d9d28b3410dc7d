"""Laws of numerical behaviour over the whole registry: masks, special points, float16, extremes, dead ends, kinks.

Each is a kind of fault that was reported of automatic differentiation libraries, PyTorch among them.

Long because each law goes over the registry, and many need tables of points of their own.
"""

import itertools
import math

import numpy as np
import pytest
from registry_cases import cases, operations
from scipy import special

import autograd as ag
from autograd.engine import walk_to
from autograd.laws import random_like
from autograd.tensors import raw

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of NumPy: inf − inf, log of 0, …

INF, NAN = math.inf, math.nan
ENTRYWISE = {"elementwise", "activation"}


def pull(y, seed, leaves, **how):
    """Gradients by the leaves, zeros where one is not reached."""
    found = walk_to([y], [seed], leaves, retain_graph=True, **how)
    found = [None if g is None else np.asarray(raw(g)) for g in found]
    return [np.zeros(x.shape) if g is None else g for g, x in zip(found, leaves, strict=True)]


# -- masks -------------------------------------------------------------------------------------

MASKED = {
    "relu": (ag.relu, [-1.0, -0.5], [0, 0]),
    "leaky_relu of slope 0": (lambda x: ag.leaky_relu(x, 0.0), [-1.0, -2.0], [0, 0]),
    "absolute": (ag.absolute, [0.0, -0.0], [0, 0]),
    "clip": (lambda x: ag.clip(x, -1.0, 1.0), [1.5, -2.0], [0, 0]),
    "clip, one bound": (lambda x: ag.clip(x, 0.0, None), [-1.5, -2.0], [0, 0]),
    "maximum": (lambda x: ag.maximum(x, 0.0), [-1.0, -3.0], [0, 0]),
    "maximum, the other": (lambda x: ag.maximum(0.0, x), [-1.0, -3.0], [0, 0]),
    "minimum": (lambda x: ag.minimum(x, 0.0), [1.0, 3.0], [0, 0]),
    "where": (lambda x: ag.where(np.array([False, False]), x, 1.0), [1.0, 3.0], [0, 0]),
    "where, the other": (lambda x: ag.where(np.array([True, True]), 1.0, x), [1.0, 3.0], [0, 0]),
    "max": (lambda x: ag.max(x, axis=0), [2.0, 1.0], [None, 0]),
    "max of all": (lambda x: ag.max(x), [2.0, 1.0], [None, 0]),
    "amax": (lambda x: ag.amax(x), [2.0, 1.0], [None, 0]),
    "min": (lambda x: ag.min(x, axis=0), [2.0, 1.0], [0, None]),
    "norm at 0": (lambda x: ag.norm(x), [0.0, 0.0], [0, 0]),
    "norm 1": (lambda x: ag.norm(x, 1), [0.0, 2.0], [0, None]),
    "norm inf": (lambda x: ag.norm(x, np.inf), [1.0, 2.0], [0, None]),
    "std of equal entries": (lambda x: ag.std(x), [2.0, 2.0], [0, 0]),
    "arctan2 at the origin": (lambda x: ag.arctan2(x, 0.0), [0.0, 0.0], [0, 0]),
    "sign": (ag.sign, [1.0, 0.0], [0, 0]),
    "floor_divide": (lambda x: x // 0.3, [1.0, 2.0], [0, 0]),
    "power 0": (lambda x: x**0, [1.0, 2.0], [0, 0]),
    "tril": (lambda x: ag.tril(ag.reshape(x, (1, 2))), [1.0, 2.0], [None, 0]),
    "triu": (lambda x: ag.triu(ag.reshape(x, (2, 1))), [1.0, 2.0], [None, 0]),
    "dropout": (lambda x: ag.dropout(x, 0.5, rng=3), [1.0, 2.0], None),
    "softmax of a masked entry": (lambda x: ag.softmax(x + np.array([0.0, -INF])), [1.0, 2.0], None),
    "logsumexp of nothing": (lambda x: ag.logsumexp(x + np.array([-INF, -INF])), [1.0, 2.0], [0, 0]),
    "logaddexp of nothing": (lambda x: ag.logaddexp(x - INF, -INF), [1.0, 2.0], [0, 0]),
    "logsumexp, an impossible one": (lambda x: ag.logsumexp(x + np.array([0.0, -INF])), [1.0, 2.0], [None, 0]),
    "log_softmax, an impossible one": (
        lambda x: ag.log_softmax(x + np.array([0.0, -INF]))[0],
        [1.0, 2.0],
        [None, 0],
    ),
    "logaddexp, an impossible one": (lambda x: ag.logaddexp(x - INF, 1.0), [1.0, 2.0], [0, 0]),
    "logaddexp, the other": (lambda x: ag.logaddexp(1.0, x - INF), [1.0, 2.0], [0, 0]),
    "prod with a 0": (lambda x: ag.prod(x), [0.0, 2.0], [None, 0]),
    "prod with two": (lambda x: ag.prod(ag.concatenate([x, np.zeros(2)])), [3.0, 2.0], [0, 0]),
    "remainder below 1": (lambda x: ag.remainder(np.array([0.5, 1.5]), x), [1.0, 2.0], [0, 0]),
    "cross_entropy, an impossible class": (
        lambda x: ag.cross_entropy(ag.reshape(x + np.array([0.0, -INF]), (1, 2)), np.array([0])),
        [1.0, 2.0],
        [None, 0],
    ),
    "l1 at the target": (lambda x: ag.l1(x, np.array([1.0, 2.0])), [1.0, 2.0], [0, 0]),
    "nll_loss, ignored": (
        lambda x: ag.nll_loss(ag.reshape(x, (1, 2)), np.array([7]), reduction="none", ignore_index=7),
        [1.0, 2.0],
        [0, 0],
    ),
    "nll_loss, weight 0": (
        lambda x: ag.nll_loss(ag.reshape(x, (1, 2)), np.array([1]), np.array([1.0, 0.0]), reduction="none"),
        [1.0, 2.0],
        [0, 0],
    ),
    "cross_entropy, ignored": (
        lambda x: ag.cross_entropy(ag.reshape(x, (1, 2)), np.array([-100]), reduction="none"),
        [1.0, 2.0],
        [0, 0],
    ),
    "cross_entropy, weight 0": (
        lambda x: ag.cross_entropy(ag.reshape(x, (1, 2)), np.array([1]), np.array([1.0, 0.0]), reduction="none"),
        [1.0, 2.0],
        [0, 0],
    ),
    "cross_entropy, ignored, smooth": (
        lambda x: ag.cross_entropy(ag.reshape(x, (1, 2)), np.array([-100]), label_smoothing=0.2, reduction="none"),
        [1.0, 2.0],
        [0, 0],
    ),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("incoming", [INF, -INF, NAN])
@pytest.mark.parametrize("name", MASKED)
def test_what_is_switched_off_gets_0_whatever_comes_in(name, incoming, dtype):
    f, at, expected = MASKED[name]
    for repeated in (1, 400):  # small arrays, numbers, and large ones take different ways
        x = ag.Tensor(np.array(at, dtype), requires_grad=True)
        if repeated > 1:
            if np.shape(f(x)) != (2,) or name in ("where", "where, the other", "dropout") or "softmax" in name:
                continue
            if name in ("l1 at the target", "remainder below 1"):
                continue
            x = ag.Tensor(np.tile(np.array(at, dtype), repeated), requires_grad=True)
        y = f(x)
        seed = np.full(y.shape, incoming, y.dtype)[()]
        off = expected
        if expected is None:  # what 0 has come of, whatever x is
            off = [0 if v == 0 else None for v in y.data]
            seed = np.where(y.data == 0, dtype(incoming), dtype(1))
            assert 0 in off and None in off
        for create_graph in (False, True):
            (g,) = pull(y, ag.Tensor(seed) if create_graph else seed, [x], create_graph=create_graph)
            for i, wanted in enumerate(off * repeated):
                assert wanted is None or g[i] == 0, f"entry {i}: {g[i]} (create_graph={create_graph})"
            if expected is None:
                assert np.isfinite(g).all()


def test_a_root_of_a_product_with_a_0():
    """An infinite slope by it, 0 by the others, and no second derivative."""
    x = np.array([0.0, 2.0])
    assert ag.grad(lambda x: ag.sqrt(ag.prod(x)))(x).tolist() == [INF, 0.0]
    assert np.isnan(ag.hessian(lambda x: ag.sqrt(ag.prod(x)))(x)).any()


@pytest.mark.parametrize("number", [-2.0, 0.0, -0.0, 3.0])
@pytest.mark.parametrize("f", [ag.relu, ag.absolute, lambda x: ag.clip(x, -1.0, 1.0), lambda x: ag.maximum(x, 0.0)])
def test_numbers_and_arrays_select_alike(f, number):
    for seed in (INF, -INF, NAN, 2.0):
        x, many = ag.Tensor(number, requires_grad=True), ag.Tensor(np.full(1000, number), requires_grad=True)
        y, z = f(x), f(many)
        y.backward(seed)
        z.backward(np.full(1000, seed))
        np.testing.assert_array_equal(many.grad, np.full(1000, x.grad))


def _dependence(case):
    """For each entry of the result, the gradients of it alone, there and a little beside; None where it is too much."""
    found = []
    for step in (0.0, 0.01):
        leaves = [
            ag.Tensor(x + step * case.rng("beside").normal(size=x.shape), requires_grad=True) for x in case.arrays
        ]
        y = case.call(leaves)
        if not isinstance(y, ag.Tensor) or not y.requires_grad or not 2 <= y.size <= 30:
            return None
        rows = []
        for at in np.ndindex(y.shape):
            one_hot = np.zeros(y.shape)
            one_hot[at] = 1
            rows.append(pull(y, one_hot, leaves))
        found.append((y, leaves, rows))
    (y, leaves, rows), (_, _, beside) = found
    return y, leaves, [[abs(a) + abs(b) for a, b in zip(*both, strict=True)] for both in zip(rows, beside, strict=True)]


@pytest.mark.parametrize("case", [case for case in cases if case.differentiable], ids=lambda case: case.id)
def test_an_infinite_gradient_reaches_only_what_its_entry_came_from(case):
    """Zeros in a gradient are selected, not products with 0: a result's entry concerns nobody else."""
    found = _dependence(case)
    if found is None:
        return
    y, leaves, rows = found
    rng = case.rng("infinite")
    seed = random_like(y, rng)
    plain = pull(y, seed, leaves)
    for number, at in list(enumerate(np.ndindex(y.shape)))[:4]:
        for bad in (INF, NAN):
            spoiled = np.array(seed)
            spoiled[at] = bad
            without = np.array(seed)
            without[at] = 0
            for create_graph in (False, True):
                seeds = ag.Tensor(spoiled) if create_graph else spoiled
                for i, g in enumerate(pull(y, seeds, leaves, create_graph=create_graph)):
                    unconcerned = rows[number][i] == 0
                    if case.op.kind in ("convolution", "contraction", "linalg", "cumulative"):
                        continue  # sums of products: 0 is a number among the others there
                    bad_ones = ~np.isfinite(g[unconcerned]) & np.isfinite(plain[i][unconcerned])
                    assert not bad_ones.any(), f"{case!r}: {bad} at {at} reaches {bad_ones.sum()} entries of input {i}"


# -- all ways to a derivative ------------------------------------------------------------------

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 20.0, -20.0, 1e-300, -1e-300, 1e-30, 1e30, -1e30, 1e300, -1e300]
SPECIAL += [INF, -INF, NAN]
ONE_INPUT = [
    op for op in operations if op.kind in ENTRYWISE and op.inputs == (op.names[0],) and "random" not in op.traits
]


def ways(f, x):
    """The derivative of an entrywise function of x, by every way that there is."""
    n = len(x)
    leaf = ag.Tensor(x, requires_grad=True)
    y = f(leaf)
    y.backward(np.ones(n), retain_graph=True)
    yield "backward", leaf.grad
    yield "create_graph", ag.gradients(f(leaf), leaf, gradient=np.ones(n), create_graph=True).data
    yield "jvp", ag.jvp(f, x, np.ones(n))[1]
    with ag.tape():
        again = ag.Tensor(x, requires_grad=True)
        z = f(again)
    z.backward(np.ones(n))
    yield "tape", again.grad
    numbers = []
    for one in x:
        t = ag.Tensor(one, requires_grad=True)
        f(t).backward()
        numbers.append(t.grad)
    yield "numbers", np.array(numbers)
    many = ag.Tensor(np.tile(x, 60), requires_grad=True)
    f(many).backward(np.ones(60 * n))
    for part in (many.grad[:n], many.grad[-n:]):
        yield "a large array", part


@pytest.mark.slow
@pytest.mark.parametrize("op", ONE_INPUT, ids=lambda op: op.name)
def test_all_ways_give_one_derivative_at_special_points(op):
    results = list(ways(op.function, np.array(SPECIAL)))
    for name, got in results[1:]:
        np.testing.assert_allclose(got, results[0][1], rtol=1e-13, atol=1e-300, err_msg=f"{name} against backward")


@pytest.mark.parametrize("pair", list(itertools.product([0.0, 1.0, -1.0, 2.0, 1e200, -INF], repeat=2)), ids=str)
@pytest.mark.parametrize("name", ["maximum", "minimum", "hypot", "arctan2", "logaddexp", "power", "divide", "multiply"])
def test_all_ways_give_one_derivative_of_two_inputs(name, pair):
    f = getattr(ag, name)
    found = []
    for a, b in ([np.float64(p) for p in pair], [np.full(600, p) for p in pair]):
        leaves = [ag.Tensor(a, requires_grad=True), ag.Tensor(b, requires_grad=True)]
        y = f(*leaves)
        for create_graph in (False, True):
            seed = np.ones(y.shape)
            seed = ag.Tensor(seed) if create_graph else seed
            found.append([np.ravel(g)[0] for g in pull(y, seed, leaves, create_graph=create_graph)])
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], rtol=1e-14)


STEEP = {
    "sqrt": (ag.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "log": (ag.log, lambda x: 1 / x),
    "power": (lambda x: x**0.25, lambda x: 0.25 * x**-0.75),
    "reciprocal": (ag.reciprocal, lambda x: -1 / x**2),
}
SWITCHES = {
    "relu": ag.relu,
    "clip": lambda x: ag.clip(x, 0.0, None),
    "maximum": lambda x: ag.maximum(x, 0.0),
    "leaky_relu": lambda x: ag.leaky_relu(x, 0.0),
    "where": lambda x: ag.where(x > 0, x, 0.0),
}


@pytest.mark.parametrize("steep", STEEP)
@pytest.mark.parametrize("switch", SWITCHES)
def test_a_slope_behind_a_switch_that_is_off_is_0_to_every_order(switch, steep):
    x = np.array([-1.0, 4.0, -3.0, 1.0])
    slope = np.where(x > 0, STEEP[steep][1](np.abs(x)), 0)

    def f(x):
        return STEEP[steep][0](SWITCHES[switch](x))

    for name, got in ways(f, x):
        np.testing.assert_allclose(got, slope, rtol=1e-13, err_msg=name)
    second = np.diag(ag.hessian(lambda x: ag.sum(f(x)))(x))
    np.testing.assert_array_equal(second[x < 0], 0)
    assert np.isfinite(second).all() and second[x > 0].all()


def test_arccos_of_what_was_clipped():
    for name, got in ways(lambda x: ag.arccos(ag.clip(x, -1.0, 1.0)), np.array([1.5, 0.0, -2.0])):
        np.testing.assert_array_equal(got, [0, -1, 0], err_msg=name)


# -- second order at kinks -----------------------------------------------------------------------

EYE = np.eye(2)
KINKS = {
    "norm": (lambda x: ag.norm(x), [0.0, 0.0], None),
    "norm²": (lambda x: ag.norm(x) ** 2, [0.0, 0.0], 2 * EYE),
    "√Σx²": (lambda x: ag.sqrt(ag.sum(x * x)), [0.0, 0.0], None),
    "(√Σx²)²": (lambda x: ag.sqrt(ag.sum(x * x)) ** 2, [0.0, 0.0], 2 * EYE),
    "exp(−norm²)": (lambda x: ag.exp(-(ag.norm(x) ** 2)), [0.0, 0.0], -2 * EYE),
    "std": (lambda x: ag.std(x), [2.0, 2.0], None),
    "std²": (lambda x: ag.std(x) ** 2, [2.0, 2.0], EYE - 0.5),
    "√std": (lambda x: ag.sqrt(ag.std(x)), [2.0, 2.0], None),
    "var": (lambda x: ag.var(x), [2.0, 2.0], EYE - 0.5),
    "hypot": (lambda x: ag.hypot(x[0], x[1]), [0.0, 0.0], None),
    "hypot²": (lambda x: ag.hypot(x[0], x[1]) ** 2, [0.0, 0.0], 2 * EYE),
    "arctan2": (lambda x: ag.arctan2(x[0], x[1]), [0.0, 0.0], None),
    "x^y": (lambda x: x[0] ** x[1], [0.0, 1.0], np.array([[NAN, -INF], [-INF, 0.0]])),
    "x^y at (0, 0)": (lambda x: x[0] ** x[1], [0.0, 0.0], None),
    "√x": (lambda x: ag.sum(ag.sqrt(x)), [0.0, 0.0], None),
    "(√x)²": (lambda x: ag.sum(ag.sqrt(x) ** 2), [0.0, 0.0], 0 * EYE),
    "√(x²)": (lambda x: ag.sum(ag.sqrt(x * x)), [0.0, 0.0], None),
    "x^1.5": (lambda x: ag.sum(x**1.5), [0.0, 0.0], None),
    "x²": (lambda x: ag.sum(x**2), [0.0, 0.0], 2 * EYE),
    "x^[2, 2]": (lambda x: ag.sum(x ** np.array([2.0, 2.0])), [0.0, 0.0], 2 * EYE),
    "cbrt": (lambda x: ag.sum(x ** (1 / 3)), [0.0, 0.0], None),
}


@pytest.mark.parametrize("name", KINKS)
def test_a_hessian_at_a_kink_is_right_or_nan(name):
    f, at, right = KINKS[name]
    at = np.array(at)
    found = [ag.hessian(f)(at), ag.jacobian(ag.grad(f))(at)]
    for got in found:
        for i in np.ndindex(2, 2):
            if np.isfinite(got[i]):
                assert right is not None and got[i] == pytest.approx(right[i]), f"{name}: {got.tolist()}"


FLAT = {
    "relu": ag.relu,
    "leaky_relu": lambda x: ag.leaky_relu(x, 0.2),
    "absolute": ag.absolute,
    "clip": lambda x: ag.clip(x, 0.0, 1.0),
    "maximum": lambda x: ag.maximum(x, 0.0),
    "minimum": lambda x: ag.minimum(x, 0.0),
    "max": lambda x: ag.max(x, axis=0),
    "amax": lambda x: ag.amax(x),
    "min": lambda x: ag.min(x),
    "norm 1": lambda x: ag.norm(x, 1),
    "norm inf": lambda x: ag.norm(x, np.inf),
    "max pool": lambda x: ag.max_pool2d(ag.reshape(x, (1, 1, 2, 1)), (2, 1)),
}


@pytest.mark.parametrize("at", [0.0, 1.0])
@pytest.mark.parametrize("name", FLAT)
def test_what_is_piecewise_linear_has_second_derivative_0_at_its_kinks_and_ties(name, at):
    second = ag.hessian(lambda x: ag.sum(FLAT[name](x)))(np.full(2, at))
    np.testing.assert_array_equal(second, np.zeros((2, 2)))
    # and the rest of the product rule is there: (f²)'' = 2 f'² + 2 f f''
    squared = ag.hessian(lambda x: ag.sum(FLAT[name](x) ** 2))(np.full(2, at))
    slopes = ag.jacobian(lambda x: ag.reshape(FLAT[name](x), (-1,)))(np.full(2, at))
    np.testing.assert_allclose(squared, 2 * slopes.T @ slopes)


# -- float16 -------------------------------------------------------------------------------------

MANY = {
    "reduction": {"mean", "norm", "std", "var", "sum", "logsumexp"},
    "loss": {"mse", "l1", "binary_cross_entropy_with_logits", "cross_entropy", "nll_loss"},
}


def half_and_double(f, *arrays):
    """[value, gradients…] of f on float16 arrays, and the same in float64."""
    both = []
    for dtype in (np.float16, np.float64):
        leaves = [ag.Tensor(np.asarray(a, np.float16).astype(dtype), requires_grad=True) for a in arrays]
        y = f(*leaves)
        assert y.dtype == dtype
        seed = np.ones(y.shape, dtype)[()]
        gradients = pull(y, seed, leaves)
        recorded = pull(y, ag.Tensor(seed), leaves, create_graph=True)
        both.append([y.data, *gradients, *recorded])
    return both


def close_to_half(half, double, what, roundings=4):
    """Equal but for some roundings in float16; what it cannot hold is inf there."""
    with np.errstate(over="ignore"):
        expected = np.asarray(double, np.float64)
        limit = roundings * np.maximum(np.abs(expected) * 2.0**-11, 2.0**-25)  # its ulp, in the subnormal range too
    representable = np.abs(expected) < 65000
    error = np.abs(np.asarray(half, np.float64) - expected)
    assert (error[representable] <= limit[representable]).all(), f"{what}: {half} against {double}"


LONG = 70_000
HALF = {
    "mean": lambda x: ag.mean(x),
    "mean along": lambda x: ag.mean(ag.reshape(x, (-1, 2)), axis=0),
    "sum": lambda x: ag.sum(x * 0.5),
    "sum along": lambda x: ag.sum(ag.reshape(x, (-1, 2)), axis=0),
    "var": lambda x: ag.var(x),
    "var along": lambda x: ag.var(ag.reshape(x, (-1, 2)), axis=0),
    "std": lambda x: ag.std(x),
    "norm": lambda x: ag.norm(x),
    "norm 1": lambda x: ag.norm(ag.reshape(x, (2, -1))[:, :3000], 1, axis=1),
    "softmax": lambda x: ag.softmax(x)[:5],
    "log_softmax": lambda x: ag.log_softmax(x)[:5],
    "logsumexp": lambda x: ag.logsumexp(x),
    "amax of ties": lambda x: ag.amax(0 * x),
    "cumsum": lambda x: ag.cumsum(x * 0.5)[-1],
    "prod": lambda x: ag.prod(ag.stack([x[:5] * 300, x[:5] * 300, x[:5] / 300, x[:5] / 300]), axis=0),
    "mse": lambda x: ag.mse(x, np.float16(0)),
    "l1": lambda x: ag.l1(x, np.float16(0)),
    "bce": lambda x: ag.binary_cross_entropy_with_logits(x, np.float16(1)),
    "nll_loss": lambda x: ag.nll_loss(ag.reshape(x, (-1, 2)), np.zeros(LONG // 2, int)),
    "cross_entropy": lambda x: ag.cross_entropy(ag.reshape(x, (-1, 2)), np.zeros(LONG // 2, int)),
    "cross_entropy of a long row": lambda x: ag.cross_entropy(ag.reshape(x, (1, -1)), np.array([3])),
}


@pytest.mark.parametrize("name", HALF)
def test_float16_holds_what_fits_it(name):
    x = np.random.default_rng(0).normal(1.0, 0.5, LONG)
    half, double = half_and_double(HALF[name], x)
    for i, (h, d) in enumerate(zip(half, double, strict=True)):
        # the gradient of log_softmax is said by its result, whose rounding is in an exponent
        close_to_half(h, d, f"{name}: {'value' if i == 0 else 'gradient'}", 16 if name == "log_softmax" else 4)


@pytest.mark.parametrize("offset", [0.0, 100.0, 1000.0])
@pytest.mark.parametrize("name", ["batch_norm", "batch_norm_relu", "std", "var", "norm", "mean"])
def test_float16_of_large_and_small_numbers(name, offset):
    x = np.random.default_rng(0).normal(offset, 1.0, (500, 3))
    if name.startswith("batch_norm"):
        function = getattr(ag, name, None) or ag.internal.batch_norm_relu
        f, arrays = lambda x, w, b: function(x, w, b), (x, np.full(3, 0.5), np.full(3, 0.25))
    else:
        f, arrays = lambda x: getattr(ag, name)(x, axis=0), (x,)
    half, double = half_and_double(f, *arrays)
    for i, (h, d) in enumerate(zip(half, double, strict=True)):
        assert np.isfinite(h).all()
        # a gradient of batch_norm is a difference of numbers that may be larger
        np.testing.assert_allclose(np.asarray(h, float), d, rtol=4e-3, atol=4e-3 if i == 0 else 2e-2)


@pytest.mark.parametrize("scale", [1e-4, 300.0])
@pytest.mark.parametrize("name", ["norm", "std", "mean"])
def test_float16_squares_that_do_not_fit(name, scale):
    x = np.random.default_rng(0).normal(0, scale, (40, 3))
    half, double = half_and_double(lambda x: getattr(ag, name)(x, axis=0), x)
    for h, d in zip(half, double, strict=True):
        np.testing.assert_allclose(np.asarray(h, float), d, rtol=4e-3, atol=1e-6)


# -- long float32 sums ---------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(17_000_000, 2), (17_000_000, 1, 2)])
def test_sums_of_more_than_2_24_ones(shape):
    n, x = shape[0], np.ones(shape, np.float32)
    for axis in (0, (0, 1) if len(shape) > 2 else 0):
        assert np.abs(ag.sum(x, axis=axis) / n - 1).max() < 1e-5
        assert np.abs(ag.mean(x, axis=axis) - 1).max() < 1e-5
    strided = np.ones((17_000_000, 4), np.float32)[:, ::2]
    assert abs(ag.sum(strided) / (2 * n) - 1) < 1e-5
    assert abs(float(ag.cumsum(x.reshape(-1)[:n])[-1]) / n - 1) < 1e-5
    assert abs(ag.norm(x.reshape(-1)[:n]) / math.sqrt(n) - 1) < 1e-5
    x[::2] = 3
    assert np.abs(ag.var(x.reshape(n, -1), axis=0) - 1).max() < 1e-4


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("i,i,i->", [(30_000,)] * 3),
        ("i,i,i->", [(200_000,)] * 3),
        ("ij,ij,ij->j", [(500, 6)] * 3),
        ("bi,ij,bj->b", [(40, 20), (20, 30), (40, 30)]),
        ("bij,bjk,bk->bi", [(30, 40, 50), (30, 50, 60), (30, 60)]),
        ("ii->", [(1000, 1000)]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_einsum_of_several_operands_is_right_to_some_roundings(subscripts, shapes, dtype):
    rng = np.random.default_rng(0)
    arrays = [
        rng.uniform(-0.2, 1, shape).astype(dtype) * dtype(300 if i else 1 / 300) for i, shape in enumerate(shapes)
    ]
    if dtype == np.float16:
        arrays = [a[:100] if a.ndim == 1 else a for a in arrays]
        arrays[-1] = arrays[-1] / dtype(30_000)
    leaves = [ag.Tensor(a, requires_grad=True) for a in arrays]
    exact = [ag.Tensor(a.astype(float), requires_grad=True) for a in arrays]
    y, right = ag.einsum(subscripts, *leaves), ag.einsum(subscripts, *exact)
    found = [y.data, *pull(y, np.ones(y.shape, dtype)[()], leaves)]
    expected = [right.data, *pull(right, np.ones(right.shape)[()], exact)]
    for got, wanted in zip(found, expected, strict=True):
        if np.abs(wanted).max() < np.finfo(dtype).max:
            atol = max(np.abs(wanted).max() * 1e-6, np.finfo(dtype).smallest_subnormal)
            np.testing.assert_allclose(got, wanted, rtol=2 * np.finfo(dtype).eps, atol=atol)


# -- dead ends -----------------------------------------------------------------------------------


def test_dead_ends_of_a_sum_in_log_space():
    for f in (
        lambda dead, live: ag.logsumexp(ag.stack([ag.logsumexp(dead), live])),
        lambda dead, live: ag.logaddexp(ag.logaddexp(dead[0], dead[1]), live),
        lambda dead, live: ag.logaddexp(live, ag.logsumexp(dead)),
    ):

        def whole(x, f=f):
            return f(ag.stack([x - INF, 2 * x - INF]), 3 * x)

        assert ag.grad(whole)(0.7) == 3.0
        assert ag.grad(ag.grad(whole))(0.7) == 0.0
        assert ag.jvp(whole, 0.7, 1.0)[1] == 3.0


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_logsumexp_of_rows_that_are_impossible(axis):
    x = np.array([[0.0, -INF, 1.0], [-INF, -INF, -INF], [2.0, -INF, -INF]])
    g = ag.grad(lambda x: ag.sum(ag.where(ag.logsumexp(x, axis=axis) > -INF, ag.logsumexp(x, axis=axis), 0.0)))(x)
    expected = np.nan_to_num(special.softmax(np.where(np.isinf(x), -1e9, x), axis=axis)) * np.isfinite(x)
    np.testing.assert_allclose(g, expected)
    assert not ag.grad(lambda x: ag.sum(ag.logsumexp(x, axis=1)))(x)[1].any()


@pytest.mark.parametrize("f", [ag.softmax, ag.log_softmax])
@pytest.mark.parametrize("axis", [0, -1])
def test_masked_scores(f, axis):
    scores, mask = np.random.default_rng(0).normal(size=(3, 3)), np.triu(np.full((3, 3), -INF), 1)
    rng = np.random.default_rng(1)
    weights = np.where(mask == 0, rng.normal(size=(3, 3)), 0)
    for m in (mask, mask.T):
        w = np.where(m == 0, weights + weights.T, 0)
        got = [ag.grad(lambda x, m=m, w=w: ag.sum(ag.where(m == 0, f(x + m, axis), 0.0) * w))(scores)]
        far = ag.grad(lambda x, m=m, w=w: ag.sum(ag.where(m == 0, f(x + np.maximum(m, -1e5), axis), 0.0) * w))(scores)
        np.testing.assert_allclose(got[0], far, atol=1e-12)
        second = ag.hessian(lambda x, m=m, w=w: ag.sum(ag.where(m == 0, f(x + m, axis), 0.0) * w))(scores)
        assert np.isfinite(second).all()


@pytest.mark.parametrize("f", [ag.softmax, ag.log_softmax])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_rows_that_are_masked_out_whole_and_not_asked_for_get_0(f, dtype):
    mask = np.array([[0.0, -INF], [-INF, -INF], [0.0, 0.0]], dtype)
    alive = mask > -INF
    x = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype)
    weights = np.array([1.0, 3.0], dtype)

    def loss(x):
        return ag.sum(ag.where(alive, f(x + mask), dtype(0)) * weights)

    g = ag.grad(loss)(x)
    assert np.isfinite(g).all() and not g[1].any() and g[2].any()
    second = ag.hessian(loss)(x)
    assert np.isfinite(second).all() and not second[1].any()


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("options", [{}, {"weight": np.array([1.0, 2.0, 3.0])}, {"label_smoothing": 0.1}], ids=str)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_loss_without_a_target_has_gradient_0(options, reduction, dtype):
    x = np.array([[1.0, 2.0, INF], [-INF, -INF, -INF]], dtype)
    for name in ("cross_entropy", "nll_loss"):
        if name == "nll_loss" and "label_smoothing" in options:
            continue
        leaf = ag.Tensor(x, requires_grad=True)
        loss = getattr(ag, name)(leaf, np.array([-100, -100]), reduction=reduction, **options)
        assert np.isnan(loss.data).all() if reduction == "mean" else not loss.data.any()
        for create_graph in (False, True):
            seed = np.ones(loss.shape, dtype)
            (g,) = pull(loss, ag.Tensor(seed) if create_graph else seed, [leaf], create_graph=create_graph)
            np.testing.assert_array_equal(g, np.zeros((2, 3)))


def test_a_probability_of_0_counts_nothing():
    """0 · log 0 is 0: the cross-entropy of a distribution whose impossible classes are masked out."""
    logits = np.array([[1.0, -INF, 0.5]])
    shares = np.array([[0.25, 0.0, 0.75]])
    loss, g = ag.value_and_grad(lambda x: ag.cross_entropy(x, shares))(logits)
    few, of_few = ag.value_and_grad(lambda x: ag.cross_entropy(x, shares[:, [0, 2]]))(logits[:, [0, 2]])
    assert loss == pytest.approx(few)
    np.testing.assert_allclose(g, [[of_few[0, 0], 0, of_few[0, 1]]])
    second = ag.hessian(lambda x: ag.cross_entropy(x, shares))(logits)
    assert np.isfinite(second).all()


# -- extremes ------------------------------------------------------------------------------------

LD = np.longdouble


def _sigmoid(x):
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


def _limited(x):
    return np.minimum(x, LD(0))


ROOT_PI = np.sqrt(LD(np.pi))
EXACT = {  # value, derivative, and what the largest terms of the two are
    "exp": (ag.exp, np.exp, np.exp),
    "expm1": (ag.expm1, np.expm1, np.exp),
    "log": (ag.log, np.log, lambda x: 1 / x),
    "log1p": (ag.log1p, np.log1p, lambda x: 1 / (1 + x)),
    "sqrt": (ag.sqrt, np.sqrt, lambda x: 1 / (2 * np.sqrt(x))),
    "square": (ag.square, np.square, lambda x: 2 * x),
    "reciprocal": (ag.reciprocal, lambda x: 1 / x, lambda x: -1 / x / x),
    "arctan": (ag.arctan, np.arctan, lambda x: 1 / (1 + x * x)),
    "arcsinh": (ag.arcsinh, np.arcsinh, lambda x: 1 / np.hypot(x, LD(1))),
    "arccosh": (ag.arccosh, np.arccosh, lambda x: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1))),
    "sinh": (ag.sinh, np.sinh, np.cosh),
    "cosh": (ag.cosh, np.cosh, np.sinh),
    "elu": (ag.elu, lambda x: np.where(x > 0, x, np.expm1(_limited(x))), lambda x: np.exp(_limited(x))),
    "softplus": (ag.softplus, lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), _sigmoid),
    "silu": (ag.silu, lambda x: x * _sigmoid(x), lambda x: _sigmoid(x) * (1 + x * _sigmoid(-x))),
    "logaddexp with x": (lambda x: ag.logaddexp(x, x), lambda x: x + np.log(LD(2)), lambda x: 1 + 0 * x),
    "hypot with x": (
        lambda x: ag.hypot(x, x),
        lambda x: np.abs(x) * np.sqrt(LD(2)),
        lambda x: np.sqrt(LD(2)) * np.sign(x),
    ),
    "arctan2 with 1": (lambda x: ag.arctan2(x, 1.0), np.arctan, lambda x: 1 / (1 + x * x)),
}  # fmt: skip
TO_1 = {  # whose derivative is what is left of 1: right to some ulps of 1
    "logaddexp with 1": (lambda x: ag.logaddexp(x, 1.0), lambda x: np.logaddexp(x, LD(1)), lambda x: _sigmoid(x - 1)),
    "sigmoid": (ag.sigmoid, _sigmoid, lambda x: _sigmoid(x) * _sigmoid(-x)),
    "tanh": (ag.tanh, np.tanh, lambda x: 1 / np.cosh(np.minimum(np.abs(x), LD(5000))) ** 2),
    "gelu": (
        ag.gelu,
        lambda x: (x / 2 * (1 + special.erf(np.asarray(x / np.sqrt(LD(2)), float)))).astype(LD),
        lambda x: (
            (1 + special.erf(np.asarray(x / np.sqrt(LD(2)), float))) / 2
            + x * np.exp(-x * x / 2) / (np.sqrt(LD(2)) * ROOT_PI)
        ),
    ),
    "erf": (
        ag.erf,
        lambda x: special.erf(np.asarray(x, float)).astype(LD),
        lambda x: 2 / ROOT_PI * np.exp(-x * x),
    ),
}


def _grid(dtype):
    highest = 300 if dtype is np.float64 else 37
    sizes = 10.0 ** np.concatenate([np.arange(-highest, highest + 1, 7.0), np.linspace(-3, 3, 61)])
    return np.concatenate([-sizes[::-1], sizes]).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [*EXACT, *TO_1])
def test_a_value_and_its_derivative_are_right_at_any_size(name, dtype):
    f, value, slope = (EXACT | TO_1)[name]
    x = _grid(dtype)
    with np.errstate(all="ignore"):
        wide = x.astype(LD)
        expected = value(wide), slope(wide)
        leaf = ag.Tensor(x, requires_grad=True)
        y = f(leaf)
        y.backward(np.ones_like(x))
        recorded = ag.gradients(f(leaf), leaf, gradient=np.ones_like(x), create_graph=True).data
    info = np.finfo(dtype)
    for what, got, right in zip(
        ("value", "derivative", "recorded"), (y.data, leaf.grad, recorded), (*expected, expected[1]), strict=True
    ):
        scale = np.abs(right)
        if name in TO_1 or (name == "silu" and what != "value"):
            scale = np.maximum(scale, 1)
        if name == "silu" and what != "value":
            scale = scale * 20  # x (1 − σ(x)) next to 1
        fits = (scale < info.max / 4) & ~np.isnan(right)
        error = np.abs(got.astype(LD) - right)[fits]
        allowed = (16 * scale * info.eps + 4 * info.tiny)[fits]
        worst = np.argmax(error - allowed)
        assert (error <= allowed).all(), (
            f"{what} at {x[fits][worst]}: {got[fits][worst]}, it should be {right[fits][worst]}"
        )


@pytest.mark.parametrize("scale", [1e-200, 1e-160, 1.0, 1e160, 1e300])
def test_lengths_at_any_size(scale):
    x = np.array([[3.0, 4.0], [0.0, 5.0], [-6.0, 8.0]]) * scale
    np.testing.assert_allclose(ag.norm(x, axis=1), np.array([5, 5, 10]) * scale, rtol=1e-14)
    np.testing.assert_allclose(ag.norm(x), np.sqrt(150) * scale, rtol=1e-14)
    np.testing.assert_allclose(
        ag.grad(lambda x: ag.sum(ag.norm(x, axis=1)))(x), np.array([[0.6, 0.8], [0, 1], [-0.6, 0.8]]), rtol=1e-14
    )
    np.testing.assert_allclose(ag.std(x, axis=1), np.array([0.5, 2.5, 7]) * scale, rtol=1e-14)
    g = ag.grad(lambda x: ag.sum(ag.std(x, axis=1)))(x)
    np.testing.assert_allclose(g, np.array([[-0.5, 0.5]] * 3), rtol=1e-13)


@pytest.mark.parametrize("scale", [1.0, 1e4, 1e7, -1e7])
def test_logsumexp_and_its_kin_far_from_0(scale):
    for dtype in (np.float32, np.float64):
        x = (np.array([0.0, 1.0, 2.0]) + scale).astype(dtype)
        right = special.softmax(x.astype(float))
        for axis in (None, 0):
            np.testing.assert_allclose(ag.grad(lambda x, axis=axis: ag.logsumexp(x, axis))(x), right, rtol=1e-6)
        np.testing.assert_allclose(ag.softmax(x), right, rtol=1e-6)


def test_elu_and_expm1_keep_their_slope():
    x = np.array([-20.0, -50.0, -80.0], np.float32)
    for f in (ag.elu, ag.expm1):
        leaf = ag.Tensor(x, requires_grad=True)
        f(leaf).backward(np.ones(3, np.float32))
        np.testing.assert_allclose(leaf.grad, np.exp(x.astype(float)), rtol=1e-6)


# -- arguments ---------------------------------------------------------------------------------

SMALL = {"a": np.arange(6.0).reshape(2, 3), "b": np.arange(12.0).reshape(3, 4) - 5}


@pytest.mark.parametrize(
    "given",
    [
        ("a", [0, 1], "b", [1, 2]),
        ("a", [0, 1], "b", [1, 2], [2, 0]),
        ("a", [7, 2]),
        ("a", [0, 1], []),
        ("a", [..., 0]),
        ("a", [..., 1], "b", [1, 2], [..., 2]),
    ],
    ids=str,
)
def test_einsum_takes_lists_of_subscripts(given):
    arrays = [SMALL[one] if isinstance(one, str) else one for one in given]
    leaves = [ag.Tensor(one, requires_grad=True) if isinstance(one, np.ndarray) else one for one in arrays]
    y = ag.einsum(*leaves)
    np.testing.assert_allclose(y.data, np.einsum(*arrays))

    def again(*xs):
        found = iter(xs)
        return ag.einsum(*[next(found) if isinstance(one, np.ndarray) else one for one in arrays])

    assert ag.gradcheck(again, [one for one in arrays if isinstance(one, np.ndarray)])


@pytest.mark.parametrize("given", [("a", "ij"), ("a",), ("a", [0, 1.5]), ("a", [0, 1], "b")], ids=str)
def test_einsum_says_what_subscripts_are(given):
    with pytest.raises(TypeError, match="a string such as"):
        ag.einsum(*[SMALL.get(one, one) if isinstance(one, str) else one for one in given])


@pytest.mark.parametrize("subscripts", ["...i->i", "...ij->j", "i...->"])
def test_what_the_dots_stand_for_is_summed_where_the_result_has_none(subscripts):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    leaf, theirs = ag.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, t = ag.einsum(subscripts, leaf), torch.einsum(subscripts, theirs)
    np.testing.assert_allclose(y.data, t.detach().numpy())
    (y * y).sum().backward()
    (t * t).sum().backward()
    np.testing.assert_allclose(leaf.grad, theirs.grad.numpy())


NUMBERS = {  # of a number: where NumPy takes an axis 0, or an operation makes one
    "sum": (lambda x: ag.sum(x, axis=0), 1),
    "prod": (lambda x: ag.prod(x, axis=-1), 1),
    "max": (lambda x: ag.max(x, axis=0), 1),
    "amin": (lambda x: ag.amin(x, axis=0), 1),
    "cumsum": (lambda x: ag.cumsum(x, axis=0), 1),
    "repeat": (lambda x: ag.repeat(x, 2, 0), 2),
    "repeat, counted": (lambda x: ag.repeat(x, [3], 0), 3),
    "transpose": (lambda x: ag.transpose(x), 1),
    "squeeze": (lambda x: ag.squeeze(x, 0), 1),
    "flip": (lambda x: ag.flip(x), 1),
    "roll": (lambda x: ag.roll(x, 1), 1),
    "take": (lambda x: ag.take(x, [0, 0]), 2),
    "tile": (lambda x: ag.tile(x, 2), 2),
    "softmax": (lambda x: ag.softmax(x, 0), 0),
    "std": (lambda x: ag.std(x), 0),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_operations_along_axes_of_a_number(name):
    f, slope = NUMBERS[name]
    x = ag.Tensor(3.0, requires_grad=True)
    y = f(x)
    seed = np.ones(y.shape)
    assert ag.gradients(y, x, gradient=seed, create_graph=True).item() == slope
    y.backward(seed)
    assert x.grad == slope and np.shape(x.grad) == ()


@pytest.mark.parametrize("f", [ag.swapaxes, ag.moveaxis])
def test_a_number_has_no_axes_to_move(f):
    with pytest.raises(ValueError, match=f"{f.__name__}: .*axis 0 is out of bounds"):
        f(ag.Tensor(3.0, requires_grad=True), 0, 0)


@pytest.mark.parametrize("beta", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("threshold", [20.0, 0.1, -1.0])
def test_softplus_has_a_threshold_as_pytorch(beta, threshold):
    torch = pytest.importorskip("torch")
    x = np.array([-30.0, -1.0, 0.0, 0.2, 6.0, 45.0])
    leaf, theirs = ag.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, t = ag.softplus(leaf, beta, threshold), torch.nn.functional.softplus(theirs, beta, threshold)
    np.testing.assert_allclose(y.data, t.detach().numpy(), atol=1e-300)
    y.backward(np.ones(6))
    t.sum().backward()
    np.testing.assert_allclose(leaf.grad, theirs.grad.numpy(), atol=1e-300)
    with pytest.raises(ValueError, match="beta must be greater than 0"):
        ag.softplus(x, 0.0)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(6, 4), (3, 4, 2, 3)])
@pytest.mark.parametrize("soft", [False, True])
def test_options_of_cross_entropy_together(reduction, smoothing, weighted, shape, soft):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=shape), rng.uniform(0.1, 2, 4) if weighted else None
    target = rng.integers(0, 4, (shape[0], *shape[2:]))
    target[rng.random(target.shape) < 0.3] = -1
    target.flat[0] = 1
    if soft:
        target = special.softmax(rng.normal(size=shape), axis=1)
    leaf, theirs = ag.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    options = {"ignore_index": -1, "reduction": reduction, "label_smoothing": smoothing}
    y = ag.cross_entropy(leaf, target, weight, **options)
    t = torch.nn.functional.cross_entropy(
        theirs, torch.tensor(target), None if weight is None else torch.tensor(weight), **options
    )
    np.testing.assert_allclose(y.data, t.detach().numpy())
    seed = rng.normal(size=y.shape)
    t.backward(torch.tensor(seed))
    for g in (pull(y, seed, [leaf])[0], pull(y, ag.Tensor(seed), [leaf], create_graph=True)[0]):
        np.testing.assert_allclose(g, theirs.grad.numpy(), atol=1e-14)


# -- at the ends -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize(
    ("logit", "target", "loss", "slope"),
    [
        *((INF, 1.0, 0.0, 0.0), (-INF, 0.0, 0.0, 0.0), (INF, 0.0, INF, 1.0), (-INF, 1.0, INF, -1.0)),
        *((INF, 0.5, INF, 0.5), (-INF, 0.5, INF, -0.5)),
    ],
)
def test_binary_cross_entropy_of_infinite_logits(logit, target, loss, slope, dtype):
    for reduction in ("none", "mean", "sum"):
        x = ag.Tensor(np.array([logit], dtype), requires_grad=True)
        y = ag.binary_cross_entropy_with_logits(x, np.array([target], dtype), reduction=reduction)
        assert y.dtype == dtype and np.all(y.data == loss)
        for create_graph in (False, True):
            (g,) = pull(y, np.ones(y.shape, dtype)[()], [x], create_graph=create_graph)
            assert np.all(g == slope)


def test_long_doubles_are_no_leaves():
    if np.longdouble is np.float64 or np.dtype(np.longdouble).itemsize == 8:
        pytest.skip("they are float64 here")
    wide = np.array([1.0, 2.0], np.longdouble)
    leaf, constant = ag.Tensor([1.0, 2.0], requires_grad=True), ag.Tensor(wide)
    for make in (
        lambda: ag.Tensor(wide, requires_grad=True),
        lambda: ag.Tensor(wide[0], requires_grad=True),
        lambda: ag.Tensor([1.0], requires_grad=True, dtype=np.longdouble),
        lambda: setattr(constant, "requires_grad", True),
        lambda: setattr(leaf, "data", wide),
        lambda: ag.grad(lambda x: x.sum())(wide),
    ):
        with pytest.raises(TypeError, match="float16, float32 and float64"):
            make()
