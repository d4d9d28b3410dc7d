"""What the names in a formula stand for: values of the graph, gradients, arrays and numbers of the calling function.

δ_o1, ``delta_o1``, ``∂E/∂net_o1``, ``dE/dw5``, ``dE_dw5`` and ``dw5`` are gradients. δ with the name of no value, as in
δ_o1 beside net_o1 and out_o1, is the gradient of what goes into the activation there.
"""

import difflib
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...modes import users_variables
from ...node import Leaf
from ...notes import Constant
from ...taped.graph import is_leafs_alias
from ...tensors import Tensor
from .words import Token, canonical


@dataclass(frozen=True)
class Value:
    """A value of the graph: ``node`` is the recorded one, of a leaf the leaf."""

    node: Any


@dataclass(frozen=True)
class Held:
    """A named array or number that went into the graph as a constant."""

    name: str


@dataclass(frozen=True)
class Fixed:
    """A number or an array of the calling function that did not go into the graph by itself."""

    name: str


@dataclass(frozen=True)
class Gradient:
    """∂output/∂node as the learner has it."""

    node: Any


@dataclass(frozen=True)
class Derivative:
    """∂top/∂bottom of two values."""

    top: Any
    bottom: Any


ACTIVATIONS = {"activation", "softmax"}
OUTPUTS = {"E", "L", "J", "C", "loss", "Loss", "cost", "Etotal", "Ltotal"}
"""What the output is called too, where nothing else is."""


class Vocabulary:
    """The names that a formula over a walked graph may use.

    values : {name: the recorded node, or the name of a constant, or several nodes where it is not clear which}
    held   : {name: [the Constants that have it]}; fixed : {name: array or number}
    given  : the recorded nodes whose gradients the learner gave
    """

    def __init__(self, graph, given=()):
        self.graph, self.given = graph, list(given)
        self.values, self.held, self.fixed, self._same = {}, {}, {}, {}
        self._nodes()
        self._variables(users_variables())
        self._by_key = {}
        for name in [*self.values, *self.held, *self.fixed, *self._same]:
            self._by_key.setdefault(canonical(name), []).append(name)
        self._found = {}

    def _nodes(self):
        names, graph = self.graph.names, self.graph
        often = {}
        for node in graph.order:
            if is_leafs_alias(node) or not names.has_name(node):
                continue
            often.setdefault(names.name(node), []).append(graph.original[node])
        for name, nodes in often.items():
            self.values[name] = nodes[0] if len(nodes) == 1 else nodes
        for one in self._constants():
            if one.name and one.name not in self.values:
                self.held.setdefault(one.name, []).append(one)

    def _constants(self):
        """The Constants that went into the graph, in order."""
        nodes = [node for node in self.graph.recorded.order if type(node) is not Leaf]
        return [one for node in nodes for one in node.note.inputs if isinstance(one, Constant)]

    def _variables(self, variables):
        """What the calling function calls its Tensors, arrays and numbers."""
        constants = self._constants()
        recorded = self.graph.nodes
        for name, value in variables:
            if name.startswith("_"):
                continue
            if isinstance(value, Tensor) and value.node is not None:
                if value.node in recorded and (name not in self.values or isinstance(self.values[name], list)):
                    self.values[name] = value.node
                continue
            if name in self.values or name in self.held:
                continue
            array = value.data if isinstance(value, Tensor) else value
            if isinstance(array, np.ndarray) and array.ndim and array.dtype.kind in "fiub":
                used = [one for one in constants if one.given is value or one.given is array] or _equal(
                    constants, array
                )
                known = [other for other, several in self.held.items() if used and used[0] in several]
                if known:
                    self._same[name] = known[0]
                elif used:
                    self.held[name] = used
                elif array.size <= 1_000_000:
                    self.fixed[name] = array.astype(np.float64)
            elif isinstance(array, int | float | np.number) and not isinstance(array, bool):
                self.fixed[name] = float(array)

    # -- what a name stands for -----------------------------------------------------------------

    def find(self, written):
        """The reference of a name, or None."""
        if written not in self._found:
            self._found[written] = self._find(written)
        return self._found[written]

    def _find(self, written):
        return self.value(written) or self.gradient(written)

    def value(self, written):
        """The reference of the name of a value.

        Of two ways to write it, γ in the graph and a number ``gamma`` beside it, the graph's is meant.
        """
        name = written
        if not any(written in names for names in (self.values, self.held, self._same)):
            names = self._by_key.get(canonical(written), [])
            recorded = [one for one in names if one not in self.fixed]
            if len(recorded) == 1:
                (name,) = recorded
            elif written not in self.fixed:
                if len(names) != 1:
                    return None
                (name,) = names
        if name in self.values:
            node = self.values[name]
            return None if isinstance(node, list) else Value(node)
        name = self._same.get(name, name)
        return Held(name) if name in self.held else Fixed(name)

    def shown(self, reference):
        """The name of a value as its user gave it; None of others."""
        if isinstance(reference, Value):
            here = self.graph.nodes[reference.node]
            return self.graph.names.name(here) if self.graph.names.has_name(here) else None
        return reference.name if isinstance(reference, Held) else None

    def axes(self, reference):
        """How many axes what a reference stands for has."""
        node = getattr(reference, "node", None) or getattr(reference, "bottom", None)
        if node is not None:
            return len(node.like[0])
        if isinstance(reference, Held):
            return np.ndim(self.held[reference.name][0].value)
        return np.ndim(self.fixed[reference.name]) if isinstance(reference, Fixed) else 0

    def gradient(self, written):
        """The reference of δ_x, dx, dE_dx, grad_x; None where it is no such name."""
        key = canonical(written)
        if key.startswith("delta"):
            node = self._signal(key.removeprefix("delta"))
            return None if node is None else Gradient(node)
        for prefix in ("grad", "d"):
            rest = key.removeprefix(prefix)
            if rest == key or not rest:
                continue
            node = self._node(rest)
            if node is not None:
                return Gradient(node)
            if prefix == "d":
                for k in range(1, len(rest) - 1):  # dE_dw5
                    if rest[k] == "d" and "_d" in written:
                        found = self._derivative(rest[:k], rest[k + 1 :])
                        if not isinstance(found, str):
                            return found
        return None

    def _node(self, key):
        found = self.value(key)
        return found.node if isinstance(found, Value) else None

    def _signal(self, key):
        """The node whose gradient δ_key is, or None."""
        node = self._node(key) if key else None
        if node is not None:
            return node
        named = []
        for name, one in self.values.items():
            short = canonical(name)
            if isinstance(one, list) or type(one) is Leaf or one is self.graph.original[self.graph.output]:
                continue
            if short.endswith(key):
                before = short[: len(short) - len(key)]
                if before.isalpha() or not key:
                    named.append(one)
        named = list(dict.fromkeys(named))
        among = [one for one in named if one in self.given] or named
        if len(among) > 1:
            among = [one for one in among if self._goes_into_an_activation(one)] or among
        return self._before_activation(among[0]) if len(among) == 1 else None

    def _before_activation(self, node):
        """The value itself; of what an activation gave, what went into that."""
        gave = type(node) is not Leaf and node.operation.kind in ACTIVATIONS
        before = node.note.inputs[0] if gave and node not in self.given else node
        return node if isinstance(before, Constant) else before

    def _goes_into_an_activation(self, node):
        here = self.graph.nodes[node]
        kinds = {user.operation.kind for user, _ in self.graph.uses[here]}
        return bool(kinds & ACTIVATIONS)

    # -- derivatives ----------------------------------------------------------------------------

    def derivative(self, top, bottom):
        """The reference of ∂top/∂bottom of two tokens, or a sentence on what is wrong with it."""
        return self._derivative(top.text, bottom.text)

    def _derivative(self, top, bottom):
        below = self.value(bottom)
        if not isinstance(below, Value):
            return f"{bottom} is no value of the graph that can be differentiated by{self.nearest(bottom)}"
        above = self.value(top)
        output = self.graph.original[self.graph.output]
        if above is None and canonical(top) in {canonical(one) for one in (*OUTPUTS, self.graph.names.output)}:
            above = Value(output)
        if not isinstance(above, Value):
            return f"{top} is no value of the graph that can be differentiated{self.nearest(top)}"
        if above.node is output and self.graph.output.like[0] == ():
            return Gradient(below.node)
        return Derivative(above.node, below.node)

    def differential(self, token):
        """The token of w in dw, or None."""
        if not token.text.startswith("d") or len(token.text) < 2 or self.value(token.text) is not None:
            return None
        rest = token.text[1:]
        known = isinstance(self.value(rest), Value) or canonical(rest) in {canonical(one) for one in OUTPUTS}
        at = (token.at[0] + 1, token.at[1])
        return Token("name", rest, at, False, None, canonical(rest), token.indices) if known else None

    def output_token(self, token=None):
        """The token where it names the output; without one a token that does."""
        name = self.graph.names.output
        if token is None:
            return Token("name", name, (0, 0), key=canonical(name))
        return token if token.kind == "name" and canonical(token.text) in {canonical(name), *OUTPUTS} else None

    # -- what is not known ----------------------------------------------------------------------

    def why_unknown(self, token):
        key = canonical(token.text)
        several = [one for one in self._by_key.get(key, []) if isinstance(self.values.get(one), list)]
        if several:
            count = len(self.values[several[0]])
            return f"{token.text} is the name of {count} values: give them names of their own, name=…"
        if len(self._by_key.get(key, [])) > 1:
            return f"{token.text} may be each of {', '.join(self._by_key[key])}"
        if key.startswith("delta"):
            return f"no single value is known whose gradient {token.text} is: write ∂E/∂ and its name{self.nearest('')}"
        return f"{token.text} is no name on the tape, and no function{self.nearest(token.text)}"

    def nearest(self, written):
        """A line with the names that there are, nearest first."""
        names = list(dict.fromkeys([*self.values, *self.held]))
        near = difflib.get_close_matches(written, names, 5, 0.5)
        shown = [*near, *[name for name in names if name not in near]][:12]
        return f"\n  names: {', '.join(shown)}{', …' if len(names) > len(shown) else ''}" if names else ""

    # -- for repairs ----------------------------------------------------------------------------

    def all_values(self):
        """(name, reference) of each value that has one name, newest first."""
        nodes = [(name, Value(node)) for name, node in self.values.items() if not isinstance(node, list)]
        seen, found = set(), []
        for name, one in [*reversed(nodes), *[(name, Held(name)) for name in self.held]]:
            if one not in seen:
                seen.add(one)
                found.append((name, one))
        return found


def _equal(constants, array):
    """The constants that are an array with the very numbers of this one."""
    return [
        one
        for one in constants
        if isinstance(one.value, np.ndarray) and one.value.shape == array.shape
        and np.array_equal(one.value, array)
    ]  # fmt: skip
