"""Functions of functions: from ``f`` to its gradient, Jacobian, Hessian, products with vectors.

``grad(f)(x)`` is the gradient of ``f`` at ``x``. Arrays in, arrays out; where an argument is a Tensor
the results are Tensors, recorded, so that transforms nest: ``grad(grad(f))``; and so they are where ``f``
uses the argument of another transform that is under way. What ``f`` does not depend on has gradient zero. They record
under ``no_grad`` too: a derivative is what was asked for.

Inside ``f`` the history of an argument cannot be lost unseen: ``float``, ``int`` and the functions of ``math`` raise
TypeError of all that was computed from it, and so does storing it into a NumPy array (``autograd.conversion``).
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .arrays import plain
from .batched import batching_here, walk_to
from .containers import is_container, packed, unpacked
from .conversion import comes_from_an_argument, differentiating
from .declaration import alias
from .engine import walk_to as walk_over
from .handlers import as_tensor
from .modes import enable_grad
from .node import FLOATS
from .ops.shaping import reshape, stack
from .tensors import Tensor, raw, wrap

__all__ = ["grad", "value_and_grad", "vjp", "jvp", "jacobian", "jacrev", "jacfwd", "hessian", "hvp"]

Function = Callable[..., Any]
Argnums = int | Sequence[int]


def value_and_grad(f: Function, argnums: Argnums = 0) -> Callable[..., tuple[Any, Any]]:
    """The function that returns ``f``'s value and its gradient.

    Parameters
    ----------
    f : a function of arrays and Tensors that returns one entry.
    argnums : the position of the argument to differentiate by, or a tuple of positions.

    The gradient has the argument's shape and dtype; for a tuple of positions it is a tuple, and for an argument that is
    a dict, or a list or tuple of Tensors, a container like it.

    >>> import autograd as ag
    >>> value, gradient = ag.value_and_grad(lambda x: (x * x).sum())([1.0, 2.0])
    >>> float(value), gradient
    (5.0, array([2., 4.]))
    >>> ag.grad(lambda p, x: p["w"] * x + p["b"])({"w": 2.0, "b": 1.0}, 3.0)
    {'w': np.float64(3.0), 'b': np.float64(1.0)}
    """

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        y, fresh, recorded, packed_like = _call("grad", f, argnums, args, kwargs)
        gradients = _pull(_one_entry(y, f), None, fresh, recorded)
        return _out(y, recorded), packed_like(gradients)

    return wrapped


def grad(f: Any, argnums: Any = 0, **words: Any) -> Any:
    """The gradient of a function that returns one entry, as a function.

    Parameters and results as ``value_and_grad``, without the value. With Tensors in place of the function it is
    PyTorch's, of outputs by inputs: a tuple of Tensors, the gradients that ``ag.gradients`` gives. It takes
    grad_outputs, retain_graph, create_graph and allow_unused.

    >>> import autograd as ag
    >>> f = lambda x: x ** 3
    >>> float(ag.grad(f)(2.0)), float(ag.grad(ag.grad(f))(2.0))
    (12.0, 12.0)
    """
    if "outputs" in words or not callable(f):
        return _of_tensors(f, argnums, **words) if "outputs" not in words else _of_tensors(**words)
    if words:
        raise TypeError(f"grad: of a function it takes no {min(words)}=\n  it takes: grad(f, argnums=0)")
    both = value_and_grad(f, argnums)

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return wrapped


def _of_tensors(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Any, ...]:
    """PyTorch's ``grad``: Tensors, and None for an input that was not used, if that is allowed."""
    several = isinstance(outputs, list | tuple)
    ys, seeds = (outputs, grad_outputs or [None] * len(outputs)) if several else ([outputs], [grad_outputs])
    seeds = list(seeds) if isinstance(seeds, list | tuple) else [seeds]
    xs = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    for x in xs:
        if not isinstance(x, Tensor) or x.node is None:
            raise ValueError("grad: an input does not require grad\n  for the gradient of a function: ag.grad(f)(x)")
    retain = create_graph if retain_graph is None else retain_graph
    found = walk_over(ys, seeds, xs, create_graph, retain, not allow_unused)
    return tuple([g if g is None or isinstance(g, Tensor) else wrap(g) for g in found])


def vjp(f: Function, *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """(f(*primals), pull): ``pull(g)`` is the vector-Jacobian product gᵀ · ∂f, a tuple with one
    array for each primal.

    >>> import autograd as ag
    >>> y, pull = ag.vjp(lambda x: x * x, [1.0, 2.0])
    >>> pull([1.0, 10.0])
    (array([ 2., 40.]),)
    """
    recorded = _outside(primals)
    fresh = _aliases("vjp", primals)
    y = _single("vjp", _run(f, _to_rebind(fresh)))
    recorded = recorded or _inside(y)

    def pull(g: Any) -> tuple[Any, ...]:
        return _pull(y, g, fresh, recorded or _outside((g,)), retain=True)

    return _out(y, recorded), pull


def jvp(f: Function, primals: Any, tangents: Any) -> tuple[Any, Any]:
    """(f(*primals), ∂f · tangents): the derivative along a direction.

    primals, tangents : tuples of equal length and shapes; for one primal, arrays will do.

    It is computed by differentiating the vector-Jacobian product, which is linear in its vector, by
    that vector (J. Townsend, "A new trick for calculating Jacobian vector products", 2017).

    >>> import autograd as ag
    >>> y, dy = ag.jvp(lambda x: x * x, [1.0, 2.0], [1.0, 10.0])
    >>> dy
    array([ 2., 40.])
    """
    primals, tangents = _directions("jvp", primals, tangents)
    recorded = _outside((*primals, *tangents))
    fresh = _aliases("jvp", primals)
    y = _single("jvp", _run(f, _to_rebind(fresh)))
    recorded = recorded or _inside(y)
    return _out(y, recorded), _pushing(y, fresh, recorded)(tangents)


def _pushing(y: Any, fresh: Sequence[Tensor], recorded: bool) -> Callable[[Sequence[Any]], Any]:
    """The function that gives the derivative of y along tangents of the aliases."""
    if not isinstance(y, Tensor) or y.node is None:
        zero = np.zeros(np.shape(raw(y)))[()]
        return lambda tangents: wrap(zero) if recorded else zero
    with enable_grad():
        (u,) = _aliases("jvp", [np.zeros(y.shape, y.dtype)])
        pulled = walk_to([y], [u], fresh, create_graph=True, retain_graph=True)

    def push(tangents: Sequence[Any]) -> Any:
        with enable_grad():
            pairs = [(p, _like(t, x)) for p, t, x in zip(pulled, tangents, fresh, strict=True) if p is not None]
            pairs = [(p, t) for p, t in pairs if p.node is not None]
            (dy,) = (
                walk_to([p for p, _ in pairs], [t for _, t in pairs], [u], recorded, True, own=fresh)
                if pairs
                else (None,)
            )
        if dy is not None and not recorded and np.isnan(dy).any():
            dy = _by_rows(y, dy, fresh, tangents)
        return _filled(dy, u, recorded)

    return push


_MOST_ROWS = 64


def _by_rows(y: Tensor, dy: Any, fresh: Any, tangents: Any) -> Any:
    """dy with the entries that are NaN asked once more by the walk backward, where there are not too many of them.

    What a mask such as relu's switches off is cut on the way backward. In the direction of jvp its 0 meets the
    infinite slope of what comes after, as in sqrt(relu(x)).
    """
    places = np.argwhere(np.isnan(dy))
    if len(places) > _MOST_ROWS:
        return dy
    dy = np.array(dy)
    for at in map(tuple, places):
        one_hot = np.zeros(y.shape, y.dtype)
        one_hot[at] = 1
        row = walk_to([y], [one_hot[()]], fresh, retain_graph=True)
        with np.errstate(all="ignore"):
            dy[at] = sum(np.sum(g * raw(t)) for g, t in zip(row, tangents, strict=True) if g is not None)
    return dy[()]


def jacobian(f: Function, argnums: Argnums = 0) -> Function:
    """The function that returns every derivative of every entry of ``f``'s result.

    Its shape is the result's shape followed by the argument's; one walk backward for each entry of
    the result. ``argnums`` as for ``grad``.

    >>> import autograd as ag
    >>> ag.jacobian(lambda x: x * x)([1.0, 2.0])
    array([[2., 0.],
           [0., 4.]])
    """

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        y, fresh, recorded, packed_like = _call("jacobian", f, argnums, args, kwargs)
        shape = np.shape(raw(y))
        rows = []
        for at in np.ndindex(shape):
            one_hot = np.zeros(shape, raw(y).dtype)
            one_hot[at] = 1
            rows.append(_pull(y, one_hot[()], fresh, recorded, retain=True))
        blocks = []
        for i, x in enumerate(fresh):
            block: Any = [row[i] for row in rows]
            if recorded:
                block = reshape(stack(block), shape + x.shape) if block else wrap(np.zeros(shape + x.shape))
            else:
                block = np.array(block, dtype=x.dtype).reshape(shape + x.shape)
            blocks.append(block)
        return packed_like(blocks)

    return wrapped


jacrev = jacobian
"""PyTorch's and JAX's name for ``jacobian``: backward, an entry of the result at a time."""


def jacfwd(f: Function, argnums: Argnums = 0) -> Function:
    """The same as ``jacobian``, by ``jvp``: one derivative along a direction for each entry of the argument.

    It costs less where the argument has fewer entries than the result. ``argnums`` as for ``grad``.

    >>> import autograd as ag
    >>> ag.jacfwd(lambda x: x * ag.Tensor([1.0, 2.0, 3.0]))(2.0)
    array([1., 2., 3.])
    """

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        y, fresh, recorded, packed_like = _call("jacfwd", f, argnums, args, kwargs)
        push = _pushing(y, fresh, recorded)
        shape = np.shape(raw(y))
        blocks = []
        for i, x in enumerate(fresh):
            columns = []
            for at in np.ndindex(x.shape):
                tangents = [np.zeros(one.shape, one.dtype) for one in fresh]
                tangents[i][at] = 1
                columns.append(push([tangent[()] for tangent in tangents]))
            if not columns:
                block = np.zeros(shape + x.shape, x.dtype)
                blocks.append(wrap(block) if recorded else block)
            elif recorded:
                blocks.append(reshape(stack(columns, -1), shape + x.shape))
            else:
                blocks.append(np.stack(columns, -1).reshape(shape + x.shape))
        return packed_like(blocks)

    return wrapped


def hessian(f: Function, argnums: int = 0) -> Function:
    """The function that returns every second derivative of a one-entry ``f`` by one argument.

    Its shape is the argument's shape twice.

    >>> import autograd as ag
    >>> ag.hessian(lambda x: x[0] * x[1] ** 2)([3.0, 2.0])
    array([[0., 4.],
           [4., 6.]])
    """
    if isinstance(argnums, tuple | list):
        raise TypeError(f"hessian: argnums must be one position\n  argnums: {argnums}")
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Function, primals: Any, tangents: Any) -> Any:
    """The Hessian of a one-entry ``f`` times a vector, without building the Hessian.

    primals, tangents : tuples of equal length and shapes, and so is the result; for one primal,
        arrays will do, and the result is an array.

    It is the gradient of (gradient · tangent) (B. Pearlmutter, "Fast exact multiplication by the
    Hessian", 1994).

    >>> import autograd as ag
    >>> ag.hvp(lambda x: (x ** 3).sum(), [1.0, 2.0], [1.0, 10.0])
    array([  6., 120.])
    """
    several = isinstance(primals, tuple)
    primals, tangents = _directions("hvp", primals, tangents)
    recorded = _outside((*primals, *tangents))
    fresh = _aliases("hvp", primals)
    y = _one_entry(_run(f, _to_rebind(fresh)), f)
    recorded = recorded or _inside(y)
    with enable_grad():
        first = _pull(y, None, fresh, True, retain=True, always=True)
        pairs = [(g, _like(t, x)) for g, t, x in zip(first, tangents, fresh, strict=True) if g.node is not None]
        if pairs:
            second = walk_to([g for g, _ in pairs], [t for _, t in pairs], fresh, recorded, recorded, own=fresh)
        else:
            second = [None] * len(fresh)
    second = tuple([_filled(g, x, recorded) for g, x in zip(second, fresh, strict=True)])
    return second if several else second[0]


def _call(
    who: str, f: Function, argnums: Argnums, args: Sequence[Any], kwargs: dict[str, Any]
) -> tuple[Any, list[Tensor], bool, Callable[[Sequence[Any]], Any]]:
    """f's result, the aliases of what to differentiate by, whether results are to be Tensors, and what packs them.

    What packs them gives, of one value for each alias, the values as ``argnums`` and the arguments have them.
    """
    several = not isinstance(argnums, int)
    positions = _positions(who, args, (argnums,) if isinstance(argnums, int) else tuple(argnums))
    by = tuple([args[i] for i in positions])
    fresh = _aliases(who, *_named_leaves(by, positions))
    own = _to_rebind(fresh)
    given = list(args)
    for i, x in zip(positions, _like_arguments(by, own), strict=True):
        given[i] = x
    y = _single(who, _run(f, own, given, kwargs))

    def packed_like(values: Sequence[Any]) -> Any:
        found = _like_arguments(by, values)
        return found if several else found[0]

    return y, fresh, _outside((*args, *kwargs.values())) or _inside(y), packed_like


def _positions(who: str, args: Sequence[Any], positions: Sequence[int]) -> Sequence[int]:
    seen: set[int] = set()
    for i in positions:
        if not -len(args) <= i < len(args):
            raise TypeError(f"{who}: there is no argument {i}\n  arguments: {len(args)}")
        if i % len(args) in seen:
            raise ValueError(f"{who}: an argument is named twice\n  argnums: {tuple(positions)}")
        seen.add(i % len(args))
    return positions


def _named_leaves(by: Sequence[Any], positions: Sequence[int]) -> tuple[list[Any], list[str]]:
    """The arrays in the arguments, those in containers too, and what errors call them."""
    leaves, names = [], []
    for i, x in zip(positions, by, strict=True):
        inside = unpacked(x)
        leaves += inside
        within = is_container(x)
        names += [f"array {k} in argument {i}" if within else f"argument {i}" for k in range(len(inside))]
    return leaves, names


def _like_arguments(by: Sequence[Any], values: Sequence[Any]) -> tuple[Any, ...]:
    left = iter(values)
    return tuple([packed(x, left) for x in by])


def _run(f: Function, own: Sequence[Tensor], args: Sequence[Any] | None = None, kwargs: Any = None) -> Any:
    """f's result, where ``own`` are the arguments to differentiate by: by default all."""
    with enable_grad(), differentiating(own):
        return f(*(own if args is None else args), **(kwargs or {}))


def _outside(args: Iterable[Any]) -> bool:
    """Whether results are to be Tensors: one of the arguments is, or one holds a Tensor that requires grad."""
    todo = list(args)
    if batching_here() is not None or any([isinstance(a, Tensor) for a in todo]):
        return True
    while todo:
        one = todo.pop()
        if isinstance(one, Tensor) and one.node is not None:
            return True
        if isinstance(one, list | tuple | dict | set):
            todo.extend(one.values() if isinstance(one, dict) else one)
    return False


def _inside(y: Any) -> bool:
    """Whether results are to be Tensors: f has used the argument of another transform that is under way."""
    return isinstance(y, Tensor) and comes_from_an_argument(y.node)


def _aliases(who: str, args: Sequence[Any], names: Sequence[str] = ()) -> list[Tensor]:
    """Fresh recorded Tensors of arrays: walks stop there, and nothing else leads there."""
    fresh: list[Tensor] = []
    batching = batching_here()  # inside vmap each entry has a derivative of its own
    with enable_grad():
        for x, name in zip(map(as_tensor, args), names or [f"argument {i}" for i in range(len(args))], strict=True):
            if batching is not None and isinstance(x, Tensor):
                x = batching.fresh(x)
            elif isinstance(x, Tensor) and x.node is not None:
                x = alias(x)
            elif isinstance(x, Tensor):
                x = x.detach().requires_grad_()
            else:
                array = np.asarray(plain(x, who, name))
                if array.dtype.kind not in "fiub":
                    raise TypeError(f"{who}: {name} is no array of numbers\n  {name}: {type(x).__name__}")
                if array.dtype.char not in FLOATS:
                    raise TypeError(
                        f"{who}: cannot differentiate by {name}: its dtype is {array.dtype}\n"
                        "  gradients exist for float16, float32 and float64; give floats, e.g. 2.0 for 2"
                    )
                x = Tensor(array, requires_grad=True) if batching is None else batching.fresh(array)
            fresh.append(x)
    return fresh


def _to_rebind(fresh: Sequence[Tensor]) -> list[Tensor]:
    """The same values in Tensors of the function's own: ``x *= 2`` and ``x[0] = …`` in it give these another value.

    The gradient is by the value that came in, whose node the aliases hold.
    """
    with enable_grad():
        own = [alias(x) for x in fresh]
    for mine, x in zip(own, fresh, strict=True):
        mine._name = x._name
    return own


def _directions(who: str, primals: Any, tangents: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    if not isinstance(primals, tuple):
        primals, tangents = (primals,), (tangents,)
    tangents = tuple(tangents)
    if len(primals) != len(tangents):
        raise ValueError(f"{who}: one tangent for each primal\n  primals: {len(primals)}\n  tangents: {len(tangents)}")
    for i, (p, t) in enumerate(zip(primals, tangents, strict=True)):
        if np.iscomplexobj(raw(t)):
            raise TypeError(f"{who}: tangent {i} is complex, and its imaginary part would be lost\n  give its .real")
        if np.shape(raw(p)) != np.shape(raw(t)):
            raise ValueError(
                f"{who}: tangent {i} must have its primal's shape\n"
                f"  primal: {np.shape(raw(p))}\n  tangent: {np.shape(raw(t))}"
            )
    return primals, tangents


def _single(who: str, y: Any) -> Any:
    """The result of the user's function, which is one array."""
    if isinstance(y, tuple | list | dict) or y is None:
        raise TypeError(
            f"{who}: the function must return one array or Tensor\n  result: {type(y).__name__}\n"
            "  return one of them, or join them with ag.stack or ag.concatenate"
        )
    return y


def _one_entry(y: Any, f: Function) -> Any:
    _single("grad", y)
    if np.size(raw(y)) != 1:
        name = getattr(f, "__name__", "the function")
        raise ValueError(
            f"grad: {name} must return one entry\n  result: shape {np.shape(raw(y))}\n"
            "  reduce it, e.g. with .sum(), or use ag.jacobian or ag.vjp"
        )
    return y


def _pull(
    y: Any, g: Any, fresh: Sequence[Tensor], recorded: bool, retain: bool = False, always: bool = False
) -> tuple[Any, ...]:
    """Gradients of y by the aliases, zeros where y does not depend on one; ``always``: recorded by the aliases too."""
    found: list[Any] = [None] * len(fresh)
    if isinstance(y, Tensor) and y.node is not None:
        own = None if always else fresh
        found = walk_to([y], [g], fresh, create_graph=recorded, retain_graph=retain or recorded, own=own)
    return tuple([_filled(one, x, recorded) for one, x in zip(found, fresh, strict=True)])


def _filled(g: Any, x: Tensor, recorded: bool) -> Any:
    """A gradient by x as the user gets it: zeros for None, an array of its own or a Tensor."""
    if g is None:
        g = np.zeros(x.shape, x.dtype)[()]
    if recorded:
        return g if isinstance(g, Tensor) else wrap(g)
    return _array_of(g) if isinstance(g, Tensor) else g


def _array_of(y: Tensor) -> Any:
    """A copy of its array; or what stands for one."""
    return np.array(y._data)[()] if isinstance(y._data, np.ndarray | np.generic) else y._data


def _like(tangent: Any, x: Tensor) -> Tensor:
    """The tangent as a Tensor of the dtype of x."""
    return tangent if isinstance(tangent, Tensor) else wrap(np.array(tangent, dtype=x.dtype)[()])


def _out(y: Any, recorded: bool) -> Any:
    if recorded or not isinstance(y, Tensor):
        return y
    return _array_of(y)
