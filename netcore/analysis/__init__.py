"""Tools that look into networks, one a file; all look through a still copy (still.py) and leave the network as it was.

| question                                             | file                                      |
|------------------------------------------------------|-------------------------------------------|
| what does a layer put out? with what gradient?       | still                                     |
| what can be read off a representation?               | probe, handmade, pca                      |
| can it be used elsewhere?                            | transfer                                  |
| what does a unit see, and like?                      | receptive, patches, ascent                |
| what does it confuse, how sure is it?                | confusion                                 |
| which pixels matter? which units?                    | saliency, ablation, selectivity           |
| do units, or layers, say the same?                   | spectrum, similarity                      |
| what did an auto-encoder learn?                      | latent, manifold, ledger                  |
| what happens through time?                           | gates, bptt                               |
"""

from netcore.analysis.ablation import AblationCurve, ablation_curve, importance
from netcore.analysis.ascent import Ascent, maximise
from netcore.analysis.bptt import Microscope, bptt_microscope
from netcore.analysis.confusion import Calibration, calibration, confusion
from netcore.analysis.gates import gate_trace
from netcore.analysis.handmade import oriented_gradients, zoning
from netcore.analysis.latent import decode, grid, interpolate, traverse
from netcore.analysis.ledger import Ledger, elbo_ledger
from netcore.analysis.manifold import manifold_distance, reconstruct, separation
from netcore.analysis.patches import Patches, top_patches
from netcore.analysis.pca import PCA
from netcore.analysis.probe import knn_probe, linear_probe
from netcore.analysis.receptive import ReceptiveField, receptive_field
from netcore.analysis.saliency import input_gradient, occlusion, saliency
from netcore.analysis.selectivity import class_selectivity, single_unit_accuracy
from netcore.analysis.similarity import cka, cka_matrix
from netcore.analysis.spectrum import correlation_spectrum, effective_dimension
from netcore.analysis.still import Still, activations, features, layer_names
from netcore.analysis.transfer import load_part, new_head
