# %% [markdown]
# # Convolution and max-pooling, both ways
#
# Images are $(N, C, H, W)$: samples, channels, height, width. Filters are $(K, C, R, S)$: how many, channels, height, width.
# As in the first assignment, $dx$ is short for $\partial L / \partial x$; a forward phase returns its output and a cache, and the backward phase is given
# the gradient of the output and that cache.
#
# With a stride $s$ and $p$ zeros of padding on every side, a filter fits
#
# $$OH = \lfloor (H + 2p - R) / s \rfloor + 1, \qquad OW = \lfloor (W + 2p - S) / s \rfloor + 1$$
#
# times. Check as often as you like with `netcore course check`.

# %%
import numpy as np


def output_size(size, kernel, stride, padding):
    """How often a kernel fits along one axis."""
    return (size + 2 * padding - kernel) // stride + 1


def pad(x, padding):
    """x with zeros around height and width."""
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


# %% [markdown]
# ## 1. im2col
#
# Put every patch that a filter meets into a column: row $(c, r, q)$ and column $(i, j)$ of the matrix of one image hold the pixel
#
# $$\mathrm{cols}_{(c,r,q),(i,j)} = x^{\mathrm{padded}}_{c,\; s\,i + r,\; s\,j + q}$$
#
# ![An image of 3 by 4, the patch of a filter of 2 by 2 at place 0,1, and the column that it becomes](figures/im2col.png)
#
# There are $C R S$ rows (channel, then row of the filter, then its column) and $OH \cdot OW$ columns. A loop over the $R \cdot S$ places in the filter is
# enough: for each, one strided slice of the padded images gives all positions at once.


# %%
def im2col(x, kernel, stride, padding):
    """The patches of x (N, C, H, W) as columns, (N, C·R·S, OH·OW); kernel is (R, S)."""
    # GAP im2col: pad, then one strided slice for each place in the filter
    n, c, h, w = x.shape
    rr, ss = kernel
    oh, ow = output_size(h, rr, stride, padding), output_size(w, ss, stride, padding)
    padded = pad(x, padding)
    cols = np.empty((n, c, rr, ss, oh, ow), x.dtype)
    for r in range(rr):
        for q in range(ss):
            cols[:, :, r, q] = padded[:, :, r : r + stride * oh : stride, q : q + stride * ow : stride]
    return cols.reshape(n, c * rr * ss, oh * ow)
    # END GAP


# %% [markdown]
# ## 2. col2im
#
# The way back is not the inverse but the *adjoint*: each number of the matrix goes back to the pixel that it came from, and where patches overlap they
# are **summed**. In a backward phase this is what turns gradients of patches into the gradient of the image. What falls onto the padding is dropped.


# %%
def col2im(cols, size, kernel, stride, padding):
    """The adjoint of im2col: from cols (N, C·R·S, OH·OW) to (N, C, H, W); size is (C, H, W)."""
    # GAP col2im: zeros of the padded size, then add to one strided slice for each place in the filter
    n, (c, h, w), (rr, ss) = len(cols), size, kernel
    oh, ow = output_size(h, rr, stride, padding), output_size(w, ss, stride, padding)
    cols = cols.reshape(n, c, rr, ss, oh, ow)
    padded = np.zeros((n, c, h + 2 * padding, w + 2 * padding), cols.dtype)
    for r in range(rr):
        for q in range(ss):
            padded[:, :, r : r + stride * oh : stride, q : q + stride * ow : stride] += cols[:, :, r, q]
    return padded[:, :, padding : padding + h, padding : padding + w]
    # END GAP


# %% [markdown]
# ## 3. Convolution
#
# $$y_{nkij} = b_k + \sum_{c,r,q} w_{kcrq}\; x^{\mathrm{padded}}_{n,c,\,si+r,\,sj+q}$$
#
# (Mathematicians call this a correlation; the filter is not flipped.) With the filters as a matrix $W: (K, CRS)$ it is one product for each image,
# $Y_n = W \cdot \mathrm{cols}_n$. So backward:
#
# $$dW = \sum_n dY_n\, \mathrm{cols}_n^\top, \qquad db_k = \sum_{n,i,j} dy_{nkij}, \qquad d\mathrm{cols}_n = W^\top dY_n, \qquad dx = \mathrm{col2im}(d\mathrm{cols})$$


# %%
def conv_forward(x, w, b, stride, padding):
    """y (N, K, OH, OW) from x (N, C, H, W), w (K, C, R, S), b (K,). Returns y and the cache."""
    # GAP conv_forward: im2col, one product, the bias, and back to the shape of images
    k, _, rr, ss = w.shape
    oh, ow = output_size(x.shape[2], rr, stride, padding), output_size(x.shape[3], ss, stride, padding)
    cols = im2col(x, (rr, ss), stride, padding)
    y = w.reshape(k, -1) @ cols + b[:, None]
    return y.reshape(len(x), k, oh, ow), (x.shape, w, cols, stride, padding)
    # END GAP


def conv_backward(dy, cache):
    """From dy (N, K, OH, OW) and the cache of conv_forward: dx, dw, db."""
    # GAP conv_backward: the four formulas above
    shape, w, cols, stride, padding = cache
    k, _, rr, ss = w.shape
    rows = dy.reshape(len(dy), k, -1)
    dw = (rows @ cols.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    db = dy.sum(axis=(0, 2, 3))
    dcols = w.reshape(k, -1).T @ rows
    dx = col2im(dcols, shape[1:], (rr, ss), stride, padding)
    return dx, dw, db
    # END GAP


# %% [markdown]
# ## 4. Max-pooling
#
# Each channel for itself: the largest number of every window of size `kernel` $(R, S)$, moved by `stride`, without padding. Backward, the gradient of each
# window goes to the pixel that was the largest (the *first* of them where several are equal, row by row), and where windows overlap, gradients are summed.
#
# ![Max-pooling with overlapping windows: the pixel 7 wins four windows and gets the sum of their four gradients](figures/pool.png)
#
# Remember in the forward phase which it was.


# %%
def max_pool_forward(x, kernel, stride):
    """y (N, C, OH, OW) from x (N, C, H, W). Returns y and the cache."""
    # GAP max_pool_forward: im2col with each channel as an image of its own, then the largest of each column
    n, c, h, w = x.shape
    oh, ow = output_size(h, kernel[0], stride, 0), output_size(w, kernel[1], stride, 0)
    cols = im2col(x.reshape(n * c, 1, h, w), kernel, stride, 0)
    winners = cols.argmax(axis=1)
    y = cols.max(axis=1)
    return y.reshape(n, c, oh, ow), (x.shape, winners, kernel, stride)
    # END GAP


def max_pool_backward(dy, cache):
    """From dy (N, C, OH, OW) and the cache of max_pool_forward: dx (N, C, H, W)."""
    # GAP max_pool_backward: a matrix of zeros with each dy in the row of its winner, then col2im
    (n, c, h, w), winners, kernel, stride = cache
    rows = np.arange(kernel[0] * kernel[1])[None, :, None]
    dcols = np.where(rows == winners[:, None, :], dy.reshape(n * c, 1, -1), dy.dtype.type(0))
    dx = col2im(dcols, (1, h, w), kernel, stride, 0)
    return dx.reshape(n, c, h, w)
    # END GAP


# %% [markdown]
# ## 5. A network that learns
#
# Convolution (stride 1, padding 1), ReLU, max-pooling ($2 \times 2$, stride 2), and a linear layer on all that comes out, one row per image (channel, then row,
# then column). ReLU, the linear layer and the loss are given. Epochs, mini-batches in the given order and gradient descent are as in the first assignment;
# the parameters that you are given must stay as they were.


# %%
def cross_entropy_gradient(scores, targets):
    """The gradient of the mean cross-entropy with respect to the scores (N, K)."""
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(targets)), targets] -= 1
    return p / len(targets)


def train_cnn(x, targets, w, b, v, c, lr, batch, epochs):
    """Train filters w (K, 1, R, S), b (K,), and the linear layer v (10, features), c (10,); return the four after training."""
    # GAP train_cnn: epochs, mini-batches, forward, backward, step
    w, b, v, c = w.copy(), b.copy(), v.copy(), c.copy()
    for _ in range(epochs):
        for start in range(0, len(x), batch):
            rows = slice(start, start + batch)
            h, cache1 = conv_forward(x[rows], w, b, 1, 1)
            a = np.maximum(h, 0)
            z, cache2 = max_pool_forward(a, (2, 2), 2)
            flat = z.reshape(len(z), -1)
            ds = cross_entropy_gradient(flat @ v.T + c, targets[rows])
            dz = (ds @ v).reshape(z.shape)
            da = max_pool_backward(dz, cache2)
            dh = da * (h > 0)
            _, dw, db = conv_backward(dh, cache1)
            w -= lr * dw
            b -= lr * db
            v -= lr * (ds.T @ flat)
            c -= lr * ds.sum(axis=0)
    return w, b, v, c
    # END GAP


def predict(x, w, b, v, c):
    """The scores (N, 10) that the network gives to x (N, 1, H, W)."""
    # GAP train_cnn: forward through convolution, ReLU, pooling, linear
    h, _ = conv_forward(x, w, b, 1, 1)
    z, _ = max_pool_forward(np.maximum(h, 0), (2, 2), 2)
    return z.reshape(len(z), -1) @ v.T + c
    # END GAP
