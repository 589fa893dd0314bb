"""Every exception that netcore raises.

All derive from `NetcoreError` and from the built-in exception that a Python reader would expect (a wrong shape is a
`ValueError`, a wrong dtype a `TypeError`). A message says where, what was expected, what came, and what to do; the
layer that raised it is put in front by the phase protocol (`netcore/layers/base.py`), which alone knows its path.
"""


class NetcoreError(Exception):
    """Base class of all errors that netcore raises on purpose."""

    where: str = ""

    def at(self, where: str) -> "NetcoreError":
        """Say where it happened, once: the innermost layer wins."""
        if not self.where:
            self.where = where
        return self

    def __str__(self) -> str:
        message = super().__str__()
        return f"{self.where}: {message}" if self.where else message


class ArgumentError(NetcoreError, ValueError):
    """A constructor or call argument that makes no sense."""


class PhaseError(NetcoreError, RuntimeError):
    """A backward phase without its forward phase, or twice for one forward phase."""


class ShapeError(NetcoreError, ValueError):
    """An input or a gradient of the wrong shape."""


class DTypeError(NetcoreError, TypeError):
    """An array of the wrong dtype; nothing is silently up-cast."""


class GraphError(NetcoreError, ValueError):
    """A graph with a cycle, an unconnected input or an unreachable output."""


class GradientError(NetcoreError, AssertionError):
    """An analytic gradient that differs from the numeric one."""


class CheckpointError(NetcoreError, OSError):
    """A checkpoint that cannot be written or read, or does not fit the network."""

    # OSError defines its own __str__; the message stays ours.
    __str__ = NetcoreError.__str__


class DataError(NetcoreError, ValueError):
    """A data file that is missing, truncated, corrupt or of another kind than expected."""


class TrainingError(NetcoreError, RuntimeError):
    """Training that cannot go on: a loss that is not finite, a run that does not fit."""
