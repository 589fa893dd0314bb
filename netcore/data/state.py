"""The state of loaders as plain JSON values, and back.

NumPy keeps the state of a bit generator as a dict of whole numbers (of any size, as JSON allows) and, for some
generators, arrays; the arrays become lists here. Read next: `loader.py`.
"""

from typing import Any

import numpy as np

from netcore.errors import CheckpointError


def jsonable(rng: np.random.Generator) -> dict[str, Any]:
    """The state of a generator, ready for JSON."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value

    return plain(rng.bit_generator.state)


def generator_from(state: Any) -> np.random.Generator:
    """A generator in the given state. Raises `CheckpointError` for what is no such state."""
    kinds = {
        kind.__name__: kind
        for kind in (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64)
    }
    try:
        bits = kinds[state["bit_generator"]]()
        bits.state = state
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(
            f"the loader's state holds no state of a random generator ({type(error).__name__}: {error})"
        ) from None
    return np.random.Generator(bits)


def check_state(state: Any, fixed: dict[str, Any], batches: int, needs: tuple[str, ...] = ()) -> None:
    """Raise `CheckpointError` unless the state is of a loader with the same `fixed` facts, and its position inside."""
    if not isinstance(state, dict):
        raise CheckpointError(f"a loader's state is a dict, got {type(state).__name__}")
    if missing := [name for name in (*fixed, "epoch", "position", *needs) if name not in state]:
        raise CheckpointError(f"the loader's state lacks {', '.join(missing)}")
    for name, value in fixed.items():
        if state[name] != value:
            raise CheckpointError(
                f"the state was taken with {name}={state[name]!r}, this loader has {name}={value!r}; build it alike"
            )
    for name, high in (("epoch", None), ("position", batches)):
        value = state[name]
        if isinstance(value, bool) or not isinstance(value, int) or value < 0 or (high is not None and value > high):
            raise CheckpointError(
                f"the loader's state has {name}={value!r}, which is not in 0..{'' if high is None else high}"
            )
