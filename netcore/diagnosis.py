"""Names the mistake in a wrong gradient, where it is a known one of the right gradient: gradcheck's last line."""

from collections.abc import Callable

import numpy as np


def diagnose(numeric: np.ndarray, analytic: np.ndarray, shape: tuple[int, ...]) -> str:
    """Name the mistake, where the wrong gradient is a known one of the right gradient."""
    if not np.any(analytic):
        return ". It is zero everywhere: is it returned, or added to .grad?"
    hypotheses: list[tuple[str, Callable[[], np.ndarray]]] = [
        ("its sign is wrong", lambda: -numeric),
        ("it is twice the right one: is it added twice?", lambda: 2 * numeric),
        ("it is half the right one", lambda: numeric / 2),
    ]
    if len(shape) == 2 and shape[0] == shape[1] and numeric.size == shape[0] * shape[1]:
        hypotheses.append(("it is the transpose of the right one", lambda: numeric.reshape(shape).T.reshape(-1)))
    for text, candidate in hypotheses:
        if np.allclose(analytic, candidate(), rtol=1e-4, atol=1e-7):
            return f". Likely: {text}"
    used = np.abs(numeric) > 1e-8
    ratio = analytic[used] / numeric[used]
    if ratio.size > 1 and np.ptp(ratio) < 1e-4 * abs(ratio[0]):
        return f". It is {ratio[0]:.6g} times the right one: is a mean where a sum is due, or the other way round?"
    return ""
