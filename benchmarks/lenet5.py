"""A training step of LeNet-5: batch 64, 28 × 28 images padded by 2, SGD

Forward, cross entropy, backward and update; the same architecture in each library.
"""

import numpy as np

from .row import Row, layouts
from .training import batch_of, hips_step, initial, ours, pytorchs, update

BATCH = 64
SHAPES = {
    "conv1.weight": (6, 1, 5, 5), "conv1.bias": (6,), "conv2.weight": (16, 6, 5, 5), "conv2.bias": (16,),
    "fc1.weight": (120, 400), "fc1.bias": (120,), "fc2.weight": (84, 120), "fc2.bias": (84,),
    "fc3.weight": (10, 84), "fc3.bias": (10,),
}  # fmt: skip


def chalkgrad(batch=BATCH, dtype="float32", compiled=False):
    import nn

    return ours(nn.models.LeNet5(dtype=dtype), batch, 1, 28, 28, dtype=dtype, compiled=compiled)


def pytorch(batch=BATCH, dtype="float32", channels_last=False):
    from torch.nn import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential

    net = Sequential(
        Conv2d(1, 6, 5, padding=2), ReLU(), MaxPool2d(2), Conv2d(6, 16, 5), ReLU(), MaxPool2d(2), Flatten(),
        Linear(400, 120), ReLU(), Linear(120, 84), ReLU(), Linear(84, 10),
    )  # fmt: skip
    return pytorchs(net, batch, 1, 28, 28, dtype=dtype, channels_last=channels_last)


def arrays(dtype):
    """[weight, bias, …], those of the linear layers for x @ W + b."""
    return [a.T.copy() if a.ndim == 2 else a for a in initial(SHAPES, dtype)]


def mygrad(batch=BATCH, dtype="float32"):
    import mygrad
    from mygrad.nnet import conv_nd, max_pool, softmax_crossentropy
    from mygrad.nnet.activations import relu

    images, labels = batch_of(batch, 1, 28, 28, dtype=dtype)
    w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = parameters = [mygrad.tensor(array) for array in arrays(dtype)]

    def step():
        x = conv_nd(images, w1, stride=1, padding=2) + b1.reshape(1, -1, 1, 1)
        x = max_pool(relu(x), (2, 2), 2)
        x = conv_nd(x, w2, stride=1) + b2.reshape(1, -1, 1, 1)
        x = max_pool(relu(x), (2, 2), 2)
        x = relu(x.reshape(batch, -1) @ w3 + b3)
        x = relu(x @ w4 + b4)
        loss = softmax_crossentropy(x @ w5 + b5, labels)
        loss.backward()
        update(parameters)
        return loss, []

    return step


def hips(batch=BATCH, dtype="float32"):
    """Its convolution turns the kernel around, and knows no padding."""
    import autograd.numpy as anp
    from autograd.scipy.signal import convolve

    images, labels = batch_of(batch, 1, 28, 28, dtype=dtype)
    images = np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)))
    parameters = arrays(dtype)
    for i in (0, 2):
        parameters[i] = parameters[i][:, :, ::-1, ::-1].transpose(1, 0, 2, 3).copy()  # input channels first
        parameters[i + 1] = parameters[i + 1].reshape(1, -1, 1, 1)

    def layer(x, weight, bias):
        x = convolve(x, weight, axes=([2, 3], [2, 3]), dot_axes=([1], [0]), mode="valid") + bias
        n, c, h, w = x.shape
        return anp.max(anp.max(anp.reshape(anp.maximum(x, 0), (n, c, h // 2, 2, w // 2, 2)), axis=5), axis=3)

    def forward(parameters, x):
        w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = parameters
        x = layer(layer(x, w1, b1), w2, b2)
        x = anp.maximum(anp.dot(anp.reshape(x, (batch, -1)), w3) + b3, 0)
        x = anp.maximum(anp.dot(x, w4) + b4, 0)
        return anp.dot(x, w5) + b5

    return hips_step(forward, parameters, images, labels)


ROWS = [
    Row(
        "LeNet-5 step",
        {"chalkgrad": chalkgrad, "PyTorch": layouts(pytorch), "MyGrad": mygrad, "HIPS autograd": hips},
        bars={"PyTorch": (0.7, 0.8), "MyGrad": 1, "HIPS autograd": 1},
    ),
    Row(
        "LeNet-5 step, growth of the peak memory",
        {"chalkgrad": chalkgrad, "PyTorch": layouts(pytorch)},
        bars={"PyTorch": 1},
        unit="MB",
        measure="memory",
    ),
]
