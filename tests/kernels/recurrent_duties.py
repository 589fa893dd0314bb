"""What csrc/lstm.pyx, gru.pyx and rnn.pyx owe alike: the tests of the three are these, each for its own kernel.

A kernel's arguments are kept by name, so that one call form serves all three families and their NumPy twins.
"""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from netcore import config
from tests.support import assert_close, directional, isa

GATES = {"lstm": 4, "gru": 3, "rnn": 1}
STATES = {"lstm": ("h0", "c0"), "gru": ("h0",), "rnn": ("h0",)}
GRADIENTS = ("x", "w_ih", "w_hh", "b_ih", "b_hh", "h0", "c0")

# (D, H, lengths): lanes and lanes ± 1 of every level, primes, one of each, sequences of length 0, no sequence at all; many
# sequences side by side; more steps, and more units of gates, than gradients are summed over at a time.
SIZES = [
    (3, 5, [4, 4]), (1, 1, [1]), (7, 17, [3, 6, 2, 0, 6]), (5, 15, [2] * 13), (4, 16, [5] * 8), (2, 33, [3, 1]), (16, 31, [7] * 3),
    (9, 7, [2, 9, 4]), (3, 8, [2] * 25), (2, 9, [0, 0]), (6, 65, [2, 3]), (3, 4, []),
    (5, 9, [3, 1] * 11), (2, 5, [150, 130]), (6, 101, [40] * 7),
]


def module(family: str, package: str = "backend") -> Any:
    if package == "backend":
        from netcore.backend import kernels

        return getattr(kernels, family)
    return importlib.import_module(f"netcore.reference.{family}")


def arguments(family: str, d: int, h: int, lengths: list[int], reverse: bool = False, bias: str = "both", relu: bool = False) -> dict[str, Any]:
    """Random float64 arguments of `forward`."""
    rng, gates = np.random.default_rng(d + 31 * h + len(lengths)), GATES[family]
    args: dict[str, Any] = {
        "x": rng.standard_normal((sum(lengths), d)),
        "lengths": np.array(lengths, np.int64),
        "w_ih": rng.standard_normal((gates * h, d)) / np.sqrt(d),
        "w_hh": rng.standard_normal((gates * h, h)) / np.sqrt(h),
        "b_ih": rng.standard_normal(gates * h) if bias in ("both", "b_ih") else None,
        "b_hh": rng.standard_normal(gates * h) if bias in ("both", "b_hh") else None,
        **{name: rng.standard_normal((len(lengths), h)) for name in STATES[family]},
    }
    own = {"relu": relu} if family == "rnn" else {}
    return args | own | {"reverse": reverse, "keep": True}


def cast(args: dict[str, Any], dtype: Any) -> dict[str, Any]:
    floating = {k: v.astype(dtype) for k, v in args.items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"}
    return args | floating


def run_back(kernel: Any, family: str, args: dict[str, Any], out: tuple, dy: Any, dstates: list, needs: tuple | None = None) -> tuple:
    """The backward phase after `out = kernel.forward(**args)`."""
    kept = out[1 + len(dstates) :]
    shared = [*(args[k] for k in ("x", "lengths", "w_ih", "w_hh", "h0"))]
    options = [args["relu"], args["reverse"]] if family == "rnn" else [args["reverse"]]
    return kernel.backward(dy, *dstates, *shared, *kept, *options, needs or (True,) * (5 + len(dstates)))


def upstream(family: str, args: dict[str, Any]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Random gradients of y and of the last states."""
    rng, h = np.random.default_rng(1), args["w_hh"].shape[1]
    dtype = args["x"].dtype
    states = [rng.standard_normal((len(args["lengths"]), h)).astype(dtype) for _ in STATES[family]]
    return rng.standard_normal((len(args["x"]), h)).astype(dtype), states


def agrees_with_reference(family: str, level: str, dtype: Any, args: dict[str, Any], with_dy: bool = True) -> None:
    twin, kernel = module(family, "reference"), module(family)
    dy, dstates = upstream(family, args)
    dy = dy if with_dy else None
    expected = twin.forward(**args)
    expected_back = run_back(twin, family, args, expected, dy, dstates)
    mine = cast(args, dtype)
    before = {k: v.copy() for k, v in mine.items() if isinstance(v, np.ndarray)}
    with isa(level):
        out = kernel.forward(**mine)
        back = run_back(kernel, family, mine, out, None if dy is None else dy.astype(dtype), [s.astype(dtype) for s in dstates])
    for i, (got, want) in enumerate(zip(out, expected, strict=True)):
        assert got.dtype == dtype
        assert_close(got, want, what=f"result {i} of forward")
    for name, got, want in zip(GRADIENTS, back, expected_back, strict=False):
        assert got.dtype == dtype
        assert_close(got, want, what=f"gradient of {name}")
    for name, value in before.items():
        assert np.array_equal(value, mine[name]), f"{name} was changed"


def gradients_by_differences(family: str, level: str, args: dict[str, Any]) -> None:
    """Each gradient, the initial states' (t = 0) and the input's first step included, against central differences."""
    kernel, rng = module(family), np.random.default_rng(2)
    dy, dstates = upstream(family, args)

    def loss(changed: dict[str, Any]) -> float:
        out = kernel.forward(**(args | changed))
        return float((out[0] * dy).sum() + sum((s * ds).sum() for s, ds in zip(out[1:], dstates, strict=False)))

    with isa(level):
        gradients = dict(zip(GRADIENTS, run_back(kernel, family, args, kernel.forward(**args), dy, dstates), strict=False))
        for name, gradient in gradients.items():
            assert directional(along(loss, name), args[name], gradient, rng) < 2e-6, name
        starts = np.cumsum(args["lengths"]) - args["lengths"]
        first_steps = np.zeros_like(args["x"])
        first_steps[starts[args["lengths"] > 0]] = 1  # only t = 0 moves
        along_first = lambda v: loss({"x": args["x"] + first_steps * v})  # noqa: E731
        assert directional(along_first, np.zeros_like(args["x"]), gradients["x"] * first_steps, rng) < 2e-6, "x at t = 0"


def along(loss: Callable[[dict[str, Any]], float], name: str) -> Callable[[np.ndarray], float]:
    return lambda value: loss({name: value})


def bits_do_not_depend_on_threads(family: str, level: str, lengths: list[int], hidden: int = 224) -> None:
    args = cast(arguments(family, 24, hidden, lengths * 4), np.float32)
    dy, dstates = upstream(family, args)
    kernel, before, results = module(family), config.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            config.set_num_threads(threads)
            with isa(level):
                out = kernel.forward(**args)
                results.append([*out, *run_back(kernel, family, args, out, dy, dstates)])
    finally:
        config.set_num_threads(before)
    for other in results[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(results[0], other, strict=True))


def nothing_kept_and_the_same_bits(family: str, level: str, dtype: Any, args: dict[str, Any]) -> None:
    results = 1 + len(STATES[family])
    with isa(level):
        kept, bare = (module(family).forward(**cast(args, dtype) | {"keep": keep}) for keep in (True, False))
    assert all(np.array_equal(a, b) for a, b in zip(kept[:results], bare[:results], strict=True))
    assert all(a is not None for a in kept) and bare[results:] == (None,) * (len(kept) - results)


def only_what_is_needed(family: str) -> None:
    """Each gradient alone is what it is in company, and what is not needed is None."""
    args = arguments(family, 3, 5, [4, 2])
    kernel = module(family)
    dy, dstates = upstream(family, args)
    out = kernel.forward(**args)
    together = run_back(kernel, family, args, out, dy, dstates)
    for i in range(len(together)):
        alone = run_back(kernel, family, args, out, dy, dstates, tuple(k == i for k in range(len(together))))
        assert [g is not None for g in alone] == [k == i for k in range(len(together))]
        assert np.array_equal(alone[i], together[i])


def no_gradient_from_nothing(family: str) -> None:
    args = arguments(family, 3, 5, [4, 2])
    kernel = module(family)
    dy, dstates = upstream(family, args)
    zeros = run_back(kernel, family, args, kernel.forward(**args), dy * 0, [s * 0 for s in dstates])
    assert all((g == 0).all() for g in zeros)
