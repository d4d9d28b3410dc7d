# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 002 · A convolutional layer, written by hand
#
# *The text:* 【深度学习系列】卷积神经网络详解(二)——自己手写一个卷积神经网络 — “Deep learning series: convolutional
# networks in detail (2), writing a convolutional network oneself”, by Charlotte77.
#
# The text derives how the error reaches the kernel, the bias, and what lies below a max pool; then it begins a class
# `ConvLayer` and breaks off. Two of its formulas are misprinted. We
#
# 1. finish the class, on `nn`;
# 2. run a case with numbers that can be checked with pencil and paper;
# 3. derive the kernel's gradient, and let `check_by_hand` find the first misprint;
# 4. do the same for the bias, and find the second one;
# 5. derive the image's gradient;
# 6. put an activation above the layer and a max pool above that;
# 7. take one step of gradient descent.

# %%
import numpy as np

import autograd as ag
import nn

# %% [markdown]
# ## 1. The layer and its nine parameters
#
# The text's class takes ten values: width and height of the input, channels, width and height of the filters, their
# number, zero padding, stride, activation, and a learning rate. Nine of them say what the layer *is*. The tenth says
# how it is trained, and is the same for all layers of a network: it belongs to the optimizer, and waits for section
# 7.
#
# How large is the output? The padded input is $W + 2P$ wide. The filter, $F$ wide, first lies at its left edge, and
# then has $W + 2P - F$ pixels to go, in steps of $S$:
#
# $$ W_{\mathrm{out}} = \left\lfloor \frac{W - F + 2P}{S} \right\rfloor + 1 . $$
#
# The text leaves the floor out. Without it a filter of width 3 on an input of width 6 with stride 2 would give 2.5
# columns: it gives 2, and the last pixel is never looked at.


# %%
class ConvLayer(nn.Module):
    """One convolutional layer: ``activator(filters ⋆ image + bias)``."""

    def __init__(
        self,
        input_width,
        input_height,
        channel_number,
        filter_width,
        filter_height,
        filter_number,
        zero_padding,
        stride,
        activator,
    ):
        super().__init__()
        self.input_shape = (channel_number, input_height, input_width)
        self.output_width = self.calculate_output_size(input_width, filter_width, zero_padding, stride)
        self.output_height = self.calculate_output_size(input_height, filter_height, zero_padding, stride)
        self.filters = nn.Conv2d(
            channel_number,
            filter_number,
            kernel_size=(filter_height, filter_width),
            stride=stride,
            padding=zero_padding,
            dtype=np.float64,
        )
        self.activator = activator

    @staticmethod
    def calculate_output_size(input_size, filter_size, zero_padding, stride):
        return (input_size - filter_size + 2 * zero_padding) // stride + 1

    def forward(self, images):
        if images.shape[1:] != self.input_shape:
            raise ValueError(f"images of {self.input_shape} are needed, these are {images.shape[1:]}")
        return self.activator(self.filters(images))


# %% [markdown]
# Height and width are kept apart everywhere: a class that is tried on square images only may confuse them unnoticed.
# Here is one where nothing is square, and then the size formula against the layer for many sizes:

# %%
layer = ConvLayer(8, 5, 3, 4, 2, filter_number=6, zero_padding=1, stride=2, activator=nn.ReLU())
out = layer(np.zeros((1, 3, 5, 8)))
print("image 5 × 8, filters 2 × 4, padding 1, stride 2  →  maps", out.shape[2], "×", out.shape[3])
assert out.shape == (1, 6, layer.output_height, layer.output_width) == (1, 6, 3, 4)

tried = 0
for size in range(1, 9):
    for filter_size in range(1, 6):
        for padding in range(3):
            for stride in range(1, 5):
                if filter_size <= size + 2 * padding:
                    kernel = np.ones((1, 1, 1, filter_size))
                    y = ag.conv2d(np.ones((1, 1, 1, size)), kernel, stride=stride, padding=(0, padding))
                    assert y.shape[3] == ConvLayer.calculate_output_size(size, filter_size, padding, stride)
                    tried += 1
print(tried, "sizes agree")

# %% [markdown]
# ## 2. A case with numbers
#
# A well-known one, small enough for paper: an image of 3 channels, 5 × 5; two filters of 3 × 3 × 3; one ring of zeros
# around the image; stride 2; no activation (the identity). The maps are $(5 - 3 + 2)/2 + 1 = 3$ wide.

# %%
image = np.array(
    [
        [[0, 1, 1, 0, 2], [2, 2, 2, 2, 1], [1, 0, 0, 2, 0], [0, 1, 1, 0, 0], [1, 2, 0, 0, 2]],
        [[1, 0, 2, 2, 0], [0, 0, 0, 2, 0], [1, 2, 1, 2, 1], [1, 0, 0, 0, 0], [1, 2, 1, 1, 1]],
        [[2, 1, 2, 0, 0], [1, 0, 0, 1, 0], [0, 2, 1, 0, 1], [0, 1, 2, 2, 2], [2, 1, 0, 0, 1]],
    ],
    dtype=float,
)
kernels = np.array(
    [
        [
            [[-1, 1, 0], [0, 1, 0], [0, 1, 1]],
            [[-1, -1, 0], [0, 0, 0], [0, -1, 0]],
            [[0, 0, -1], [0, 1, 0], [1, -1, -1]],
        ],
        [
            [[1, 1, -1], [-1, -1, 1], [0, -1, 1]],
            [[0, 1, 0], [-1, 0, -1], [-1, 1, 0]],
            [[-1, 0, 0], [-1, 0, 1], [-1, 0, 0]],
        ],
    ],
    dtype=float,
)
biases = np.array([1.0, 0.0])
delta = np.array(
    [
        [[0, 1, 1], [2, 2, 2], [1, 0, 0]],
        [[1, 0, 2], [0, 0, 0], [1, 2, 1]],
    ],
    dtype=float,
)

# %% [markdown]
# `delta` is $\delta = \partial E/\partial \mathrm{net}$, the error that arrives from above, one number for each of
# the 2 · 3 · 3 net inputs. To have it exactly so, we take $E = \sum \delta \cdot \mathrm{net}$.

# %%
layer = ConvLayer(5, 5, 3, 3, 3, filter_number=2, zero_padding=1, stride=2, activator=nn.Identity())
layer.load_state_dict({"filters.weight": kernels, "filters.bias": biases})
h, b = layer.filters.weight, layer.filters.bias
h.name, b.name = "h", "b"  # as the text calls them
x = ag.Tensor(image[np.newaxis], requires_grad=True, name="x")
δ = ag.Tensor(delta, name="δ")

with ag.tape() as tape:
    net = layer(x)
    E = (net * δ).sum()

E.name = "E"
print(net.data[0])
assert np.array_equal(net.data[0, 0], [[6, 7, 5], [3, -1, -1], [2, -1, 4]])
assert np.array_equal(net.data[0, 1], [[2, -5, -8], [1, -4, -4], [0, -5, -5]])

# %%
E.backward()
ag.draw(tape, rankdir="LR")

# %% [markdown]
# ## 3. The kernel's gradient
#
# Let $\tilde x$ be the padded image. Forward, each filter $k$ slides over it with the stride $S$:
#
# $$
# \mathrm{net}_{k,m,n} = b_k + \sum_c \sum_{i,j} h_{k,c,i,j}\; \tilde x_{c,\,Sm+i,\,Sn+j} .
# $$
#
# The entry $h_{k,c,i,j}$ is used at *every* position $(m, n)$ of map $k$, each time multiplied by another pixel. So
# the chain rule has a term for each position, and each term's local derivative is the pixel that the entry met there:
#
# $$
# \frac{\partial E}{\partial h_{k,c,i,j}}
#   = \sum_{m,n} \frac{\partial E}{\partial \mathrm{net}_{k,m,n}}\,
#     \frac{\partial \mathrm{net}_{k,m,n}}{\partial h_{k,c,i,j}}
#   = \sum_{m,n} \delta_{k,m,n}\; \tilde x_{c,\,Sm+i,\,Sn+j} .
# $$
#
# With $S = 1$ and no padding this is the text's $\sum_m \sum_n \delta_{m,n}\, \mathrm{out}_{i+m,\,j+n}$, where “out”
# is the output of the layer *below*, this layer's input: a valid correlation of the input with δ. One entry, written
# out. (Where the sum leaves a position out, the filter's entry lay on the ring of zeros.)

# %%
ag.explain(E, h, at=(0, 0, 0, 0))

# %% [markdown]
# The formula as a program, one line for each sign in it:


# %%
def kernel_gradient(x, delta, filter_size, padding, stride):
    """∂E/∂h[k, c, i, j] = Σ δ[k, m, n] · x̃[c, S m + i, S n + j]."""
    padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    gradient = np.zeros((len(delta), len(x), filter_size, filter_size))
    for k, c, i, j in np.ndindex(gradient.shape):
        for m, n in np.ndindex(delta.shape[1:]):
            gradient[k, c, i, j] += delta[k, m, n] * padded[c, stride * m + i, stride * n + j]
    return gradient


by_formula = kernel_gradient(image, delta, filter_size=3, padding=1, stride=2)
print(by_formula[0, 0])
assert np.array_equal(by_formula, h.grad)

# %% [markdown]
# ### The first misprint
#
# On the way to that formula the text prints, for the first entry of a kernel,
#
# $$
# \frac{\partial E}{\partial h_{11}}
#   = \delta_{11} \cdot h_{11} + \dots + \delta_{33} \cdot h_{11} .
# $$
#
# The kernel stands where the input belongs: $\partial \mathrm{net}_{11}/\partial h_{11}$ is what $h_{11}$ is
# *multiplied by*, and so the sum must be $\delta_{11}\, \mathrm{out}_{11} + \dots + \delta_{33}\, \mathrm{out}_{33}$.
# (The last line of the same derivation, with the sum signs, has it right.) Somebody who works by the printed line
# gets $h_{ij} \sum \delta$ for the entry $(i, j)$; and who takes the second $h_{11}$ for a slip, and counts up there
# as well, gets $\sum_{m,n} \delta_{mn} h_{mn}$. Both are found:

# %%
as_printed = kernels * delta.sum(axis=(1, 2))[:, None, None, None]
report = ag.check_by_hand(E, {h: as_printed})
assert report["h"].mistake.key == "kernel-for-input"
report

# %%
counting_up = np.einsum("kmn,kcmn->kc", delta, kernels)[:, :, None, None] * np.ones((3, 3))
report = ag.check_by_hand(E, {h: counting_up})
assert report["h"].mistake.key == "kernel-for-input"
report

# %% [markdown]
# The same in a program that was written by the printed line: `check_backward` runs it beside the layer, also written
# with loops, and marks the line in which the kernel stands.


# %%
def layer_forward(x, h, b):
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    net = np.zeros((len(h), 3, 3))
    for k, m, n in np.ndindex(net.shape):
        net[k, m, n] = np.sum(padded[:, 2 * m : 2 * m + 3, 2 * n : 2 * n + 3] * h[k]) + b[k]
    return net


def layer_backward(x, h, b, delta):
    dh, db = np.zeros(h.shape), np.zeros(b.shape)
    for k, m, n in np.ndindex(delta.shape):
        dh[k] += delta[k, m, n] * h[k]
        db[k] += delta[k, m, n]
    return dh, db


report = ag.check_backward(layer_forward, layer_backward, image, kernels, biases, gradient=delta, wrt=["h", "b"])
assert report.first_wrong.source == "dh[k] += delta[k, m, n] * h[k]"
report

# %% [markdown]
# A moment's thought would have warned: $h_{11}$ may be 0, and then the printed line says that changing it would not
# change the error, whatever the image shows.
#
# ## 4. The bias
#
# $b_k$ is added to every net input of map $k$. Each $\partial \mathrm{net}_{k,m,n} / \partial b_k$ is 1, so
#
# $$
# \frac{\partial E}{\partial b_k} = \sum_{m,n} \delta_{k,m,n} ,
# $$
#
# the sum over the *whole* map. The text says so in words (“the sum of all the error terms of this layer”), but its
# formula has four terms only, $\delta_{11}, \delta_{12}, \delta_{21}, \delta_{22}$, while its maps are 3 × 3 (the
# line before went up to $\delta_{33}$).

# %%
four_terms = delta[:, :2, :2].sum(axis=(1, 2))
report = ag.check_by_hand(E, {b: four_terms})
assert report["b"].mistake.key == "bias-too-few-axes"
report

# %%
assert np.array_equal(delta.sum(axis=(1, 2)), [9, 7])
assert np.array_equal(b.grad, [9, 7])

# %% [markdown]
# ## 5. The image's gradient
#
# What the layer below needs is $\partial E/\partial x$. Now a *pixel* is asked for: it was used by every window that
# contains it, in each map, each time with another entry of the kernel. From $Sm + i = p$ and $Sn + j = q$, that entry
# is $(i, j) = (p - Sm,\; q - Sn)$:
#
# $$
# \frac{\partial E}{\partial \tilde x_{c,p,q}} = \sum_k \sum_{m,n} \delta_{k,m,n}\; h_{k,c,\,p-Sm,\,q-Sn} ,
# $$
#
# taking only those $m, n$ for which the kernel has such an entry. The indices of $\delta$ and $h$ now run *against*
# each other: written as a correlation, the kernel is rotated by 180°. The gradient of the ring of zeros is dropped at
# the end, nobody asks for it. For the pixel (1, 1) of the first channel four windows in each map qualify:

# %%
ag.explain(E, x, at=(0, 0, 1, 1))


# %%
def image_gradient(h, delta, size, padding, stride):
    """∂E/∂x: each δ goes back over the weights of its window, and the ring of zeros is cut off."""
    padded = np.zeros((h.shape[1], size + 2 * padding, size + 2 * padding))
    for k, m, n in np.ndindex(delta.shape):
        for c, i, j in np.ndindex(h.shape[1:]):
            padded[c, stride * m + i, stride * n + j] += delta[k, m, n] * h[k, c, i, j]
    return padded[:, padding:-padding, padding:-padding]


assert np.array_equal(image_gradient(kernels, delta, size=5, padding=1, stride=2), x.grad[0])

# %% [markdown]
# All the numbers of the case, as they are published:

# %%
published = {
    net: [delta],
    h: [
        [
            [[8, 10, 9], [5, 6, 6], [6, 5, 4]],
            [[4, 1, 4], [10, 9, 12], [2, 2, 2]],
            [[2, 2, 3], [5, 8, 5], [7, 8, 7]],
        ],
        [
            [[2, 2, 1], [4, 7, 3], [4, 4, 2]],
            [[0, 1, 0], [9, 5, 4], [4, 0, 0]],
            [[4, 6, 5], [2, 5, 2], [2, 1, 0]],
        ],
    ],
    b: [9, 7],
    x: [
        [
            [[-1, 1, 1, -2, -1], [1, -1, 3, -1, 1], [2, 0, 2, 0, 2], [4, 3, 4, 1, 3], [0, -1, -2, 1, -1]],
            [[0, -1, 0, -2, 0], [-1, -2, -3, -4, -1], [0, 0, 0, 0, 0], [-2, 0, 0, 0, -1], [0, -3, 0, -3, 0]],
            [[0, 1, 1, -2, 1], [0, -1, -1, -4, -1], [2, 0, 2, 0, 2], [-2, -3, -2, -1, -2], [1, -1, 0, 1, 0]],
        ]
    ],
}
report = ag.check_by_hand(E, published)
assert report.ok
report

# %% [markdown]
# ## 6. Activation and max pool
#
# Above the layer there usually stands an activation, $\mathrm{out} = f(\mathrm{net})$, and above that a max pool.
# Backward, δ passes them first.
#
# **Max pool.** Take a window with $\mathrm{net}_{m_{11}} = \max(\mathrm{out}_{11}, \mathrm{out}_{12},
# \mathrm{out}_{21}, \mathrm{out}_{22})$, and let $\mathrm{out}_{11}$ be the largest. A small change of
# $\mathrm{out}_{11}$ changes the maximum by as much; a small change of the others does nothing. So, as the text has
# it,
#
# $$
# \delta^{l-1}_{11} = \delta^{l}_{11}, \qquad \delta^{l-1}_{12} = \delta^{l-1}_{21} = \delta^{l-1}_{22} = 0 :
# $$
#
# the whole δ goes to the winner of its window. Where several are equal, the first one counts as the winner.
#
# **Activation.** $\delta = \partial E/\partial \mathrm{out} \cdot \mathrm{d}f/\mathrm{d}\,\mathrm{net}$, entry by
# entry. For ReLU that lets δ through where the net input is positive and stops it elsewhere.
#
# One map of our layer with both above it; windows of 2 × 2, one apart, so that they overlap:

# %%
net = ag.Tensor([[[6.0, 7.0, 5.0], [3.0, -1.0, -1.0], [2.0, -1.0, 4.0]]], requires_grad=True, name="net")
δ = ag.Tensor([[[1.0, 2.0], [3.0, 4.0]]], name="δ")

with ag.tape():
    out = ag.relu(net)
    pooled = ag.max_pool2d(out, 2, stride=1)
    error = (pooled * δ).sum()

error.backward()
print(pooled.data[0])
print(net.grad[0])
assert np.array_equal(pooled.data[0], [[7, 7], [3, 4]])
assert np.array_equal(net.grad[0], [[0, 1 + 2, 0], [3, 0, 0], [0, 0, 4]])

# %% [markdown]
# The 7 wins two windows and collects both their δ; the 6 beside it wins none:

# %%
ag.explain(error, out, at=(0, 0, 1))

# %%
ag.explain(error, out, at=(0, 0, 0))

# %% [markdown]
# Who forgets that windows may share a winner writes `=` where `+=` is due, and the 7 gets only the last δ:

# %%
report = ag.check_by_hand(error, {out: [[[0, 2, 0], [3, 0, 0], [0, 0, 4]]]})
assert report["out"].mistake.key == "one-path-only"
report

# %% [markdown]
# ## 7. One step
#
# Now the tenth value, the learning rate $\eta$: each parameter goes to $w - \eta\, \partial E/\partial w$. Our $E$ is
# linear in the kernels and biases, so it falls by exactly $\eta \sum (\partial E/\partial w)^2$.

# %%
rate = 0.001
optimizer = nn.optim.SGD(layer.parameters(), lr=rate)
optimizer.step()

assert np.allclose(h.data, kernels - rate * by_formula)
before, after = E.item(), (layer(x).data * delta).sum()
expected = rate * (np.sum(h.grad**2) + np.sum(b.grad**2))
print(f"E before {before:.3f}   after {after:.3f}   η Σ (∂E/∂w)² = {expected:.3f}")
assert np.isclose(before - after, expected)

# %% [markdown]
# ## What to take away
#
# * One question gives all three gradients: *where was this number used, and what was it multiplied by there?* A
#   kernel's entry was used at every position and met pixels; a bias was used at every position and met 1; a pixel was
#   used by its windows and met the kernel's entries.
# * Both misprints are of the kind that a reader nods through, since the shapes are right. Holding the numbers against
#   the truth is quicker than proof-reading.
