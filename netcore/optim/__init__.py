"""Optimisers, schedules and clipping. What optimisers share is in base.py; their arithmetic in csrc/kernels/optim.h."""

from netcore.optim.adagrad import Adagrad
from netcore.optim.adam import Adam, AdamW
from netcore.optim.base import Optimizer
from netcore.optim.clip import clip_grad_norm, clip_grad_value
from netcore.optim.rmsprop import RMSprop
from netcore.optim.schedules import (
    CosineAnnealingLR,
    ExponentialLR,
    LinearWarmup,
    OneCycleLR,
    ReduceLROnPlateau,
    Schedule,
    StepLR,
)
from netcore.optim.sgd import SGD
