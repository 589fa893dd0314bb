"""netcore: a neural-network engine that can be read from the command line down to the vector register."""

from netcore import functional
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
from netcore.layers import (
    ELU,
    GELU,
    GRU,
    LSTM,
    RNN,
    GRUCell,
    Input,
    Last,
    Layer,
    LeakyReLU,
    Linear,
    LogSoftmax,
    LSTMCell,
    Node,
    ReLU,
    RNNCell,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from netcore.losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    Loss,
    MSELoss,
    NLLLoss,
)
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
