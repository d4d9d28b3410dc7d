"""What forward and backward are called with: copies of the caller's arguments, as arrays or as Tensors.

Each run gets copies of its own, so that no argument is ever changed; what is shared between arguments, such as an
array in two places or the object whose methods forward and backward are, is shared between the copies too.
"""

import copy
import inspect
import random
import types
from contextlib import contextmanager

import numpy as np

from ...tensors import Tensor, raw


class Leaf:
    """A float array among the arguments: its name, the argument that it stands in, its value."""

    def __init__(self, name, argument, value):
        self.name, self.argument, self.value = name, argument, value

    def __repr__(self):
        return f"<Leaf {self.name}>"


class Arguments:
    """The arguments of one check.

    names : of forward's parameters, in order
    leaves : the float arrays that are differentiated, and those that may be, in order
    wrt : the names of the arguments whose leaves are asked for
    """

    def __init__(self, forward, backward, args, wrt):
        self.forward, self.backward, self.args = forward, backward, args
        self.names = parameter_names(forward, len(args))
        self.given_wrt = wrt is not None
        self.wrt = _read_wrt(wrt, self.names)
        self.integers = False
        self.leaves = self._found()
        if not any(leaf.argument in self.wrt for leaf in self.leaves):
            self.integers = True  # a listing's image of whole numbers
            self.leaves = self._found()

    def _found(self):
        leaves = []

        def take(leaf):
            leaves.append(leaf)
            return leaf.value

        self._rebuilt(take)
        return leaves

    def wanted(self):
        """The leaves that are asked for; state of an object is so in any case."""
        return [leaf for leaf in self.leaves if leaf.argument in self.wrt or leaf.argument == "self"]

    def copies(self, values=None):
        """(forward, backward, arguments) for a run in plain NumPy, with other ``values`` ({name: array}) if given."""
        values = values or {}
        return self._rebuilt(lambda leaf: np.array(values.get(leaf.name, leaf.value))[()])

    def tensors(self, only):
        """(forward, backward, arguments, {name: Tensor}) for a run that is recorded; ``only`` names what to record."""
        made = {}

        def record(leaf):
            if leaf.name not in only:
                return np.array(leaf.value)[()]
            value = np.asarray(leaf.value)
            made[leaf.name] = Tensor(
                value.astype(value.dtype if value.dtype.kind == "f" else float), requires_grad=True, name=leaf.name
            )
            return made[leaf.name]

        return (*self._rebuilt(record), made)

    def _rebuilt(self, give):
        building = _Building(give)
        args = []
        for i, (name, value) in enumerate(zip(self.names, self.args, strict=True)):
            building.argument = name
            building.numbers = name in self.wrt
            building.integers = self.integers and name in self.wrt
            own = isinstance(value, dict) and (i == 0 or name in self.wrt)
            args.append(building.entries(value, "") if own else building.of(value, name))
        building.argument, building.numbers = "self", False
        building.integers = False
        return building.function(self.forward), building.function(self.backward), args


class _Building:
    """Copies of values, in which ``give(leaf)`` stands for each float array."""

    def __init__(self, give):
        self.give, self.known, self.alive = give, {}, []
        self.argument, self.numbers, self.integers = "", False, False
        self.given = set()

    def of(self, value, name):
        value = raw(value)
        if type(value) is float or isinstance(value, np.floating):
            return self._leaf(name, value) if self.numbers else value
        if id(value) in self.known:
            return self.known[id(value)]
        self.alive.append(value)  # so that its id is not given again
        new = self.known[id(value)] = self._copied(value, name)
        return new

    def _leaf(self, name, value):
        while name in self.given:
            name += "′"
        self.given.add(name)
        return self.give(Leaf(name, self.argument, value))

    def _copied(self, value, name):
        if isinstance(value, np.ndarray):
            kinds = "fi" if self.integers else "f"
            return self._leaf(name, value) if value.dtype.kind in kinds else value.copy()
        if isinstance(value, dict):
            return self.entries(value, name)
        if isinstance(value, list):
            new = copy.copy(value)
            new[:] = [self.of(one, f"{name}[{i}]") for i, one in enumerate(value)]
            return new
        if isinstance(value, tuple):
            items = [self.of(one, f"{name}[{i}]") for i, one in enumerate(value)]
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        if isinstance(value, types.MethodType):
            return self.function(value)
        if isinstance(value, types.ModuleType | types.FunctionType | type):
            return value
        if isinstance(getattr(value, "__dict__", None), dict) and not isinstance(value, np.random.Generator):
            return self._object(value, name)
        try:
            return copy.deepcopy(value)
        except TypeError:  # a lock, a file: shared
            return value

    def entries(self, value, name):
        """A dict's copy; its entries are called after their keys, where they have no outer name."""
        new = self.known[id(value)] = copy.copy(value)
        self.alive.append(value)
        for key, one in value.items():
            called = key if not name and isinstance(key, str) else f"{name or self.argument}[{key!r}]"
            new[key] = self.of(one, called)
        return new

    def _object(self, value, name):
        new = self.known[id(value)] = copy.copy(value)
        outer = f"{name}." if name else ""
        for key, one in vars(value).items():
            vars(new)[key] = self.of(one, f"{outer}{key}")
        return new

    def function(self, function):
        """A method, of a copy of its object."""
        if not isinstance(function, types.MethodType) or isinstance(function.__self__, type):
            return function
        return types.MethodType(function.__func__, self.of(function.__self__, ""))


def parameter_names(function, count):
    """The names of a function's positional parameters, made up where it has none."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    named = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)
    names = named[:count]
    missing = count - len(names)
    if missing and parameters and rest is None:
        raise TypeError(
            f"check_backward: {_called(function)} takes fewer arguments than were given\n"
            f"  takes: {', '.join(named) or 'none'}\n  given: {count}"
        )
    return names + [f"{rest or 'argument'}{i}" for i in range(missing)]


def _called(function):
    return getattr(function, "__qualname__", repr(function))


def _read_wrt(wrt, names):
    if wrt is None:
        return names[:1]
    wrt = [wrt] if isinstance(wrt, str) else list(wrt)
    unknown = [one for one in wrt if one not in names]
    if unknown:
        raise ValueError(
            f"check_backward: wrt names no parameter of forward\n  wrt: {', '.join(map(str, unknown))}\n"
            f"  parameters: {', '.join(names)}"
        )
    return wrt


@contextmanager
def same_draws(reach):
    """What is drawn at random in the block is drawn again in the next: the generators' states come back."""
    generators = list(reach.generators.values())
    states = [_state(one) for one in generators]
    before, numpys = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(numpys)
        for one, state in zip(generators, states, strict=True):
            _set_state(one, state)


def _state(generator):
    if isinstance(generator, np.random.Generator):
        return copy.deepcopy(generator.bit_generator.state)
    return generator.get_state()


def _set_state(generator, state):
    if isinstance(generator, np.random.Generator):
        generator.bit_generator.state = state
    else:
        generator.set_state(state)
