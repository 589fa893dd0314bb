"""The processes that train together, and the few ways in which they talk.

Everything goes through MPI (mpi4py): start-up, process management and the sums are its business, ours is what to sum and when.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from netcore.errors import ArgumentError
from netcore.layers import Layer
from netcore.optim import Optimizer
from netcore.training.run import Run

NO_MPI = """training on several processes needs MPI ({error}). Install it, from wheels alone, with:
    pip install "netcore-nn[mpi]"
and start the processes with:
    mpiexec -n 2 netcore train RECIPE --distributed"""


class Group:
    """Ranks 0 … size - 1 of an MPI communicator. Rank 0 speaks and writes for all.

    Every method but the properties is collective: all ranks call it, in the same order.
    """

    def __init__(self, communicator: Any) -> None:
        self.communicator = communicator
        self.rank, self.size = int(communicator.Get_rank()), int(communicator.Get_size())

    @property
    def speaks(self) -> bool:
        """Whether this is the rank that prints and writes."""
        return self.rank == 0

    @property
    def neighbours(self) -> int:
        """How many ranks run on this rank's machine, itself among them."""
        from mpi4py import MPI

        return int(self.communicator.Split_type(MPI.COMM_TYPE_SHARED).Get_size())

    def broadcast(self, value: Any) -> Any:
        """Rank 0's value, on every rank."""
        return self.communicator.bcast(value, root=0)

    def gather(self, value: Any) -> list[Any]:
        """Every rank's value, in their order, on every rank."""
        return list(self.communicator.allgather(value))

    def start_sum(self, array: np.ndarray) -> Any:
        """Begin to sum an array over all ranks, in place; the request that is returned has a `Wait`."""
        from mpi4py import MPI

        return self.communicator.Iallreduce(MPI.IN_PLACE, array, op=MPI.SUM)

    def wait(self) -> None:
        """Until all ranks are here."""
        self.communicator.Barrier()

    def share(
        self, net: Layer, optimizer: Optimizer, train: Any, val: Any, task: Any, run: "Run | str | os.PathLike[str] | None"
    ) -> tuple[Any, Any, Any, Run | None]:
        """(train, val, task, run) as each rank needs them; all start from rank 0's weights. What `fit` calls."""
        from netcore.distributed.buckets import GradientBuckets
        from netcore.distributed.shard import ShardedLoader
        from netcore.distributed.task import DistributedTask

        net.load_state_dict(self.broadcast(net.state_dict()))
        buckets = GradientBuckets(optimizer.params, self)
        return (
            ShardedLoader(train, self),
            None if val is None else ShardedLoader(val, self),
            DistributedTask(task, self, buckets),
            None if run is None else self.folder(run),
        )

    def folder(self, run: "Run | str | os.PathLike[str]") -> Run:
        """The folder of a run, as all ranks share it."""
        from netcore.distributed.folder import SharedRun

        return run if isinstance(run, SharedRun) else SharedRun.of(run, self)

    @contextmanager
    def or_abort(self) -> Iterator[None]:
        """End all ranks when one of them fails: the others would wait for it for ever."""
        try:
            yield
        except BaseException as error:
            if self.size > 1:
                told = error.format_message() if hasattr(error, "format_message") else error
                print(f"netcore: rank {self.rank} of {self.size} ends the training: {told}", file=sys.stderr, flush=True)
                self.communicator.Abort(130 if isinstance(error, KeyboardInterrupt) else 2)
            raise


def world() -> Group:
    """The processes that mpiexec started together; a group of one without it. Raises ArgumentError where MPI is missing."""
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:  # mpi4py raises RuntimeError where there is no MPI library
        raise ArgumentError(NO_MPI.format(error=error)) from None
    return Group(MPI.COMM_WORLD)


def rows_of(parts: int, part: int, rows: int) -> slice:
    """Which of `rows` rows one of the parts takes: cut evenly, one after the other.

    >>> [rows_of(3, part, 8) for part in range(3)]
    [slice(0, 2, None), slice(2, 5, None), slice(5, 8, None)]
    """
    return slice(rows * part // parts, rows * (part + 1) // parts)


def rows_in(batch: Sequence[Any]) -> int:
    """Rows of a batch (x, …), where x is an array or a tuple of them."""
    return len(batch[0][0] if isinstance(batch[0], tuple) else batch[0])
