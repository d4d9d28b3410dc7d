"""The array API standard on Tensors, against NumPy's own namespace of it; and DLPack."""

import inspect

import numpy as np
import pytest

import autograd as ag
from autograd import array_api

CALLS = """
xp.abs(x)
xp.acos(x / 9)
xp.acosh(1 + x * x)
xp.add(x, y)
xp.all(b)
xp.all(b, axis=1, keepdims=True)
xp.any(b, axis=0)
xp.argmax(x)
xp.argmax(x, axis=1, keepdims=True)
xp.argmin(x, axis=-1)
xp.argsort(x)
xp.asin(x / 9)
xp.asinh(x)
xp.astype(x, xp.float32)
xp.astype(k, xp.float64, copy=False)
xp.atan(x)
xp.atan2(x, y)
xp.atanh(x / 9)
xp.bitwise_and(k, k + 1)
xp.bitwise_invert(k)
xp.bitwise_left_shift(k, k)
xp.bitwise_or(k, k + 1)
xp.bitwise_right_shift(k, k)
xp.bitwise_xor(k, k + 1)
xp.broadcast_arrays(x, y[0])
xp.broadcast_to(y[0], (2, 3))
xp.ceil(x)
xp.clip(x, -1, 1)
xp.concat((x, y))
xp.concat((x, y), axis=None)
xp.copysign(x, y)
xp.cos(x)
xp.cosh(x)
xp.count_nonzero(k, axis=0)
xp.cumulative_prod(x, axis=1)
xp.cumulative_sum(x, axis=0, include_initial=True)
xp.cumulative_sum(k[0])
xp.diff(x)
xp.diff(x, axis=0, prepend=y)
xp.divide(x, y)
xp.equal(k, k[0])
xp.exp(x)
xp.expand_dims(x, axis=1)
xp.expm1(x)
xp.flip(x)
xp.flip(x, axis=1)
xp.floor(x)
xp.floor_divide(x, y)
xp.greater(x, y)
xp.greater_equal(x, y)
xp.hypot(x, y)
xp.isfinite(x)
xp.isinf(x)
xp.isnan(x)
xp.less(x, y)
xp.less_equal(x, y)
xp.linalg.cholesky(x @ x.T)
xp.linalg.cross(x, y)
xp.linalg.det(x[:, :2])
xp.linalg.diagonal(x, offset=1)
xp.linalg.eigvalsh(x @ x.T)
xp.linalg.inv(x[:, :2])
xp.linalg.matrix_norm(x, ord=1, keepdims=True)
xp.linalg.matrix_power(x[:, :2], 3)
xp.linalg.matrix_rank(x)
xp.linalg.outer(x[0], y[0])
xp.linalg.pinv(x)
xp.linalg.qr(x)
xp.linalg.slogdet(x[:, :2])
xp.linalg.solve(x[:, :2], y)
xp.linalg.svd(x, full_matrices=False)
xp.linalg.svdvals(x)
xp.linalg.trace(x)
xp.linalg.vector_norm(x, axis=1, ord=3)
xp.log(x * x)
xp.log10(x * x)
xp.log1p(x * x)
xp.log2(x * x)
xp.logaddexp(x, y)
xp.logical_and(b, b[0])
xp.logical_not(b)
xp.logical_or(b, b[0])
xp.logical_xor(b, b[0])
xp.matmul(x, y.T)
xp.matrix_transpose(x)
xp.max(x)
xp.max(x, axis=1)
xp.maximum(x, y)
xp.mean(x, axis=0, keepdims=True)
xp.meshgrid(x[0], y[1])
xp.min(x, axis=(0, 1))
xp.minimum(x, y)
xp.moveaxis(x, 0, 1)
xp.multiply(x, y)
xp.negative(x)
xp.nextafter(x, y)
xp.nonzero(k)
xp.not_equal(k, 2)
xp.permute_dims(x, (1, 0))
xp.positive(x)
xp.pow(x, k)
xp.prod(x, axis=1)
xp.prod(k, dtype=xp.float64)
xp.reciprocal(x)
xp.remainder(x, y)
xp.repeat(x, 2, axis=1)
xp.reshape(x, (3, 2))
xp.roll(x, 1)
xp.roll(x, (1, 2), axis=(0, 1))
xp.round(x)
xp.searchsorted(xp.sort(x[0]), y[0], side="right")
xp.sign(x)
xp.signbit(x)
xp.sin(x)
xp.sinh(x)
xp.sort(x, axis=0)
xp.sqrt(x * x)
xp.square(x)
xp.squeeze(x[:1], axis=0)
xp.stack((x, y), axis=1)
xp.std(x, correction=1)
xp.subtract(x, y)
xp.sum(k)
xp.sum(x, axis=1, dtype=xp.float32)
xp.take(x, k[0], axis=1)
xp.take_along_axis(x, k, axis=1)
xp.tan(x)
xp.tanh(x)
xp.tensordot(x, y, axes=((1,), (1,)))
xp.tile(x, (2, 1))
xp.tril(x)
xp.triu(x, k=1)
xp.trunc(x)
xp.unique_all(k)
xp.unique_counts(k)
xp.unique_inverse(k)
xp.unique_values(k)
xp.unstack(x, axis=1)
xp.var(x, axis=0, correction=1.0, keepdims=True)
xp.vecdot(x, y)
xp.where(b, x, y)
xp.arange(5)
xp.arange(1, 4, 0.5)
xp.asarray([1, 2], dtype=xp.float32)
xp.empty((2, 0))
xp.empty_like(x[:0])
xp.eye(3, 4, k=1)
xp.full((2, 2), 3.0)
xp.full_like(x, 2.0)
xp.linspace(0, 1, 5, endpoint=False)
xp.ones(3, dtype=xp.int32)
xp.ones_like(k)
xp.zeros((2, 3))
xp.zeros_like(x)
xp.pi + xp.e
x[xp.newaxis, ...]
""".strip().splitlines()

X = np.array([[0.5, -1.25, 2.0], [3.5, 0.75, -0.5]])
GIVEN = {
    "x": X,
    "y": np.array([[1.5, 0.25, -2.5], [0.5, 1.0, 2.25]]),
    "k": np.array([[1, 0, 2], [2, 1, 1]]),
    "b": np.array([[True, False, True], [True, True, True]]),
}


@pytest.mark.parametrize("call", CALLS)
def test_the_result_is_numpys(call):
    expected = eval(call, {"xp": np, **GIVEN})
    tensors = {name: ag.Tensor(value) for name, value in GIVEN.items()}
    got = eval(call, {"xp": tensors["x"].__array_namespace__(), **tensors})
    many = isinstance(expected, tuple | list)
    for a, b in zip(got if many else [got], expected if many else [expected], strict=True):
        assert isinstance(a, ag.Tensor) or isinstance(b, float | int)
        assert np.shape(a) == np.shape(b) and getattr(a, "dtype", None) == getattr(b, "dtype", None)
        np.testing.assert_allclose(a.data if isinstance(a, ag.Tensor) else a, b, rtol=1e-12, atol=1e-14)


def test_every_function_is_tried():
    used = {word.split("(")[0].split(")")[0] for call in CALLS for word in call.split("xp.")[1:]}
    functions = {name for name in array_api.__all__ if callable(getattr(array_api, name))}
    others = {"can_cast", "finfo", "iinfo", "isdtype", "result_type", "from_dlpack"}
    classes = {name for name in functions if inspect.isclass(getattr(array_api, name))}
    assert functions - used - others - classes == set()


def test_the_names_that_are_missing_are_absent():
    for name in ("fft", "complex64", "conj", "imag", "real", "eig"):
        assert not hasattr(array_api, name)


def test_what_is_differentiable_is():
    def f(x):
        xp = x.__array_namespace__(api_version="2024.12")
        y = xp.std(xp.sort(x, axis=1, descending=True), axis=0, correction=1)
        return xp.sum(xp.cumulative_sum(y, include_initial=True) ** 2) + xp.linalg.vector_norm(xp.take(x, [0], axis=0))

    ag.gradcheck(f, [X], order=2)
    ag.gradcheck(lambda x: array_api.copysign(x, -GIVEN["y"]), [X])


def test_dtypes_and_devices():
    assert array_api.isdtype(array_api.float32, "real floating") and not array_api.isdtype(array_api.int8, "bool")
    assert array_api.result_type(ag.Tensor(X), array_api.float32) == array_api.float64
    assert array_api.can_cast(ag.Tensor([1]), array_api.float64)
    assert array_api.finfo(ag.Tensor(X)).eps == np.finfo(np.float64).eps and array_api.iinfo(array_api.int8).max == 127
    info = array_api.__array_namespace_info__()
    assert info.default_device() == ag.Tensor(X).device and info.devices() == [info.default_device()]
    assert info.capabilities()["boolean indexing"] and info.default_dtypes()["real floating"] == np.float64
    assert info.dtypes(kind="bool") == {"bool": np.dtype(bool)} and len(info.dtypes()) == 11
    x = ag.Tensor(X)
    assert x.to_device("cpu") is x and array_api.asarray(x) is x and array_api.asarray(x, copy=True) is not x


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x.__array_namespace__(api_version="1999.12"), ValueError, "there is no such version here"),
        (lambda x: array_api.take(x, [0]), ValueError, "take: an axis is needed"),
        (lambda x: array_api.cumulative_sum(x), ValueError, "cumulative_sum: an axis is needed"),
        (lambda x: array_api.asarray([1.0], copy=False), ValueError, "a Tensor has memory of its own"),
        (lambda x: array_api.reshape(x, (6,), copy=False), ValueError, "Tensors are never views"),
        (lambda x: array_api.zeros(2, device="cuda"), RuntimeError, "there is no GPU here"),
        (lambda x: ag.from_dlpack([1.0]), TypeError, "an array with __dlpack__ is needed"),
        (lambda x: ag.from_dlpack(X, copy=False), BufferError, "a Tensor has memory of its own"),
        (lambda x: x.__dlpack__(copy=False), BufferError, "a Tensor shares its memory with nobody"),
        (lambda x: x.__dlpack__(dl_device=(2, 0)), BufferError, "there is no device but the CPU"),
        (
            lambda x: np.from_dlpack(ag.Tensor(x, requires_grad=True)),
            BufferError,
            r"history would be lost(.|\n)*detach",
        ),
    ],
)
def test_what_there_is_not_is_said(call, error, message):
    with pytest.raises(error, match=message):
        call(ag.Tensor(X))


def test_dlpack_gives_and_takes_copies():
    x = ag.Tensor(X)
    taken = np.from_dlpack(x)
    np.testing.assert_array_equal(taken, X)
    assert not np.shares_memory(taken, x.data)
    given = X.copy()
    t = ag.from_dlpack(given)
    given[...] = 0.0
    assert t.tolist() == X.tolist() and t.dtype == X.dtype and not t.requires_grad
    assert ag.from_dlpack(np.ones(())).shape == np.from_dlpack(ag.Tensor(2.0)).shape == ()
    np.testing.assert_array_equal(np.from_dlpack(ag.Tensor(X, requires_grad=True).detach()), X)


def test_dlpack_with_pytorch():
    torch = pytest.importorskip("torch")
    x = ag.Tensor(X, dtype=np.float32)
    theirs = torch.from_dlpack(x)
    assert theirs.dtype == torch.float32 and theirs.tolist() == X.tolist()
    theirs.zero_()
    assert x.tolist() == X.tolist()
    assert ag.from_dlpack(torch.tensor(X)).tolist() == X.tolist()
