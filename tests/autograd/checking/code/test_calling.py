"""What backward is called with."""

import numpy as np
import pytest

import autograd as ag
from autograd.checking.code.calling import arguments, outcome, seeds

X, W, G, CACHE = "x", "w", "gradient", ("the", "cache")


@pytest.mark.parametrize(
    ("backward", "cache", "given", "expected"),
    [
        (lambda x, w: 0, None, False, [X, W]),
        (lambda params, batch: 0, None, False, [X, W]),
        (lambda dout, cache: 0, CACHE, True, [G, CACHE]),
        (lambda dy, memory: 0, CACHE, True, [G, CACHE]),
        (lambda a, b: 0, CACHE, True, [G, CACHE]),
        (lambda dout: 0, None, True, [G]),
        (lambda dout=1: 0, None, False, [G]),
        (lambda x, w, output_gradient: 0, None, True, [X, W, G]),
        (lambda grad_output, x, w: 0, None, True, [G, X, W]),
        (lambda x, w, cache: 0, CACHE, False, [X, W, CACHE]),
        (lambda w, cache: 0, CACHE, False, [W, CACHE]),
        (lambda dout, z: 0, {"z": 3, "h": 4}, True, [G, 3]),
        (lambda x, w, verbose=False: 0, None, False, [X, W]),
        (lambda: 0, None, False, []),
        (lambda *args: 0, None, False, [X, W]),
    ],
)
def test_arguments_by_name_and_by_position(backward, cache, given, expected):
    assert arguments(backward, ["x", "w"], [X, W], [G], cache, given) == expected


def test_nothing_fits():
    with pytest.raises(TypeError, match="its parameters: a, b, c, d, e"):
        arguments(lambda a, b, c, d, e: 0, ["x"], [X], [G], None, False)


def test_what_forward_computes():
    cache = {"z": 1}
    assert outcome((1.5, cache), None) == (1.5, cache)
    assert outcome((1.5, 2.5, cache), (1, 1)) == ((1.5, 2.5), cache)
    assert outcome({"loss": 2.0, "z": 1}, None)[0] == 2.0
    assert outcome(3.0, None) == (3.0, None)


def test_seeds():
    assert seeds(2.0, None) == [1.0]
    assert [one.shape for one in seeds((np.ones(2), np.ones(3)), (np.ones(2), np.ones(3)))] == [(2,), (3,)]


def test_a_search_that_has_run_out_of_time_says_so():
    def forward(x):
        return np.tanh(x) ** 3

    def backward(x, dy):
        return dy * 7 * np.tanh(x)

    x = np.array([0.5, -1.0, 2.0])
    report = ag.check_backward(forward, backward, x, gradient=np.ones(3), seconds=1e-9)
    assert not report.ok and report.first_wrong.mistake is None
    assert "not all of the catalogue was tried: give more seconds=" in str(report)
