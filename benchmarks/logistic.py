"""Text 004's network as matrices: 10,000 steps of gradient descent

The 2-2-2 network of Matt Mazur's "A Step by Step Backpropagation Example": sigmoid(x @ W.T + b) twice, the mean squared
error (which for two outputs is the text's ½ Σ (target − out)²), backward, and the update of both matrices with
rate 0.5: with the library's SGD, or written out (``W -= 0.5 * W.grad`` without recording). The biases are not trained,
as in the text. 1,000 steps from the start are timed, and the figure is for ten times as many.
"""

from functools import partial

from .row import Row

RATE = 0.5
STEPS = 1000
W1, W2 = [[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]
B1, B2 = [0.35, 0.35], [0.60, 0.60]
X, TARGET = [[0.05, 0.10]], [[0.01, 0.99]]


def chalkgrad(optimizer, steps=STEPS, dtype="float32"):
    import autograd as ag
    import nn

    x, target, b1, b2 = (ag.Tensor(values, dtype=dtype) for values in (X, TARGET, B1, B2))

    def run():
        w1, w2 = weights = [ag.Tensor(values, requires_grad=True, dtype=dtype) for values in (W1, W2)]
        sgd = nn.optim.SGD(weights, lr=RATE)
        for _ in range(steps):
            hidden = ag.sigmoid(x @ w1.T + b1)
            loss = ag.mse(ag.sigmoid(hidden @ w2.T + b2), target)
            if optimizer:
                sgd.zero_grad()
                loss.backward()
                sgd.step()
            else:
                w1.grad = w2.grad = None
                loss.backward()
                with ag.no_grad():
                    w1 -= RATE * w1.grad
                    w2 -= RATE * w2.grad
        return loss, weights

    return run


def pytorch(optimizer, steps=STEPS, dtype="float32"):
    import torch

    kind = getattr(torch, dtype)
    x, target, b1, b2 = (torch.tensor(values, dtype=kind) for values in (X, TARGET, B1, B2))

    def run():
        w1, w2 = weights = [torch.tensor(values, dtype=kind, requires_grad=True) for values in (W1, W2)]
        sgd = torch.optim.SGD(weights, lr=RATE)
        for _ in range(steps):
            hidden = torch.sigmoid(x @ w1.T + b1)
            loss = torch.nn.functional.mse_loss(torch.sigmoid(hidden @ w2.T + b2), target)
            if optimizer:
                sgd.zero_grad()
                loss.backward()
                sgd.step()
            else:
                w1.grad = w2.grad = None
                loss.backward()
                with torch.no_grad():
                    w1 -= RATE * w1.grad
                    w2 -= RATE * w2.grad
        return loss, weights

    return run


def mygrad(steps=STEPS, dtype="float32"):
    import mygrad
    import numpy as np
    from mygrad.nnet.activations import sigmoid

    x, target, b1, b2 = (np.array(values, dtype) for values in (X, TARGET, B1, B2))

    def run():
        w1, w2 = weights = [mygrad.tensor(values, dtype=dtype) for values in (W1, W2)]
        for _ in range(steps):
            hidden = sigmoid(x @ w1.T + b1)
            loss = ((sigmoid(hidden @ w2.T + b2) - target) ** 2).mean()
            loss.backward()
            for w in weights:
                w.data -= RATE * w.grad
        return loss, weights

    return run


def hips(steps=STEPS, dtype="float32"):
    import autograd.numpy as anp
    import numpy as np

    from autograd import value_and_grad

    x, target, b1, b2 = (np.array(values, dtype) for values in (X, TARGET, B1, B2))

    def sigmoid(x):
        return 1 / (1 + anp.exp(-x))

    def loss_of(weights):
        hidden = sigmoid(anp.dot(x, weights[0].T) + b1)
        return anp.mean((sigmoid(anp.dot(hidden, weights[1].T) + b2) - target) ** 2)

    loss_and_gradients = value_and_grad(loss_of)

    def run():
        weights = [np.array(values, dtype) for values in (W1, W2)]
        for _ in range(steps):
            loss, gradients = loss_and_gradients(weights)
            for w, g in zip(weights, gradients, strict=True):
                w -= RATE * g
        return loss, []

    return run


def row(work, optimizer, **others):
    sides = {"chalkgrad": partial(chalkgrad, optimizer), "PyTorch": partial(pytorch, optimizer), **others}
    bars = {"PyTorch": 1 / 3, **dict.fromkeys(others, 1)}
    return Row(work, sides, bars, limit=0.5, unit="s", per=STEPS / 10_000)


ROWS = [
    row("text 004's net, 10,000 steps, SGD", True),
    row("text 004's net, 10,000 steps, written out", False, MyGrad=mygrad, **{"HIPS autograd": hips}),
]
