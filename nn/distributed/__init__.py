"""Train one model in several processes, on one machine or many: ``mpiexec -n 4 python -m mpi4py train.py``.

Three lines make of a training script one that all processes run, each on its share of every batch::

    model = nn.models.LeNet()
    nn.distributed.replicate(model)  # the weights of process 0 everywhere; gradients become means over all processes
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    sampler = nn.data.DistributedSampler(data, seed=0)
    nn.training.fit(model, nn.data.DataLoader(data, 32, sampler=sampler), loss_fn, optimizer, epochs=5)
    if nn.distributed.get_rank() == 0:
        nn.save(model, "model.safetensors")

With a loss that is a mean over the batch, n processes with batches of B take the steps of one process with batches of
n·B. What a process reports, a loss or an accuracy, is that of its own share.

The messages go through mpi4py: ``pip install 'chalkgrad[mpi]'`` brings it, and MPICH with ``mpiexec``. A script that is
started without ``mpiexec`` is one process, and pays nothing. The exception of one process ends all of them, its
traceback being the last that they print.
"""

from . import checkpoint
from .processes import barrier, get_rank, get_world_size
from .replicas import Replicas, is_replicated, replicate

__all__ = ["Replicas", "barrier", "checkpoint", "get_rank", "get_world_size", "is_replicated", "replicate"]
