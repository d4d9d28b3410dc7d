"""What keeps a deep net trainable: batch normalization and dropout."""

import numpy as np

from ..declaration import CodeBy, operation, rule
from ..kernels import choices
from ..kernels import normalization as kernels
from ..kernels.real import need_real
from ..kernels.reductions import total
from ..program import helpers
from ..random import generator_of
from ..samples import reals, sample
from ..tensors import raw
from ..traits import Factor
from . import in_onnx
from .activation import relu
from .arithmetic import multiply
from .broadcasting import sum_to
from .elementwise import where
from .shaping import astype, reshape

__all__ = ["batch_norm", "batch_norm_relu", "dropout"]


# -- batch normalization -----------------------------------------------------------------------


def _batch_norm(x, weight=None, bias=None, mean=None, var=None, eps=1e-5, rectify=False):
    need_real(x, weight, bias, mean, var, eps)
    x = np.asarray(x)
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    if x.ndim < 2:
        raise ValueError(f"x must have the axes (N, C) or (N, C, H, W)\n  axes of x: {x.ndim}")
    channels = x.shape[1]
    for name, value in (("weight", weight), ("bias", bias), ("mean", mean), ("var", var)):
        if value is not None and np.shape(value) != (channels,):
            raise ValueError(
                f"{name} must have one entry for each channel\n"
                f"  channels: {channels}\n  shape of {name}: {np.shape(value)}"
            )
    if x.dtype == np.float16:
        # the statistics stay float32: the variance of large entries would be infinite
        y, mean, var = _batch_norm(x.astype(np.float32), weight, bias, mean, var, eps, rectify)
        return y.astype(np.float16), mean, var
    if (mean is None) != (var is None):
        raise ValueError("give both mean and var (to evaluate), or neither (to take the batch's own)")
    if mean is None:
        if x.size < 2 * channels or not channels:
            raise ValueError(
                "the batch's own statistics need more than one value for each channel\n"
                f"  values for each channel: {x.size // max(1, channels)}\n  give a larger batch, or mean and var"
            )
        mean, var = kernels.statistics(x)
    mean, var = np.asarray(mean, x.dtype), np.asarray(var, x.dtype)
    weight, bias = _scale_and_shift(weight, bias, mean)
    y = kernels.normalize(x, mean, np.sqrt(var + eps), weight, bias, rectify)
    return y, mean, var


def _scale_and_shift(weight, bias, like):
    weight = np.ones_like(like) if weight is None else np.asarray(weight, like.dtype)
    bias = np.zeros_like(like) if bias is None else np.asarray(bias, like.dtype)
    return weight, bias


def _gradients(g, x, weight, bias, eps, batch_mean, batch_var, rectify, fixed, wants_input):
    """Those by x (None unless wanted), weight and bias."""
    if x.dtype == np.float16:
        g, x = g.astype(np.float32), x.astype(np.float32)
        by_x, *others = _gradients(g, x, weight, bias, eps, batch_mean, batch_var, rectify, fixed, wants_input)
        return None if by_x is None else by_x.astype(np.float16), *others
    deviation = np.sqrt(batch_var + eps)
    weight, bias = _scale_and_shift(weight, bias, deviation)
    return kernels.gradients(g, x, batch_mean, deviation, weight, bias, rectify, fixed, wants_input)


def _by_input(g, x, weight, mean, eps, batch_mean, batch_var):
    return _gradients(g, x, weight, None, eps, batch_mean, batch_var, False, mean is not None, True)[0]


def _by_input_in_words(mean):
    if mean is not None:
        return "w/√(σ² + ε) times δ: the statistics are given, and constants"
    return (
        "w/√(σ² + ε) times what is left of δ without its mean, and without x̂ times the mean of δ x̂, each over the"
        " channel; x̂ = (x − μ)/√(σ² + ε)"
    )


def _by_weight(g, x, eps, batch_mean, batch_var):
    return _gradients(g, x, None, None, eps, batch_mean, batch_var, False, True, False)[1]


def _by_bias(g):
    return total(kernels.rows(g), 0)


def _together(g, wanted, kept):
    """Both sums over g that a parameter's gradient is, x's gradient needs too."""
    if wanted[0]:
        x, weight, mean, eps, batch_mean, batch_var = kept[0]
    else:
        x, eps, batch_mean, batch_var = kept[1]
        weight = mean = None
    found = _gradients(g, x, weight, None, eps, batch_mean, batch_var, False, mean is not None, wanted[0])
    return [one if wants else None for one, wants in zip(found, wanted, strict=True)]


def _batch_norm_in_primitives(x, weight=None, bias=None, mean=None, var=None, eps=1e-5):
    """The reference: batch_norm as it is defined, in other operations."""
    if x.dtype == np.float16:
        x, weight, bias = [None if v is None else astype(v, np.float32) for v in (x, weight, bias)]
        return astype(_batch_norm_in_primitives(x, weight, bias, mean, var, eps), np.float16)
    shape = (1, x.shape[1]) + (1,) * (x.ndim - 2)
    if mean is None:
        count = x.size // x.shape[1]
        d = x - sum_to(x, shape) / count
        var = sum_to(d * d, shape) / count
    else:
        d, var = x - reshape(mean, shape), reshape(var, shape)
    y = d * (var + eps) ** -0.5
    if weight is not None:
        y = y * reshape(weight, shape)
    return y if bias is None else y + reshape(bias, shape)


batch_norm = operation(
    "batch_norm",
    lambda x, weight=None, bias=None, mean=None, var=None, eps=1e-5: _batch_norm(x, weight, bias, mean, var, eps),
    inputs=["x", "weight", "bias"],
    symbol="BN",
    kind="normalization",
    onnx=in_onnx.batch_norm,
    formula=r"y_{n c i j} = w_c \, \frac{x_{n c i j} - \mu_c}{\sqrt{\sigma_c^2 + \epsilon}} + b_c",
    code=CodeBy(
        lambda: ("batch_norm(x, weight=weight, bias=bias, mean=mean, var=var, eps=eps)", None, None), helpers.batch_norm
    ),
    rules=[
        rule(
            _by_input,
            local=(
                r"\frac{w_c}{\sqrt{\sigma_c^2 + \epsilon}}"
                r" \left( [i = j] - \frac{1}{m} - \frac{\hat{x}_i \hat{x}_j}{m} \right)"
            ),
            words=_by_input_in_words,
            code=helpers.batch_norm_by_x,
        ),
        rule(
            _by_weight,
            local=r"\hat{x}_{n c i j} = \frac{x_{n c i j} - \mu_c}{\sqrt{\sigma_c^2 + \epsilon}}",
            words="the sum of δ x̂ over each channel, with x̂ = (x − μ)/√(σ² + ε)",
            code=helpers.batch_norm_by_weight,
        ),
        rule(
            _by_bias,
            local="1",
            words="the sum of δ over each channel",
            code=CodeBy(lambda x_shape: f"np.sum(g, axis={(0, *range(2, len(x_shape)))})"),
        ),
    ],
    auxiliaries=["batch_mean", "batch_var"],
    reference=_batch_norm_in_primitives,
    together=_together,
    samples=[
        sample(reals(4, 3), reals(3), reals(3)),
        sample(reals(5, 2)),
        sample(reals(2, 2, 2, 3), reals(2), reals(2)),
        sample(reals(2, 2, 3), reals(2), None, eps=0.1),
        sample(reals(3, 2), reals(2), reals(2), np.array([0.5, -1.0]), np.array([2.0, 0.3])),
        sample(reals(1, 2, 2, 2), reals(2), reals(2), mean=np.array([0.5, -1.0]), var=np.array([2.0, 0.3])),
        sample(reals(0, 2), reals(2), reals(2), mean=np.array([0.5, -1.0]), var=np.array([2.0, 0.3])),
    ],
    doc="""Every channel shifted and scaled to mean 0 and variance 1, then to ``bias`` and ``weight``.

    Parameters
    ----------
    x : (N, C), (N, C, L) or (N, C, H, W).
    weight, bias : (C,), or None for 1 and 0.
    mean, var : (C,), the statistics to use (evaluation); by default the batch's own, with the variance
        over m = N · H · W, not m − 1. They are constants. One value for each channel has no statistics
        of its own: a ValueError.
    eps : added to the variance.

    ``batch_norm.with_auxiliaries(x, ...)`` returns (y, mean, var) with the statistics used, from which
    running estimates can be kept.

    Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
    Covariate Shift" (2015).

    >>> import numpy as np, autograd as ag
    >>> y, mean, var = ag.batch_norm.with_auxiliaries(np.array([[1.0], [3.0]]), eps=0.0)
    >>> y.tolist(), mean.tolist(), var.tolist()
    ([[-1.0], [1.0]], [2.0], [1.0])
    """,
)


# The same, and of that the relu. Backward needs no array more: where the relu let through is computed again.


def _rectified_by_input(g, x, weight, bias, mean, eps, batch_mean, batch_var):
    return _gradients(g, x, weight, bias, eps, batch_mean, batch_var, True, mean is not None, True)[0]


def _rectified_by_weight(g, x, weight, bias, eps, batch_mean, batch_var):
    return _gradients(g, x, weight, bias, eps, batch_mean, batch_var, True, True, False)[1]


def _rectified_by_bias(g, x, weight, bias, eps, batch_mean, batch_var):
    return _gradients(g, x, weight, bias, eps, batch_mean, batch_var, True, True, False)[2]


def _rectified_together(g, wanted, kept):
    mean = None
    if wanted[0]:
        x, weight, bias, mean, eps, batch_mean, batch_var = kept[0]
    else:
        x, weight, bias, eps, batch_mean, batch_var = kept[1]
    found = _gradients(g, x, weight, bias, eps, batch_mean, batch_var, True, mean is not None, wanted[0])
    return [one if wants else None for one, wants in zip(found, wanted, strict=True)]


batch_norm_relu = operation(
    "batch_norm_relu",
    lambda x, weight=None, bias=None, mean=None, var=None, eps=1e-5: _batch_norm(
        x, weight, bias, mean, var, eps, rectify=True
    ),
    inputs=["x", "weight", "bias"],
    symbol="BN, relu",
    kind="normalization",
    made_of=[batch_norm, relu],
    parts=lambda x, weight, bias, mean, var, eps: relu(batch_norm(x, weight, bias, mean, var, eps)),
    formula=r"y_{n c i j} = \max(w_c \, \frac{x_{n c i j} - \mu_c}{\sqrt{\sigma_c^2 + \epsilon}} + b_c, \; 0)",
    code=CodeBy(
        lambda: ("np.maximum(batch_norm(x, weight=weight, bias=bias, mean=mean, var=var, eps=eps), 0)", None, None),
        helpers.batch_norm,
    ),
    rules=[
        rule(
            _rectified_by_input,
            local=(
                r"\frac{w_c}{\sqrt{\sigma_c^2 + \epsilon}} [y_i > 0]"
                r" \left( [i = j] - \frac{1}{m} - \frac{\hat{x}_i \hat{x}_j}{m} \right)"
            ),
        ),
        rule(
            _rectified_by_weight,
            local=(
                r"[y > 0] \, \hat{x}_{n c i j} ="
                r" [y > 0] \, \frac{x_{n c i j} - \mu_c}{\sqrt{\sigma_c^2 + \epsilon}}"
            ),
        ),
        rule(_rectified_by_bias, local="[y > 0]"),
    ],
    auxiliaries=["batch_mean", "batch_var"],
    reference=lambda *args, **kwargs: relu(_batch_norm_in_primitives(*args, **kwargs)),
    together=_rectified_together,
    samples=[
        sample(reals(4, 3), reals(3), reals(3)),
        sample(reals(5, 2)),
        sample(reals(2, 2, 2, 3), reals(2), reals(2)),
        sample(reals(2, 2, 3), reals(2), None, eps=0.1),
        sample(reals(3, 2), reals(2), reals(2), np.array([0.5, -1.0]), np.array([2.0, 0.3])),
        sample(reals(1, 2, 2, 2), reals(2), reals(2), mean=np.array([0.5, -1.0]), var=np.array([2.0, 0.3])),
        sample(reals(0, 2), reals(2), reals(2), mean=np.array([0.5, -1.0]), var=np.array([2.0, 0.3])),
    ],
    doc="""``relu(batch_norm(x, ...))`` in one pass over memory; the arguments are those of ``batch_norm``.

    Parameters
    ----------
    x : (N, C), (N, C, L) or (N, C, H, W).
    weight, bias : (C,), or None for 1 and 0.
    mean, var : (C,), the statistics to use (evaluation); by default the batch's own.
    eps : added to the variance.

    It keeps x and the statistics, and no array for the relu, whose derivative at 0 is 0. As with ``batch_norm``,
    ``batch_norm_relu.with_auxiliaries(x, ...)`` returns (y, mean, var).

    >>> import numpy as np, autograd as ag
    >>> ag.internal.batch_norm_relu(np.array([[1.0], [3.0]]), eps=0.0).tolist()
    [[0.0], [1.0]]
    """,
)


# -- dropout -----------------------------------------------------------------------------------


def _dropout(x, p=0.5, training=True, rng=None):
    x = np.asarray(x)
    if not 0 <= p < 1:
        raise ValueError(f"p, the share of entries dropped, must be in [0, 1), not {p!r}")
    if not training or p == 0:
        return x, None
    draws = generator_of(rng).random(x.shape, dtype=np.float32)
    mask = np.empty_like(x, dtype=bool)  # in the memory layout of x, which the product then keeps
    np.greater_equal(draws, p, out=mask)
    y = choices.where(mask, x, 0.0)
    if y.ndim:
        y *= 1 / (1 - p)
        return y, mask
    return y * x.dtype.type(1 / (1 - p)), mask[()]


dropout = operation(
    "dropout",
    _dropout,
    inputs=["x"],
    symbol="drop",
    kind="dropout",
    onnx=in_onnx.dropout,
    traits=["random"],
    made_of=[multiply],
    parts=lambda x, p, mask: multiply(x, 1 if mask is None else (mask / (1 - p)).astype(raw(x).dtype)),
    factors=lambda p: [Factor(1 / (1 - p), "the 1/(1 − p) of the dropout", f" (p = {p:g})")],
    formula=r"y_i = \frac{m_i}{1 - p} \, x_i, \;\; m_i \in \{0, 1\}, \;\; \mathrm{P}(m_i = 0) = p",
    code=("x if mask is None else np.where(mask, x, 0.0) * (1 / (1 - p))", None),
    rules=[
        rule(
            lambda g, p, mask: g if mask is None else where(mask, g, 0.0) * (1 / (1 - p)),
            local=r"\frac{m_i}{1 - p}",
        )
    ],
    auxiliaries=["mask"],
    samples=[
        sample(reals(4, 5), 0.5, rng=0),
        sample(reals(2, 3, 2), p=0.2, rng=1),
        sample(reals(3, 4), 0.5, training=False),
        sample(reals(3, 4), 0.0),
        sample(reals(), 0.5, rng=2),
        sample(reals(0, 3), 0.5, rng=3),
    ],
    doc="""Set each entry to 0 with probability p, and scale the rest by 1 / (1 − p), so that the mean stays.

    Parameters
    ----------
    x : any shape.
    p : the probability, in [0, 1).
    training : False (evaluation) returns x itself.
    rng : a NumPy Generator, or an int that seeds one; by default the one of ``ag.manual_seed``.

    ``dropout.with_auxiliaries(x, ...)`` returns (y, mask); the mask is None where nothing was drawn.

    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014).

    >>> import numpy as np, autograd as ag
    >>> np.unique(ag.dropout(np.ones(1000), 0.75, rng=0)).tolist()
    [0.0, 4.0]
    """,
)
