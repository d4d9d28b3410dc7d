"""tinygrad, on its interpreter in Python, for which no compiler is needed."""

import os

os.environ.setdefault("DEV", "PYTHON")

import importlib.metadata

from tinygrad import Tensor, dtypes

from .functions import Functions

VERSION = importlib.metadata.version("tinygrad")


class _Methods:
    """tinygrad's functions are methods."""

    def __getattr__(self, name):
        if not hasattr(Tensor, name):
            raise AttributeError(name)
        return lambda x, *args, **options: getattr(x, name)(*args, **options)


def _average_pool(x, size, stride, padding=0, **options):
    return x[None, None].avg_pool2d((size,), stride, padding=padding, **options)[0, 0]


functions = Functions(
    {
        "power": lambda x, y: x**y,
        "clip": lambda x, low, high: x.clamp(low, high),
        "std": lambda x: x.std(correction=0),
        "std_of_sample": lambda x: x.std(),
        "sort": lambda x: x.sort()[0],
        "mod": lambda x, y: x % y,
        "where": lambda mask, x, y: mask.where(x, y),
        "max_pool": lambda x, size, stride, padding=0: x[None, None].max_pool2d((size,), stride, padding=padding)[0, 0],
        "average_pool": _average_pool,
    },
    _Methods(),
)


def value(function, at):
    return function(functions, Tensor(at, dtype=dtypes.float64)).numpy()


def gradient(function, at):
    x = Tensor(at, dtype=dtypes.float64)
    return _numbers(function(functions, x).gradient(x)[0])


def hessian(function, at):
    x = Tensor(at, dtype=dtypes.float64)
    (slopes,) = function(functions, x).gradient(x)
    return [_numbers(slopes[i].gradient(x)[0]) for i in range(len(at))]


def _numbers(x):
    """Beside a zero that lies on the device: what is constant would be computed elsewhere, by a compiler."""
    return (x + Tensor([0.0] * x.shape[0], dtype=dtypes.float64).realize()).numpy()
