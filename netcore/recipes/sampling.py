"""Text from a character model: one character at a time, each put in again as the next input, the state handed on.

    p(symbol) ∝ exp(logit / temperature)        a low temperature keeps to what is likely, 0 always takes the likeliest
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from netcore import checks
from netcore.data import Vocabulary
from netcore.layers import Layer
from netcore.rng import as_generator


def sample(net: Layer, vocabulary: Vocabulary, length: int, prompt: str = "", temperature: float = 0.8, rng: Any = None) -> Iterator[str]:
    """The `length` characters that the model writes after `prompt`, one by one. Leaves the network in eval mode."""
    checks.at_least("length", length, 0)
    checks.number("temperature", temperature, 0)
    generator = as_generator(rng)
    net.eval()
    tokens, state = vocabulary.encode(prompt or first_symbol(vocabulary))[None, :], None
    for _ in range(length):
        logits, state = net.forward(tokens, state)
        token = draw(logits[0, -1].astype(np.float64), temperature, generator)
        yield vocabulary.decode([token])
        tokens = np.array([[token]])


def draw(logits: np.ndarray, temperature: float, rng: np.random.Generator) -> int:
    """One token from softmax(logits / temperature)."""
    if temperature == 0:
        return int(logits.argmax())
    p = np.exp((logits - logits.max()) / temperature)
    return int(rng.choice(len(p), p=p / p.sum()))


def first_symbol(vocabulary: Vocabulary) -> str:
    """What stands before a text that has no prompt: the end of a line, where the text has lines."""
    return "\n" if "\n" in vocabulary.symbols else vocabulary.symbols[0]
