"""What declaring an operation of your own takes beside ``ag.operation`` and ``ag.rule``: arguments to try it on.

``samples=[sample(reals(3, 4)), sample(nonzero())]`` gives gradcheck and the law tests something to run. ``reals``,
``positive``, ``nonzero`` and ``distinct`` are arrays to be drawn at random, of a shape and off what a derivative cannot
stand: a kink at 0, or a tie. ``KINDS``, ``TRAITS`` and ``ARGUMENTS`` are the words, each with its meaning, by which
checks, explanations and pictures know what an operation does.

>>> import autograd as ag
>>> from autograd.extend import nonzero, sample
>>> rational = ag.operation(
...     "rational",
...     lambda x: x / (1 + abs(x)),
...     formula=r"y = \\frac{x}{1 + |x|}",
...     rules=[ag.rule(lambda g, x: g / (1 + abs(x)) ** 2, local=r"\\frac{1}{(1 + |x|)^2}")],
...     samples=[sample(nonzero(3, 4)), sample(nonzero())],
... )
>>> float(ag.grad(rational)(1.0))
0.25
"""

from .samples import distinct, nonzero, positive, reals, sample
from .traits import ARGUMENTS, KINDS, TRAITS, Factor

__all__ = ["ARGUMENTS", "Factor", "KINDS", "TRAITS", "distinct", "nonzero", "positive", "reals", "sample"]
