"""What taking parts away did, as it was measured."""

from dataclasses import dataclass

from backlit.display.figure import one_line
from backlit.segments import segment_of
from backlit.types import Span, TokenSequence

MAX_WORDS = 60  # characters of a text in a sentence


@dataclass(frozen=True, slots=True)
class Rethought:
    """What happened when the model wrote what stands before the target anew, without some parts.

    Attributes:
        written: what it wrote in each sample; one is greedy.
        lost: nats that the objective lost, on average; negative if it gained.
        change: what that makes of the target, in words.
        said: what the model says in the target's place, after each.
        changed: share of the samples in which that is something else than it says with everything
            there.
        control: nats that were lost by writing anew alone, with everything there, on average: 0
            where the response was what the model writes anyway. `lost` is beyond that.
        control_change: what that makes of the target, in words; None if hardly anything.
    """

    written: tuple[str, ...]
    lost: float
    change: str
    said: tuple[str, ...]
    changed: float
    control: float = 0.0
    control_change: str | None = None

    def sentence(self) -> str:
        """What happened, for people; it follows what a proof says."""
        said = f"Once it writes what stands before the target anew, the target is {self.change}"
        if len(self.said) > 1:
            return f"{said}, and the model says something else in {self.changed:.0%} of samples."
        if not self.changed:
            return f"{said}, and the model still says the same."
        return f"{said}, and the model says {_quoted(self.said[0])} instead."


@dataclass(frozen=True, slots=True)
class Proof:
    """What happened to the target without some parts: measured, where a score estimates.

    Attributes:
        spans: token spans of the parts: of one, or of several that were taken away together.
        lost: nats that the objective lost; negative if it gained. What the response has before the
            target stayed.
        change: what that makes of the target, in words: "163 times less likely".
        said: what the model says in the target's place, greedily and at most as long, and one line
            if the target is; None if it writes nothing.
        changed: whether that is something else than it says with everything there; None if it
            writes nothing.
        again: what happened once what stands before the target was written anew; None if that was
            not asked for, or nothing stands there.
    """

    spans: tuple[Span, ...]
    lost: float
    change: str
    said: str | None = None
    changed: bool | None = None
    again: Rethought | None = None

    def sentence(self, sequence: TokenSequence) -> str:
        """What happened, for people.

        Args:
            sequence: of which some parts were taken away.
        """
        texts = [one_line(segment_of(sequence, span).text, MAX_WORDS) for span in self.spans]
        named = " and ".join(f"“{text}”" for text in texts)
        together = " together" if len(texts) > 1 else ""
        said = f"Without {named}{together}, the target is {self.change}"
        again = f" {self.again.sentence()}" if self.again else ""
        if self.changed is None or self.said is None:
            return f"{said}.{again}"
        if not self.changed:
            return f"{said}, and the model still says the same.{again}"
        return f"{said}, and the model says {_quoted(self.said)} instead.{again}"


def _quoted(said: str) -> str:
    words = one_line(said, MAX_WORDS)
    return f"“{words}”" if words else "nothing"
