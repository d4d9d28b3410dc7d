"""Scalar graphs: forward and backward, number by number

The shape of micrograd's demo, an MLP 2-16-16-1 with ReLU and a squared error over 10 samples, and the 2-2-2 logistic
network of text 004, each built of scalars alone (float64, as Python's numbers are). "A node" is the time of the whole
divided by the nodes of the graph that we record: its operations and its leaves. Of micrograd's operations none gives a
logistic function: that one is written as it writes its own.
"""

import math
import random
from functools import partial
from itertools import pairwise

from .row import Row


def mlp(scalar, relu):
    """(a function that builds the MLP's graph, its leaves)"""
    rng = random.Random(0)
    sizes = [2, 16, 16, 1]
    layers = [
        [[scalar(rng.uniform(-0.5, 0.5)) for _ in range(n_in + 1)] for _ in range(n_out)]
        for n_in, n_out in pairwise(sizes)
    ]
    samples = [([rng.uniform(-1, 1), rng.uniform(-1, 1)], rng.choice([-1.0, 1.0])) for _ in range(10)]

    def build():
        total = 0.0
        for x, target in samples:
            for layer in layers:
                outputs = []
                for *weights, bias in layer:
                    net = bias
                    for weight, value in zip(weights, x, strict=True):
                        net = net + weight * value
                    outputs.append(net if layer is layers[-1] else relu(net))
                x = outputs
            difference = x[0] + -target
            total = difference * difference + total
        return total

    return build, [number for layer in layers for neuron in layer for number in neuron]


def logistic_222(scalar, sigmoid):
    """(a function that builds the 2-2-2 network with weights 0.15, 0.20, …, its leaves)"""
    w = [scalar(value) for value in (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)]
    b1, b2 = scalar(0.35), scalar(0.60)

    def build():
        h1 = sigmoid(w[0] * 0.05 + w[1] * 0.10 + b1)
        h2 = sigmoid(w[2] * 0.05 + w[3] * 0.10 + b1)
        o1 = sigmoid(w[4] * h1 + w[5] * h2 + b2)
        o2 = sigmoid(w[6] * h1 + w[7] * h2 + b2)
        d1, d2 = o1 + -0.01, o2 + -0.99
        return d1 * d1 * 0.5 + d2 * d2 * 0.5

    return build, [*w, b1, b2]


def step_of(network, scalar, activation, cleared=None):
    build, leaves = network(scalar, activation)

    def step():
        for leaf in leaves:
            leaf.grad = cleared
        y = build()
        y.backward()
        return y, leaves

    return step


def chalkgrad(network, activation, dtype="float64"):
    import autograd as ag

    return step_of(network, lambda value: ag.Tensor(value, requires_grad=True), getattr(ag, activation))


def pytorch(network, activation, dtype="float64"):
    import torch

    def scalar(value):
        return torch.tensor(value, dtype=torch.float64, requires_grad=True)

    return step_of(network, scalar, getattr(torch, activation))


def micrograd(network, activation, dtype="float64"):
    from micrograd.engine import Value

    def sigmoid(x):
        out = Value(1 / (1 + math.exp(-x.data)), (x,), "sigmoid")

        def back():
            x.grad += out.data * (1 - out.data) * out.grad

        out._backward = back
        return out

    return step_of(network, Value, {"relu": Value.relu, "sigmoid": sigmoid}[activation], cleared=0)


def mygrad(network, activation, dtype="float64"):
    import mygrad
    from mygrad.nnet import activations

    build, leaves = network(mygrad.tensor, getattr(activations, activation))

    def step():  # a new use of a leaf clears its gradient
        y = build()
        y.backward()
        return y, leaves

    return step


def row(work, network, activation, nodes):
    sides = {"chalkgrad": chalkgrad, "PyTorch": pytorch, "micrograd": micrograd, "MyGrad": mygrad}
    return Row(
        work,
        {side: partial(build, network, activation) for side, build in sides.items()},
        bars={"PyTorch": 0.1, "micrograd": 0.5, "MyGrad": 1},
        limit=0.7,
        unit="µs",
        per=nodes,
    )


ROWS = [
    row("scalar MLP 2-16-16-1, a node", mlp, "relu", 6767),
    row("scalar 2-2-2 logistic net, a node", logistic_222, "sigmoid", 37),
]
