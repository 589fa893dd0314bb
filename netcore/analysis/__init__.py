"""Tools that look into networks and data: linear baselines and the gates of an LSTM."""

from netcore.analysis.gates import gate_trace
from netcore.analysis.pca import PCA
