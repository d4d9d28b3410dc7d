"""From declared formulas to the local derivatives of a graph, each held against the rule it describes.

``Folding(graph).link(station)`` gives, for each station before it, the formula of what a gradient becomes on its way:
for numbers a factor, for arrays a factor entry by entry, a product of matrices, or the transposed Jacobian by its
name. A declared formula is used only where it gives the rule's own numbers; else the derivative is shown by name.
"""

import math

import numpy as np

from ..notes import Constant
from ..taped.replay import alone, written_out
from ..tensors import wrap
from . import formula as ex
from .declared import rule_of
from .graph import pull
from .rules import Rules, as_declared, random_like


class Flow:
    """What a gradient Δ has become on its way from a station: Δ ⊙ factor, or a formula that holds Δ.

    factor : an Expression, or None
    whole  : the formula with Δ in it, or None; one of the two is there
    words  : what is to be said of the rules on the way
    """

    __slots__ = ("factor", "whole", "words")

    def __init__(self, factor=None, whole=None, words=()):
        self.factor, self.whole, self.words = factor, whole, tuple(words)

    def with_delta(self, delta):
        """The formula with Δ in it."""
        return self.whole if self.whole is not None else ex.product(delta, self.factor)

    def times(self, factor):
        if self.whole is None:
            return Flow(ex.product(self.factor, factor), words=self.words)
        return Flow(whole=ex.product(self.whole, factor), words=self.words)

    def plus(self, other, delta):
        words = dict.fromkeys([*self.words, *other.words])
        if self.whole is None and other.whole is None:
            return Flow(ex.add(self.factor, other.factor), words=words)
        return Flow(whole=ex.add(self.with_delta(delta), other.with_delta(delta)), words=words)


class Folding(Rules):
    """The formulas of a graph."""

    def __init__(self, graph):
        super().__init__(graph)
        self._links = {}

    # -- stations ------------------------------------------------------------------------------

    def delta(self, station, direct=False):
        """∂E/∂station as a formula; 1 of the output itself."""
        graph = self.graph
        if station is graph.output and not graph.given:
            return ex.ONE
        return ex.Derivative(graph.top, graph.names.symbol(station), graph.adjoints.get(station), direct)

    def link(self, station):
        """{station before it: Flow} from one station."""
        known = self._links.get(station)
        if known is None:
            with alone(), np.errstate(all="ignore"):
                known = self._links[station] = self._find_link(station)
        return known

    def _find_link(self, station):
        graph, delta = self.graph, self.delta(station)
        found, flows = {}, {station: Flow(ex.ONE)}
        for node in graph.regions[station]:
            flow = flows.pop(node, None)
            if flow is None or node is graph.target:
                continue
            for parent, one in self._passed_on(node, flow, delta):
                place = found if parent in graph.is_station else flows
                place[parent] = place[parent].plus(one, delta) if parent in place else one
        return found

    def _passed_on(self, node, flow, delta):
        """(a value of the graph that the node was made from, the flow towards it), for each."""
        wanted = [(i, parent) for i, parent in enumerate(node.parents) if parent in self.graph.consumers]
        if node.operation.made_of and not all(self._is_said(node, i, parent) for i, parent in wanted):
            parts = self._parts(node)
            if parts:
                yield from self._passed_through(parts, flow, delta)
                return
        for i, parent in wanted:
            yield parent, self._through(node, i, parent, flow, delta)

    def _passed_through(self, parts, flow, delta):
        """The same for a fused node, from one of its parts to the next."""
        flows = {parts[-1]: flow}
        for part in reversed(parts):
            flow = flows.pop(part, None)
            for parent, one in self._passed_on(part, flow, delta) if flow is not None else ():
                if parent in parts:
                    flows[parent] = flows[parent].plus(one, delta) if parent in flows else one
                else:
                    yield parent, one

    def _is_said(self, node, i, parent):
        """Whether a formula says what the rule of an input gives, so that no Jacobian has to be named."""
        if node.like[0] == () and rule_of(node, i).local and as_declared(node):
            return True
        ways = (self.local, self.repeated, self.whole)
        return any(way(node, i, parent) is not None for way in ways)

    def _parts(self, node):
        """The nodes of what a fused operation is made of, oldest first; [] where they do not give its value."""
        note = node.note
        inputs = [self._as_input(one) for one in note.inputs]
        parts = written_out(node, inputs)
        constants = {id(one.value): one for one in note.inputs if isinstance(one, Constant)}  # for their names
        for part in parts:
            part.note.inputs = tuple([constants.get(id(getattr(one, "given", None)), one) for one in part.note.inputs])
            self.graph.include(part)
        if parts:
            self._values[parts[-1]] = self.value(node)  # the last one is the node, under its name
        return parts

    def _as_input(self, one):
        return one.value if isinstance(one, Constant) else wrap(one.note.value, one)

    def _through(self, node, i, parent, flow, delta):
        """The flow after the rule of one input."""
        factor = self.local(node, i, parent)
        if factor is not None:
            flow = flow.times(factor)
            axes = _summed_axes(node.like[0], parent.like[0])
            return Flow(whole=_summed(flow.with_delta(delta), node, parent, axes), words=flow.words) if axes else flow
        repeated = self.repeated(node, i, parent)
        if repeated is not None:
            factor, axes = repeated
            delta = filled(flow.with_delta(delta), node.like[0])
            spread = ex.AxisRepeat(axes, parent.like[0], delta)
            return Flow(whole=ex.product(factor, spread), words=flow.words)
        whole = self.whole(node, i, parent)
        if whole is not None:
            words = [*flow.words, *self.said(node, i)]
            if flow.whole is None and node.like[0] == ():
                return Flow(whole(flow.factor), words=words)
            return Flow(whole=whole(filled(flow.with_delta(delta), node.like[0])), words=words)
        if node.like[0] == ():
            return flow.times(self._opaque(node, i, parent))
        delta = filled(flow.with_delta(delta), node.like[0])
        moved = _moved(node, i, parent)
        if moved is not None:
            return Flow(whole=moved(delta), words=flow.words)
        jacobian = self._bracketed(node, i, parent, delta)
        return Flow(whole=ex.MatrixProduct(ex.Transposed(jacobian), delta), words=[*flow.words, jacobian.about])


# -- small things ------------------------------------------------------------------------------


def _summed_axes(shape, target):
    """The axes of ``shape`` that broadcasting ``target`` made, if ``shape`` is the larger."""
    extra = len(shape) - len(target)
    if extra < 0:
        return ()
    return (*range(extra), *[extra + k for k, n in enumerate(target) if n == 1 and shape[extra + k] != 1])


def filled(part, shape):
    """A number as an array of a shape, where it stands for one."""
    return part if part.shaped or not shape else ex.product(part, ex.Ones(shape))


def _summed(part, node, parent, axes):
    """Σ over the axes that broadcasting made; of equal numbers their count in front."""
    if not part.shaped:
        return ex.product(ex.Number(math.prod([node.like[0][axis] for axis in axes])), part)
    return ex.AxisSum(axes, parent.like[0], part)


def _moved(node, i, parent):
    """What makes the gradient of an array from that of its entries in another shape, or transposed; or None."""
    shape = parent.like[0]
    if node.operation.kind != "shape" or np.size(node.note.value) != int(np.prod(shape)):
        return None
    g = random_like(node.like)
    back = pull(node, i, parent, g)
    if np.array_equal(back, g.reshape(shape)):
        return lambda part: ex.reshaped(shape, part)
    if g.ndim == 2 and np.array_equal(back, g.T):
        return ex.transposed
    return None
