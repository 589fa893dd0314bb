"""What the character models share: a text, cut for truncated backpropagation through time, and a network that carries state.

    tokens (B, T) -> Embedding -> LSTM or GRU, from the state that the last chunk ended with -> dropout -> Linear -> logits

Source: A. Graves, "Generating sequences with recurrent neural networks", 2013.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

import netcore as nc
from netcore.data import TextLoader, load
from netcore.errors import ArgumentError
from netcore.layers.network import Network
from netcore.recipes.base import Facts, Prepared, Recipe
from netcore.training import LanguageModel


class CharacterModel(Network):
    """forward(tokens (B, T), state) -> (logits (B, T, K), state); backward(dlogits). State None begins anew."""

    def __init__(self, rnn: Any, symbols: int, embedding: int, dropout: float) -> None:
        self.embedding = nc.Embedding(symbols, embedding)
        self.rnn = rnn
        self.dropout = nc.Dropout(dropout)
        self.head = nc.Linear(rnn.hidden_size, symbols)
        self.assign_paths()

    def _forward(self, tokens: np.ndarray, state: Any = None) -> tuple[Any, None]:
        h, state = self.rnn._run_forward(self.embedding._run_forward(tokens), state)
        return (self.head._run_forward(self.dropout._run_forward(h)), state), None

    def _backward(self, dlogits: np.ndarray, cache: None = None, needs_input: bool = True) -> None:
        dh = self.dropout._run_backward(self.head._run_backward(dlogits))
        dx, _ = self.rnn._run_backward(dh)  # the gradient of the state ends here: that is the truncation
        self.embedding._run_backward(dx, needs_input=False)


@dataclass
class CharacterRecipe(Recipe):
    """Base of the recipes for character models."""

    cell: ClassVar[Any]

    data: str = "persuasion"
    full_epochs: ClassVar[int] = 8
    small_epochs: ClassVar[int] = 6
    weight_decay: float = 1e-2
    batch_size: Annotated[int, "streams that are read side by side"] = 32
    lr: float = 4e-3
    clip: float = 1.0
    steps: Annotated[int, "characters between two updates: the reach of the truncated gradient"] = 64
    hidden: Annotated[int, "size of the state"] = 256
    layers: Annotated[int, "recurrent layers on one another"] = 2
    embedding: Annotated[int, "numbers that stand for a character"] = 64
    dropout: Annotated[float, "share of the state that a step hides from what follows"] = 0.2

    def prepare(self, root: Any = None) -> Prepared:
        train = load(self.data, "train", root)
        symbols = train.vocabulary.symbols if train.vocabulary is not None else ""
        if not symbols:
            raise ArgumentError(f"data set {self.data!r} is no text; `netcore data list` shows the texts, or take text:PATH")
        val = load(self.data, "validation", root)
        if self.limit:
            train, val = train.take(slice(0, self.limit)), val.take(slice(0, self.limit))
        facts = {"kind": "text", "symbols": symbols}
        held_out = TextLoader(val, batch_size=min(self.batch_size, max((len(val) - 1) // 2, 1)), steps=256)
        return Prepared(TextLoader(train, batch_size=self.batch_size, steps=self.steps), held_out, held_out, facts, "validation")

    def network(self, facts: Facts) -> CharacterModel:
        rnn = self.cell(self.embedding, self.hidden, num_layers=self.layers, dropout=self.dropout, return_state=True)
        return CharacterModel(rnn, len(facts["symbols"]), self.embedding, self.dropout)

    def task(self, net: nc.Layer) -> LanguageModel:
        return LanguageModel(net, nc.CrossEntropyLoss())
