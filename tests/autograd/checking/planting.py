"""What the slips in ``slips/`` are written with.

A case is a function that records a loss on a net of its own and returns ``(loss, derive, steps, options)``:
``derive(ok)`` gives the gradients by hand, ``{Tensor: value}``, right or with the slip; ``steps`` is ``{name of a first
wrong step: what the mistake named there matches}``; ``options`` are those of ``check_by_hand``.
"""

import numpy as np

import autograd as ag

windows = np.lib.stride_tricks.sliding_window_view


class Cases(dict):
    """{name: function}; ``@CASES.add`` takes a function in under its own name."""

    def add(self, function):
        self[function.__name__] = function
        return function


def leaf(value):
    return ag.Tensor(np.asarray(value, float), requires_grad=True)


def sigma(z):
    return 1 / (1 + np.exp(-z))
