"""Every shipped assignment: its controls, and that each of its mutants is killed and called by name."""

import pytest

from netcore.course import assignment, certify, handout


@pytest.mark.parametrize("name", assignment.names())
def test_assignment_is_certified(name):
    problems = [f"{f.variant}: {f.problem}" for f in certify.certify(assignment.find(name)) if f.problem]
    assert not problems


@pytest.mark.parametrize("name", assignment.names())
def test_handout_gives_nothing_away(name):
    chosen = assignment.find(name)
    given = handout.with_gaps(chosen.source)
    compile(given, chosen.manifest.file, "exec")
    assert len(chosen.mutants) >= certify.ENOUGH
    assert {m.task for m in chosen.mutants} <= {t.id for t in chosen.manifest.tasks}
    assert not [m.name for m in chosen.mutants if m.old in given]
