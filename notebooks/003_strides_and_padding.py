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
# # 003 · Strides and padding: the gradients that were left “TODO”
#
# *The text:* 卷积神经网络 CNN BP算法推导 — “Convolutional networks: deriving the backpropagation algorithm”.
#
# The text states the size of the output for any strides and padding, and the difference between correlation and
# convolution. Before the gradients it gives up:
#
# > 还是留了一个推导的 Todo 在这里 … 感觉好难去描述这种多层多维度的东西哦, 还是调api吧
# >
# > *A “TODO” is left here for the derivation … it feels hard to describe these things of many layers and
# > dimensions; let us call the API after all.*
#
# This notebook does the TODO, in the text's letters: an image of $H \times W$, a kernel of $R \times S$, strides
# $(u, v)$, padding $(a, b)$, an output of $P \times Q$; the first of each pair is vertical, the second horizontal,
# and nothing assumes that they are equal.
#
# 1. the size of the output: ⌈ ⌉ and ⌊ ⌋ agree;
# 2. correlation and convolution, and a line of the text that does not hold;
# 3. the gradient by the kernel;
# 4. the gradient by the image: dilate, correlate in full, crop;
# 5. both in NumPy, held against the engine for every combination of strides and padding;
# 6. the three classic slips, found by `check_by_hand`;
# 7. two layers in the text's notation.

# %%
import itertools

import matplotlib.pyplot as plt
import numpy as np

import autograd as ag

# %% [markdown]
# ## 1. The size of the output
#
# The text gives
#
# $$
# P = \left\lceil \frac{H - R + 1 + 2a}{u} \right\rceil, \qquad
# Q = \left\lceil \frac{W - S + 1 + 2b}{v} \right\rceil ;
# $$
#
# libraries have $\lfloor (H + 2a - R) / u \rfloor + 1$. Both count the same thing. With $n = H + 2a - R \ge 0$, a
# window of $R$ rows may start in rows $0, 1, \dots, n$ of the padded image, and with stride $u$ it starts in rows
# $0, u, 2u, \dots$ up to $n$.
#
# **Claim.** $\lceil (n+1)/u \rceil = \lfloor n/u \rfloor + 1$ for whole numbers $n \ge 0$, $u \ge 1$.
#
# **Proof.** Divide with remainder: $n = k u + r$ with $0 \le r \le u - 1$. Then $\lfloor n/u \rfloor = k$, and
#
# $$
# \frac{n + 1}{u} = k + \frac{r + 1}{u} \quad\text{with}\quad 0 < \frac{r + 1}{u} \le 1 ,
# $$
#
# so rounding up gives $k + 1$. ∎
#
# (For real numbers the claim is false; it needs that nothing lies between $r$ and $r + 1$.) The $r$ rows that
# remain below the last window will matter for the gradient.

# %%
for n, u in itertools.product(range(200), range(1, 20)):
    text, libraries, starts = -(-(n + 1) // u), n // u + 1, len(range(0, n + 1, u))
    assert text == libraries == starts


def output_size(H, W, R, S, stride, padding):
    (u, v), (a, b) = stride, padding
    return (H + 2 * a - R) // u + 1, (W + 2 * b - S) // v + 1


print(output_size(6, 7, 3, 2, stride=(2, 3), padding=(1, 0)))
assert output_size(6, 7, 3, 2, (2, 3), (1, 0)) == (3, 2)

# %% [markdown]
# ## 2. Correlation and convolution
#
# The text defines, with the same sign for both, for a kernel of $k_1 \times k_2$,
#
# $$
# \text{correlation:}\; \sum_{m=0}^{k_1-1} \sum_{n=0}^{k_2-1} I(i+m,\, j+n) \, K(m, n),
# \qquad
# \text{convolution:}\; \sum_{m=0}^{k_1-1} \sum_{n=0}^{k_2-1} I(i-m,\, j-n) \, K(m, n),
# $$
#
# and rewrites the second as $\sum_{m=0}^{k_1-1} \sum_{n=0}^{k_2-1} I(i+m, j+n) \, K(-m, -n)$, a correlation with
# the kernel rotated by 180°. The conclusion is right; the line is not: if $m$ is replaced by $-m$, the limits turn
# too, and with the printed ones all but one entry of $K(-m, -n)$ lie outside the kernel. Counting from the other
# end does it, $m = k_1 - 1 - m'$ and $n = k_2 - 1 - n'$:
#
# $$
# \sum_{m,n} I(i-m,\, j-n) \, K(m, n)
# = \sum_{m'=0}^{k_1-1} \sum_{n'=0}^{k_2-1} I\big((i - k_1 + 1) + m',\, (j - k_2 + 1) + n'\big) \;
#   \underbrace{K(k_1 - 1 - m',\, k_2 - 1 - n')}_{\operatorname{rot180}(K)(m',\, n')} .
# $$
#
# Convolution at $(i, j)$ is the correlation with the rotated kernel at $(i - k_1 + 1,\, j - k_2 + 1)$.
#
# In NumPy the printed line does not even fail, since negative indices count from the end: it reads the kernel in
# the order 0, −1, −2, which is neither of the two.

# %%
image = np.arange(16.0).reshape(4, 4) ** 2
K = np.arange(1.0, 10).reshape(3, 3)

convolution = ag.convolve2d(image, K, mode="valid")
by_rotation = ag.correlate2d(image, K[::-1, ::-1], mode="valid")
as_printed = sum(image[m : m + 2, n : n + 2] * K[-m, -n] for m, n in np.ndindex(K.shape))

print("convolution:", convolution, "correlation, kernel rotated:", by_rotation, "as printed:", as_printed, sep="\n")
assert np.array_equal(convolution, by_rotation)
assert not np.array_equal(convolution, as_printed)

# %% [markdown]
# The two exchange their roles on the way back: the gradient by the image of a *correlation* is a full *convolution*
# of δ with the kernel, and that of a *convolution* a full *correlation*. Whoever has learnt “rotate by 180°” as a
# rule for everything rotates once too often when the layer is a true convolution:

# %%
leaf = ag.Tensor(image, requires_grad=True, name="I")
with ag.tape():
    y = ag.convolve2d(leaf, K, mode="valid")

delta = np.array([[1.0, 2.0], [3.0, -1.0]])
report = ag.check_by_hand(y, {leaf: ag.correlate2d(delta, K[::-1, ::-1], mode="full")}, gradient=delta)
report

# %%
assert report["I"].mistake.key == "kernel-rotated"
assert ag.check_by_hand(y, {leaf: ag.correlate2d(delta, K, mode="full")}, gradient=delta).ok

# %% [markdown]
# ## 3. The gradient by the kernel
#
# Padding first: let $\tilde x$ be the image with $a$ rows of zeros above and below and $b$ columns on each side,
#
# $$
# \tilde x_{rc} = x_{r-a,\,c-b} \quad\text{inside the image, else } 0, \qquad
# z_{pq} = \beta + \sum_{m=0}^{R-1} \sum_{n=0}^{S-1} \tilde x_{pu+m,\;qv+n} \; K_{mn} .
# $$
#
# Stride and padding have become part of one index. Write $\delta_{pq} = \partial E / \partial z_{pq}$. In $z_{pq}$
# the weight $K_{mn}$ stands beside $\tilde x_{pu+m,\,qv+n}$, once for every output, so
#
# $$
# \boxed{\;
# \frac{\partial E}{\partial K_{mn}} = \sum_{p=0}^{P-1} \sum_{q=0}^{Q-1} \delta_{pq} \; \tilde x_{pu+m,\;qv+n} ,
# \qquad
# \frac{\partial E}{\partial \beta} = \sum_{p} \sum_{q} \delta_{pq} . \;}
# $$
#
# As one correlation: spread δ so far apart that it lies on the rows $0, u, 2u, \dots$ and columns
# $0, v, 2v, \dots$,
#
# $$
# \delta^{\uparrow}_{rc} = \begin{cases} \delta_{r/u,\; c/v} & \text{if } u \mid r \text{ and } v \mid c , \\
# 0 & \text{else,} \end{cases}
# \qquad \text{of size } \big((P-1)u + 1\big) \times \big((Q-1)v + 1\big) ;
# $$
#
# then $\partial E / \partial K$ is the valid correlation of $\tilde x$ with the *dilated* $\delta^{\uparrow}$,
# without the rows and columns of $\tilde x$ that no window reached.
#
# ## 4. The gradient by the image
#
# Which outputs used the pixel $\tilde x_{rc}$, and by which weight? Output $(p, q)$ did if $r = pu + m$ and
# $c = qv + n$ for an entry $(m, n)$ of the kernel; that entry is the weight:
#
# $$
# \frac{\partial E}{\partial \tilde x_{rc}} = \sum_{p} \sum_{q} \delta_{pq} \; K_{r-pu,\;c-qv}
# \qquad (K = 0 \text{ outside the kernel}).
# $$
#
# The sum runs over $p$ with steps of $u$ in the index of $K$. With the dilated δ it runs over all rows, the zeros
# between adding nothing, and it is an ordinary full convolution, or a full correlation with the rotated kernel:
#
# $$
# \frac{\partial E}{\partial \tilde x_{rc}}
# = \sum_{r'} \sum_{c'} \delta^{\uparrow}_{r'c'} \; K_{r-r',\;c-c'}
# = \sum_{m=0}^{R-1} \sum_{n=0}^{S-1} \delta^{\uparrow}_{r-m,\;c-n} \; K_{mn} .
# $$
#
# It has $(P-1)u + R$ rows. The padded image has $H + 2a = (P-1)u + R + r$, where $r$ is the remainder of section 1:
# the last $r$ rows were in no window, and their gradient is zero. Finally $x_{ij} = \tilde x_{i+a,\,j+b}$, so the
# image's part is cropped out:
#
# $$
# \boxed{\;
# \frac{\partial E}{\partial x_{ij}}
# = \sum_{p} \sum_{q} \delta_{pq} \; K_{\,i + a - pu,\;\; j + b - qv}
# = \sum_{m=0}^{R-1} \sum_{n=0}^{S-1} \delta^{\uparrow}_{i+a-m,\;j+b-n} \; K_{mn} . \;}
# $$
#
# In words: **dilate δ by the strides, correlate in full with the rotated kernel, append the rows and columns that
# no window reached, crop the padding.** The stride of the forward pass has become zeros in δ; on the way back the
# kernel moves by single steps.
#
# ## 5. In NumPy, and against the engine
#
# Five short functions, from the formulas alone:


# %%
def correlate(x, k):
    """The valid correlation with stride 1: all the backward pass needs."""
    rows, columns = x.shape[0] - k.shape[0] + 1, x.shape[1] - k.shape[1] + 1
    return sum(k[m, n] * x[m : m + rows, n : n + columns] for m, n in np.ndindex(k.shape))


def dilate(delta, stride):
    """u − 1 rows and v − 1 columns of zeros between the entries of δ."""
    (P, Q), (u, v) = delta.shape, stride
    spread = np.zeros(((P - 1) * u + 1, (Q - 1) * v + 1))
    spread[::u, ::v] = delta
    return spread


def padded_gradient(delta, K, padded_shape, stride):
    """∂E/∂x̃: δ dilated, correlated in full with the rotated kernel, zeros where no window was."""
    R, S = K.shape
    around = np.pad(dilate(delta, stride), ((R - 1, R - 1), (S - 1, S - 1)))
    full = correlate(around, K[::-1, ::-1])
    whole = np.zeros(padded_shape)
    whole[: full.shape[0], : full.shape[1]] = full
    return whole


def input_gradient(delta, K, shape, stride, padding):
    """∂E/∂x: the part of ∂E/∂x̃ that belongs to the image."""
    (H, W), (a, b) = shape, padding
    return padded_gradient(delta, K, (H + 2 * a, W + 2 * b), stride)[a : a + H, b : b + W]


def kernel_gradient(delta, x, size, stride, padding):
    """∂E/∂K: the padded image, as far as windows reached, correlated with the dilated δ."""
    (R, S), (a, b), spread = size, padding, dilate(delta, stride)
    reached = np.pad(x, ((a, a), (b, b)))[: spread.shape[0] + R - 1, : spread.shape[1] + S - 1]
    return correlate(reached, spread)


# %% [markdown]
# ### Step by step
#
# An image of 6 × 7, a kernel of 3 × 2, strides (2, 3), padding (1, 0), so that an output of 3 × 2 remains:

# %%
rng = np.random.default_rng(3)
stride, padding = (2, 3), (1, 0)
x_value = rng.integers(-4, 5, (6, 7)).astype(float)
K_value = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
delta = np.array([[1.0, -1.0], [2.0, 3.0], [-2.0, 1.0]])


def show(ax, array, title):
    """An array as coloured squares with its numbers; zeros stay pale. All arrays on one scale of 8 rows."""
    limit = 1.6 * np.abs(array).max()
    ax.pcolormesh(array, cmap="RdBu_r", vmin=-limit, vmax=limit, edgecolor="white", linewidth=1)
    for (i, j), number in np.ndenumerate(array):
        text = f"{number:.0f}".replace("-", "−")
        ax.text(j + 0.5, i + 0.5, text, ha="center", va="center", fontsize=9, alpha=1 if number else 0.3)
    ax.set(aspect="equal", xlim=(-0.1, array.shape[1] + 0.1), ylim=(8.1, -0.1))
    ax.set_title(f"{title}\n{array.shape[0]} × {array.shape[1]}", fontsize=9)
    ax.axis("off")


spread = dilate(delta, stride)
whole = padded_gradient(delta, K_value, (8, 7), stride)
steps = {
    "δ": delta,
    "dilated: $δ^{↑}$": spread,
    "full correlation with\nthe rotated kernel": whole[: 5 + 2, : 4 + 1],
    "and what no window\nreached: ∂E/∂x̃": whole,
    "cropped: ∂E/∂x": input_gradient(delta, K_value, (6, 7), stride, padding),
}
widths = [array.shape[1] for array in steps.values()]
figure, axes = plt.subplots(1, 5, figsize=(10, 3.6), width_ratios=widths)
for ax, (title, array) in zip(axes, steps.items(), strict=True):
    show(ax, array, title)
axes[3].add_patch(plt.Rectangle((0, 1), 7, 6, fill=False, linewidth=1.5))  # the image within its padding
figure.tight_layout()

# %% [markdown]
# The entries of δ come to lie two rows and three columns apart. Each is replaced by a copy of the kernel times
# itself (1, 2, 3, 4, 5, 6 in the upper left corner is δ₀₀ = 1 times the kernel); with stride 2 and three rows the
# copies overlap in every second row, where two numbers are added. The kernel is two columns wide and moves by
# three, so column 2 was never used; nor were the last two columns and the last padded row. The padding, one row
# above and below (outside the frame), is cropped.
#
# The engine has the same numbers:

# %%
x = ag.Tensor(x_value[None, None], requires_grad=True, name="x")
K = ag.Tensor(K_value[None, None], requires_grad=True, name="K")
bias = ag.Tensor([0.5], requires_grad=True, name="β")
with ag.tape() as tape:
    z = ag.conv2d(x, K, bias, stride=stride, padding=padding)

arriving = delta[None, None]
by_hand = {
    x: input_gradient(delta, K_value, (6, 7), stride, padding)[None, None],
    K: kernel_gradient(delta, x_value, (3, 2), stride, padding)[None, None],
    bias: [delta.sum()],
}
report = ag.check_by_hand(z, by_hand, gradient=arriving)
report

# %%
assert report.ok
assert z.shape == (1, 1, *output_size(6, 7, 3, 2, stride, padding))
z.backward(gradient=arriving)
ag.draw(tape, show=())

# %% [markdown]
# `ag.explain` writes one entry of the gradient out. Pixel (1, 3) lies in row 2 of the padded image: the last row of
# the first window ($m = 2$) and the first row of the second ($m = 0$). Only $q = 1$ reached column 3.

# %%
ag.explain(z, x, at=(0, 0, 1, 3), gradient=arriving)

# %% [markdown]
# A weight meets the pixels $\tilde x_{2p+m,\,3q+n}$. `explain` counts pixels without the padding, hence the −1 in
# the row; and where the weight met a zero of the padding no term is listed.

# %%
ag.explain(z, K, at=(0, 0, 0, 1), gradient=arriving)

# %% [markdown]
# A pixel that no window reached:

# %%
ag.explain(z, x, at=(0, 0, 2, 6), gradient=arriving)

# %% [markdown]
# ### Every combination
#
# One example proves little: with stride 1, or with equal strides, or with a remainder of 0, several wrong formulas
# are right. So: all strides from 1 to 3 and all paddings from 0 to 2, in both directions independently, for two
# images and three kernels. Whole numbers keep every sum exact, and the comparison is for equality.

# %%
compared = 0
for (H, W), (R, S) in itertools.product([(5, 6), (8, 7)], [(1, 1), (3, 2), (2, 4)]):
    for u, v, a, b in itertools.product((1, 2, 3), (1, 2, 3), (0, 1, 2), (0, 1, 2)):
        image, kernel = rng.integers(-4, 5, (H, W)).astype(float), rng.integers(-4, 5, (R, S)).astype(float)
        leaf_x = ag.Tensor(image[None, None], requires_grad=True)
        leaf_K = ag.Tensor(kernel[None, None], requires_grad=True)
        out = ag.conv2d(leaf_x, leaf_K, stride=(u, v), padding=(a, b))
        assert out.shape[2:] == output_size(H, W, R, S, (u, v), (a, b))

        some_delta = rng.integers(-4, 5, out.shape[2:]).astype(float)
        out.backward(gradient=some_delta[None, None])
        assert np.array_equal(leaf_x.grad[0, 0], input_gradient(some_delta, kernel, (H, W), (u, v), (a, b)))
        assert np.array_equal(leaf_K.grad[0, 0], kernel_gradient(some_delta, image, (R, S), (u, v), (a, b)))
        compared += 1
print(compared, "combinations, all equal")

# %% [markdown]
# And the engine itself against finite differences, which know nothing of either derivation (`gradcheck` raises an
# error if they disagree):

# %%
ag.gradcheck(lambda x, K: ag.conv2d(x, K, stride=stride, padding=padding), [x.data, K.data])

# %% [markdown]
# ## 6. Three slips
#
# Each in the example of section 5, as a learner would make it.
#
# **The stride is not undone.** δ is correlated as it is, without the zeros between its entries. The result is too
# small for the image and is filled up with zeros:

# %%
report = ag.check_by_hand(
    z,
    {
        x: input_gradient(delta, K_value, (6, 7), (1, 1), padding)[None, None],
        K: kernel_gradient(delta, x_value, (3, 2), (1, 1), padding)[None, None],
    },
    gradient=arriving,
)
report

# %%
assert report["x"].mistake.key == report["K"].mistake.key == "stride-not-undone"

# %% [markdown]
# **The padding is not cropped.** Left as it is, ∂E/∂x̃ has the wrong shape, which is at least noticed. More often
# it is cut to size where it should be cropped, from the corner:

# %%
report = ag.check_by_hand(z, {x: whole[None, None]}, gradient=arriving)
assert report["x"].mistake.key == "padding-not-cropped"
print(report["x"].mistake.explanation)

# %%
report = ag.check_by_hand(z, {x: whole[:6, :7][None, None]}, gradient=arriving)
report

# %%
assert report["x"].mistake.key == "padding-not-cropped"

# %% [markdown]
# **Off by one.** A learner counts the kernel's entries from 1, as books do, and δ from 0, as programs do. In
# $\delta^{\uparrow}_{i+a-m,\,j+b-n}$ both indices are then one too small, and the whole gradient moves by a row and
# a column:

# %%
moved = np.pad(whole, ((1, 0), (1, 0)))[1 : 1 + 6, :7]
report = ag.check_by_hand(z, {x: moved[None, None]}, gradient=arriving)
report

# %%
assert report["x"].mistake.key == "offset-by-one"

# %% [markdown]
# ## 7. Two layers, in the text's notation
#
# The text declares, before it stops: $x^l$ the *input of the activation* of layer $l$, $o^l = f(x^l)$ its output,
# $w^l$ the kernel from layer $l - 1$ to $l$, and $b^l$ the bias. With $\delta^l = \partial E / \partial x^l$ and
# $\tilde o^{\,l-1}$ the padded output of the layer before, the missing section reads:
#
# $$
# x^l_{ij} = b^l + \sum_{m,n} w^l_{mn} \, \tilde o^{\,l-1}_{iu+m,\;jv+n} , \qquad o^l_{ij} = f(x^l_{ij}) ,
# $$
# $$
# \frac{\partial E}{\partial w^l_{mn}} = \sum_{i,j} \delta^l_{ij} \; \tilde o^{\,l-1}_{iu+m,\;jv+n} , \qquad
# \frac{\partial E}{\partial b^l} = \sum_{i,j} \delta^l_{ij} ,
# $$
# $$
# \delta^{l-1}_{ij} = f'(x^{l-1}_{ij}) \sum_{m,n} \delta^{l\,\uparrow}_{i+a-m,\;j+b-n} \; w^l_{mn} .
# $$
#
# Two layers with different strides and paddings, $f(x) = \max(0, x)$ and so $f'(x) = [\, x > 0 \,]$, and
# $E = \frac12 \sum (o^2 - t)^2$. (Whole numbers again; the halves in the biases keep every $x^l_{ij}$ off the kink
# at 0.)


# %%
def whole_numbers(*shape):
    return rng.integers(-2, 3, (1, 1, *shape)).astype(float)


o0 = ag.Tensor(whole_numbers(9, 8), requires_grad=True, name="o0")
w1 = ag.Tensor(whole_numbers(3, 3), requires_grad=True, name="w1")
w2 = ag.Tensor(whole_numbers(2, 3), requires_grad=True, name="w2")
b1 = ag.Tensor([0.5], requires_grad=True, name="b1")
b2 = ag.Tensor([0.25], requires_grad=True, name="b2")
first, second = {"stride": (1, 2), "padding": (2, 1)}, {"stride": (3, 1), "padding": (0, 2)}

with ag.tape() as tape:
    x1 = ag.conv2d(o0, w1, b1, **first)
    o1 = ag.relu(x1)
    x2 = ag.conv2d(o1, w2, b2, **second)
    o2 = ag.relu(x2)
    t = ag.Tensor(whole_numbers(*o2.shape[2:]), name="t")
    E = 0.5 * ag.sum((o2 - t) ** 2)

for tensor, name in {x1: "x1", o1: "o1", x2: "x2", o2: "o2", E: "E"}.items():
    tensor.name = name
E.backward()
ag.draw(tape, rankdir="TB", show=())


# %%
def derive(input_gradient):
    """All deltas and gradients by the formulas above; the step back through a kernel is given."""
    v0, v1, v2, target = (one.data[0, 0] for one in (o0, o1, o2, t))
    k1, k2 = w1.data[0, 0], w2.data[0, 0]

    delta2 = (v2 - target) * (v2 > 0)
    at_o1 = input_gradient(delta2, k2, v1.shape, **second)
    delta1 = at_o1 * (v1 > 0)
    found = {
        x2: delta2,
        w2: kernel_gradient(delta2, v1, k2.shape, **second),
        o1: at_o1,
        x1: delta1,
        w1: kernel_gradient(delta1, v0, k1.shape, **first),
        o0: input_gradient(delta1, k1, v0.shape, **first),
    }
    biases = {b2: [delta2.sum()], b1: [delta1.sum()]}
    return {tensor: value[None, None] for tensor, value in found.items()} | biases


report = ag.check_by_hand(E, derive(input_gradient))
assert report.ok
for row in report:
    print(f"{row.what:8} {row.verdict}")

# %% [markdown]
# With the first slip in it, the report marks as a teacher does: the steps in which the stride is not undone are
# wrong, and what was computed correctly from them follows.


# %%
def undilated(delta, K, shape, stride, padding):
    """As input_gradient, but as if the stride were 1."""
    return input_gradient(delta, K, shape, (1, 1), padding)


report = ag.check_by_hand(E, derive(undilated))
report

# %%
assert report.first_wrong.name == "o1"
assert {row.name for row in report if row.follows} == {"x1", "w1", "b1"}
for name in ("o1", "o0"):
    assert report[name].mistake.key == "stride-not-undone"

# %% [markdown]
# ## What stands in place of the TODO
#
# $$
# \begin{array}{lll}
# \text{size} & P = \lfloor (H + 2a - R) / u \rfloor + 1 & \text{places where a window starts} \\[1ex]
# \text{output} & z_{pq} = \beta + \sum_{mn} \tilde x_{pu+m,\,qv+n} \; K_{mn}
#   & \text{pad, correlate, every $u$-th row, every $v$-th column} \\[1ex]
# \text{weight} & \partial E / \partial K_{mn} = \sum_{pq} \delta_{pq} \; \tilde x_{pu+m,\,qv+n}
#   & \text{padded image, correlated with the dilated } \delta \\[1ex]
# \text{bias} & \partial E / \partial \beta = \sum_{pq} \delta_{pq} & \text{sum of } \delta \\[1ex]
# \text{pixel} & \partial E / \partial x_{ij} = \sum_{pq} \delta_{pq} \; K_{i+a-pu,\,j+b-qv}
#   & \text{dilate } \delta \text{, full, kernel rotated, crop}
# \end{array}
# $$
#
# With several channels each 2-D sum is summed once more, as in notebook 000: forward over the channels, backward
# over the kernels.
