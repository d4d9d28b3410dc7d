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

from . import (
    activations,
    chain,
    convolution,
    elementwise,
    loops,
    losses,
    normalization,
    paths,
    pooling,
    products,
    reductions,
    rows,
    shapes,
)

__all__ = ["BY_KEY", "CATALOGUE", "Entry"]


class Entry:
    """One classic mistake.

    key : short name, what ``row.mistake.key`` is
    name : what it is called
    formula : what it does to the formula
    find : functions ``find(site)`` that yield the alterations at a ``Site``
    at_rows : functions ``find(target)`` that yield those of a whole gradient that the learner gave, at a ``Target``
    together : how the explanation of several at once begins
    """

    __slots__ = ("key", "name", "formula", "find", "at_rows", "together")

    def __init__(self, key, name, formula, *find, at_rows=(), together=""):
        self.key, self.name, self.formula, self.find, self.together = key, name, formula, find, together
        self.at_rows = at_rows

    def alterations(self, site):
        """Every way to make this mistake at a node."""
        return self._placed(self.find, site)

    def alterations_of_row(self, target):
        """Every way to make this mistake with a gradient as a whole."""
        return self._placed(self.at_rows, target)

    def _placed(self, functions, place):
        for find in functions:
            for alteration in find(place):
                alteration.mistake, alteration.node = self, alteration.node or place.node
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
    Entry("factor", "constant factor", "c · δ in place of δ", elementwise.factor, at_rows=(rows.constant,)),
    Entry(
        "activation-left-out",
        "activation's derivative left out",
        "δ_net = δ_out in place of δ_out · f′(net)",
        activations.left_out,
    ),
    Entry(
        "activation-at-output",
        "activation's derivative at the wrong place",
        "f′(f(net)) in place of f′(net)",
        activations.at_output,
    ),
    Entry(
        "statistics-held-constant",
        "batch statistics held constant",
        "γ δ / σ in place of the derivative through μ and σ too",
        normalization.statistics_constant,
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
        shapes.cropped_elsewhere,
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
        chain.factors_exchanged,
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
        losses.written_softmax,
        losses.folded_diagonal,
    ),
    Entry(
        "softmax-left-out",
        "softmax left out",
        "x − t in place of softmax(x) − t",
        losses.softmax_left_out,
        losses.folded_left_out,
    ),
    Entry(
        "softmax-twice",
        "softmax applied twice",
        "softmax(softmax(x)) − t in place of softmax(x) − t",
        losses.softmax_twice,
        losses.folded_twice,
    ),
    Entry(
        "other-activation",
        "derivative of another activation",
        "h′(net) in place of f′(net)",
        activations.other_activation,
    ),
    Entry(
        "wrong-derivative",
        "another function for the derivative",
        "f(net), 1 + y², tan′(net) … in place of f′(net)",
        activations.wrong_derivative,
        activations.wrong_function,
        activations.wrong_quotient,
        reductions.spread_parts,
        pooling.value_for_one,
    ),
    Entry("mask-forgotten", "mask of the dropout forgotten", "δ in place of δ · mask", chain.mask_forgotten),
    Entry("weight-left-out", "factor left out of the chain", "δ in place of δ · w", chain.weight_left_out),
    Entry(
        "another-value",
        "another value in a product",
        "δ · net in place of δ · f(net)",
        chain.another_value,
    ),
    Entry("delta-ignored", "incoming δ ignored", "f′(net) in place of δ · f′(net)", chain.delta_ignored),
    Entry(
        "overwritten",
        "overwritten in place of added up",
        "“=” where “+=” was due",
        loops.overwritten,
    ),
    Entry(
        "left-early",
        "loop left early",
        "Σ over the first only in place of all of it",
        loops.left_early,
        at_rows=(rows.entries_left_out,),
    ),
    Entry(
        "bias-too-many-axes",
        "bias summed over too many axes, or the wrong one",
        "Σ over all of δ in place of its broadcast axes",
        products.too_many_axes,
        products.wrong_axis,
    ),
    Entry(
        "bias-times-input",
        "bias treated as a weight",
        "Σ δ · xᵀ in place of Σ δ",
        products.bias_times_input,
    ),
    Entry(
        "softmax-axis",
        "softmax over the wrong axis",
        "Σ over the batch in place of the classes",
        losses.wrong_axis,
        losses.folded_axis,
    ),
    Entry("scale-left-out", "scale of a normalization left out", "δ in place of γ δ", normalization.scale_left_out),
    Entry(
        "normalization-count",
        "means of a normalization over the wrong number",
        "Σ / n in place of Σ / N",
        normalization.wrong_count,
    ),
    Entry(
        "normalization-parts",
        "part of a normalization's formula wrong",
        "μ subtracted twice, σ² for σ, x for x̂ …",
        normalization.normalization_parts,
    ),
    Entry(
        "steps-exchanged",
        "stride and dilation exchanged",
        "δ at u · i in place of e · i",
        loops.steps_exchanged,
    ),
    Entry("wrong-channel", "index of the wrong channel", "x[:, 0] in place of x[:, c]", loops.wrong_channel),
    Entry(
        "counted-again",
        "counted more than once",
        "δ sent back again with all that has arrived",
        paths.counted_again,
    ),
    Entry(
        "step-for-gradient",
        "the step in place of the gradient",
        "η ∂E/∂w in place of ∂E/∂w",
        at_rows=(rows.step_for_gradient,),
    ),
    Entry(
        "another-gradient",
        "another value's gradient",
        "∂E/∂v in place of ∂E/∂w",
        chain.another_delta,
        at_rows=(rows.another_gradient,),
    ),
    Entry("paths-multiplied", "paths multiplied", "δ₁ · δ₂ in place of δ₁ + δ₂", paths.multiplied),
    Entry(
        "another-order",
        "entries in another order",
        "∂E/∂x[j, i] in place of ∂E/∂x[i, j]",
        shapes.read_in_another_order,
        shapes.blocks_exchanged,
        shapes.reshaped_back,
        reductions.not_reversed,
    ),
    Entry(
        "class-off-by-one",
        "class off by one",
        "softmax(x) − [i = t ± 1] in place of softmax(x) − [i = t]",
        losses.class_off_by_one,
    ),
    Entry(
        "argument-forgotten",
        "argument of an operation forgotten",
        "f′ without the weights, the slope, ddof … in place of f′",
        reductions.argument_forgotten,
    ),
    Entry("path-scaled", "constant factor at one path", "c · δ along one of several paths", paths.path_scaled),
    Entry("offset-by-one", "off by one", "x[i+m±1, j+n±1] in place of x[i+m, j+n]", convolution.offset_by_one),
    # These alter no rule: the comparison itself finds them.
    Entry("empty-slice", "empty slice", "dx[0:-0] in place of dx[0:n − 0]"),
    Entry("mixed-conventions", "conventions mixed", "δ per example beside δ of the mean, or of both signs"),
    Entry("rounded-too-early", "rounded too early", "inner values rounded before they are used"),
    Entry("float32-rounding", "float32 rounding", "right, but for the digits that float32 does not hold"),
)

BY_KEY = {entry.key: entry for entry in CATALOGUE}
