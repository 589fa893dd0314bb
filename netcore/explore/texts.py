"""View 3: a character model reads a text: gates, memory, and what it thinks comes next, at every character.

The tool is `netcore.analysis.gate_trace`, which knows LSTM, GRU and plain RNN alike.
"""

from typing import Any

import numpy as np

from netcore import functional as F
from netcore.analysis import gate_trace
from netcore.data import Vocabulary
from netcore.explore.asked import Asked
from netcore.explore.session import Session
from netcore.recipes.sampling import first_symbol

LONGEST, UNITS = 400, 12  # characters of a text; units that are drawn
ORDER = ("input", "forget", "candidate", "output", "cell", "update", "reset", "new", "state")


def gates(session: Session, asked: Asked) -> dict[str, Any]:
    """For each character: the gates of the most changeable units, and the probability of every symbol as the next one."""
    vocabulary = Vocabulary(session.facts["symbols"])
    known = set(vocabulary.symbols)
    wanted = asked.text("text", LONGEST)
    text = "".join(c for c in wanted if c in known)
    net: Any = session.still.net
    layer = asked.whole("layer", net.rnn.num_layers, 0)
    tokens = vocabulary.encode(text or first_symbol(vocabulary))
    logits, _ = session.still.forward(tokens[None])
    trace = gate_trace(net.rnn, session.still.layer("embedding").forward(tokens[None])[0], layer)
    telling = next(trace[name] for name in ("forget", "update", "state") if name in trace)
    units = np.sort(np.argsort(telling.std(axis=0))[::-1][:UNITS])  # as netcore.plot.gate_traces chooses
    return {
        "text": vocabulary.decode(tokens), "left_out": "".join(sorted(set(wanted) - known)),
        "symbols": vocabulary.symbols, "layers": net.rnn.num_layers,
        "probabilities": F.softmax_forward(logits[0].astype(np.float64))[0], "units": units,
        "gates": {name: trace[name][:, units] for name in ORDER if name in trace},
    }  # fmt: skip
