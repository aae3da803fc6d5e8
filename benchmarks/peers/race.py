"""Contestants of one piece of work: each tried once, then all run in turn, A B C A B C …"""

import statistics
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.timing import Line, median, seconds

Report = Line | str
"""A figure, or a sentence for the reader."""


class Race:
    """Works by name. Those that fail their trial are not timed, and the report says why.

    Attributes:
        results: what each returned when it was tried.
        reasons: why the others could not be.
        times: seconds of each in each round.
    """

    def __init__(self, works: Mapping[str, Callable[[], Any]]) -> None:
        self.results: dict[str, Any] = {}
        self.reasons: dict[str, str] = {}
        self.times: dict[str, list[float]] = {}
        self._works: dict[str, Callable[[], Any]] = {}
        for name, work in works.items():
            self._try(name, work)

    def fastest(self, name: str, works: Mapping[str, Callable[[], Any]]) -> str:
        """Enter the quickest of several modes as `name`; returns which it is."""
        found: dict[str, float] = {}
        tried: dict[str, Any] = {}
        for mode, work in works.items():
            self._try(name, work)
            if name in self._works:
                found[mode] = seconds(work)
                tried[mode] = self.results.pop(name)
                del self._works[name]
        if not found:
            return "none"
        best = min(found, key=lambda mode: found[mode])
        self.reasons.pop(name, None)
        self.results[name], self._works[name] = tried[best], works[best]
        return best

    def exclude(self, name: str, reason: str) -> None:
        """Don't time one that passed its trial but turned out wrong."""
        self._works.pop(name, None)
        self.reasons[name] = reason

    def run(self, rounds: int) -> None:
        """Time everyone who passed."""
        self.times = {name: [] for name in self._works}
        for _ in range(rounds):
            for name, work in self._works.items():
                self.times[name].append(seconds(work))

    def ratio(self, what: str, ours: str, theirs: str, bound: float | None = None) -> Report:
        """The median, over rounds, of one's time divided by the other's in the same round."""
        for name in (ours, theirs):
            if name not in self.times:
                return f"? {what}: not measured, {self.reason(name)}"
        pairs = zip(self.times[ours], self.times[theirs], strict=True)
        found = sorted(one / other for one, other in pairs)
        return Line(what, statistics.median(found), bound, "x", (found[0], found[-1]))

    def seconds(self, what: str, name: str) -> Report:
        """The median seconds of one."""
        if name not in self.times:
            return f"? {what}: not measured, {self.reason(name)}"
        return median(what, self.times[name], bound=None, unit="s")

    def reason(self, name: str) -> str:
        """Why there is nothing to say of one."""
        return f"{name}: {self.reasons.get(name, 'did not run')}"

    def _try(self, name: str, work: Callable[[], Any]) -> None:
        try:
            self.results[name] = work()
        except Exception as error:  # noqa: BLE001  a peer may fail in any way; it is told
            self.reasons[name] = because(error)
        else:
            self._works[name] = work


def because(error: Exception) -> str:
    """An error in one line."""
    first = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {first[:160]}"
