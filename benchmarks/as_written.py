"""As people write it: what lies off the road that the other subjects drive

In the same words on both sides, in the layout that NumPy and PyTorch give their arrays. "Backward" is of a graph that
stays. At the end one net written in several ways, each beside the one in layers: a conv 3 × 3 of (64, 3, 16, 16), ReLU,
pooling, two linear layers with a sigmoid between them and cross entropy, with SGD. And a small net on four examples, in
loops over rows and in scalars, beside the one in matrices; all three compiled.
"""

from functools import partial

import numpy as np

from . import chain, conv, mlp, pooling
from .layer import laid_out, ours, pytorchs, random_arrays
from .row import Row
from .training import RATE, batch_of, initial

BAR = 0.8
"""The most that each may be of PyTorch's."""


def row(work, chalkgrad, pytorch, **options):
    return Row(work, {"chalkgrad": chalkgrad, "PyTorch": pytorch}, bars={"PyTorch": BAR}, **options)


# -- an MLP of matrices --------------------------------------------------------------------------


def mlp_step(relu, cross_entropy, optimizer, parameters, images, labels):
    w1, b1, w2, b2, w3, b3 = parameters

    def step():
        optimizer.zero_grad()
        x = relu(images @ w1 + b1)
        x = relu(x @ w2 + b2)
        loss = cross_entropy(x @ w3 + b3, labels)
        loss.backward()
        optimizer.step()
        return loss, parameters

    return step


def chalkgrads_mlp(batch=mlp.BATCH, dtype="float32"):
    import autograd as ag
    import nn

    parameters = [ag.Tensor(array, requires_grad=True) for array in mlp.transposed(dtype)]
    optimizer = nn.optim.SGD(parameters, lr=RATE)
    return mlp_step(ag.relu, ag.cross_entropy, optimizer, parameters, *batch_of(batch, mlp.SIZES[0], dtype=dtype))


def pytorchs_mlp(batch=mlp.BATCH, dtype="float32"):
    import torch

    parameters = [torch.from_numpy(array).requires_grad_() for array in mlp.transposed(dtype)]
    optimizer = torch.optim.SGD(parameters, lr=RATE)
    images, labels = map(torch.from_numpy, batch_of(batch, mlp.SIZES[0], dtype=dtype))
    return mlp_step(torch.relu, torch.nn.functional.cross_entropy, optimizer, parameters, images, labels)


# -- images in C order ---------------------------------------------------------------------------


def conv_row(work, batch, c_in, size, c_out, groups=1):
    geometry = {
        "c_in": c_in, "size": size, "c_out": c_out, "kernel": 3, "stride": 1, "padding": 1, "groups": groups,
    }  # fmt: skip
    work = f"{work} 3 × 3 in C order, ({batch}, {c_in}, {size}, {size}) → {c_out}"
    return row(work, partial(conv.chalkgrad, geometry, batch=batch), partial(conv.pytorch, geometry, batch=batch))


# -- single operations -----------------------------------------------------------------------------


def again(y, leaf, gradient):
    def step():
        leaf.grad = None
        y.backward(gradient, retain_graph=True)
        return y, [leaf]

    return step


def chalkgrads_backward(name, batch=256, dtype="float32"):
    import autograd as ag

    x, gradient = random_arrays(dtype, (batch, 1000), (batch, 1000))
    leaf = ag.Tensor(x, requires_grad=True)
    return again(getattr(ag, name)(leaf, -1), leaf, gradient)


def pytorchs_backward(name, batch=256, dtype="float32"):
    import torch

    x, gradient = map(torch.from_numpy, random_arrays(dtype, (batch, 1000), (batch, 1000)))
    leaf = x.requires_grad_()
    return again(getattr(torch, name)(leaf, -1), leaf, gradient)


def sum_of_sum(x, b):
    return (x + b).sum()


def chalkgrads_sum(batch=1000, dtype="float32"):
    return ours(sum_of_sum, random_arrays(dtype, (batch, 1000), (1000,)))


def pytorchs_sum(batch=1000, dtype="float32"):
    return pytorchs(sum_of_sum, random_arrays(dtype, (batch, 1000), (1000,)))


# -- one net in several ways -----------------------------------------------------------------------

SHAPES = {
    "conv.weight": (16, 3, 3, 3), "conv.bias": (16,), "1.weight": (256, 1024), "1.bias": (256,),
    "2.weight": (10, 256), "2.bias": (10,),
}  # fmt: skip


def in_layers(parameters):
    import nn

    net = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1024, 256), nn.Sigmoid(),
        nn.Linear(256, 10),
    )  # fmt: skip
    for parameter, given in zip(net.parameters(), parameters, strict=True):
        parameter.data = given.data
    parameters[:] = net.parameters()
    loss = nn.CrossEntropyLoss()
    return lambda x, labels: loss(net(x), labels)


def in_functions(parameters):
    import nn.functional as F

    w, b, w1, b1, w2, b2 = parameters

    def forward(x, labels):
        x = F.max_pool2d(F.relu(F.conv2d(x, w, b, padding=1)), 2).reshape(len(x), -1)
        return F.cross_entropy(F.linear(F.sigmoid(F.linear(x, w1, b1)), w2, b2), labels)

    return forward


def in_matrices(parameters):
    import autograd as ag

    w, b, w1, b1, w2, b2 = parameters

    def forward(x, labels):
        x = ag.max_pool2d(ag.relu(ag.conv2d(x, w, b, padding=1)), 2).reshape(len(x), -1)
        return ag.cross_entropy(ag.sigmoid(x @ w1.T + b1) @ w2.T + b2, labels)

    return forward


def in_methods(parameters):
    import autograd as ag

    w, b, w1, b1, w2, b2 = parameters

    def forward(x, labels):
        x = ag.max_pool2d(ag.conv2d(x, w, b, padding=1).relu(), 2).flatten(1)
        scores = x.matmul(w1.T).add(b1).sigmoid().matmul(w2.T).add(b2)
        return -scores.log_softmax(1)[np.arange(len(labels)), labels].mean()

    return forward


def by_hand(parameters):
    """With one's own sigmoid and softmax."""
    import autograd as ag

    w, b, w1, b1, w2, b2 = parameters

    def forward(x, labels):
        x = ag.max_pool2d(ag.relu(ag.conv2d(x, w, b, padding=1)), 2).reshape(len(x), -1)
        x = 1 / (1 + ag.exp(-(x @ w1.T + b1)))
        scores = x @ w2.T + b2
        e = ag.exp(scores - scores.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        return -ag.log(p[np.arange(len(labels)), labels]).mean()

    return forward


def net(written, batch=64, dtype="float32", channels_last=False):
    """A step of the net, as ``written(parameters)`` gives its forward(images, labels)."""
    import autograd as ag
    import nn

    parameters = [ag.Tensor(array, requires_grad=True) for array in initial(SHAPES, dtype)]
    forward = written(parameters)
    optimizer = nn.optim.SGD(parameters, lr=RATE)
    images, labels = batch_of(batch, 3, 16, 16, dtype=dtype)
    images = ag.Tensor(laid_out(images, channels_last))

    def step():
        optimizer.zero_grad()
        loss = forward(images, labels)
        loss.backward()
        optimizer.step()
        return loss, parameters

    return step


IN_LAYERS = "chalkgrad, in layers"


def way(work, written, **options):
    sides = {"chalkgrad": partial(net, written, **options), IN_LAYERS: partial(net, in_layers)}
    return Row(f"a net {work}", sides, bars={IN_LAYERS: 1.3})


# -- a small net in matrices, in rows, in scalars ----------------------------------------------------

IN_MATRICES = "chalkgrad, in matrices"


def all_at_once(arrays, xs, ts):
    import autograd as ag

    w1, b1, w2, b2 = parameters = [ag.Tensor(array, requires_grad=True) for array in arrays]

    def loss():
        outputs = ag.sigmoid(ag.sigmoid(xs @ w1 + b1) @ w2 + b2)
        return 0.5 * ((ts - outputs) ** 2).sum()

    return parameters, loss


def row_by_row(arrays, xs, ts):
    import autograd as ag

    w1, b1, w2, b2 = parameters = [ag.Tensor(array, requires_grad=True) for array in arrays]

    def loss():
        total = 0.0
        for x, t in zip(xs, ts, strict=True):
            outputs = ag.sigmoid(ag.sigmoid(x @ w1 + b1) @ w2 + b2)
            total = total + 0.5 * ((t - outputs) ** 2).sum()
        return total

    return parameters, loss


def number_by_number(arrays, xs, ts):
    import autograd as ag

    parameters = [ag.Tensor(value, requires_grad=True) for array in arrays for value in array.ravel()]
    w1, w2, w3, w4, b1, b2, v1, v2, v3, v4, c1, c2 = parameters
    examples = list(zip(xs.tolist(), ts.tolist(), strict=True))

    def loss():
        total = 0.0
        for (x1, x2), (t1, t2) in examples:
            h1 = ag.sigmoid(w1 * x1 + w3 * x2 + b1)
            h2 = ag.sigmoid(w2 * x1 + w4 * x2 + b2)
            o1 = ag.sigmoid(v1 * h1 + v3 * h2 + c1)
            o2 = ag.sigmoid(v2 * h1 + v4 * h2 + c2)
            total = total + 0.5 * ((t1 - o1) ** 2 + (t2 - o2) ** 2)
        return total

    return parameters, loss


def small_net(written, dtype="float32"):
    """A compiled step of a 2-2-2 net of logistic units on four examples, with SGD."""
    import autograd as ag
    import nn

    *arrays, xs, ts = random_arrays(dtype, (2, 2), (2,), (2, 2), (2,), (4, 2), (4, 2))
    parameters, loss = written(arrays, xs, ts)
    optimizer = nn.optim.SGD(parameters, lr=RATE)

    @ag.compile
    def step():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()
        return value

    return lambda: (step(), [])


def small_way(work, written):
    sides = {"chalkgrad": partial(small_net, written), IN_MATRICES: partial(small_net, all_at_once)}
    return Row(f"2-2-2 net {work}, compiled", sides, bars={IN_MATRICES: 1.3}, unit="µs", threads=(1,))


ROWS = [
    row("MLP step, written x @ w + b", chalkgrads_mlp, pytorchs_mlp),
    conv_row("conv", 8, 64, 56, 64),
    conv_row("conv in 4 groups", 8, 64, 56, 64, groups=4),
    conv_row("conv in 8 groups", 32, 64, 32, 64, groups=8),
    conv_row("depthwise conv", 32, 64, 32, 64, groups=64),
    row("max pool 2 × 2 in C order", partial(pooling.chalkgrad, 2), partial(pooling.pytorch, 2)),
    row("(x + b).sum() of (1000, 1000)", chalkgrads_sum, pytorchs_sum),
    *[
        row(f"backward of {name} (256, 1000)", partial(chalkgrads_backward, name), partial(pytorchs_backward, name))
        for name in ("softmax", "log_softmax")
    ],
    row(
        "chain of 10,000 scalars in float32, a node",
        partial(chain.chalkgrad, 10_000, dtype="float32"),
        partial(chain.pytorch, 10_000, dtype="float32"),
        unit="µs",
        per=10_000,
        threads=(1,),
    ),
    way("in functions", in_functions),
    way("of @ and +", in_matrices),
    way("in methods", in_methods),
    way("in layers, images with channels last", in_layers, channels_last=True),
    way("with its own sigmoid and softmax", by_hand),
    small_way("in a loop over rows", row_by_row),
    small_way("in scalars", number_by_number),
]
