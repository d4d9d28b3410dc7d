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
# # 008 · An LSTM by hand
#
# An LSTM reads a sequence step by step and hands two things on: its output $h$, and a *cell* $c$, its memory. On the
# way back both bring gradients, and the one along the cell is the reason why the thing was invented. It is also what
# derivations by hand forget. We
#
# 1. calculate one cell with one unit, forward;
# 2. derive the way back through one cell: seven short lines;
# 3. go back through three steps with numbers, along both roads;
# 4. forget the cell's road, and read what the check says; the same in a program;
# 5. do it for vectors, and hold it against `nn.LSTM`;
# 6. see what the cell's road is good for.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd as ag
import nn

# %% [markdown]
# ## 1. One cell, forward
#
# Four small neurons look at the input $x_t$ and at the last output $h_{t-1}$. Three of them are *gates*, numbers between
# 0 and 1; the fourth, $g$, is a candidate for the memory:
#
# $$
# i = \sigma(a_i), \qquad f = \sigma(a_f), \qquad g = \tanh(a_g), \qquad o = \sigma(a_o), \qquad
# a_k = w_k\, x_t + u_k\, h_{t-1} + b_k .
# $$
#
# The forget gate says how much of the old memory stays, the input gate how much of the candidate comes in, and the output
# gate how much of it all is shown:
#
# $$
# c_t = f\, c_{t-1} + i\, g, \qquad h_t = o \tanh(c_t) .
# $$
#
# With one unit all of these are single numbers. Three steps of a sequence, from $h_0 = c_0 = 0$; at the end the output
# should have been 0.5:

# %%
inputs, target = [1.0, 0.5, -1.0], 0.5
weights = {
    "w_i": 0.5, "u_i": 0.3, "b_i": 0.0,
    "w_f": 0.2, "u_f": 0.4, "b_f": 1.0,
    "w_g": 1.0, "u_g": -0.5, "b_g": 0.0,
    "w_o": 0.6, "u_o": 0.1, "b_o": 0.0,
}  # fmt: skip
p = {name: ag.Tensor(value, requires_grad=True, name=name) for name, value in weights.items()}


def step(x, h, c, t):
    """The next h and c; every value gets its name with the number of the step."""
    a = {k: p[f"w_{k}"] * x + p[f"u_{k}"] * h + p[f"b_{k}"] for k in "ifgo"}
    i, f, g, o = ag.sigmoid(a["i"]), ag.sigmoid(a["f"]), ag.tanh(a["g"]), ag.sigmoid(a["o"])
    c = f * c + i * g
    h = o * ag.tanh(c)
    values = {"i": i, "f": f, "g": g, "o": o, "c": c, "h": h, **{f"a_{k}": net for k, net in a.items()}}
    for name, value in values.items():
        value.name = f"{name}{t}"
        v[value.name] = value
    return h, c


v = {}  # every value by its name: v["c2"]
with ag.tape() as tape:
    h, c = ag.Tensor(0.0, name="h0"), ag.Tensor(0.0, name="c0")
    for t, x in enumerate(inputs, start=1):
        h, c = step(x, h, c, t)
    E = 0.5 * (h - target) ** 2

print(" t      x       i       f       g       o       c       h")
for t, x in enumerate(inputs, start=1):
    print(f"{t:2}  {x:5.1f}  " + "  ".join(f"{v[f'{k}{t}'].item():6.4f}" for k in "ifgoch"))
print(f"\nE = ½ (h3 − {target})² = {E.item():.6f}")

# %% [markdown]
# The first row on a pocket calculator: $a_i = 0.5 \cdot 1$, so $i = 1/(1 + e^{-0.5}) = 0.6225$; $a_g = 1$, $g = \tanh 1 =
# 0.7616$; $c_1 = 0.7685 \cdot 0 + 0.6225 \cdot 0.7616 = 0.4741$; $a_o = 0.6$, $h_1 = 0.6457 \cdot \tanh 0.4741 = 0.2850$.

# %%
assert [f"{v[k].item():.4f}" for k in ("i1", "g1", "c1", "h1")] == ["0.6225", "0.7616", "0.4741", "0.2850"]
E.backward()

# %% [markdown]
# The last step as a picture, with the gradient under each value. Two arrows come in from the step before, $c_2$ and $h_2$.

# %%
with ag.tape() as last:
    h2, c2 = [ag.Tensor(v[name].item(), requires_grad=True, name=name) for name in ("h2", "c2")]
    keep, v = v, {}
    h3, c3 = step(inputs[2], h2, c2, 3)
    error = 0.5 * (h3 - target) ** 2
v = keep
error.backward()
ag.draw(last, rankdir="LR")

# %% [markdown]
# ## 2. One cell, backward
#
# Suppose that two gradients arrive at step $t$: $\delta h = \partial E/\partial h_t$ from everything that used the output,
# and $\delta c_{\text{later}}$, what the *next* step sends back to $c_t$ along the cell. Then, from the two lines of the
# forward pass,
#
# $$
# \boxed{\;
# \begin{aligned}
# \delta o &= \delta h \cdot \tanh(c_t) \\
# \delta c &= \delta c_{\text{later}} + \delta h \cdot o\, (1 - \tanh^2 c_t) \\
# \delta i &= \delta c \cdot g, \qquad \delta g = \delta c \cdot i, \qquad \delta f = \delta c \cdot c_{t-1} \\
# \delta a_k &= \delta k \cdot k (1 - k) \;\; \text{for } k = i, f, o, \qquad \delta a_g = \delta g\, (1 - g^2) \\
# \delta c_{\text{to } t-1} &= \delta c \cdot f \\
# \delta h_{\text{to } t-1} &= \sum_k u_k\, \delta a_k \\
# \frac{\partial E}{\partial w_k} &\mathrel{+}= \delta a_k\, x_t, \qquad
# \frac{\partial E}{\partial u_k} \mathrel{+}= \delta a_k\, h_{t-1}, \qquad
# \frac{\partial E}{\partial b_k} \mathrel{+}= \delta a_k
# \end{aligned} \;}
# $$
#
# The second line is the one to look at: $c_t$ was used **twice**, once for the output $h_t$ and once for the next memory
# $c_{t+1}$. Two uses, two terms. And the weights are the same at every step, hence the $\mathrel{+}=$ of the last line.
#
# At the last step nothing comes from later. $\delta h = h_3 - 0.5$; written out by the library:

# %%
ag.explain(error, c2)

# %% [markdown]
# ## 3. Three steps back
#
# The seven lines as a program, once for each step, from the last to the first:


# %%
def step_back(t, dh, dc_later):
    """The gradients of step t, and what goes to the step before."""
    i, f, g, o, c = [v[f"{k}{t}"].item() for k in "ifgoc"]
    c_before, h_before = [v[f"{k}{t - 1}"].item() if t > 1 else 0.0 for k in "ch"]
    do = dh * np.tanh(c)
    dc = dc_later + dh * o * (1 - np.tanh(c) ** 2)
    di, dg, df = dc * g, dc * i, dc * c_before
    da = {"i": di * i * (1 - i), "f": df * f * (1 - f), "g": dg * (1 - g**2), "o": do * o * (1 - o)}
    for k in "ifgo":
        gradients[f"w_{k}"] += da[k] * inputs[t - 1]
        gradients[f"u_{k}"] += da[k] * h_before
        gradients[f"b_{k}"] += da[k]
    along_cell, along_output = dc * f, sum(weights[f"u_{k}"] * da[k] for k in "ifgo")
    return dh, dc, along_cell, along_output


gradients = dict.fromkeys(weights, 0.0)
dh, dc = v["h3"].item() - target, 0.0
arrived, sent = {}, {}
print(" t   ∂E/∂h_t    ∂E/∂c_t    to c_t−1   to h_t−1")
for t in (3, 2, 1):
    arrived[f"h{t}"], arrived[f"c{t}"], dc, dh = step_back(t, dh, dc)
    sent[t] = dc, dh
    print(f"{t:2}   {arrived[f'h{t}']:+.6f}  {arrived[f'c{t}']:+.6f}  {dc:+.6f}  {dh:+.6f}")

# %% [markdown]
# These are all of them: what arrives at three outputs and three cells, and the gradients of twelve weights. To the check
# each is a step, judged by itself and by what it was computed from:

# %%
by_hand = {v[name]: value for name, value in arrived.items()} | {p[name]: value for name, value in gradients.items()}
report = ag.check_by_hand(E, by_hand)
assert report.ok and len(report.rows) == 18
report

# %% [markdown]
# How large are the two roads? $\partial E/\partial c_1$ is made of what came along the cell, $\partial E/\partial c_2
# \cdot f_2$, and of what came through the output $h_1$:

# %%
along_cell = sent[2][0]
through_output = sent[2][1] * v["o1"].item() * (1 - np.tanh(v["c1"].item()) ** 2)
print(f"∂E/∂c1 = {along_cell:+.6f} along the cell  {through_output:+.6f} through h1  = {arrived['c1']:+.6f}")
assert np.isclose(along_cell + through_output, arrived["c1"])

# %% [markdown]
# The library's derivation, where both roads stand under one another:

# %%
explained = ag.explain(E, v["c1"], digits=4)
explained
