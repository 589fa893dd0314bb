"""From the one record to what platforms and people read; pure functions, one format a file."""

from netcore.course.formats.gradescope import autograder, gradescope
from netcore.course.formats.platforms import ONE, autolab, classroom, prairielearn
from netcore.course.formats.report import report
from netcore.course.formats.roster import Filled, fill
from netcore.course.formats.similarity import handout_lines, own_lines, safe_name
from netcore.course.formats.table import neutral, write_csv
