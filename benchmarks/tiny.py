"""Tiny tensors: what an operation costs beside its arithmetic

99 operations (33 times: multiply, add, tanh) on 10 elements, then backward: the time of it all, divided by 99.
"""

import numpy as np

from .row import Row


def arrays(dtype):
    rng = np.random.default_rng(0)
    return [rng.uniform(0.5, 1, 10).astype(dtype) for _ in range(3)], np.ones(10, dtype)


def step_of(tanh, leaves, gradient):
    x, w, b = leaves

    def step():
        for leaf in leaves:
            leaf.grad = None
        y = x
        for _ in range(33):
            y = tanh(y * w + b)
        y.backward(gradient)
        return y, leaves

    return step


def chalkgrad(dtype="float32"):
    import autograd as ag

    given, gradient = arrays(dtype)
    return step_of(ag.tanh, [ag.Tensor(a, requires_grad=True) for a in given], gradient)


def pytorch(dtype="float32"):
    import torch

    given, gradient = arrays(dtype)
    return step_of(torch.tanh, [torch.tensor(a, requires_grad=True) for a in given], torch.tensor(gradient))


def mygrad(dtype="float32"):
    import mygrad

    given, gradient = arrays(dtype)
    leaves = x, w, b = [mygrad.tensor(a) for a in given]

    def step():
        y = x
        for _ in range(33):
            y = mygrad.tanh(y * w + b)
        y.backward(gradient)
        return y, leaves

    return step


def hips(dtype="float32"):
    import autograd.numpy as anp

    from autograd import make_vjp

    given, gradient = arrays(dtype)

    def f(x, w, b):
        y = x
        for _ in range(33):
            y = anp.tanh(y * w + b)
        return y

    def step():
        vjp, y = make_vjp(f, argnum=(0, 1, 2))(*given)
        vjp(gradient)
        return y, []

    return step


ROWS = [
    Row(
        "one of 99 operations on 10 elements",
        {"chalkgrad": chalkgrad, "PyTorch": pytorch, "MyGrad": mygrad, "HIPS autograd": hips},
        bars={"PyTorch": 0.5, "MyGrad": 1, "HIPS autograd": 1},
        limit=2.5,
        unit="µs",
        per=99,
    ),
]
