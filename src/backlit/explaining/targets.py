"""What is explained: a part of the response, and what might have stood in its place."""

from collections.abc import Sequence
from dataclasses import replace

from backlit.engines.base import Engine
from backlit.errors import TargetError
from backlit.types import Foil, Span, Target, TokenSequence


def select_target(sequence: TokenSequence, select: str | Span | None) -> Target:
    """The target that `select` names.

    Args:
        sequence: a prompt and its response.
        select: words of the response (their last occurrence), a token span, or None for the
            whole response.

    Raises:
        TargetError: there is no response, or it has no such words or tokens.
    """
    first, end = sequence.prompt_length, len(sequence.tokens)
    if first == end:
        raise TargetError("There is no response to explain.", "Generate one, or give a target.")
    if first == 0:
        raise TargetError("There is nothing before the response.", "Give a prompt.")
    if select is None:
        return Target(first, end)
    if not isinstance(select, str):
        start, stop = select
        if not first <= start < stop <= end:
            raise TargetError(
                f"The token span {start}:{stop} is not in the response.",
                f"The response is tokens {first}:{end}.",
            )
        return Target(start, stop)
    begin = sequence.text.rfind(select) if select else -1
    if begin < len(sequence.prompt.text):
        raise TargetError(
            f"The response does not contain {select!r}.",
            "Select words as they stand in the response, or leave the selection out.",
        )
    inside = [
        i
        for i in range(first, end)
        if sequence.tokens[i].start < begin + len(select) and sequence.tokens[i].stop > begin
    ]
    return Target(inside[0], inside[-1] + 1)


def with_foil(
    engine: Engine, sequence: TokenSequence, target: Target, foil: str | Sequence[int]
) -> Target:
    """The target, asked why it is not the foil: a text, or ids as the model would write them.

    Spaces before the target's words stand before a foil's text too.

    Raises:
        TargetError: the foil is empty, the same as the target, or the tokenizer can't write it.
    """
    tokens = sequence.tokens[target.start : target.stop]
    told = sequence.text[tokens[0].start : max(token.stop for token in tokens)]
    if not foil or (isinstance(foil, str) and not foil.strip()):
        raise TargetError("The foil is empty.", "Type what the model might have said instead.")
    if isinstance(foil, str) and foil[0] == foil.lstrip()[0]:
        foil = told[: len(told) - len(told.lstrip())] + foil
    before = TokenSequence(
        sequence.text[: tokens[0].start], sequence.tokens[: target.start], target.start
    )
    whole = engine.append(before, foil)
    ids = whole.input_ids[target.start :]
    text = whole.text[len(before.text) :] or "".join(t.text for t in whole.tokens[target.start :])
    if text.strip() == told.strip() or ids == sequence.input_ids[target.start : target.stop]:
        raise TargetError(
            "The foil is the target itself.", "Type something that the model did not say."
        )
    return replace(target, foil=Foil(ids, text))
