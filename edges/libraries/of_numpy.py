"""NumPy: values alone."""

import numpy as np

from .functions import Functions, Lacking

VERSION = np.__version__


def _same(x, k, step):
    if step > 1:
        raise Lacking("strides")
    return {"correlate": np.correlate(x, k, "same"), "convolve, kernel reversed": np.convolve(x, k[::-1], "same")}


functions = Functions({"same": _same}, np)


def value(function, at):
    return function(functions, np.array(at, float))
