"""What is shown of a result, whatever draws it: values without markup or colour."""

from dataclasses import dataclass

from backlit.display.unseen import with_signs
from backlit.types import SIGNS, Quantity, ScoredSegment

SUPPORTS = (0x2F, 0x7F, 0xE0)  # blue and orange: told apart by almost everyone
OPPOSES = (0xE0, 0x82, 0x14)
TINTS = 5  # strengths of a colour, so that neighbours of like scores look alike

SHORT = 40  # characters of a text in a `repr`


@dataclass(frozen=True, slots=True)
class MapFigure:
    """A map: the text before the target by segments, the target, and what follows it.

    Attributes:
        model: who answered.
        name: method and granularity.
        meaning: what the scores mean: sentences, the last without its full stop.
        segments: they tile the text before the target.
        target: its words.
        rest: what the response goes on with.
        remarks: sentences to be read with the map.
        between: what the response has before the target, where that is no segment.
        decimals: of a score.
    """

    model: str
    name: str
    meaning: str
    segments: tuple[ScoredSegment, ...]
    target: str
    rest: str
    remarks: tuple[str, ...]
    between: str = ""
    decimals: int = 3

    @property
    def largest(self) -> float:
        """The magnitude that gets the strongest tint; the template does not set it."""
        return max((abs(one.score) for one in ranking(self.segments)), default=0.0)


@dataclass(frozen=True, slots=True)
class ResponseFigure:
    """A prompt and its response; `facts` is a line about them."""

    facts: str
    prompt: str
    response: str


def ranking(segments: tuple[ScoredSegment, ...]) -> list[ScoredSegment]:
    """Segments by how much they mattered, without what a template added."""
    own = [segment for segment in segments if segment.role != "template"]
    return sorted(own, key=lambda segment: -abs(segment.score))


def is_unsure(segment: ScoredSegment) -> bool:
    """Whether chance may have made its score: what is known of it holds 0. A template's parts,
    which nobody asks about, are never.
    """
    if segment.interval is None or segment.role == "template":
        return False
    return segment.interval[0] <= 0 <= segment.interval[1]


def tint_of_segment(segment: ScoredSegment, largest: float) -> int:
    """How strongly a segment is tinted: faintly where chance may have made its score."""
    tint = tint_of(segment.score, largest)
    return max(-1, min(1, tint)) if is_unsure(segment) else tint


def tint_of(score: float, largest: float) -> int:
    """How strongly a score is tinted, `-TINTS` to `TINTS`; 0 is not at all."""
    strength = round(min(1.0, abs(score) / largest) * TINTS) if largest else 0
    return strength if score > 0 else -strength


def score_text(segment: ScoredSegment, decimals: int = 3) -> str:
    """A segment's score and, where it is known, its standard error or its interval; a sign before
    it tells of a bound.
    """
    error, interval = segment.standard_error, segment.interval
    known = f" ± {error:.{decimals}f}" if error is not None else ""
    if interval is not None:
        known += f" [{interval[0]:+.{decimals}f}, {interval[1]:+.{decimals}f}]"
    sign = "" if segment.bound is None else f"{SIGNS[segment.bound]} "
    return f"{sign}{round(segment.score, decimals) + 0.0:+.{decimals}f}{known}"  # no minus before 0


def decimals_of(measure: Quantity) -> int:
    """Of a score: of nats three, of percentage points one."""
    return 1 if measure == "share" else 3


def words_of(segment: ScoredSegment) -> str:
    """A segment's text on one line; what can't be seen is a sign."""
    return " ".join(with_signs(segment.text).split()) or repr(segment.text)


def one_line(text: str, limit: int = 1_000) -> str:
    """Text on one line, cut to `limit` characters; what can't be seen is a sign."""
    line = " ".join(with_signs(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def short(text: str) -> str:
    """The beginning of a text in quotes, for a `repr`."""
    return repr(one_line(text, SHORT))


def count_of(number: int, noun: str) -> str:
    """`1 token`, `2 tokens`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
