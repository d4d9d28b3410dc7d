"""A language model by letters: which one comes next."""

from typing import Any

from numpy.typing import DTypeLike

from ..layers import LSTM, Embedding, Linear
from ..module import Module


class CharRNN(Module):
    """Letters as whole numbers (N, L) to logits (N, L, num_letters) of the letters after them, with an LSTM.

    After Karpathy, "The Unreasonable Effectiveness of Recurrent Neural Networks" (2015). ``net(letters, state)``
    goes on where a call before has ended: with ``return_state=True`` it gives the state too.

    >>> import numpy as np, nn
    >>> net = nn.models.CharRNN(65, 32, 64)
    >>> logits, state = net(np.array([[3, 1, 4]]), return_state=True)
    >>> logits.shape, net(np.array([[1]]), state).shape
    ((1, 3, 65), (1, 1, 65))
    """

    def __init__(
        self,
        num_letters: int,
        embedding_size: int = 64,
        hidden_size: int = 128,
        num_layers: int = 1,
        *,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.embedding = Embedding(num_letters, embedding_size, dtype=dtype)
        self.lstm = LSTM(embedding_size, hidden_size, num_layers, batch_first=True, dtype=dtype)
        self.head = Linear(hidden_size, num_letters, dtype=dtype)

    def forward(self, letters: Any, state: Any = None, return_state: bool = False) -> Any:
        x, state = self.lstm(self.embedding(letters), state)
        logits = self.head(x)
        return (logits, state) if return_state else logits
