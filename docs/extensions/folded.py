"""Admonitions of class `dropdown`, the answers to a lesson's exercises, are folded: the browser's own <details>, which needs no script."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


class folded(nodes.General, nodes.Element):
    """What is shown when it is opened."""


class folded_title(nodes.General, nodes.TextElement):
    """What is always shown."""


def fold(app: Sphinx, doctree: nodes.document) -> None:
    for admonition in list(doctree.findall(nodes.admonition)):
        if "dropdown" in admonition["classes"]:
            title, *inside = admonition.children
            admonition.replace_self(folded("", folded_title("", "", *title.children), *inside))


def setup(app: Sphinx) -> dict[str, bool]:
    def opens(html: str) -> Any:
        return lambda writer, node: writer.body.append(html)

    app.add_node(folded, html=(opens('<details class="admonition folded">\n'), opens("</details>\n")))
    app.add_node(folded_title, html=(opens('<summary class="admonition-title">'), opens("</summary>\n")))
    app.connect("doctree-read", fold)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
