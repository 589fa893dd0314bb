"""The directive `commands`: every command of `netcore` with its help, as a terminal shows it."""

from collections.abc import Iterator

import click
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from netcore.cli.app import SETTINGS
from netcore.cli.app import app as netcore_command

LOOKS = SETTINGS | {"terminal_width": 84, "max_content_width": 84}  # columns, which fit the page


def all_commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """(name, help) of a command and of those inside it."""
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                with click.Context(inner, info_name=name, parent=context, **LOOKS) as below:
                    yield from all_commands(inner, below)


class Commands(Directive):
    def run(self) -> list[nodes.Node]:
        sections = []
        with click.Context(netcore_command, info_name="netcore", **LOOKS) as context:
            for name, text in all_commands(netcore_command, context):
                section = nodes.section(ids=[nodes.make_id(name)], names=[nodes.fully_normalize_name(name)])
                section += nodes.title(name, name)
                section += nodes.literal_block(text, text, language="text")
                self.state.document.note_implicit_target(section, section)
                sections.append(section)
        return sections


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
