"""What is known of a model beside what it does: the options that it takes, and its weights."""

from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b

import numpy as np

from backlit.engines.base import Engine, FloatArray
from backlit.types import GenerationOptions


def untaken_by(engine: Engine) -> frozenset[str]:
    """The options that a model does not take, so that they are its own: `temperature`, `top_p`,
    `seed`; an engine says so by an attribute `untaken`.
    """
    untaken: frozenset[str] = getattr(engine, "untaken", frozenset())
    return untaken


def as_taken(engine: Engine, options: GenerationOptions) -> GenerationOptions:
    """Options as an engine takes them, for the record: nothing is said of those it does not."""
    untaken = untaken_by(engine)
    return replace(
        options,
        temperature=None if "temperature" in untaken else options.heat,
        top_p=1.0 if "top_p" in untaken else options.top_p,
        seed=None if "seed" in untaken else options.seed,
    )


NUMBERS = 16  # of each weight that are looked at


def weights_of(engine: Engine) -> str | None:
    """A digest by which one model is told from another of its name; an engine that can tell has
    `sampled_weights`, an iterator of names and numbers.
    """
    sampled = getattr(engine, "sampled_weights", None)
    return None if sampled is None else digest_of(sampled())


def digest_of(weights: Iterable[tuple[str, FloatArray]]) -> str:
    """A digest of numbers by their names."""
    found = blake2b(digest_size=12)
    for name, numbers in weights:
        found.update(name.encode())
        found.update(np.asarray(numbers, dtype=np.float64).tobytes())
    return found.hexdigest()
