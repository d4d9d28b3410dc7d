"""Assignment into a Tensor that only the statement holds is an error; into any that something holds it works."""

from collections import deque

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor


def zeros(*shape):
    return Tensor(np.zeros(shape or (2, 2)), requires_grad=True) * 1.0


class Holder:
    def __init__(self, t):
        self.t = t

    def give(self):
        return self.t


LOST = [
    "t[0][1] = 5.0",
    "t[0][1] += 5.0",
    "t[0][0:1] = 5.0",
    "t[0:1][0][1] = 5.0",
    "t.T[0] = 5.0",
    "t.T[0] += 5.0",
    "t.T[0][1] = 5.0",
    "(t + t)[0] = 5.0",
    "((t) * 2.0 + t)[0] = 5.0",
    "(-t)[0] = 5.0",
    "(+t)[0] = 5.0",
    "(t @ t)[0] = 5.0",
    "t.reshape(4)[0] = 5.0",
    "t.reshape((4,))[0] = 5.0",
    "t.swapaxes(0, 1)[0][1] = 5.0",
    "t.detach()[0] = 5.0",
    "ag.exp(t)[0] = 5.0",
    "np.sqrt(t)[0] = 5.0",
    "Tensor([1.0, 2.0])[0] = 5.0",
    "h[0][1][0] = 5.0",
    "h[k - 1][1][0] = 5.0",
    "d['t'][1][0] = 5.0",
    "nested[0][1][0][0] = 5.0",
    "holder.t[0][1] = 5.0",
    "holder.t.T[0] = 5.0",
    "holder.t.reshape(4)[0] = 5.0",
    "t[\n    0\n][1] = 5.0",
    "t[0 if k else 1][1] = 5.0",
]

KEPT = [
    "t[0] = 5.0",
    "t[0, 1] = 5.0",
    "t[0] += 5.0",
    "t[0:1] = 5.0",
    "(t)[0] = 5.0",
    "s = t[0]; s[1] = 5.0",
    "s = t.T; s[1] = 5.0",
    "h[0][1] = 5.0",
    "h[0][1] += 5.0",
    "h[k - 1][0, 1] = 5.0",
    "h[-1][0] = 5.0",
    "d['t'][0] = 5.0",
    "nested[0][1][0] = 5.0",
    "nested[1][0] = 5.0",
    "holder.t[0] = 5.0",
    "holder.give()[0] = 5.0",
    "give()[0] = 5.0",
    "queue[0][1] = 5.0",
    "objects[0][1] = 5.0",
    "(t if k else h[0])[0] = 5.0",
    "[s, r] = t; s[0] = 5.0",
]


def run(text, inside_a_function):
    t = zeros()
    objects = np.empty(1, object)
    objects[0] = zeros()
    names = {
        "t": t, "h": [zeros(), zeros()], "d": {"t": zeros()}, "nested": [[zeros(), zeros()], zeros()],
        "holder": Holder(zeros()), "queue": deque([zeros()]), "objects": objects, "k": 1, "ag": ag, "np": np,
        "Tensor": Tensor, "give": lambda: t,
    }  # fmt: skip
    if inside_a_function:
        indented = text.replace("\n", "\n    ")
        arguments = ", ".join(names)
        text = f"def f({arguments}):\n    {indented}\nf({arguments})"
    exec(compile(text, "<test>", "exec"), names)


@pytest.mark.parametrize("inside_a_function", [False, True])
@pytest.mark.parametrize("text", LOST)
def test_what_nothing_else_holds_is_not_assigned_into(text, inside_a_function):
    with pytest.raises(TypeError, match="assignment into a temporary Tensor would change nothing"):
        run(text, inside_a_function)


@pytest.mark.parametrize("inside_a_function", [False, True])
@pytest.mark.parametrize("text", KEPT)
def test_what_something_holds_is_assigned_into(text, inside_a_function):
    run(text, inside_a_function)


def test_a_closure_a_loop_and_setitem_itself():
    t, h = zeros(), [zeros(3) for _ in range(3)]

    def inner():
        for i in range(3):
            h[i][i] = float(i)
        with pytest.raises(TypeError, match="temporary"):
            t[1][0] = 1.0

    inner()
    t.__setitem__(0, 2.0)
    assert [h[i].data[i] for i in range(3)] == [0.0, 1.0, 2.0] and t.data[0, 1] == 2.0
