"""Declare an operation once, and everything that reads it follows.

``operation(name, forward, rules=[...])`` returns a function: arrays in, array out; Tensors in, Tensor out,
recorded where a Tensor requires grad. That is all it takes to run and to differentiate, to any order. What
else a declaration says has its readers too: the ``formula`` and the rules' ``local`` are for explanations,
pictures and the documentation, the ``symbol`` for pictures; by its ``kind``, its ``traits`` and what it is
``made_of`` checks, explanations and pictures know what it does; ``ag.testing.check_operation`` runs the laws
on its ``samples``. There is no second place where anything about an operation is written.

A rule is the vector-Jacobian product for one input. Its arguments after the gradient ``g`` name what
is kept for it until backward::

    softsign = operation(
        "softsign", lambda x: x / (1 + abs(x)), kind="activation",
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
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import BuiltinFunctionType, FunctionType, MappingProxyType
from typing import Any, Protocol, overload

import numpy as np

from .batch_rules import as_it_is
from .node import NOTHING, SEVERAL, Recordable
from .recording import function_of
from .samples import reals, sample
from .tensors import Tensor
from .traits import ENTRYWISE, Factor, checked
from .watching import use_alias
from .words import words_for

EMPTY = inspect.Parameter.empty

registry: dict[str, "Operation"] = {}
"""Every declared Operation by its name."""


class Rule:
    """The gradient of one input: ``function(g, *kept)``.

    local : the local derivative as a formula in the operation's names (LaTeX), or None. It is what the gradient is
        multiplied by, and never holds it
    at : where an entry of the result depends on entries at other places, the letters of the input's entry:
        ``local`` is then ∂y/∂input of the entries with these letters and those of y in the ``formula``,
        which are equal where they have a letter in common
    gradient : what becomes of the result's gradient ``\\delta``, as a formula of whole arrays: ``\\delta b^T``
    words : the same in words, for a learner, or a function that returns them of what rules can name
    kernel : a faster function that gives the same on arrays, or None
    code : its NumPy form for ``ag.source``, as that of an operation; needed where it is no chain of operations
    needs : the names after ``g``: what a node keeps for this rule. A parameter with a default is
        none: ``lambda g, _=None: g`` keeps nothing, and the walk can call it without a detour
    """

    __slots__ = ("at", "code", "function", "gradient", "local", "needs", "pull", "words")

    def __init__(
        self,
        function: Callable[..., Any],
        local: str | None = None,
        kernel: Callable[..., Any] | None = None,
        *,
        at: str | None = None,
        gradient: str | None = None,
        words: str | Callable[..., str] | None = None,
        code: Any = None,
    ) -> None:
        parameters = parameters_of(function)
        if not parameters:
            raise TypeError("rule: the function takes no gradient; write rule(lambda g, ...: ...)")
        self.function = function
        self.local = local
        self.at, self.gradient, self.words, self.code = tuple((at or "").split()), gradient, words, code
        self.needs = tuple([name for name, default in parameters[1:] if default is EMPTY])
        # pull(g, kept): one calling convention for the walk, whatever the rule keeps
        function = kernel or function
        if len(self.needs) == 1 or (not self.needs and len(parameters) == 2):
            self.pull = function
        elif not self.needs:
            self.pull = lambda g, kept: function(g)
        else:
            self.pull = lambda g, kept: function(g, *kept)


rule = Rule


class CodeBy:
    """A NumPy form that depends on shapes or static arguments: ``function`` takes what it names and returns the text.

    It may name ``x_shape`` of an input x, ``y_shape``, ``g_shape`` in a rule, and static arguments.

    functions : what the text calls beside NumPy
    """

    __slots__ = ("function", "functions")

    def __init__(self, function: Callable[..., Any], *functions: Callable[..., Any]) -> None:
        self.function, self.functions = function, functions


def pass_on(g, _=None):
    """The rule of an input whose gradient is that of the result: the plain walk need not even call it."""
    return g


class Operation(Recordable):
    """What ``operation`` declared; the attributes are its arguments.

    names   : all parameters of ``forward``, in order
    inputs  : names of the differentiable ones, one rule each
    params  : names of the static arguments, with defaults where they have one
    traits  : the set of its kind and its traits, words of ``autograd.traits``
    arguments : {word of ``autograd.traits``: the parameter or auxiliary that is this}
    made_of : the Operations that it does the work of
    module  : the name of the module that declared it
    and what ``Recordable`` says
    """

    __slots__ = (
        "rules", "formula", "symbol", "kind", "samples", "params", "function", "module", "traits", "arguments",
        "made_of", "parts", "factors", "letters", "batch", "code", "onnx",
    )  # fmt: skip

    def includes(self, word):
        """Whether it, or one of the operations that it is made of, has this kind or trait."""
        return word in self.traits or any(part.includes(word) for part in self.made_of)

    def in_parts(self, values):
        """Its value by the operations that it is made of, from {name: value} of its arguments and auxiliaries."""
        return _named(self.parts, values)

    def factors_of(self, values):
        """The constants that it puts into its gradient, from {name: value} as rules know them: a list of Factors."""
        found = _named(self.factors, values) if callable(self.factors) else self.factors
        return [Factor(*one) for one in found]

    def letters_of(self, values):
        """{letter of its formulas: the number that it stands for}, from {name: value} as rules know them."""
        return _named(self.letters, values) if self.letters else {}

    def words_of(self, rule, values):
        """What a rule of its does, in words; "" where nothing is said."""
        return (_named(rule.words, values) if callable(rule.words) else rule.words) or ""

    def __repr__(self):
        return f"<Operation {self.name}>"


def _named(function, values):
    """``function`` called with what its parameters name."""
    return function(**{name: values[name] for name, _ in parameters_of(function)})


class Function(Protocol):
    """What ``operation`` returns: Tensors in, Tensor out; arrays in, array out."""

    __name__: str
    operation: Operation
    with_auxiliaries: Any

    @overload
    def __call__(self, x: Tensor | Sequence[Tensor], /, *args: Any, **kwargs: Any) -> Tensor: ...
    @overload
    def __call__(self, x: Any, y: Tensor, /, *args: Any, **kwargs: Any) -> Tensor: ...
    @overload
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...


def operation(
    name: str,
    forward: Callable[..., Any],
    *,
    rules: Iterable[Rule],
    formula: str | None = None,
    samples: Iterable[Any] = (),
    doc: str | None = None,
    symbol: str | None = None,
    kind: str = "elementwise",
    traits: Iterable[str] = (),
    arguments: Any = (),
    factors: Any = (),
    letters: Callable[..., dict[str, Any]] | None = None,
    batch: Callable[..., Any] | None = None,
    made_of: Iterable[Function] = (),
    parts: Callable[..., Any] | None = None,
    inputs: Sequence[str] | None = None,
    auxiliaries: Sequence[str] = (),
    reference: Callable[..., Any] | None = None,
    together: Callable[..., Any] | None = None,
    variadic: bool = False,
    words: Mapping[str, str] = MappingProxyType({}),
    in_torch_words: Callable[..., Any] | None = None,
    code: Any = None,
    onnx: Any = None,
) -> Function:
    """Declare a differentiable operation; returns the function to call.

    Parameters
    ----------
    name : its name in the registry, in errors and in pictures.
    forward : arrays in, array out. It must not write to its inputs. With ``auxiliaries`` it returns
        a tuple: the result, then one value for each auxiliary.
    rules : one ``rule`` for each differentiable input, in the order of ``inputs``.
    formula : what it computes, as LaTeX that matplotlib's mathtext can render; None where nobody will look.
    samples : ``sample(...)`` argument lists that ``ag.testing.check_operation`` runs the laws on.
    doc : text of the docstring; the formula and the local derivatives are added to it.
    symbol : what pictures show (×, σ, ⋆); by default the name.
    kind : what it is, a word of ``autograd.traits.KINDS``: "elementwise", "activation", "reduction", …
    traits : what else can be said of it, words of ``autograd.traits.TRAITS``: "averages", "largest", …
    arguments : {word of ``autograd.traits.ARGUMENTS``: parameter}: which one is the window, the mask, the index, …
        One that is named by the word itself (axis, weight, mask) need not be told.
    factors : constants that it puts into its gradient, which are left out by mistake: ``Factor``s of
        ``autograd.traits``, or a function of what a rule can name that returns them.
    letters : a function of what a rule can name that returns {letter: number} of the letters in ``formula`` and
        ``local`` that stand for numbers: a stride, a count.
    made_of : of a fused operation, the functions of those that it does the work of, in their order. It is checked,
        explained and drawn as they are.
    parts : the same as a function written in them, which names what it takes: inputs, static arguments, auxiliaries.
        Needed with ``made_of``.
    inputs : names of the differentiable inputs, wherever they stand among the parameters of
        ``forward``; by default its first ones, as many as there are rules.
    auxiliaries : names of what ``forward`` returns beside the result for the rules' use. They are
        constants to the rules; if they are floats, give a ``reference``.
    batch : ``batch(operation, names, values)`` gives the result for a whole batch inside ``vmap``, where its kind does
        not say it (``autograd.batch_rules``): ``values`` has all arguments by name, those in ``names`` with the batch
        as their first axis; so has the result. None where it has no way: then it runs entry by entry.
    reference : the same function written in other operations. It is differentiated in place of the
        rules when gradients of gradients are asked for; needed where a rule is a raw kernel.
    together : ``together(g, wanted, kept)`` gives what the rules give, where they share most of their work: a
        list with the gradient for each input, None where ``wanted`` is False for it; ``kept`` has what each
        rule keeps. The walk calls it where more than one gradient is wanted. Needs a ``reference``.
    variadic : the first parameter of ``forward`` is a sequence of inputs, which share one rule; that
        rule's first argument after ``g`` is the position ``i``.
    words : {PyTorch's keyword: parameter}, beside ``dim`` for ``axis`` and ``keepdim`` for ``keepdims``.
    in_torch_words : what a call with one of these keywords does, if that is not the same under another name.
    code : its NumPy form for ``ag.source``: an expression in the names of its parameters, ``"np.tanh(x)"``, or a
        function that uses NumPy alone, whose text is written down. With auxiliaries a tuple, an expression for each;
        None for what is drawn. An expression that depends on shapes is a ``CodeBy``. Not needed where ``forward``
        is a function of NumPy's or uses NumPy alone.
    onnx : the name of the ONNX operator that takes the same inputs in their order, ``"Relu"``, or a function that adds
        the nodes, as ``autograd/ops/in_onnx.py`` has them: for ``nn.onnx.export``. Not needed with ``made_of``.

    Examples
    --------
    >>> import autograd as ag
    >>> cube = ag.operation("cube", lambda x: x * x * x, rules=[ag.rule(lambda g, x: 3 * g * x * x)])
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
    op.names, op.defaults = _parameters(forward, inputs)
    op.inputs = tuple(inputs or op.names[: 1 if variadic else len(op.rules)])
    op.params = tuple(name for name in op.names if name not in op.inputs)
    op.traits, op.arguments = checked(op, kind, traits, arguments)
    op.made_of, op.parts, op.factors = tuple(_operations(op, made_of)), parts, factors
    op.letters, op.batch, op.code, op.onnx = letters, batch, code, onnx
    _check_needs(op)
    if together and not reference:
        raise ValueError(f"operation {name!r}: together= runs on arrays alone, so it needs a reference=")
    if bool(made_of) != bool(parts):
        raise ValueError(f"operation {name!r}: made_of= names what parts= is written in: give both or neither")
    _prepare(op, inspect.currentframe().f_back.f_globals.get("__name__", "__main__"))
    op.words, op.in_torch_words = words_for(op.names, words), in_torch_words
    call = function_of(op)
    call.__name__ = call.__qualname__ = name
    call.__module__ = op.module
    call.__doc__ = _docstring(op, doc or inspect.getdoc(forward) if inspect.isfunction(forward) else doc)
    call.__signature__ = _signature(op)
    call.operation = op
    op.function = call
    registry[name] = op
    return call


def _operations(op, functions):
    """The Operations of functions that ``operation`` returned."""
    for function in functions:
        if not isinstance(getattr(function, "operation", None), Operation):
            raise TypeError(f"operation {op.name!r}: made_of= takes operations\n  given: {function!r}")
        yield function.operation


def _parameters(forward, inputs):
    """(names, defaults) of the parameters of ``forward``; ``inputs`` names those of a builtin."""
    if isinstance(forward, np.ufunc):
        return list(inputs or (["x"] if forward.nin == 1 else ["a", "b"])), {}
    parameters = parameters_of(forward)
    names = [name for name, _ in parameters]
    if inputs and not set(inputs) <= set(names):
        names[: len(inputs)] = inputs
    return names, {n: default for n, (_, default) in zip(names, parameters, strict=True) if default is not EMPTY}


def parameters_of(function):
    """[(name, default or ``EMPTY``)] of a function's parameters.

    They are read where a plain function, or one of C's without defaults, has them: ``inspect.signature``, which does
    all others, would be a quarter of the time that importing takes.
    """
    plain = inspect.unwrap(function) if hasattr(function, "__wrapped__") else function
    if type(plain) is FunctionType:
        code = plain.__code__
        if not code.co_kwonlyargcount and not code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
            names, defaults = code.co_varnames[: code.co_argcount], plain.__defaults__ or ()
            return list(zip(names, (EMPTY,) * (len(names) - len(defaults)) + defaults, strict=True))
    text = getattr(plain, "__text_signature__", None)
    if type(plain) is BuiltinFunctionType and text and not set("=*") & set(text):
        return [(name, EMPTY) for name in text.strip("()").replace(" ", "").split(",") if name not in ("$module", "/")]
    return [(p.name, p.default) for p in inspect.signature(function).parameters.values()]


def _check_needs(op):
    known = {*op.inputs, *op.params, *op.auxiliaries, "y", *(f"{name}_shape" for name in op.inputs)}
    words = [("words", one.words) for one in op.rules]
    for what, function in (("parts", op.parts), ("factors", op.factors), ("letters", op.letters), *words):
        unknown = {name for name, _ in parameters_of(function)} - known if callable(function) else ()
        if unknown:
            raise ValueError(
                f"operation {op.name!r}: {what}= asks for what is not there\n"
                f"  asked: {', '.join(sorted(unknown))}\n  known: {', '.join(sorted(known))}"
            )
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
    op.broadcasts = (op.second_is_input or op.many_inputs) and not op.traits.isdisjoint(ENTRYWISE)
    op.pulls = tuple([None if one.function is pass_on else one.pull for one in op.rules])
    op.input_at = tuple([op.inputs.index(name) if name in op.inputs else -1 for name in op.names])
    places = {name: i for i, name in enumerate([*op.names, "y", *op.auxiliaries])}
    places.update({f"{name}_shape": -1 - op.names.index(name) for name in op.inputs})
    op.saves = tuple([tuple([places[name] for name in one.needs[op.variadic :]]) for one in op.rules])
    arguments = [place for kept in op.saves for place in kept if 0 <= place < len(op.names)]
    op.keeps = bool(arguments or op.auxiliaries or op.reference)
    of_two = [NOTHING if not one else one[0] if len(one) == 1 else SEVERAL for one in (*op.saves, (), ())]
    op.place_a, op.place_b = of_two[:2]


def _signature(op):
    parameters = []
    for name in op.names:
        default = op.defaults.get(name, inspect.Parameter.empty)
        parameters.append(inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default))
    return inspect.Signature(parameters)


def _docstring(op, text):
    lines = [inspect.cleandoc(text or f"The operation {op.name}."), ""]
    if op.formula:
        lines.append(f"Formula: {op.formula}")
    for name, one in zip(op.inputs, op.rules, strict=False):
        if one.local:
            lines.append(f"Derivative by {name}: {one.local}")
        if one.gradient:
            lines.append(f"Gradient by {name}: {one.gradient}")
    return "\n".join(lines).rstrip()


# -- the one operation that recording itself needs ---------------------------------------------

alias = operation(
    "alias",
    lambda x: x,
    formula=r"y = x",
    symbol="=",
    kind="shape",
    batch=as_it_is,
    traits=["alias"],
    rules=[rule(lambda g: g, local="1")],
    samples=[sample(reals(3, 4)), sample(reals())],
    doc="The same value under a new node: what stands for a leaf on a tape or inside ``grad(f)``.",
)
use_alias(alias.operation)
