"""The warning of operands that are broadcast by accident: where it comes, and where it must not."""

import ast
import textwrap
import warnings

import numpy as np
import pytest

import autograd as ag
from autograd.declaration import registry

column, row = np.ones((3, 1)), np.ones(3)


@pytest.fixture(autouse=True)
def switched_on():
    ag.config.set_broadcast_warnings(True)
    yield
    ag.config.set_broadcast_warnings(True)


def leaf(x):
    return ag.Tensor(x, requires_grad=True)


def linear():
    """What a layer with one output gives."""
    return np.ones((3, 2)) @ leaf(np.ones((2, 1)))


def told(f):
    """The warnings of a function."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        f()
    return [str(one.message) for one in caught]


OWN = [op for op in registry.values() if op.function.__module__.startswith("autograd.")]
ENTRY_BY_ENTRY = [op for op in OWN if op.kind in ("elementwise", "activation") and op.names[:2] == ["a", "b"]]


@pytest.mark.parametrize("given", ["Tensors", "left", "right", "constants", "no_grad"])
@pytest.mark.parametrize("op", ENTRY_BY_ENTRY, ids=lambda op: op.name)
def test_every_operation_of_two_operands_warns(op, given):
    a, b = column + 0.5, row
    if given != "right":
        a = ag.Tensor(a, requires_grad=given != "constants")
    if given != "left":
        b = ag.Tensor(b, requires_grad=given != "constants")

    def f():
        with ag.no_grad() if given == "no_grad" else ag.enable_grad():
            op.function(a, b)

    (message,) = told(f)
    assert message.startswith(f"{op.name}: operands with different numbers of axes")
    assert "shape (3, 1)" in message and "shape (3,)" in message and "shape (3, 3)" in message


def test_there_are_such_operations():
    assert len(ENTRY_BY_ENTRY) > 8


@pytest.mark.parametrize(
    "f",
    [
        lambda: linear() - row,
        lambda: row - linear(),
        lambda: np.subtract(linear(), row),
        lambda: np.subtract(row, linear()),
        lambda: ag.sigmoid(linear()) - row,
        lambda: (linear() + np.ones(1)) - row,
        lambda: leaf(column) - ag.Tensor(row),
        lambda: ag.Tensor(column) - ag.Tensor(row),
        lambda: linear() - np.ones((3, 2))[:, 0],
        lambda: linear() - leaf(np.ones((3, 2)))[:, 0],
        lambda: linear() - ag.squeeze(leaf(column)),
        lambda: leaf(np.ones((2, 3, 1))) * np.ones((3, 4)),
        lambda: (linear() > 0.5) == row,
        lambda: linear() >= row,
        lambda: linear() - [1.0, 2.0, 3.0],
        lambda: row < linear(),
        lambda: column == leaf(row),
        lambda: np.greater(row, linear()),
        lambda: np.ones(3, bool) & (linear() > 0),
        lambda: ag.where(row > 0, linear(), 0.0),
        lambda: ag.where(linear() > 0, leaf(row), 0.0),
        lambda: ag.where(linear() > 0, 1.0, leaf(row)),
        lambda: ag.where(np.True_, linear(), row),
        lambda: np.where(row > 0, linear(), 0.0),
        lambda: ag.clip(linear(), row, None),
        lambda: ag.clip(linear(), 0.0, row),
        lambda: np.clip(leaf(row), None, column),
    ],
)
def test_accidents_are_told(f):
    assert len(told(f)) == 1


def of(x, change):
    """The operands on lines of their own: only the history shows what was written out."""
    return change(x)


@pytest.mark.parametrize(
    "operand",
    [
        lambda: of(leaf(row), lambda x: x[:, None]),
        lambda: of(leaf(row), lambda x: x[:, np.newaxis]),
        lambda: of(leaf(row), lambda x: ag.expand_dims(x, 1)),
        lambda: of(leaf(row), lambda x: x.reshape(3, 1)),
        lambda: of(leaf(row), lambda x: -ag.exp(x[:, None] * 2.0)),
        lambda: of(leaf(np.ones((3, 2))), lambda x: x.sum(axis=1, keepdims=True)),
        lambda: of(leaf(np.ones((3, 2))), lambda x: ag.max(x, 1, True)),
        lambda: of(row, lambda x: x[:, None]),
        lambda: of(row, lambda x: x.reshape(3, 1)),
        lambda: of(row, lambda x: np.expand_dims(x, 1)),
    ],
)
def test_axes_that_were_written_out_earlier_are_meant(operand):
    x, y = operand(), leaf(np.ones(4))
    assert told(lambda: x - y) == told(lambda: y - x) == []


@pytest.mark.parametrize(
    "line",
    [
        "t - a[:, None]",
        "t - a[:, np.newaxis]",
        "t - a[[0, 1, 2], None]",
        "t - a[(slice(0, 3)), None]",
        "t - a.reshape(3, 1)",
        "t - np.expand_dims(a, 1)",
        "t - np.ones((3, 2)).sum(axis=1, keepdims=True)",
        "ag.subtract(\n    t,\n    a.reshape(\n        3, 1\n    ),\n)",
    ],
)
def test_axes_that_the_line_writes_out_are_meant(line, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(f"import autograd as ag\nimport numpy as np\n\ndef f(t, a):\n{textwrap.indent(line, '    ')}\n")
    names = {}
    exec(compile(ast.parse(path.read_text()), str(path), "exec"), names)
    assert told(lambda: names["f"](leaf(np.ones(4)), row + 0)) == []


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x - x.mean(axis=0),
        lambda x: x + np.ones(2),
        lambda x: x * 2.0,
        lambda x: x - np.ones((1, 3, 2)),
        lambda x: np.ones((3, 1)) - leaf(np.ones((1, 4))),
        lambda x: np.ones((4, 3, 5)) @ leaf(np.ones((5, 2))),
        lambda x: np.ones((4, 3, 2)) @ leaf(np.ones((2, 5))),
        lambda x: ag.outer(row, leaf(row)),
        lambda x: leaf(np.ones((0, 1))) - row,
        lambda x: ag.where(np.ones((3, 1), bool), x, np.ones(2)),
        lambda x: ag.where(x > 0, x, 0.0),
        lambda x: np.ones(2) < x,
        lambda x: np.ones((3, 1)) < leaf(np.ones((1, 4))),
        lambda x: ag.clip(x, np.zeros(2), np.ones((3, 1))),
        lambda x: x.reshape(3, 1, 2) - leaf(np.ones((4, 2))),
    ],
)
def test_what_is_not_larger_than_both_or_not_broadcast_is_silent(f):
    assert told(lambda: f(leaf(np.ones((3, 2))))) == []


def test_a_line_is_told_of_once():
    def loop():
        for n in (3, 4, 5):
            linear() - np.ones(n)

    assert len(told(loop)) == 1
    with pytest.warns(UserWarning, match="larger than all of them"):
        loop()


def test_two_lines_are_told_of_each():
    def loop():
        for _ in range(3):
            linear() - row
            row * linear()

    assert len(told(loop)) == 2


def test_as_an_error_it_is_raised_each_time():
    for _ in range(2):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(UserWarning, match="subtract"):
                linear() - row


def test_the_warning_names_the_users_line():
    with pytest.warns(UserWarning) as caught:
        linear() - row
    assert caught[0].filename == __file__


def test_the_library_itself_is_not_told():
    assert told(lambda: ag.testing.check_operation(ag.hypot)) == []
    assert told(lambda: ag.jacobian(lambda x: x * np.ones((2, 1)))(row)) != []  # but a line of the user's


def test_it_can_be_switched_off():
    ag.config.set_broadcast_warnings(False)
    assert told(lambda: linear() - row) == []
    ag.config.set_broadcast_warnings(True)
    assert len(told(lambda: linear() - row)) == 1
    with pytest.raises(TypeError, match="True or False"):
        ag.config.set_broadcast_warnings("off")
