"""The derivative of an activation, however that is written."""

import numpy as np

import autograd as ag
from tests.autograd.checking.planting import Cases, leaf, sigma

CASES = Cases()


def act_case(f, good, bad, words, seed, nm="z"):
    def g():
        r = np.random.default_rng(seed)
        X, T = r.normal(size=(5, 3)), r.normal(size=(5, 2))
        W1, W2 = leaf(r.normal(size=(3, 4))), leaf(r.normal(size=(4, 2)))
        with ag.tape():
            z = X @ W1
            h = f(z)
            y = h @ W2
            E = 0.5 * ag.sum((y - T) ** 2)

        def d(ok):
            dy = y.data - T
            dh = dy @ W2.data.T
            dz = dh * (good if ok else bad)(z.data, h.data)
            return {y: dy, W2: h.data.T @ dy, h: dh, z: dz, W1: X.T @ dz}

        return E, d, {nm: words}, {}

    return g


def SG(z, h):
    return h * (1 - h)


for n, f in {
    "op": ag.sigmoid,
    "written": lambda z: 1 / (1 + ag.exp(-z)),
    "written2": lambda z: 1.0 / (1.0 + ag.exp(-1.0 * z)),
    "written3": lambda z: ag.exp(z) / (1 + ag.exp(z)),
    "power": lambda z: (1 + ag.exp(-z)) ** -1,
    "halftanh": lambda z: 0.5 * (ag.tanh(z / 2) + 1),
}.items():
    CASES[f"sigmoid_{n}_left_out"] = act_case(f, SG, lambda z, h: 1.0, "left out|derivative", 160)
    CASES[f"sigmoid_{n}_half"] = act_case(f, SG, lambda z, h: 1 - h, "1 − y|half|derivative", 161)
    CASES[f"sigmoid_{n}_of_output"] = act_case(f, SG, lambda z, h: sigma(h) * (1 - sigma(h)), "output|derivative", 162)
    CASES[f"sigmoid_{n}_of_net"] = act_case(f, SG, lambda z, h: z * (1 - z), "input|derivative", 163)
    CASES[f"sigmoid_{n}_value"] = act_case(f, SG, lambda z, h: h, "value", 164)


def RL(z, h):
    return (z > 0) * 1.0


for n, f in {
    "op": ag.relu,
    "maximum": lambda z: np.maximum(0, z),
    "agmax": lambda z: ag.maximum(z, 0.0),
    "where": lambda z: ag.where(z.data > 0, z, 0.0),
    "mask": lambda z: z * (z.data > 0),
    "absform": lambda z: (z + ag.abs(z)) / 2,
}.items():
    CASES[f"relu_{n}_left_out"] = act_case(f, RL, lambda z, h: 1.0, "left out|derivative|mask", 165)
    CASES[f"relu_{n}_value"] = act_case(f, RL, lambda z, h: h, "value", 166)
    CASES[f"relu_{n}_leaky"] = act_case(f, RL, lambda z, h: np.where(z > 0, 1, 0.01), "leaky", 167)
    CASES[f"relu_{n}_reverse"] = act_case(f, RL, lambda z, h: (z < 0) * 1.0, "<|negative|wrong side|revers|other", 168)


def LK(z, h):
    return np.where(z > 0, 1, 0.1)


for n, f in {
    "op": lambda z: ag.leaky_relu(z, 0.1),
    "where": lambda z: ag.where(z.data > 0, z, 0.1 * z),
    "maximum": lambda z: np.maximum(0.1 * z, z),
}.items():
    CASES[f"leaky_{n}_as_relu"] = act_case(f, LK, RL, r"\brelu\b", 169)
    CASES[f"leaky_{n}_left_out"] = act_case(f, LK, lambda z, h: 1.0, "left out", 170)
    CASES[f"leaky_{n}_slope_001"] = act_case(f, LK, lambda z, h: np.where(z > 0, 1, 0.01), "slope|0.01|leaky", 171)


def TH(z, h):
    return 1 - h * h


for n, f in {
    "op": ag.tanh,
    "written": lambda z: (ag.exp(z) - ag.exp(-z)) / (ag.exp(z) + ag.exp(-z)),
    "sig": lambda z: 2 * ag.sigmoid(2 * z) - 1,
}.items():
    CASES[f"tanh_{n}_as_sigmoid"] = act_case(f, TH, lambda z, h: h * (1 - h), "sigmoid", 172)
    CASES[f"tanh_{n}_1_minus_h"] = act_case(f, TH, lambda z, h: 1 - h, "1 − y|derivative", 173)
    CASES[f"tanh_{n}_square_of_z"] = act_case(f, TH, lambda z, h: 1 - z * z, "input", 174)
    CASES[f"tanh_{n}_left_out"] = act_case(f, TH, lambda z, h: 1.0, "left out", 175)
CASES["softplus_written_left_out"] = act_case(
    lambda z: ag.log(1 + ag.exp(z)), lambda z, h: sigma(z), lambda z, h: 1.0, "left out", 176
)
CASES["swish_written_missing_term"] = act_case(
    lambda z: z * ag.sigmoid(z),
    lambda z, h: sigma(z) + z * sigma(z) * (1 - sigma(z)),
    lambda z, h: sigma(z),
    "path",
    177,
)
CASES["elu_written"] = act_case(
    lambda z: ag.where(z.data > 0, z, ag.exp(z) - 1),
    lambda z, h: np.where(z > 0, 1, np.exp(z)),
    lambda z, h: np.where(z > 0, 1, np.exp(z) - 1),
    "value|derivative|exp|wrong",
    178,
)
CASES["elu_op_value"] = act_case(
    lambda z: ag.elu(z),
    lambda z, h: np.where(z > 0, 1, np.exp(z)),
    lambda z, h: np.where(z > 0, 1, h),
    "value|derivative|wrong",
    179,
)
