"""The values that flow through Backlit: frozen, free of frameworks, JSON-ready.

Spans are half-open, `[start, stop)`. Token spans index `TokenSequence.tokens`;
character spans index `TokenSequence.text`, in Python code points.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from backlit.errors import OptionsError

if TYPE_CHECKING:
    pass

Granularity = Literal["token", "word", "sentence", "line", "paragraph", "custom"]
Aggregate = Literal["sum", "mean", "max"]
FinishReason = Literal["stop", "length", "context", "cancelled", "given"]
Verdict = Literal["holds", "weak", "chance"]
Span = tuple[int, int]
ParameterValue = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: str
    content: str


Prompt = str | tuple[Message, ...]
"""Raw text, continued as it stands, or chat messages for the model's template."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A token that could have stood at this place, and its log-probability in nats."""

    id: int
    text: str
    log_prob: float


@dataclass(frozen=True, slots=True)
class Token:
    """One id of the model's vocabulary and the characters it stands for.

    `text` is `TokenSequence.text[start:stop]`, or the token's name if it is `special` and
    stands for no characters (`<bos>`). Tokens that are pieces of one character share that
    character's span. `role` is `prompt`, `response`, a chat role, or
    `template` for what the tokenizer or chat template added. `log_prob` (nats) and
    `alternatives` (best first) are known for tokens the model was asked to score.
    """

    id: int
    text: str
    start: int
    stop: int
    special: bool = False
    role: str = "prompt"
    log_prob: float | None = None
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenSequence:
    """What the model reads: a prompt of `prompt_length` tokens, then a response."""

    text: str
    tokens: tuple[Token, ...]
    prompt_length: int

    @property
    def input_ids(self) -> tuple[int, ...]:
        return tuple(token.id for token in self.tokens)

    @property
    def prompt(self) -> "TokenSequence":
        """The prompt alone."""
        tokens = self.tokens[: self.prompt_length]
        return TokenSequence(self.text[: tokens[-1].stop if tokens else 0], tokens, len(tokens))

    def extended(self, tokens: Iterable[Token]) -> "TokenSequence":
        """This sequence and `tokens` behind it, whose spans go on from `len(text)`."""
        tokens = tuple(tokens)
        pieces = [self.text]
        shown = len(self.text)
        for token in tokens:  # pieces of one character repeat its text: take it once
            if token.stop > shown:
                pieces.append(token.text[shown - token.start :])
                shown = token.stop
        return TokenSequence("".join(pieces), self.tokens + tokens, self.prompt_length)

    def without(self, spans: Iterable[Span]) -> "TokenSequence":
        """The sequence with the tokens of `spans`, and their characters, taken out.

        Spans should not cut through a character, as those of segments never do.
        """
        removed = {i for start, stop in spans for i in range(start, stop)}
        tokens: list[Token] = []
        pieces: list[str] = []
        shift = cut = 0  # characters removed so far, and how far the text was looked at
        for index, token in enumerate(self.tokens):
            fresh = self.text[max(cut, token.start) : token.stop]
            cut = max(cut, token.stop)
            if index in removed:
                shift += len(fresh)
                continue
            pieces.append(fresh)
            tokens.append(replace(token, start=token.start - shift, stop=token.stop - shift))
        kept = sum(1 for i in range(self.prompt_length) if i not in removed)
        return TokenSequence("".join(pieces), tuple(tokens), kept)


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    """How to write a response. Temperature 0 is greedy; `seed` repeats a sampled one.

    Raises:
        OptionsError: a value is out of range.
    """

    max_new_tokens: int = 128
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1:
            raise OptionsError(f"max_new_tokens is {self.max_new_tokens}.", "Use 1 or more.")
        if not 0 <= self.temperature <= 10:
            raise OptionsError(f"temperature is {self.temperature}.", "Use 0 (greedy) to 10.")
        if not 0 < self.top_p <= 1:
            raise OptionsError(f"top_p is {self.top_p}.", "Use more than 0 and at most 1.")
        if self.seed is not None and not 0 <= self.seed < 2**63:
            raise OptionsError(f"seed is {self.seed}.", "Use 0 or a positive 63-bit integer.")
        if any(not text for text in self.stop):
            raise OptionsError("A stop string is empty.", "Leave it out or type some text.")


@dataclass(frozen=True, slots=True)
class Generation:
    """A prompt and its response, exactly as the model saw and wrote the ids.

    `finish_reason`: `stop` (end token or stop string), `length` (max_new_tokens),
    `context` (the model's context is full), `cancelled` (the person stopped it), `given`
    (the response was not generated but supplied). `muted` are token spans of the full prompt
    that were taken away first.
    """

    prompt: Prompt
    sequence: TokenSequence
    finish_reason: FinishReason
    model: str
    options: GenerationOptions | None = None
    muted: tuple[Span, ...] = ()

    @property
    def response(self) -> str:
        """The response's text."""
        return self.sequence.text[len(self.sequence.prompt.text) :]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows."""
        from backlit.display.html import generation_html, generation_text

        return {"text/html": generation_html(self), "text/plain": generation_text(self)}


@dataclass(frozen=True, slots=True)
class Segment:
    """Neighbouring tokens `[start, stop)` that are scored as one."""

    start: int
    stop: int
    text: str
    role: str


@dataclass(frozen=True, slots=True)
class ScoredSegment(Segment):
    """A segment and its score; the method says the unit.

    `standard_error` is of the score, where the method samples. `level` is the granularity that
    the segment was cut at, where that differs from one segment to the next (coarse to fine).
    """

    score: float
    standard_error: float | None = None
    level: Granularity | None = None


@dataclass(frozen=True, slots=True)
class Foil:
    """What the model might have written in the target's place."""

    ids: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Target:
    """The tokens `[start, stop)` of the response that are explained.

    With a foil the question is why they stand there rather than the foil.
    """

    start: int
    stop: int
    foil: Foil | None = None


@dataclass(frozen=True, slots=True)
class Attribution:
    """How much each segment before the target mattered to it.

    The objective is the target's summed log-probability (less the foil's, if there is one),
    so where `signed`, a positive score supports the target. `token_scores` (one per token
    before the target) are kept by methods that score tokens, so that other granularities need
    no model; `aggregate` says how they were joined, and is None for methods that score whole
    segments. `convergence_delta` is the sum of a complete method's scores less what they should
    sum to. `notes` are sentences that a person should read with the scores.
    """

    method: str
    params: Mapping[str, ParameterValue]
    target: Target
    granularity: Granularity
    segments: tuple[ScoredSegment, ...]
    signed: bool
    target_log_prob: float
    pattern: str | None = None
    aggregate: Aggregate | None = None
    token_scores: tuple[float, ...] | None = None
    convergence_delta: float | None = None
    foil_log_prob: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def scores(self) -> npt.NDArray[np.float64]:
        """One score for each segment, shape `(segments,)`."""
        return np.array([segment.score for segment in self.segments], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Curve:
    """What an order of segments does to the objective.

    Attributes:
        deletion: nats lost when the first `steps[i]` segments are taken away.
        insertion: nats lost when only the first `steps[i]` are left.
    """

    deletion: tuple[float, ...]
    insertion: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """Whether a map's order beats chance; see `backlit.explaining.faithfulness`.

    Attributes:
        attribution: index of the map in its explanation.
        steps: how many segments are taken away, or left, at each point of the curves.
        order: token spans of the segments, in the order of the map.
        map, leave_one_out: curves of the map's order and of the exact leave-one-out order.
        random: curves of random orders.
        comprehensiveness: mean nats lost over `deletion`; more is better.
        sufficiency: mean nats lost over `insertion`; less is better.
        percentile: share of random orders whose deletion loses less, in percent.
        verdict: `holds`, `weak` or `chance`.
        sentence: the verdict for people.
    """

    attribution: int
    steps: tuple[int, ...]
    order: tuple[Span, ...]
    map: Curve
    leave_one_out: Curve
    random: tuple[Curve, ...]
    comprehensiveness: float
    sufficiency: float
    percentile: float
    verdict: Verdict
    sentence: str
