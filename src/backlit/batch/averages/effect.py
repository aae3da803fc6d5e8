"""What one part of a prompt does on average, and what is known of one variant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from backlit.batch.averages.resampling import LEVEL
from backlit.display.figure import one_line
from backlit.display.speech import digits, say
from backlit.explanation.cell import Line
from backlit.explanation.interval import Estimate
from backlit.explanation.proof import MAX_WORDS
from backlit.types import SIGNS, Bound, Granularity, Quantity, Verdict

By = Literal["line", "role", "section"]
"""What is a part of the prompt: a line, all that one role says, or named lines."""

DECIMALS: Mapping[Quantity, int] = {"log_prob": 2, "share": 1}


@dataclass(frozen=True, slots=True)
class Measured:
    """What the scores are.

    Attributes:
        method: that made them.
        granularity: what was scored as one.
        measure: nats or percentage points.
        unit: of a score, as people call it.
        signed: whether a score may speak against the target.
        lost: whether an effect is what the target loses without the part, in nats.
    """

    method: str
    granularity: Granularity
    measure: Quantity
    unit: str
    signed: bool
    lost: bool = False

    @property
    def decimals(self) -> int:
        """Of a score."""
        return DECIMALS[self.measure]


@dataclass(frozen=True, slots=True)
class Section:
    """Lines of a template by a name; of a chat, those of one message.

    Attributes:
        name: what people call it.
        first: its first line, from 1.
        last: its last line.
        message: of a chat, which message, from 1.
    """

    name: str
    first: int
    last: int
    message: int | None = None

    def has(self, line: Line | None) -> bool:
        """Whether a line is in it."""
        if line is None or line.message != self.message:
            return False
        return self.first <= line.number <= self.last


@dataclass(frozen=True, slots=True)
class Part:
    """A line, or all that is called by one name.

    Attributes:
        line: which; its text is empty where it differs from row to row.
        label: the role, or the section's name; None of what is in no section, and of a line.
    """

    line: Line | None = None
    label: str | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        if self.line is not None:
            return self.line.name
        return say("all other lines") if self.label is None else one_line(self.label)

    @property
    def words(self) -> str:
        """Its text, cut to what is read at a glance."""
        return "" if self.line is None else one_line(self.line.text, MAX_WORDS)

    @property
    def quoted(self) -> str:
        """Its name and its text."""
        return f"{self.name}, “{self.words}”" if self.words else self.name


@dataclass(frozen=True, slots=True)
class Effect:
    """What a part does on average over rows.

    Attributes:
        part: which.
        mean: of its scores over the rows that have it.
        low: where a random order's mean lies, 95% of the time.
        high: its upper end.
        p_value: how often a random order's mean is as far from 0.
        corrected: the same, corrected for all parts of all variants.
        opposite: rows where its effect is opposite to its mean.
        asks: whether it is the template's last line, without which nothing is asked.
    """

    part: Part
    mean: Estimate
    low: float
    high: float
    p_value: float
    corrected: float
    opposite: tuple[str, ...] = ()
    asks: bool = False

    @property
    def stands_out(self) -> bool:
        """Whether it is more than chance makes of any of all parts."""
        return self.corrected < LEVEL and self.mean.sure

    @property
    def is_mixed(self) -> bool:
        """Whether it is the other way round in half of the rows or more, so that few make it."""
        return 2 * len(self.opposite) >= self.mean.of


@dataclass(frozen=True, slots=True)
class VariantSummary:
    """What holds for one variant, or for all rows where there are none.

    Attributes:
        name: the variant's; None without variants.
        runs: how many there are.
        mapped: of these, how many have a map.
        unmatched: whose answer has nothing of what is to be explained.
        failed: that have no answer.
        effects: in the order of the prompt.
        found: in which share of answers what was looked for is.
        gained: what that is more than with the first variant, over the rows that have both.
        verdicts: how many checks said what; empty where nothing was checked.
    """

    name: str | None
    runs: int
    mapped: int
    unmatched: Estimate
    failed: Estimate
    effects: tuple[Effect, ...]
    found: Estimate | None = None
    gained: Estimate | None = None
    verdicts: Mapping[Verdict, int] | None = None

    @property
    def strongest(self) -> tuple[Effect, ...]:
        """The effects that stand out, the strongest first, but for the line that asks; those that
        are the other way round in half of the rows, last.
        """
        known = [one for one in self.effects if one.stands_out and not one.asks]
        return tuple(sorted(known, key=lambda one: (one.is_mixed, -abs(one.mean.value))))


def number(value: float, decimals: int, bound: Bound | None = None, *, signed: bool = True) -> str:
    """A score: `+5.02`, `≥ +5.02`."""
    value = round(value, decimals) + 0.0  # no minus before 0
    sign = "+" if signed and value > 0 else ""
    before = "" if bound is None else f"{SIGNS[bound]} "
    return f"{before}{sign}{digits(value, decimals)}"


def between(low: float | None, high: float | None, decimals: int) -> str:
    """`4.5 to 5.5`; a dash where it is not known."""
    if low is None or high is None:
        return "–"
    ends = [number(end, decimals, signed=False) for end in (low, high)]
    return say("{low} to {high}", low=ends[0], high=ends[1])
