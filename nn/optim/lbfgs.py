"""L-BFGS: steps by an estimate of the second derivatives, for smooth losses of all the data."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
from autograd import Tensor

from ..parameter import put_values
from ..utils.vectors import places, vector_to_parameters
from .line_search import Point, strong_wolfe
from .optimizer import Closure, Optimizer, Params, evaluated


class _Memory(NamedTuple):
    """What one step leaves for the next; vectors are of all parameters together."""

    n_iter: int
    func_evals: int
    t: float
    ro: tuple[float, ...]
    H_diag: float
    prev_loss: float
    d: np.ndarray
    prev_grad: np.ndarray
    old_dirs: tuple[np.ndarray, ...]
    old_stps: tuple[np.ndarray, ...]


class LBFGS(Optimizer):
    r"""w ← w − t · H g, where H estimates the inverse of the second derivatives from the last steps.

    Parameters
    ----------
    params : an iterable of Tensors; there can be one group only
    lr : the step size t, or with a line search where it begins
    max_iter : how many of these moves one ``step`` makes at most
    max_eval : how often it may call the closure; by default 1.25 · max_iter
    tolerance_grad : it ends where no gradient is larger
    tolerance_change : it ends where neither the loss nor a weight changes by more
    history_size : how many moves H is made from
    line_search_fn : None, or "strong_wolfe" for a t at which the loss has fallen and its slope is small

    ``step(closure)`` needs a closure, which computes loss and gradients anew: it is called several times. An exception
    in it, or a Ctrl-C, leaves everything as before the step. Sources: Nocedal and Wright, "Numerical Optimization"
    (2006), algorithms 7.4, 3.5 and 3.6; in detail as ``torch.optim.LBFGS``.

    >>> import autograd as ag, nn
    >>> w = ag.Tensor([3.0, -2.0], requires_grad=True)
    >>> optimizer = nn.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((w - 1) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> first = optimizer.step(closure)
    >>> float(first), bool(closure() < 1e-12)
    (13.0, True)
    """

    remembers = _Memory._fields

    def __init__(
        self,
        params: Params,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        options = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None and isinstance(max_iter, int) else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, options)

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        if self.param_groups:
            raise ValueError("LBFGS: all parameters move together; there can be one group only")
        super().add_param_group(group)

    def check_options(self, group: Mapping[str, Any]) -> None:
        super().check_options(group)
        for name in ("max_iter", "max_eval", "history_size"):
            if not (isinstance(group[name], int | np.integer) and group[name] >= 1):
                self._refuse_option(group, name, "a whole number from 1")
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            self._refuse_option(group, "line_search_fn", 'None or "strong_wolfe"')

    def step(self, closure: Closure | None = None) -> Any:
        """Make up to ``max_iter`` moves; the loss before them is returned.

        closure : called several times: it computes the gradients anew (``zero_grad``, forward, ``backward``) and
            returns the loss
        """
        if closure is None:
            raise TypeError("LBFGS.step: a closure is needed, which computes the gradients anew and returns the loss")
        (group,) = self.param_groups
        self.check_options(group)
        params = group["params"]
        before = {p: np.array(p.data) for p in params}
        new: dict[Tensor, dict[str, Any]] = {}
        try:
            first, new = self._moved(closure, group)
            step = ag.internal.Step()
            step.remember(self.state, new)
            step.make()
            return first
        except BaseException:
            if not new or self.state.get(params[0]) is not new[params[0]]:
                put_values(before)
            raise

    def _moved(self, closure: Closure, group: Mapping[str, Any]) -> tuple[Any, dict[Tensor, dict[str, Any]]]:
        """Move the parameters; the loss before, and what is to be remembered of each."""
        params = group["params"]
        dtype = np.result_type(np.float32, *[p.dtype for p in params])
        lr, change = float(group["lr"]), float(group["tolerance_change"])

        def loss_at(x: np.ndarray) -> tuple[float, np.ndarray]:
            vector_to_parameters(x, params)
            return float(evaluated(closure)), _gradient(params, dtype)

        first = evaluated(closure)
        loss, g = float(first), _gradient(params, dtype)
        memory = self._memory(params)
        evals = 1
        n_iter, func_evals = (memory.n_iter, memory.func_evals + 1) if memory else (0, 1)
        if not g.size or abs(g).max() <= group["tolerance_grad"]:
            counted = memory and memory._replace(func_evals=func_evals)
            return first, _split(counted, params) if counted else {}
        x = np.concatenate([np.ravel(p.data) for p in params]).astype(dtype)
        for moves in range(1, group["max_iter"] + 1):
            n_iter += 1
            if memory is None:
                d, old_dirs, old_stps, ro, diagonal = -g, (), (), (), 1.0
                t = min(1.0, 1.0 / float(abs(g).sum())) * lr
            else:
                old_dirs, old_stps, ro, diagonal = _with_last_move(memory, g, group["history_size"])
                d, t = _direction(g, old_dirs, old_stps, ro, diagonal), lr
            previous_loss = loss
            memory = _Memory(n_iter, func_evals, t, ro, diagonal, loss, d, g, old_dirs, old_stps)
            slope = float(g @ d)
            if slope > -change:
                break
            calls = 0
            if group["line_search_fn"]:
                start, left = Point(0.0, loss, g, slope), group["max_eval"] - evals
                found, calls = strong_wolfe(_along(loss_at, x, d), start, t, d, left, change)
                t, loss, g = found.t, found.loss, found.gradient
            x = x + t * d
            if group["line_search_fn"] or moves == group["max_iter"]:
                vector_to_parameters(x, params)
            else:
                loss, g = loss_at(x)
                calls = 1
            evals += calls
            func_evals += calls
            memory = memory._replace(t=t, func_evals=func_evals)
            if evals >= group["max_eval"] or abs(g).max() <= group["tolerance_grad"]:
                break
            if abs(d * t).max() <= change or abs(loss - previous_loss) < change:
                break
        return first, _split(memory, params) if memory else {}

    def _memory(self, params: list[Tensor]) -> _Memory | None:
        """What the last step left, with its vectors put together."""
        known = [self.state.get(p, {}) for p in params]
        if not all(known):
            return None
        numbers, arrays = _Memory._fields[:6], _Memory._fields[6:8]
        vectors = [np.concatenate([np.ravel(one[name]) for one in known]) for name in arrays]
        lists = [
            tuple(
                [
                    np.concatenate([np.ravel(part) for part in parts])
                    for parts in zip(*[one[name] for one in known], strict=True)
                ]
            )
            for name in _Memory._fields[8:]
        ]
        return _Memory(*[known[0][name] for name in numbers], *vectors, *lists)

    def _check_state(self, p: Tensor, known: Mapping[str, Any]) -> None:
        super()._check_state(p, known)
        for name in ("old_dirs", "old_stps") if known else ():
            shapes = {np.shape(array) for array in known[name]}
            if not shapes <= {p.shape}:
                self._refuse(
                    f"{name} does not fit its parameter\n  parameter: {p.name or ''} {p.shape}\n  {name}: {shapes}"
                )


def _split(memory: _Memory, params: list[Tensor]) -> dict[Tensor, dict[str, Any]]:
    """The memory of each parameter for itself: so it is saved, and found again, by name."""

    def part(value: Any, p: Tensor, place: slice) -> Any:
        if isinstance(value, np.ndarray):
            return value[place].reshape(p.shape).copy()
        if isinstance(value, tuple) and value and isinstance(value[0], np.ndarray):
            return tuple([part(one, p, place) for one in value])
        return value

    return {
        p: {name: part(value, p, place) for name, value in memory._asdict().items()}
        for p, place in zip(params, places(params), strict=True)
    }


def _along(
    loss_at: Callable[[np.ndarray], tuple[float, np.ndarray]], x: np.ndarray, d: np.ndarray
) -> Callable[[float], tuple[float, np.ndarray]]:
    """``loss_at`` as a function of the step size."""
    return lambda t: loss_at(x + t * d)


def _gradient(params: list[Tensor], dtype: np.dtype) -> np.ndarray:
    """The gradients of all parameters as one vector; zeros where there is none."""
    return np.concatenate([np.zeros(p.size) if p.grad is None else np.ravel(p.grad) for p in params]).astype(dtype)


def _with_last_move(memory: _Memory, g: np.ndarray, history_size: int) -> tuple[Any, Any, Any, float]:
    """The history with the last move added: differences of gradients, moves, 1 / their product; and the scale of H."""
    y, s = g - memory.prev_grad, memory.d * memory.t
    product = float(y @ s)
    if product <= 1e-10:
        return memory.old_dirs, memory.old_stps, memory.ro, memory.H_diag
    kept = slice(1 if len(memory.old_dirs) == history_size else 0, None)
    history = (*memory.old_dirs[kept], y), (*memory.old_stps[kept], s), (*memory.ro[kept], 1.0 / product)
    return *history, product / float(y @ y)


def _direction(g: np.ndarray, old_dirs: Any, old_stps: Any, ro: Any, diagonal: float) -> np.ndarray:
    """−H g, in two passes over the history."""
    q, shares = -g, []
    for y, s, r in zip(reversed(old_dirs), reversed(old_stps), reversed(ro), strict=True):
        shares.append(float(s @ q) * r)
        q = q - y * shares[-1]
    q = q * diagonal
    for y, s, r, share in zip(old_dirs, old_stps, ro, reversed(shares), strict=True):
        q = q + s * (share - float(y @ q) * r)
    return q
