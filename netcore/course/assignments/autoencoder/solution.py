# %% [markdown]
# # Auto-encoders, PCA and a probe
#
# An auto-encoder turns $x$ into a shorter code $h$ and the code back into $y \approx x$. No labels are needed: the input is its own target.
# Shapes: $x: (N, D)$, code $h: (N, M)$ with $M < D$.

# %%
import numpy as np


def sigmoid(x):
    """1 / (1 + e^(-x)), without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * x))


# %% [markdown]
# ## 1. Tied weights, forward
#
# Encoder and decoder share one matrix, $W: (M, D)$; the decoder uses its transpose:
#
# ![x of D numbers goes through W to a code h of M numbers, and through the same W to y](figures/tied.png)
#
# $$h = \sigma(x W^\top + b), \qquad y = h W + c, \qquad b: (M,),\; c: (D,)$$


# %%
def tied_forward(x, w, b, c):
    """The reconstruction y (N, D), the code h (N, M), and the cache, from x (N, D)."""
    # GAP tied_forward: encode, decode
    h = sigmoid(x @ w.T + b)
    y = h @ w + c
    return y, h, (x, w, h)
    # END GAP


# %% [markdown]
# ## 2. The loss
#
# $$L = \frac{1}{2N} \sum_{n,d} (y_{nd} - x_{nd})^2, \qquad dy = \frac1N (y - x)$$


# %%
def reconstruction_loss(y, x):
    """The loss, a number, and dy (N, D)."""
    # GAP reconstruction: mean over rows, sum over features, one half
    difference = y - x
    loss = 0.5 * (difference * difference).sum() / len(x)
    return loss, difference / len(x)
    # END GAP


# %% [markdown]
# ## 3. Tied weights, backward
#
# $W$ is used twice, so $dW$ is the sum of two contributions: as decoder, $h^\top dy$, and as encoder, $(dh \odot h (1 - h))^\top x$ with $dh = dy\, W^\top$.


# %%
def tied_backward(dy, cache):
    """From dy (N, D) and the cache of tied_forward: dw (M, D), db (M,), dc (D,)."""
    # GAP tied_backward: decoder first, then through the sigmoid, then the encoder
    x, w, h = cache
    dh = dy @ w.T
    da = dh * h * (1 - h)
    dw = h.T @ dy + da.T @ x
    db = da.sum(axis=0)
    dc = dy.sum(axis=0)
    return dw, db, dc
    # END GAP


# %% [markdown]
# ## 4. Denoising
#
# ![Ten digits: clean, with a third of the pixels set to 0, and rebuilt by a denoising auto-encoder and by PCA; the auto-encoder is half as far off](figures/denoising.png)
#
# A denoising auto-encoder sees $\tilde x = x \odot \mathrm{mask}$ (some entries set to 0) and must give back the **clean** $x$. So it cannot just copy.


# %%
def denoising_gradients(x, mask, w, b, c):
    """The loss and dw, db, dc where x * mask goes in and x is to come out."""
    # GAP denoising: forward on what is masked, loss against what is clean
    y, _, cache = tied_forward(x * mask, w, b, c)
    loss, dy = reconstruction_loss(y, x)
    dw, db, dc = tied_backward(dy, cache)
    return loss, dw, db, dc
    # END GAP


# %% [markdown]
# ## 5. PCA
#
# The best *linear* code of $M$ numbers: take off the mean $\mu$ of the training rows, and project onto the $M$ directions of largest variance, the first rows $V: (M, D)$ of
# the singular value decomposition of the centred training rows. The reconstruction of new rows is $\mu + (x - \mu) V^\top V$. An auto-encoder should be compared with it.


# %%
def pca_reconstruct(train, x, size):
    """x (N, D) reconstructed from `size` principal components of train (rows, D)."""
    # GAP pca: the mean of train, numpy.linalg.svd, project, add the mean again
    mean = train.mean(axis=0)
    _, _, directions = np.linalg.svd(train - mean, full_matrices=False)
    v = directions[:size]
    return mean + (x - mean) @ v.T @ v
    # END GAP


# %% [markdown]
# ## 6. A probe
#
# Does the code know what it shows? Fit a *linear* map from codes to classes and see how often it is right. With a column of ones appended to the codes, $A: (N, M+1)$, and
# targets as rows of zeros with a one, $T: (N, K)$, ridge regression has a closed form:
#
# $$B = (A^\top A + \lambda I)^{-1} A^\top T, \qquad \mathrm{scores} = A_{\mathrm{new}} B$$


# %%
def probe(codes, targets, new, classes, ridge):
    """Scores (rows of new, classes) of a ridge regression from codes (N, M) to targets (N,)."""
    # GAP probe: append ones, one-hot targets, numpy.linalg.solve
    a = np.concatenate([codes, np.ones((len(codes), 1), codes.dtype)], axis=1)
    t = np.zeros((len(targets), classes), codes.dtype)
    t[np.arange(len(targets)), targets] = 1
    b = np.linalg.solve(a.T @ a + ridge * np.eye(a.shape[1], dtype=codes.dtype), a.T @ t)
    return np.concatenate([new, np.ones((len(new), 1), codes.dtype)], axis=1) @ b
    # END GAP


# %% [markdown]
# ## 7. Training
#
# Gradient descent on the denoising loss: mini-batches of `batch` rows in the given order, `epochs` times; `masks` has the shape of $x$, and each row goes with its own.
# The parameters that you are given must stay as they were.


# %%
def train_autoencoder(x, masks, w, b, c, lr, batch, epochs):
    """The trained w (M, D), b (M,), c (D,)."""
    # GAP train_autoencoder: epochs, mini-batches, gradients, step
    w, b, c = w.copy(), b.copy(), c.copy()
    for _ in range(epochs):
        for start in range(0, len(x), batch):
            rows = slice(start, start + batch)
            _, dw, db, dc = denoising_gradients(x[rows], masks[rows], w, b, c)
            w -= lr * dw
            b -= lr * db
            c -= lr * dc
    return w, b, c
    # END GAP
