"""What errors say: the operation's name, and each quantity on a line of its own."""

import inspect

import numpy as np

from .tensors import Tensor, raw

EXPLAINED = (np.linalg.LinAlgError, ValueError, TypeError, IndexError, AttributeError)
"""The errors of kernels, any other passes as it is; a LinAlgError is a ValueError too."""


def explained(op, plain, error):
    """A new error with the operation's name and each argument on its own line.

    Never the very same: raised from itself it would be a cycle, and keep alive all that its traceback sees.
    """
    kind = next(k for k in EXPLAINED if isinstance(error, k))
    kind = TypeError if kind is AttributeError else kind  # of an operand that is no number
    text = str(error) or type(error).__name__
    text = text.replace(f"{op.forward.__name__}()", f"{op.name}()")
    if text.startswith(f"{op.name}: "):
        return kind(text)
    named = zip(op.names, plain, strict=False)
    told = [(name, value) for name, value in named if name not in op.defaults or value is not op.defaults[name]]
    lines = [f"{op.name}: {text}", *(f"  {name}: {described(value)}" for name, value in told)]
    if "broadcast" in text:
        lines.append("  shapes broadcast where, counted from the last axis, lengths are equal or one of them is 1")
    return kind("\n".join(lines))


def misfit(op, args, kwargs):
    """The error for arguments that the operation does not take."""
    try:
        op.function.__signature__.bind(*args, **(kwargs or {}))
    except TypeError as error:
        return TypeError(f"{op.name}: {error}\n  it takes: {op.name}{inspect.signature(op.function)}")
    return TypeError(f"{op.name}: the arguments do not fit\n  it takes: {op.name}{inspect.signature(op.function)}")


def refuse_complex(op, position, value):
    """The error for a static argument that is complex."""
    return TypeError(
        f"{op.name}: {op.names[position]} is complex, and its imaginary part would be lost\n"
        f"  {op.names[position]}: {described(value)}\n  give .real where that is meant"
    )


def refuse_static_gradient(who, name, value):
    """A static argument that requires grad would silently get none."""
    return TypeError(
        f"{who}: there is no gradient by {name}\n  {name}: {described(value)}\n"
        f"  give {name}.detach() to treat it as a constant"
    )


def refuse_without_history(op, plain, y):
    """Raise where a recorded input became what has no gradient, unless that is what the operation is there for."""
    if "converts" in op.traits and y.dtype.kind in "iub":
        return
    kind = f"{y.dtype}" if isinstance(y, np.ndarray | np.generic) else f"a {type(y).__name__}"
    named = zip(op.names, plain, strict=False)
    lines = [
        f"{op.name}: the result is {kind}, which has no gradient, and the history of a recorded input would be lost",
        *(f"  {name}: {described(value)}" for name, value in named),
        "  gradients exist for float16, float32 and float64: give such operands",
        "  or .detach() the Tensor, to treat it as a constant",
    ]
    raise TypeError("\n".join(lines))


def described(value):
    value = raw(value)
    if isinstance(value, np.ndarray | np.generic):
        return f"shape {value.shape}, {value.dtype}"
    if isinstance(value, list | tuple) and any(isinstance(item, np.ndarray | Tensor) for item in value):
        return "[" + "; ".join(described(item) for item in value) + "]"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def used_up(node):
    """The error of a walk that comes upon a node which an earlier one has let go of."""
    named = f" {node.name!r}" if node.name else ""
    return RuntimeError(
        "backward: the graph was used up by an earlier backward\n"
        f"  first missing: the inputs of {node.operation.name}{named}\n"
        "  record again, or pass retain_graph=True to the earlier call"
    )


def refuse_gradient(node, parent, one):
    """The error of a rule whose result is no gradient of its input."""
    operation = node.operation
    at = [i for i, other in enumerate(node.parents) if other is parent]
    name = operation.inputs[0 if operation.variadic else at[0]]
    lines = [
        f"{operation.name}: the rule of {name} gave a gradient that does not fit its input",
        f"  {name}: {parent.like[0]}",
    ]
    array = isinstance(one, np.ndarray | np.generic)
    if array and one.dtype.kind in "fiub":
        lines += [f"  rule: {one.shape}", f"  result: {node.like[0]}"]
        lines.append("  give the shape of the input, or of the result where the operation broadcasts its inputs")
        return ValueError("\n".join(lines))
    lines.append(f"  rule: {f'an array of {one.dtype}' if array else f'a {type(one).__name__}'}")
    lines.append("  give an array of real numbers, made from what the rule asks to keep")
    return TypeError("\n".join(lines))


def stale(node, leaf):
    """The error of a walk that comes upon a leaf which was written to after the node was recorded."""
    written = leaf.note.where if leaf.note is not None else None
    recorded = node.note.where if node.note is not None else None
    unknown = "unknown; under ag.tape() or ag.detect_anomaly() lines are kept"
    return RuntimeError(
        f"{node.operation.name}: a leaf was written to after this was recorded, so its gradient would be wrong\n"
        f"  leaf: {leaf.name or 'without a name'}, shape {leaf.like[0]}\n  recorded at: {recorded or unknown}\n"
        f"  written at: {written or unknown}\n  run backward before the write, or record again after it"
    )
