"""The doors through which a recorded value would leave its history behind are shut to code without source text too."""

import array
import operator
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

import autograd as ag

T = ag.Tensor([2.0, 3.0], requires_grad=True, name="t")

WITHOUT_SOURCE = [
    "h[0] = t",
    "h[0] = r[0]",
    "h[0], x = t, 1",
    "h.fill(t)",
    "h[1:].fill(t)",
    "hs[0].fill(t)",
    "self.h.fill(t)",
    "h.reshape(2).fill(t)",
    "np.ndarray.fill(h, t)",
    "h.__setitem__(0, t)",
    "np.ndarray.__setitem__(h, 0, t)",
    "operator.setitem(h, 0, t)",
    "put = h.fill; put(t)",
    "put = partial(h.fill, t); put()",
    "a.append(t)",
    "arrays['a'].append(t)",
    "array('d', [t])",
    "np.fromiter([t, t], float)",
    "np.fromiter((x * 2 for x in r), float)",
    "np.array([t, t])",
    "np.array(t)",
    "np.asarray(r, float)",
    "np.float64(t)",
    "np.sum(h, initial=t)",
    "rng.normal(t)",
    "ag.Tensor(t)",
    "ag.tensor([t])",
]


@pytest.mark.parametrize("line", WITHOUT_SOURCE)
def test_code_without_source_is_read_too(line):
    h, a = np.zeros(2), array.array("d")
    names = {"h": h, "hs": [h], "self": SimpleNamespace(h=h), "a": a, "arrays": {"a": a}, "array": array.array}
    names |= {"t": (T * T).sum(), "r": T * 1, "np": np, "ag": ag, "operator": operator, "partial": partial}
    names |= {"rng": np.random.default_rng(0)}
    with pytest.raises((TypeError, ValueError)):
        exec(line, names)
    assert not h.any() and not a
    assert [eval(f"{ask}(t)", names) for ask in ("float", "int")] == [13.0, 13]


def test_a_copy_of_a_result_is_no_way_to_lose_its_history():
    with pytest.raises(TypeError, match=r"(?s)recorded result of sum.*\.copy\(\).*\.detach\(\)"):
        ag.Tensor((T * T).sum())
    assert ag.Tensor(T).tolist() == ag.Tensor((T * 1).detach()).tolist() == [2.0, 3.0]


def test_what_does_not_come_from_the_argument_becomes_a_number_inside_a_transform():
    w = ag.Tensor(3.0, requires_grad=True)
    assert ag.grad(lambda x: x * float(w * 2))(1.0) == 6
