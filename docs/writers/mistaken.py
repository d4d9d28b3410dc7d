"""Small graphs in which the mistakes of the catalogue can be made, and values by hand for those that alter no rule.

Each function's text is shown on the page as it stands here.
"""

from inspect import signature

import numpy as np

import autograd as ag


def error(w=0.4, b=0.6, x=0.5, t=0.1):
    net = w * x + b
    out = ag.sigmoid(net)
    E = 0.5 * (t - out) ** 2
    return E


def two_layers(v=0.7, w=0.4, x=0.5, t=0.1):
    h = ag.tanh(w * x)
    out = ag.sigmoid(v * h)
    E = 0.5 * (t - out) ** 2
    return E


def two_paths(w=0.5, u=0.7, v=-0.4):
    h = ag.tanh(w)
    a = ag.sigmoid(u * h)
    b = ag.exp(v * h)
    E = a * b
    return E


def layer(W=((0.5, -0.3), (0.8, 0.1)), b=(0.1, -0.2), X=((1.0, 2.0), (0.5, -1.0), (-1.5, 0.3))):
    Z = X @ W + b
    A = ag.tanh(Z)
    E = (A**2).mean()
    return E


def rectified(W=((0.5, -0.3), (0.8, 0.1)), X=((1.0, 2.0), (0.5, -1.0), (-1.5, 0.3))):
    A = ag.relu(X @ W)
    E = (A * [[1.0, -2.0], [3.0, 0.5], [2.0, 1.0]]).sum()
    return E


def convolution(K=((((1.0, 0.5), (-0.5, 0.2)),),), x=((((1.0, 2.0, 0.0), (0.5, -1.0, 1.5), (2.0, 0.3, -0.7)),),)):
    y = ag.conv2d(x, K)
    E = (y * [[[[1.0, -2.0], [0.5, 3.0]]]]).sum()
    return E


def strided(K=((((1.0, 0.5), (-0.5, 0.2)),),), x=((((1.0, 2.0, 0.0), (0.5, -1.0, 1.5), (2.0, 0.3, -0.7)),),)):
    y = ag.conv2d(x, K, stride=2, padding=1)
    E = (y * [[[[1.0, -2.0], [0.5, 3.0]]]]).sum()
    return E


def dilated(
    K=((((1.0, 0.5), (-0.5, 0.2)),),),
    x=(
        (
            (
                (1.0, 2.0, 0.0, 1.0, 0.4),
                (0.5, -1.0, 1.5, 0.2, -0.3),
                (2.0, 0.3, -0.7, 0.9, 1.1),
                (0.1, 0.6, -0.4, 0.8, -1.2),
            ),
        ),
    ),
):
    y = ag.conv2d(x, K, stride=1, dilation=2)
    E = (y**2).sum()
    return E


def channels(
    K=((((1.0, 0.5),), ((-0.5, 0.2),)), (((0.3, -1.0),), ((0.7, 0.4),))),
    x=((((1.0, 2.0, 0.0),), ((0.5, -1.0, 1.5),)),),
    b=(0.1, -0.2),
):
    y = ag.conv2d(x, K, b)
    E = (y * [[[[1.0, -2.0]], [[0.5, 3.0]]]]).sum()
    return E


def pooling(x=((((1.0, 2.0, 3.0, 1.0), (0.5, 2.0, 1.5, 3.0)),),)):
    y = ag.max_pool2d(x, 2)
    E = (y * [[[[1.0, -2.0]]]]).sum()
    return E


def classes(z=((1.0, 2.0, 0.5), (0.3, -1.0, 0.8))):
    p = ag.softmax(z, axis=1)
    E = -(ag.log(p) * [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]).sum()
    return E


def cross_entropy(z=((1.0, 2.0, 0.5), (0.3, -1.0, 0.8))):
    E = ag.cross_entropy(z, np.array([1, 0]))
    return E


def normalized(x=((1.0, 2.0), (0.5, -1.0), (-1.5, 0.3)), gamma=(1.5, 0.5), beta=(0.1, -0.2)):
    y = ag.batch_norm(x, gamma, beta)
    E = (y * [[1.0, -2.0], [3.0, 0.5], [2.0, 1.0]]).sum()
    return E


def dropped(W=((0.5, -0.3), (0.8, 0.1)), X=((1.0, 2.0), (0.5, -1.0), (-1.5, 0.3))):
    A = ag.dropout(X @ W, 0.4, rng=np.random.default_rng(3))
    E = (A * [[1.0, -2.0], [3.0, 0.5], [2.0, 1.0]]).sum()
    return E


def flattened(x=((1.0, 2.0, 0.3), (0.5, -1.0, 0.8))):
    f = x.reshape(6)
    E = (f**2 * [1.0, -2.0, 3.0, 0.5, 2.0, -1.0]).sum()
    return E


def smoothed(z=((1.0, 2.0, 0.5), (0.3, -1.0, 0.8))):
    E = ag.cross_entropy(z, np.array([1, 0]), label_smoothing=0.2)
    return E


GRAPHS = (
    error, two_layers, two_paths, layer, rectified, convolution, strided, channels, pooling, dropped, classes,
    cross_entropy, normalized, dilated, flattened, smoothed,
)  # fmt: skip


def recorded(function):
    """(output, {name: leaf}) of one of these, on a tape."""
    values = {name: one.default for name, one in signature(function).parameters.items()}
    leaves = {name: ag.Tensor(np.array(value), requires_grad=True, name=name) for name, value in values.items()}
    with ag.tape():
        output = function(**leaves)
    return output, leaves


BY_HAND = {
    "parameters-already-updated": """
w, v = ag.Tensor(0.4, requires_grad=True, name="w"), ag.Tensor(0.7, requires_grad=True, name="v")
x, t, eta = 0.5, 0.1, 0.5
with ag.tape():
    h = ag.sigmoid(w * x)
    y = v * h
    E = 0.5 * (y - t) ** 2
delta = y.item() - t
by_v = delta * h.item()
v_new = 0.7 - eta * by_v  # the step, too early
by_w = delta * v_new * h.item() * (1 - h.item()) * x
report = ag.check_by_hand(E, {v: by_v, w: by_w}, learning_rate=eta)
""",
    "step-for-gradient": """
w = ag.Tensor([0.4, -0.3], requires_grad=True, name="w")
with ag.tape():
    E = (ag.tanh(w) * [1.5, 0.7]).sum()
by_w = [1.5, 0.7] * (1 - np.tanh([0.4, -0.3]) ** 2)
report = ag.check_by_hand(E, {w: -0.1 * by_w}, learning_rate=0.1)
""",
    "another-gradient": """
w = ag.Tensor([0.4, -0.3], requires_grad=True, name="w")
v = ag.Tensor([0.9, 0.2], requires_grad=True, name="v")
with ag.tape():
    E = (ag.tanh(w) * ag.sigmoid(v)).sum()
h, s = np.tanh(w.data), 1 / (1 + np.exp(-v.data))
by_w, by_v = (1 - h**2) * s, h * s * (1 - s)
report = ag.check_by_hand(E, {w: by_v, v: by_w})
""",
    "path-scaled": """
X, G = np.array([[1.0, 2.0], [0.5, -1.0], [-1.5, 0.3]]), np.array([1.0, -2.0, 0.5])
w = ag.Tensor([0.4, -0.3], requires_grad=True, name="w")
with ag.tape():
    E = ag.sum(ag.tanh(X @ w) * G) + ag.sum(ag.exp(w))
by_w = X.T @ (G * (1 - np.tanh(X @ w.data) ** 2)) + np.exp(w.data) / 4.2
report = ag.check_by_hand(E, {w: by_w})
""",
    "empty-slice": """
x = ag.Tensor(np.arange(4.0).reshape(2, 2), requires_grad=True, name="x")
with ag.tape():
    y = ag.pad(x, 0)
    E = (y * y).sum()
padding = 0
by_x = 2 * y.data[padding:-padding, padding:-padding]
report = ag.check_by_hand(E, {x: by_x})
""",
    "mixed-conventions": """
X, T = np.array([[1.0, 2.0], [0.5, -1.0], [-1.5, 0.3]]), np.array([[0.3], [-0.2], [0.8]])
V = ag.Tensor([[0.5, -0.3], [0.8, 0.1]], requires_grad=True, name="V")
w = ag.Tensor([[0.7], [-0.4]], requires_grad=True, name="w")
with ag.tape():
    Z = X @ V
    H = ag.tanh(Z)
    Y = H @ w
    E = 0.5 * ((Y - T) ** 2).sum() / 3
by_Y = (Y.data - T) / 3
by_Z = by_Y @ w.data.T * (1 - H.data**2)
report = ag.check_by_hand(E, {Y: 3 * by_Y, Z: by_Z, V: X.T @ by_Z, w: H.data.T @ by_Y})
""",
    "rounded-too-early": """
w = ag.Tensor(0.3, requires_grad=True, name="w")
with ag.tape():
    h = ag.sigmoid(w)
    E = 7 * h**2
by_h = 8.0  # 8.042 to one digit
report = ag.check_by_hand(E, {h: "8.0", w: f"{by_h * h.item() * (1 - h.item()):.9f}"})
""",
    "float32-rounding": """
rng = np.random.default_rng(0)
X = rng.normal(size=(400, 3)) + 100
w = ag.Tensor(rng.normal(size=3), requires_grad=True, name="w")
with ag.tape():
    d = X @ w - 100 * np.sum(w.data)
    E = (d**2).mean()
x, v = X.astype(np.float32), w.data.astype(np.float32)
by_w = np.float32(2 / 400) * (x.T @ (x @ v - np.float32(100) * v.sum()))
report = ag.check_by_hand(E, {w: by_w.astype(float)})
""",
}
"""{key: a program that makes ``report``}: mistakes that alter no rule at a node, or need more than one value."""
