"""NumPy's place in a program, lent for the time of one call and given back."""

import threading
import types

import numpy as np
import pytest
from numpy import exp, zeros

import autograd as ag
from autograd.checking.code.lending import Reach, lent
from autograd.checking.code.stand_in import numpy


def helper():
    return np.zeros(2), zeros(2), exp


class Layer:
    def forward(self):
        return np.zeros(1)

    @staticmethod
    def other():
        return helper()


def test_what_a_function_reaches():
    own = np

    def inner():
        import numpy as inside

        return own.zeros(1), helper(), Layer().forward(), Layer.other(), inside.zeros(1)

    with ag.tape(), lent(Reach(inner)):
        arrays = [inner()[0], *inner()[1][:2], inner()[2], *inner()[3][:2], inner()[4]]
        assert all(isinstance(one, ag.Tensor) for one in arrays)
    assert own is np and type(np) is types.ModuleType
    assert all(type(one) is np.ndarray for one in helper()[:2]) and helper()[2] is exp is np.exp


def test_it_is_given_back_after_an_error():
    with pytest.raises(ZeroDivisionError), ag.tape(), lent(Reach(helper)):
        assert np is numpy
        1 / 0  # noqa: B018
    assert type(np) is types.ModuleType and type(__import__("numpy").zeros(1)) is np.ndarray


def test_what_the_program_wrote_into_its_globals_goes_too():
    def write():
        global written
        written = np.zeros(1)

    with ag.tape(), lent(Reach(write)):
        write()
    assert "written" not in globals()


def test_other_threads_see_numpy():
    found = []
    with ag.tape(), lent(Reach(helper)):
        thread = threading.Thread(target=lambda: found.append(helper()[0]))
        thread.start()
        thread.join()
    assert type(found[0]) is np.ndarray


def test_generators_are_found():
    rng = np.random.default_rng(0)

    def draw():
        return rng.normal()

    assert list(Reach(draw).generators.values()) == [rng]
