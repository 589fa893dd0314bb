"""A character model with two GRU layers of 256 units (Cho et al., 2014); otherwise as char-lstm."""

from netcore.recipes.language import character_model, prepare_language_model
from netcore.recipes.recipe import Options, Recipe, Training


def prepare(options: Options) -> Training:
    return prepare_language_model("gru", options)


RECIPE = Recipe(
    "char-gru", "character model with two GRU layers", "language", "persuasion", epochs=12, small_epochs=10, batch_size=64, lr=3e-3,
    network=character_model, prepare=prepare, others=("tiny-shakespeare", "text:PATH"),
)  # fmt: skip
