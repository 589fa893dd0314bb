# %% [markdown]
# # Kernels in Cython
#
# In `conv` and `lstm` NumPy did the loops. Here you write them: six loops for a convolution, four for max-pooling, two for the gates of an LSTM, in *Cython*, which is
# Python with types. It is turned into C and compiled, so a loop costs what it costs in C.
#
# Build with one command, `netcore course build`, which makes a module that Python can import. `netcore course doctor` says what is missing on your machine.
# Check with `netcore course check`: **right first, then fast**. When everything is right, the check also shows how fast it is.
#
# ![From kernels.pyx to a module: Cython turns types into C, the C compiler into machine code](figures/build.png)
#
# A typed function looks like this:
#
# ```
# def scaled(const floating[:, ::1] x, double factor):
#     y_array = np.empty((x.shape[0], x.shape[1]), np.asarray(x).dtype)
#     cdef floating[:, ::1] y = y_array
#     cdef Py_ssize_t n, d
#     for n in range(x.shape[0]):
#         for d in range(x.shape[1]):
#             y[n, d] = x[n, d] * factor
#     return y_array
# ```
#
# `floating[:, ::1]` is a view of an array with two axes whose last one lies densely in memory, of float or double: the function is made twice. `cdef` gives a
# variable a type, and a loop over a `Py_ssize_t` with typed variables alone inside becomes a loop of C. A view is read and written one number at a time;
# slices, `@` and `np.` in a loop would call Python again. `const` says that you will not write to it, and the compiler holds you to it.
# `cython -a kernels.pyx` writes a page that marks in yellow what still calls Python.

# %%
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
import numpy as np

from cython cimport floating
from libc.math cimport exp, tanh


cdef inline Py_ssize_t output_size(Py_ssize_t size, Py_ssize_t kernel, Py_ssize_t stride, Py_ssize_t padding) noexcept nogil:
    """How often a kernel fits along one axis."""
    return (size + 2 * padding - kernel) // stride + 1


# %% [markdown]
# The first line switches off two things that Python does at every access: looking whether an index is inside, and counting negative ones from the end. It is
# fast, and a wrong index then reads, or breaks, whatever lies there. While you look for a mistake write `boundscheck=True`.
#
# ## 1. Convolution, forward
#
# $$y_{nkij} = b_k + \sum_{c,r,q} w_{kcrq}\; x_{n,\,c,\;si+r-p,\;sj+q-p}$$
#
# with stride $s$ and padding $p$; what lies outside of $x$ counts as zero, so leave those places out. Shapes: $x: (N, C, H, W)$, $w: (K, C, R, S)$, $b: (K)$,
# $y: (N, K, OH, OW)$.
#
# ![One output number: a filter over a patch of the padded image, and the indices that belong together](figures/taps.png)
#
# The sums may be done in any order of the loops, and the order decides how fast it is: the innermost loop should walk along memory.


# %%
def conv_forward(const floating[:, :, :, ::1] x, const floating[:, :, :, ::1] w, const floating[::1] b, Py_ssize_t stride, Py_ssize_t padding):
    """y (N, K, OH, OW) from x (N, C, H, W), w (K, C, R, S), b (K,)."""
    cdef Py_ssize_t N = x.shape[0], C = x.shape[1], H = x.shape[2], W = x.shape[3]
    cdef Py_ssize_t K = w.shape[0], R = w.shape[2], S = w.shape[3]
    cdef Py_ssize_t OH = output_size(H, R, stride, padding), OW = output_size(W, S, stride, padding)
    y_array = np.empty((N, K, OH, OW), np.asarray(x).dtype)
    cdef floating[:, :, :, ::1] y = y_array
    cdef Py_ssize_t n, k, c, i, j, r, q, row, column
    cdef floating total
    # GAP conv_forward: for each n, k, i, j a sum over c, r, q; leave out rows and columns that lie outside
    for n in range(N):
        for k in range(K):
            for i in range(OH):
                for j in range(OW):
                    total = b[k]
                    for c in range(C):
                        for r in range(R):
                            row = i * stride + r - padding
                            if row < 0 or row >= H:
                                continue
                            for q in range(S):
                                column = j * stride + q - padding
                                if 0 <= column < W:
                                    total += w[k, c, r, q] * x[n, c, row, column]
                    y[n, k, i, j] = total
    # END GAP
    return y_array


# %% [markdown]
# ## 2. Convolution, the gradient of the input
#
# Every product $w \cdot x$ of the forward phase gives $w \cdot dy$ to the $dx$ of its own pixel:
#
# $$dx_{n,\,c,\;si+r-p,\;sj+q-p} \mathrel{+}= w_{kcrq}\; dy_{nkij} \qquad \text{for all } k, i, j, r, q$$
#
# The same loops with reading and writing exchanged; `dx` begins with zeros.


# %%
def conv_input_gradient(const floating[:, :, :, ::1] dy, const floating[:, :, :, ::1] w, size, Py_ssize_t stride, Py_ssize_t padding):
    """dx (N, C, H, W) from dy (N, K, OH, OW) and w (K, C, R, S); size is (H, W)."""
    cdef Py_ssize_t N = dy.shape[0], K = dy.shape[1], OH = dy.shape[2], OW = dy.shape[3]
    cdef Py_ssize_t C = w.shape[1], R = w.shape[2], S = w.shape[3], H = size[0], W = size[1]
    dx_array = np.zeros((N, C, H, W), np.asarray(dy).dtype)
    cdef floating[:, :, :, ::1] dx = dx_array
    cdef Py_ssize_t n, k, c, i, j, r, q, row, column
    # GAP conv_input_gradient: the loops of the forward phase; what was read there is added to here
    for n in range(N):
        for k in range(K):
            for i in range(OH):
                for j in range(OW):
                    for c in range(C):
                        for r in range(R):
                            row = i * stride + r - padding
                            if row < 0 or row >= H:
                                continue
                            for q in range(S):
                                column = j * stride + q - padding
                                if 0 <= column < W:
                                    dx[n, c, row, column] += w[k, c, r, q] * dy[n, k, i, j]
    # END GAP
    return dx_array


# %% [markdown]
# ## 3. Convolution, the gradients of filters and bias
#
# $$dw_{kcrq} = \sum_{n,i,j} dy_{nkij}\; x_{n,\,c,\;si+r-p,\;sj+q-p}, \qquad db_k = \sum_{n,i,j} dy_{nkij}$$


# %%
def conv_weight_gradient(const floating[:, :, :, ::1] x, const floating[:, :, :, ::1] dy, kernel, Py_ssize_t stride, Py_ssize_t padding):
    """dw (K, C, R, S) and db (K,) from x (N, C, H, W) and dy (N, K, OH, OW); kernel is (R, S)."""
    cdef Py_ssize_t N = x.shape[0], C = x.shape[1], H = x.shape[2], W = x.shape[3]
    cdef Py_ssize_t K = dy.shape[1], OH = dy.shape[2], OW = dy.shape[3], R = kernel[0], S = kernel[1]
    dw_array, db_array = np.zeros((K, C, R, S), np.asarray(x).dtype), np.zeros(K, np.asarray(x).dtype)
    cdef floating[:, :, :, ::1] dw = dw_array
    cdef floating[::1] db = db_array
    cdef Py_ssize_t n, k, c, i, j, r, q, row, column
    # GAP conv_weight_gradient: the same loops once more
    for n in range(N):
        for k in range(K):
            for i in range(OH):
                for j in range(OW):
                    db[k] += dy[n, k, i, j]
                    for c in range(C):
                        for r in range(R):
                            row = i * stride + r - padding
                            if row < 0 or row >= H:
                                continue
                            for q in range(S):
                                column = j * stride + q - padding
                                if 0 <= column < W:
                                    dw[k, c, r, q] += dy[n, k, i, j] * x[n, c, row, column]
    # END GAP
    return dw_array, db_array


# %% [markdown]
# ## 4. Max-pooling, both ways
#
# The largest number of each window, and *where* it was: `which` holds $r \cdot S + q$, the place in the window, the first one (row by row) where several are equal.
# Backward, each $dy$ is added to the pixel that won; windows may overlap.


# %%
def max_pool_forward(const floating[:, :, :, ::1] x, kernel, Py_ssize_t stride):
    """y and which, both (N, C, OH, OW), from x (N, C, H, W); kernel is (R, S); which holds int32."""
    cdef Py_ssize_t N = x.shape[0], C = x.shape[1], H = x.shape[2], W = x.shape[3], R = kernel[0], S = kernel[1]
    cdef Py_ssize_t OH = output_size(H, R, stride, 0), OW = output_size(W, S, stride, 0)
    y_array, which_array = np.empty((N, C, OH, OW), np.asarray(x).dtype), np.empty((N, C, OH, OW), np.int32)
    cdef floating[:, :, :, ::1] y = y_array
    cdef int[:, :, :, ::1] which = which_array
    cdef Py_ssize_t n, c, i, j, r, q, best
    cdef floating largest
    # GAP max_pool_forward: the largest number of each window and its place
    for n in range(N):
        for c in range(C):
            for i in range(OH):
                for j in range(OW):
                    best = 0
                    largest = x[n, c, i * stride, j * stride]
                    for r in range(R):
                        for q in range(S):
                            if x[n, c, i * stride + r, j * stride + q] > largest:
                                largest = x[n, c, i * stride + r, j * stride + q]
                                best = r * S + q
                    y[n, c, i, j] = largest
                    which[n, c, i, j] = best
    # END GAP
    return y_array, which_array


def max_pool_backward(const floating[:, :, :, ::1] dy, const int[:, :, :, ::1] which, size, kernel, Py_ssize_t stride):
    """dx (N, C, H, W) from dy and which (N, C, OH, OW); size is (H, W), kernel is (R, S)."""
    cdef Py_ssize_t N = dy.shape[0], C = dy.shape[1], OH = dy.shape[2], OW = dy.shape[3], S = kernel[1]
    dx_array = np.zeros((N, C, size[0], size[1]), np.asarray(dy).dtype)
    cdef floating[:, :, :, ::1] dx = dx_array
    cdef Py_ssize_t n, c, i, j, r, q
    # GAP max_pool_backward: r and q from which, then add
    for n in range(N):
        for c in range(C):
            for i in range(OH):
                for j in range(OW):
                    r = which[n, c, i, j] // S
                    q = which[n, c, i, j] % S
                    dx[n, c, i * stride + r, j * stride + q] += dy[n, c, i, j]
    # END GAP
    return dx_array


# %% [markdown]
# ## 5. The gates of an LSTM, fused
#
# $a: (N, 4H)$ holds what stands before the gates, $a = x W^\top + h U^\top + b$, in four blocks of $H$ columns in the order **i, f, g, o**:
#
# $$i, f, o = \sigma(a_i), \sigma(a_f), \sigma(a_o), \quad g = \tanh(a_g), \qquad c' = f \odot c + i \odot g, \qquad h' = o \odot \tanh c'$$
#
# With NumPy each of these operations goes through memory once. *Fused* means: one loop over $n$ and one over the units, in which all of it is done for one unit while
# its numbers are in registers.
#
# ![Nine operations, each through memory, against one loop](figures/fused.png)
#
# Backward, from $dh'$, $dc'$ and what forward kept:
#
# $$dc = dc' + dh' \odot o \odot (1 - t^2), \qquad t = \tanh c'$$
#
# $$da_i = dc \odot g \odot i(1-i), \quad da_f = dc \odot c \odot f(1-f), \quad da_g = dc \odot i \odot (1-g^2), \quad da_o = dh' \odot t \odot o(1-o)$$
#
# and $dc \odot f$ is the gradient of the old $c$.


# %%
def lstm_gates_forward(const floating[:, ::1] a, const floating[:, ::1] c):
    """h, the new c, t = tanh of it, each (N, H), and the gates i, f, g, o in one array (N, 4H), from a (N, 4H) and c (N, H)."""
    cdef Py_ssize_t N = c.shape[0], H = c.shape[1], n, j
    dtype = np.asarray(c).dtype
    h_array, new_array, t_array, gates_array = np.empty((N, H), dtype), np.empty((N, H), dtype), np.empty((N, H), dtype), np.empty((N, 4 * H), dtype)
    cdef floating[:, ::1] h = h_array, new = new_array, t = t_array, gates = gates_array
    cdef floating i, f, g, o
    # GAP lstm_gates_forward: one loop over n, one over the H units
    for n in range(N):
        for j in range(H):
            i = 1 / (1 + exp(-a[n, j]))
            f = 1 / (1 + exp(-a[n, H + j]))
            g = tanh(a[n, 2 * H + j])
            o = 1 / (1 + exp(-a[n, 3 * H + j]))
            gates[n, j] = i
            gates[n, H + j] = f
            gates[n, 2 * H + j] = g
            gates[n, 3 * H + j] = o
            new[n, j] = f * c[n, j] + i * g
            t[n, j] = tanh(new[n, j])
            h[n, j] = o * t[n, j]
    # END GAP
    return h_array, new_array, t_array, gates_array


def lstm_gates_backward(const floating[:, ::1] dh, const floating[:, ::1] dnew, const floating[:, ::1] c, const floating[:, ::1] t, const floating[:, ::1] gates):
    """da (N, 4H) and dc (N, H) from the gradients of h and the new c, and what forward was given and kept: c, t, gates."""
    cdef Py_ssize_t N = c.shape[0], H = c.shape[1], n, j
    da_array, dc_array = np.empty((N, 4 * H), np.asarray(c).dtype), np.empty((N, H), np.asarray(c).dtype)
    cdef floating[:, ::1] da = da_array, dc = dc_array
    cdef floating i, f, g, o, total
    # GAP lstm_gates_backward: the formulas above, unit by unit
    for n in range(N):
        for j in range(H):
            i = gates[n, j]
            f = gates[n, H + j]
            g = gates[n, 2 * H + j]
            o = gates[n, 3 * H + j]
            total = dnew[n, j] + dh[n, j] * o * (1 - t[n, j] * t[n, j])
            da[n, j] = total * g * i * (1 - i)
            da[n, H + j] = total * c[n, j] * f * (1 - f)
            da[n, 2 * H + j] = total * i * (1 - g * g)
            da[n, 3 * H + j] = dh[n, j] * t[n, j] * o * (1 - o)
            dc[n, j] = total * f
    # END GAP
    return da_array, dc_array


# %% [markdown]
# ## 6. Faster
#
# The check times your functions against two others: the *naive* version, loops in the order of the formulas (the outputs outermost), and the engine's own kernels. What you may try,
# roughly in the order of what it brings:
#
# 1. Another order of the loops: with $j$ innermost, $y_{nki\cdot}$ grows by a number times a row of $x$, which lies densely: the compiler makes vector instructions of it.
# 2. Work out *before* the loop which $j$ fall inside, rather than ask at every one.
# 3. Blocks of a few $k$ at a time, so that a row of $x$ is used several times while it is in the cache or in registers.
# 4. A matrix of patches and one product (as in `conv`); the product is then yours to write.
# 5. C of your own in the file, with vector types of the compiler (`cdef extern from *: """ ... """`).
#
# Time is taken from outside: the processor's time from sending the inputs until the last output is back, less what transfer alone takes, each time with new inputs. Threads do
# not help: their times are added up, and one processor is yours.
