"""Losses as modules: ``loss = nn.CrossEntropyLoss()(logits, classes)``, then ``loss.backward()``.

Called with (input, target) each gives one number, or with ``reduction="none"`` one for each entry or target.
"""

from collections.abc import Callable
from typing import Any

from numpy.typing import ArrayLike

import autograd as ag

from . import functional
from .module import Module

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CTCLoss", "CosineEmbeddingLoss", "CosineSimilarity", "CrossEntropyLoss",
    "GaussianNLLLoss", "HingeEmbeddingLoss", "HuberLoss", "KLDivLoss", "L1Loss", "MSELoss", "MarginRankingLoss",
    "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss", "MultiMarginLoss", "NLLLoss", "PairwiseDistance",
    "PoissonNLLLoss", "SmoothL1Loss", "SoftMarginLoss", "TripletMarginLoss", "TripletMarginWithDistanceLoss",
]  # fmt: skip


class _Loss(Module):
    reductions: tuple[str, ...] = ("mean", "sum", "none")

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if reduction not in self.reductions:
            known = ", ".join(f'"{name}"' for name in self.reductions)
            raise ValueError(f"{type(self).__name__}: reduction must be one of {known}\n  reduction: {reduction!r}")
        self.reduction = reduction

    def extra_repr(self) -> str:
        return "" if self.reduction == "mean" else f"reduction={self.reduction!r}"


class _WeightedLoss(_Loss):
    weight: ag.Tensor | None

    def __init__(self, weight: ArrayLike | None = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", None if weight is None else ag.Tensor(weight))


class _ClassLoss(_WeightedLoss):
    def __init__(self, weight: ArrayLike | None = None, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index


class MSELoss(_Loss):
    """The mean squared error of two arrays of one shape; see ``ag.mse``.

    reduction : "mean", "sum", or "none" for one loss an entry

    >>> import autograd as ag, nn
    >>> float(nn.MSELoss()(ag.Tensor([1.0, 2.0]), [1.0, 4.0]))
    2.0
    """

    def forward(self, input: Any, target: Any) -> Any:
        return functional.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """The mean absolute error of two arrays of one shape; see ``ag.l1``. ``reduction`` as of ``MSELoss``."""

    def forward(self, input: Any, target: Any) -> Any:
        return functional.l1_loss(input, target, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """The cross-entropy of σ(input) and targets from 0 to 1; see ``ag.binary_cross_entropy_with_logits``.

    weight : what each loss counts, an array that broadcasts against it
    reduction : as of ``MSELoss``
    pos_weight : what the part of the targets 1 counts, likewise

    There is no sigmoid before it: it is inside, where it cannot overflow.

    >>> import autograd as ag, nn
    >>> round(float(nn.BCEWithLogitsLoss()(ag.Tensor([0.0, 0.0]), [0.0, 1.0])), 4)
    0.6931
    """

    pos_weight: ag.Tensor | None

    def __init__(
        self, weight: ArrayLike | None = None, reduction: str = "mean", pos_weight: ArrayLike | None = None
    ) -> None:
        super().__init__(weight, reduction)
        self.register_buffer("pos_weight", None if pos_weight is None else ag.Tensor(pos_weight))

    def forward(self, input: Any, target: Any) -> Any:
        return functional.binary_cross_entropy_with_logits(
            input, target, self.weight, self.reduction, pos_weight=self.pos_weight
        )


class BCELoss(_WeightedLoss):
    """The cross-entropy of probabilities and targets from 0 to 1; see ``nn.functional.binary_cross_entropy``.

    weight : what each loss counts, an array that broadcasts against it
    reduction : as of ``MSELoss``

    >>> import autograd as ag, nn
    >>> round(float(nn.BCELoss()(ag.Tensor([0.5, 0.5]), [0.0, 1.0])), 4)
    0.6931
    """

    def forward(self, input: Any, target: Any) -> Any:
        return functional.binary_cross_entropy(input, target, self.weight, self.reduction)


class NLLLoss(_ClassLoss):
    """−log of the probability of the class, from log-probabilities (N, K) and class numbers (N,); see ``ag.nll_loss``.

    weight, ignore_index, reduction : as of ``CrossEntropyLoss``

    >>> import numpy as np, nn
    >>> round(float(nn.NLLLoss()(np.log([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1]))), 4)
    0.4904
    """

    def forward(self, input: Any, target: Any) -> Any:
        return functional.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class CrossEntropyLoss(_ClassLoss):
    """The cross-entropy of softmax(input) and the classes; see ``ag.cross_entropy``.

    Parameters
    ----------
    weight : (K,), what each class counts; by default all count 1
    ignore_index : a target that does not count
    reduction : "mean", "sum", or "none" for one loss a sample
    label_smoothing : this much of each target is spread evenly over all classes

    It takes logits (N, K) or (N, K, d1, …) and class numbers (N,) or (N, d1, …), or probabilities of the
    shape of the logits. There is no softmax before it: it is inside, where it cannot overflow.

    >>> import numpy as np, autograd as ag, nn
    >>> round(float(nn.CrossEntropyLoss()(ag.Tensor([[2.0, 2.0, 2.0, 2.0]]), np.array([3]))), 4)
    1.3863
    """

    def __init__(
        self,
        weight: ArrayLike | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, ignore_index, reduction)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(
                f"CrossEntropyLoss: label_smoothing must be in [0, 1]\n  label_smoothing: {label_smoothing!r}"
            )
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        return functional.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class CTCLoss(_Loss):
    """−log of the probability that frames read as a shorter target; see ``nn.functional.ctc_loss``.

    blank : the number of the class that stands for no label
    reduction : "mean" (each loss over its target's length, and of these the mean), "sum", or "none"
    zero_infinity : 0 in place of ∞ where there are too few frames

    Called as ``loss(log_probs, targets, input_lengths, target_lengths)``, with log_probs (T, N, C).
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Any:
        return functional.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )


class SmoothL1Loss(_Loss):
    """d² / (2 beta) where |d| < beta, else |d| − beta / 2, with d = input − target.

    Source: Girshick, "Fast R-CNN" (2015); see ``nn.functional.smooth_l1_loss``.
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Any:
        return functional.smooth_l1_loss(input, target, self.reduction, self.beta)


class HuberLoss(_Loss):
    """d² / 2 where |d| < delta, else delta · (|d| − delta / 2), with d = input − target.

    Source: Huber, "Robust Estimation of a Location Parameter" (1964); see ``nn.functional.huber_loss``.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Any:
        return functional.huber_loss(input, target, self.reduction, self.delta)


class KLDivLoss(_Loss):
    """t · (log t − input), for log-probabilities ``input`` and probabilities t; see ``nn.functional.kl_div``.

    reduction : "mean", "sum", "none", or "batchmean", the divergence: the sum over the length of the first axis
    log_target : the targets are log-probabilities too
    """

    reductions = ("mean", "sum", "none", "batchmean")

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        return functional.kl_div(input, target, self.reduction, self.log_target)


class PoissonNLLLoss(_Loss):
    """e^input − target · input, of counts whose mean has the logarithm ``input``; see
    ``nn.functional.poisson_nll_loss``."""

    def __init__(self, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, input: Any, target: Any) -> Any:
        return functional.poisson_nll_loss(input, target, self.log_input, self.full, self.eps, self.reduction)


class GaussianNLLLoss(_Loss):
    """(log v + (input − target)² / v) / 2 with a predicted variance v, the third argument; see
    ``nn.functional.gaussian_nll_loss``.
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        return functional.gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)


class SoftMarginLoss(_Loss):
    """log(1 + e^(−target · input)), for targets of 1 and −1; see ``nn.functional.soft_margin_loss``."""

    def forward(self, input: Any, target: Any) -> Any:
        return functional.soft_margin_loss(input, target, self.reduction)


class HingeEmbeddingLoss(_Loss):
    """A distance itself where target is 1, and max(0, margin − distance) where it is −1."""

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        return functional.hinge_embedding_loss(input, target, self.margin, self.reduction)


class MarginRankingLoss(_Loss):
    """max(0, −target · (input1 − input2) + margin); see ``nn.functional.margin_ranking_loss``."""

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return functional.margin_ranking_loss(input1, input2, target, self.margin, self.reduction)


class CosineEmbeddingLoss(_Loss):
    """1 − cos of two rows where target is 1, and max(0, cos − margin) where it is −1; see
    ``nn.functional.cosine_embedding_loss``.
    """

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return functional.cosine_embedding_loss(input1, input2, target, self.margin, self.reduction)


class TripletMarginLoss(_Loss):
    """max(0, d(anchor, positive) − d(anchor, negative) + margin), with p-norms d; see
    ``nn.functional.triplet_margin_loss``.
    """

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        return functional.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, self.reduction
        )


class TripletMarginWithDistanceLoss(_Loss):
    """``TripletMarginLoss`` with a distance of yours, a function of two Tensors; by default ``PairwiseDistance()``."""

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.distance_function = distance_function
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        return functional.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


class MultiLabelMarginLoss(_Loss):
    """Σ max(0, 1 − x[t] + x[i]) / K over the targets t of a row and all other classes i; see
    ``nn.functional.multilabel_margin_loss``.
    """

    def forward(self, input: Any, target: Any) -> Any:
        return functional.multilabel_margin_loss(input, target, self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """The mean over the classes of the cross-entropy of σ(input) and targets of 0 and 1, one loss a row.

    weight : (K,), what each class counts
    reduction : as of ``MSELoss``
    """

    def forward(self, input: Any, target: Any) -> Any:
        return functional.multilabel_soft_margin_loss(input, target, self.weight, self.reduction)


class MultiMarginLoss(_WeightedLoss):
    """Σ max(0, margin − x[t] + x[i])ᵖ / K over the classes i ≠ t; see ``nn.functional.multi_margin_loss``.

    p : 1 or 2
    margin : by how much the target's score is to be the largest
    weight : (K,), what each target's class counts
    reduction : as of ``MSELoss``
    """

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: ArrayLike | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction)
        self.p = p
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        return functional.multi_margin_loss(input, target, self.p, self.margin, self.weight, self.reduction)


class CosineSimilarity(Module):
    """x1 · x2 / (‖x1‖ ‖x2‖) along the axis ``dim``; see ``nn.functional.cosine_similarity``."""

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Any, x2: Any) -> Any:
        return functional.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """(Σ |x1 − x2 + eps|ᵖ)^(1/p) along the last axis; see ``nn.functional.pairwise_distance``."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Any, x2: Any) -> Any:
        return functional.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
