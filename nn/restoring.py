"""A model that is run for a look at it alone, and is afterwards as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .seeding import generator_of


@contextmanager
def as_it_was(model: Any) -> Iterator[None]:
    """Whatever runs in the block: the model's buffers, its generators and the common one have their values again."""
    buffers = [(buffer, np.array(buffer.data)) for buffer in model.buffers()]
    own = [rng for module in model.modules() for rng in vars(module).values() if isinstance(rng, np.random.Generator)]
    generators = [one.bit_generator for one in {id(one): one for one in (generator_of(), *own)}.values()]
    states = [one.state for one in generators]
    try:
        yield
    finally:
        for buffer, values in buffers:
            buffer.data = values
        for one, state in zip(generators, states, strict=True):
            one.state = state
