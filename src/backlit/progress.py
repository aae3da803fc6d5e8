"""How far work is, and how to stop it: one protocol from engine to page, terminal and notebook.

Whoever starts work passes a `Progress`. What runs it calls it with a phase and a count, and, often,
its `check`, which raises `Cancelled` once the work should stop. Deep inside an engine, where no
argument reaches, `current()` is the one that was passed.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, Protocol

Phase = Literal[
    "start",
    "wait",  # for another process or thread
    "check",  # that files are what was promised
    "download",
    "unpack",
    "convert",
    "save",
    "load",
    "compile",
    "run",  # after compiling
    "generate",
    "explain",
    "check map",
    "evaluate",
]
"""What is being done. Counts are bytes while it downloads, else steps."""

PartialScore = tuple[int, int, float]
"""A token span `[start, stop)` and its score so far."""


class Progress(Protocol):
    """Who follows a piece of work, and may stop it."""

    def __call__(
        self,
        phase: Phase,
        done: int = 0,
        total: int | None = None,
        scores: Sequence[PartialScore] = (),
    ) -> None:
        """Called often.

        Args:
            phase: what is being done.
            done: how much of it.
            total: of how much, or None if that is not known.
            scores: segments scored since the last call; those of methods that sample come again.

        Raises:
            Cancelled: the work should stop.
        """
        ...

    def check(self) -> None:
        """Called several times a second, also where there is nothing to tell.

        Raises:
            Cancelled: the work should stop.
        """
        ...


Report = Callable[[Phase, int, int | None, Sequence[PartialScore]], None]


class Callback:
    """A function of one's own as a `Progress`; it may raise `Cancelled`, too."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def __call__(
        self,
        phase: Phase,
        done: int = 0,
        total: int | None = None,
        scores: Sequence[PartialScore] = (),
    ) -> None:
        self._report(phase, done, total, scores)

    def check(self) -> None: ...


class Quiet:
    """Tells nobody, and stops when another one would: for work that is part of other work."""

    def __init__(self, other: Progress | None = None) -> None:
        self._other = other

    def __call__(
        self,
        phase: Phase,
        done: int = 0,
        total: int | None = None,
        scores: Sequence[PartialScore] = (),
    ) -> None:
        self.check()

    def check(self) -> None:
        if self._other is not None:
            self._other.check()


SILENT = Quiet()

_current: ContextVar[Progress] = ContextVar("progress", default=SILENT)


@contextmanager
def following(progress: Progress) -> Iterator[None]:
    """Make a `Progress` the `current` one."""
    token = _current.set(progress)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Progress:
    """The `Progress` of the work that this is part of."""
    return _current.get()
