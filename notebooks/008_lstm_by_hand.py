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
# Four small neurons look at the input $x_t$ and at the last output $h_{t-1}$. Three of them are *gates*, numbers
# between 0 and 1; the fourth, $g$, is a candidate for the memory:
#
# $$
# i = \sigma(a_i), \qquad f = \sigma(a_f), \qquad g = \tanh(a_g), \qquad o = \sigma(a_o), \qquad
# a_k = w_k\, x_t + u_k\, h_{t-1} + b_k .
# $$
#
# The forget gate says how much of the old memory stays, the input gate how much of the candidate comes in, and the
# output gate how much of it all is shown:
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
# The first row on a pocket calculator: $a_i = 0.5 \cdot 1$, so $i = 1/(1 + e^{-0.5}) = 0.6225$; $a_g = 1$, $g = \tanh
# 1 = 0.7616$; $c_1 = 0.7685 \cdot 0 + 0.6225 \cdot 0.7616 = 0.4741$; $a_o = 0.6$, $h_1 = 0.6457 \cdot \tanh 0.4741 =
# 0.2850$.

# %%
assert [f"{v[k].item():.4f}" for k in ("i1", "g1", "c1", "h1")] == ["0.6225", "0.7616", "0.4741", "0.2850"]
E.backward()

# %% [markdown]
# The last step as a picture, from the four $a$ and the old memory on, with the gradient under each value. $c_2$ comes
# in at one place only, at the forget gate.

# %%
with ag.tape() as last:
    a_i, a_f, a_g, a_o, c2 = [
        ag.Tensor(v[name].item(), requires_grad=True, name=name) for name in ("a_i3", "a_f3", "a_g3", "a_o3", "c2")
    ]
    i3, f3, g3, o3 = ag.sigmoid(a_i), ag.sigmoid(a_f), ag.tanh(a_g), ag.sigmoid(a_o)
    c3 = f3 * c2 + i3 * g3
    h3 = o3 * ag.tanh(c3)
    error = 0.5 * (h3 - target) ** 2

error.backward()
assert error.item() == E.item()
ag.draw(last, rankdir="TB")

# %% [markdown]
# ## 2. One cell, backward
#
# Suppose that two gradients arrive at step $t$: $\delta h = \partial E/\partial h_t$ from everything that used the
# output, and $\delta c_{\text{later}}$, what the *next* step sends back to $c_t$ along the cell. Then, from the two
# lines of the forward pass,
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
# The second line is the one to look at: $c_t$ was used **twice**, once for the output $h_t$ and once for the next
# memory $c_{t+1}$. Two uses, two terms. And the weights are the same at every step, hence the $\mathrel{+}=$ of the
# last line.
#
# At the last step nothing comes from later. $\delta h = h_3 - 0.5$; written out by the library:

# %%
ag.explain(error, c2)

# %% [markdown]
# ## 3. Three steps back
#
# The seven lines as a program, once for each step, from the last to the first:


# %%
def step_back(t, dh, dc_later, gradients):
    """The gradients of step t: of h and c, and what goes to the step before along the cell and to its output."""
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
    return dh, dc, dc * f, sum(weights[f"u_{k}"] * da[k] for k in "ifgo")


def three_steps_back(cell_handed_on=True):
    """{name: gradient} of every h, every c and every weight, printed step by step."""
    gradients, arrived = dict.fromkeys(weights, 0.0), {}
    to_h, to_c = v["h3"].item() - target, 0.0
    print(" t   ∂E/∂h_t    ∂E/∂c_t    to c_t−1   to h_t−1")
    for t in (3, 2, 1):
        dh, dc, to_c, to_h = step_back(t, to_h, to_c, gradients)
        print(f"{t:2}   {dh:+.6f}  {dc:+.6f}  {to_c:+.6f}  {to_h:+.6f}")
        arrived |= {f"h{t}": dh, f"c{t}": dc}
        if not cell_handed_on:
            to_c = 0.0
    return arrived, gradients


arrived, gradients = three_steps_back()

# %% [markdown]
# These are all of them: what arrives at three outputs and three cells, and the gradients of twelve weights. To the
# check each is a step, judged by itself and by what it was computed from:

# %%
by_hand = {v[name]: value for name, value in arrived.items()} | {p[name]: value for name, value in gradients.items()}
report = ag.check_by_hand(E, by_hand)
assert report.ok and len(report.rows) == 18
report

# %% [markdown]
# How large are the two roads? $\partial E/\partial c_1$ is made of what came along the cell, $\partial E/\partial c_2
# \cdot f_2$, and of what came through the output $h_1$:

# %%
along_cell = arrived["c2"] * v["f2"].item()
through_output = arrived["h1"] * v["o1"].item() * (1 - np.tanh(v["c1"].item()) ** 2)
print(f"∂E/∂c1 = {along_cell:+.6f} along the cell {through_output:+.6f} through h1 = {arrived['c1']:+.6f}")
assert np.isclose(along_cell + through_output, arrived["c1"])

# %% [markdown]
# The cell brings seven times as much, and of the other sign. One step of the library's derivation, down to $c_2$; its
# last block is the second line of the box:

# %%
explained = ag.explain(E, v["c2"], digits=4)
explained

# %% [markdown]
# ## 4. The road that is forgotten
#
# “The error arrives at the output $h_t$, goes through the cell to the gates, and on to $h_{t-1}$.” That is how a simple
# recurrent net goes back, and it sounds complete. In the program it means that nothing is handed on along the cell. All
# numbers still look reasonable:

# %%
arrived_by_output, gradients_by_output = three_steps_back(cell_handed_on=False)

# %% [markdown]
# Handed in, with what the learner has at each step, the first wrong value is $\partial E/\partial c_2$: its first use
# was counted and its second was not. The last step is right, as nothing comes from later there. Everything else
# *follows*: it was computed from a wrong number by right steps.

# %%
by_hand = {v[name]: value for name, value in arrived_by_output.items()}
by_hand |= {p[name]: value for name, value in gradients_by_output.items()}
report = ag.check_by_hand(E, by_hand, progress=False)
report

# %%
assert [row.name for row in report.rows if row.verdict == "wrong"] == ["c2", "c1"]
assert report["c2"].mistake.key == "one-path-only"
assert "only the path through h2 is counted at c2" in report["c2"].mistake.explanation

# %% [markdown]
# The same as a program, as one would write it for vectors: all four gates in one array, the weights in two matrices,
# a loop over the steps. `check_backward` runs both functions and judges each line at each of its turns:


# %%
def forward(x, W, U, b):
    h, c = np.zeros(2), np.zeros(2)
    for t in range(len(x)):
        a = W @ x[t] + U @ h + b
        i, f, o = 1 / (1 + np.exp(-a[0:2])), 1 / (1 + np.exp(-a[2:4])), 1 / (1 + np.exp(-a[6:8]))
        g = np.tanh(a[4:6])
        c = f * c + i * g
        h = o * np.tanh(c)
    return h


def backward(x, W, U, b, dh):
    steps, h, c = [], np.zeros(2), np.zeros(2)
    for t in range(len(x)):
        a = W @ x[t] + U @ h + b
        i, f, o = 1 / (1 + np.exp(-a[0:2])), 1 / (1 + np.exp(-a[2:4])), 1 / (1 + np.exp(-a[6:8]))
        g = np.tanh(a[4:6])
        steps.append((h, c, i, f, g, o))
        c = f * c + i * g
        h = o * np.tanh(c)
    dW, dU, db = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)
    for t in reversed(range(len(x))):
        h_before, c_before, i, f, g, o = steps[t]
        c = f * c_before + i * g
        do = dh * np.tanh(c)
        dc = dh * o * (1 - np.tanh(c) ** 2)
        da = np.concatenate([dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g**2), do * o * (1 - o)])
        dW += np.outer(da, x[t])
        dU += np.outer(da, h_before)
        db += da
        dh = U.T @ da
    return dW, dU, db


rng = np.random.default_rng(0)
sequence, W, U, b = rng.normal(size=(2, 1)), rng.normal(size=(8, 1)), rng.normal(size=(8, 2)), np.zeros(8)
arriving = np.array([1.0, -2.0])
report = ag.check_backward(forward, backward, sequence, W, U, b, gradient=arriving, wrt=["W", "U", "b"], seconds=60)
report

# %%
assert report.first_wrong.source == "dc = dh * o * (1 - np.tanh(c) ** 2)"
assert report.first_wrong.mistake.key == "one-path-only"

# %% [markdown]
# ## 5. Vectors, and `nn.LSTM`
#
# With $H$ units and a batch of $N$ sequences the seven lines stay as they are; products with weights become matrix
# products. `nn.LSTM` stores its parameters as PyTorch does: `weight_ih_l0` of shape $4H \times D$ and `weight_hh_l0`
# of $4H \times H$, with the rows of $i, f, g, o$ in this order, and *two* biases, which are added and so have the
# same gradient. Outputs of all steps are used here, so that a δ arrives at each $h_t$ from outside, beside the one
# from the next step.


# %%
def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def lstm_forward(x, W, U, b):
    """The outputs (T, N, H) and what the way back needs."""
    h = c = np.zeros((x.shape[1], U.shape[1]))
    outputs, steps = [], []
    for x_t in x:
        a_i, a_f, a_g, a_o = np.split(x_t @ W.T + h @ U.T + b, 4, axis=1)
        i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
        steps.append((h, c, i, f, g, o))
        c = f * c + i * g
        h = o * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs), steps


def lstm_backward(x, W, U, steps, delta):
    """The gradients by x, W, U and b, where ``delta`` (T, N, H) arrives at the outputs."""
    dx, dW, dU, db = np.zeros_like(x), np.zeros_like(W), np.zeros_like(U), np.zeros(len(W))
    from_h = from_c = np.zeros_like(delta[0])  # what comes from the next step
    for t in reversed(range(len(x))):
        h_before, c_before, i, f, g, o = steps[t]
        tanh_c = np.tanh(f * c_before + i * g)
        dh = delta[t] + from_h
        dc = from_c + dh * o * (1 - tanh_c**2)
        da = [dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g**2), dh * tanh_c * o * (1 - o)]
        da = np.concatenate(da, axis=1)
        dW += da.T @ x[t]
        dU += da.T @ h_before
        db += da.sum(axis=0)
        dx[t], from_h, from_c = da @ W, da @ U, dc * f
    return dx, dW, dU, db


lstm = nn.LSTM(3, 4, dtype=np.float64, rng=0)
W, U, b_ih, b_hh = lstm.parameters()
x = ag.Tensor(rng.normal(size=(5, 2, 3)), requires_grad=True, name="x")
with ag.tape():
    out, (h_last, c_last) = lstm(x)

outputs, steps = lstm_forward(x.data, W.data, U.data, b_ih.data + b_hh.data)
assert np.allclose(outputs, out.data, rtol=0, atol=1e-15)
assert np.array_equal(out.data[-1], h_last.data[0])

delta = rng.normal(size=out.shape)
dx, dW, dU, db = lstm_backward(x.data, W.data, U.data, steps, delta)
report = ag.check_by_hand(out, {x: dx, W: dW, U: dU, b_ih: db, b_hh: db}, gradient=delta)
assert report.ok
report

# %% [markdown]
# The order of the gates is a convention, and the most frequent reason for which weights from elsewhere do not fit:
# some libraries have $i, f, o, g$. No mistake of a derivation, and the report says what it sees: which rows are off,
# and that their numbers are right ones in other places.

# %%
i_f_o_g = np.concatenate([dW[:8], dW[12:], dW[8:12]])
report = ag.check_by_hand(out, {W: i_f_o_g}, gradient=delta, progress=False)
assert report.rows[0].mistake is None
assert "they are the right numbers in another order" in str(report)
report

# %% [markdown]
# ## 6. What the cell's road is good for
#
# Follow the cell alone: from $c_t$ to $c_{t-1}$ the gradient is multiplied by $f_t$, and by nothing else, no weight
# matrix and no $\tanh'$. After 60 steps that is $f_1 f_2 \cdots f_{60}$. With forget gates about $\tfrac12$ nothing
# remains of it; near 1 nearly all does. The bias $b_f$ decides where they start:
#
# | $b_f$ | $\sigma(b_f)$ | $\sigma(b_f)^{60}$ |
# |---|---|---|
# | 0 | 0.5 | $10^{-18}$ |
# | 1 | 0.73 | $10^{-8}$ |
# | 3 | 0.95 | 0.05 |
#
# A simple recurrent net has no such road: each step multiplies by $U^{T} \operatorname{diag}(\tanh')$. How large is the
# gradient of the last output by the input of each step? Untrained nets with 32 units, the mean over four of each:


# %%
def gradient_by_step(net, seed, length=60):
    """‖∂ (a random combination of the last outputs) / ∂x_t‖ for each t."""
    draw = np.random.default_rng(seed)
    x = ag.Tensor(draw.normal(size=(length, 1, 8)), requires_grad=True)
    outputs, _ = net(x)
    (outputs[-1] * draw.normal(size=(1, 32))).sum().backward()
    return np.linalg.norm(x.grad, axis=(1, 2))


def lstm_with_bias(b_f, seed):
    """Rows H to 2 H are those of the forget gate."""
    net = nn.LSTM(8, 32, dtype=np.float64, rng=seed)
    net.bias_ih_l0.data[32:64] += b_f
    return net


nets = {"simple recurrent net": lambda seed: nn.RNN(8, 32, dtype=np.float64, rng=seed)}
nets |= {f"LSTM, b_f + {b_f}": lambda seed, b_f=b_f: lstm_with_bias(b_f, seed) for b_f in (0, 1, 3)}

figure, ax = plt.subplots(figsize=(6.4, 4.2))
falls = {}
for name, make in nets.items():
    norms = np.exp(np.mean([np.log(gradient_by_step(make(seed), seed)) for seed in range(4)], axis=0))
    falls[name] = norms[0] / norms[-1]
    ax.semilogy(np.arange(-59, 1), norms, linewidth=2.5, label=name)
ax.set_xlabel("step of the input, 0 is the last one", fontsize=12)
ax.set_ylabel("size of its gradient", fontsize=12)
ax.tick_params(labelsize=11)
ax.legend(fontsize=10)
figure.tight_layout()

# %%
for name, fall in falls.items():
    print(f"{name:22} over 60 steps the gradient falls to {fall:8.1e} of what it is at the last one")
assert falls["simple recurrent net"] < falls["LSTM, b_f + 0"] < falls["LSTM, b_f + 1"] < 1e-3
assert falls["LSTM, b_f + 3"] > 0.1

# %% [markdown]
# An LSTM whose forget gates start at ½ forgets nearly as fast as a simple net. It is the *open* gate that keeps
# gradients alive, and so $b_f$ is often started at 1 or more.
#
# ## What to take away
#
# * $c_t$ is used twice, by $h_t$ and by $c_{t+1}$: its gradient has two terms. So has each $h_t$ whose output is used.
# * Weights are used at every step: their gradients add up over the steps.
# * The term that is easily forgotten is the one for which the LSTM was invented. With it left out the numbers look
#   reasonable, training goes on, and the net remembers nothing.
