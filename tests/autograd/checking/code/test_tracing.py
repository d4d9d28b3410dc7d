"""The tracer: each value with the statement that gave it."""

import sys

import numpy as np
import pytest

from autograd.checking.code.tracing import Arrays, Trace, is_users


def changes(function, *args):
    """[(line in the function, name, value)] of what its statements gave."""
    trace = Trace(Arrays())
    trace.run(function, args)
    start = function.__code__.co_firstlineno
    return [(c.statement.line - start, c.name, c.value.tolist()) for c in trace.changes]


def test_values_and_what_is_returned():
    def f(x):
        y = 2 * x
        z = y + 1
        return z

    assert changes(f, 1.5) == [(1, "y", 3.0), (2, "z", 4.0), (3, "return", 4.0)]


def test_what_is_written_into_an_array():
    def f(x):
        x[0] = 5.0
        x += 1
        np.add.at(x, [1, 1], 2.0)
        np.multiply(x, 2, out=x)
        view = x[:1]
        view[0] = 0.0

    found = changes(f, np.array([1.0, 2.0]))
    assert [one for one in found if one[1] == "x"] == [
        (1, "x", [5.0, 2.0]), (2, "x", [6.0, 3.0]), (3, "x", [6.0, 7.0]), (4, "x", [12.0, 14.0]), (6, "x", [0.0, 14.0]),
    ]  # fmt: skip
    assert [one for one in found if one[1] == "view"] == [(5, "view", [12.0]), (6, "view", [0.0])]


def test_a_call_over_several_lines_is_one_statement():
    def f(x):
        y = np.maximum(
            x,
            0.5,
        )
        return y

    assert changes(f, 0.0) == [(1, "y", 0.5), (5, "return", 0.5)]


def test_loops_on_several_lines_and_on_one():
    def f(n):
        s = 0.0
        for _ in range(n):
            s += 0.5
        for i in range(n): s += 1.0  # fmt: skip # noqa: B007, E701
        return s

    found = [one for one in changes(f, 3) if one[1] == "s"]
    assert found[:4] == [(1, "s", 0.0), (3, "s", 0.5), (3, "s", 1.0), (3, "s", 1.5)]
    assert found[-1] == (4, "s", 4.5)


def test_several_names_at_once_and_containers():
    def f(x):
        a, b = x, -x
        grads = {"W": a, "n": 3}
        grads["b"] = b
        steps = [a]
        steps.append(b)
        return grads

    found = changes(f, 1.0)
    assert [one[:2] for one in found] == [
        (1, "a"), (1, "b"), (2, "grads['W']"), (3, "grads['b']"), (4, "steps[0]"), (5, "steps[1]"),
        (6, "return['W']"), (6, "return['b']"),
    ]  # fmt: skip


def test_a_comprehension_changes_no_variable():
    def f(x):
        y = 1.0
        z = [y + 0 for y in (x, 2 * x)]
        return z, y

    assert [one[:2] for one in changes(f, 3.0)] == [
        (1, "y"), (2, "z[0]"), (2, "z[1]"), (3, "return[0][0]"), (3, "return[0][1]"), (3, "return[1]"),
    ]  # fmt: skip


def test_helpers_recursion_and_attributes():
    class Layer:
        def step(self, x):
            self.dx = 2 * x
            return self.dx

    def power(x, n):
        y = x if n == 1 else x * power(x, n - 1)
        return y

    def f(x):
        layer = Layer()
        layer.step(x)
        return power(x, 3)

    trace = Trace(Arrays())
    assert trace.run(f, (2.0,)) == 8.0
    assert [(c.name, float(c.value)) for c in trace.changes if c.function.endswith("step")] == [
        ("self.dx", 4.0), ("return", 4.0),
    ]  # fmt: skip
    assert [float(c.value) for c in trace.changes if c.name == "y"] == [2.0, 4.0, 8.0]
    assert "layer.dx" in [c.name for c in trace.changes]
    assert [(e.name, float(e.value)) for e in trace.entered if e.function.endswith("step")] == [("x", 2.0)]


def test_integers_and_masks_are_not_watched():
    def f(x):
        n = 3
        mask = x > 0
        index = np.arange(n)
        return mask, index

    assert changes(f, 1.0) == []


def test_values_are_copies():
    def f(x):
        x[0] = 1.0
        x[0] = 2.0

    assert [one[2] for one in changes(f, np.zeros(1))] == [[1.0], [2.0]]


def test_an_error_comes_through_and_the_tracer_goes():
    before = sys.gettrace()

    def f():
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        Trace(Arrays()).run(f, ())
    assert sys.gettrace() is before


def test_whose_files_are_traced():
    assert is_users(__file__)
    assert not is_users(np.__file__) and not is_users(copy_of_the_library()) and not is_users("<frozen os>")


def copy_of_the_library():
    import autograd

    return autograd.__file__
