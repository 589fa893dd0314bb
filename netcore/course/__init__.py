"""The course: assignments, their checks, and a grader whose child process gives data and never verdicts.

Read README.md here first (how an assignment is made, how a submission is graded), then `case.py`, `grade.py`, `inside/main.py`.
"""
