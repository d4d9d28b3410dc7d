"""Why a net does not learn: ``print(nn.diagnose(net, (images, labels)))``.

One batch goes forward and back. What is said: units that are dead or saturated, gradients that vanish or explode on
their way through the layers, parameters that take no part, and what is not finite, each with the module's name.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor

from .losses import CrossEntropyLoss, MSELoss
from .module import Module, watching
from .recorded import nodes_behind, tensors_in
from .restoring import as_it_was
from .tables import aligned
from .values import values_of

__all__ = ["Diagnosis", "Finding", "LayerRow", "diagnose"]

VANISHED = 1e-3
"""A gradient at a layer's output that is less than this part of that at the model's output has vanished."""

EXPLODED = 1e3
"""One that is more than so many times that has exploded."""

FLAT = 0.04
"""A unit is saturated where its slope is less than this part of the steepest one that the activation has: of the
logistic sigmoid beyond ±4.6, of tanh beyond ±2.3."""

MOST = 0.9
"""From this part of the entries on something is said."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or may be.

    where : the dotted name of a module or a parameter
    what : "not finite", "dead", "saturated", "vanishing", "exploding", "unused", "zero gradient" or "frozen"
    text : a sentence with the numbers
    advice : what to try
    """

    where: str
    what: str
    text: str
    advice: str


@dataclass(frozen=True)
class LayerRow:
    """One module that has no others in it, with its last call.

    path, kind : its dotted name and its class
    output : root mean square of what it gives
    gradient : ‖∂loss/∂output‖, the square root of the sum of squares; NaN where the loss does not depend on it
    weights : ‖∂loss/∂w‖ / ‖w‖ of all its parameters together; NaN without any
    """

    path: str
    kind: str
    output: float
    gradient: float
    weights: float


@dataclass(frozen=True)
class Diagnosis:
    """What ``nn.diagnose`` gives: ``str`` is a table and the findings in words; true where nothing was found.

    loss : of the batch
    layers : a row for each module without others in it, in the order of their calls
    findings : of what is not finite, else of units, of layers and of parameters, in this order
    """

    loss: float
    layers: list[LayerRow]
    findings: list[Finding]

    def __bool__(self) -> bool:
        return not self.findings

    def __str__(self) -> str:
        table = [["module", "kind", "output", "gradient", "of weights"]]
        table += [
            [row.path or "(the model)", row.kind, *map(_number, (row.output, row.gradient, row.weights))]
            for row in self.layers
        ]
        lines = [f"loss {self.loss:.6g}", *aligned(table, 2)]
        for one in self.findings:
            lines += [f"{one.where}: {one.text}", f"  {one.advice}"]
        if not self.findings:
            lines.append("nothing was found")
        return "\n".join(lines)

    __repr__ = __str__


def _number(x: float) -> str:
    return "" if math.isnan(x) else f"{x:.2e}"


def diagnose(model: Module, batch: Any, loss_fn: Callable[[Any, Any], Any] | None = None) -> Diagnosis:
    """Forward and backward of one batch, and what is wrong with it by module.

    model : a Module, run once in the mode that it is in; its buffers, ``.grad`` and the generators are then as before
    batch : a pair (inputs, targets)
    loss_fn : ``loss_fn(output, targets)``; by default cross-entropy of class numbers, and else the mean squared error

    Dead and saturated units are those of activations that are one operation, as ReLU, sigmoid, tanh and GELU are.
    The columns of the table: the root mean square of a module's output, the norm of the gradient there, and the norm of
    the weights' gradient over that of the weights. A gradient vanishes where its norm is less than a thousandth of
    the one at the model's output, and explodes from a thousand times that on; a unit (a channel, or an entry where
    there are no channels) is dead where the activation's derivative is 0 for all of the batch, and saturated where it
    is less than 4 % of the steepest for nine tenths of it.

    >>> import numpy as np, nn
    >>> _ = nn.manual_seed(0)
    >>> net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> net[0].bias.data[:] = [-50, 0.5, 0.5]
    >>> report = nn.diagnose(net, (np.eye(2, dtype=np.float32), np.array([0, 1])))
    >>> print(report.findings[0].where, report.findings[0].what)
    0 dead
    """
    if not isinstance(model, Module):
        raise TypeError(f"diagnose: a Module is needed\n  model: {type(model).__name__}")
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise ValueError(f"diagnose: a batch is a pair, (inputs, targets)\n  batch: {type(batch).__name__}")
    x, y = batch
    calls: list[tuple[Module, Any]] = []

    def watch(module: Module, output: Any) -> None:
        calls.append((module, output))

    with as_it_was(model):
        token = watching.set(watch)
        try:
            with ag.enable_grad(), ag.tape() as tape, np.errstate(all="ignore"):
                output = model(x)
                loss = (loss_fn or _loss_for(output, y))(output, y)
        finally:
            watching.reset(token)
        if not isinstance(loss, Tensor) or loss.size != 1:
            raise ValueError(
                f"diagnose: the loss must be a Tensor with one entry\n"
                f"  loss: {type(loss).__name__}, shape {np.shape(loss)}"
            )
        names = {id(module): name for name, module in model.named_modules()}
        leaves = [(names[id(m)], m, out) for m, out in calls if id(m) in names and not list(m.children())]
        findings = list(_not_finite(model, x, leaves, float(loss)))
        if findings:
            return Diagnosis(float(loss), [_row(*one, {}, math.nan) for one in leaves], findings)
        gradients = _gradients(loss, [*[p for p in model.parameters() if p.requires_grad], *_outputs(calls)])
    rows = [_row(*one, gradients, _of_weights(one[1], gradients)) for one in leaves]
    whole = _norm([gradients.get(id(one)) for one in tensors_in(output)])
    findings = [
        *_flat_units(tape, leaves),
        *_by_layer(rows, whole),
        *_parameters(model, gradients),
    ]
    return Diagnosis(float(loss), rows, findings)


def _loss_for(output: Any, y: Any) -> Any:
    if isinstance(output, Tensor):
        target = values_of(y)
        if target.dtype.kind in "iu" and target.shape == (*output.shape[:1], *output.shape[2:]):
            return CrossEntropyLoss()
        if target.shape == output.shape:
            return MSELoss()
    raise ValueError(
        "diagnose: there is no loss for such outputs and targets; give loss_fn\n"
        f"  output: {getattr(output, 'shape', type(output).__name__)}\n  targets: {np.shape(y)}"
    )


# -- values and gradients ----------------------------------------------------------------------


def _outputs(calls: list[tuple[Module, Any]]) -> list[Tensor]:
    return [one for _, output in calls for one in tensors_in(output)]


def _gradients(loss: Tensor, tensors: list[Tensor]) -> dict[int, np.ndarray]:
    """{id of a Tensor: the gradient by it}, of those that the loss was made from."""
    behind = set(nodes_behind(loss))
    reached = {id(one): one for one in tensors if one.node in behind}
    found = ag.gradients(loss, list(reached.values())) if reached else ()
    return dict(zip(reached, found, strict=True))


def _norm(arrays: Any) -> float:
    """The square root of the sum of all squares; NaN without arrays."""
    squares = [float(np.sum(np.square(one, dtype=float))) for one in arrays if one is not None]
    return math.sqrt(sum(squares)) if squares else math.nan


def _row(path: str, module: Module, output: Any, gradients: dict[int, np.ndarray], weights: float) -> LayerRow:
    parts = list(tensors_in(output))
    size = sum([int(one.size) for one in parts])
    mean = _norm([one.data for one in parts]) / math.sqrt(size) if size else math.nan
    return LayerRow(path, type(module).__name__, mean, _norm([gradients.get(id(one)) for one in parts]), weights)


def _of_weights(module: Module, gradients: dict[int, np.ndarray]) -> float:
    own = [p for p in module.parameters(recurse=False) if id(p) in gradients]
    size = _norm([p.data for p in own])
    return _norm([gradients[id(p)] for p in own]) / size if size else math.nan


# -- findings ----------------------------------------------------------------------------------


def _not_finite(model: Module, x: Any, leaves: list[Any], loss: float) -> Iterator[Finding]:
    found = False
    for name, one in [*model.named_parameters(), *model.named_buffers()]:
        bad = _bad(one.data)
        if bad:
            found = True
            text = f"{bad:,} of {np.size(one.data):,} entries are not finite"
            yield Finding(name, "not finite", text, "an earlier step has put them there: begin anew with a smaller lr")
    inputs = sum([_bad(part) for part in (x if isinstance(x, tuple | list) else [x])])
    if inputs:
        yield Finding("the batch", "not finite", f"{inputs:,} entries of the inputs are not finite", "mend the data")
    broken = [(path, module) for path, module, out in leaves if any([_bad(one.data) for one in tensors_in(out)])]
    first = broken[0] if broken else None
    if first is not None and not found and not inputs:
        yield Finding(
            first[0], "not finite", f"its output is the first that is not finite ({type(first[1]).__name__})",
            "with ag.detect_anomaly() the operation and the line are found",
        )  # fmt: skip
    if first is None and not found and not inputs and not math.isfinite(loss):
        text = f"it is {loss}, and every module's output is finite"
        yield Finding("the loss", "not finite", text, "with ag.detect_anomaly() the operation and the line are found")


def _bad(values: Any) -> int:
    array = np.asarray(values_of(values))
    return int(array.size - np.isfinite(array).sum()) if array.dtype.kind in "fc" else 0


def _flat_units(tape: Any, leaves: list[Any]) -> Iterator[Finding]:
    made_by = {out.node: path for path, _, out in leaves if isinstance(out, Tensor) and out.node is not None}
    for node in tape.nodes:
        activations = _activations(node)
        if activations is None:
            continue
        x, slope, slopes = activations
        if x.ndim < 2 or x.shape[0] < 2:
            continue
        source = next((made_by[p] for p in node.parents if p in made_by), None)
        where = source if source is not None else ".".join(node.note.scope[1:]) or "the model"
        slope = np.moveaxis(slope, 1, 0).reshape(x.shape[1], -1)
        name = node.operation.name
        what = f"{x.shape[1]:,} {'channels' if x.ndim > 2 else 'units'}"
        if (slopes == 0).any():  # it is flat somewhere, and not only far away, where rounding makes it so
            dead = int((slope == 0).all(axis=1).sum())
            if dead:
                yield Finding(
                    where, "dead", f"after {name}, {dead:,} of {what} are dead: their slope is 0 for all of the batch",
                    "a smaller lr, He's initial weights, biases of 0, or a LeakyReLU let them live",
                )  # fmt: skip
        else:
            saturated = int(((slope < FLAT * slopes.max()).mean(axis=1) >= MOST).sum())
            if saturated:
                yield Finding(
                    where, "saturated",
                    f"{saturated:,} of {what} saturate {name}: its slope is below {FLAT:.0%} of the steepest",
                    "smaller initial weights, inputs of mean 0 and deviation 1, batch norm before it, or a ReLU",
                )  # fmt: skip


def _activations(node: Any) -> Any:
    """(input, size of the slope there, sizes of slopes from −8 to 8) of an activation of one input, else None."""
    op = node.operation
    if op is None or "activation" not in getattr(op, "traits", ()) or op.variadic or len(node.note.inputs) != 1:
        return None
    given = node.note.inputs[0]
    note = getattr(given, "note", None)
    x = np.asarray(given.value if note is None else note.value, float)
    around = np.linspace(-8, 8, 321)
    slopes = []
    for points in (x, around):
        point = Tensor(points, requires_grad=True)
        with ag.enable_grad():
            y = op.function(point, **node.note.params)
        if y.shape != points.shape:
            return None
        slopes.append(np.abs(ag.gradients(y.sum(), point)))
    return x, *slopes


def _by_layer(rows: list[LayerRow], whole: float) -> Iterator[Finding]:
    known = [row for row in rows if not math.isnan(row.gradient) and not math.isnan(row.weights)]
    small = [row for row in known if 0 < row.gradient < VANISHED * whole]
    large = [row for row in known if row.gradient > EXPLODED * whole]
    for worst, kind, text, advice in (
        (min(small, key=lambda row: row.gradient, default=None), "vanishing", "smaller",
         "ReLU in place of sigmoid or tanh, He's or Xavier's initial weights, batch norm, or skip connections"),
        (max(large, key=lambda row: row.gradient, default=None), "exploding", "larger",
         "smaller initial weights, batch norm, or nn.utils.clip_grad_norm_"),
    ):  # fmt: skip
        if worst is not None:
            factor = worst.gradient / whole if text == "larger" else whole / worst.gradient
            yield Finding(
                worst.path, kind,
                f"the gradient at its output is {factor:,.0f} times {text} than at the model's output", advice
            )  # fmt: skip


def _parameters(model: Module, gradients: dict[int, np.ndarray]) -> Iterator[Finding]:
    for name, p in model.named_parameters():
        if not p.requires_grad:
            yield Finding(name, "frozen", "it does not require grad", "p.requires_grad = True lets it learn")
        elif id(p) not in gradients:
            yield Finding(
                name, "unused", "the loss does not depend on it",
                "is its module called in forward, and is nothing detached on the way?"
            )  # fmt: skip
        elif p.size and not np.any(gradients[id(p)]):
            yield Finding(
                name, "zero gradient", "each entry of its gradient is 0: no way to the loss lets anything through",
                "dead units behind it, a weight of 0, or an input of zeros block it"
            )  # fmt: skip
