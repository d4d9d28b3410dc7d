"""What is written after recording changes no gradient: the laws, over every operation and every kind of alias."""

import numpy as np
import pytest

import autograd as ag
from autograd.cases import random_like, same
from autograd.engine import walk_to
from autograd.tensors import Tensor, raw
from tests.registry_cases import cases

differentiable = [case for case in cases if case.differentiable]


def spoil(value):
    """Write into every array and list that a user could hold."""
    if isinstance(value, np.ndarray) and value.flags.writeable:
        value[...] = ~value if value.dtype == bool else value[::-1].copy() + 1 if value.ndim else value + 1
    elif isinstance(value, list):
        for item in value:
            spoil(item)
        value.reverse()
    elif isinstance(value, tuple):
        for item in value:
            spoil(item)
    elif isinstance(value, dict):
        for item in value.values():
            spoil(item)


def copied(value):
    if isinstance(value, np.ndarray):
        return np.array(value)
    if isinstance(value, list | tuple):
        return type(value)([copied(item) for item in value])
    return value


def gradient(case, which, handle, write):
    """The gradient by one input; the others as ``handle`` gives them, and written to after recording."""
    leaf = Tensor(case.arrays[which], requires_grad=True)
    values = [leaf if i == which else handle(np.array(x)) for i, x in enumerate(case.arrays)]
    args, kwargs = case.filled(values)
    args = [a if isinstance(a, Tensor) else _with_tensors_kept(a) for a in args]
    kwargs = {key: a if isinstance(a, Tensor) else _with_tensors_kept(a) for key, a in kwargs.items()}
    y = case.op.function(*args, **kwargs)
    if y.node is None:
        return None
    if write:
        for value in [*values, *args, *kwargs.values()]:
            if isinstance(value, Tensor):
                spoil(value.data)
            elif isinstance(value, list):
                for item in value:
                    spoil(item.data if isinstance(item, Tensor) else item)
            else:
                spoil(value)
    (g,) = walk_to([y], [random_like(y, case.rng("writes"))], [leaf])
    return g


def _with_tensors_kept(value):
    if isinstance(value, list | tuple):
        return type(value)([v if isinstance(v, Tensor) else copied(v) for v in value])
    return copied(value)


@pytest.mark.filterwarnings("ignore:.*different numbers of axes")
@pytest.mark.parametrize("handle", [np.array, Tensor], ids=["arrays", "tensors"])
@pytest.mark.parametrize("case", differentiable, ids=lambda case: case.id)
def test_what_is_written_after_recording_changes_no_gradient(case, handle):
    for which in range(len(case.arrays)):
        expected = gradient(case, which, handle, False)
        if expected is not None:
            same(gradient(case, which, handle, True), expected, f"{case!r}: input {which}")


ALIASES = {
    "reshape": lambda t: t.reshape(3, 2),
    "ravel": lambda t: t.ravel(),
    "flatten": lambda t: t.flatten(),
    "T": lambda t: t.T,
    "mT": lambda t: t.mT,
    "transpose": lambda t: t.transpose(1, 0),
    "swapaxes": lambda t: t.swapaxes(0, 1),
    "moveaxis": lambda t: ag.moveaxis(t, 0, 1),
    "squeeze": lambda t: t.reshape(1, 2, 3).squeeze(0),
    "expand_dims": lambda t: ag.expand_dims(t, 0),
    "broadcast_to": lambda t: ag.broadcast_to(t, (4, 2, 3)),
    "diagonal": lambda t: t.diagonal(),
    "slice": lambda t: t[:1],
    "integer": lambda t: t[1],
    "newaxis": lambda t: t[None],
    "ellipsis": lambda t: t[...],
    "iteration": lambda t: next(iter(t)),
    "split": lambda t: ag.split(t, 3, axis=1)[0],
    "flip": lambda t: ag.flip(t, 0),
    "detach": lambda t: t.detach(),
    "plus": lambda t: +t,
    "copy": lambda t: t.copy(),
    "astype": lambda t: t.astype(np.float64),
    "nothing": lambda t: t,
}


def write_data(t):
    t.data -= 1


def write_entry(t):
    t.data[...] = 7.0


def write_view(t):
    t.data.T[0] = 7.0


def assign(t):
    t.data = raw(t) - 1


def write_buffer(t):
    memoryview(t.data).cast("B")[:8] = np.float64(7.0).tobytes()


def write_dlpack(t):
    np.from_dlpack(t.data)[...] = 7.0


def without_grad(t):
    with ag.no_grad():
        t -= 1


def step(t):
    t.grad = np.ones(t.shape)
    ag.internal.update_leaves([t], lambda p, w, g: np.subtract(w, g, out=w))


WRITES = [write_data, write_entry, write_view, assign, write_buffer, write_dlpack, without_grad]


@pytest.mark.parametrize("write", [*WRITES, step], ids=lambda f: f.__name__)
@pytest.mark.parametrize("alias", ALIASES)
def test_no_tensor_sees_what_is_written_to_another(alias, write):
    for requires_grad in [True] if write is step else [True, False]:
        t = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=requires_grad)
        s = ALIASES[alias](t)
        if s is t:
            continue
        before = s.numpy()
        write(t)
        same(s.numpy(), before, f"{alias} after {write.__name__}")
        assert not np.array_equal(t.numpy(), np.arange(6.0).reshape(2, 3))
        if not s.requires_grad:
            now = t.numpy()
            s.data[...] = 9.0
            same(t.numpy(), now, f"the Tensor after a write to its {alias}")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("write", WRITES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("alias", ALIASES)
@pytest.mark.parametrize("kind", ["constant", "no_grad"])
def test_a_constant_counts_as_it_was_recorded(kind, alias, write, when):
    c = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=kind == "no_grad")
    if kind == "no_grad" and alias == "nothing":
        pytest.skip("then it is a leaf")
    held = c.data if when == "before" else None  # handed out before it is recorded, or after
    with ag.no_grad():
        s = ALIASES[alias](c)
    x = Tensor(np.ones(s.shape), requires_grad=True)
    expected = s.numpy()
    y = (s * x).sum()
    if held is not None:
        held[...] = 5.0
    write(c)
    y.backward()
    same(x.grad, expected, f"{alias}, {write.__name__}")


@pytest.mark.parametrize("write", [write_data, assign, without_grad, step], ids=lambda f: f.__name__)
@pytest.mark.parametrize("alias", [name for name in ALIASES if name not in ("detach", "nothing")])
def test_a_pruned_walk_has_the_recorded_values(alias, write):
    w = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    h = ALIASES[alias](w)
    inner = h * 1.0
    expected = 2 * h.numpy()
    y = (inner * h).sum() + (inner * inner).sum() * 0
    write(w)
    same(ag.gradients(y, inner), expected / 2, "by an inner value")


@pytest.mark.parametrize("write", [write_data, assign, without_grad, step], ids=lambda f: f.__name__)
def test_a_leaf_that_the_library_writes_to_makes_its_graphs_out_of_date(write):
    w = Tensor(np.ones((2, 3)), requires_grad=True, name="w")
    y = (w * w).sum()
    write(w)
    with pytest.raises(RuntimeError, match="multiply: a leaf was written to"):
        y.backward()


@pytest.mark.parametrize("write", [write_entry, write_view, write_buffer, write_dlpack], ids=lambda f: f.__name__)
def test_a_leaf_that_numpy_writes_to_counts_as_it_was_recorded(write):
    w = Tensor(np.ones((2, 3)), requires_grad=True)
    held = w.data
    y = (w * w).sum()
    write(w)
    held[1, 2] = 3.0
    assert w.data is held and w.numpy()[1, 2] == 3.0
    y.backward()
    same(w.grad, np.full((2, 3), 2.0), write.__name__)


def test_an_array_of_the_users_is_not_shared():
    a = np.ones(3)
    w = Tensor(np.zeros(3), requires_grad=True)
    w.data = a
    y = (w * w).sum()
    a[0] = 5.0
    y.backward()
    assert w.data.tolist() == [1.0, 1.0, 1.0] and w.grad.tolist() == [2.0, 2.0, 2.0]


def test_indices_masks_and_lists_count_as_they_were_recorded():
    rows, mask, places = np.array([0, 1]), np.array([True, False, True]), [0, 2]
    index = Tensor([0, 1])
    for key in (rows, (rows,), mask, places, index):
        x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
        y = x[key].sum()
        expected = np.zeros(3)
        expected[raw(key) if not isinstance(key, tuple) else key[0]] = 1.0
        if key is index:
            key.data += 1
        else:
            spoil(key)
        y.backward()
        same(x.grad, expected, repr(type(key)))


def test_values_kept_on_a_tape_are_those_recorded():
    w, a = Tensor([1.0, 2.0], requires_grad=True), np.array([3.0, 4.0])
    with ag.tape() as tape:
        y = (w + a) * a
    a[:] = 0.0
    assert [one.value.tolist() for node in tape.nodes for one in node.note.inputs if not hasattr(one, "note")] == [
        [3.0, 4.0],
        [3.0, 4.0],
    ]
    assert y.data.tolist() == [12.0, 24.0]


def test_what_nobody_can_write_is_not_copied():
    a = np.ones(3)
    a.flags.writeable = False
    y = Tensor([1.0, 2.0, 3.0], requires_grad=True) * a
    assert y.node.saved_a is a
    assert (Tensor([1.0, 2.0, 3.0], requires_grad=True) * a[:]).node.saved_a.base is a


def test_data_is_copied_only_where_somebody_else_has_the_memory():
    w = Tensor(np.ones(3), requires_grad=True)
    place = w.data.ctypes.data
    w.data -= 1
    assert w.data.ctypes.data == place
    y = w * w
    assert w.data.ctypes.data != place and y.node.saved_a.ctypes.data == place
    assert w.data is not w._data
