"""Data-parallel training on several processes or machines: the same weights as one process with the same global batch.

    mpiexec -n 4 netcore train lenet --distributed --run runs/lenet

    group = nc.distributed.world()                      # in a script of one's own, started by mpiexec -n 4 python script.py
    fit(net, loss, optimizer, train, val, epochs=3, distributed=group)

Each rank runs the two phases on its rows of every batch (shard.py); gradients are summed in buckets while the backward phase
is still going on (buckets.py); one rank writes the run's folder (folder.py). model.py predicts how far this scales.
Needs the extra `mpi`.
"""

from netcore.distributed.buckets import GradientBuckets
from netcore.distributed.folder import SharedRun
from netcore.distributed.group import Group, world
from netcore.distributed.model import Network, predicted_step
from netcore.distributed.shard import ShardedLoader
from netcore.distributed.task import DistributedTask
