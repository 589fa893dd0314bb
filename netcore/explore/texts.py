"""View 3: a character model reads a text: gates, cell state, and what it thinks comes next, at every character.

The tool is `netcore.analysis.gate_trace`. A GRU has other gates and no cell state: of it the probabilities are shown alone.
"""

from typing import Any

import numpy as np

from netcore import functional as F
from netcore.analysis import gate_trace
from netcore.data import Vocabulary
from netcore.explore.asked import Asked
from netcore.explore.session import Session
from netcore.layers import LSTM
from netcore.recipes.sampling import first_symbol

LONGEST, UNITS = 400, 12  # characters of a text; units that are drawn
GATES = ("input", "forget", "candidate", "output", "cell")


def gates(session: Session, asked: Asked) -> dict[str, Any]:
    """For each character: the gates of the most changeable units, and the probability of every symbol as the next one."""
    vocabulary = Vocabulary(session.facts["symbols"])
    known = set(vocabulary.symbols)
    wanted = asked.text("text", LONGEST)
    text = "".join(c for c in wanted if c in known)
    left_out = sorted(set(wanted) - known)
    net: Any = session.still.net
    layer = asked.whole("layer", net.rnn.num_layers, 0)
    tokens = vocabulary.encode(text or first_symbol(vocabulary))
    logits, _ = session.still.forward(tokens[None])
    answer: dict[str, Any] = {
        "text": vocabulary.decode(tokens), "left_out": "".join(left_out), "symbols": vocabulary.symbols, "layers": net.rnn.num_layers,
        "probabilities": F.softmax_forward(logits[0].astype(np.float64))[0], "gates": None,
    }  # fmt: skip
    if isinstance(net.rnn, LSTM):
        trace = gate_trace(net.rnn, session.still.layer("embedding").forward(tokens[None])[0], layer)
        units = np.sort(np.argsort(trace["forget"].std(axis=0))[::-1][:UNITS])  # as netcore.plot.gate_traces chooses
        answer |= {"gates": {name: trace[name][:, units] for name in GATES}, "units": units, "hidden": trace["cell"].shape[1]}
    return answer
