"""Pictures, one function each; every function returns its Axes. Needs matplotlib (extra `[plot]`)."""

from netcore.plot import style
from netcore.plot.curves import learning_curves
from netcore.plot.gates import code_map, gate_traces
from netcore.plot.images import filters, reconstructions, tiled
