"""Three backward passes that people work out on paper, with their numbers.

``logistic_222()``, ``conv_layer()`` and ``max_pool()`` each compute a published exercise with ``autograd`` and
give a list of ``Line(quantity, by_hand, by_autograd, decimals)``. The hand-derived numbers are plain
literals: nothing here computes them.

The exercises: a 2-2-2 logistic network with real numbers (Matt Mazur's "A Step by Step Backpropagation
Example"); a conv layer of two 3 × 3 × 3 filters with stride 2 on a padded 5 × 5 image (the animated example
of Stanford's CS231n notes); max pooling of the image 1 … 9.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd as ag


@dataclass
class Line:
    """One quantity: its hand-derived value, given to so many decimals, and autograd's."""

    quantity: str
    by_hand: Any
    by_autograd: Any
    decimals: int = 0

    @property
    def difference(self):
        """The largest difference of an entry."""
        return float(np.max(np.abs(np.subtract(self.by_autograd, self.by_hand))))

    @property
    def agrees(self):
        """Whether the shapes are the same, and every entry to the decimals given (integers exactly)."""
        if np.shape(self.by_hand) != np.shape(self.by_autograd):
            return False
        rounding = 0.5 * 10.0**-self.decimals + 1e-15 if self.decimals else 0.0
        return self.difference <= rounding


# -- the 2-2-2 logistic network ----------------------------------------------------------------

LOGISTIC_222 = {
    "net_h1": 0.3775,
    "out_h1": 0.593269992,
    "out_h2": 0.596884378,
    "net_o1": 1.105905967,
    "out_o1": 0.751365070,
    "out_o2": 0.772928465,
    "E": 0.298371109,
    "∂E/∂out_o1": 0.741365070,
    "∂E/∂net_o1": 0.138498562,
    "∂E/∂out_h1": 0.036350306,
    "∂E/∂w1": 0.000438568,
    "∂E/∂w2": 0.000877135,
    "∂E/∂w3": 0.000497713,
    "∂E/∂w4": 0.000995425,
    "∂E/∂w5": 0.082167041,
    "∂E/∂w6": 0.082667628,
    "∂E/∂w7": -0.022602540,
    "∂E/∂w8": -0.022740242,
}


def run_logistic_222():
    """{name: Tensor} of every value of the network, from the inputs to the error E; nothing backward yet."""
    v = {"i1": ag.Tensor(0.05, name="i1"), "i2": ag.Tensor(0.10, name="i2")}
    for i, w in enumerate([0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55], start=1):
        v[f"w{i}"] = ag.Tensor(w, requires_grad=True, name=f"w{i}")
    b1, b2 = ag.Tensor(0.35, name="b1"), ag.Tensor(0.60, name="b2")
    targets = {"o1": ag.Tensor(0.01, name="target_o1"), "o2": ag.Tensor(0.99, name="target_o2")}

    def neuron(name, w, x, w_other, x_other, bias):
        net = v[w] * v[x] + v[w_other] * v[x_other] + bias
        out = ag.sigmoid(net)
        net.name, out.name = f"net_{name}", f"out_{name}"
        v[net.name], v[out.name] = net, out

    neuron("h1", "w1", "i1", "w2", "i2", b1)
    neuron("h2", "w3", "i1", "w4", "i2", b1)
    neuron("o1", "w5", "out_h1", "w6", "out_h2", b2)
    neuron("o2", "w7", "out_h1", "w8", "out_h2", b2)
    for o, target in targets.items():
        v[f"E_{o}"] = 0.5 * (target - v[f"out_{o}"]) ** 2
        v[f"E_{o}"].name = f"E_{o}"
    v["E"] = v["E_o1"] + v["E_o2"]
    v["E"].name = "E"
    return v


def logistic_222():
    """The forward values, the deltas and the eight gradients. Returns (lines, the tape)."""
    with ag.tape() as tape:
        v = run_logistic_222()
    v["E"].backward()
    lines = []
    for quantity, by_hand in LOGISTIC_222.items():
        name = quantity.removeprefix("∂E/∂")
        lines.append(Line(quantity, by_hand, float(v[name].data if name == quantity else v[name].grad), 9))
    return lines, tape


# -- a conv layer ------------------------------------------------------------------------------

CONV_LAYER = {
    "x": [
        [[0, 1, 1, 0, 2], [2, 2, 2, 2, 1], [1, 0, 0, 2, 0], [0, 1, 1, 0, 0], [1, 2, 0, 0, 2]],
        [[1, 0, 2, 2, 0], [0, 0, 0, 2, 0], [1, 2, 1, 2, 1], [1, 0, 0, 0, 0], [1, 2, 1, 1, 1]],
        [[2, 1, 2, 0, 0], [1, 0, 0, 1, 0], [0, 2, 1, 0, 1], [0, 1, 2, 2, 2], [2, 1, 0, 0, 1]],
    ],
    "W0": [
        [[-1, 1, 0], [0, 1, 0], [0, 1, 1]],
        [[-1, -1, 0], [0, 0, 0], [0, -1, 0]],
        [[0, 0, -1], [0, 1, 0], [1, -1, -1]],
    ],
    "W1": [
        [[1, 1, -1], [-1, -1, 1], [0, -1, 1]],
        [[0, 1, 0], [-1, 0, -1], [-1, 1, 0]],
        [[-1, 0, 0], [-1, 0, 1], [-1, 0, 0]],
    ],
    "b": [1, 0],
    "δ": [[[0, 1, 1], [2, 2, 2], [1, 0, 0]], [[1, 0, 2], [0, 0, 0], [1, 2, 1]]],
    "out": [[[6, 7, 5], [3, -1, -1], [2, -1, 4]], [[2, -5, -8], [1, -4, -4], [0, -5, -5]]],
    "∂E/∂W0": [
        [[8, 10, 9], [5, 6, 6], [6, 5, 4]],
        [[4, 1, 4], [10, 9, 12], [2, 2, 2]],
        [[2, 2, 3], [5, 8, 5], [7, 8, 7]],
    ],
    "∂E/∂W1": [
        [[2, 2, 1], [4, 7, 3], [4, 4, 2]],
        [[0, 1, 0], [9, 5, 4], [4, 0, 0]],
        [[4, 6, 5], [2, 5, 2], [2, 1, 0]],
    ],
    "∂E/∂b": [9, 7],
    "∂E/∂x": [
        [[-1, 1, 1, -2, -1], [1, -1, 3, -1, 1], [2, 0, 2, 0, 2], [4, 3, 4, 1, 3], [0, -1, -2, 1, -1]],
        [[0, -1, 0, -2, 0], [-1, -2, -3, -4, -1], [0, 0, 0, 0, 0], [-2, 0, 0, 0, -1], [0, -3, 0, -3, 0]],
        [[0, 1, 1, -2, 1], [0, -1, -1, -4, -1], [2, 0, 2, 0, 2], [-2, -3, -2, -1, -2], [1, -1, 0, 1, 0]],
    ],
}  # fmt: skip


def conv_layer():
    """Output and all gradients of a conv layer, zero padding 1, stride 2, for a given δ = ∂E/∂out."""
    given = CONV_LAYER
    x = ag.Tensor([given["x"]], requires_grad=True, dtype=float, name="x")
    weight = ag.Tensor([given["W0"], given["W1"]], requires_grad=True, dtype=float, name="W")
    bias = ag.Tensor(given["b"], requires_grad=True, dtype=float, name="b")
    out = ag.conv2d(x, weight, bias, stride=2, padding=1)
    out.backward(gradient=[given["δ"]])
    found = {
        "out": out.data[0],
        "∂E/∂W0": weight.grad[0],
        "∂E/∂W1": weight.grad[1],
        "∂E/∂b": bias.grad,
        "∂E/∂x": x.grad[0],
    }
    return [Line(quantity, given[quantity], by_autograd) for quantity, by_autograd in found.items()]


# -- max pooling -------------------------------------------------------------------------------

IMAGE = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
MAX_POOL = {"out": [[5]], "∂E/∂x": [[0, 0, 0], [0, 1, 0], [0, 0, 0]]}
MAX_POOL_CEIL = {"out": [[5, 6], [8, 9]], "∂E/∂x": [[0, 0, 0], [0, 1, 2], [0, 3, 4]]}
"""With ceil_mode, for δ = [[1, 2], [3, 4]]."""


def max_pool():
    """2 × 2 max pooling with stride 2 of the image 1 … 9, without and with the windows that hang over."""
    lines = []
    for by_hand, delta, ceil_mode in ((MAX_POOL, [[1]], False), (MAX_POOL_CEIL, [[1, 2], [3, 4]], True)):
        x = ag.Tensor([[IMAGE]], requires_grad=True, dtype=float, name="x")
        out = ag.max_pool2d(x, 2, stride=2, ceil_mode=ceil_mode)
        out.backward(gradient=[[delta]])
        for quantity, found in (("out", out.data[0, 0]), ("∂E/∂x", x.grad[0, 0])):
            lines.append(Line(f"{quantity}{', ceil mode' if ceil_mode else ''}", by_hand[quantity], found))
    return lines
