"""Cython without its types is Python: how the solution of a compiled assignment, and its mutants, run in the grader itself.

    cdef floating[:, ::1] y = y_array      y = y_array
    cdef Py_ssize_t n, k                   (nothing)
    def f(const floating[::1] x, int n):   def f(x, n):

So expected values come from the very source whose compiled form is the model, in float64, slowly, without a compiler. For
trusted source in the plain style of our solutions alone: `cdef` of variables and inline functions, `cimport` of libc.math.
"""

import re

_TYPE = r"(?:const )?(?:floating|float|double|int|Py_ssize_t|bint)(?:\[[:,1 ]*\])?"
_CDEF = re.compile(rf"^(\s*)cdef {_TYPE} (.*)$")
_FUNCTION = re.compile(rf"^(\s*)(?:cdef (?:inline )?{_TYPE}|def) (\w+)\((.*)\)(?: noexcept)?(?: nogil)?:$")
_CAST = re.compile(r"<(?:floating|float|double|int|Py_ssize_t)>")


def untyped(source: str) -> str:
    """The same program in Python, line by line."""
    return "\n".join(_line(line) for line in source.split("\n"))


def _line(line: str) -> str:
    if function := _FUNCTION.match(line):
        indent, name, parameters = function.groups()
        return f"{indent}def {name}({', '.join(re.sub(rf'^{_TYPE} ', '', p) for p in _split(parameters))}):"
    if variables := _CDEF.match(line):
        given = [part for part in _split(variables[2]) if "=" in part]
        return f"{variables[1]}{'; '.join(given) or 'pass'}"
    line = re.sub(r"^from cython(?:\.\w+)? cimport .*$", "", line)
    line = re.sub(r"^from libc\.math cimport (.*)$", r"from numpy import \1", line)
    return _CAST.sub("", line)


def _split(text: str) -> list[str]:
    """At commas that stand in no bracket."""
    parts, depth = [""], 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if char == "," and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts if part.strip()]
