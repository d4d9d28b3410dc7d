"""NumPy's functions that are a few operations here: ``np.name(t)`` is ``ag.name(t)`` is what NumPy gives of the values.

Gradients are held against finite differences.
"""

import re

import numpy as np
import pytest

import autograd as ag

rng = np.random.default_rng(0)
X = rng.normal(size=(2, 3, 4))
Y = rng.normal(size=(2, 3, 4))
V = rng.normal(size=4)
UP = np.array([0.0, 0.3, 1.1, 1.7])

WITH_GRADIENT = """
float_power(t ** 2, 1.5)
cbrt(t)
copysign(t, Y)
deg2rad(t)
degrees(t)
rad2deg(t)
radians(t)
divmod(t, 0.7)
fabs(t)
fmax(t, Y)
fmin(Y, t)
frexp(t)
heaviside(t, 0.5)
ldexp(t, 3)
logaddexp2(t, Y)
mod(t, 0.7)
modf(t)
nextafter(t, Y)
positive(t)
rint(t)
sinc(t)
fmod(t, 0.7)
exp2(t)
polyval(t[0, 0], UP)
polyval([1.0, 2.0, 3.0], t)
vander(t[0, 0], 3)
vander(t[0, 0], increasing=True)
choose([0, 1, 1, 0], [t, Y])
select([X > 1, X > 0], [t, 2 * t], -1.0)
append(t, V)
append(t, Y, axis=1)
insert(t, 1, 5.0)
insert(t, 1, V, axis=1)
insert(t, [0, 2, 2], t, axis=1)
insert(t[0], [0, 2], 7.0, axis=-1)
insert(t[0, 0], slice(1, 3), V[:2])
insert(t[0, 0], 1, V)
delete(t, [0, -1])
delete(t, 1, axis=2)
delete(t, slice(0, 2), 1)
block([[t[0], t[1]], [Y[0], 2 * t[0]]])
block([t[0, 0], 1.0])
block([[t], [t]])
column_stack([t[0, 0], t[1].T])
dstack([t[0], t[1]])
dstack([t[0, 0], V])
vstack([t[0], V])
hstack([t[0], t[1]])
compress([True, False, True], t, axis=1)
compress([True, False, True], t)
extract(X > 0, t)
array_split(t, 3, axis=2)
hsplit(t, [1])
vsplit(t, 2)
dsplit(t, 2)
unstack(t, axis=1)
rot90(t)
rot90(t, 3, (1, 2))
rot90(t, k=2)
rollaxis(t, 2)
rollaxis(t, 0, 3)
rollaxis(t, 0, -1)
matrix_transpose(t)
fliplr(t)
flipud(t)
diag(t[0, 0], 1)
diag(t[0])
diagflat(t[0], -1)
broadcast_arrays(t, V)
meshgrid(t[0, 0], UP, indexing="ij")
atleast_1d(t[0, 0, 0])
atleast_2d(t[0, 0])
atleast_3d(t[0, 0])
atleast_3d(t[0])
kron(t[0], Y[0])
inner(t, V)
vdot(t, Y)
cross(t[..., :3], Y[..., 1:])
diff(t, 2)
diff(t, axis=0)
cumprod(t, 1)
cumulative_prod(t, axis=1, include_initial=True)
cumulative_sum(t, axis=2, include_initial=True)
cumulative_sum(t[0, 0])
ediff1d(t)
ediff1d(t, to_begin=[1.0, 2.0], to_end=t[0, 0])
gradient(t)
gradient(t, 0.5, axis=1, edge_order=2)
gradient(t, UP, axis=2)
gradient(t, 1.0, UP[:3], UP)
gradient(t, UP, axis=-1, edge_order=2)
interp(t, UP, V)
interp(UP, UP + 0.1, t[0, 0])
interp(t, UP, V, left=-1.0, right=2.0)
interp(t, [0.5], [2.0])
ptp(t)
ptp(t, axis=1)
ptp(t, 2, keepdims=True)
trapezoid(t)
trapezoid(t, UP, axis=2)
trapezoid(t, dx=0.5, axis=0)
trapezoid(t, Y, axis=1)
median(t, axis=1)
sort(t, axis=0)
nan_to_num(t)
nansum(t, axis=1)
nanmean(t)
""".strip().splitlines()

OF_VALUES = """
argwhere(t > 0)
argpartition(t, 2)
array_equiv(t, X)
bincount([0, 2, 2])
digitize(t, UP)
flatnonzero(t > 0)
isneginf(t)
isposinf(t)
nanargmax(t, 1)
nanargmin(t)
searchsorted(UP, t)
unravel_index([3, 5], (2, 3))
signbit(t)
isin(t, X[0])
""".strip().splitlines()


def run(library, call, t):
    return eval(f"{library}.{call}", {"np": np, "ag": ag, "t": t, "X": X, "Y": Y, "V": V, "UP": UP})


def parts(result):
    return list(result) if isinstance(result, list | tuple) else [result]


@pytest.mark.parametrize("call", WITH_GRADIENT)
def test_numpy_gives_on_tensors_what_it_gives_on_arrays(call):
    t = ag.Tensor(X, requires_grad=True)
    expected, got = parts(run("np", call, X)), parts(run("np", call, t))
    own = got if call.startswith("meshgrid") else parts(run("ag", call, t))
    if call.startswith("select("):
        own = got
    assert any(isinstance(one, ag.Tensor) and one.requires_grad for one in got)
    for a, b, c in zip(expected, got, own, strict=True):
        assert np.shape(a) == np.shape(b) == np.shape(c)
        for one in (b, c):
            value = one.data if isinstance(one, ag.Tensor) else np.asarray(one)
            assert value.dtype == a.dtype
            np.testing.assert_allclose(value, a, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("call", [call for call in WITH_GRADIENT if not call.startswith(("frexp", "fix", "rint"))])
def test_gradients_are_those_of_finite_differences(call):
    def total(t):
        weights = np.random.default_rng(1)
        return sum(ag.sum(one * weights.normal(size=np.shape(one))) for one in parts(run("ag", call, t)))

    assert ag.gradcheck(total, [X])


@pytest.mark.parametrize("call", OF_VALUES)
def test_functions_without_a_gradient(call):
    t = ag.Tensor(X, requires_grad=True)
    for a, b, c in zip(
        *[parts(one) for one in (run("np", call, X), run("np", call, t), run("ag", call, t))], strict=True
    ):
        np.testing.assert_array_equal(np.asarray(b), a)
        np.testing.assert_array_equal(np.asarray(c), a)


WRONG = """
insert(t, 9, 1.0, axis=1) | IndexError
delete(t, 7, axis=1) | IndexError
hsplit(t, 2) | ValueError
vsplit(t[0, 0], 2) | ValueError: vsplit: x needs 2 axes or more
dsplit(t[0], 2) | ValueError: dsplit
rot90(t, 1, (0, 0)) | ValueError: rot90: two different axes
rollaxis(t, 0, 9) | ValueError: rollaxis: there is no axis 9
matrix_transpose(t[0, 0]) | ValueError: matrix_transpose
block([[t], t]) | ValueError: block: lists are nested
block([]) | ValueError: block: a list is empty
block_diag(t) | ValueError: block_diag: matrices
gradient(t[:, :1], axis=1) | ValueError: gradient: 2 entries
gradient(t, edge_order=3) | ValueError: gradient: edge_order
gradient(t, [1.0, 2.0], axis=2) | ValueError: gradient: where the entries stand
gradient(t, 1.0, 2.0) | TypeError: gradient: a spacing
interp(t, UP, V[:3]) | ValueError: interp: the points
interp(t, [], []) | ValueError: interp: the points
cumulative_sum(t) | ValueError: cumulative_sum: of an array with several axes
choose([0, 2], [t, t]) | ValueError: choose
select([t > 0], []) | ValueError: select
compress(X > 0, t) | ValueError: compress
vander(t) | ValueError: vander
constant_pad_nd(t, (-3, -3)) | ValueError: constant_pad_nd: more is cut off
constant_pad_nd(t, (1,)) | ValueError: constant_pad_nd: a pair
sum_to_size(t, 2) | ValueError: sum_to_size
mode(t[:, :0], 1) | ValueError: mode
renorm(t[0, 0], 2, 0, 1.0) | ValueError: renorm
scatter_reduce(t, 0, [0], t, "sum") | ValueError: scatter_reduce: x, index and src
scatter_reduce(t[0, 0], 0, [9], V[:1], "sum") | IndexError: scatter_reduce
scatter_reduce(t[0, 0], 0, [0.5], V[:1], "sum") | TypeError: scatter_reduce
scatter_reduce(t, 0, [0], t, "max") | ValueError: scatter_reduce: reduce
fmax(t, V[:3]) | ValueError
ptp(t[:0]) | ValueError
""".strip().splitlines()


@pytest.mark.parametrize("line", WRONG)
def test_what_is_wrong_is_an_error(line):
    call, says = line.split(" | ")
    kind, _, message = says.partition(": ")
    with pytest.raises(getattr(__import__("builtins"), kind), match=re.escape(message) or None):
        run("ag", call, ag.Tensor(X, requires_grad=True))


@pytest.mark.filterwarnings("ignore:invalid value encountered in logaddexp")  # as NumPy's own warns
def test_numbers_that_are_none():
    nan, inf = np.nan, np.inf
    x, y = np.array([nan, 1.0, nan, inf]), np.array([2.0, nan, nan, -inf])
    for name in ("fmax", "fmin", "copysign", "nextafter"):
        np.testing.assert_array_equal(getattr(ag, name)(ag.Tensor(x), y).data, getattr(np, name)(x, y))
    x = np.array([nan, -inf, inf, 0.0, -0.0])
    for name in ("cbrt", "modf", "frexp", "rint", "positive", "logaddexp2", "heaviside"):
        args = (x, 0.5) if name in ("logaddexp2", "heaviside") else (x,)
        for got, expected in zip(
            parts(getattr(ag, name)(*map(ag.Tensor, args))), parts(getattr(np, name)(*args)), strict=True
        ):
            np.testing.assert_allclose(got.data, expected, rtol=1e-15)
    np.testing.assert_array_equal(ag.fix(ag.Tensor(x)).data, np.trunc(x))  # np.fix is deprecated since NumPy 2.5
    np.testing.assert_array_equal(ag.interp(ag.Tensor(x), UP, V).data, np.interp(x, UP, V))
    values, indices = ag.cummax(ag.Tensor([1.0, nan, 3.0]), 0)
    np.testing.assert_array_equal(values.data, [1.0, nan, nan])
    assert indices.data.tolist() == [0, 1, 1]


def test_of_equal_entries_the_last_is_the_running_extremum():
    x = ag.Tensor([2.0, 1.0, 2.0, 0.0], requires_grad=True)
    values, indices = ag.cummax(x, 0)
    assert indices.data.tolist() == [0, 0, 2, 2]
    values.sum().backward()
    assert x.grad.tolist() == [2, 0, 2, 0]


def test_powers_of_two_that_no_float_holds():
    assert ag.ldexp(ag.Tensor(1e-300), 1100).item() == np.ldexp(1e-300, 1100)
    assert ag.ldexp(ag.Tensor(1e300), -1100).item() == np.ldexp(1e300, -1100)


def test_integers_and_single_precision_keep_numpys_dtypes():
    whole, single = np.array([[3, 1, 2], [4, 4, 0]]), np.float32([[0.5, 1.5, -2.0]])
    for call in (
        *("cbrt({})", "fabs({})", "radians({})", "float_power({}, 2)", "copysign({}, -1)", "ldexp({}, 2)", "ptp({})"),
        *("trapezoid({})", "cumulative_sum({}, axis=1)", "gradient({}, axis=1)", "insert({}, 1, 7.9, axis=1)"),
        *("rot90({})", "fmax({}, 1)", "diff({})", "interp({}, [0, 1], [0, 1])", "heaviside({}, 1)", "positive({})"),
    ):
        for x in (whole, single):
            expected = eval("np." + call.format("x"), {"np": np, "x": x})
            got = eval("ag." + call.format("x"), {"ag": ag, "x": ag.Tensor(x)})
            np.testing.assert_allclose(got.data, expected, rtol=1e-6)
            assert got.dtype == expected.dtype, (call, x.dtype)


def test_nothing_gives_nothing():
    t = ag.Tensor(np.zeros((0, 3)), requires_grad=True)
    for y in (ag.rot90(t), ag.dstack([t, t]), ag.logcumsumexp(t, 0), ag.cummax(t, 0).values, ag.trapezoid(t)):
        assert y.size == 0 and y.requires_grad
        y.sum().backward()
        assert t.grad.shape == (0, 3)
    assert ag.trapezoid(t, axis=1).shape == (0,)
    assert ag.trapezoid(t, axis=0).data.tolist() == [0, 0, 0]


def test_lists_are_multiplied_and_not_repeated():
    x = ag.Tensor([1.0, 2.0])
    np.testing.assert_array_equal(ag.rsub([1.0, 2.0], x, alpha=2).data, [-1.0, -2.0])
    np.testing.assert_array_equal(ag.sub(x, [1.0, 2.0], alpha=2).data, [-1.0, -2.0])
    np.testing.assert_array_equal(ag.addr([[1.0, 2.0]], [1.0], x, beta=2, alpha=3).data, [[5.0, 10.0]])
    np.testing.assert_array_equal(ag.addmm([[1.0]], [[2.0]], ag.Tensor([[3.0]]), beta=2).data, [[8.0]])
    np.testing.assert_array_equal(ag.addbmm([[1.0]], [[[2.0]]], ag.Tensor([[[3.0]]]), beta=2).data, [[8.0]])
