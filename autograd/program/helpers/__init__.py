"""What written programs call beside NumPy: short functions, by taps and formulas as one would write them by hand.

``ag.source`` writes their text into the program that uses them. So each needs NumPy and its like alone.
"""

from .convolution import *
from .indexing import *
from .losses import *
from .matrices import *
from .normalization import *
from .pooling import *
from .softmax import *
from .special import *
