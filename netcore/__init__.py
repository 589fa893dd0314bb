"""netcore: a neural-network engine that can be read from the command line down to the vector register."""

from netcore.config import get_isa, get_num_threads, isa_levels, set_isa, set_num_threads, show_config
from netcore.errors import (
    ArgumentError,
    CheckpointError,
    DataError,
    DTypeError,
    GradientError,
    GraphError,
    NetcoreError,
    PhaseError,
    ShapeError,
)
from netcore.layers import Input, Layer, Linear, Node, Sequential
from netcore.parameter import Parameter
from netcore.rng import default_rng, manual_seed
from netcore.version import __version__
