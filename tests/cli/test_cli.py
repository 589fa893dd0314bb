"""The commands, as people use them: what they print, what they leave, and one clear line for every error."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import netcore as nc
from netcore import recipes
from netcore.cli.app import COMMANDS, app


def invoke(*args, code=0):
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result.output


def shell(*args, **options):
    environment = os.environ | {"PYTHONPATH": str(Path(nc.__file__).parents[1])}
    return subprocess.run([sys.executable, "-m", "netcore", *map(str, args)], capture_output=True, text=True, env=environment, check=False, **options)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs of a classifier, an auto-encoder and a character model."""
    folder = tmp_path_factory.mktemp("runs")
    nc.set_num_threads(1)
    recipes.train(recipes.get("mlp", epochs=2, limit=200), folder / "mlp")
    recipes.train(recipes.get("conv-autoencoder", data="digits", epochs=1, limit=100), folder / "ae")
    recipes.train(recipes.get("char-lstm", epochs=1, limit=3000, hidden=16), folder / "char")
    return folder


# ---- help -------------------------------------------------------------------------------------------------------------


def test_help_fits_80_columns_and_every_option_has_some():
    pages = [("--help",), *((name, "--help") for name in COMMANDS), *(("train", name, "--help") for name in recipes.names())]
    pages += [("data", name, "--help") for name in ("list", "fetch", "verify")]
    for page in pages:
        text = invoke(*page)
        assert max(map(len, text.splitlines())) <= 80, page
        lines = text.split("Options:")[1].splitlines()
        options = [line for line in lines if line.startswith("  -")]
        assert options
        for at, line in enumerate(lines):
            if line.startswith("  -"):
                following = lines[at + 1] if at + 1 < len(lines) else ""
                assert len(line.split("  ")) > 2 or following.startswith(" " * 10), f"{page}: {line}"


def test_version():
    assert invoke("--version") == f"netcore {nc.__version__}\n"


# ---- commands ---------------------------------------------------------------------------------------------------------


def test_train_resume_eval(tmp_path):
    run = tmp_path / "run"
    out = invoke("train", "mlp", "--run", run, "--epochs", 2, "--limit", 100, "--threads", 1)
    assert "9,610 parameters" in out and "test" in out and f"netcore eval {run}" in out
    assert "epoch 2/2" in out
    assert (run / "figures" / "learning-curves.png").stat().st_size > 1000
    assert "(resumed)" in invoke("train", "mlp", "--run", run, "--resume")  # its options come from the run
    assert invoke("train", "mlp", "--run", run, "--resume", "--quiet") == ""
    found = json.loads(invoke("eval", run, "--json"))
    assert found["accuracy"] == json.loads((run / "result.json").read_text())["test"]["accuracy"]
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    best = json.loads(invoke("eval", run, "--split", "validation", "--best", "--json"))
    assert best["accuracy"] == max(row["val_accuracy"] for row in rows)


def test_train_chooses_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        invoke("train", "mlp", "--epochs", 1, "--limit", 50, "--quiet")
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["mlp-1", "mlp-2"]


def test_sample(runs):
    text = invoke("sample", runs / "char", "--length", 50, "--seed", 1, "--prompt", "She ")
    assert text.startswith("She ") and len(text) == 4 + 50 + 1
    assert text == invoke("sample", runs / "char", "--length", 50, "--seed", 1, "--prompt", "She ")


def test_predict_images(runs, tmp_path):
    digits = nc.data.load("digits", "test")
    np.save(tmp_path / "one.npy", digits.x[0, 0])
    np.save(tmp_path / "bytes.npy", np.round(digits.x[:3] * 255).astype(np.uint8))
    assert "%" in invoke("predict", runs / "mlp", tmp_path / "one.npy")
    assert invoke("predict", runs / "mlp", tmp_path / "bytes.npy").count("%") == 9
    assert invoke("predict", runs / "mlp", tmp_path / "bytes.npy", "--limit", 2).count("%") == 6
    assert "squared error" in invoke("predict", runs / "ae", tmp_path / "one.npy")
    idx = b"\x00\x00\x08\x03" + np.array([2, 8, 8], ">i4").tobytes() + bytes(128)
    (tmp_path / "images-idx3-ubyte").write_bytes(idx)
    assert invoke("predict", runs / "mlp", tmp_path / "images-idx3-ubyte").count("%") == 6


def test_predict_a_picture(runs, tmp_path):
    image = pytest.importorskip("matplotlib.image")
    grey = nc.data.load("digits", "test").x[0, 0]
    image.imsave(tmp_path / "digit.png", grey, cmap="gray", vmin=0, vmax=1)
    np.save(tmp_path / "digit.npy", grey)
    from_png, from_npy = (invoke("predict", runs / "mlp", tmp_path / f"digit.{kind}").split() for kind in ("png", "npy"))
    assert from_png[3:6:2] == from_npy[3:6:2]
    assert from_png != invoke("predict", runs / "mlp", tmp_path / "digit.png", "--invert").split()


def test_predict_text(runs, tmp_path):
    (tmp_path / "text.txt").write_text("She was a very good woman, and her friends were glad. " * 3)
    assert "nats per character" in invoke("predict", runs / "char", tmp_path / "text.txt")


def test_info():
    out = invoke("info")
    assert f"netcore:          {nc.__version__}" in out and "instruction set" in out
    assert out.count("ok: matrix product") == max(sum(here for _, here in nc.isa_levels()), 1)


def test_info_finds_what_is_wrong(monkeypatch):
    monkeypatch.setattr(nc.GELU, "_backward", lambda self, dy, cache, needs_input=True: 2 * dy)
    out = invoke("info", code=2)
    assert "the self-check failed" in out and "GELU" in out


def test_profile(runs, tmp_path):
    out = invoke("profile", "mlp", "--steps", 1, "--batch-size", 8, "--threads", 1)
    assert "forward phase" in out and "backward phase" in out and "product" in out and "roofline" in out
    assert max(map(len, out.splitlines())) <= 80
    found = json.loads(invoke("profile", runs / "char", "--steps", 1, "--json", "--figure", tmp_path / "step.png"))
    assert found["recipe"] == "char-lstm" and {cost["phase"] for cost in found["costs"]} >= {"data", "forward", "backward", "update", "between"}
    assert "fused sequence" in {cost["chosen"].split(",")[0] for cost in found["costs"]}
    assert (tmp_path / "step.png").stat().st_size > 1000
    assert "no recipe is called 'lenett'" in invoke("profile", "lenett", code=2)


def test_gradcheck():
    out = invoke("gradcheck", "conv2d", "LSTM")
    assert "Conv2d" in out and "LSTM" in out and "2 gradients agree" in out
    assert "no layer is called 'conv9'" in invoke("gradcheck", "conv9", code=2)


def test_data():
    out = invoke("data", "list")
    assert "digits" in out and "embedded" in out and "mnist" in out
    assert "ok" in invoke("data", "verify", "digits", "nile")
    assert "airline.csv" in invoke("data", "fetch", "airline")


# ---- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["train", "lenett"], "no recipe is called 'lenett'; did you mean 'lenet'"),
        (["train", "mlp", "--epochs", "many"], "'many' is not a valid integer"),
        (["train", "mlp", "--epochs", "-1"], "epochs"),
        (["train", "mlp", "--data", "nothing"], "no data set is called 'nothing'"),
        (["train", "mlp", "--data", "text:none.txt"], "none.txt"),
        (["train", "mlp", "--resume"], "--resume needs --run"),
        (["train", "mlp", "--data-dir", "no-such-folder", "--data", "mnist"], "no-such-folder"),
        (["frain"], "No such command 'frain'"),
        (["eval", "no-such-run"], "there is no folder no-such-run"),
        (["sample", "no-such-run"], "there is no folder no-such-run"),
        (["predict", "no-such-run", "x.npy"], "there is no folder no-such-run"),
        (["eval"], "Missing argument 'RUN'"),
        (["data", "verify", "nothing"], "no data set is called 'nothing'"),
        (["data", "fetch"], "Missing argument"),
        (["gradcheck", "--isa", "mmx"], "'mmx'"),
        (["sample", "x", "--temperature", "-1"], "temperature"),
    ],
)
def test_an_error_is_one_clear_line(args, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = invoke(*args, code=2)
    assert message in out
    assert out.count("\n") == 1 and out.startswith("netcore: "), out


def test_errors_that_need_a_run(runs, tmp_path):
    np.save(tmp_path / "big.npy", np.zeros((9, 9), np.float32))
    np.save(tmp_path / "words.npy", np.array(["a", "b"]))
    (tmp_path / "no.png").write_bytes(b"no picture")
    for args, message in (
        (("predict", runs / "mlp", tmp_path / "big.npy"), "images of 8x8"),
        (("predict", runs / "mlp", tmp_path / "words.npy"), "words.npy"),
        (("predict", runs / "mlp", tmp_path / "no.png"), "no.png"),
        (("predict", runs / "mlp", tmp_path / "absent.png"), "absent.png"),
        (("predict", runs / "char", tmp_path / "absent.txt"), "absent.txt"),
        (("sample", runs / "mlp"), "only character models write"),
        (("sample", runs / "char", "--prompt", "日本"), "character '日'"),
        (("train", "mlp", "--run", runs / "mlp"), "holds a run already"),
        (("train", "mlp", "--run", runs / "mlp", "--resume", "--lr", 0.5), "begun with lr=0.003"),
        (("eval", tmp_path), "is not the folder of a run"),
    ):
        out = invoke(*args, code=2)
        assert message in out and out.count("\n") == 1, out


def test_exit_codes_and_tracebacks_of_the_real_thing(tmp_path):
    failed = shell("eval", "no-such-run", cwd=tmp_path)
    assert failed.returncode == 2 and failed.stdout == "" and failed.stderr.count("\n") == 1
    debug = shell("eval", "no-such-run", "--debug", cwd=tmp_path)
    assert debug.returncode == 2 and "Traceback" in debug.stderr
    assert shell("--version").returncode == 0


def test_interrupted(tmp_path):
    """Ctrl-C: one line that says how to go on, and it does."""
    # Whoever runs the tests in the background ignores Ctrl-C, and so would the child.
    listening = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from netcore.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", listening, "train", "mlp", "--epochs", "5000", "--run", str(tmp_path / "run"), "--threads", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(200):
        if list(tmp_path.glob("run/checkpoints/step-*")):
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert err.splitlines()[-1] == f"netcore: interrupted; go on with: netcore train mlp --run {tmp_path / 'run'} --resume"
    assert "Traceback" not in err


def test_without_the_extra_there_is_one_line():
    code = "import sys; sys.modules['click'] = None; from netcore.cli import main; main(['--help'])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr == "netcore: the command line needs click; install it with: pip install 'netcore-nn[cli]'\n"
