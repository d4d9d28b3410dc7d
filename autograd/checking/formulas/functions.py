"""The functions that a formula may name: what the library has of one input, and a few of several."""

import numpy as np

from ...declaration import registry

KINDS = ("elementwise", "activation", "softmax", "reduction")
OTHER_NAMES = {
    "sigma": "sigmoid", "logistic": "sigmoid", "ln": "log", "sgn": "sign", "abs": "absolute", "ReLU": "relu",
    "sqr": "square", "arcosh": "arccosh", "arsinh": "arcsinh", "artanh": "arctanh",
}  # fmt: skip
"""What functions are called on paper, and by the library."""

OF_SEVERAL = {
    "maximum": np.maximum, "minimum": np.minimum, "where": np.where, "outer": np.multiply.outer, "dot": np.dot,
    "matmul": np.matmul, "transpose": np.transpose, "diag": np.diag, "rot180": lambda x: np.flip(x, (-2, -1)),
}  # fmt: skip


class Function:
    """A function: ``compute(*arrays, **options)``.

    of_entries : it goes entry by entry, so that it has a derivative f′
    options    : which of axis, keepdims and the like it takes
    """

    __slots__ = ("name", "compute", "of_entries", "options")

    def __init__(self, name, compute, of_entries=False, options=()):
        self.name, self.compute, self.of_entries, self.options = name, compute, of_entries, options


def function(name):
    """The Function of a name, or None."""
    if name in OF_SEVERAL:
        return Function(name, OF_SEVERAL[name])
    operation = registry.get(OTHER_NAMES.get(name, name))
    if operation is None or len(operation.inputs) != 1 or operation.kind not in KINDS or operation.variadic:
        return None
    if set(operation.params) - set(operation.defaults):
        return None
    shown = "σ" if operation.symbol == "σ" else name
    options = tuple(one for one in operation.params if one in ("axis", "keepdims"))
    return Function(shown, _of(operation), operation.kind in ("elementwise", "activation"), options)


def _of(operation):
    def compute(x, *others, **options):
        if others:  # max(0, x) is the larger of two
            picks = {"largest": np.maximum, "smallest": np.minimum} if operation.kind == "reduction" else {}
            for trait, pick in picks.items():
                if trait in operation.traits and len(others) == 1:
                    return pick(x, others[0])
            raise ValueError(f"{operation.name} takes one argument")
        y = operation.forward(np.asarray(x, dtype=np.float64)[()], **{**operation.defaults, **options})
        return y[0] if operation.auxiliaries else y

    return compute


def derivative(name):
    """The Function f′ of one of single entries, by the rule of its operation; None where there is none."""
    operation = registry.get(OTHER_NAMES.get(name, name))
    found = function(name)
    if found is None or not found.of_entries or operation.auxiliaries:
        return None

    def compute(x):
        x = np.asarray(x, dtype=np.float64)[()]
        known = {operation.inputs[0]: x, "y": operation.forward(x), f"{operation.inputs[0]}_shape": np.shape(x)}
        (rule,) = operation.rules
        return rule.function(np.ones_like(x), *[{**operation.defaults, **known}[need] for need in rule.needs])

    return Function(f"{found.name}′", compute, True)
