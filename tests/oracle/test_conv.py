"""Convolution, its transpose, im2col and col2im against PyTorch on random configurations: outputs and all gradients."""

import numpy as np
import pytest

import netcore as nc
import netcore.functional as F
from tests.support import rel_error

torch = pytest.importorskip("torch", reason="PyTorch is the oracle of these tests; install the extra test-oracle")
tF = torch.nn.functional

LIMIT = {np.float32: 1e-5, np.float64: 1e-12}
CONFIGURATIONS = 150  # of each kind and dtype


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Two OpenMP runtimes that wait for each other by spinning take seconds for milliseconds of work."""
    before = torch.get_num_threads(), nc.get_num_threads()
    torch.set_num_threads(1)
    nc.set_num_threads(1)
    yield
    torch.set_num_threads(before[0])
    nc.set_num_threads(before[1])


def pair(rng, choices):
    return int(rng.choice(choices)), int(rng.choice(choices))


def configuration(seed):
    """Geometry drawn at random: rectangular, strides that do not divide, padding beyond the filter, images of one pixel."""
    rng = np.random.default_rng(seed)
    kernel, stride, dilation = pair(rng, (1, 1, 2, 3, 3, 4, 5)), pair(rng, (1, 1, 1, 2, 3, 5)), pair(rng, (1, 1, 1, 2, 3))
    padding = pair(rng, (0, 0, 1, 2, 3, 7))
    groups = int(rng.choice((1, 1, 1, 2, 3, 5)))
    c, k = groups * int(rng.choice((1, 1, 2, 3, 7))), groups * int(rng.choice((1, 2, 3, 13, 17, 33)))
    if rng.random() < 0.15:  # depthwise
        groups, k = c, c * int(rng.choice((1, 1, 2)))
    span = [dilation[i] * (kernel[i] - 1) + 1 for i in (0, 1)]
    size = tuple(max(1, span[i] - 2 * padding[i]) + int(rng.choice((0, 0, 1, 2, 5, 9, 16, 35))) for i in (0, 1))
    return rng, {
        "n": int(rng.choice((1, 2, 3, 5))), "c": c, "k": k, "size": size, "kernel": kernel, "bias": bool(rng.random() < 0.7),
        "geometry": {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups},
    }  # fmt: skip


def against(ours, theirs, arrays, rng, dtype, **geometry):
    """Forward and all gradients of one pair of functions; `arrays` are x, w and b or None."""
    forward, backward = ours
    y, cache = forward(*arrays, **geometry)
    tensors = [None if a is None else torch.from_numpy(a.copy()).requires_grad_() for a in arrays]
    expected = theirs(*tensors, **geometry)
    assert y.dtype == dtype
    assert rel_error(y, expected.detach().numpy()) <= LIMIT[dtype]
    dy = rng.standard_normal(y.shape).astype(dtype)
    expected.backward(torch.from_numpy(dy))
    gradients = backward(dy, cache)
    for name, gradient, tensor in zip(("dx", "dw", "db"), gradients, tensors, strict=True):
        if tensor is None:
            assert gradient is None
        else:
            assert gradient.dtype == dtype
            assert rel_error(gradient, tensor.grad.numpy()) <= LIMIT[dtype], name


def arrays_of(rng, dtype, x, w, b):
    return [None if shape is None else rng.standard_normal(shape).astype(dtype) for shape in (x, w, b)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(CONFIGURATIONS))
def test_conv2d(seed, dtype):
    rng, c = configuration(seed)
    w = (c["k"], c["c"] // c["geometry"]["groups"], *c["kernel"])
    arrays = arrays_of(rng, dtype, (c["n"], c["c"], *c["size"]), w, (c["k"],) if c["bias"] else None)
    against((F.conv2d_forward, F.conv2d_backward), tF.conv2d, arrays, rng, dtype, **c["geometry"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(1000, 1000 + CONFIGURATIONS // 2))
def test_conv1d(seed, dtype):
    rng, c = configuration(seed)
    w = (c["k"], c["c"] // c["geometry"]["groups"], c["kernel"][1])
    arrays = arrays_of(rng, dtype, (c["n"], c["c"], c["size"][1]), w, (c["k"],) if c["bias"] else None)
    geometry = {name: value if name == "groups" else value[1] for name, value in c["geometry"].items()}
    against((F.conv1d_forward, F.conv1d_backward), tF.conv1d, arrays, rng, dtype, **geometry)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(2000, 2000 + CONFIGURATIONS))
def test_conv_transpose2d(seed, dtype):
    rng, c = configuration(seed)
    g = c["geometry"]
    out_k = c["k"] // g["groups"]
    extra = tuple(int(rng.integers(0, max(g["stride"][i], g["dilation"][i]))) for i in (0, 1))
    made = [(c["size"][i] - 1) * g["stride"][i] - 2 * g["padding"][i] + g["dilation"][i] * (c["kernel"][i] - 1) + extra[i] + 1 for i in (0, 1)]
    g["padding"] = tuple(g["padding"][i] if made[i] > 0 else 0 for i in (0, 1))
    arrays = arrays_of(rng, dtype, (c["n"], c["c"], *c["size"]), (c["c"], out_k, *c["kernel"]), (c["k"],) if c["bias"] else None)
    pair_of = (F.conv_transpose2d_forward, F.conv_transpose2d_backward)
    against(pair_of, tF.conv_transpose2d, arrays, rng, dtype, output_padding=extra, **g)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kernel", [(1, 1), (2, 2), (3, 4), (4, 1), (5, 3)])
@pytest.mark.parametrize("dilation", [(1, 1), (2, 3), (3, 1)])
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_same_padding(kernel, dilation, dtype):
    """Even filters need one more zero after than before."""
    rng = np.random.default_rng(0)
    arrays = arrays_of(rng, dtype, (2, 3, 9, 7), (4, 3, *kernel), (4,))
    for padding in ("same", "valid") if kernel < (9, 7) and dilation == (1, 1) else ("same",):
        against((F.conv2d_forward, F.conv2d_backward), tF.conv2d, arrays, rng, dtype, padding=padding, dilation=dilation)


@pytest.mark.parametrize("x_shape, w_shape", [((2, 32, 12, 12), (64, 32, 5, 5)), ((3, 1, 28, 28), (32, 1, 5, 5)), ((2, 64, 17, 16), (130, 64, 3, 3)),
                                              ((1, 300, 7, 7), (20, 300, 1, 1)), ((1, 2, 100, 90), (3, 2, 3, 3))])  # fmt: skip
def test_layers_of_real_networks(x_shape, w_shape):
    rng = np.random.default_rng(0)
    arrays = arrays_of(rng, np.float32, x_shape, w_shape, (w_shape[0],))
    against((F.conv2d_forward, F.conv2d_backward), tF.conv2d, arrays, rng, np.float32, padding=1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(3000, 3050))
def test_im2col_is_unfold_and_col2im_is_fold(seed, dtype):
    rng, c = configuration(seed)
    geometry = {name: value for name, value in c["geometry"].items() if name != "groups"}
    x = rng.standard_normal((c["n"], c["c"], *c["size"])).astype(dtype)
    cols = F.im2col(x, c["kernel"], **geometry)
    assert np.array_equal(cols, tF.unfold(torch.from_numpy(x), c["kernel"], **geometry).numpy())
    cols = rng.standard_normal(cols.shape).astype(dtype)
    back = tF.fold(torch.from_numpy(cols), c["size"], c["kernel"], **geometry).numpy()
    assert rel_error(F.col2im(cols, c["size"], c["kernel"], **geometry), back) <= LIMIT[dtype]
