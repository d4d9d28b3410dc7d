"""Tensor: the constructor, the ways of Python, copies."""

import copy
import pickle

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor


def leaf(value, name=None):
    return Tensor(value, requires_grad=True, name=name)


def test_the_data_is_copied():
    array = np.ones(3)
    t = Tensor(array)
    array[0] = 5
    assert t.data[0] == 1
    assert t.dtype == np.float64


def test_no_axes_means_a_numpy_scalar():
    assert type(Tensor(2.0).data) is np.float64
    assert type(Tensor(np.array(2, np.float32)).data) is np.float32
    assert Tensor(2.0).shape == () and Tensor(2.0).ndim == 0 and Tensor(2.0).size == 1


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_can_require_grad(dtype):
    assert Tensor([1, 2], requires_grad=True, dtype=dtype).dtype == dtype


@pytest.mark.parametrize("data", [[1, 2], True, np.array([1j])])
def test_other_dtypes_cannot(data):
    with pytest.raises(TypeError, match=r"(?s)cannot require a gradient: its dtype is .*float16, float32 and float64"):
        Tensor(data, requires_grad=True)


def test_a_list_of_tensors_says_stack():
    for nested in ([leaf(1.0), leaf(2.0)], [1.0, leaf(2.0)], [[1.0, 2.0], [3.0, leaf(2.0)]], (leaf(1.0),)):
        with pytest.raises(TypeError, match=r"ag\.stack"):
            Tensor(nested)


def test_no_numbers():
    with pytest.raises(TypeError, match="no array of numbers"):
        Tensor([object()])
    with pytest.raises(ValueError, match="no array of numbers"):
        Tensor([[1, 2], [3]])


def test_requires_grad_can_be_switched_on_leaves():
    t = Tensor([1.0])
    t.requires_grad = True
    assert t.requires_grad and t.is_leaf
    t.requires_grad = False
    assert not t.requires_grad
    with pytest.raises(ValueError, match="detach"):
        (leaf(1.0) * 2).requires_grad = False


def test_python_numbers_of_one_entry():
    t = Tensor([[2.5]])
    assert float(t) == 2.5 and int(t) == 2 and t.item() == 2.5 and bool(t)
    assert f"{Tensor(0.123456):.4f}" == "0.1235"
    assert range(5)[Tensor(2)] == 2


@pytest.mark.parametrize("convert", [float, int, bool])
def test_more_entries_are_ambiguous(convert):
    with pytest.raises(ValueError, match=r"(?s)ambiguous.*shape: \(2,\)"):
        convert(Tensor([1.0, 2.0]))


def test_length_and_iteration():
    t = leaf([[1.0, 2.0], [3.0, 4.0]])
    assert len(t) == 2
    rows = list(t)
    assert all(row.requires_grad for row in rows)
    with pytest.raises(TypeError, match="len"):
        len(Tensor(1.0))
    with pytest.raises(TypeError, match="iteration"):
        iter(Tensor(1.0))


def test_hash_is_identity_and_equality_is_by_entry():
    a, b = Tensor([1.0]), Tensor([1.0])
    assert len({a, b}) == 2
    assert isinstance(a == b, Tensor) and (a == b).dtype == bool
    assert not (leaf([1.0]) < 2).requires_grad
    assert (a == None) is False  # noqa: E711
    np.testing.assert_array_equal((~(Tensor([1.0, 3.0]) > 2)).data, [True, False])
    np.testing.assert_array_equal(((a > 0) & (b > 2)).data, [False])


def test_repr_shows_what_it_is():
    assert repr(Tensor([1.0, 2.0])) == "Tensor([1., 2.])"
    assert repr(leaf(2.0, "w")) == "Tensor(2., requires_grad=True, name='w')"
    assert "operation=multiply" in repr(leaf(2.0) * 2)
    assert "dtype=float32" in repr(Tensor([1.0], dtype=np.float32))


def test_detach_drops_the_history_and_copies_only_when_one_is_written():
    t = leaf([1.0, 2.0])
    d = (t * 2).detach()
    assert not d.requires_grad
    d = t.detach()
    assert d._data is t._data
    d.data[0] = 5.0
    assert d.data.tolist() == [5.0, 2.0] and t.data.tolist() == [1.0, 2.0]


def test_deepcopy_of_leaves():
    t = leaf([1.0, 2.0], "t")
    (t * t).sum().backward()
    for c in (copy.deepcopy(t), copy.copy(t)):
        assert c.requires_grad and c.name == "t"
        np.testing.assert_array_equal(c.grad, t.grad)
        assert not np.shares_memory(c.data, t.data) and not np.shares_memory(c.grad, t.grad)
    both = copy.deepcopy([t, t])
    assert both[0] is both[1]
    with pytest.raises(TypeError, match=r"recorded result of multiply"):
        copy.deepcopy(t * 2)


def test_pickle_of_leaves():
    t = pickle.loads(pickle.dumps(leaf([1.0, 2.0], "t")))
    assert t.requires_grad and t.name == "t"
    np.testing.assert_array_equal(t.data, [1.0, 2.0])
    with pytest.raises(TypeError, match="recorded result"):
        pickle.dumps(t * 2)


def test_grad_can_be_set_and_is_checked():
    t = leaf([1.0, 2.0], "t")
    t.grad = [3.0, 4.0]
    np.testing.assert_array_equal(t.grad, [3.0, 4.0])
    with pytest.raises(ValueError, match=r"(?s)value: \(2,\).*gradient: \(3,\)"):
        t.grad = np.ones(3)
    with pytest.raises(ValueError, match="no leaf"):
        Tensor([1.0]).grad = np.ones(1)


def test_data_must_stay_differentiable():
    t = leaf([1.0, 2.0], "t")
    with pytest.raises(TypeError, match="int64"):
        t.data = np.array([1, 2])
    t.data = np.array([1, 2, 3], np.float32)
    (t * t).sum().backward()
    assert t.grad.dtype == np.float32 and t.grad.shape == (3,)


# -- operators ---------------------------------------------------------------------------------


def test_reflected_operators():
    x = leaf(4.0)
    assert float(2 + x) == 6 and float(2 - x) == -2 and float(2 * x) == 8 and float(2 / x) == 0.5
    assert float(2**x) == 16 and float(9 % x) == 1 and float(9 // x) == 2 and float(abs(-x)) == 4
    np.testing.assert_array_equal((np.eye(2) @ leaf([1.0, 2.0])).data, [1.0, 2.0])
    np.testing.assert_array_equal(([[1.0, 0.0]] @ leaf([1.0, 2.0])).data, [1.0])
    assert isinstance(np.float64(2.0) * x, Tensor) and isinstance(np.ones(2) - x, Tensor)


def test_python_numbers_are_weak():
    x = Tensor(np.ones(2, np.float32), requires_grad=True)
    y = 2.0 * x + 1 - x / 3.0 + x**2
    assert y.dtype == np.float32
    s = Tensor(np.float32(2), requires_grad=True)
    assert (s * 2.0 + 1).dtype == np.float32


def test_shapes_that_do_not_broadcast():
    with pytest.raises(ValueError, match=r"(?s)add: .*a: shape \(3,\).*b: shape \(4,\).*counted from the last axis"):
        leaf(np.ones(3)) + np.ones(4)


def test_methods():
    x = leaf(np.arange(6.0).reshape(2, 3))
    assert x.sum().item() == 15 and x.mean(axis=0).shape == (3,) and x.T.shape == (3, 2)
    assert x.reshape(3, 2).shape == x.reshape((3, 2)).shape == x.transpose(1, 0).shape == x.transpose((1, 0)).shape
    assert x.transpose().shape == (3, 2) and x.flatten().shape == (6,) and x.max().item() == 5
    assert x.argmax().item() == 5 and not x.argmax().requires_grad
    assert x.astype(np.float32).dtype == np.float32 and x.mT.shape == (3, 2)


def test_plus_gives_a_tensor_of_its_own():
    t, w = Tensor([1.0, 2.0]), leaf(3.0)
    y = +t
    y += 1.0
    np.testing.assert_array_equal(t.data, [1.0, 2.0])
    z = +w
    assert z is not w and not z.is_leaf
    z.backward()
    assert w.grad == 1.0


def test_and_or_xor_not_are_those_of_bits():
    a, b = Tensor([6, 1]), np.array([True, False])
    assert (a & 3).tolist() == [2, 1] and (3 | a).tolist() == [7, 3] and (a ^ a).tolist() == [0, 0]
    assert (~a).tolist() == [-7, -2]
    assert (Tensor(b) & [True, True]).tolist() == (b & Tensor([True, True])).tolist() == [True, False]
    with pytest.raises(TypeError):
        Tensor([1.0]) & 1
    with pytest.raises(TypeError):
        ~Tensor([1.0])


def test_only_integers_are_an_index():
    assert [5, 6][Tensor(1)] == 6
    with pytest.raises(TypeError, match="integer"):
        [5, 6][Tensor(1.0)]


def test_a_new_shape_or_dtype_drops_the_gradient_of_the_old_one():
    w = leaf([1.0, 2.0])
    w.grad = [1.0, 1.0]
    w.data = [3.0, 4.0]
    np.testing.assert_array_equal(w.grad, [1.0, 1.0])
    w.data = np.ones(1)
    assert w.grad is None
    (w * 3.0).backward()
    np.testing.assert_array_equal(w.grad, [3.0])
    w.data = w.data.astype(np.float32)
    assert w.grad is None


# -- assignment --------------------------------------------------------------------------------


def test_item_assignment_is_a_new_value():
    x = leaf([1.0, 2.0, 3.0])
    y = x * 2
    alias = y
    before = y.data
    y[1] = x[0] * 10
    assert alias is y
    np.testing.assert_array_equal(y.data, [2.0, 10.0, 6.0])
    np.testing.assert_array_equal(before, [2.0, 4.0, 6.0])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [12.0, 0.0, 2.0])


def test_assignment_into_a_constant_records():
    t = Tensor(np.zeros(3))
    w = leaf(2.0)
    t[0] = w * w
    t += w
    t.sum().backward()
    assert w.grad == 4 + 3


@pytest.mark.parametrize("change", ["t[0] = 1.0", "t += 1.0", "t *= 2.0"])
def test_a_leaf_cannot_change_while_recording(change):
    t = leaf([1.0, 2.0], "t")
    with pytest.raises(RuntimeError, match=r"(?s)leaf: t, shape \(2,\).*no_grad"):
        exec(change)
    np.testing.assert_array_equal(t.data, [1.0, 2.0])


def test_under_no_grad_leaves_train():
    w = leaf([1.0, 2.0], "w")
    same = w
    (w * w).sum().backward()
    with ag.no_grad():
        w -= 0.5 * w.grad
        w[0] = 7.0
    assert w is same and w.is_leaf and w.requires_grad
    np.testing.assert_array_equal(w.data, [7.0, 0.0])


def test_under_no_grad_recorded_values_cannot_change():
    y = leaf([1.0, 2.0]) * 2
    with ag.no_grad(), pytest.raises(RuntimeError, match="recorded result of multiply"):
        y += 1.0


def test_a_leaf_keeps_dtype_and_shape_under_no_grad():
    w = Tensor(np.ones(2, np.float32), requires_grad=True)
    with ag.no_grad():
        w -= np.full(2, 0.5)
        assert w.dtype == np.float32
        with pytest.raises(ValueError, match="keeps its shape"):
            w += np.ones((3, 2))


def test_assignment_into_a_temporary_is_an_error():
    t = Tensor(np.zeros((2, 2)))
    with pytest.raises(TypeError, match="temporary"):
        t[0][1] = 5.0
    row = t[0]
    row[1] = 5.0  # a named one is fine
    np.testing.assert_array_equal(row.data, [0.0, 5.0])
    np.testing.assert_array_equal(t.data, 0.0)

    class Holder:
        pass

    holder = Holder()
    holder.t = Tensor(np.zeros(2))
    holder.t[0] = 1.0
    held = [Tensor(np.zeros(2))]
    held[0][0] = 1.0
    assert holder.t.data[0] == held[0].data[0] == 1.0


# -- NumPy's protocols -------------------------------------------------------------------------


def test_numpy_functions_go_through_the_registry():
    x = leaf([1.0, 2.0])
    for y in (np.exp(x), np.sum(x), np.concatenate([x, x]), np.where(x.data > 1, x, 0.0), np.einsum("i,i->", x, x)):
        assert isinstance(y, Tensor) and y.requires_grad
    np.exp(x).sum().backward()
    np.testing.assert_array_equal(x.grad, np.exp([1.0, 2.0]))


def test_numpy_tests_give_bools_without_history():
    x = leaf([1.0, np.inf])
    assert np.isfinite(x).data.tolist() == [True, False]
    assert np.argmax(x) == 1 and np.shape(x) == (2,)
    assert np.allclose(x, x)


def test_numpy_functions_without_an_operation_say_what_to_use():
    x = leaf([1.0, 2.0])
    with pytest.raises(TypeError, match=r"np\.unwrap is not differentiable here\n  use operations of autograd"):
        np.unwrap(x)
    with pytest.raises(TypeError, match=r"np\.add\.reduce.*\n  use ag\.sum"):
        np.add.reduce(x)
    with pytest.raises(TypeError, match=r"t\.data"):
        np.logaddexp.reduce(x)
    with pytest.raises(TypeError, match="out="):
        np.exp(x, out=np.empty(2))


def test_asarray_of_a_recorded_tensor_is_an_error():
    with pytest.raises(TypeError, match="history would be lost"):
        np.asarray(leaf([1.0]))
    np.testing.assert_array_equal(np.asarray(Tensor([1.0, 2.0])), [1.0, 2.0])


def test_the_function_makes_a_tensor_of_a_copy():
    data = np.array([1.0, 2.0])
    t = ag.tensor(data, dtype=np.float32, requires_grad=True, name="t")
    data[0] = 9.0
    assert type(t) is Tensor and t.data.tolist() == [1.0, 2.0] and t.dtype == np.float32
    assert (t.requires_grad, t.is_leaf, t.name) == (True, True, "t")
    with pytest.raises(TypeError, match="int64"):
        ag.tensor([1, 2], requires_grad=True)


def test_a_size_is_as_weak_as_any_int():
    x = ag.Tensor(np.ones(4, np.float32))
    for y in (x / x.size, x.size * x, x.numpy() / x.size, np.float32(3) * x.size, np.add(x.size, x.numpy())):
        assert y.dtype == np.float32
    assert x.size() == (4,) and x.size * 2 == 8 and ag.Tensor([True]).dtype == bool
