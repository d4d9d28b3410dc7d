"""Every mistake of the catalogue, planted with plain NumPy, is found; correct gradients raise no alarm.

Long because each mistake is planted by hand, in formulas of its own.
"""

import numpy as np
import pytest

import autograd as ag
from autograd.checking.by_hand import check_by_hand
from autograd.checking.mistakes import BY_KEY, CATALOGUE
from autograd.declaration import registry

rng = np.random.default_rng(0)
X = rng.normal(size=(4, 3))
W = rng.normal(size=(3, 3))
B = rng.normal(size=3)
G = rng.normal(size=(4, 3))
IMAGE = rng.normal(size=(2, 2, 5, 5))
KERNELS = rng.normal(size=(3, 2, 3, 3))
CASES = {}


def case(key, **options):
    """Declare a planted mistake: the function returns (output, {tensor: wrong}, the node's Tensor, gradient)."""

    def add(function):
        CASES[f"{key}: {function.__name__}"] = (key, function, options)
        return function

    return add


def leaf(value, name):
    return ag.Tensor(value, requires_grad=True, dtype=float, name=name)


def sigma(x):
    return 1 / (1 + np.exp(-x))


def correlate(x, k):
    """Every window of x times k, summed."""
    p, q = x.shape[0] - k.shape[0] + 1, x.shape[1] - k.shape[1] + 1
    return np.array([[np.sum(x[i : i + k.shape[0], j : j + k.shape[1]] * k) for j in range(q)] for i in range(p)])


# -- one factor of the chain rule --------------------------------------------------------------


@case("sign")
def difference():
    w = leaf(0.4, "w")
    with ag.tape():
        d = 1.5 - w * 0.7
        e = 0.5 * d**2
    return e, {w: (1.5 - 0.4 * 0.7) * 0.7}, d, None


@case("sign")
def difference_of_arrays():
    w, x = leaf(W, "w"), leaf(X, "x")
    with ag.tape():
        d = G - x @ w
        e = (d * d).sum()
    delta = 2 * (G - X @ W)
    return e, {w: X.T @ delta, x: delta @ W.T}, d, None


@case("sign")
def negation():
    w = leaf(W, "w")
    with ag.tape():
        y = -w
        e = ag.exp(y).sum()
    return e, {w: np.exp(-W)}, y, None


@case("sign")
def quotient():
    w = leaf(2.0, "w")
    with ag.tape():
        y = 3.0 / w
    return y, {w: 3 / 2.0**2}, y, None


@case("sign")
def squared_error():
    w = leaf(X, "w")
    with ag.tape():
        e = ag.mse(w, G)
    return e, {w: 2 * (G - X) / X.size}, e, None


@case("factor")
def two_of_the_square():
    w = leaf(X, "w")
    with ag.tape():
        s = ag.square(w)
        e = s.sum()
    return e, {w: X}, s, None


@case("factor")
def exponent():
    w = leaf(X, "w")
    with ag.tape():
        s = w**3
        e = s.sum()
    return e, {w: X**2}, s, None


@case("factor")
def half():
    w = leaf(X, "w")
    with ag.tape():
        s = ag.square(w).sum()
        e = 0.5 * s
    return e, {w: 2 * X}, e, None


@case("factor")
def mean():
    w = leaf(X, "w")
    with ag.tape():
        m = ag.mean(ag.tanh(w))
    return m, {w: 1 - np.tanh(X) ** 2}, m, None


@case("factor")
def mean_of_loss():
    w = leaf(X, "w")
    with ag.tape():
        e = ag.mse(w, G)
    return e, {w: 2 * (X - G)}, e, None


@case("factor")
def batch_in_place_of_all():
    w = leaf(X, "w")
    with ag.tape():
        e = ag.mse(w, G)
    return e, {w: 2 * (X - G) / 4}, e, None


@case("factor")
def batch_left_in():
    x, w = leaf(X, "x"), leaf(W, "w")
    with ag.tape():
        y = x @ w
    return y, {w: X.T @ G / 4}, y, G


@case("factor")
def number_of_outputs():
    z = leaf(X, "z")
    t = np.array([0, 2, 1, 1])
    with ag.tape():
        e = ag.cross_entropy(z, t, reduction="sum")
    p = np.exp(X) / np.exp(X).sum(1, keepdims=True)
    return e, {z: (p - np.eye(3)[t]) / 3}, e, None


@case("factor")
def two_errors_averaged():
    w = leaf(0.3, "w")
    with ag.tape():
        a, b = ag.square(w - 1), ag.exp(w)
        e = a + b
    return e, {w: (2 * (0.3 - 1) + np.exp(0.3)) / 2}, e, None


@case("factor")
def average_pool():
    x = leaf(IMAGE[:, :, :4, :4], "x")
    g = rng.normal(size=(2, 2, 2, 2))
    with ag.tape():
        y = ag.avg_pool2d(x, 2)
    return y, {x: np.kron(g, np.ones((2, 2)))}, y, g


@case("factor")
def logarithm():
    w = leaf(2.5, "w")
    with ag.tape():
        y = ag.log10(w)
    return y, {w: 1 / 2.5}, y, None


@case("factor")
def dropout():
    w = leaf(X, "w")
    with ag.tape():
        y = ag.dropout(w, 0.2, rng=3)
    return y, {w: G * (y.data != 0)}, y, G


@case("activation-left-out")
def sigmoid_left_out():
    w = leaf(W, "w")
    with ag.tape():
        net = X @ w
        out = ag.sigmoid(net)
    return out, {w: X.T @ G}, out, G


@case("activation-left-out")
def relu_left_out():
    w = leaf(W, "w")
    with ag.tape():
        out = ag.relu(X @ w)
    return out, {w: X.T @ G}, out, G


@case("activation-at-output")
def sigmoid_at_output():
    w = leaf(W, "w")
    with ag.tape():
        out = ag.sigmoid(X @ w)
    y = sigma(sigma(X @ W))
    return out, {w: X.T @ (G * y * (1 - y))}, out, G


@case("activation-at-output")
def sigmoid_twice():
    w = leaf(W, "w")
    with ag.tape():
        out = ag.sigmoid(X @ w)
    y = sigma(X @ W)
    return out, {w: X.T @ (G * (y * (1 - y)) ** 2)}, out, G


@case("activation-at-output")
def formula_given_the_input():
    w = leaf(W, "w")
    with ag.tape():
        out = ag.sigmoid(X @ w)
    net = X @ W
    return out, {w: X.T @ (G * net * (1 - net))}, out, G


@case("other-activation")
def tanh_for_sigmoid():
    w = leaf(W, "w")
    with ag.tape():
        out = ag.sigmoid(X @ w)
    y = sigma(X @ W)
    return out, {w: X.T @ (G * (1 - y**2))}, out, G


@case("other-activation")
def sigmoid_for_tanh():
    w = leaf(W, "w")
    with ag.tape():
        out = ag.tanh(X @ w)
    y = sigma(X @ W)
    return out, {w: X.T @ (G * y * (1 - y))}, out, G


@case("exchanged")
def factors():
    w, x = leaf(0.4, "w"), leaf(0.7, "x")
    with ag.tape():
        net = w * x
        out = ag.tanh(net)
    return out, {w: (1 - np.tanh(0.28) ** 2) * 0.4}, net, None


# -- paths -------------------------------------------------------------------------------------


@case("one-path-only")
def overwritten():
    w = leaf(0.4, "w")
    with ag.tape():
        h = ag.sigmoid(w)
        e = ag.exp(h) + 3 * h
    y = sigma(0.4)
    return e, {w: np.exp(y) * y * (1 - y)}, h, None


@case("one-path-only")
def one_of_three_left_out():
    w = leaf(W, "w")
    with ag.tape():
        h = ag.tanh(w)
        e = (ag.exp(h) + ag.square(h) + ag.sin(h)).sum()
    h_ = np.tanh(W)
    return e, {w: (np.exp(h_) + 2 * h_) * (1 - h_**2)}, h, None


@case("one-path-only")
def shared_weight():
    w = leaf(W, "w")
    with ag.tape():
        e = (X @ ag.tanh(X @ w @ w)).sum() if False else (ag.tanh(X @ w) @ w).sum()
    ones = np.ones((4, 3))
    return e, {w: np.tanh(X @ W).T @ ones}, w, None


@case("one-path-only")
def last_sample():
    w = leaf(W, "w")
    with ag.tape():
        y = X @ w
    return y, {w: np.outer(X[-1], G[-1])}, y, G


@case("parameters-already-updated", learning_rate=0.5)
def updated_matrix():
    w, v = leaf(W, "w"), leaf(B, "v")
    with ag.tape():
        h = ag.sigmoid(X @ w)
        y = h @ v
        e = 0.5 * ag.square(y).sum()
    h_ = sigma(X @ W)
    delta = h_ @ B
    new = B - 0.5 * h_.T @ delta
    return e, {v: h_.T @ delta, w: X.T @ (np.outer(delta, new) * h_ * (1 - h_))}, y, None


@case("parameters-already-updated", learning_rate=0.1)
def updated_matrix_under_a_transpose():
    w, v = leaf(W, "w"), leaf(W[:2], "v")
    with ag.tape():
        y = ag.tanh(X @ w) @ ag.transpose(v)
        e = ag.square(y).sum()
    h = np.tanh(X @ W)
    delta = 2 * h @ W[:2].T
    new = W[:2] - 0.1 * delta.T @ h
    return e, {w: X.T @ (delta @ new * (1 - h * h)), v: delta.T @ h}, y, None


# -- shapes ------------------------------------------------------------------------------------


@case("transposed")
def weight_gradient_transposed():
    w = leaf(W, "w")
    with ag.tape():
        y = X @ w
    return y, {w: (X.T @ G).T}, y, G


@case("transposed")
def weight_not_transposed():
    x = leaf(X, "x")
    with ag.tape():
        y = x @ W
    return y, {x: G @ W}, y, G


@case("transposed")
def transposed_shape():
    w = leaf(W[:, :2], "w")
    with ag.tape():
        y = X @ w
    return y, {w: G[:, :2].T @ X}, y, G[:, :2]


@case("transposed")
def layer():
    w = leaf(W[:2], "w")
    with ag.tape():
        y = ag.linear(X, w)
    return y, {w: X.T @ G[:, :2]}, y, G[:, :2]


@case("transposed")
def transpose_not_undone():
    w = leaf(W[:2], "w")
    with ag.tape():
        t = ag.transpose(w)
        y = X @ t
    return y, {w: X.T @ G[:, :2]}, (t, y), G[:, :2]


@case("broadcast-not-summed")
def bias_not_summed():
    b = leaf(B, "b")
    with ag.tape():
        y = X @ W + b
    return y, {b: G}, y, G


@case("broadcast-not-summed")
def bias_of_layer_not_summed():
    b = leaf(B, "b")
    with ag.tape():
        y = ag.linear(X, W, b)
    return y, {b: G}, y, G


@case("broadcast-not-summed")
def last_row_alone():
    b = leaf(B, "b")
    with ag.tape():
        y = X @ W + b
    return y, {b: G[-1]}, y, G


@case("broadcast-averaged")
def bias_averaged():
    b, x = leaf(B[:, None], "b"), leaf(X.T, "x")
    with ag.tape():
        y = x * b
    return y, {b: (G.T * X.T).mean(1, keepdims=True)}, y, G.T


@case("bias-too-few-axes")
def four_of_nine():
    x, w, b = ag.Tensor(IMAGE[:1]), ag.Tensor(KERNELS), leaf(B, "b")
    g = rng.normal(size=(1, 3, 3, 3))
    with ag.tape():
        y = ag.conv2d(x, w, b)
    return y, {b: g[0, :, :2, :2].sum((1, 2))}, y, g


@case("bias-too-few-axes")
def batch_left_over():
    x, w, b = ag.Tensor(IMAGE), ag.Tensor(KERNELS), leaf(B, "b")
    g = rng.normal(size=(2, 3, 3, 3))
    with ag.tape():
        y = ag.conv2d(x, w, b)
    return y, {b: g.sum((2, 3))}, y, g


@case("bias-too-few-axes")
def broadcast_over_two_axes():
    b = leaf(B, "b")
    g = rng.normal(size=(2, 4, 3))
    with ag.tape():
        y = np.stack([X, X]) + b
    return y, {b: g.sum(0)[0]}, y, g


# -- convolutions ------------------------------------------------------------------------------

SMALL = rng.normal(size=(5, 5))
THREE = rng.normal(size=(3, 3))
DELTA = rng.normal(size=(3, 3))


@case("kernel-not-rotated")
def image_gradient():
    x, k = leaf(SMALL, "x"), ag.Tensor(THREE)
    with ag.tape():
        y = ag.correlate2d(x, k, "valid")
    return y, {x: correlate(np.pad(DELTA, 2), THREE)}, y, DELTA


@case("kernel-not-rotated")
def channels():
    x = leaf(IMAGE[:1], "x")
    g = rng.normal(size=(1, 3, 3, 3))
    with ag.tape():
        conv1 = ag.conv2d(x, KERNELS)
    wrong = [[sum(correlate(np.pad(g[0, o], 2), KERNELS[o, c]) for o in range(3)) for c in range(2)]]
    return conv1, {x: wrong}, conv1, g


@case("kernel-rotated")
def kernel_gradient():
    k = leaf(THREE, "k")
    with ag.tape():
        y = ag.correlate2d(SMALL, k, "valid")
    return y, {k: correlate(SMALL, DELTA)[::-1, ::-1]}, y, DELTA


@case("kernel-rotated")
def of_a_convolution():
    x = leaf(SMALL, "x")
    with ag.tape():
        y = ag.convolve2d(x, THREE, "valid")
    return y, {x: correlate(np.pad(DELTA, 2), THREE[::-1, ::-1])}, y, DELTA


@case("exchanged")
def delta_and_input():
    k = leaf(THREE, "k")
    with ag.tape():
        y = ag.correlate2d(SMALL, k, "valid")
    wrong = [
        [sum(DELTA[m + i, n + j] * SMALL[m, n] for m in range(3 - i) for n in range(3 - j)) for j in range(3)]
        for i in range(3)
    ]
    return y, {k: wrong}, y, DELTA


@case("kernel-for-input")
def misprint():
    w = leaf(KERNELS[:1, :1], "h")
    with ag.tape():
        y = ag.conv2d(IMAGE[:1, :1], w)
    h = np.pad(KERNELS[0, 0], ((0, 2), (0, 2)))
    wrong = [[np.sum(DELTA * h[i : i + 3, j : j + 3]) for j in range(3)] for i in range(3)]
    return y, {w: np.reshape(wrong, (1, 1, 3, 3))}, y, DELTA[None, None]


@case("kernel-for-input")
def misprint_of_one_entry():
    w = leaf(KERNELS[:1, :1], "h")
    with ag.tape():
        y = ag.conv2d(IMAGE[:1, :1], w)
    return y, {w: np.full((1, 1, 3, 3), np.sum(DELTA * KERNELS[0, 0]))}, y, DELTA[None, None]


@case("stride-not-undone")
def image_of_stride_2():
    x = leaf(IMAGE[:1, :1], "x")
    with ag.tape():
        y = ag.conv2d(x, THREE[None, None], stride=2)
    g = DELTA[:2, :2]
    wrong = np.zeros((5, 5))
    wrong[:4, :4] = correlate(np.pad(g, 2), THREE[::-1, ::-1])
    return y, {x: wrong[None, None]}, y, g[None, None]


@case("stride-not-undone")
def kernel_of_stride_2():
    w = leaf(THREE[None, None], "w")
    with ag.tape():
        y = ag.conv2d(IMAGE[:1, :1], w, stride=2)
    return y, {w: correlate(IMAGE[0, 0, :4, :4], DELTA[:2, :2])[None, None]}, y, DELTA[None, None, :2, :2]


def padded_case():
    x = leaf(IMAGE[:1, :1], "x")
    g = rng.normal(size=(5, 5))
    with ag.tape():
        y = ag.conv2d(x, THREE[None, None], padding=1)
    return x, y, g, correlate(np.pad(g, 2), THREE[::-1, ::-1])


@case("padding-not-cropped")
def whole():
    x, y, g, padded = padded_case()
    return y, {x: padded[None, None]}, y, g[None, None]


@case("padding-not-cropped")
def cropped_below():
    x, y, g, padded = padded_case()
    return y, {x: padded[None, None, :5, :5]}, y, g[None, None]


@case("offset-by-one")
def image_off_by_one_row():
    x = leaf(SMALL, "x")
    with ag.tape():
        y = ag.correlate2d(x, THREE, "valid")
    true = correlate(np.pad(DELTA, 2), THREE[::-1, ::-1])
    wrong = np.zeros((5, 5))
    wrong[1:] = true[:-1]
    return y, {x: wrong}, y, DELTA


@case("offset-by-one")
def kernel_off_by_one_column():
    k = leaf(THREE, "k")
    with ag.tape():
        y = ag.correlate2d(SMALL, k, "valid")
    moved = np.pad(SMALL[:, 1:], ((0, 0), (0, 1)))
    return y, {k: correlate(moved, DELTA)}, y, DELTA


@case("one-path-only")
def one_image_of_the_batch():
    w = leaf(KERNELS, "w")
    g = rng.normal(size=(2, 3, 3, 3))
    with ag.tape():
        y = ag.conv2d(IMAGE, w)
    return y, {w: [[correlate(IMAGE[1, c], g[1, o]) for c in range(2)] for o in range(3)]}, y, g


# -- rows and volumes --------------------------------------------------------------------------

ROWS, ROW_KERNELS = rng.normal(size=(2, 2, 6)), rng.normal(size=(3, 2, 3))
VOLUMES, VOLUME_KERNELS = rng.normal(size=(2, 1, 4, 3, 4)), rng.normal(size=(2, 1, 2, 2, 2))


def tapped(x, g, tap, stride=1):
    """Σ over windows of x at that position of each window, times g: one entry of the kernels' gradient."""
    at = [slice(t, t + stride * (n - 1) + 1, stride) for t, n in zip(tap, g.shape[2:], strict=True)]
    return np.einsum("nck,nok->oc", x[:, :, *at].reshape(*x.shape[:2], -1), g.reshape(*g.shape[:2], -1))


def kernels_gradient(x, g, shape, stride=1):
    w = np.zeros(shape)
    for tap in np.ndindex(*shape[2:]):
        w[:, :, *tap] = tapped(x, g, tap, stride)
    return w


def image_gradient_of(w, g, image):
    """Each entry of g, times the kernel, at the pixels of its window."""
    x = np.zeros((len(g), w.shape[1], *image))
    for at in np.ndindex(*g.shape[2:]):
        window = [slice(i, i + k) for i, k in zip(at, w.shape[2:], strict=True)]
        x[:, :, *window] += np.tensordot(g[:, :, *at], w, 1)
    return x


@case("kernel-rotated")
def kernel_of_a_row():
    w, g = leaf(ROW_KERNELS, "w"), rng.normal(size=(2, 3, 4))
    with ag.tape():
        y = ag.conv1d(ROWS, w)
    return y, {w: kernels_gradient(ROWS, g, w.shape)[:, :, ::-1]}, y, g


@case("kernel-not-rotated")
def image_of_a_volume():
    x, g = leaf(VOLUMES, "x"), rng.normal(size=(2, 2, 3, 2, 3))
    with ag.tape():
        y = ag.conv3d(x, VOLUME_KERNELS)
    return y, {x: image_gradient_of(VOLUME_KERNELS[:, :, ::-1, ::-1, ::-1], g, (4, 3, 4))}, y, g


@case("stride-not-undone")
def row_of_stride_2():
    w, g = leaf(ROW_KERNELS, "w"), rng.normal(size=(2, 3, 2))
    with ag.tape():
        y = ag.conv1d(ROWS, w, stride=2)
    return y, {w: kernels_gradient(ROWS, g, w.shape)}, y, g


@case("padding-not-cropped")
def padded_volume():
    x, g = leaf(VOLUMES, "x"), rng.normal(size=(2, 2, 5, 4, 5))
    with ag.tape():
        y = ag.conv3d(x, VOLUME_KERNELS, padding=1)
    return y, {x: image_gradient_of(VOLUME_KERNELS, g, (6, 5, 6))[:, :, :4, :3, :4]}, y, g


@case("offset-by-one")
def row_off_by_one():
    x, g = leaf(ROWS, "x"), rng.normal(size=(2, 3, 4))
    with ag.tape():
        y = ag.conv1d(x, ROW_KERNELS)
    moved = np.zeros(ROWS.shape)
    moved[:, :, 1:] = image_gradient_of(ROW_KERNELS, g, (6,))[:, :, :-1]
    return y, {x: moved}, y, g


@case("kernel-for-input")
def misprint_in_a_row():
    w, g = leaf(ROW_KERNELS[:1, :1], "h"), rng.normal(size=(1, 1, 4))
    with ag.tape():
        y = ag.conv1d(ROWS[:1, :1], w)
    h = np.pad(ROW_KERNELS[:1, :1], ((0, 0), (0, 0), (0, 3)))
    return y, {w: kernels_gradient(h, g, (1, 1, 3))}, y, g


@case("bias-too-few-axes")
def part_of_a_volume():
    b, g = leaf(B[:2], "b"), rng.normal(size=(1, 2, 3, 2, 3))
    with ag.tape():
        y = ag.conv3d(VOLUMES[:1], VOLUME_KERNELS, b)
    return y, {b: g[0, :, :2, :1, :2].sum((1, 2, 3))}, y, g


@case("one-path-only")
def one_row_of_the_batch():
    w, g = leaf(ROW_KERNELS, "w"), rng.normal(size=(2, 3, 4))
    with ag.tape():
        y = ag.conv1d(ROWS, w)
    return y, {w: kernels_gradient(ROWS[:1], g[:1], w.shape)}, y, g


@case("max-to-last")
def last_in_a_row():
    x = leaf([[3.0, 3, 1, 2, 2, 0]], "x")
    with ag.tape():
        y = ag.max_pool1d(x, 2)
    return y, {x: [[0, 1.0, 0, 2, 3, 0]]}, y, [[1.0, 2, 3]]


@case("max-as-average")
def average_of_a_volume():
    x, g = leaf(VOLUMES[:, :, :, :2], "x"), rng.normal(size=(2, 1, 2, 1, 2))
    with ag.tape():
        y = ag.max_pool3d(x, 2)
    return y, {x: np.kron(g, np.ones((2, 2, 2))) / 8}, y, g


@case("factor")
def average_of_a_row():
    x, g = leaf(ROWS, "x"), rng.normal(size=(2, 2, 2))
    with ag.tape():
        y = ag.avg_pool1d(x, 3)
    return y, {x: np.kron(g, np.ones(3))}, y, g


# -- pooling -----------------------------------------------------------------------------------


def pooled(image, g):
    x = leaf(np.reshape(image, (1, 4, 4)), "x")
    with ag.tape():
        pool = ag.max_pool2d(x, 2)
    return x, pool, np.reshape(g, (1, 2, 2))


TIED = np.array([[3.0, 3, 1, 2], [0, 3, 2, 2], [1, 1, 5, 4], [1, 1, 4, 5]])
SMALL_DELTA = np.array([[1.0, 2], [3, 4]])


@case("max-as-average")
def average():
    x, pool, g = pooled(rng.permutation(16.0 * np.arange(16)), SMALL_DELTA)
    return pool, {x: np.kron(g, np.ones((2, 2))) / 4}, pool, g


@case("max-to-every-tie")
def every():
    x, pool, g = pooled(TIED, SMALL_DELTA)
    tied = np.kron(pool.data, np.ones((2, 2))) == TIED
    return pool, {x: np.kron(g, np.ones((2, 2))) * tied}, pool, g


@case("max-to-last")
def last():
    x, pool, g = pooled(TIED, SMALL_DELTA)
    wrong = np.zeros((1, 4, 4))
    wrong[0, 1, 1], wrong[0, 1, 3], wrong[0, 3, 1], wrong[0, 3, 3] = 1, 2, 3, 4
    return pool, {x: wrong}, pool, g


def overlapping():
    x = leaf([[[6.0, 7, 5], [3, 1, 0], [2, 0, 4]]], "x")  # the 7 is the maximum of two windows
    with ag.tape():
        pool = ag.max_pool2d(x, 2, stride=1)
    return x, pool, np.reshape(SMALL_DELTA, (1, 2, 2))


@case("one-path-only")
def last_window():
    x, pool, g = overlapping()
    return pool, {x: [[[0, 2, 0], [3, 0, 0], [0, 0, 4]]]}, pool, g


@case("one-path-only")
def first_window():
    x, pool, g = overlapping()
    return pool, {x: [[[0, 1, 0], [3, 0, 0], [0, 0, 4]]]}, pool, g


@case("max-to-last")
def last_along_an_axis():
    x = leaf([[1.0, 5, 5], [2, 2, 0]], "x")
    with ag.tape():
        m = ag.max(x, axis=1)
    return m, {x: [[0, 0, 1.0], [0, 3, 0]]}, m, [1.0, 3.0]


@case("max-as-average")
def along_all_axes():
    x = leaf(X, "x")
    with ag.tape():
        m = ag.max(x)
    return m, {x: np.full((4, 3), 1 / 12)}, m, None


# -- softmax and losses ------------------------------------------------------------------------

CLASSES = np.array([0, 2, 1, 1])
ONE_HOT = np.eye(3)[CLASSES]


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@case("softmax-diagonal-only")
def diagonal():
    z = leaf(X, "z")
    with ag.tape():
        p = ag.softmax(z)
        e = -(ag.log(p) * ONE_HOT).sum()
    return e, {z: -ONE_HOT * (1 - softmax(X))}, p, None


@case("softmax-diagonal-only")
def diagonal_of_loss():
    z = leaf(X, "z")
    with ag.tape():
        e = ag.cross_entropy(z, CLASSES)
    return e, {z: ONE_HOT * (softmax(X) - 1) / 4}, e, None


@case("softmax-left-out")
def logits_minus_target():
    z = leaf(X, "z")
    with ag.tape():
        e = ag.cross_entropy(z, CLASSES)
    return e, {z: (X - ONE_HOT) / 4}, e, None


@case("softmax-left-out")
def sigmoid_of_loss_left_out():
    z = leaf(X, "z")
    with ag.tape():
        e = ag.binary_cross_entropy_with_logits(z, ONE_HOT)
    return e, {z: (X - ONE_HOT) / 12}, e, None


@case("softmax-twice")
def softmax_of_softmax():
    z = leaf(X, "z")
    with ag.tape():
        e = ag.cross_entropy(z, CLASSES)
    return e, {z: (softmax(softmax(X)) - ONE_HOT) / 4}, e, None


@case("softmax-twice")
def jacobian_twice():
    z = leaf(X, "z")
    with ag.tape():
        e = ag.cross_entropy(z, CLASSES)
    p = softmax(X)
    g = (p - ONE_HOT) / 4
    return e, {z: p * (g - (g * p).sum(1, keepdims=True))}, e, None


@case("softmax-twice")
def shares_as_targets():
    z = leaf(X, "z")
    t = np.full((4, 3), 1 / 3)
    with ag.tape():
        e = ag.cross_entropy(z, t)
    return e, {z: (softmax(softmax(X)) - t) / 4}, e, None


@case("statistics-held-constant")
def batch_norm():
    x, w = leaf(X, "x"), leaf(B, "γ")
    with ag.tape():
        y = ag.batch_norm(x, w)
    return y, {x: G * B / np.sqrt(X.var(0) + 1e-5)}, y, G


# -- scale and statistics of a normalization ----------------------------------------------------


def normalized(x, axis=0):
    """(x̂, σ) along an axis."""
    deviation = np.sqrt(x.var(axis, keepdims=True) + 1e-5)
    return (x - x.mean(axis, keepdims=True)) / deviation, deviation


def through_norm(g, normal, deviation, n=None, axis=0):
    n = n or g.shape[axis]
    total = g.sum(axis, keepdims=True) / n
    return (g - total - normal * (g * normal).sum(axis, keepdims=True) / n) / deviation


@case("scale-left-out")
def gamma():
    x, w, b = leaf(X, "x"), leaf(B, "w"), leaf(B + 1, "b")
    with ag.tape():
        y = ag.batch_norm(x, w, b)
    return y, {x: through_norm(G, *normalized(X)), w: (G * normalized(X)[0]).sum(0), b: G.sum(0)}, y, G


@case("weight-left-out")
def gamma_written_out():
    x, w = leaf(X, "x"), leaf(B, "w")
    with ag.tape():
        c = x - ag.mean(x, axis=1, keepdims=True)
        n = c / ag.sqrt(ag.mean(c * c, axis=1, keepdims=True) + 1e-5)
        y = n * w
    return y, {x: through_norm(G, *normalized(X, 1), axis=1)}, y, G


@case("normalization-count")
def one_less():
    x = leaf(X, "x")
    with ag.tape():
        y = ag.batch_norm(x, B)
    return y, {x: through_norm(G * B, *normalized(X), n=3)}, y, G


@case("normalization-count")
def batch_alone():
    x, g = leaf(IMAGE, "x"), rng.normal(size=IMAGE.shape)
    with ag.tape():
        y = ag.batch_norm(x)
    n, s = normalized(IMAGE, (0, 2, 3))
    total, along = (one.sum((0, 2, 3), keepdims=True) / 2 for one in (g, g * n))
    return y, {x: (g - total - n * along) / s}, y, g


@case("normalization-parts")
def variance_for_deviation():
    x = leaf(X, "x")
    with ag.tape():
        y = ag.batch_norm(x)
    n, s = normalized(X)
    return y, {x: through_norm(G, n, s**2)}, y, G


@case("normalization-parts")
def mean_subtracted_twice():
    x = leaf(X, "x")
    with ag.tape():
        y = ag.batch_norm(x)
    n, s = normalized(X)
    return y, {x: through_norm(G, n, s) - G.mean(0) / s}, y, G


@case("normalization-parts")
def gamma_by_x():
    x, w = leaf(X, "x"), leaf(B, "w")
    with ag.tape():
        y = ag.batch_norm(x, w)
    return y, {w: (G * X).sum(0)}, y, G


@case("normalization-parts")
def beta_by_gamma():
    w, b = leaf(B, "w"), leaf(B, "b")
    with ag.tape():
        y = ag.batch_norm(X, w, b)
    return y, {b: (G * normalized(X)[0]).sum(0)}, y, G


@case("statistics-held-constant")
def written_out():
    x = leaf(X, "x")
    with ag.tape():
        c = x - ag.mean(x, axis=1, keepdims=True)
        y = c / ag.sqrt(ag.mean(c * c, axis=1, keepdims=True) + 1e-5)
    return y, {x: G / normalized(X, 1)[1]}, None, G


# -- another function for the derivative --------------------------------------------------------


@case("wrong-derivative")
def plus_in_tanh():
    w = leaf(W, "w")
    with ag.tape():
        h = ag.tanh(X @ w)
    return h, {w: X.T @ (G * (1 + np.tanh(X @ W) ** 2))}, h, G


@case("wrong-derivative")
def value_for_derivative():
    w = leaf(W, "w")
    with ag.tape():
        h = ag.sigmoid(X @ w)
    return h, {w: X.T @ (G * sigma(X @ W))}, h, G


@case("wrong-derivative")
def half_of_sigmoid():
    w = leaf(W, "w")
    with ag.tape():
        h = ag.sigmoid(X @ w)
    return h, {w: X.T @ (G * (1 - sigma(X @ W)))}, h, G


@case("wrong-derivative")
def sigmoid_of_sigmoid():
    w = leaf(W, "w")
    with ag.tape():
        h = ag.sigmoid(X @ w)
    return h, {w: X.T @ (G * sigma(sigma(X @ W)))}, h, G


@case("wrong-derivative")
def tan_for_tanh():
    w = leaf(W / 3, "w")
    with ag.tape():
        h = ag.tanh(X @ w)
    return h, {w: X.T @ (G / np.cos(X @ W / 3) ** 2)}, h, G


@case("wrong-derivative")
def half_of_a_sigmoid_written_out():
    w = leaf(W, "w")
    with ag.tape():
        z = X @ w
        h = 1 / (1 + ag.exp(-z))
    return h, {z: G * (1 - sigma(X @ W)), w: X.T @ (G * (1 - sigma(X @ W)))}, z, G


@case("wrong-derivative")
def sine():
    w = leaf(X, "w")
    with ag.tape():
        h = ag.sin(w)
    return h, {w: G * -np.sin(X)}, h, G


@case("activation-left-out")
def sigmoid_written_out():
    w = leaf(W, "w")
    with ag.tape():
        z = X @ w
        h = 1 / (1 + ag.exp(-z))
    return h, {w: X.T @ G}, z, G


@case("activation-left-out")
def relu_written_out():
    w = leaf(W, "w")
    with ag.tape():
        h = ag.maximum(0.0, X @ w)
    return h, {w: X.T @ G}, h, G


@case("activation-left-out")
def relu_by_a_mask():
    w = leaf(W, "w")
    with ag.tape():
        z = X @ w
        h = z * (X @ W > 0)
    return h, {w: X.T @ G}, h, G


@case("activation-at-output")
def tanh_written_out():
    w = leaf(W, "w")
    with ag.tape():
        z = X @ w
        h = (ag.exp(z) - ag.exp(-z)) / (ag.exp(z) + ag.exp(-z))
    return h, {w: X.T @ (G * (1 - np.tanh(np.tanh(X @ W)) ** 2))}, z, G


@case("other-activation")
def leaky_relu_as_relu():
    w = leaf(W, "w")
    with ag.tape():
        h = ag.leaky_relu(X @ w, 0.1)
    return h, {w: X.T @ (G * (X @ W > 0))}, h, G


# -- what the chain rule multiplies --------------------------------------------------------------


@case("delta-ignored")
def relu_alone():
    w = leaf(W, "w")
    with ag.tape():
        h = ag.relu(X @ w)
    return h, {w: X.T @ (X @ W > 0)}, h, G


@case("delta-ignored")
def pool_alone():
    x, g = leaf(IMAGE[:, :, :4, :4], "x"), rng.normal(size=(2, 2, 2, 2))
    with ag.tape():
        y = ag.max_pool2d(x, 2)
    largest = IMAGE[:, :, :4, :4].reshape(2, 2, 2, 2, 2, 2).max((3, 5), keepdims=True)
    return y, {x: (IMAGE[:, :, :4, :4].reshape(2, 2, 2, 2, 2, 2) == largest).reshape(2, 2, 4, 4) * 1.0}, y, g


@case("weight-left-out")
def weights_of_a_chain():
    w1, w2, w3 = leaf(0.3, "w1"), leaf(-0.7, "w2"), leaf(1.9, "w3")
    with ag.tape():
        y = ag.tanh(w1 * 0.8) * w2 * w3
    return y, {w1: (1 - np.tanh(0.24) ** 2) * 0.8 * -0.7}, y, None


@case("weight-left-out")
def square_weight():
    w, v = leaf(W, "w"), leaf(W.T + 1, "v")
    with ag.tape():
        h = ag.tanh(X @ w)
        y = h @ v
    return y, {h: G, v: np.tanh(X @ W).T @ G}, y, G


@case("weight-left-out")
def deltas_added_up():
    w, v = leaf(W, "w"), leaf(W[:, :2], "v")
    with ag.tape():
        h = ag.tanh(X @ w)
        y = h @ v
    return y, {h: np.repeat(G[:, :2].sum(1, keepdims=True), 3, axis=1)}, y, G[:, :2]


@case("another-value")
def before_the_activation():
    w, v = leaf(W, "w"), leaf(W + 1, "v")
    with ag.tape():
        z = X @ w
        h = ag.sigmoid(z)
        y = h @ v
    return y, {v: (X @ W).T @ G}, y, G


@case("another-value")
def after_the_activation():
    w, v = leaf(X, "w"), leaf(B, "v")
    with ag.tape():
        h = ag.tanh(w)
        y = h * v
    return y, {v: (X * G).sum(0)}, None, G


@case("another-gradient")
def scale_and_shift():
    w, b = leaf(B, "w"), leaf(B + 1, "b")
    with ag.tape():
        y = ag.batch_norm(X, w, b)
    return y, {b: (G * normalized(X)[0]).sum(0), w: G.sum(0)}, None, G


@case("mask-forgotten")
def dropout_mask():
    w = leaf(W, "w")
    with ag.tape():
        d = ag.dropout(X @ w, 0.4, rng=np.random.default_rng(3))
    return d, {w: X.T @ (G / 0.6)}, d, G


@case("mask-forgotten")
def mask_and_scale():
    w = leaf(W, "w")
    with ag.tape():
        d = ag.dropout(X @ w, 0.4, rng=np.random.default_rng(3))
    return d, {w: X.T @ G}, d, G


@case("mask-forgotten")
def mask_written_out():
    w, mask = leaf(W, "w"), (G > -0.3) / 0.75
    with ag.tape():
        d = ag.tanh(X @ w) * mask
    return d, {w: X.T @ (G / 0.75 * (1 - np.tanh(X @ W) ** 2))}, d, G


# -- overwritten, left early ---------------------------------------------------------------------


@case("overwritten")
def columns_to_image():
    x, k, g = leaf(IMAGE, "x"), KERNELS, rng.normal(size=(2, 3, 3, 3))
    with ag.tape():
        y = ag.conv2d(x, k)
    wrong = np.zeros(IMAGE.shape)
    for i in range(3):
        for j in range(3):
            wrong[:, :, i : i + 3, j : j + 3] = np.einsum("nopq,oc->ncpq", g, k[:, :, i, j])
    return y, {x: wrong}, y, g


@case("overwritten")
def windows_in_turn():
    x, k, g = leaf(IMAGE, "x"), KERNELS, rng.normal(size=(2, 3, 2, 2))
    with ag.tape():
        y = ag.conv2d(x, k, stride=2)
    wrong = np.zeros(IMAGE.shape)
    for i in range(2):
        for j in range(2):
            wrong[:, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] = np.einsum("no,ocrs->ncrs", g[:, :, i, j], k)
    return y, {x: wrong}, y, g


@case("overwritten")
def averages():
    x, g = leaf(IMAGE, "x"), rng.normal(size=(2, 2, 4, 4))
    with ag.tape():
        y = ag.avg_pool2d(x, 2, stride=1)
    wrong = np.zeros(IMAGE.shape)
    for i in range(4):
        for j in range(4):
            wrong[:, :, i : i + 2, j : j + 2] = g[:, :, i, j][..., None, None] / 4
    return y, {x: wrong}, y, g


@case("overwritten")
def embedding():
    w, index = leaf(X, "w"), np.array([1, 0, 1, 3])
    with ag.tape():
        y = ag.tanh(w[index])
    wrong = np.zeros(X.shape)
    wrong[index] = G * (1 - np.tanh(X[index]) ** 2)
    return y, {w: wrong}, None, G


@case("overwritten")
def embedding_by_take():
    w, index = leaf(X, "w"), np.array([2, 0, 2, 2])
    with ag.tape():
        y = ag.take(w, index, axis=0)
    wrong = np.zeros(X.shape)
    wrong[index] += G
    return y, {w: wrong}, y, G


@case("left-early")
def first_window_alone():
    x, g = leaf(IMAGE[:, :, :4, :4], "x"), rng.normal(size=(2, 2, 2, 2))
    with ag.tape():
        y = ag.avg_pool2d(x, 2)
    wrong = np.zeros((2, 2, 4, 4))
    wrong[:, :, :2, :2] = g[:, :, :1, :1] / 4
    return y, {x: wrong}, y, g


@case("left-early")
def last_row_of_windows():
    k, g = leaf(KERNELS, "k"), rng.normal(size=(2, 3, 3, 3))
    with ag.tape():
        y = ag.conv2d(IMAGE, k)
    windows = np.lib.stride_tricks.sliding_window_view(IMAGE, (3, 3), axis=(2, 3))
    return y, {k: np.einsum("nopq,ncpqij->ocij", g[:, :, :2], windows[:, :, :2])}, y, g


@case("left-early")
def last_weights():
    w = leaf(W, "w")
    with ag.tape():
        y = ag.tanh(X @ w)
    wrong = X.T @ (G * (1 - np.tanh(X @ W) ** 2))
    wrong[-1] = 0
    return y, {w: wrong}, None, G


# -- biases, softmax, steps, channels ------------------------------------------------------------


@case("bias-too-many-axes")
def down_to_one_number():
    b = leaf(B, "b")
    with ag.tape():
        y = ag.tanh(X @ W + b)
    return y, {b: np.sum(G * (1 - np.tanh(X @ W + B) ** 2))}, None, G


@case("bias-too-many-axes")
def of_a_layer_of_kernels():
    b, g = leaf(B, "b"), rng.normal(size=(2, 3, 3, 3))
    with ag.tape():
        y = ag.conv2d(IMAGE, KERNELS, b)
    return y, {b: np.full(3, g.sum())}, y, g


@case("bias-too-many-axes")
def along_its_own_axis():
    b = leaf(B, "b")
    with ag.tape():
        y = ag.tanh(X @ W + b)
    return y, {b: (G * (1 - np.tanh(X @ W + B) ** 2)).sum(1)}, None, G


@case("left-early")
def last_window_alone():
    k, g = leaf(KERNELS, "k"), rng.normal(size=(2, 3, 3, 3))
    with ag.tape():
        y = ag.conv2d(IMAGE, k)
    windows = np.lib.stride_tricks.sliding_window_view(IMAGE, (3, 3), axis=(2, 3))[:, :, -1:, -1:]
    return y, {k: np.einsum("nopq,ncpqij->ocij", g[:, :, -1:, -1:], windows)}, y, g


@case("left-early")
def nothing_written():
    w = leaf(W, "w")
    with ag.tape():
        y = ag.tanh(X @ w)
    return y, {w: np.zeros(W.shape)}, None, G


@case("wrong-derivative")
def mask_of_delta():
    w = leaf(W, "w")
    with ag.tape():
        h = ag.relu(X @ w)
    return h, {w: X.T @ (G * (G > 0))}, h, G


@case("bias-times-input")
def in_rows():
    w, b = leaf(W, "w"), leaf(B, "b")
    with ag.tape():
        y = ag.tanh(X @ w + b)
    delta = G * (1 - np.tanh(X @ W + B) ** 2)
    return y, {b: (X.T @ delta).sum(0)}, None, G


@case("bias-times-input")
def in_columns():
    w, b = leaf(W, "w"), leaf(B.reshape(3, 1), "b")
    with ag.tape():
        y = w @ X.T + b
    return y, {b: (G.T @ X).sum(1, keepdims=True)}, y, G.T


@case("bias-times-input")
def of_one_neuron():
    w, b = leaf(0.3, "w"), leaf(0.1, "b")
    with ag.tape():
        y = ag.sigmoid(w * 1.7 + b)
    s = sigma(0.3 * 1.7 + 0.1)
    return y, {w: s * (1 - s) * 1.7, b: s * (1 - s) * 1.7}, None, None


@case("softmax-axis")
def of_a_loss():
    w, labels = leaf(W, "w"), np.array([0, 2, 1, 1])
    with ag.tape():
        z = X @ w
        e = ag.cross_entropy(z, labels)
    p = np.exp(X @ W) / np.exp(X @ W).sum(0)
    return e, {z: (p - np.eye(3)[labels]) / 4}, e, None


@case("softmax-axis")
def of_its_derivative():
    z = leaf(X, "z")
    with ag.tape():
        p = ag.softmax(z, axis=1)
    y = np.exp(X) / np.exp(X).sum(1, keepdims=True)
    return p, {z: y * (G - (G * y).sum(0))}, p, G


def cross_entropy_written_out():
    """(the loss, its logits, softmax, targets): of 4 examples."""
    w, t = leaf(W, "w"), np.eye(3)[[0, 2, 1, 1]]
    with ag.tape():
        z = X @ w
        e = ag.exp(z - ag.max(z, axis=1, keepdims=True))
        loss = -ag.sum(t * ag.log(e / ag.sum(e, axis=1, keepdims=True))) / 4
    p = np.exp(X @ W) / np.exp(X @ W).sum(1, keepdims=True)
    return loss, z, p, t


@case("softmax-axis")
def of_a_loss_written_out():
    loss, z, _, t = cross_entropy_written_out()
    return loss, {z: (np.exp(X @ W) / np.exp(X @ W).sum() - t) / 4}, None, None


@case("softmax-left-out")
def of_a_loss_in_steps():
    loss, z, _, t = cross_entropy_written_out()
    return loss, {z: (X @ W - t) / 4}, None, None


@case("softmax-twice")
def slope_once_too_often():
    loss, z, p, t = cross_entropy_written_out()
    return loss, {z: (p - t) * p * (1 - p) / 4}, None, None


@case("softmax-diagonal-only")
def target_class_alone():
    loss, z, p, t = cross_entropy_written_out()
    return loss, {z: t * (p - 1) / 4}, None, None


@case("softmax-left-out")
def target_not_subtracted():
    w, t = leaf(W, "w"), (G > 0) * 1.0
    with ag.tape():
        z = X @ w
        a = ag.sigmoid(z)
        e = -ag.sum(t * ag.log(a) + (1 - t) * ag.log(1 - a))
    return e, {z: sigma(X @ W)}, None, None


@case("softmax-diagonal-only")
def without_its_sum():
    z = leaf(X, "z")
    with ag.tape():
        p = ag.softmax(z, axis=1)
    return p, {z: p.data * G}, p, G


@case("factor")
def divided_by_the_classes():
    w = leaf(W, "w")
    with ag.tape():
        e = ag.sum(ag.square(X @ w - G)) / 4
    return e, {w: 2 * X.T @ (X @ W - G) / 3}, None, None


@case("transposed")
def delta_not_transposed():
    q, k, g = leaf(X, "q"), leaf(X + 1, "k"), G @ G.T + np.arange(16.0).reshape(4, 4)
    with ag.tape():
        y = q @ k.T
    return y, {k: g @ X}, None, g


@case("softmax-diagonal-only")
def softmax_written_out():
    z = leaf(X, "z")
    with ag.tape():
        e = ag.exp(z)
        p = e / ag.sum(e, axis=1, keepdims=True)
    y = np.exp(X) / np.exp(X).sum(1, keepdims=True)
    return p, {z: G * y * (1 - y)}, p, G


@case("steps-exchanged")
def dilation_for_stride():
    k, g = leaf(KERNELS[:, :, :2, :2], "k"), rng.normal(size=(2, 3, 4, 4))
    with ag.tape():
        y = ag.conv2d(IMAGE, k, stride=2, dilation=1, padding=2)
    padded = np.pad(IMAGE, ((0, 0), (0, 0), (2, 5), (2, 5)))
    wrong = np.zeros((3, 2, 2, 2))
    for i in range(2):
        for j in range(2):
            wrong[:, :, i, j] = np.einsum("nopq,ncpq->oc", g, padded[:, :, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4])
    return y, {k: wrong}, y, g


@case("wrong-channel")
def first_channel_for_all():
    k, g = leaf(KERNELS, "k"), rng.normal(size=(2, 3, 3, 3))
    with ag.tape():
        y = ag.conv2d(IMAGE, k)
    windows = np.lib.stride_tricks.sliding_window_view(IMAGE[:, [0, 0]], (3, 3), axis=(2, 3))
    return y, {k: np.einsum("nopq,ncpqij->ocij", g, windows)}, y, g


# -- counted twice, too early, another's ---------------------------------------------------------


@case("counted-again")
def path_twice():
    w = leaf(W, "w")
    with ag.tape():
        h = ag.tanh(X @ w)
        e = ag.sum(h * G) + ag.sum(ag.exp(h))
    h0 = np.tanh(X @ W)
    return e, {w: X.T @ ((2 * G + np.exp(h0)) * (1 - h0**2))}, h, None


@case("counted-again")
def sent_back_again():
    x = leaf(1.3, "x")
    with ag.tape():
        a = x * 0.7
        y = ag.sin(a) + ag.square(a) * 0.1 + x
    first, rest = np.cos(0.91), 2 * 0.91 * 0.1
    # a is sent back when the sine's part is there, and again with all
    return y, {x: 1 + 0.7 * (rest + (first + rest))}, None, None


@case("path-scaled")
def weight_decay_by_the_batch():
    w = leaf(W, "w")
    with ag.tape():
        e = ag.sum(ag.tanh(X @ w) * G) + ag.sum(ag.exp(w))
    return e, {w: X.T @ (G * (1 - np.tanh(X @ W) ** 2)) + np.exp(W) / 4.2}, None, None


@case("parameters-already-updated")
def without_a_learning_rate():
    w, v = leaf(W, "w"), leaf(W.T + 1, "v")
    with ag.tape():
        h = ag.tanh(X @ w)
        y = ag.sigmoid(h @ v)
    h0 = np.tanh(X @ W)
    s = sigma(h0 @ (W.T + 1))
    delta = G * s * (1 - s)
    by_v = h0.T @ delta
    return y, {v: by_v, h: delta @ (W.T + 1 - 0.3 * by_v).T}, None, G


@case("step-for-gradient", learning_rate=0.1)
def minus_eta():
    w = leaf(W, "w")
    with ag.tape():
        y = ag.tanh(X @ w)
    return y, {w: -0.1 * X.T @ (G * (1 - np.tanh(X @ W) ** 2))}, None, G


@case("another-gradient")
def exchanged_weights():
    w, v = leaf(W, "w"), leaf(W + 1, "v")
    with ag.tape():
        y = ag.tanh(X @ w) * ag.sigmoid(X @ v)
    t, s = np.tanh(X @ W), sigma(X @ (W + 1))
    by_w, by_v = X.T @ (G * s * (1 - t**2)), X.T @ (G * t * s * (1 - s))
    return y, {w: by_v, v: by_w}, None, G


@case("factor")
def examples_in_columns():
    w = leaf(W, "w")
    with ag.tape():
        e = ag.mean(ag.square(w @ X.T - G.T))
    return e, {w: 2 * (W @ X.T - G.T) @ X / 12 / 4}, None, None


@case("factor")
def convolution_by_places():
    k, g = leaf(KERNELS, "k"), rng.normal(size=(2, 3, 3, 3))
    with ag.tape():
        y = ag.conv2d(IMAGE, k)
    windows = np.lib.stride_tricks.sliding_window_view(IMAGE, (3, 3), axis=(2, 3))
    return y, {k: np.einsum("nopq,ncpqij->ocij", g, windows) / 18}, y, g


@case("factor")
def weight_decay_without_its_two():
    w = leaf(W, "w")
    with ag.tape():
        e = ag.sum(ag.tanh(X @ w) * G) + 0.3 * ag.sum(w * w)
    return e, {w: X.T @ (G * (1 - np.tanh(X @ W) ** 2)) + 0.3 * W}, None, None


# -- parts of a rule, orders of entries, several paths -----------------------------------------


@case("wrong-derivative")
def denominator_not_squared():
    a, b = leaf(X, "a"), leaf(np.abs(B) + 1, "b")
    with ag.tape():
        y = a / b
    return y, {b: -(G * X / (np.abs(B) + 1)).sum(0)}, y, G


@case("wrong-derivative")
def numerator_left_out():
    a, b = leaf(X, "a"), leaf(np.abs(B) + 1, "b")
    with ag.tape():
        y = a / b
    return y, {b: -(G / (np.abs(B) + 1) ** 2).sum(0)}, y, G


@case("wrong-derivative")
def exponent_not_lowered():
    w = leaf(W, "w")
    with ag.tape():
        y = w**3
    return y, {w: G[:3] * 3 * W**3}, y, G[:3]


@case("wrong-derivative")
def divided_by_the_slope():
    w = leaf(np.abs(W) + 1, "w")
    with ag.tape():
        y = ag.log(w)
    return y, {w: G[:3] * (np.abs(W) + 1)}, y, G[:3]


@case("wrong-derivative")
def half_of_a_product_rule():
    w = leaf(W, "w")
    with ag.tape():
        y = ag.silu(X @ w)
    return y, {w: X.T @ (G * sigma(X @ W))}, y, G


@case("activation-at-output")
def at_the_values_of_another_layer():
    x, v = leaf(X, "x"), leaf(W[:, :1], "v")
    with ag.tape():
        h = ag.sigmoid(x)
        y = ag.sigmoid(h @ v)
    z = sigma(X) @ W[:, :1]
    slope = sigma(z) * (1 - sigma(z))
    return y, {x: (G[:, :1] * slope) @ W[:, :1].T * slope}, h, G[:, :1]


@case("paths-multiplied")
def shortcut():
    x = leaf(X, "x")
    with ag.tape():
        y = ag.tanh(x) + x
    return y, {x: G * (1 - np.tanh(X) ** 2) * G}, None, G


@case("another-order")
def flattened_by_columns():
    x, v = leaf(IMAGE, "x"), leaf(rng.normal(size=(50, 2)), "v")
    with ag.tape():
        f = x.reshape(2, 50)
        y = f @ v
    g = G[:2, :2]
    return y, {x: (g @ v.data.T).reshape(2, 5, 5, 2).transpose(0, 3, 2, 1)}, f, g


@case("another-order")
def flattened_with_channels_last():
    x, v = leaf(IMAGE, "x"), leaf(rng.normal(size=(50, 2)), "v")
    with ag.tape():
        f = x.reshape(2, 50)
        y = f @ v
    g = G[:2, :2]
    return y, {x: (g @ v.data.T).reshape(2, 5, 5, 2).transpose(0, 3, 1, 2)}, f, g


@case("another-order")
def vector_made_an_image():
    w = leaf(rng.normal(size=24), "w")
    with ag.tape():
        image = w.reshape(2, 3, 4)
        y = image * image
    g = rng.normal(size=(2, 3, 4))
    return y, {w: (2 * g * w.data.reshape(2, 3, 4)).transpose(2, 1, 0).ravel()}, image, g


@case("another-order")
def gates_exchanged():
    w = leaf(rng.normal(size=(3, 8)), "w")
    with ag.tape():
        a = X @ w
        i, f, o = (ag.sigmoid(a[:, k : k + 2]) for k in (0, 2, 4))
        y = i * ag.tanh(a[:, 6:]) + f * o
    z, g = X @ w.data, G[:, :2]
    si, sf, so, t = sigma(z[:, :2]), sigma(z[:, 2:4]), sigma(z[:, 4:6]), np.tanh(z[:, 6:])
    parts = [g * t * si * (1 - si), g * so * sf * (1 - sf), g * sf * so * (1 - so), g * si * (1 - t * t)]
    return y, {w: X.T @ np.hstack([parts[k] for k in (0, 1, 3, 2)])}, a, g


@case("class-off-by-one")
def labels_from_one():
    x = leaf(X, "x")
    with ag.tape():
        e = ag.cross_entropy(x, np.array([0, 1, 1, 0]))
    p = np.exp(X) / np.exp(X).sum(1, keepdims=True)
    return e, {x: (p - np.eye(3)[[1, 2, 2, 1]]) / 4}, e, None


@case("max-as-average")
def average_to_the_first_pixel():
    x = leaf(IMAGE[:, :, :4, :4], "x")
    with ag.tape():
        y = ag.avg_pool2d(x, 2)
    g, wrong = rng.normal(size=(2, 2, 2, 2)), np.zeros((2, 2, 4, 4))
    wrong[:, :, ::2, ::2] = g
    return y, {x: wrong}, y, g


def layer_norm(x, weight):
    """γ x̂ over the last axis, in steps; and x − μ, σ and x̂ as arrays."""
    d = x - ag.mean(x, axis=1, keepdims=True)
    y = d / ag.sqrt(ag.mean(d * d, axis=1, keepdims=True) + 1e-5) * weight
    centered = x.data - x.data.mean(1, keepdims=True)
    deviation = np.sqrt(x.data.var(1, keepdims=True) + 1e-5)
    return y, centered, deviation, centered / deviation


@case("normalization-parts")
def layer_norm_over_the_batch():
    x, weight = leaf(X, "x"), leaf(B, "γ")
    with ag.tape():
        y, _, deviation, normal = layer_norm(x, weight)
    h = G * B
    return y, {x: (h - h.mean(0) - normal * (h * normal).mean(0)) / deviation}, None, G


@case("normalization-parts")
def layer_norm_by_the_variance():
    x, weight = leaf(X, "x"), leaf(B, "γ")
    with ag.tape():
        y, _, deviation, normal = layer_norm(x, weight)
    h = G * B
    right = (h - h.mean(1, keepdims=True) - normal * (h * normal).mean(1, keepdims=True)) / deviation
    return y, {x: right / deviation}, None, G


@case("normalization-parts")
def layer_norms_scale_without_the_deviation():
    x, weight = leaf(X, "x"), leaf(B, "γ")
    with ag.tape():
        y, centered, _, _ = layer_norm(x, weight)
    return y, {weight: (G * centered).sum(0)}, y, G


@case("statistics-held-constant")
def layer_norm_without_its_statistics():
    x, weight = leaf(X, "x"), leaf(B, "γ")
    with ag.tape():
        y, _, deviation, _ = layer_norm(x, weight)
    return y, {x: G * B / deviation}, None, G


@case("normalization-parts")
def batch_norm_over_all_axes():
    x = leaf(IMAGE, "x")
    g = rng.normal(size=IMAGE.shape)
    with ag.tape():
        y = ag.batch_norm(x, np.ones(2), np.zeros(2))
    axes, centered = (0, 2, 3), IMAGE - IMAGE.mean((0, 2, 3), keepdims=True)
    deviation = np.sqrt((centered**2).mean(axes, keepdims=True) + 1e-5)
    normal = centered / deviation
    return y, {x: (g - g.mean() - normal * (g * normal).mean()) / deviation}, y, g


@case("normalization-parts")
def rms_norm_as_if_centered():
    x = leaf(X, "x")
    with ag.tape():
        r = ag.sqrt(ag.mean(x * x, axis=1, keepdims=True) + 1e-6)
        y = x / r
    root = np.sqrt((X * X).mean(1, keepdims=True) + 1e-6)
    normal = X / root
    return y, {x: (G - G.mean(1, keepdims=True) - normal * (G * normal).mean(1, keepdims=True)) / root}, None, G


@case("wrong-derivative")
def deviation_not_divided():
    x = leaf(X, "x")
    with ag.tape():
        y = ag.std(x, axis=0)
    return y, {x: G[0] * (X - X.mean(0)) / 4}, y, G[0]


@case("wrong-derivative")
def variance_not_centered():
    x = leaf(X, "x")
    with ag.tape():
        y = ag.var(x, axis=0)
    return y, {x: G[0] * 2 * X / 4}, y, G[0]


@case("wrong-derivative")
def maximum_for_one():
    x = leaf(X, "x")
    with ag.tape():
        y = ag.max(x, axis=1)
    largest = X.max(1, keepdims=True)
    return y, {x: G[:, :1] * X * (largest == X)}, y, G[:, 0]


@case("max-as-average")
def maximum_to_every_entry():
    x = leaf(X, "x")
    with ag.tape():
        y = ag.max(x, axis=1)
    return y, {x: G[:, :1] * np.ones(3)}, y, G[:, 0]


@case("another-order")
def running_sum_from_the_front():
    x = leaf(X, "x")
    with ag.tape():
        y = ag.cumsum(x, axis=0)
    return y, {x: np.cumsum(G, 0)}, y, G


@case("another-order")
def transposed_by_a_reshape():
    x = leaf(X, "x")
    with ag.tape():
        y = x.T * G.T
    return y, {x: (G.T * X.T).reshape(4, 3)}, None, X.T


@case("padding-not-cropped")
def cut_off_at_one_side():
    x = leaf(X, "x")
    with ag.tape():
        y = ag.pad(x, 1)
    g = rng.normal(size=(6, 5))
    return y, {x: g[2:, 2:]}, y, g


@case("factor")
def root_of_another_length():
    q = leaf(X, "q")
    with ag.tape():
        y = q / np.sqrt(3)
    return y, {q: G / 2}, y, G


@case("factor")
def weighted_loss_over_its_examples():
    x, w, t = leaf(X, "x"), np.array([1.0, 2.0, 4.0]), np.array([0, 1, 2, 0])
    with ag.tape():
        e = ag.cross_entropy(x, t, weight=w)
    p = np.exp(X) / np.exp(X).sum(1, keepdims=True)
    return e, {x: (p - np.eye(3)[t]) * w[t][:, None] / 4}, e, None


@case("argument-forgotten")
def smoothing_of_labels():
    x, t = leaf(X, "x"), np.array([0, 1, 2, 0])
    with ag.tape():
        e = ag.cross_entropy(x, t, label_smoothing=0.2)
    p = np.exp(X) / np.exp(X).sum(1, keepdims=True)
    return e, {x: (p - np.eye(3)[t]) / 4}, e, None


@case("argument-forgotten")
def weights_of_classes():
    x, t = leaf(X, "x"), np.array([0, 1, 2, 0])
    with ag.tape():
        e = ag.cross_entropy(x, t, weight=np.array([1.0, 2.0, 4.0]))
    p = np.exp(X) / np.exp(X).sum(1, keepdims=True)
    return e, {x: (p - np.eye(3)[t]) / 4}, e, None


@case("argument-forgotten")
def unbiased_variance():
    x = leaf(X, "x")
    with ag.tape():
        y = ag.var(x, axis=0, ddof=1)
    return y, {x: G[0] * 2 * (X - X.mean(0)) / 4}, y, G[0]


# -- two at once, and one everywhere -----------------------------------------------------------


@case("factor + sign")
def two_mistakes():
    w = leaf(W, "w")
    with ag.tape():
        d = G - X @ w
        e = ag.mean(d * d)
    return e, {w: X.T @ (2 * (G - X @ W))}, None, None


@case("activation-left-out")
def everywhere():
    w, v = leaf(W, "w"), leaf(W.T, "v")
    with ag.tape():
        h = ag.sigmoid(X @ w)
        y = ag.sigmoid(h @ v)
    return y, {w: X.T @ (G @ W), v: sigma(X @ W).T @ G}, y, G


@pytest.mark.parametrize("name", CASES)
def test_planted_mistake_is_found(name):
    key, plant, options = CASES[name]
    output, wrong, where, gradient = plant()
    report = check_by_hand(output, wrong, gradient=gradient, **options)
    assert not report.ok
    mistaken = [row.mistake for row in report.rows if not row.step_ok]
    assert mistaken and all(mistake is not None for mistake in mistaken), str(report)
    assert {mistake.key for mistake in mistaken} == {key}, str(report)
    if where is not None:
        places = where if isinstance(where, tuple) else (where,)
        nodes = [tensor.node for tensor in places]
        assert mistaken[0].node in nodes, str(report)
    for mistake in mistaken:
        assert "{" not in mistake.explanation and mistake.explanation.startswith("your ∂")
    assert mistaken[0].explanation in " ".join(str(report).split()).replace("Your ∂", "your ∂")


def test_every_entry_of_the_catalogue_has_a_planted_case():
    planted = {key for name in CASES for key in CASES[name][0].split(" + ")}
    not_walked = {entry.key for entry in CATALOGUE if not entry.find}
    assert planted | not_walked == set(BY_KEY)


def test_an_operation_of_ones_own_is_known_by_its_kind():
    softsign = ag.operation(
        "softsign",
        lambda x: x / (1 + abs(x)),
        kind="activation",
        rules=[ag.rule(lambda g, x: g / (1 + abs(x)) ** 2)],
    )
    twice_softsign = ag.operation(
        "twice_softsign",
        lambda x: 2 * x / (1 + abs(x)),
        rules=[ag.rule(lambda g, x: 2 * g / (1 + abs(x)) ** 2)],
        made_of=[softsign, ag.multiply],
        parts=lambda x: 2 * softsign(x),
    )
    w = leaf(W, "w")
    for operation, factor in ((softsign, 1), (twice_softsign, 2)):
        with ag.tape():
            out = operation(X @ w)
        report = check_by_hand(out, {w: X.T @ (factor * G)}, gradient=G)
        assert report["w"].mistake.key == "activation-left-out"
        assert report["w"].mistake.node is out.node
        right = X.T @ (factor * G / (1 + abs(X @ W)) ** 2)
        assert check_by_hand(out, {w: right}, gradient=G).ok
    with ag.tape():
        out = ag.tanh(X @ w)
    wrong = X.T @ (G / (1 + abs(X @ W)) ** 2)
    assert "derivative of softsign" in check_by_hand(out, {w: wrong}, gradient=G)["w"].mistake.explanation
    del registry["softsign"], registry["twice_softsign"]


@pytest.mark.parametrize("name", CASES)
def test_the_right_gradients_of_the_same_graphs_raise_no_alarm(name):
    _, plant, options = CASES[name]
    output, wrong, _, gradient = plant()
    output.backward(gradient=gradient)
    report = check_by_hand(output, {tensor: tensor.grad for tensor in wrong}, gradient=gradient, **options)
    assert report.ok and all(row.mistake is None for row in report.rows), str(report)
    assert report.tried == 0


@pytest.mark.parametrize("seed", range(12))
def test_the_right_gradients_of_random_nets_raise_no_alarm(seed):
    """Leaves and inner values, in float64 and float32, exact and rounded to float32."""
    draw = np.random.default_rng(seed)
    dtype = (np.float64, np.float32)[seed % 2]
    activation = (ag.sigmoid, ag.tanh, ag.relu, ag.softplus)[seed % 4]
    w = ag.Tensor(draw.normal(size=(3, 4)), requires_grad=True, dtype=dtype, name="w")
    b = ag.Tensor(draw.normal(size=4), requires_grad=True, dtype=dtype, name="b")
    v = ag.Tensor(draw.normal(size=(2, 4)), requires_grad=True, dtype=dtype, name="v")
    x = draw.normal(size=(5, 3)).astype(dtype)
    with ag.tape():
        net = x @ w + b
        h = activation(net)
        z = ag.linear(h, v) * 0.5 + h.mean()
        e = ag.cross_entropy(z, draw.integers(0, 2, 5)) + ag.mse(h, 0.5)
    tensors = [w, b, v, net, h, z]
    true = ag.gradients(e, tensors, retain_graph=True)
    for given in (true, [np.float32(g) for g in true], [np.vectorize("{:.7g}".format)(g) for g in true]):
        report = check_by_hand(e, dict(zip(tensors, given, strict=True)))
        assert report.ok, str(report)
        assert all(row.mistake is None or row.mistake.key == "float32-rounding" for row in report.rows), str(report)
    assert all(row.finite_difference_error < 1e-4 for row in report.rows)


def test_entries_are_complete():
    for entry in CATALOGUE:
        assert entry.key and entry.name and entry.formula


def test_of_one_mistake_made_everywhere_a_row_is_told_what_concerns_it():
    """A cell whose road to the step before is forgotten at each step: each cell's own use is named, and no other."""
    c, h, cells, outputs = ag.Tensor(0.0), ag.Tensor(0.0), [], []
    w, u = ag.Tensor(0.7, requires_grad=True, name="w"), ag.Tensor(0.4, requires_grad=True, name="u")
    with ag.tape():
        for t, x in enumerate((1.0, -0.5, 0.8), start=1):
            c = 0.9 * c + ag.tanh(w * x + u * h)
            h = 0.6 * ag.tanh(c)
            c.name, h.name = f"c{t}", f"h{t}"
            cells.append(c)
            outputs.append(h)
        E = 0.5 * (h - 0.3) ** 2

    dh, by_hand = h.item() - 0.3, {}
    for t in (2, 1, 0):
        by_hand[outputs[t]] = dh
        by_hand[cells[t]] = dc = dh * 0.6 * (1 - np.tanh(cells[t].item()) ** 2)  # and nothing from the next cell
        candidate = cells[t].item() - 0.9 * (cells[t - 1].item() if t else 0.0)
        dh = dc * (1 - candidate**2) * u.item()
    report = ag.check_by_hand(E, by_hand)
    assert {row.name for row in report.rows if row.verdict == "wrong"} == {"c1", "c2"}
    for name in ("c1", "c2"):
        said = report[name].mistake.explanation
        assert report[name].mistake.key == "one-path-only"
        assert f"is counted at {name} (" in said and " and " not in said, said
