"""A model of your own as an engine: a function that scores, one that writes, or both."""

from backlit.engines.function.engine import from_function

__all__ = ["from_function"]
