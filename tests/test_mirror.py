"""mirror(): the decoder's output has exactly the encoder's input shape, over odd sizes, strides and paddings."""

import numpy as np
import pytest

import netcore as nc


def test_hundreds_of_geometries():
    rng = np.random.default_rng(0)
    made = 0
    for _ in range(400):
        size = tuple(int(s) for s in rng.integers(5, 33, 2))
        kernel, stride = (tuple(int(k) for k in rng.integers(1, high, 2)) for high in (6, 4))
        padding = tuple(int(rng.integers(0, k // 2 + 1)) for k in kernel)
        encoder = nc.Sequential(nc.Conv2d(2, 3, kernel, stride, padding), nc.ReLU(), nc.MaxPool2d(2), nc.Conv2d(3, 4, 2), nc.Flatten())
        try:
            encoder.output_shape((2, *size))
        except nc.ShapeError:
            continue  # the encoder itself does not fit
        try:
            decoder = nc.mirror(encoder, (2, *size))
        except nc.ArgumentError as error:
            assert "reach beyond the input" in str(error)
            continue
        x = rng.standard_normal((2, 2, *size)).astype(np.float32)
        assert decoder.forward(encoder.forward(x)).shape == x.shape
        made += 1
    assert made > 200


def test_dense_mirror_has_the_activations_between_the_same_sizes():
    encoder = nc.Sequential(nc.Flatten(), nc.Linear(12, 8), nc.ELU(0.5), nc.Linear(8, 3))
    decoder = nc.mirror(encoder, (3, 4), output="sigmoid")
    assert [type(layer).__name__ for layer in decoder] == ["Linear", "ELU", "Linear", "Unflatten", "Sigmoid"]
    assert decoder[1].slope == 0.5
    assert decoder.output_shape((3,)) == (3, 4)


def test_what_cannot_be_undone():
    with pytest.raises(nc.ArgumentError, match="does not know how to undo Last"):
        nc.mirror(nc.Sequential(nc.Last()), (5, 3))
    with pytest.raises(nc.ArgumentError, match="'sigmoid'"):
        nc.mirror(nc.Sequential(nc.Linear(3, 2)), (3,), output="tanh")
