"""What the tasks of `autoencoder` are asked."""

import numpy as np

from netcore.course.material import digits

SIZES = [(2, 4, 2), (5, 6, 3), (1, 7, 4), (9, 5, 2), (7, 12, 5)]  # rows, features, size of the code


def _normal(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


def _given(case, rng, index):
    n, d, m = SIZES[index % len(SIZES)]
    case.title = f"{n} rows of {d} features, a code of {m}"
    return _normal(rng, n, d), _normal(rng, m, d) * np.float32(0.6), _normal(rng, m), _normal(rng, d)


def tied_forward(case, rng, index):
    x, w, b, c = _given(case, rng, index)
    y, h, _ = case.call("tied_forward", x, w, b, c, returns=3)
    case.output("h", h, (len(x), len(w)))
    case.output("y", y, x.shape)
    case.unchanged("x", x)


def reconstruction(case, rng, index):
    x, _, _, _ = _given(case, rng, index)
    y = _normal(rng, *x.shape)
    loss, dy = case.call("reconstruction_loss", y, x, returns=2)
    case.output("loss", loss, (), "float", rtol=1e-4)
    case.output("dy", dy, x.shape)
    case.unchanged("y", y)


def tied_backward(case, rng, index):
    x, w, b, c = _given(case, rng, index)
    dy = _normal(rng, *x.shape)
    _, _, cache = case.call("tied_forward", x, w, b, c, returns=3)
    for name, handle, like in zip(("dw", "db", "dc"), case.call("tied_backward", dy, cache, returns=3), (w, b, c), strict=True):
        case.output(name, handle, like.shape)
    case.unchanged("dy", dy)


def denoising(case, rng, index):
    x, w, b, c = _given(case, rng, index)
    mask = (rng.random(x.shape) > 0.4).astype(np.float32)
    mask.flat[0] = 0  # something is always masked
    loss, *gradients = case.call("denoising_gradients", x, mask, w, b, c, returns=4)
    case.output("loss", loss, (), "float", rtol=1e-4)
    for name, handle, like in zip(("dw", "db", "dc"), gradients, (w, b, c), strict=True):
        case.output(name, handle, like.shape)
    case.unchanged("x", x)


def pca(case, rng, index):
    rows, d, m, new = [(12, 4, 2, 3), (20, 6, 3, 5), (15, 5, 1, 4), (30, 8, 5, 2)][index % 4]
    # directions of clearly different variance, turned at random, so that the best ones are no matter of rounding
    spread = 2.0 ** -np.arange(d)
    turned, _ = np.linalg.qr(rng.standard_normal((d, d)))
    train = (rng.standard_normal((rows, d)) * spread @ turned.T + rng.standard_normal(d)).astype(np.float32)
    x = (rng.standard_normal((new, d)) @ turned.T).astype(np.float32)
    case.title = f"{rows} rows of {d}, {m} components, {new} new rows"
    case.output("reconstruction", case.call("pca_reconstruct", train, x, m), x.shape, rtol=2e-3)
    case.unchanged("train", train)


def probe(case, rng, index):
    n, m, k, new = [(12, 2, 3, 4), (30, 4, 5, 6), (25, 3, 2, 1), (40, 6, 4, 8)][index % 4]
    codes, targets, fresh = _normal(rng, n, m), rng.integers(0, k, n), _normal(rng, new, m)
    case.title = f"{n} codes of {m}, {k} classes, {new} new codes"
    case.output("scores", case.call("probe", codes, targets, fresh, k, 0.5), (new, k), rtol=1e-3)
    case.unchanged("codes", codes)


def train_autoencoder(case, rng, index):
    """Case 0 is a few steps that must be exact; the others must learn to rebuild new digits, whose clean pixels stay in the parent."""
    x, _ = digits(rng, shuffle_pixels=True)
    size, rows = (24, 1200) if index else (3, 10)
    masks = (rng.random((rows, 64)) > 0.2).astype(np.float32)
    w, b, c = _normal(rng, size, 64) * np.float32(0.1), np.zeros(size, np.float32), np.zeros(64, np.float32)
    start = np.ascontiguousarray(x[:rows])
    if index == 0:
        case.title = "two epochs on 10 digits in mini-batches of 4: every parameter"
        trained = case.call("train_autoencoder", start, masks, w, b, c, 0.1, 4, 2, returns=3)
        for name, handle, like in zip("wbc", trained, (w, b, c), strict=True):
            case.output(name, handle, like.shape)
        case.unchanged("w", w)
        return
    case.title = "1,200 masked digits, then 400 new ones with holes"
    clean = np.ascontiguousarray(x[1200:1600])
    holes = clean * (rng.random(clean.shape) > 0.2).astype(np.float32)
    trained = case.call("train_autoencoder", start, masks, w, b, c, 0.1, 20, 20, returns=3)
    y, _, _ = case.call("tied_forward", holes, *trained, returns=3)
    case.output("reconstructions", y, clean.shape, judge=lambda got: _rebuilt(got, clean))


def _rebuilt(got, clean):
    error, guess = float(((got - clean) ** 2).mean()), float(clean.var(axis=0).mean())
    return "" if error < 0.55 * guess else f"the mean squared error is {error:.4f}; the mean digit gives {guess:.4f}, 55% of that is asked for"
