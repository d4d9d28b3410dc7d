"""A recorded call, and the plan that runs it again: read, compute, and put everything where it belongs, all at once."""

from typing import Any

import numpy as np

from ..node import Leaf, like_of
from ..replaying import KINDS, Call, Ready, built
from ..tensors import Tensor
from .functions import FunctionTracer, Segment
from .guards import NUMBERS, Guards
from .instructions import Argument, needed
from .machine import prepare
from .replay import taken
from .traced import Traced

__all__ = ["Plan", "Recording"]


class Recording:
    """One call, written down.

    segments : as the tracer has them
    positions : {id of a Tensor or node that came as an argument: its position}
    template : what was returned, with numbers in place of values
    values : {number: value}
    """

    def __init__(self, who: str, tracer: FunctionTracer, guards: Guards, leaves: list[Any], result: Any) -> None:
        self.who, self.guards, self.leaves = who, guards, leaves
        self.segments = tracer.segments
        self.values = tracer.program.values
        self.no_gradient = tracer.no_gradient
        self.captured = [self.values[number] for one in self.segments for number in one.sources]
        self.positions: dict[int, int] = {}
        for i, one in enumerate(leaves):
            if isinstance(one, Tensor):
                self.positions[id(one)] = i
                if one._node is not None:
                    self.positions[id(one._node)] = i
        self._tracer = tracer
        self.numbers: list[int] = []
        self.template = self._template(result)
        self.values.update({number: tracer.value_of(number) for number in self.numbers})
        del self._tracer

    def _template(self, value: Any) -> Any:
        tracer = self._tracer
        if isinstance(value, Tensor):
            original = tracer.originals.get(id(value), value)
            if id(original) in self.positions:
                return "argument", self.positions[id(original)]
            if type(value._node) is Leaf and not isinstance(value._data, Traced):
                return "object", value
            self.numbers.append(tracer.number(value))
            return "tensor", self.numbers[-1], value._name
        if isinstance(value, Traced | np.ndarray):
            self.numbers.append(tracer.number(value))
            return "array", self.numbers[-1]
        if isinstance(value, (*NUMBERS, np.generic)):
            return "static", value
        if isinstance(value, tuple | list):
            return type(value), [self._template(one) for one in value]
        if type(value) is dict:
            return dict, {key: self._template(one) for key, one in value.items()}
        raise TypeError(
            f"{self.who}: it returns what a program cannot\n  returned: {type(value).__name__}\n"
            "  possible are Tensors, arrays, numbers, strings, None, and tuples, lists and dicts of them"
        )

    def results(self, values: Any) -> Any:
        """What is returned, from {number: value}."""
        return built(self.template, values, self.leaves)

    def keep_inputs(self) -> None:
        """Let go of all values but those that came from outside, with which the next recording is compared."""
        kept = {number for one in self.segments for number in (*one.sources, *one.program.constants)}
        for number in self.values.keys() - kept:
            del self.values[number]

    def let_go(self) -> None:
        """Let go of all values."""
        self.values.clear()
        self.captured, self.leaves = [], []
        for one in self.segments:
            for number in one.program.arguments:
                one.program.arguments[number] = Argument(None, None)

    def target(self, thing: Any) -> tuple[str, Any]:
        """A Tensor or a node as both recordings know it."""
        position = self.positions.get(id(thing))
        return ("argument", position) if position is not None else ("object", id(thing))

    def key(self) -> Any:
        """What has to hold for the program: recordings with one key have to be equal."""
        gradients = [(self.target(node), True) for node in self.no_gradient]
        for one in self.segments:
            gradients += [(self.target(node), False) for kind, node in one.sources.values() if kind == "grad"]
        known = {target for one in self.segments for _, target in one.sources.values() if isinstance(target, Tensor)}
        nodes = sorted([(id(t), id(t._node)) for t in known if t._node is not None])
        return self.guards.key(), tuple(sorted(gradients, key=repr)), len(nodes)


class Plan(Ready):
    """Runs a call again. Made of two recordings of it: what was new in the second belongs to the call itself."""

    def __init__(self, before: Recording, recording: Recording) -> None:
        inside = _inside(before, recording)
        self.parts: list[_Part] = []
        made: set[int] = set()  # numbers whose values an earlier part has
        for segment in recording.segments:
            self.parts.append(_Part(segment, recording, inside, made))
        wanted = set(recording.numbers)
        for part in reversed(self.parts):
            part.finish([n for n in part.gives if n in wanted])
            wanted |= set(part.carried)
        self.parts = [part for part in self.parts if part.does_anything]
        calls, steps = [part.call for part in self.parts], [part.step and part.step.step for part in self.parts]
        super().__init__(calls, steps, recording.template, recording.guards, _states(recording, inside))
        recording.let_go()


class _Part:
    """A segment as it is run.

    reads : [(kind, thing)] of the program's arguments in their order
    carried : numbers of those of its arguments that earlier parts give
    gives : the numbers of all that it computes or reads
    """

    def __init__(self, segment: Segment, recording: Recording, inside: set[int], made: set[int]) -> None:
        program = self.program = segment.program
        self.step = segment.step
        self.reads: list[tuple[int, Any]] = []
        for number, (kind, thing) in segment.sources.items():
            if number in inside:
                value = recording.values[number]
                program.constants[number] = np.array(value)[()] if isinstance(value, np.ndarray) else value
                del program.arguments[number]
            elif kind == "grad" and id(thing) in recording.positions:
                self.reads.append((KINDS["argument's grad"], recording.positions[id(thing)]))
            else:
                self.reads.append((KINDS[kind], thing))
        own = {*program.arguments, *program.constants}
        own |= {number for one in program.instructions for number in one.outputs}
        used = [number for one in program.instructions for number in taken(one)]
        used += [number for number in (*segment.gradients.values(), *segment.writes.values()) if number is not None]
        self.carried = sorted({number for number in used if number not in own})
        for number in self.carried:
            program.arguments[number] = Argument(None, recording.values.get(number))
        self.gives = own
        made |= own
        self.gradients = [
            (recording.positions.get(id(node)), node, number)
            for node, number in segment.gradients.items()
            if id(node) not in inside
        ]
        self.writes = [
            (recording.positions.get(id(tensor)), tensor, number)
            for tensor, number in segment.writes.items()
            if id(tensor) not in inside
        ]

    @property
    def does_anything(self) -> bool:
        """Most often nothing comes after an optimizer's step, and then there is nothing to run."""
        program = self.program
        return bool(self.step or self.gradients or self.writes or program.outputs or program.instructions)

    def finish(self, results: list[int]) -> None:
        """``results``: the numbers of what is returned, or taken by later parts."""
        self.results = results
        landing = [number for _, _, number in self.gradients if number is not None]
        self.program.outputs = [*results, *landing, *[number for _, _, number in self.writes]]
        self.program.instructions[:] = needed(self.program, taken)
        executor = prepare(self.program)
        count, at = len(results), []
        for _, _, number in self.gradients:
            at.append(-1 if number is None else count)
            count += number is not None
        leaves = [node if position is None else position for position, node, _ in self.gradients]
        tensors = [tensor if position is None else position for position, tensor, _ in self.writes]
        kinds, things = [kind for kind, _ in self.reads], [thing for _, thing in self.reads]
        self.executor = executor
        self.call = Call(executor.run, kinds, things, self.carried, results, leaves, at, tensors)


def _inside(before: Recording, recording: Recording) -> set[int]:
    """Numbers of what the function made itself, and ids of the Tensors and nodes: new in each call, and no input."""
    found: set[int] = set()
    for one, other in zip(before.segments, recording.segments, strict=True):
        for number, (kind, thing) in other.sources.items():
            if kind != "argument" and thing is not one.sources[number][1] and id(thing) not in recording.positions:
                found |= {number, id(thing)}
        for mine, theirs in ((other.gradients, one.gradients), (other.writes, one.writes)):
            for new, old in zip(mine, theirs, strict=True):
                if new is not old and id(new) not in recording.positions:
                    found.add(id(new))
    return found


def _states(recording: Recording, inside: set[int]) -> tuple[list[Any], list[Any], list[Any]]:
    """([(Tensor, node, (shape, dtype))], [(node, has it no gradient)], [(position of an argument, the same)])."""
    tensors, nodes, positions = [], [], []
    gradients = [(node, True) for node in recording.no_gradient]
    for one in recording.segments:
        for number, (kind, thing) in one.sources.items():
            if kind == "tensor" and number not in inside and id(thing) not in recording.positions:
                tensors.append((thing, thing._node, like_of(thing._data) if thing._node is None else thing._node.like))
            elif kind == "grad" and number not in inside:
                gradients.append((thing, False))
    for node, none in gradients:
        if id(node) in recording.positions:
            positions.append((recording.positions[id(node)], none))
        elif id(node) not in inside:
            nodes.append((node, none))
    return tensors, nodes, positions
