"""Where a target comes from by way of what the model wrote before it."""

from collections.abc import Iterator
from dataclasses import dataclass

from backlit.display.figure import one_line
from backlit.display.speech import percent, say
from backlit.types import WRITTEN, Segment, Span

MAX_DIRECT = 3  # parts that people are told of
MAX_WORDS = 40  # characters of a text in a sentence
LEAST_TOLD = 0.005  # share that is told as a figure; what is less is "under 1%"


@dataclass(frozen=True, slots=True)
class TracedSegment(Segment):
    """A part of the prompt or a sentence of the response, and the share of the target it has.

    Shares are of the absolute scores of a map, so that those of the target's own map are 1 in all.

    Attributes:
        direct: signed share, in the target's own map.
        supports: share that comes from here, or through here, and supports the target.
        opposes: share that comes from here, or through here, and opposes it; both are >= 0.
    """

    direct: float
    supports: float
    opposes: float

    @property
    def total(self) -> float:
        """Signed share, directly and through sentences."""
        return self.supports - self.opposes

    @property
    def through(self) -> float:
        """Signed share that comes from here by way of sentences."""
        return self.total - self.direct


@dataclass(frozen=True, slots=True)
class Link:
    """What one part gives to a later one.

    Attributes:
        source: token span of a part of the prompt or of a sentence of the response.
        target: token span of a sentence of the response that was explained, or of the target.
        share: signed, of the absolute scores of the later one's map.
    """

    source: Span
    target: Span
    share: float


@dataclass(frozen=True, slots=True)
class Path:
    """A way from a part of the prompt to the target, through what the model wrote in between.

    Attributes:
        spans: the part of the prompt, then one sentence of the response or more, in order.
        share: signed, of the target.
    """

    spans: tuple[Span, ...]
    share: float


@dataclass(frozen=True, slots=True)
class Trace:
    """A map carried on through the response's own sentences, until it ends in the prompt.

    Attributes:
        segments: all before the target: parts of the prompt, then sentences of the response.
        links: what each gives to the target and to the sentences that were explained.
        paths: the heaviest ways from the prompt through sentences, the heaviest first; what comes
            directly is told of each segment.
        explained: how many sentences were.
        untraced: share that ends in sentences which were not explained.
        rough: whether some of the scores that the shares are of are bounds.
    """

    segments: tuple[TracedSegment, ...]
    links: tuple[Link, ...]
    paths: tuple[Path, ...]
    explained: int
    untraced: float
    rough: bool = False

    @property
    def through(self) -> float:
        """Share of the target that its own map has in sentences of the response."""
        return sum(abs(one.direct) for one in self.segments if one.role in WRITTEN)

    def heaviest(self, count: int = MAX_DIRECT) -> list[TracedSegment]:
        """The parts of the prompt that give most to the target directly, the first first."""
        parts = [one for one in self.segments if one.role not in WRITTEN and one.direct]
        return sorted(parts, key=lambda one: -abs(one.direct))[:count]

    def sentences(self) -> Iterator[str]:
        """What people are told: “a line” -> “a sentence” -> the target (31%)."""
        share = percent(self.through)
        yield say("Through the answer's own sentences came {share} of it.", share=share)
        if self.rough:
            yield say("Some of the scores are bounds, so the shares are rough.")
        texts = {(s.start, s.stop): one_line(s.text, MAX_WORDS) for s in self.segments}
        for one in self.heaviest():
            words = texts[one.start, one.stop]
            yield say(
                "“{words}” -> the target ({direct}; through the answer {through})",
                words=words,
                direct=_share(one.direct),
                through=_share(one.through),
            )
        for path in self.paths:
            way = " -> ".join(f"“{texts[span]}”" for span in path.spans)
            yield say("{way} -> the target ({share})", way=way, share=_share(path.share))


def _share(share: float) -> str:
    """A signed share in words: 8%, under 1%, against it, 3%."""
    if not share:
        return percent(0)
    size = say("under 1%") if abs(share) < LEAST_TOLD else percent(abs(share))
    return say("against it, {size}", size=size) if share < 0 else size
