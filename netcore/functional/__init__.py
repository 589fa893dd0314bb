"""Stateless kernels with an explicit cache: the form that a course teaches first.

    y, cache = F.<op>_forward(x, …)
    dx, …    = F.<op>_backward(dy, cache)

A forward function returns its output and whatever its backward function needs; nothing is remembered anywhere else.
"""

from netcore.functional.linear import linear_backward, linear_forward

__all__ = ["linear_backward", "linear_forward"]
