"""Arguments of PyTorch's functions that contradict each other, or that nothing can be made of."""

import numpy as np
import pytest

import autograd as ag


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda m: ag.diff(m, -1), ValueError, "n: -1"),
        (lambda m: ag.searchsorted(m, m, side="left", right=True), ValueError, "contradict"),
        (lambda m: ag.searchsorted(m, np.ones((3, 2))), ValueError, r"v: \(3, 2\)"),
        (lambda m: ag.repeat_interleave(m, 2, 0, output_size=3), ValueError, "output_size: 3"),
        (lambda m: ag.gather(m.sum(), 0, [1]), IndexError, "only entry 0"),
        (lambda m: ag.gather(m.sum(), 1, [0]), np.exceptions.AxisError, "axis 1"),
        (lambda m: m.sum().topk(2), ValueError, "no 2 entries"),
        (lambda m: m.norm(p="nuc"), ValueError, "ord: 'nuc'"),
        (lambda m: m.norm(3, 0), ValueError, r"linalg\.norm"),
        (lambda m: m.max(np.float64(1.0)), TypeError, "integer"),
        (lambda m: m.var(0, dtype=ag.float32), TypeError, "dtype"),
    ],
)
def test_what_makes_no_sense_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))


def test_without_dim_take_along_dim_is_of_the_flat_array():
    m = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    ag.take_along_dim(m, ag.tensor([[3, 3], [0, 1]])).sum().backward()
    assert m.grad.tolist() == [[1.0, 1.0], [0.0, 2.0]]


def test_dtype_is_that_of_the_sum():
    m = ag.tensor(np.full((2, 1000), 0.1, np.float32), requires_grad=True)
    y = m.sum(1, dtype=ag.float64)
    assert y.dtype == np.float64
    np.testing.assert_allclose(y.data, np.float64(np.float32(0.1)) * 1000, rtol=1e-14)
    y.sum().backward()
    assert m.grad.dtype == np.float32 and (m.grad == 1).all()
    assert ag.sum([1, 2], dtype=ag.float32).dtype == np.float32
    assert ag.sum(x=[1, 2], dtype=None) == 3


def test_an_interval_in_float64_is_as_fine():
    low, high = ag.tensor(np.float32(0.0)), ag.tensor(np.float32(1.0))
    np.testing.assert_array_equal(ag.linspace(low, high, 4, dtype=ag.float64).data, np.linspace(0, 1, 4))


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda m, w: ag.quantile(m, w[0]), "q"),
        (lambda m, w: ag.nanquantile(m, w[0]), "q"),
        (lambda m, w: ag.cov(m, aweights=w), "aweights"),
    ],
)
def test_what_has_no_gradient_is_not_silently_left_without(call, name):
    m, w = ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.tensor([0.25, 0.75], requires_grad=True)
    with pytest.raises(TypeError, match=f"no gradient by {name}"):
        call(m, w)
    call(m, w.detach())
