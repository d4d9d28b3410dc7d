"""What ``ag.compile`` refuses, and that the error names the line."""

import numpy as np
import pytest

import autograd as ag


def leaf(*values):
    return ag.Tensor(values[0] if len(values) == 1 else list(values), requires_grad=True)


def runs(function, *args, times=3):
    """The results of several calls with the same arguments."""
    return [function(*args) for _ in range(times)]


def late_branch(x):
    return x if x.sum() > 0 else -x


@pytest.mark.parametrize(
    "function",
    [
        lambda x: float(x.sum()),
        lambda x: x * x.sum().item(),
        late_branch,
        lambda x: np.asarray(x),
        lambda x: ag.Tensor(x),
        lambda x: f"{x.sum():.3f}",
        lambda x: [0, 1][(x > 0).sum()],
        lambda x: ag.allclose(x, 1.0) and x,
    ],
)
@pytest.mark.parametrize("kind", [np.array, ag.Tensor])
def test_values_may_not_be_looked_at(function, kind):
    with pytest.raises(TypeError, match=r"asks for a value.*\n.*test_compile_refused.py:\d+"):
        ag.compile(function)(kind([1.0, 2.0]))


def test_values_from_outside_may_not_be_looked_at_either():
    w = leaf(1.0)
    for function in (lambda: w * w.item(), lambda: w if w > 0 else -w, lambda: w * float(w.detach())):
        with pytest.raises(TypeError, match="asks for a value"):
            ag.compile(function)()


def test_arrays_may_not_be_written_in_place():
    w = leaf(1.0, 2.0)

    def entry(x):
        x[0] = 1.0

    def whole(x):
        x += 1.0
        return x

    def data(x):
        d = w.data
        d -= x

    for function in (entry, whole, data, lambda x: x.fill(0.0), lambda x: np.add(x, x, out=np.zeros(2))):
        with pytest.raises(TypeError, match=r"writ(es|ten) in"):
            ag.compile(function)(np.ones(2))
    np.testing.assert_array_equal(w.data, [1.0, 2.0])


def test_what_changes_outside_is_refused():
    seen, count = [], 0

    def append(x):
        seen.append(x)

    def counting(x):
        nonlocal count
        count += 1
        return x

    for function in (append, counting):
        with pytest.raises(RuntimeError, match="changes what is no Tensor"):
            ag.compile(function)(np.ones(2))


def test_other_results_are_refused():
    with pytest.raises(TypeError, match=r"returns what a program cannot\n  returned: set"):
        ag.compile(lambda x: {1, 2})(np.ones(2))


def test_calls_that_do_different_things_are_an_error():
    generator = np.random.default_rng(0)
    turn = iter([0, 1])

    def other_operation(x):
        return ag.exp(x) if next(turn) else ag.sin(x)

    def other_array(x):
        return x + generator.normal(size=2)

    def other_number(x):
        return x * float(generator.normal())

    for function, what in ((other_operation, "exp at"), (other_array, "with NumPy"), (other_number, "number|changed")):
        compiled = ag.compile(function)
        compiled(np.ones(2))
        with pytest.raises(RuntimeError, match=f"did different things\n(.*\n)*.*({what})"):
            compiled(np.ones(2))


def test_a_shape_that_depends_on_values_is_an_error_once_it_changes():
    f = ag.compile(lambda x: x[x > 0])
    runs(f, np.array([1.0, -1.0, 2.0]))
    with pytest.raises(ValueError, match="a shape depends on values"):
        f(np.array([1.0, -1.0, -2.0]))


def test_hooks_and_histories_from_outside_are_refused():
    w = leaf(1.0, 2.0)
    before = w * 2

    def hooked():
        y = w * 2
        y.register_hook(lambda g: 2 * g)
        y.sum().backward()

    with pytest.raises(ValueError, match="a hook changes a gradient"):
        ag.compile(hooked)()
    with pytest.raises(ValueError, match="recorded before the call"):
        ag.compile(lambda: before.sum().backward())()
    with pytest.raises(ValueError, match="recorded result"):
        ag.compile(lambda x: x)(before)
    with pytest.raises(TypeError, match="a function is needed"):
        ag.compile(3)


def test_errors_while_it_runs_name_the_line():
    table = ag.Tensor([1.0, 2.0, 3.0])
    f = ag.compile(lambda i: ag.take(table, i))
    runs(f, np.array([0, 1]))
    with pytest.raises(IndexError) as caught:
        f(np.array([0, 7]))
    assert "test_compile_refused.py" in caught.value.__notes__[0]
