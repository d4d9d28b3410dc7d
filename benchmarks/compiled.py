"""Compiled steps: the same training steps by ag.compile, by jax.jit and eagerly

Text 004's 2-2-2 network, each weight a number of its own or in matrices, with the update written out; and the steps of
the MLP, LeNet-5 and ResNet-20 as in their own subjects. JAX is timed where it is installed (``pip install jax``).
"""

from functools import partial

import numpy as np

from . import lenet5, mlp, resnet20
from .logistic import B1, B2, RATE, TARGET, W1, W2, X
from .row import Row, layouts
from .training import RATE as RATE_OF_NETS
from .training import batch_of

STEPS = 100
NUMBERS = (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)


def in_scalars(w, sigmoid):
    """The error of text 004's net, of eight numbers."""
    h1 = sigmoid(w[0] * 0.05 + w[1] * 0.10 + 0.35)
    h2 = sigmoid(w[2] * 0.05 + w[3] * 0.10 + 0.35)
    o1 = sigmoid(w[4] * h1 + w[5] * h2 + 0.60)
    o2 = sigmoid(w[6] * h1 + w[7] * h2 + 0.60)
    return (o1 - 0.01) * (o1 - 0.01) * 0.5 + (o2 - 0.99) * (o2 - 0.99) * 0.5


def in_matrices(w, sigmoid, x, target, b1, b2):
    """The same, of two matrices."""
    out = sigmoid(sigmoid(x @ w[0].T + b1) @ w[1].T + b2)
    return ((out - target) * (out - target)).mean()


def ours(matrices, compiled, steps=STEPS, dtype="float32"):
    import autograd as ag

    data = [ag.Tensor(value, dtype=dtype) for value in (X, TARGET, B1, B2)] if matrices else []
    error = in_matrices if matrices else in_scalars
    w = [ag.Tensor(value, requires_grad=True, dtype=dtype) for value in ((W1, W2) if matrices else NUMBERS)]

    def step():
        for one in w:
            one.grad = None
        loss = error(w, ag.sigmoid, *data)
        loss.backward()
        for one in w:
            one.data = one.data - RATE * one.grad
        return loss

    if compiled:
        step = ag.compile(step)

    def run():
        for _ in range(steps):
            loss = step()
        return loss, w

    return run


def pytorch(matrices, steps=STEPS, dtype="float32"):
    import torch

    kind = getattr(torch, dtype)
    data = [torch.tensor(value, dtype=kind) for value in (X, TARGET, B1, B2)] if matrices else []
    error = in_matrices if matrices else in_scalars
    w = [torch.tensor(value, dtype=kind, requires_grad=True) for value in ((W1, W2) if matrices else NUMBERS)]

    def run():
        for _ in range(steps):
            for one in w:
                one.grad = None
            loss = error(w, torch.sigmoid, *data)
            loss.backward()
            with torch.no_grad():
                for one in w:
                    one -= RATE * one.grad
        return loss, w

    return run


def jax_step(loss_of, parameters, data, rate, steps=1):
    """A run of steps of gradient descent by jax.jit."""
    import jax

    @jax.jit
    def step(parameters):
        loss, gradients = jax.value_and_grad(loss_of)(parameters, *data)
        return [p - rate * g for p, g in zip(parameters, gradients, strict=True)], loss

    now = [jax.numpy.asarray(one) for one in parameters]

    def run():
        nonlocal now
        for _ in range(steps):
            now, loss = step(now)
        return loss.block_until_ready(), []

    return run


def jax(matrices, steps=STEPS, dtype="float32"):
    import jax

    jax.config.update("jax_enable_x64", dtype == "float64")
    data = [np.array(value, dtype) for value in (X, TARGET, B1, B2)] if matrices else []
    error = in_matrices if matrices else in_scalars
    parameters = [np.array(value, dtype) for value in ((W1, W2) if matrices else NUMBERS)]
    return jax_step(lambda w, *data: error(w, jax.nn.sigmoid, *data), parameters, data, RATE, steps)


def jax_mlp(batch=mlp.BATCH, dtype="float32"):
    import jax

    jax.config.update("jax_enable_x64", dtype == "float64")
    images, labels = batch_of(batch, mlp.SIZES[0], dtype=dtype)

    def loss_of(parameters, images):
        w1, b1, w2, b2, w3, b3 = parameters
        x = jax.nn.relu(images @ w1 + b1)
        scores = jax.nn.log_softmax(jax.nn.relu(x @ w2 + b2) @ w3 + b3)
        return -scores[np.arange(batch), labels].mean()

    return jax_step(loss_of, mlp.transposed(dtype), [images], RATE_OF_NETS)


EAGER = "chalkgrad, eager"


def small(work, matrices, bar):
    sides = {
        "chalkgrad": partial(ours, matrices, True),
        EAGER: partial(ours, matrices, False),
        "PyTorch": partial(pytorch, matrices),
        "JAX": partial(jax, matrices),
    }
    return Row(work, sides, bars={"JAX": bar}, unit="µs", per=STEPS, threads=(1,))


def net(work, module, bars, **others):
    """A net's step: compiled, eager, PyTorch's in its better layout."""
    theirs = module.pytorch if module is mlp else layouts(module.pytorch)
    sides = {"chalkgrad": partial(module.chalkgrad, compiled=True), EAGER: module.chalkgrad, "PyTorch": theirs}
    return Row(work, {**sides, **others}, bars)


def memory(work, module):
    """What a net's step needs once it has been recorded, beside eager steps and PyTorch's."""
    sides = {"chalkgrad": partial(module.chalkgrad, compiled=True), EAGER: module.chalkgrad}
    sides["PyTorch"] = layouts(module.pytorch)
    return Row(work, sides, {EAGER: 0.6, "PyTorch": 0.6}, unit="MB", measure="later memory")


ROWS = [
    small("text 004's net in scalars, a step, compiled", False, 0.15),
    small("text 004's net in matrices, a step, compiled", True, 0.3),
    net("MLP step, compiled", mlp, {"PyTorch": 0.6, "JAX": 0.6}, JAX=jax_mlp),
    net("LeNet-5 step, compiled", lenet5, {"PyTorch": 0.35, EAGER: 0.8}),
    net("ResNet-20 step, compiled", resnet20, {"PyTorch": 0.6}),
    memory("LeNet-5 step, compiled, growth of the peak memory", lenet5),
    memory("ResNet-20 step, compiled, growth of the peak memory", resnet20),
]
