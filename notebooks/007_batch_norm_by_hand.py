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
# $\gamma$ and $\beta$ are learnt; $\varepsilon$ keeps the division from failing where all $x_i$ are equal, and is 0 until
# section 6. Five values were chosen so that everything can be done in the head: $x = (1, 13, 10, 9, 7)$ has the mean
# 8 and the differences $(-7, 5, 2, 1, -1)$; their squares 49, 25, 4, 1, 1 have the mean 16. So $\sigma = 4$.

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
# graph of these seven lines one sees the trouble: three arrows leave $d$, and $\mu$ is one of the things that $d$ is made
# of.

# %%
E.backward()
ag.draw(tape, rankdir="LR")

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
# **Through the mean.** $\mu$ is subtracted in every $d_j$, and $\partial \mu/\partial x_i = 1/N$. What has arrived at the
# $d_j$ along the other two paths comes back with a minus, and is shared out evenly:
#
# $$
# \frac{\partial E}{\partial \mu}
#   = -\sum_j \Big( \frac{\hat\delta_j}{\sigma} + \frac{\partial E}{\partial v}\, \frac{2\, d_j}{N} \Big)
#   = -\frac1\sigma \sum_j \hat\delta_j ,
# $$
#
# where the second part is gone because $\sum_j d_j = 0$: moving the mean does not change the variance to first order.
#
# With our numbers: $\hat\delta = 2 \delta = (2, 6, 0, -2, 4)$, with the sum 10. $\sum_j \hat\delta_j d_j = -14 + 30 + 0 - 2 -
# 4 = 10$, so $\partial E/\partial \sigma = -10/16 = -0.625$ and $\partial E/\partial v = -0.625/8 = -0.078125$. And
# $\partial E/\partial \mu = -10/4 = -2.5$.

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
ax.set_xticks(range(N), [f"x = {value:.0f}\nδ = {error:.0f}" for value, error in zip(xs, deltas, strict=True)])
ax.set_ylabel("part of ∂E/∂x", fontsize=12)
ax.tick_params(labelsize=11)
ax.legend(fontsize=10, loc="lower right", ncols=2)
figure.tight_layout()

# %% [markdown]
# No error arrives at the third sample ($\delta = 0$), and still it has a gradient: it moves the mean and the deviation, and
# with them the outputs of the other four.
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
# A whole derivation, step by step, as one would write it in a document:

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
report
