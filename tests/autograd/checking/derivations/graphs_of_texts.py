"""The graphs that the derivations are about: {name of the document: the recorded output}."""

import numpy as np

import autograd as ag
from tests.autograd.checking.formulas.networks import logistic


def leaf(name, value):
    return ag.Tensor(np.asarray(value, dtype=float), requires_grad=True, name=name)


def some(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def error_goes_back():
    x, k, g = leaf("x", some(0, 4, 5)), leaf("k", some(1, 2, 3)), ag.Tensor(some(2, 3, 3), name="g")
    with ag.tape():
        net = ag.correlate2d(x, k, mode="valid")
        E = (g * net).sum()
    return E, (net,)


def listing():
    x, k = leaf("x", np.arange(1, 10).reshape(3, 3)), leaf("k", [[1, 0, -1]] * 3)
    g, p = ag.Tensor(np.arange(1.0, 10).reshape(3, 3), name="g"), leaf("p", some(3, 2, 2))
    with ag.tape():
        net = ag.correlate2d(x, k, mode="same")
        q = ag.avg_pool2d(p.reshape(1, 1, 2, 2), 2).reshape(1, 1) * 1.0
        E = (g * net).sum() + 3 * (q * q).sum()
    return E, (net, q)


def conv_layer():
    out, h, b = leaf("out", some(0, 4, 4)), leaf("h", some(1, 2, 2)), leaf("b", 0.3)
    a, g = leaf("a", [[4.0, 1.0], [2.0, 3.0]]), ag.Tensor(some(2, 3, 3), name="g")
    with ag.tape():
        net_o = ag.correlate2d(out, h, mode="valid") + b
        m = ag.max_pool2d(a.reshape(1, 1, 2, 2), 2).reshape(1, 1) * 1.0
        E = (g * ag.tanh(net_o)).sum() + (m * m).sum()
    return E, (net_o, m)


def strides():
    x, k, g = leaf("x", some(0, 5, 7)), leaf("k", some(1, 3, 2)), ag.Tensor(some(2, 3, 4), name="g")
    with ag.tape():
        net = ag.conv2d(x.reshape(1, 1, 5, 7), k.reshape(1, 1, 3, 2), stride=(2, 3), padding=(1, 2)).reshape(3, 4)
        E = (g * net).sum()
    return E, (net,)


def step_by_step():
    v = logistic()
    return v["E"], v


GRAPHS = {
    "000_error_goes_back": error_goes_back,
    "001_listing": listing,
    "002_conv_layer": conv_layer,
    "003_strides": strides,
    "004_step_by_step": step_by_step,
}
