"""The generator of everything random in ``nn`` is ``autograd``'s: ``nn.manual_seed(0)`` makes a run repeatable.

Initial weights, dropout masks and shuffled batches draw from it. Wherever an ``rng=`` is taken, a
``numpy.random.Generator`` or an int seed can be given instead, which leaves the common one alone.
"""

import autograd as ag

manual_seed = ag.manual_seed
generator_of = ag.internal.generator_of
Rng = ag.internal.Rng
