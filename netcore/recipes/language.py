"""A language model of characters: embedding, recurrent layers, dropout, a linear head; its state goes in and comes out."""

from typing import Any

import numpy as np

from netcore import data
from netcore.data import TextLoader, Vocabulary
from netcore.errors import ArgumentError
from netcore.layers import GRU, LSTM, Dropout, Embedding, Linear
from netcore.layers.network import Network
from netcore.losses import CrossEntropyLoss
from netcore.optim import AdamW, OneCycleLR
from netcore.recipes.recipe import Facts, Options, Training, steps
from netcore.rng import as_generator
from netcore.training import LanguageModel

CELLS = {"lstm": LSTM, "gru": GRU}
STEPS = 64  # characters between two truncations of backpropagation through time


class CharacterModel(Network):
    """tokens (N, T), state -> logits (N, T, symbols), state. Passing the state on by hand is truncated backpropagation:
    its values reach the next chunk, its gradient does not come back."""

    def __init__(self, symbols: int, cell: str = "lstm", embedding: int = 64, hidden: int = 256, layers: int = 2, dropout: float = 0.2) -> None:
        self.embedding = Embedding(symbols, embedding)
        self.recurrent = CELLS[cell](embedding, hidden, layers, dropout=dropout, return_state=True)
        self.dropout = Dropout(dropout)
        self.head = Linear(hidden, symbols)
        self.assign_paths()

    def _forward(self, tokens: np.ndarray, state: Any = None) -> tuple[Any, None]:
        h, state = self.recurrent._run_forward(self.embedding._run_forward(tokens), state)
        return (self.head._run_forward(self.dropout._run_forward(h)), state), None

    def _backward(self, dy: np.ndarray, cache: None, needs_input: bool = True) -> None:
        dh = self.dropout._run_backward(self.head._run_backward(dy))
        dx, _ = self.recurrent._run_backward(dh)
        self.embedding._run_backward(dx)


def prepare_language_model(cell: str, options: Options) -> Training:
    """First 90 % of a text to train, last 10 % to validate."""
    train, val = (data.load(str(options.data), split=split, root=options.data_dir) for split in ("train", "validation"))
    if train.vocabulary is None:
        raise ArgumentError(f"this recipe needs a text; {options.data!r} is none")
    text = train.x if options.limit is None else train.x[: options.limit]
    facts = {"symbols": train.vocabulary.symbols, "cell": cell}
    net = character_model(facts, options)
    loss = CrossEntropyLoss()
    optimizer = AdamW(net.parameters(), lr=float(options.lr or 0), weight_decay=1e-2)
    loader = TextLoader(text, options.batch_size or 1, STEPS, drop_last=True)
    return Training(
        facts, net, loss, optimizer, loader, TextLoader(val.x, 16, 256), LanguageModel(net, loss),
        OneCycleLR(optimizer, optimizer.lr, steps(loader, options), pct_start=0.1), clip=1.0,
    )  # fmt: skip


def character_model(facts: Facts, options: Options) -> CharacterModel:
    return CharacterModel(len(facts["symbols"]), facts["cell"])


def sample(net: CharacterModel, vocabulary: Vocabulary, length: int, prompt: str = "\n", temperature: float = 0.8, rng: Any = None) -> str:
    """`length` characters that the model writes after `prompt`; a lower temperature keeps to what is likely.

    p(symbol) ∝ exp(logit / temperature); temperature 0 takes the likeliest.
    """
    generator = as_generator(rng)
    if temperature < 0:
        raise ArgumentError(f"temperature must be at least 0, got {temperature}")
    mode = net.training
    net.eval()
    tokens = vocabulary.encode(prompt or "\n")[None, :]
    state, written = None, []
    for _ in range(length):
        logits, state = net.forward(tokens, state)
        last = logits[0, -1].astype(np.float64)
        if temperature == 0:
            token = int(last.argmax())
        else:
            p = np.exp((last - last.max()) / temperature)
            token = int(generator.choice(len(p), p=p / p.sum()))
        written.append(token)
        tokens = np.array([[token]])
    net.train(mode)
    return vocabulary.decode(written)
