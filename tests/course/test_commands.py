"""The commands as a student and as an instructor would run them."""

import json
import os
import subprocess
import zipfile

import pytest
from click.testing import CliRunner

from netcore.cli.app import app
from netcore.cli.course.instructor import expand
from netcore.course import assignment, stage


def invoke(*args, code=0):
    result = CliRunner().invoke(app, ["course", *map(str, args)])
    assert result.exit_code == code, result.output
    return result.output


def test_a_student(tmp_path):
    home = tmp_path / "layers"
    assert "layers" in invoke("list")
    invoke("start", "layers", home)
    assert sorted(p.name for p in home.iterdir()) == ["README.md", "assignment.json", "figures", "layers.ipynb", "layers.py"]
    assert "there already" in invoke("start", "layers", home, code=2)
    out = invoke("check", home)
    assert "Visible 0 of 8, 0 of 25 points; hidden tests pending (25 points)" in out and "not written yet" in out
    assert "nothing is written yet" in invoke("submit", home, code=2)
    solution = assignment.find("layers").solution
    (home / "layers.py").write_text(solution.replace("dw = dy.T @ x", "dw = dy[:, :, None] @ x"))
    out = invoke("check", home, "--task", "linear_backward")
    assert "an exception" in out and "line" in out
    assert "there is no task" in invoke("check", home, "--task", "conv", code=2)
    (home / "layers.py").write_text(solution)
    assert "Visible 8 of 8, 25 of 25 points" in invoke("check", home)
    invoke("submit", home)
    assert (home / "layers-submission.zip").exists()
    assert "tier" in invoke("doctor")
    assert "begin with: netcore course start" in invoke("check", tmp_path, code=2)


def test_an_instructor(tmp_path):
    invoke("key", tmp_path / "key")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/anna.py").write_text(assignment.find("layers").solution)
    (tmp_path / "in/bob.py").write_text("import os\nos._exit(0)\n")
    results = tmp_path / "results.jsonl"
    given = ("grade", "layers", tmp_path / "in", "--key", tmp_path / "key", "--out", results)
    assert "50 of 50" in invoke(*given, "--csv", tmp_path / "t.csv")
    assert "2 unchanged" in invoke(*given)
    (tmp_path / "in/carla.rar").touch()
    assert "Not looked at" not in invoke(*given[:2], tmp_path / "in/anna.py", *given[3:])
    assert "carla.rar" in invoke(*given)
    (tmp_path / "in/carla.rar").unlink()
    assert len(results.read_text().splitlines()) == 2
    invoke("report", results, "--html", tmp_path / "r.html")
    invoke("export", "autolab", results, tmp_path / "autolab")
    scores = [json.loads(p.read_text())["scoreboard"] for p in sorted((tmp_path / "autolab").iterdir())]
    assert sorted(scores) == [[0.0], [50.0]]
    invoke("export", "gradescope", "layers", tmp_path / "a.zip", "--key", tmp_path / "key")
    invoke("similarity", "layers", tmp_path / "in", "--out", tmp_path / "similar")


@pytest.mark.parametrize("name", ["--allow-tier-0", "--key=mine", "--key"])
def test_a_submission_called_like_an_option_does_not_become_one(tmp_path, monkeypatch, name):
    """As a shell would hand on `netcore course grade layers *`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    (tmp_path / "mine").write_text("00" * 32)
    (tmp_path / name / "layers.py").write_text("def (")
    for command in ("grade", "similarity"):
        assert "write ./* and not *" in invoke(command, "layers", *sorted(os.listdir()), code=2)
    assert "1 submissions" in invoke("grade", "layers", f"./{name}", "--out", "r.jsonl") + invoke("grade", "layers", "--out", "s.jsonl", "--", name)
    assert json.loads((tmp_path / "s.jsonl").read_text())["submission"] == name


def test_a_new_assignment_runs(tmp_path):
    invoke("new", "rows", tmp_path / "rows")
    out = invoke("certify", tmp_path / "rows", code=2)
    assert "there are 2; at least 15 are due" in out and "kill rate 100%: 2 of 2 mutants; controls as they should be: 5 of 6" in out
    checks = (tmp_path / "rows/checks.py").read_text()
    (tmp_path / "rows/checks.py").write_text(checks.replace("[(2, 3), (5, 4), (1, 7)][index % 3]", "(1, 1)"))
    assert "kill rate 50%: 1 of 2" in invoke("certify", tmp_path / "rows", code=2)  # one row, one column: lengths along both axes are the same
    (tmp_path / "rows/checks.py").write_text(checks.replace("index % 3", "index %"))
    assert "rows/checks.py: SyntaxError" in invoke("certify", tmp_path / "rows", code=2)
    (tmp_path / "rows/checks.py").write_text(checks.replace("% 3", "+ 9"))
    assert "checks.py: scale, case 1: IndexError: list index out of range (line " in invoke("certify", tmp_path / "rows", code=2)
    (tmp_path / "rows/checks.py").write_text(checks.replace('("scale", x)', '("scale", x, x)'))
    assert "takes 1 posit" in invoke("certify", tmp_path / "rows", "--quick", code=2)
    (tmp_path / "rows.py").write_text("def scale(x, *more):\n    return x\n")
    out = invoke("check", tmp_path / "rows.py", "--assignment", tmp_path / "rows", code=2)
    assert "your code is not to blame" in out and "the solution itself fails on the case '2 rows of 3': TypeError" in out
    (tmp_path / "rows/checks.py").write_text(checks)
    assert "5 of 5" in invoke("certify", tmp_path / "rows", "--quick")
    invoke("start", tmp_path / "rows", tmp_path / "mine")
    assert "Scale the rows" in invoke("check", tmp_path / "mine")


def test_a_student_tries_and_builds(tmp_path):
    (tmp_path / "conv.py").write_text(assignment.find("conv").solution)
    out = invoke("try", "conv", tmp_path, "--epochs", 1, "--limit", 100)
    assert "conv2d_backward" in out and "yours to engine" in out and "accuracy" in out
    (tmp_path / "conv.py").write_text(assignment.find("conv").solution.replace("+ b[:, None]", ""))
    assert "conv2d_forward, call 1: y (64, 16, 8, 8) differs" in invoke("try", "conv", tmp_path, "--epochs", 1, code=2)
    assert "nothing to build" in invoke("build", tmp_path, "--assignment", "conv", code=2)


def test_cython_goes_all_the_ways_that_python_goes(tmp_path):
    chosen = assignment.find("kernels")
    invoke("start", "kernels", tmp_path / "mine")
    assert (tmp_path / "mine/kernels.pyx").read_text().count("YOUR CODE") == 7
    (tmp_path / "mine/kernels.pyx").write_text(chosen.solution)
    assert "Hand in this one file" in invoke("submit", tmp_path / "mine")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/anna.pyx").write_text("not cython\n")
    (tmp_path / "mine/kernels-submission.zip").rename(tmp_path / "in/bob.zip")
    assert expand((tmp_path / "in",), ("kernels.pyx", "kernels.ipynb")) == [tmp_path / "in/anna.pyx", tmp_path / "in/bob.zip"]
    assert stage.stage(tmp_path / "in/bob.zip", chosen).source == chosen.solution
    invoke("export", "gradescope", "kernels", tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert "pip install --quiet cython" in archive.read("setup.sh").decode() and "assignment/solution.pyx" in archive.namelist()
    (tmp_path / "setup.sh").write_bytes(zipfile.ZipFile(tmp_path / "a.zip").read("setup.sh"))
    assert subprocess.run(["bash", "-n", str(tmp_path / "setup.sh")], check=False).returncode == 0
