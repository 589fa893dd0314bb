"""Words from a run's folder, made fit for pictures and for readers."""

from netcore.training.progress import label

NAMES = {"kl": "KL divergence, nats", "bits_per_character": "bits a character"}


def named(metric: str) -> str:
    """A metric's name in a sentence.

    >>> named("squared_error"), named("kl")
    ('squared error', 'KL divergence, nats')
    """
    return NAMES.get(metric, label(metric))


def mathless(name: object, most: int = 24) -> str:
    """A name that a picture shows as it is: a dollar begins no formula, lines do not break, and it has an end.

    >>> print(mathless("$x$"), len(mathless("a" * 99)))
    \\$x\\$ 24
    """
    text = " ".join(str(name).split())
    text = text if len(text) <= most else text[: most - 1] + "…"
    return text.replace("$", r"\$")
