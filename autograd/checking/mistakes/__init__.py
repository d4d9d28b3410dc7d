"""The catalogue of classic mistakes, in one table: what it is called, how it reads, where it may stand.

Each row is an ``Entry``; ``entry.alterations(site)`` gives every way in which the mistake can be
made at a node, as alterations of the walk backward. The order is that of likelihood: where two
rows explain a number equally well, the upper one is named.

A new mistake is a function in the file of its subject and a row here. The function takes a ``Site`` and
yields the ways to make the mistake there; it goes by the words of ``autograd.traits``, so that it holds for
operations of yours, and of a fused operation for each of its parts::

    def square_left_out(site):
        if site.has("reduction", "averages") and site.wants(0):
            yield replaced(0, lambda g: g, "the derivative of {at} is left out", likely=1)
"""

from . import convolution, elementwise, losses, normalization, paths, pooling, products

__all__ = ["BY_KEY", "CATALOGUE", "Entry"]


class Entry:
    """One classic mistake.

    key : short name, what ``row.mistake.key`` is
    name : what it is called
    formula : what it does to the formula
    find : functions ``find(site)`` that yield the alterations at a ``Site``
    together : how the explanation of several at once begins
    """

    __slots__ = ("key", "name", "formula", "find", "together")

    def __init__(self, key, name, formula, *find, together=""):
        self.key, self.name, self.formula, self.find, self.together = key, name, formula, find, together

    def alterations(self, site):
        """Every way to make this mistake at a node."""
        for find in self.find:
            for alteration in find(site):
                alteration.mistake, alteration.node = self, site.node
                yield alteration

    def __repr__(self):
        return f"<Entry {self.key}>"


CATALOGUE = (
    Entry(
        "parameters-already-updated",
        "parameters already updated",
        "δ computed with w − η ∂E/∂w in place of w",
        paths.already_updated,
        together="the deltas are computed with ",
    ),
    Entry("sign", "wrong sign", "−δ in place of δ", elementwise.sign),
    Entry("factor", "constant factor", "c · δ in place of δ", elementwise.factor),
    Entry(
        "activation-left-out",
        "activation's derivative left out",
        "δ_net = δ_out in place of δ_out · f′(net)",
        elementwise.left_out,
    ),
    Entry(
        "activation-at-output",
        "activation's derivative at the wrong place",
        "f′(f(net)) in place of f′(net)",
        elementwise.at_output,
    ),
    Entry(
        "one-path-only",
        "one of several paths",
        "“=” where “+=” was due",
        paths.one_path_only,
        products.one_of_batch,
        convolution.one_image_of_batch,
        pooling.one_window_only,
    ),
    Entry("kernel-not-rotated", "kernel not rotated", "δ ∗ w in place of δ ∗ rot180(w)", convolution.not_rotated),
    Entry(
        "kernel-rotated",
        "kernel rotated where it should not be",
        "rot180(∂E/∂w) in place of ∂E/∂w",
        convolution.needlessly_rotated,
    ),
    Entry(
        "stride-not-undone",
        "stride not undone",
        "δ in place of δ with u − 1 zeros between its entries",
        convolution.stride_not_undone,
    ),
    Entry(
        "padding-not-cropped",
        "padding not cropped",
        "∂E/∂(padded x) in place of ∂E/∂x",
        convolution.padding_not_cropped,
    ),
    Entry(
        "kernel-for-input",
        "kernel in place of the input",
        "Σ δ[m, n] · h in place of Σ δ[m, n] · x[i+m, j+n]",
        convolution.kernel_for_input,
    ),
    Entry(
        "exchanged",
        "input and δ exchanged",
        "Σ δ[i+m, j+n] · x[m, n] in place of Σ δ[m, n] · x[i+m, j+n]",
        convolution.exchanged,
        elementwise.factors_exchanged,
    ),
    Entry("transposed", "transposed", "(∂E/∂W)ᵀ in place of ∂E/∂W", products.transposed),
    Entry("broadcast-not-summed", "broadcast not summed", "δ in place of Σ δ", products.not_summed),
    Entry("broadcast-averaged", "broadcast averaged", "(1/N) Σ δ in place of Σ δ", products.averaged),
    Entry(
        "bias-too-few-axes",
        "bias summed over too few axes",
        "Σ over some of δ in place of all of it",
        products.too_few_axes,
    ),
    Entry(
        "max-as-average",
        "max pool treated as average pool",
        "δ/k² to each pixel in place of δ to the maximum",
        pooling.as_average,
    ),
    Entry(
        "max-to-every-tie",
        "to every tied maximum",
        "δ to each tied maximum in place of the first",
        pooling.to_every_tie,
    ),
    Entry("max-to-last", "to the last maximum", "δ to the last tied maximum in place of the first", pooling.to_last),
    Entry(
        "softmax-diagonal-only",
        "softmax's off-diagonal terms left out",
        "yᵢ (1 − yᵢ) in place of yᵢ ([i = j] − yⱼ)",
        losses.diagonal_only,
    ),
    Entry("softmax-left-out", "softmax left out", "x − t in place of softmax(x) − t", losses.softmax_left_out),
    Entry(
        "softmax-twice",
        "softmax applied twice",
        "softmax(softmax(x)) − t in place of softmax(x) − t",
        losses.softmax_twice,
    ),
    Entry(
        "statistics-held-constant",
        "batch statistics held constant",
        "γ δ / σ in place of the derivative through μ and σ too",
        normalization.statistics_constant,
    ),
    Entry(
        "other-activation",
        "derivative of another activation",
        "h′(net) in place of f′(net)",
        elementwise.other_activation,
    ),
    Entry("offset-by-one", "off by one", "x[i+m±1, j+n±1] in place of x[i+m, j+n]", convolution.offset_by_one),
    # These two alter no rule: the comparison itself finds them.
    Entry("rounded-too-early", "rounded too early", "inner values rounded before they are used"),
    Entry("float32-rounding", "float32 rounding", "right, but for the digits that float32 does not hold"),
)

BY_KEY = {entry.key: entry for entry in CATALOGUE}
