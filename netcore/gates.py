"""The order in which the gates of a recurrent layer stand in its weights, biases and caches: PyTorch's.

Gate k owns rows k H … (k + 1) H of `w_ih`, `w_hh`, `b_ih`, `b_hh`, and the same columns of the cached `gates`.
csrc/kernels/gates.h is the same list for the compiled kernels.
"""

from enum import IntEnum


class LSTMGate(IntEnum):
    INPUT = 0  # i: how much of the candidate enters the cell
    FORGET = 1  # f: how much of the old cell state stays
    CANDIDATE = 2  # g: what could enter
    OUTPUT = 3  # o: how much of the cell shows outside


class GRUGate(IntEnum):
    RESET = 0  # r: how much of the old state the candidate sees
    UPDATE = 1  # z: how much of the old state stays
    NEW = 2  # n: the candidate


def rows_of(gate: int, hidden: int) -> slice:
    """The rows of a weight, or the columns of the cached gates, that belong to one gate."""
    return slice(gate * hidden, (gate + 1) * hidden)
