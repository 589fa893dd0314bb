# %% [markdown]
# # Layers with two phases
#
# A network is a chain of layers. In its *forward phase* a layer turns its input $x$ into its output $y$ and keeps whatever its backward phase will
# need. In its *backward phase* it is given $dy$, the gradient of the loss $L$ with respect to its output, and returns $dx$, the gradient with respect
# to its input. That is all that a layer has to know about the rest of the network.
#
# In this file $dx$ is short for $\partial L / \partial x$, which has the shape of $x$; the same for $dy$, $dw$, $db$.
#
# Fill in the places marked `YOUR CODE`. NumPy is all you need. Check as often as you like with `netcore course check`.

# %%
import numpy as np

# %% [markdown]
# ## 1. Linear
#
# $N$ rows of $D$ features become $N$ rows of $K$:
#
# $$y = x\,W^\top + b, \qquad x: (N, D),\quad W: (K, D),\quad b: (K,),\quad y: (N, K)$$
#
# Written with indices, $y_{nk} = \sum_d x_{nd} W_{kd} + b_k$. Each $x_{nd}$ touches all $y_{nk}$ of its row, each $W_{kd}$ all $y_{nk}$ of its
# column,
# and each $b_k$ the same; the chain rule adds up what comes back along all these ways:
#
# $$dx_{nd} = \sum_k dy_{nk} W_{kd}, \qquad dW_{kd} = \sum_n dy_{nk} x_{nd}, \qquad db_k = \sum_n dy_{nk}$$
#
# Write the three as products of matrices, and let the shapes tell you what to transpose.


# %%
def linear_forward(x, w, b):
    """y = x Wᵀ + b, with x (N, D), w (K, D), b (K,). Returns y (N, K) and the cache that linear_backward will be given."""
    # GAP linear_forward: one product and one sum; then put into the cache what the backward phase needs
    y = x @ w.T + b
    return y, (x, w)
    # END GAP


def linear_backward(dy, cache):
    """From dy (N, K) and the cache of linear_forward: dx (N, D), dw (K, D), db (K,)."""
    # GAP linear_backward: the three formulas above as products of matrices
    x, w = cache
    dx = dy @ w
    dw = dy.T @ x
    db = dy.sum(axis=0)
    return dx, dw, db
    # END GAP


# %% [markdown]
# ## 2. ReLU
#
# $$y = \max(x, 0), \qquad dx = dy \cdot [x > 0]$$
#
# At $x = 0$ there is no derivative; we take 0, as everybody does. Inputs are never changed: other layers may still need them.


# %%
def relu_forward(x):
    """y = max(x, 0), elementwise, for x of any shape. Returns y and the cache."""
    # GAP relu_forward: the larger of x and 0
    y = np.maximum(x, 0)
    return y, x
    # END GAP


def relu_backward(dy, cache):
    """From dy and the cache of relu_forward: dx."""
    # GAP relu_backward: dy passes where the input was positive
    x = cache
    dx = dy * (x > 0)
    return dx
    # END GAP


# %% [markdown]
# ## 3. Softmax with cross-entropy
#
# Scores $s: (N, K)$ become probabilities, and the loss is the mean of the negative logarithms of those of the right classes $t_n$:
#
# $$p_{nk} = \frac{e^{s_{nk}}}{\sum_j e^{s_{nj}}}, \qquad L = -\frac1N \sum_n \log p_{n t_n},
# \qquad ds_{nk} = \frac1N \left(p_{nk} - [k = t_n]\right)$$
#
# $e^{100}$ is too large for float32. Taking the same number off all scores of a row changes no $p$: take the largest of the row, and nothing
# overflows.
# Nor may the logarithm meet a 0: use $\log p_{nk} = s_{nk} - \log \sum_j e^{s_{nj}}$ (after the largest is taken off).


# %%
def cross_entropy_forward(scores, targets):
    """The mean loss of scores (N, K) for the right classes targets (N,), integers. Returns a number and the cache."""
    # GAP cross_entropy_forward: take off the largest score of each row, then the logarithm of the softmax, then the mean
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(targets))
    loss = -log_p[rows, targets].mean()
    return loss, (np.exp(log_p), targets)
    # END GAP


def cross_entropy_backward(cache):
    """From the cache of cross_entropy_forward: the gradient of the mean loss with respect to the scores, (N, K)."""
    # GAP cross_entropy_backward: probabilities, less 1 at the right class, divided by N
    p, targets = cache
    rows = np.arange(len(targets))
    ds = p.copy()
    ds[rows, targets] -= 1
    ds /= len(targets)
    return ds
    # END GAP


# %% [markdown]
# ## 4. The phase protocol
#
# Now the layer remembers for itself. The rules:
#
# - `forward(x)` puts its cache on a stack, `backward(dy)` takes the *newest* from it. So a layer that is used twice in one pass is run backward
#   twice, in reverse order.
# - `backward` **adds** to `dw` and `db`, because a layer that is used twice has two contributions to its gradient; `zero_grad()` sets them to zero.
# - A backward phase without its forward phase is a mistake, and raises `PhaseError`. So is a second backward for one forward.


# %%
class PhaseError(RuntimeError):
    """A backward phase without a corresponding forward phase."""


class Linear:
    """A linear layer that keeps its own caches and gradients: w (K, D), b (K,), and dw, db of the same shapes."""

    def __init__(self, w, b):
        self.w, self.b = w, b
        self.caches = []
        self.zero_grad()

    def zero_grad(self):
        self.dw, self.db = np.zeros_like(self.w), np.zeros_like(self.b)

    def forward(self, x):
        """y (N, K) from x (N, D); the cache goes on the stack."""
        # GAP phases: use linear_forward
        y, cache = linear_forward(x, self.w, self.b)
        self.caches.append(cache)
        return y
        # END GAP

    def backward(self, dy):
        """dx (N, D) from dy (N, K); takes the newest cache, adds to dw and db; PhaseError where no cache is left."""
        # GAP phases: use linear_backward
        if not self.caches:
            raise PhaseError("backward needs a forward phase before it")
        cache = self.caches.pop()
        dx, dw, db = linear_backward(dy, cache)
        self.dw = self.dw + dw
        self.db = self.db + db
        return dx
        # END GAP


# %% [markdown]
# ## 5. A network that learns
#
# Linear, ReLU, Linear, and the loss. One *epoch* goes through the examples once, in mini-batches of `batch` rows in the given order (the last may
# be smaller).
# For each: forward through all layers, backward through all layers in reverse, then one step of gradient descent on all four parameters,
# $\theta \leftarrow \theta - \eta\, d\theta$ with the learning rate $\eta$.
#
# The parameters that you are given must stay as they were: work on copies.


# %%
def train_network(x, targets, w1, b1, w2, b2, lr, batch, epochs):
    """Train on x (N, D) and targets (N,), and return the trained w1 (H, D), b1 (H,), w2 (K, H), b2 (K,)."""
    # GAP train_network: epochs, mini-batches, forward, backward, step
    w1, b1, w2, b2 = w1.copy(), b1.copy(), w2.copy(), b2.copy()
    for _ in range(epochs):
        for start in range(0, len(x), batch):
            rows = slice(start, start + batch)
            h, cache1 = linear_forward(x[rows], w1, b1)
            a, cache2 = relu_forward(h)
            s, cache3 = linear_forward(a, w2, b2)
            _, cache4 = cross_entropy_forward(s, targets[rows])
            ds = cross_entropy_backward(cache4)
            da, dw2, db2 = linear_backward(ds, cache3)
            dh = relu_backward(da, cache2)
            _, dw1, db1 = linear_backward(dh, cache1)
            w1 -= lr * dw1
            b1 -= lr * db1
            w2 -= lr * dw2
            b2 -= lr * db2
    return w1, b1, w2, b2
    # END GAP


def predict(x, w1, b1, w2, b2):
    """The scores (N, K) that the network gives to x (N, D)."""
    # GAP train_network: forward through linear, ReLU, linear
    h, _ = linear_forward(x, w1, b1)
    a, _ = relu_forward(h)
    s, _ = linear_forward(a, w2, b2)
    return s
    # END GAP
