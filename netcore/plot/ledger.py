"""The KL divergence of every dimension of a variational code: which of them carry anything?"""

from typing import Any

import numpy as np

from netcore.plot.style import BLUE, SKY, axes


def kl_by_dimension(ledger: Any, ax: Any = None, *, title: str = "what each dimension of the code carries") -> Any:
    """Of a `netcore.analysis.Ledger`: a bar for each dimension, greatest first, named by its index; dark is active. Returns the Axes."""
    order = np.argsort(ledger.kl)[::-1]
    ax = axes(ax, max(4.0, 0.27 * len(order) + 1.2), 3.0)
    for active, colour, name in ((True, BLUE, "active"), (False, SKY, "carries nothing")):
        places = np.flatnonzero(ledger.active[order] == active)
        if len(places):
            ax.bar(places, ledger.kl[order][places], color=colour, width=0.8, label=f"{name}: {len(places)}")
    ax.set_xticks(range(len(order)), [str(k) for k in order], fontsize=7)
    ax.set(xlabel="dimension of the code", ylabel="KL, nats an image", title=title)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return ax
