"""Losses: one number from a prediction and a target, and its gradient. What they share is in base.py."""

from netcore.losses.base import Loss
from netcore.losses.cross_entropy import CrossEntropyLoss, NLLLoss
from netcore.losses.penalty import Activity, Decorrelation, Penalty, Sparsity
from netcore.losses.probability import BCELoss, BCEWithLogitsLoss, KLDivLoss
from netcore.losses.regression import HuberLoss, L1Loss, MSELoss
