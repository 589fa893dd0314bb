"""Every shipped assignment: its controls, and that each of its mutants is killed and called by name.

The mutants of the compiled one run here as Python, without their types, through the same judge: building each of them takes
minutes, and is what `netcore course certify kernels` does.
"""

import re

import pytest

from netcore.course import assignment, certify, compare, handout, untyped
from netcore.course.spawn import Reply

PLAIN = [name for name in assignment.names() if not assignment.find(name).manifest.compiled]


@pytest.mark.parametrize("name", PLAIN)
def test_assignment_is_certified(name):
    problems = [f"{f.variant}: {f.problem}" for f in certify.certify(assignment.find(name)) if f.problem]
    assert not problems


@pytest.mark.parametrize("name", assignment.names())
def test_handout_gives_nothing_away(name):
    chosen = assignment.find(name)
    given = handout.with_gaps(chosen.source)
    compile(untyped.untyped(given), chosen.manifest.file, "exec")
    assert len(chosen.mutants) >= certify.ENOUGH
    assert {m.task for m in chosen.mutants} <= {t.id for t in chosen.manifest.tasks}
    assert not [m.name for m in chosen.mutants if m.old in given]


@pytest.mark.parametrize("name", assignment.names())
def test_pictures_are_there_said_in_words_and_small(name):
    chosen = assignment.find(name)
    shown = re.findall(r"!\[([^\]]+)\]\((figures/[\w-]+\.png)\)", handout.text(chosen.source))
    files = {f"figures/{path.name}": path.stat().st_size for path in chosen.folder.glob("figures/*")}
    assert {path for _, path in shown} == set(files) and len(files) >= 2
    assert max(files.values()) < 80_000 and min(len(words) for words, _ in shown) > 20
    assert set(files) <= set(handout.files(chosen.folder, chosen.source, chosen.manifest))


def test_mutants_of_kernels_are_killed_and_called_by_name():
    chosen = assignment.find("kernels")
    for task in chosen.manifest.tasks:
        for key in (None, certify.KEYS[0]):
            cases = chosen.cases(task, key, "")
            assert {verdict(chosen, task.id, case, chosen.reference).status for case in cases} == {"ok"}, task.id
            for mutant, module in chosen.mutants_of(task.id):
                found = [verdict(chosen, task.id, case, module) for case in cases]
                assert any(each.status != "ok" for each in found), f"{task.id}/{mutant.name} lives"
                assert key or next(each.mistake for each in found if each.mistake) == mutant.says


def verdict(chosen, task, case, module):
    arrays = assignment.evaluate(module, case)
    sent = [array.astype(output.sent_as) for array, output in zip(arrays, case.outputs, strict=True)]
    return compare.judge(chosen, task, case, Reply("ok", "", sent), explain=True)
