"""The record and what is made from it: written last, over whatever lies there; formats that platforms can read."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

import netcore
from netcore.course import assignment, bulk, formats, results, seeds, stage, worker
from netcore.course.formats import wheel
from netcore.course.runtime import PREFIX, Runtime
from netcore.errors import ArgumentError

LAYERS = assignment.find("layers")
KEY = bytes(range(32))


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """One right, one partly wrong, one broken, one that cannot be read."""
    folder = tmp_path_factory.mktemp("submissions")
    (folder / "=right.py").write_text(LAYERS.solution)
    (folder / "partly.py").write_text(LAYERS.solution.replace("db = dy.sum(axis=0)", "db = dy.mean(axis=0)"))
    (folder / "broken.py").write_text("def (")
    (folder / "unreadable.py").write_bytes(b"\xff\xff")
    return folder, bulk.grade_many(sorted(folder.iterdir()), LAYERS, key=KEY, out=folder.parent / "results.jsonl", jobs=2)


def test_scores(records):
    by_name = {r["submission"]: r for r in records[1]}
    assert by_name["=right.py"]["score"] == 50
    assert 25 < by_name["partly.py"]["score"] < 50
    assert by_name["broken.py"]["score"] == by_name["unreadable.py"]["score"] == 0
    assert {t["status"] for t in by_name["broken.py"]["tests"]} == {"exception"}
    assert {r["state"] for r in records[1]} == {"graded"}


def test_visible_says_the_mistake_and_hidden_says_nothing(records):
    partly = next(r for r in records[1] if r["submission"] == "partly.py")
    tests = {t["id"]: t for t in partly["tests"]}
    assert "a sum is due" in tests["linear_backward.visible"]["mistake"]
    assert "worst at db[" in tests["linear_backward.visible"]["message"]
    assert all(not t["message"] and not t["mistake"] for t in partly["tests"] if t["hidden"])


def test_a_second_run_skips_what_is_unchanged_and_goes_on_after_a_cut(records, tmp_path):
    folder, first = records
    out = tmp_path / "results.jsonl"
    lines = (folder.parent / "results.jsonl").read_text().splitlines(keepends=True)
    out.write_text("".join(lines[:2]) + lines[2][:40])  # killed while it wrote the third
    told = []
    again = bulk.grade_many(sorted(folder.iterdir()), LAYERS, key=KEY, out=out, jobs=2, told=lambda record, skipped: told.append(skipped))
    assert sorted(told) == [False, False, True, True]
    assert [r["score"] for r in again] == [r["score"] for r in first]
    assert len(list(bulk.read_lines(out))) == 4


def test_another_key_or_another_submission_is_asked_something_else():
    def numbers(key, digest, index=0):
        return seeds.generator(key, "layers", "linear_forward", digest, index).standard_normal()

    assert numbers(KEY, "a") == numbers(KEY, "a")
    assert len({numbers(KEY, "a"), numbers(KEY, "b"), numbers(b"k" * 32, "a"), numbers(None, "a"), numbers(KEY, "a", 1)}) == 5
    assert numbers(None, "a") == numbers(None, "b")


@pytest.mark.parametrize("planted", ["link", "folder", "file"])
def test_results_replace_what_was_planted(tmp_path, planted):
    target, victim = tmp_path / "results.json", tmp_path / "victim"
    victim.write_text("mine")
    if planted == "link":
        target.symlink_to(victim)
    elif planted == "folder":
        (target / "deep").mkdir(parents=True)
    else:
        target.write_text('{"score": 100}')
    results.write(target, {"score": 1})
    assert json.loads(target.read_text()) == {"score": 1} and not target.is_symlink()
    assert victim.read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["results.json", "victim"]


def test_csv_does_not_compute(records, tmp_path):
    formats.write_csv(tmp_path / "t.csv", records[1])
    rows = list(csv.DictReader((tmp_path / "t.csv").read_text().splitlines()))
    assert {row["submission"] for row in rows} == {"'=right.py", "partly.py", "broken.py", "unreadable.py"}
    assert [formats.neutral(cell) for cell in ("=1+1", "\t=1", "@x", "-2", -2, "a=1")] == ["'=1+1", "' =1", "'@x", "'-2", -2, "a=1"]
    assert [formats.neutral(cell) for cell in ("\uff1d1", "\u00a0=1", "=a\t=b", "a\r\n=b")] == ["'\uff1d1", "' =1", "'=a =b", "a  =b"]
    formats.write_csv(tmp_path / "t.csv", [{"submission": "x;=1", "state": "graded", "score": 1.5}])
    assert (tmp_path / "t.csv").read_text().splitlines()[1].startswith('"x;=1","graded",1.5,')


def test_a_name_that_is_no_text_and_a_fault_of_ours_do_not_end_the_run(tmp_path, monkeypatch):
    """Every submission has its record, and all formats can be written."""
    strange = os.path.join(os.fsencode(tmp_path), b"\xff.py")
    with open(strange, "w") as file:
        file.write("def (")
    (tmp_path / "fine.py").write_text("def (")
    whole = bulk.grade

    def grade(assignment, submission, **options):
        if submission.source.endswith("unlucky\n"):
            raise ValueError("nobody thought of this")
        return whole(assignment, submission, **options)

    monkeypatch.setattr(bulk, "grade", grade)
    (tmp_path / "unlucky.py").write_text("# unlucky\n")
    found = bulk.grade_many([os.fsdecode(strange), tmp_path / "unlucky.py", tmp_path / "fine.py"], LAYERS, out=tmp_path / "out")
    assert [r["state"] for r in found] == ["graded", "infra_error", "graded"]
    assert found[0]["submission"] == "?.py" and "nobody thought" in found[1]["message"] and "score" not in found[1]
    formats.write_csv(tmp_path / "t.csv", found)
    (tmp_path / "r.html").write_text(formats.report(found), encoding="utf-8")


def test_names_that_look_like_records_are_names(tmp_path):
    """A results file is read line by line; no name may become a line, or hide another's, or be graded again each time."""
    given, out = tmp_path / "in", tmp_path / "out.jsonl"
    forged = json.dumps({"path": str(given / "b.py"), "state": "graded", "score": 50, "submission": "b.py"})
    names = ["b.py", f"a\n{forged.replace('/', '_')}\n.py", "c\u2028\u2029\x85\u202e.py", "d\r.py", "é.py", "e\u0301.py", "--key.py"]
    given.mkdir()
    for name in names:
        (given / name).write_text("def (")
    first = bulk.grade_many(sorted(given.iterdir()), LAYERS, key=KEY, out=out)
    assert [r["score"] for r in first] == [0.0] * len(names) and len(out.read_bytes().splitlines()) == len(names)
    heard = []
    again = bulk.grade_many(sorted(given.iterdir()), LAYERS, key=KEY, out=out, told=lambda record, skipped: heard.append(skipped))
    assert again == first and heard == [True] * len(names)
    page = formats.report(first)
    assert "\u202e" not in page and "\u2028" not in page
    formats.write_csv(tmp_path / "t.csv", first)
    with open(tmp_path / "t.csv", newline="", encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == 1 + len(names)


def test_platforms(records):
    for record in records[1]:
        scope = formats.gradescope(record)
        assert scope["score"] == pytest.approx(sum(t["score"] for t in scope["tests"]), abs=1e-3)
        assert {t["visibility"] for t in scope["tests"]} == {"visible", "after_published"}
        assert json.loads(formats.autolab(record))["scores"].keys() == {t["id"] for t in record["tests"]}
        assert 0 <= json.loads(formats.prairielearn(record))["score"] <= 1
        whole = json.loads(formats.classroom(record))
        assert whole["max_score"] == 5000 and isinstance(whole["score"], int)
    page = formats.report(records[1])
    assert "a sum is due" in page and "4 submissions" in page and "<script" not in page


def test_similarity_has_no_line_of_the_handout():
    given = formats.handout_lines(LAYERS)
    own = formats.own_lines(LAYERS.solution, given)
    assert "dw = dy.T @ x" in own and "def linear_forward" not in own


def test_gradescope_zip_grades_in_an_empty_environment(tmp_path):
    formats.autograder(LAYERS, tmp_path / "auto.zip", KEY)
    base = tmp_path / "autograder"
    with zipfile.ZipFile(tmp_path / "auto.zip") as archive:
        archive.extractall(base / "source")
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert modes["setup.sh"] == modes["run_autograder"] == 0o755
    (base / "submission").mkdir()
    (base / "submission/layers.py").write_text(LAYERS.solution)
    (base / "results").mkdir()
    (base / "results/results.json").symlink_to("/etc/passwd")
    # stands for the environment that setup.sh makes: this interpreter, and this checkout on its path
    (base / "venv/bin").mkdir(parents=True)
    python = base / "venv/bin/python"
    root = Path(netcore.__file__).parents[1]
    python.write_text(
        f'#!/bin/sh\nshift\nexec "{sys.executable}" -c "import sys, runpy; sys.path.insert(0, \'{root}\'); del sys.argv[0]; '
        f'runpy.run_path(sys.argv[0], run_name=\'__main__\')" "$@"\n'
    )
    python.chmod(0o755)
    environment = {"NETCORE_AUTOGRADER": str(base), "NETCORE_VENV": str(base / "venv"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["bash", str(base / "source/run_autograder")], env=environment, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads((base / "results/results.json").read_text())["score"] == 50


def test_the_zip_brings_what_is_installed(tmp_path, monkeypatch):
    """Files that pip placed become a wheel again, with a record of its own; a checkout's do not."""
    site = tmp_path / "site"
    shutil.copytree(Path(netcore.__file__).parent / "course", site / "netcore/course", ignore=shutil.ignore_patterns("__pycache__", "assignments"))
    (site / "netcore/__init__.py").write_text("")
    info = site / "netcore_nn-9.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: netcore-nn\nVersion: 9.0\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: cp311-abi3-linux_x86_64\n")
    (info / "direct_url.json").write_text("{}")
    names = [*site.rglob("*.py"), *info.iterdir(), info / "RECORD"]
    (info / "RECORD").write_text("".join(f"{p.relative_to(site)},,\n" for p in names) + "../../bin/netcore,,\n")
    monkeypatch.syspath_prepend(str(site))
    assert wheel.own() is None  # what runs is not what was found there
    monkeypatch.setattr(wheel, "__file__", str(site / "netcore/course/formats/wheel.py"))
    name, data = wheel.own()
    assert name == "netcore_nn-9.0-cp311-abi3-linux_x86_64.whl"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        listed = [row[0] for row in csv.reader(archive.read("netcore_nn-9.0.dist-info/RECORD").decode().splitlines())]
        assert sorted(listed) == sorted(archive.namelist()) and "netcore/course/bulk.py" in listed and "direct_url.json" not in str(listed)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(tmp_path / "there"), str(tmp_path / name)]
    (tmp_path / name).write_bytes(data)
    subprocess.run(pip, check=True, capture_output=True)
    assert (tmp_path / "there/netcore/course/bulk.py").read_bytes() == Path(bulk.__file__).read_bytes()
    assert formats.autograder(LAYERS, tmp_path / "a.zip", None) == name
    (info / "WHEEL").write_text("Tag: cp311-abi3-macosx_11_0_arm64\n")
    assert wheel.own() is None and formats.autograder(LAYERS, tmp_path / "a.zip", None) == ""


def test_a_key_is_secret_and_long_enough(tmp_path):
    seeds.make_key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    assert len(seeds.read_key(tmp_path / "key")) == 32
    (tmp_path / "short").write_text("abcd")
    with pytest.raises(ArgumentError, match="too short"):
        seeds.read_key(tmp_path / "short")


def test_nothing_is_left_in_the_folder_for_temporary_files(records):
    held = {Path(r.folder) for r in worker._runtimes.values()}
    assert {p for p in Path(tempfile.gettempdir()).glob(PREFIX + "*") if (p / "lock").exists() and p in held} == held


@pytest.fixture
def scratch():
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_a_private_folder_for_temporary_files_is_no_obstacle(scratch, monkeypatch):
    """Root's children are another user, who could not enter it."""
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with Runtime(boxed=False) as runtime:
        record = bulk.grade(LAYERS, stage.Submission(LAYERS.solution, "", "layers.py"), runtime=runtime, tasks=["relu_forward"])
        assert (runtime.folder.parent == scratch) == (os.geteuid() != 0)
    assert record["tests"][0]["status"] == "ok", record


def test_a_worker_of_a_killed_process_pool_leaves_nothing(tmp_path, scratch):
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text(f"import time\ntime.sleep(2)  # {name}\n")
    program = (
        "import concurrent.futures, sys\nfrom pathlib import Path\nfrom netcore.course import assignment, bulk\n"
        "with concurrent.futures.ProcessPoolExecutor(2) as pool:\n"
        "    bulk.grade_many(sorted(Path(sys.argv[1]).glob('*.py')), assignment.find('layers'), out=sys.argv[1] + '/out', executor=pool)\n"
    )
    os.chmod(scratch, 0o755)  # as root, no other folder would be used
    environment = {**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": str(Path(netcore.__file__).parents[1])}
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], env=environment, stdout=subprocess.PIPE) as pool:
        end = time.monotonic() + 60
        while len(list(scratch.glob(PREFIX + "*/tree0/site/netcore"))) < 2:  # both workers are at work
            assert time.monotonic() < end
            time.sleep(0.05)
        pool.kill()
        assert pool.stdout.read() == b""  # ends when the last worker has closed it: an orphan that waits for work would never
    while list(scratch.iterdir()):
        assert time.monotonic() < end, "a worker's run-time tree is left"
        time.sleep(0.05)
