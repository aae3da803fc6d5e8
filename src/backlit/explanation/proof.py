"""What taking parts away did, as it was measured."""

from dataclasses import dataclass

from backlit.display.figure import one_line
from backlit.display.speech import digits, percent, say
from backlit.explanation.interval import Estimate
from backlit.segments import segment_of
from backlit.types import Bound, Interval, Quantity, Span, TokenSequence

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
        bound: what `lost` tells, if it is not exact.
        control_bound: what `control` tells, if it is not exact.
    """

    written: tuple[str, ...]
    lost: float
    change: str
    said: tuple[str, ...]
    changed: float
    control: float = 0.0
    control_change: str | None = None
    bound: Bound | None = None
    control_bound: Bound | None = None

    def sentence(self) -> str:
        """What happened, for people; it follows what a proof says."""
        change = say(
            "Once it writes what stands before the target anew, the target is {change}",
            change=self.change,
        )
        if len(self.said) > 1:
            return say(
                "{effect}, and the model says something else in {share} of samples.",
                effect=change,
                share=percent(self.changed),
            )
        return _with_words(change, self.said[0], changed=bool(self.changed))


@dataclass(frozen=True, slots=True)
class Counted:
    """Answers that were counted with everything there, and without some parts.

    Attributes:
        with_all: the share that counts, of 1, with Wilson's 95% interval.
        without: the same without the parts.
        said: some of the answers without them, those given most often first.
    """

    with_all: Estimate
    without: Estimate
    said: tuple[str, ...]


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
        interval: 95% interval of what a share lost; None of nats, which are exact.
        measure: what lost it: with `share`, the share of answers that say the target; then `lost`
            are percentage points, and `counted` tells what is said.
        bound: what `lost` tells, if it is not exact: "at least 163 times less likely".
        counted: the answers of a share; None of nats.
    """

    spans: tuple[Span, ...]
    lost: float
    change: str
    said: str | None = None
    changed: bool | None = None
    again: Rethought | None = None
    interval: Interval | None = None
    measure: Quantity = "log_prob"
    bound: Bound | None = None
    counted: Counted | None = None

    @property
    def sure(self) -> bool:
        """Whether the share of answers is lower without them, as far as its interval tells."""
        return self.interval is not None and self.interval[0] > 0

    def ends(self) -> tuple[str, str]:
        """Of its interval, in figures: of what was lost, or gained if that was more likely."""
        low, high = self.interval or (self.lost, self.lost)
        low, high = (low, high) if self.lost >= 0 else (-high, -low)
        return digits(round(low) + 0), digits(round(high) + 0)

    def sentence(self, sequence: TokenSequence) -> str:
        """What happened, for people.

        Args:
            sequence: of which some parts were taken away.
        """
        texts = [one_line(segment_of(sequence, span).text, MAX_WORDS) for span in self.spans]
        quoted = [f"“{text}”" for text in texts]
        parts = say(" and ").join([*([", ".join(quoted[:-1])] if quoted[1:] else []), quoted[-1]])
        if self.interval is not None and self.measure == "share":
            low, high = self.ends()
            return say(
                "Without {parts}, the share of such answers is {change} ({low} to {high}).",
                parts=parts,
                change=self.change,
                low=low,
                high=high,
            )
        if len(texts) > 1:
            change = say(
                "Without {parts} together, the target is {change}", parts=parts, change=self.change
            )
        else:
            change = say("Without {parts}, the target is {change}", parts=parts, change=self.change)
        again = f" {self.again.sentence()}" if self.again else ""
        if self.changed is None or self.said is None:
            return f"{change}.{again}"
        return f"{_with_words(change, self.said, changed=self.changed)}{again}"


def _with_words(change: str, said: str, *, changed: bool) -> str:
    """What the model says then, behind what that does to the target."""
    if not changed:
        return say("{effect}, and the model still says the same.", effect=change)
    words = one_line(said, MAX_WORDS)
    if not words:
        return say("{effect}, and the model says nothing instead.", effect=change)
    return say("{effect}, and the model says {said} instead.", effect=change, said=f"“{words}”")
