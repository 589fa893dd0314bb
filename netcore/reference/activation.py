"""Elementwise activations. Compiled twin: csrc/activation.pyx with csrc/kernels/activation.h, whose head has the formulas."""

import math

import numpy as np

KINDS = ("relu", "leaky_relu", "elu", "gelu", "gelu_tanh", "silu", "sigmoid", "tanh", "softplus")

_erfc = np.vectorize(math.erfc, otypes=[float])


def _sigmoid(x: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def _normal_cdf(x: np.ndarray) -> np.ndarray:
    return (0.5 * _erfc(-x / math.sqrt(2))).astype(x.dtype) if x.size else x


def _gelu_inner(x: np.ndarray) -> np.ndarray:
    return np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))


def forward(kind: int, slope: float, x: np.ndarray, y: np.ndarray) -> None:
    """y = f(x); `kind` counts in KINDS."""
    with np.errstate(over="ignore", invalid="ignore"):
        match KINDS[kind]:
            case "relu":
                y[...] = np.maximum(x, 0)
            case "leaky_relu":
                y[...] = np.where(x > 0, x, slope * x)
            case "elu":
                y[...] = np.where(x > 0, x, slope * np.expm1(x))
            case "gelu":
                y[...] = x * _normal_cdf(x)
            case "gelu_tanh":
                y[...] = 0.5 * x * (1 + _gelu_inner(x))
            case "silu":
                y[...] = x * _sigmoid(x)
            case "sigmoid":
                y[...] = _sigmoid(x)
            case "tanh":
                y[...] = np.tanh(x)
            case "softplus":
                y[...] = np.where(x > 20, x, np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0))


def backward(kind: int, slope: float, kept: np.ndarray, dy: np.ndarray, dx: np.ndarray) -> None:
    """dx = dy · f'(x), from what forward kept: y for relu, sigmoid and tanh, x for the others."""
    with np.errstate(over="ignore", invalid="ignore"):
        match KINDS[kind]:
            case "relu":
                dx[...] = np.where(kept <= 0, 0, dy)
            case "leaky_relu":
                dx[...] = np.where(kept > 0, dy, slope * dy)
            case "elu":
                dx[...] = np.where(kept > 0, dy, slope * np.exp(kept) * dy)
            case "gelu":
                density = np.exp(-0.5 * kept * kept) / math.sqrt(2 * math.pi)
                dx[...] = dy * (_normal_cdf(kept) + kept * density)
            case "gelu_tanh":
                t = _gelu_inner(kept)
                slope_inside = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * kept**2)
                dx[...] = 0.5 * dy * (1 + t + kept * (1 - t * t) * slope_inside)
            case "silu":
                s = _sigmoid(kept)
                dx[...] = dy * s * (1 + kept * (1 - s))
            case "sigmoid":
                dx[...] = dy * kept * (1 - kept)
            case "tanh":
                dx[...] = dy * (1 - kept * kept)
            case "softplus":
                dx[...] = np.where(kept > 20, dy, dy * _sigmoid(kept))


def add(a: np.ndarray, b: np.ndarray, y: np.ndarray) -> None:
    """y = a + b."""
    np.add(a, b, out=y)
