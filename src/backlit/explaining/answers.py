"""An answer in any of the forms that people have it in: text, or ids as a model writes them."""

from collections.abc import Iterable
from operator import index
from typing import SupportsIndex

from backlit.errors import TargetError

Answer = str | Iterable[SupportsIndex]
"""A response or a foil: text, or ids, also as an array or a tensor of one dimension."""


def as_answer(value: object, name: str) -> str | list[int]:
    """The answer that is meant.

    Args:
        value: text or ids.
        name: what it is, for messages to people.

    Raises:
        TargetError: something else.
    """
    if isinstance(value, str):
        return value
    try:
        if isinstance(value, Iterable) and not isinstance(value, bytes | dict):
            return [index(token_id) for token_id in value]
    except TypeError:
        pass
    raise TargetError(
        f"A {name} can't be of type {type(value).__name__}.",
        "Give text, or a list of the model's token ids.",
    )
