"""The words in which an operation says what it does: checks, explanations and pictures go by them, not by its name.

A declaration has one ``kind``, any number of ``traits``, and says which of its parameters is what::

    operation("max_pool2d", …, kind="pooling", traits=["largest"], arguments={"window": "kernel_size"})

``operation.traits`` is the set of the kind and the traits, ``operation.arguments`` the mapping. A new word is a line
here, and means the same wherever it is used, in an operation of yours as in those of the library.
"""

from typing import NamedTuple

KINDS = {
    "elementwise": "an entry of the result depends on the entries at its place, of inputs that broadcast",
    "activation": "the same, and what a layer of a network ends with",
    "softmax": "positive numbers that add up to 1 along an axis, or their logarithms",
    "reduction": "many entries become one, along axes",
    "cumulative": "running sums and their like, along an axis",
    "shape": "the same entries at other places, several times, or between new ones",
    "gather": "picks entries by their positions",
    "scatter": "puts entries at positions",
    "contraction": "sums of products over shared axes: products of matrices and tensors",
    "linalg": "other functions of a matrix: its trace, its diagonal, its triangles",
    "convolution": "a kernel slides over the input",
    "pooling": "a window slides over the input, and each place of it becomes one number",
    "normalization": "shifted and scaled by the input's own statistics, or by given ones",
    "dropout": "entries set to 0 at random",
    "loss": "how far predictions are from targets",
}
"""What an operation is; each has one of these."""

ENTRYWISE = {"elementwise", "activation"}
"""Of these kinds is what works entry by entry."""

TRAITS = {
    "alias": "its value under a new node: what stands for a leaf on a tape",
    "sums": "adds its inputs, or the entries that it reduces",
    "subtracts": "its second input from the first",
    "multiplies": "its inputs with each other, or the entries that it reduces",
    "divides": "its first input by the second",
    "raises": "its first input to the power of the second",
    "averages": "the entries that it reduces",
    "largest": "picks the largest of the entries, and the gradient goes there",
    "smallest": "picks the smallest of the entries, and the gradient goes there",
    "transposes": "exchanges axes",
    "converts": "gives its input another dtype; as integers or bools it has no gradient",
    "flips": "turns its kernel round on every axis before it slides",
    "matrix product": "rows of the first input times columns of the second",
    "classes": "the second axis of its input, or the only one, holds the classes",
    "logarithms": "of the probabilities that it would give otherwise",
    "random": "its value depends on numbers that were drawn; its parts hold them fixed",
    "implicit": "its result solves equations, and so does its derivative, which has no formula entry by entry",
    "rectifies": "entries above 0 pass as they are, and so does their gradient; of others both become 0",
    "common": "an activation that is often mistaken for another one",
    "1-D": "slides over rows",
    "2-D": "slides over pictures",
    "3-D": "slides over volumes",
    "companion": "it is there as the gradient of another operation",
}
"""What else can be said of it."""

ARGUMENTS = {
    "axis": "the axes along which it works",
    "index": "the positions that it reads or writes",
    "mask": "which entries pass",
    "window": "the lengths of the window that slides",
    "winners": "which entry of each window was picked",
    "weight": "the input that multiplies: a matrix, kernels, a scale",
    "bias": "the input that is added at the end",
    "mean": "the mean that is subtracted; None for the input's own",
    "var": "the variance that is divided by; None for the input's own",
    "target": "what a loss compares with",
    "reduction": 'of a loss: "mean", "sum" or "none"',
}
"""What a parameter or an auxiliary may be. One that bears such a name is taken for it without more ado."""

INPUTS = ("weight", "bias")
"""Those that are differentiable inputs; the others are static arguments, auxiliaries, or inputs of any sort."""


class Factor(NamedTuple):
    """A constant that an operation puts into its gradient, and that is left out by mistake.

    value : the number
    name : "the 1/N of the mean in {at}"; ``{at}`` becomes the place in the graph
    note : what is added to a sentence about it, " (N = 12)"
    """

    value: float
    name: str
    note: str = ""


def checked(operation, kind, traits, arguments):
    """(the set of kind and traits, {word: name} of the arguments), or an error that names the words there are."""
    if isinstance(traits, str):
        raise TypeError(f"operation {operation.name!r}: traits is a list of words\n  given: {traits!r}")
    for what, given, known in (("kind", [kind], KINDS), ("trait", traits, TRAITS), ("argument", arguments, ARGUMENTS)):
        unknown = [word for word in given if word not in known]
        if unknown:
            raise ValueError(
                f"operation {operation.name!r}: no such {what}\n"
                f"  given: {', '.join(map(repr, unknown))}\n  known: {', '.join(known)}"
            )
    names = {*operation.names, *operation.auxiliaries}
    found = {word: word for word in ARGUMENTS if word in (operation.inputs if word in INPUTS else names)}
    for word, name in dict(arguments).items():
        if name not in names:
            raise ValueError(
                f"operation {operation.name!r}: the argument that is the {word} is none of its own\n"
                f"  given: {name!r}\n  its arguments: {', '.join(sorted(names))}"
            )
        found[word] = name
    return frozenset({kind, *traits}), found
