"""What is handed in may be anything: only the file that the manifest names is taken, and nothing is followed or executed."""

import json
import os
import threading
import time
import zipfile

import pytest

from netcore.course import assignment, handout
from netcore.course.stage import stage
from netcore.errors import DataError

LAYERS = assignment.find("layers")
GAPS = handout.with_gaps(LAYERS.source)


def zipped(path, **files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return path


def test_only_the_named_file_is_taken(tmp_path):
    for name in ("numpy.py", "sitecustomize.py", "evil.pth", "conftest.py", "layers.py"):
        (tmp_path / name).write_text(f"# {name}\n")
    assert stage(tmp_path, LAYERS).source == "# layers.py\n"


@pytest.mark.parametrize("name", ["layers.py", "someone__layers.py"])
def test_from_a_zip_also_in_one_folder(tmp_path, name):
    path = zipfile.ZipFile(tmp_path / "s.zip", "w")
    with path:
        path.writestr(name.replace("__", "/"), "x = 1\n")
    assert stage(tmp_path / "s.zip", LAYERS).source == "x = 1\n"


@pytest.mark.parametrize("name", ["../layers.py", "/layers.py/x", "a/b/layers.py", "../../etc/layers.py", "layers.py/"])
def test_paths_that_lead_elsewhere_are_not_taken(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr(name, "x = 1\n")
    with pytest.raises(DataError, match="holds neither"):
        stage(tmp_path / "s.zip", LAYERS)
    assert sorted(os.listdir(tmp_path)) == ["s.zip"]


def test_links_pipes_and_folders_are_not_opened(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/layers.py").symlink_to("/etc/passwd")
    (tmp_path / "b").mkdir()
    os.mkfifo(tmp_path / "b/layers.py")
    (tmp_path / "c/layers.py").mkdir(parents=True)
    for name in "abc":
        with pytest.raises(DataError, match="holds neither"):
            stage(tmp_path / name, LAYERS)
    (tmp_path / "d").symlink_to(tmp_path / "a")
    with pytest.raises(DataError, match="is a link"):
        stage(tmp_path / "d", LAYERS)


def test_a_link_in_a_zip_is_not_taken(tmp_path):
    info = zipfile.ZipInfo("layers.py")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match="holds neither"):
        stage(tmp_path / "s.zip", LAYERS)


def test_bombs_and_broken_files_say_what_they_are(tmp_path):
    with pytest.raises(DataError, match="larger than 1024 kB"):
        stage(zipped(tmp_path / "bomb.zip", **{"layers.py": b"#" * 50_000_000}), LAYERS)
    (tmp_path / "layers.py").write_bytes(b"#" * 2_000_000)
    with pytest.raises(DataError, match="larger than"):
        stage(tmp_path / "layers.py", LAYERS)
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(DataError, match="cannot be read as a zip"):
        stage(tmp_path / "no.zip", LAYERS)
    (tmp_path / "layers.py").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="UTF-8"):
        stage(tmp_path / "layers.py", LAYERS)
    for content in ("[" * 100_000, "{}", '{"cells": 3}', '{"cells": [{"cell_type": "code", "metadata": {"tags": 3}, "source": 4}]}'):
        (tmp_path / "layers.ipynb").write_text(content)
        with pytest.raises(DataError, match="notebook"):
            stage(tmp_path / "layers.ipynb", LAYERS)


def test_notebook_gives_its_tagged_cells_and_no_magic(tmp_path):
    book = json.loads(handout.notebook(LAYERS.solution))
    book["cells"].append({"cell_type": "code", "metadata": {}, "source": ["import os; os.system('not mine')"]})
    book["cells"].append({"cell_type": "code", "metadata": {"tags": ["netcore"]}, "source": ["if True:\n", "    !rm -rf /\n", "%time 3\n"]})
    (tmp_path / "layers.ipynb").write_text(json.dumps(book))
    source = stage(tmp_path, LAYERS).source
    assert "not mine" not in source and "rm -rf" not in source and "%time" not in source
    compile(source, "layers.py", "exec")


def test_the_one_that_was_worked_on_counts(tmp_path):
    (tmp_path / "layers.py").write_text(GAPS)
    (tmp_path / "layers.ipynb").write_text(handout.notebook(LAYERS.solution))
    assert stage(tmp_path, LAYERS).came_as == "layers.ipynb"
    (tmp_path / "layers.py").write_text(GAPS + "x = 1\n")
    staged = stage(tmp_path, LAYERS)
    assert staged.came_as == "layers.py" and staged.both


def test_file_and_notebook_of_the_handout_say_the_same():
    names = {}
    for source in (GAPS, handout.from_notebook(handout.notebook(GAPS))):
        scope = {"__name__": "layers"}
        exec(compile(source, "layers.py", "exec"), scope)
        names[source] = {name for name in scope if not name.startswith("__")}
    assert len({frozenset(each) for each in names.values()}) == 1
    assert "np.maximum" not in GAPS


def test_a_damaged_zip_is_a_zip_that_cannot_be_read(tmp_path):
    path = zipped(tmp_path / "s.zip", **{"layers.py": LAYERS.solution.encode()})
    whole, start = path.read_bytes(), path.read_bytes().index(b"layers.py") + 9
    path.write_bytes(whole[: start + 5] + bytes(b ^ 0x5A for b in whole[start + 5 : start + 200]) + whole[start + 200 :])
    with pytest.raises(DataError, match="cannot be read as a zip"):
        stage(path, LAYERS)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("layers.py", LAYERS.solution)
    with pytest.raises(DataError, match="method"):
        stage(path, LAYERS)
    path.write_bytes(whole + bytes(17 << 20))
    with pytest.raises(DataError, match=r"larger than 16384 kB; .*submit"):
        stage(path, LAYERS)


def test_a_pipe_called_zip_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "s.zip")
    with pytest.raises(DataError, match="holds neither"):
        stage(tmp_path / "s.zip", LAYERS)


def test_pictures_in_a_notebook_do_not_count_and_halves_of_characters_are_no_text(tmp_path):
    book = json.loads(handout.notebook(LAYERS.solution))
    book["cells"][1]["outputs"] = [{"output_type": "display_data", "data": {"image/png": "A" * 3_000_000}}]
    (tmp_path / "layers.ipynb").write_text(json.dumps(book))
    assert "def relu_forward" in stage(tmp_path, LAYERS).source
    code = next(cell for cell in book["cells"] if cell["cell_type"] == "code")
    for line, complaint in (("# \ud800", "UTF-8"), ("#" * 2_000_000, "the code in layers.ipynb is larger")):
        (tmp_path / "layers.ipynb").write_text(json.dumps(book).replace(json.dumps(code["source"][0]), json.dumps(line + "\n"), 1))
        with pytest.raises(DataError, match=complaint):
            stage(tmp_path, LAYERS)


def test_a_folder_that_is_swapped_for_a_link_while_it_is_read_gives_nothing_of_others(tmp_path):
    """Who owns the folder can exchange it between two looks at it."""
    own, others, aside = tmp_path / "own", tmp_path / "others", tmp_path / "aside"
    for folder in (own, others):
        folder.mkdir()
        (folder / "layers.py").write_text(f"# {folder.name}\n")
    done = threading.Event()

    def swap():
        while not done.is_set():
            own.rename(aside)
            own.symlink_to(others)
            own.unlink()
            aside.rename(own)

    swapping = threading.Thread(target=swap)
    swapping.start()
    seen = []
    try:
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            try:
                seen.append(stage(own, LAYERS).source)
            except DataError:
                continue
    finally:
        done.set()
        swapping.join()
    assert set(seen) == {"# own\n"} and len(seen) > 20


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_hard_link_to_somebody_elses_file_is_not_read_and_one_to_ones_own_is(tmp_path):
    for name in ("student", "teacher"):
        (tmp_path / name).mkdir()
    (tmp_path / "solution.py").write_text("x = 1\n")
    for name in ("student", "teacher"):
        os.link(tmp_path / "solution.py", tmp_path / name / "layers.py")
    os.chown(tmp_path / "student", 65534, 65534)
    with pytest.raises(DataError, match="holds neither"):
        stage(tmp_path / "student", LAYERS)
    assert stage(tmp_path / "teacher", LAYERS).source == "x = 1\n"
