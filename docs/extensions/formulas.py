"""Formulas become SVG when the site is built: no script, no font, no network when it is read.

Ziamath draws TeX with the STIX Two Math font; the outlines take the colour of the text around them, in light and dark. A screen
reader gets the TeX. What Ziamath cannot draw is a warning, and so an error of `make docs`.
"""

from typing import Any
from xml.etree import ElementTree

import ziamath
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

ziamath.config.svg2 = False  # outlines in place: one picture does not need what another defines
PIXELS = 16  # of a line of text, for which the pictures are drawn; they are sized in em, so that they grow with the text
log = logging.getLogger(__name__)


def drawn(tex: str, inline: bool, place: nodes.Node) -> str:
    """An <svg> element for a formula."""
    try:
        formula = ziamath.Latex(tex.strip(), inline=inline, size=PIXELS, color="currentColor")
        picture = formula.svgxml()
    except Exception as error:
        log.warning("cannot draw the formula %r: %s", tex, error, location=place)
        return f"<code>{nodes.unescape(tex)}</code>"
    for side in ("width", "height"):
        picture.set(side, f"{float(picture.get(side)) / PIXELS:.3f}em")
    picture.set("role", "img")
    picture.set("aria-label", " ".join(tex.split()))
    _, top, _, height = (float(number) for number in picture.get("viewBox").split())
    picture.set("style", f"vertical-align: {-(top + height) / PIXELS:.3f}em")
    return ElementTree.tostring(picture, encoding="unicode")


def inline(writer: Any, node: nodes.math) -> None:
    writer.body.append(f'<span class="math">{drawn(node.astext(), True, node)}</span>')
    raise nodes.SkipNode


def display(writer: Any, node: nodes.math_block) -> None:
    writer.body.append(f'<div class="math-block">{drawn(node.astext(), False, node)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("svg", (inline, None), (display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
