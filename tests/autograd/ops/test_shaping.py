"""Reshaping, joining and padding, beyond what the law tests of the registry hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag


def leaf(*shape):
    return ag.Tensor(np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape), requires_grad=True)


# -- split -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape, cut, axis",
    [
        ((6,), 3, 0),
        ((6,), [2, 3], 0),
        ((2, 6), 2, -1),
        ((2, 6), [1, 4], 1),
        ((6,), [4, 2, 9], 0),
        ((6,), [-2], 0),
        ((0, 2), 3, 0),
    ],
)
def test_split_is_numpys(shape, cut, axis):
    x = np.arange(np.prod(shape)).reshape(shape)
    expected = np.split(x, cut, axis)
    for parts in (ag.split(x, cut, axis), [t.data for t in ag.split(ag.Tensor(x), cut, axis)]):
        assert len(parts) == len(expected)
        for part, other in zip(parts, expected, strict=True):
            np.testing.assert_array_equal(part, other)


def test_the_gradient_of_a_part_lands_where_it_was_cut_out():
    x = leaf(5)
    _, middle, _ = ag.split(x, [1, 3])
    (2 * middle).backward([1.0, 10.0])
    np.testing.assert_array_equal(x.grad, [0, 2, 20, 0, 0])


@pytest.mark.parametrize("cut", [2, 0, -1])
def test_split_into_unequal_parts(cut):
    with pytest.raises(ValueError, match=rf"split: an axis of length 3 has no {cut} equal parts"):
        ag.split(leaf(3), cut)


def test_split_along_a_missing_axis():
    with pytest.raises(ValueError, match="split: axis 1 is none of x"):
        ag.split(leaf(3), 3, axis=1)


# -- joining -----------------------------------------------------------------------------------


def test_each_joined_array_gets_its_own_part_in_its_own_dtype():
    a = ag.Tensor([[1.0, 2.0]], requires_grad=True, dtype=np.float32)
    b = leaf(2, 2)
    y = ag.concatenate([a, np.zeros((1, 2)), b])
    assert y.dtype == np.float64
    y.backward(np.arange(8.0).reshape(4, 2))
    np.testing.assert_array_equal(a.grad, [[0, 1]])
    assert a.grad.dtype == np.float32
    np.testing.assert_array_equal(b.grad, [[4, 5], [6, 7]])


def test_one_tensor_joined_twice():
    x = leaf(2)
    ag.stack([x, x]).backward([[1.0, 2.0], [10.0, 20.0]])
    np.testing.assert_array_equal(x.grad, [11, 22])


def test_joining_the_rows_of_a_tensor():
    x = leaf(2, 3)
    y = ag.concatenate(x)
    np.testing.assert_array_equal(y.data, np.concatenate(x.data))
    y.backward(np.arange(6.0))
    np.testing.assert_array_equal(x.grad, [[0, 1, 2], [3, 4, 5]])


def test_joined_gradients_are_not_shared():
    a, b = leaf(2), leaf(2)
    ag.concatenate([a, b]).backward(np.ones(4))
    a.grad[:] = 7
    np.testing.assert_array_equal(b.grad, [1, 1])


# -- padding -----------------------------------------------------------------------------------

widths = st.tuples(st.integers(0, 5), st.integers(0, 5))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), widths), min_size=1, max_size=3),
    st.sampled_from(["constant", "edge", "reflect", "symmetric", "wrap"]),
)
def test_pad_is_numpys(axes, mode):
    shape, pairs = [n for n, _ in axes], [pair for _, pair in axes]
    x = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    expected = np.pad(x, pairs, mode=mode)
    np.testing.assert_array_equal(ag.pad(x, pairs, mode), expected)
    # its gradient is its transpose: <g, pad x> = <pad^T g, x> for every g
    t = ag.Tensor(x, requires_grad=True)
    g = np.cos(np.arange(expected.size)).reshape(expected.shape)
    back = ag.gradients(ag.pad(t, pairs, mode), t, gradient=g)
    constants = ag.pad(np.zeros(shape), pairs, mode)
    np.testing.assert_allclose((g * (expected - constants)).sum(), (back * x).sum(), atol=1e-9)


def test_pad_widths_by_axis():
    x = np.ones((2, 3))
    np.testing.assert_array_equal(ag.pad(x, {1: 2}), np.pad(x, ((0, 0), (2, 2))))
    np.testing.assert_array_equal(ag.pad(x, {-1: (0, 1), 0: 1}), np.pad(x, ((1, 1), (0, 1))))


def test_pad_keeps_the_layout_of_the_memory():
    images = np.ones((2, 5, 5, 3)).transpose(0, 3, 1, 2)  # channels last in memory
    y = ag.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    assert y.shape == (2, 3, 7, 7)
    assert y.transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.parametrize(
    "arguments, kind, message",
    [
        ((1, "median"), ValueError, "there is no mode 'median'"),
        ((-1,), ValueError, "a width is negative"),
        ((0.5,), TypeError, "the widths must be integers"),
        ((((1, 1), (1, 1), (1, 1)),), ValueError, "do not fit an array of 2 axes"),
    ],
)
def test_pad_errors(arguments, kind, message):
    with pytest.raises(kind, match=message) as error:
        ag.pad(leaf(2, 3), *arguments)
    assert str(error.value).startswith("pad: ")
    assert "x: shape (2, 3), float64" in str(error.value)


# -- the rest ----------------------------------------------------------------------------------


@pytest.mark.parametrize("reps", [2, (2, 3), (3, 1, 2), (0, 2), (2, 0), ()])
def test_tile_sums_its_copies(reps):
    x = leaf(2, 3)
    y = ag.tile(x, reps)
    np.testing.assert_array_equal(y.data, np.tile(x.data, reps))
    y.backward(np.ones(y.shape))
    np.testing.assert_array_equal(x.grad, np.full((2, 3), np.prod(reps)))


@pytest.mark.parametrize("repeats, axis", [(3, None), (0, 1), ([1, 0, 4], 1), ([2, 5], 0), ([2], 0)])
def test_repeat_sums_its_copies(repeats, axis):
    x = leaf(2, 3)
    y = ag.repeat(x, repeats, axis)
    np.testing.assert_array_equal(y.data, np.repeat(x.data, repeats, axis))
    y.backward(np.ones(y.shape))
    times = np.asarray(repeats)
    expected = np.broadcast_to(times[:, None] if axis == 0 and times.size > 1 else times, (2, 3))
    np.testing.assert_array_equal(x.grad, expected)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: ag.reshape(x, (4, 2)),
        lambda x: ag.transpose(x, (0, 0)),
        lambda x: ag.squeeze(x, 0),
        lambda x: ag.swapaxes(x, 0, 2),
        lambda x: ag.expand_dims(x, 5),
        lambda x: ag.concatenate([x, np.ones((2, 4))]),
        lambda x: ag.stack([x, np.ones(3)]),
        lambda x: ag.roll(x, 1, 2),
        lambda x: ag.repeat(x, [1, 2], 1),
    ],
)
def test_errors_name_the_operation_and_the_shapes(call):
    with pytest.raises(ValueError, match=r"\A\w+: (.|\n)*shape \(2, 3\), float64"):
        call(leaf(2, 3))


def test_lists_and_integers_give_arrays():
    np.testing.assert_array_equal(ag.reshape([1, 2, 3, 4], (2, 2)), [[1, 2], [3, 4]])
    np.testing.assert_array_equal(ag.concatenate([[1], [2, 3]]), [1, 2, 3])
    for y in (
        ag.transpose([[1, 2]]),
        ag.pad([1], 1),
        ag.tile([1], 2),
        ag.stack([1, 2]),
        ag.ravel([[1]]),
        ag.flip([1, 2]),
    ):
        assert type(y) is np.ndarray
        assert y.dtype.kind == "i"


def test_nothing_of_the_values_is_kept():
    x = leaf(2, 3)
    for y in (ag.reshape(x, 6), ag.transpose(x), ag.pad(x, 1), ag.tile(x, 2), ag.concatenate([x, x]), ag.stack([x, x])):
        for kept in y.node.saved:
            parts = kept if isinstance(kept, tuple) else (kept,)
            assert not any(isinstance(part, np.ndarray) for part in parts)
