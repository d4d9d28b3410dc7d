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
# # 001 · A forward and backward listing, corrected
#
# *The text* has no title in the copy. It is a survey in chapters (背景介绍, 核心概念与联系, …) that promises
# “详细介绍卷积神经网络的前向传播和后向传播过程，以及相关的数学模型和算法原理” — *a detailed account of forward and
# backward propagation in convolutional networks, with the mathematical model and the principles of the algorithm*.
# Its formulas were pictures, and are lost. What remains is chapter 4, 具体代码实例和详细解释说明 (*a concrete code
# example, explained in detail*): four functions in NumPy, and lines that run them.
#
# None of the four computes what it is named after. This notebook runs each printed function and shows where it
# stops, finds out what was meant, puts a corrected function beside it, and holds the results against the engine:
#
# 1. the convolution forward,
# 2. its backward pass: by the image, and by the kernel, which the listing leaves out,
# 3. an accident of the chosen kernel that hides a mistake,
# 4. pooling forward,
# 5. pooling backward, whose rule is that of another layer.

# %%
import numpy as np

import autograd as ag

image = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
kernel = np.array([[1, 0, -1], [1, 0, -1], [1, 0, -1]])
delta = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])  # the gradient that arrives at the output

# %% [markdown]
# ## 1. Convolution, forward
#
# As printed (the copy has lost the indentation, which can go back in one sensible way only):


# %%
def printed_convolution_forward(input_image, kernel):
    output_image = np.zeros(input_image.shape)
    for i in range(input_image.shape[0]):
        for j in range(input_image.shape[1]):
            output_image[i, j] = np.sum(input_image[i : i + kernel.shape[0], j : j + kernel.shape[1]] * kernel)
    return output_image


def try_out(function, *arguments):
    """Call a printed function; if it stops, say with what, and where its loops stood."""
    try:
        print(function(*arguments))
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
        inner = error.__traceback__.tb_next
        if inner is not None:
            there = inner.tb_frame.f_locals
            print("at", ", ".join(f"{name} = {there[name]}" for name in ("i", "j", "p", "q") if name in there))
        return error


error = try_out(printed_convolution_forward, image, kernel)

# %%
assert isinstance(error, ValueError)
assert "(3,2) (3,3)" in str(error)

# %% [markdown]
# The first window fits. The second one starts in column 1 and ends beyond the image: NumPy's slice silently becomes
# 3 × 2, and the product with the 3 × 3 kernel fails. The function promises an output as large as the image
# (`np.zeros(input_image.shape)`), and that needs zeros around the image, which are nowhere added.
#
# What was meant? With $x = 0$ outside the image, there are three readings of
#
# $$
# z_{ij} = \sum_{p=0}^{2} \sum_{q=0}^{2} x_{i + p - a,\; j + q - a} \; k_{pq} :
# $$
#
# * **valid**, only where the kernel fits: $a = 0$, no padding, an output of 1 × 1;
# * **same**, with the kernel's centre on the pixel: $a = 1$, a row and a column of zeros on each side, an output of
#   3 × 3;
# * **as listed**, with the indices `i + p` and `j + q` of the code: $a = 0$, two rows of zeros below and two
#   columns to the right, an output of 3 × 3.
#
# One function does all three. It is the printed one, with the zeros put around the image first:


# %%
def convolution_forward(image, kernel, before=(0, 0), after=(0, 0)):
    """Correlate the image with the kernel, with zeros before it (above, left) and after it (below, right)."""
    padded = np.pad(image, list(zip(before, after, strict=True)))
    rows, columns = (n - k + 1 for n, k in zip(padded.shape, kernel.shape, strict=True))
    output = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            output[i, j] = np.sum(padded[i : i + kernel.shape[0], j : j + kernel.shape[1]] * kernel)
    return output


READINGS = {"valid": {}, "same": {"before": (1, 1), "after": (1, 1)}, "as listed": {"after": (2, 2)}}

outputs = {name: convolution_forward(image, kernel, **padding) for name, padding in READINGS.items()}
for name, output in outputs.items():
    print(f"{name}:\n{output}\n")

# %%
assert np.array_equal(outputs["valid"], [[-6]])
assert np.array_equal(outputs["same"], [[-7, -4, 7], [-15, -6, 15], [-13, -4, 13]])
assert np.array_equal(outputs["as listed"], [[-6, 15, 18], [-4, 13, 15], [-2, 8, 9]])

# %% [markdown]
# The same three in the engine, recorded on a tape. The graph says in a picture what the readings differ in:

# %%
x = ag.Tensor(image, requires_grad=True, dtype=float, name="x")
k = ag.Tensor(kernel, requires_grad=True, dtype=float, name="k")

with ag.tape() as tape:
    valid = ag.correlate2d(x, k, mode="valid")
    same = ag.correlate2d(x, k, mode="same")
    padded = ag.pad(x, ((0, 2), (0, 2)))
    as_listed = ag.correlate2d(padded, k, mode="valid")

for tensor, name in {valid: "valid", same: "same", as_listed: "as listed"}.items():
    assert np.array_equal(tensor.data, outputs[name])
    tensor.name = name

ag.draw(tape, show=("value",))

# %% [markdown]
# ## 2. Convolution, backward
#
# As printed:


# %%
def printed_convolution_backward(input_image, kernel, output_gradient):
    input_gradient = np.zeros(input_image.shape)
    for i in range(input_image.shape[0]):
        for j in range(input_image.shape[1]):
            for p in range(kernel.shape[0]):
                for q in range(kernel.shape[1]):
                    input_gradient[i + p, j + q] += output_gradient[i, j] * kernel[p, q]
    return input_gradient


error = try_out(printed_convolution_backward, image, kernel, delta)

# %%
assert isinstance(error, IndexError)

# %% [markdown]
# The line in the middle is right, and worth a look: output $(i, j)$ used pixel $(i + p, j + q)$ with weight
# $k_{pq}$, so $\delta_{ij}$ goes back to that pixel times that weight. It is the rule of notebook 000, read from
# the output's side. (The kernel needs no turning here: whoever *scatters* δ uses the kernel as it is. Whoever
# *gathers*, pixel by pixel, meets it rotated by 180°. Both are the same sum.)
#
# What is missing is again the padding. The products land on the *padded* image; the image's own gradient is what
# lies inside, and the rest, which would be the gradient of the zeros, is cropped:
#
# $$
# \frac{\partial E}{\partial \tilde x_{rs}} = \sum_{ij} \delta_{ij} \, k_{r-i,\,s-j}, \qquad
# \frac{\partial E}{\partial x_{rs}} = \frac{\partial E}{\partial \tilde x_{r+a,\,s+a}} .
# $$
#
# (The lines that run the listing call the array that they pass in `input_gradient`, and the result
# `output_gradient`: the two names are exchanged. What goes in is the gradient by the output.)


# %%
def convolution_backward(image, kernel, delta, before=(0, 0), after=(0, 0)):
    """The gradient by the image: scatter δ onto the padded image, then crop."""
    size = [n + b + a for n, b, a in zip(image.shape, before, after, strict=True)]
    padded_gradient = np.zeros(size)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            padded_gradient[i : i + kernel.shape[0], j : j + kernel.shape[1]] += delta[i, j] * kernel
    top, left = before
    return padded_gradient[top : top + image.shape[0], left : left + image.shape[1]]


input_gradient_same = convolution_backward(image, kernel, delta, **READINGS["same"])
input_gradient_listed = convolution_backward(image, kernel, delta, **READINGS["as listed"])
print("same:", input_gradient_same, "", "as listed:", input_gradient_listed, sep="\n")

assert np.array_equal(input_gradient_same, [[7, 4, -7], [15, 6, -15], [13, 4, -13]])
assert np.array_equal(input_gradient_listed, [[1, 2, 2], [5, 7, 4], [12, 15, 6]])

# %% [markdown]
# The listing has no gradient by the kernel, without which nothing is learnt. $k_{pq}$ met pixel $(i + p, j + q)$ at
# every output:
#
# $$
# \frac{\partial E}{\partial k_{pq}} = \sum_{ij} \delta_{ij} \; \tilde x_{i+p,\,j+q} ,
# $$
#
# the correlation of the padded image with δ, which is the forward function once more:

# %%
kernel_gradient_listed = convolution_forward(image, delta, **READINGS["as listed"])
print(kernel_gradient_listed)
assert np.array_equal(kernel_gradient_listed, [[285, 186, 90], [154, 94, 42], [50, 26, 9]])

# %% [markdown]
# `check_by_hand` holds both against the engine, which has derived them from the recorded graph on its own, and
# holds the engine against finite differences in the last column:

# %%
report = ag.check_by_hand(
    as_listed,
    {x: input_gradient_listed, k: kernel_gradient_listed},
    gradient=delta,
)
report

# %%
assert report.ok
assert ag.check_by_hand(same, {x: input_gradient_same}, gradient=delta).ok

# %% [markdown]
# One entry of each, term by term. `explain` calls the gradient that arrives $G$, and the error $L$.

# %%
ag.explain(same, x, at=(0, 1), gradient=delta)

# %%
ag.explain(as_listed, k, at=(1, 1), gradient=delta)

# %% [markdown]
# ### The repair that suggests itself, and what it lacks
#
# Whoever meets the IndexError makes the array larger. Then the loop runs through, and returns 5 × 5 numbers for a 3
# × 3 image:


# %%
def enlarged_backward(image, kernel, delta):
    gradient = np.zeros((image.shape[0] + 2, image.shape[1] + 2))  # so that i + p fits
    for i, j, p, q in np.ndindex(*delta.shape, *kernel.shape):
        gradient[i + p, j + q] += delta[i, j] * kernel[p, q]
    return gradient


report = ag.check_by_hand(same, {x: enlarged_backward(image, kernel, delta)}, gradient=delta)
report

# %%
assert report["x"].mistake.key == "padding-not-cropped"

# %% [markdown]
# Cropped at the wrong side, the shape is right and the numbers are those of another reading: the listing's indices
# on the way back do not go with a *same* correlation on the way forward.

# %%
report = ag.check_by_hand(same, {x: input_gradient_listed}, gradient=delta)
report

# %%
assert report["x"].mistake.key == "padding-not-cropped"

# %% [markdown]
# Which *line* is it? `check_backward` takes the two functions as they stand. It runs the first one on its own
# arrays and records it, runs the second one line by line, and holds each array that comes about there against the
# gradient that it should be. Here is the listing with that repair:


# %%
def same_forward(image, kernel):
    return convolution_forward(image, kernel, before=(1, 1), after=(1, 1))


def repaired_backward(image, kernel, output_gradient):
    input_gradient = np.zeros((image.shape[0] + 2, image.shape[1] + 2))
    for i, j, p, q in np.ndindex(*output_gradient.shape, *kernel.shape):
        input_gradient[i + p, j + q] += output_gradient[i, j] * kernel[p, q]
    return input_gradient[: image.shape[0], : image.shape[1]]


report = ag.check_backward(
    same_forward, repaired_backward, image.astype(float), kernel.astype(float), gradient=delta, wrt="image"
)
report

# %% [markdown]
# The sum in the loop is right: it is the gradient of the padded image. The last line cuts the wrong rows and columns
# out of it.

# %%
assert report.first_wrong.source == "return input_gradient[: image.shape[0], : image.shape[1]]"

# %% [markdown]
# ## 3. A kernel that hides a mistake
#
# Turned by 180°, the listing's kernel is its own negative: $\operatorname{rot180}(k) = -k$. And the arriving
# gradient has the same entries as the image. So the gradient by the image is just minus the forward result, and a
# missing rotation cannot be told from a wrong sign. Handed such numbers, the check can only name the likelier of
# the two:

# %%
assert np.array_equal(kernel[::-1, ::-1], -kernel)
assert np.array_equal(input_gradient_same, -same.data)

report = ag.check_by_hand(same, {x: -input_gradient_same}, gradient=delta)
report

# %%
assert report["x"].mistake.key == "kernel-not-rotated"

turned_kernel = convolution_backward(image, kernel[::-1, ::-1], delta, (1, 1), (1, 1))
minus_sign = -convolution_backward(image, kernel, delta, (1, 1), (1, 1))
assert np.array_equal(turned_kernel, minus_sign)

# %% [markdown]
# Who tests a backward pass should take a kernel without symmetry. Nine different numbers will do, and then the two
# mistakes part:

# %%
crooked = np.array([[2, 7, -1], [0, 3, 5], [-4, 1, 6]])
k2 = ag.Tensor(crooked, requires_grad=True, dtype=float, name="k2")
with ag.tape():
    y = ag.correlate2d(x, k2, mode="same")

right = convolution_backward(image, crooked, delta, (1, 1), (1, 1))
turned = convolution_backward(image, crooked[::-1, ::-1], delta, (1, 1), (1, 1))

for derived, by_hand in {"as it should be": right, "kernel turned": turned, "sign changed": -right}.items():
    row = ag.check_by_hand(y, {x: by_hand}, gradient=delta)["x"]
    print(f"{derived}: {row.mistake.key if row.mistake else row.verdict}")

# %% [markdown]
# ## 4. Pooling, forward
#
# As printed:


# %%
def printed_pooling_forward(input_image, pool_size, stride, padding):
    output_image = np.zeros(input_image.shape)
    for i in range(input_image.shape[0]):
        for j in range(input_image.shape[1]):
            output_image[i // stride, j // stride] = np.max(input_image[i : i + pool_size, j : j + pool_size])
    return output_image


printed = printed_pooling_forward(image, 2, 2, 0)
print(printed)
assert np.array_equal(printed, [[9, 9, 0], [9, 9, 0], [0, 0, 0]])

# %% [markdown]
# This one runs, which is worse. The loops visit *every* pixel instead of every `stride`-th, and divide afterwards:
# the four places $(0,0), (0,1), (1,0), (1,1)$ all write to output $(0, 0)$, and the last to come wins.

# %%
for i, j in np.ndindex(3, 3):
    value = np.max(image[i : i + 2, j : j + 2])
    note = "where a window starts" if i % 2 == j % 2 == 0 else "overwrites what stood there"
    print(f"i = {i}, j = {j}: output[{i // 2}, {j // 2}] = {value}   {note}")

# %% [markdown]
# The output keeps the size of the image besides, so the result is framed with zeros, and `padding` is never used.
# What a pooling has to do is step by the stride. Where windows do not fit evenly there are two conventions: leave
# out what hangs over (⌊ ⌋, the default everywhere) or pool what is there (⌈ ⌉, “ceil mode”).


# %%
def pooling_windows(shape, size, stride, ceil_mode=False):
    """(output index, the slices of its window) of every window; those that hang over are cut off."""
    starts = [range(0, min(n, n - size + stride) if ceil_mode else n - size + 1, stride) for n in shape]
    for i, row in enumerate(starts[0]):
        for j, column in enumerate(starts[1]):
            yield (i, j), (slice(row, row + size), slice(column, column + size))


def pooling_forward(image, size, stride, ceil_mode=False):
    maxima = {at: image[window].max() for at, window in pooling_windows(image.shape, size, stride, ceil_mode)}
    rows, columns = np.max(list(maxima), axis=0) + 1
    return np.array(list(maxima.values())).reshape(rows, columns)


print(pooling_forward(image, 2, 2))
print(pooling_forward(image, 2, 2, ceil_mode=True))
assert np.array_equal(pooling_forward(image, 2, 2), [[5]])
assert np.array_equal(pooling_forward(image, 2, 2, ceil_mode=True), [[5, 6], [8, 9]])

# %% [markdown]
# The engine agrees, for other sizes and strides too:

# %%
rng = np.random.default_rng(1)
for size, stride, ceil_mode in [(2, 2, False), (2, 2, True), (3, 2, False), (3, 2, True), (3, 1, False), (2, 1, True)]:
    larger = rng.permutation(56).reshape(7, 8).astype(float)
    expected = ag.max_pool2d(larger[None, None], size, stride=stride, ceil_mode=ceil_mode)[0, 0]
    assert np.array_equal(pooling_forward(larger, size, stride, ceil_mode), expected)

# %% [markdown]
# ## 5. Pooling, backward
#
# As printed:


# %%
def printed_pooling_backward(input_image, pool_size, stride, padding):
    input_gradient = np.zeros(input_image.shape)
    for i in range(input_image.shape[0]):
        for j in range(input_image.shape[1]):
            output_gradient = np.zeros(output_image.shape)
            output_gradient[i // stride, j // stride] = 1
            input_gradient[i : i + pool_size, j : j + pool_size] += output_gradient * (1 / pool_size / pool_size)
    return input_gradient


error = try_out(printed_pooling_backward, image, 2, 2, 0)

# %%
assert isinstance(error, NameError)

# %% [markdown]
# Three things are wrong, one under the other.
#
# **A name from elsewhere.** `output_image` is no argument. Run as one script, the listing has a global variable of
# that name by then and finds it by accident. Here is what happens in that case:

# %%
output_image = printed_pooling_forward(image, 2, 2, 0)
error = try_out(printed_pooling_backward, image, 2, 2, 0)
assert isinstance(error, ValueError)

# %% [markdown]
# It still stops, at the very first window: an array as large as the output is added to a part as large as the
# window.
#
# **No incoming gradient.** The test lines prepare an `input_gradient` and never pass it: the function has no
# parameter for it, and puts a 1 instead. A backward pass without δ cannot be part of a chain.
#
# **The rule of another layer.** Each pixel of a window gets $1/k^2$. That is right where each pixel *counted* with
# $1/k^2$, in an average:
#
# $$
# z = \frac{1}{k^2} \sum_{rs} x_{rs} \;\Rightarrow\; \frac{\partial z}{\partial x_{rs}} = \frac{1}{k^2},
# \qquad\qquad
# z = \max_{rs} x_{rs} \;\Rightarrow\; \frac{\partial z}{\partial x_{rs}} =
# \begin{cases} 1 & \text{where } x_{rs} \text{ is the maximum,} \\ 0 & \text{elsewhere.} \end{cases}
# $$
#
# A maximum does not notice a small change of a pixel that is not the largest. Both rules, written out:


# %%
def average_pooling_backward(image, delta, size, stride, ceil_mode=False):
    """δ / k² to each pixel of the window: what the printed function was on its way to."""
    gradient = np.zeros(image.shape)
    for at, window in pooling_windows(image.shape, size, stride, ceil_mode):
        gradient[window] += delta[at] / size**2
    return gradient


def max_pooling_backward(image, delta, size, stride, ceil_mode=False):
    """δ to the largest pixel of the window (the first, if there are several)."""
    gradient = np.zeros(image.shape)
    for at, window in pooling_windows(image.shape, size, stride, ceil_mode):
        largest = np.unravel_index(np.argmax(image[window]), image[window].shape)
        gradient[window][largest] += delta[at]
    return gradient


delta_pool = np.array([[1.0, 2.0], [3.0, 4.0]])
by_average = average_pooling_backward(image, delta_pool, 2, 2, ceil_mode=True)
by_maximum = max_pooling_backward(image, delta_pool, 2, 2, ceil_mode=True)
print("average:", by_average, "", "maximum:", by_maximum, sep="\n")
assert np.array_equal(by_maximum, [[0, 0, 0], [0, 1, 2], [0, 3, 4]])

# %% [markdown]
# What does the engine say of the printed rule, as the gradient of a *max* pool?

# %%
pixels = ag.Tensor(image[None, None], requires_grad=True, dtype=float, name="x")
with ag.tape():
    pooled = ag.max_pool2d(pixels, 2, stride=2, ceil_mode=True)

arriving = delta_pool[None, None]
report = ag.check_by_hand(pooled, {pixels: by_average[None, None]}, gradient=arriving)
report

# %%
assert report["x"].mistake.key == "max-as-average"
assert ag.check_by_hand(pooled, {pixels: by_maximum[None, None]}, gradient=arriving).ok
assert np.array_equal(pooled.data[0, 0], [[5, 6], [8, 9]])

# %% [markdown]
# The check names it: *max pool treated as an average pool*. And `explain` says of a pixel which window it won, or
# that it lost everywhere:

# %%
ag.explain(pooled, pixels, at=(0, 0, 1, 2), gradient=arriving)

# %%
ag.explain(pooled, pixels, at=(0, 0, 0, 0), gradient=arriving)

# %% [markdown]
# And the single window without ceil mode, with the 1 that the listing puts in place of δ:

# %%
with ag.tape():
    pooled = ag.max_pool2d(pixels, 2, stride=2)

assert np.array_equal(pooled.data[0, 0], [[5]])

one = np.ones((1, 1))
for rule in (max_pooling_backward, average_pooling_backward):
    by_hand = rule(image, one, 2, 2)
    row = ag.check_by_hand(pooled, {pixels: by_hand[None, None]})["x"]
    print(by_hand, row.mistake.key if row.mistake else row.verdict, "", sep="\n")

assert row.mistake.key == "max-as-average"

# %% [markdown]
# ## What was wrong with the listing
#
# | function | what it does | what it should do |
# |---|---|---|
# | `convolution_forward` | stops at $i = 0, j = 1$: 3 × 2 against 3 × 3 | put zeros around the image |
# | `convolution_backward` | stops at $i = 0, j = 1, p = 0, q = 2$: index 3 of 3 | scatter onto the padded image, crop |
# | — | has no gradient by the kernel | correlate the padded image with δ |
# | `pooling_forward` | visits every pixel; later windows overwrite earlier ones | visit every stride-th |
# | `pooling_backward` | undefined name; shapes that do not fit; no δ; $1/k^2$ | send δ to the maximum |
