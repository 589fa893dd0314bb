"""The fifth assignment: convolution, max-pooling and the gates of an LSTM as loops in Cython; right first, then fast."""
