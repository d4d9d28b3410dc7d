"""Matrices and masked arrays are refused, other subclasses are taken as plain arrays."""

import numpy as np
import pytest

import autograd as ag


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("kind", ["matrix", "masked"])
def test_matrices_and_masked_arrays_are_refused_at_every_door(kind):
    values = [[0.5, -1.0], [2.0, 1.5]]
    m = np.matrix(values) if kind == "matrix" else np.ma.masked_less(np.array(values), 0)
    x = ag.Tensor(values, requires_grad=True)
    doors = {
        "Tensor": lambda: ag.Tensor(m),
        "a leaf": lambda: ag.Tensor(m, requires_grad=True),
        "in a list": lambda: ag.Tensor([m, m]),
        "times": lambda: x * m,
        "from the left": lambda: m * x,
        "plus": lambda: m + x,
        "compared from the left": lambda: m > x,
        "power": lambda: x**m,
        "function": lambda: ag.tanh(m),
        "in stack": lambda: ag.stack([x, m]),
        "NumPy's": lambda: np.add(x, m),
        "comparison": lambda: x > m,
        "NumPy's comparison": lambda: np.greater(x, m),
        "index": lambda: x[m > 0],
        "index in a tuple": lambda: x[m > 0, None],
        "where": lambda: ag.where(m > 0, x, x),
        "gradient": lambda: (x * 1).backward(gradient=m),
        "of gradients": lambda: ag.gradients(x * 1, x, gradient=m),
        "data": lambda: setattr(x, "data", m),
        "grad": lambda: setattr(x, "grad", m),
        "transform": lambda: ag.grad(lambda x: x.sum())(m),
    }
    for door in doors.values():
        with pytest.raises(TypeError, match=r"np\.asarray\(m\)|m\.filled\(\.\.\.\)"):
            door()


def test_other_subclasses_are_taken_as_plain_arrays(tmp_path):
    class Odd(np.ndarray):
        def __mul__(self, other):
            return NotImplemented

        def __rmul__(self, other):
            raise AssertionError("an operator of the subclass came between")

    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    odd = np.array([3.0, 4.0]).view(Odd)
    mapped = np.memmap(tmp_path / "x", float, "w+", shape=2)
    mapped[:] = 3, 4
    for other in (odd, mapped):
        y = x * other
        assert type(y.data) is np.ndarray and ag.gradients(y.sum(), x).tolist() == [3.0, 4.0]
        assert type(ag.Tensor(other).data) is np.ndarray
