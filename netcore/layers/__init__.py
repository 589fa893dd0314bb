"""Layers: constructor, forward, backward. The phase protocol is in base.py; read linear.py next."""

from netcore.layers.activation import ELU, GELU, LeakyReLU, LogSoftmax, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from netcore.layers.base import Layer
from netcore.layers.cells import GRUCell, LSTMCell, RNNCell
from netcore.layers.contractive import Contractive
from netcore.layers.conv import Conv1d, Conv2d
from netcore.layers.conv_transpose import ConvTranspose2d
from netcore.layers.dropout import Dropout
from netcore.layers.embedding import Embedding
from netcore.layers.gaussian import Gaussian
from netcore.layers.graph import Graph
from netcore.layers.gru import GRU
from netcore.layers.last import Last
from netcore.layers.linear import Linear
from netcore.layers.lstm import LSTM
from netcore.layers.merge import Add, Concat, Multiply
from netcore.layers.node import Input, Node
from netcore.layers.norm import BatchNorm1d, BatchNorm2d, GroupNorm, LayerNorm
from netcore.layers.penalised import Penalised, penalties
from netcore.layers.pool import AdaptiveAvgPool2d, AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from netcore.layers.reshape import Flatten, Identity, Unflatten
from netcore.layers.rnn import RNN
from netcore.layers.sequential import Sequential
from netcore.layers.tied import TiedLinear
from netcore.layers.upsample import Upsample
