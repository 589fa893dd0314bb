"""How Sphinx builds the documentation: `make docs`. Notebook pages run as they are built; a cell that raises fails the build.

NETCORE_DOCS_EXECUTE=off shows code without its output, which takes a fraction of the time: the suite runs every lesson and every
example by itself (tests/test_lessons.py, tests/test_docs.py). Nothing of a page is fetched from elsewhere when it is read:
formulas become SVG (extensions/formulas.py), fonts are the reader's.
"""

import os
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [str(DOCS / "extensions"), str(ROOT)]

from sphinx.application import Sphinx  # noqa: E402

from netcore.version import __version__  # noqa: E402

project = "netcore"
author = copyright = "the netcore authors"
release = version = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "api",
    "commands",
    "docstrings",
    "folded",
    "formulas",
    "offline",
]
exclude_patterns = ["extensions"]
templates_path: list[str] = []

# ---- pages that run --------------------------------------------------------------------------------------------------

EXECUTE = os.environ.get("NETCORE_DOCS_EXECUTE", "on") != "off"
nb_execution_mode = "cache" if EXECUTE else "off"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_execution_in_temp = True  # what an example writes goes away with its folder
nb_merge_streams = True
nb_render_image_options = {"alt": "the figure that the code above draws"}
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])  # for the kernels

# Figures at twice the resolution, for screens of today; of an error the message, which is what is to be read; no history of what was run.
profile = ROOT / "build" / "docs" / "ipython" / "profile_default"
profile.mkdir(parents=True, exist_ok=True)
(profile / "ipython_kernel_config.py").write_text(
    'c.InlineBackend.figure_formats = ["retina"]\nc.InteractiveShell.xmode = "Minimal"\nc.HistoryManager.enabled = False\n'
)
os.environ["IPYTHONDIR"] = str(profile.parent)

# ---- text ------------------------------------------------------------------------------------------------------------

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
html_math_renderer = "svg"
smartquotes = False  # the quotes of a docstring are Python's

# ---- the API reference -----------------------------------------------------------------------------------------------

add_module_names = False
autodoc_inherit_docstrings = False  # a layer's page shows what is its own; what all share stands under Layer
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # shapes and dtypes say more than `np.ndarray`; they stand in the text
autosummary_generate = False
toc_object_entries_show_parents = "hide"

# ---- looks -----------------------------------------------------------------------------------------------------------

html_theme = "furo"
pygments_dark_style = "a11y-high-contrast-dark"
html_title = f"netcore {release}"
html_static_path = ["_static"]
html_css_files = ["house.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b5394", "color-brand-content": "#0b5394"},
    "dark_css_variables": {"color-brand-primary": "#7fb8ee", "color-brand-content": "#7fb8ee"},
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"
linkcheck_timeout = 20


# ---- pages that live elsewhere in the repository ---------------------------------------------------------------------

ELSEWHERE = {"netcore/course/README.md": "course/making.md", "bench/README.md": "benchmarks.md"}


def source_read(app: Sphinx, name: str, source: list[str]) -> None:
    """A link to a file that is a page of the site under another name goes to that page; in the repository it stays as it is."""
    up = "../" * name.count("/")
    for file, page in ELSEWHERE.items():
        source[0] = source[0].replace(f"](../{up}{file})", f"]({up}{page})")


def setup(app: Sphinx) -> None:
    app.connect("source-read", source_read)
