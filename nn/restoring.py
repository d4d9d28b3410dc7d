"""A model that is run for a look at it, or in another mode, and is afterwards as it was."""

import contextvars
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .module import Module, modes_of, set_modes
from .seeding import generator_of


def in_its_modes(model: Module, run: Callable[..., Any], *args: Any) -> Any:
    """``run(model, *args)``; whatever ends it, each module has the mode that it had, and recording is on if it was."""
    modes = modes_of(model)
    try:
        # What is switched in a context of its own, such as recording, ends with it.
        result = contextvars.copy_context().run(run, model, *args)
        set_modes(modes)
    except BaseException:
        set_modes(modes)
        raise
    return result


def own_generators(model: Module) -> Iterator[tuple[str, np.random.Generator]]:
    """(dotted name, generator) of those that modules have of their own."""
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if isinstance(value, np.random.Generator) and value is not generator_of():
                yield (f"{path}.{name}" if path else name), value


@contextmanager
def as_it_was(model: Module) -> Iterator[None]:
    """Whatever runs in the block: the model's buffers, its generators and the common one have their values again."""
    buffers = [(buffer, np.array(buffer.data)) for buffer in model.buffers()]
    generators = [one.bit_generator for one in (generator_of(), *[one for _, one in own_generators(model)])]
    states = [one.state for one in generators]
    try:
        yield
    finally:
        for buffer, values in buffers:
            buffer.data = values
        for one, state in zip(generators, states, strict=True):
            one.state = state
