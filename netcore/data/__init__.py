"""Data sets, minibatches, augmentation. Read `datasets.py` first, then `loader.py`."""

from netcore.data.dataset import Dataset
from netcore.data.datasets import load
from netcore.data.loader import DataLoader
from netcore.data.registry import describe, names, verify
from netcore.data.sequences import Chunk, SequenceLoader, TextLoader
from netcore.data.text import load_text
from netcore.data.vocabulary import Vocabulary
from netcore.data.windows import Windows, windows

__all__ = [
    "Chunk", "DataLoader", "Dataset", "SequenceLoader", "TextLoader", "Vocabulary", "Windows", "describe", "load",
    "load_text", "names", "verify", "windows",
]  # fmt: skip
