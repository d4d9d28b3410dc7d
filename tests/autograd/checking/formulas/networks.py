"""Recorded networks that formulas are checked on: the 2-2-2 network of logistic units, and two layers of matrices."""

import numpy as np

import autograd as ag

WEIGHTS = (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)
CONSTANTS = {"i1": 0.05, "i2": 0.10, "b1": 0.35, "b2": 0.60, "t1": 0.01, "t2": 0.99}


def logistic():
    """{name: Tensor} of the 2-2-2 network; inputs and targets have names too."""
    v = {f"w{i}": ag.Tensor(w, requires_grad=True, name=f"w{i}") for i, w in enumerate(WEIGHTS, 1)}
    v |= {name: ag.Tensor(number, name=name) for name, number in CONSTANTS.items()}

    def neuron(name, a, x, b, y, bias):
        v[f"net_{name}"] = v[a] * v[x] + v[b] * v[y] + v[bias]
        v[f"out_{name}"] = ag.sigmoid(v[f"net_{name}"])

    with ag.tape():
        neuron("h1", "w1", "i1", "w2", "i2", "b1")
        neuron("h2", "w3", "i1", "w4", "i2", "b1")
        neuron("o1", "w5", "out_h1", "w6", "out_h2", "b2")
        neuron("o2", "w7", "out_h1", "w8", "out_h2", "b2")
        v["E_o1"] = 0.5 * (v["t1"] - v["out_o1"]) ** 2
        v["E_o2"] = 0.5 * (v["t2"] - v["out_o2"]) ** 2
        v["E"] = v["E_o1"] + v["E_o2"]
    for name, tensor in v.items():
        tensor.name = name
    return v


def layers(seed=0, rows=5, sizes=(3, 4, 2)):
    """{name: Tensor or array} of two layers, tanh between, the mean over the rows of half the squares."""
    rng = np.random.default_rng(seed)
    m, (n, k, o) = rows, sizes
    v = {"x": rng.normal(size=(m, n)), "t": rng.normal(size=(m, o))}
    v["W1"] = ag.Tensor(rng.normal(size=(n, k)), requires_grad=True, name="W1")
    v["b1"] = ag.Tensor(np.zeros(k), requires_grad=True, name="b1")
    v["W2"] = ag.Tensor(rng.normal(size=(k, o)), requires_grad=True, name="W2")
    x, t = ag.Tensor(v["x"], name="x"), ag.Tensor(v["t"], name="t")
    with ag.tape():
        v["z1"] = x @ v["W1"] + v["b1"]
        v["h"] = ag.tanh(v["z1"])
        v["y"] = v["h"] @ v["W2"]
        v["loss"] = ((v["y"] - t) ** 2).sum() / (2 * m)
    for name in ("z1", "h", "y", "loss"):
        v[name].name = name
    return v


def check(v, by_hand, output=None, **options):
    output = v.get("E", v.get("loss")) if output is None else output
    return ag.check_by_hand(output, {v[name]: value for name, value in by_hand.items()}, **options)
