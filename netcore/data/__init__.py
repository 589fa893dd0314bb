"""Data sets, minibatches, augmentation. Read `datasets.py` first, then `loader.py`."""

from netcore.data import augment
from netcore.data.augment import Compose, Crop, Cutout, Flip, Noise, Shift
from netcore.data.dataset import Dataset
from netcore.data.datasets import load
from netcore.data.download import fetch
from netcore.data.loader import DataLoader
from netcore.data.registry import describe, names, verify
from netcore.data.sequences import Chunk, SequenceLoader, TextLoader
from netcore.data.text import load_text
from netcore.data.ts_format import load_ts
from netcore.data.vocabulary import Vocabulary
from netcore.data.windows import Windows, windows

__all__ = [
    "Chunk", "Compose", "Crop", "Cutout", "DataLoader", "Dataset", "Flip", "Noise", "SequenceLoader", "Shift",
    "TextLoader", "Vocabulary", "Windows", "augment", "describe", "fetch", "load", "load_text", "load_ts", "names",
    "verify", "windows",
]  # fmt: skip
