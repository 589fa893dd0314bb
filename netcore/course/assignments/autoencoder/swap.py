"""How the functions of `autoencoder` stand in for the engine's: a tied auto-encoder as one layer, trained on images.

The engine has no one function for encoder and decoder together; its linear map and its sigmoid, one after the other, are what
the student's are compared with.
"""

from dataclasses import dataclass

import numpy as np

import netcore as nc
from netcore import functional as F
from netcore.course.swap import Pair
from netcore.recipes.images import flat_size
from netcore.recipes.reconstruction import ImageAutoencoder


def engine_forward(x, w, b, c):
    code, encoder = F.linear_forward(x, w, b)
    h, middle = F.sigmoid_forward(code)
    y, decoder = F.linear_forward(h, np.ascontiguousarray(w.T), c)
    return y, h, (encoder, middle, decoder)


def engine_backward(dy, cache):
    encoder, middle, decoder = cache
    dh, dw, dc = F.linear_backward(dy, decoder)
    assert dh is not None and dw is not None
    _, dw_encoder, db = F.linear_backward(F.sigmoid_backward(dh, middle), encoder, needs=(False, True, True))
    assert dw_encoder is not None
    return dw_encoder + dw.T, db, dc


def pairs(student):
    return [
        Pair(
            "tied",
            lambda call: student.tied_forward(call.x, call.w, call.b, call.c),
            lambda call: student.tied_backward(call.dy, call.cache),
            outputs=("y", "the code h"),
            gradients=("dw", "db", "dc"),
            engine=(engine_forward, engine_backward),
        )
    ]


class TiedAutoencoder(nc.layers.Layer):
    """Encoder and decoder in one layer, computed by the swapped functions."""

    def __init__(self, functions, features, code):
        self.functions, (self.weight, self.bias) = functions, nc.Linear(features, code).parameters()
        self.decoder_bias = nc.Parameter(np.zeros(features, np.float32))

    def _forward(self, x):
        y, _, cache = self.functions["tied_forward"](x.reshape(len(x), -1), self.weight.data, self.bias.data, self.decoder_bias.data)
        return y.reshape(x.shape), cache

    def _backward(self, dy, cache, needs_input=True):
        for parameter, gradient in zip(
            (self.weight, self.bias, self.decoder_bias), self.functions["tied_backward"](dy.reshape(len(dy), -1), cache), strict=True
        ):
            parameter.accumulate(np.ascontiguousarray(gradient))

    def output_shape(self, input_shape):
        return input_shape


def recipe(swap, **options):
    @dataclass
    class Tied(ImageAutoencoder):
        """Tied auto-encoder of the assignment."""

        name = "autoencoder"

        def network(self, facts):
            return TiedAutoencoder(swap.functions, flat_size(facts), self.code)

    return Tied(**options)
