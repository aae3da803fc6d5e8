"""Parts of what is before a target, as people name them."""

from collections.abc import Sequence
from typing import Any

from backlit.errors import InputError
from backlit.explaining.targets import bounds, places, tokens_at, which_of
from backlit.types import Span, Target, TokenSequence

PartsLike = str | Span | Sequence[str | Span]
"""What a person may give as parts: words, a token span, or several of those."""


def select_parts(sequence: TokenSequence, target: Target, parts: PartsLike) -> tuple[Span, ...]:
    """The token spans that are meant, in order.

    Args:
        sequence: a prompt and its response.
        target: only what is before it can have led to it.
        parts: words as they stand there, token spans, or several of those.

    Raises:
        InputError: nothing, or something that is not before the target or stands there twice.
    """
    several: Sequence[Any] = (parts,) if isinstance(parts, str) or bounds(parts) else tuple(parts)
    if not several:
        raise InputError("No part is named.", "Give words of the prompt, or a token span.")
    return tuple(sorted({_select(sequence, target, one) for one in several}))


def _select(sequence: TokenSequence, target: Target, part: object) -> Span:
    """The token span of one."""
    if not isinstance(part, str):
        span = bounds(part)
        if span is None or not 0 <= span[0] < span[1] <= target.start:
            raise InputError(
                f"{part!r} is no part of what is before the target.",
                f"Give words that stand there, or a token span in 0:{target.start}.",
            )
        return span
    text = sequence.text[: sequence.tokens[target.start].start]
    spans = [tokens_at(sequence, place) for place in places(text, part)] if part else []
    spans = [(start, min(stop, target.start)) for start, stop in spans]
    if not spans:
        raise InputError(
            f"What is before the target does not contain {part!r}.",
            "Give words as they stand there.",
        )
    if len(spans) > 1:
        raise InputError(
            f"{part!r} stands {len(spans)} times before the target.",
            which_of(spans),
        )
    return spans[0]
