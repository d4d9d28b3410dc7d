"""Train and evaluate: ``history = nn.training.fit(net, loader, loss_fn, optimizer, epochs=5)``.

A progress bar shows loss and accuracy while it runs. Ctrl-C ends the training, and leaves the net as it is after its
last whole step; with ``checkpoint="run.safetensors"`` the same call goes on where it was cut off, whatever did it. For
anything out of the ordinary write the loop yourself: ``train_epoch`` shows all there is to it.
"""

from .averages import Averages as Averages
from .callbacks import EarlyStopping as EarlyStopping
from .fitting import evaluate as evaluate
from .fitting import fit as fit
from .fitting import train_epoch as train_epoch
from .history import History as History

__all__ = ["Averages", "EarlyStopping", "History", "evaluate", "fit", "train_epoch"]
