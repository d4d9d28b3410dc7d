"""``ag.compile``: what is read anew, what is watched, and that effects come as a whole."""

import gc
import threading
import tracemalloc
import weakref

import numpy as np
import pytest

import autograd as ag
import nn


def leaf(*values):
    return ag.Tensor(values[0] if len(values) == 1 else list(values), requires_grad=True)


def runs(function, *args, times=3):
    """The results of several calls with the same arguments."""
    return [function(*args) for _ in range(times)]


# -- what is read anew ------------------------------------------------------------------------


def test_values_from_outside_are_read_anew():
    w, b, table = leaf(1.0, 2.0), ag.Tensor([10.0, 20.0]), np.array([0.5, 0.25])
    f = ag.compile(lambda x: (w * x + b) * table)
    runs(f, np.ones(2))
    w.data = [3.0, 4.0]
    b.data[0] = 0.0
    table[:] = 2.0
    np.testing.assert_array_equal(f(np.ones(2)).data, [6.0, 48.0])
    assert f.compiled.recorded == 2


def test_a_state_that_is_loaded_is_used():
    net, other = nn.Linear(2, 1), nn.Linear(2, 1)
    f = ag.compile(lambda x: net(x))
    x = np.ones((3, 2), np.float32)
    runs(f, x)
    net.load_state_dict(other.state_dict())
    np.testing.assert_array_equal(f(x).data, other(x).data)
    assert f.compiled.recorded == 2


def test_options_of_optimizers_are_read_anew():
    w = leaf(1.0, 1.0)
    optimizer = nn.optim.SGD([w], lr=0.5)

    def step():
        optimizer.zero_grad()
        w.sum().backward()
        optimizer.step()

    step = ag.compile(step)
    runs(step)
    optimizer.param_groups[0]["lr"] = 0.25
    step()
    np.testing.assert_array_equal(w.data, [-0.75, -0.75])
    assert step.compiled.recorded == 2


def test_gradients_are_forgotten_after_a_step():
    w = leaf(1.0, 1.0)
    optimizer = nn.optim.SGD([w], lr=0.5)

    @ag.compile
    def step():
        w.sum().backward()
        optimizer.step()
        optimizer.zero_grad()

    for i in range(1, 5):
        step()
        assert w.grad is None
        np.testing.assert_array_equal(w.data, [1 - 0.5 * i] * 2)
    assert step.compiled.recorded == 2


def test_draws_are_those_of_the_function():
    own = np.random.default_rng(5)
    f = ag.compile(lambda x: (nn.functional.dropout(x, 0.5, True), ag.dropout(x, 0.5, True, own)))
    runs(f, np.ones(50))
    ag.manual_seed(3)
    state = own.bit_generator.state
    found = f(np.ones(50))
    ag.manual_seed(3)
    own.bit_generator.state = state
    np.testing.assert_array_equal(found[0], ag.dropout(np.ones(50), 0.5))
    np.testing.assert_array_equal(found[1], ag.dropout(np.ones(50), 0.5, True, own))


# -- what a program may be asked to do ----------------------------------------------------------


def test_updates_written_out():
    def train(compiled):
        w, b = leaf(1.0, -2.0), leaf(0.5)

        def step(x, y):
            w.grad = b.grad = None
            d = (w * x).sum() + b - y
            loss = d * d
            loss.backward()
            w.data -= 0.1 * w.grad
            with ag.no_grad():
                new = b - 0.1 * b.grad
            b.data = new
            return loss, (w * w).sum()

        step = ag.compile(step) if compiled else step
        return [float(v.detach()) for k in range(5) for v in step(np.array([k, 1.0]), 0.5)], w.data, b.data, w.grad

    for found, expected in zip(train(True), train(False), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_gradients_add_up_where_they_are_not_cleared():
    w = leaf(1.0, 2.0)
    f = ag.compile(lambda: (w * w).sum().backward())
    for k in range(1, 6):
        f()
        np.testing.assert_array_equal(w.grad, [2.0 * k, 4.0 * k])


def test_gradients_of_gradients():
    def f(x):
        y = (x**3).sum()
        dx = ag.gradients(y, x, create_graph=True)
        return ag.gradients((dx * dx).sum(), x)

    x, compiled = leaf(1.0, 2.0), ag.compile(f)
    for value in ([1.0, 2.0], [1.0, 2.0], [3.0, -1.0], [0.5, 4.0]):
        x.data = value
        np.testing.assert_array_equal(compiled(x), f(x))
    assert compiled.compiled.recorded == 2


def test_arguments_that_are_leaves_get_their_gradients():
    f = ag.compile(lambda x: (x * x).sum().backward())
    for k in range(5):
        x = leaf(1.0, k)
        f(x)
        np.testing.assert_array_equal(x.grad, [2.0, 2.0 * k])


def test_containers_go_in_and_out():
    f = ag.compile(lambda batch, scale=1.0: {"sum": batch["x"] + batch["y"], "more": [(batch["x"] * scale, None), "a"]})
    for k in range(4):
        found = f({"x": np.array([1.0, k]), "y": ag.Tensor([1.0, 1.0])}, scale=2.0)
        np.testing.assert_array_equal(found["sum"].data, [2.0, k + 1])
        np.testing.assert_array_equal(found["more"][0][0], [2.0, 2.0 * k])
        assert found["more"][0][1] is None and found["more"][1] == "a"


def test_results_are_in_memory_of_their_own_and_have_no_history():
    w = leaf(1.0, 2.0)
    f = ag.compile(lambda x: (w.detach(), x, w * 1, ag.reshape(x, (2, 1)), w))
    for k in range(4):
        x = np.array([1.0, k])
        results = f(x)
        assert results[4] is w
        for y in results[:4]:
            assert not getattr(y, "requires_grad", False)
            assert not np.shares_memory(np.asarray(y), x) and not np.shares_memory(np.asarray(y), w.data)
    with pytest.raises(ValueError, match="not recorded"):
        results[2].sum().backward()


def test_a_loop_inside_starts_anew_in_each_call():
    def f(target):
        x = ag.zeros(2, requires_grad=True)
        for _ in range(3):
            x.grad = None
            ((x - target) ** 2).sum().backward()
            x.data = x.data - 0.25 * x.grad
        return x.detach()

    compiled = ag.compile(f)
    for k in range(4):
        np.testing.assert_array_equal(compiled(np.array([1.0, k])).data, f(np.array([1.0, k])).data)


def test_an_operation_of_ones_own():
    cube = ag.operation("cube_compiled", lambda x: x * x * x, rules=[ag.rule(lambda g, x: 3 * g * x * x)])
    f = ag.compile(lambda x: ag.gradients(cube(x), x, gradient=np.ones(2)))
    for k in range(4):
        np.testing.assert_array_equal(f(leaf(2.0, k)), [12.0, 3.0 * k * k])


# -- what is watched ----------------------------------------------------------------------------


def test_another_shape_dtype_or_number_is_recorded_anew():
    f = ag.compile(lambda x, n: x * n)
    for x, n in ((np.ones(2), 2), (np.ones(3), 2), (np.ones(2, np.float32), 2), (np.ones(2), 3), (np.ones(2), 3.0)):
        for found in runs(f, x, n):
            np.testing.assert_array_equal(found, x * n)
            assert found.dtype == (x * n).dtype
    assert f.compiled.recorded == 10


def test_the_mode_of_modules_is_watched():
    net = nn.Sequential(nn.Linear(3, 20), nn.Dropout(0.5))
    f = ag.compile(lambda x: net(x))
    x = np.ones((2, 3), np.float32)
    runs(f, x)
    net.eval()
    for found in runs(f, x):
        np.testing.assert_array_equal(found.data, net(x).data)
    net.train()
    assert (f(x).data == 0).any()
    assert f.compiled.recorded == 4


FACTOR = 2.0


def scaled(x):
    return x * FACTOR


def test_numbers_from_outside_are_watched():
    global FACTOR
    offset, listed = 1.0, [1.0, 2.0]

    def f(x):
        return scaled(x) + offset + listed[1]

    compiled = ag.compile(f)
    x = np.ones(2)
    runs(compiled, x)
    for change in ("FACTOR", "offset", "listed"):
        if change == "FACTOR":
            FACTOR = 3.0
        elif change == "offset":
            offset = 5.0
        else:
            listed[1] = 7.0
        for found in runs(compiled, x):
            np.testing.assert_array_equal(found, f(x))
    assert compiled.compiled.recorded == 8


def test_which_tensors_require_grad_is_watched():
    w, v = leaf(1.0), leaf(2.0)

    def f():
        w.grad = v.grad = None
        (w * v).backward()

    compiled = ag.compile(f)
    runs(compiled)
    v.requires_grad = False
    w2 = w.grad
    for _ in range(3):
        with pytest.raises(ValueError, match="no leaf"):
            compiled()
    v.requires_grad = True
    compiled()
    assert v.grad == 1.0 and w.grad == w2


def test_another_tensor_under_the_same_name_is_used():
    w = leaf(1.0, 2.0)

    def f():
        return w * 2

    compiled = ag.compile(f)
    runs(compiled)
    w = leaf(5.0, 6.0)
    for found in runs(compiled):
        np.testing.assert_array_equal(found.data, [10.0, 12.0])


def test_no_grad_around_is_a_kind_of_its_own():
    w = leaf(1.0)

    def f():
        return 1 if (w * 2).requires_grad else 0

    compiled = ag.compile(f)
    assert runs(compiled) == [1, 1, 1]
    with ag.no_grad():
        assert runs(compiled) == [0, 0, 0]


# -- as a whole -----------------------------------------------------------------------------------


def test_after_an_error_nothing_has_changed():
    w = leaf(1.0, 2.0)
    table = np.array([1.0, 2.0])

    def f(i):
        (w * 2).sum().backward()
        w.data = w.data + 1.0
        return ag.take(table, i)

    compiled = ag.compile(f)
    for _ in range(4):
        compiled(np.array([0]))
    before, gradient = np.array(w.data), np.array(w.grad)
    with pytest.raises(IndexError):
        compiled(np.array([9]))
    np.testing.assert_array_equal(w.data, before)
    np.testing.assert_array_equal(w.grad, gradient)


def test_after_an_error_while_recording_tensors_are_as_ever():
    kept = []

    def f(x):
        kept.append(x * 2)
        raise KeyError("mine")

    with pytest.raises(KeyError):
        ag.compile(f)(ag.Tensor([1.0, 2.0]))
    np.testing.assert_array_equal(kept[0].data, [2.0, 4.0])
    assert float((kept[0] + 1).sum()) == 8.0


def test_two_threads_call_one_function():
    w = leaf(2.0, 3.0)
    f = ag.compile(lambda x: ag.gradients((w * x * x).sum(), x))
    found = {}

    def work(k):
        found[k] = [f(leaf(float(k), 1.0 * i)) for i in range(40)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for k in range(3):
        for i in range(40):
            np.testing.assert_array_equal(found[k][i], [4.0 * k, 6.0 * i])


def test_inside_another_and_under_a_tape_it_runs_as_ever():
    inner = ag.compile(lambda x: x * 2)
    outer = ag.compile(lambda x: inner(x) + 1)
    for k in range(4):
        np.testing.assert_array_equal(outer(np.array([1.0, k])), [3.0, 2.0 * k + 1])
    assert inner.compiled.recorded == 0
    w = leaf(1.0)
    with ag.tape() as tape:
        inner(w)
    assert [node.operation.name for node in tape] == ["alias", "multiply"]
    np.testing.assert_array_equal(ag.vmap(inner)(np.arange(3.0)), [0.0, 2.0, 4.0])


def test_many_recordings_are_told():
    f = ag.compile(lambda x, n: x + n)
    with pytest.warns(RuntimeWarning, match="recorded 32 times"):
        for n in range(32):
            f(np.ones(1), n)


def test_transforms_inside():
    def f(x, y):
        return ag.grad(lambda w: (w * w * y).sum())(x), ag.value_and_grad(lambda w: (w**3).sum())(y)

    compiled = ag.compile(f)
    for k in range(4):
        x, y = np.array([1.0, k]), np.array([2.0, k + 1.0])
        for found, expected in ((compiled(x, y), f(x, y)), (compiled(ag.Tensor(x), y), f(ag.Tensor(x), y))):
            for a, b in zip((found[0], *found[1]), (expected[0], *expected[1]), strict=True):
                np.testing.assert_array_equal(getattr(a, "data", a), getattr(b, "data", b))
    assert compiled.compiled.recorded == 4


def test_no_values_of_the_recorded_calls_are_held():
    f = ag.compile(lambda x: (ag.exp(x * 2) ** 2).sum())
    tracemalloc.start()
    try:
        for k in range(3):
            x = np.full(100_000, k / 7)
            argument = weakref.ref(x)
            f(x)
            del x
        assert argument() is None
        gc.collect()
        ag.config.empty_cache()
        assert tracemalloc.get_traced_memory()[0] < 400_000  # less than one array
    finally:
        tracemalloc.stop()
