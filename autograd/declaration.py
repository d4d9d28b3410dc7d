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
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, overload

import numpy as np

from .modes import Mode, _mode, current, users_line
from .native import native
from .node import CONSUMED, LEAF, SCALAR, Constant, Leaf, Node, Note, next_birth
from .samples import reals, sample
from .tensor import Tensor, like_of, raw, wrap
from .traits import Factor, checked

registry: dict[str, "Operation"] = {}
"""Every declared Operation by its name."""

_EXPLAINED = (ValueError, TypeError, IndexError)  # the errors of kernels; any other passes as it is

_LISTS = (list, tuple)  # made once: `list | tuple` in a call would make a union each time


class Rule:
    """The gradient of one input: ``function(g, *kept)``.

    local : the local derivative as a formula in the operation's names (LaTeX), or None
    kernel : a faster function that gives the same on arrays, or None
    needs : the names after ``g``: what a node keeps for this rule. A parameter with a default is
        none: ``lambda g, _=None: g`` keeps nothing, and the walk can call it without a detour
    """

    __slots__ = ("function", "local", "needs", "pull")

    def __init__(
        self, function: Callable[..., Any], local: str | None = None, kernel: Callable[..., Any] | None = None
    ) -> None:
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


class Operation:
    """What ``operation`` declared; the attributes are its arguments.

    names   : all parameters of ``forward``, in order
    inputs  : names of the differentiable ones, one rule each
    params  : names of the static arguments, with defaults where they have one
    traits  : the set of its kind and its traits, words of ``autograd.traits``
    arguments : {word of ``autograd.traits``: the parameter or auxiliary that is this}
    made_of : the Operations that it does the work of
    pulls   : what the plain walk calls for each input, None where it passes g on
    pull_a, pull_b : the first two of them
    wide    : its nodes keep parents in a tuple (not 1 or 2 inputs, or variadic, or with a reference)
    """

    __slots__ = (
        "name", "names", "forward", "rules", "formula", "symbol", "kind", "samples", "inputs", "params", "defaults",
        "auxiliaries", "reference", "together", "variadic", "wide", "pulls", "pull_a", "pull_b",
        "function", "traits", "arguments", "made_of", "parts", "factors",
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

    def __repr__(self):
        return f"<Operation {self.name}>"


def _named(function, values):
    """``function`` called with what its parameters name."""
    return function(**{name: values[name] for name in inspect.signature(function).parameters})


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
    made_of: Iterable[Function] = (),
    parts: Callable[..., Any] | None = None,
    inputs: Sequence[str] | None = None,
    auxiliaries: Sequence[str] = (),
    reference: Callable[..., Any] | None = None,
    together: Callable[..., Any] | None = None,
    variadic: bool = False,
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
    made_of : of a fused operation, the functions of those that it does the work of, in their order. It is checked,
        explained and drawn as they are.
    parts : the same as a function written in them, which names what it takes: inputs, static arguments, auxiliaries.
        Needed with ``made_of``.
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
    _check_needs(op)
    if together and not reference:
        raise ValueError(f"operation {name!r}: together= runs on arrays alone, so it needs a reference=")
    if bool(made_of) != bool(parts):
        raise ValueError(f"operation {name!r}: made_of= names what parts= is written in: give both or neither")
    plain = not op.params and all(name in (*op.inputs, "y") for one in op.rules for name in one.needs)
    op.wide = bool(reference or variadic or len(op.rules) not in (1, 2))
    op.pulls = tuple([None if one.function is pass_on else one.pull for one in op.rules])
    op.pull_a, op.pull_b = (*op.pulls, None, None)[:2]
    if op.wide or op.auxiliaries or not (plain or len(op.inputs) == 1):
        call = _bind_any(op)
    elif plain:
        call = (_bind_unary, _bind_binary)[len(op.rules) - 1](op)
    else:
        call = _bind_one_with_params(op)
    if _RECORDER and not op.variadic and 0 < len(op.rules) == len(op.inputs) <= 8 and len(op.names) <= 24:
        call = _compiled(op, call)
    call.__name__ = call.__qualname__ = name
    call.__module__ = inspect.currentframe().f_back.f_globals.get("__name__", "__main__")
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
    parameters = list(inspect.signature(forward).parameters.values())
    names = [p.name for p in parameters]
    if inputs and not set(inputs) <= set(names):
        names[: len(inputs)] = inputs
    return names, {n: p.default for n, p in zip(names, parameters, strict=True) if p.default is not p.empty}


def _check_needs(op):
    known = {*op.inputs, *op.params, *op.auxiliaries, "y", *(f"{name}_shape" for name in op.inputs)}
    for what, function in (("parts", op.parts), ("factors", op.factors)):
        unknown = set(inspect.signature(function).parameters) - known if callable(function) else ()
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
    return "\n".join(lines).rstrip()


# -- binders: from arguments to a result and its node ------------------------------------------
#
# The binders of one and two inputs are what a scalar graph spends its time in, so they are written
# out; everything else, and every mode but the plain one, goes through ``_run``. The plain mode of all but
# the variadic ones is there once more in C (native/recorder.c).

_RECORDER = native is not None and hasattr(native, "Recorder")
if _RECORDER:
    native.prepare_recorder(
        {
            "Tensor": Tensor,
            "Node": Node,
            "Operation": Operation,
            "Mode": Mode,
            "float64": np.float64,
            "mode": _mode,
            "CONSUMED": CONSUMED,
            "SCALAR": SCALAR,
            "LEAF": LEAF,
            "births": next_birth.__self__,
            "explained": _EXPLAINED,
        }
    )


def _compiled(op, twin):
    """The binder in C, which does what ``twin`` does and asks it where something is out of the ordinary."""
    places = {name: i for i, name in enumerate(op.names)}
    at = [places[name] for name in op.inputs]
    extra = ["y", *op.auxiliaries, *(f"{name}_shape" for name in op.inputs)]
    places.update({name: len(op.names) + i for i, name in enumerate(extra)})
    missing = inspect.Parameter.empty
    compiled = native.Recorder(
        op,
        op.forward,
        twin,
        tuple(op.names),
        tuple([op.defaults.get(name, missing) for name in op.names]),
        missing,
        tuple(at),
        tuple([tuple([places[name] for name in one.needs]) for one in op.rules]),
        None if op.reference is None else tuple([places[name] for name in op.params]),
        len(op.auxiliaries),
        op.wide,
    )
    if op.auxiliaries:
        compiled.with_auxiliaries = twin.with_auxiliaries
    return compiled


def _bind_unary(op):
    forward, at = op.forward, _position(op, 0)
    new, float64 = object.__new__, np.float64

    def call(x):
        if not isinstance(x, Tensor):
            return _on_arrays(op, (x,))
        if current() is not None:
            return _run(op, (x,), {})[0]
        a, x = x.node, x._data
        try:
            y = forward(x)
        except _EXPLAINED as error:
            raise _explained(op, {op.inputs[0]: x}, error) from error
        tensor = new(Tensor)
        tensor._data = y
        tensor._name = tensor.node = None
        if a is not None:
            like = SCALAR if type(y) is float64 else (y.shape, y.dtype)
            if like is SCALAR or like[1].kind == "f":
                tensor.node = node = new(Node)  # Node(…), written out: half the time
                node.operation = op
                node.birth = next_birth()
                node.a = a
                node.keep_a = (None, x, y)[at]
                node.like = like
                node.b = node.keep_b = node.note = node.walk = node.total = None
        return tensor

    return call


def _bind_binary(op):
    forward = op.forward
    at_a, at_b = _position(op, 0), _position(op, 1)
    new, float64 = object.__new__, np.float64

    def call(a, b):
        if type(a) is Tensor or isinstance(a, Tensor):
            na, x = a.node, a._data
            if type(b) is Tensor or isinstance(b, Tensor):
                nb, z = b.node, b._data
            elif type(b) is float:
                nb, z = None, b
            else:
                nb, z = None, np.asarray(b) if isinstance(b, _LISTS) else b
        elif isinstance(b, Tensor):
            nb, z = b.node, b._data
            na, x = None, np.asarray(a) if isinstance(a, _LISTS) else a
        else:
            return _on_arrays(op, (a, b))
        if current() is not None:
            return _run(op, (a, b), {})[0]
        try:
            y = forward(x, z)
        except _EXPLAINED as error:
            raise _explained(op, dict(zip(op.inputs, (x, z), strict=True)), error) from error
        tensor = new(Tensor)
        tensor._data = y
        tensor._name = tensor.node = None
        if na is not None or nb is not None:
            like = SCALAR if type(y) is float64 else (y.shape, y.dtype)
            if like is SCALAR or like[1].kind == "f":
                values = (None, x, z, y)
                tensor.node = node = new(Node)  # Node(…), written out: half the time
                node.operation = op
                node.birth = next_birth()
                node.a = na
                node.b = nb
                node.keep_a = None if na is None else values[at_a]
                node.keep_b = None if nb is None else values[at_b]
                node.like = like
                node.note = node.walk = node.total = None
        return tensor

    return call


def _position(op, index):
    """Where the needs of a rule stand in (None, inputs…, y): an index for one, a slice for more.

    Any two of (a, b, y), and all three, are a slice: ``values[1:4:2]`` is (a, y).
    """
    order = {name: 1 + i for i, name in enumerate(op.inputs)}
    order["y"] = 1 + len(op.inputs)
    places = [order[name] for name in op.rules[index].needs]
    if len(places) < 2:
        return places[0] if places else 0
    step = places[1] - places[0]
    stop = places[-1] + step
    return slice(places[0], None if stop < 0 else stop, step)


def _bind_one_with_params(op):
    """One input and static arguments: ``sum(x, axis)``, ``reshape(x, shape)``, ``x[index]``."""
    forward, needs = op.forward, op.rules[0].needs
    (name,) = op.inputs
    if op.names[0] != name:
        return _bind_any(op)
    positions = {param: 1 + i for i, param in enumerate(op.params)}

    def find(need, x, y, args, kwargs):
        if need in positions:
            if positions[need] < len(args):
                return args[positions[need]]
            return kwargs[need] if need in kwargs else op.defaults[need]
        return y if need == "y" else x if need == name else np.shape(x)

    def call(*args, **kwargs):
        if current() is not None or not args or any([isinstance(v, Tensor) for v in (*args[1:], *kwargs.values())]):
            return _run(op, args, kwargs)[0]
        x, *rest = args
        a = None
        recorded = isinstance(x, Tensor)
        if recorded:
            a, x = x.node, x._data
        elif isinstance(x, _LISTS):
            x = np.asarray(x)
        try:
            y = forward(x, *rest, **kwargs)
        except _EXPLAINED as error:
            raise _explained(op, {**dict(zip(op.names, (x, *rest), strict=False)), **kwargs}, error) from error
        if type(y) is np.ndarray and not y.ndim:
            y = y[()]
        if not recorded:
            return y
        if a is None or y.dtype.kind != "f":
            return wrap(y)
        kept = [find(need, x, y, args, kwargs) for need in needs]
        kept = None if not kept else kept[0] if len(kept) == 1 else tuple(kept)
        return wrap(y, Node(op, next_birth(), a, None, kept, None, like_of(y)))

    return call


def _bind_any(op):
    def call(*args, **kwargs):
        return _run(op, args, kwargs)[0]

    def with_auxiliaries(*args, **kwargs):
        """The result, and after it each auxiliary as an array."""
        return _run(op, args, kwargs)

    if op.auxiliaries:
        call.with_auxiliaries = with_auxiliaries
    return call


def _on_arrays(op, args):
    """Arrays in, array out: lists become arrays first, which Python's operators would join."""
    args = [np.asarray(a) if isinstance(a, _LISTS) else a for a in args]
    try:
        y = op.forward(*args)
    except _EXPLAINED as error:
        raise _explained(op, dict(zip(op.inputs, args, strict=True)), error) from error
    return np.asarray(y)[()] if isinstance(y, float | int) else y


def _run(op, args, kwargs):
    """Run any operation in any mode; returns (result, auxiliaries…)."""
    mode = current()
    if mode is not None and mode.tapes and mode.recording:
        args, kwargs = _on_tape(mode.tapes, args, kwargs)
    named = dict(zip(op.names, args, strict=False))
    if kwargs:
        named.update(kwargs)
    if op.variadic:
        given = named[op.inputs[0]] = list(named.get(op.inputs[0], ()))
        plain = [raw(t) for t in given]
    else:
        given = [named.get(name) for name in op.inputs]
    _refuse_static_gradients(op, named)
    values = {name: raw(value) for name, value in named.items()}
    if op.variadic:
        values[op.inputs[0]] = plain
    else:
        for name in op.inputs:
            if isinstance(values.get(name), _LISTS):
                values[name] = np.asarray(values[name])
        plain = [values.get(name) for name in op.inputs]
    try:
        y = op.forward(
            *[values[name] for name in op.names[: len(args)]], *args[len(op.names) :], **{k: values[k] for k in kwargs}
        )
    except _EXPLAINED as error:
        raise _explained(op, values, error) from error
    extra = ()
    if op.auxiliaries:
        y, *extra = y
    if type(y) is np.ndarray and not y.ndim:
        y = y[()]
    if not any([isinstance(t, Tensor) for t in given]):
        return (y, *extra)
    if mode is not None and mode.anomaly:
        _watch(op, plain, y)
    parents = tuple([t.node if isinstance(t, Tensor) else None for t in given])
    recorded = any([p is not None for p in parents]) and (mode is None or mode.recording) and y.dtype.kind == "f"
    if not recorded:
        return (wrap(y), *extra)
    values = {**op.defaults, **values, **dict(zip(op.auxiliaries, extra, strict=True)), "y": y}
    node = _node(op, parents, plain, values, like_of(y))
    if mode is not None:
        _note(node, mode, given, op, values)
    return (wrap(y, node), *extra)


def _node(op, parents, plain, values, like):
    """The node with what the rules of the parents that need a gradient name, and nothing else."""
    if op.variadic:
        (one,) = op.rules
        shapes = {f"{op.inputs[0]}_shape": [np.shape(p) for p in plain], op.inputs[0]: tuple(plain)}
        kept = []
        for i, parent in enumerate(parents):
            if parent is None:
                kept.append(None)
                continue
            more = [shapes[name] if name in shapes else values[name] for name in one.needs[1:]]
            kept.append((i, *more) if more else i)
        return Node(op, next_birth(), parents, None, tuple(kept), None, like)
    kept = tuple(
        [
            None if parent is None else _keep(op, one, plain, values)
            for one, parent in zip(op.rules, parents, strict=False)
        ]
    )
    arguments = None
    if op.reference is not None:
        arguments = (tuple(plain), {name: values[name] for name in op.params if name in values})
    if op.wide:
        return Node(op, next_birth(), parents, None, kept, arguments, like)
    kept, parents = (*kept, None), (*parents, None)
    return Node(op, next_birth(), parents[0], parents[1], kept[0], kept[1], like)


def _keep(op, one, plain, values):
    kept = []
    for name in one.needs:
        if name in values:
            kept.append(values[name])
        else:  # the shape of an input
            kept.append(np.shape(plain[op.inputs.index(name.removesuffix("_shape"))]))
    if not kept:
        return None
    return kept[0] if len(kept) == 1 else tuple(kept)


def _refuse_static_gradients(op, named):
    """A static argument that requires grad would silently get none."""
    for name in op.params:
        value = named.get(name)
        if isinstance(value, Tensor) and value.node is not None:
            raise TypeError(
                f"{op.name}: there is no gradient by {name}\n  {name}: {_described(value)}\n"
                f"  give {name}.detach() to treat it as a constant"
            )


# -- tapes and anomaly mode --------------------------------------------------------------------


def _on_tape(tapes, args, kwargs):
    """The arguments with each leaf replaced by its alias, which holds a copy of its value."""
    return [_swapped(tapes, value) for value in args], {k: _swapped(tapes, value) for k, value in kwargs.items()}


def _swapped(tapes, value):
    if isinstance(value, Tensor) and type(value.node) is Leaf:
        return alias_on_tape(tapes, value)
    if isinstance(value, list | tuple) and any(isinstance(item, Tensor) for item in value):
        return type(value)([_swapped(tapes, item) for item in value])
    return value


def alias_on_tape(tapes, leaf):
    """The Tensor that stands for a leaf on the tapes, with a copy of its value; one until the next write."""
    known = tapes[-1].aliases.get(leaf.node)
    # the values are compared for what the stamp does not tell: w.data[0] = … writes past the library
    if known is not None and known.birth > leaf.node.stamp and _unchanged(known.note.value, leaf._data):
        return wrap(known.note.value, known, leaf._name)
    node = Node(alias.operation, next_birth(), leaf.node, None, None, None, leaf.node.like)
    note = node.note = Note(leaf._name, users_line())
    note.taped, note.inputs, note.value = True, (leaf.node,), np.array(leaf._data)[()]
    for tape in tapes:
        tape.aliases[leaf.node] = node
        tape.nodes.append(node)
    return wrap(note.value, node, leaf._name)


def _unchanged(copied, data):
    return np.array_equal(copied, data, equal_nan=data.dtype.kind == "f")


def _note(node, mode, given, op, values):
    """Write down on the node what the tape and anomaly mode want to know of it."""
    note = node.note = Note(where=users_line())
    if mode.tapes:
        note.taped = True
        note.inputs = tuple([_input_on(mode.tapes, t) for t in given])
        note.params = {name: values[name] for name in op.params if name in values}
        note.value, note.scope = values["y"], mode.scope
        for tape in mode.tapes:
            tape.nodes.append(node)


def _input_on(tapes, value):
    if not isinstance(value, Tensor):
        return Constant(value)
    if value.node is not None:
        return value.node
    key = (id(value), id(value._data))
    known = tapes[-1].constants.get(key)
    if known is None or not _unchanged(known[0].value, value._data):
        # with the Tensor and its data, which keeps their ids from being given again
        known = (Constant(np.array(value._data)[()], value._name), value, value._data)
        for tape in tapes:
            tape.constants[key] = known
    return known[0]


def _watch(op, plain, y):
    """Anomaly mode, forward: raise at the operation where the first NaN or inf arises."""
    if y.dtype.kind != "f" or np.isfinite(y).all():
        return
    lines = [f"{op.name}: the result has the first NaN or inf"]
    for i, x in enumerate(plain):
        if isinstance(x, np.ndarray | np.generic | float) and not np.isfinite(x).all():
            lines[0] = f"{op.name}: an input already holds NaN or inf"
            lines.append(f"  input {i}: {_described(x)}, first at {_first_bad(x)}")
    lines.append(f"  result: {_described(y)}, first at {_first_bad(y)}")
    lines.append(f"  recorded at: {users_line()}")
    raise FloatingPointError("\n".join(lines))


def _first_bad(x):
    where = np.argwhere(~np.isfinite(np.asarray(x)))[0]
    index = tuple(int(i) for i in where)
    return f"{index} ({np.asarray(x)[index]})"


# -- errors ------------------------------------------------------------------------------------


def _explained(op, named, error):
    """A new error with the operation's name and each argument on its own line.

    Never the very same: raised from itself it would be a cycle, and keep alive all that its traceback sees.
    """
    kind = next(k for k in _EXPLAINED if isinstance(error, k))
    text = str(error) or type(error).__name__
    text = text.replace(f"{op.forward.__name__}()", f"{op.name}()")
    if text.startswith(f"{op.name}: "):
        return kind(text)
    lines = [f"{op.name}: {text}", *(f"  {name}: {_described(value)}" for name, value in named.items())]
    if "broadcast" in text:
        lines.append("  shapes broadcast where, counted from the last axis, lengths are equal or one of them is 1")
    return kind("\n".join(lines))


def _described(value):
    value = raw(value)
    if isinstance(value, np.ndarray | np.generic):
        return f"shape {value.shape}, {value.dtype}"
    if isinstance(value, list | tuple) and any(isinstance(item, np.ndarray | Tensor) for item in value):
        return "[" + "; ".join(_described(item) for item in value) + "]"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


# -- the one operation that recording itself needs ---------------------------------------------

alias = operation(
    "alias",
    lambda x: x,
    formula=r"y = x",
    symbol="=",
    kind="shape",
    traits=["alias"],
    rules=[rule(lambda g: g, local="1")],
    samples=[sample(reals(3, 4)), sample(reals())],
    doc="The same value under a new node: what stands for a leaf on a tape or inside ``grad(f)``.",
)
