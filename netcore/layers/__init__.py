"""Layers: constructor, forward, backward. The phase protocol is in base.py; read linear.py next."""

from netcore.layers.activation import ELU, GELU, LeakyReLU, LogSoftmax, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from netcore.layers.base import Layer
from netcore.layers.cells import GRUCell, LSTMCell, RNNCell
from netcore.layers.gru import GRU
from netcore.layers.last import Last
from netcore.layers.linear import Linear
from netcore.layers.lstm import LSTM
from netcore.layers.node import Input, Node
from netcore.layers.rnn import RNN
from netcore.layers.sequential import Sequential
