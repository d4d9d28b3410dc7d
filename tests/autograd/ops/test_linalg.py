"""Products of matrices and einsum, beyond what the law tests of the registry hold."""

import tracemalloc

import numpy as np
import pytest

import autograd as ag


def numbers(*shape):
    return np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape)


def leaves(*shapes):
    return [ag.Tensor(numbers(*shape) + i, requires_grad=True) for i, shape in enumerate(shapes)]


# -- matmul ------------------------------------------------------------------------------------


def test_the_gradients_of_a_matrix_product_by_hand():
    a = ag.Tensor([[1.0, 2.0]], requires_grad=True)
    b = ag.Tensor([[3.0, 4.0], [5.0, 6.0]], requires_grad=True)
    (a @ b).backward([[1.0, 10.0]])
    np.testing.assert_array_equal(a.grad, [[43, 65]])
    np.testing.assert_array_equal(b.grad, [[1, 10], [2, 20]])


@pytest.mark.parametrize("left, right", [([[1.0, 2.0]], np.ones((2, 1))), (np.ones((3, 1, 2)), [[1.0], [2.0]])])
def test_lists_and_arrays_on_either_side(left, right):
    a, b = ag.Tensor(left, requires_grad=True), ag.Tensor(right, requires_grad=True)
    for y in (a @ right, left @ b):
        np.testing.assert_array_equal(y.data, np.matmul(left, right))
        y.backward(np.ones(y.shape))
    assert a.grad.shape == a.shape
    assert b.grad.shape == b.shape


def test_a_batch_times_one_matrix_needs_no_gradient_for_each_of_the_batch():
    a, b = np.ones((200, 4, 50)), ag.Tensor(np.ones((50, 60)), requires_grad=True)
    y = a @ b
    g = np.ones(y.shape)
    tracemalloc.start()
    ag.gradients(y, b, gradient=g)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200 * 50 * 60 * 8 / 4


@pytest.mark.parametrize(
    "a, b, message",
    [
        (numbers(2, 3), numbers(2, 3), "inner lengths: 3 and 2"),
        (numbers(3), numbers(2), "inner lengths: 3 and 2"),
        (numbers(2, 3), 2.0, "a scalar has no matrix product; use *"),
        (2.0, numbers(2), "a scalar has no matrix product; use *"),
        (numbers(2, 2, 2), numbers(3, 2, 2), "shapes broadcast where"),
    ],
)
def test_matmul_errors(a, b, message):
    t = ag.Tensor(a, requires_grad=True)
    for call in (lambda: ag.matmul(t, b), lambda: ag.matmul(a, b)):
        with pytest.raises(ValueError, match=r"\Amatmul: ") as error:
            call()
        assert message in str(error.value)
        assert "  a: " in str(error.value)


def test_a_product_keeps_only_what_its_rules_name():
    a, b = leaves((2, 3), (3, 4))
    y = a @ b.detach()
    assert y.node.saved_a is b._data
    assert y.node.saved_b is None


# -- dot, outer, tensordot ---------------------------------------------------------------------


@pytest.mark.parametrize("axes", [0, 1, 2, (0, -1), ([1, 0], [-1, 1]), (range(2), (1, 2)), ((), ())])
def test_tensordot_axes(axes):
    a, b = leaves((3, 3), (3, 3, 3))
    y = ag.tensordot(a, b, axes)
    np.testing.assert_allclose(y.data, np.tensordot(a.data, b.data, axes))
    g = numbers(*y.shape)
    by_a, by_b = ag.gradients(y, [a, b], gradient=g)
    # it is linear in each: <g, f(a, b)> = <gradient by a, a> = <gradient by b, b>
    np.testing.assert_allclose((by_a * a.data).sum(), (g * y.data).sum())
    np.testing.assert_allclose((by_b * b.data).sum(), (g * y.data).sum())


@pytest.mark.parametrize(
    "call",
    [
        lambda x: ag.dot(x, x),
        lambda x: ag.tensordot(x, x, 1),
        lambda x: ag.trace(x[0]),
        lambda x: ag.diagonal(x[0]),
        lambda x: ag.tril(x[0, 0]),
    ],
)
def test_errors_name_the_operation_and_the_shapes(call):
    with pytest.raises(ValueError, match=r"\A\w+: (.|\n)*shape \(.*\), float64"):
        call(leaves((2, 3))[0])


# -- einsum ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "subscripts, shapes",
    [
        ("ij,jk", [(2, 3), (3, 4)]),
        ("kj,ji", [(2, 3), (3, 4)]),
        (" i j , j -> i ", [(2, 3), (3,)]),
        ("ii,i", [(3, 3), (3,)]),
        ("iji->j", [(2, 3, 2)]),
        ("iii", [(3, 3, 3)]),
        ("iijj->ij", [(2, 2, 3, 3)]),
        ("...", [(2, 3)]),
        ("...ii->...i", [(2, 3, 3)]),
        ("i...,i...", [(2, 3), (2, 4, 3)]),
        ("...i,...i->...", [(4, 1, 2), (3, 2)]),
        ("a...b,b...->...a", [(2, 3, 4), (4, 3)]),
        ("Za,aZ->", [(2, 3), (3, 2)]),
        ("ij,k->", [(2, 3), (4,)]),
        ("ij,kj,lk->il", [(2, 3), (4, 3), (5, 4)]),
        ("bhqd,bhkd->bhqk", [(2, 2, 3, 4), (2, 2, 5, 4)]),
        ("ij,jk,kl->il", [(40, 30), (30, 40), (40, 30)]),
        ("ij,ij->i", [(200, 1), (1, 300)]),
        ("ij,ij->", [(2, 1), (1, 3)]),
        ("ii,i->i", [(1, 1), (3,)]),
    ],
)
def test_einsum(subscripts, shapes):
    operands = leaves(*shapes)
    plain = [t.data for t in operands]
    y = ag.einsum(subscripts, *operands)
    expected = np.einsum(subscripts, *plain)
    np.testing.assert_allclose(y.data, expected, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(ag.einsum(subscripts, *plain), expected, rtol=1e-10, atol=1e-10)
    # it is linear in each operand
    g = numbers(*expected.shape)
    for t, by_t in zip(operands, ag.gradients(y, operands, gradient=g), strict=True):
        np.testing.assert_allclose((by_t * t.data).sum(), (g * expected).sum(), rtol=1e-8)
        assert by_t.shape == t.shape


def test_an_infinite_gradient_stays_on_the_diagonal():
    (x,) = leaves((2, 2))
    g = ag.gradients(ag.einsum("ii->i", x), x, gradient=[np.inf, 1.0])
    np.testing.assert_array_equal(g, [[np.inf, 0], [0, 1]])


@pytest.mark.parametrize(
    "subscripts, shapes, message",
    [
        ("ij,jk", [(2, 3), (2, 3)], "the axes 'j' have different lengths: 3 and 2"),
        ("ij", [(2, 3), (2, 3)], "name 1 operands, and 2 are given"),
        ("ijk", [(2, 3)], "operand 0 has 2 axes"),
        ("i", [(2, 3)], "operand 0 has 2 axes"),
        ("ij->k", [(2, 3)], "the result names k"),
        ("ij->ii", [(2, 3)], "names an axis twice"),
        ("i%", [(2, 3)], "% is none"),
        ("ii", [(1, 3)], "don't match"),
    ],
)
def test_einsum_errors(subscripts, shapes, message):
    with pytest.raises(ValueError, match=r"\Aeinsum: ") as error:
        ag.einsum(subscripts, *leaves(*shapes))
    assert message in str(error.value)
    assert "shape (" in str(error.value)


def test_the_subscripts_come_first():
    with pytest.raises(TypeError, match="einsum: the subscripts come first"):
        ag.einsum(numbers(2, 2), "ij")


def test_integers_give_integer_arrays():
    a = np.arange(4).reshape(2, 2)
    results = [
        ag.matmul(a, a), ag.dot(a, a), ag.outer(a, a), ag.tensordot(a, a, 1), ag.einsum("ij,jk", a, a), ag.trace(a),
        ag.diagonal(a), ag.tril(a), ag.triu(a), ag.matmul([[1, 2]], [[3], [4]]),
    ]  # fmt: skip
    assert all(y.dtype.kind == "i" for y in results)
    np.testing.assert_array_equal(results[-1], [[11]])
