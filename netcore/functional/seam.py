"""The seam: for a while, other functions in place of the engine's own.

Layers and losses look their kernels up as `F.<op>_forward` and `F.<op>_backward` each time they run, and in no other way; so this
is the one place where something else can be put under the whole engine: a student's function, a counter, a slower twin.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from netcore.errors import ArgumentError


@contextmanager
def replaced(**functions: Callable[..., Any]) -> Iterator[None]:
    """Within the block, layers call these; afterwards, whatever happened, the engine's own again. For one thread at a time.

    >>> import numpy as np, netcore as nc, netcore.functional as F
    >>> with F.replaced(relu_forward=lambda x: (x + 1, None)):
    ...     F.relu_forward(np.zeros(2))[0]
    array([1., 1.])
    >>> F.relu_forward(np.zeros(2))[0]
    array([0., 0.])
    """
    home = sys.modules[__package__]
    if unknown := [name for name in functions if not hasattr(home, name)]:
        raise ArgumentError(f"netcore.functional has no {unknown[0]!r} that could be replaced")
    before = {name: getattr(home, name) for name in functions}
    vars(home).update(functions)
    try:
        yield
    finally:
        vars(home).update(before)
