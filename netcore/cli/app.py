"""The group of all commands: imported when used, and every error one line with exit code 2.

A traceback is for those who look for a mistake in netcore itself: `--debug`, at any place of the command line.
"""

import importlib
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from netcore.version import __version__

COMMANDS = {
    "demo": "Train three networks on embedded data, in a minute and a half.",
    "train": "Train a recipe; what comes of it is kept in a run's folder.",
    "eval": "Measure a trained network on its test data.",
    "predict": "Apply a trained network to a file.",
    "sample": "Let a character model write.",
    "report": "Write a run up as one HTML file, with figures.",
    "explore": "Open a page that looks into a trained network.",
    "info": "What was built, found and used; checks itself in two seconds.",
    "profile": "Tell where the time of a training step goes.",
    "gradcheck": "Compare the gradients of layers with differences.",
    "data": "List, fetch and verify data sets.",
    "course": "Assignments: start, check, submit, grade.",
}
SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 80, "show_default": True}


class Commands(click.Group):
    """A group whose commands live in modules of this package, and whose `main` turns errors into lines."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return importlib.import_module(f"netcore.cli.{name}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **_: Any) -> NoReturn:  # type: ignore[override]
        given = list(sys.argv[1:] if args is None else args)
        debug = "--debug" in given
        try:
            code = super().main([arg for arg in given if arg != "--debug"], prog_name or "netcore", standalone_mode=False)
        except click.UsageError as error:
            help_line = f" (see: {error.ctx.command_path} --help)" if error.ctx is not None else ""
            fail(error.format_message() + help_line, debug)
        except click.ClickException as error:
            fail(error.format_message(), debug)
        except (KeyboardInterrupt, click.Abort):
            fail("interrupted", debug)
        except BrokenPipeError:
            sys.stderr.close()  # whoever read our output has gone; there is nobody to tell
            raise SystemExit(2) from None
        except OSError as error:  # CheckpointError is one too
            file = f"{error.filename}: " if error.filename is not None else ""
            fail(f"{file}{error.strerror}" if error.strerror else str(error), debug)
        except MemoryError as error:
            fail(f"not enough memory ({error}); try a smaller --batch-size", debug)
        except Exception as error:
            from netcore.errors import NetcoreError

            fail(str(error) if isinstance(error, NetcoreError) else f"{type(error).__name__}: {error} (with --debug: where)", debug)
        raise SystemExit(code if isinstance(code, int) else 0)


def fail(message: str, debug: bool) -> NoReturn:
    """One line on stderr, exit code 2; the traceback before it with --debug."""
    if debug:
        traceback.print_exc()
    click.echo(f"netcore: {' '.join(message.split())}", err=True)
    raise SystemExit(2)


@click.group(cls=Commands, context_settings=SETTINGS)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.", expose_value=False)
@click.version_option(__version__, "--version", message="netcore %(version)s")
def app() -> None:
    """A neural-network engine that can be read.

    Begin with `netcore train mlp`, which takes a few seconds.
    """
