"""JAX: the whole step is one jit-compiled function, Adam included; sequences are `lax.scan`s."""

import os

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from bench.zoo import Row, Spec, block, data, shapes, weights

IMAGES = ("NCHW", "OIHW", "NCHW")
EPS = 1e-5


def run(layers: Spec, params: list, x: jnp.ndarray) -> jnp.ndarray:
    at = 0
    for layer in layers:
        count = len(shapes(layer))
        x = apply(layer, params[at : at + count], x)
        at += count
    return x


def apply(layer: tuple, p: list, x: jnp.ndarray) -> jnp.ndarray:
    kind, *sizes = layer
    match kind:
        case "linear":
            return x @ p[0].T + p[1]
        case "conv":
            pad = [(sizes[4], sizes[4])] * 2
            return lax.conv_general_dilated(x, p[0], (sizes[3],) * 2, pad, dimension_numbers=IMAGES) + p[1][:, None, None]
        case "deconv":
            pad = [(sizes[2] - 1 - sizes[4],) * 2] * 2
            turned = p[0][:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
            return lax.conv_general_dilated(x, turned, (1, 1), pad, lhs_dilation=(sizes[3],) * 2, dimension_numbers=IMAGES) + p[1][:, None, None]
        case "pool":
            return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, sizes[0], sizes[0]), (1, 1, sizes[0], sizes[0]), "VALID")
        case "norm":
            mean, var = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
            return (x - mean) * lax.rsqrt(var + EPS) * p[0][:, None, None] + p[1][:, None, None]
        case "embedding":
            return p[0][x]
        case "lstm":
            return lstm(p, x, sizes[1])
        case "block":
            main, shortcut = block(*sizes)
            cut = sum(len(shapes(each)) for each in main)
            return jax.nn.relu(run(main, p[:cut], x) + run(shortcut, p[cut:], x))
        case "flatten":
            return x.reshape(len(x), -1)
        case "last":
            return x[:, -1]
        case "mean":
            return x.mean((2, 3))
    return {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}[kind](x)


def lstm(p: list, x: jnp.ndarray, hidden: int) -> jnp.ndarray:
    w_ih, w_hh, b_ih, b_hh = p
    inputs = (x @ w_ih.T + (b_ih + b_hh)).transpose(1, 0, 2)

    def cell(state: tuple, a: jnp.ndarray) -> tuple:
        h, c = state
        i, f, g, o = jnp.split(a + h @ w_hh.T, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zero = jnp.zeros((x.shape[0], hidden), x.dtype)
    return lax.scan(cell, (zero, zero), inputs)[1].transpose(1, 0, 2)


class Peer:
    def __init__(self, row: Row) -> None:
        self.x, self.target = map(jnp.asarray, data(row))
        params = [jnp.asarray(value) for value in weights(row.layers)]
        zeros = [jnp.zeros_like(p) for p in params]
        self.state = params, zeros, [jnp.zeros_like(p) for p in params], jnp.zeros(())

        def loss(params: list, x: jnp.ndarray, target: jnp.ndarray) -> jnp.ndarray:
            y = run(row.layers, params, x)
            if row.target == "input":
                return jnp.mean((y - target) ** 2)
            return -jnp.take_along_axis(jax.nn.log_softmax(y), target[..., None], -1).mean()

        def step(state: tuple, x: jnp.ndarray, target: jnp.ndarray) -> tuple:
            params, m, v, t = state
            value, grads = jax.value_and_grad(loss)(params, x, target)
            t = t + 1
            m = [0.9 * a + 0.1 * g for a, g in zip(m, grads, strict=True)]
            v = [0.999 * a + 0.001 * g * g for a, g in zip(v, grads, strict=True)]
            c1, c2 = 1 - 0.9**t, 1 - 0.999**t
            params = [p - 1e-3 * (a / c1) / (jnp.sqrt(b / c2) + 1e-8) for p, a, b in zip(params, m, v, strict=True)]
            return (params, m, v, t), value

        self._step = jax.jit(step, donate_argnums=0)
        self._infer = jax.jit(lambda params, x: run(row.layers, params, x))

    def step(self) -> float:
        self.state, value = self._step(self.state, self.x, self.target)
        return float(value)

    def infer(self) -> None:
        self._infer(self.state[0], self.x).block_until_ready()

    def parameters(self) -> list[np.ndarray]:
        return [np.asarray(p) for p in self.state[0]]


def threads(n: int) -> None:
    """JAX takes as many threads as the process has processors; bench/worker.py has seen to that."""
    assert len(os.sched_getaffinity(0)) == n


def versions() -> dict[str, str]:
    return {"jax": jax.__version__}
