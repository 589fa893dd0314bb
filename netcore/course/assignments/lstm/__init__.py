"""The fourth assignment: RNN and LSTM cells, backpropagation through time, truncation, clipping, the adding problem."""
