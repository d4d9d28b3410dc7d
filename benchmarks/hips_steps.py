"""The worker of ``hips.py``: training steps written for HIPS autograd. Run by it, never imported."""

import sys

import autograd.numpy as anp
import numpy as np
from autograd.scipy.signal import convolve

from autograd import grad

BATCH = 64
RATE = 0.01


def cross_entropy(scores, labels):
    scores = scores - anp.max(scores, axis=1, keepdims=True)
    return anp.mean(anp.log(anp.sum(anp.exp(scores), axis=1)) - scores[np.arange(BATCH), labels])


def trained(forward, parameters, images, labels):
    gradient = grad(lambda p: cross_entropy(forward(p, images), labels))

    def step():
        for parameter, g in zip(parameters, gradient(parameters), strict=True):
            parameter -= RATE * g

    return step


def lenet5():
    rng = np.random.default_rng(0)
    images, labels = rng.random((BATCH, 1, 28, 28), dtype=np.float32), rng.integers(0, 10, BATCH)
    images = np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)))
    shapes = [
        (1, 6, 5, 5),
        (6, 16, 5, 5),
        (400, 120),
        (120, 84),
        (84, 10),
        (1, 6, 1, 1),
        (1, 16, 1, 1),
        (120,),
        (84,),
        (10,),
    ]
    parameters = [rng.normal(0, 0.1, shape).astype(np.float32) for shape in shapes]

    def forward(p, x):
        for weight, bias in ((p[0], p[5]), (p[1], p[6])):
            x = anp.maximum(convolve(x, weight, axes=([2, 3], [2, 3]), dot_axes=([1], [0]), mode="valid") + bias, 0)
            n, c, h, w = x.shape
            x = anp.max(anp.max(anp.reshape(x, (n, c, h // 2, 2, w // 2, 2)), axis=5), axis=3)
        x = anp.reshape(x, (BATCH, -1))
        x = anp.maximum(x @ p[2] + p[7], 0)
        x = anp.maximum(x @ p[3] + p[8], 0)
        return x @ p[4] + p[9]

    return trained(forward, parameters, images, labels)


def mlp():
    rng = np.random.default_rng(0)
    images, labels = rng.random((BATCH, 784), dtype=np.float32), rng.integers(0, 10, BATCH)
    shapes = [(784, 256), (256, 128), (128, 10), (256,), (128,), (10,)]
    parameters = [rng.normal(0, 0.05, shape).astype(np.float32) for shape in shapes]

    def forward(p, x):
        x = anp.maximum(x @ p[0] + p[3], 0)
        x = anp.maximum(x @ p[1] + p[4], 0)
        return x @ p[2] + p[5]

    return trained(forward, parameters, images, labels)


if __name__ == "__main__":
    step = {"lenet5": lenet5, "mlp": mlp}[sys.argv[1]]()
    for _ in sys.stdin:
        step()
        print("done", flush=True)
