"""Which generation options a model takes: some servers refuse those that others want."""

from dataclasses import replace

from backlit.engines.base import Engine
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
