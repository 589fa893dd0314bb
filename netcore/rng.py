"""Random numbers: one global generator, and `rng=` everywhere for those who want their own.

    >>> import netcore as nc
    >>> nc.manual_seed(1)
    >>> first = nc.default_rng().random()
    >>> nc.manual_seed(1)
    >>> first == nc.default_rng().random()
    True

NumPy's generators take a third as long to load as all of netcore, so they are left until a number is drawn.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from netcore.errors import ArgumentError


def manual_seed(seed: int) -> None:
    """Seed the global generator, in place, so that layers which hold it follow."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ArgumentError(f"manual_seed expects a whole number >= 0, got {seed!r}")
    default_rng().bit_generator.state = np.random.default_rng(int(seed)).bit_generator.state


@cache
def default_rng() -> np.random.Generator:
    """The global generator that everything random uses when it is given no `rng`."""
    return np.random.default_rng()


def as_generator(rng: int | np.random.Generator | None) -> np.random.Generator:
    """None gives the global generator, a whole number a new seeded one, a Generator itself."""
    if rng is None:
        return default_rng()
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and rng >= 0:
        return np.random.default_rng(int(rng))
    raise ArgumentError(f"rng must be None, a whole number >= 0 or a numpy.random.Generator, got {rng!r}")
