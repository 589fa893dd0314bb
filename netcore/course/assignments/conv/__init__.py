"""The second assignment: im2col and its adjoint, convolution and max-pooling both ways, a small network that learns digits."""
