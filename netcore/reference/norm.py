"""Normalisation in NumPy. Compiled twin: csrc/norm.pyx, whose head has the formulas. Empty w and b are absent."""

import numpy as np


def _normal_gradient(x_hat: np.ndarray, rstd: np.ndarray, g: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """dx = rstd (g - mean(g) - x̂ mean(g x̂)) with g = dy w: the gradient of all three."""
    return rstd * (g - g.mean(axis=axes, keepdims=True) - x_hat * (g * x_hat).mean(axis=axes, keepdims=True))


def _column(w: np.ndarray) -> np.ndarray | float:
    """w as (C, 1), or 1 where it is absent."""
    return w[:, None] if w.size else 1.0


def batch_forward(
    x: np.ndarray, eps: float, w: np.ndarray, b: np.ndarray, y: np.ndarray, mean: np.ndarray, var: np.ndarray, rstd: np.ndarray
) -> None:
    """y = x̂ w + b with the batch's own statistics, mean and biased variance; x (N, C, P)."""
    if x.shape[0] * x.shape[2]:
        mean[...] = x.mean(axis=(0, 2), dtype=np.float64)
        var[...] = x.var(axis=(0, 2), dtype=np.float64)
        rstd[...] = 1 / np.sqrt(var + eps)
        batch_apply(x, mean, rstd, w, b, y)


def track(running_mean: np.ndarray, running_var: np.ndarray, mean: np.ndarray, var: np.ndarray, part: float, unbiased: float) -> None:
    """Both running statistics that part of the way towards the batch's."""
    running_mean += part * (mean - running_mean)
    running_var += part * (var * unbiased - running_var)


def batch_apply(x: np.ndarray, mean: np.ndarray, rstd: np.ndarray, w: np.ndarray, b: np.ndarray, y: np.ndarray) -> None:
    """y = (x - mean) rstd w + b."""
    y[...] = (x - mean[:, None]) * rstd[:, None] * _column(w) + (b[:, None] if b.size else 0)


def batch_gradient(
    x: np.ndarray, mean: np.ndarray, rstd: np.ndarray, w: np.ndarray, dy: np.ndarray, dx: np.ndarray, dw: np.ndarray, db: np.ndarray
) -> None:
    """dx, dw = Σ dy x̂ and db = Σ dy of batch norm in training; dx is left out where it is empty."""
    if x.shape[0] * x.shape[2] == 0:
        return
    x_hat = (x - mean[:, None]) * rstd[:, None]
    dw[...] = (dy * x_hat).sum(axis=(0, 2))
    db[...] = dy.sum(axis=(0, 2), dtype=np.float64)
    if dx.shape[0]:
        dx[...] = _normal_gradient(x_hat, rstd[:, None], dy * _column(w), (0, 2))


def group_forward(
    x: np.ndarray, groups: int, eps: float, w: np.ndarray, b: np.ndarray, y: np.ndarray, mean: np.ndarray, rstd: np.ndarray
) -> None:
    """y = x̂ w + b, with the statistics of each group of channels in each sample; x (N, C, P)."""
    if x.shape[1] * x.shape[2] == 0:
        return
    grouped = x.reshape(x.shape[0], groups, x.shape[1] // groups, x.shape[2])
    mean[...] = grouped.mean(axis=(2, 3), dtype=np.float64)
    rstd[...] = 1 / np.sqrt(grouped.var(axis=(2, 3), dtype=np.float64) + eps)
    x_hat = ((grouped - mean[:, :, None, None]) * rstd[:, :, None, None]).reshape(x.shape)
    y[...] = x_hat * _column(w) + (b[:, None] if b.size else 0)


def group_gradient(
    x: np.ndarray, mean: np.ndarray, rstd: np.ndarray, w: np.ndarray, dy: np.ndarray, dx: np.ndarray, dw: np.ndarray, db: np.ndarray
) -> None:
    """dx, dw and db of group norm; dx is left out where it is empty."""
    groups = mean.shape[1]
    if x.shape[1] * x.shape[2] == 0:
        return
    shape = (x.shape[0], groups, x.shape[1] // groups, x.shape[2])
    r = rstd[:, :, None, None]
    x_hat = (x.reshape(shape) - mean[:, :, None, None]) * r
    dw[...] = (dy * x_hat.reshape(x.shape)).sum(axis=(0, 2))
    db[...] = dy.sum(axis=(0, 2), dtype=np.float64)
    if dx.shape[0]:
        dx[...] = _normal_gradient(x_hat, r, (dy * _column(w)).reshape(shape), (2, 3)).reshape(x.shape)


def layer_forward(
    x: np.ndarray, eps: float, w: np.ndarray, b: np.ndarray, y: np.ndarray, mean: np.ndarray, rstd: np.ndarray
) -> None:
    """y = x̂ w + b, with the statistics of each row of x (rows, n)."""
    if x.shape[1] == 0:
        return
    mean[...] = x.mean(axis=1, dtype=np.float64)
    rstd[...] = 1 / np.sqrt(x.var(axis=1, dtype=np.float64) + eps)
    y[...] = (x - mean[:, None]) * rstd[:, None] * (w if w.size else 1) + (b if b.size else 0)


def layer_gradient(
    x: np.ndarray, mean: np.ndarray, rstd: np.ndarray, w: np.ndarray, dy: np.ndarray, dx: np.ndarray, dw: np.ndarray, db: np.ndarray
) -> None:
    """dx, dw and db of layer norm, each left out where it is empty; dw and db come in as zeros."""
    if x.size == 0:
        return
    x_hat = (x - mean[:, None]) * rstd[:, None]
    if dw.size:
        dw += (dy * x_hat).sum(axis=0)
    if db.size:
        db += dy.sum(axis=0)
    if dx.shape[0]:
        dx[...] = _normal_gradient(x_hat, rstd[:, None], dy * (w if w.size else 1), (1,))
