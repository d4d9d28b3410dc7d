"""What written programs call beside NumPy: short functions, by taps and formulas as one would write them by hand.

``ag.source`` writes their text into the program that uses them. So each needs NumPy and its like alone.
"""

from .convolution import conv, conv_transpose, conv_weight_gradient
from .exponentials import log_softmax, logsumexp, softmax
from .indexing import assign, cumsum_reversed, scatter
from .losses import bce_with_logits, cross_entropy, cross_entropy_by_logits, nll_loss, nll_loss_by_log_probs, shares
from .matrices import cofactors, convolve2d, correlate2d, eigh, from_diagonal, qr, svd
from .normalization import batch_norm, batch_norm_by_weight, batch_norm_by_x
from .pooling import avg_pool, avg_pool_spread, max_pool, max_pool_gather, max_pool_scatter
from .special import erf, gammainc, gammaincc, gammaln, i0, i0e, i1, i1e

__all__ = [
    "assign",
    "avg_pool",
    "avg_pool_spread",
    "batch_norm",
    "batch_norm_by_weight",
    "batch_norm_by_x",
    "bce_with_logits",
    "cofactors",
    "conv",
    "conv_transpose",
    "conv_weight_gradient",
    "convolve2d",
    "correlate2d",
    "cross_entropy",
    "cross_entropy_by_logits",
    "cumsum_reversed",
    "eigh",
    "erf",
    "from_diagonal",
    "gammainc",
    "gammaincc",
    "gammaln",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "log_softmax",
    "logsumexp",
    "max_pool",
    "max_pool_gather",
    "max_pool_scatter",
    "nll_loss",
    "nll_loss_by_log_probs",
    "qr",
    "scatter",
    "shares",
    "softmax",
    "svd",
]
