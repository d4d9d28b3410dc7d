"""The 2-2-2 net with numbers, one weight at a time (the fifth of the source texts)."""

import numpy as np

TARGET = [0.01, 0.99]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def forward(w, b, i):
    net_h1 = w[0] * i[0] + w[1] * i[1] + b[0]
    net_h2 = w[2] * i[0] + w[3] * i[1] + b[0]
    out_h1 = sigmoid(net_h1)
    out_h2 = sigmoid(net_h2)
    net_o1 = w[4] * out_h1 + w[5] * out_h2 + b[1]
    net_o2 = w[6] * out_h1 + w[7] * out_h2 + b[1]
    out_o1 = sigmoid(net_o1)
    out_o2 = sigmoid(net_o2)
    E = 0.5 * (TARGET[0] - out_o1) ** 2 + 0.5 * (TARGET[1] - out_o2) ** 2
    return E


def backward(w, b, i):
    out_h1 = sigmoid(w[0] * i[0] + w[1] * i[1] + b[0])
    out_h2 = sigmoid(w[2] * i[0] + w[3] * i[1] + b[0])
    out_o1 = sigmoid(w[4] * out_h1 + w[5] * out_h2 + b[1])
    out_o2 = sigmoid(w[6] * out_h1 + w[7] * out_h2 + b[1])
    delta_o1 = -(TARGET[0] - out_o1) * out_o1 * (1 - out_o1)
    delta_o2 = -(TARGET[1] - out_o2) * out_o2 * (1 - out_o2)
    dw5 = delta_o1 * out_h1
    dw6 = delta_o1 * out_h2
    dw7 = delta_o2 * out_h1
    dw8 = delta_o2 * out_h2
    dout_h1 = delta_o1 * w[4] + delta_o2 * w[6]
    dout_h2 = delta_o1 * w[5] + delta_o2 * w[7]
    delta_h1 = dout_h1 * out_h1 * (1 - out_h1)
    delta_h2 = dout_h2 * out_h2 * (1 - out_h2)
    dw1 = delta_h1 * i[0]
    dw2 = delta_h1 * i[1]
    dw3 = delta_h2 * i[0]
    dw4 = delta_h2 * i[1]
    return [dw1, dw2, dw3, dw4, dw5, dw6, dw7, dw8]


def call(check):
    return check(forward, backward, [0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55], [0.35, 0.60], [0.05, 0.10])


BROKEN = {
    "delta_o1 = -(TARGET[0] - out_o1) * out_o1 * (1 - out_o1)": [
        "delta_o1 = (TARGET[0] - out_o1) * out_o1 * (1 - out_o1)",
        "delta_o1 = -(TARGET[0] - out_o1)",
        "delta_o1 = -(TARGET[0] - out_o1) * out_o1 * (1 + out_o1)",
    ],
    "dout_h1 = delta_o1 * w[4] + delta_o2 * w[6]": [
        "dout_h1 = delta_o1 * w[4]",
        "dout_h1 = delta_o1 * w[4] + delta_o2 * w[5]",
        "dout_h1 = delta_o1 * 0.35891648 + delta_o2 * 0.511301270",
    ],
    "delta_h2 = dout_h2 * out_h2 * (1 - out_h2)": ["delta_h2 = dout_h2", "delta_h2 = dout_h2 * out_h1 * (1 - out_h1)"],
    "dw6 = delta_o1 * out_h2": ["dw6 = delta_o1 * out_h1", "dw6 = delta_o2 * out_h2"],
    "dw3 = delta_h2 * i[0]": ["dw3 = delta_h2", "dw3 = delta_h2 * i[1]"],
}
