"""Pictures, one function each; every function returns its Axes. Needs matplotlib (extra `[plot]`)."""

from netcore.plot import style
from netcore.plot.calibration import reliability
from netcore.plot.codes import code_map
from netcore.plot.curves import learning_curves
from netcore.plot.diagram import network_diagram
from netcore.plot.flow import gradient_flow, gradient_paths
from netcore.plot.forecast import agreement, forecast
from netcore.plot.gates import gate_traces
from netcore.plot.images import filters, reconstructions, tiled
from netcore.plot.ledger import kl_by_dimension
from netcore.plot.lines import ablation_curves, scaling_curves, scores
from netcore.plot.manifold import manifold_grid
from netcore.plot.maps import captioned, feature_maps, gallery, saliency_maps
from netcore.plot.matrix import confusion_matrix, similarity_matrix
from netcore.plot.values import step_values
