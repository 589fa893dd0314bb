"""What the tasks of `lstm` are asked. Samples, steps, features and the state's size differ in every case."""

import numpy as np

SIZES = [(1, 3, 2, 2), (2, 4, 3, 5), (3, 5, 1, 4), (5, 2, 4, 3), (4, 6, 5, 2), (2, 7, 2, 6)]  # samples, steps, features, state


def _normal(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


def _weights(rng, gates, d, h):
    return _normal(rng, *gates, h, d) * np.float32(0.5), _normal(rng, *gates, h, h) * np.float32(0.5), _normal(rng, *gates, h) * np.float32(0.5)


def _sizes(case, index):
    n, t, d, h = SIZES[index % len(SIZES)]
    case.title = f"{n} sample{'s' * (n > 1)}, {t} steps, {d} features, a state of {h}"
    return n, t, d, h


def rnn_cell(case, rng, index):
    n, _, d, size = _sizes(case, index)
    case.title = f"{n} sample{'s' * (n > 1)}, {d} features, a state of {size}"
    x, h, dnew = _normal(rng, n, d), _normal(rng, n, size), _normal(rng, n, size)
    w, u, b = _weights(rng, (), d, size)
    new, cache = case.call("rnn_cell_forward", x, h, w, u, b, returns=2)
    case.output("h", new, h.shape)
    for name, handle, like in zip(
        ("dx", "dh", "dw", "du", "db"), case.call("rnn_cell_backward", dnew, cache, returns=5), (x, h, w, u, b), strict=True
    ):
        case.output(name, handle, like.shape)
    case.unchanged("h", h)


def _cell(case, rng, index):
    n, _, d, size = _sizes(case, index)
    case.title = f"{n} sample{'s' * (n > 1)}, {d} features, a state of {size}"
    x, h, c = _normal(rng, n, d), _normal(rng, n, size), _normal(rng, n, size)
    w, u, b = _weights(rng, (4,), d, size)
    return (x, h, c, w, u, b), _normal(rng, n, size), _normal(rng, n, size)


def lstm_cell_forward(case, rng, index):
    given, dh, dc = _cell(case, rng, index)
    h, c, _ = case.call("lstm_cell_forward", *given, returns=3)
    case.output("c", c, dc.shape)
    case.output("h", h, dh.shape)
    case.unchanged("c", given[2])


def lstm_cell_backward(case, rng, index):
    given, dh, dc = _cell(case, rng, index)
    _, _, cache = case.call("lstm_cell_forward", *given, returns=3)
    gradients = case.call("lstm_cell_backward", dh, dc, cache, returns=6)
    for name, handle, like in zip(("dx", "dh", "dc", "dw", "du", "db"), gradients, given, strict=True):
        case.output(name, handle, like.shape)
    case.unchanged("dh", dh)
    case.unchanged("dc", dc)


def _sequence(case, rng, index):
    n, t, d, size = _sizes(case, index)
    x, h, c = _normal(rng, n, t, d), _normal(rng, n, size), _normal(rng, n, size)
    return (x, h, c, *_weights(rng, (4,), d, size)), _normal(rng, n, t, size), _normal(rng, n, size), _normal(rng, n, size)


def lstm_forward(case, rng, index):
    given, dy, dh, dc = _sequence(case, rng, index)
    y, h, c, _ = case.call("lstm_forward", *given, returns=4)
    case.output("y", y, dy.shape)
    case.output("the last h", h, dh.shape)
    case.output("the last c", c, dc.shape)
    case.unchanged("x", given[0])


def lstm_backward(case, rng, index):
    given, dy, dh, dc = _sequence(case, rng, index)
    _, _, _, cache = case.call("lstm_forward", *given, returns=4)
    gradients = case.call("lstm_backward", dy, dh, dc, cache, returns=6)
    for name, handle, like in zip(("dx", "dh of the first state", "dc of the first state", "dw", "du", "db"), gradients, given, strict=True):
        case.output(name, handle, like.shape)
    case.unchanged("dy", dy)
    case.unchanged("dh", dh)


def truncated(case, rng, index):
    given, dy, _, _ = _sequence(case, rng, index + 1)
    x, h, c, w, u, b = given
    length = [2, 3, 1, 4][index % 4]
    case.title += f", chunks of {length}"
    gradients = case.call("truncated_gradients", x, dy, h, c, w, u, b, length, returns=3)
    for name, handle, like in zip(("dw", "du", "db"), gradients, (w, u, b), strict=True):
        case.output(name, handle, like.shape)
    case.unchanged("h", h)


def clip(case, rng, index):
    given = [_normal(rng, 3, 2), _normal(rng, 4), _normal(rng, 2, 1, 3)]
    norm = float(np.sqrt(sum(float((g * g).sum()) for g in given)))
    limit = norm * [0.5, 2.0, 0.9, 1.1, 0.1][index % 5]
    case.title = f"a norm of {norm:.2f}, a limit of {limit:.2f}"
    clipped = case.call("clip_gradients", given, limit, returns=3)
    for k, handle in enumerate(clipped):
        case.output(f"gradient {k}", handle, given[k].shape)
    case.unchanged("gradient 0", given[0])


def _adding(rng, count, steps):
    """Numbers in 0 … 1, two marks, and the sums of what is marked."""
    values, marks = rng.random((count, steps)), np.zeros((count, steps))
    for row in marks:
        row[rng.choice(steps, 2, replace=False)] = 1
    return np.stack([values, marks], axis=2).astype(np.float32), (values * marks).sum(axis=1).astype(np.float32)


def train_adding(case, rng, index):
    """Case 0 is a few steps that must be exact; the others must learn. The sums of the new sequences never leave the parent."""
    size = 12 if index else 3
    x, sums = _adding(rng, 2000 if index else 10, 8 if index else 4)
    w, u, b = _weights(rng, (4,), 2, size)
    b[1] = 1
    v, a = _normal(rng, size) * np.float32(0.3), np.zeros(1, np.float32)
    if index == 0:
        case.title = "two epochs on 10 sequences in mini-batches of 4: every parameter"
        a[0], sums[4:8] = sums[:4].mean(), 5 * sums[4:8]  # a mini-batch whose gradient is small, and one that must be clipped
        trained = case.call("train_adding", x, sums, w, u, b, v, a, 0.1, 4, 2, returns=5)
        for name, handle, like in zip("wubva", trained, (w, u, b, v, a), strict=True):
            case.output(name, handle, like.shape)
        case.unchanged("w", w)
        return
    case.title = "2,000 sequences of 8 steps, then 300 new ones"
    new, wanted = _adding(rng, 300, 8)
    trained = case.call("train_adding", x, sums, w, u, b, v, a, 0.2, 20, 12, returns=5)
    case.output("predictions", case.call("predict", new, *trained), (300,), judge=lambda y: _close(y, wanted))


def _close(predicted, wanted):
    error, guess = float(((predicted - wanted) ** 2).mean()), float(wanted.var())
    return (
        ""
        if error < guess / 4
        else f"the mean squared error is {error:.3f}; always guessing the mean gives {guess:.3f}, a quarter of that is asked for"
    )
