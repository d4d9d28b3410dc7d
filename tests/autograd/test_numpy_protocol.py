"""NumPy's functions on Tensors: right, or an error; never another value, shape or dtype in silence."""

import numpy as np
import pytest

import autograd as ag

X = np.random.default_rng(0).normal(size=(2, 3, 4))
INDICES = np.zeros((2, 1, 4), int)

# In NumPy's own arguments, in their order there, with those that NumPy passes on by default
RIGHT = """
np.sum(t, 0, None, None, True)
np.sum(a=t, axis=1, dtype=None, out=None)
np.sum(t, axis=(0, -1), keepdims=True)
np.mean(t, 0, None, None, True)
np.mean(t, axis=1, dtype=None)
np.var(t, 0, None, None, 1, True)
np.std(t, axis=0, ddof=1)
np.max(t, 0, None, True)
np.min(t, axis=2)
np.amax(t, 1)
np.prod(t, axis=(0, 1))
np.cumsum(t, 1, None)
np.clip(t, 0, None)
np.clip(t, None, 0)
np.clip(a=t, a_min=0, a_max=1)
np.linalg.norm(t)
np.linalg.norm(t, None, 1, True)
np.linalg.norm(x=t[0, 0], ord=1)
np.linalg.norm(t[0, 0], np.inf)
np.linalg.matmul(t, t[0].T)
np.linalg.tensordot(t, t, axes=3)
np.linalg.trace(t)
np.linalg.diagonal(t)
np.linalg.outer(t[0, 0], t[0, 1])
np.linalg.inv(t[0, :, :3])
np.linalg.det(t[..., :3])
np.linalg.solve(t[..., :3], t)
np.linalg.cholesky(t @ np.linalg.matrix_transpose(t))
np.linalg.eigh(t @ t.mT)
np.linalg.eigvalsh(t @ t.mT, UPLO="U")
np.linalg.svd(t, full_matrices=False)
np.linalg.svd(t[..., :3])
np.linalg.svdvals(t)
np.linalg.qr(t)
np.linalg.qr(t, mode="r")
np.linalg.pinv(t, rcond=1e-10)
np.linalg.cond(t)
np.linalg.matrix_power(t[0, :, :3], 3)
np.linalg.multi_dot([t[0], t[1].T, t[0]])
np.linalg.vector_norm(t, axis=(0, 2), ord=3)
np.linalg.matrix_norm(t, ord="nuc", keepdims=True)
np.linalg.cross(t[..., :3], t[..., 1:])
np.linalg.vecdot(t, t, axis=1)
np.linalg.norm(t, 1, axis=(0, 2))
np.quantile(t, 0.3)
np.quantile(a=t, q=[0.2, 0.7], axis=(0, 2), method="lower", keepdims=True)
np.percentile(t, [5, 95], 1)
np.nanquantile(t, 0.3, axis=-1)
np.nanmedian(t, 0, None, False, True)
np.nanmax(t, 1)
np.nanvar(t, 0, None, None, 1, True)
np.nanstd(t, axis=2)
np.nanprod(t, axis=0)
np.nancumsum(t, 1)
np.average(t, axis=1, weights=X[0, :, 0] ** 2)
np.average(t, 1, None, True)[0]
np.cov(t[0], t[1], bias=True)
np.corrcoef(t[0], rowvar=False)
np.convolve(t[0, 0], t[0, 1], "same")
np.correlate(t[0, 0], v=t[0, 1])
np.concatenate([t, t], axis=None)
np.concat((t, t), 1)
np.stack(arrays=[t, t], axis=-1)
np.split(t, [1], axis=1)
np.where(t > 0, t, 0.0)
np.reshape(t, (6, 4), "C")
np.ravel(t)
np.transpose(t, axes=(1, 0, 2))
np.permute_dims(t, axes=(1, 0, 2))
np.expand_dims(a=t, axis=(0, 1))
np.squeeze(a=t[:1])
np.moveaxis(t, source=0, destination=1)
np.swapaxes(t, axis1=0, axis2=1)
np.broadcast_to(array=t, shape=(2, 2, 3, 4))
np.flip(m=t, axis=0)
np.roll(t, shift=(1, 2), axis=(0, 1))
np.pad(array=t, pad_width=1)
np.pad(t, 1, constant_values=3)
np.pad(t, 1, "edge")
np.tile(A=t, reps=2)
np.repeat(t, repeats=2, axis=0)
np.take(a=t, indices=[0, 2], axis=1, mode="raise")
np.take_along_axis(arr=t, indices=INDICES, axis=1)
np.trace(t, 0, 1, 2, None)
np.diagonal(t, axis1=1, axis2=2)
np.tril(m=t, k=1)
np.outer(a=t[0], b=t[1])
np.dot(t, t[0].T)
np.matmul(t, np.ones(4))
np.tensordot(a=t, b=t, axes=([0, 1], [0, 1]))
np.einsum("ijk,ijk->i", t, t)
np.add(1, t)
np.power(t, 2)
np.arctan2(t, 1)
np.multiply(np.float32(2), t)
np.float_power(t, 2)
np.sort(t)
""".strip().splitlines()

REFUSED = """
np.sum(t, 0, np.float32)
np.sum(t, axis=0, dtype=np.float32)
np.sum(t, initial=5.0)
np.sum(t, where=X > 0)
np.mean(t, dtype=np.float32)
np.var(t, correction=1)
np.max(t, initial=9.0)
np.clip(t, 0, 1, dtype=np.float32)
np.concatenate((t, t), dtype=np.float32)
np.stack((t, t), dtype=np.float32)
np.reshape(t, (6, 4), "F")
np.ravel(t, order="F")
np.take(t, [0, 9], axis=1, mode="wrap")
np.pad(t, 1, mode="reflect", reflect_type="odd")
np.quantile(t, 0.5, weights=X, method="inverted_cdf")
np.nanmax(t, where=X > 0)
np.cov(t[0], dtype=np.float32)
np.add(t, 1, where=False)
np.exp(t, dtype=np.float32)
np.linalg.eigvals(t[0, :, :3])
np.linalg.pinv(t, -1.0, False, rtol=None, strange=1)
np.emath.sqrt(t)
np.emath.log(t)
np.copy(t)
np.sum([t[0, 0, 0], t[0, 0, 1]])
np.array([t[0, 0, 0], t[0, 0, 1]])
""".strip().splitlines()


def run(call, t):
    return eval(call, {"np": np, "t": t, "X": X, "INDICES": INDICES})


@pytest.mark.parametrize("call", RIGHT)
def test_right(call):
    t = ag.Tensor(X, requires_grad=True)
    expected, got = run(call, X), run(call, t)
    if not isinstance(expected, list | tuple):
        expected, got = [expected], [got]
    for a, b in zip(expected, got, strict=True):
        assert isinstance(b, ag.Tensor) and b.requires_grad
        assert b.shape == a.shape and b.dtype == a.dtype
        np.testing.assert_allclose(b.data, a, rtol=1e-13)


@pytest.mark.parametrize("call", REFUSED)
def test_refused(call):
    with pytest.raises(TypeError):
        run(call, ag.Tensor(X, requires_grad=True))


def test_the_error_names_the_argument_and_what_to_use():
    with pytest.raises(TypeError, match=r"np\.sum: on Tensors it takes no initial\n  use ag\.sum\(x, axis, keepdims\)"):
        np.sum(ag.Tensor(X), initial=5.0)
    with pytest.raises(TypeError, match=r"np\.add\.accumulate .*\n  use ag\.cumsum,"):
        np.add.accumulate(ag.Tensor(X))
