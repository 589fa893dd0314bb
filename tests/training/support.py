"""A small training on the embedded digits, and the same one in a process of its own."""

import subprocess
import sys
from pathlib import Path

import numpy as np

import netcore as nc
from netcore.training import Classification

SCRIPT = """
import sys
import netcore as nc
from netcore import recipes
from netcore.training import Run
nc.set_num_threads(1)
folder, name, resume, options = sys.argv[1], sys.argv[2], sys.argv[3] == "1", eval(sys.argv[4])
recipes.train(recipes.get(name, **options), Run(folder, save_every=2), resume=resume)
"""


def start(folder: Path, name: str, resume: bool, **options: object) -> subprocess.Popen:
    command = [sys.executable, "-c", SCRIPT, str(folder), name, str(int(resume)), repr(options)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def parts(seed: int = 1, batch_size: int = 64, samples: int = 320):
    """net, loss, optimiser, training loader, validation loader."""
    nc.manual_seed(seed)
    digits = nc.data.load("digits")
    train, val = digits.take(slice(0, samples)), digits.take(slice(1000, 1100))
    net = nc.Sequential(nc.Flatten(), nc.Linear(64, 24), nc.ReLU(), nc.Dropout(0.2), nc.Linear(24, 10))
    optimizer = nc.Adam(net.parameters(), lr=5e-3)
    noisy = nc.data.DataLoader(train, batch_size=batch_size, shuffle=True, transform=nc.data.Noise(0.1))
    loaders = noisy, nc.data.DataLoader(val, batch_size=50)
    return net, nc.CrossEntropyLoss(), optimizer, *loaders


def weights(net: nc.Layer) -> np.ndarray:
    return np.concatenate([p.data.ravel() for p in net.parameters()])


def task(net: nc.Layer) -> Classification:
    return Classification(net, nc.CrossEntropyLoss())
