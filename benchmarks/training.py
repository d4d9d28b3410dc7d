"""A training step as it is written with modules: the same lines for our ``nn`` and for PyTorch's."""

import numpy as np

BATCH = 64
RATE = 0.01


def data(*shape):
    """(images of that shape, labels): a batch."""
    rng = np.random.default_rng(0)
    return rng.random((BATCH, *shape), dtype=np.float32), rng.integers(0, 10, BATCH)


def step_of(net, loss_fn, optimizer, images, labels):
    """The function that takes one step: forward, cross entropy, backward, update."""

    def step():
        optimizer.zero_grad()
        loss_fn(net(images), labels).backward()
        optimizer.step()

    return step


def update(parameters):
    """A step of gradient descent, in a library without optimizers."""
    for parameter in parameters:
        parameter.data -= RATE * parameter.grad
