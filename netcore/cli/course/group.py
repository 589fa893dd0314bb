"""The group `netcore course` and where each of its commands lives."""

import importlib

import click

STUDENTS = {
    "list": "Show the assignments.",
    "start": "Get an assignment: a Python file, the same as a notebook, the text.",
    "build": "Compile an assignment in Cython into a module.",
    "check": "Check your work; says what is wrong and what it may be.",
    "try": "Train a network with your functions in place of the engine's.",
    "doctor": "Find out what is missing on this machine.",
    "submit": "Pack what is to be handed in.",
}
INSTRUCTORS = {
    "key": "Make the secret from which hidden tests come.",
    "grade": "Grade submissions: folders, zips, notebooks, files.",
    "certify": "Find out whether an assignment's checks are good enough.",
    "new": "Make a new assignment that runs.",
}
AFTER = {
    "merge": "Put the results of all shards into one file.",
    "report": "Turn results into a page in HTML, or a table.",
    "fill": "Fill a column of your own table with the scores.",
    "export": "Write an autograder or grades for another platform.",
    "similarity": "Write submissions without the handout's lines.",
}
MODULES = {name: module for module, names in (("student", STUDENTS), ("instructor", INSTRUCTORS), ("after", AFTER)) for name in names}


class Group(click.Group):
    """Commands for students first, then for instructors; a module is imported when its command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(MODULES)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return getattr(importlib.import_module(f"netcore.cli.course.{MODULES[name]}"), f"{name}_command") if name in MODULES else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in (("For students", STUDENTS), ("For instructors", INSTRUCTORS), ("With results and submissions", AFTER)):
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))


@click.group("course", cls=Group, invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Assignments, checks and grading.

    Begin with `netcore course start layers`.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
