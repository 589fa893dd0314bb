/* The order in which the gates of a recurrent layer stand in its weights, biases and caches: PyTorch's.
 * netcore/gates.py is the same list for Python. */
#ifndef NC_GATES_H
#define NC_GATES_H

enum { LSTM_INPUT, LSTM_FORGET, LSTM_CANDIDATE, LSTM_OUTPUT, LSTM_GATES };
enum { GRU_RESET, GRU_UPDATE, GRU_NEW, GRU_GATES };

#endif
