"""What stands for one entry of a batch inside ``vmap``: a Tensor that holds all of them.

A ``Batched`` has the shape of one entry; its ``physical`` Tensor has the batch as its first axis. While a ``vmap``
runs, ``record`` hands each operation with a Batched among its arguments to ``Batching.record``: the batch rule of the
operation (``batch_rules``) says which call of existing operations does it for all entries at once, and where there is
none the operation runs entry by entry and the results are stacked. Either way what is recorded are operations as they
are, so that whatever differentiates them differentiates through it. In a ``vmap`` inside another the ``physical``
Tensor is a Batched of the outer one.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from . import engine
from .arguments import MISSING, listed
from .batch_rules import of_batch
from .declaration import alias
from .handlers import Handler
from .modes import current, enable_grad
from .node import Value
from .ops.indexing import getitem
from .ops.shaping import broadcast_to, stack
from .random import generator_of
from .tensors import Tensor, wrap

__all__ = ["Batched", "Batching", "Level", "batching_here"]


class Level:
    """One ``vmap`` under way.

    size : how many entries it maps over
    depth : how many others are around it
    """

    def __init__(self, size: int, randomness: str = "error", around: "Batching | None" = None) -> None:
        self.size, self.randomness = size, randomness
        self.around: tuple[Level, ...] = () if around is None else around.levels
        self.depth = len(self.around)
        self.drawing = False  # whether an operation draws for one entry after the other

    def maps(self, x: Any) -> bool:
        """Whether x differs from entry to entry here."""
        return isinstance(x, Batched) and x.level is self


class Unseen:
    """In place of a Batched's array: it tells shape and dtype, and refuses to tell values."""

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape, self.dtype, self.ndim = shape, dtype, len(shape)
        self.size = int(np.prod(shape))

    def __len__(self) -> int:
        return self.shape[0]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise _no_values(name)

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise _no_values()

    __array_ufunc__ = __array__ = __bool__ = __float__ = __int__ = __index__ = __iter__ = __getitem__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __truediv__ = __rtruediv__ = __pow__ = __neg__ = __abs__ = __matmul__ = __rmatmul__ = _refuse


def _no_values(name: str = "") -> TypeError:
    asked = f"\n  asked: .{name}" if name else ""
    return TypeError(
        f"vmap: the function asks for the values of a mapped array, which stands for all entries at once{asked}\n"
        "  an `if`, float(), .item() or .data of it cannot differ from entry to entry: use ag.where, or operations\n"
        "  or call the function on each entry, and join the results with ag.stack"
    )


class Batched(Tensor):
    """One entry as the mapped function sees it; ``physical`` has all, along its first axis."""

    __slots__ = ("level", "physical")

    level: Level
    physical: Tensor

    def detach(self) -> "Batched":
        return batched(self.physical.detach(), self.level)

    def __repr__(self) -> str:
        return f"Batched(shape {self.shape}, {self.dtype}, one of {self.level.size} entries)"

    def backward(self, *_: Any, **__: Any) -> None:
        raise TypeError("vmap: no backward inside the mapped function\n  use ag.grad, ag.vjp or ag.jacobian there")

    def become(self, other: Any, what: str) -> None:
        """Take another value, in place."""
        if isinstance(other, Batched) and other.level.depth > self.level.depth:
            raise _cannot_become(self, what)
        _set(self, whole(other, self.level))


def _cannot_become(tensor: Tensor, what: str) -> ValueError:
    return ValueError(
        f"{what}: inside vmap a value that is the same for all entries cannot become one for each\n"
        f"  shape: {tensor.shape}\n  make a new one from the mapped array, such as 0 * x, or ag.stack"
    )


def batched(physical: Any, level: Level) -> Batched:
    """The Batched of a Tensor or array with the batch in front."""
    one: Batched = Value.__new__(Batched)
    one.level = level
    one._name = one._shown = None
    _set(one, physical if isinstance(physical, Tensor) else wrap(np.asarray(physical)))
    return one


def _set(one: Batched, physical: Tensor) -> None:
    """Give it its value; what sees it as a Tensor sees shape, dtype and node."""
    one.physical = physical
    one._data = Unseen(physical.shape[1:], physical.dtype)
    one._node = physical._node


def batching_here() -> "Batching | None":
    """What is mapped over here, or None."""
    mode = current()
    return mode.batching if mode is not None and isinstance(mode.batching, Batching) else None


def whole(x: Any, level: Level) -> Any:
    """The Tensor with all entries of x along its first axis; the same entry for all where x is not mapped."""
    if isinstance(x, Batched) and x.level is level:
        return x.physical
    x = x if isinstance(x, Tensor) else wrap(np.asarray(x))
    return broadcast_to(x, (level.size, *x.shape))


def _find(value: Any, found: list[Batched]) -> None:
    if isinstance(value, Batched):
        found.append(value)
    elif isinstance(value, list | tuple):
        for one in value:
            _find(one, found)
    elif isinstance(value, slice):
        _find((value.start, value.stop, value.step), found)
    elif isinstance(value, dict):
        _find(list(value.values()), found)


def deepest(values: Any) -> Level | None:
    """The innermost vmap that one of the values is mapped by."""
    found: list[Batched] = []
    _find(values, found)
    return max([one.level for one in found], key=lambda level: level.depth) if found else None


def entry(value: Any, i: int, level: Level) -> Any:
    """An argument as it is for entry i: Batched ones in it are replaced by the Tensor of that entry."""
    if isinstance(value, Batched):
        return getitem(value.physical, i) if value.level is level else value
    if isinstance(value, list | tuple):
        return type(value)([entry(one, i, level) for one in value])
    if isinstance(value, slice):
        return slice(*[entry(one, i, level) for one in (value.start, value.stop, value.step)])
    if isinstance(value, dict):
        return {key: entry(one, i, level) for key, one in value.items()}
    return value


def joined(who: str, results: Sequence[Any], level: Level) -> Any:
    """The results of all entries as Batched ones; containers, numbers and arrays among them too."""
    first = results[0]
    if isinstance(first, list | tuple):
        if len({len(one) for one in results}) > 1:
            raise _differ(who, [(len(one),) for one in results])
        items = [joined(who, column, level) for column in zip(*results, strict=True)]
        return type(first)(*items) if hasattr(first, "_fields") else type(first)(items)
    if not isinstance(first, Tensor | np.ndarray | np.generic | int | float):
        return first
    shapes = [np.shape(one) if not isinstance(one, Tensor) else one.shape for one in results]
    if len(set(shapes)) > 1:
        raise _differ(who, shapes)
    if any([isinstance(one, Tensor) for one in results]):
        return batched(stack(list(results)), level)
    return batched(np.stack(results), level)


def _differ(who: str, shapes: list[tuple[int, ...]]) -> ValueError:
    other = next(i for i, shape in enumerate(shapes) if shape != shapes[0])
    return ValueError(
        f"vmap: {who} gives results of different shapes for different entries\n"
        f"  entry 0: {shapes[0]}\n  entry {other}: {shapes[other]}"
    )


def note_loop(op: Any) -> None:
    """An operation is about to run entry by entry; tests put another function in this one's place."""


class Batching(Handler):
    """What operations do while ``vmap`` runs.

    levels : the vmaps under way, the outermost first
    """

    def __init__(self, level: Level) -> None:
        self.levels = (*level.around, level)

    def record(self, op: Any, first: Any, second: Any, more: tuple[Any, ...], auxiliaries: bool) -> Any:
        """The result of an operation for all entries, or MISSING where no argument is mapped."""
        given = listed(first, second, more)
        level = deepest(given)
        if level is None:
            return MISSING
        if "random" in op.traits:
            return self.drawn(op, given, level, auxiliaries)
        if not auxiliaries:
            y = of_batch(op, given, level, lambda value: deepest(value) is level, whole)
            if y is not None:
                return batched(y, level)
        note_loop(op)
        call = op.function.with_auxiliaries if auxiliaries else op.function
        return self.by_entries(op.name, call, given, {}, level)

    def by_entries(
        self,
        who: str,
        call: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        level: Level | None = None,
    ) -> Any:
        """``call`` for one entry after the other, its results joined; None where no argument is mapped."""
        level = level or deepest([args, kwargs])
        if level is None:
            return None
        results = [call(*entry(list(args), i, level), **entry(kwargs, i, level)) for i in range(level.size)]
        return joined(who, results, level)

    def draw(self, generator: Any) -> None:
        """Raise where a random number is drawn that is to differ from entry to entry, or of which nothing is said."""
        level = self.levels[-1]
        if level.randomness != "same" and not level.drawing:
            raise RuntimeError(
                f"vmap: the function draws random numbers\n  randomness: {level.randomness!r}\n"
                '  randomness="same" draws once for all entries; for numbers of their own draw outside, one for each\n'
                "  entry, and map over what was drawn"
            )

    def drawn(self, op: Any, given: list[Any], level: Level, auxiliaries: bool) -> Any:
        """The result of an operation that draws, such as dropout, entry by entry."""
        if level.randomness == "error":
            raise RuntimeError(
                f'vmap: {op.name} draws random numbers\n  give randomness="different" or randomness="same"'
            )
        call = op.function.with_auxiliaries if auxiliaries else op.function
        rng = dict(zip(op.names, given, strict=False)).get("rng")
        level.drawing = True
        try:
            if level.randomness == "different":
                return self.by_entries(op.name, call, given, {}, level)
            generator = generator_of(rng)
            state = generator.bit_generator.state

            def again(*args: Any) -> Any:
                generator.bit_generator.state = state
                return call(*args)

            return self.by_entries(op.name, again, given, {}, level)
        finally:
            level.drawing = False

    def give(self, tensor: Tensor, new: Any, what: str) -> bool:
        """Whether it was a mapped Tensor that took a new value, in place."""
        if isinstance(tensor, Batched):
            tensor.become(new, what)
            return True
        if isinstance(new, Batched):
            raise _cannot_become(tensor, what)
        return False

    # -- for transforms inside the mapped function ---------------------------------------------

    def bottom(self, x: Any) -> Tensor:
        """The Tensor that has an axis in front for each vmap under way, the outermost first."""
        for level in reversed(self.levels):
            x = whole(x, level)
        return x

    def top(self, x: Any) -> Tensor:
        """What the function sees of such a Tensor."""
        for level in self.levels:
            x = batched(x, level)
        return x

    def fresh(self, x: Any) -> Tensor:
        """An argument to differentiate by: a leaf, or an alias, of all its entries."""
        name = x._name if isinstance(x, Tensor) else None
        with enable_grad():
            x = self.bottom(x)
            return self.top(alias(x) if x.node is not None else Tensor(x, requires_grad=True, name=name))

    def walk(
        self,
        ys: Sequence[Any],
        seeds: Sequence[Any],
        targets: Sequence[Any],
        create_graph: bool,
        retain_graph: bool,
        own: Sequence[Any] | None = None,
    ) -> Any:
        """``walk_to`` for all entries: None or a Batched for each target."""
        inner = self.levels[-1]
        if any([deepest(one) is not inner for one in targets]):  # recorded outside: at most the vector is mapped
            if deepest(list(seeds)) is not inner:
                return self._outside(ys, seeds, targets, create_graph, own)
            rows = [
                self._outside(ys, entry(list(seeds), i, inner), targets, create_graph, own) for i in range(inner.size)
            ]
            return [None if column[0] is None else joined("vjp", column, inner) for column in zip(*rows, strict=True)]
        outputs = [self.bottom(y) for y in ys]
        given = []
        for y, seed in zip(outputs, seeds, strict=True):
            given.append(wrap(np.ones(y.shape, y.dtype)) if seed is None else self.bottom(seed))
        leaves = [self.bottom(x) for x in targets]
        recorded = create_graph and (
            own is None or _has_other_leaves(outputs, given, {*leaves, *[self.bottom(x) for x in own]})
        )
        found = engine.walk_to(outputs, given if recorded else [g._data for g in given], leaves, recorded, retain_graph)
        return [None if g is None else self.top(g) for g in found]

    def _outside(self, ys: Any, seeds: Any, targets: Any, create_graph: bool, own: Any) -> Any:
        outer = self.levels[:-1]
        if outer:
            return Batching(outer[-1]).walk(ys, seeds, targets, create_graph, True, own)
        if own is not None:
            create_graph = create_graph and _has_other_leaves(ys, seeds, {*targets, *own})
        return engine.walk_to(ys, seeds, targets, create_graph=create_graph, retain_graph=True)


def _has_other_leaves(ys: Iterable[Tensor], seeds: Iterable[Any], targets: Iterable[Tensor]) -> bool:
    """Whether the gradients of ys by targets can have a history: whether more than targets went into them."""
    if any([isinstance(seed, Tensor) and seed.node is not None for seed in seeds]):
        return True
    own = {x.node for x in targets}
    if any([parent is not None for node in own for parent in node.parents]):
        return True
    todo = [y.node for y in ys if y.node is not None]
    seen = set(todo)
    while todo:
        node = todo.pop()
        if node in own:
            continue
        parents = [parent for parent in node.parents if parent is not None]
        if not parents:
            return True
        for parent in parents:
            if parent not in seen:
                seen.add(parent)
                todo.append(parent)
    return False


def walk_to(
    outputs: Sequence[Any],
    seeds: Sequence[Any],
    targets: Sequence[Any],
    create_graph: bool = False,
    retain_graph: bool = False,
    own: Sequence[Any] | None = None,
) -> Any:
    """``engine.walk_to``, also of what is mapped.

    own : leaves of the caller's. Inside vmap ``create_graph`` then asks for a history only where there are others.
    """
    batching = batching_here()
    if batching is None:
        return engine.walk_to(outputs, seeds, targets, create_graph, retain_graph)
    return batching.walk(outputs, seeds, targets, create_graph, retain_graph, own)
