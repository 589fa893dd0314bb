"""What is done with results: shards put together, and scores filled into the table that an instructor's platform exports."""

import json

import pytest
from click.testing import CliRunner

from netcore.cli.app import app
from netcore.course import assignment, bulk, formats
from netcore.errors import ArgumentError

TABLE = (
    '\ufeffStudent,ID,Email,Layers (991),"=No, te"\r\n    Points Possible,,,50,\r\n"Meier, Anna",12345,anna.meier@x.example,,"a ""q"""\r\n'
    '"Ray, Bob",881,bob@x.example,7,\r\nDora,9,dora@x.example,,\r\n'
)


def record(submission, score=40.0, state="graded", **more):
    return {"submission": submission, "path": f"/in/{submission}", "state": state, "score": score, **more}


@pytest.mark.parametrize(
    ("match", "name", "row"),
    [
        ("ID", "meieranna_12345_67890_layers.py", 2),
        ("ID", "881", 3),
        ("Student", "meier anna_4711_assignsubmission_file", 2),
        ("Student", "RayBob.zip", 3),
        ("Email", "dora.ipynb", 4),
        ("Email", "anna.meier@x.example.zip", 2),
    ],
)
def test_a_score_goes_into_its_row_and_nothing_else_changes(match, name, row):
    filled = formats.fill(TABLE, [record(name, 32.5001)], match, "Layers")
    assert filled.rows == 1 and not filled.without_row and not filled.in_doubt
    old, new = TABLE.split("\r\n"), filled.text.split("\r\n")
    assert [i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a.replace('"', "") != b.replace('"', "")] == [row]
    assert "32.5" in new[row] and "32.5001" not in new[row]


def test_what_is_in_doubt_is_not_filled_in():
    filled = formats.fill(TABLE, [record("dora.py"), record("dora.zip"), record("nobody.py"), record("9_881_x.py")], "Email", "Layers (991)")
    assert filled.rows == 0 and filled.text.replace('"', "") == TABLE.replace('"', "")
    assert sorted(filled.in_doubt) == ["dora.py", "dora.zip"] and filled.without_row == ["9_881_x.py", "nobody.py"]
    assert formats.fill(TABLE, [record("9_881_x.py")], "ID", "Layers").in_doubt == ["9_881_x.py"]
    assert formats.fill(TABLE, [record("dora.py", state="infra_error")], "Email", "Layers").rows == 0
    twice = TABLE + "Dora,10,dora@x.example,,\r\n"
    assert formats.fill(twice, [record("Dora.py")], "Student", "Layers").in_doubt == ["Dora.py"]


def test_a_table_with_semicolons_and_short_rows():
    filled = formats.fill("id;name;grade\n1;a\n2;b;\n", [record("1.py", 3), record("2.py", 4.25)], "id", "grade")
    assert filled.text == "id;name;grade\n1;a;3\n2;b;4.25\n"


@pytest.mark.parametrize(
    ("table", "column", "message"), [("", "x", "empty"), ("id,b\n", "x", "columns: id, b"), ("id,x 1,x 2\n", "x", "more than one")]
)
def test_a_column_that_is_not_there(table, column, message):
    with pytest.raises(ArgumentError, match=message):
        formats.fill(table, [], "id", column)


def test_merged_keeps_each_submission_once_and_a_grade_before_none(tmp_path):
    for name, records in (
        ("a", [record("x.py", 1), record("y.py", 2)]),
        ("b", [record("x.py", 3), record("y.py", state="infra_error"), record("z.py")]),
    ):
        (tmp_path / name).write_text("".join(json.dumps(each) + "\n" for each in records) + '{"path": "/cut')
    found = {each["submission"]: each["score"] for each in bulk.merged([tmp_path / "a", tmp_path / "b"])}
    assert found == {"x.py": 3, "y.py": 2, "z.py": 40}


def test_shards_are_graded_apart_and_merged(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for name in ("anna", "bob", "carl"):
        (tmp_path / f"in/{name}.py").write_text(f"# {name}\n")

    def invoke(*args):
        result = CliRunner().invoke(app, ["course", *args])
        assert result.exit_code == 0, result.output
        return result.output

    for shard in ("1/2", "2/2"):
        invoke("grade", "layers", "in", "--shard", shard)
    invoke("merge", "results-1-of-2.jsonl", "results-2-of-2.jsonl")
    assert "3 unchanged" in invoke("grade", "layers", "in")
    (tmp_path / "roster.csv").write_text("Email,Layers\nanna@x.example,\nzoe@x.example,\n")
    out = invoke("fill", "roster.csv", "results.jsonl", "--match", "Email", "--column", "Layers")
    assert "1 scores" in out and "no row fits: bob.py, carl.py" in out
    assert (tmp_path / "roster-filled.csv").read_text() == "Email,Layers\nanna@x.example,0\nzoe@x.example,\n"


def test_a_grader_that_was_mended_grades_again(monkeypatch):
    chosen = assignment.find("layers")
    before = bulk.identity(chosen, b"k")
    monkeypatch.setattr(bulk, "_grader", lambda: b"another")
    assert bulk.identity(chosen, b"k") != before != bulk.identity(chosen, b"l")
