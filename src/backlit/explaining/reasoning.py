"""The reasoning: what a model wrote before the target, and how it is written anew.

Where a model reasons before it answers, taking a part of the prompt away has two effects. With the
reasoning as it stands, only what the target gets from the part directly is lost; with the reasoning
written anew, without the part, so is what came through it: the direct and the total effect (Pearl
2001, arXiv:1301.2300). Bogdan et al. 2025 (arXiv:2506.19143) measure sentences of a reasoning by
writing on from them anew.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backlit.engines.base import Engine
from backlit.explaining.blocks import block_of, may_begin
from backlit.segments import token_spans
from backlit.types import GenerationOptions, Granularity, Span, Target, TokenSequence

UNITS: tuple[Granularity, ...] = ("line", "sentence")
_LABEL = re.compile(r"\s*[^\s:][^\n:]{0,39}:")  # "Recommendation:", "Final answer:"
_BLANK_LINE = re.compile(r"\n\s*\n")
MORE = 32  # tokens that a new reasoning may be longer than twice the one it replaces
CLOSING = 8  # tokens that close a block


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What stands between the prompt and a target.

    Attributes:
        span: tokens that a model could write anew.
        lead_in: tokens between those and the target, in its own line or sentence, such as
            `Recommendation:`; often none.
        label: text that announces the target: the lead-in, or such a word in the target itself.
        unit: of which `span` is a number of whole ones.
        begin: token behind the block that ends in it, and behind the blanks there; that of `span`
            if none does.
        block: name of that block, as `think`; None if there is none.
    """

    span: Span
    lead_in: Span
    label: str
    unit: Granularity
    begin: int
    block: str | None = None


def reasoning_before(sequence: TokenSequence, target: Target) -> Reasoning | None:
    """The lines of the response before the target's, or its sentences if it is one line.

    Returns:
        None if the target stands in the first.
    """
    first = sequence.prompt_length
    begin, name = first, None
    block = block_of(sequence)
    if block and block.closed and block.stop <= target.start:
        begin, name = min(_past_blanks(sequence, block.stop), target.start), block.name
    for unit in UNITS:
        starts = [a for a, _ in token_spans(sequence, unit) if first <= a <= target.start]
        if starts and starts[-1] > first:
            start = max(starts[-1], begin)
            lead_in = (start, target.start)
            announced = _LABEL.match(_text(sequence, (target.start, target.stop)))
            label = _text(sequence, lead_in).strip() or (announced[0].strip() if announced else "")
            return Reasoning((first, start), lead_in, label, unit, begin, name)
    return None


def is_usual(sequence: TokenSequence, span: Span) -> bool:
    """Whether tokens of the response are those that the model finds likeliest, one by one."""
    tokens = sequence.tokens[span[0] : span[1]]
    return all(one.alternatives and one.alternatives[0].id == one.id for one in tokens)


def written_anew(
    engine: Engine,
    prompt: TokenSequence,
    sequence: TokenSequence,
    reasoning: Reasoning,
    seed: int | None = None,
) -> TokenSequence:
    """A prompt, a reasoning that the model writes for it, and the lead-in of the target.

    The new reasoning ends where the label comes as many times as it did, or else after as many
    lines or sentences; at the latest where the model ends, or a paragraph does if the old one was
    all in one. What stands in a block of its own ends nothing; one that stays open is closed.

    Args:
        engine: writes.
        prompt: what is read first, perhaps with parts taken away.
        sequence: that the reasoning is of.
        reasoning: what is replaced.
        seed: of a sample, at temperature 1; None is greedy.

    Returns:
        The prompt (`prompt_length` tokens of it) and all that is read before the target.
    """
    options = GenerationOptions(
        max_new_tokens=_room(engine, prompt, sequence, reasoning),
        temperature=0.0 if seed is None else 1.0,
        seed=seed,
    )
    ending = _Ending(prompt, sequence, reasoning)
    new, cut = prompt, None
    for step in engine.generate(prompt, options):
        new = new.extended(step.tokens)
        cut = ending.found(new)
        if cut is not None:
            break
    else:  # the model ended, or there was no more room
        cut = ending.at_last(new)
    if ending.open_block:
        new = _behind(engine, new, f"\n</{ending.open_block}>")
    blank = _blank_end(_text(sequence, reasoning.span))
    if cut is not None:
        new = _cut(new, cut.stop)
    if blank and not (cut and cut.blanks) and not new.text.endswith(blank):
        new = _behind(engine, new, blank)  # what follows stands on a line of its own, if it did
    if not blank:  # those are the target's
        new = _without_blanks(new)
    lead_ids = sequence.input_ids[reasoning.lead_in[0] : reasoning.lead_in[1]]
    return _behind(engine, new, lead_ids) if lead_ids else new


@dataclass(frozen=True, slots=True)
class _Cut:
    """Before which token a new reasoning ends, and whether it keeps the blanks it ends with."""

    stop: int
    blanks: bool


class _Ending:
    """Where a new reasoning ends, looked for at every new token.

    Args:
        prompt: it is written for.
        sequence: that the old one is of.
        reasoning: the old one.
    """

    def __init__(
        self, prompt: TokenSequence, sequence: TokenSequence, reasoning: Reasoning
    ) -> None:
        old = _text(sequence, (reasoning.begin, reasoning.span[1]))
        units = _units(sequence, reasoning.begin, reasoning.unit)
        whole = _text(sequence, reasoning.span)
        self._reasoning = reasoning
        self._prompt = prompt
        self._labels = old.count(reasoning.label) + 1 if reasoning.label else 0
        self._size = sum(start < reasoning.span[1] for start, _ in units)
        self._one_paragraph = not (reasoning.block or _BLANK_LINE.search(whole))
        self._block = block_of(prompt)
        self._seen = prompt.prompt_length
        self._begin: int | None = None if reasoning.block else prompt.prompt_length

    @property
    def open_block(self) -> str | None:
        """The name of the block that was not closed."""
        block = self._block if self._reasoning.block else None
        return block.name if block and not block.closed else None

    def found(self, new: TokenSequence) -> _Cut | None:
        """Where it ends, once that is there: at its label, else as long as the old one."""
        self._begin = self._begins(new) if self._begin is None else self._begin
        if self._begin is None:
            return None
        look = self._label_in if self._labels else self._as_long
        stop = look(new, self._begin)
        paragraph = self._paragraph_end(new, self._begin)
        if paragraph is not None and (stop is None or paragraph < stop):
            return self.at_last(_cut(new, paragraph)) or _Cut(paragraph, blanks=False)
        return None if stop is None else _Cut(stop, blanks=True)

    def at_last(self, new: TokenSequence) -> _Cut | None:
        """Where it ends if no more will be written: as long as the old one, if it is longer."""
        stop = None if self._begin is None else self._as_long(new, self._begin)
        return None if stop is None else _Cut(stop, blanks=True)

    def _begins(self, new: TokenSequence) -> int | None:
        """The token from which on it may end: behind its block and the blanks there.

        None while the block is open, or may be about to be, and nothing stands behind it.
        """
        fresh, self._seen = new.tokens[self._seen :], len(new.tokens)
        if any(">" in token.text for token in fresh):  # nothing else opens or closes one
            self._block = block_of(new)
        if self._block is None:
            may = may_begin(new.text[len(self._prompt.text) :])
            return None if may else new.prompt_length
        begin = _past_blanks(new, self._block.stop)
        return begin if self._block.closed and begin < len(new.tokens) else None

    def _label_in(self, new: TokenSequence, begin: int) -> int | None:
        """The token at which the label comes as many times as it did, if that was written."""
        label = self._reasoning.label
        at = _place(new, begin)
        for _ in range(self._labels):
            at = new.text.find(label, at)
            if at < 0:
                return None
            at += len(label)
        start = at - len(label)
        return next(i for i in range(begin, len(new.tokens)) if new.tokens[i].stop > start)

    def _as_long(self, new: TokenSequence, begin: int) -> int | None:
        """The token after as many lines or sentences, if another one has begun."""
        units = _units(new, begin, self._reasoning.unit)
        return units[self._size][0] if len(units) > self._size else None

    def _paragraph_end(self, new: TokenSequence, begin: int) -> int | None:
        """Where the first paragraph's text ends, if another has begun, as none had before."""
        paragraphs = _units(new, begin, "paragraph") if self._one_paragraph else []
        if len(paragraphs) < 2:
            return None
        end = paragraphs[0][1]
        while end > begin + 1 and not new.tokens[end - 1].text.strip():
            end -= 1
        return end


def _room(
    engine: Engine, prompt: TokenSequence, sequence: TokenSequence, reasoning: Reasoning
) -> int:
    """How many tokens may be written, so that what follows them can still be read."""
    start, end = reasoning.span
    most = 2 * (end - start) + MORE
    if engine.context_length is None:
        return most
    rest = len(sequence.tokens) - end + CLOSING
    return max(1, min(most, engine.context_length - len(prompt.tokens) - rest))


def _past_blanks(sequence: TokenSequence, start: int) -> int:
    """The first token from here on that is more than a blank."""
    rest = enumerate(sequence.tokens[start:], start=start)
    return next((i for i, token in rest if token.text.strip()), len(sequence.tokens))


def _units(sequence: TokenSequence, first: int, unit: Granularity) -> list[Span]:
    """Of the response from a token on; no more is looked at, as this is asked at every new one."""
    begin = _place(sequence, first)
    tokens = tuple(
        replace(token, start=token.start - begin, stop=token.stop - begin)
        for token in sequence.tokens[first:]
    )
    spans = token_spans(TokenSequence(sequence.text[begin:], tokens, 0), unit)
    return [(start + first, stop + first) for start, stop in spans]


def _place(sequence: TokenSequence, index: int) -> int:
    """The character at which a token begins."""
    return sequence.tokens[index].start if index < len(sequence.tokens) else len(sequence.text)


def _cut(sequence: TokenSequence, stop: int) -> TokenSequence:
    tokens = sequence.tokens[:stop]
    return TokenSequence(sequence.text[: tokens[-1].stop], tokens, sequence.prompt_length)


def _without_blanks(sequence: TokenSequence) -> TokenSequence:
    """Without those at its end that the response has."""
    end = len(sequence.tokens)
    while end > sequence.prompt_length and not sequence.tokens[end - 1].text.strip():
        end -= 1
    return _cut(sequence, end)


def _behind(engine: Engine, sequence: TokenSequence, more: str | Sequence[int]) -> TokenSequence:
    """The sequence and a text or ids, all of which then belongs to the response."""
    read = TokenSequence(sequence.text, sequence.tokens, len(sequence.tokens))
    longer = engine.append(read, more)
    return TokenSequence(longer.text, longer.tokens, sequence.prompt_length)


def _text(sequence: TokenSequence, span: Span) -> str:
    start, stop = span
    if start == stop:
        return ""
    return sequence.text[sequence.tokens[start].start : sequence.tokens[stop - 1].stop]


def _blank_end(text: str) -> str:
    return text[len(text.rstrip()) :]
