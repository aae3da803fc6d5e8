"""What taking parts away did, as it was measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from backlit.display.figure import one_line
from backlit.types import ScoredSegment, Span

MAX_WORDS = 60  # characters of a text in a sentence


@dataclass(frozen=True, slots=True)
class Proof:
    """What happened to the target without some segments: measured, where a score estimates.

    Attributes:
        spans: token spans of the segments: of one, or of several that were taken away together.
        lost: nats that the objective lost; negative if it gained.
        change: what that makes of the target, in words: "163 times less likely".
        said: what the model says in the target's place, greedily and at most as long; None if it
            writes nothing.
        changed: whether that is something else than it says with everything there; None if it
            writes nothing.
    """

    spans: tuple[Span, ...]
    lost: float
    change: str
    said: str | None = None
    changed: bool | None = None

    def sentence(self, segments: Sequence[ScoredSegment]) -> str:
        """What happened, for people.

        Args:
            segments: of the map; some of them were taken away.
        """
        texts = [one_line(s.text, MAX_WORDS) for s in segments if (s.start, s.stop) in self.spans]
        named = " and ".join(f"“{text}”" for text in texts)
        together = " together" if len(texts) > 1 else ""
        said = f"Without {named}{together}, the target is {self.change}"
        if self.changed is None or self.said is None:
            return f"{said}."
        if not self.changed:
            return f"{said}, and the model still says the same."
        return f"{said}, and the model says “{one_line(self.said, MAX_WORDS)}” instead."
