"""How the functions of `lstm` stand in for the engine's LSTM: one layer, forward in time, all sequences of the same length."""

import numpy as np

from netcore.course.swap import Pair


def pairs(student):
    def forward(call):
        if call.reverse or call.lengths is not None:
            return None
        n, hidden = len(call.x), call.w_hh.shape[1]
        w, u = call.w_ih.reshape(4, hidden, -1), call.w_hh.reshape(4, hidden, hidden)
        zero = np.zeros((n, hidden), call.x.dtype)
        b = sum((each for each in (call.b_ih, call.b_hh) if each is not None), np.zeros(4 * hidden, call.x.dtype)).reshape(4, hidden)
        h0, c0 = (zero if state is None else state for state in (call.h0, call.c0))
        y, h, c, cache = student.lstm_forward(call.x, h0, c0, w, u, b)
        return y, (h, c), cache

    def backward(call):
        n, t, hidden = call.engine_cache.batch.n, call.engine_cache.batch.t, call.engine_cache.w_hh.shape[1]
        dtype = call.engine_cache.x.dtype
        dy = np.zeros((n, t, hidden), dtype) if call.dy is None else call.dy
        dh, dc = (np.zeros((n, hidden), dtype) if d is None else d for d in (call.dh, call.dc))
        dx, dh0, dc0, dw, du, db = student.lstm_backward(dy, dh, dc, call.cache)
        return dx, dw.reshape(4 * hidden, -1), du.reshape(4 * hidden, hidden), db.reshape(-1), db.reshape(-1), dh0, dc0

    gradients = ("dx", "dw", "du", "db", "db", "dh of the first state", "dc of the first state")
    return [Pair("lstm", forward, backward, outputs=("y", "the last h", "the last c"), gradients=gradients)]
