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
# # 007 · Batch norm by hand
#
# A batch norm takes a column of numbers, one for each sample, subtracts their mean and divides by their deviation.
# Forward that is school arithmetic. Backward it is the layer at which most derivations by hand go wrong, for one
# reason: **every output depends on every input**, through the mean and through the deviation. We
#
# 1. do the forward pass with numbers that come out even;
# 2. go back along the three paths that lead to an input, and add them up;
# 3. simplify the sum to one line, and see what that line says;
# 4. try nine wrong versions, and read what the check says of each;
# 5. look at two tests that any of them would pass;
# 6. find the wrong line in a program;
# 7. do the same for images, where one number is more often got wrong;
# 8. keep running statistics, and switch to evaluation, where the most popular mistake is right.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd as ag
import nn
import nn.functional as F

# %% [markdown]
# ## 1. Forward
#
# For the $N$ values $x_i$ that a feature has in a batch,
#
# $$
# \mu = \frac1N \sum_i x_i, \qquad d_i = x_i - \mu, \qquad v = \frac1N \sum_i d_i^2, \qquad
# \sigma = \sqrt{v + \varepsilon}, \qquad \hat x_i = \frac{d_i}{\sigma}, \qquad y_i = \gamma\, \hat x_i + \beta .
# $$
#
# $\gamma$ and $\beta$ are learnt; $\varepsilon$ keeps the division from failing where all $x_i$ are equal, and is 0
# until section 6. Five values were chosen so that everything can be done in the head: $x = (1, 13, 10, 9, 7)$ has the
# mean 8 and the differences $(-7, 5, 2, 1, -1)$; their squares 49, 25, 4, 1, 1 have the mean 16. So $\sigma = 4$.

# %%
x = ag.Tensor([1.0, 13.0, 10.0, 9.0, 7.0], requires_grad=True, name="x")
γ = ag.Tensor(2.0, requires_grad=True, name="γ")
β = ag.Tensor(1.0, requires_grad=True, name="β")
δ = ag.Tensor([1.0, 3.0, 0.0, -1.0, 2.0], name="δ")  # the error that arrives at y

with ag.tape() as tape:
    μ = x.mean()
    d = x - μ
    v = (d * d).mean()
    σ = ag.sqrt(v)
    x̂ = d / σ
    y = γ * x̂ + β
    E = (δ * y).sum()

print("x̂:", x̂.data)
print("y:", y.data)
assert (μ.item(), v.item(), σ.item()) == (8, 16, 4)
assert np.array_equal(x̂.data, [-1.75, 1.25, 0.5, 0.25, -0.25])
assert np.array_equal(y.data, [-2.5, 3.5, 2.0, 1.5, 0.5])

# %% [markdown]
# $E = \sum_i \delta_i y_i$ stands for all that comes after the layer: its gradient by $y$ is exactly $\delta$. In the
# graph of these seven lines one sees the trouble: three arrows leave $d$, and $\mu$ is one of the things that $d$ is
# made of.

# %%
E.backward()
ag.draw(tape, rankdir="TB")

# %% [markdown]
# ## 2. Backward: three paths
#
# First what is easy. $\beta$ is added to every output, $\gamma$ is multiplied with $\hat x_i$ there:
#
# $$
# \frac{\partial E}{\partial \beta} = \sum_i \delta_i, \qquad
# \frac{\partial E}{\partial \gamma} = \sum_i \delta_i\, \hat x_i, \qquad
# \hat\delta_i := \frac{\partial E}{\partial \hat x_i} = \gamma\, \delta_i .
# $$
#
# Now for $x_i$. It reaches $\hat x$ in three ways.
#
# **Directly**, as the $x_i$ in $\hat x_i = (x_i - \mu) / \sigma$, with $\mu$ and $\sigma$ as they are:
# $\hat\delta_i / \sigma$.
#
# **Through the deviation.** $\sigma$ stands under every $d_j$, so it collects from all of them, and hands on to each
# $d_i$ by $\partial v/\partial d_i = 2 d_i / N$:
#
# $$
# \frac{\partial E}{\partial \sigma} = -\sum_j \hat\delta_j\, \frac{d_j}{\sigma^2}, \qquad
# \frac{\partial E}{\partial v} = \frac{\partial E}{\partial \sigma} \cdot \frac{1}{2 \sigma}, \qquad
# \frac{\partial E}{\partial v} \cdot \frac{2\, d_i}{N}
#   = -\frac{\hat x_i}{\sigma} \cdot \frac1N \sum_j \hat\delta_j\, \hat x_j .
# $$
#
# **Through the mean.** $\mu$ is subtracted in every $d_j$, and $\partial \mu/\partial x_i = 1/N$. What has arrived at
# the $d_j$ along the other two paths comes back with a minus, and is shared out evenly:
#
# $$
# \frac{\partial E}{\partial \mu}
#   = -\sum_j \Big( \frac{\hat\delta_j}{\sigma} + \frac{\partial E}{\partial v}\, \frac{2\, d_j}{N} \Big)
#   = -\frac1\sigma \sum_j \hat\delta_j ,
# $$
#
# where the second part is gone because $\sum_j d_j = 0$: moving the mean does not change the variance to first order.
#
# With our numbers: $\hat\delta = 2 \delta = (2, 6, 0, -2, 4)$, with the sum 10. $\sum_j \hat\delta_j d_j = -14 + 30 +
# 0 - 2 - 4 = 10$, so $\partial E/\partial \sigma = -10/16 = -0.625$ and $\partial E/\partial v = -0.625/8 =
# -0.078125$. And $\partial E/\partial \mu = -10/4 = -2.5$.

# %%
xs, ds, xhats, deltas = x.data, d.data, x̂.data, δ.data  # plain arrays, to calculate with
N, gamma, sigma = 5, 2.0, 4.0
delta_hat = gamma * deltas

direct = delta_hat / sigma
through_deviation = -0.078125 * 2 * ds / N
through_mean = np.full(N, -2.5 / N)
dx = direct + through_deviation + through_mean
print("directly:             ", direct)
print("through the deviation:", through_deviation)
print("through the mean:     ", through_mean)
print("together:             ", dx)

by_hand = {β: 5, γ: 1.25, x̂: delta_hat, σ: "-0.625", v: "-0.078125", μ: "-2.5", x: dx}
report = ag.check_by_hand(E, by_hand)
assert report.ok
report

# %% [markdown]
# `ag.explain` finds the paths on its own. The fourth of them is the one that came to nothing, from the deviation
# through the mean:

# %%
explained = ag.explain(E, x, form="paths")
explained


# %%
def signed_bars(ax, parts, total):
    """Bars for each sample side by side, and their sum as a line across."""
    width = 0.8 / len(parts)
    for k, (label, values) in enumerate(parts.items()):
        ax.bar(np.arange(N) + (k - 1) * width, values, width, label=label)
    for i, value in enumerate(total):
        ax.plot([i - 0.45, i + 0.45], [value, value], color="black", linewidth=2, label="together" if i == 0 else None)
    ax.axhline(0, color="gray", linewidth=0.8)


figure, ax = plt.subplots(figsize=(6.4, 3.6))
parts = {"directly": direct, "through σ": through_deviation, "through μ": through_mean}
signed_bars(ax, parts, dx)
_ = ax.set_xticks(range(N), [f"x = {value:.0f}\nδ = {error:.0f}" for value, error in zip(xs, deltas, strict=True)])
ax.set_ylabel("part of ∂E/∂x", fontsize=12)
ax.tick_params(labelsize=11)
ax.set_ylim(-1.2, 2.2)
ax.legend(fontsize=10, loc="upper right", ncols=2)
figure.tight_layout()

# %% [markdown]
# No error arrives at the third sample ($\delta = 0$), and still it has a gradient: it moves the mean and the
# deviation, and with them the outputs of the other four.
#
# ## 3. One line
#
# The three parts have $1/\sigma$ in common:
#
# $$
# \boxed{\;
# \frac{\partial E}{\partial x_i} = \frac1\sigma \Big( \hat\delta_i
#   - \frac1N \sum_j \hat\delta_j
#   - \hat x_i \cdot \frac1N \sum_j \hat\delta_j\, \hat x_j \Big),
# \qquad \hat\delta = \gamma\, \delta . \;}
# $$
#
# As a formula in text the check holds it against the truth at other numbers too, so that a formula that is right by
# coincidence at these five does not pass:

# %%
report = ag.check_by_hand(E, {x: "(γ δ − mean(γ δ) − x̂ mean(γ δ ⊙ x̂)) / σ"})
assert report.ok
report

# %% [markdown]
# It says two things. **The gradient sums to zero**: to shift all $x_i$ alike changes no output, so nothing can be
# gained by it. And **it is orthogonal to $\hat x$**: to stretch all $x_i$ alike, away from their mean, changes no
# output either. Whatever arrives is cleared of both parts, and what is left is divided by $\sigma$. Two sums are a
# quick check of a backward pass on paper:

# %%
print("Σ ∂E/∂x_i      =", dx.sum())
print("Σ ∂E/∂x_i x̂_i =", (dx * xhats).sum())
assert dx.sum() == 0
assert (dx * xhats).sum() == 0

# %% [markdown]
# Steps of a derivation are checked as they are written down. In this one the $\partial v/\partial d_i = 2 d_i/N$ has
# lost its 2, a slip that no shape betrays:

# %%
derivation = r"""
$$
\begin{aligned}
\frac{\partial E}{\partial \hat{x}} &= \gamma \, \delta \\
\frac{\partial E}{\partial \sigma} &= - \sum_j \frac{\partial E}{\partial \hat{x}_j} \frac{d_j}{\sigma^2} \\
\frac{\partial E}{\partial v} &= \frac{\partial E}{\partial \sigma} \cdot \frac{1}{2 \sigma} = -0.078125 \\
\frac{\partial E}{\partial d} &= \frac{1}{\sigma} \frac{\partial E}{\partial \hat{x}}
    + \frac{\partial E}{\partial v} \cdot \frac{d}{5}
\end{aligned}
$$
"""
report = ag.check_derivation(derivation, E)
assert [row.ok for row in report.rows] == [True, True, True, True, False]
report

# %% [markdown]
# ## 4. Nine wrong versions
#
# The layer of `nn` does all seven lines of section 1 in one operation. With `eps=0` it has our numbers:

# %%
layer = nn.BatchNorm1d(1, eps=0.0, dtype=np.float64)
layer.load_state_dict({**layer.state_dict(), "weight": [2.0], "bias": [1.0]})
column = ag.Tensor(xs[:, None], requires_grad=True, name="x")  # five samples with one feature
with ag.tape():
    out = layer(column)

arriving = deltas[:, None]
assert np.array_equal(out.data[:, 0], y.data)
assert ag.check_by_hand(out, {column: dx[:, None]}, gradient=arriving).ok

# %% [markdown]
# What follows has all been handed in by somebody. The check knows the right answer, alters it at one place after the
# other, and says which alteration gives the learner's numbers:


# %%
def mean(values):
    return values.mean()


def wrong_versions(g, x̂, γ, σ):
    """{what was done: the gradient by x that comes out}."""
    h = γ * g
    n = len(h)
    return {
        "γ δ / σ, and done": h / σ,
        "the path through σ left out": (h - mean(h)) / σ,
        "the path through μ left out": (h - x̂ * mean(h * x̂)) / σ,
        "γ left out": (g - mean(g) - x̂ * mean(g * x̂)) / σ,
        "sums for means": (h - h.sum() - x̂ * (h * x̂).sum()) / σ,
        "n − 1 for n": (h - h.sum() / (n - 1) - x̂ * (h * x̂).sum() / (n - 1)) / σ,
        "plus for minus": (h - mean(h) + x̂ * mean(h * x̂)) / σ,
        "σ² for σ": (h - mean(h) - x̂ * mean(h * x̂)) / σ**2,
        "½ in the wrong place": (h - mean(h) - 0.5 * x̂ * mean(h * x̂)) / σ,
    }


for done, by_hand in wrong_versions(deltas, xhats, gamma, sigma).items():
    row = ag.check_by_hand(out, {column: by_hand[:, None]}, gradient=arriving)["x"]
    said = row.mistake.explanation.removeprefix("your ∂out/∂x is what comes out when ")
    print(f"{done}:\n    {said}\n")

# %%
found = [
    ag.check_by_hand(out, {column: by_hand[:, None]}, gradient=arriving)["x"].mistake.key
    for by_hand in wrong_versions(deltas, xhats, gamma, sigma).values()
]
assert found == [
    *["statistics-held-constant"] * 3,
    "scale-left-out",
    *["normalization-count"] * 2,
    *["normalization-parts"] * 3,
]

# %% [markdown]
# The first one is by far the most frequent: “the batch norm is $\gamma (x - \mu)/\sigma + \beta$, a straight line, so
# its slope is $\gamma/\sigma$”. Here is the whole report on it. The number in the last column, from finite
# differences, is the answer to “but are you sure?”:

# %%
report = ag.check_by_hand(out, {column: (gamma * deltas / sigma)[:, None]}, gradient=arriving)
report

# %% [markdown]
# The two vectors of parameters are exchanged easily, as both are sums over the batch, of the same shape:

# %%
report = ag.check_by_hand(out, {layer.weight: [5.0], layer.bias: [1.25]}, gradient=arriving)
assert {row.mistake.key for row in report.rows} == {"another-gradient"}
report

# %% [markdown]
# ## 5. Two tests that prove little
#
# Who tests a layer alone needs some loss above it, and the first that come to mind are $\sum_i y_i$ and $\tfrac12
# \sum_i y_i^2$. For this layer both are bad. The sum of the outputs is always $N \beta$, and the sum of their squares
# always $N (\gamma^2 + \beta^2)$: neither depends on $x$, the true gradient is 0, and formulas that are wrong by a
# factor give 0 as well.

# %%
losses = {"Σ y": np.ones(N), "½ Σ y²": y.data, "Σ δ y": deltas}
for loss, g in losses.items():
    truth = (gamma * g - mean(gamma * g) - xhats * mean(gamma * g * xhats)) / sigma
    passed = [what for what, value in wrong_versions(g, xhats, gamma, sigma).items() if np.allclose(value, truth)]
    print(f"{loss:7} ∂E/∂x = {truth}   passed: {', '.join(passed) or 'none'}")
    assert (len(passed) == 0) == (loss == "Σ δ y")

# %% [markdown]
# A fixed random $\delta$ costs one line more, and none of the nine passes.
#
# ## 6. Which line is it?
#
# A program, with $\varepsilon$ and several features side by side, along the three paths. It runs, its gradients by
# $\gamma$ and $\beta$ are right, and a net that is trained with it learns something:


# %%
def forward(x, gamma, beta):
    mu = x.mean(axis=0)
    d = x - mu
    sigma = np.sqrt((d * d).mean(axis=0) + 1e-5)
    xhat = d / sigma
    return gamma * xhat + beta


def backward(x, gamma, beta, dy):
    n = len(x)
    d = x - x.mean(axis=0)
    sigma = np.sqrt((d * d).mean(axis=0) + 1e-5)
    xhat = d / sigma
    dgamma = (dy * xhat).sum(axis=0)
    dbeta = dy.sum(axis=0)
    dxhat = dy * gamma
    dsigma = -(dxhat * d).sum(axis=0) / sigma**2
    dmu = -dxhat.sum(axis=0) / sigma
    dvar = dsigma / sigma
    dx = dxhat / sigma + dvar * 2 * d / n + dmu / n
    return dx, dgamma, dbeta


rng = np.random.default_rng(0)
batch = rng.normal(size=(6, 3))
report = ag.check_backward(
    forward, backward, batch, np.array([1.0, 2.0, 0.5]), np.zeros(3), gradient=rng.normal(size=(6, 3)), seconds=30
)
report

# %% [markdown]
# $\mathrm{d}\sqrt v/\mathrm{d}v$ is $1/(2\sigma)$: one of the two 2s of section 2 has been lost, and only one of them.

# %%
assert report.first_wrong.source == "dvar = dsigma / sigma"

# %% [markdown]
# ## 7. Images
#
# In a convolutional net a *channel* is a feature, and each of its pixels is a sample. Mean and deviation go over
# batch, rows and columns, so that the $N$ of all formulas is batch × height × width. With the batch size in its place
# the means are too large by the number of pixels, and the check recognizes the number that was divided by:

# %%
images = ag.Tensor(rng.normal(size=(4, 3, 5, 2)), requires_grad=True, name="images")
weight = ag.Tensor([1.0, 2.0, 0.5], requires_grad=True, name="γ")
with ag.tape():
    maps = F.batch_norm(images, None, None, weight, training=True)

g = rng.normal(size=maps.shape)
over = (0, 2, 3)
X, h = images.data, g * weight.data[:, None, None]
deviation = np.sqrt(X.var(axis=over, keepdims=True) + 1e-5)
normal = (X - X.mean(axis=over, keepdims=True)) / deviation


def image_gradient(count):
    """The boxed line, with sums that are divided by a count."""
    subtracted = h.sum(axis=over, keepdims=True) + normal * (h * normal).sum(axis=over, keepdims=True)
    return (h - subtracted / count) / deviation


assert ag.check_by_hand(maps, {images: image_gradient(4 * 5 * 2)}, gradient=g).ok
report = ag.check_by_hand(maps, {images: image_gradient(4)}, gradient=g)
assert report["images"].mistake.key == "normalization-count"
report

# %% [markdown]
# ## 8. Running statistics, and evaluation
#
# A net in use gets one image at a time, and has no batch to take a mean of. So while it trains the layer keeps
# running averages, $r \leftarrow (1 - m)\, r + m \cdot \text{new}$ with the momentum $m = 0.1$, beginning with mean 0
# and variance 1. After our one batch, with mean 8 and variance 16:
#
# * mean: $0.9 \cdot 0 + 0.1 \cdot 8 = 0.8$;
# * variance: $0.9 \cdot 1 + 0.1 \cdot 20 = 2.9$. Not 16 but **20**: as an estimate for data not seen the running
#   variance takes the one with $n - 1$ below, $16 \cdot 5/4$, although the batch itself is divided by the one with
#   $n$.

# %%
print("running mean:", layer.running_mean.data, " running variance:", layer.running_var.data)
assert np.allclose(layer.running_mean.data, 0.8)
assert np.allclose(layer.running_var.data, 2.9)

# %% [markdown]
# (Beware of names when reading other people's code: what is $m$ here, as in PyTorch, is $1 - m$ in Keras, which calls
# 0.9 what we call 0.1.)
#
# How long until the averages are worth something? After $k$ batches the beginning still counts with $0.9^k$: 35 % after
# ten batches, 0.5 % after fifty. Batches of five from a distribution with mean 8 and variance 16:

# %%
fresh = nn.BatchNorm1d(1, dtype=np.float64)
samples = np.random.default_rng(1).normal(8, 4, (80, 5, 1))
kept = [(fresh(one) is not None and fresh.running_mean.item(), fresh.running_var.item()) for one in samples]

figure, axes = plt.subplots(2, 1, figsize=(6.4, 4.4), sharex=True)
each_batch = (samples.mean(axis=1), samples.var(axis=1, ddof=1))
for ax, name, each, running, truth in zip(
    axes, ("mean", "variance"), each_batch, np.transpose(kept), (8, 16), strict=True
):
    ax.plot(each, ".", color="tab:blue", alpha=0.5, label="of each batch")
    ax.plot(running, color="tab:orange", linewidth=2.5, label="running")
    ax.axhline(truth, color="black", linewidth=1, linestyle="--", label="true")
    ax.set_ylabel(name, fontsize=12)
    ax.tick_params(labelsize=11)
axes[0].legend(fontsize=10, ncols=3, loc="lower right")
axes[1].set_xlabel("batch", fontsize=12)
figure.tight_layout()

assert np.isclose(
    fresh.running_mean.item(), sum(0.1 * 0.9 ** (79 - k) * each for k, each in enumerate(each_batch[0][:, 0]))
)

# %% [markdown]
# In evaluation mean and variance are constants, and the layer *is* a straight line. Now the slope is $\gamma/\sigma$,
# with the running $\sigma$, and the most popular mistake of section 4 is the truth:

# %%
layer.eval()
with ag.tape():
    out = layer(column)

running_sigma = np.sqrt(layer.running_var.data)
report = ag.check_by_hand(out, {column: gamma * arriving / running_sigma}, gradient=arriving)
assert report.ok
report

# %% [markdown]
# And the boxed line of section 3, right while training, is wrong here. Which formula holds depends on the mode that
# the layer was in, and a net that is left in training mode by an oversight answers differently according to who else
# is in the batch:

# %%
for mode in ("train", "eval"):
    getattr(layer, mode)()
    for others in ([10.0, 9.0], [40.0, 60.0]):
        answers = layer(np.array([[7.0], *[[one] for one in others]]))
        print(f"{mode:5}  x = 7 beside {others}:  y = {answers.data[0, 0]:7.4f}")
    layer.load_state_dict({**layer.state_dict(), "running_mean": [8.0], "running_var": [20.0]})

# %% [markdown]
# ## What to take away
#
# * Where outputs share a statistic, go along *all* paths: directly, and through each statistic.
# * The result is what arrived, without its mean and without its part along $\hat x$, times $\gamma/\sigma$ (if the
#   loss is such that nothing is left, it is no test).
# * The count is that of everything the mean was taken over: for images batch × height × width.
# * Training and evaluation are two functions with two gradients; the batch divides by $n$, the running variance by
#   $n - 1$.
