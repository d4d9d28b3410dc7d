"""What backward is called with: forward's arguments, the gradient that comes in, the cache, as its parameters say."""

import inspect
import re

import numpy as np

GRADIENT = re.compile(
    r"d_?(out|y|z|h|a|l|s|o|e|loss|output|next|top|values?|outputs?)|d?(out)?_?(grad|gradient|delta|error|upstream|err)s?"
    r"|(grad|gradient|delta|error|upstream|d)_?(out|output|y|z|of|in|next|loss|top|o)\w*"
    r"|\w*_(grad|gradient|delta|error)s?|δ\w*|g|gy|dA\d*|dZ\d*|dL\w*|dE\w*|dJ\w*|dvalues|dl_d\w*|top_diff",
    re.IGNORECASE,
)
"""What people call the gradient that comes in."""

CACHE = re.compile(
    r"caches?|ctx|context|mem(ory)?|saved|tape|state|stored|activations|values|internals?", re.IGNORECASE
)


def outcome(result, gradient):
    """(what forward computes, what else it returned): ``(out, cache)`` taken apart, or (result, None).

    Where the gradient is a tuple, what forward computes is as many results, in a tuple.
    """
    if isinstance(result, dict):
        key = next((key for key in ("loss", "L", "E", "J", "cost", "out", "y") if key in result), None)
        if key is not None:
            return result[key], result
    if not isinstance(result, tuple | list) or not result or not _is_number(result[0]):
        return result, None
    count = len(gradient) if isinstance(gradient, tuple) else 1
    rest = result[count:]
    out = tuple(result[:count]) if isinstance(gradient, tuple) else result[0]
    return out, (rest[0] if len(rest) == 1 else tuple(rest) if rest else None)


def _is_number(one):
    return isinstance(one, float | int) or hasattr(one, "dtype")


def arguments(backward, names, args, gradients, cache, given):
    """The positional arguments of backward.

    names, args : of forward; gradients : what comes in, in a list; given : whether the user gave it; cache : what else
    forward returned
    """
    parameters = _parameters(backward)
    if parameters is None:
        return [*gradients, cache] if cache is not None else list(args)
    known = dict(zip(names, args, strict=True))
    incoming = iter(gradients)
    filled = []
    for p in parameters:
        if p.name in known:
            filled.append(known[p.name])
        elif GRADIENT.fullmatch(p.name) and (one := next(incoming, None)) is not None:
            filled.append(one)
        elif isinstance(cache, dict) and p.name in cache:
            filled.append(cache[p.name])
        elif cache is not None and CACHE.fullmatch(p.name):
            filled.append(cache)
        elif p.default is not p.empty:
            break
        else:
            return _by_position(parameters, args, gradients, cache, given)
    return filled


def _parameters(function):
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    return [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _by_position(parameters, args, gradients, cache, given):
    """The first way to fill all parameters that has as many."""
    caches = [] if cache is None else [cache]
    after, before = [[*args, *caches], [*args, *gradients], [*args]], [[*gradients, *caches], [*gradients, *args]]
    ways = [*before, *after] if given else [[*args], *before, *after]
    if isinstance(cache, tuple):
        ways += [[*gradients, *cache], [*cache, *gradients]]
    needed = sum(p.default is p.empty for p in parameters)
    for way in ways:
        if needed <= len(way) <= len(parameters):
            return way
    raise TypeError(
        f"check_backward: what is backward to be called with?\n"
        f"  its parameters: {', '.join(p.name for p in parameters)}\n"
        f"  there are: forward's {len(args)} arguments, the gradient of its result"
        f"{', and the cache that it returned' if caches else ''}\n"
        "  give its parameters the names of forward's, or write a function of the same arguments around it"
    )


def seeds(out, gradient):
    """The gradients that come in, one for each result, each of its shape; 1 where the result is one number."""
    if isinstance(out, tuple):
        return [seed for one, g in zip(out, gradient, strict=True) for seed in seeds(one, g)]
    shape = np.shape(out)
    if gradient is None:
        if np.prod(shape, dtype=int) != 1:
            raise ValueError(
                f"check_backward: forward returns more than one number\n  result: {shape}\n"
                "  pass gradient=... of that shape, the gradient of the result; or return the loss"
            )
        return [np.ones(shape)[()]]
    gradient = np.array(gradient, dtype=float)
    if gradient.shape != shape:
        raise ValueError(
            f"check_backward: the gradient must have the shape of forward's result\n"
            f"  result: {shape}\n  gradient: {gradient.shape}"
        )
    return [gradient[()]]
