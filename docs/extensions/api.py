"""The directive `family`: names of one family, a table of what each does, then each in full.

.. family:: netcore

   Linear
   Conv2d
"""

import importlib
import inspect

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx


class Family(Directive):
    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        module = importlib.import_module(self.arguments[0])
        names = [name for line in self.content for name in line.split()]
        lines = [".. autosummary::", "   :nosignatures:", ""]
        lines += [f"   ~{module.__name__}.{name}" for name in names] + [""]
        for name in names:
            value = getattr(module, name)
            kind = "exception" if inspect.isclass(value) and issubclass(value, BaseException) else "class" if inspect.isclass(value) else "function"
            lines += [f".. auto{kind}:: {module.__name__}.{name}"]
            lines += ["   :members:", ""] if kind == "class" else [""]
        place = nodes.container(classes=["family"])
        self.state.nested_parse(StringList(lines, source=self.state.document.current_source), self.content_offset, place)
        return place.children


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("family", Family)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
