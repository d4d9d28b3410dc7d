"""What the nets' subjects share: the batch, the same first parameters everywhere, and the loop as it is written."""

import numpy as np

RATE = 0.01


def batch_of(*shape, dtype="float32"):
    """(images of that shape, labels)."""
    rng = np.random.default_rng(0)
    return rng.random(shape).astype(dtype), rng.integers(0, 10, shape[0])


def initial(shapes, dtype):
    """[array] for {name: shape}: He's normal values for weights, ones for scales, zeros for biases."""
    rng = np.random.default_rng(1)
    arrays = []
    for name, shape in shapes.items():
        if len(shape) > 1:
            arrays.append(rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape).astype(dtype))
        else:
            arrays.append(np.full(shape, name.endswith("weight"), dtype))
    return arrays


def filled(net, from_numpy=lambda array: array):
    """The net with those first parameters: ours, or PyTorch's with ``torch.from_numpy``."""
    parameters = dict(net.named_parameters())
    arrays = initial({name: tuple(p.shape) for name, p in parameters.items()}, str(dtype_of(parameters)))
    for parameter, array in zip(parameters.values(), arrays, strict=True):
        parameter.data = from_numpy(array)
    return net


def dtype_of(parameters):
    first = next(iter(parameters.values()))
    return str(first.dtype).removeprefix("torch.")


def step_of(net, loss_fn, optimizer, images, labels, compiled=lambda step: step):
    """The function that takes one step, in the lines that our ``nn`` and PyTorch have in common."""
    parameters = list(net.parameters())

    @compiled
    def step():
        optimizer.zero_grad()
        loss = loss_fn(net(images), labels)
        loss.backward()
        optimizer.step()
        return loss

    return lambda: (step(), parameters)


def ours(net, *shape, dtype, compiled=False):
    """The step of one of our nets on a batch of images of that shape."""
    import autograd as ag
    import nn

    filled(net)
    optimizer = nn.optim.SGD(net.parameters(), lr=RATE)
    options = {"compiled": ag.compile} if compiled else {}
    return step_of(net, nn.CrossEntropyLoss(), optimizer, *batch_of(*shape, dtype=dtype), **options)


def pytorchs(net, *shape, dtype, channels_last=False):
    """The step of one of PyTorch's, in either layout."""
    import torch

    net = filled(net.to(getattr(torch, dtype)), torch.from_numpy)
    images, labels = map(torch.from_numpy, batch_of(*shape, dtype=dtype))
    if channels_last:
        net = net.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)
    return step_of(net, torch.nn.CrossEntropyLoss(), optimizer, images, labels)


def update(parameters):
    """A step of gradient descent, in a library without optimizers."""
    for parameter in parameters:
        parameter.data -= RATE * parameter.grad


def hips_step(forward, parameters, images, labels):
    """The step of HIPS autograd, in which the loss too is to be written."""
    import autograd.numpy as anp

    from autograd import value_and_grad

    def loss_of(parameters):
        scores = forward(parameters, images)
        scores = scores - anp.max(scores, axis=1, keepdims=True)
        return anp.mean(anp.log(anp.sum(anp.exp(scores), axis=1)) - scores[np.arange(len(labels)), labels])

    loss_and_gradients = value_and_grad(loss_of)

    def step():
        loss, gradients = loss_and_gradients(parameters)
        for parameter, g in zip(parameters, gradients, strict=True):
            parameter -= RATE * g
        return loss, []

    return step
