"""Indexing and assignment, beyond what the law tests of the registry hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices, integer_array_indices

import autograd as ag
from autograd.ops.indexing import scatter
from tests.oracles.indexing import scatter_by_hand


def leaf(*shape):
    return ag.Tensor(np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape), requires_grad=True)


def numbers(shape):
    return np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape)


@st.composite
def shape_and_index(draw):
    """A shape and an index of any of NumPy's kinds into it."""
    shape = draw(array_shapes(max_dims=3, max_side=4))
    kind = draw(st.sampled_from(["basic", "integers", "mask", "mixed"]))
    if kind == "basic":
        return shape, draw(basic_indices(shape, allow_newaxis=True))
    if kind == "integers":
        return shape, draw(integer_array_indices(shape))
    if kind == "mask":
        bits = draw(st.lists(st.booleans(), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
        return shape, np.array(bits).reshape(shape)
    positions = draw(st.lists(st.integers(-shape[-1], shape[-1] - 1), max_size=5))
    return shape, (..., np.array(positions, dtype=int))


@settings(deadline=None)
@given(shape_and_index())
def test_values_and_gradients_for_every_index(case):
    shape, index = case
    x = leaf(*shape)
    y = x[index]
    expected = x.data[index]
    np.testing.assert_array_equal(y.data, expected)
    g = numbers(expected.shape)
    np.testing.assert_allclose(ag.gradients(y, x, gradient=g), scatter_by_hand(g, index, shape), atol=1e-14)


@settings(deadline=None)
@given(shape_and_index())
def test_assignment_for_every_index(case):
    shape, index = case
    x = leaf(*shape)
    places = np.arange(x.size).reshape(shape)[index]
    value = ag.Tensor(numbers(np.shape(places)), requires_grad=True)
    y = ag.internal.assign(x, value, index)

    # Entry by entry, in order: the last one stays
    writer = {int(place): n for n, place in enumerate(np.ravel(places))}
    expected = [value.data.flat[writer[n]] if n in writer else x.data.flat[n] for n in range(x.size)]
    np.testing.assert_array_equal(np.ravel(y.data), expected)

    g = numbers(shape) + 2
    by_x, by_value = ag.gradients(y, [x, value], gradient=g)
    np.testing.assert_array_equal(np.ravel(by_x), [0 if n in writer else g.flat[n] for n in range(x.size)])
    expected = np.zeros(value.size)
    for place, n in writer.items():
        expected[n] = g.flat[place]
    np.testing.assert_array_equal(np.ravel(by_value), expected)


def test_an_entry_picked_twice_gets_both_gradients():
    x = leaf(3)
    y = x[[2, 0, 2]]
    y.backward([1.0, 10.0, 100.0])
    np.testing.assert_array_equal(x.grad, [10, 0, 101])


@pytest.mark.parametrize("index", [([0, 1, 0],), (range(2),), ((0, 0),), (np.array([[0], [0]]), [0, 0])])
def test_sequences_that_repeat(index):
    x = leaf(3, 2)
    y = x[index]
    y.backward(np.ones(y.shape))
    np.testing.assert_array_equal(x.grad, scatter_by_hand(np.ones(y.shape), index, (3, 2)))


def test_tensors_as_indices():
    x = leaf(3, 2)
    rows = ag.Tensor([2, 0])
    np.testing.assert_array_equal(x[rows].data, x.data[[2, 0]])
    np.testing.assert_array_equal(x[rows, ag.Tensor(1)].data, x.data[[2, 0], 1])
    np.testing.assert_array_equal(x[[ag.Tensor(2), ag.Tensor(0)]].data, x.data[[2, 0]])
    large = x[x > 3]
    np.testing.assert_array_equal(large.data, [4, 5, 6])
    large.backward([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(x.grad, [[0, 0], [0, 1], [2, 3]])


def test_indexing_keeps_no_values():
    y = leaf(3, 2)[1:]
    assert y.node.saved == ((slice(1, None), (3, 2)),)


def test_indexing_a_scalar():
    x = ag.Tensor(2.0, requires_grad=True)
    assert x[()].shape == ()
    y = x[None]
    assert y.shape == (1,)
    y.backward()
    assert x.grad == 1


@pytest.mark.parametrize("index", [3, (0, 0, 0), 0.5, ag.Tensor(1.5), [[0, 5]], np.ones((2, 2), bool)])
def test_index_errors(index):
    with pytest.raises(IndexError, match=r"\Agetitem: (.|\n)*x: shape \(3, 2\), float64"):
        leaf(3, 2)[index]


# -- assignment --------------------------------------------------------------------------------


def test_assignment_leaves_its_input_alone():
    x = np.arange(3.0)
    y = ag.internal.assign(x, 9, 0)
    np.testing.assert_array_equal(x, [0, 1, 2])
    np.testing.assert_array_equal(y, [9, 1, 2])


def test_values_broadcast_and_their_gradients_are_summed():
    x, row, one = leaf(2, 3), leaf(1, 1, 3), ag.Tensor(5.0, requires_grad=True)
    y = ag.internal.assign(ag.internal.assign(x, row, slice(None)), one, (..., 0))
    np.testing.assert_array_equal(y.data, [[5, 2, 3], [5, 2, 3]])
    y.backward([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    np.testing.assert_array_equal(x.grad, np.zeros((2, 3)))
    np.testing.assert_array_equal(row.grad, [[[0, 22, 33]]])
    assert one.grad == 11


def test_the_dtype_is_that_of_the_array():
    value = ag.Tensor(2.0, requires_grad=True)
    y = ag.internal.assign(np.zeros(2, np.float32), value, 0)
    assert y.dtype == np.float32
    y.backward([3.0, 4.0])
    assert value.grad == 3
    assert value.grad.dtype == np.float64
    np.testing.assert_array_equal(ag.internal.assign(np.zeros(2), 7, 1), [0, 7])


def test_floats_do_not_go_into_integers():
    with pytest.raises(TypeError, match="assign: floats cannot be assigned into integers without loss"):
        ag.internal.assign(np.arange(3), 1.5, 0)


def test_values_that_do_not_fit():
    with pytest.raises(ValueError, match=r"\Aassign: (.|\n)*value: shape \(4,\)"):
        ag.internal.assign(leaf(2, 3), np.ones(4), 0)


# -- along an axis -----------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize(
    "indices", [1, [0, -1, 0], np.array([[0, 1], [1, 1]]), ag.Tensor([1, 0]), np.zeros((2, 0), int)]
)
def test_take(indices, axis):
    x = leaf(2, 3)
    y = ag.take(x, indices, axis)
    plain = indices.data if isinstance(indices, ag.Tensor) else indices
    np.testing.assert_array_equal(y.data, np.take(x.data, plain, axis))
    places = np.take(np.arange(6).reshape(2, 3), plain, axis)
    g = numbers(places.shape)
    np.testing.assert_allclose(ag.gradients(y, x, gradient=g).ravel(), scatter_by_hand(g, places, (6,)), atol=1e-14)


def test_take_out_of_range():
    with pytest.raises(IndexError, match=r"\Atake: index 6 is out of bounds(.|\n)*shape \(2, 3\)"):
        ag.take(leaf(2, 3), 6)


def test_take_along_axis_sorts():
    x = ag.Tensor([[3.0, 1.0, 2.0], [4.0, 6.0, 5.0]], requires_grad=True)
    order = np.argsort(x.data, axis=1)
    y = ag.take_along_axis(x, order, 1)
    np.testing.assert_array_equal(y.data, np.sort(x.data, axis=1))
    y.backward([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_array_equal(x.grad, [[3, 1, 2], [4, 6, 5]])


def test_take_along_axis_broadcasts():
    x = leaf(1, 3)
    y = ag.take_along_axis(x, np.array([[0], [2]]), 1)
    np.testing.assert_array_equal(y.data, np.take_along_axis(x.data, np.array([[0], [2]]), 1))
    y.backward([[1.0], [10.0]])
    np.testing.assert_array_equal(x.grad, [[1, 0, 10]])


# -- the transpose of indexing -----------------------------------------------------------------


@settings(deadline=None)
@given(shape_and_index())
def test_scatter_equals_its_twin(case):
    shape, index = case
    x = numbers(np.shape(np.zeros(shape)[index]))
    np.testing.assert_allclose(scatter(x, index, shape), scatter_by_hand(x, index, shape), atol=1e-14)
