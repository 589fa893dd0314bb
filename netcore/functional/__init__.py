"""Stateless kernels with an explicit cache: the form that a course teaches first.

    y, cache = F.<op>_forward(x, …)
    dx, …    = F.<op>_backward(dy, cache)

A forward function returns its output and whatever its backward function needs; nothing is remembered anywhere else.
"""

from netcore.functional.activation import (
    activation_backward,
    activation_forward,
    elu_backward,
    elu_forward,
    gelu_backward,
    gelu_forward,
    leaky_relu_backward,
    leaky_relu_forward,
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    silu_backward,
    silu_forward,
    softplus_backward,
    softplus_forward,
    tanh_backward,
    tanh_forward,
)
from netcore.functional.conv import (
    conv1d_backward,
    conv1d_forward,
    conv2d_backward,
    conv2d_forward,
    conv_transpose2d_backward,
    conv_transpose2d_forward,
)
from netcore.functional.conv_passes import conv_algorithm, get_conv_algorithm, set_conv_algorithm
from netcore.functional.dropout import dropout_backward, dropout_forward
from netcore.functional.embedding import embedding_backward, embedding_forward
from netcore.functional.gru import gru_backward, gru_cell_backward, gru_cell_forward, gru_forward, gru_gates
from netcore.functional.im2col import col2im, im2col
from netcore.functional.linear import linear_backward, linear_forward
from netcore.functional.lstm import lstm_backward, lstm_cell_backward, lstm_cell_forward, lstm_forward, lstm_gates
from netcore.functional.norm import (
    batch_norm_apply,
    batch_norm_backward,
    batch_norm_forward,
    group_norm_backward,
    group_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
)
from netcore.functional.pool import (
    adaptive_avg_pool2d_backward,
    adaptive_avg_pool2d_forward,
    avg_pool1d_backward,
    avg_pool1d_forward,
    avg_pool2d_backward,
    avg_pool2d_forward,
    max_pool1d_backward,
    max_pool1d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)
from netcore.functional.rnn import rnn_backward, rnn_cell_backward, rnn_cell_forward, rnn_forward
from netcore.functional.seam import replaced
from netcore.functional.softmax import (
    cross_entropy_backward,
    cross_entropy_forward,
    log_softmax_backward,
    log_softmax_forward,
    softmax_backward,
    softmax_forward,
)
