"""Optimiser updates, in place. Compiled twin: csrc/optim.pyx. State arrays of length 0 are absent."""

import numpy as np


def sgd(
    lr: float, momentum: float, dampening: float, weight_decay: float, nesterov: bool, first: bool,
    theta: np.ndarray, gradient: np.ndarray, velocity: np.ndarray,
) -> None:  # fmt: skip
    g = gradient + weight_decay * theta
    if velocity.size:
        velocity[...] = g if first else momentum * velocity + (1 - dampening) * g
        g = g + momentum * velocity if nesterov else velocity
    theta -= lr * g


def adam(
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool, step: int,
    theta: np.ndarray, gradient: np.ndarray, mean: np.ndarray, square: np.ndarray, highest: np.ndarray,
) -> None:  # fmt: skip
    if decoupled:
        theta *= 1 - lr * weight_decay
    g = gradient if decoupled else gradient + weight_decay * theta
    mean[...] = beta1 * mean + (1 - beta1) * g
    square[...] = beta2 * square + (1 - beta2) * g * g
    v = square
    if highest.size:
        highest[...] = np.maximum(highest, square)
        v = highest
    theta -= lr / (1 - beta1**step) * mean / (np.sqrt(v) / np.sqrt(1 - beta2**step) + eps)


def rmsprop(
    lr: float, alpha: float, eps: float, weight_decay: float, momentum: float,
    theta: np.ndarray, gradient: np.ndarray, square: np.ndarray, average: np.ndarray, buffer: np.ndarray,
) -> None:  # fmt: skip
    g = gradient + weight_decay * theta
    square[...] = alpha * square + (1 - alpha) * g * g
    variance = square
    if average.size:
        average[...] = alpha * average + (1 - alpha) * g
        variance = square - average**2
    step = g / (np.sqrt(variance) + eps)
    if buffer.size:
        buffer[...] = momentum * buffer + step
        step = buffer
    theta -= lr * step


def adagrad(lr: float, eps: float, weight_decay: float, theta: np.ndarray, gradient: np.ndarray, total: np.ndarray) -> None:
    g = gradient + weight_decay * theta
    total += g * g
    theta -= lr * g / (np.sqrt(total) + eps)


def square_sum(gradient: np.ndarray) -> float:
    return float(np.square(gradient, dtype=np.float64).sum())
