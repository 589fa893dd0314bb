"""A character model: two LSTM layers of 256 units read a text and predict each next character (Karpathy, 2015)."""

from netcore.recipes.language import character_model, prepare_language_model
from netcore.recipes.recipe import Options, Recipe, Training


def prepare(options: Options) -> Training:
    return prepare_language_model("lstm", options)


RECIPE = Recipe(
    "char-lstm", "character model with two LSTM layers", "language", "persuasion", epochs=12, small_epochs=10, batch_size=64, lr=4e-3,
    network=character_model, prepare=prepare, others=("tiny-shakespeare", "text:PATH"),
)  # fmt: skip
