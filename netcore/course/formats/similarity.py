"""Submissions as a tool for similarity wants them: without what all share, because it was handed out."""

import re

from netcore.course import handout
from netcore.course.assignment import Assignment


def handout_lines(assignment: Assignment) -> set[str]:
    """The handout's lines, without their indentation."""
    return {line.strip() for line in handout.with_gaps(assignment.source).splitlines()}


def own_lines(source: str, given: set[str]) -> str:
    """The lines of a submission that were not handed out, in order."""
    return "\n".join(line.rstrip() for line in source.splitlines() if line.strip() and line.strip() not in given) + "\n"


def safe_name(name: str) -> str:
    """A file's name from whatever a submission was called."""
    return re.sub(r"[^\w-]+", "_", name)[:60] or "submission"
