"""save and load: whole files or none, and a clear error for everything else."""

import os
import resource
import subprocess
import sys

import numpy as np
import pytest

import netcore as nc
from netcore.checkpoint import load_metadata


def test_all_kinds_of_arrays_survive(tmp_path):
    path = tmp_path / "a.safetensors"
    arrays = {
        "f32": np.arange(6, dtype=np.float32).reshape(2, 3), "f64": np.array(1.5), "i64": np.arange(3), "flag": np.array([True, False]),
        "empty": np.zeros((0, 4), np.float32), "strided": np.arange(12.0).reshape(3, 4)[::2, ::-1], "big": np.arange(3, dtype=">f4"),
    }  # fmt: skip
    nc.save(path, arrays, {"note": "ä"})
    found = nc.load(path)
    assert found.keys() == arrays.keys()
    for name, value in arrays.items():
        np.testing.assert_array_equal(found[name], value)
        assert found[name].shape == value.shape
    assert load_metadata(path) == {"note": "ä"}
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


def test_a_network_round_trips(tmp_path):
    net = nc.Sequential(nc.Conv2d(1, 2, 3), nc.BatchNorm2d(2))
    nc.save(tmp_path / "net", net)
    other = nc.Sequential(nc.Conv2d(1, 2, 3), nc.BatchNorm2d(2))
    other.load_state_dict(nc.load(tmp_path / "net"))
    assert all(np.array_equal(value, other.state_dict()[name]) for name, value in net.state_dict().items())


@pytest.mark.parametrize("content", [b"", b"abc", b"\xff" * 100, b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_damaged_files(tmp_path, content):
    path = tmp_path / "broken.safetensors"
    path.write_bytes(content)
    try:
        assert nc.load(path) == {}
    except nc.CheckpointError as error:
        assert "broken.safetensors" in str(error)


def test_truncated_at_every_tenth_byte(tmp_path):
    whole = tmp_path / "whole"
    nc.save(whole, nc.Linear(5, 4))
    content = whole.read_bytes()
    for size in range(0, len(content) - 1, 10):
        (tmp_path / "cut").write_bytes(content[:size])
        with pytest.raises(nc.CheckpointError, match="cut is no safetensors file"):
            nc.load(tmp_path / "cut")


def test_missing_directory_and_wrong_things(tmp_path):
    with pytest.raises(nc.CheckpointError, match=r"cannot read .*none: No such file"):
        nc.load(tmp_path / "none")
    with pytest.raises(nc.CheckpointError, match="cannot read"):
        nc.load(tmp_path)
    with pytest.raises(nc.CheckpointError, match=r"cannot write .*what was there before is unchanged"):
        nc.save(tmp_path / "no" / "such", nc.Linear(2, 2))
    with pytest.raises(nc.CheckpointError, match="takes a layer or a dict"):
        nc.save(tmp_path / "x", [1, 2])
    with pytest.raises(nc.CheckpointError, match="holds arrays of numbers"):
        nc.save(tmp_path / "x", {"a": np.array(["text"])})


def test_a_full_disk_leaves_the_old_file(tmp_path):
    """A limit on the size of files stands in for a full disk; the process is its own, since the limit stays."""
    path = tmp_path / "net"
    nc.save(path, {"a": np.ones(10, np.float32)})
    before = path.read_bytes()
    code = (
        "import resource, signal, sys, numpy as np, netcore as nc\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: nc.save(sys.argv[1], {'a': np.ones(100000, np.float32)})\n"
        "except nc.CheckpointError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, env=os.environ)
    assert "cannot write" in done.stdout
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["net"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 4096
