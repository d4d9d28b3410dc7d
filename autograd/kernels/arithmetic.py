"""a + b and a · b of numbers, arrays, Tensors, whatever Python's operators take, and the copy of an array.

Compiled, they do arrays of one shape and memory layout, one and a number, and one that is repeated over the other (a
bias over rows), on all threads and at a third of the overhead; everything else, and an overflow that NumPy warns of,
they hand to the operators.
"""

import operator

import numpy as np

from ..native import native

add = native.add if native else operator.add
multiply = native.multiply if native else operator.mul
copy = native.copy if native else np.array
