"""What the tasks of `layers` are asked. The first case of each is small enough to follow by hand."""

import numpy as np

from netcore.course.material import digits, learned

SIZES = [(2, 3, 2), (5, 4, 3), (1, 6, 4), (7, 1, 5), (16, 9, 11), (3, 8, 8)]  # rows, features in, features out


def _normal(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


def _linear(case, rng, index):
    n, d, k = SIZES[index % len(SIZES)]
    case.title = f"{n} rows of {d} features to {k}"
    return _normal(rng, n, d), _normal(rng, k, d), _normal(rng, k), _normal(rng, n, k)


def linear_forward(case, rng, index):
    x, w, b, _ = _linear(case, rng, index)
    y, _ = case.call("linear_forward", x, w, b, returns=2)
    case.output("y", y, (len(x), len(w)))
    case.unchanged("x", x)


def linear_backward(case, rng, index):
    x, w, b, dy = _linear(case, rng, index)
    _, cache = case.call("linear_forward", x, w, b, returns=2)
    dx, dw, db = case.call("linear_backward", dy, cache, returns=3)
    case.output("dx", dx, x.shape)
    case.output("dw", dw, w.shape)
    case.output("db", db, b.shape)
    case.unchanged("dy", dy)
    case.unchanged("x", x)


def relu_forward(case, rng, index):
    x = _normal(rng, *[(2, 3), (4, 5), (3, 2, 4), (11,), (2, 3, 4, 5)][index % 5])
    case.title = f"x of shape {x.shape}"
    y, _ = case.call("relu_forward", x, returns=2)
    case.output("y", y, x.shape)
    case.unchanged("x", x)


def relu_backward(case, rng, index):
    x = _normal(rng, *[(2, 3), (4, 5), (3, 2, 4), (11,), (2, 3, 4, 5)][index % 5])
    case.title = f"x of shape {x.shape}"
    if index % 2:
        x.flat[::3] = 0
        case.title += ", some of it exactly 0"
    dy = _normal(rng, *x.shape)
    _, cache = case.call("relu_forward", x, returns=2)
    dx = case.call("relu_backward", dy, cache)
    case.output("dx", dx, x.shape)
    case.unchanged("dy", dy)
    case.unchanged("x", x)


def _scores(case, rng, index):
    n, k = [(2, 3), (5, 4), (1, 7), (9, 2), (16, 10), (4, 6)][index % 6]
    scores, targets = _normal(rng, n, k), rng.integers(0, k, n)
    case.title = f"{n} rows of {k} scores"
    if index == 2:
        case.title += ", large (around 1000)"
        scores = scores * 3 + np.float32(1000)
    elif index == 3:
        case.title += ", far apart (some around -300)"
        scores[np.arange(n), targets] -= 300
    return scores, targets


def cross_entropy_forward(case, rng, index):
    scores, targets = _scores(case, rng, index)
    loss, _ = case.call("cross_entropy_forward", scores, targets, returns=2)
    case.output("loss", loss, (), "float", rtol=1e-4)
    case.unchanged("scores", scores)


def cross_entropy_backward(case, rng, index):
    scores, targets = _scores(case, rng, index)
    _, cache = case.call("cross_entropy_forward", scores, targets, returns=2)
    ds = case.call("cross_entropy_backward", cache)
    case.output("ds", ds, scores.shape, rtol=1e-3 if index == 2 else None)  # float32 near 1000 has steps of 6e-5
    case.unchanged("scores", scores)


def phases(case, rng, index):
    x, w, b, dy = _linear(case, rng, index)
    layer = case.call("Linear", w, b)
    uses = [1, 2, 1, 3][index % 4]
    case.title = f"{uses} forward, {uses} backward" + (", then one backward too many" if index % 4 > 1 else "")
    if index % 4 == 2:
        case.output("PhaseError before any forward", case.raises(layer, "backward", dy, error="PhaseError"), (), "float")
    inputs = [x, _normal(rng, *x.shape), _normal(rng, *x.shape)][:uses]
    ys = [case.method(layer, "forward", each) for each in inputs]
    case.output("y", ys[0], dy.shape)
    for k in reversed(range(uses)):
        dx = case.method(layer, "backward", _normal(rng, *dy.shape))
        case.output(f"dx of use {k}", dx, x.shape)
    case.output("dw, summed over all uses", case.get(layer, "dw"), w.shape)
    case.output("db, summed over all uses", case.get(layer, "db"), b.shape)
    if index % 4 > 1:
        case.output("PhaseError at one backward too many", case.raises(layer, "backward", dy, error="PhaseError"), (), "float")
    if index % 4 == 1:
        case.method(layer, "zero_grad", returns=0)
        y = case.method(layer, "forward", x)
        case.output("y again", y, dy.shape)
        case.method(layer, "backward", dy, returns=0)
        case.output("dw after zero_grad and another pass", case.get(layer, "dw"), w.shape)


def train_network(case, rng, index):
    """Case 0 is one step that must be exact; the others must learn. Pixels and names of classes are shuffled by the seed,
    so that nothing but learning knows the answers, and those of the test digits never leave the parent."""
    x, t = digits(rng, shuffle_pixels=True)
    hidden = 24 if index else 5
    w1, w2 = _normal(rng, hidden, 64) * np.float32(0.17), _normal(rng, 10, hidden) * np.float32(0.25)
    b1, b2 = np.zeros(hidden, np.float32), np.zeros(10, np.float32)
    if index == 0:
        case.title = "two epochs on 10 digits in mini-batches of 4: every parameter"
        trained = case.call("train_network", x[:10], t[:10], w1, b1, w2, b2, 0.1, 4, 2, returns=4)
        for name, handle, start in zip(("w1", "b1", "w2", "b2"), trained, (w1, b1, w2, b2), strict=True):
            case.output(name, handle, start.shape)
        case.unchanged("w1", w1)
        return
    case.title = "1,200 digits, then 500 new ones"
    train, test = slice(0, 1200), slice(1200, 1700)
    trained = case.call("train_network", x[train], t[train], w1, b1, w2, b2, 0.3, 20, 12, returns=4)
    scores = case.call("predict", x[test], *trained)
    case.output("scores of new digits", scores, (500, 10), judge=learned(t[test], 0.88))
