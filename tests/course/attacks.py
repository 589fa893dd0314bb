"""Reads attacks.txt and attacks_cython.txt: sections `== name` of source; the helpers stand behind the comments of each."""

import json
import re
from pathlib import Path


def sources(file: str = "attacks.txt", **paths: str) -> dict[str, str]:
    """All attacks by name; `paths` are what they aim at: {name} becomes a string of Python, {name_c} one of C."""
    text = Path(__file__).with_name(file).read_text(encoding="utf-8")
    for name, path in paths.items():
        text = text.replace(f"{{{name}_c}}", json.dumps(path))
        text = text.replace(f"{{{name}}}", repr(path))
    sections = re.findall(r"^== (\S+)\n(.*?)(?=^== |\Z)", text, re.MULTILINE | re.DOTALL)
    helpers = dict(sections)["helpers"]
    return {name: f"{helpers}\n{code}" for name, code in sections if name != "helpers"}
