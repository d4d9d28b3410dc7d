"""Losses as modules: ``loss = nn.CrossEntropyLoss()(logits, classes)``, then ``loss.backward()``.

Called with (input, target) each gives one number, or with ``reduction="none"`` one for each entry or target.
"""

from typing import Any

from numpy.typing import ArrayLike

import autograd as ag

from . import functional
from .module import Module


class _Loss(Module):
    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(
                f'{type(self).__name__}: reduction must be "mean", "sum" or "none"\n  reduction: {reduction!r}'
            )
        self.reduction = reduction

    def extra_repr(self) -> str:
        return "" if self.reduction == "mean" else f"reduction={self.reduction!r}"


class _ClassLoss(_Loss):
    weight: ag.Tensor | None

    def __init__(self, weight: ArrayLike | None = None, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", None if weight is None else ag.Tensor(weight))
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


class BCEWithLogitsLoss(_Loss):
    """The cross-entropy of σ(input) and targets from 0 to 1; see ``ag.binary_cross_entropy_with_logits``.

    ``reduction`` as of ``MSELoss``. There is no sigmoid before it: it is inside, where it cannot overflow.

    >>> import autograd as ag, nn
    >>> round(float(nn.BCEWithLogitsLoss()(ag.Tensor([0.0, 0.0]), [0.0, 1.0])), 4)
    0.6931
    """

    def forward(self, input: Any, target: Any) -> Any:
        return functional.binary_cross_entropy_with_logits(input, target, reduction=self.reduction)


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
