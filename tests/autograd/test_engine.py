"""The walk backward: what lands where, what is let go, what is refused.

Long because every promise of the walk is held at each kind of graph.
"""

import gc
import sys
import threading
import weakref

import numpy as np
import pytest

import autograd as ag
from autograd import engine, extend, seams
from autograd.node import Node
from autograd.notes import note_of


def leaf(value, name=None):
    return ag.Tensor(value, requires_grad=True, name=name)


def watched(*roots):
    """How many nodes behind the roots are alive, as a function: told by a note that each alone holds."""
    notes = [weakref.ref(note_of(node)) for node in engine.collect([root.node for root in roots])[0]]
    return lambda: sum(note() is not None for note in notes)


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_sums_over_every_path():
    x = leaf(3.0)
    y = x * x + 2 * x + x
    y.backward()
    assert x.grad == 9.0
    assert type(x.grad) is np.float64


def test_sums_into_grad_over_calls_and_zeroing_is_none():
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    first = x.grad
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [4.0, 8.0])
    np.testing.assert_array_equal(first, [2.0, 4.0])  # what was handed out before stays as it was
    x.grad = None
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])


def test_a_diamond_is_walked_once_for_each_node():
    x = leaf(1.0)
    y = x
    for _ in range(60):  # 2^60 paths
        y = y + y
    y.backward()
    assert x.grad == 2.0**60


def test_gradient_of_a_leaf_itself():
    x = leaf([1.0, 2.0])
    x.backward(gradient=[5.0, 6.0])
    np.testing.assert_array_equal(x.grad, [5.0, 6.0])


def test_a_non_scalar_needs_a_seed():
    x = leaf([1.0, 2.0])
    with pytest.raises(ValueError, match=r"backward: only a one-entry output.*\n.*\(2,\)\n.*gradient="):
        (x * 2).backward()
    assert x.grad is None


def test_a_seed_of_the_wrong_shape():
    x = leaf([1.0, 2.0])
    with pytest.raises(ValueError, match=r"(?s)output: \(2,\).*gradient: \(3,\)"):
        (x * 2).backward(gradient=np.ones(3))


def test_a_seed_that_is_no_real_number():
    for seed in (1j, "one", [None]):
        with pytest.raises(TypeError, match=r"backward: the gradient must be real numbers\n  gradient: "):
            (leaf([1.0]) * 2).backward(gradient=seed)


def test_numpys_warnings_pass_through_forward_and_none_comes_from_the_walk():
    x = leaf(0.0)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        y = ag.log(x)
    y.backward()
    assert x.grad == np.inf


def test_a_seed_may_be_a_tensor_and_grad_stays_an_array():
    x = leaf([1.0, 2.0])
    (x * 3).backward(gradient=leaf([1.0, 10.0]))
    assert type(x.grad) is np.ndarray
    np.testing.assert_array_equal(x.grad, [3.0, 30.0])
    assert type(ag.gradients(x * 3, x, gradient=leaf([1.0, 10.0]))) is np.ndarray


def test_the_seed_is_not_aliased():
    x, z = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    seed = np.array([1.0, 1.0])
    (x + z).backward(gradient=seed)
    x.grad += 10
    np.testing.assert_array_equal(seed, [1.0, 1.0])
    np.testing.assert_array_equal(z.grad, [1.0, 1.0])


def test_a_second_backward_says_how_to_retain():
    x = leaf(2.0)
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match=r"(?s)used up.*multiply.*retain_graph=True"):
        y.backward()
    assert x.grad == 4.0


def test_retained_graphs_walk_again():
    x = leaf(2.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad == 8.0


def test_a_shared_part_used_up_is_found_before_any_rule_runs():
    calls = []
    watched = ag.operation(
        "watched_for_test",
        lambda x: x * 1.0,
        formula="y = x",
        rules=[ag.rule(lambda g: (calls.append(1), g)[1], local="1")],
        samples=[extend.sample(extend.reals(2))],
    )
    x = leaf(2.0)
    shared = x * x
    first, second = shared * 2, watched(shared)
    first.backward()
    with pytest.raises(RuntimeError, match="used up"):
        second.backward()
    assert not calls
    assert x.grad == 8.0


def test_an_error_in_a_rule_changes_no_grad_and_the_graph_says_that_it_is_used_up():
    def interrupted(g):
        raise KeyboardInterrupt

    broken = ag.operation(
        "broken_for_test",
        lambda x: x * 1.0,
        formula="y = x",
        rules=[ag.rule(interrupted, local="1")],
        samples=[extend.sample(extend.reals(2))],
    )
    x, w = leaf(2.0), leaf(3.0)
    y = broken(x * 2) + w
    with pytest.raises(KeyboardInterrupt):
        y.backward()
    assert x.grad is None and w.grad is None
    with pytest.raises(RuntimeError, match="used up"):
        y.backward()


def test_a_rule_whose_gradient_does_not_fit_is_named():
    wrong = ag.operation(
        "misfit_for_test",
        lambda x: x * 1.0,
        formula="y = x",
        rules=[ag.rule(lambda g: np.ones((7, 3)), local="1")],
        samples=[extend.sample(extend.reals(2))],
    )
    x = leaf([1.0, 2.0])
    with pytest.raises(ValueError, match=r"(?s)misfit_for_test.*\(2,\).*\(7, 3\)"):
        wrong(x).backward(gradient=[1.0, 1.0])
    assert x.grad is None


def test_not_recorded():
    with pytest.raises(ValueError, match="was not recorded"):
        ag.Tensor(1.0).backward()


def test_a_million_operations_forward_backward_and_freed(no_collector):
    y, w = leaf(1.0), leaf(1.0)
    before = sys.getallocatedblocks()
    x = y
    for _ in range(1_000_000):
        y = y * w
    y.backward()
    assert x.grad == 1.0
    assert w.grad == 1e6
    z = x
    for _ in range(1_000_000):
        z = z + 1.0
    del y, z, x, w  # the second chain is dropped without a walk
    assert sys.getallocatedblocks() - before < 10_000  # some freed ones wait to be used again


def test_nothing_is_left_after_backward_without_the_collector(no_collector):
    x = leaf(np.ones((3, 4)))
    y = (x * x + x / 2).sum()
    kept, alive = weakref.ref(y), watched(y)
    assert alive() == 5
    y.backward()
    del y
    assert kept() is None
    assert alive() == 1  # the leaf


def test_nothing_is_left_after_create_graph(no_collector):
    x = leaf(np.ones(3))
    g = ag.gradients((x**3).sum(), x, create_graph=True)
    alive = watched(g)
    ag.gradients(g.sum(), x)
    del g
    assert alive() == 1


def test_memory_goes_down_while_the_walk_runs():
    sizes = []
    probe = ag.operation(
        "probe_for_test",
        lambda x: x * 1.0,
        formula="y = x",
        rules=[ag.rule(lambda g: (sizes.append(alive()), g)[1], local="1")],
        samples=[extend.sample(extend.reals(2))],
    )
    kept = []

    def alive():
        return sum(r() is not None for r in kept)

    z = leaf(np.full(10, 0.1))
    for _ in range(5):
        z = probe(z)
        kept.append(weakref.ref(z._data))  # what sin keeps
        z = ag.sin(z)
    z.backward(gradient=np.ones(10))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]


def test_gradients_uses_the_graph_up_unless_told_or_recording():
    x = leaf(2.0)
    y = x**3
    ag.gradients(y, x, create_graph=True)
    ag.gradients(y, x, retain_graph=True)
    ag.gradients(y, x)
    with pytest.raises(RuntimeError, match="used up"):
        ag.gradients(y, x)
    y = x**3
    assert float(ag.gradients(y, x, create_graph=True, retain_graph=False)) == 12.0
    with pytest.raises(RuntimeError, match="used up"):
        y.backward()


def test_gradients_touches_no_grad():
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    g = ag.gradients(y, x)
    np.testing.assert_array_equal(g, [2.0, 4.0])
    assert isinstance(g, np.ndarray)
    assert x.grad is None


def test_gradients_by_inner_values_and_several_outputs():
    x = leaf(2.0)
    h = x * x
    y, z = h * 3, h * h
    gh, gx = ag.gradients([y, z], [h, x], retain_graph=True)
    assert gh == 3 + 2 * 4
    assert gx == (3 + 2 * 4) * 4
    assert ag.gradients([y, z], h, gradient=[2.0, 0.0]) == 6.0


def test_gradients_runs_no_rule_that_leads_nowhere():
    calls = []
    watched = ag.operation(
        "pruned_for_test",
        lambda x: x * 1.0,
        formula="y = x",
        rules=[ag.rule(lambda g: (calls.append(1), g)[1], local="1")],
        samples=[extend.sample(extend.reals(2))],
    )
    x, z = leaf(2.0), leaf(3.0)
    y = watched(z) * x
    assert ag.gradients(y, x) == 3.0
    assert not calls


def test_gradients_names_an_unreached_input():
    x, z = leaf(2.0), leaf(1.0, "z")
    with pytest.raises(ValueError, match="not made from Tensor 'z'"):
        ag.gradients(x * 2, [x, z])
    with pytest.raises(ValueError, match="does not require grad"):
        ag.gradients(x * 2, ag.Tensor(1.0))


def test_gradients_of_gradients_to_order_four():
    x = leaf(1.5)
    y = x**5
    for factor, power in ((5, 4), (20, 3), (60, 2), (120, 1)):
        y = ag.gradients(y, x, create_graph=True)
        assert float(y) == pytest.approx(factor * 1.5**power, rel=1e-14)


def test_create_graph_works_under_no_grad():
    x = leaf(2.0)
    y = x**3
    with ag.no_grad():
        g = ag.gradients(y, x, create_graph=True)
    assert float(ag.gradients(g, x)) == 12.0


def test_the_gradients_that_gradients_returns_are_the_callers():
    x, z = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    a, b, c = ag.gradients((x + z), [x, z, x], gradient=np.ones(2))
    a[:] = 7
    np.testing.assert_array_equal(b, [1.0, 1.0])
    np.testing.assert_array_equal(c, [1.0, 1.0])


def test_retain_grad_and_the_warning_without_it():
    x = leaf(2.0)
    h = x * x
    h.retain_grad()
    k = h * 3
    k.backward()
    assert h.grad == 3.0
    with pytest.warns(UserWarning, match="retain_grad"):
        assert k.grad is None


def test_a_leaf_written_to_after_use_is_found():
    w = leaf([1.0, 2.0], "w")
    y = (w * w).sum()
    w.data -= 0.5
    with pytest.raises(RuntimeError, match=r"(?s)written to after.*leaf: w, shape \(2,\)"):
        y.backward()
    assert w.grad is None
    (w * w).sum().backward()
    np.testing.assert_array_equal(w.grad, [1.0, 3.0])


def test_both_lines_of_a_late_write_are_named_under_detect_anomaly():
    w = leaf(1.0, "w")
    with ag.detect_anomaly():
        y = w * w  # recorded here
        w.data = 2.0  # written here
    with pytest.raises(RuntimeError, match=r"(?s)y = w \* w.*w\.data = 2\.0"):
        y.backward()


def test_a_write_unrelated_to_the_graph_is_no_error():
    w, v = leaf(1.0), leaf(2.0)
    y = w * 3
    v.data = 5.0
    y.backward()
    assert w.grad == 3.0


def test_assigning_data_of_an_inner_value_is_an_error():
    w = leaf(1.0)
    y = w * 2
    with pytest.raises(ValueError, match="recorded result of multiply"):
        y.data = 3.0


def test_the_walk_is_re_entrant():
    def inner(g, x):
        t = ag.Tensor(x, requires_grad=True)
        return g * ag.gradients(t * t, t, gradient=np.ones_like(x))

    square = ag.operation(
        "reentrant_for_test",
        lambda x: x * x,
        formula="y = x^2",
        rules=[ag.rule(inner, local="2 x")],
        samples=[extend.sample(extend.reals(2))],
    )
    x = leaf([1.0, 2.0])
    square(square(x)).backward(gradient=np.ones(2))
    np.testing.assert_array_equal(x.grad, [4.0, 32.0])


def test_threads_walk_one_retained_graph():
    x = leaf(np.linspace(1, 2, 50))
    y = x
    for _ in range(30):
        y = y * 1.01 + x
    y = y.sum()
    expected = ag.gradients(y, x, retain_graph=True)
    results, errors = [], []

    def work():
        try:
            for _ in range(20):
                results.append(ag.gradients(y, x, retain_graph=True))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors
    assert len(results) == 80
    for g in results:
        np.testing.assert_array_equal(g, expected)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("shape", [(), (3,), (300, 300)])
def test_a_sum_that_goes_on_to_two_parents_is_not_added_into(shape, create_graph, sign):
    """The gradient of y, a sum of two, is the first of a's and of b's: what a gets beside it is none of b's."""
    p, q = ag.Tensor(np.ones(shape), requires_grad=True), ag.Tensor(np.ones(shape), requires_grad=True)
    b = q * 1.0
    a = p * 1.0
    c, d = a * 5.0, b * 7.0
    y = a + b if sign > 0 else b + a
    g, h = ag.gradients((c + d + y * 2.0 + y * 3.0).sum(), [p, q], create_graph=create_graph)
    np.testing.assert_array_equal(ag.tensors.raw(g), np.full(shape, 10.0))
    np.testing.assert_array_equal(ag.tensors.raw(h), np.full(shape, 12.0))


@pytest.mark.parametrize("seed", range(40))
def test_random_sums(seed):
    """Graphs of additions alone, whose gradients are passed on as they are, against the matrices that they are."""
    rng = np.random.default_rng(seed)
    leaves = [ag.Tensor(rng.normal(size=3), requires_grad=True) for _ in range(3)]
    values, rows = list(leaves), list(np.eye(3))
    while len(values) < 25:
        i, j = rng.integers(0, len(values), 2)
        factor = float(rng.integers(1, 4)) if rng.random() < 0.5 else None
        values.append(values[i] + values[j] if factor is None else values[i] * factor)
        rows.append(rows[i] + rows[j] if factor is None else rows[i] * factor)
    out = values[-1] + values[-2] + values[-3] + values[-4]
    out.backward(np.ones(3))
    for leaf, expected in zip(leaves, sum(rows[-4:]), strict=True):
        np.testing.assert_array_equal(np.zeros(3) if leaf.grad is None else leaf.grad, np.full(3, expected))


@pytest.mark.filterwarnings("ignore:.*operands with different numbers of axes")
def test_broadcast_gradients_are_summed_and_of_the_leafs_dtype():
    x = ag.Tensor(np.ones(4, np.float32), requires_grad=True)
    y = ag.Tensor(np.ones((3, 1)), requires_grad=True)
    (x * y).sum().backward()
    assert x.grad.shape == (4,) and x.grad.dtype == np.float32
    assert y.grad.shape == (3, 1) and y.grad.dtype == np.float64
    np.testing.assert_array_equal(x.grad, 3)


def test_empty_arrays():
    x = leaf(np.ones((0, 3)))
    (x * 2).sum().backward()
    assert x.grad.shape == (0, 3)


def test_overflow_in_the_walk_warns_of_nothing():
    x = leaf(1e200)
    with np.errstate(over="ignore"):
        y = x * x
    y.backward(gradient=1e200)
    assert x.grad == np.inf


def test_a_walk_inside_a_walk_over_the_same_nodes():
    """A rule that walks the very graph that it stands in: the inner walk finds the nodes taken, and goes round them."""
    x = leaf([1.0, 2.0])
    shared = x * x
    inner = []

    def peek(g):
        inner.append(ag.gradients(shared, x, gradient=np.ones(2), retain_graph=True))
        return g

    watching = ag.operation(
        "watching_for_test",
        lambda x: x * 1.0,
        formula="y = x",
        rules=[ag.rule(peek, local="1")],
        samples=[extend.sample(extend.reals(2))],
    )
    y = watching(shared) + shared
    y.backward(gradient=np.ones(2), retain_graph=True)
    np.testing.assert_array_equal(x.grad, [4.0, 8.0])
    np.testing.assert_array_equal(inner[0], [2.0, 4.0])
    assert all(node.walk == 0 and node.total is None for node in (x.node, shared.node, y.node))
    assert len(inner) == 1


def test_an_interrupted_walk_gives_its_nodes_free():
    def interrupted(g):
        raise KeyboardInterrupt

    broken = ag.operation(
        "interrupted_for_test",
        lambda x: x * 1.0,
        formula="y = x",
        rules=[ag.rule(interrupted, local="1")],
        samples=[extend.sample(extend.reals(2))],
    )
    x = leaf(2.0)
    square = x * x
    y = broken(square)
    with pytest.raises(KeyboardInterrupt):
        y.backward(retain_graph=True)
    assert all(node.walk == 0 and node.total is None for node in (x.node, square.node, y.node))
    square.backward()
    assert x.grad == 4.0


def test_an_unreached_input_is_found_before_anything_is_used_up():
    x, z = leaf(2.0), leaf(1.0, "z")
    y = x * x
    with pytest.raises(ValueError, match="not made from Tensor 'z'"):
        ag.gradients(y, [x, z])
    assert all(node.walk == 0 for node in (x.node, y.node))
    assert ag.gradients(y, x) == 4.0


def test_threads_sum_into_one_leaf():
    """No gradient gets lost between reading .grad and setting it."""
    w = leaf(np.zeros(100))
    interval = sys.getswitchinterval()

    def work():
        for _ in range(200):
            (w * 1.0).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    try:
        sys.setswitchinterval(1e-6)
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    finally:
        sys.setswitchinterval(interval)
    np.testing.assert_array_equal(w.grad, 800.0)


def left_without_the_collector(run):
    """What only the collector would free after ``run()``."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        run()
        gc.collect()
        return [x for x in gc.garbage if isinstance(x, Node | ag.Tensor | np.ndarray | ag.Tape)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def on_a_tape():
    x = leaf([1.0, 2.0])
    with ag.tape():
        y = (ag.concatenate([x, x]) ** 3).sum()
        ag.gradients(y, x, create_graph=True)
    y.backward()


def after_a_kernels_error():
    x = leaf([1.0, 2.0]) * 1.0
    with pytest.raises(ValueError, match="add: "):
        x + np.ones(3)


def after_an_error_that_passes_as_it_is():
    x = leaf([0.0, 2.0]) * 1.0
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        ag.log(x)


def after_an_error_in_an_operation_of_operations():
    nested = ag.operation(
        "nested_for_test",
        lambda x: nested.operation.forward(x) if x is None else _refuse(x),
        formula="y = x",
        rules=[ag.rule(lambda g: g, local="1")],
        samples=[extend.sample(extend.reals(2))],
    )
    with pytest.raises(ValueError, match="nested_for_test: refused"):
        nested(leaf([1.0, 2.0]))


def _refuse(x):
    raise ValueError("nested_for_test: refused")


def after_backward_errors():
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="used up"):
        y.backward()
    y = (x * x).sum()
    x.data = [0.0, 0.0]
    with pytest.raises(RuntimeError, match="written to"):
        y.backward()
    with ag.detect_anomaly(), pytest.raises(FloatingPointError):
        (x**0.5).sum().backward()


def through_transforms():
    x = leaf([1.0, 2.0])
    ag.grad(lambda a: (a**3).sum())(x)
    ag.hessian(lambda a: (a**3).sum())(x.data)
    ag.jvp(lambda a: a**2, x, [1.0, 1.0])
    ag.hvp(lambda a: (a**3).sum(), x, [1.0, 1.0])
    ag.vjp(lambda a: a**2, x)[1]([1.0, 1.0])


@pytest.mark.parametrize(
    "run",
    [
        on_a_tape,
        after_a_kernels_error,
        after_an_error_that_passes_as_it_is,
        after_an_error_in_an_operation_of_operations,
        after_backward_errors,
        through_transforms,
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_no_cycles(run):
    assert not left_without_the_collector(run)


def test_a_gradient_that_is_a_view_of_all_of_its_own_memory_is_not_copied():
    """A rule's result is often a transposed array: ``.grad`` as it is, unless anything else may hold its memory.

    Of the library's own rules it is known that they keep nothing; what a user's rule gives is copied.
    """
    made, addresses = [], []

    def fresh(g):
        array = g * 2
        addresses.append(array.ctypes.data)
        return array.T

    def keep(array):
        made.append(array)
        return array

    def grad_by(make, trusted=False):
        x = ag.Tensor(np.ones((80, 90)), requires_grad=True)
        turned = ag.operation(
            "turned",
            lambda x: x.T,
            formula="y = x^T",
            rules=[ag.rule(lambda g: make(g))],
            samples=[extend.sample(extend.reals(1))],
        )
        turned.operation.trusted = trusted
        turned(x).backward(np.ones((90, 80)))
        return x.grad

    assert grad_by(fresh, trusted=True).ctypes.data == addresses[0]
    for make in (lambda g: keep(g * 2).T, lambda g: keep((g * 2).T), lambda g: np.concatenate([g, g])[:90].T):
        grad = grad_by(make)
        assert grad.base is None
        grad[...] = 7
        assert all(np.all(array == 2) for array in made)


# -- any two walks may meet --------------------------------------------------------------------


def test_threads_walk_back_from_two_results_of_one_trunk():
    """Each gives right gradients or says that the graph was used up; the leaf gets whole gradients alone."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(150):
            x = leaf([1.0, 2.0])
            h = x
            for _ in range(20):
                h = ag.stack([h, x, h])[0]
            heads = [(h * 1.0).sum(), (h * 2.0).sum()]
            together, done = threading.Barrier(2), []

            def run(i, heads=heads, together=together, done=done):
                together.wait()
                try:
                    heads[i].backward()
                    done.append(i + 1.0)
                except RuntimeError as error:
                    assert "used up" in str(error)

            threads = [threading.Thread(target=run, args=(i,)) for i in range(2)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            assert x.grad is None if not done else x.grad.tolist() == [sum(done)] * 2
    finally:
        sys.setswitchinterval(interval)


def test_gradients_find_what_another_thread_has_used_up_since_they_began():
    x = leaf([1.0, 2.0])
    h = ag.tanh(x)
    first, second = (h * 2.0).sum(), (h * 3.0).sum()
    order, _ = seams.collect([second.node])
    first.backward()
    with pytest.raises(RuntimeError, match="used up"):
        engine._leading_to({x.node}, order)


@pytest.mark.parametrize("slot", "operation a b like note total saved_a saved_b many birth".split())
@pytest.mark.parametrize("wrong", [0, "a", [], None, 3.5])
def test_no_attribute_of_a_node_ends_the_interpreter(slot, wrong):
    x = leaf([1.0, 2.0])
    y = x * 2.0 + x
    try:
        setattr(y.node, slot, wrong)
        y.backward(gradient=[1.0, 1.0])
        (x * y).sum().backward()
    except (TypeError, AttributeError, ValueError, RuntimeError, IndexError):
        pass


def test_the_node_of_a_tensor_cannot_be_set():
    x = leaf([1.0, 2.0])
    with pytest.raises(AttributeError):
        x.node = 0
    assert (x + 1.0).requires_grad


def test_values_from_different_dtypes_share_no_description():
    """Of scalars of one dtype the description is one object, which the walk compares by identity."""
    for dtype in (np.float16, np.float32, np.float64):
        a = ag.Tensor(dtype(2.0), requires_grad=True)
        y = a * a
        assert y.node.like is a.node.like
        y.backward()
        assert type(a.grad) is dtype and a.grad == 4.0
