"""Reports of real runs, trained in seconds: one valid HTML file each, that needs nothing else, says what the folder says, and runs none of it."""

import base64
import json
import re
import shutil
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from click.testing import CliRunner

import netcore as nc
from netcore import recipes, report
from netcore.cli.app import app
from netcore.errors import CheckpointError
from netcore.report import page as page_module
from netcore.report.opened import duration
from netcore.report.page import Page, node, table

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

VOID = {"meta", "img", "br", "hr", "link", "input"}
HOSTILE = "<script>alert(1)</script>\" onload='x' & $\\frac{1"
RUNS = {
    "lenet": {"data": "digits", "limit": 150, "filters": 4, "hidden": 16},
    "vae": {"data": "digits", "limit": 150, "hidden": 24, "code": 3},
    "denoising": {"data": "digits", "limit": 150, "hidden": 24, "code": 2},
    "char-gru": {"limit": 1500, "hidden": 12, "embedding": 8},
    "series-lstm": {"limit": 60, "hidden": 6},
    "adding": {"limit": 60, "lag": 8, "hidden": 6},
    "copy": {"limit": 60, "lag": 4, "hidden": 6},
}  # fmt: skip
SECTIONS = {
    "lenet": ("What the first layer looks for", "What it takes for what", "Where it was most wrong", "How sure it is", "Which pixels matter"),
    "vae": ("What comes out", "Where most is lost", "The code", "The ledger of the ELBO"),
    "denoising": ("What comes out", "The code"),
    "char-gru": ("What it writes", "Where a text surprises it", "What each kind of character costs", "What its gates do"),
    "series-lstm": ("Foretold and true", "How far off", "What its gates do"),
    "adding": ("The sums", "How far back gradients reach"),
    "copy": ("What is written down", "How far back gradients reach"),
}
ALWAYS = ("Learning curves", "The network", "To do it again", "Configuration", "Data set", "Versions and time")


class Checked(HTMLParser):
    """A parser that finds tags that are left open or closed twice, and collects what a page consists of."""

    def __init__(self, content):
        super().__init__()
        self.open, self.tags, self.attributes, self.headings, self.text = [], [], [], [], ""
        self.feed(content)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


def page_of(path):
    """The parsed page, after everything that holds for each."""
    content = path.read_text(encoding="utf-8")
    assert content.startswith("<!DOCTYPE html>\n<html lang=\"en\">")
    page = Checked(content)
    assert not {"script", "link", "iframe", "object", "base", "form"} & set(page.tags)
    for tag, name, value in page.attributes:
        assert not name.startswith("on"), (tag, name)
        if name == "src":
            assert value.startswith("data:image/png;base64,")
            assert base64.b64decode(value.split(",")[1], validate=True).startswith(b"\x89PNG")
        elif name == "href":
            assert value.startswith("#")
    assert "://" not in re.sub(r"base64,[^\"]*", "", content)
    assert all(value for tag, name, value in page.attributes if (tag, name) == ("img", "alt"))
    assert page.tags.count("img") == sum((tag, name) == ("img", "alt") for tag, name, _ in page.attributes)
    return page


@pytest.fixture(autouse=True, scope="module")
def coarse():
    """Pictures of fewer pixels: what they show is the same, and they are made sooner."""
    before, page_module.DPI = page_module.DPI, 50
    yield
    page_module.DPI = before


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    nc.set_num_threads(1)
    for name, options in RUNS.items():
        recipes.train(recipes.get(name, epochs=1, **options), folder / name)
    return folder


@pytest.fixture(scope="module")
def written(runs):
    """The report of each, and that writing it changed nothing else."""
    before = {path: path.read_bytes() for path in runs.rglob("*.*") if path.is_file()}
    found = {name: report.write(runs / name) for name in RUNS}
    assert {path: path.read_bytes() for path in runs.rglob("*.*") if path.is_file() and path.name != "report.html"} == before
    return found


@pytest.mark.parametrize("name", RUNS)
def test_each_kind_of_network_has_its_report(name, runs, written):
    assert written[name] == runs / name / "report.html"
    page = page_of(written[name])
    assert set(page.headings) >= {*SECTIONS[name], *ALWAYS}
    assert page.tags.count("img") >= 3
    result = json.loads((runs / name / "result.json").read_text())
    for value in next(iter(result.values())).values():
        assert any(shown in page.text for shown in (f"{value:.4f}", f"{value:.2f}", f"{100 * value:.2f} %", f"{value:.1f}")), value


def test_the_command_repeats_the_run(runs, tmp_path):
    command = report.open_folder(runs / "lenet").command
    assert command == "netcore train lenet --data digits --epochs 1 --limit 150 --filters 4 --hidden 16 --run lenet-again"
    result = CliRunner().invoke(app, [*command.split()[1:-1], str(tmp_path / "again"), "--quiet"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "again/metrics.jsonl").read_text() == (runs / "lenet/metrics.jsonl").read_text()


def test_numbers_of_the_pictures_are_those_of_the_run(runs, written):
    page = page_of(written["lenet"])
    result = json.loads((runs / "lenet/result.json").read_text())["test"]
    wrong = round((1 - result["accuracy"]) * 150)
    assert f"{wrong} of 150 test images are named wrongly" in page.text
    ledger = page_of(written["vae"]).text
    assert f"{json.loads((runs / 'vae/result.json').read_text())['test']['loss']:.2f}" in ledger  # -ELBO, as the training measured it


def test_what_a_folder_says_stays_text(runs, tmp_path):
    """Class names, options, metrics, environment, the folder's own name: none becomes a tag, an attribute or a formula."""
    folder = tmp_path / "<img src=x onerror=alert(1)>"
    shutil.copytree(runs / "lenet", folder)
    config = json.loads((folder / "config.json").read_text())
    config["facts"]["classes"] = [f"{HOSTILE}{k}\x00\ud800" for k in range(10)]
    config["environment"] = {"<b>key": HOSTILE}
    (folder / "config.json").write_text(json.dumps(config))
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line | {f"val_{HOSTILE}": 0.5}) + "\n" for line in lines))
    (folder / "result.json").write_text(json.dumps({HOSTILE: {HOSTILE: 0.5}}))
    page = page_of(report.write(folder, tmp_path / "out.html"))
    assert "<script>alert(1)</script>" in page.text
    assert "<img src=x onerror=alert(1)>" in page.text
    assert HOSTILE in page.text
    assert "\x00" not in page.text


def test_a_page_holds_any_text():
    made = Page("<title> & \"quotes\"")
    made.add("a < b", "x", node("em", "é\x01", title="\"'<>&"), table([("<td>", "1")], ("h", "n>"), foot=("all", "2")))
    page = Checked(made.html("head"))
    assert ("em", "title", "\"'<>&") in page.attributes
    assert "é\N{REPLACEMENT CHARACTER}" in page.text and "<td>" in page.text
    assert page.headings == ["a < b"]
    assert ("meta", "content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'") in page.attributes


def test_without_the_data_the_rest_is_there(runs, tmp_path, monkeypatch):
    (tmp_path / "nothing").mkdir()
    monkeypatch.setenv("NETCORE_DATA", str(tmp_path / "nothing"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shutil.copytree(runs / "lenet", tmp_path / "run")
    config = json.loads((tmp_path / "run/config.json").read_text())
    config["options"]["data"] = "mnist"
    (tmp_path / "run/config.json").write_text(json.dumps(config))
    page = page_of(report.write(tmp_path / "run"))
    assert "Data are missing" in page.headings
    assert "netcore data fetch mnist" in page.text
    assert set(page.headings) >= {*ALWAYS, "What the first layer looks for"}


def test_a_run_that_goes_on_is_reported_as_such(runs, tmp_path):
    shutil.copytree(runs / "adding", tmp_path / "run")
    (tmp_path / "run/result.json").unlink()
    (tmp_path / "run/model.safetensors").unlink()
    with (tmp_path / "run/metrics.jsonl").open("a") as file:
        file.write('{"epoch": 2, "lo')  # its writer was killed
    page = page_of(report.write(tmp_path / "run"))
    assert "has not finished" in page.text and "after 1 of 1 epochs" in page.text


DAMAGE = {
    "no folder": (shutil.rmtree, "there is no folder"),
    "foreign folder": (lambda run: (run / "config.json").unlink(), "is not the folder of a run"),
    "config is no JSON": (lambda run: (run / "config.json").write_text("{"), "config.json"),
    "config of something else": (lambda run: (run / "config.json").write_text('{"a": 1}'), "not that of a recipe's run"),
    "no weights": (lambda run: [shutil.rmtree(run / "checkpoints"), (run / "model.safetensors").unlink()], "holds no weights yet"),
    "torn weights": (lambda run: (run / "model.safetensors").write_bytes(b"\x08"), "model.safetensors"),
    "wrong facts": (lambda run: rewrite(run, facts={"kind": "images"}), "do not fit together"),
    "other weights": (lambda run: rewrite(run, options={"data": "digits", "hidden": 17}), "fc|weight|shape|size"),
    "damaged metrics": (lambda run: (run / "metrics.jsonl").write_text('{"epoch": 1, "loss"\n{"epoch": 2}\n'), "metrics.jsonl, line 1"),
    "metrics of another kind": (lambda run: (run / "metrics.jsonl").write_text('["epoch"]\n'), "not the numbers of an epoch"),
    "metrics in bytes": (lambda run: (run / "metrics.jsonl").write_bytes(b"\xff\xfe\n"), "metrics.jsonl cannot be read"),
    "damaged result": (lambda run: (run / "result.json").write_text('{"test": 3}'), "not the result of a run"),
}


def rewrite(run, **changes):
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps(config | changes))


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_folder_gets_one_clear_line(damage, runs, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(runs / "lenet", run, ignore=shutil.ignore_patterns("report.html"))
    spoil, message = DAMAGE[damage]
    spoil(run)
    with pytest.raises(CheckpointError, match=message):
        report.write(run)
    result = CliRunner().invoke(app, ["report", str(run)])
    assert result.exit_code == 2 and result.output.startswith("netcore: ") and result.output.count("\n") == 1, result.output
    assert not (run / "report.html").exists()


def test_the_command(runs, tmp_path):
    result = CliRunner().invoke(app, ["report", str(runs / "adding"), "--out", str(tmp_path / "a.html")])
    assert result.exit_code == 0 and "a.html" in result.output
    page_of(tmp_path / "a.html")
    result = CliRunner().invoke(app, ["report", str(runs / "adding"), "--out", str(tmp_path / "no/such/a.html")])
    assert result.exit_code == 2 and "cannot write" in result.output


def test_without_matplotlib_there_is_one_line(runs, monkeypatch):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    result = CliRunner().invoke(app, ["report", str(runs / "adding")])
    assert result.exit_code == 2 and "pictures need matplotlib" in result.output and result.output.count("\n") == 1


def test_durations():
    assert [duration(s) for s in (0.0712, 48.2, 200, 7500)] == ["0.0712 s", "48.2 s", "3 min 20 s", "2 h 5 min"]


def test_the_loss_of_each_character_is_the_models_own(runs):
    from netcore.report.language import bits

    _, _, net = recipes.open_run(runs / "char-gru")
    tokens = np.random.default_rng(0).integers(0, 70, 40)
    logits, _ = net.forward(tokens[None, :-1])
    assert bits(net, tokens).mean() * np.log(2) == pytest.approx(nc.CrossEntropyLoss().forward(logits[0], tokens[1:]), rel=1e-5)
