"""Shares and means with their 95% intervals."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backlit.display.speech import digits, say
from backlit.types import SIGNS, Bound, joined

SURE = 1.96  # standard deviations: 95%


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share or a mean, and the 95% interval that it lies in.

    Attributes:
        value: the share or the mean.
        low: the interval's lower end; None of a mean of a single value, which tells of no other.
        high: its upper end, or None.
        of: how many values it is of.
        bound: what it tells, if some of the values are bounds; the interval is that of the values.
    """

    value: float
    low: float | None
    high: float | None
    of: int
    bound: Bound | None = None

    @property
    def sure(self) -> bool:
        """Whether it is other than 0, as far as the interval tells."""
        if self.low is None or self.high is None:
            return False
        above = self.low > 0 and self.bound in (None, "at_least")
        return above or (self.high < 0 and self.bound in (None, "at_most"))


def share_of(right: int, of: int) -> Estimate:
    """The share of what is right, with Wilson's interval; of nothing, 0 in `[0, 1]`."""
    return Estimate(right / of if of else 0.0, *wilson(right, of), of)


def mean_of(values: Sequence[float], bounds: Iterable[Bound | None] = ()) -> Estimate:
    """The mean of at least one value, with Student's interval (Student 1908, doi:10.2307/2331554).

    `bounds` are what the values tell that are not exact.

    It is about the rows that these could have been drawn from, as far as they are like these.
    """
    count, bound = len(values), joined(bounds)
    mean = math.fsum(values) / count
    if count == 1:
        return Estimate(mean, None, None, 1, bound)
    from scipy.special import stdtrit  # slow to import, and seldom needed

    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    half = float(stdtrit(count - 1, 0.975)) * math.sqrt(variance / count)
    return Estimate(mean, mean - half, mean + half, count, bound)


def wilson(right: float, of: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    if of == 0:
        return 0.0, 1.0
    share, weight = right / of, SURE**2 / of
    middle = (share + weight / 2) / (1 + weight)
    half = SURE * math.sqrt(share * (1 - share) / of + weight / (4 * of)) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe(right: float, of: int, other_right: float, other_of: int) -> tuple[float, float]:
    """The 95% interval of a share less another one, of answers that were drawn apart.

    Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, method 10:
    from Wilson's intervals of both. Answers that share their seeds are, if anything, closer.
    """
    one, other = right / of, other_right / other_of
    (low, high), (other_low, other_high) = wilson(right, of), wilson(other_right, other_of)
    difference = one - other
    return (
        difference - math.hypot(one - low, other_high - other),
        difference + math.hypot(high - one, other - other_low),
    )


def in_nats(one: Estimate) -> str:
    """`2.10 nats, 1.20 to 3.00`."""
    sign = "" if one.bound is None else f"{SIGNS[one.bound]} "
    value = f"{sign}{digits(one.value, 2)}"
    if one.low is None or one.high is None:
        return say("{value} nats", value=value)
    low, high = digits(one.low, 2), digits(one.high, 2)
    return say("{value} nats, {low} to {high}", value=value, low=low, high=high)
