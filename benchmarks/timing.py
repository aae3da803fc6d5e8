"""Timing in turn: A B A B …, so that a machine that drifts drifts for both."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report: a figure, and the bound it should keep."""

    what: str
    figure: float
    bound: float | None
    unit: str = "x"
    spread: tuple[float, float] | None = None

    @property
    def kept(self) -> bool:
        return self.bound is None or self.figure <= self.bound

    def __str__(self) -> str:
        bound = "" if self.bound is None else f"  (at most {self.bound:g})"
        spread = "" if self.spread is None else "[{:.2f}-{:.2f}]".format(*self.spread)
        figure = f"{self.figure:6.2f} {self.unit:<2} {spread:<13}{bound}"
        return f"{' ' if self.kept else '!'} {self.what:<62} {figure}".rstrip()


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ratio(
    what: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    bound: float | None,
    rounds: int,
) -> Line:
    """The median, over rounds, of our time divided by theirs in the same round."""
    ours(), theirs()  # warm both
    found = sorted(seconds(ours) / seconds(theirs) for _ in range(rounds))
    return Line(what, statistics.median(found), bound, "x", (found[0], found[-1]))


def median(what: str, figures: list[float], *, bound: float | None, unit: str) -> Line:
    """The median of figures measured already."""
    return Line(what, statistics.median(figures), bound, unit, (min(figures), max(figures)))
