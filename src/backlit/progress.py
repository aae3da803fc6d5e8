"""How far work is, and how to stop it: one protocol from engine to page, terminal and notebook.

Whoever starts work passes a `Progress`. What runs it calls it with a phase and a count, and, often,
its `check`, which raises `Cancelled` once the work should stop. Deep inside an engine, where no
argument reaches, `current()` is the one that was passed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, TypeVar

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
    "prove",
    "trace",
    "compare",
    "evaluate",
]
"""What is being done. Counts are bytes while it downloads, else steps."""

PartialScore = tuple[int, int, float]
"""A token span `[start, stop)` and its score so far."""


@dataclass(frozen=True, slots=True)
class Update:
    """How far a piece of work is.

    Attributes:
        phase: what is being done.
        done: how much of it.
        total: of how much, or None if that is not known.
        scores: segments scored since the last update; those of methods that sample come again.
    """

    phase: Phase
    done: int = 0
    total: int | None = None
    scores: Sequence[PartialScore] = ()


class Progress:
    """Who follows a piece of work, and may stop it; this one does neither."""

    def __call__(
        self,
        phase: Phase,
        done: int = 0,
        total: int | None = None,
        scores: Sequence[PartialScore] = (),
    ) -> None:
        """Called often, with the fields of an `Update`.

        Raises:
            Cancelled: the work should stop.
        """
        self.check()
        self.report(Update(phase, done, total, scores))

    def report(self, update: Update) -> None:
        """Told how far it is."""

    def check(self) -> None:
        """Called several times a second, also where there is nothing to tell.

        Raises:
            Cancelled: the work should stop.
        """


class Callback(Progress):
    """Calls a function with phase, done, total and scores; it may raise `Cancelled`."""

    def __init__(
        self, function: Callable[[Phase, int, int | None, Sequence[PartialScore]], None]
    ) -> None:
        self._function = function

    def report(self, update: Update) -> None:
        self._function(update.phase, update.done, update.total, update.scores)


class Quiet(Progress):
    """Tells nobody, and stops when another one would: for work that is part of other work."""

    def __init__(self, other: Progress) -> None:
        self._other = other

    def check(self) -> None:
        self._other.check()


SILENT = Progress()

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


T = TypeVar("T")

CHECK_EVERY = 1_000  # items


def stoppable(items: Iterable[T]) -> Iterator[T]:
    """The items, of long loops before a model runs; between them, `current` may stop the work."""
    check = current().check
    for number, item in enumerate(items):
        if number % CHECK_EVERY == 0:
            check()
        yield item
