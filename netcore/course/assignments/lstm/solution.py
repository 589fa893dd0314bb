# %% [markdown]
# # Recurrent cells and backpropagation through time
#
# A recurrent cell reads one time step $x_t: (N, D)$ and the state $h_{t-1}: (N, H)$ and gives the next state. Over a sequence the *same* weights are used at
# every step, so their gradient is the **sum** over all steps, and each state has two contributions to its gradient: from the output at its own
# time, and from the step after it.
#
# Sequences are $(N, T, D)$: samples, time steps, features. As before, $dx$ is short for $\partial L / \partial x$.

# %%
import numpy as np


def sigmoid(x):
    """1 / (1 + e^(-x)), without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * x))


# %% [markdown]
# ## 1. The RNN cell
#
# $$h_t = \tanh(x_t W^\top + h_{t-1} U^\top + b), \qquad W: (H, D),\; U: (H, H),\; b: (H,)$$
#
# Remember $\tanh' = 1 - \tanh^2$: what backward needs is $h_t$ itself.


# %%
def rnn_cell_forward(x, h, w, u, b):
    """The next state (N, H) from x (N, D) and h (N, H). Returns it and the cache."""
    # GAP rnn_cell: one line, and the cache
    new = np.tanh(x @ w.T + h @ u.T + b)
    return new, (x, h, w, u, new)
    # END GAP


def rnn_cell_backward(dnew, cache):
    """From the gradient of the next state: dx, dh, dw, du, db."""
    # GAP rnn_cell: first through tanh, then as for a linear layer, twice
    x, h, w, u, new = cache
    da = dnew * (1 - new * new)
    return da @ w, da @ u, da.T @ x, da.T @ h, da.sum(axis=0)
    # END GAP


# %% [markdown]
# ## 2. The LSTM cell
#
# Four gates, each with weights of its own: $w: (4, H, D)$, $u: (4, H, H)$, $b: (4, H)$, in the order **i, f, g, o** (input, forget, candidate, output).
#
# ![The cell state goes straight from left to right; the forget gate multiplies it, input gate times candidate is added, the output gate lets part of it out](figures/cell.png)
#
# $$i, f, o = \sigma(\cdot), \quad g = \tanh(\cdot), \qquad c_t = f \odot c_{t-1} + i \odot g, \qquad h_t = o \odot \tanh(c_t)$$
#
# where each $\cdot$ is $x_t w_k^\top + h_{t-1} u_k^\top + b_k$. Backward, $c_t$ is reached on two ways: through $h_t$, and directly, from the next step:
#
# $$dc = dc_t + dh_t \odot o \odot (1 - \tanh^2 c_t), \qquad di = dc \odot g,\; df = dc \odot c_{t-1},\; dg = dc \odot i,\; do = dh_t \odot \tanh c_t$$
#
# and $dc_{t-1} = dc \odot f$. Then through $\sigma' = \sigma(1 - \sigma)$ and $\tanh'$ to what stands before the gates.


# %%
def lstm_cell_forward(x, h, c, w, u, b):
    """The next h and c (N, H) from x (N, D), h, c. Returns h, c, and the cache."""
    # GAP lstm_cell_forward: four gates in the order i, f, g, o
    i = sigmoid(x @ w[0].T + h @ u[0].T + b[0])
    f = sigmoid(x @ w[1].T + h @ u[1].T + b[1])
    g = np.tanh(x @ w[2].T + h @ u[2].T + b[2])
    o = sigmoid(x @ w[3].T + h @ u[3].T + b[3])
    new_c = f * c + i * g
    t = np.tanh(new_c)
    return o * t, new_c, (x, h, c, w, u, i, f, g, o, t)
    # END GAP


def lstm_cell_backward(dh, dc, cache):
    """From the gradients of the next h and c: dx, dh, dc of what came in, and dw, du, db."""
    # GAP lstm_cell_backward: c first, then the gates, then what stands before them
    x, h, c, w, u, i, f, g, o, t = cache
    total = dc + dh * o * (1 - t * t)
    di = total * g * i * (1 - i)
    df = total * c * f * (1 - f)
    dg = total * i * (1 - g * g)
    do = dh * t * o * (1 - o)
    before = np.stack([di, df, dg, do])
    dx = (before @ w).sum(axis=0)
    dprevious = (before @ u).sum(axis=0)
    turned = before.transpose(0, 2, 1)
    return dx, dprevious, total * f, turned @ x, turned @ h, before.sum(axis=1)
    # END GAP


# %% [markdown]
# ## 3. A sequence, both ways
#
# ![Three steps side by side: states go to the right, gradients to the left, and at each step both of its gradients meet](figures/through-time.png)
#
# Forward from the first step to the last; backward from the last to the first. $dh$ of a step is what comes from its output, $dy_t$, **plus** what comes from the step after it.


# %%
def lstm_forward(x, h, c, w, u, b):
    """y (N, T, H), the states h at all times, from x (N, T, D) and the first states. Returns y, the last h, the last c, and the cache."""
    # GAP lstm_forward: a loop over time
    steps, caches = [], []
    for t in range(x.shape[1]):
        h, c, cache = lstm_cell_forward(x[:, t], h, c, w, u, b)
        steps.append(h)
        caches.append(cache)
    return np.stack(steps, axis=1), h, c, caches
    # END GAP


def lstm_backward(dy, dh, dc, cache):
    """From dy (N, T, H) and the gradients of the last h and c: dx (N, T, D), dh and dc of the first states, dw, du, db."""
    # GAP lstm_backward: backwards over time; the weights' gradients are summed
    dx, dw, du, db = [], 0, 0, 0
    for t in reversed(range(dy.shape[1])):
        dh = dh + dy[:, t]
        step, dh, dc, dw_t, du_t, db_t = lstm_cell_backward(dh, dc, cache[t])
        dx.append(step)
        dw = dw + dw_t
        du = du + du_t
        db = db + db_t
    return np.stack(dx[::-1], axis=1), dh, dc, dw, du, db
    # END GAP


# %% [markdown]
# ## 4. Truncated backpropagation through time
#
# A long sequence is cut into chunks of `length` steps (the last may be shorter). The state goes on from chunk to chunk; the gradient does not: at the end of each chunk
# $dh$ and $dc$ are 0. The weights' gradients of all chunks are summed.


# %%
def truncated_gradients(x, dy, h, c, w, u, b, length):
    """dw, du, db for a sequence x (N, T, D) with output gradients dy (N, T, H), truncated to chunks of `length` steps."""
    # GAP truncated: forward and backward through one chunk after the other
    dw, du, db = 0, 0, 0
    for start in range(0, x.shape[1], length):
        part = slice(start, start + length)
        _, h, c, cache = lstm_forward(x[:, part], h, c, w, u, b)
        _, _, _, dw_part, du_part, db_part = lstm_backward(dy[:, part], np.zeros_like(h), np.zeros_like(c), cache)
        dw = dw + dw_part
        du = du + du_part
        db = db + db_part
    return dw, du, db
    # END GAP


# %% [markdown]
# ## 5. Gradient clipping
#
# If the norm of *all* gradients together, $\sqrt{\sum \lVert d\theta \rVert^2}$, is larger than `limit`, all are multiplied by limit / norm; otherwise they stay as they are.


# %%
def clip_gradients(gradients, limit):
    """A list of arrays of the same shapes, scaled together where their common norm is larger than `limit`."""
    # GAP clip: one norm for all of them
    norm = np.sqrt(sum((g * g).sum() for g in gradients))
    if norm <= limit:
        return [g.copy() for g in gradients]
    return [g * (limit / norm) for g in gradients]
    # END GAP


# %% [markdown]
# ## 6. The adding problem
#
# Each step brings a number and a mark; exactly two steps are marked, and the target is the sum of their numbers. The prediction is $h_T v + a$ from the last state, the loss
# $\frac1N \sum_n (\hat y_n - y_n)^2$. Start from states of zeros. One step of gradient descent on each mini-batch in the given order, gradients clipped to norm 1,
# for `epochs` passes. The parameters that you are given must stay as they were.


# %%
def train_adding(x, targets, w, u, b, v, a, lr, batch, epochs):
    """Train on x (N, T, 2) and targets (N,); return w, u, b, v (H,), a (1,) after training."""
    # GAP train_adding: forward, the gradient at the last state, backward, clip, step
    parameters = [w.copy(), u.copy(), b.copy(), v.copy(), a.copy()]
    for _ in range(epochs):
        for start in range(0, len(x), batch):
            xs, ts = x[start : start + batch], targets[start : start + batch]
            w, u, b, v, a = parameters
            zero = np.zeros((len(xs), len(v)), x.dtype)
            y, h, c, cache = lstm_forward(xs, zero, zero, w, u, b)
            d = 2 * (h @ v + a - ts) / len(xs)
            _, _, _, dw, du, db = lstm_backward(np.zeros_like(y), d[:, None] * v, np.zeros_like(c), cache)
            clipped = clip_gradients([dw, du, db, h.T @ d, d.sum(keepdims=True)], 1.0)
            parameters = [p - lr * g for p, g in zip(parameters, clipped, strict=True)]
    return tuple(parameters)
    # END GAP


def predict(x, w, u, b, v, a):
    """The predictions (N,) for x (N, T, 2)."""
    # GAP train_adding: forward, and the last state
    zero = np.zeros((len(x), len(v)), x.dtype)
    _, h, _, _ = lstm_forward(x, zero, zero, w, u, b)
    return h @ v + a
    # END GAP
