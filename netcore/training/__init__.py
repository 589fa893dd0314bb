"""Training: the loop (loop.py, read it first), what a batch means (tasks.py), runs that can be resumed (run.py, state.py)."""

from netcore.training.average import Average
from netcore.training.callbacks import Callback, EarlyStopping, KeepBest, StopAt
from netcore.training.loop import evaluate, fit
from netcore.training.pretrain import pretrain
from netcore.training.reconstruction import Reconstruction, Variational
from netcore.training.run import Run
from netcore.training.sequences import LanguageModel
from netcore.training.tasks import Classification, Regression
