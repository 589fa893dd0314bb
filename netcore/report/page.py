"""An HTML page as a tree: text stays text, whatever it holds, because the tree is written out by the standard library.

    node("p", "a < b & ", node("em", "c"), class_="note")        <p class="note">a &lt; b &amp; <em>c</em></p>

No template language, no markup in strings: nothing that a run's folder says can become a tag, an attribute or a script.
Pictures are data URIs, so a page is one file that needs no network; its policy (CSP) forbids everything else.
Next: `style.py` (how it looks), `opened.py` (what it shows).
"""

import base64
import io
import re
import warnings
from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element, tostring

from netcore import plot
from netcore.report.style import CSS

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")  # what HTML cannot hold: control characters, halves of pairs
Content = str | Element
DPI = 160  # of pictures, which are shown at 96: sharp on fine screens and on paper


def node(tag: str, *content: Content, **attributes: str) -> Element:
    """An element. `class_` is the attribute class; an underscore in other names is a hyphen (`aria_label`)."""
    made = Element(tag, {name.rstrip("_").replace("_", "-"): clean(value) for name, value in attributes.items()})
    for part in content:
        if isinstance(part, Element):
            made.append(part)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + clean(part)
        else:
            made.text = (made.text or "") + clean(part)
    return made


def clean(text: str) -> str:
    """Text without what HTML cannot hold."""
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", str(text))


def table(rows: Sequence[Sequence[Content]], headers: Sequence[str] = (), *, foot: Sequence[str] = ()) -> Element:
    """A table that scrolls where it is too wide; headers that end in '>' stand over columns of numbers. Without headers the first
    cell of each row names it."""
    right = [header.endswith(">") for header in headers]

    def row(cells: Sequence[Content], tag: str) -> Element:
        made = node("tr")
        for k, cell in enumerate(cells):
            options = {"class_": "number"} if k < len(right) and right[k] else {}
            head = tag == "th" or (not headers and k == 0)
            made.append(node("th" if head else "td", cell, **options, **({"scope": "col" if tag == "th" else "row"} if head else {})))
        return made

    made = node("table")
    if headers:
        made.append(node("thead", row([header.rstrip(">") for header in headers], "th")))
    made.append(node("tbody", *(row(cells, "td") for cells in rows)))
    if foot:
        made.append(node("tfoot", row(foot, "td")))
    return node("div", made, class_="scroll", tabindex="0", role="region", aria_label="table")


def picture(ax: Any, caption: str, *, alt: str = "", wide: bool = False) -> Element:
    """The figure of an Axes, or of an array of Axes, as a PNG in a data URI; it is closed. `alt` says what is to be seen, for those who
    hear the page; a `wide` one keeps its size and scrolls."""
    import numpy as np

    figure = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()[0].figure
    content = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that the font lacks is drawn as a box
        figure.savefig(content, format="png", dpi=DPI, bbox_inches="tight", facecolor="white")
    width = figure.get_size_inches()[0]
    plot.style.pyplot().close(figure)
    source = "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
    image = node("img", src=source, alt=alt or caption, style=f"width: {96 * width:.0f}px")
    frame = {"class_": "scroll", "tabindex": "0", "role": "region", "aria_label": "picture"} if wide else {"class_": "card"}
    return node("figure", node("div", image, **frame), node("figcaption", caption))


def side_by_side(*figures: Element) -> Element:
    """Figures in a row where there is room, below one another where there is not."""
    return node("div", *figures, class_="row")


class Page:
    """A page in sections, in the order in which they are added, with a list of them at its top."""

    def __init__(self, title: str) -> None:
        self.title, self.sections, self.places = title, node("main"), node("nav", aria_label="sections")

    def add(self, title: str, *content: Content) -> None:
        """One section. Loose text becomes a paragraph."""
        place = f"section-{len(self.sections) + 1}"
        parts = [node("p", part) if isinstance(part, str) else part for part in content]
        self.sections.append(node("section", node("h2", title, id=place), *parts, aria_labelledby=place))
        self.places.append(node("a", title, href=f"#{place}"))

    def html(self, *head: Content) -> str:
        """The whole document; `head` stands under the title."""
        meta = [node("meta", charset="utf-8"), node("meta", http_equiv="Content-Security-Policy", content=POLICY),
                node("meta", name="viewport", content="width=device-width, initial-scale=1"), node("meta", name="color-scheme", content="light dark")]
        header = node("header", node("h1", self.title), *head)
        body = node("body", header, self.places, self.sections)
        document = node("html", node("head", *meta, node("title", self.title), node("style", CSS)), body, lang="en")
        return "<!DOCTYPE html>\n" + tostring(document, encoding="unicode", method="html") + "\n"
