"""What every numerical test needs: instruction sets, errors relative to the result's scale, gradients by differences."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from netcore import config

ISAS = [name for name, supported in config.isa_levels() if supported] or ["numpy"]
DTYPES = [np.float32, np.float64]
TOLERANCE = {np.dtype(np.float32): 2e-5, np.dtype(np.float64): 1e-12}


@contextmanager
def isa(name: str) -> Iterator[None]:
    """Run a block on one instruction set and assert that it is the one in use."""
    if name == "numpy":
        yield
        return
    before = config.get_isa()
    config.set_isa(name)
    try:
        assert config.get_isa() == name
        yield
    finally:
        config.set_isa(before)


def rel_error(got: np.ndarray, expected: np.ndarray) -> float:
    """max |got - expected| / max |expected|: relative to the result's scale, so that an all-zero output has error 1."""
    got, expected = np.asarray(got, np.float64), np.asarray(expected, np.float64)
    assert got.shape == expected.shape, f"shape {got.shape}, expected {expected.shape}"
    if got.size == 0:
        return 0.0
    scale = np.abs(expected).max()
    return float(np.abs(got - expected).max() / scale) if scale > 0 else float(np.abs(got).max())


def assert_close(got: np.ndarray, expected: np.ndarray, tolerance: float | None = None, what: str = "result") -> None:
    got = np.asarray(got)
    limit = TOLERANCE[got.dtype] if tolerance is None else tolerance
    error = rel_error(got, expected)
    assert error <= limit, f"{what}: relative error {error:.2e} is over {limit:.0e}"


def guarded(like: np.ndarray, write: Callable[[np.ndarray], None]) -> np.ndarray:
    """What `write` puts into an array like this one, between guard bands that must stay as they are."""
    room = np.full(like.size + 64, 7, like.dtype)
    out = room[32 : 32 + like.size].reshape(like.shape)
    write(out)
    assert (room[:32] == 7).all()
    assert (room[32 + like.size :] == 7).all()
    return out.copy()


def directional(f: Callable[[np.ndarray], float], x: np.ndarray, dx: np.ndarray, rng: np.random.Generator, eps: float = 1e-6) -> float:
    """Relative difference between <dx, v> and the central difference of f along a random direction v, in float64."""
    v = rng.standard_normal(x.shape)
    numeric = (f(x + eps * v) - f(x - eps * v)) / (2 * eps)
    analytic = float(np.sum(dx * v))
    return abs(numeric - analytic) / max(abs(numeric), abs(analytic), 1e-12)
