"""Texts of which blocks are left: what mattered is seen, what it says is not."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from backlit.explanation.attribution import Attribution, Share
from backlit.explanation.generation import Generation
from backlit.segments import segment_of
from backlit.types import Prompt, Segment, Target, Token, TokenSequence

BLOCK = "█"
WORDS = re.compile(r"\S")

S = TypeVar("S", bound=Segment)
Maps = tuple[Attribution, ...]


def without_prompt(generation: Generation, maps: Maps) -> tuple[Generation, Maps]:
    """A block for each character of what the model read; blanks, lengths and scores stay.

    That is by place, not by role: a chat template may put a message's words where it likes. What
    the model wrote stays as it is, also where it repeats the prompt.
    """
    length = generation.sequence.prompt_length
    shown, maps = _masked(generation, maps, lambda i, token: i < length)
    options = shown.options and replace(shown.options, stop=())  # they are often the prompt's own
    maps = tuple(replace(one, share=_without_stop(one.share)) for one in maps)
    return replace(shown, prompt=_prompt(shown.prompt), options=options), maps


def without_model(generation: Generation, maps: Maps, name: str) -> tuple[Generation, Maps]:
    """Another name; blocks for what a template added, and no ids: both would tell whose it is."""
    shown, maps = _masked(generation, maps, lambda i, token: token.role == "template")
    sequence = shown.sequence
    tokens = tuple(_without_ids(token) for token in sequence.tokens)
    foilless = tuple(replace(one, target=_without_foil_ids(one)) for one in maps)
    return replace(shown, model=name, sequence=replace(sequence, tokens=tokens)), foilless


def blocks(text: str) -> str:
    """A block for each character but for blanks."""
    return WORDS.sub(BLOCK, text)


def without_options(one: Attribution) -> Attribution:
    """Without how the answers of a share were written; how many there were stays."""
    return replace(one, share=one.share and replace(one.share, options=None))


def _masked(
    generation: Generation, maps: Maps, hides: Callable[[int, Token], bool]
) -> tuple[Generation, Maps]:
    """With blocks for some tokens, in the text, in them, and wherever a map repeats it."""
    sequence = generation.sequence
    text = list(sequence.text)
    tokens = list(sequence.tokens)
    for i, token in enumerate(sequence.tokens):
        if not hides(i, token):
            continue
        text[token.start : token.stop] = blocks(sequence.text[token.start : token.stop])
        tokens[i] = replace(token, id=0, text=blocks(token.text), alternatives=())
    sequence = replace(sequence, text="".join(text), tokens=tuple(tokens))
    shown = replace(generation, sequence=sequence)
    return shown, tuple(_map(one, sequence) for one in maps)


def _map(one: Attribution, sequence: TokenSequence) -> Attribution:
    trace = one.trace and replace(one.trace, segments=_segments(one.trace.segments, sequence))
    return replace(one, segments=_segments(one.segments, sequence), pattern=None, trace=trace)


def _segments(segments: Sequence[S], sequence: TokenSequence) -> tuple[S, ...]:
    """With their words in a masked sequence."""
    texts = [segment_of(sequence, (one.start, one.stop)).text for one in segments]
    return tuple(replace(one, text=text) for one, text in zip(segments, texts, strict=True))


def _prompt(prompt: Prompt) -> Prompt:
    if isinstance(prompt, str):
        return blocks(prompt)
    return tuple(replace(message, content=blocks(message.content)) for message in prompt)


def _without_stop(share: Share | None) -> Share | None:
    if share is None or share.options is None:
        return share
    return replace(share, options=replace(share.options, stop=()))


def _without_ids(token: Token) -> Token:
    others = tuple(replace(one, id=0) for one in token.alternatives)
    return replace(token, id=0, alternatives=others)


def _without_foil_ids(one: Attribution) -> Target:
    foil = one.target.foil
    return replace(one.target, foil=foil and replace(foil, ids=(0,) * len(foil.ids)))
