"""Declare an operation once, and everything that reads it follows.

``operation(name, forward, rules=[...], formula=..., samples=[...])`` returns a function: arrays in,
array out; Tensors in, Tensor out, recorded where a Tensor requires grad. The engine reads the rules;
gradcheck and the law tests the samples; pictures the symbol; explanations and the documentation
the formulas. There is no second place where anything about an operation is written.

A rule is the vector-Jacobian product for one input. Its arguments after the gradient ``g`` name what
is kept for it until backward::

    softsign = operation(
        "softsign", lambda x: x / (1 + abs(x)), symbol="softsign", kind="activation",
        formula=r"y = \\frac{x}{1 + |x|}",
        rules=[rule(lambda g, x: g / (1 + abs(x)) ** 2, local=r"\\frac{1}{(1 + |x|)^2}")],
        samples=[sample(reals(3, 4))],
    )

The names a rule can use: an input by its name, the result as ``y``, the shape of input ``x`` as
``x_shape``, a static argument by its name, an auxiliary by the name given in ``auxiliaries``.
Write rules with operators and other operations: the same line then runs on arrays (fast) and on
Tensors (gradients of any order).
"""

import inspect

import numpy as np

from .node import NOTHING, SEVERAL, Recordable
from .recording import function_of
from .watching import use_alias

registry: dict[str, "Operation"] = {}
"""Every declared Operation by its name."""


class Rule:
    """The gradient of one input: ``function(g, *kept)``.

    local : the local derivative as a formula in the operation's names (LaTeX), or None
    kernel : a faster function that gives the same on arrays, or None
    needs : the names after ``g``: what a node keeps for this rule. A parameter with a default is
        none: ``lambda g, _=None: g`` keeps nothing, and the walk can call it without a detour
    """

    __slots__ = ("function", "local", "needs", "pull")

    def __init__(self, function, local=None, kernel=None):
        parameters = list(inspect.signature(function).parameters.values())
        if not parameters:
            raise TypeError("rule: the function takes no gradient; write rule(lambda g, ...: ...)")
        self.function = function
        self.local = local
        self.needs = tuple(p.name for p in parameters[1:] if p.default is p.empty)
        # pull(g, kept): one calling convention for the walk, whatever the rule keeps
        function = kernel or function
        if len(self.needs) == 1 or (not self.needs and len(parameters) == 2):
            self.pull = function
        elif not self.needs:
            self.pull = lambda g, kept: function(g)
        else:
            self.pull = lambda g, kept: function(g, *kept)


rule = Rule


def pass_on(g, _=None):
    """The rule of an input whose gradient is that of the result: the plain walk need not even call it."""
    return g


class Sample:
    """Arguments to try an operation on: ``make(rng)`` returns (args, kwargs).

    differentiable : whether gradients are checked here (False at kinks, for dtype cases, …)
    smooth : whether second derivatives exist here
    """

    __slots__ = ("args", "kwargs", "differentiable", "smooth")

    def __init__(self, *args, differentiable=True, smooth=True, **kwargs):
        self.args = args
        self.kwargs = kwargs
        self.differentiable = differentiable
        self.smooth = smooth

    def make(self, rng):
        """Fresh arrays for the argument specifications; anything else stays as it is."""

        def fill(value):
            if isinstance(value, Draw):
                return value.draw(rng)
            if isinstance(value, list) and any(isinstance(item, Draw) for item in value):
                return [fill(item) for item in value]
            return value

        return [fill(value) for value in self.args], {key: fill(value) for key, value in self.kwargs.items()}

    def __repr__(self):
        parts = [repr(a) for a in self.args] + [f"{k}={v!r}" for k, v in self.kwargs.items()]
        return ", ".join(parts)


sample = Sample


class Draw:
    """A float64 array to be drawn: its shape, and how."""

    __slots__ = ("shape", "how", "label")

    def __init__(self, shape, how, label):
        self.shape = shape
        self.how = how
        self.label = label

    def draw(self, rng):
        return np.asarray(self.how(rng, self.shape), dtype=np.float64)[()]

    def __repr__(self):
        return f"{self.label}{self.shape}"


def reals(*shape, low=-2.0, high=2.0):
    """An argument drawn evenly from [low, high)."""
    return Draw(shape, lambda rng, shape: rng.uniform(low, high, shape), "reals")


def positive(*shape, low=0.3, high=2.0):
    """An argument drawn evenly from [low, high), away from 0."""
    return Draw(shape, lambda rng, shape: rng.uniform(low, high, shape), "positive")


def nonzero(*shape, low=0.3, high=2.0):
    """An argument of both signs with |x| in [low, high): away from a kink at 0."""
    return Draw(shape, lambda rng, shape: rng.uniform(low, high, shape) * rng.choice([-1.0, 1.0], shape), "nonzero")


def distinct(*shape):
    """An argument whose entries differ by at least 0.1, so that no maximum is tied or near a tie."""

    def how(rng, shape):
        n = int(np.prod(shape))
        return (rng.permutation(n) - n / 2 + 0.25).reshape(shape) * 0.1

    return Draw(shape, how, "distinct")


class Operation(Recordable):
    """What ``operation`` declared; the attributes are its arguments.

    names   : all parameters of ``forward``, in order
    inputs  : names of the differentiable ones, one rule each
    params  : names of the static arguments, with defaults where they have one
    module  : the name of the module that declared it
    and what ``Recordable`` says
    """

    __slots__ = (
        "rules", "formula", "symbol", "kind", "samples", "params", "numpy", "torch", "function", "module",
    )  # fmt: skip

    def __repr__(self):
        return f"<Operation {self.name}>"


def operation(
    name,
    forward,
    *,
    rules,
    formula,
    samples,
    doc=None,
    symbol=None,
    kind="elementwise",
    inputs=None,
    auxiliaries=(),
    reference=None,
    together=None,
    variadic=False,
    numpy=None,
    torch=None,
):
    """Declare a differentiable operation; returns the function to call.

    Parameters
    ----------
    name : its name in the registry, in errors and in pictures.
    forward : arrays in, array out. It must not write to its inputs. With ``auxiliaries`` it returns
        a tuple: the result, then one value for each auxiliary.
    rules : one ``rule`` for each differentiable input, in the order of ``inputs``.
    formula : what it computes, as LaTeX that matplotlib's mathtext can render.
    samples : ``sample(...)`` argument lists that the law tests run it on.
    doc : text of the docstring; the formula and the local derivatives are added to it.
    symbol : what pictures show (×, σ, ⋆); by default the name.
    kind : its family: "elementwise", "activation", "reduce", "shape", "index", "linalg", "signal",
        "conv", "pool", "normalization", "loss".
    inputs : names of the differentiable inputs, wherever they stand among the parameters of
        ``forward``; by default its first ones, as many as there are rules.
    auxiliaries : names of what ``forward`` returns beside the result for the rules' use. They are
        constants to the rules; if they are floats, give a ``reference``.
    reference : the same function written in other operations. It is differentiated in place of the
        rules when gradients of gradients are asked for; needed where a rule is a raw kernel.
    together : ``together(g, wanted, kept)`` gives what the rules give, where they share most of their work: a
        list with the gradient for each input, None where ``wanted`` is False for it; ``kept`` has what each
        rule keeps. The walk calls it where more than one gradient is wanted. Needs a ``reference``.
    variadic : the first parameter of ``forward`` is a sequence of inputs, which share one rule; that
        rule's first argument after ``g`` is the position ``i``.
    numpy : the function that the law tests hold the values against; by default NumPy's of that name.
    torch : ``lambda torch, *args, **kwargs`` for the comparison with PyTorch; by default PyTorch's
        function of that name. A string says why there is none.

    Examples
    --------
    >>> import autograd as ag
    >>> from autograd.extend import reals, sample
    >>> cube = ag.operation(
    ...     "cube", lambda x: x * x * x, formula=r"y = x^3",
    ...     rules=[ag.rule(lambda g, x: 3 * g * x * x, local=r"3 x^2")],
    ...     samples=[sample(reals(3))],
    ... )
    >>> x = ag.Tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> float(x.grad)
    12.0
    """
    previous = registry.get(name)
    if previous is not None and previous.function.__module__.startswith("autograd."):
        raise ValueError(f"operation: {name!r} is one of autograd's own; choose another name")
    op = Operation()
    op.name, op.forward, op.rules, op.formula = name, forward, tuple(rules), formula
    op.samples, op.symbol, op.kind = tuple(samples), symbol or name, kind
    op.auxiliaries, op.reference, op.variadic = tuple(auxiliaries), reference, variadic
    op.together = together
    op.numpy, op.torch = numpy, torch
    op.names, op.defaults = _parameters(forward, inputs)
    op.inputs = tuple(inputs or op.names[: 1 if variadic else len(op.rules)])
    op.params = tuple(name for name in op.names if name not in op.inputs)
    _check_needs(op)
    if together and not reference:
        raise ValueError(f"operation {name!r}: together= runs on arrays alone, so it needs a reference=")
    _prepare(op, inspect.currentframe().f_back.f_globals.get("__name__", "__main__"))
    call = function_of(op)
    call.__name__ = call.__qualname__ = name
    call.__module__ = op.module
    call.__doc__ = _docstring(op, doc or inspect.getdoc(forward) if inspect.isfunction(forward) else doc)
    call.__signature__ = _signature(op)
    call.operation = op
    op.function = call
    registry[name] = op
    return call


def _parameters(forward, inputs):
    """(names, defaults) of the parameters of ``forward``; ``inputs`` names those of a builtin."""
    if isinstance(forward, np.ufunc):
        return list(inputs or (["x"] if forward.nin == 1 else ["a", "b"])), {}
    parameters = list(inspect.signature(forward).parameters.values())
    names = [p.name for p in parameters]
    if inputs and not set(inputs) <= set(names):
        names[: len(inputs)] = inputs
    return names, {n: p.default for n, p in zip(names, parameters, strict=True) if p.default is not p.empty}


def _check_needs(op):
    known = {*op.inputs, *op.params, *op.auxiliaries, "y", *(f"{name}_shape" for name in op.inputs)}
    for index, one in enumerate(op.rules):
        unknown = [name for name in one.needs[op.variadic :] if name not in known]
        if unknown:
            raise ValueError(
                f"operation {op.name!r}: the rule of input {index} asks to keep what is not there\n"
                f"  asked: {', '.join(unknown)}\n  known: {', '.join(sorted(known))}"
            )


def _prepare(op, module):
    """What recording and the walk read of it."""
    op.module = module
    op.trusted = module.split(".")[0] in ("autograd", "nn")
    leading = op.names[: len(op.rules)] == list(op.inputs) and 0 < len(op.rules) < 3
    op.many_inputs = bool(op.reference or op.variadic or not leading)
    op.second_is_input = len(op.rules) == 2
    op.has_auxiliaries = bool(op.auxiliaries)
    op.pulls = tuple([None if one.function is pass_on else one.pull for one in op.rules])
    op.input_at = tuple([op.inputs.index(name) if name in op.inputs else -1 for name in op.names])
    places = {name: i for i, name in enumerate([*op.names, "y", *op.auxiliaries])}
    places.update({f"{name}_shape": -1 - op.names.index(name) for name in op.inputs})
    op.saves = tuple([tuple([places[name] for name in one.needs[op.variadic :]]) for one in op.rules])
    of_two = [NOTHING if not one else one[0] if len(one) == 1 else SEVERAL for one in (*op.saves, (), ())]
    op.place_a, op.place_b = of_two[:2]


def _signature(op):
    parameters = []
    for name in op.names:
        default = op.defaults.get(name, inspect.Parameter.empty)
        parameters.append(inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default))
    return inspect.Signature(parameters)


def _docstring(op, text):
    lines = [inspect.cleandoc(text or f"{op.name}: see the formula."), "", f"Formula: {op.formula}"]
    for name, one in zip(op.inputs, op.rules, strict=False):
        if one.local:
            lines.append(f"Derivative by {name}: {one.local}")
    return "\n".join(lines)


# -- the one operation that recording itself needs ---------------------------------------------

alias = operation(
    "alias",
    lambda x: x,
    formula=r"y = x",
    symbol="=",
    kind="shape",
    rules=[rule(lambda g: g, local="1")],
    samples=[sample(reals(3, 4)), sample(reals())],
    doc="The same value under a new node: what stands for a leaf on a tape or inside ``grad(f)``.",
    numpy=lambda x: x,
    torch=lambda torch, x: x * 1,
)
use_alias(alias.operation)
