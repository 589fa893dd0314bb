"""Reads attacks.txt: sections `== name` of plain Python; the helpers stand in front of each."""

import re
from pathlib import Path


def sources(**paths: str) -> dict[str, str]:
    """All attacks by name; `paths` are what they aim at."""
    text = Path(__file__).with_name("attacks.txt").read_text(encoding="utf-8")
    for name, path in paths.items():
        text = text.replace(f"{{{name}}}", repr(path))
    sections = re.findall(r"^== (\S+)\n(.*?)(?=^== |\Z)", text, re.MULTILINE | re.DOTALL)
    helpers = dict(sections)["helpers"]
    return {name: f"{helpers}\n{code}" for name, code in sections if name != "helpers"}
