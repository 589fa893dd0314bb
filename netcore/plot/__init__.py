"""Pictures, one function each; every function returns its Axes. Needs matplotlib (extra `[plot]`)."""

from netcore.plot import style
from netcore.plot.curves import learning_curves
from netcore.plot.diagram import network_diagram
from netcore.plot.flow import gradient_flow, gradient_paths
from netcore.plot.gates import code_map, gate_traces
from netcore.plot.images import filters, reconstructions, tiled
from netcore.plot.lines import ablation_curves, scaling_curves, scores
from netcore.plot.manifold import manifold_grid
from netcore.plot.maps import feature_maps, gallery, saliency_maps
from netcore.plot.matrix import similarity_matrix
