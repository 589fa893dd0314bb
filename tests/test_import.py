"""`import netcore` loads what every program needs, and nothing else."""

import subprocess
import sys


def test_import_is_light():
    code = "import sys, numpy; before = set(sys.modules); import netcore; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    new = set(done.stdout.split())
    heavy = {"http.client", "ssl", "pooch", "matplotlib", "click", "rich", "torch", "sklearn", "numpy.random", "safetensors", "tempfile", "json"}
    heavy |= {f"netcore.{part}" for part in ("data", "cli", "training", "recipes", "plot")}
    assert not new & heavy
    assert len(new) < 105


def test_parts_are_loaded_when_they_are_used():
    code = "import netcore as nc; print(nc.data.load('digits').x.shape, nc.training.fit.__name__); nc.nothing"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["(1437,", "1,", "8,", "8)", "fit"]
    assert "module 'netcore' has no attribute 'nothing'" in done.stderr
