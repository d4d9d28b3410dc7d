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
# # 004 · A small network with every number written out
#
# *The text:* CNN反向传播更新权值 — “Updating the weights by backpropagation in a CNN”, a translation into Chinese of
# Matt Mazur's *A Step by Step Backpropagation Example*. (There is no convolution in it, whatever the title
# says.)
#
# Two inputs, two hidden neurons, two outputs, all numbers given. That makes it the best text to learn backpropagation
# from, and the best one to check: every intermediate result is printed. We
#
# 1. run the network forward and compare each value;
# 2. derive $\partial E/\partial w_5$, one path, and find the *delta rule* in it;
# 3. derive $\partial E/\partial w_1$, two paths;
# 4. hold all the published derivatives against the true ones;
# 5. take one step, and stumble: the error that the text prints after it is not the one that its weights give;
# 6. find out which mistake gives the printed error, and let `check_by_hand` find it too;
# 7. train for 10 000 steps both ways: the published end figures belong to the mistake.

# %%
import numpy as np

import autograd as ag

# %% [markdown]
# ## 1. Forward
#
# Every neuron adds up its weighted inputs and a bias to its *net input*, and squashes that with the logistic
# function:
#
# $$
# \begin{aligned}
# \mathrm{net}_{h1} &= w_1 i_1 + w_2 i_2 + b_1 &
#   \qquad \mathrm{net}_{o1} &= w_5\, \mathrm{out}_{h1} + w_6\, \mathrm{out}_{h2} + b_2 \\
# \mathrm{net}_{h2} &= w_3 i_1 + w_4 i_2 + b_1 &
#   \qquad \mathrm{net}_{o2} &= w_7\, \mathrm{out}_{h1} + w_8\, \mathrm{out}_{h2} + b_2 \\
# \mathrm{out} &= \sigma(\mathrm{net}) = \frac{1}{1 + e^{-\mathrm{net}}} &&\text{for each of the four,}
# \end{aligned}
# $$
#
# and the error is half the squared distance from the targets 0.01 and 0.99, $E = E_{o1} + E_{o2}$:
#
# $$ E_{o1} = \tfrac12 (0.01 - \mathrm{out}_{o1})^2, \qquad E_{o2} = \tfrac12 (0.99 - \mathrm{out}_{o2})^2 . $$
#
# The biases are not trained, so only the eight weights ask for a gradient. `ag.tape()` keeps each value and the line
# that made it: all that follows reads from there.

# %%
i1, i2 = ag.Tensor(0.05, name="i1"), ag.Tensor(0.10, name="i2")
b1, b2 = ag.Tensor(0.35, name="b1"), ag.Tensor(0.60, name="b2")
weights = [
    ag.Tensor(value, requires_grad=True, name=f"w{k}")
    for k, value in enumerate([0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55], start=1)
]
w1, w2, w3, w4, w5, w6, w7, w8 = weights

with ag.tape() as tape:
    net_h1 = w1 * i1 + w2 * i2 + b1
    out_h1 = ag.sigmoid(net_h1)
    net_h2 = w3 * i1 + w4 * i2 + b1
    out_h2 = ag.sigmoid(net_h2)
    net_o1 = w5 * out_h1 + w6 * out_h2 + b2
    out_o1 = ag.sigmoid(net_o1)
    net_o2 = w7 * out_h1 + w8 * out_h2 + b2
    out_o2 = ag.sigmoid(net_o2)
    E_o1 = 0.5 * (0.01 - out_o1) ** 2
    E_o2 = 0.5 * (0.99 - out_o2) ** 2
    E = E_o1 + E_o2

# names for the picture
recorded = (net_h1, out_h1, net_h2, out_h2, net_o1, out_o1, net_o2, out_o2, E_o1, E_o2, E)
names = "net_h1 out_h1 net_h2 out_h2 net_o1 out_o1 net_o2 out_o2 E_o1 E_o2 E"
for tensor, name in zip(recorded, names.split(), strict=True):
    tensor.name = name


# %%
def compare(rows):
    """A line for each (name, printed, computed); a printed number must be right to its last digit."""
    print(f"{'':17}{'printed':>13}  {'computed':>14}")
    for name, printed, computed in rows:
        decimals = len(printed.partition(".")[2])
        print(f"{name:17}{printed:>13}  {float(computed):14.11f}")
        assert abs(float(computed) - float(printed)) <= 0.5 * 10.0**-decimals + 1e-15, name


compare(
    [
        ("net_h1", "0.3775", net_h1),
        ("out_h1", "0.593269992", out_h1),
        ("out_h2", "0.596884378", out_h2),
        ("net_o1", "1.105905967", net_o1),
        ("out_o1", "0.751365070", out_o1),
        ("out_o2", "0.772928465", out_o2),
        ("E_o1", "0.274811083", E_o1),
        ("E_o2", "0.023560026", E_o2),
        ("E", "0.298371109", E),
    ]
)

# %% [markdown]
# All agree. The graph that these lines recorded, with the true gradient of $E$ under each value:

# %%
E.backward()
ag.draw(tape, rankdir="TB")

# %% [markdown]
# ## 2. The output layer: one path
#
# How does $w_5$ move the error? Only through $\mathrm{net}_{o1}$, and that only through $\mathrm{out}_{o1}$. The
# chain rule multiplies the three links:
#
# $$
# \frac{\partial E}{\partial w_5}
#   = \frac{\partial E}{\partial \mathrm{out}_{o1}} \cdot \frac{\partial \mathrm{out}_{o1}}{\partial \mathrm{net}_{o1}}
#    \cdot \frac{\partial \mathrm{net}_{o1}}{\partial w_5} .
# $$
#
# * The ½ and the square cancel: $\partial E/\partial \mathrm{out}_{o1} = -(0.01 - \mathrm{out}_{o1}) =
#   \mathrm{out}_{o1} - 0.01$. The second error, $E_{o2}$, does not contain $\mathrm{out}_{o1}$ and is gone: $\partial
#   E/\partial w_5 = \partial E_{o1}/\partial w_5$.
# * The logistic function's derivative needs no new exponential: it is $\mathrm{out}\,(1 - \mathrm{out})$.
# * $\mathrm{net}_{o1}$ is linear in $w_5$; its slope is what $w_5$ multiplies, $\mathrm{out}_{h1}$.
#
# `ag.explain` writes out the same from the recorded graph: in symbols, in local derivatives, in numbers.

# %%
explained = ag.explain(E_o1, w5)
explained

# %%
compare(
    [
        ("∂E/∂out_o1", "0.741365070", out_o1 - 0.01),
        ("∂out_o1/∂net_o1", "0.186815602", out_o1 * (1 - out_o1)),
        ("∂net_o1/∂w5", "0.593269992", out_h1),
        ("∂E/∂w5", "0.082167041", explained.value),
    ]
)

# %% [markdown]
# ### The delta rule
#
# The first two factors do not depend on which weight of $o1$ is asked for. They get a name of their own, $\delta$:
#
# $$
# \delta_{o1} = \frac{\partial E}{\partial \mathrm{net}_{o1}} = (\mathrm{out}_{o1} - 0.01)\;
#   \mathrm{out}_{o1} (1 - \mathrm{out}_{o1}),
# \qquad \frac{\partial E}{\partial w_5} = \delta_{o1}\, \mathrm{out}_{h1},
# \qquad \frac{\partial E}{\partial w_6} = \delta_{o1}\, \mathrm{out}_{h2} .
# $$
#
# One δ for each neuron, and each weight's gradient is the δ at its head times the value at its tail. That is the
# whole economy of backpropagation: a δ is computed once and used by every weight that ends there.

# %%
delta_o1 = (out_o1 - 0.01) * out_o1 * (1 - out_o1)
delta_o2 = (out_o2 - 0.99) * out_o2 * (1 - out_o2)
compare(
    [
        ("δ_o1", "0.138498562", delta_o1),
        ("∂E/∂w5", "0.082167041", delta_o1 * out_h1),
        ("∂E/∂w6", "0.082667628", delta_o1 * out_h2),
        ("∂E/∂w7", "-0.022602540", delta_o2 * out_h1),
        ("∂E/∂w8", "-0.022740242", delta_o2 * out_h2),
    ]
)

# %% [markdown]
# ## 3. The hidden layer: two paths
#
# $w_1$ reaches the error through $\mathrm{out}_{h1}$, and $\mathrm{out}_{h1}$ goes into *both* outputs. Where paths
# part on the way forward, their contributions are added on the way back:
#
# $$
# \frac{\partial E}{\partial \mathrm{out}_{h1}}
#   = \underbrace{\frac{\partial E_{o1}}{\partial \mathrm{out}_{h1}}}_{\delta_{o1} w_5}
#   + \underbrace{\frac{\partial E_{o2}}{\partial \mathrm{out}_{h1}}}_{\delta_{o2} w_7}
# $$
#
# %%
through_o1 = ag.explain(E_o1, out_h1)
through_o1

# %%
through_o2 = ag.explain(E_o2, out_h1)
through_o2

# %%
compare(
    [
        ("∂E_o1/∂out_h1", "0.055399425", through_o1.value),
        ("∂E/∂out_h1", "0.036350306", through_o1.value + through_o2.value),
    ]
)

# %% [markdown]
# ### Two slips of the pen
#
# The text announces the second part as $\partial E_{o2}/\partial \mathrm{out}_{o1}$. That is a misprint for $\partial
# E_{o2}/\partial \mathrm{out}_{h1}$: $E_{o2}$ does not contain $\mathrm{out}_{o1}$, and the derivative would be 0.
#
# And its value is missing from the table above. The text prints −0.019049119, while the true number, −0.01904911826…,
# rounds to −0.019049118. A check “to the digits given” does not let that pass:

# %%
report = ag.check_by_hand(E_o2, {net_o2: "-0.038098237", out_h1: "-0.019049119"})
report

# %% [markdown]
# The step is right, and the last digit is lost to rounding: −0.038098237 · 0.50 = −0.0190491185, half-way between two
# nine-digit numbers, while the full $\delta_{o2}$ = −0.03809823651… lies on the other side. (In the sum $\partial
# E/\partial \mathrm{out}_{h1}$ this happens to cancel against the rounding of the first part.)

# %%
assert f"{through_o2.value:.9f}" == "-0.019049118"
assert [row.ok for row in report.rows] == [True, False]
assert report["out_h1"].step_ok and report["out_h1"].mistake.key == "rounded-too-early"

# %% [markdown]
# From $\mathrm{out}_{h1}$ on there is one path only. So $w_1$ gets
#
# $$
# \frac{\partial E}{\partial w_1} = \Big( \sum_{o} \delta_o\, w_{h1 \to o} \Big)\;
#   \mathrm{out}_{h1} (1 - \mathrm{out}_{h1})\; i_1
#   = \delta_{h1}\, i_1 .
# $$

# %%
ag.explain(E, w1, form="paths")

# %% [markdown]
# Both paths share their last factors. Nobody writes them twice: going down from $E$, each δ is finished before it is
# used. This *adjoint form* is the delta rule for a hidden neuron. Its length grows with the number of neurons, while
# the number of paths multiplies with every layer.

# %%
ag.explain(E, w1)

# %% [markdown]
# ## 4. All published derivatives, checked
#
# A number in quotes means “to the digits given”. Inner values go in too: with them each step is judged twice, is the
# value right, and does it follow from the values nearer to the error. The last column says that finite differences,
# which know nothing of any rule, agree with the library.

# %%
published = {
    out_o1: "0.741365070",
    net_o1: "0.138498562",
    out_h1: "0.036350306",
    w1: "0.000438568",
    w2: "0.000877135",
    w3: "0.000497713",
    w4: "0.000995425",
    w5: "0.082167041",
    w6: "0.082667628",
    w7: "-0.022602540",
    w8: "-0.022740242",
}
report = ag.check_by_hand(E, published)
assert report.ok
report

# %% [markdown]
# ## 5. One step, and a number that does not fit
#
# Gradient descent with the learning rate $\eta = 0.5$ takes each weight to $w - \eta\, \partial E/\partial w$. The
# text is explicit about the hidden layer:
#
# > 当我们继续下面的反向传输算法时，我们使用初始权重，而不是更新过的权重。
# >
# > *When we go on with the backpropagation below, we use the original weights, not the updated ones.*

# %%
stepped = [w.item() - 0.5 * float(w.grad) for w in weights]
printed = """
    0.149780716  0.199561432  0.249751144  0.299502287
    0.358916480  0.408666186  0.511301270  0.561370121
"""
names = [f"w{k} after" for k in range(1, 9)]
compare(zip(names, printed.split(), stepped, strict=True))

# %% [markdown]
# All eight weights agree with the method. Now the error with these weights. As matrices the network is two lines:

# %%
inputs, targets, biases = np.array([0.05, 0.10]), np.array([0.01, 0.99]), (0.35, 0.60)


def sigmoid(net):
    return 1 / (1 + np.exp(-net))


def run(W1, W2):
    """The outputs of the hidden layer and of the output layer, and the error."""
    hidden = sigmoid(W1 @ inputs + biases[0])
    output = sigmoid(W2 @ hidden + biases[1])
    return hidden, output, 0.5 * np.sum((targets - output) ** 2)


def matrices(values):
    """W1 = [[w1, w2], [w3, w4]] and W2 = [[w5, w6], [w7, w8]]."""
    return np.reshape(values[:4], (2, 2)), np.reshape(values[4:], (2, 2))


E_after = run(*matrices(stepped))[2]
print(f"E after one step   the text: 0.291027924   computed: {E_after:.9f}")
assert f"{E_after:.9f}" == "0.291027774"

# %% [markdown]
# The seventh decimal differs. That is no rounding: up to here nine decimals were right, with the one ninth decimal
# excepted. The printed error belongs to *other weights* than the printed ones.
#
# ## 6. Which mistake gives 0.291027924?
#
# The suspect is the very thing that the text warns of. A program that updates the output layer first, in place, and
# then goes on to the hidden layer computes
#
# $$
# \frac{\partial E}{\partial \mathrm{out}_{h1}} \stackrel{?}{=} \delta_{o1}\, w_5^{+} + \delta_{o2}\, w_7^{+},
# \qquad w^{+} = w - \eta\, \frac{\partial E}{\partial w} .
# $$
#
# One keyword makes the difference:


# %%
def step(W1, W2, updated_too_early=False):
    """Both matrices after one step of gradient descent by the delta rule."""
    hidden, output, _ = run(W1, W2)
    delta_o = (output - targets) * output * (1 - output)
    W2_after = W2 - 0.5 * np.outer(delta_o, hidden)
    delta_h = (W2_after if updated_too_early else W2).T @ delta_o * hidden * (1 - hidden)
    return W1 - 0.5 * np.outer(delta_h, inputs), W2_after


start = matrices([w.item() for w in weights])
as_said = step(*start)
as_done = step(*start, updated_too_early=True)
print("E after one step   the text:              0.291027924")
print(f"                   original w5 … w8:      {run(*as_said)[2]:.9f}")
print(f"                   updated w5 … w8:       {run(*as_done)[2]:.9f}")
assert np.allclose(np.concatenate([W.ravel() for W in as_said]), stepped, rtol=0, atol=1e-15)
assert f"{run(*as_done)[2]:.9f}" == "0.291027924"

# %% [markdown]
# There it is, digit for digit. Whoever made the figures described the right method, printed the right weights, and
# ran a program with this mistake.
#
# Would `check_by_hand` have found it? Suppose a learner hands in that program's gradients of the hidden weights,
# beside the right ones of the output layer. From the learning rate it works out the updated weights, and tries
# whether they explain the numbers.

# %%
early = (start[0] - as_done[0]) / 0.5  # what that program takes for ∂E/∂w1 … ∂E/∂w4
by_hand = dict(zip([w1, w2, w3, w4], [f"{value:.9f}" for value in early.ravel()], strict=True))
by_hand |= {w: published[w] for w in (w5, w6, w7, w8)}
report = ag.check_by_hand(E, by_hand, learning_rate=0.5)
report

# %%
assert not report.ok
assert [row.name for row in report.rows if not row.ok] == ["w4", "w3", "w2", "w1"]
assert all(report[name].mistake.key == "parameters-already-updated" for name in ("w1", "w2", "w3", "w4"))

# %% [markdown]
# And if the learner hands in the *program*? `check_backward` runs the network and the program as they stand, and
# marks the line where it goes wrong. That is not the line that updates the weights, which is fine by itself, but the
# next one, which still goes by them:


# %%
def error_of(W1, W2):
    hidden = sigmoid(W1 @ inputs + biases[0])
    output = sigmoid(W2 @ hidden + biases[1])
    return 0.5 * np.sum((targets - output) ** 2)


def delta_rule_in_place(W1, W2):
    hidden = sigmoid(W1 @ inputs + biases[0])
    output = sigmoid(W2 @ hidden + biases[1])
    delta_o = (output - targets) * output * (1 - output)
    dW2 = np.outer(delta_o, hidden)
    W2 = W2 - 0.5 * dW2
    dhidden = W2.T @ delta_o
    delta_h = dhidden * hidden * (1 - hidden)
    dW1 = np.outer(delta_h, inputs)
    return dW1, dW2


report = ag.check_backward(error_of, delta_rule_in_place, *start)
report

# %%
assert report.first_wrong.source == "dhidden = W2.T @ delta_o"
assert report.first_wrong.mistake.key == "parameters-already-updated"

# %% [markdown]
# ## 7. Ten thousand steps, both ways
#
# The text closes with the figures after 10 000 steps: the error 0.000035085, the outputs 0.015912196 and 0.984065734.
# Here are both programs.

# %%
columns = {"original w5 … w8": False, "updated w5 … w8": True}
marks = (1, 10, 100, 1000, 10_000)
errors, outputs = {}, {}
for name, updated_too_early in columns.items():
    W1, W2 = start
    for count in range(1, marks[-1] + 1):
        W1, W2 = step(W1, W2, updated_too_early)
        if count in marks:
            errors[name, count] = run(W1, W2)[2]
    outputs[name] = run(W1, W2)[1]


def line(label, values, text="", decimals=10):
    """A row of the table: both programs, and what the text says."""
    print(f"{label:18}" + "".join(f"{value:20.{decimals}f}" for value in values) + f"{text:>16}")


print(" " * 18 + "".join(f"{name:>20}" for name in columns) + f"{'the text':>16}")
texts = {1: "0.291027924", 10_000: "0.000035085"}
for count in marks:
    line(f"E after {count:6}", [errors[name, count] for name in columns], texts.get(count, ""))
for k, text in enumerate(["0.015912196", "0.984065734"]):
    line(f"output o{k + 1} then", [outputs[name][k] for name in columns], text, decimals=9)

# %% [markdown]
# The column of the mistake is the published one, and the method that the text describes ends elsewhere:

# %%
as_described, as_published = columns
assert f"{errors[as_described, 10_000]:.10f}" == "0.0000351019"
assert [f"{y:.9f}" for y in outputs[as_described]] == ["0.015913620", "0.984064274"]
assert f"{errors[as_published, 10_000]:.9f}" == "0.000035085"
assert [f"{y:.9f}" for y in outputs[as_published]] == ["0.015912196", "0.984065734"]

# %% [markdown]
# The engine, which knows only the true gradient, sides with the method. The same training, with `backward` in place
# of the delta rule by hand:

# %%
W1 = ag.Tensor(start[0], requires_grad=True, name="W1")
W2 = ag.Tensor(start[1], requires_grad=True, name="W2")
for _ in range(10_000):
    output = ag.sigmoid(W2 @ ag.sigmoid(W1 @ inputs + biases[0]) + biases[1])
    error = 0.5 * ag.square(targets - output).sum()
    W1.grad = W2.grad = None
    error.backward()
    with ag.no_grad():
        W1 -= 0.5 * W1.grad
        W2 -= 0.5 * W2.grad

_, output, error = run(W1.data, W2.data)
print(f"E after 10000 steps   {error:.10f}")
print(f"outputs               {output[0]:.9f}   {output[1]:.9f}")
assert np.isclose(error, errors[as_described, 10_000], rtol=1e-9)

# %% [markdown]
# ## What to take away
#
# * A gradient belongs to *one* point. $\delta_{o}$ at the old weights times $w^{+}$ at the new ones is the gradient
#   of $E$ at neither; so compute all gradients first, then update all weights.
# * The mistake is small, of the order of $\eta$ times a gradient, and training goes on nearly as well: after 10 000
#   steps the errors differ by 5 in 10 000. Falling errors do not prove gradients right. That is why a wrong figure
#   could be copied, translated and taught for years; a comparison to the digits given shows it at once.
