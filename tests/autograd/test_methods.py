"""Methods in PyTorch's words: where they would contradict NumPy's, new values, dtypes, devices, and what errors say."""

import json
import pickle

import numpy as np
import pytest

import autograd as ag


@pytest.fixture
def x():
    return ag.tensor(np.arange(24.0).reshape(2, 3, 4))


@pytest.fixture
def m():
    return ag.tensor([[1.0, 3.0], [4.0, 2.0]])


# -- positions and axis= are NumPy's, dim= is PyTorch's ----------------------------------------


def test_positions_and_axis_mean_numpys(m):
    a = m.data
    for given in ((1,), ()):
        assert np.array_equal(m.max(*given).data, a.max(*given)) and np.allclose(m.std(*given).data, a.std(*given))
    assert m.max(axis=1).tolist() == [3, 4] and m.var(axis=0).tolist() == a.var(axis=0).tolist()
    assert m.sort(1).tolist() == np.sort(a, 1).tolist() and ag.sort(a, axis=0).tolist() == np.sort(a, 0).tolist()
    assert float(m.median()) == 2.5 and m.median(axis=0).tolist() == [2.5, 2.5]
    assert [one.tolist() for one in ag.split(ag.arange(6), 2)] == [[0, 1, 2], [3, 4, 5]]


def test_dim_means_pytorchs(m):
    assert m.max(dim=1).values.tolist() == [3, 4] and m.max(dim=1).indices.tolist() == [1, 0]
    assert m.max(1, keepdim=True)[1].tolist() == [[1], [0]] and m.min(dim=0).indices.tolist() == [0, 1]
    assert m.std(dim=1).tolist() == m.data.std(1, ddof=1).tolist() and m.var(0, unbiased=False).tolist() == [2.25, 0.25]
    assert float(m.median(keepdim=True, dim=0).values[0, 0]) == 1
    with pytest.warns(RuntimeWarning, match="invalid value"):  # as NumPy's, of a mean of nothing
        assert np.isnan(ag.median(ag.zeros(2, 0), axis=1).data).all()
    assert [one.tolist() for one in ag.split(ag.arange(6), 2, dim=0)] == [[0, 1], [2, 3], [4, 5]]
    assert ag.max(m.data, dim=1).indices.tolist() == [1, 0]  # of arrays too
    with pytest.raises(TypeError, match="dim= and axis= are the same"):
        m.sum(dim=1, axis=1)
    with pytest.raises(TypeError, match="unbiased= or correction="):
        m.std(unbiased=True, correction=0)


def test_a_pair_has_a_gradient():
    x = ag.tensor([[1.0, 3.0], [4.0, 2.0]], requires_grad=True)
    values, indices = x.max(dim=1)
    (values * ag.tensor([1.0, 10.0])).sum().backward()
    assert x.grad.tolist() == [[0, 1], [10, 0]] and not indices.requires_grad


def test_what_is_unpacked_as_a_pair_is_an_error(m):
    with pytest.raises(TypeError, match=r"max: (.|\n)*x.max\(dim=1\)\n(.|\n)*x.max\(axis=1\)"):
        _, _p = m.max(1)
    with pytest.raises(TypeError, match=r"min: "):
        _, _p = ag.min(m * 2, 0)
    with pytest.raises(TypeError, match=r"sort: "):
        _, *_p = (m + 1).sort(1)
    for name in ("values", "indices"):
        with pytest.raises(AttributeError, match=rf"x.max\(dim=1\).{name}(.|\n)*axis=1"):
            getattr(m.max(1), name)


def test_what_is_no_pair_can_be_unpacked(m):
    first, second = m
    third, fourth = m.sum(1)
    rows = [row.tolist() for row in m.max(1)[:, None]]
    assert first.tolist() == [1, 3] and second.tolist() == [4, 2] and rows == [[3], [4]]
    assert (float(third), float(fourth)) == (4, 6)


def test_two_axes_named_one_by_one(x, m):
    assert x.transpose(1, 2).shape == (2, 4, 3) and x.transpose(0, -1).shape == (4, 3, 2)
    assert x.transpose(2, 0, 1).shape == (4, 2, 3) and m.transpose(1, 0).tolist() == m.T.tolist()
    assert m.transpose(dim0=0, dim1=1).tolist() == m.T.tolist() == ag.transpose(m, 0, 1).tolist()
    for axes in ((0, 1), (-2, -1), (0, -1)):
        with pytest.raises(ValueError, match=r"exchanged: x.transpose\(1, 0\)"):
            m.transpose(*axes)


def test_repeating(x, m):
    assert x.repeat(1, 1, 2).shape == (2, 3, 8) and m.repeat(2, axis=1).tolist() == [[1, 1, 3, 3], [4, 4, 2, 2]]
    assert m.repeat(2).tolist() == np.repeat(m.data, 2).tolist()
    with pytest.raises(ValueError, match=r"x.repeat\(2, axis=1\)(.|\n)*x.tile\(\(2, 1\)\)"):
        m.repeat(2, 1)


def test_what_has_to_be_said(m):
    with pytest.raises(TypeError, match=r"as_tuple=True(.|\n)*as_tuple=False"):
        m.nonzero()
    with pytest.raises(TypeError, match='indexing="ij" or "xy"'):
        ag.meshgrid(m[0], m[1])
    assert [one.shape for one in ag.meshgrid(m[0], m[1], indexing="xy")] == [(2, 2)] * 2


def test_size_is_a_number_that_can_be_called(x):
    assert x.size == 24 and x.size() == (2, 3, 4) and x.size(0) == 2 and x.size(dim=-1) == 4
    assert isinstance(x.size, int) and x.size // 5 == 4 and json.dumps(x.size) == "24" and range(x.size)[-1] == 23
    assert pickle.loads(pickle.dumps(x.size)) == 24 and repr(x.size) == "24"


# -- new values for the Tensor object ----------------------------------------------------------


def test_names_with_an_underscore_give_the_tensor_a_new_value():
    t = ag.tensor([1.0, -2.0], name="t")
    other = t.detach()
    assert t.add_(1).mul_(2) is t and t.tolist() == [4, -2] and t.name == "t" and other.tolist() == [1, -2]
    assert t.fill_(3).tolist() == [3, 3] and t.zero_().tolist() == [0, 0] and t.copy_([1, 2]).tolist() == [1, 2]
    assert t.clamp_(max=1).tolist() == [1, 1] and t.sub_(2, alpha=2).tolist() == [-3, -3]


def test_they_are_recorded_and_leaves_are_guarded():
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    h = w * 3
    h.mul_(2)
    h[0:1] = 0.0
    h.exp_().sum().backward()
    assert np.allclose(w.grad, [0, 6 * np.exp(12)])
    with pytest.raises(RuntimeError, match=r"add_: a leaf that requires grad cannot change"):
        w.add_(1)
    with ag.no_grad():
        assert w.copy_([5, 6]) is w and w.requires_grad and w.is_leaf and w.tolist() == [5, 6]
        w.sub_(w.grad, alpha=0.0)
        w.normal_().uniform_(-1, 1)
    assert abs(w.data).max() <= 1
    y = (w * 2).fill_(1.0)
    y.sum().backward()  # no part of it comes from w, and the walk says 0
    assert y.requires_grad


def test_random_values_in_place_come_from_the_common_generator():
    def draw():
        ag.manual_seed(3)
        return (
            ag.zeros(3).normal_(1, 2).tolist(),
            ag.zeros(3).uniform_(2, 3).tolist(),
            ag.zeros(9).bernoulli_(0.5).tolist(),
        )

    assert draw() == draw() and 2 <= min(draw()[1]) < 3
    assert ag.zeros(50).random_(3).unique().tolist() == [0, 1, 2]


def test_requires_grad_and_detach_in_place():
    t = ag.ones(2).requires_grad_()
    assert t.is_leaf and t.grad_fn is None and not t.requires_grad_(False).requires_grad
    y = t.requires_grad_() * 2
    assert y.grad_fn.operation.name == "multiply" and y.detach_() is y and y.is_leaf and y.tolist() == [2, 2]


# -- dtypes and devices ------------------------------------------------------------------------


def test_casts_and_devices(m):
    assert m.to("cpu") is m and m.to(ag.float64) is m and m.double() is m and m.cpu() is m
    assert m.to("cpu", ag.float32).dtype == ag.float32 == m.float().dtype and m.to(m.long()).dtype == ag.int64
    assert m.to(device=ag.device("cpu"), dtype="float16").dtype == ag.half and m.bool().dtype == ag.bool
    assert m.device == ag.device("cpu") and not m.is_cuda and str(m.device) == "cpu" and m.type() == "float64"
    assert m.to(ag.float64, copy=True) is not m and {ag.device("cpu:0"), ag.device("cpu")} == {m.device}
    x = ag.ones(2, requires_grad=True)
    x.float().sum().backward()
    assert x.grad.dtype == np.float64
    assert not ag.cuda.is_available() and ag.cuda.device_count() == 0


@pytest.mark.parametrize(
    "ask",
    [
        lambda m: m.cuda(),
        lambda m: m.to("cuda"),
        lambda m: m.to("cuda:0"),
        lambda m: m.to(device="mps"),
        lambda m: ag.device("cuda"),
        lambda m: ag.zeros(2, device="cuda"),
        lambda m: ag.tensor([1.0], device="cuda"),
        lambda m: ag.rand(2, device="cuda"),
        lambda m: ag.Generator(device="cuda"),
    ],
)
def test_another_device_is_an_error_that_says_what_there_is(m, ask):
    with pytest.raises(RuntimeError, match=r'there is no GPU here, arrays are computed with on the CPU\n.*"cpu"'):
        ask(m)


# -- names that are missing --------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, says",
    [
        ("data_ptr", "x.data.ctypes"),
        ("untyped_storage", "x.data"),
        ("absolute_", r"write x = x.absolute\("),
        ("reshap", "x.reshape"),
        ("qqq", "operations"),
        ("bfloat16", "x.half"),
    ],
)
def test_a_missing_attribute_says_what_to_write(m, name, says):
    assert not hasattr(m, name)
    with pytest.raises(AttributeError, match=rf"a Tensor has no '{name}'(.|\n)*{says}"):
        getattr(m, name)


@pytest.mark.parametrize(
    "name, says",
    [("save", "nn.save"), ("backends", "no GPU"), ("FloatTensor", "dtype=ag.float32"), ("sigmoyd", "ag.sigmoid")],
)
def test_a_missing_name_says_what_to_write(name, says):
    with pytest.raises(AttributeError, match=rf"autograd has no '{name}'(.|\n)*{says}"):
        getattr(ag, name)


def test_builtin_names_stay_pythons():
    assert ag.float is ag.float32 and ag.int is ag.int32 and ag.bool is np.dtype(bool)
    assert {"float", "int", "bool"}.isdisjoint(ag.__all__)


# -- modes -------------------------------------------------------------------------------------


def test_recording_is_switched_in_pytorchs_words():
    w = ag.ones(1, requires_grad=True)
    with ag.set_grad_enabled(False):
        assert not (w * 1).requires_grad
        with ag.set_grad_enabled(True):
            assert (w * 1).requires_grad
    assert (w * 1).requires_grad
    ag.set_grad_enabled(False)
    try:
        assert not ag.is_grad_enabled() and not (w * 1).requires_grad
    finally:
        ag.set_grad_enabled(True)
    assert ag.is_grad_enabled() and (w * 1).node.note is None  # as if nothing had been switched
    ag.set_grad_enabled(False)
    with ag.set_grad_enabled(True):
        assert (w * 1).requires_grad
    assert not ag.is_grad_enabled()
    ag.set_grad_enabled(True)
    assert ag.is_grad_enabled()
    with np.errstate(invalid="ignore"):
        with ag.set_detect_anomaly(True), pytest.raises(FloatingPointError):
            ag.log(w - 2)
        assert np.isnan((w - 2).log().data).all()

    @ag.set_grad_enabled(False)
    def f():
        return w * 1

    @ag.inference_mode()
    def g():
        return w * 1

    assert not f().requires_grad and not g().requires_grad and (w * 1).requires_grad
    with ag.inference_mode(False):
        assert (w * 1).requires_grad
