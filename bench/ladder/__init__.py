"""From the naive loops to the final kernel, one idea at a time: `python -m bench.ladder`.

Every rung computes the same thing, is tested against the same reference, and is one function whose docstring says its one
idea. `conv.py`, `conv_backward.py`, `pool.py`, `lstm.py` and `lstm_training.py` are to be read from top to bottom; the last
rungs are the engine itself. The rungs that need a compiler stand in csrc/ladder.pyx.
"""
