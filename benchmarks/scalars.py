"""Scalar graphs: forward and backward, number by number.

The shape of micrograd's demo, an MLP 2-16-16-1 with ReLU and a squared error over 10 samples, and the 2-2-2
logistic network, each built of scalars alone. "A node" is the time of the whole divided by the
nodes of the graph that we record: its operations and its leaves.
"""

import math
import random
from itertools import pairwise

import autograd as ag

from .report import available, best, peer, rows_of


def mlp(scalar, relu, backward):
    """A function that builds the MLP's graph once and goes backward through it."""
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

    return build, lambda: backward(build())


def logistic_222(scalar, sigmoid, backward):
    """The 2-2-2 network with weights 0.15, 0.20, …; the target figures are inputs too."""
    w = [scalar(value) for value in (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)]
    b1, b2 = scalar(0.35), scalar(0.60)

    def build():
        h1 = sigmoid(w[0] * 0.05 + w[1] * 0.10 + b1)
        h2 = sigmoid(w[2] * 0.05 + w[3] * 0.10 + b1)
        o1 = sigmoid(w[4] * h1 + w[5] * h2 + b2)
        o2 = sigmoid(w[6] * h1 + w[7] * h2 + b2)
        d1, d2 = o1 + -0.01, o2 + -0.99
        return d1 * d1 * 0.5 + d2 * d2 * 0.5

    return build, lambda: backward(build())


def _backward(y):
    y.backward()


def _ours(value):
    return ag.Tensor(value, requires_grad=True)


def _torch(network, activation):
    import torch

    torch.set_num_threads(1)
    return network(
        lambda value: torch.tensor(value, dtype=torch.float64, requires_grad=True),
        getattr(torch, activation),
        _backward,
    )[1]


def _micrograd(network, activation):
    from micrograd.engine import Value

    def sigmoid(x):
        """Of its operations it has no exponential: this one is written as it writes its own."""
        out = Value(1 / (1 + math.exp(-x.data)), (x,), "sigmoid")

        def back():
            x.grad += out.data * (1 - out.data) * out.grad

        out._backward = back
        return out

    return network(Value, {"relu": Value.relu, "sigmoid": sigmoid}[activation], _backward)[1]


def _mygrad(network, activation):
    import mygrad
    from mygrad.nnet.activations import relu, sigmoid

    return network(mygrad.tensor, {"relu": relu, "sigmoid": sigmoid}[activation], _backward)[1]


def run(rounds):
    rows = []
    for figure, network, activation, calls in (
        ("MLP 2-16-16-1, a node", mlp, "relu", 1),
        ("2-2-2 logistic network, a node", logistic_222, "sigmoid", 25),
    ):
        build, ours = network(_ours, getattr(ag, activation), _backward)
        with ag.tape() as tape:
            build()
        nodes = len(tape)
        functions = available(
            chalkgrad=ours,
            PyTorch=peer(lambda n=network, a=activation: _torch(n, a), "torch"),
            micrograd=peer(lambda n=network, a=activation: _micrograd(n, a), "micrograd"),
            MyGrad=peer(lambda n=network, a=activation: _mygrad(n, a), "mygrad"),
        )
        times = best(functions, 5 * rounds, calls)  # a round is short, and easily disturbed
        rows += rows_of(
            figure, times, "µs", 1e6 / nodes, absolute=1.2, relative={"micrograd": 1, "PyTorch": 1, "MyGrad": 1}
        )
    return rows
