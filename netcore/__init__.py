"""netcore: a neural-network engine that can be read from the command line down to the vector register."""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from netcore import functional
from netcore.checkpoint import load, save
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
    TrainingError,
)
from netcore.functional import get_conv_algorithm, set_conv_algorithm
from netcore.gradcheck import GradReport, gradcheck
from netcore.layers import (
    ELU,
    GELU,
    GRU,
    LSTM,
    RNN,
    AdaptiveAvgPool2d,
    Add,
    AvgPool1d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Concat,
    Contractive,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Embedding,
    Flatten,
    Gaussian,
    Graph,
    GroupNorm,
    GRUCell,
    Identity,
    Input,
    Last,
    Layer,
    LayerNorm,
    LeakyReLU,
    Linear,
    LogSoftmax,
    LSTMCell,
    MaxPool1d,
    MaxPool2d,
    Multiply,
    Node,
    Penalised,
    ReLU,
    RNNCell,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    TiedLinear,
    Unflatten,
    Upsample,
)
from netcore.losses import (
    Activity,
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    Decorrelation,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    Loss,
    MSELoss,
    NLLLoss,
    Penalty,
    Sparsity,
)
from netcore.mirror import mirror
from netcore.narration import debug
from netcore.optim import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    CosineAnnealingLR,
    ExponentialLR,
    LinearWarmup,
    OneCycleLR,
    Optimizer,
    ReduceLROnPlateau,
    RMSprop,
    StepLR,
    clip_grad_norm,
    clip_grad_value,
)
from netcore.parameter import Parameter
from netcore.rng import default_rng, manual_seed
from netcore.version import __version__

if TYPE_CHECKING:
    from netcore import analysis, data, distributed, plot, recipes, training

LATER = ("analysis", "data", "distributed", "plot", "recipes", "training")  # loaded when first used, so that `import netcore` stays fast


def __getattr__(name: str) -> ModuleType:
    if name in LATER:
        return importlib.import_module(f"netcore.{name}")
    raise AttributeError(f"module 'netcore' has no attribute {name!r}")
