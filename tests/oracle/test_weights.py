"""Weights move both ways through safetensors files, unchanged, and give the same outputs in both engines."""

import numpy as np
import pytest

import netcore as nc
from tests.support import assert_close

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
files = pytest.importorskip("safetensors.torch")
T = torch.nn


class LastStep(T.Module):
    def forward(self, pair):
        return pair[0][:, -1]


PAIRS = {
    "convolutions": (
        lambda: nc.Sequential(
            nc.Conv2d(3, 8, 3, padding=1, groups=1), nc.BatchNorm2d(8), nc.ReLU(), nc.MaxPool2d(2), nc.Conv2d(8, 6, 3, stride=2, groups=2),
            nc.GroupNorm(3, 6), nc.ConvTranspose2d(6, 4, 3, stride=2), nc.Flatten(), nc.LayerNorm(196), nc.Linear(196, 5),
        ),
        lambda: T.Sequential(
            T.Conv2d(3, 8, 3, padding=1, groups=1), T.BatchNorm2d(8), T.ReLU(), T.MaxPool2d(2), T.Conv2d(8, 6, 3, stride=2, groups=2),
            T.GroupNorm(3, 6), T.ConvTranspose2d(6, 4, 3, stride=2), T.Flatten(), T.LayerNorm(196), T.Linear(196, 5),
        ),
        lambda rng: rng.standard_normal((2, 3, 14, 14)).astype(np.float32),
    ),
    "lstm": (
        lambda: nc.Sequential(nc.Embedding(11, 6), nc.LSTM(6, 7, num_layers=2, bidirectional=True), nc.Last(), nc.Linear(14, 3)),
        lambda: T.Sequential(T.Embedding(11, 6), T.LSTM(6, 7, num_layers=2, bidirectional=True, batch_first=True), LastStep(), T.Linear(14, 3)),
        lambda rng: rng.integers(0, 11, (4, 9)),
    ),
    "gru": (
        lambda: nc.Sequential(nc.GRU(5, 8, num_layers=2), nc.Last(), nc.Linear(8, 3)),
        lambda: T.Sequential(T.GRU(5, 8, num_layers=2, batch_first=True), LastStep(), T.Linear(8, 3)),
        lambda rng: rng.standard_normal((4, 9, 5)).astype(np.float32),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("direction", ["from PyTorch", "to PyTorch"])
def test_files_are_exchanged(name, direction, tmp_path):
    make_ours, make_theirs, make_input = PAIRS[name]
    nc.manual_seed(0)
    torch.manual_seed(0)
    ours, theirs, path = make_ours().eval(), make_theirs().eval(), tmp_path / "weights.safetensors"
    if direction == "from PyTorch":
        files.save_file(theirs.state_dict(), path)
        ours.load_state_dict(nc.load(path))
    else:
        nc.save(path, ours)
        theirs.load_state_dict(files.load_file(path))
    assert sorted(ours.state_dict()) == sorted(theirs.state_dict())
    for key, value in ours.state_dict().items():
        np.testing.assert_array_equal(value, theirs.state_dict()[key].numpy())
    x = make_input(np.random.default_rng(1))
    with torch.no_grad():
        expected = theirs(torch.tensor(x)).numpy()
    assert_close(ours.forward(x), expected, 1e-5)
