"""Steps of SGD and Adam on lists of arrays, written into them: weights, gradients, and what is remembered of each.

``sgd`` and ``adam`` go through all parameters in one compiled call where they can; ``sgd_plainly`` and ``adam_plainly``
do one parameter with the same operations in the same order: the results are equal bit for bit.
"""

import math

import numpy as np

from ..native import native


def sgd(ws, gs, vs, lr, momentum, dampening, weight_decay, nesterov, first):
    """A step of SGD: w ← w − lr · v, v ← momentum · v + (1 − dampening) · g, g with weight_decay · w added.

    vs : the arrays of v, or None without momentum
    first : v begins as g
    """
    options = lr, momentum, dampening, weight_decay, nesterov, first
    left = native.sgd(ws, gs, vs, *options) if native else range(len(ws))
    for i in left or ():
        sgd_plainly(ws[i], gs[i], vs and vs[i], *options)


def sgd_plainly(w, g, v, lr, momentum, dampening, weight_decay, nesterov, first):
    buffer = np.empty_like(w)
    if weight_decay:
        np.multiply(w, weight_decay, out=buffer)
        g = np.add(g, buffer, out=buffer)
    if v is not None:
        if first:
            v[...] = g
        else:
            v *= momentum
            v += g if dampening == 0 else g * (1 - dampening)
        g = np.add(g, v * momentum, out=buffer) if nesterov else v
    w -= np.multiply(g, lr, out=buffer)


def adam(ws, gs, ms, vs, tops, steps, lr, betas, eps, weight_decay, decoupled):
    """A step of Adam: w ← w − lr · m̂ / (√v̂ + eps), with running means m of g and v of its square.

    tops : the largest v so far, to divide by (AMSGrad), or None
    steps : the number of this step, of each parameter, from 1
    decoupled : the weight decay shrinks the weights and stays out of the gradient (AdamW)
    """
    options = lr, *betas, eps, weight_decay, decoupled
    left = native.adam(ws, gs, ms, vs, tops, steps, *options) if native else range(len(ws))
    for i in left or ():
        adam_plainly(ws[i], gs[i], ms[i], vs[i], tops and tops[i], steps[i], *options)


def adam_plainly(w, g, m, v, top, step, lr, beta1, beta2, eps, weight_decay, decoupled):
    buffer = np.empty_like(w)
    if weight_decay and decoupled:
        w *= 1 - lr * weight_decay
    elif weight_decay:
        g = g + np.multiply(w, weight_decay, out=buffer)
    np.subtract(g, m, out=buffer)
    buffer *= 1 - beta1
    m += buffer
    v *= beta2
    np.multiply(g, g, out=buffer)
    buffer *= 1 - beta2
    v += buffer
    if top is not None:
        v = np.maximum(top, v, out=top)
    np.sqrt(v, out=buffer)
    buffer /= math.sqrt(1 - beta2**step)
    buffer += eps
    np.divide(m, buffer, out=buffer)
    buffer *= lr / (1 - beta1**step)
    w -= buffer
