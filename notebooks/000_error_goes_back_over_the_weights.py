# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 000 · The error goes back over the same weights
#
# *The text:* 前向传播和反向传播_卷积神经网络(CNN)反向传播算法推导 — “Forward and backward propagation: deriving the
# backpropagation algorithm of convolutional networks”.
#
# The text gives one rule from which everything follows, promises the formulas, and breaks off before the first of
# them. The rule:
#
# > 如果神经网络 l+1 层某个结点的 delta 误差要传到 l 层，
# > 我们就去找前向传播时 l+1 层的这个结点和第 l 层的哪些结点有关系，权重是多少，
# > 那么反向传播时，delta 误差就会乘上相同的权重传播回来。
# >
# > *If the delta of a node in layer l+1 is to go back to layer l, look up which nodes of layer l it was connected
# > with on the way forward, and by which weights; on the way back the delta returns multiplied by the same
# > weights.*
#
# This notebook takes the rule at its word and completes the text:
#
# 1. the rule for two nodes, for a layer, and what it leaves unsaid;
# 2. one image and one kernel: δ goes back as a *full correlation with the kernel rotated by 180°*;
# 3. the gradient by the kernel;
# 4. channels and several kernels: forward sums over channels, backward over kernels;
# 5. pooling, which obeys the same rule;
# 6. two layers, a derivation by hand with the classic mistake in it, and the check that names it.

# %%
import numpy as np

import autograd as ag

# %% [markdown]
# ## 1. The rule
#
# Let $z_b$ be the net input of node $b$, and $\delta_b = \partial E / \partial z_b$ its delta. With
# $z_b = \sum_a w_{ba} \, x_a$ the chain rule gives, for each node $a$ of the layer before,
#
# $$
# \delta_a = \frac{\partial E}{\partial x_a}
#          = \sum_b \frac{\partial E}{\partial z_b} \, \frac{\partial z_b}{\partial x_a}
#          = \sum_b \delta_b \, w_{ba} .
# $$
#
# Forward, $b$ collects over all $a$; backward, $a$ collects over all $b$. The weights are the same, only the index
# that is summed over has changed: forward is a product with $W$, backward one with $W^{T}$.
#
# Three nodes that feed two, with numbers. `ag.explain` writes a derivative of the recorded graph out; where only
# the gradient that arrives is given, as the deltas are here, it calls it $G$ and the error $L$:

# %%
x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True, name="x")
W = ag.Tensor([[0.5, -1.0, 2.0], [3.0, 0.0, -0.5]], name="W")
delta = np.array([10.0, 1.0])  # the deltas that arrive at the two nodes

with ag.tape():
    z = W @ x

ag.explain(z, x, at=0, gradient=delta)

# %%
z.backward(gradient=delta)
print("engine: ", x.grad)
print("Wᵀ δ:   ", W.data.T @ delta)
assert np.array_equal(x.grad, W.data.T @ delta)
assert np.array_equal(x.grad, [10 * 0.5 + 1 * 3.0, 10 * -1.0 + 1 * 0.0, 10 * 2.0 + 1 * -0.5])

# %% [markdown]
# ### What the rule leaves unsaid
#
# The rule is about what lies *between* two net inputs if nothing but the weight lies there. With an activation
# $x_a = f(z_a)$ in between, “the delta of node $a$”, by its net input, has one more factor:
#
# $$
# \delta_a = f'(z_a) \sum_b \delta_b \, w_{ba} .
# $$
#
# “它们的系数都为两结点之间的连接权重” (“both coefficients are the weight of the connection”) is true of the error
# at the *output* of $a$ only. Whoever uses the sentence for net inputs leaves the derivative of the activation out.
# `check_by_hand` compares such a derivation with the true gradient, and looks for the mistake that gives exactly
# its numbers:

# %%
z_a = ag.Tensor([0.0, 1.0, -1.0], requires_grad=True, name="z_a")
with ag.tape():
    x_a = ag.sigmoid(z_a)
    z_b = W @ x_a

literally = W.data.T @ delta  # "the coefficients are the weights", and nothing else
report = ag.check_by_hand(z_b, {x_a: literally, z_a: literally}, gradient=delta)
report

# %%
assert report["x_a"].ok  # at the output of the activation the sentence is right
assert report["z_a"].mistake.key == "activation-left-out"

f = 1 / (1 + np.exp(-z_a.data))
assert ag.check_by_hand(z_b, {z_a: f * (1 - f) * literally}, gradient=delta).ok

# %% [markdown]
# ## 2. One image, one kernel
#
# What the text calls convolution is, as it says, the *cross-correlation* of signal processing: the kernel slides
# over the image as it is, entries that lie on each other are multiplied, and the products summed. For an image $x$
# of $m \times n$ and a kernel $k$ of $f \times f$,
#
# $$
# z_{ij} = \sum_{p=0}^{f-1} \sum_{q=0}^{f-1} x_{i+p,\,j+q} \; k_{pq} ,
# \qquad 0 \le i \le m - f, \quad 0 \le j \le n - f ,
# $$
#
# so the output has $(m - f + 1) \times (n - f + 1)$ entries: as many as there are places for the kernel's upper
# left corner.

# %%
for m, n, f in [(3, 3, 2), (5, 5, 3), (28, 28, 5), (7, 4, 4)]:
    size = ag.correlate2d(np.zeros((m, n)), np.zeros((f, f)), mode="valid").shape
    print(f"image {m:2} × {n:2}, kernel {f} × {f}: output {size[0]} × {size[1]}")
    assert size == (m - f + 1, n - f + 1)

# %% [markdown]
# ### Forward: which pixels does an output use?
#
# A convolution is a layer like any other: each output is connected to some pixels, and the weights of those
# connections are entries of the kernel. They are only few, and shared. Written as a matrix $T$ with a row for each
# output and a column for each pixel ($z = T x$, both read row by row), a kernel of four different numbers shows the
# pattern:

# %%
image = np.arange(1.0, 10).reshape(3, 3)
kernel = np.array([[1.0, 2.0], [3.0, 4.0]])

T = ag.jacobian(lambda x: ag.correlate2d(x, kernel, mode="valid"))(image).reshape(4, 9)

print("pixel    0 0  0 1  0 2  1 0  1 1  1 2  2 0  2 1  2 2")
for (i, j), row in zip(np.ndindex(2, 2), T, strict=True):
    print(f"z[{i}, {j}]  ", "    ".join("·" if w == 0 else f"{w:.0f}" for w in row))

# %% [markdown]
# A **row** is the way forward: output $z_{00}$ reads four pixels with weights 1, 2, 3, 4. A **column** is the way
# back: the pixel $(1, 1)$ in the middle was read by all four outputs, with weights 4, 3, 2, 1 — the kernel
# backwards. That is all there is to the rotation by 180°: *the output that lies before a pixel met it with a late
# entry of the kernel, the one that lies after met it with an early one.*
#
# ### Backward: the formula
#
# The rule says
# $\delta^{x}_{ab} = \sum_{ij} \delta_{ij} \cdot (\text{the weight between } x_{ab} \text{ and } z_{ij})$. Pixel
# $(a, b)$ is the pixel $(i + p, j + q)$ of the sum above exactly if $p = a - i$ and $q = b - j$; so the weight is
# $k_{a-i,\,b-j}$ (0 where that is no entry of the kernel):
#
# $$
# \boxed{\;
# \frac{\partial E}{\partial x_{ab}}
# = \sum_{i} \sum_{j} \delta_{ij} \; k_{a-i,\;b-j}
# = \sum_{p=0}^{f-1} \sum_{q=0}^{f-1} \delta_{a-p,\;b-q} \; k_{pq} \;}
# $$
#
# with $\delta = 0$ outside the output. The minus signs make this a *convolution* in the mathematical sense.
# Counting the kernel from its other end, $p = f - 1 - p'$ and $q = f - 1 - q'$, turns it into a correlation again:
#
# $$
# \frac{\partial E}{\partial x_{ab}}
# = \sum_{p'=0}^{f-1} \sum_{q'=0}^{f-1} \tilde\delta_{a+p',\;b+q'} \;\; k_{f-1-p',\;f-1-q'} ,
# $$
#
# where $\tilde\delta$ is $\delta$ with $f - 1$ rows and columns of zeros on each side, so that
# $\tilde\delta_{a+p',\,b+q'} = \delta_{a+p'-(f-1),\,b+q'-(f-1)}$. The kernel in it is rotated by 180°. This is the
# **full correlation of δ with the rotated kernel**; its size is $(m - f + 1) + 2(f - 1) - f + 1 = m$, that of the
# image, as it must be.
#
# The same in code, from the formulas alone:


# %%
def correlate_valid(x, k):
    """z[i, j] = Σ x[i+p, j+q] k[p, q], wherever the kernel fits."""
    rows, columns = x.shape[0] - k.shape[0] + 1, x.shape[1] - k.shape[1] + 1
    z = np.zeros((rows, columns))
    for i, j in np.ndindex(rows, columns):
        z[i, j] = np.sum(x[i : i + k.shape[0], j : j + k.shape[1]] * k)
    return z


def correlate_full(x, k):
    """The same, wherever the kernel touches x: with zeros around it."""
    around = [(n - 1, n - 1) for n in k.shape]
    return correlate_valid(np.pad(x, around), k)


def rot180(k):
    return k[::-1, ::-1]


# %% [markdown]
# With $k = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$ and the same four numbers as $\delta$, every entry can be
# done on paper; the corner is $1 \cdot 1$, the middle $1 \cdot 4 + 2 \cdot 3 + 3 \cdot 2 + 4 \cdot 1 = 20$.

# %%
delta = np.array([[1.0, 2.0], [3.0, 4.0]])
delta_x = correlate_full(delta, rot180(kernel))
print(delta_x)

on_paper = [[1, 4, 4], [6, 20, 16], [9, 24, 16]]
assert np.array_equal(delta_x, on_paper)
assert np.array_equal(delta_x.ravel(), T.T @ delta.ravel())  # the same as Wᵀ δ of section 1

# %%
x = ag.Tensor(image, requires_grad=True, name="x")
k = ag.Tensor(kernel, requires_grad=True, name="k")
with ag.tape() as tape:
    z = ag.correlate2d(x, k, mode="valid")

z.backward(gradient=delta)
assert np.array_equal(x.grad, on_paper)
assert np.array_equal(z.data, correlate_valid(image, kernel))

# %% [markdown]
# `ag.explain` with `at=` writes one entry out: for the pixel in the middle the four windows that contain it, each
# with the weight by which it used the pixel. The indices of $k$ run against those of $\delta$.

# %%
ag.explain(z, x, at=(1, 1), gradient=delta)

# %% [markdown]
# A pixel at the edge has been used less often, so less comes back:

# %%
ag.explain(z, x, at=(0, 2), gradient=delta)

# %% [markdown]
# ## 3. The gradient by the kernel
#
# Here the same thought takes the part of a node for the weight itself. $k_{pq}$ entered *every* output, multiplied
# by the pixel $x_{i+p,\,j+q}$, so it collects from every output:
#
# $$
# \boxed{\;
# \frac{\partial E}{\partial k_{pq}}
# = \sum_{i} \sum_{j} \delta_{ij} \; x_{i+p,\;j+q} \;}
# $$
#
# This is the *valid correlation of the image with δ*: δ slides over the image as the kernel did. Nothing is
# rotated, and the size is $m - (m - f + 1) + 1 = f$. A bias that is added to every output collects
# $\sum_{ij} \delta_{ij}$.

# %%
delta_k = correlate_valid(image, delta)
print(delta_k)
assert np.array_equal(k.grad, delta_k)
assert np.array_equal(delta_k, [[37, 47], [67, 77]])  # 1·1 + 2·2 + 3·4 + 4·5 = 37, …

# %%
ag.explain(z, k, at=(0, 0), gradient=delta)

# %% [markdown]
# ## 4. Channels and kernels
#
# The text stores an image as *rows × columns × channels* (行×列×通道数) and the kernels as *kernels × rows ×
# columns × channels* (卷积核数×行×列×通道数). One kernel $o$ gives one channel of the output: correlate each
# channel of the image with the kernel's channel of that number and add the results, plus a bias $\beta_o$. That is
# one 2-D correlation for each pair of a kernel and a channel, kernels × channels of them (卷积核数×通道数); here
# the text breaks off.
#
# $$
# z_{ijo} = \beta_o + \sum_{c} \sum_{p} \sum_{q} x_{i+p,\,j+q,\,c} \; K_{o\,p\,q\,c} .
# $$
#
# The rule gives the way back at once. Pixel $(a, b)$ of channel $c$ was used by *every kernel*, each with its own
# channel $c$, so the error sums over the kernels what forward spread over them:
#
# $$
# \boxed{\;
# \frac{\partial E}{\partial x_{abc}} = \sum_{o} \sum_{p} \sum_{q} \delta_{a-p,\;b-q,\;o} \; K_{o\,p\,q\,c}
# \;}
# $$
# $$
# \boxed{\;
# \frac{\partial E}{\partial K_{o\,p\,q\,c}} = \sum_{i} \sum_{j} \delta_{ijo} \; x_{i+p,\;j+q,\;c} ,
# \qquad
# \frac{\partial E}{\partial \beta_o} = \sum_{i} \sum_{j} \delta_{ijo} \;}
# $$
#
# | | computed for each | summed over |
# |---|---|---|
# | forward $z$ | kernel $o$ | channels $c$ |
# | backward $\partial E / \partial x$ | channel $c$ | kernels $o$ |
# | backward $\partial E / \partial K$ | pair $(o, c)$ | positions $i, j$ |


# %%
def forward(x, K, bias):
    """z[…, o] = β_o + Σ_c (channel c of the image, correlated with channel c of kernel o)."""
    channels = range(x.shape[2])
    each = [sum(correlate_valid(x[..., c], k[..., c]) for c in channels) for k in K]
    return np.stack(each, axis=2) + bias


def backward_input(delta, K):
    """∂E/∂x[…, c] = Σ_o (channel o of δ, correlated in full with the rotated channel c of kernel o)."""
    kernels, channels = range(K.shape[0]), range(K.shape[3])
    each = [sum(correlate_full(delta[..., o], rot180(K[o, ..., c])) for o in kernels) for c in channels]
    return np.stack(each, axis=2)


def backward_kernels(delta, x):
    """∂E/∂K[o, …, c] = channel c of the image, correlated with channel o of δ."""
    kernels, channels = range(delta.shape[2]), range(x.shape[2])
    each = [[correlate_valid(x[..., c], delta[..., o]) for c in channels] for o in kernels]
    return np.moveaxis(each, 1, -1)


def backward_bias(delta):
    """∂E/∂β = the sum over all positions."""
    return delta.sum(axis=(0, 1))


# %% [markdown]
# An image of 5 × 6 with three channels and two kernels of 3 × 3, filled with small whole numbers so that all sums
# are exact. The engine's `conv2d` stores the same things in another order, images as (images, channels, rows,
# columns) and kernels as (kernels, channels, rows, columns); `planes` moves the channels there, and nothing else.


# %%
def planes(array):
    """… × rows × columns × channels, as the text has it, to … × channels × rows × columns."""
    return np.moveaxis(array, -1, -3)


rng = np.random.default_rng(0)
image = rng.integers(-3, 4, (5, 6, 3)).astype(float)
filters = rng.integers(-2, 3, (2, 3, 3, 3)).astype(float)

x = ag.Tensor(planes(image)[None], requires_grad=True, name="x")
K = ag.Tensor(planes(filters), requires_grad=True, name="K")
bias = ag.Tensor([1.0, -1.0], requires_grad=True, name="β")
with ag.tape():
    z = ag.conv2d(x, K, bias)

assert z.shape == (1, 2, 5 - 3 + 1, 6 - 3 + 1)
assert np.array_equal(z.data[0], planes(forward(image, filters, bias.data)))

# %%
delta = rng.choice([-2.0, -1.0, 1.0, 2.0], (3, 4, 2))
by_hand = {
    x: planes(backward_input(delta, filters))[None],
    K: planes(backward_kernels(delta, image)),
    bias: backward_bias(delta),
}
report = ag.check_by_hand(z, by_hand, gradient=planes(delta)[None])
report

# %%
assert report.ok
assert all(row.max_abs_error == 0 for row in report.rows)

# %% [markdown]
# A pixel written out, in row 0, column 1 of channel 2. The two windows that contain it, each of them once for every
# kernel: the sum over $o$ and over $p, q$.

# %%
ag.explain(z, x, at=(0, 2, 0, 1), gradient=planes(delta)[None])

# %% [markdown]
# And a weight, in row 0, column 1 of channel 2 of the second kernel: all twelve positions of *its* output channel,
# the larger ones term by term.

# %%
ag.explain(z, K, at=(1, 2, 0, 1), gradient=planes(delta)[None])

# %% [markdown]
# ## 5. Pooling
#
# A pooling layer has no weights to learn, but the rule needs only the factor with which an output used an input:
#
# * **average pooling** over $k \times k$: each pixel of the window counts with $1/k^2$, so each gets
#   $\delta / k^2$;
# * **max pooling**: the largest pixel of the window counts with 1 and the others with 0, so δ goes to it alone.

# %%
pixels = ag.Tensor([[[[3.0, 1.0, 0.0, 2.0], [5.0, 4.0, 7.0, 6.0]]]], requires_grad=True, name="x")
with ag.tape():
    largest = ag.max_pool2d(pixels, 2)
    average = ag.avg_pool2d(pixels, 2)

delta_pool = np.array([[[[10.0, 20.0]]]])
(to_largest,) = ag.gradients(largest, [pixels], gradient=delta_pool)
(to_all,) = ag.gradients(average, [pixels], gradient=delta_pool)
print(to_largest[0, 0], to_all[0, 0], sep="\n\n")

assert np.array_equal(to_largest[0, 0], [[0, 0, 0, 0], [10, 0, 20, 0]])
assert np.array_equal(to_all[0, 0], [[2.5, 2.5, 5, 5], [2.5, 2.5, 5, 5]])

# %%
ag.explain(largest, pixels, at=(0, 0, 1, 2), gradient=delta_pool)

# %%
ag.explain(largest, pixels, at=(0, 0, 0, 3), gradient=delta_pool)

# %% [markdown]
# ## 6. Two layers, and the classic mistake
#
# Everything together, for an image that goes through two conv layers with a ReLU in between, and the squared error:
#
# $$
# z^1 = x \star K^1 + \beta^1, \qquad o^1 = \max(0, z^1), \qquad
# z^2 = o^1 \star K^2 + \beta^2, \qquad E = \tfrac12 \sum (z^2 - t)^2 .
# $$
#
# Backward, one line for each step, nearest to the error first:
#
# $$
# \begin{aligned}
# \delta^2 &= z^2 - t \\
# \partial E / \partial K^2 &= \text{valid correlation of } o^1 \text{ with } \delta^2 \\
# \partial E / \partial o^1 &= \text{full correlation of } \delta^2 \text{ with } \operatorname{rot180}(K^2),
#   \text{ summed over the kernels} \\
# \delta^1 &= \partial E / \partial o^1 \odot [\, z^1 > 0 \,] \\
# \partial E / \partial K^1 &= \text{valid correlation of } x \text{ with } \delta^1 \\
# \partial E / \partial x &= \text{full correlation of } \delta^1 \text{ with } \operatorname{rot180}(K^1),
#   \text{ summed over the kernels}
# \end{aligned}
# $$
#
# Again with small whole numbers; the halves in $\beta^1$ keep every net input away from the ReLU's kink at 0.


# %%
def whole_numbers(*shape):
    return rng.integers(-3, 4, shape).astype(float)


filters_1, filters_2 = whole_numbers(3, 3, 3, 2), whole_numbers(2, 2, 2, 3)
image, target = whole_numbers(6, 5, 2), whole_numbers(3, 2, 2)

x = ag.Tensor(planes(image)[None], requires_grad=True, name="x")
K1 = ag.Tensor(planes(filters_1), requires_grad=True, name="K1")
K2 = ag.Tensor(planes(filters_2), requires_grad=True, name="K2")
b1 = ag.Tensor([0.5, 0.5, -0.5], requires_grad=True, name="β1")
b2 = ag.Tensor([1.0, -1.0], requires_grad=True, name="β2")
t = ag.Tensor(planes(target)[None], name="t")

with ag.tape() as tape:
    z1 = ag.conv2d(x, K1, b1)
    o1 = ag.relu(z1)
    z2 = ag.conv2d(o1, K2, b2)
    E = 0.5 * ag.sum((z2 - t) ** 2)

for tensor, name in {z1: "z1", o1: "o1", z2: "z2", E: "E"}.items():
    tensor.name = name
E.backward()
ag.draw(tape, rankdir="TB", show=())


# %%
def derive(backward_input):
    """The six lines above, in the text's layout; the step back to the input is given."""
    z_1 = forward(image, filters_1, b1.data)
    o_1 = np.maximum(z_1, 0)
    z_2 = forward(o_1, filters_2, b2.data)

    delta_2 = z_2 - target
    back_at_o1 = backward_input(delta_2, filters_2)
    delta_1 = back_at_o1 * (z_1 > 0)
    return {
        z2: planes(delta_2)[None],
        K2: planes(backward_kernels(delta_2, o_1)),
        b2: backward_bias(delta_2),
        o1: planes(back_at_o1)[None],
        z1: planes(delta_1)[None],
        K1: planes(backward_kernels(delta_1, image)),
        b1: backward_bias(delta_1),
        x: planes(backward_input(delta_1, filters_1))[None],
    }


report = ag.check_by_hand(E, derive(backward_input))
report

# %%
assert report.ok

# %% [markdown]
# ### Not rotated
#
# “Back over the same weights” invites one mistake more than any other: to slide *the same kernel* over δ, as
# forward did over the image, without turning it. Shapes agree, and nothing fails. The learner's function differs in
# one place:


# %%
def backward_input_unrotated(delta, K):
    """As backward_input, but with the kernel as it is."""
    kernels, channels = range(K.shape[0]), range(K.shape[3])
    each = [sum(correlate_full(delta[..., o], K[o, ..., c]) for o in kernels) for c in channels]
    return np.stack(each, axis=2)


report = ag.check_by_hand(E, derive(backward_input_unrotated))
report

# %% [markdown]
# Five of the eight values are wrong, but only two *steps* are. The report reads as a teacher marks: everything at
# the second layer is right; the first wrong step is $\partial E / \partial o^1$, and it names the kernel that was
# not rotated. δ¹, ∂E/∂K¹ and ∂E/∂β¹ were computed correctly from it and merely *follow*; ∂E/∂x makes the same
# mistake again with the other kernel.

# %%
assert report.first_wrong.name == "o1"
assert {row.name for row in report.rows if row.follows} == {"z1", "K1", "β1"}
for name in ("o1", "x"):
    assert report[name].mistake.key == "kernel-not-rotated"

# %% [markdown]
# ## What the text would have said
#
# $$
# \begin{array}{lll}
# \text{output} & z_{ijo} = \beta_o + \sum_{cpq} x_{i+p,\,j+q,\,c} \; K_{opqc}
#   & \text{valid correlation, summed over channels} \\[1ex]
# \text{pixel} & \partial E / \partial x_{abc} = \sum_{opq} \delta_{a-p,\,b-q,\,o} \; K_{opqc}
#   & \text{full, kernel rotated, summed over kernels} \\[1ex]
# \text{weight} & \partial E / \partial K_{opqc} = \sum_{ij} \delta_{ijo} \; x_{i+p,\,j+q,\,c}
#   & \text{valid correlation of the image with } \delta \\[1ex]
# \text{bias} & \partial E / \partial \beta_o = \sum_{ij} \delta_{ijo} & \text{sum over the positions} \\[1ex]
# \text{activation} & \partial E / \partial z = \partial E / \partial f(z) \odot f'(z)
#   & \text{the factor that the rule leaves unsaid} \\[1ex]
# \text{pooling} & \delta \text{ to the maximum, or } \delta / k^2 \text{ to each}
#   & \text{weights 1 and 0, or } 1 / k^2
# \end{array}
# $$
#
# Strides and padding are the subject of notebook 003.
