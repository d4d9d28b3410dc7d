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
# # 006 · What a conv layer sees
#
# A net that reads digits right has learnt something. What? Six ways to look inside, each with the question that it
# answers and the one that it does not. Most are one backward pass: not to the weights this time, but to the *image*.
# We
#
# 1. train a small net, as in notebook 005;
# 2. look at its kernels, and at the maps that they make of a digit;
# 3. work out how large a piece of the image a unit can see at all, and read it off a gradient;
# 4. derive the gradient of a score by the image, get it wrong once, and look at it;
# 5. hold it against the score: what adds up to what;
# 6. cover pieces of the image, and see what the net misses;
# 7. look for the image that a unit likes best.

# %%
from collections import OrderedDict

import matplotlib.pyplot as plt
import numpy as np

import autograd as ag
import nn

# %% [markdown]
# ## 1. A small net
#
# Three convolutions, each with a ReLU; a max pool after the second; a linear layer. `features` are the convolutions,
# `scores` is all of it.

# %%
nn.manual_seed(1)
kinds = {"dtype": np.float64}
features = nn.Sequential(
    OrderedDict(
        conv1=nn.Conv2d(1, 8, 3, padding=1, **kinds),
        relu1=nn.ReLU(),
        conv2=nn.Conv2d(8, 16, 3, padding=1, **kinds),
        relu2=nn.ReLU(),
        pool=nn.MaxPool2d(2),
        conv3=nn.Conv2d(16, 16, 3, padding=1, **kinds),
        relu3=nn.ReLU(),
    )
)
scores = nn.Sequential(features, nn.Flatten(), nn.Linear(16 * 4 * 4, 10, **kinds))

images, labels = nn.data.load_digits()
images = images.astype(np.float64)
order = np.random.default_rng(0).permutation(len(images))
test, train = order[:360], order[360:]
loader = nn.data.DataLoader((images[train], labels[train]), batch_size=32, shuffle=True, seed=0)
optimizer = nn.optim.Adam(scores.parameters(), lr=3e-3, weight_decay=1e-4)
nn.training.fit(scores, loader, nn.CrossEntropyLoss(), optimizer, epochs=12, progress=False)

loss, accuracy = nn.training.evaluate(scores, [(images[test], labels[test])], nn.CrossEntropyLoss())
print(f"{round(360 * accuracy)} of 360 test digits right: {accuracy:.1%}")
assert accuracy > 0.96
scores.eval()
_ = scores.requires_grad_(False)  # from here on gradients by images are asked for, and none by weights

# %% [markdown]
# ## 2. Kernels and maps
#
# The first layer is the only one whose kernels can be looked at directly, for they lie on pixels. Red is positive,
# where ink raises the unit, blue is negative. Below each kernel its map of a seven, after the ReLU:


# %%
def show(ax, array, title="", limit=None, colours="RdBu_r"):
    """An array as squares: white is 0, red above, blue below."""
    limit = np.abs(array).max() if limit is None else limit
    ax.imshow(array, cmap=colours, vmin=-limit, vmax=limit)
    ax.set_title(title, fontsize=12)
    ax.set_xticks([])
    ax.set_yticks([])


def picture(ax, image, title=""):
    """An image as it is: dark on white."""
    ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
    ax.set_title(title, fontsize=12)
    ax.set_xticks([])
    ax.set_yticks([])


seven = images[test][labels[test] == 7][0]
first_maps = features.relu1(features.conv1(seven[None])).data[0]
figure, axes = plt.subplots(4, 4, figsize=(6.4, 6.6))
for n in range(8):
    row, column = 2 * (n // 4), n % 4
    show(axes[row, column], features.conv1.weight.data[n, 0], f"kernel {n}", limit=1)
    show(axes[row + 1, column], first_maps[n], limit=1.5)
figure.tight_layout()

# %% [markdown]
# They are edges and lines of several directions, nothing that looks like a digit. (Some may be idle on this digit: an
# empty map.) The kernels of later layers lie on maps and not on pixels, so pictures of their weights say little.
# Their *maps* can still be looked at. The same seven after the second convolution, 16 maps, and after the third,
# where the pool has halved them:

# %%
second_maps = features.relu2(features.conv2(ag.Tensor(first_maps[None]))).data[0]
third_maps = features(seven[None]).data[0]
figure, axes = plt.subplots(4, 9, figsize=(7.4, 3.6))
picture(axes[0, 0], seven[0], "image")
for ax in axes[1:, 0]:
    ax.axis("off")
for n in range(16):
    show(axes[n // 4, 1 + n % 4], second_maps[n], "second layer" if n == 1 else "", limit=second_maps.max())
    show(axes[n // 4, 5 + n % 4], third_maps[n], "third layer" if n == 1 else "", limit=third_maps.max())
figure.tight_layout()

# %% [markdown]
# A map tells *where* its unit has found something in this image, and not *what* it looks for. For that one has to go
# back to the image.
#
# ## 3. How much can a unit see?
#
# A unit of the first layer sees 3 × 3 pixels. One of the second sees 3 × 3 units of the first, which overlap. Let $r$
# be the width of what a unit sees, its *receptive field*, and $d$ the distance in pixels between what two neighbours
# see. In the image itself $r = d = 1$. A layer with kernels of width $f$ and stride $s$ puts together $f$ neighbours,
# of which the last is $f - 1$ steps of $d$ further:
#
# $$
# \boxed{\; r' = r + (f - 1)\, d, \qquad d' = s\, d . \;}
# $$
#
# | layer | $f$ | $s$ | $r$ | $d$ |
# |---|---|---|---|---|
# | image | | | 1 | 1 |
# | convolution 1 | 3 | 1 | 3 | 1 |
# | convolution 2 | 3 | 1 | 5 | 1 |
# | max pool | 2 | 2 | 6 | 2 |
# | convolution 3 | 3 | 1 | 6 + 2 · **2** = 10 | 2 |
#
# The classic mistake is to forget $d$: 6 + 2 = 8. Who is right? A gradient knows: what a unit does not see has the
# derivative 0. The convolutions do not care about the size of the image, so we ask a unit in the middle of a large
# one, of noise:


# %%
def seen_by(part, size=21, draws=40):
    """|∂ unit in the middle / ∂ pixel|, the mean over all channels and over images of noise."""
    noise = ag.Tensor(np.random.default_rng(0).uniform(size=(draws, 1, size, size)), requires_grad=True)
    maps = part(noise)
    middle = maps.shape[-1] // 2
    maps[:, :, middle, middle].sum().backward()
    return np.abs(noise.grad).mean(axis=(0, 1))


def width(seen):
    """How many columns have a derivative that is not 0."""
    return np.count_nonzero(seen.any(axis=0))


parts = {"convolution 1": 1, "convolution 2": 3, "max pool": 5, "convolution 3": 6}  # so many of the modules
fields = {name: seen_by(features[:count]) for name, count in parts.items()}
for name, seen in fields.items():
    print(f"{name}: {width(seen)} pixels wide")
assert [width(seen) for seen in fields.values()] == [3, 5, 6, 10]

# %%
figure, axes = plt.subplots(1, 4, figsize=(7.4, 2.3))
for ax, (name, seen) in zip(axes, fields.items(), strict=True):
    show(ax, seen[4:17, 4:17], f"{name}\n{width(seen)} × {width(seen)}")
figure.tight_layout()

# %% [markdown]
# Ten it is. And the last picture shows more than the formula: the field has no sharp border. Pixels in its middle are
# used along many paths and those at its edge along few, so a unit *can* see 10 × 10 and looks mostly at the middle.
#
# On digits of 8 × 8 a unit of the third layer sees nearly everything.
#
# ## 4. The gradient by the image
#
# Which pixels would change the score of the seven, if they changed a little? $\partial s_7/\partial x$ answers for
# all 64 at once. Down through the net, from the score $s_c = \sum W_{c\,nij}\, a^{(3)}_{nij} + b_c$ on (with
# $z^{(l)}$ what convolution $l$ gives and $a^{(l)}$ that after its ReLU):
#
# $$
# \begin{aligned}
# \frac{\partial s_c}{\partial a^{(3)}_{nij}} &= W_{c\,nij}, \qquad
# \frac{\partial s_c}{\partial z^{(l)}} = \frac{\partial s_c}{\partial a^{(l)}} \odot [z^{(l)} > 0], \\
# \frac{\partial s_c}{\partial a^{(l-1)}_{m}} &= \sum_n \frac{\partial s_c}{\partial z^{(l)}_{n}} \star
#   \operatorname{rot180}\big(K^{(l)}_{nm}\big),
# \end{aligned}
# $$
#
# where $\star$ is the *same* correlation, and between the second and the third convolution each window of the pool
# sends what arrives to its largest entry. A first version in NumPy:


# %%
def through_convolution(delta, kernels):
    """From δ (kernels, H, W) to the gradient of the maps below."""
    below = [
        sum(ag.correlate2d(d, k[m], mode="same") for d, k in zip(delta, kernels, strict=True))
        for m in range(kernels.shape[1])
    ]
    return np.stack(below)


def through_pool(delta, maps):
    """Each δ goes to the first of the largest entries in its window of 2 × 2."""
    gradient = np.zeros(maps.shape)
    for n, i, j in np.ndindex(delta.shape):
        window = maps[n, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        p, q = np.unravel_index(window.argmax(), (2, 2))
        gradient[n, 2 * i + p, 2 * j + q] = delta[n, i, j]
    return gradient


def forward(x):
    """All the values on the way, in the order in which they come about."""
    z1 = features.conv1(x)
    a1 = ag.relu(z1)
    z2 = features.conv2(a1)
    a2 = ag.relu(z2)
    pooled = ag.max_pool2d(a2, 2)
    z3 = features.conv3(pooled)
    a3 = ag.relu(z3)
    return z1, a1, z2, a2, pooled, z3, a3, scores[2](a3.reshape(1, -1))


def by_hand(values, digit, through):
    """{value: its gradient}, with a function that goes back through a convolution."""
    z1, a1, z2, a2, pooled, z3, a3, _ = values
    K2, K3 = features.conv2.weight.data, features.conv3.weight.data
    found = {a3: scores[2].weight.data[digit].reshape(16, 4, 4)}
    found[z3] = found[a3] * (z3.data[0] > 0)
    found[pooled] = through(found[z3], K3)
    found[a2] = through_pool(found[pooled], a2.data[0])
    found[z2] = found[a2] * (z2.data[0] > 0)
    found[a1] = through(found[z2], K2)
    found[z1] = found[a1] * (z1.data[0] > 0)
    found[x] = through(found[z1], features.conv1.weight.data)
    return {value: gradient[None] for value, gradient in found.items()}


x = ag.Tensor(seven[None], requires_grad=True, name="x")
with ag.tape():
    values = forward(x)
    score = values[-1][0, 7]

for value, name in zip(values, "z1 a1 z2 a2 pooled z3 a3".split(), strict=False):
    value.name = name
score.name = "s"
report = ag.check_by_hand(score, by_hand(values, 7, through_convolution), progress=False)
report

# %% [markdown]
# The kernels must be rotated on the way back (notebook 000), and were not. The picture made of it would have looked
# quite plausible. With `k[m, ::-1, ::-1]` in place of `k[m]`:

# %%
assert report["pooled"].mistake.key == "kernel-not-rotated"


def through_convolution_rotated(delta, kernels):
    return through_convolution(delta, kernels[..., ::-1, ::-1])


report = ag.check_by_hand(score, by_hand(values, 7, through_convolution_rotated), progress=False)
assert report.ok
report

# %% [markdown]
# Now three digits, each with the gradient of its own score: red where more ink would raise the score, blue where it
# would lower it.

# %%
score.backward()
digits = [images[test][labels[test] == digit][0] for digit in (7, 0, 4)]


def gradient_of(image, digit):
    """∂ score of the digit / ∂ pixels, and the score."""
    x = ag.Tensor(image[None], requires_grad=True)
    s = scores(x)[0, digit]
    s.backward()
    return x.grad[0, 0], s.item()


assert np.allclose(gradient_of(seven, 7)[0], x.grad[0, 0], rtol=0, atol=1e-12)

figure, axes = plt.subplots(2, 3, figsize=(6.4, 4.6))
for column, (image, digit) in enumerate(zip(digits, (7, 0, 4), strict=True)):
    gradient, s = gradient_of(image, digit)
    picture(axes[0, column], image[0], f"a {digit}")
    show(axes[1, column], gradient, f"∂s{'₀₁₂₃₄₅₆₇₈₉'[digit]}/∂x")
figure.tight_layout()

# %% [markdown]
# Blue where the zero has its hole: ink there would speak against a zero, although the image has none there. A
# gradient says what a *change* would do, and not what the score is made of.
#
# ## 5. What adds up to the score
#
# For that there is an exact sum. With its ReLUs and maxima as they stand for this image the net is a linear function,
# of the pixels and of the biases, and such a function is the sum of its arguments times their slopes:
#
# $$
# \boxed{\;
# s = \sum_{ij} x_{ij}\, \frac{\partial s}{\partial x_{ij}}
#   + \sum_{\text{biases}} b\, \frac{\partial s}{\partial b} . \;}
# $$

# %%
scores.requires_grad_(True)
for image, digit in zip(digits, (7, 0, 4), strict=True):
    scores.zero_grad()
    gradient, s = gradient_of(image, digit)
    of_pixels = np.sum(image[0] * gradient)
    of_biases = sum(np.sum(p.data * p.grad) for name, p in scores.named_parameters() if name.endswith("bias"))
    total = of_pixels + of_biases
    print(f"a {digit}: pixels {of_pixels:6.3f} + biases {of_biases:6.3f} = {total:6.3f}, the score {s:6.3f}")
    assert np.isclose(total, s)
_ = scores.requires_grad_(False)

# %% [markdown]
# So $x \odot \partial s/\partial x$ shares the score out among the pixels, but for the biases' part. White paper,
# where $x$ is 0, gets nothing in it, whatever the net makes of its being white.
#
# ## 6. Covering pieces
#
# The blunt question is: what if this piece were missing? A patch of 3 × 3 white pixels is laid over each place in
# turn. Where the score falls most, there was what the net needed. To first order the fall is the sum of $x\, \partial
# s/\partial x$ under the patch, and beside it stands what really happens:


# %%
def covered(image):
    """The 64 images with a patch of white around one pixel each."""
    wide = np.pad(np.repeat(image[None], 64, axis=0), ((0, 0), (0, 0), (1, 1), (1, 1)))
    for place, (i, j) in enumerate(np.ndindex(8, 8)):
        wide[place, :, i : i + 3, j : j + 3] = 0
    return wide[:, :, 1:-1, 1:-1]


figure, axes = plt.subplots(3, 4, figsize=(7.4, 6))
titles = ("image", "x · ∂s/∂x", "foretold fall", "fall when covered")
for row, (image, digit) in enumerate(zip(digits, (7, 0, 4), strict=True)):
    gradient, s = gradient_of(image, digit)
    share = image[0] * gradient
    foretold = ag.correlate2d(share, np.ones((3, 3)), mode="same")
    falls = s - scores(covered(image)).data[:, digit].reshape(8, 8)
    limit = np.abs([foretold, falls]).max()
    picture(axes[row, 0], image[0])
    show(axes[row, 1], share)
    show(axes[row, 2], foretold, limit=limit)
    show(axes[row, 3], falls, limit=limit)
    print(f"a {digit}: correlation of the two {np.corrcoef(foretold.ravel(), falls.ravel())[0, 1]:.2f}")
for ax, title in zip(axes[0], titles, strict=True):
    ax.set_title(title, fontsize=12)
figure.tight_layout()

# %% [markdown]
# For the seven and the four the two agree about *where*. With the zero any missing piece costs much, which the slopes
# did not foretell: a patch is no small change, on the way some ReLUs switch, and the slopes with them. Covering costs
# one forward pass for each place, the gradient one backward pass for all.
#
# ## 7. What a unit likes best
#
# Last the other way round: not what the net sees in an image, but which image it would like to see. Begin with grey,
# go uphill along $\partial s_c/\partial x$, keep pixels between 0 and 1. In a second row the image is smoothed a
# little after each step, so that only what many neighbouring pixels agree on can grow:


# %%
def liked(digit, smooth, steps=60, rate=0.05):
    """The image that is found uphill from grey."""
    image = np.full((1, 1, 8, 8), 0.3)
    for _ in range(steps):
        gradient, _ = gradient_of(image[0], digit)
        image = image + rate * gradient / np.abs(gradient).max()
        if smooth:
            wide = np.pad(image, ((0, 0), (0, 0), (1, 1), (1, 1)))
            around = wide[..., :-2, 1:-1] + wide[..., 2:, 1:-1] + wide[..., 1:-1, :-2] + wide[..., 1:-1, 2:]
            image = 0.9 * image + 0.1 * around / 4
        image = np.clip(image, 0, 1)
    return image


shown = (0, 1, 3, 4, 7)
figure, axes = plt.subplots(2, 5, figsize=(7.4, 3.5))
for column, digit in enumerate(shown):
    for row, smooth in enumerate((False, True)):
        image = liked(digit, smooth)
        p = nn.functional.softmax(scores(image), dim=1).data[0]
        picture(axes[row, column], image[0, 0], f"{digit}: p = {p[digit]:.2f}")
        assert p[digit] > 0.9
axes[0, 0].set_ylabel("uphill", fontsize=12)
axes[1, 0].set_ylabel("smoothed", fontsize=12)
figure.tight_layout()

# %% [markdown]
# The net is certain of all ten pictures, and a reader of few. Among all images that one could draw the digits are a
# tiny part, and the net was never told what is *no* digit: it has learnt what sets one kind apart from the others,
# and exaggerates that. A picture like these shows what a unit answers to, and not what it takes for normal.
#
# ## What to take away
#
# * A map says where, a gradient by the image says what a change would do, $x \odot \partial s/\partial x$ and the
#   biases' part add up to the score, covering says what is needed. Four questions, four pictures, and none of them
#   stands for another.
# * $r' = r + (f - 1)\, d$: later layers see more because $d$ grows, and a gradient shows how much they really use.
# * The way back to the image takes the kernels rotated. A wrong picture looks as convincing as a right one: check the
#   gradient before looking at it.
