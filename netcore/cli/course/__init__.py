"""`netcore course …`: assignments for students, and what instructors do with them."""

from netcore.cli.course.group import command
