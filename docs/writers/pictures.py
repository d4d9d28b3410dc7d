"""Pictures and pages that the hand-written pages show: drawn by the library while the site is made."""

import tempfile
from pathlib import Path

import numpy as np

import autograd as ag
import nn


def write(folder):
    tape = network()
    folder.write("pictures/network.svg", ag.draw(tape, rankdir="TB")._repr_svg_())
    folder.write("pictures/neuron.svg", ag.draw(neuron(), show=("value", "grad", "kept", "formula"))._repr_svg_())
    folder.write("pictures/small.svg", ag.draw(neuron())._repr_svg_())
    folder.write("pictures/backward.svg", ag.draw(neuron(), direction="backward")._repr_svg_())
    folder.write("static/made/step.html", _page(ag.draw(neuron())))
    _ = nn.manual_seed(0)
    net = nn.models.LeNet()
    folder.write("pictures/lenet.svg", ag.draw(net, np.zeros((1, 1, 8, 8), np.float32), depth=1)._repr_svg_())


def _page(drawing):
    """The page to step through, as text."""
    with tempfile.TemporaryDirectory() as place:
        return drawing.export(Path(place) / "step.html").read_text(encoding="utf-8")


def neuron():
    """One logistic neuron and its error, with gradients."""
    w, b = (ag.Tensor(value, requires_grad=True, name=name) for name, value in (("w", 0.4), ("b", 0.6)))
    x, t = ag.Tensor(0.5, name="x"), ag.Tensor(0.1, name="t")
    with ag.tape() as tape:
        net = w * x + b
        out = ag.sigmoid(net)
        E = 0.5 * (out - t) ** 2
    E.backward()
    return tape


def network():
    """The 2-2-2 network of logistic units."""
    w1, w2, w3, w4, w5, w6, w7, w8 = (
        ag.Tensor(round(0.15 + 0.05 * k, 2), requires_grad=True, name=f"w{k + 1}") for k in range(8)
    )
    i1, i2 = ag.Tensor(0.05, name="i1"), ag.Tensor(0.10, name="i2")
    with ag.tape() as tape:
        out_h1 = ag.sigmoid(w1 * i1 + w2 * i2 + 0.35)
        out_h2 = ag.sigmoid(w3 * i1 + w4 * i2 + 0.35)
        out_o1 = ag.sigmoid(w5 * out_h1 + w6 * out_h2 + 0.60)
        out_o2 = ag.sigmoid(w7 * out_h1 + w8 * out_h2 + 0.60)
        E = 0.5 * (0.01 - out_o1) ** 2 + 0.5 * (0.99 - out_o2) ** 2
    E.backward()
    return tape
