"""`netcore train … --live`: the explorer's page beside the training, from its first step to its end."""

import copy
import time
import webbrowser
from pathlib import Path
from typing import Any

from netcore.cli import show
from netcore.layers import Layer

LINGERS = 3.0  # seconds for which a page that has watched may still hear that it is over


class LivePage:
    """Used as a context around the training; `watch` goes to it as callbacks, `begin` is called before its first step.

    The page has a network of its own, to which the training hands copies of its weights; whether anybody looks makes no
    difference to the training's numbers. Not `wanted`, it does nothing.
    """

    def __init__(self, wanted: bool, browser: bool) -> None:
        self.browser = browser
        self.live: Any = None
        self.server: Any = None
        if wanted:
            from netcore.explore import Live

            self.live = Live()

    @property
    def watch(self) -> list[Any]:
        return [] if self.live is None else [self.live]

    def begin(self, folder: Path, recipe: Any, data: Any, net: Layer, root: Any) -> None:
        if self.live is None:
            return
        from netcore.explore import Session, serve

        self.server = serve(Session(folder, recipe, data.facts, copy.deepcopy(net), root, data, self.live))
        show.fact("live", self.server.url)
        if self.browser:
            webbrowser.open(self.server.url)

    def __enter__(self) -> "LivePage":
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        """Let the page hear how it ended, and close the port."""
        if self.server is None:
            return
        self.live.over("finished" if kind is None else "interrupted" if kind is KeyboardInterrupt else "failed")
        try:
            ends = time.monotonic() + LINGERS
            while self.live.is_watched() and not self.live.said and time.monotonic() < ends:
                time.sleep(0.05)
            time.sleep(0.3 if self.live.said else 0)  # the answer is on its way
        finally:
            self.server.stop()
