"""The site needs nobody else: the build fails where a page would fetch a script, a style, a font or a picture from another host."""

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

FETCH = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["'](?:https?:)?//|<link\b[^>]*\bhref=["'](?:https?:)?//"""
    r"""|url\(["']?(?:https?:)?//|@import"""
)


def look(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.name != "html":
        return
    for path in Path(app.outdir).rglob("*"):
        if path.suffix in (".html", ".css") and (found := FETCH.search(path.read_text())):
            raise ExtensionError(f"{path.name} would fetch from elsewhere: {found[0]}")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", look)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
