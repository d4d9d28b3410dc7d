"""A net in plain Python lists and loops, without arrays."""

import math


def sigmoid(x):
    import numpy as np

    return 1.0 / (1.0 + np.exp(-x))


def forward(weights, inputs, targets):
    hidden_layer, output_layer = weights
    hidden = []
    for w in hidden_layer:
        s = 0.0
        for k in range(len(inputs)):
            s += w[k] * inputs[k]
        hidden.append(sigmoid(s))
    error = 0.0
    for j, w in enumerate(output_layer):
        s = 0.0
        for k in range(len(hidden)):
            s += w[k] * hidden[k]
        error += 0.5 * (targets[j] - sigmoid(s)) ** 2
    return error


def backward(weights, inputs, targets):
    hidden_layer, output_layer = weights
    hidden = [1 / (1 + math.exp(-sum(a * b for a, b in zip(w, inputs, strict=True)))) for w in hidden_layer]
    outputs = [1 / (1 + math.exp(-sum(a * b for a, b in zip(w, hidden, strict=True)))) for w in output_layer]
    deltas = []
    for j in range(len(outputs)):
        deltas.append((outputs[j] - targets[j]) * outputs[j] * (1 - outputs[j]))
    output_grads = [[delta * h for h in hidden] for delta in deltas]
    hidden_grads = []
    for k in range(len(hidden)):
        error = 0.0
        for j in range(len(outputs)):
            error += deltas[j] * output_layer[j][k]
        delta = error * hidden[k] * (1 - hidden[k])
        hidden_grads.append([delta * x for x in inputs])
    return [hidden_grads, output_grads]


def call(check):
    weights = [[[0.1, -0.4, 0.3], [0.7, 0.2, -0.6]], [[0.5, -0.3], [0.8, 0.9]]]
    return check(forward, backward, weights, [0.5, -1.5, 2.0], [0.0, 1.0])


BROKEN = {
    "deltas.append((outputs[j] - targets[j]) * outputs[j] * (1 - outputs[j]))": [
        "deltas.append((targets[j] - outputs[j]) * outputs[j] * (1 - outputs[j]))",
        "deltas.append(outputs[j] - targets[j])",
    ],
    "error += deltas[j] * output_layer[j][k]": ["error = deltas[j] * output_layer[j][k]"],
    "delta = error * hidden[k] * (1 - hidden[k])": ["delta = error", "delta = error * hidden[k] * (1 + hidden[k])"],
}
