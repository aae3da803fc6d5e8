"""The values that flow through Backlit: frozen, free of frameworks, JSON-ready.

Spans are half-open, `[start, stop)`. Token spans index `TokenSequence.tokens`;
character spans index `TokenSequence.text`, in Python code points.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from reprlib import Repr
from typing import Any, Literal

from backlit.errors import OptionsError

_short = Repr()
_short.maxstring = 100
shortened = _short.repr  # a text in quotes, its middle left out if it is long

Granularity = Literal["token", "word", "sentence", "line", "paragraph", "custom"]
Aggregate = Literal["sum", "mean", "max"]
FinishReason = Literal["stop", "length", "context", "cancelled", "given"]
Verdict = Literal["holds", "weak", "chance"]
RunStatus = Literal["done", "unmatched", "failed"]
"""Explained; answered, but what is to be explained is not in the answer; or neither."""
Scope = Literal["prompt", "response", "both"]  # which of the segments before a target
Span = tuple[int, int]
Interval = tuple[float, float]
Quantity = Literal["log_prob", "share"]  # how likely a target is, or how often answers say it
Bound = Literal["at_least", "at_most", "about"]
"""What a figure tells that is not exact: the true one is at least or at most that, or either."""
ParameterValue = bool | int | float | str

SEEDS = 2**63
MIN_TEMPERATURE = 1e-6  # below it only the likeliest token is left
REASONING = "reasoning"  # role of what a model sets apart from its answer
WRITTEN = frozenset({"response", REASONING})  # roles of what a model writes
SIGNS: Mapping[Bound, str] = {"at_least": "≥", "at_most": "≤", "about": "≈"}
_OPPOSITES: Mapping[Bound, Bound] = {
    "at_least": "at_most",
    "at_most": "at_least",
    "about": "about",
}


def opposite(bound: Bound | None) -> Bound | None:
    """What a figure tells if this is told of what is taken from it."""
    return None if bound is None else _OPPOSITES[bound]


def joined(bounds: Iterable[Bound | None]) -> Bound | None:
    """What a sum tells of which these are told of the parts; None is exact."""
    several = {bound for bound in bounds if bound is not None}
    return "about" if len(several) > 1 else next(iter(several), None)


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """One turn of a chat."""

    role: str
    content: str

    def __repr__(self) -> str:
        return f"Message({self.role!r}, {shortened(self.content)})"


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
    character's span. `role` is `prompt`, `response`, a chat role, `template` for what the
    tokenizer or chat template added, or `reasoning` for a block that a response begins with, such
    as `<think>` … `</think>`. `log_prob` (nats) and `alternatives` (best first) are known for
    tokens the model was asked to score.
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
        end = len(self.tokens)
        removed = {i for start, stop in spans for i in range(max(0, start), min(stop, end))}
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


def key_of(*runs: Sequence[int]) -> bytes:
    """By which what is known of runs of ids is remembered, such as a context and an answer."""
    whole = array("q")
    for run in runs:
        whole.append(len(run))
        whole.extend(run)
    return blake2b(whole, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    """How to write a response. Temperature 0 is greedy; `seed` repeats a sampled one.

    A temperature of None is the model's own: 1, or whatever a server has that takes none.

    Raises:
        OptionsError: a value is out of range.
    """

    max_new_tokens: int = 128
    temperature: float | None = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        stop: Any = self.stop
        stop = (stop,) if isinstance(stop, str) else tuple(stop)
        object.__setattr__(self, "stop", stop)
        kinds = {"max_new_tokens": int, "temperature": float, "top_p": float, "seed": int}
        for name, kind in kinds.items():
            value = getattr(self, name)
            if value is not None or name in ("max_new_tokens", "top_p"):
                _check_number(name, value, kind)
        if self.max_new_tokens < 1:
            raise OptionsError(f"max_new_tokens is {self.max_new_tokens}.", "Use 1 or more.")
        if not 0 <= self.heat <= 10:
            raise OptionsError(f"temperature is {self.temperature}.", "Use 0 (greedy) to 10.")
        if not 0 < self.top_p <= 1:
            raise OptionsError(f"top_p is {self.top_p}.", "Use more than 0 and at most 1.")
        if self.seed is not None and not 0 <= self.seed < SEEDS:
            raise OptionsError(f"seed is {self.seed}.", "Use 0 or a positive 63-bit integer.")
        if any(not isinstance(text, str) or not text for text in self.stop):
            raise OptionsError("A stop string is empty.", "Leave it out or type some text.")

    @property
    def heat(self) -> float:
        """The temperature as a number, for a model that takes one."""
        return 1.0 if self.temperature is None else self.temperature


OptionsLike = GenerationOptions | Mapping[str, Any] | None
"""How to write a response, as people may give it."""


def as_options(options: OptionsLike = None, **changes: Any) -> GenerationOptions:
    """Options with some of their fields changed.

    Raises:
        OptionsError: an option that does not exist or is out of range.
    """
    known = GenerationOptions.__dataclass_fields__
    fields = options if isinstance(options, Mapping) else {}
    for name in (*fields, *changes):
        if name not in known:
            raise OptionsError(
                f"There is no generation option {name!r}.", f"Use {', '.join(known)}."
            )
    if isinstance(options, GenerationOptions):
        return replace(options, **changes)
    if options is not None and not isinstance(options, Mapping):
        raise OptionsError(
            f"A {type(options).__name__} is no set of generation options.",
            "Give backlit.GenerationOptions(…), or a mapping of its fields.",
        )
    return GenerationOptions(**{**fields, **changes})


def _check_number(name: str, value: object, kind: type) -> None:
    allowed = (int, float) if kind is float else (int,)
    if isinstance(value, bool) or not isinstance(value, allowed):
        what = "a number" if kind is float else "a whole number"
        raise OptionsError(f"{name} is {value!r}.", f"Use {what}.")


@dataclass(frozen=True, slots=True)
class Segment:
    """Neighbouring tokens `[start, stop)` that are scored as one."""

    start: int
    stop: int
    text: str
    role: str


@dataclass(frozen=True, slots=True, repr=False)
class ScoredSegment(Segment):
    """A segment and its score; the method says the unit.

    `standard_error` is of the score, where the method samples. `level` is the granularity that
    the segment was cut at, where that differs from one segment to the next (coarse to fine).
    `interval` is the score's 95% interval, where answers were counted with and without it. `bound`
    is what the score tells, where it is not exact: a server may say only of its likeliest tokens
    how likely they are.
    """

    score: float
    standard_error: float | None = None
    level: Granularity | None = None
    interval: Interval | None = None
    bound: Bound | None = None

    def __repr__(self) -> str:
        sign = "" if self.bound is None else f"{SIGNS[self.bound]} "
        error = "" if self.standard_error is None else f" ± {self.standard_error:.3f}"
        return f"<{sign}{self.score:+.3f}{error} {shortened(self.text)}>"


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
