"""Which step of forward a name in backward speaks of: ``dW1``, ``grad_W1``, ``W1_grad``, ``dL_dW1``, ``delta_2``.

A name is read as people write it; what it may speak of comes in a list, the likeliest first.
"""

import re

PATTERNS = [
    re.compile(pattern)
    for pattern in (
        r"(?:d|∂|partial_?)_?(?:L|E|J|C|loss|cost|err|error|total)_?_?(?:d|∂|wrt|by)_?(?P<of>\w+)",
        r"(?:grads?|gradient|g|G)_(?P<of>\w+)",
        r"(?P<of>\w+?)_(?:grads?|gradient|bar|adj|diff|err|error)",
        r"(?:d(?!elta)|D|∂)_?(?P<of>\w+)",
        r"(?:grad|Grad)(?P<of>[A-Z]\w*)",
        r"(?P<of>\w+)(?:Grad|Gradient)",
    )
]
DELTA = re.compile(r"(?:delta|Delta|δ|Δ|err|error)s?_?(?P<of>\w*)|\w+_deltas?")
NETS = ("z", "net", "a", "s", "pre", "u", "in", "h")
"""What people call the input of an activation, whose gradient is δ."""

CONTAINERS = re.compile(r"(?:d|grads?|gradients?|deltas?|g|dparams|grad_\w+|d_?\w+)")


def last_part(name):
    """(container, what stands last in a name, its position): ``grads['W1']`` is ("grads", "W1", None)."""
    position = None
    match = re.fullmatch(r"(.*)\[(-?\d+)\]", name)
    if match:
        name, position = match.group(1), int(match.group(2))
    match = re.fullmatch(r"(.*)\['([^']*)'\]", name)
    if match:
        return last_part(match.group(1))[1], match.group(2), position
    container, _, own = name.rpartition(".")
    return container.rpartition(".")[2], own, position


def read(name):
    """What a value of backward may be the gradient of, the likeliest name first; [] where its name tells nothing."""
    container, own, _ = last_part(name)
    found = []
    for pattern in PATTERNS:
        match = pattern.fullmatch(own)
        if match:
            found.append(match.group("of"))
    match = DELTA.fullmatch(own)
    if match:
        of = match.group("of")
        found += [f"{net}{of}" for net in NETS] if of else []
        found += [of] if of else []
    if CONTAINERS.fullmatch(container):
        found.append(own)
    return found


def is_gradient(name):
    """Whether a name says that it is a gradient."""
    return bool(read(name)) or bool(DELTA.fullmatch(last_part(name)[1]))


def plain(name):
    """A name with what people vary taken out: case, underscores, a plural."""
    text = name.replace("_", "").lower()
    return text[:-1] if len(text) > 1 and text.endswith("s") else text


def stem(function):
    """What is left of a function's name without "forward" or "backward": what both have in common."""
    return re.sub(r"_*(forward|backward|fwd|bwd|fprop|bprop|gradients?|grad|backprop|prop)_*", "", function)
